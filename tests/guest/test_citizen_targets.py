# SPDX-License-Identifier: GPL-2.0
"""Targets, buses and cards in trouble: those in trouble pay for it, the others go on."""

from checking import check, log_of, same
from devices import ISP, block, generic, host_number
from qemu import Controller, Disk
from runner import Group, not_built

BUILT = not_built('isp')
GROUPS = []
QUICK = ISP.having('reset_delay=100')


def group(name, configure, **values):
    """A group of this file."""
    made = Group(name, configure, needs=BUILT, **values)
    GROUPS.append(made)
    return made


def verifying(disks, size='1M', depth=8):
    """The command that writes with checksums to all these disks at once, then reads and verifies."""
    jobs = ' '.join(f'--name=on{d.replace("/", "-")} --filename={d}' for d in disks)
    return (f'fio --rw=randwrite --bsrange=4k-64k --blockalign=4k --size={size} --ioengine=libaio '
            f'--direct=1 --iodepth={depth} --verify=crc32c --verify_fatal=1 --do_verify=1 '
            f'--output-format=terse {jobs} >/tmp/fio 2>&1')


def sysfs(vm, target):
    """The folder of LUN 0 of a target."""
    return f'/sys/bus/scsi/devices/{host_number(vm)}:0:{target}:0'


def timeouts(vm, seconds, eh_seconds=1):
    """Set the time limits of all commands, and of those that error handling sends."""
    vm.guest('for d in /sys/class/scsi_device/*/device; do '
             f'echo {seconds} > $d/timeout; echo {eh_seconds} > $d/eh_timeout; done')


def four_disks(settings):
    """Four disks on one bus."""
    return settings.config(controllers=[Controller(id='isp0')],
                           disks=[Disk(target=t, size='16M') for t in range(4)])


DEAD = group('citizen-dead', four_disks)


def one_dies(vm, seconds, depth):
    """Let target 1 swallow its commands under load while the others verify; return the log."""
    good = [block(vm, t) for t in (0, 2, 3)]
    timeouts(vm, seconds)
    vm.guest('dmesg -C')
    vm.fault('drop-completion,target=1,count=0,after=10')
    status = vm.guest(
        f'fio --name=dead --filename={block(vm, 1)} --rw=randwrite --bs=4k --size=8M --direct=1 '
        f'--ioengine=libaio --iodepth={depth} >/dev/null 2>&1 & dead=$!; '
        f'while kill -0 $dead 2>/dev/null; do {verifying(good)} || exit 9; done; wait $dead',
        timeout=400, check=False).status
    vm.fault('')
    log = log_of(vm)
    check(status not in (0, 9), f'status {status}:\n{log[-3000:]}')
    check('taken offline' not in log, log[-3000:])
    vm.guest(verifying(good), timeout=200)
    return log


@DEAD.test
def others_go_on(vm):
    """A dead target is given up and named, and the others keep their I/O; a new scan forgives it."""
    for seconds, depth in ((1, 1), (2, 16), (5, 64)):
        QUICK.load(vm)
        disk = sysfs(vm, 1)
        started = vm.clock()
        log = one_dies(vm, seconds, depth)
        print(f'# {seconds} s, depth {depth}: {vm.clock() - started:.1f} s, '
              f'{log.count("restarting the chip")} restarts')
        check('bus 0: target 1 keeps losing commands' in log, log[-3000:])
        check('target 2 keeps' not in log and 'target 0 keeps' not in log, log[-3000:])
        same(vm.guest(f'cat {disk}/state').text.strip(), 'offline', 'state of the dead disk')
        before = vm.counters()['commands']
        vm.guest(f'echo running > {disk}/state; sg_turs {generic(vm, 1)}', check=False)
        same(vm.counters()['commands'], before, 'commands on the bus, the last for the dead disk')
        vm.guest(f'echo 1 > {disk}/delete; echo "0 1 -" > /sys/class/scsi_host/host{host_number(vm)}/scan; '
                 'settle')
        vm.guest(verifying([block(vm, 1)]), timeout=200)
        ISP.unload(vm)


@DEAD.test
def host_reset_forgives(vm):
    """A host reset by hand gives the target another chance."""
    QUICK.load(vm)
    one_dies(vm, 1, 4)
    vm.guest(f'sg_reset -H -N {block(vm, 0)}; echo running > {sysfs(vm, 1)}/state', timeout=100)
    vm.guest(verifying([block(vm, 1)]), timeout=200)
    ISP.unload(vm)
