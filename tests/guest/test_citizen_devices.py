# SPDX-License-Identifier: GPL-2.0
"""Devices that are old or are not disks, and odd requests: on isp, on the RAM disk HBA, on the peer."""

import hashlib

from checking import check, log_of, same
from devices import ISP, QLA1280, block, devices, generic, host_number
from images import firmware, program, random_image
from io_tests import fio, sg_raw, sgio
from qemu import Controller, Disk
from ramhba import RAMHBA
from runner import grouper
from test_citizen import queues

GROUPS = []
group = grouper(GROUPS)


def ram_group(name):
    """A group with the RAM disk HBA, which its tests load."""
    return grouper(GROUPS, 'ramhba')(
        name, lambda s: s.config(extra=['-device', 'pci-testdev'], modules=['st', 'ch'],
                                 files=[program(s, 'sgio'), program(s, 'changer')]),
        machine='pci-testdev types')


def again(vm, params):
    """Load the RAM disk HBA with these parameters."""
    # As long as ch has a device, it holds the module of the device's HBA.
    vm.guest('modprobe -r ch; modprobe -r ramhba && dmesg -C')
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
def tags_rejected(vm):
    """Targets that say they take tags and reject each one go on without, however packets are made."""
    for params in STYLES:
        again(vm, f'{params} untagged=2')
        fio(vm, block(vm, 0), 8, '--size=2M')
        same(queues(vm, 0), ('none', 1), 'queue')
        # The midlayer may ask for a tag on either target first.
        check(1 <= log_of(vm).count('refuses tags') <= 2, log_of(vm))


@SCSI2.test
def task_set_full(vm):
    """The depth falls where targets say that their task set is full, and all data is right."""
    for params in STYLES:
        again(vm, f'{params} full=5')
        before = queues(vm, 0)
        # The midlayer lowers the depth if it sees the same number of commands out some ten times.
        vm.guest(f'fio --name=r --filename={block(vm, 0)} --rw=randread --bs=4k --direct=1 --ioengine=libaio '
                 '--iodepth=16 --time_based --runtime=600 >/dev/null 2>&1 & '
                 f'for n in $(seq 600); do [ $(cat /sys/bus/scsi/devices/{host_number(vm)}:0:0:0/queue_depth) '
                 f'-lt {before[1]} ] && break; sleep 0.1; done; kill $!; wait', timeout=200, check=False)
        kind, depth = queues(vm, 0)
        check(before[0] == kind == 'simple' and depth < before[1],
              f'queue {before} before, {kind}, {depth} afterwards')
        fio(vm, block(vm, 0), 16, '--size=2M')


@SCSI2.test
def no_lun_0(vm):
    """LUNs are found although LUN 0 is refused, has qualifier 3 or 1, or is not answered for."""
    for ansi in (2, 5):
        for no_lun in range(5):
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
    for no_lun in range(5):
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
def no_identify_for_lun_0(vm):
    """LUN 5 is found although its target does not let LUN 0 be addressed: completion 0x13."""
    look_beyond_gaps(vm, True)
    vm.fault('complete,status=0x13,target=2,lun=0,count=0')
    ISP.load(vm)
    check((2, 5) in devices(vm), f'{devices(vm)}')
    vm.fault('')
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


TYPES = ram_group('citizen-types-ram')
TAPE = '/dev/nst0'
# Sense keys, and the bits beside them in byte 2.
NO_SENSE, NOT_READY, ATTENTION, BLANK, OVERFLOW = 0, 2, 6, 8, 13
FILEMARK, EOM, ILI = 0x80, 0x40, 0x20
GOOD, CHECK = 0, 2


def as_tape(vm, style, block_size=0):
    """Load the RAM disk HBA with tapes, and rewind the first one."""
    again(vm, f'{style} dtype=1')
    vm.guest(f'modprobe st; for n in $(seq 50); do [ -e {TAPE} ] && break; sleep 0.1; done; '
             f'mt -f {TAPE} setblk {block_size} && mt -f {TAPE} rewind')


def records(vm, *sizes):
    """Write a record of each size; st adds a filemark. The data is in /tmp/r0 ..."""
    vm.guest(''.join(f'head -c {size} /dev/urandom > /tmp/r{n}; ' for n, size in enumerate(sizes)) +
             '{ ' + ''.join(f'dd if=/tmp/r{n} bs={size} count=1 || exit; '
                            for n, size in enumerate(sizes)) + '} > ' + TAPE)


def read_record(vm, size):
    """read(2) of that many bytes to /tmp/got; returns how many came, or what dd said of an error."""
    said = vm.guest(f'dd if={TAPE} of=/tmp/got bs={size} count=1 2>&1', check=False)
    length = int(vm.guest('wc -c < /tmp/got').text)
    return length if not said.status else said.text


def tape_command(vm, cdb, options, want, info=None):
    """One command to the tape by sg: (status, residual, flags and key of the sense data), information."""
    got = sgio(vm, generic(vm, 0), cdb, options)
    same((got.status, got.resid, got.sense[2] if got.sense else 0, got.spoilt, got.host), (*want, 0, 0),
         f'answer to {cdb}')
    if info is not None:
        same(int.from_bytes(got.sense[3:7], 'big', signed=True), info, f'information after {cdb}')


@TYPES.test
def tape_records(vm):
    """Through st: records of their own lengths, short and long reads, filemarks, the end of the data."""
    for style, large in (('', 1 << 20), ('setup=1', 1 << 20), ('published=1', 1 << 15)):
        as_tape(vm, style)
        records(vm, large, 100, 4097)
        vm.guest('mv /tmp/r0 /tmp/large; mv /tmp/r2 /tmp/last')
        records(vm, 513)
        vm.guest(f'mt -f {TAPE} rewind')
        same(read_record(vm, large), large, f'record with {style}')
        vm.guest('cmp /tmp/large /tmp/got')
        for size in (100, 4097):
            same(read_record(vm, 32768), size, f'short record with {style}')
        vm.guest('cmp /tmp/last /tmp/got')
        same(read_record(vm, 32768), 0, 'bytes at the filemark')
        check('Cannot allocate' in str(read_record(vm, 512)), 'a record that is too long is no error')
        same(read_record(vm, 512), 0, 'bytes at the second filemark')
        same(read_record(vm, 512), 0, 'bytes at the end')
        # Back over both filemarks, and over a record.
        vm.guest(f'mt -f {TAPE} bsf 2 && mt -f {TAPE} bsr 1')
        same(read_record(vm, 8192), 4097, 'the record before the first filemark')


@TYPES.test
def tape_data(vm):
    """A record of 1 MiB comes back as it was, also at an odd address."""
    for style in ('', 'setup=1'):
        as_tape(vm, style)
        records(vm, 1 << 20)
        for offset in (0, 13):
            vm.guest(f'mt -f {TAPE} rewind')
            tape_command(vm, '08 00 10 00 00 00', f'-r -s 1048576 -o {offset} -f /tmp/got', (GOOD, 0, 0))
            vm.guest('cmp /tmp/r0 /tmp/got')


@TYPES.test
def tape_residuals(vm):
    """Residual and sense data of what st turns into a length: ILI both ways, filemark, end of data."""
    for style in STYLES:
        as_tape(vm, style)
        records(vm, 100, 5000)
        vm.guest(f'mt -f {TAPE} rewind')
        read_512, read_513 = '08 00 00 02 00 00', '08 02 00 02 01 00'
        tape_command(vm, read_512, '-r -s 512', (CHECK, 412, ILI), 412)
        tape_command(vm, read_512, '-r -s 512', (CHECK, 0, ILI), 512 - 5000)
        tape_command(vm, read_512, '-r -s 512', (CHECK, 512, FILEMARK), 512)
        tape_command(vm, read_512, '-r -s 512', (CHECK, 512, BLANK), 512)
        vm.guest(f'mt -f {TAPE} rewind')
        # With SILI a short record is no error, but has a residual.
        tape_command(vm, read_513, '-r -s 513 -o 3', (GOOD, 413, 0))
        tape_command(vm, '11 01 00 00 02 00', '', (CHECK, 0, BLANK), 1)


@TYPES.test
def tape_blocks(vm):
    """Blocks of a fixed length: a read ends at a filemark, with what was not read as blocks."""
    as_tape(vm, '', 512)
    vm.guest(f'head -c 5120 /dev/urandom > /tmp/blocks; dd if=/tmp/blocks of={TAPE} bs=5120; '
             f'mt -f {TAPE} rewind')
    same(read_record(vm, 8192), 5120, 'bytes before the filemark')
    vm.guest('cmp /tmp/blocks /tmp/got')
    vm.guest(f'mt -f {TAPE} rewind')
    tape_command(vm, '08 01 00 00 10 00', '-r -s 8192', (CHECK, 3072, FILEMARK), 6)


@TYPES.test
def tape_end(vm):
    """Early warning and the end of the medium: what is written is known to the byte."""
    for style in ('', 'setup=1'):
        as_tape(vm, style)
        said = vm.guest(f'dd if=/dev/zero of={TAPE} bs=1M 2>&1', check=False).text
        # The seventh record is the first one that is warned of. It is on the tape.
        check('No space left' in said and '7+0 records out' in said, said)
        write = '0a 00 10 00 00 00'
        tape_command(vm, write, '-w -s 1048576 -f /dev/zero', (CHECK, 0, EOM), 0)
        tape_command(vm, write, '-w -s 1048576 -f /dev/zero', (CHECK, 1048576, EOM | OVERFLOW), 1048576)
        vm.guest(f'mt -f {TAPE} rewind; dd if={TAPE} of=/tmp/got bs=1M; rm /tmp/got')


@TYPES.test
def tape_keeps_its_position(vm):
    """A reset of one tape leaves the position of the other one known."""
    for style, target in (('', 1), ('setup=1', 1), ('', 0)):
        as_tape(vm, style)
        records(vm, 100, 5000, 300)
        vm.guest(f'mt -f {TAPE} rewind; sg_reset -t -N {generic(vm, target)}')
        # st looks whether there was a reset when a command does not simply succeed.
        read_record(vm, 512)
        moved = vm.guest(f'mt -f {TAPE} fsr 1', check=False).status == 0
        same(moved, target != 0, f'moved after a reset of target {target}')
        if moved:
            same(read_record(vm, 512), 300, 'the third record')


@TYPES.test
def changer(vm):
    """Through ch: media move, and the changer's reasons for a refusal arrive."""
    again(vm, 'dtype=8')
    vm.guest('modprobe ch; for n in $(seq 50); do [ -e /dev/sch0 ] && break; sleep 0.1; done')

    def said(move=''):
        return vm.guest(f'changer /dev/sch0 {move}').text.strip()
    same(said(), 'slots 1010 drives 00', 'elements')
    same(said('1 2 3 1'), 'error 0 slots 1000 drives 01', 'slot to drive')
    # EBADE: nothing there, EXFULL: the place is taken.
    same(said('1 2 3 0'), 'error 52 slots 1000 drives 01', 'from an empty slot')
    same(said('1 0 3 1'), 'error 54 slots 1000 drives 01', 'to a full drive')
    same(said('3 1 1 3'), 'error 0 slots 1001 drives 00', 'drive to slot')
    same(sgio(vm, generic(vm, 0), 'a5 00 00 00 00 02 00 06 00 00 00 00').code, (5, 0x3b, 0x0e), 'by sg')


@TYPES.test
def removable_disk(vm):
    """The medium of a disk is changed: no data of the old one, the new capacity, one unit attention."""
    for style in STYLES:
        again(vm, f'{style} removable=1')
        disk, sg, medium = block(vm, 0), generic(vm, 0), '/sys/module/ramhba/parameters/medium'
        size = f'blockdev --getsize64 {disk}'
        vm.guest(f'head -c 65536 /dev/urandom > /tmp/a; dd if=/tmp/a of={disk} bs=64k oflag=direct; '
                 f'dd if={disk} of=/dev/null bs=64k count=1')
        same(vm.guest(size).text.split(), [str(64 << 20)], 'bytes')
        vm.guest(f'echo 0 > {medium}')
        same(sgio(vm, sg, '00 00 00 00 00 00').code, (NOT_READY, 0x3a, 0), 'without a medium')
        vm.guest(f'! dd if={disk} of=/dev/null bs=64k count=1')
        vm.guest(f'echo 1 > {medium}')
        same(sgio(vm, sg, '00 00 00 00 00 00').code, (ATTENTION, 0x28, 0), 'with another medium')
        same(sgio(vm, sg, '00 00 00 00 00 00').status, GOOD, 'status after that')
        same(vm.guest(size).text.split(), [str(32 << 20)], 'bytes of the other medium')
        vm.guest(f'dd if={disk} of=/tmp/b bs=64k count=1; head -c 65536 /dev/zero | cmp - /tmp/b')
        fio(vm, disk, 8, '--size=1M')


# Blocks of the discs: the sizes are no multiple of a page.
DISCS = (1001, 2003)


def disc(settings, n):
    """A host file with a disc's image."""
    return random_image(settings.scratch(f'disc{n}'), DISCS[n] * 2048, seed=n)


TYPES_ISP = group('citizen-types', lambda s: s.config(
    controllers=[Controller(id='isp0')], modules=['qla1280', 'sr_mod'],
    disks=[Disk(target=0, file=disc(s, 0), cdrom=True)],
    extra=['-blockdev', f'driver=file,node-name=other,read-only=on,filename={disc(s, 1)}'],
    files=[firmware(s.build), program(s, 'sgio')]))


def whole_disc(vm, n):
    """The guest sees the disc as the host does, up to its last block."""
    same(vm.guest('blockdev --getsize64 /dev/sr0').text.split(), [str(DISCS[n] * 2048)], 'bytes')
    path = vm.config.disks[0].file if not n else vm.config.extra[1].split('filename=')[1]
    with open(path, 'rb') as f:
        want = hashlib.sha256(f.read()).hexdigest()
    for options in ('', 'iflag=direct'):
        got = vm.guest(f'dd if=/dev/sr0 bs=2048 {options} 2>/dev/null | sha256sum').text.split()[0]
        same(got, want, f'disc {n} {options}')


def change_disc(vm, node):
    """Open the tray, check what the drive says, put a disc in."""
    sg = generic(vm, 0)
    vm.qmp('blockdev-open-tray', id='disk0-0-0', force=True)
    answers = [sgio(vm, sg, '00 00 00 00 00 00').code for _ in range(4)]
    same(answers[-1], (NOT_READY, 0x3a, 0), 'sense with an open tray')
    vm.qmp('blockdev-remove-medium', id='disk0-0-0')
    vm.guest('! dd if=/dev/sr0 of=/dev/null bs=2048 count=1 iflag=direct')
    # Opening the device has closed the tray.
    vm.qmp('blockdev-open-tray', id='disk0-0-0', force=True)
    vm.qmp('blockdev-insert-medium', id='disk0-0-0', node_name=node)
    vm.qmp('blockdev-close-tray', id='disk0-0-0')
    answers = [sgio(vm, sg, '00 00 00 00 00 00').code for _ in range(4)]
    check((ATTENTION, 0x28, 0) in answers, f'no unit attention: {answers}')
    same(answers[-1], None, 'sense with a disc')


def disc_drive(vm, driver):
    """Read a disc, change it, read the other one and the first one again."""
    driver.load(vm)
    vm.guest('modprobe sr_mod')
    whole_disc(vm, 0)
    change_disc(vm, 'other')
    whole_disc(vm, 1)
    # 5/21: LOGICAL BLOCK ADDRESS OUT OF RANGE
    last = f'{DISCS[1]:08x}'
    got = sgio(vm, generic(vm, 0), f'28 00 {" ".join(last[i:i + 2] for i in range(0, 8, 2))} 00 00 01 00',
               '-r -s 2048')
    same((got.code, got.resid), ((5, 0x21, 0), 2048), 'a read past the end')
    change_disc(vm, 'node0-0-0')
    whole_disc(vm, 0)
    driver.unload(vm)


@TYPES_ISP.test
def disc_drive_of_isp(vm):
    """sr on isp: data up to an odd end, a change of the disc, sense data and residual."""
    disc_drive(vm, ISP)


@TYPES_ISP.test
def disc_drive_of_the_peer(vm):
    """The same with qla1280."""
    disc_drive(vm, QLA1280)
