#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Two tables in README.md: what has run on which distribution, or on which emulated chip, and how it ended.

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
HEAD = '| {} | kernel | what ran | result | date |\n| --- | --- | --- | --- | --- |\n'
# Which command makes a table, and its first column
HOSTS = ('make check-kernels', 'distribution')
CHIPS = ('make check-chips', 'chip')


def distribution():
    """This machine's, as "Debian 13"."""
    with open('/etc/os-release', encoding='utf-8') as f:
        values = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', f.read(), re.M))
    return ' '.join(filter(None, (values.get('NAME', 'Linux').removesuffix(' GNU/Linux'),
                                  values.get('VERSION_ID'))))


def _order(key):
    """Distributions and kernels by number, then what ran."""
    return [[int(x) if x.isdigit() else x for x in re.split(r'(\d+)', part)] for part in key]


def _rows(readme, made_by):
    return {tuple(cells[:3]): tuple(cells[3:]) for cells in report.rows_of(readme, made_by)}


def update(new, table=HOSTS):
    """Put these rows into a table."""
    made_by, first = table
    rows = {**_rows(README, made_by), **new}
    lines = [f'| {" | ".join(key + rows[key])} |' for key in sorted(rows, key=_order)]
    report.put_into(README, HEAD.format(first) + '\n'.join(lines), made_by)


def row(kernel, what, result, where=None):
    """A row of today, of this distribution or of a chip."""
    return {(where or distribution(), kernel, what): (result, datetime.date.today().isoformat())}


def main(command, *args):
    """See above."""
    if command == 'merge':
        update(_rows(args[0], HOSTS[0]))
    else:
        update(row(*args))


if __name__ == '__main__':
    main(*sys.argv[1:])
