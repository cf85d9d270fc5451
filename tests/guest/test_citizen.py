# SPDX-License-Identifier: GPL-2.0
"""Targets, cards and hosts that are not ideal: isp and scsa keep to their part, and others keep theirs."""

from checking import check, log_of, same
from devices import ISP, QLA1280, block, chips, devices, host_number, hosts
from images import firmware, nvram_image
from qemu import Controller, Disk
from runner import grouper

GROUPS = []
group = grouper(GROUPS)


def verifying(disks, size='1M', depth=8):
    """The command that writes with checksums to all these disks at once, then reads and verifies."""
    jobs = ' '.join(f'--name=on{d.replace("/", "-")} --filename={d}' for d in disks)
    return (f'fio --rw=randwrite --bsrange=4k-64k --blockalign=4k --size={size} --ioengine=libaio '
            f'--direct=1 --iodepth={depth} --verify=crc32c --verify_fatal=1 --do_verify=1 '
            f'--output-format=terse {jobs} >/tmp/fio 2>&1')


def verified(vm, *disks, depth=8, size='1M', check_status=True):
    """Run that command; return fio's status."""
    return vm.guest(f'{verifying(disks, size, depth)} || '
                    '{ s=$?; tail -c 2000 /tmp/fio; (exit $s); }', timeout=300,
                    check=check_status).status


def queues(vm, target):
    """(queue_type, queue_depth) of a target's LUN 0."""
    found = vm.guest(f'cd /sys/bus/scsi/devices/{host_number(vm)}:0:{target}:0; '
                     'cat queue_type queue_depth').text.split()
    return found[0], int(found[1])


DEPTH = 16
# A target that says it takes tags, and rejects the message.
NO_TAGS = 11
# Bits of the EEPROM's flag byte: disconnection 0x80, tags 0x08.
FLAGS = {1: 0x7d, 2: 0x00, 3: 0xf5, 4: 0xff}


def odd_card(settings):
    """A card whose settings differ from target to target, and that disables one of them."""
    image = nvram_image(settings.scratch('odd-card'), depth=DEPTH, flags=FLAGS, disabled=(6,))
    return settings.config(controllers=[Controller(id='isp0', props={'nvram': image, 'no-tags': 1 << NO_TAGS})],
                           disks=[Disk(target=t, size='16M') for t in (0, 1, 2, 3, 4, 6)] + [
                               # The midlayer asks a SCSI-2 disk for no page before it has tags.
                               Disk(target=7 + n, size='16M', props={'scsi_version': 2})
                               for n in range(1, 5)])


SETTINGS = group('citizen-settings', odd_card, before=ISP.load)


@SETTINGS.test
def flag_bytes(vm):
    """A target has tags only where the card allows both tags and disconnection; each disk works."""
    same(set(devices(vm)), {(t, 0) for t in (0, 1, 2, 3, 4, 8, 9, 10, NO_TAGS)}, 'disks')
    for target in range(5):
        tags = FLAGS.get(target, 0xfd) & 0x88 == 0x88
        kind, depth = queues(vm, target)
        same(kind, 'simple' if tags else 'none', f'queue type of target {target}')
        check(depth > 1 if tags else depth == 1, f'target {target} has depth {depth}')
    verified(vm, *(block(vm, t) for t in range(5)))


@SETTINGS.test
def disabled_target(vm):
    """The log names the target that the card disables, once."""
    same(log_of(vm).count('target 6 is disabled'), 1, 'lines')


@SETTINGS.test
def alignment(vm):
    """A disk whose commands carry more than the block layer sends states no optimal size to align to."""
    queue = f'/sys/block/{block(vm, 0)[5:]}/queue'
    same(vm.guest(f'cat {queue}/optimal_io_size {queue}/minimum_io_size').text.split(), ['0', '512'],
         'optimal_io_size, minimum_io_size')


@SETTINGS.test
def depth_of_the_card(vm):
    """The card's own queue depth limits the midlayer's: the chip refuses no command."""
    same(queues(vm, 0), ('simple', DEPTH), 'queue of target 0')
    disk = f'/sys/bus/scsi/devices/{host_number(vm)}:0:0:0'
    vm.guest(f'echo 64 > {disk}/queue_depth', check=False)
    same(queues(vm, 0), ('simple', DEPTH), 'queue of target 0 after a request for 64')
    before = vm.counters()['commands']
    vm.guest(f'fio --name=r --filename={block(vm, 0)} --rw=randread --bs=4k --direct=1 '
             '--ioengine=libaio --iodepth=64 --number_ios=600 >/dev/null', timeout=200)
    found = vm.counters()['commands'] - before
    check(found < 700, f'{found} commands for 600 I/Os')


@SETTINGS.test
def task_set_full(vm):
    """The depth falls while a target is full, and rises again."""
    disk = f'/sys/bus/scsi/devices/{host_number(vm)}:0:0:0'
    vm.guest(f'echo 8 > {disk}/queue_depth')
    vm.fault('queue-full,target=0,rate=500,count=0')
    vm.guest(f'fio --name=r --filename={block(vm, 0)} --rw=randread --bs=4k --direct=1 '
             '--ioengine=libaio --iodepth=16 --time_based --runtime=600 >/dev/null 2>&1 & '
             f'for n in $(seq 600); do [ $(cat {disk}/queue_depth) -lt 8 ] && break; sleep 0.1; done',
             timeout=200)
    low = queues(vm, 0)
    vm.fault('')
    vm.guest(f'echo 10 > {disk}/queue_ramp_up_period; '
             f'for n in $(seq 600); do [ $(cat {disk}/queue_depth) -eq 8 ] && break; sleep 0.1; done; '
             'kill $(pidof fio); wait', timeout=200, check=False)
    check(low[1] < 8, f'the depth stays {low[1]}')
    same(queues(vm, 0), ('simple', 8), 'queue of target 0 afterwards')


@SETTINGS.test
def tags_refused(vm):
    """A target that refuses tags, now or from the start, goes on without them; the others keep theirs."""
    ISP.unload(vm)
    vm.guest('dmesg -C')
    # The chip's own settings, the message, a bus free, a message reject.
    for target, status in ((8, 0x16), (9, 0x14), (10, 0x0f)):
        vm.fault(f'complete,status={status},target={target},opcode=0')
    ISP.load(vm)
    vm.fault('complete,status=0x1a,target=4,count=3')
    verified(vm, *(block(vm, t) for t in (0, 4, 8, 9, 10, NO_TAGS)))
    for target in (4, 8, 9, 10, NO_TAGS):
        same(queues(vm, target), ('none', 1), f'queue of target {target}')
    same(queues(vm, 0), ('simple', DEPTH), 'queue of target 0')
    same(log_of(vm).count('refuses tags'), 5, 'lines')
    # A target whose tags have worked keeps them after a bad moment.
    vm.fault('complete,status=0x14,target=0,count=2')
    verified(vm, block(vm, 0))
    same(queues(vm, 0), ('simple', DEPTH), 'queue of target 0 after a bus free')


LUNS = group('citizen-luns', lambda s: s.config(
    controllers=[Controller(id='isp0')], modules=['qla1280'],
    # The midlayer itself looks at no LUN of a SCSI-2 target beyond a gap.
    disks=[Disk(target=0, lun=n, size='16M') for n in (0, 1, 2, 9, 30)] + [
        Disk(target=1, lun=n, size='16M') for n in (0, 7, 8, 31)] + [
        Disk(target=2, lun=n, size='16M', props={'scsi_version': 2}) for n in (0, 1, 10)],
    files=[firmware(s.build)]))


@LUNS.test
def luns_beyond_the_chip(vm):
    """The midlayer finds every LUN that the chip can address, with REPORT LUNS and without."""
    within = {(0, 0), (0, 1), (0, 2), (1, 0), (1, 7), (2, 0), (2, 1)}
    vm.guest('dmesg -C')
    ISP.load(vm)
    same(set(devices(vm)), within, 'LUNs')
    log = log_of(vm)
    for target in (0, 1):
        same(log.count(f'target {target}: LUN '), 1, f'lines on target {target}:\n{log}\n')
    check('scan aborted' not in log, log)
    verified(vm, *(block(vm, *address) for address in ((0, 2), (1, 7), (2, 1))))
    ISP.unload(vm)


@LUNS.test
def luns_of_the_peer(vm):
    """qla1280 finds the same."""
    QLA1280.load(vm)
    found = {address for address in devices(vm) if address[1] < 8}
    same(found, {(0, 0), (0, 1), (0, 2), (1, 0), (1, 7), (2, 0), (2, 1)}, 'LUNs')
    QLA1280.unload(vm)


FOREIGN = group('citizen-foreign', lambda s: s.config(
    controllers=[Controller(id='isp0', props={
        'nvram': nvram_image(s.scratch('megaraid'), subvendor=0x101e)})],
    disks=[Disk(target=0, size='16M')]))


@FOREIGN.test
def megaraid_is_not_touched(vm):
    """The chip of a RAID controller is not enabled, and its bus mastering stays as it was."""
    card, = chips(vm)
    device = f'/sys/bus/pci/devices/{card}'
    # As the RAID controller's firmware has left it.
    vm.guest(f"printf '\\7\\0' | dd of={device}/config bs=1 seek=4 conv=notrunc 2>/dev/null")
    before = vm.counters()
    vm.guest('modprobe isp')
    same(vm.guest(f'cat {device}/enable; od -An -tx1 -j4 -N2 {device}/config').text.split(),
         ['0', '07', '00'], 'enabled, command register')
    same(hosts(vm), {}, 'hosts')
    after = vm.counters()
    same([after[n] - before[n] for n in ('reg-reads', 'reg-writes')], [0, 0], 'register accesses')
    check(f'{card}: left alone: part of another controller' in log_of(vm), log_of(vm))
    vm.guest('rmmod isp')
