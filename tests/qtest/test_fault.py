# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults on demand: the effect of each one on the wire."""

import random
import struct
import time

from case import suite
from isp import (DATA, HCCR, ICR, ISR, MBOX, MEM, RSP, SEMA, Failure, Isp, inquiry, migrated,
                 on_one_disk, read10, same, tur, write10)
from machine import SLOT, QTest

TESTS, case = suite()

DISK = {}


def refused(m, text, words):
    """Check that the property rejects the text, and says why."""
    try:
        m.fault(text)
    except ValueError as e:
        same(words in str(e), True, f'{words!r} in {e}')
        return
    raise Failure(f'{text!r} was taken')


def armed(m):
    return m.qmp('qom-get', path='/machine/peripheral/isp0', property='fault').splitlines()


def started(isp):
    isp.start()
    isp.clear_attention(0)


@case()
def fault_property(m, isp, _):
    same(armed(m), [])
    m.fault('drop-completion,count=3,target=1')
    m.fault('hang-mailbox,command=0x18;fail-mailbox,command=any')
    same(armed(m), ['drop-completion,count=3,target=1: fired 0',
                    'hang-mailbox,command=0x18: fired 0', 'fail-mailbox,command=any: fired 0'])
    refused(m, 'nonsense', "'nonsense' is no fault")
    refused(m, 'hang,foo=1', "'foo' is no key")
    refused(m, 'hang,target', 'key=value')
    refused(m, 'hang,target=16', "target= cannot be '16'")
    refused(m, 'hang,target=-1', "target= cannot be '-1'")
    refused(m, 'hang;nonsense', "'nonsense' is no fault")
    same(len(armed(m)), 3, 'rules after wrong ones')
    same(m.stat('faults'), 0)
    isp.mailbox(0x06, 1, 2, 3, want=0x4005)
    same(isp.mailbox(0x06, 1, 2, 3)[1:4], [1, 2, 3])
    same(m.stat('faults'), 1)
    same(armed(m)[2], 'fail-mailbox,command=any: fired 1')
    m.qmp('system_reset')
    time.sleep(0.1)
    same(len(armed(m)), 3, 'rules after a reset')
    m.fault('')
    same(armed(m), [])
    m.qmp('qom-set', path='/machine/peripheral/isp0', property='reset-stats', value=True)
    same(m.stat('faults'), 0)


def lines(isp):
    """INTA, and the status bit behind it."""
    return isp.irq(), bool(isp.rd(ISR) & 4)


def one(isp, cdb=None, segs=(), **more):
    """Run a command with any answer; return its handle, the response and the time it took."""
    began = time.monotonic()
    handle = isp.command(cdb or tur(), segs, **more)
    isp.ring()
    s = isp.response()
    isp.ack()
    return handle, s, time.monotonic() - began


def unanswered(isp, **more):
    handle = isp.command(tur(), **more)
    isp.ring()
    isp.quiet()
    return handle


@case(disks=[DISK])
def fault_drop_interrupt(m, isp, _):
    started(isp)
    m.fault('drop-interrupt,after=1,count=2')
    for n in range(4):
        isp.command(tur())
        isp.ring()
        isp.response()
        same(lines(isp), (n in (0, 3), True), f'INTA and bit of command {n}')
        isp.ack()
        same(lines(isp), (False, False))
    # A new reason raises the line that was lost.
    m.fault('drop-interrupt')
    isp.command(tur())
    isp.ring()
    isp.response()
    same(lines(isp), (False, True))
    isp.command(tur())
    isp.ring()
    isp.response()
    same(lines(isp), (True, True))
    isp.ack()
    # Only interrupts of one kind.
    m.fault('')
    m.fault('drop-interrupt,of=mailbox')
    isp.do(tur())
    isp.start_mailbox(0x06)
    same(lines(isp), (False, True), 'mailbox result')
    isp.wait_mailbox()
    same(m.stat('faults'), 4)


@case(disks=[DISK])
def fault_delay_interrupt(m, isp, _):
    started(isp)
    m.fault('delay-interrupt,ms=300')
    isp.command(tur())
    isp.ring()
    isp.response()
    same(lines(isp), (False, True))
    isp.command(tur())
    isp.ring()
    isp.response()
    m.step(0.2)
    same(lines(isp), (False, True), 'after 200 ms and another command')
    m.step(0.2)
    same(lines(isp), (True, True), 'after 400 ms')
    isp.ack()
    same(lines(isp), (False, False))
    # If it is cleared before it was due, the next one is on time.
    m.fault('delay-interrupt,ms=300')
    for want in (False, True):
        isp.command(tur())
        isp.ring()
        isp.response()
        same(lines(isp), (want, True))
        isp.ack()
    isp.do(tur())


@case(disks=[DISK])
def fault_spurious_and_stuck_interrupt(m, isp, _):
    started(isp)
    same(lines(isp), (False, False))
    m.fault('spurious-interrupt,count=3,ms=50')
    for n in range(3):
        same(lines(isp), (True, True), f'spurious {n}')
        isp.wr(HCCR, 0x7000)
        same(lines(isp), (False, False))
        m.step(0.06)
    same(lines(isp), (False, False))
    m.fault('')
    m.fault('stuck-interrupt,count=3')
    isp.command(tur())
    isp.ring()
    isp.response()
    for _ in range(3):
        isp.ack()
        same(lines(isp), (True, True), 'stuck')
    isp.ack()
    same(lines(isp), (False, False))
    m.fault('stuck-interrupt,count=0')
    isp.command(tur())
    isp.ring()
    isp.response()
    isp.ack()
    same(lines(isp), (True, True))
    isp.reset()
    same(lines(isp), (False, False), 'after a soft reset')


@case(disks=[DISK, DISK])
def fault_completions(m, isp, _):
    started(isp)
    isp.clear_attention(1)
    m.fault('drop-completion,target=1,after=1')
    isp.do(tur(), target=0)
    isp.do(tur(), target=1)
    lost = unanswered(isp, target=1)
    isp.do(tur(), target=1)
    isp.mailbox(0x15, 0x0100, lost >> 16, lost & 0xffff, want=0x4005)
    m.fault('drop-completion,opcode=0x12')
    isp.do(tur())
    isp.command(inquiry(), [(DATA, 36)])
    isp.ring()
    isp.quiet()
    same(m.read(DATA + 8, 4), b'QEMU', 'data of the lost command')

    m.fault('duplicate-completion')
    handle = isp.command(tur())
    isp.ring()
    same([isp.response().handle, isp.response().handle], [handle, handle])
    isp.ack()
    m.fault('duplicate-completion,ms=200')
    handle, s, _ = one(isp)
    same(s.handle, handle)
    isp.quiet()
    m.step(0.25)
    same(isp.response().handle, handle, 'stale')
    isp.ack()

    m.fault('delay-completion,ms=500,lun=0,target=0')
    late = unanswered(isp)
    isp.do(tur())
    isp.mailbox(0x15, 0, late >> 16, late & 0xffff, want=0x4005)
    m.step(0.4)
    isp.quiet()
    m.step(0.2)
    same(isp.response().handle, late)
    isp.ack()
    m.fault('late-completion,ms=100')
    late = unanswered(isp)
    isp.reset()
    started(isp)
    m.step(0.2)
    isp.quiet()


@case(disks=[DISK])
def fault_every_and_rate(m, isp, _):
    started(isp)
    m.fault('busy,every=3,count=0')
    same([one(isp)[1].scsi for _ in range(7)], [0, 0, 8, 0, 0, 8, 0])
    m.fault('')
    seen = []
    for seed in (1, 1, 2):
        m.fault(f'busy,rate=300,seed={seed},count=0')
        seen.append([one(isp)[1].scsi for _ in range(60)])
        m.fault('')
    same(seen[0], seen[1], 'the same seed')
    same(seen[0] != seen[2], True, 'another seed is another pattern')
    same(8 < seen[0].count(8) < 30, True, 'about 18')


@case(disks=[DISK])
def fault_corrupt_response(m, isp, _):
    started(isp)
    for field, attr, value in (('type', 'type', 0x7f), ('count', 'count', 9),
                               ('entry-status', 'flags', 0x20), ('handle', 'handle', 0xdeadbeef),
                               ('scsi-status', 'scsi', 0x1234), ('status', 'completion', 0x3f),
                               ('state', 'state', 0xffff), ('status-flags', 'status_flags', 0xff),
                               ('sense-length', 'sense_len', 0xffff),
                               ('resid', 'residual', 0xfffffff0)):
        good = one(isp)[1]
        m.fault(f'corrupt-response,field={field},value={value:#x}')
        bad = one(isp)[1]
        names = ('type', 'count', 'flags', 'scsi', 'completion', 'state', 'status_flags',
                 'sense_len', 'residual')
        for name in names:
            same(getattr(bad, name), value if name == attr else getattr(good, name), name)
        same(bad.handle, value if attr == 'handle' else good.handle + 1)
    m.fault('corrupt-response,byte=5,xor=0x81')
    handle, s, _ = one(isp)
    same(s.handle, handle ^ 0x8100)
    isp.do(tur())
    for text, words in (('field=handle', 'value= or xor='), ('value=1', 'byte= or field='),
                        ('field=handle,byte=1,value=1', 'byte= or field='),
                        ('field=nothing,value=1', "field= cannot be 'nothing'"),
                        ('field=count,value=256', 'has 1 bytes'), ('byte=64,value=1', 'byte=')):
        refused(m, 'corrupt-response,' + text, words)


@case(disks=[DISK])
def fault_response_in(m, isp, _):
    started(isp)
    m.fault('response-in,value=0xffff')
    isp.command(tur())
    isp.ring()
    end = time.monotonic() + 10
    while not isp.rd(ISR) & 4 and time.monotonic() < end:
        pass
    same(isp.rd(MBOX + 10), 0xffff)
    isp.wr(HCCR, 0x7000)
    same(lines(isp), (True, True), 'the true value has not been read')
    isp.response()
    isp.ack()
    isp.do(tur())
    refused(m, 'response-in', 'needs value=')
    refused(m, 'response-in,value=0x10000', '16 bits')


GOING = 0x0700


@case(disks=[DISK])
def fault_completion_status(m, isp, _):
    started(isp)
    buf = [(DATA, 4096)]
    data = random.Random(1).randbytes(4096)
    m.write(DATA, data)
    isp.do(write10(0, 8), buf)
    before = m.stat('commands')
    for text, completion, scsi, state, flags, moved in (
            ('selection-timeout', 0x01, 0, 0x0100, 0x40, 0),
            ('parity', 0x03, 0, GOING, 0x04, 0), ('transport-error', 0x03, 0, GOING, 0, 0),
            ('parity,moves=1024', 0x03, 0, GOING | 0x0800, 0x04, 1024),
            ('aborted', 0x05, 0, GOING, 0x20, 0), ('reset', 0x04, 0, GOING, 0x08, 0),
            ('timeout', 0x06, 0, GOING, 0x60, 0), ('underrun', 0x15, 0, 0x5700, 0, 0),
            ('underrun,moves=1536', 0x15, 0, 0x5f00, 0, 1536),
            ('underrun,moves=1000', 0x15, 0, 0x5f00, 0, 512),
            ('underrun,moves=100000', 0x15, 0, 0x5f00, 0, 4096),
            ('overrun', 0x07, 0, 0x5f00, 0, 4096), ('overrun,moves=512', 0x07, 0, 0x5f00, 0, 512),
            ('queue-full', 0x15, 0x28, 0x5700, 0, 0), ('queue-full,chip=1', 0x1c, 0, 0, 0, 0),
            ('busy', 0x15, 0x08, 0x5700, 0, 0),
            ('complete,status=0x2a', 0x2a, 0, GOING, 0, 0),
            ('complete,status=0,scsi-status=0x18,state-flags=0x1234,status-flags=0x11', 0, 0x18,
             0x1234, 0x11, 0)):
        m.write(DATA, bytes(4096))
        m.fault(text)
        s = isp.do(read10(0, 8), buf, completion=completion, scsi=scsi)
        same((s.state, s.status_flags), (state, flags), text + ': flags')
        same(s.residual, 4096 - moved, text + ': residual')
        same(m.read(DATA, 4096), data[:moved] + bytes(4096 - moved), text + ': data')
        isp.do(read10(0, 8), buf)
        same(m.read(DATA, 4096), data, 'data without a fault')
    same(m.stat('commands') - before, 36)
    m.fault('underrun,resid=0xffffffff')
    same(isp.do(read10(0, 8), buf, completion=0x15).residual, 0xffffffff)
    m.fault('timeout,ms=400')
    handle = isp.command(read10(0, 8), buf)
    isp.ring()
    isp.quiet()
    m.step(0.5)
    s = isp.response()
    isp.ack()
    same((s.handle, s.completion), (handle, 6))
    # Commands without data.
    m.fault('underrun')
    isp.do(tur())
    m.fault('')
    m.fault('transport-error')
    same(isp.do(tur(), completion=3).residual, 0)
    m.fault('busy')
    isp.do(tur(), scsi=8)
    # The disk's own error wins over a fault that lets data pass.
    m.fault('overrun')
    same(isp.do(read10(0x7fffffff, 8), buf, completion=0x15, scsi=2).key, (5, 0x21))
    same(isp.do(inquiry(), [(DATA, 36)]).residual, 0)


@case(disks=[DISK])
def fault_partial_write(m, isp, _):
    started(isp)
    old, new = b'\x11' * 4096, random.Random(2).randbytes(4096)
    for kind, segs in ((1, [(DATA, 4096)]), (9, [(DATA, 700), (DATA + 700, 3396)])):
        for moves in (0, 512, 2048):
            m.write(DATA, old)
            isp.do(write10(0, 8), [(DATA, 4096)])
            m.write(DATA, new)
            m.fault(f'transport-error,moves={moves}')
            s = isp.do(write10(0, 8), segs, kind=kind, completion=3)
            same(s.residual, 4096 - moves)
            isp.do(read10(0, 8), [(DATA, 4096)])
            same(m.read(DATA, 4096), new[:moves] + old[moves:], f'disk after {moves} bytes')
    m.fault('underrun,moves=20')
    m.write(DATA, bytes(64))
    same(isp.do(inquiry(), [(DATA, 36)], completion=0x15).residual, 16)
    same(m.read(DATA + 8, 28), b'QEMU    QEMU' + bytes(16))
    # A target that has more data than the buffer holds.
    m.write(DATA, old)
    m.fault('parity,moves=512')
    same(isp.do(read10(0, 8), [(DATA, 2048)], completion=3).residual, 1536)
    same(m.read(DATA + 512, 512), old[:512], 'memory behind the limit')


@case(disks=[DISK])
def fault_mailboxes(m, isp, _):
    started(isp)
    m.fault('fail-mailbox,command=0x18,status=0x4002')
    same(isp.mailbox(0x06, 1, 2, 3)[1:4], [1, 2, 3], 'another command')
    isp.do(tur())
    isp.mailbox(0x18, 5, 0, want=0x4002)
    isp.do(tur())                           # the command was not carried out, so no marker is needed
    for status in (0, 1, 0xffff):
        m.fault(f'fail-mailbox,status={status}')
        same(isp.mailbox(0x06, want=None)[0], status)
    m.fault('hang-mailbox,command=0x06,ms=300')
    isp.start_mailbox(0x06, 4, 5, 6)
    isp.do(tur())                           # only the mailbox hangs
    same(isp.rd(SEMA), 0)
    m.step(0.4)
    same(isp.wait_mailbox()[:4], [0x4000, 4, 5, 6])
    m.fault('hang-mailbox,command=any')
    isp.start_mailbox(0x06, 4, 5, 6)
    m.step(5)
    same((isp.rd(SEMA), isp.rd(HCCR) & 0x80), (0, 0), 'no answer')
    isp.start_mailbox(0x06, 7, 8, 9)
    same((isp.rd(SEMA), isp.rd(HCCR) & 0x80), (0, 0x80), 'the next one is not taken')
    isp.do(tur())
    isp.reset()
    started(isp)
    isp.do(tur())


@case(disks=[DISK, DISK])
def fault_hang(m, isp, _):
    started(isp)
    m.fault('hang,after=2')
    isp.do(tur())
    isp.do(tur())
    unanswered(isp)
    same(isp.rd(0), 0x1077, 'registers answer')
    isp.start_mailbox(0x06, 1, 2, 3)
    m.step(5)
    same((isp.rd(SEMA), isp.rd(HCCR) & 0x80), (0, 0x80))
    isp.wr(HCCR, 0x1000)
    isp.wr(HCCR, 0x3000)
    isp.start_mailbox(0x06, 1, 2, 3)
    same(isp.rd(SEMA), 0, 'a RISC reset is not enough')
    isp.reset()
    started(isp)
    isp.clear_attention(1)
    m.fault('hang,target=0')
    before = m.stat('commands')
    handles = [isp.command(tur()), isp.command(tur(), target=1)]
    isp.ring()
    isp.quiet()
    same(m.stat('commands'), before, 'commands that a hung chip starts')
    m.fault('')
    same(sorted(isp.response().handle for _ in range(2)), handles, 'disarmed')
    isp.ack()
    m.fault('hang,persist=1,after=1')
    isp.reset()
    started(isp)                            # the hang has not started yet
    m.fault('')
    m.fault('hang,persist=1')
    isp.reset()
    isp.start_mailbox(0x06, 1, 2, 3)
    m.step(5)
    same(isp.rd(SEMA), 0, 'after a soft reset')
    m.qmp('system_reset')
    time.sleep(0.1)
    isp.enable()
    isp.start_mailbox(0x06, 1, 2, 3)
    same(isp.rd(SEMA), 0, 'after a system reset')
    m.fault('')
    same(isp.wait_mailbox()[:4], [0x4000, 1, 2, 3], 'disarmed')
    started(isp)


def event(isp):
    mb = isp.wait_mailbox()
    return mb[0]


@case(disks=[DISK], guest_errors=None)
def fault_events(m, isp, _):
    m.fault('system-error,halt=0')
    same(m.stat('faults'), 0, 'no firmware, no event')
    isp.mailbox(0x02, 0x1000)
    same(event(isp), 0x8002, 'when it runs')
    started(isp)
    m.fault('system-error')
    same(event(isp), 0x8002)
    unanswered(isp)
    isp.start_mailbox(0x06, 1, 2, 3)
    same(isp.rd(SEMA), 0, 'the firmware has stopped')
    isp.wr(HCCR, 0x1000)
    isp.wr(HCCR, 0x3000)
    started(isp)
    m.fault('system-error,halt=0,after=1')
    isp.do(tur())
    isp.command(tur())
    isp.ring()
    isp.response()
    isp.ack()
    same(event(isp), 0x8002)
    isp.do(tur())
    m.fault('request-error')
    same(event(isp), 0x8003)
    unanswered(isp)
    isp.mailbox(0x06)
    started(isp)
    m.fault('response-error')
    same(event(isp), 0x8004)
    unanswered(isp)
    isp.mailbox(0x06)
    started(isp)
    isp.do(tur())


SLOW = {'blockdev': 'driver=null-co,size=8388608,latency-ns=400000000'}


@case(disks=[SLOW, DISK])
def fault_bus_reset(m, isp, _):
    started(isp)
    isp.clear_attention(1)
    handles = [isp.command(read10(0, 1), [(DATA, 512)]) for _ in range(20)]
    isp.ring()
    time.sleep(0.1)
    m.fault('bus-reset')
    same(event(isp), 0x8001)
    got = [isp.response() for _ in range(20)]
    isp.ack()
    same(sorted(s.handle for s in got), handles, 'each once')
    same({s.completion for s in got}, {4}, 'completion status')
    unanswered(isp, target=1)
    isp.marker()
    isp.response()
    isp.ack()
    isp.clear_attention(0, 1)
    # A bus that keeps resetting, and one that does so during a command.
    m.fault('bus-reset,count=3,ms=100')
    for _ in range(3):
        same(event(isp), 0x8001)
        m.step(0.15)
    isp.quiet()
    isp.marker()
    isp.clear_attention(0, 1)
    m.fault('bus-reset,target=1')
    isp.do(tur())
    isp.do(tur(), target=1, completion=4)
    same(event(isp), 0x8001)
    isp.marker()
    isp.clear_attention(0, 1)


@case(disks=[SLOW])
def fault_all_ones(m, isp, _):
    started(isp)
    m.write(DATA, b'\x55' * 512)
    isp.do(read10(0, 1), [(DATA + 512, 512)])
    isp.command(read10(0, 1), [(DATA, 512)])
    isp.ring()
    m.write(DATA, b'\x55' * 512)
    isp.start_mailbox(0x06)
    same(lines(isp), (True, True))
    m.fault('all-ones')
    ports = Isp(m, ports=True)
    for reg in (0, ICR, ISR, SEMA, MBOX, HCCR):
        same((isp.rd(reg), ports.rd(reg)), (0xffff, 0xffff))
    same((isp.rd(0, 'l'), isp.rd(0, 'b')), (0xffffffff, 0xff))
    same(isp.irq(), False)
    same(m.config(0), 0x10201077, 'configuration space')
    isp.reset()
    m.step(5)
    time.sleep(0.6)
    same(m.read(DATA, 512), b'\x55' * 512, 'no DMA')
    same(isp.rd(MBOX), 0xffff)
    m.fault('')
    same(isp.rd(MBOX + 2), 0x4953, 'as after power-on')
    started(isp)
    m.fault('all-ones,config=1,after=1')
    isp.do(tur())
    isp.command(tur())
    isp.ring()
    time.sleep(0.1)
    same((isp.rd(0), m.config(0), m.config(4, size=2)), (0xffff, 0xffffffff, 0xffff))
    m.config(0x04, 0, 2)
    m.fault('')
    same((isp.rd(0), m.config(0)), (0x1077, 0x10201077))
    started(isp)


@case()
def decoding_off(m, isp, _):
    ports = Isp(m, ports=True)
    same((isp.rd(0), ports.rd(0)), (0x1077, 0x1077))
    m.config(0x04, 0x4, 2)
    for kind, ones in (('b', 0xff), ('w', 0xffff), ('l', 0xffffffff)):
        same((isp.rd(0, kind), ports.rd(0, kind)), (ones, ones), 'decoding off')
    isp.wr(ICR, 6)
    m.config(0x04, 0x1, 2)
    same((isp.rd(0), ports.rd(0)), (0xffff, 0x1077), 'memory off')
    same(ports.rd(ICR), 0)
    m.config(0x14, MEM + 0x10000)
    same(m.command(f'readw {MEM + 0x10000:#x}'), '0x000000000000ffff', 'moved')
    m.config(0x14, MEM)
    m.config(0x04, 0x7, 2)
    same(isp.rd(0), 0x1077)
    m.config(0x04, 0x4, 2)
    m.qmp('system_reset')
    time.sleep(0.1)
    isp.enable()
    same(isp.rd(0), 0x1077)


@case(disks=[DISK], guest_errors=None)
def fault_mutate(m, isp, _):
    def run(seed):
        """The results of 100 commands, mailbox commands and events."""
        isp.reset()
        started(isp)
        m.fault(f'mutate,seed={seed},rate=300')
        seen = []
        for n in range(100):
            isp.command(tur(), handle=1000 + n)
            isp.ring()
            while not isp.rd(ISR) & 4:
                pass
            shown = isp.rd(MBOX + 10)
            if shown != (isp.rsp_out + 1) % 32:
                isp.rd(MBOX + 10)
            seen.append((shown, m.read(RSP + 64 * isp.rsp_out, 64)))
            isp.rsp_out = (isp.rsp_out + 1) % 32
            isp.ack()
            isp.start_mailbox(0x06, 1, 2, 3)
            seen.append(isp.wait_mailbox()[:4])
            if n % 10 == 0:
                m.fault('bus-reset')
                seen.append(isp.wait_mailbox()[0])
                isp.marker()
                isp.wr(HCCR, 0x7000)
        m.fault('')
        return seen
    first = run(11)
    same(run(11) == first, True, 'the same seed gives the same')
    same(run(12) != first, True, 'another seed gives something else')
    entries = [x for x in first if isinstance(x, tuple)]
    wrong_in = [e for n, e in enumerate(entries) if e[0] != (n + 2) % 32]
    wrong = [e for n, e in enumerate(entries)
             if struct.unpack('<BBBBI', e[1][:8]) != (3, 1, 0, 0, 1000 + n) or any(e[1][16:])]
    results = [x for x in first if isinstance(x, list)]
    events = [x for x in first if isinstance(x, int)]
    for what, bad, of in (('in-pointers', len(wrong_in), 100), ('entries', len(wrong), 100),
                          ('results', sum(x != [0x4000, 1, 2, 3] for x in results), 100),
                          ('events', sum(x != 0x8001 for x in events), 10)):
        same(0 < bad < of * 0.6, True, f'{bad} of {of} {what} mutated')


@case(device='isp1040,fault=fail-mailbox,,command=0x06', disks=[DISK])
def fault_on_command_line(m, isp, _):
    isp.mailbox(0x06, want=0x4005)
    same(armed(m), ['fail-mailbox,command=0x06: fired 1'])
    isp.mailbox(0x06)
    other = QTest(device='isp1040,fault=hang,,persist=1', log=m.log_path)
    try:
        there = Isp(other)
        there.enable()
        there.start_mailbox(0x06)
        same(there.rd(SEMA), 0, 'dead from the start')
        same(armed(other), ['hang,persist=1: fired 1'])
    finally:
        other.close()
    other = QTest(['-global', 'isp1040.fault=fail-mailbox,command=0x06'], log=m.log_path)
    try:
        same(armed(other), ['fail-mailbox,command=0x06: fired 0'])
    finally:
        other.close()
    try:
        QTest(device='isp1040,fault=nonsense', log=m.log_path).close()
    except (EOFError, ConnectionError):
        return
    raise Failure('QEMU started with a fault that is none')


@case(disks=[SLOW])
def fault_and_unplug(m, isp, _):
    """The controller goes away while it holds back completions, an interrupt and a result."""
    started(isp)
    m.fault('late-completion,ms=100,count=9;delay-interrupt,ms=100;hang-mailbox,ms=100;'
            'duplicate-completion,ms=100')
    for n in range(10):
        isp.command(tur() if n % 2 else read10(0, 1), [(DATA, 512)])
    isp.ring()
    time.sleep(0.1)
    isp.start_mailbox(0x06)
    m.qmp('device_del', id='isp0')
    m.command('outl 0xae10 0')
    m.command(f'outl 0xae08 {1 << SLOT:#x}')
    while m.wait_event('DEVICE_DELETED')['data'].get('device') != 'isp0':
        pass
    m.step(1)
    time.sleep(0.5)
    same(m.config(0), 0xffffffff)


@case(disks=[DISK], guest_errors=None)
def fault_limit(m, isp, _):
    started(isp)
    for n in range(32):
        m.fault(f'busy,target=5,count={n + 1}')
    refused(m, 'busy', '32 faults are armed')
    same(len(armed(m)), 32)
    m.fault('')
    for n in range(100):
        m.fault('busy')                     # a rule that is used up makes room
        isp.do(tur(), scsi=8)
    refused(m, 'busy,' + 'count=1,' * 30, 'at most 159 characters')
    refused(m, 'busy,count=1,count=2', 'twice')
    refused(m, 'b\u00fcsy', 'plain text')
    same(m.stat('faults'), 100)


@case(disks=[DISK])
def fault_migration(m, isp, folder):
    """What is held back here is posted there; the rules stay here."""
    started(isp)
    m.fault('delay-completion,ms=60000;drop-interrupt;hang-mailbox,command=0x06,ms=60000')
    held = unanswered(isp)
    isp.start_mailbox(0x06, 1, 2, 3)
    with migrated(isp, on_one_disk(folder + '/disk0'), folder) as there:
        same(there.response().handle, held)
        there.ack()
        there.m.step(0.1)
        same((there.rd(SEMA), [there.rd(MBOX + 2 * n) for n in range(4)]),
             (1, [0x4000, 1, 2, 3]), 'mailbox command')
        there.wr(SEMA, 0)
        same(armed(there.m), [])
        there.do(tur())
