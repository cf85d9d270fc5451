# SPDX-License-Identifier: GPL-2.0
"""A test of hosts.py, in trees that have nothing else."""

import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TABLE = 'top\n<!-- {0}: begin -->\n<!-- {0}: end -->\nbottom\n'


def table_of_hosts_takes_rows(folder):
    """A row replaces the one of the same run; merge takes the rows of another tree."""
    for where in ('here', 'there'):
        os.makedirs(f'{folder}/{where}/tests/bench')
        for name in ('hosts.py', 'bench/report.py'):
            shutil.copyfile(f'{HERE}/{name}', f'{folder}/{where}/tests/{name}')
        with open(f'{folder}/{where}/README.md', 'w', encoding='utf-8') as f:
            f.write(TABLE.format('make check-kernels'))

    def hosts(where, *args):
        subprocess.run([sys.executable, f'{folder}/{where}/tests/hosts.py', *args], check=True,
                       stdin=subprocess.DEVNULL)
    for where, kernel, result in (('here', '6.12', 'old'), ('here', '6.1', 'kept'), ('there', '6.12', 'new')):
        hosts(where, 'row', kernel, 'make demo', result)
    hosts('here', 'merge', folder + '/there/README.md')
    with open(folder + '/here/README.md', encoding='utf-8') as f:
        text = f.read()
    rows = [line.split(' | ')[1:4] for line in text.splitlines() if 'make demo' in line]
    assert rows == [['6.1', 'make demo', 'kept'], ['6.12', 'make demo', 'new']], text
    assert text.startswith('top\n') and text.endswith('bottom\n'), text
