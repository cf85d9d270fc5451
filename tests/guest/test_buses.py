# SPDX-License-Identifier: GPL-2.0
"""A card with two buses is a host with two channels: addresses, resets, and who is told of a reset."""

import re

from checking import Skip, check, log_of, same
from devices import ISP, addresses, host_number
from images import nvram_image_1080
from qemu import Controller, Disk
from runner import grouper
from test_citizen import verifying

GROUPS = []
group = grouper(GROUPS)
QUICK = ISP.having('reset_delay=100')
DISKS = {(0, 0, 0), (0, 6, 0), (1, 7, 0), (1, 9, 0)}


def two_buses(settings):
    """The initiator's id is 7 on bus 0 and 6 on bus 1. Each has a disk at the other's, and one at its own."""
    image = nvram_image_1080(settings.scratch('two-buses'), (7, 6))
    return settings.config(
        controllers=[Controller('isp12160', id='isp0', props={
            'nvram': image, 'abort-event': 'on', 'single-ended': 2, 'says-wide': 0xffffffff})],
        disks=[Disk(channel=c, target=t, size='16M') for c, t, _ in sorted(DISKS | {(0, 7, 0), (1, 6, 0)})])


BUSES = group('family-buses', two_buses, before=QUICK.load)


def node(vm, channel, target, kind='block'):
    """/dev/sdX of a disk, or with kind 'scsi_generic' its /dev/sgN."""
    folder = f'/sys/bus/scsi/devices/{host_number(vm)}:{channel}:{target}:0/{kind}'
    return '/dev/' + vm.guest(f'ls {folder}').text.strip()


def told(vm, action, wait=False):
    """The targets of which the midlayer is told, while the action runs, that they were reset.

    Also checks that it is told nothing about the bus of any other target.
    """
    if vm.guest('mount -t tracefs t /sys/kernel/tracing 2>/dev/null; test -e /sys/kernel/tracing/kprobe_events',
                check=False).status:
        raise Skip('the kernel has no probes')
    vm.guest('cd /sys/kernel/tracing; grep -q resets/ kprobe_events || {'
             " echo 'p:resets/device scsi_report_device_reset channel=%si:u32 target=%dx:u32';"
             " echo 'p:resets/bus scsi_report_bus_reset channel=%si:u32'; } >> kprobe_events; "
             'echo > trace; echo 1 > events/resets/enable')
    action()
    seen = 'grep -q channel= /sys/kernel/tracing/trace'
    vm.guest(f'for n in $(seq {50 * wait}); do {seen} && break; sleep 0.1; done; sleep 0.2')
    trace = vm.guest('cd /sys/kernel/tracing; echo 0 > events/resets/enable; cat trace').text
    found = {(int(c), int(t)) for c, t in re.findall(r'channel=(\d+) target=(\d+)', trace)}
    buses = {int(c) for c in re.findall(r'channel=(\d+)$', trace, re.M)}
    check(buses <= {c for c, _ in found}, f'buses {buses}, but targets {found}:\n{trace}')
    return found


def of_channels(*channels):
    """The disks' targets on these channels."""
    return {(c, t) for c, t, _ in DISKS if c in channels}


@BUSES.test
def own_id_of_each_bus(vm):
    """Each channel refuses its own id only, also when asked to scan it."""
    same(addresses(vm), DISKS, 'addresses')
    scan = f'/sys/class/scsi_host/host{host_number(vm)}/scan'
    vm.guest(f'echo "0 7 -" > {scan}; echo "1 6 -" > {scan}; ! echo "2 0 -" > {scan}; settle')
    same(addresses(vm), DISKS, 'addresses after a scan of the own ids')
    vm.guest(verifying([node(vm, c, t) for c, t, _ in sorted(DISKS)]), timeout=200)


@BUSES.test
def reset_is_told(vm):
    """A reset of a target is told to that target, one of a bus to the bus' targets, any other to all."""
    sysfs = f'/sys/class/scsi_host/host{host_number(vm)}/bus_reset'

    def run(command):
        return told(vm, lambda: vm.guest(command, timeout=100))
    vm.guest('dmesg -C')
    for channel, target in ((0, 6), (1, 7)):
        sg = node(vm, channel, target, 'scsi_generic')
        # The chip reports this reset, without the target.
        same(run(f'sg_reset -t -N {sg}'), {(channel, target)}, 'told of a target reset')
        same(run(f'sg_reset -b -N {sg}'), of_channels(channel), 'told of a bus reset')
        same(run(f'echo channel {channel} > {sysfs}'), of_channels(channel), 'told of bus_reset')
    same(run(f'echo 1 > {sysfs}'), of_channels(0, 1), 'told of bus_reset')
    same(run(f'for x in 0 2 channel "channel 2" "channel -1" "channel 1x"; do '
             f'echo $x 2>/dev/null > {sysfs} && exit 1; done; true'), set(), 'told of nothing')
    same(run(f'sg_reset -H -N {sg}'), of_channels(0, 1), 'told of a host reset')
    check('device reset' not in log_of(vm), log_of(vm)[-3000:])
    for bus in (0, 1):
        # A reset by another initiator, after a timeout, of a device, after an overrun; a bus mode.
        for code in (0x8001, 0x8006, 0x8007, 0x800d, 0x800e):
            same(told(vm, lambda: vm.fault(f'event,code={code:#x},bus={bus},value=0x400'), True),
                 of_channels(bus), f'told of event {code:#x}')


@BUSES.test
def one_bus_waits_for_no_other(vm):
    """A bus reset neither waits for a command of the other bus nor ends it."""
    lost, here, there = node(vm, 0, 0), node(vm, 0, 6, 'scsi_generic'), node(vm, 1, 9, 'scsi_generic')
    vm.guest(f'echo 200 > /sys/block/{lost[5:]}/device/timeout')
    vm.fault('delay-completion,ms=100000,bus=0,target=0')
    vm.guest(f'{{ dd if={lost} of=/tmp/read bs=4k count=1 iflag=direct; echo $? > /tmp/status; }} '
             '>/dev/null 2>&1 & echo $! > /tmp/reader; sleep 1')
    vm.guest(f'sg_reset -b -N {there} && kill -0 $(cat /tmp/reader)', timeout=100)
    vm.guest(f'sg_reset -b -N {here}; while kill -0 $(cat /tmp/reader) 2>/dev/null; do sleep 0.1; done; '
             'grep -q 0 /tmp/status', timeout=200)
    vm.fault('')


@BUSES.test
def a_hung_bus(vm):
    """A bus that hangs is reset, and the other bus goes on; without bus resets the chip is restarted."""
    for params, restarts in (('', 0), (' bus_reset=0', 1)):
        ISP.unload(vm)
        vm.guest('dmesg -C')
        QUICK.having(QUICK.params + params).load(vm)
        good, hung = node(vm, 0, 0), node(vm, 1, 9)
        vm.guest(f'{{ {verifying([good, hung], size="4M")}; echo $? > /tmp/status; }} '
                 '>/dev/null 2>&1 & echo $! > /tmp/writer; sleep 1')
        vm.fault('event,code=0x800c,bus=1')
        vm.guest('while kill -0 $(cat /tmp/writer) 2>/dev/null; do sleep 0.1; done; grep -q 0 /tmp/status',
                 timeout=300)
        log = log_of(vm)
        same(log.count('restarting the chip'), restarts, f'restarts:\n{log[-2000:]}\n')
        same(log.count('bus 1: hung'), 1 - restarts, f'resets of the hung bus:\n{log[-2000:]}\n')


@BUSES.test
def bus_keeps_hanging(vm):
    """A bus that hangs again and again is given up, the other goes on; a host reset gives another chance."""
    ISP.unload(vm)
    vm.guest('dmesg -C')
    QUICK.load(vm)
    good, hung = node(vm, 0, 0), node(vm, 1, 9)
    vm.guest(f'{{ while ! [ -e /tmp/end ]; do {verifying([good])} || exit 1; done; echo well > /tmp/status; }} '
             '>/dev/null 2>&1 & echo $! > /tmp/writer')
    vm.fault('event,code=0x800c,bus=1,ms=300,count=40')
    try:
        vm.guest('for n in $(seq 300); do dmesg | grep -q "bus 1: keeps hanging" && break; sleep 0.2; done; '
                 'sleep 2; dmesg | grep "bus 1: keeps hanging"', timeout=200)
        resets = log_of(vm).count('bus 1: hung')
        check(resets <= 5, f'{resets} resets of the hung bus')
        vm.guest(f'! dd if={hung} of=/dev/null bs=4k count=1 iflag=direct', timeout=100)
    finally:
        vm.fault('')
        vm.guest('touch /tmp/end; while kill -0 $(cat /tmp/writer) 2>/dev/null; do sleep 0.1; done; '
                 'rm /tmp/end', timeout=200)
    vm.guest('grep well /tmp/status')
    log = log_of(vm)
    check('restarting the chip' not in log, log[-3000:])
    vm.guest(f'sg_reset -H -N {good}; for d in /sys/block/sd*/device/state; do '
             'grep -q offline $d && echo running > $d; done; true', timeout=100)
    vm.guest(verifying([good, hung]), timeout=200)


def transfer(vm, bus, target):
    """(has PPR, period) of what the chip negotiates with a target."""
    for line in vm.get('isp0', 'transfers').splitlines():
        words = line.split()
        if words[:2] == [str(bus), str(target)]:
            return bool(int(words[2], 16) & 0x20), int(words[3], 16) & 0xff
    raise AssertionError(f'no target {target} on bus {bus}')


def negotiates(vm, bus, target, want):
    """The target comes to this; wait for the driver to tell the chip."""
    for _ in range(20):
        vm.guest(f'sg_turs {node(vm, bus, target, "scsi_generic")}; sleep 0.1', check=False)
        if transfer(vm, bus, target) == want:
            return
    same(transfer(vm, bus, target), want, f'PPR and period of target {target} on bus {bus}')


@BUSES.test
def bus_modes(vm):
    """What targets are asked for depends on the mode of their own bus, also when it changes."""
    ISP.unload(vm)
    vm.guest('dmesg -C')
    QUICK.load(vm)
    check('LVD and single-ended' in log_of(vm), log_of(vm))
    best, slow = (True, 9), (False, 12)
    negotiates(vm, 0, 6, best)
    negotiates(vm, 1, 9, slow)
    vm.fault('event,code=0x800e,bus=0,value=0x400')
    negotiates(vm, 0, 6, slow)
    vm.fault('event,code=0x800e,bus=1,value=0x1000')
    # The midlayer has asked for what was possible when it found the target.
    host = host_number(vm)
    vm.guest(f'sleep 0.5; echo 1 > /sys/bus/scsi/devices/{host}:1:9:0/delete; '
             f'echo "1 9 -" > /sys/class/scsi_host/host{host}/scan; settle')
    negotiates(vm, 1, 9, best)
    negotiates(vm, 0, 6, slow)
    vm.fault('event,code=0x800e,bus=0,value=0x1000')
    negotiates(vm, 0, 6, best)
    vm.guest(verifying([node(vm, c, t) for c, t, _ in sorted(DISKS)]), timeout=200)
