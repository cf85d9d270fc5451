# SPDX-License-Identifier: GPL-2.0
"""Each chip of the family, driven by the kernel's qla1280 and by isp, on all of its buses."""

import re

from checking import check, errors_in_log, log_of, same
from devices import ISP, QLA1280, addresses, block, chips, devices, generic, hosts
from images import firmware, host_bytes, nvram_image_1080
from io_tests import DATA, fio, io_group
from qemu import Controller, Disk
from runner import Group, not_built

NEEDS = not_built('isp')
# name of the chip, its firmware file, its buses; the 1040 has tests of its own
CHIPS = [('1020', '1040', 1), ('1080', '1280', 1), ('1240', '1280', 2), ('1280', '1280', 2),
         ('10160', '12160', 1), ('12160', '12160', 2)]


def writes_to_its_image(vm, disk, at=1):
    """What the driver writes at so many MiB of a disk must be there, on that disk's image."""
    device = block(vm, 16 * disk.channel + disk.target)
    vm.guest(f'yes {disk.id} | dd of={device} bs=64k count=1 seek={16 * at} iflag=fullblock oflag=direct')
    want = (f'{disk.id}\n' * 65536).encode()[:65536]
    check(host_bytes(disk, at << 20, 65536) == want, f'{disk.id}: other data on the disk')


def moves_data(vm, buses):
    """The driver finds the disks of each bus, and each disk gets its own data."""
    disks = vm.config.disks
    same(addresses(vm), {(d.channel, d.target, 0) for d in disks}, 'addresses')
    same({d.channel for d in disks}, set(range(buses)), 'buses')
    for disk in filter(lambda d: d.size, disks):
        writes_to_its_image(vm, disk)
        fio(vm, block(vm, 16 * disk.channel + disk.target), 8, '--size=2M')
    same(errors_in_log(vm), [], 'error lines in the kernel log')


def is_reset_and_loaded_again(vm, driver):
    """The disks still get their own data after a reset of each kind on each bus, and after a reload."""
    disks = [disk for disk in vm.config.disks if disk.size]
    for last in {disk.channel: disk for disk in disks}.values():
        sg = generic(vm, 16 * last.channel + last.target)
        vm.guest(f'sg_reset -d -N {sg} && sg_reset -b -N {sg}', timeout=120)
    vm.guest(f'sg_reset -H -N {generic(vm, disks[0].target)}', timeout=120)
    for disk in disks:
        writes_to_its_image(vm, disk, 5)
    driver.unload(vm)
    driver.load(vm)
    same(addresses(vm), {(d.channel, d.target, 0) for d in vm.config.disks}, 'addresses after a reload')
    for disk in disks:
        writes_to_its_image(vm, disk, 6)
    driver.unload(vm)


def isp_moves_data(vm, chip, buses):
    """isp knows the chip and its EEPROM, moves data, and still does after resets and a reload."""
    vm.guest('dmesg -C')
    ISP.load(vm)
    log = log_of(vm)
    check(f'ISP{chip}' in log, f'the chip is not named:\n{log}')
    check('NVRAM' not in log, f'the EEPROM is refused:\n{log}')
    moves_data(vm, buses)
    is_reset_and_loaded_again(vm, ISP)


def disks_of(buses):
    """Two disks on each bus, and none with id 0 on the second."""
    return [Disk(channel=b, target=t, size='16M') for b in range(buses) for t in (2 * b, 9)]


def family_group(chip, file, buses):
    """One chip, driven by both drivers in turn."""
    # Loading Debian's image word by word takes the 1020 long.
    group = Group(f'family-{chip}', lambda s: s.config(
        controllers=[Controller(f'isp{chip}')], disks=disks_of(buses), modules=['qla1280'],
        files=[firmware(s.build, chip == '1020', file)]), needs=NEEDS)

    @group.test
    def qla1280(vm):
        # From a valid EEPROM qla1280 reads more than it has room for, so it is told not to look.
        driver = QLA1280.having('qla1280=nvram:0')
        driver.load(vm)
        moves_data(vm, buses)
        is_reset_and_loaded_again(vm, driver)

    @group.test
    def isp(vm):
        isp_moves_data(vm, chip, buses)

    return group


GROUPS = [family_group(*chip) for chip in CHIPS]

# What a firmware that knows no extended commands does with one, and what isp says then
UNKNOWN = [('no-extended-command', 'it refuses them'), ('zero-extended-command', 'its answer is empty'),
           ('lost-extended-command', 'no answer')]
CDBS = Group('family-cdbs', lambda s: s.config(
    controllers=[Controller('isp12160', props={name: 'on'}) for name, _ in UNKNOWN] +
                [Controller('isp1080')],
    disks=[Disk(bus=n, target=1, size='16M') for n in range(len(UNKNOWN) + 1)]), needs=NEEDS)
GROUPS.append(CDBS)


def loads_within(vm, seconds):
    """isp is loaded in so many seconds; return what the log says of it."""
    vm.guest('dmesg -C')
    started = vm.clock()
    ISP.load(vm)
    check(vm.clock() - started < seconds * vm.kernel.slowness, 'loading isp took long')
    return log_of(vm)


@CDBS.test
def long_cdbs(vm):
    """Firmware that takes no long CDBs gets none from the midlayer, and nothing waits or is reset."""
    vm.expect_guest_error('request of unknown type')
    log = loads_within(vm, 15)
    for _, why in UNKNOWN:
        same(len(re.findall(f'no CDBs of more than 12 bytes.*{why}', log)), 1, f'lines: {why}\n{log}')
    same(len(re.findall('no CDBs of more', log)), len(UNKNOWN), 'lines about CDBs')
    check(not re.search('restart|(bus|LUN|target|host) reset|skipped|refused', log), f'trouble:\n{log}')
    for n, host in enumerate(sorted(hosts(vm))):
        device = '/dev/' + devices(vm, host)[1, 0][2]
        vm.guest(f'sg_readcap {device}')
        long = vm.guest(f'sg_raw -r 32 {device} 9e 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00',
                        check=False).status == 0
        same(long, n == len(UNKNOWN), f'READ CAPACITY(16) on host {host}')
    same(errors_in_log(vm), [], 'error lines in the kernel log')
    ISP.unload(vm)


# What may happen to the command that tries an extended command out
PROBES = {'restarts': 'system-error,target=15', 'answers': 'complete,status=0x14,target=15,count=0',
          'disabled': 'drop-completion,target=15,count=0', 'reset': 'bus-reset,target=15'}
PROBE = Group('family-probe', lambda s: s.config(
    controllers=[Controller('isp12160', id=name, props={'nvram': nvram_image_1080(
        s.scratch(name), (7, 7), disabled=(15,) if name == 'disabled' else ())}) for name in PROBES],
    disks=[Disk(bus=n, target=1, size='16M') for n in range(len(PROBES))]), needs=NEEDS)
GROUPS.append(PROBE)


@PROBE.test
def long_cdbs_stay(vm):
    """Long CDBs stay usable if the chip restarts during the trial, or its id is disabled or has a device."""
    for name, fault in PROBES.items():
        vm.fault(fault, name)
    vm.guest('dmesg -C')
    ISP.load(vm)
    log = log_of(vm)
    check('no CDBs of more than 12 bytes' not in log, log)
    for host in hosts(vm):
        vm.guest(f'sg_raw -r 32 /dev/{devices(vm, host)[1, 0][2]} '
                 '9e 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00')
    for name in PROBES:
        same(vm.counters(name)['faults'] > 0, name != 'disabled', f'the fault of {name} has met its command')
        vm.fault('', name)
    ISP.unload(vm)


# Chips whose rings are not what they seem, with a disk each
RINGS = Group('family-rings', lambda s: s.config(
    controllers=[Controller('isp1040', id='wraps', props={'wrap-request': 256, 'wrap-response': 64}),
                 Controller('isp1240', id='slow', props={'marker-ms': 370}),
                 Controller('isp12160', id='latched', props={'latched-pointers': 'on'}),
                 Controller('isp1080', id='low', props={'queue-luns': 8, 'no-disconnect': 8})],
    disks=[Disk(bus=n, target=3, size='16M') for n in range(4)] + [Disk(bus=3, target=4, size='16M')]),
              needs=NEEDS)
GROUPS.append(RINGS)


@RINGS.test
def start(vm):
    """Each chip starts soon, and the log says once what it lacks."""
    vm.expect_guest_error('request producer outside its ring')
    log = loads_within(vm, 30)
    for text, count in (('the chip did not go round the long ones in time', 2),
                        ('firmware sets no queue depth for LUN 8', 1),
                        ('refused|skipped|restarting|attach:|no CDBs', 0)):
        same(len(re.findall(text, log)), count, f'lines with "{text}"\n{log}')


@RINGS.test
def data(vm):
    """I/O on all at once; a ring that wraps early is found, hidden pointers do no harm."""
    vm.expect_guest_error('(request producer|response consumer) outside its ring')
    ISP.load(vm)
    disks = ['/dev/' + name for host in hosts(vm) for _, name, _ in devices(vm, host).values()]
    same(len(disks), 5, 'disks')
    vm.guest('dmesg -C')
    vm.fault('event,code=0x8005,ms=20,count=100', 'latched')
    jobs = ' '.join(f'--name=d{n} --filename={disk}' for n, disk in enumerate(disks))
    vm.guest('fio --rw=randrw --bsrange=4k-64k --blockalign=4k --size=16M --ioengine=libaio --direct=1 '
             f'--iodepth=32 --verify=crc32c --verify_fatal=1 --output=/tmp/fio {jobs}', timeout=300)
    log = log_of(vm)
    same(len(re.findall('restarting', log)), 1, f'restarts\n{log}')
    check('wraps the response ring before its end' in log, f'no early wrap\n{log}')
    check(not re.search('skipped|I/O error', log), f'trouble:\n{log}')
    check(vm.counters('latched')['faults'] >= 10, 'hardly an event during the load')
    ISP.unload(vm)


def card_image(settings, name, *changes):
    """A file with 256 bytes for an EEPROM, with these (offset, value) changes; not valid without any."""
    image = bytearray(256)
    if changes:
        image[0:5] = b'ISP \1'
    for offset, value in changes:
        image[offset] = value
    image[255] = -sum(image) & 0xff
    path = settings.scratch(name)
    with open(path, 'wb') as f:
        f.write(image)
    return path


# PCI device: CONF1, GPIO enable and data that isp must set, from the cards' EEPROMs; and does it enable
# PERR and SERR?
CARDS = {'0x1216': (0x2044, 0x8f, 0x0f, False), '0x1080': (0x0020, 0x8f, 0x05, True),
         '0x1240': (0x2044, 0x8f, 0x8f, True), '0x1020': (0x0034, 0, 0x0f, True)}
CARD = Group('family-card', lambda s: s.config(controllers=[
    Controller('isp12160'), Controller('isp1080', props={
        'nvram': card_image(s, 'no-bursts', (16, 0x20), (17, 0x05))}),
    Controller('isp1240', props={'nvram': card_image(s, 'no-card')}), Controller('isp1040')]), needs=NEEDS)
GROUPS.append(CARD)
PCI = '/sys/bus/pci/devices'
PERR_SERR = 0x0140


def peek(vm, address):
    """Read a register of a card as the processor would."""
    text = vm.qmp('human-monitor-command', **{'command-line': f'xp /1hx {address:#x}'})
    return int(text.split(':')[1], 16)


@CARD.test
def registers(vm):
    """What depends on the chip: DMA arbitration, FIFO threshold, bursts, terminators, error reporting."""
    for chip in chips(vm):
        vm.guest(f'printf "\\003\\000" | dd of={PCI}/{chip}/config bs=1 seek=4 conv=notrunc')
    ISP.load(vm)
    found = {}
    for chip in chips(vm):
        device, command, bar = vm.guest(
            f'cd {PCI}/{chip}; echo $(cat device) $(od -An -tx2 -j4 -N2 config) '
            '$(sed -n "2s/ .*//p" resource)').text.split()
        reporting = int(command, 16) & PERR_SERR
        found[device] = tuple(peek(vm, int(bar, 16) + reg) for reg in (0x06, 0xce, 0xcc)) + (
            reporting == PERR_SERR if reporting in (0, PERR_SERR) else None,)
    same(found, CARDS, 'CONF1, GPIO enable, GPIO data, PERR and SERR')
    ISP.unload(vm)


# As strict as silicon may be, and all at once
STRICT_PROPS = {
    'plain-interrupt': 'on', 'plain-mailbox': 'on', 'no-extended-command': 'on',
    'no-firmware-status': 'on', 'sram-survives': 'on', 'abort-order': 3, 'max-ring': 256,
    'strict-timing': 'on', 'latched-pointers': 'on', 'queue-luns': 8, 'marker-ms': 370}
# All but the one that every boot would complain of
IO_STRICT_PROPS = {k: v for k, v in STRICT_PROPS.items() if k != 'no-extended-command'}


def strict_config(settings):
    """A strict chip, and behind its second bus a disk that can be slowed down."""
    slow = {'driver': 'throttle', 'throttle-group': 'slow',
            'file': {'driver': 'null-co', 'size': 1 << 24, 'read-zeroes': True}}
    return settings.config(
        controllers=[Controller('isp12160', props=STRICT_PROPS)],
        extra=['-object', 'throttle-group,id=slow'],
        disks=disks_of(2) + [Disk(channel=1, target=4, backend=slow)])


GROUPS.append(io_group(ISP, 'family-io-strict', NEEDS, only=DATA,
                       controllers=[Controller('isp12160', props=IO_STRICT_PROPS)]))

STRICT = Group('family-strict', strict_config, needs=NEEDS)
GROUPS.append(STRICT)


@STRICT.test
def aborts_one_command(vm):
    """The chip wants the halves of a handle in the other order than isp tries first."""
    vm.expect_guest_error('request of unknown type')
    vm.guest('dmesg -C')
    ISP.load(vm)
    # The throttle lets the first block pass at full speed.
    vm.qmp('qom-set', path='/objects/slow', property='limits', value={'bps-read': 512 // 6})
    vm.guest(f'dd if={block(vm, 20)} of=/dev/null bs=512 count=1 iflag=direct')
    said = vm.guest(f'sg_raw -t 3 -r 512 {generic(vm, 20)} 28 00 00 00 00 00 00 00 01 00 2>&1',
                    check=False, timeout=60).text
    vm.qmp('qom-set', path='/objects/slow', property='limits', value={'bps-read': 0})
    check('DID_TIME_OUT' in said, said)
    log = log_of(vm)
    check(not re.search('(bus|LUN|target|host) reset|restart', log), f'an abort was not enough:\n{log}')
    ISP.unload(vm)


@STRICT.test
def isp(vm):
    """A chip that knows less and keeps less than ours usually does; commands of 12 bytes are enough."""
    vm.expect_guest_error('request of unknown type')
    isp_moves_data(vm, '12160', 2)
