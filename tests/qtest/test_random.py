# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest gone mad, on the build with sanitizers: a million accesses, with faults coming and going.

SEED and ACCESSES in the environment choose other accesses, or more of them.
"""

import os
import random

from case import suite
from isp import (DATA, HCCR, ICR, IO, MBOX, MEM, REQ, RSP, SEMA, Failure, read10, same, tur,
                 write10)

TESTS, case = suite()

BATCH = 200
DISK = {'size': 1 << 20}
SLOW = {'blockdev': 'driver=null-co,size=1048576,latency-ns=2000000'}

FAULTS = ['drop-interrupt', 'delay-interrupt,ms={n}', 'spurious-interrupt,ms=1', 'stuck-interrupt',
          'drop-completion,target={t}', 'duplicate-completion', 'duplicate-completion,ms={n}',
          'delay-completion,ms={n}', 'corrupt-response,byte={b},value={v}',
          'corrupt-response,field=handle,xor={v}', 'response-in,value={w}',
          'complete,status={v},moves={w},scsi-status={v}', 'selection-timeout', 'parity,moves={w}',
          'underrun,moves={w}', 'overrun', 'transport-error', 'aborted', 'reset', 'timeout,ms={n}',
          'queue-full', 'queue-full,chip=1', 'busy,opcode=0x28', 'fail-mailbox,status={w}',
          'hang-mailbox,command={b}', 'hang-mailbox,ms={n}', 'hang', 'hang,persist=1',
          'system-error', 'system-error,halt=0', 'request-error', 'response-error', 'bus-reset',
          'bus-reset,ms={n}', 'all-ones', 'all-ones,config=1', 'mutate,rate={r}',
          'event,code=0x8006', 'event,code=0x8007,target={t}', 'event,code=0x800c,ms={n}',
          'event,code=0x800d', 'event,code=0x800e,value={w}', 'event,code=0x80{v:02x}']
# What a driver may meet on a chip; without what the polling driver of these tests cannot work with
STRICT = ','.join(['isp12160', *(f'{name}=on' for name in (
    'plain-interrupt', 'plain-mailbox', 'zero-extended-command', 'no-firmware-status', 'latched-pointers')),
    'abort-order=3', 'max-ring=256', 'marker-ms=20', 'queue-luns=8', 'no-tags=4', 'no-disconnect=0x20001',
    'narrow=1', 'async=2', 'rejects-wdtr=0x20002', 'rejects-sdtr=1', 'rejects-ppr=2', 'says-wide=3',
    'min-period=12', 'max-offset=8'])


def fault(rnd):
    """A rule, sometimes several, sometimes a disarming of all."""
    if rnd.random() < 0.25:
        return ''
    rules = []
    for _ in range(rnd.choice((1, 1, 2, 5))):
        text = rnd.choice(FAULTS).format(n=rnd.randrange(1, 40), t=rnd.randrange(3),
                                         b=rnd.randrange(64), v=rnd.randrange(256),
                                         w=rnd.getrandbits(16), r=rnd.randrange(1000))
        rules.append(f'{text},seed={rnd.getrandbits(32)},count={rnd.randrange(4)}'
                     f',after={rnd.randrange(6)}' * rnd.randrange(2) or text)
    return ';'.join(rules)


def access(rnd):
    """One line of the qtest protocol that touches the device."""
    reg = rnd.choice((MBOX + 8, MBOX + 10, MBOX, HCCR, SEMA, ICR, rnd.randrange(256)))
    kind = rnd.choice('wwwwwwbl')
    port = rnd.random() < 0.3
    where = IO + reg if port else MEM + rnd.choice((0, 0, 0, 0x100, 0xf00)) + reg
    if rnd.random() < 0.3:
        return f'{"in" if port else "read"}{kind} {where:#x}'
    value = rnd.choice((rnd.getrandbits(32), rnd.randrange(64), rnd.randrange(16) << 12, 0x5000,
                        0x7000)) & {'b': 0xff, 'w': 0xffff, 'l': 0xffffffff}[kind]
    return f'{"out" if port else "write"}{kind} {where:#x} {value:#x}'


def batch(rnd):
    """Accesses, with changes to memory under the rings and time passing in between."""
    lines = [access(rnd) for _ in range(BATCH)]
    for _ in range(4):
        at = rnd.choice((REQ, RSP)) + rnd.randrange(64) * 64 + rnd.randrange(64)
        lines.insert(rnd.randrange(BATCH), f'write {at:#x} 4 {rnd.getrandbits(32):#010x}')
    lines.insert(rnd.randrange(BATCH), f'clock_step {rnd.randrange(1, 20000000)}')
    return lines


def again(m, isp, rnd):
    """After all that, the chip still works, and gets new work."""
    m.fault('')
    isp.enable()
    isp.wr(0x06, 0)
    isp.wr(ICR, 1)
    isp.wr(HCCR, 0x3000)
    isp.start(targets=range(2))
    for n in range(20):
        cdb = rnd.choice((read10, write10))(rnd.randrange(100), rnd.randrange(1, 16))
        where = DATA + 0x2000 * n if n % 5 else MEM + rnd.randrange(128) * 2
        cut = rnd.randrange(0, 512, 2)
        isp.command(cdb, [(DATA, cut), (where, 0x2000 - cut)], target=n % 2,
                    flags=0x60 | n % 2 * 8)
    isp.ring()


def accesses(m, isp, total):
    """So many of them; then the chip must still work."""
    seed = int(os.environ.get('SEED', '1040'))
    rnd = random.Random(seed)
    m.qmp('human-monitor-command', **{'command-line': 'log none'})
    for n in range(0, total, BATCH):
        if n % 4000 == 0:
            again(m, isp, rnd)
        if n % 1000 == 0:
            m.fault(fault(rnd))
        if n % 50000 == 30000:
            m.config(0x04, rnd.getrandbits(16), 2)
        wrong = [x for x in m.commands(batch(rnd)) if not x.startswith('OK')]
        if wrong:
            raise Failure(f'seed {seed}, access {n}: {wrong[0]}')
    fired = m.stat('faults')
    print(f'# seed {seed}: {m.stat("reg-writes")} register writes, {m.stat("reg-reads")} reads, '
          f'{m.stat("commands")} commands, {m.stat("mailbox-commands")} mailbox commands, '
          f'{fired} faults')
    same(fired > total / 2000, True, f'{fired} faults fired')
    same(m.stat('reg-writes') + m.stat('reg-reads') > total * 0.8, True, 'accesses that arrived')
    m.fault('')
    isp.enable()
    isp.wr(0x06, 0)
    isp.wr(ICR, 1)
    isp.wr(HCCR, 0x3000)
    isp.start()
    isp.clear_attention(0, 1)
    isp.do(read10(0, 1), [(DATA, 512)])
    isp.do(tur(), target=1)


@case(disks=[DISK, SLOW], guest_errors=None, sanitized=True)
def random_million(m, isp, _):
    accesses(m, isp, int(os.environ.get('ACCESSES', '1000000')))


@case(device=STRICT, disks=[DISK, SLOW, {**DISK, 'channel': 1, 'target': 1}], guest_errors=None,
      sanitized=True)
def random_strict(m, isp, _):
    """The same on two buses, a strict chip and poor targets, a tenth of it."""
    accesses(m, isp, int(os.environ.get('ACCESSES', '1000000')) // 10)
