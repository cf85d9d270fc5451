# SPDX-License-Identifier: GPL-2.0
"""A test of hosts.py, in trees that have nothing else."""

import os
import shutil
import subprocess
import sys

from checking import check, same
from toolbox import TOP, read, test, write

TABLE = 'top\n<!-- {0}: begin -->\n<!-- {0}: end -->\nbottom\n'


@test
def table_of_hosts_takes_rows(folder):
    """A row replaces the one of the same run; merge takes the rows of another tree."""
    for where in ('here', 'there'):
        os.makedirs(f'{folder}/{where}/tests/bench')
        for name in ('hosts.py', 'bench/report.py'):
            shutil.copyfile(f'{TOP}/tests/{name}', f'{folder}/{where}/tests/{name}')
        write(f'{folder}/{where}/README.md', TABLE.format('make check-kernels'))

    def hosts(where, *args):
        subprocess.run([sys.executable, f'{folder}/{where}/tests/hosts.py', *args], check=True,
                       stdin=subprocess.DEVNULL)
    for where, kernel, result in (('here', '6.12', 'old'), ('here', '6.1', 'kept'), ('there', '6.12', 'new')):
        hosts(where, 'row', kernel, 'make demo', result)
    hosts('here', 'merge', folder + '/there/README.md')
    text = read(folder + '/here/README.md')
    rows = [line.split(' | ')[1:4] for line in text.splitlines() if 'make demo' in line]
    same(rows, [['6.1', 'make demo', 'kept'], ['6.12', 'make demo', 'new']], 'rows')
    check(text.startswith('top\n') and text.endswith('bottom\n'), text)
