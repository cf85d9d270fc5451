# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults on demand: each one's effect on the wire."""

import random
import struct
import time

from case import suite
from isp import (DATA, HCCR, ICR, ISR, MARKER, MBOX, MEM, RSP, SEMA, STATUS, Failure, Isp, inquiry,
                 read10, same, tur, write10)
from machine import QTest

TESTS, case = suite()

DISK = {}


def refused(m, text, words):
    """The property does not take the text, and says why."""
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
