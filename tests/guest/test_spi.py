# SPDX-License-Identifier: GPL-2.0
"""What parallel buses negotiate: careful at first, as sysfs says, within limits, lowered on failure."""

from checking import check, log_of, same
from devices import ISP, block, devices, generic, host_number, hosts
from images import host_bytes, nvram_image, nvram_image_1080
from qemu import Controller, Disk
from ramhba import RAMHBA, ramhba_machine
from runner import Suite, grouper
from test_citizen import queues, verified

GROUPS = []
group = grouper(GROUPS)

# Targets by what they can do: all, the same without a promise in INQUIRY, no wide transfers though
# promised, no negotiation at all though promised, no synchronous transfers though promised
ABLE, SHY, NARROW, REJECTS, ASYNC = 0, 1, 3, 4, 5
TARGETS = (ABLE, SHY, NARROW, REJECTS, ASYNC)
WIDE, SYNC, TAGS, PPR = 0x2000, 0x1000, 0x0800, 0x0020  # flags of TARGET PARAMETERS
# The transfer period factors that are not multiples of 4 ns, in ns as the kernel prints them
FACTORS = {9: '12.5', 10: '25', 11: '30.3', 12: '50'}
# chip: (period factor of its fastest single transitions, largest offset, its bus)
CHIPS = {'isp1040': (12, 8, 'SE'), 'isp12160': (10, 14, 'LVD')}
# What they do at best with a target that promises wide and DT transfers: flags, offset, period, options
BEST = {'isp1040': (WIDE | SYNC, 8, 12, 0), 'isp12160': (WIDE | SYNC | PPR, 14, 9, 2)}


def machine(chip):
    """A controller with such targets."""
    return lambda s: s.config(
        controllers=[Controller(chip, id='isp0', props={
            'narrow': 1 << NARROW, 'rejects-wdtr': 1 << REJECTS, 'rejects-sdtr': 1 << REJECTS,
            'rejects-ppr': 1 << REJECTS, 'async': 1 << ASYNC,
            'says-wide': 1 << ABLE | 1 << NARROW | 1 << REJECTS})],
        disks=[Disk(target=t, size='16M') for t in TARGETS])


def attribute(vm, target, name):
    """The file of a target of the first bus."""
    return f'/sys/class/spi_transport/target{host_number(vm)}:0:{target}/{name}'


def shown(vm, target):
    """What sysfs says of a target: {attribute: text}, without those that its INQUIRY data rules out."""
    folder = attribute(vm, target, '')
    out = vm.guest(f'cd {folder}; for f in *; do [ -f $f ] && [ $f != revalidate ] && '
                   '[ $f != uevent ] && echo $f $(cat $f); done; true').text
    return dict(line.split(None, 1) for line in out.splitlines())


def ask(vm, target, **values):
    """Write these attributes, then have a command negotiate."""
    for name, value in values.items():
        vm.guest(f'echo {value} > {attribute(vm, target, name)}')
    vm.guest(f'sg_turs {generic(vm, target)}')


def agreement(vm, target, card='isp0'):
    """(flags, offset, period, PPR options) that chip and target have agreed on, from the chip."""
    for line in vm.get(card, 'transfers').splitlines():
        bus, number, flags, sync, ppr, state = line.split()
        if (int(bus), int(number)) == (0, target):
            same(state, 'agreed', f'target {target}')
            sync = int(sync, 16)
            return int(flags, 16), sync >> 8, sync & 0xff, int(ppr, 16) >> 8
    raise AssertionError(f'no target {target}')


def as_agreed(vm, target):
    """sysfs says what the chip has agreed on; return that."""
    flags, offset, period, options = found = agreement(vm, target)
    says = shown(vm, target)
    same(says.get('width', '0'), '1' if flags & WIDE else '0', f'width of target {target}')
    same(says['offset'], str(offset), f'offset of target {target}')
    same(says.get('dt', '0'), '1' if options & 2 else '0', f'dt of target {target}')
    if offset:
        same(says['period'], FACTORS.get(period) or str(4 * period), f'period of target {target}')
    same(bool(flags & SYNC), offset > 0, 'synchronous')
    return found


def best_of(agreed):
    """The same without the flags that say nothing of how data moves."""
    return (agreed[0] & (WIDE | SYNC | PPR), *agreed[1:])


def reload(vm, limits='', validate=0):
    """Load isp, and scsa with these parameters."""
    vm.guest(f'modprobe -r isp; modprobe -r scsa; dmesg -C; '
             f'modprobe scsa validate={validate} spi_limits={limits}')
    ISP.load(vm)


def moves_data(vm, target):
    """Verified I/O, and what is written is on the image."""
    disk = block(vm, target)
    verified(vm, disk)
    vm.guest(f'yes {target} | dd of={disk} bs=64k count=1 seek=16 iflag=fullblock oflag=direct')
    image, = (d for d in vm.config.disks if d.target == target)
    want = (f'{target}\n' * 65536).encode()[:65536]
    check(host_bytes(image, 1 << 20, 65536) == want, f'target {target}: other data on the disk')


SPI = Suite()
SPI_1040 = group('spi-isp1040', machine('isp1040'))
SPI_12160 = group('spi-isp12160', machine('isp12160'))


@SPI.test
def as_inquiry_says(vm, chip):
    """A target is raised to what INQUIRY promises, as far as chip and target go along."""
    fastest, most, signalling = CHIPS[chip]
    reload(vm)
    same(set(devices(vm)), {(t, 0) for t in TARGETS}, 'disks')
    same(best_of(as_agreed(vm, ABLE)), BEST[chip], 'a target that can do all')
    for target in (SHY, NARROW):
        same(best_of(as_agreed(vm, target)), (SYNC, most, fastest, 0), f'target {target}')
    check(as_agreed(vm, ABLE)[0] & TAGS, 'no tags')
    same(as_agreed(vm, ASYNC)[1], 0, 'offset of the asynchronous target')
    same(vm.guest('cat /sys/class/spi_host/host*/signalling').text.strip(), signalling, 'signalling')
    for target in (ABLE, ASYNC):
        moves_data(vm, target)


@SPI.test
def as_set(vm, chip):
    """Values written to sysfs are used, up to what chip and target can do; data stays right."""
    fastest, most, _ = CHIPS[chip]
    reload(vm)
    ask(vm, ABLE, dt=0, period=100)
    same(best_of(as_agreed(vm, ABLE)), (WIDE | SYNC, most, 25, 0), 'slower')
    ask(vm, ABLE, width=0, offset=4)
    same(best_of(as_agreed(vm, ABLE)), (SYNC, 4, 25, 0), 'narrow')
    moves_data(vm, ABLE)
    ask(vm, ABLE, offset=200, period=1)
    same(best_of(as_agreed(vm, ABLE)), (SYNC, most, fastest, 0), 'beyond the limits')
    ask(vm, ABLE, width=1, period=1, dt=1)
    same(best_of(as_agreed(vm, ABLE)), BEST[chip], 'all that is possible')
    moves_data(vm, ABLE)
    ask(vm, ABLE, offset=0)
    same(as_agreed(vm, ABLE)[1], 0, 'offset')
    ask(vm, NARROW, width=1)
    same(best_of(as_agreed(vm, NARROW)), (SYNC, most, fastest, 0), 'the narrow target')
    same(best_of(as_agreed(vm, SHY)), (SYNC, most, fastest, 0), 'another target')


@SPI.test
def lowered(vm, chip):
    """A target that rejects messages works; no command fails, and none is repeated again and again."""
    reload(vm)
    log = log_of(vm)
    for what in ('wide', 'synchronous'):
        same(log.count(f'target 4: {what} negotiation failed'), 1, f'lines about {what}')
    check(log.index('0:0:4:0: Direct-Access') < log.index('negotiation failed'),
          'something was negotiated before INQUIRY was answered')
    before = vm.counters()['commands']
    vm.guest(f'sg_turs -n 20 {generic(vm, REJECTS)}')
    same(vm.counters()['commands'] - before, 20, 'commands for 20 TEST UNIT READY')
    ask(vm, REJECTS, width=1, offset=8, period=100)
    vm.guest(f'sg_reset -H {generic(vm, REJECTS)}')
    moves_data(vm, REJECTS)
    same(log_of(vm).count('negotiation failed'), 2, 'lines in the log')
    says = shown(vm, REJECTS)
    same((says['width'], says['offset']), ('0', '0'), 'sysfs')
    check('I/O error' not in log_of(vm), log_of(vm)[-3000:])


@SPI.test
def after_a_reset(vm, chip):
    """A host reset starts the chip again: it agrees on the same as before."""
    reload(vm)
    ask(vm, ABLE, dt=0, period=100)
    before = {t: as_agreed(vm, t) for t in (ABLE, NARROW, ASYNC)}
    vm.guest(f'sg_reset -H {generic(vm, ABLE)}')
    for target in before:
        vm.guest(f'dd if={block(vm, target)} of=/dev/null bs=4k count=1 iflag=direct')
    same({t: as_agreed(vm, t) for t in before}, before, 'agreements')
    same(queues(vm, ABLE)[0], 'simple', 'tags')


@SPI.test
def refused(vm, chip):
    """Parameters that the chip refuses are sent again once; if it refuses them twice, the old ones stay."""
    fastest, _, _ = CHIPS[chip]
    reload(vm)
    ask(vm, ABLE, dt=0, period=50)
    vm.fault('fail-mailbox,command=0x38')
    ask(vm, ABLE, period=100)
    same(as_agreed(vm, ABLE)[2], 25, 'period after one refusal')
    check('refused its parameters' not in log_of(vm), log_of(vm)[-3000:])
    vm.fault('fail-mailbox,command=0x38,count=2')
    ask(vm, ABLE, period=200)
    same(as_agreed(vm, ABLE)[2], 25, 'period after two')
    same(log_of(vm).count('refused its parameters'), 1, 'lines')
    ask(vm, ABLE, period=200)
    same(as_agreed(vm, ABLE)[2], 50, 'period when the chip takes it')
    moves_data(vm, ABLE)


@SPI.test
def limited(vm, chip):
    """The parameter spi_limits keeps cards and targets below what they can do."""
    fastest, most, _ = CHIPS[chip]
    reload(vm, 'isp0:fast+narrow,isp0.1:notags,isp0.4:async+narrow,isp1:slow')
    ask(vm, ABLE, width=1, period=1, offset=200)
    same(best_of(as_agreed(vm, ABLE)), (SYNC, most, 25, 0), 'target 0')
    same(shown(vm, ABLE)['max_width'], '0', 'max_width')
    same(queues(vm, SHY)[0], 'none', 'tags of target 1')
    same(as_agreed(vm, SHY)[2], fastest, 'period of target 1')
    check('negotiation failed' not in log_of(vm), log_of(vm)[-3000:])
    for target in (ABLE, SHY, REJECTS):
        moves_data(vm, target)
    reload(vm, 'isp0.0:quick,isp0.x:slow,isp0,isp0.1:slow')
    same(log_of(vm).count('parameter spi_limits: cannot use'), 3, 'warnings')
    same(as_agreed(vm, SHY)[2], 50, 'period of target 1')


@SPI.test
def validated(vm, chip):
    """Domain validation, when targets are found and on demand, ends where INQUIRY leads."""
    fastest, most, _ = CHIPS[chip]
    reload(vm, validate=1)
    same(log_of(vm).count('Ending Domain Validation'), len(TARGETS), 'validations')
    same(best_of(as_agreed(vm, ABLE)), BEST[chip], 'a target that can do all')
    for target in (SHY, NARROW):
        same(best_of(as_agreed(vm, target)), (SYNC, most, fastest, 0), f'target {target}')
    same(as_agreed(vm, ASYNC)[1], 0, 'offset of the asynchronous target')
    for target in (ABLE, REJECTS):
        moves_data(vm, target)
    ask(vm, ABLE, offset=0)
    vm.guest(f'echo 1 > {attribute(vm, ABLE, "revalidate")}')
    same(best_of(as_agreed(vm, ABLE)), BEST[chip], 'after another validation')
    ISP.unload(vm)


SPI.bind(SPI_1040, chip='isp1040')
SPI.bind(SPI_12160, chip='isp12160')


# Cards that differ in what their settings or registers say: period, PPR that a target comes to
CARDS = {'narrow': (10, False), 'wide': (9, True), 'ultra': (12, False), 'fast': (25, False),
         'slow': (25, False)}


def odd_cards(settings):
    """An ISP12160 without and with wide PPR, a 1020A with Ultra and without, a 1040 whose clock is slow."""
    def image(name, **values):
        return {'nvram': nvram_image(settings.scratch(name), **values), 'says-wide': 1}

    def image_1080(name, **values):
        return {'nvram': nvram_image_1080(settings.scratch(name), (7, 7), **values), 'says-wide': 1}
    return settings.config(
        controllers=[Controller('isp12160', id='narrow', props=image_1080('narrow', ppr=0x82)),
                     Controller('isp12160', id='wide', props=image_1080('wide')),
                     Controller('isp1020', id='ultra', props={**image('ultra'), 'ultra': 'on'}),
                     Controller('isp1020', id='fast', props=image('fast')),
                     Controller('isp1040', id='slow', props=image('slow', clock_60=False))],
        disks=[Disk(bus=n, target=0, size='16M') for n in range(len(CARDS))])


SPI_CARDS = group('spi-cards', odd_cards)


@SPI_CARDS.test
def settings_of_cards(vm):
    """Width of PPR, the bit that says Ultra, and the clock of the card limit what targets are asked for."""
    reload(vm)
    for host in hosts(vm):
        vm.guest(f'sg_turs /dev/{devices(vm, host)[0, 0][2]}')
    found = {}
    for card in CARDS:
        flags, _, period, _ = agreement(vm, 0, card)
        found[card] = period, bool(flags & PPR)
        check(flags & WIDE, f'{card} is narrow')
    same(found, CARDS, 'period, PPR')
    ISP.unload(vm)


def ram_group(name, inquiry):
    """A driver without our hook, which publishes capabilities and properties."""
    made = ramhba_machine(name, RAMHBA.having(f'spi={inquiry}'))
    GROUPS.append(made)
    return made


RAM_WIDE = ram_group('spi-ram-wide', 0x30)
RAM_NARROW = ram_group('spi-ram-narrow', 1)


@RAM_WIDE.test
def raised(vm):
    """A target whose INQUIRY promises wide and synchronous transfers gets them, and keeps what is set."""
    says = shown(vm, 0)
    same((says['width'], says['offset'], says['period']), ('1', '1', '100'), 'sysfs')
    vm.guest(f'echo 0 > {attribute(vm, 0, "width")}; echo 0 > {attribute(vm, 0, "offset")}')
    says = shown(vm, 0)
    same((says['width'], says['offset']), ('0', '0'), 'sysfs')
    same(shown(vm, 1)['width'], '1', 'another target')
    RAMHBA.unload(vm)


@RAM_NARROW.test
def left_alone(vm):
    """Others are not asked."""
    same(set(shown(vm, 0)) & {'width', 'offset', 'period'}, set(), 'attributes')
    vm.guest(f'dd if={block(vm, 0)} of=/dev/null bs=4k count=1 iflag=direct')
    RAMHBA.unload(vm)
