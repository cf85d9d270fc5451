# SPDX-License-Identifier: GPL-2.0
"""Devices that are old or are not disks, and odd requests: on isp, on the RAM disk HBA, on the peer."""

from checking import check, log_of, same
from devices import ISP, QLA1280, block, devices, generic, host_number
from images import firmware, program
from io_tests import fio, sg_raw, sgio
from qemu import Controller, Disk
from ramhba import RAMHBA
from runner import Group, not_built

GROUPS = []


def group(name, configure, module='isp', **values):
    """A group of this file."""
    made = Group(name, configure, needs=not_built(module), **values)
    GROUPS.append(made)
    return made


def ram_group(name):
    """A group with the RAM disk HBA, which its tests load."""
    return group(name, lambda s: s.config(extra=['-device', 'pci-testdev'],
                                          files=[program(s, 'sgio')]),
                 module='ramhba', machine='pci-testdev sgio')


def again(vm, params):
    """Load the RAM disk HBA with these parameters."""
    vm.guest('modprobe -r ramhba; dmesg -C')
    RAMHBA.load(vm, params)


# Bits of the status byte that SCSI-2 leaves to vendors.
VENDOR_BITS = 0xc0
# The RAM disk HBA makes its packets in different ways.
STYLES = ('', 'setup=1', 'published=1')


def look_beyond_gaps(vm, yes):
    """Should the midlayer scan a target beyond the first LUN that is not there? (BLIST_SPARSELUN)"""
    vm.guest(f'echo {0x40 * yes} > /sys/module/scsi_mod/parameters/default_dev_flags')


def statuses_arrive(vm):
    """GOOD and CHECK CONDITION are what they are: data, and sense data with the right code."""
    fio(vm, block(vm, 0), 8, '--size=2M')
    # 5/20: INVALID COMMAND OPERATION CODE
    status, text = sg_raw(vm, generic(vm, 0), 'ee 00 00 00 00 00 00 00 00 00')
    same(status, 9, 'status of sg_raw')
    check('Invalid command operation code' in text, text)


SCSI2 = ram_group('citizen-scsi2-ram')


@SCSI2.test
def vendor_bits(vm):
    """A target that sets the vendor's bits of each status byte works, however packets are made."""
    for params in (*(f'{style} ansi=2' for style in STYLES), 'ansi=5'):
        again(vm, f'{params} status_bits={VENDOR_BITS}')
        same(set(devices(vm)), {(0, 0), (1, 0)}, f'devices with {params}')
        statuses_arrive(vm)


@SCSI2.test
def no_lun_0(vm):
    """LUNs are found although LUN 0 is refused, has qualifier 3 or 1, or is not answered for."""
    for ansi in (2, 5):
        for no_lun in range(4):
            again(vm, f'luns=6 ansi={ansi} no_lun={no_lun}')
            same(set(devices(vm)), {(0, 1), (0, 2), (1, 1), (1, 2)},
                 f'LUNs with ansi={ansi} no_lun={no_lun}')
        fio(vm, block(vm, 1, 2), 8, '--size=1M')


@SCSI2.test
def gaps(vm):
    """LUNs beyond a gap: found by a scan of one, or of all if the midlayer is told to look."""
    for ansi, no_lun in ((2, 0), (2, 1), (2, 3), (5, 2)):
        again(vm, f'luns=0x25 ansi={ansi} no_lun={no_lun}')
        same(set(devices(vm)), {(0, 0), (1, 0)}, f'LUNs with ansi={ansi} no_lun={no_lun}')
        vm.guest(f'echo "0 0 5" > /sys/class/scsi_host/host{host_number(vm)}/scan')
        check((0, 5) in devices(vm), f'LUN 5 with ansi={ansi} no_lun={no_lun}')
    look_beyond_gaps(vm, True)
    for no_lun in range(4):
        again(vm, f'luns=0xa4 ansi=2 no_lun={no_lun}')
        same(set(devices(vm)), {(t, n) for t in (0, 1) for n in (2, 5, 7)}, f'LUNs with no_lun={no_lun}')
    look_beyond_gaps(vm, False)


SCSI2_ISP = group('citizen-scsi2', lambda s: s.config(
    controllers=[Controller(id='isp0')], modules=['qla1280'],
    disks=[Disk(target=0, size='64M', props={'scsi_version': 2}),
           Disk(target=0, lun=3, size='16M', props={'scsi_version': 2}),
           Disk(target=1, size='64M'), Disk(target=2, lun=5, size='16M')],
    files=[firmware(s.build), program(s, 'sgio')]), machine='citizen-devices')


@SCSI2_ISP.test
def vendor_bits_on_the_chip(vm):
    """The chip hands on a status byte with the vendor's bits."""
    vm.fault(f'corrupt-response,field=scsi-status,xor={VENDOR_BITS},count=0')
    ISP.load(vm)
    same(set(devices(vm)), {(0, 0), (1, 0), (2, 5)}, 'devices')
    vm.guest('dmesg -C')
    statuses_arrive(vm)
    fio(vm, block(vm, 1), 8, '--size=1M')
    vm.fault('')
    same(log_of(vm), '', 'log')
    ISP.unload(vm)


@SCSI2_ISP.test
def luns_with_gaps(vm):
    """LUN 5 is found although LUN 0 has qualifier 1, and LUN 3 of a SCSI-2 target if looked for."""
    look_beyond_gaps(vm, True)
    found = []
    for driver in (ISP, QLA1280):
        driver.load(vm)
        found.append({address for address in devices(vm) if address[1] < 8})
        fio(vm, block(vm, 2, 5), 8, '--size=1M')
        driver.unload(vm)
    same(found, [{(0, 0), (0, 3), (1, 0), (2, 5)}] * 2, 'devices with isp, and with qla1280')


# Lengths of a buffer's pieces, 8192 bytes in all, and its offset in a page. If these are multiples of 4, sd
# maps the pieces as they are, and sg does so on request with a single one; else the kernel copies them.
BUFFERS = [
    ('1,511,7680', 0),
    ('3,0,509,0,0,1,7679', 4095),
    ('7168,1024,0', 513),
    ('4,508,0,1020,4,6656', 4),
    ('0,4092,4,4096', 2044),
    ('8192', 1),
    ('8192', 4),
]
# READ(10), WRITE(10) of 16 blocks from block 7.
READ, WRITE = ('28 00 00 00 00 07 00 00 10 00', '2a 00 00 00 00 07 00 00 10 00')


def bsg_of(vm, target=0):
    """/dev/bsg/H:C:T:0 of a device."""
    return f'/dev/bsg/{host_number(vm)}:0:{target}:0'


def moved(vm, device, cdb, options, resid=0):
    """One command that must end well; returns the answer."""
    got = sgio(vm, device, cdb, options)
    same((got.status, got.host, got.resid, got.spoilt, got.sense), (0, 0, resid, 0, b''),
         f'status, host byte, residual, spoilt bytes, sense data with {options}')
    return got


def odd_buffers(vm):
    """Data written from one kind of buffer and read to another is the same; nothing around it changes."""
    sg, disk, bsg = generic(vm, 0), block(vm, 0), bsg_of(vm)
    vm.guest('head -c 8192 /dev/urandom > /tmp/a; echo 1 > /sys/module/sg/parameters/allow_dio')
    for pieces, offset in BUFFERS:
        for device, options in ((sg, ''), (sg, '-d'), (disk, ''), (bsg, '-b')):
            if device == bsg and ',' in pieces:
                continue
            options += f' -s {pieces} -o {offset}'
            direct = moved(vm, device, WRITE, f'-w -f /tmp/a {options}').direct
            same(direct, '-d' in options and (pieces, offset) == ('8192', 4), 'direct I/O with ' + options)
            moved(vm, device, READ, f'-r -f /tmp/b {options}')
            vm.guest('cmp /tmp/a /tmp/b; head -c 8192 /dev/urandom > /tmp/a')


def odd_amounts(vm):
    """An INQUIRY of any length fills just so much of its buffer, and the residual is exact."""
    moved(vm, generic(vm, 0), '12 00 00 00 24 00', '-r -s 36 -f /tmp/whole')
    for asked, size in ((1, 1), (5, 7), (35, 35), (36, 37), (36, 513), (36, 4097)):
        for device, options in ((generic(vm, 0), ''), (generic(vm, 0), '-d'), (bsg_of(vm), '-b')):
            for offset in (0, 3, 4094):
                moved(vm, device, f'12 00 00 00 {asked:02x} 00',
                      f'{options} -r -s {size} -o {offset} -f /tmp/part', resid=size - asked)
                vm.guest(f'head -c {asked} /tmp/whole | cmp - /tmp/part -n {asked}')
    for device, options in ((generic(vm, 0), ''), (bsg_of(vm), '-b')):
        moved(vm, device, '00 00 00 00 00 00', options)
        # A buffer of length 0, and one that the command does not use.
        moved(vm, device, '00 00 00 00 00 00', f'{options} -r -s 0')
        moved(vm, device, '00 00 00 00 00 00', f'{options} -r -s 13', resid=13)


def no_cdb(vm):
    """A command without a CDB is refused; commands after it work."""
    got = sgio(vm, bsg_of(vm), '', '-b')
    check(got.status or got.host, got)
    got = sgio(vm, bsg_of(vm), '', '-b -r -s 512')
    check(got.status or got.host, got)
    moved(vm, bsg_of(vm), READ, '-b -r -s 8192')


ODD = ram_group('citizen-odd-ram')


@ODD.test
def buffers(vm):
    """Odd addresses, lengths and pieces, some of length 0, by sg and bsg, however packets are made."""
    for style in STYLES:
        again(vm, style)
        odd_buffers(vm)
    odd_amounts(vm)


@ODD.test
def limits(vm):
    """The largest command and cookie are no multiple of a block: requests are split at blocks."""
    for style in STYLES:
        for block_size in (512, 4096):
            again(vm, f'{style} maxxfer=9001 cookie=4999 blksize={block_size}')
            fio(vm, block(vm, 0), 8, '--size=1M')
            vm.guest('head -c 65536 /dev/urandom > /tmp/a')
            rest, odd = f'00 00 00 00 07 00 00 {65536 // block_size:02x} 00', '-s 40000,1,25535 -o 7'
            moved(vm, generic(vm, 0), f'2a {rest}', f'-w -f /tmp/a {odd}')
            moved(vm, generic(vm, 0), f'28 {rest}', f'-r -f /tmp/b {odd}')
            vm.guest('cmp /tmp/a /tmp/b')


@ODD.test
def empty_cdb(vm):
    """A CDB of length 0, by bsg, which alone can send it."""
    again(vm, '')
    no_cdb(vm)


ODD_ISP = group('citizen-odd', SCSI2_ISP.configure, machine='citizen-devices')


@ODD_ISP.test
def odd_requests(vm):
    """The same on the chip: data, guard bytes, residuals, and a CDB of length 0."""
    ISP.load(vm)
    odd_buffers(vm)
    odd_amounts(vm)
    no_cdb(vm)
    ISP.unload(vm)


@ODD_ISP.test
def odd_requests_of_the_peer(vm):
    """qla1280 gives the same answers."""
    QLA1280.load(vm)
    odd_buffers(vm)
    odd_amounts(vm)
    QLA1280.unload(vm)
