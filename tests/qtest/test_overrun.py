# SPDX-License-Identifier: GPL-2.0-or-later
"""The target has more data, or wants more, than the buffer holds."""

import os
import struct

from case import suite
from isp import COMMAND, DATA, EXTENDED, IN, OUT, SIMPLE, inquiry, read10, same, tur, write10

TESTS, case = suite()

DISK = {}
SIZES = (0, 1, 24, 511)
OVERRUN, UNDERRUN = 0x07, 0x15
GUARD = b'\xa5'
# State flags: bus, target and CDB sent; then data, status, complete.
SENT, MOVED, STATUS, COMPLETE = 0x0700, 0x0800, 0x1000, 0x4000
OLD, NEW = b'\x5a', b'\x3c'
BLOCKS = 8


def read_capacity10():
    return bytes([0x25]) + bytes(9)


def read_capacity16(length):
    return bytes([0x9e, 0x10]) + bytes(8) + struct.pack('>IBB', length, 0, 0)


def mode_sense(length):
    return bytes([0x1a, 0, 0x3f, 0, length, 0])


def report_luns(length):
    return bytes([0xa0]) + bytes(5) + struct.pack('>IBB', length, 0, 0)


def read6(lba, blocks):
    return bytes([0x08, 0, 0, lba, blocks, 0])


def rw16(op, lba, blocks, flags=0):
    return struct.pack('>BBQIBB', op, flags, lba, blocks, 0, 0)


def started(isp):
    isp.start()
    isp.clear_attention(0)


def pieces(size, base=DATA):
    """A buffer in up to three segments."""
    cuts = [0, size // 3, size // 2, size]
    return [(base + a, b - a) for a, b in zip(cuts, cuts[1:]) if b > a]


def guarded(m, size, span=4096):
    m.write(DATA, GUARD * (size + span))


def send(isp, cdb, segs, **more):
    """Send a command of any length; one with a 16-byte CDB has its segments in a continuation."""
    return isp.do(cdb, segs, kind=EXTENDED if len(cdb) > 12 else COMMAND, **more)


def check_in(m, isp, cdb, size, want, **more):
    """A command whose data, `want`, does not fit: what fits arrives, and nothing behind it."""
    guarded(m, size)
    s = send(isp, cdb, pieces(size), completion=OVERRUN, **more)
    same(s.state, SENT | STATUS | COMPLETE | (MOVED if size else 0), f'state flags, {size}')
    same(m.read(DATA, size) if size else b'', want[:size], f'data, {size}')
    same(m.read(DATA + size, 4096), GUARD * 4096, f'memory behind the buffer, {size}')


def whole(m, isp, cdb, size, **more):
    """The data of the same command with room for all of it."""
    m.write(DATA, bytes(size))
    send(isp, cdb, [(DATA, size)], **more)
    return m.read(DATA, size)


@case(disks=[DISK])
def overrun_data_in(m, isp, _):
    started(isp)
    for n in range(BLOCKS):
        m.write(DATA, bytes([n + 1]) * 512)
        isp.do(write10(n, 1), [(DATA, 512)])
    for cdb, length in ((read_capacity10(), 8), (read_capacity16(32), 32), (inquiry(36), 36),
                        (inquiry(200), 200), (mode_sense(24), 24), (mode_sense(255), 255),
                        (report_luns(16), 16), (read6(2, 2), 1024), (read10(0, 1), 512),
                        (read10(0, 2), 1024), (read10(1, 7), 3584), (rw16(0x88, 1, 2), 1024)):
        data = whole(m, isp, cdb, length)
        for size in SIZES + (length - 1,):
            if size < length:
                check_in(m, isp, cdb, size, data)


@case(disks=[DISK])
def overrun_only_of_what_comes(m, isp, _):
    """An allocation length larger than the buffer is not an overrun if the data fits."""
    started(isp)
    data = whole(m, isp, report_luns(16), 16)
    for size in (0, 1, 15):
        check_in(m, isp, report_luns(512), size, data)
    for size in (16, 17, 24, 511):
        guarded(m, size)
        s = isp.do(report_luns(512), pieces(size), completion=UNDERRUN if size > 16 else 0)
        same(s.residual, size - 16)
        same(m.read(DATA, size + 1), data + GUARD * (size + 1 - 16))


@case(disks=[DISK])
def overrun_large(m, isp, _):
    """More data than QEMU's disk reads at a time."""
    started(isp)
    m.write(DATA, b'\x77' * 0x80000)
    isp.do(write10(0, 1024), [(DATA, 0x80000)])
    for size in (0, 512, 0x20000 - 2, 0x20000, 0x20002, 0x7fffe):
        check_in(m, isp, read10(0, 1024), size, b'\x77' * size)


@case(disks=[DISK])
def overrun_with_an_error(m, isp, _):
    """The target's status comes through whether or not its data would have fitted."""
    isp.start()
    s = isp.do(read10(0, 2), [(DATA, 24)], scsi=2, completion=UNDERRUN)
    same((s.key[0], s.residual, s.state), (6, 24, 0x7700), 'unit attention')
    for op in (read10, write10):
        s = isp.do(op(0x7fffffff, 2), [(DATA, 24)], scsi=2, completion=UNDERRUN)
        same((s.key, s.residual, s.state), ((5, 0x21), 24, 0x7700), 'past the end')
        s = isp.do(op(0x7fffffff, 2), [], scsi=2)
        same(s.key, (5, 0x21))
    s = isp.do(write10(0x7fffffff, 2), [(DATA, 1024)], flags=SIMPLE | IN, scsi=2,
               completion=UNDERRUN)
    same(s.key, (5, 0x21), 'wrong direction')
    # QEMU's disk does not compare data, and says so before it asks for any.
    for bytchk in (0x02, 0x06):
        cdb = bytes([0x2f, bytchk]) + write10(0, 2)[2:]
        for size in SIZES:
            s = isp.do(cdb, pieces(size), scsi=2, completion=UNDERRUN if size else 0)
            same((s.key, s.residual, s.state), ((5, 0x24), size, 0x7700), 'VERIFY')


def data_out():
    """Name, CDB, length, data: commands that take data, each with a visible effect."""
    block = NEW * 512
    unmap = struct.pack('>HHI', 38, 32, 0) + struct.pack('>QII', 0, 2, 0) + \
        struct.pack('>QII', 4, 2, 0)
    select = bytes(4) + bytes([0x08, 0x12, 0x00]) + bytes(17)
    select10 = bytes(8) + select[4:]
    return [
        ('WRITE(6)', bytes([0x0a, 0, 0, 0, 2, 0]), block * 2),
        ('WRITE(10)', write10(0, 2), block * 2),
        ('WRITE(10) of one', write10(0, 1), block),
        ('WRITE(12)', struct.pack('>BBIIBB', 0xaa, 0, 0, 2, 0, 0), block * 2),
        ('WRITE(16)', rw16(0x8a, 0, 2), block * 2),
        ('WRITE AND VERIFY', bytes([0x2e]) + write10(0, 2)[1:], block * 2),
        ('WRITE SAME(10)', bytes([0x41]) + write10(0, 8)[1:], block),
        ('WRITE SAME(16)', rw16(0x93, 0, 8), block),
        ('WRITE SAME(16) to unmap', rw16(0x93, 0, 8, 8), bytes(512)),
        ('UNMAP', struct.pack('>BBIBHB', 0x42, 0, 0, 0, len(unmap), 0), unmap),
        ('MODE SELECT(6)', bytes([0x15, 0x10, 0, 0, len(select), 0]), select),
        ('MODE SELECT(10)', bytes([0x55, 0x10, 0, 0, 0, 0, 0, 0, len(select10), 0]), select10),
    ]


def image(folder):
    with open(os.path.join(folder, 'disk0'), 'rb') as f:
        return f.read(BLOCKS * 512)


def caching(m, isp):
    """Read the current caching page."""
    isp.do(bytes([0x1a, 8, 0x08, 0, 24, 0]), [(DATA + 0x8000, 24)])
    return m.read(DATA + 0x8000, 24)


@case(disks=[DISK])
def overrun_data_out(m, isp, folder):
    """The target asks for more data than there is: it gets none, and does nothing."""
    started(isp)
    m.write(DATA, OLD * BLOCKS * 512)
    isp.do(write10(0, BLOCKS), [(DATA, BLOCKS * 512)])
    page = caching(m, isp)
    for name, cdb, data in data_out():
        for size in SIZES + (len(data) - 1,):
            if size >= len(data):
                continue
            for flags in (SIMPLE | OUT, SIMPLE | 0x60):
                m.write(DATA, data[:size])
                before = m.stat('bytes-written')
                s = send(isp, cdb, pieces(size), completion=OVERRUN, flags=flags)
                same((s.state, s.residual), (SENT, size), f'{name}, {size}: state, residual')
                same(m.stat('bytes-written'), before, f'{name}, {size}: bytes written')
        same(image(folder), OLD * BLOCKS * 512, f'{name}: the medium')
    same(caching(m, isp), page, 'the caching page')
    isp.do(tur())


@case(disks=[DISK])
def overrun_data_out_that_fits(m, isp, folder):
    """The same commands succeed with all their data."""
    started(isp)
    for name, cdb, data in data_out():
        m.write(DATA, OLD * BLOCKS * 512)
        isp.do(write10(0, BLOCKS), [(DATA, BLOCKS * 512)])
        page = caching(m, isp)
        m.write(DATA, data)
        s = send(isp, cdb, pieces(len(data)), completion=None, scsi=None)
        same((s.completion, s.scsi, s.residual), (0, 0, 0), name)
        if name.startswith('MODE'):
            same(caching(m, isp) != page, True, f'{name}: the caching page')
            m.write(DATA, bytes(4) + page[4:])
            isp.do(bytes([0x15, 0x10, 0, 0, 24, 0]), [(DATA, 24)])
        elif name.startswith('WRITE'):
            same(image(folder) != OLD * BLOCKS * 512, True, f'{name}: the medium')


@case(disks=[DISK])
def overrun_and_faults(m, isp, folder):
    """A command that is refused for its data ends that way, whatever fault is armed."""
    started(isp)
    m.fault('underrun,moves=512,count=0')
    m.write(DATA, NEW * 1024)
    s = isp.do(write10(0, 4), [(DATA, 1024)], completion=OVERRUN)
    same((s.state, s.residual), (SENT, 1024))
    same(image(folder), bytes(BLOCKS * 512), 'the medium')
    m.fault('')
    isp.mailbox(0x5a, 2)
    isp.do(write10(0, 4), [(DATA, 1024)], completion=OVERRUN)
    isp.do(read10(0, 4), [(DATA, 1024)], completion=OVERRUN)
    isp.quiet()
    isp.do(tur())


@case(disks=[{'target': 2, 'driver': 'scsi-cd', 'size': 1 << 20}])
def overrun_cdrom(m, isp, _):
    isp.start()
    isp.clear_attention(2)
    for cdb, want in ((read10(0, 2), 4096), (bytes([0x43, 0, 0, 0, 0, 0, 0, 0, 20, 0]), 20),
                      (read_capacity10(), 8), (bytes([0x4a, 1, 0, 0, 16, 0, 0, 0, 8, 0]), 8)):
        data = whole(m, isp, cdb, want, target=2)
        for size in SIZES:
            if size < want:
                check_in(m, isp, cdb, size, data, target=2)
