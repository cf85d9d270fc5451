# SPDX-License-Identifier: GPL-2.0
"""What is behind the emulated disks fails, goes, or makes the machine stop: one answer for each command."""

import contextlib
import os
import threading

from checking import check, log_of
from devices import ISP, block, generic
from images import blank_image
from qemu import Controller, Disk
from runner import grouper
from test_citizen import verifying

GROUPS = []
group = grouper(GROUPS)
STOPS = 10          # of each direction
SECTOR = 8192       # which read fails: beyond what the kernel reads by itself


def failing(settings, name):
    """A backend whose writes fail, and reads of one sector, so often; the retry after a cont counts too."""
    path = blank_image(settings.scratch(name))
    once = {'event': 'none', 'errno': 5, 'once': True}
    faults = [{**once, 'iotype': 'write'}] * STOPS + [{**once, 'iotype': 'read', 'sector': SECTOR}] * STOPS
    return {'driver': 'raw', 'file': {'driver': 'blkdebug', 'inject-error': faults,
                                      'image': {'driver': 'file', 'filename': os.path.abspath(path)}}}


def machine(settings):
    """Target 0 fails and stops the machine, 1 is good, and 2 and 3 can be taken away."""
    spare = []
    for target, name in ((2, 'gone'), (3, 'pulled')):
        image = blank_image(settings.scratch(name))
        spare += ['-drive', f'if=none,id={name},format=raw,file={image}',
                  '-device', f'scsi-hd,bus=isp0.0,scsi-id={target},drive={name},id=disk-{name}']
    return settings.config(
        controllers=[Controller(id='isp0')],
        disks=[Disk(target=0, backend=failing(settings, 'fails'),
                    props={'rerror': 'stop', 'werror': 'stop'}),
               Disk(target=1, size='16M')],
        extra=spare)


STORAGE = group('citizen-storage', machine, before=ISP.load)


def begin(vm, *disks):
    """Start verified I/O in the background."""
    vm.guest(f'rm -f /tmp/status; ({verifying(disks, size="8M")}; echo $? > /tmp/status) '
             '< /dev/null > /dev/null 2>&1 &')


def ended(vm):
    """Wait for its end; return fio's status, and what it said."""
    words = vm.guest('while [ ! -s /tmp/status ]; do sleep 0.1; done; cat /tmp/status; '
                     'tail -c 1000 /tmp/fio', timeout=300).text.split(maxsplit=1)
    return int(words[0]), ''.join(words[1:])


@contextlib.contextmanager
def continued(vm):
    """Let the machine go on each time its storage stops it; a list gets one entry a stop."""
    stops, over = [], threading.Event()

    def go_on():
        while not over.wait(0.02):
            if vm.qmp('query-status')['status'] == 'io-error':
                stops.append(None)
                vm.qmp('cont')

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield stops
    finally:
        over.set()
        thread.join()


@STORAGE.test
def stopped_and_continued(vm):
    """Errors of the host's storage stop the machine; each cont repeats the access, and no I/O is lost."""
    vm.guest('dmesg -C')
    begin(vm, block(vm, 0), block(vm, 1))
    with continued(vm) as stops:
        status, text = ended(vm)
    check(not status, f'status {status}:\n{text}')
    # Accesses that fail together stop the machine once.
    check(len(stops) >= STOPS, f'the machine has stopped only {len(stops)} times')
    check(not log_of(vm).strip(), log_of(vm)[-2000:])


def under_load(vm, disk):
    """Start verified I/O on a disk, and wait until it has written something."""
    begin(vm, disk)
    # The fifth number counts completed writes.
    vm.guest(f'until set -- $(cat /sys/block/{disk[5:]}/stat); [ $5 -gt 0 ]; do sleep 0.1; done')


@STORAGE.test
def drive_taken_away(vm):
    """The host takes the drive of a disk under load, then the disk: its I/O ends, the others verify."""
    under_load(vm, block(vm, 2))
    said = vm.qmp('human-monitor-command', **{'command-line': 'drive_del gone'})
    check(not said.strip(), said)
    status, text = ended(vm)
    check(status, f'I/O without a drive went well:\n{text}')
    vm.guest(verifying([block(vm, 0), block(vm, 1)]), timeout=200)
    vm.guest(f'sg_turs {generic(vm, 2)}', check=False)
    vm.qmp('device_del', id='disk-gone')
    vm.guest(f'sg_turs {generic(vm, 2)}', check=False)
    vm.guest(verifying([block(vm, 0), block(vm, 1)]), timeout=200)


@STORAGE.test
def disk_pulled(vm):
    """The host removes a disk under load: its I/O ends, the others verify, its address stays free."""
    under_load(vm, block(vm, 3))
    vm.qmp('device_del', id='disk-pulled')
    status, text = ended(vm)
    check(status, f'I/O without a disk went well:\n{text}')
    vm.guest(verifying([block(vm, 1)]), timeout=200)
    vm.guest(f'! dd if={block(vm, 3)} of=/dev/null bs=4k count=1 iflag=direct')
