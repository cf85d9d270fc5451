# SPDX-License-Identifier: GPL-2.0
"""Tests of the tools whose figures documents show: tests/coverage, tests/bench."""

import os
import subprocess
from types import SimpleNamespace

import leftovers
from checking import check, same
from toolbox import TOP, program, read, test, write


@test
def coverage_adds_up_programs(folder):
    """A line counts as run if one of the programs runs it; the largest untested piece has a name."""
    coverage = program('tests/coverage')

    def document(counts, path='compat/pure/a.c'):
        functions = [{'name': name, 'start_line': 10 * n, 'end_line': 10 * n + 9,
                      'execution_count': counts[10 * n]} for n, name in enumerate('fg', 1)]
        return {'current_working_directory': folder, 'files': [{
            'file': path, 'functions': functions,
            'lines': [{'line_number': n, 'count': c} for n, c in counts.items()]}]}

    found = coverage.merge([document({10: 1, 11: 0, 20: 0, 21: 0}), document({10: 0, 11: 2, 20: 0}),
                            document({10: 0, 20: 0}, 'tests/unit/b.c')], folder)
    same(list(found), ['compat/pure/a.c'], 'files')
    same(coverage.largest_untested(found), (2, 'g', 'compat/pure/a.c'), 'largest')
    check('| `compat/pure/a.c` | 4 | 50.0 | 2 | `g` |' in coverage.text(found), 'table')


@test
def coverage_finds_the_sources_of_modules(folder):
    """Kbuild compiles links to the sources; a function that is inlined everywhere is called."""
    coverage = program('tests/coverage')
    folder = os.path.realpath(folder)
    write(folder + '/drivers/isp/b.c', '')
    os.makedirs(folder + '/build/modules/6.1/drivers/isp')
    os.symlink(folder + '/drivers/isp/b.c', folder + '/build/modules/6.1/drivers/isp/b.c')
    found = coverage.merge([{'current_working_directory': '/kernel', 'files': [{
        'file': folder + '/build/modules/6.1/drivers/isp/b.c',
        'functions': [{'name': 'f', 'start_line': 1, 'end_line': 3, 'execution_count': 0}],
        'lines': [{'line_number': 1, 'count': 0}, {'line_number': 2, 'count': 5}]}]}], folder)
    same(list(found), ['drivers/isp/b.c'], 'files')
    check('| `drivers/isp/b.c` | 2 | 50.0 | 1 | – |' in coverage.text(found), 'table')


@test
def counts_of_modules_are_kept(folder):
    """Each file of each unloading is a .gcda file beside a link to what the compiler has noted."""
    def guest(command, **_):
        data = b'/m/a.gcda 0000000003\n1\n2/m/b.gcda 0000000000\n/m/a.gcda 0000000001\n3'
        return SimpleNamespace(output=data if 'scsa_gcov' in command else b'')

    leftovers.keep_counts(SimpleNamespace(
        guest=guest, config=SimpleNamespace(build=folder, label='guest-a-group')))
    kept, = os.listdir(folder + '/coverage/guest')
    same(program('tests/coverage').guest_machines(folder), ['a-group'], 'machines')
    kept = f'{folder}/coverage/guest/{kept}/'
    same({name: read(kept + name) for name in os.listdir(kept) if name.endswith('.gcda')},
         {'1-a.gcda': '1\n2', '2-b.gcda': '', '3-a.gcda': '3'}, 'files')
    same(os.readlink(kept + '3-a.gcno'), '/m/a.gcno', 'link')


@test
def bench_faults_can_start(folder):     # pylint: disable=unused-argument
    """No other test runs it, and it takes from the guest tests what they may rename."""
    run = subprocess.run([TOP + '/tests/bench/faults', '--list'], check=False, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(not run.returncode and 'drop-interrupt' in run.stdout, run.stdout)


@test
def bench_puts_its_plot_into_the_readme(folder):
    """The tables, the plot beside the script and the line that shows it, each time only once."""
    bench = program('tests/bench/run')
    write(folder + '/README.md', 'a\n<!-- make bench: begin -->\n<!-- make bench: end -->\nb\n')
    write(folder + '/build/bench/bench.svg', bench.report.plot(
        {d: {'w': {'accesses': 1}} for d in bench.DRIVERS}, {'date': 'today', 'machine': 'm'}, ['w']))
    os.makedirs(folder + '/tests/bench')
    bench.TOP, bench.HERE = folder, folder + '/tests/bench'
    bench.FIGURES = bench.HERE + '/figures.json'
    for _ in range(2):
        bench.publish('tables\n', {'isp': {'w': {'accesses': 1}}}, ['w'], folder + '/build')
    lines = read(folder + '/README.md').splitlines()
    same([x.count('tests/bench/bench.svg') for x in lines if x.startswith('![')], [1], 'pictures')
    same((lines[0], lines[-1], lines.count('tables')), ('a', 'b', 1), 'README.md')
    plot = read(folder + '/tests/bench/bench.svg')
    check('SPDX-License-Identifier: GPL-2.0' in plot.partition('\n')[0], 'no license line')
