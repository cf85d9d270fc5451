# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands, data, errors, recovery: the chip with QEMU's disks behind it."""

import os
import random
import struct
import time

from case import fails_once, suite
from isp import (COMMAND, COMMAND64, CONT, CONT64, DATA, EXTENDED, HCCR, ICR, IN, ISR, MBOX, OUT,
                 REQ, RSP, SEMA, SIMPLE, STATUS, inquiry, migrated, on_one_disk, read10, same, tur,
                 write10)
from machine import SLOT

TESTS, case = suite()

DISK = {}
SLOW = {'blockdev': 'driver=null-co,size=8388608,latency-ns=400000000'}


def pages(total, piece, base=DATA):
    """A buffer as segments of one size, with a hole after each."""
    return [(base + i * (piece + 64), piece) for i in range(total // piece)]


def scatter(m, segs, data):
    for addr, size in segs:
        m.write(addr, data[:size])
        data = data[size:]


def gather(m, segs):
    return b''.join(m.read(addr, size) for addr, size in segs)


@case(disks=[DISK])
def inquiry_by_every_entry_type(m, isp, _):
    isp.start()
    for kind in (COMMAND, COMMAND64, EXTENDED):
        m.write(DATA, bytes(64))
        s = isp.do(inquiry(), [(DATA, 36)], kind=kind)
        same(s.state, 0x5f00, 'state flags')
        same(m.read(DATA + 8, 8), b'QEMU    ')
        isp.do(tur(), kind=kind, scsi=None)
        same(isp.do(tur(), kind=kind).state, 0x5700, 'state flags')
    # A 32-byte CDB fits into an extended command; no disk here knows one.
    s = isp.do(bytes([0x7f]) + bytes(31), kind=EXTENDED, scsi=2)
    same(s.key, (5, 0x20))


@case(disks=[DISK])
def data_compare(m, isp, _):
    isp.start()
    isp.clear_attention(0)
    rnd = random.Random(1)
    for n, (blocks, piece, kind) in enumerate([
            (1, 512, COMMAND), (8, 1024, COMMAND), (8, 512, COMMAND64), (64, 512, COMMAND),
            (64, 512, COMMAND64), (64, 512, EXTENDED), (63, 1536, COMMAND64),
            (128, 4096, COMMAND), (2, 128, COMMAND), (2, 8, COMMAND64)]):
        data = rnd.randbytes(blocks * 512)
        segs = pages(len(data), piece)
        back = pages(len(data), piece, DATA + 0x100000)
        scatter(m, segs, data)
        isp.do(write10(n * 200, blocks), segs, kind=kind, flags=SIMPLE | OUT)
        isp.do(read10(n * 200, blocks), back, kind=kind, flags=SIMPLE | IN)
        same(gather(m, back), data, f'data of case {n}')
    total = m.stat('bytes-read')
    same(m.stat('bytes-written'), total, 'bytes each way')


def many_segments(m, isp, folder, kind, count):
    """Write and read a buffer in pages that do not adjoin."""
    isp.start(req=256)
    isp.clear_attention(0)
    data = random.Random(2).randbytes(count * 4096)
    segs = [(DATA + i * 8192, 4096) for i in range(count)]
    scatter(m, segs, data)
    isp.do(write10(0, 8 * count), segs, kind=kind, flags=SIMPLE | OUT)
    with open(os.path.join(folder, 'disk0'), 'rb') as f:
        same(f.read(len(data)) == data, True, 'image')
    m.command(f'memset {DATA:#x} {count * 8192:#x} 0')
    isp.do(read10(0, 8 * count), segs, kind=kind, flags=SIMPLE | IN)
    same(gather(m, segs) == data, True, 'data')
    same(isp.rd(MBOX + 8), isp.req_in, 'request consumer')


@case(disks=[DISK])
def a_thousand_segments(m, isp, folder):
    for kind in (COMMAND, COMMAND64):
        many_segments(m, isp, folder, kind, 1000)


@case(disks=[DISK])
def more_segments_than_the_host_takes(m, isp, folder):
    """A system call of the host takes 1024 pieces, a command of the chip 1782 or 1272."""
    for kind, count in ((COMMAND, 1025), (COMMAND, 1782), (COMMAND64, 1272)):
        many_segments(m, isp, folder, kind, count)


@case(disks=[DISK])
def mixed_continuations(m, isp, _):
    """The type of each continuation decides how it is read."""
    isp.start()
    isp.clear_attention(0)
    data = random.Random(3).randbytes(13 * 512)
    segs = pages(len(data), 512)
    scatter(m, segs, data)
    handle = isp.command(write10(0, 13), segs[:4], count=3, seg_count=13, flags=SIMPLE | OUT)
    isp.put(struct.pack('<BBBBI', CONT, 0, 0, 0, 0) +
            b''.join(struct.pack('<II', *s) for s in segs[4:11]))
    isp.put(struct.pack('<BBBB', CONT64, 0, 0, 0) +
            b''.join(struct.pack('<III', a, 0, n) for a, n in segs[11:]))
    isp.ring()
    s = isp.response()
    isp.ack()
    same((s.handle, s.completion, s.scsi), (handle, 0, 0))
    back = pages(len(data), 512, DATA + 0x10000)
    isp.do(read10(0, 13), back, flags=SIMPLE | IN)
    same(gather(m, back), data)


@case(disks=[DISK], guest_errors=True)
def malformed_entries(m, isp, _):
    isp.start()
    isp.clear_attention(0)

    def bounced(status, **what):
        handle = isp.command(tur(), **what)
        isp.ring()
        s = isp.response()
        isp.ack()
        same((s.type, s.flags, s.handle), (what.get('kind', COMMAND), status, handle), str(what))
        isp.do(tur())
    bounced(0x08, cdb_len=0)
    bounced(0x08, cdb_len=13)
    bounced(0x08, cdb_len=45, kind=EXTENDED)
    bounced(0x08, target=0x10)
    bounced(0x08, target=0x80)
    bounced(0x08, lun=32)
    bounced(0x08, segs=[(0xfffffff0, 0x100)])
    bounced(0x08, segs=[(0xffffffffffffff00, 0x1000)], kind=COMMAND64)
    bounced(0x08, segs=[(DATA, 0x1000001)])
    bounced(0x10, seg_count=5)
    bounced(0x10, seg_count=0xffff)
    bounced(0x10, count=2)
    bounced(0x10, count=255)
    for kind in (0, STATUS, 6, 7, 8, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x21, 0x22, 0xff):
        bounced(0x04, kind=kind)
    bounced(0x20, kind=CONT)
    bounced(0x20, kind=CONT64)


@case(disks=[DISK])
def lenient_inputs(m, isp, _):
    isp.start()
    isp.clear_attention(0)
    isp.do(tur(), [(0, 0)])
    isp.do(tur(), [(0, 0)], kind=COMMAND64)
    isp.do(tur(), count=0)
    isp.do(inquiry(), [(0, 0), (DATA, 36)], flags=0x60)
    isp.marker()
    isp.quiet()


@case(disks=[DISK])
def sense(m, isp, _):
    isp.start()
    s = isp.do(tur(), scsi=2)
    same(s.key[0], 6, 'unit attention after power on')
    same((s.state, s.sense_len), (0x7700, 18))
    same(isp.do(tur()).scsi, 0)
    same(isp.do(bytes([0xff] + [0] * 9), scsi=2).key, (5, 0x20), 'illegal opcode')
    s = isp.do(read10(0x7fffffff, 1), [(DATA, 512)], scsi=2, completion=0x15)
    same((s.key, s.residual), ((5, 0x21), 512), 'past the end')
    # Without auto sense, the sense data stays with the target.
    s = isp.do(bytes([0xff] + [0] * 9), flags=SIMPLE | 0x100, scsi=2)
    same((s.state, s.sense_len), (0x5700, 0))
    isp.do(bytes([3, 0, 0, 0, 18, 0]), [(DATA, 18)])
    same((m.read(DATA + 2, 1)[0] & 0xf, m.read(DATA + 12, 1)[0]), (5, 0x20))


@case(disks=[DISK])
def residuals(m, isp, _):
    isp.start()
    isp.clear_attention(0)
    same(isp.do(inquiry(36), [(DATA, 100)], completion=0x15).residual, 64)
    same(isp.do(tur(), [(DATA, 512)], completion=0x15).residual, 512)
    same(isp.do(read10(0, 2), [(DATA, 512), (DATA + 512, 1024)], completion=0x15).residual, 512)
    same(isp.do(read10(0, 2), [(DATA, 1024)]).residual, 0)


@case(disks=[DISK])
def overrun_and_direction(m, isp, folder):
    isp.start()
    isp.clear_attention(0)
    m.write(DATA, b'\xaa' * 4096)
    isp.do(read10(0, 4), [(DATA, 512)], completion=0x07)
    same(m.read(DATA, 1024), bytes(512) + b'\xaa' * 512, 'memory behind the buffer')
    isp.do(inquiry(36), [(DATA, 20)], completion=0x07)
    same(m.read(DATA + 20, 4), bytes(4))
    isp.do(read10(0, 1), [], completion=0x07)
    isp.do(write10(0, 4), [(DATA, 512)], completion=0x07)
    isp.do(write10(0, 1), [(DATA, 512)], flags=SIMPLE | IN, completion=0x02)
    isp.do(read10(0, 1), [(DATA, 512)], flags=SIMPLE | OUT, completion=0x02)
    with open(os.path.join(folder, 'disk0'), 'rb') as f:
        same(f.read(4096), bytes(4096), 'image, which nothing was to write')


@case(disks=[DISK, {'lun': 3, 'target': 0}, {'target': 5, 'driver': 'scsi-cd', 'size': 1 << 20}])
def addresses(m, isp, _):
    isp.start()
    isp.do(inquiry(), [(DATA, 36)], target=0, lun=3)
    same(m.read(DATA, 1), b'\x00')
    isp.do(inquiry(), [(DATA, 36)], target=0, lun=4)
    same(m.read(DATA, 1), b'\x7f', 'no such logical unit')
    isp.do(inquiry(), [(DATA, 36)], target=5)
    same(m.read(DATA, 1), b'\x05', 'CD-ROM')
    isp.clear_attention(5)
    isp.do(read10(0, 1), [(DATA, 2048)], target=5)
    isp.do(bytes([0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 24, 0, 0]), [(DATA, 24)])
    same(m.read(DATA, 4), bytes([0, 0, 0, 16]), 'REPORT LUNS length')
    for target in (1, 7, 15):
        s = isp.do(inquiry(), [(DATA, 36)], target=target, completion=0x01)
        same((s.state, s.status_flags), (0x0100, 0x0040), 'selection timeout')


@case(disks=[DISK])
def responses_are_not_lost(m, isp, _):
    isp.start(req=64, rsp=8)
    isp.clear_attention(0)
    handles = [isp.command(tur()) for _ in range(50)]
    isp.ring()
    time.sleep(0.1)
    same(isp.rd(MBOX + 8), isp.req_in, 'all fetched')
    got = []
    while len(got) < 50:
        for _ in range(min(7, 50 - len(got))):
            got.append(isp.response().handle)
        if len(got) < 50:
            isp.quiet(0.02)
        isp.ack()
    same(got, handles)
    isp.quiet()


@case(disks=[DISK])
def interrupts(m, isp, _):
    isp.start()
    isp.clear_attention(0)
    before = m.stat('interrupts')
    for _ in range(20):
        isp.command(tur())
    isp.ring()
    isp.response()
    same(isp.irq(), True)
    same(m.stat('interrupts') - before, 1, 'interrupts for 20 commands')
    for _ in range(19):
        isp.response()
    isp.ack()
    same(isp.irq(), False)
    # A response that arrives between the read of mb5 and the clear is not forgotten.
    isp.command(tur())
    isp.ring()
    isp.response()
    isp.command(tur())
    isp.ring()
    time.sleep(0.05)
    isp.wr(HCCR, 0x7000)
    same(isp.irq(), True, 'reminder')
    isp.response()
    same(isp.irq(), False, 'reminder, once it was seen')


@case(disks=[DISK])
def tags_and_queues(m, isp, _):
    isp.start()
    isp.clear_attention(0)
    isp.do(tur(), flags=SIMPLE | 1, completion=0x18, scsi=None)
    isp.do(tur(), flags=SIMPLE | 0x10, completion=0x19, scsi=None)
    for flags in (0, 2, 4, 8):
        isp.do(tur(), flags=flags)
    isp.mailbox(0x38, 0, 0xc500, 0)
    isp.do(tur(), completion=0x1a, scsi=None)
    isp.do(tur(), flags=0)
    isp.mailbox(0x38, 0, 0xcd00, 0)
    isp.mailbox(0x19, 0)
    isp.mailbox(0x39, 0, 2, 2)
    waiting = [isp.command(tur()) for _ in range(2)]
    full = isp.command(tur())
    isp.ring()
    s = isp.response()
    isp.ack()
    same((s.handle, s.completion), (full, 0x1c), 'queue full')
    same(isp.mailbox(0x1d, 0)[1:4], [1, 2, 0], 'queue status')
    isp.mailbox(0x1a, 0)
    same([isp.response().handle for _ in range(2)], waiting)


@case(disks=[SLOW])
def abort_command(m, isp, _):
    isp.start()
    isp.clear_attention(0)
    handle = isp.command(read10(0, 1), [(DATA, 512)], handle=0x12345678)
    isp.ring()
    isp.mailbox(0x15, 0, 0x1234, 0x5679, want=0x4005)
    isp.mailbox(0x15, 0x0100, 0x1234, 0x5678, want=0x4005)
    isp.mailbox(0x15, 0, 0x1234, 0x5678)
    isp.mailbox(0x15, 0, 0x1234, 0x5678, want=0x4005)
    s = isp.response()
    isp.ack()
    same((s.handle, s.completion, s.status_flags), (handle, 5, 0x20))
    isp.do(tur())


@case(disks=[SLOW, {**SLOW, 'target': 1}, {**SLOW, 'target': 1, 'lun': 2}])
def resets(m, isp, _):
    isp.start()
    isp.do(tur(), target=1, lun=2, scsi=None)
    isp.clear_attention(0, 1)

    def load():
        return [isp.command(read10(0, 1), [(DATA, 512)], target=t, lun=n)
                for t, n in ((0, 0), (1, 0), (1, 2))]

    def reap(count):
        got = [isp.response() for _ in range(count)]
        isp.ack()
        return {s.handle: s.completion for s in got}
    # ABORT DEVICE: one logical unit
    a, b, c = load()
    isp.ring()
    isp.mailbox(0x16, 0x0102)
    same(reap(3), {a: 0, b: 0, c: 5})
    isp.command(tur(), target=1, lun=2)
    isp.ring()
    isp.quiet()
    isp.marker(target=1, lun=2, modifier=0)
    same(isp.response().scsi, 0)
    isp.ack()
    # ABORT TARGET
    a, b, c = load()
    isp.ring()
    isp.mailbox(0x17, 0x0100, 1)
    same(reap(3), {a: 0, b: 5, c: 5})
    isp.marker(target=1, modifier=1)
    same(isp.do(tur(), target=1, scsi=2).key[0], 6, 'unit attention')
    same(isp.do(tur(), target=1, lun=2, scsi=2).key[0], 6, 'unit attention')
    # BUS RESET
    a, b, c = load()
    isp.ring()
    isp.mailbox(0x18, 0)
    same(isp.wait_mailbox()[0], 0x8001, 'event')
    same(reap(3), {a: 4, b: 4, c: 4})
    isp.command(tur())
    isp.ring()
    isp.quiet()
    isp.marker()
    same(isp.response().scsi, 2)
    isp.ack()


@case(disks=[SLOW])
def chip_timeout(m, isp, _):
    isp.start()
    isp.clear_attention(0)
    handle = isp.command(read10(0, 1), [(DATA, 512)], timeout=2)
    isp.ring()
    time.sleep(0.05)
    for _ in range(6):
        m.step(0.5)
    s = isp.response()
    isp.ack()
    same((s.handle, s.completion, s.status_flags), (handle, 6, 0x60))
    same(isp.do(read10(0, 1), [(DATA, 512)], timeout=2).completion, 0)


@case(disks=[SLOW])
def chip_reset_under_load(m, isp, _):
    isp.start()
    isp.clear_attention(0)
    for stop in (lambda: isp.wr(ICR, 1), lambda: isp.mailbox(0x14),
                 lambda: (isp.wr(HCCR, 0x1000), isp.wr(HCCR, 0x3000)),
                 lambda: (m.qmp('system_reset'), m.wait_event('RESET'), isp.enable())):
        for _ in range(20):
            isp.command(read10(0, 1), [(DATA, 512)])
        isp.ring()
        time.sleep(0.05)
        stop()
        same(isp.rd(ISR), 0)
        same(isp.irq(), False)
        m.write(DATA, b'\x55' * 512)
        m.write(RSP, b'\x55' * 64)
        time.sleep(0.5)
        same(m.read(DATA, 512), b'\x55' * 512, 'data after the reset')
        same(m.read(RSP, 64), b'\x55' * 64, 'response ring after the reset')
        isp.start()
        isp.do(tur(), scsi=None)
        isp.do(tur())


@case(disks=[DISK])
def fast_posting(m, isp, _):
    isp.start()
    isp.clear_attention(0)
    isp.mailbox(0x4a, 1)
    handles = [isp.command(tur(), handle=0x10000 * n + n) for n in range(1, 6)]
    isp.ring()
    for handle in handles:
        mb = isp.wait_mailbox()
        same((mb[0], mb[1] | mb[2] << 16), (0x8020, handle))
    isp.do(bytes([0xff] + [0] * 9), scsi=2)
    same(isp.rd(SEMA) & 1, 0)


@case(disks=[DISK])
def handle_entries(m, isp, _):
    isp.start()
    isp.clear_attention(0)
    for feature, kind, size, most in ((4, 0x21, 4, 15), (8, 0x22, 2, 30)):
        isp.mailbox(0x4a, feature)
        handles = [isp.command(tur()) for _ in range(33)]
        isp.ring()
        got = []
        while len(got) < 33:
            s = isp.response()
            same(s.type, kind)
            same(s.sys, min(most, 33 - len(got)), 'handles in the entry')
            got += [int.from_bytes(s.raw[4 + size * n:4 + size * (n + 1)], 'little')
                    for n in range(s.sys)]
        isp.ack()
        same(got, handles)


@case(disks=[DISK])
def execute_iocb(m, isp, _):
    isp.start()
    isp.clear_attention(0)
    for op, args in ((0x12, (0, DATA >> 16, 0)), (0x54, (64, DATA >> 16, 0))):
        isp.command(inquiry(), [(DATA + 0x1000, 36)])
        isp.req_in -= 1
        m.write(DATA, m.read(REQ + 64 * isp.req_in, 64))
        m.write(DATA + 0x1000, bytes(36))
        isp.mailbox(op, *args, mb6=0, mb7=0)
        same(m.read(DATA, 1)[0], STATUS)
        same(m.read(DATA + 0x1008, 4), b'QEMU')
    isp.mailbox(0x54, 63, DATA >> 16, 0, mb6=0, mb7=0, want=0x4005)
    m.write(DATA, bytes([0xff]) + bytes(63))
    isp.mailbox(0x12, 0, DATA >> 16, 0)
    same(m.read(DATA, 4), bytes([0xff, 0, 0, 4]))


@case(disks=[DISK])
def boot_rom_commands(m, isp, _):
    same(isp.mailbox(0x40)[1], 0x0700)

    def run(cdb, length, target=0):
        block = [DATA & 0xffff, DATA >> 16, length, 0, target << 4]
        cdb = cdb.ljust(12, b'\0')
        block += [cdb[i] | cdb[i + 1] << 8 for i in range(0, 12, 2)] + [0, 0]
        for i, word in enumerate(block):
            isp.mailbox(0x04, 0x0700 + i, word)
        return isp.mailbox(0x42)[1:3]
    run(tur(), 0)
    same(run(inquiry(), 36), [0, 0])
    same(m.read(DATA + 8, 4), b'QEMU')
    same(run(tur(), 0, target=4), [1, 0], 'absent target')


@case(disks=[DISK])
def hotplug(m, isp, folder):
    isp.start()
    isp.clear_attention(0)
    with open(folder + '/new', 'wb') as f:
        f.truncate(1 << 20)
    isp.do(inquiry(), [(DATA, 36)], target=3, completion=1)
    m.qmp('blockdev-add', driver='file', filename=folder + '/new', **{'node-name': 'new'})
    m.qmp('device_add', driver='scsi-hd', id='new', bus='isp0.0', drive='new', **{'scsi-id': 3})
    isp.do(inquiry(), [(DATA, 36)], target=3)
    isp.clear_attention(3)
    isp.do(read10(0, 8), [(DATA, 4096)], target=3)
    m.qmp('device_del', id='new')
    m.wait_event('DEVICE_DELETED')
    isp.do(inquiry(), [(DATA, 36)], target=3, completion=1)
    isp.do(read10(0, 8), [(DATA, 4096)])


@case(disks=[SLOW])
def unplug_under_load(m, isp, _):
    isp.start()
    isp.clear_attention(0)
    handles = {isp.command(read10(0, 1), [(DATA, 512)]) for _ in range(20)}
    isp.ring()
    time.sleep(0.05)
    m.qmp('device_del', id='disk0')
    m.wait_event('DEVICE_DELETED')
    got = [isp.response() for _ in range(20)]
    isp.ack()
    same({s.handle for s in got}, handles, 'each once')
    same({s.completion for s in got} <= {0x00, 0x14, 0x01}, True, 'how they ended')
    isp.do(tur(), completion=1)


@case(disks=[SLOW])
def unplug_controller_under_load(m, isp, _):
    isp.start()
    isp.clear_attention(0)
    for _ in range(20):
        isp.command(read10(0, 1), [(DATA, 512)])
    isp.ring()
    m.qmp('device_del', id='isp0')
    m.command('outl 0xae10 0')              # the guest's part: eject, through ACPI
    m.command(f'outl 0xae08 {1 << SLOT:#x}')
    while m.wait_event('DEVICE_DELETED')['data'].get('device') != 'isp0':
        pass
    same(m.config(0), 0xffffffff, 'ids of nothing')


@case(disks=[DISK], guest_errors=True)
def random_accesses(m, isp, _):
    """Random accesses with valid commands in between; after a reset the chip works again."""
    rnd = random.Random(7)
    isp.start()
    for n in range(20000):
        reg = rnd.choice((MBOX + 8, MBOX + 10, MBOX, HCCR, SEMA, ICR, rnd.randrange(256)))
        value = rnd.choice((rnd.getrandbits(16), rnd.randrange(64), rnd.randrange(16) << 12))
        isp.wr(reg, value, rnd.choice('wwwwbl'))
        if n % 16 == 0:
            isp.rd(rnd.randrange(256), rnd.choice('wwwbl'))
            at = rnd.randrange(64) * 64
            m.write(REQ + at + rnd.randrange(64), rnd.randbytes(4))
        if n % 500 == 0:
            isp.wr(ICR, 1)
            isp.wr(HCCR, 0x3000)
            isp.wr(0x06, 0)
            isp.start()
            for _ in range(20):
                isp.command(read10(0, 1), [(DATA, 512)])
            isp.ring()
    isp.wr(ICR, 1)
    isp.wr(HCCR, 0x3000)
    isp.wr(0x06, 0)
    isp.start()
    isp.clear_attention(0)
    isp.do(read10(0, 1), [(DATA, 512)])


def repeated(m, isp, cdb):
    """A transfer that fails once and succeeds when QEMU retries it has moved all its data."""
    isp.start()
    isp.clear_attention(0)
    isp.command(cdb, [(DATA, 2048)])
    isp.ring()
    m.wait_event('STOP')
    m.qmp('cont')
    s = isp.response()
    isp.ack()
    same((s.completion, s.scsi, s.residual), (0, 0, 0))


@case(disks=[fails_once('read_aio')])
def repeated_read(m, isp, _):
    repeated(m, isp, read10(6, 4))
    same(m.read(DATA, 2048), b'\x01\x00' * 1024)


@case(disks=[fails_once('write_aio')])
def repeated_write(m, isp, folder):
    m.write(DATA, b'\x22' * 2048)
    repeated(m, isp, write10(6, 4))
    with open(folder + '/fails', 'rb') as f:
        same(f.read(10 * 512)[6 * 512:], b'\x22' * 2048)


@case(disks=[DISK], guest_errors=None)
def bus_master_off_under_load(m, isp, _):
    isp.start()
    isp.clear_attention(0)
    m.write(DATA, b'\x11' * 512)
    isp.command(read10(0, 1), [(DATA, 512)])
    isp.mailbox(0x19, 0)
    isp.ring()
    m.config(0x04, 0x3, 2)
    isp.wr(ICR, 0)
    isp.start_mailbox(0x1a, 0)
    time.sleep(0.1)
    same(m.read(DATA, 512), b'\x11' * 512, 'memory without bus mastering')


@case(disks=[DISK])
def migration(m, isp, folder):
    isp.start(rsp=8)
    isp.clear_attention(0)
    data = random.Random(5).randbytes(512)
    m.write(DATA, data)
    isp.do(write10(5, 1), [(DATA, 512)])
    isp.mailbox(0x38, 0x0500, 0xfd00, 0x0c0a)
    done = [isp.command(tur()) for _ in range(12)]      # five of them wait for room
    isp.ring()
    time.sleep(0.1)
    isp.mailbox(0x19, 0)
    held = [isp.command(read10(5, 1), [(DATA + 512, 512)])]
    isp.ring()
    time.sleep(0.1)
    with migrated(isp, on_one_disk(folder + '/disk0'), folder) as there:
        got = []
        while len(got) < 12:
            got.append(there.response().handle)
            if len(got) % 7 == 0:
                there.ack()
        there.ack()
        same(got, done)
        there.quiet()
        there.mailbox(0x1a, 0)
        same([there.response().handle], held)
        there.ack()
        same(there.m.read(DATA + 512, 512), data)
        same(there.mailbox(0x28, 0x0500)[2:4], [0xfd00, 0x0c0a])


def repeated_there(m, isp, folder, cdb, length):
    """QEMU stops before it retries a transfer, and retries it after a migration."""
    isp.start()
    isp.clear_attention(0)
    m.write(DATA, b'\x22' * 2048)
    isp.command(cdb, [(DATA, length)])
    isp.ring()
    m.wait_event('STOP')
    with migrated(isp, on_one_disk(folder + '/fails'), folder) as there:
        s = there.response()
        there.ack()
        got = there.m.read(DATA, 2048)
        there.do(tur())
        return (s.completion, s.scsi, s.residual), got


@case(disks=[fails_once('read_aio')])
def migration_of_a_read(m, isp, folder):
    same(repeated_there(m, isp, folder, read10(6, 4), 2048), ((0, 0, 0), b'\x01\x00' * 1024))


@case(disks=[fails_once('write_aio')])
def migration_of_a_write(m, isp, folder):
    same(repeated_there(m, isp, folder, write10(6, 4), 2048), ((0, 0, 0), b'\x22' * 2048))
    with open(folder + '/fails', 'rb') as f:
        same(f.read(10 * 512)[6 * 512:], b'\x22' * 2048)


@case(disks=[fails_once('read_aio')])
def migration_of_an_overrun(m, isp, folder):
    """After a migration it is unknown how far the transfer was: a transport error, not silence."""
    same(repeated_there(m, isp, folder, read10(6, 4), 512)[0], (3, 0, 512))
