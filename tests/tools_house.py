# SPDX-License-Identifier: GPL-2.0
"""Tests of tests/house.py: each check of the tree's plan finds what it is there for."""

import subprocess
from unittest import mock

import house
from checking import same
from toolbox import read, test, write


def found(folder, check, **sources):
    """What the check says about a tree with these files; _ in a name is /, __ a dot."""
    files = []
    for name, source in sources.items():
        path = name.replace('__', '.').replace('_', '/')
        write(f'{folder}/{path}', source)
        files.append(path)
    with mock.patch.object(house, 'TOP', folder):
        return [line.partition(': ')[0] for line in check(files)]


@test
def house_finds_foreign_includes(folder):
    """Linux' headers on the Solaris side, another room's headers; not those that a room may know."""
    same(found(folder, house.includes,
               compat_scsi_a__c='#include <linux/pci.h>\n#include <sys/scsi.h>\n#include "../impl.h"\n',
               compat_os_b__c='#include "../ddi/dma.h"\n#include <sys/ddi.h>\n',
               compat_pure_c__c='#include <string.h>\n#include "pure.h"\n'),
         ['compat/scsi/a.c:1', 'compat/os/b.c:1', 'compat/os/b.c:2', 'compat/pure/c.c:1'], 'includes')


@test
def house_finds_bare_statics(folder):
    """In every room and in the emulated chip; a prefix is enough."""
    bare, good = 'static int run(void)\n{\n}\n', 'static int a_run(void);\nstatic int table[] = { 1 };\n'
    same(found(folder, house.bare_statics, compat_os_a__c=bare, drivers_isp_b__c=bare + good,
               tools_qemu_c__c=bare, drivers_isp_d__c=good, tests_unit_e__c=bare),
         ['compat/os/a.c', 'drivers/isp/b.c', 'tools/qemu/c.c'], 'statics')


@test
def house_finds_long_files(folder):
    """Sources of more than 900 lines, scripts too; documents may be longer."""
    long = 'x\n' * 901
    same(found(folder, house.long_files, compat_a__c=long, tests_b=long, c__md=long, d__py=long[2:]),
         ['compat/a.c', 'tests/b'], 'long files')


@test
def house_finds_retired_phrases(folder):
    """In comments and documents, not in code or in other words."""
    write(f'{folder}/{house.RETIRED}', '# comment\nquux\nfroob\n')
    same(found(folder, house.retired_phrases,
               a__c='int quux;\n/*\n * Quux calls.\n */\n', b__md='froob it\n`froob` froobs\n',
               tests_c__py='froob = 1  # froob\n', d__4='.Sh A\nquux\n',
               tests_d='#!/usr/bin/env python3\n"""Froob."""\n', tests_e='#!/bin/sh\nfroob\n'),
         ['a.c:3', 'b.md:1', 'tests/c.py:1', 'd.4:2', 'tests/d:2'], 'phrases')


@test
def house_finds_a_circle(folder):
    """Files that call each other, not those that only call them or that they call."""
    calls = {'a': 'b', 'b': 'c', 'c': 'b e', 'e': 'f', 'f': ''}
    for name, others in calls.items():
        source = ''.join(f'void isp_{o}(void);\n' for o in others.split())
        body = ''.join(f'isp_{o}();' for o in others.split())
        write(f'{folder}/drivers/isp/{name}.c', f'{source}void isp_{name}(void)\n{{ {body} }}\n')
        subprocess.run(['gcc', '-c', f'{name}.c'], cwd=folder + '/drivers/isp', check=True)
    files = [f'drivers/isp/{name}.c' for name in calls]
    same([line.split(' ')[0] for line in house.circles(folder, files)],
         ['drivers/isp/b.c', 'drivers/isp/c.c'], 'circle')
    write(f'{folder}/drivers/isp/c.c', read(f'{folder}/drivers/isp/c.c').replace('isp_b();', ''))
    subprocess.run(['gcc', '-c', 'c.c'], cwd=folder + '/drivers/isp', check=True)
    same(house.circles(folder, files), [], 'no circle')
