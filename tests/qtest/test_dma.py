# SPDX-License-Identifier: GPL-2.0-or-later
"""DMA reaches RAM and nothing else: data, rings and firmware that point to registers."""

import os
import random
import time

from case import fails_once, suite
from isp import (COMMAND64, DATA, HCCR, ICR, MBOX, MEM, OUT, RSP, SIMPLE, Failure, inquiry, read10,
                 same, tur, write10)
from machine import SLOT

TESTS, case = suite()

DISK = {}
OTHER_SLOT, OTHER_MEM = SLOT + 1, 0xe1010000
OTHER = ['-device', f'isp1040,id=isp1,addr={OTHER_SLOT}']
RAM_END = 64 << 20
ROM = 0xfffe0000
DMA_ERROR = 0x02
PATIENCE = 8
SELF_RESET, SELF_RESTART, SELF_COMMAND = 0x0001, 0xb000, 0x5000
VALUES = (SELF_RESET, SELF_RESTART, SELF_COMMAND)


def started(m, isp, targets=(0,)):
    """Start the chip, with timeouts that expose a hanging QEMU within seconds."""
    m.sock.settimeout(PATIENCE)
    m.mon.settimeout(PATIENCE)
    isp.start(targets=targets)
    isp.clear_attention(*targets)


def fill(m, isp):
    """Make block n of the disk end with VALUES[n]."""
    for n, value in enumerate(VALUES):
        m.write(DATA, bytes(510) + value.to_bytes(2, 'little'))
        isp.do(write10(n, 1), [(DATA, 512)], flags=SIMPLE | OUT)


def image(folder, size=4096):
    with open(os.path.join(folder, 'disk0'), 'rb') as f:
        return f.read(size)


def writes(m, name='isp0'):
    return m.qmp('qom-get', path=f'/machine/peripheral/{name}', property='stat-reg-writes')


def mode_sense(length):
    return bytes([0x1a, 0, 0x08, 0, length, 0])


def each_register(m, isp, base, value):
    """READ one block whose last two bytes, the value, would go to each register in turn."""
    before, n = writes(m), 0
    for reg in range(0, 256, 2):
        s = isp.do(read10(VALUES.index(value), 1), [(DATA, 510), (base + reg, 2)],
                   completion=DMA_ERROR)
        same(s.residual, 512, f'residual of register {reg:#x}')
        n += 1
    same(writes(m) - before, 3 * n, 'register writes, the host\'s alone')
    isp.do(read10(0, 1), [(DATA, 512)])


@case(disks=[DISK], guest_errors=True, sanitized=True)
def self_dma_reset(m, isp, _):
    started(m, isp)
    fill(m, isp)
    isp.do(read10(0, 1), [(DATA, 510), (MEM + ICR, 2)], completion=DMA_ERROR)
    isp.do(tur())


@case(disks=[DISK], guest_errors=True, sanitized=True)
def self_dma_restart(m, isp, _):
    started(m, isp)
    fill(m, isp)
    isp.do(read10(1, 1), [(DATA, 510), (MEM + HCCR, 2)], completion=DMA_ERROR)
    isp.do(tur())


@case(disks=[DISK], guest_errors=True, sanitized=True)
def self_dma_doorbell(m, isp, _):
    started(m, isp)
    m.write(DATA, bytes(510) + b'\x05\x00')
    isp.do(write10(0, 1), [(DATA, 512)])
    iocbs = m.stat('iocbs')
    for reg in (MBOX + 8, MBOX + 10):
        isp.do(read10(0, 1), [(DATA, 510), (MEM + reg, 2)], completion=DMA_ERROR)
    same(m.stat('iocbs') - iocbs, 2, 'entries fetched')
    same(isp.rd(MBOX + 8), isp.req_in, 'request consumer')
    isp.do(tur())


@case(disks=[DISK], guest_errors=True, sanitized=True)
def self_dma_every_register(m, isp, _):
    started(m, isp)
    fill(m, isp)
    for value in VALUES:
        each_register(m, isp, MEM, value)
    each_register(m, isp, MEM + 0xf00, SELF_RESET)


@case(disks=[DISK], guest_errors=True, sanitized=True)
def self_dma_only_segment(m, isp, _):
    """Data made up by the target, and whole blocks, with only registers as a destination."""
    started(m, isp)
    fill(m, isp)
    isp.do(mode_sense(2), [(DATA, 2)])
    same(m.read(DATA, 2)[0] & 1, 1, 'the first byte resets a chip that takes it')
    before = writes(m)
    for reg in range(0, 256, 2):
        s = isp.do(mode_sense(2), [(MEM + reg, 2)], completion=DMA_ERROR)
        same(s.residual, 2)
        isp.do(read10(0, 1), [(MEM + reg, 512)], completion=DMA_ERROR)
    same(writes(m) - before, 3 * 2 * 128, 'register writes')
    isp.do(tur())


@case(disks=[DISK], guest_errors=True, sanitized=True)
def self_dma_among_memory(m, isp, _):
    """A bad segment spoils the command wherever it is; a segment that is not used spoils nothing."""
    started(m, isp)
    fill(m, isp)
    bad = (MEM + ICR, 2)
    for segs in ([bad, (DATA, 510)], [(DATA, 200), bad, (DATA + 200, 310)],
                 [(RAM_END - 256, 512)], [(0xd0000000, 512)]):
        isp.do(read10(0, 1), segs, completion=DMA_ERROR)
        isp.do(read10(0, 4), segs, completion=DMA_ERROR)
    isp.do(read10(0, 1), [(0x500000000, 512)], kind=COMMAND64, completion=DMA_ERROR)
    m.write(DATA, bytes(600))
    same(isp.do(inquiry(36), [(DATA, 36), bad], completion=0x15).residual, 2)
    same(m.read(DATA + 8, 4), b'QEMU')
    same(isp.do(tur(), [bad], completion=0x15).residual, 2)
    isp.do(read10(0, 1), [(DATA, 512), bad], completion=0x15)
    # A target that needs no data still returns its status.
    s = isp.do(read10(0x7fffffff, 1), [bad, (DATA, 510)], scsi=2, completion=0x15)
    same(s.key, (5, 0x21), 'past the end')


@case(disks=[DISK], guest_errors=True, sanitized=True)
def self_dma_data_out(m, isp, folder):
    """Reading a register has side effects too; the medium keeps its old content."""
    started(m, isp)
    data = random.Random(1).randbytes(2048)
    m.write(DATA, data)
    isp.do(write10(0, 4), [(DATA, 2048)])
    m.write(DATA, bytes(2048))
    reads = m.stat('reg-reads')
    for segs in ([(MEM, 512)], [(DATA, 510), (MEM + MBOX, 2)], [(MEM + MBOX, 2), (DATA, 510)],
                 [(RAM_END - 256, 512)], [(0xd0000000, 512)]):
        isp.command(write10(0, 1), segs)
    isp.ring()
    isp.mailbox(0x00)
    same(isp.rd(MBOX + 8), isp.req_in)
    for _ in range(5):
        same(isp.response().completion, DMA_ERROR)
    isp.ack()
    same(m.stat('reg-reads') - reads < 60, True, 'reads of registers')
    select = bytes([0x15, 0x10, 0, 0, 24, 0])
    isp.do(select, [(MEM + MBOX, 24)], completion=DMA_ERROR)
    same(image(folder, 2048), data, 'the medium')
    isp.do(tur())


@case(device='isp1080', disks=[DISK], guest_errors=True, sanitized=True)
def self_dma_rings(m, isp, _):
    """Rings, single entries and firmware in the chip's own registers."""
    started(m, isp)
    m.write(DATA, bytes(8))
    isp.mailbox(0x12, 0, MEM >> 16, 0x70, want=0x4002)
    for op in (0x01, 0x09, 0x03, 0x0a):
        isp.mailbox(op, 0x2000, MEM >> 16, ICR, mb4=16, mb6=0, mb7=0, want=0x4002)
    before = writes(m)
    isp.mailbox(0x11, 32, MEM >> 16, 0, mb5=0)
    isp.command(tur())
    isp.ring()
    same(isp.wait_mailbox()[0], 0x8004, 'event')
    same(writes(m) - before, 6 + 2 + 1 + 2, 'register writes, the host\'s alone')
    isp.reset()
    isp.start()
    isp.mailbox(0x10, 64, MEM >> 16, 0, mb4=0)
    isp.ring()
    isp.wr(MBOX + 8, 3)
    same(isp.wait_mailbox()[0], 0x8003, 'event')
    isp.reset()
    isp.start()
    isp.do(tur(), scsi=None)


@case(device='isp1080', disks=[DISK, {'target': 1}], guest_errors=True, sanitized=True, args=OTHER)
def self_dma_other_device(m, isp, _):
    """Another device's registers are as unreachable as the chip's own."""
    m.config(0x14, OTHER_MEM, slot=OTHER_SLOT)
    m.config(0x04, 0x6, 2, slot=OTHER_SLOT)
    started(m, isp)
    fill(m, isp)
    same(int(m.command(f'readw {OTHER_MEM:#x}'), 16), 0x1077, 'the other device')
    each_register(m, isp, OTHER_MEM, SELF_RESET)
    each_register(m, isp, OTHER_MEM, SELF_COMMAND)
    isp.do(write10(0, 1), [(OTHER_MEM, 512)], completion=DMA_ERROR)
    isp.do(mode_sense(2), [(OTHER_MEM + ICR, 2)], completion=DMA_ERROR)
    isp.mailbox(0x0a, 0x1000, OTHER_MEM >> 16, ICR, mb4=16, mb6=0, mb7=0, want=0x4002)
    isp.mailbox(0x11, 32, OTHER_MEM >> 16, 0, mb5=0)
    isp.command(tur())
    isp.ring()
    same(isp.wait_mailbox()[0], 0x8004, 'event')
    same(writes(m, 'isp1'), 0, 'writes to the other device')


HIDDEN = 0xd0000        # RAM of a PC that its chipset can hand over to PCI

def answer(m, isp):
    """Wait for the next response without reading a register."""
    end = time.monotonic() + PATIENCE
    while not any(m.read(RSP + 64 * isp.rsp_out, 64)):
        if time.monotonic() > end:
            raise Failure('no response')
        time.sleep(0.001)


def move_registers(m, isp, op, end):
    """Move the registers to where a running command's data goes: its last two bytes."""
    m.config(0x58, 0x33330000, slot=0)      # PAM 1 and 2 are RAM
    m.config(0x5c, 0x33333333, slot=0)
    started(m, isp)
    m.write(HIDDEN, b'\x11' * 4096)
    same(m.read(HIDDEN, 4), b'\x11' * 4, 'RAM')
    isp.command(op(8, 1), [(DATA, 510), (HIDDEN + end, 2)])
    isp.ring()
    m.wait_event('STOP')
    m.config(0x58, 0x00330000, slot=0)
    m.config(0x5c, 0x00000000, slot=0)
    m.config(0x14, HIDDEN)
    same(int(m.command(f'readw {HIDDEN:#x}'), 16), 0x1077, 'registers')
    before = writes(m)
    m.qmp('cont')
    answer(m, isp)
    same(writes(m), before, 'register writes')
    m.config(0x14, MEM)
    s = isp.response()
    isp.ack()
    same((s.completion, s.residual), (DMA_ERROR, 512))
    isp.do(tur())


@case(disks=[fails_once('read_aio')], guest_errors=True, sanitized=True)
def self_dma_after_the_check(m, isp, _):
    move_registers(m, isp, read10, ICR)


@case(disks=[fails_once('write_aio')], guest_errors=True, sanitized=True)
def self_dma_out_after_the_check(m, isp, _):
    move_registers(m, isp, write10, MBOX)


@case(disks=[DISK], guest_errors=True)
def data_nowhere(m, isp, _):
    """Segments without memory, or with memory that cannot be written: a DMA error each."""
    started(m, isp)
    isp.do(read10(0, 8), [(0xd0000000, 4096)], completion=DMA_ERROR)
    isp.do(write10(0, 8), [(0xd0000000, 4096)], completion=DMA_ERROR)
    isp.do(read10(0, 1), [(ROM, 512)], completion=DMA_ERROR)
    isp.do(write10(0, 1), [(ROM, 512)])
    isp.do(tur())


@case(disks=[DISK], guest_errors=None, sanitized=True)
def self_dma_random(m, isp, _):
    """Buffers cut at random, half of them registers: the chip answers, and other RAM is unchanged."""
    started(m, isp)
    fill(m, isp)
    rnd = random.Random(3)
    for n in range(200):
        segs, left = [], 1024
        while left:
            size = min(left, rnd.choice((1, 2, 4, 6, 256, 510, 512)))
            where = rnd.choice((DATA, MEM, 0xd0000000, RAM_END - 2)) + rnd.randrange(0, 64, 2)
            segs.append((where, size))
            left -= size
        bad = any(a + size > RAM_END for a, size in segs)
        cdb = rnd.choice((read10, write10))(rnd.randrange(3), 2)
        if len(segs) < 300:
            s = isp.do(cdb, segs, completion=DMA_ERROR if bad else 0)
            same(s.flags, 0)
    isp.do(tur())
