# SPDX-License-Identifier: GPL-2.0
"""What a group leaves on its machine: checked, and removed for the next group."""

import os
import re
import tempfile

from checking import check, same
from qemu import VMError


def nothing_left(vm):
    """On a checking kernel: unload our modules, and check that they left nothing behind.

    lockdep must still be on, no DMA mapping may remain, no memory may be unreachable.
    """
    disarm(vm)
    unload(vm)
    out = vm.guest('cat /proc/lockdep_stats').text
    check(re.search(r'debug_locks:\s+1\b', out), 'lockdep has given up')
    dma = '/sys/kernel/debug/dma-api'
    disabled, errors, *mapped = vm.guest(f'cd {dma}; cat disabled error_count dump').text.splitlines()
    same(int(errors, 0), 0, 'DMA errors')
    # A test of failing allocations also fails those of DMA debugging, which then turns itself off.
    if not any('cacheline tracking ENOMEM' in line for line in vm.console()):
        same(disabled, 'N', 'DMA debugging disabled')
        check(not mapped, 'mapped after unload:\n' + '\n'.join(mapped[:20]))
    if vm.kernel.checks == 'debug':
        leaks = unreferenced(vm)
        check(not leaks, 'memory leaked:\n' + leaks[:4000])


def disarm(vm):
    """Disarm the faults of all chips."""
    for controller in vm.config.controllers:
        if controller.driver.startswith('isp'):
            vm.fault('', controller.id)


def unload(vm):
    """Unload our modules."""
    vm.guest('cd /; umount /mnt 2>/dev/null; for m in scsa_contract isp ramhba scsa; do '
             '[ ! -d /sys/module/$m ] || rmmod $m || exit 1; done', timeout=120)


def clean(vm):
    """Leave a machine as another group expects it; return False if that is impossible."""
    try:
        disarm(vm)
        unload(vm)
        vm.guest('rm -rf /tmp/*; dmesg -C')
    except VMError:
        return False
    vm.forget()
    return True


def unreferenced(vm):
    """What kmemleak finds now: it reports objects found unchanged in two scans and 5 s old."""
    vm.expect_report(r'kmemleak: \d+ new suspected')
    return vm.guest('cd /sys/kernel/debug; sleep 5 & echo scan > kmemleak; wait; '
                    'echo scan > kmemleak; cat kmemleak', timeout=120).text


def keep_counts(vm):
    """Keep which lines of our modules have run, for tests/coverage; unloads them.

    Each time a module went, scsa_gcov.ko has added a .gcda file for each of its sources. Beside each
    goes a link to what the compiler has noted about that source.
    """
    unload(vm)
    left = vm.guest('cat /sys/kernel/debug/scsa_gcov 2>/dev/null', check=False).output
    folder = os.path.join(vm.config.build, 'coverage', 'guest')
    os.makedirs(folder, exist_ok=True)
    folder = tempfile.mkdtemp(prefix=vm.config.label + '-', dir=folder)
    number = 0
    while left:
        head, _, left = left.partition(b'\n')
        path, size = head.decode().split()
        number += 1
        base = os.path.join(folder, f'{number}-{os.path.basename(path)[:-5]}')
        with open(base + '.gcda', 'wb') as f:
            f.write(left[:int(size)])
        os.symlink(path[:-5] + '.gcno', base + '.gcno')
        left = left[int(size):]
