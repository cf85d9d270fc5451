# SPDX-License-Identifier: GPL-2.0
"""Targets, cards and hosts that are not ideal: isp and scsa keep to their part, and others keep theirs."""

from io_tests import not_built
from lib import ISP, Controller, Disk, Group, block, check, devices, disarm, host_number, log_of, \
    nvram_image, same

BUILT = not_built('isp')
GROUPS = []


def group(name, configure, **values):
    """A group of this file."""
    made = Group(name, configure, needs=BUILT, **values)
    GROUPS.append(made)
    return made


def verified(vm, *disks, depth=8, size='1M', check_status=True):
    """Write with checksums to all these disks at once, then read and verify; return fio's status."""
    jobs = ' '.join(f'--name=on{d.replace("/", "-")} --filename={d}' for d in disks)
    return vm.guest(f'fio --rw=randwrite --bsrange=4k-64k --blockalign=4k --size={size} '
                    f'--ioengine=libaio --direct=1 --iodepth={depth} --verify=crc32c '
                    f'--verify_fatal=1 --do_verify=1 --output-format=terse {jobs} >/tmp/fio 2>&1 || '
                    '{ s=$?; tail -c 2000 /tmp/fio; (exit $s); }', timeout=300,
                    check=check_status).status


def queues(vm, target):
    """(queue_type, queue_depth) of a target's LUN 0."""
    found = vm.guest(f'cd /sys/bus/scsi/devices/{host_number(vm)}:0:{target}:0; '
                     'cat queue_type queue_depth').text.split()
    return found[0], int(found[1])


DEPTH = 16
# Bits of the EEPROM's flag byte: disconnection 0x80, tags 0x08.
FLAGS = {1: 0x7d, 2: 0x00, 3: 0xf5, 4: 0xff}


def odd_card(settings):
    """A card whose settings differ from target to target, and that disables one of them."""
    image = nvram_image(settings.scratch('odd-card'), depth=DEPTH, flags=FLAGS, disabled=(6,))
    return settings.config(controllers=[Controller(id='isp0', props={'nvram': image})],
                           disks=[Disk(target=t, size='16M') for t in (0, 1, 2, 3, 4, 6)])


SETTINGS = group('citizen-settings', odd_card, before=ISP.load)


@SETTINGS.test
def flag_bytes(vm):
    """A target has tags only where the card allows both tags and disconnection; each disk works."""
    same(set(devices(vm)), {(t, 0) for t in (0, 1, 2, 3, 4)}, 'disks')
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
