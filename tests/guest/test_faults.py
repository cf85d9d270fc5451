# SPDX-License-Identifier: GPL-2.0
"""isp when the chip misbehaves: what tools/qemu injects, under verified load."""

import os
import random
import re
import time

from io_tests import not_built, sg_raw
from lib import ISP, Controller, Disk, Group, check, devices, firmware_image, generic, same

GROUPS = []


def machine(settings):
    """Two disks, so that a fault on one meets commands of the other."""
    return settings.config(controllers=[Controller()],
                           disks=[Disk(target=0, size='64M'), Disk(target=1, size='64M')])


FAULTS = Group('faults', machine, needs=not_built('isp'), long=True)
GROUPS.append(FAULTS)


# Commands may take 5 s instead of 30.
SHORT_TIMEOUTS = 'for t in /sys/class/scsi_device/*/device/timeout; do echo 5 > $t; done'


def fresh(vm):
    """isp newly loaded, so that what it tolerates begins anew."""
    vm.fault('')
    vm.guest('rmmod isp 2>/dev/null; modprobe isp reset_delay=100 && settle && '
             f'{SHORT_TIMEOUTS} && dmesg -C', timeout=180)


def verified_load(vm, timeout, size='16M'):
    """fio on both disks; its result and the seconds it took."""
    jobs = ' '.join(f'--name=on-{d} --filename=/dev/{d}' for _, d, _ in devices(vm).values())
    started = time.monotonic()
    result = vm.guest(f'fio --rw=randwrite --bsrange=4k-128k --blockalign=4k --size={size} '
                      '--ioengine=libaio --direct=1 --iodepth=16 --verify=crc32c --verify_fatal=1 '
                      f'--do_verify=1 --output-format=terse {jobs}', timeout=timeout, check=False)
    return result, time.monotonic() - started


def answers(vm):
    """The first disk does; asked twice, for a reset leaves a unit attention."""
    vm.guest('sg_turs /dev/sda || sg_turs /dev/sda')


# A user notices none of these but by the time they take: the midlayer or the driver repeats.
SURVIVED = [
    'busy,count=5', 'queue-full,count=5', 'queue-full,chip=1,count=5',
    'parity,count=3', 'underrun,moves=512,count=3', 'overrun,count=3',
    'transport-error,count=3', 'aborted,count=3', 'reset,count=3', 'timeout,count=3',
    'drop-completion', 'duplicate-completion,count=5', 'late-completion,ms=300,count=5',
    'late-completion,ms=9000', 'drop-interrupt', 'delay-interrupt,ms=700', 'stuck-interrupt,count=5',
    'spurious-interrupt,count=5',
    'corrupt-response,field=type,value=0x55', 'corrupt-response,field=count,value=200',
    'corrupt-response,field=handle,xor=0xffffffff', 'corrupt-response,field=handle,value=1',
    'corrupt-response,field=entry-status,value=0xff', 'corrupt-response,field=status,value=0x77',
    'corrupt-response,field=resid,value=0xffffffff',
    'response-in,value=0xffff', 'response-in,value=1',
    'bus-reset', 'system-error', 'request-error', 'response-error', 'hang',
]

for _fault in SURVIVED:
    def survived(vm, fault=_fault):
        """The load ends well, in bounded time, with the data that was written."""
        fresh(vm)
        vm.fault(f'{fault},after=40')
        try:
            result, seconds = verified_load(vm, 300, '8M')
            fired = vm.counters()['faults']
        finally:
            vm.fault('')
        print(f'# {fault}: {seconds:.1f} s')
        check(fired, 'the fault has not fired')
        if result.status:
            log = vm.guest('dmesg --notime').text
            raise AssertionError(f'fio ended with status {result.status}:\n{log[-2500:]}')
        check(seconds < 120, f'it took {seconds:.0f} s')
        answers(vm)
    survived.__name__ = re.sub(r'\W+', '_', _fault)
    FAULTS.test(survived)


@FAULTS.test
def long_sense(vm):
    """Sense data longer than the 20 bytes that struct scsi_arq_status shows."""
    fresh(vm)
    vm.fault('corrupt-response,field=sense-length,value=32,count=3')
    status, text = sg_raw(vm, generic(vm, 0), 'ff 00 00 00 00 00')
    vm.fault('')
    check('Illegal' in text, f'sg_raw: {status} {text}')


@FAULTS.test
def card_gone(vm):
    """All registers read ones: all I/O ends with an error in bounded time, and isp unloads."""
    fresh(vm)
    vm.fault('all-ones,after=40')
    result, seconds = verified_load(vm, 300)
    print(f'# card gone: {seconds:.1f} s')
    check(result.status != 0, 'fio ended well without a card')
    check(seconds < 120, f'it took {seconds:.0f} s')
    ISP.unload(vm)


def given_up(vm):
    """All I/O fails, and isp unloads."""
    log = vm.guest('dmesg --notime').text
    check('controller taken offline' in log, f'the controller is not offline:\n{log[-2500:]}')
    ISP.unload(vm)


@FAULTS.test
def stuck_interrupt_for_ever(vm):
    """An interrupt that nothing clears does not keep the CPU: the controller is given up."""
    fresh(vm)
    vm.fault('stuck-interrupt,count=0,after=40')
    result, seconds = verified_load(vm, 300)
    print(f'# stuck for ever: {seconds:.1f} s')
    check('cannot be cleared' in vm.guest('dmesg').text, 'the driver did not say so')
    check(result.status != 0, 'fio ended well without interrupts')
    check(seconds < 180, f'it took {seconds:.0f} s')
    given_up(vm)


@FAULTS.test
def hang_in_bus_reset(vm):
    """Restarts that fail slowly come to an end like those that fail at once."""
    fresh(vm)
    vm.fault('hang-mailbox,command=0x18,count=0')
    started = time.monotonic()
    vm.guest(f'sg_reset -b -N {generic(vm, 0)}; for n in $(seq 200); do '
             'dmesg | grep -q "taken offline" && break; sleep 1; done', timeout=300, check=False)
    print(f'# hang in bus reset: {time.monotonic() - started:.1f} s')
    given_up(vm)


for _fault in ('hang-mailbox', 'fail-mailbox,count=0', 'hang,persist=1', 'all-ones'):
    def attach(vm, fault=_fault):
        """isp says why it does not attach, in bounded time; without the fault it does."""
        vm.fault('')
        vm.guest('rmmod isp 2>/dev/null; dmesg -C; true', timeout=120)
        vm.fault(fault)
        started = time.monotonic()
        vm.guest('modprobe isp; ls /sys/class/scsi_host', timeout=120, check=False)
        seconds = time.monotonic() - started
        print(f'# attach with {fault}: {seconds:.1f} s')
        check(seconds < 30, f'it took {seconds:.0f} s')
        vm.fault('')
        check(re.search(r'isp', vm.guest('dmesg --notime --level=emerg,alert,crit,err,warn').text),
              'nothing was said')
        fresh(vm)
        answers(vm)
    attach.__name__ = 'attach_' + re.sub(r'\W+', '_', _fault)
    FAULTS.test(attach)


def random_images(settings):
    """Cards whose EEPROM and firmware file hold random bytes, behind a header and sum that hold."""
    rnd, cards, files = random.Random(1), [], []
    for n in range(8):
        image = bytearray(b'ISP ' + rnd.randbytes(123))
        image.append(-sum(image) & 0xff)
        path = settings.scratch(f'nvram-random-{n}')
        with open(path, 'wb') as f:
            f.write(image)
        cards.append(Controller(id=f'isp{n}', props={'nvram': path, 'resident-firmware': 'off'}))
    for n, size in enumerate((0, 5, 6, 21, 1000, 131070, 131071, 300000)):
        path = settings.scratch(f'firmware-random-{n}')
        with open(path, 'wb') as f:
            f.write(rnd.randbytes(size))
        files.append((f'/lib/firmware/random-{n}', path))
    path = settings.scratch('firmware-random-words')
    with open(path, 'wb') as f:
        f.write(firmware_image([rnd.randrange(0x10000) for _ in range(400)]))
    files.append(('/lib/firmware/random-words', path))
    return settings.config(controllers=cards, files=files, disks=[
        Disk(bus=n, target=target, size='16M') for n in range(len(cards)) for target in (0, 1)])


IMAGES = Group('faults-images', random_images, needs=not_built('isp'))
GROUPS.append(IMAGES)


@IMAGES.test
def random_firmware(vm):
    """No host, and a line that says why; what only the chip could judge is left to the chip."""
    vm.guest('mkdir -p /lib/firmware/qlogic')
    for n in range(8):
        vm.guest('dmesg -C; cd /lib/firmware; '
                 f'cp random-{n} qlogic/1040.bin; modprobe isp; true', timeout=180)
        same(vm.guest('ls /sys/class/scsi_host').text, '', f'hosts with random-{n}')
        log = vm.guest('dmesg --notime').text
        lines = re.findall(r'isp \S+ (?:no firmware|firmware qlogic/1040.bin): ', log)
        same(len(lines), len(vm.config.controllers),
             f'lines with random-{n}, which are:\n{log[-2000:]}')
        vm.guest('modprobe -r isp')


@IMAGES.test
def random_nvram(vm):
    """Each host is there, with values that the chip can take, and its disks are read."""
    vm.guest('modprobe -r isp; cd /lib/firmware; cp random-words qlogic/1040.bin')
    ISP.load(vm)
    cards = len(vm.config.controllers)
    same(len(vm.guest('ls /sys/class/scsi_host').text.split()), cards,
         f'hosts:\n{vm.guest("dmesg --notime").text[-2000:]}\n')
    disks = vm.guest('cd /sys/block; ls -d sd*').text.split()
    # An EEPROM may make the adapter one of the two.
    check(cards <= len(disks) <= 2 * cards, f'disks: {disks}')
    check(not on_all_disks(vm, READ), 'a disk cannot be read')
    ISP.unload(vm)


def crowd(settings):
    """Most of a case's time is spent waiting for a timer, so many controllers share it."""
    n = 8 if settings.kernel.checks else 20
    return settings.config(controllers=[Controller(id=f'isp{i}') for i in range(n)],
                           disks=[Disk(bus=i, target=0, size='16M') for i in range(n)])


MUTATE = Group('faults-mutate', crowd, needs=not_built('isp'), long=True)
GROUPS.append(MUTATE)

# Anything the chip returns, or nearly each completion of a command: those come in crowds, and are
# recovered from together.
WHERE = ('rate=30,count=40', 'target=0,rate=500,count=120', 'target=0,rate=100,count=120')
WORK = ('fio --name=a --filename=/dev/$b --rw=randrw --bs=4k --number_ios=1000 --ioengine=libaio '
        '--direct=1 --iodepth=16 --continue_on_error=all --output-format=terse')
READ = 'dd if=/dev/$b of=/dev/null bs=4k count=1 iflag=direct'


def on_all_disks(vm, command, timeout=300):
    """Run a command for each disk $b at once; the disks where it failed."""
    out = vm.guest('cd /sys/block; for b in sd*; do '
                   f'({command} > /dev/null 2>&1 || echo failed $b) & done; wait',
                   timeout=timeout, check=False).text
    return re.findall(r'failed (sd\w+)', out)


@MUTATE.test
def mutations(vm):
    """Chips that return random bytes, seed by seed: a working or an offline host, no report.

    FUZZ seconds of it from seed SEED (make fuzz-device); otherwise 2,000 mutations, or 400 on a
    kernel that checks and is slow. The last seed is in the log of a failure.
    """
    seconds, seed = int(os.environ.get('FUZZ', 0)), int(os.environ.get('SEED', 1))
    enough = 400 if vm.kernel.checks else 2000
    chips = [c.id for c in vm.config.controllers]
    first, cases, offline, worst, started = seed, 0, 0, 0, time.monotonic()
    ISP.load(vm, 'reset_delay=100')
    while time.monotonic() - started < seconds if seconds else cases < enough:
        begun = time.monotonic()
        vm.guest(f'echo seeds {seed} to {seed + len(chips) - 1} > /dev/kmsg; '
                 'for t in /sys/class/scsi_device/*/device/timeout; do echo 1 > $t; done')
        before = sum(vm.counters(c)['faults'] for c in chips)
        for n, chip in enumerate(chips):
            vm.fault(f'mutate,seed={seed + n},{WHERE[n % len(WHERE)]}', chip)
        on_all_disks(vm, WORK)
        for chip in chips:
            vm.fault('', chip)
        cases += sum(vm.counters(c)['faults'] for c in chips) - before
        dead = on_all_disks(vm, READ)
        offline += len(dead)
        worst = max(worst, time.monotonic() - begun)
        seed += len(chips)
        if dead:
            vm.guest('modprobe -r isp', timeout=180)
            ISP.load(vm, 'reset_delay=100')
            check(not on_all_disks(vm, READ), 'a controller does not come back')
    print(f'# seeds {first} to {seed - 1}, {cases} mutations in {time.monotonic() - started:.0f} s; '
          f'{offline} controllers went offline; the slowest round took {worst:.0f} s')
    check(worst < 300, f'a round took {worst:.0f} s')
