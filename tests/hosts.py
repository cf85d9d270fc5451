#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The table of hosts in README.md: what has run on which distribution and kernel, with what result.

usage: tests/hosts.py row KERNEL WHAT RESULT     add or replace a row of this distribution
       tests/hosts.py merge FILE                 take the rows of another README.md
"""

import datetime
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
README = os.path.join(TOP, 'README.md')
BEGIN, END = '<!-- make check-kernels: begin -->\n', '<!-- make check-kernels: end -->\n'
HEAD = '| distribution | kernel | what ran | result | date |\n| --- | --- | --- | --- | --- |\n'


def distribution():
    """This machine's, as "Debian 13"."""
    with open('/etc/os-release', encoding='utf-8') as f:
        values = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', f.read(), re.M))
    return ' '.join(filter(None, (values.get('NAME', 'Linux').removesuffix(' GNU/Linux'),
                                  values.get('VERSION_ID'))))


def _rows(text):
    """{(distribution, kernel, what): (result, date)} of a README.md."""
    table = text.partition(BEGIN)[2].partition(END)[0]
    cells = [[c.strip() for c in line.strip('| ').split('|')] for line in table.splitlines()[2:]]
    return {tuple(row[:3]): tuple(row[3:]) for row in cells}


def _order(key):
    """Distributions and kernels by number, then what ran."""
    return [[int(x) if x.isdigit() else x for x in re.split(r'(\d+)', part)] for part in key]


def update(new, path=README):
    """Put these rows into the table."""
    with open(path, encoding='utf-8') as f:
        text = f.read()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    rows = {**_rows(text), **new}
    lines = ''.join(f'| {" | ".join(key + rows[key])} |\n' for key in sorted(rows, key=_order))
    with open(path, 'w', encoding='utf-8') as f:
        f.write(before + begin + HEAD + lines + end + after)


def row(kernel, what, result):
    """A row of this distribution, of today."""
    return {(distribution(), kernel, what): (result, datetime.date.today().isoformat())}


def main(command, *args):
    """See above."""
    if command == 'merge':
        with open(args[0], encoding='utf-8') as f:
            update(_rows(f.read()))
    else:
        update(row(*args))


if __name__ == '__main__':
    main(*sys.argv[1:])
