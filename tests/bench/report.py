# SPDX-License-Identifier: GPL-2.0
"""The bench's output: tables for people and for README.md, and a plot."""

import re

DRIVERS = {'qla1280': '#888888', 'isp': '#1f5fbf'}
# How README.md shows the plot.
PICTURE = '![Register accesses, instructions and speed, qla1280 beside isp](tests/bench/bench.svg)'


def number(value, digits=2):
    """A cell; a dash if it was not measured."""
    # + 0.0 turns -0.00 into 0.00.
    return '–' if value is None else f'{round(value, digits) + 0.0:.{digits}f}'


def grid(head, rows):
    """A Markdown table; the first column is text."""
    return '\n'.join('| ' + ' | '.join(r) + ' |' for r in
                     [head, ['---'] + ['--:'] * (len(head) - 1), *rows])


def workload_table(figures, workloads):
    """One row for each workload, qla1280 beside isp."""
    head = ['workload', 'register accesses per I/O: `qla1280`', '`isp`', 'interrupts per I/O: `qla1280`',
            '`isp`', 'instructions per I/O, net: `qla1280`', '`isp`', 'ratio',
            'cost on silicon, µs: `qla1280`', '`isp`', 'IOPS, `isp` : `qla1280` (min–max)',
            'ceiling : `qla1280`']
    rows = []
    for w in workloads:
        qla, isp, top = (figures[d][w] for d in ('qla1280', 'isp', 'scsi_debug'))
        net = [d.get('instructions_net') for d in (qla, isp)]
        speed = '–' if 'iops_ratio' not in isp else (
            f'{isp["iops_ratio"]:.2f} ({isp["iops_ratio_min"]:.2f}–{isp["iops_ratio_max"]:.2f})')
        rows.append([w, number(qla.get('accesses')), number(isp.get('accesses')),
                     number(qla.get('interrupts')), number(isp.get('interrupts')),
                     number(net[0], 0), number(net[1], 0),
                     number(net[1] / net[0] if None not in net else None),
                     number(qla.get('silicon_us')), number(isp.get('silicon_us')), speed,
                     number(top.get('iops_ratio'))])
    return grid(head, rows)


def driver_table(figures):
    """The figures that do not depend on a workload."""
    names = [('size', 'module, bytes (`isp` with `scsa`)'),
             ('largest_request', 'largest request from the block layer, bytes'),
             ('queue_depth', 'commands outstanding on one disk'),
             ('command_bytes', 'slab memory for each command outstanding, bytes'),
             ('allocations_per_io', "slab allocations of the module's own for each I/O"),
             ('all_allocations_per_io', 'slab allocations of the whole kernel for each I/O')]
    rows = []
    for key, text in names:
        values = [figures[d]['driver'].get(key) for d in DRIVERS]
        rows.append([text] + [str(v) if isinstance(v, int) else number(v) for v in values])
    return grid(['', '`qla1280`', '`isp`'], rows)


def text(figures, about, workloads):
    """Both tables, as they stand in README.md."""
    return (f'{about["date"]}, {about["machine"]}; guest Linux {about["kernel"]}, '
            f'{about["rounds"]} rounds:\n\n{workload_table(figures, workloads)}\n\n'
            f'{driver_table(figures)}\n')


def put_into(path, body, made_by='make bench'):
    """Replace the text between the markers of the command that makes it."""
    begin, end = f'<!-- {made_by}: begin -->', f'<!-- {made_by}: end -->'
    with open(path, encoding='utf-8') as f:
        old = f.read()
    new, n = re.subn(f'{begin}.*?{end}', lambda _: f'{begin}\n{body}\n{end}', old, flags=re.S)
    if n != 1:
        raise ValueError(f'{path} has no place between markers')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(new)


def rows_of(path, made_by):
    """The cells of the table that a command has put between its markers, row by row."""
    with open(path, encoding='utf-8') as f:
        table = f.read().partition(f'{made_by}: begin -->')[2].partition('<!--')[0]
    lines = [line for line in table.split('\n') if line.startswith('|')]
    return [[cell.strip() for cell in line.strip('| ').split('|')] for line in lines[2:]]


def panel(x, y, title, groups, unit):
    """Bars: {workload: {driver: value}}."""
    width, height, left = 470, 20 * 2 * len(groups) + 12 * len(groups), 150
    top = max([v for g in groups.values() for v in g.values()] + [1e-9])
    out = [f'<text x="{x}" y="{y}" font-weight="bold">{title}</text>']
    y += 14
    for workload, values in groups.items():
        out.append(f'<text x="{x}" y="{y + 24}">{workload}</text>')
        for driver, value in values.items():
            length = (width - left - 90) * value / top
            out.append(f'<rect x="{x + left}" y="{y}" width="{length:.1f}" height="16" '
                       f'fill="{DRIVERS[driver]}"/><text x="{x + left + length + 4:.1f}" '
                       f'y="{y + 13}">{value:.4g}{unit}</text>')
            y += 18
        y += 8
    return out, height


def plot(figures, about, workloads):
    """An SVG: accesses, net instructions and speed, both drivers."""
    panels = (('Register accesses per I/O', 'accesses', ''),
              ('Guest instructions per I/O, net of scsi_debug', 'instructions_net', ''),
              ('IOPS as a ratio to qla1280', 'iops_ratio', '×'))
    body, height = [], 0
    for n, (title, key, unit) in enumerate(panels):
        groups = {w: {d: figures[d][w][key] for d in DRIVERS if figures[d][w].get(key) is not None}
                  for w in workloads}
        lines, high = panel(20 + 490 * n, 50, title, groups, unit)
        body += lines
        height = max(height, high)
    legend = ''.join(f'<rect x="{20 + 100 * n}" y="12" width="14" height="14" fill="{c}"/>'
                     f'<text x="{40 + 100 * n}" y="24">{d}</text>'
                     for n, (d, c) in enumerate(DRIVERS.items()))
    return ('<!-- SPDX-License-Identifier: GPL-2.0 -->\n<svg xmlns="http://www.w3.org/2000/svg" width="1490" height="%d" '
            'font-family="sans-serif" font-size="12"><rect width="100%%" height="100%%" '
            'fill="white"/>%s<text x="240" y="24">%s, %s</text>%s</svg>\n'
            % (height + 80, legend, about['date'], about['machine'], '\n'.join(body)))
