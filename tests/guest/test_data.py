# SPDX-License-Identifier: GPL-2.0
"""What must not happen to data: loss, corruption, or an endless wait."""

import os
import re
import time

from checking import Skip, check, log_of, same
from devices import ISP, block, generic, host_number, stats
from images import program
from io_tests import fio
from qemu import Controller, Disk
from ramhba import RAMHBA
from runner import Group, not_built
from test_split import large_requests

GROUPS = []
LOST = 4242             # the block that the RAM disk HBA's parameter "lose" applies to
SHORT = 4243            # and "shorten"
READ_LOST = f'28 00 {LOST >> 24:02x} {LOST >> 16 & 255:02x} {LOST >> 8 & 255:02x} {LOST & 255:02x} 00 00 01 00'
LATE = '/sys/module/ramhba/parameters/late'


def ram_group(name, **machine):
    """RAM disks that misbehave as the parameters say."""
    group = Group(name, lambda s: s.config(extra=['-device', 'pci-testdev'],
                                           files=[program(s, 'latedma')], **machine),
                  needs=not_built('ramhba'), before=RAMHBA.load,
                  machine=f'latedma {machine}')
    GROUPS.append(group)
    return group


def again(vm, params):
    """Reload the RAM disk HBA with other parameters, and clear the log."""
    vm.guest('modprobe -r ramhba')
    RAMHBA.load(vm, params)
    vm.guest('dmesg -C')


def fail_soon(vm, disk):
    """Limit a command of this disk to one second, and each step of its recovery too."""
    vm.guest(f'cd /sys/block/{disk[5:]}/device; echo 1 > timeout; echo 1 > eh_timeout')


def state(vm, disk, new=''):
    """The state of the disk; sets it first if there is a new one."""
    path = f'/sys/block/{disk[5:]}/device/state'
    return vm.guest(f'{f"echo {new} > {path}; " if new else ""}cat {path}').text.strip()


def masters(vm):
    """Is the RAM disk HBA's device a bus master?"""
    byte = vm.guest('od -An -tu1 -j4 -N1 /sys/bus/pci/drivers/ramhba/*:*/config').text
    return bool(int(byte) & 4)


# Memory of an abandoned command

def late_data(vm, use, params):
    """The data of a lost read arrives when its memory is in use for something else."""
    again(vm, f'lose=1 {params}')
    disk = block(vm, 0)
    # Different from the pattern that latedma fills the memory with afterwards.
    vm.guest(f'head -c 512 /dev/zero | tr "\\0" Z | dd of={disk} bs=512 seek={LOST} oflag=direct')
    fail_soon(vm, disk)
    result = vm.guest(f'latedma {disk} {LOST} {use} {LATE}', timeout=200, check=False)
    same((result.status, result.text.strip()), (0, 'intact'), 'status and words of latedma')
    check(int(vm.guest(f'cat {LATE}').text) > 0, 'nothing was late')
    same(stats(vm)['orphans'], 0, 'commands that are still out')
    # The midlayer took the disk offline; set it running again.
    state(vm, disk, 'running')
    vm.guest(f'dd if={disk} of=/dev/null bs=512 count=1 iflag=direct')


MEMORY = ram_group('data-memory')

for _params in ('', 'atomic=1', 'setup=1', 'published=1'):
    def page_is_not_reused(vm, params=_params):
        """The kernel must not reuse a process's page while the device may still write to it."""
        late_data(vm, 'reuse', params)
    page_is_not_reused.__name__ = '_'.join(['page_is_not_reused', _params.partition('=')[0]]).strip('_')
    MEMORY.test(page_is_not_reused)


@MEMORY.test
def kernel_memory(vm):
    """Memory that no reference pins: the device must not master the bus until the command is back."""
    again(vm, 'lose=1')
    disk, sg = block(vm, 0), generic(vm, 0)
    fail_soon(vm, disk)
    check(masters(vm), 'no bus master to begin with')
    # Without direct I/O, sg reads into its own pages.
    vm.guest(f'! sg_raw -t 1 -r 512 {sg} {READ_LOST}', timeout=200)
    check(not masters(vm), 'the device may still write')
    check('bus mastering is off until' in log_of(vm), f'no line says so:\n{log_of(vm)}')
    vm.guest(f'echo 1 > {LATE}')
    check('no data moved' in log_of(vm), f'the device has written:\n{log_of(vm)}')
    check(masters(vm), 'the command is back, but the device may not work')
    state(vm, disk, 'running')
    vm.guest(f'dd if={disk} of=/dev/null bs=512 count=1 iflag=direct')


BOUNCE = ram_group('data-swiotlb', cmdline='swiotlb=force')


@BOUNCE.test
def sync_leaves_memory_alone(vm):
    """An HBA driver that syncs each transfer does not write to memory that its owner is using again."""
    late_data(vm, 'keep', 'published=1')
    late_data(vm, 'keep', 'published=1 atomic=1')


@BOUNCE.test
def unbind_leaves_memory_alone(vm):
    """Nor does one that leaves the sync to ddi_dma_unbind_handle(9F)."""
    late_data(vm, 'keep', '')
    late_data(vm, 'keep', 'setup=1')


# Packets that are kept for the next command, and packets that are not

KEEP = ram_group('data-keep')


@KEEP.test
def kept(vm):
    """keep_packets=1 of scsa: the RAM disk HBA works with it in both packet styles."""
    for params in ('maxsegs=3', 'atomic=1 setup=1 maxsegs=3'):
        vm.guest('modprobe -r ramhba; modprobe -r scsa; modprobe scsa keep_packets=1')
        RAMHBA.load(vm, params)
        large_requests(vm, block(vm, 0), 1)
        for depth in (1, 32):
            fio(vm, block(vm, 0), depth, '--bsrange=4k-512k --size=8M')
        check(stats(vm)['split_requests'] > 0, 'nothing was split')
    vm.guest('modprobe -r ramhba; modprobe -r scsa')


# Short transfers, warnings, more data than the buffer holds

RAM = ram_group('data-ram')


def fails_at_once(vm, command, seconds=60):
    """The command ends soon with an I/O error, and not because another time limit expired."""
    result = vm.guest(f'{command} 2>&1', check=False, timeout=seconds)
    check(result.status and 'nput/output error' in result.text, f'{command}:\n{result.text}')


for _blksize in (512, 4096):
    for _moves in (1, 2):
        def short(vm, blksize=_blksize, moves=_moves):
            """Good status but too little data: an I/O error, after as many retries as for others."""
            again(vm, f'shorten={moves} blksize={blksize}')
            disk = block(vm, 0)
            at, kib = SHORT, 8 * blksize // 1024
            stat = f'cat /sys/block/{disk[5:]}/device/iorequest_cnt'
            before = int(vm.guest(stat).text, 16)
            fails_at_once(vm, f'dd if={disk} of=/dev/null bs={kib}k count=1 iflag=direct,skip_bytes '
                          f'skip={at * blksize}')
            fails_at_once(vm, f'dd if=/dev/zero of={disk} bs={kib}k count=1 oflag=direct,seek_bytes '
                          f'seek={at * blksize}')
            requests = int(vm.guest(stat).text, 16) - before
            check(2 <= requests <= 40, f'{requests} commands for two requests')
            check(stats(vm)['short_transfers'] > 1, 'not counted')
            check('were not moved' in log_of(vm), f'no line in the log:\n{log_of(vm)}')
            same(state(vm, disk), 'running', 'the disk')
        short.__name__ = f'short_{"nothing" if _moves == 1 else "one_block"}_of_{_blksize}'
        RAM.test(short)


@RAM.test
def short_in_a_part(vm):
    """The same for a part of a request, with direct I/O and through the page cache."""
    again(vm, 'shorten=1 maxsegs=1')
    disk = block(vm, 0)
    large_requests(vm, disk)
    # Parts begin where a 64 KiB cookie begins, so align the block with one.
    at = (SHORT - 128 * 3) * 512
    fails_at_once(vm, f'dd if={disk} of=/dev/null bs=1M count=1 iflag=direct,skip_bytes skip={at}')
    fails_at_once(vm, f'dd if=/dev/zero of={disk} bs=512 count=4096 seek={SHORT - 1024} conv=fsync')


def warned(vm, kind):
    """Write and read a request whose parts end with a warning; return what sg_raw says."""
    again(vm, f'recovered={kind} maxsegs=1')
    sg, disk = generic(vm, 0), block(vm, 0)
    vm.guest('head -c 1048576 /dev/urandom > /tmp/on')
    texts = []
    for way, cdb in (('-s 1048576 -i /tmp/on', '2a 00 00 00 00 00 00 08 00 00'),
                     ('-r 1048576 -o /tmp/off', '28 00 00 00 00 00 00 08 00 00')):
        vm.guest('rm -f /tmp/off')
        texts.append(vm.guest(f'sg_raw {way} {sg} {cdb} 2>&1', check=False))
    return texts, disk


for _kind, _name, _words in ((1, 'recovered_error', 'Recovered'), (2, 'no_sense', 'No Sense'),
                             (3, 'condition_met', 'Condition Met')):
    def warning_in_a_part(vm, kind=_kind, words=_words):
        """All data moves, and the request reports what its parts said."""
        said, disk = warned(vm, kind)
        for result in said:
            check(words.lower() in result.text.lower(), f'not reported:\n{result.text}')
        if kind != 3:
            # sg_raw keeps data only if the status is GOOD or CHECK CONDITION.
            vm.guest('cmp /tmp/on /tmp/off')
        check(stats(vm)['split_commands'] >= 30, f'few parts: {stats(vm)}')
        # File systems see no warning.
        large_requests(vm, disk)
        vm.guest(f'dd if={disk} of=/tmp/off bs=1M count=1 iflag=direct && cmp /tmp/on /tmp/off')
    warning_in_a_part.__name__ = f'{_name}_in_a_part'
    RAM.test(warning_in_a_part)


@RAM.test
def deferred_error_in_a_part(vm):
    """A deferred error is an earlier command's: the part was not carried out, and the request fails."""
    said, _ = warned(vm, 4)
    for result in said:
        check('deferred' in result.text.lower(), f'not reported:\n{result.text}')
    vm.guest('! cmp -s /tmp/on /tmp/off')


@RAM.test
def overrun_is_an_error(vm):
    """If the target wants more than the buffer holds, the command ends with an error."""
    again(vm, 'overrun=1')
    sg = generic(vm, 0)
    vm.guest('head -c 4096 /dev/zero > /tmp/on')
    for size in (1, 24, 511):
        for cdb in ('2a 00 00 00 00 00 00 00 08 00', '3b 02 00 00 00 00 00 10 00 00'):
            check(vm.guest(f'sg_raw -s {size} -i /tmp/on {sg} {cdb}', check=False).status,
                  f'{cdb} with {size} bytes is taken for done')
    for size in (1, 7):
        check(vm.guest(f'sg_raw -r {size} {sg} 25 00 00 00 00 00 00 00 00 00', check=False).status,
              f'READ CAPACITY into {size} bytes is taken for done')
    vm.guest(f'sg_raw -r 8 {sg} 25 00 00 00 00 00 00 00 00 00')
    same(stats(vm)['overruns'], 0, 'overruns that are no error')


@RAM.test
def longer_record_of_a_tape(vm):
    """A tape's record has its own length: what fits arrives, with the target's status."""
    again(vm, 'overrun=1 dtype=1')
    sg, cdb = generic(vm, 0), '88 00 00 00 00 00 00 00 00 00 00 00 00 02 00 00'
    said = vm.guest(f'sg_raw -r 512 {sg} {cdb} 2>&1').text
    check('Received 512 bytes' in said, said)
    same(stats(vm)['overruns'], 1, 'records counted')
    # A buffer of no bytes, or a transfer in the other direction, is an error.
    vm.guest(f'! sg_raw {sg} {cdb}; head -c 512 /dev/zero > /tmp/on; '
             f'! sg_raw -s 512 -i /tmp/on {sg} 8a {cdb[3:]}')
    same(stats(vm)['overruns'], 1, 'records counted')


# Recovery

RECOVERY = ram_group('data-recovery')


@RECOVERY.test
def quiesce_lets_error_handling_work(vm):
    """tran_quiesce(9E) waits for a command that only a reset returns: the reset must happen."""
    again(vm, 'lose=2 quiesce_waits=1')
    disk, host = block(vm, 0), f'/sys/class/scsi_host/host{host_number(vm)}'
    fail_soon(vm, disk)
    said = vm.guest(
        f'sg_raw -t 1 -r 512 {generic(vm, 0)} {READ_LOST} >/dev/null 2>&1 & '
        f'sleep 0.3; timeout 60 sh -c "echo 1 > {host}/bus_quiesced" 2>&1; wait', timeout=120).text
    # Quiescing fails: after a reset the midlayer must ask the disk, which a quiet bus does not allow.
    check('temporarily unavailable' in said, f'the bus is quiet: {said}')
    check('LUN reset' in log_of(vm), f'no reset:\n{log_of(vm)}')
    same((vm.guest(f'cat {host}/bus_quiesced').text.strip(), state(vm, disk)), ('0', 'running'),
         'bus_quiesced, state of the disk')
    vm.guest(f'dd if={disk} of=/dev/null bs=512 count=1 iflag=direct')
    # With all commands back, the bus can be quiesced.
    vm.guest(f'echo 1 > {host}/bus_quiesced && echo 0 > {host}/bus_quiesced')


@RECOVERY.test
def unload_while_quiescing(vm):
    """The host goes away while tran_quiesce(9E) waits: both end once the command is back."""
    again(vm, 'lose=2 quiesce_waits=1')
    disk, host = block(vm, 0), f'/sys/class/scsi_host/host{host_number(vm)}'
    fail_soon(vm, disk)
    vm.guest(f'sg_raw -t 2 -r 512 {generic(vm, 0)} {READ_LOST} >/dev/null 2>&1 & '
             f'sleep 0.3; (echo 1 > {host}/bus_quiesced) 2>/dev/null & sleep 0.3; '
             'echo -n $(cd /sys/bus/pci/drivers/ramhba && echo *:*) > /sys/bus/pci/drivers/ramhba/unbind; '
             'wait', timeout=120)
    vm.guest('modprobe -r ramhba')


@RECOVERY.test
def lost_packet_is_written_off(vm):
    """A packet that never returns costs its own recovery, not the recovery of later packets."""
    again(vm, 'lose=4')
    disk, sg = block(vm, 0), generic(vm, 0)
    fail_soon(vm, disk)
    vm.guest(f'! dd if={disk} of=/dev/null bs=512 count=1 skip={LOST} iflag=direct', timeout=200)
    same(stats(vm)['orphans'], 1, 'commands lost')
    same((state(vm, disk), state(vm, disk, 'running')), ('offline', 'running'), 'the disk')
    vm.guest('head -c 512 /dev/zero > /tmp/on; dmesg -C')
    status = vm.guest(f'sg_raw -t 1 -s 512 -i /tmp/on {sg} 2a 00 00 00 10 92 00 00 01 00',
                      timeout=200, check=False).status
    log = log_of(vm)
    check(status and 'LUN reset' in log, f'the write was not recovered: {status}\n{log}')
    check('bus reset' not in log, f'its recovery went on:\n{log}')
    same(state(vm, disk), 'running', 'the disk')
    vm.guest(f'dd if={disk} of=/dev/null bs=512 count=1 iflag=direct')


# Timed-out and aborted commands

def isp_disks(settings):
    """Disks with 512- and 4096-byte blocks, and a disk that a test can slow down."""
    image = settings.scratch('data-slow.img')
    with open(image, 'wb') as f:
        f.truncate(64 << 20)
    slow = {'driver': 'throttle', 'throttle-group': 'slow',
            'file': {'driver': 'file', 'filename': os.path.abspath(image)}}
    return settings.config(controllers=[Controller()], extra=['-object', 'throttle-group,id=slow'],
                           disks=[Disk(target=0, size='64M'), Disk(target=1, size='64M', block=4096),
                                  Disk(target=2, backend=slow)])


CHIP = Group('data', isp_disks, needs=not_built('isp'), before=ISP.load, long=True)
GROUPS.append(CHIP)
READ = '28 00 00 00 00 00 00 00 01 00'
SG_LIB_CAT_TIMEOUT = 33
SG_LIB_CAT_OTHER = 99


def slow_read(vm, seconds, command):
    """Run a command whose read of one block takes `seconds`; return (status, output, log)."""

    def limit(bytes_per_second):
        vm.qmp('qom-set', path='/objects/slow', property='limits',
               value={'bps-read': bytes_per_second})

    vm.guest('dmesg -C')
    limit(512 // seconds)
    try:
        # The throttle lets the first block pass at full speed.
        vm.guest(f'dd if={block(vm, 2)} of=/dev/null bs=512 count=1 iflag=direct')
        result = vm.guest(f'{command} 2>&1', check=False, timeout=seconds + 60)
    finally:
        limit(0)
    return result.status, result.text, log_of(vm)


def nothing_was_reset(vm, log):
    """Check that no device was reset, according to the log, the midlayer and the target."""
    check('reset' not in log, f'a device was reset:\n{log}')
    vm.guest(f'modprobe scsa_contract host={host_number(vm)} was_reset=1; modprobe -r scsa_contract')
    same(re.findall(r'was_reset (\d)', log_of(vm)), ['0'] * 3, 'was_reset')
    # A reset would leave a unit attention.
    vm.guest(f'sg_turs {generic(vm, 2)}')


@CHIP.test
def timed_out_passthrough(vm):
    """If the time is too short, the caller gets a timeout, after an abort of only this command."""
    started = time.monotonic()
    status, said, log = slow_read(vm, 6, f'sg_raw -t 3 -r 512 {generic(vm, 2)} {READ}')
    check(status == SG_LIB_CAT_OTHER and 'DID_TIME_OUT' in said, f'sg_raw: {status} {said}')
    check(time.monotonic() - started > 3, 'it was not waited for')
    nothing_was_reset(vm, log)


@CHIP.test
def timed_out_sg_dd(vm):
    """sg_dd gives a command a minute."""
    status, said, log = slow_read(vm, 63, f'sg_dd if={generic(vm, 2)} of=/dev/null bs=512 count=1')
    same(status, SG_LIB_CAT_TIMEOUT, f'status of sg_dd: {said}')
    nothing_was_reset(vm, log)


@CHIP.test
def aborted_passthrough(vm):
    """The caller can tell an aborted command from a retryable one; the command is not repeated."""
    sg = generic(vm, 0)
    for fault in ('aborted', 'timeout'):
        for command in (f'sg_raw -r 512 {sg} {READ}', f'sg_dd if={sg} of=/dev/null bs=512 count=1'):
            before = vm.counters()['commands']
            vm.fault(f'{fault},target=0,opcode=0x28')
            result = vm.guest(f'{command} 2>&1', check=False)
            vm.fault('')
            same(result.status, SG_LIB_CAT_OTHER, f'status after {fault} ({result.text})')
            if command.startswith('sg_raw'):
                check('DID_ABORT' in result.text, f'{fault}:\n{result.text}')
            check(vm.counters()['commands'] - before < 4, 'the command was repeated')
    # The block layer repeats its own commands.
    vm.fault('aborted,target=0,opcode=0x28,count=2')
    vm.guest(f'dd if={block(vm, 0)} of=/dev/null bs=512 count=1 iflag=direct')
    vm.fault('')


def wait_for(vm, words, seconds, seen):
    """Wait until a console line after the first `seen` has these words."""
    end = vm.clock() + seconds * vm.kernel.slowness
    while vm.clock() < end and not any(words in line for line in vm.console()[seen:]):
        time.sleep(0.1)


@CHIP.test
def packets_not_kept(vm):
    """keep_packets=0 of scsa, with isp: requests of one command and of many, and lost commands."""
    vm.guest('modprobe -r isp; modprobe scsa keep_packets=0')
    ISP.load(vm, 'ndatasegs=3')
    disk = block(vm, 0)
    large_requests(vm, disk, 1)
    # No two pages of the buffer adjoin: of each pair, the first is this file's, the second the other's.
    vm.guest('fio --name=pages --filename=/tmp/first:/tmp/second --file_service_type=roundrobin:1 '
             '--fallocate=none --rw=write --bs=4k --size=16M --output-format=terse')
    fio(vm, disk, 16, '--bsrange=4k-512k --size=8M --iomem=mmapshared:/tmp/first')
    vm.guest('rm /tmp/first /tmp/second')
    check(stats(vm)['split_requests'] > 50, f'hardly anything was split: {stats(vm)}')
    # Aborts cross packets that are just completing.
    vm.guest(f'echo 2 > /sys/block/{disk[5:]}/device/timeout')
    vm.fault('late-completion,ms=2100,target=0,every=40,count=8')
    try:
        fio(vm, disk, 16, '--size=4M')
    finally:
        vm.fault('')
    vm.guest('modprobe -r isp; modprobe -r scsa')
    ISP.load(vm)


def overtake(vm):
    """Have CPU 1 restart the chip while CPU 0 returns lost commands; (did it overtake, the log)."""
    # CPU 1 must not have to wait for CPU 0.
    vm.guest('dmesg -C; taskset -p 2 1; echo 0 > /proc/sys/kernel/timer_migration; '
             'echo 2 > /sys/devices/virtual/workqueue/cpumask; '
             'echo 120 > /sys/module/rcupdate/parameters/rcu_cpu_stall_timeout; '
             'for i in $(cat /sys/bus/pci/drivers/isp/*:*/irq); do echo 2 > /proc/irq/$i/smp_affinity; '
             'done; for t in $(pidof scsa_thread); do taskset -p 2 $t; done; modprobe hold '
             'points=softirq:isp:isp_stop_now=2000,isp:isp_init=3000,softirq:isp:isp_fail_all=7000')
    seen = len(vm.console())
    vm.fault('drop-completion,target=0,opcode=0x00')
    vm.guest(f'(taskset 2 modprobe scsa_contract host={host_number(vm)} poll_lost=1; '
             'modprobe -r scsa_contract) > /dev/null 2>&1 &')
    wait_for(vm, 'hold: isp:isp_stop_now', 20, seen)
    vm.fault('system-error')
    # Not earlier: a command that finds the chip stopped waits for a worker on CPU 0.
    wait_for(vm, 'restarted', 20, seen)
    vm.guest('rm -f /tmp/enough; for i in 1 2 3 4; do (while [ ! -e /tmp/enough ]; do '
             f'sg_dd if={generic(vm, 1)} of=/dev/null bs=512 bpt=1 count=20; done) > /dev/null 2>&1 '
             '< /dev/null & done')
    wait_for(vm, 'polled command that was lost', 40, seen)
    vm.fault('')
    vm.guest('echo > /tmp/enough; taskset -p 3 1; modprobe -r hold; '
             'echo 3 > /sys/devices/virtual/workqueue/cpumask; sleep 1')
    log = log_of(vm)
    check('lost: done' in log, log)
    return re.search(r'hold: isp:isp_fail_all.*isp \S+ restarted.*polled command', log, re.S), log


@CHIP.test
def restart_overtakes_a_polled_command(vm):
    """A command started after the chip's restart must not be returned with those lost before it."""
    # A polled command on CPU 0 is lost. While CPU 0 is about to stop the chip for it, the chip fails and
    # CPU 1 restarts it; CPU 0 returns the lost commands only after the chip runs again.
    for _ in range(3):
        # Keep some commands with the chip at any time.
        vm.fault('late-completion,ms=300,target=1,count=0')
        overtaken, log = overtake(vm)
        check('unknown command' not in log, f'commands of the chip were given back:\n{log}')
        if overtaken:
            return
    raise Skip('CPU 1 was not in time')


for _target, _size in ((0, 512), (1, 4096)):
    def underrun(vm, target=_target, size=_size):
        """Good status with too few bytes every time: an I/O error, not a process in D state."""
        disk = block(vm, target)
        for opcode, command in ((0x28, f'dd if={disk} of=/dev/null bs=8k count=1 iflag=direct'),
                                (0x2a, f'dd if=/dev/zero of={disk} bs=8k count=1 oflag=direct')):
            for moves in (0, size):
                before = vm.counters()['commands']
                vm.fault(f'underrun,moves={moves},target={target},opcode={opcode:#x},count=0')
                try:
                    fails_at_once(vm, command)
                finally:
                    vm.fault('')
                sent = vm.counters()['commands'] - before
                check(sent < 20, f'{sent} commands for one request')
        check(stats(vm)['short_transfers'] > 3, 'not counted')
    underrun.__name__ = f'underrun_of_blocks_of_{_size}'
    CHIP.test(underrun)


@CHIP.test
def underrun_below_a_file_system(vm):
    """fsync reports the error, and the file system can be unmounted."""
    disk = block(vm, 0)
    vm.guest(f'mkfs.ext4 -q -F -O ^has_journal {disk} && mount -t ext4 -o errors=continue {disk} /mnt')
    vm.fault('underrun,moves=512,target=0,opcode=0x2a,count=0')
    try:
        result = vm.guest('dd if=/dev/zero of=/mnt/f bs=64k count=16 conv=fsync 2>&1', check=False,
                          timeout=120)
    finally:
        vm.fault('')
    check(result.status and 'nput/output error' in result.text, result.text)
    vm.guest('umount /mnt', timeout=120)
    ISP.unload(vm)
    ISP.load(vm)
