# SPDX-License-Identifier: GPL-2.0-or-later
"""A small polling driver for the emulated chips, on a machine without a guest."""

import contextlib
import struct
import time

from machine import QTest

IO, MEM = 0xc000, 0xe1000000
REQ, RSP, DATA = 0x100000, 0x180000, 0x200000

ICR, ISR, SEMA, MBOX, HCCR = 0x08, 0x0a, 0x0c, 0x70, 0xc0
COMMAND, CONT, STATUS, MARKER, EXTENDED, COMMAND64, CONT64 = 1, 2, 3, 4, 5, 9, 10
IN, OUT, SIMPLE = 0x20, 0x40, 0x08


class Failure(Exception):
    """What the test saw differs from what the reference says."""


def same(got, want, what=''):
    if got != want:
        def show(v):
            return f'{v:#x}' if isinstance(v, int) and not isinstance(v, bool) else repr(v)[:200]
        raise Failure(f'{what or "value"}: {show(got)}, expected {show(want)}')


class Status:
    """A STATUS entry."""

    def __init__(self, raw):
        (self.type, self.count, self.sys, self.flags, self.handle, self.scsi, self.completion,
         self.state, self.status_flags, self.time, self.sense_len,
         self.residual) = struct.unpack('<BBBBIHHHHHHI', raw[:24])
        self.sense = raw[32:32 + min(self.sense_len, 32)]
        self.raw = raw

    @property
    def key(self):
        """Sense key and additional code, as (5, 0x20)."""
        return (self.sense[2] & 0xf, self.sense[12])


class Isp:
    """The controller of a machine, by memory (or port) access."""

    def __init__(self, machine, ports=False):
        self.m = machine
        self.ports = ports
        self.req_in = self.rsp_out = 0
        self.req_len = self.rsp_len = 0
        self.handle = 0
        self.base = DATA

    def enable(self):
        self.m.config(0x10, IO)
        self.m.config(0x14, MEM)
        self.m.config(0x04, 0x7, 2)

    def rd(self, reg, kind='w'):
        if self.ports:
            return int(self.m.command(f'in{kind} {IO + reg:#x}'), 16)
        return int(self.m.command(f'read{kind} {MEM + reg:#x}'), 16)

    def wr(self, reg, value, kind='w'):
        if self.ports:
            self.m.command(f'out{kind} {IO + reg:#x} {value:#x}')
        else:
            self.m.command(f'write{kind} {MEM + reg:#x} {value:#x}')

    def irq(self):
        """INTA, as the PCI status register shows it."""
        return bool(self.m.config(0x06, size=2) & 8)

    def start_mailbox(self, op, *args, **extra):
        mb = dict(enumerate(args, 1))
        mb.update({int(k[2:]): v for k, v in extra.items()})
        for n, value in mb.items():
            self.wr(MBOX + 2 * n, value)
        self.wr(MBOX, op)
        self.wr(HCCR, 0x5000)

    def wait_mailbox(self, seconds=10):
        """Wait until the chip has filled the out-mailboxes; return them, and release them."""
        end = time.monotonic() + seconds
        while not (self.rd(ISR) & 4 and self.rd(SEMA) & 1):
            if time.monotonic() > end:
                raise Failure('no answer in the mailboxes')
            if self.rd(ISR) & 4:
                self.rd(MBOX + 10)
                self.wr(HCCR, 0x7000)
        mb = [self.rd(MBOX + 2 * n) for n in range(8)]
        self.wr(SEMA, 0)
        self.wr(HCCR, 0x7000)
        return mb

    def mailbox(self, op, *args, want=0x4000, **extra):
        self.start_mailbox(op, *args, **extra)
        mb = self.wait_mailbox()
        if want:
            same(mb[0], want, f'status of mailbox command {op:#x}')
        return mb

    def reset(self):
        self.wr(ICR, 1)
        self.wr(HCCR, 0xb000)

    def start(self, req=64, rsp=32, targets=range(16)):
        """Start the firmware; set up rings and parameters."""
        self.mailbox(0x02, 0x1000)
        self.req_in = self.rsp_out = 0
        self.req_len, self.rsp_len = req, rsp
        self.mailbox(0x10, req, REQ >> 16, REQ & 0xffff, mb4=0)
        self.mailbox(0x11, rsp, RSP >> 16, RSP & 0xffff, mb5=0)
        for t in targets:
            self.mailbox(0x38, t << 8, 0xcd00, 0)
        self.wr(ICR, 6)

    # Request ring

    def put(self, raw):
        self.m.write(REQ + 64 * self.req_in, raw.ljust(64, b'\0'))
        self.req_in = (self.req_in + 1) % self.req_len

    def ring(self):
        self.wr(MBOX + 8, self.req_in)

    def command(self, cdb, segs=(), target=0, lun=0, flags=SIMPLE | 0x60, kind=COMMAND, timeout=0,
                handle=None, count=None, cdb_len=None, seg_count=None):
        """Queue one command with its continuations; return its handle."""
        if handle is None:
            self.handle += 1
            handle = self.handle
        own = {COMMAND: 4, COMMAND64: 2, EXTENDED: 0}.get(kind, 0)
        wide = kind == COMMAND64
        each = 5 if wide else 7

        def pack(seg):
            addr, length = seg
            if wide:
                return struct.pack('<III', addr & 0xffffffff, addr >> 32, length)
            return struct.pack('<II', addr, length)
        segs = list(segs)
        more = [segs[i:i + each] for i in range(own, len(segs), each)]
        raw = struct.pack('<BBBBIBBHHHHH', kind, 1 + len(more) if count is None else count, 0, 0,
                          handle, lun, target, len(cdb) if cdb_len is None else cdb_len, flags, 0,
                          timeout, len(segs) if seg_count is None else seg_count)
        raw += cdb if kind == EXTENDED else cdb.ljust(12, b'\0')
        if wide:
            raw += bytes(8)
        if kind != EXTENDED:
            raw += b''.join(pack(s) for s in segs[:own])
        self.put(raw)
        for part in more:
            head = struct.pack('<BBBB', CONT64 if wide else CONT, 1, 0, 0)
            self.put(head + (b'' if wide else bytes(4)) + b''.join(pack(s) for s in part))
        return handle

    def marker(self, target=0, lun=0, modifier=2):
        self.put(struct.pack('<BBBBIBBB', MARKER, 1, 0, 0, 0, lun, target, modifier))
        self.ring()

    # Response ring

    def response(self, seconds=10):
        end = time.monotonic() + seconds
        while self.rd(MBOX + 10) == self.rsp_out:
            if time.monotonic() > end:
                raise Failure('no response')
            time.sleep(0.001)
        raw = self.m.read(RSP + 64 * self.rsp_out, 64)
        self.rsp_out = (self.rsp_out + 1) % self.rsp_len
        return Status(raw)

    def ack(self):
        self.rd(MBOX + 10)
        self.wr(HCCR, 0x7000)
        self.wr(MBOX + 10, self.rsp_out)

    def quiet(self, seconds=0.05):
        """Check that no further response comes."""
        time.sleep(seconds)
        same(self.rd(MBOX + 10), self.rsp_out, 'response producer')

    def do(self, cdb, segs=(), completion=0, scsi=0, **more):
        """Run one command from start to end."""
        handle = self.command(cdb, segs, **more)
        self.ring()
        s = self.response()
        self.ack()
        same(s.type, STATUS, 'response type')
        same(s.flags, 0, 'entry status')
        same(s.handle, handle, 'handle')
        if completion is not None:
            same(s.completion, completion, 'completion status')
        if scsi is not None:
            same(s.scsi, scsi, 'SCSI status')
        return s

    def clear_attention(self, *targets):
        for t in targets:
            self.do(tur(), target=t, scsi=None)


@contextlib.contextmanager
def migrated(isp, args, folder):
    """The controller after a migration, in a machine with these disks."""
    m = isp.m
    if m.qmp('query-status')['running']:
        m.qmp('stop')
    m.qmp('migrate', uri=f'exec:cat > {folder}/state')
    while m.qmp('query-migrate').get('status') not in ('completed', 'failed'):
        time.sleep(0.02)
    same(m.qmp('query-migrate')['status'], 'completed')
    other = QTest(args, device=m.device, incoming=f'exec:cat {folder}/state', log=m.log_path)
    try:
        while not other.qmp('query-status')['running']:
            if other.qmp('query-status')['status'] != 'inmigrate':
                other.qmp('cont')
            time.sleep(0.02)
        there = Isp(other)
        there.__dict__.update({**isp.__dict__, 'm': other})
        yield there
    finally:
        other.close()


def on_one_disk(path, driver='scsi-hd', where='scsi-id=0'):
    """QEMU arguments for a disk with this image."""
    return ['-blockdev', f'driver=file,filename={path},node-name=node0', '-device',
            f'{driver},id=disk0,bus=isp0.0,{where},lun=0,drive=node0']


def tur():
    return bytes(6)


def inquiry(length=36):
    return bytes([0x12, 0, 0, 0, length, 0])


def rw10(op, lba, blocks):
    return struct.pack('>BBIBHB', op, 0, lba, 0, blocks, 0)


def read10(lba, blocks):
    return rw10(0x28, lba, blocks)


def write10(lba, blocks):
    return rw10(0x2a, lba, blocks)


def machine(*args, **kwargs):
    return QTest(args, **kwargs)
