# SPDX-License-Identifier: GPL-2.0-or-later
"""Each chip of the family: configuration space, both buses, migration."""

import os
import re
import subprocess

from case import fails_once, suite
from isp import (DATA, HCCR, ISR, MBOX, SEMA, SIMPLE, Failure, migrated, on_one_disk, read10, same, tur,
                 write10)
from machine import QTest

TESTS, case = suite()

# device, PCI device, revision, subsystem, low byte of the PCI status, buses
CHIPS = [
    ('isp1020', 0x1020, 2, 0x00000000, 0x00, 1),
    ('isp1040', 0x1020, 5, 0x00001077, 0x00, 1),
    ('isp1080', 0x1080, 1, 0x00051077, 0x90, 1),
    ('isp1240', 0x1240, 1, 0x00011077, 0x90, 2),
    ('isp1280', 0x1280, 3, 0x00061077, 0x90, 2),
    ('isp10160', 0x1016, 6, 0x00071077, 0x90, 1),
    ('isp12160', 0x1216, 6, 0x00071077, 0xb0, 2),
]


def each_chip(function, disks=lambda n: ()):
    """A test for each chip: function(machine, chip, folder, row of CHIPS)."""
    for row in CHIPS:
        def one(m, isp, folder, row=row):
            function(m, isp, folder, row)
        one.__name__ = f'{function.__name__}_{row[0]}'
        case(device=row[0], disks=disks(row[-1]))(one)


def configuration(m, isp, _, row):
    _, device, revision, subsystem, status, _ = row
    same(m.config(0x00), device << 16 | 0x1077, 'ids')
    same(m.config(0x08), 0x01000000 | revision, 'class and revision')
    same(m.config(0x2c), subsystem, 'subsystem, from the EEPROM')
    same(m.config(0x06, size=2) & 0xf7, status, 'status')
    if not status:
        same(m.config(0x34, size=1), 0, 'capabilities')
        return
    same(m.config(0x34, size=1), 0x44, 'capabilities')
    same(m.config(0x44), 0x00010001, 'power management, version 1, and no other capability')
    m.config(0x48, 0xffff, 2)
    same(m.config(0x48, size=2), 0x1e03, 'power management control')
    m.qmp('system_reset')
    same(m.config(0x48, size=2), 0, 'after a reset')


def buses(m, isp, _, row):
    """Each bus has its own disk, and nothing on one bus is seen on the other."""
    isp.start()
    count = row[-1]
    for bus in range(count):
        isp.mailbox(0x38, bus << 15 | 3 << 8, 0xcd00, 0)
        isp.clear_attention(bus << 7 | 3)
        m.write(DATA, bytes([0x50 + bus]) * 512)
        isp.do(write10(7, 1), [(DATA, 512)], target=bus << 7 | 3)
    for bus in range(count):
        isp.do(read10(7, 1), [(DATA, 512)], target=bus << 7 | 3)
        same(m.read(DATA, 512), bytes([0x50 + bus]) * 512, f'data of bus {bus}')
        isp.do(tur(), target=bus << 7 | 4, completion=1, flags=0)
    last = count - 1
    isp.mailbox(0x18, 0, last)
    event = isp.wait_mailbox()
    same((event[0], event[6]), (0x8001, last), 'event')
    for bus in range(last):
        isp.do(tur(), target=bus << 7 | 3)
    isp.command(tur(), target=last << 7 | 3)
    isp.ring()
    isp.quiet()
    isp.marker(target=last << 7)
    same(isp.response().scsi, 2, 'unit attention')


def migration(m, isp, folder, row):
    """The last bus of a chip goes on after a migration, with its settings and its commands."""
    target = (row[-1] - 1) << 7 | 3
    isp.start()
    isp.mailbox(0x38, target << 8, 0xcd00, 0x080c)
    isp.mailbox(0x30, target & 0x80 | 5)
    isp.clear_attention(target)
    m.write(DATA, b'm' * 512)
    isp.do(write10(30, 1), [(DATA, 512)], target=target)
    # QEMU stops in the first command, and repeats it on the other side; the second waits for it.
    handles = [isp.command(read10(6, 4), [(DATA + 0x1000, 2048)], target=target),
               isp.command(read10(30, 1), [(DATA + 0x2000, 512)], target=target, flags=0x60)]
    isp.ring()
    m.wait_event('STOP')
    where = f'scsi-id=3,channel={row[-1] - 1}'
    with migrated(isp, on_one_disk(folder + '/fails', where=where), folder) as there:
        for handle in handles:
            got = there.response()
            there.ack()
            same((got.handle, got.completion, got.scsi), (handle, 0, 0), 'handle, completion and status')
        same(there.m.read(DATA + 0x1000, 2048), b'\x01\x00' * 1024, 'data of the first command')
        same(there.m.read(DATA + 0x2000, 512), b'm' * 512, 'data of the second command')
        same(there.mailbox(0x28, target << 8)[2:4], [0xcd00, 0x080c], 'target parameters')
        same(there.mailbox(0x20, target & 0x80)[1], target & 0x80 | 5, 'initiator')


each_chip(configuration)
each_chip(buses, lambda n: [{'target': 3, 'channel': bus} for bus in range(n)])
each_chip(migration, lambda n: [{'target': 3, 'channel': n - 1, **fails_once('read_aio')}])


@case(device='isp1080,latched-pointers=on')
def latched_migration(m, isp, folder):
    """A result that hides the ring pointers still does after a migration."""
    isp.start_mailbox(0x06, 1, 2, 3, 0x1234, 0x5678)
    while not isp.rd(ISR) & 4:
        pass
    with migrated(isp, [], folder) as there:
        same(there.rd(SEMA) & 1, 1, 'semaphore')
        same([there.rd(MBOX + 2 * n) for n in (4, 5)], [0x1234, 0x5678], 'mailboxes 4 and 5')
        there.wr(SEMA, 0)
        there.wr(HCCR, 0x7000)
        there.start()


@case(device='isp12160')
def documented(m, isp, _):
    """QEMU's help says something about each property that README.md lists, and has no others."""
    readme = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
                          'tools/qemu/README.md')
    with open(readme, encoding='utf-8') as f:
        rows = re.findall(r'^\| (`.*?) \|', f.read().split('\n## Properties')[1].split('\n## ')[0], re.M)
    listed = {name for row in rows for name in re.findall('`(.*?)`', row)}

    def properties(device):
        out = subprocess.run([m.process.args[0], '-device', f'{device},help'], check=True, text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout
        return {name: text for name, text in re.findall(r'^ +([\w-]+)=<.*?>(.*)$', out, re.M)}
    common = properties('pci-testdev')
    for chip, *_ in CHIPS:
        own = {name: text for name, text in properties(chip).items() if name not in common}
        same(sorted(own), sorted(listed), f'properties of the {chip}')
        same([name for name, text in own.items() if '-' not in text], [], 'properties without a word')


@case(device='isp12160,narrow=0x20000,rejects-wdtr=8', disks=[{'target': 1, 'channel': 1}])
def negotiation(m, isp, folder):
    """Status flag 0x0080 once; GET tells what was agreed, also after a migration."""
    isp.start()
    isp.mailbox(0x38, 0x8100, 0xfd00, 0x0c0a)
    first = isp.do(tur(), target=0x81, scsi=2)
    same((first.status_flags, first.key[0]), (0x80, 6), 'status flags, unit attention')
    same(isp.do(tur(), target=0x81).status_flags, 0, 'status flags')
    same(isp.mailbox(0x28, 0x8100)[2:4], [0xdd00, 0x0c0a], 'agreed')
    isp.mailbox(0x38, 0x0300, 0xfd00, 0x0c0a)
    isp.do(tur(), target=3, completion=1)
    where = 'scsi-id=1,channel=1'
    with migrated(isp, on_one_disk(folder + '/disk0', where=where), folder) as there:
        same(there.mailbox(0x28, 0x8100)[2:4], [0xdd00, 0x0c0a], 'agreed')
        same(there.do(tur(), target=0x81).status_flags, 0, 'status flags')


@case(device='isp12160,says-wide=8', disks=[{'target': 3}, {'target': 4}])
def promises(m, isp, folder):
    """INQUIRY promises wide and DT transfers where says-wide does; transfers lists what was agreed."""
    def transfers():
        return m.qmp('qom-get', path='/machine/peripheral/isp0', property='transfers').splitlines()

    isp.start()
    for target, length, want in ((3, 96, (91, 0x20, 0x0c)), (3, 36, (95, 0x20, 0)), (3, 5, (95, 0, 0)),
                                 (4, 96, (91, 0, 0))):
        m.write(DATA, bytes(96))
        isp.do(bytes((0x12, 0, 0, 0, length, 0)), [(DATA, 96)], target=target, completion=None)
        data = m.read(DATA, 96)
        same((data[4], data[7] & 0x20, data[56]), want, f'INQUIRY of {length} bytes, target {target}')
    isp.mailbox(0x38, 0x0300, 0xfd20, 0x0e09, mb6=0x0201)
    same(transfers()[0], '0 3 fd20 0e09 0201 asked', 'asked')
    isp.clear_attention(3)
    isp.do(tur(), target=3)
    same(transfers()[0], '0 3 fd20 0e09 0201 agreed', 'agreed')


@case(device='isp1040,no-tags=0x8', disks=[{'target': 3}, {'target': 2}])
def tags_rejected(m, isp, folder):
    """Only tagged commands of the target that knows no tags end with 0x16; absent targets are absent."""
    isp.start()
    for target in (2, 3):
        isp.mailbox(0x38, target << 8, 0xfd00, 0)
        isp.do(tur(), target=target, flags=0, scsi=None)
    isp.do(tur(), target=2, flags=SIMPLE)
    isp.do(tur(), target=3, flags=SIMPLE, completion=0x16)
    isp.do(tur(), target=3, flags=0)
    isp.do(tur(), target=4, flags=SIMPLE, completion=1)


@case(device='isp1040')
def limits_of_the_bus(m, isp, _):
    """No disk on a bus that the chip does not have; a target may have LUNs beyond the chip's reach."""
    for device, where, good in (('isp1040', 'channel=1', False), ('isp1040', 'lun=32', False),
                                ('isp1080', 'channel=1', False), ('isp1080', 'lun=31', True),
                                ('isp12160', 'channel=1', True), ('isp12160', 'channel=2', False)):
        args = ['-blockdev', 'driver=null-co,node-name=n0,read-zeroes=on', '-device',
                f'scsi-hd,bus=isp0.0,drive=n0,scsi-id=1,{where}']
        try:
            QTest(args, device=device).close()
        except EOFError:
            if good:
                raise
        else:
            if not good:
                raise Failure(f'{device} took {where}')
