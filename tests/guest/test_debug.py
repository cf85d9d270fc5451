# SPDX-License-Identifier: GPL-2.0
"""isp on a kernel that can fail allocations and find leaks (--kernel debug)."""

import os

from checking import check, same
from devices import ISP, block, chips, generic
from images import program
from io_tests import fio
from qemu import Controller, Disk
from runner import Group, not_built

FAILNTH = '/bin/failnth'


def arm(vm):
    """Let fault injection fail any allocation on request, silently, and none on its own."""
    vm.guest('cd /sys/kernel/debug; for f in failslab fail_page_alloc; do '
             'echo 0 > $f/probability; echo 0 > $f/verbose; echo -1 > $f/times; '
             'echo N > $f/ignore-gfp-wait; done; '
             'echo N > fail_page_alloc/ignore-gfp-highmem; echo 0 > fail_page_alloc/min-order')
    vm.expect_report('DMA-API: cacheline tracking ENOMEM')


def group_of(name, before):
    """One disk, for a short scan; no ACPI interrupt routing, which breaks without memory."""
    group = Group(name, lambda s: s.config(controllers=[Controller()], files=[program(s, 'failnth')],
                                           cmdline='acpi=noirq',
                                           disks=[Disk(target=0, size='64M')]),
                  needs=not_built('isp'), before=before, kernels=('debug',), long=True,
                  machine='debug')
    GROUPS.append(group)
    return group


GROUPS = []
ATTACH = group_of('debug-attach', arm)
FAIL = group_of('debug-failslab', arm)


def walk(vm, arguments, timeout=600):
    """Run failnth; return (cases, cases that ended with an error)."""
    result = vm.guest(f'{FAILNTH} {arguments}', timeout=timeout, check=False)
    same(result.status, 0, f'status of failnth {arguments}\n{result.text}')
    cases, errors = map(int, result.text.split()[-2:])
    print(f'# {arguments}: {cases} allocations failed one by one, {errors} times with an error')
    return cases, errors


# Seconds to fail every allocation, then fewer of them; 0: fail every one.
WALK = os.environ.get('WALK', '5')
SCAN = '/sys/module/scsi_mod/parameters/scan'


@ATTACH.test
def each_allocation(vm):
    """Each allocation of an attach fails once: the attach unwinds, and the next one gets further."""
    vm.guest('echo 0 > /sys/bus/pci/drivers_autoprobe; modprobe isp bus_reset=0 reset_delay=0; '
             f'echo -n manual > {SCAN}')
    device, = chips(vm)
    cases, errors = walk(vm, f'bind /sys/bus/pci/drivers/isp {device} {WALK}', timeout=3600)
    # How far the walk gets in that time depends on the machine.
    check(cases > 30 and errors > 5, 'hardly anything failed')
    vm.guest('rmmod isp; echo 1 > /sys/bus/pci/drivers_autoprobe')


@ATTACH.test
def each_allocation_of_scan(vm):
    """The same for the scan that finds a disk."""
    # The kernel's own transport class removes, with an oops, what it had no memory to create.
    vm.guest('rmmod isp 2>/dev/null; rmmod scsa 2>/dev/null; modprobe scsa spi_class=0 && '
             f'modprobe isp bus_reset=0 reset_delay=0 && echo -n manual > {SCAN}')
    host = vm.guest('ls /sys/class/scsi_host').text.strip()[4:]
    cases, errors = walk(vm, f'scan {host} 0:0:0 {WALK}', timeout=3600)
    check(cases > 30 and errors > 5, 'hardly anything failed')
    vm.guest(f'rmmod isp scsa; echo -n sync > {SCAN}')
    ISP.load(vm)


for _kind, _size, _params in (('read', 65536, ''), ('write', 65536, ''), ('sg', 65536, ''),
                              ('read', 262144, 'ndatasegs=1'), ('write', 262144, 'ndatasegs=1'),
                              ('sg', 262144, 'ndatasegs=1')):
    def transfer(vm, kind=_kind, size=_size, params=_params):
        """Each allocation of a request fails once: it transfers everything or ends with an error."""
        ISP.load(vm, params)
        device = generic(vm, 0) if kind == 'sg' else block(vm, 0)
        if kind != 'sg':
            vm.guest(f'echo {size // 1024} > /sys/block/{device[5:]}/queue/max_sectors_kb')
        cases, _ = walk(vm, f'{kind} {device} {size}')
        check(cases, 'nothing failed')
        ISP.unload(vm)
    transfer.__name__ = f'{_kind}{"_split" if _params else ""}'
    FAIL.test(transfer)


@FAIL.test
def load_without_memory(vm):
    """Allocations that cannot wait, including those in interrupts, fail often under load."""
    for params in ('', 'ndatasegs=1'):
        ISP.load(vm, params)
        disk = block(vm, 0)
        vm.guest('cd /sys/kernel/debug/failslab; echo Y > ignore-gfp-wait; echo 10 > probability; '
                 'echo -1 > times')
        try:
            fio(vm, disk, 32)
        finally:
            vm.guest('echo 0 > /sys/kernel/debug/failslab/probability')
        fio(vm, disk, 32, '--size=4M')
        ISP.unload(vm)
    arm(vm)
