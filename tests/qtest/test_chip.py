# SPDX-License-Identifier: GPL-2.0-or-later
"""The chip without its disks: configuration space, registers, mailboxes, firmware."""

from case import suite
from isp import DATA, HCCR, ICR, ISR, MBOX, MEM, RSP, SEMA, Failure, Isp, same
from machine import QTest

TESTS, case = suite()

ROM_COMMANDS = {0x00, 0x02, 0x04, 0x05, 0x06, 0x07, 0x08, 0x0e, 0x40, 0x41, 0x42}
FIRMWARE_COMMANDS = {0x10, 0x11, 0x12, 0x13, 0x14, *range(0x15, 0x1e), 0x1f, *range(0x20, 0x2b),
                     *range(0x30, 0x3b), 0x45, 0x46, 0x48, 0x49, 0x4a, 0x4b, 0x52, 0x53, 0x54,
                     0x59, 0x5a, 0x5b, 0x5c, 0x5d}


@case()
def pci_configuration(m, isp, _):
    same(m.config(0x00), 0x10201077, 'ids')
    same(m.config(0x08), 0x01000005, 'class and revision')
    same(m.config(0x2c), 0x00001077, 'subsystem, from the EEPROM')
    same(m.config(0x3d, size=1), 1, 'interrupt pin')
    same(m.config(0x06, size=2) & 0x10, 0, 'no capability list')
    for bar, mask in ((0x10, 0xffffff01), (0x14, 0xfffff000)):
        m.config(bar, 0xffffffff)
        same(m.config(bar), mask, f'BAR at {bar:#x}')
    m.config(0x18, 0xffffffff)
    same(m.config(0x18), 0, 'no third BAR')


@case()
def ports_and_memory(m, isp, _):
    ports = Isp(m, ports=True)
    for reg in (0x00, 0x02, 0x04, MBOX + 2):
        same(ports.rd(reg), isp.rd(reg), f'register {reg:#x}')
    same(isp.rd(0), 0x1077)
    same(isp.rd(0x100), 0x1077, 'the registers repeat through the memory BAR')
    same(isp.rd(0xf00 + MBOX + 2), 0x4953)
    same(ports.mailbox(0x06, 1, 2, 3)[1:4], [1, 2, 3], 'register test')


@case(guest_errors=True)
def access_sizes(m, isp, _):
    same(isp.rd(0, 'b'), 0xff)
    same(isp.rd(0, 'l'), 0xffffffff)
    same(isp.rd(1), 0xffff)
    for kind in 'bl':
        isp.wr(ICR, 6, kind)
    same(isp.rd(ICR), 0, 'only words write')
    ports = Isp(m, ports=True)
    same(ports.rd(0, 'b'), 0xff)
    same(ports.rd(0, 'l'), 0xffffffff)
    same(len(m.guest_errors()), 7, 'complaints')


@case(guest_errors=True)
def reset_state(m, isp, _):
    isp.start()
    isp.wr(MBOX + 2, 0x1234)
    isp.reset()
    same([isp.rd(MBOX + 2 * n) for n in range(8)], [0, 0x4953, 0x5020, 0x2020, 1, 7, 0, 1])
    for reg in (ICR, ISR, SEMA, HCCR):
        same(isp.rd(reg) & ~2, 0, f'register {reg:#x}')
    same(isp.mailbox(0x11, 8, 0, 0, want=None)[0], 0x4001, 'the boot ROM knows no rings')


@case()
def nvram(m, isp, _):
    image = b''
    for word in range(64):
        isp.wr(0x0e, 2)
        for bit in f'110{word:06b}':
            for clock in (0, 1, 0):
                isp.wr(0x0e, 2 | int(bit) << 2 | clock)
        value = 0
        for _ in range(16):
            isp.wr(0x0e, 3)
            value = value << 1 | (isp.rd(0x0e) >> 3 & 1)
            isp.wr(0x0e, 2)
        isp.wr(0x0e, 0)
        image += value.to_bytes(2, 'little')
    same(image[:4], b'ISP ')
    same(sum(image) & 0xff, 0, 'checksum')
    same(image[24] & 1, 0, 'fast posting')


@case()
def nvram_from_a_file(m, isp, folder):
    path = folder + '/nvram'
    image = bytearray(128)
    image[18:22] = (0x34, 0x12, 0x78, 0x56)
    with open(path, 'wb') as f:
        f.write(image)
    other = QTest(device=f'isp1040,nvram={path}')
    try:
        same(other.config(0x2c), 0x12345678, 'subsystem')
    finally:
        other.close()
    with open(path, 'ab') as f:
        f.write(b'x')
    try:
        QTest(device=f'isp1040,nvram={path}').close()
    except EOFError:
        return
    raise Failure('a file of 129 bytes was taken')


@case(guest_errors=True)
def unknown_mailbox_commands(m, isp, _):
    for op in range(0x100):
        if op not in ROM_COMMANDS:
            isp.mailbox(op, want=0x4001)
    isp.mailbox(0x02, 0x1000)
    for op in [*range(0x100), 0x1234, 0xffff]:
        if op not in ROM_COMMANDS | FIRMWARE_COMMANDS:
            isp.mailbox(op, want=0x4001)


@case(guest_errors=True)
def firmware_by_word(m, isp, _):
    image = [0x0078, 0x1041, 0, 40, 0] + [0x4141] * 34
    image.append(-sum(image) & 0xffff)
    for n, word in enumerate(image):
        same(isp.mailbox(0x04, 0x1000 + n, word)[2], word, 'echo')
    same(isp.mailbox(0x05, 0x1001)[2], 0x1041, 'read back')
    same(isp.mailbox(0x07, 0x1000)[1], 0, 'sum')
    isp.mailbox(0x02, 0x1000)
    isp.mailbox(0x0e)
    isp.mailbox(0x04, 0x1010, 0x4142)
    same(isp.mailbox(0x07, 0x1000, want=0x4003)[1], 1, 'sum')
    isp.mailbox(0x02, 0x1000, want=0x4005)


@case(device='isp1080')
def firmware_by_dma(m, isp, _):
    image = [0x0078, 0x1041, 0, 3000, 0] + [n * 3 & 0xffff for n in range(2994)]
    image.append(-sum(image) & 0xffff)
    raw = b''.join(w.to_bytes(2, 'little') for w in image)
    for load, dump in ((0x01, 0x03), (0x09, 0x0a), (0x50, 0x51)):
        m.write(DATA, raw)
        m.write(DATA + 0x10000, bytes(len(raw)))
        for start in range(0, 3000, 1000):
            addr = DATA + 2 * start
            isp.mailbox(load, 0x1000 + start, addr >> 16, addr & 0xffff, mb4=1000, mb6=0, mb7=0)
        isp.mailbox(dump, 0x1000, DATA + 0x10000 >> 16, 0, mb4=3000, mb6=0, mb7=0)
        same(m.read(DATA + 0x10000, len(raw)), raw, 'dump')
        isp.mailbox(0x07, 0x1000)
        isp.mailbox(0x02, 0x1000)
        isp.mailbox(load, 0xfff0, DATA >> 16, 0, mb4=17, want=0x4006)
        isp.mailbox(load, 0x2000, 0xd000, 0, mb4=16, mb6=0, mb7=0, want=0x4002)
        isp.reset()


@case()
def about_resident_firmware(m, isp, _):
    same(isp.mailbox(0x08)[1:4], [4, 66, 0], 'version')


@case(device='isp1040,resident-firmware=off', guest_errors=True)
def no_resident_firmware(m, isp, _):
    isp.mailbox(0x07, 0x1000, want=0x4003)
    isp.mailbox(0x02, 0x1000, want=0x4005)


@case(guest_errors=True)
def parameters(m, isp, _):
    isp.mailbox(0x02, 0x1000)
    pairs = {0x20: 1, 0x21: 2, 0x22: 2, 0x23: 2, 0x24: 1, 0x25: 2, 0x26: 2, 0x27: 2, 0x2a: 2}
    pairs = {get: (get + 0x10, n) for get, n in pairs.items()}
    pairs.update({0x46: (0x45, 1), 0x4b: (0x4a, 1), 0x5b: (0x5a, 1), 0x48: (0x49, 3),
                  0x5d: (0x5c, 3)})
    for get, (put, count) in pairs.items():
        values = [5 + n for n in range(count)]
        isp.mailbox(put, *values)
        same(isp.mailbox(get, 0, 0, 0)[1:1 + count], values, f'parameter {get:#x}')
    isp.mailbox(0x38, 0x0300, 0xfd00, 0x0c0a)
    same(isp.mailbox(0x28, 0x0300)[2:4], [0xfd00, 0x0c0a], 'target parameters')
    for lun in (0, 7):
        isp.mailbox(0x39, 0x0300 | lun, 32 + lun, 31)
        same(isp.mailbox(0x29, 0x0300 | lun)[2:4], [32 + lun, 31], 'device queue')
    same(isp.mailbox(0x1f)[2], 527, 'commands at once')
    same(isp.mailbox(0x59, 0)[3], 0x0c)
    for op in (0x28, 0x38, 0x29, 0x39, 0x15, 0x16, 0x17, 0x19, 0x1a, 0x1b, 0x1c, 0x1d):
        for device in (0x8000, 0x1000) if op != 0x39 else (0x8000, 0x1000, 0x0008):
            isp.mailbox(op, device, 1, 1, want=0x4006)
    for op in (0x13, 0x19, 0x1a, 0x1b, 0x1c, 0x1d):
        isp.mailbox(op, 0x0100)
    isp.mailbox(0x14)
    isp.mailbox(0x1f, want=0x4001)


@case()
def mailbox_handshake(m, isp, _):
    isp.wr(HCCR, 0x2000)
    isp.start_mailbox(0x00)
    same(isp.rd(HCCR) & 0xa0, 0xa0, 'not taken by a paused RISC')
    isp.wr(HCCR, 0x3000)
    same(isp.wait_mailbox()[0], 0x4000)
    isp.wr(ICR, 6)
    same(isp.irq(), False)
    isp.start_mailbox(0x00)
    same(isp.irq(), True, 'INTA')
    isp.wr(ICR, 0)
    same(isp.irq(), False, 'INTA, disabled')
    isp.wr(ICR, 6)
    same(isp.irq(), True, 'INTA, enabled again')
    isp.wait_mailbox()
    same(isp.irq(), False, 'INTA, acknowledged')


@case()
def interrupt_cannot_be_held_back(m, isp, _):
    """PCI 2.1 has no bit for that in the command register."""
    m.watch_interrupts()
    isp.wr(ICR, 6)
    m.config(0x04, 0x407, 2)
    same(m.config(0x04, size=2), 0x7, 'command')
    isp.start_mailbox(0x00)
    same((isp.irq(), m.raised), (True, True), 'interrupt status and line')


@case(device='isp1040,disintx=on')
def interrupt_is_held_back(m, isp, _):
    """With disintx the command register holds the line back; status, registers and commands go on."""
    m.watch_interrupts()
    isp.wr(ICR, 6)
    isp.start_mailbox(0x00)
    same((isp.irq(), m.raised), (True, True), 'interrupt status and line')
    m.config(0x04, 0x407, 2)
    same(m.config(0x04, size=2), 0x407, 'command')
    same((isp.irq(), m.raised), (True, False), 'the same, held back')
    same(isp.wait_mailbox()[0], 0x4000)
    same(isp.irq(), False, 'interrupt status, acknowledged')
    isp.start_mailbox(0x00)
    same((isp.irq(), m.raised), (True, False), 'another one, held back')
    m.config(0x04, 0x007, 2)
    same((isp.irq(), m.raised), (True, True), 'the same, let go')
    m.config(0x04, 0x407, 2)
    m.qmp('system_reset')
    same(m.config(0x04, size=2), 0, 'command after a reset')


@case(guest_errors=True)
def rings_out_of_reach(m, isp, _):
    isp.mailbox(0x02, 0x1000)
    for op in (0x10, 0x11, 0x52, 0x53):
        isp.mailbox(op, 1, 0x10, 0, mb4=0, mb5=0, mb6=0, mb7=0, want=0x4006)
        isp.mailbox(op, 64, 0x10, 4, mb4=0, mb5=0, mb6=0, mb7=0, want=0x4006)
        isp.mailbox(op, 64, 0x10, 0, mb4=64, mb5=64, mb6=0, mb7=0, want=0x4006)
    isp.mailbox(0x52, 64, 0xd000, 0, mb4=0, mb5=0, mb6=0, mb7=0)
    isp.mailbox(0x53, 64, RSP >> 16, 0, mb4=0, mb5=0, mb6=0, mb7=0)
    isp.wr(MBOX + 8, 1)
    same(isp.wait_mailbox()[0], 0x8003, 'event')


@case(guest_errors=True)
def rings_in_its_own_registers(m, isp, _):
    """The chip cannot be made to access itself."""
    isp.mailbox(0x02, 0x1000)
    isp.mailbox(0x10, 64, MEM >> 16, 0, mb4=0)
    isp.mailbox(0x11, 64, MEM >> 16, 0, mb5=0)
    isp.wr(MBOX + 8, 1)
    same(isp.wait_mailbox()[0], 0x8003, 'event')


@case(guest_errors=True)
def bus_master_off(m, isp, _):
    isp.start()
    m.config(0x04, 0x3, 2)
    isp.put(bytes(64))
    isp.ring()
    same(isp.wait_mailbox()[0], 0x8003, 'event')


@case()
def counters(m, isp, _):
    m.qmp('qom-set', path='/machine/peripheral/isp0', property='reset-stats', value=True)
    for name in ('reg-reads', 'reg-writes', 'interrupts', 'iocbs', 'commands', 'bytes-read',
                 'bytes-written', 'mailbox-commands', 'responses'):
        same(m.stat(name), 0, name)
    isp.rd(0)
    isp.wr(0x12, 0)
    isp.start_mailbox(0x00)
    same(m.stat('reg-reads'), 1)
    same(m.stat('reg-writes'), 3)
    same(m.stat('mailbox-commands'), 1)
    same(m.stat('interrupts'), 0, 'interrupts while disabled')
    isp.wr(ICR, 6)
    same(m.stat('interrupts'), 1)


