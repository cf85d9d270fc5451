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

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, 'tests/bench'))

import report  # noqa: E402

README = os.path.join(TOP, 'README.md')
MADE_BY = 'make check-kernels'
HEAD = '| distribution | kernel | what ran | result | date |\n| --- | --- | --- | --- | --- |\n'


def distribution():
    """This machine's, as "Debian 13"."""
    with open('/etc/os-release', encoding='utf-8') as f:
        values = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', f.read(), re.M))
    return ' '.join(filter(None, (values.get('NAME', 'Linux').removesuffix(' GNU/Linux'),
                                  values.get('VERSION_ID'))))


def _order(key):
    """Distributions and kernels by number, then what ran."""
    return [[int(x) if x.isdigit() else x for x in re.split(r'(\d+)', part)] for part in key]


def update(new):
    """Put these rows into the table."""
    old = {tuple(cells[:3]): tuple(cells[3:]) for cells in report.rows_of(README, MADE_BY)}
    rows = {**old, **new}
    lines = [f'| {" | ".join(key + rows[key])} |' for key in sorted(rows, key=_order)]
    report.put_into(README, HEAD + '\n'.join(lines), MADE_BY)


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
