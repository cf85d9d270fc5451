# SPDX-License-Identifier: GPL-2.0
"""isp when the chip misbehaves: what tools/qemu injects, under verified load."""

import os
import re
import time

from io_tests import not_built
from lib import ISP, Controller, Disk, Group, block, check, generic

GROUPS = []


def machine(settings):
    """Two disks, so that a fault on one meets commands of the other."""
    return settings.config(controllers=[Controller()],
                           disks=[Disk(target=0, size='64M'), Disk(target=1, size='64M')])


FAULTS = Group('faults', machine, needs=not_built('isp'))
GROUPS.append(FAULTS)


def fresh(vm):
    """isp newly loaded, so that what it tolerates begins anew; commands may take 5 s."""
    vm.fault('')
    vm.guest('rmmod isp 2>/dev/null; true', timeout=120)
    ISP.load(vm)
    vm.guest('for t in /sys/class/scsi_device/*/device/timeout; do echo 5 > $t; done; dmesg -C')


def verified_load(vm, timeout):
    """fio on both disks; its exit status and the seconds it took."""
    disks = [block(vm, t) for t in (0, 1)]
    jobs = ' '.join(f'--name=on-{d[5:]} --filename={d}' for d in disks)
    started = time.monotonic()
    result = vm.guest('fio --rw=randwrite --bsrange=4k-128k --blockalign=4k --size=16M '
                      '--ioengine=libaio --direct=1 --iodepth=16 --verify=crc32c --verify_fatal=1 '
                      f'--do_verify=1 --output-format=terse {jobs}', timeout=timeout, check=False)
    return result.status, time.monotonic() - started


# A user notices none of these but by the time they take: the midlayer or the driver repeats.
SURVIVED = [
    'busy,count=5', 'queue-full,count=5', 'queue-full,chip=1,count=5',
    'parity,count=3', 'underrun,moves=512,count=3', 'overrun,count=3',
    'transport-error,count=3', 'aborted,count=3', 'reset,count=3', 'timeout,count=3',
    'drop-completion', 'duplicate-completion,count=5', 'late-completion,ms=300,count=5',
    'late-completion,ms=9000', 'drop-interrupt', 'delay-interrupt,ms=700', 'stuck-interrupt,count=5',
    'spurious-interrupt,count=5',
    'corrupt-response,field=type,value=0x55', 'corrupt-response,field=count,value=200',
    'corrupt-response,field=handle,xor=0xffffffff', 'corrupt-response,field=handle,value=1',
    'corrupt-response,field=entry-status,value=0xff', 'corrupt-response,field=status,value=0x77',
    'corrupt-response,field=resid,value=0xffffffff',
    'response-in,value=0xffff', 'response-in,value=1',
    'bus-reset', 'system-error', 'request-error', 'response-error', 'hang',
]

for _fault in SURVIVED:
    def survived(vm, fault=_fault):
        """The load ends well, in bounded time, with the data that was written."""
        fresh(vm)
        vm.fault(f'{fault},after=40')
        try:
            status, seconds = verified_load(vm, 300)
            fired = vm.counters()['faults']
        finally:
            vm.fault('')
        log = vm.guest('dmesg --notime').text
        print(f'# {fault}: {seconds:.1f} s')
        check(fired, 'the fault has not fired')
        check(status == 0, f'fio ended with status {status}:\n{log[-2500:]}')
        check(seconds < 120, f'it took {seconds:.0f} s')
        # A reset leaves a unit attention.
        vm.guest(f'sg_turs {generic(vm, 0)} || sg_turs {generic(vm, 0)}')
    survived.__name__ = re.sub(r'\W+', '_', _fault)
    FAULTS.test(survived)


@FAULTS.test
def card_gone(vm):
    """All registers read ones: all I/O ends with an error in bounded time, and isp unloads."""
    fresh(vm)
    vm.fault('all-ones,after=40')
    status, seconds = verified_load(vm, 300)
    print(f'# card gone: {seconds:.1f} s')
    check(status != 0, 'fio ended well without a card')
    check(seconds < 120, f'it took {seconds:.0f} s')
    ISP.unload(vm)


for _fault in ('hang-mailbox', 'fail-mailbox,count=0', 'hang,persist=1', 'all-ones'):
    def attach(vm, fault=_fault):
        """isp says why it does not attach, in bounded time; without the fault it does."""
        vm.fault('')
        vm.guest('rmmod isp 2>/dev/null; dmesg -C; true', timeout=120)
        vm.fault(fault)
        started = time.monotonic()
        vm.guest('modprobe isp; ls /sys/class/scsi_host', timeout=120, check=False)
        print(f'# attach with {fault}: {time.monotonic() - started:.1f} s')
        vm.fault('')
        check(re.search(r'isp', vm.guest('dmesg --notime --level=emerg,alert,crit,err,warn').text),
              'nothing was said')
        fresh(vm)
        vm.guest(f'sg_turs {generic(vm, 0)} || sg_turs {generic(vm, 0)}')
    attach.__name__ = 'attach_' + re.sub(r'\W+', '_', _fault)
    FAULTS.test(attach)


@FAULTS.test
def mutations(vm):
    """A chip that returns random bytes, seed by seed: a working or an offline host, no report.

    FUZZ seconds of it from seed SEED (make fuzz-device); the last seed is in the log of a failure.
    """
    seconds, seed = int(os.environ.get('FUZZ', 60)), int(os.environ.get('SEED', 1))
    first, reloads, worst, deadline = seed, 0, 0, time.monotonic() + seconds
    fresh(vm)
    while time.monotonic() < deadline:
        started = time.monotonic()
        vm.guest(f'echo seed {seed} > /dev/kmsg')
        vm.fault(f'mutate,seed={seed},rate=200,count={1 + seed % 4}')
        disk = block(vm, seed % 2)
        vm.guest(f'dd if={disk} of=/dev/null bs=64k count=16 iflag=direct; '
                 f'dd if=/dev/zero of={disk} bs=64k count=16 oflag=direct', timeout=240, check=False)
        vm.fault('')
        alive = not vm.guest(f'dd if={disk} of=/dev/null bs=4k count=1 iflag=direct', timeout=240,
                             check=False).status
        worst = max(worst, time.monotonic() - started)
        seed += 1
        if not alive:
            reloads += 1
            fresh(vm)
    print(f'# {seed - first} seeds, {reloads} ended offline, the slowest took {worst:.0f} s')
    check(worst < 200, f'a case took {worst:.0f} s')
    fresh(vm)
    check(verified_load(vm, 300)[0] == 0, 'no verified load afterwards')
