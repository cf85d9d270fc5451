# SPDX-License-Identifier: GPL-2.0
"""Targets, buses and cards in trouble: those in trouble pay for it, the others go on."""

import re
import statistics

from checking import check, log_of, same
from devices import ISP, block, chips, generic, host_number, hosts
from qemu import Controller, Disk
from runner import grouper
from test_citizen import verifying

GROUPS = []
group = grouper(GROUPS)
QUICK = ISP.having('reset_delay=100')


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
    for seconds, depth in ((1, 1), (3, 32)):
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


@DEAD.test
def event_with_a_completion(vm):
    """An event that comes together with a completion is seen soon; nothing looks for one on an idle chip."""
    QUICK.load(vm)
    disk = block(vm, 0)
    times = []
    for _ in range(10):
        vm.guest('dmesg -C')
        # Only the completion raises the interrupt line, so the driver's handler meets both.
        vm.fault('drop-interrupt,of=event;event,code=0x80ff,target=0,opcode=0x28;'
                 'delay-completion,ms=5,target=0,opcode=0x28')
        vm.guest(f'sleep 0.3; dd if={disk} of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null; '
                 'echo read > /dev/kmsg; for n in $(seq 40); do dmesg | grep -q 0x80ff && break; sleep 0.1; done')
        lines = dict(re.findall(r'^\[ *([\d.]+)\] .*(read|unknown event)', vm.guest('dmesg').text, re.M))
        same(sorted(lines.values()), ['read', 'unknown event'], 'lines of the read and of the event')
        seen = {what: float(t) for t, what in lines.items()}
        times.append(seen['unknown event'] - seen['read'])
    # A host that stops the machine for a while delays one of them, not half.
    late = statistics.median(times)
    print(f'# {late * 1000:.0f} ms from the command to its event')
    check(late < 0.1 * vm.kernel.slowness, f'events were seen {late:.2f} s late')
    before = vm.counters()['reg-reads']
    vm.guest('sleep 3')
    found = vm.counters()['reg-reads'] - before
    check(found < 40, f'{found} register reads in three idle seconds')
    ISP.unload(vm)


OFFLINE = group('citizen-offline', lambda s: s.config(
    controllers=[Controller(id='isp0')], disks=[Disk(target=t, size='16M') for t in (0, 1)]))
MASTER = 4      # in the command register
NO_MASTER = 'cannot be (read|written)'      # what the chip says without it


def wait_for_log(vm, words, seconds):
    """Wait until the log has the words."""
    deadline = vm.clock() + seconds * vm.kernel.slowness
    while words not in log_of(vm):
        check(vm.clock() < deadline, f'no "{words}":\n{log_of(vm)[-3000:]}')
        vm.guest('sleep 0.5')


def running(vm):
    """Set running the disks that the midlayer took offline, as the driver's line says."""
    vm.guest('for d in /sys/block/sd*/device/state; do grep -q offline $d && echo running > $d; done; true')


def command_bytes(vm, card, master):
    """The card's command register with or without bus mastering, as printf writes it."""
    config = f'/sys/bus/pci/devices/{card}/config'
    low, high = (int(b, 16) for b in vm.guest(f'od -An -tx1 -j4 -N2 {config}').text.split())
    low = low | MASTER if master else low & ~MASTER
    return f"printf '\\{low:03o}\\{high:03o}' | dd of={config} bs=1 seek=4 conv=notrunc 2>/dev/null"


@OFFLINE.test
def bus_mastering_is_set_again(vm):
    """Bus mastering is switched off behind the driver: a restart sets it again, and no I/O fails."""
    QUICK.load(vm)
    card, = chips(vm)
    vm.expect_guest_error(NO_MASTER)
    vm.guest('dmesg -C')
    vm.guest(command_bytes(vm, card, False))
    vm.guest(verifying([block(vm, 0), block(vm, 1)]), timeout=200)
    check('offline' not in log_of(vm), log_of(vm)[-3000:])


@OFFLINE.test
def bus_mastering_toggled(vm):
    """After ten seconds of that under load, the disks can be read and written again, by themselves."""
    ISP.unload(vm)
    QUICK.having('reset_delay=100 retry_delay=1000').load(vm)
    card, = chips(vm)
    disks = [block(vm, 0), block(vm, 1)]
    vm.expect_guest_error(NO_MASTER)
    off, on = command_bytes(vm, card, False), command_bytes(vm, card, True)
    jobs = ' '.join(f'--name=on{d[5:]} --filename={d}' for d in disks)
    vm.guest('dmesg -C')
    vm.guest(f'fio --rw=randwrite --bs=4k --size=8M --direct=1 --ioengine=libaio --iodepth=8 '
             f'--continue_on_error=all --time_based --runtime=10 {jobs} >/dev/null 2>&1 & '
             f'for n in $(seq 25); do {off}; sleep 0.2; {on}; sleep 0.2; done; wait', timeout=400)
    log = log_of(vm)
    check('restarting the chip' in log, log[-3000:])
    if 'taken offline' in log:
        wait_for_log(vm, 'runs again', 100)
    running(vm)
    vm.guest(verifying(disks), timeout=200)


@OFFLINE.test
def tried_again(vm):
    """An offline controller is tried again at growing intervals, and runs once its card does."""
    ISP.unload(vm)
    QUICK.having('reset_delay=100 retry_delay=500').load(vm)
    disks = [block(vm, 0), block(vm, 1)]
    timeouts(vm, 2)
    vm.guest('dmesg -C')
    vm.fault('all-ones')
    vm.guest(f'dd if={disks[0]} of=/dev/null count=1 iflag=direct 2>/dev/null', check=False, timeout=200)
    wait_for_log(vm, 'trying again in 2 s', 60)
    check('trying again in 1 s' in log_of(vm), log_of(vm)[-3000:])
    vm.fault('')
    wait_for_log(vm, 'runs again', 60)
    running(vm)
    vm.guest(verifying(disks), timeout=200)
    ISP.unload(vm)


@OFFLINE.test
def error_during_the_start(vm):
    """A chip whose firmware reports an error while it is being started is not used."""
    for fault, what in (('system-error,halt=0', 'firmware system error'),
                        ('request-error', 'request ring DMA error'),
                        ('response-error', 'response ring DMA error')):
        # It waits for the firmware, which the driver starts.
        vm.fault(fault)
        vm.guest('dmesg -C; modprobe isp; true', timeout=100)
        log = log_of(vm)
        same(log.count(f'{what} during the start'), 1, f'lines:\n{log}')
        same(hosts(vm), {}, 'hosts')
        ISP.unload(vm)
    QUICK.load(vm)
    vm.guest(verifying([block(vm, 0), block(vm, 1)]), timeout=200)
    ISP.unload(vm)


@OFFLINE.test
def start_without_an_answer(vm):
    """A restart in which a mailbox command gets no answer has failed; it succeeds once the chip answers."""
    QUICK.having('reset_delay=100 retry_delay=500').load(vm)
    disks = [block(vm, 0), block(vm, 1)]
    timeouts(vm, 2)
    vm.guest('dmesg -C')
    # SET CLOCK RATE, which each start sends.
    vm.fault('hang-mailbox,command=0x34,count=0')
    vm.fault('system-error')
    wait_for_log(vm, 'taken offline', 60)
    wait_for_log(vm, 'still offline', 60)
    check('runs again' not in log_of(vm), log_of(vm)[-3000:])
    vm.fault('')
    wait_for_log(vm, 'runs again', 100)
    running(vm)
    vm.guest(verifying(disks), timeout=200)
    ISP.unload(vm)
