# SPDX-License-Identifier: GPL-2.0
"""isp when the chip misbehaves: the faults that tools/qemu injects, under verified load."""

import os
import random
import re
import time

from checking import check, log_of, same
from devices import ISP, chips
from images import firmware_image
from io_tests import sg_raw
from leftovers import disarm
from qemu import Controller, Disk
from runner import Group, not_built

GROUPS = []


def crowd_of(number):
    """So many controllers, each with two disks: a fault on one disk meets the other's commands.

    A case spends most of its time waiting for a timer, so cases run together, each on its own chip.
    """
    return lambda settings: settings.config(
        controllers=[Controller(id=f'isp{n}') for n in range(number)],
        disks=[Disk(bus=n, target=target, size='16M') for n in range(number) for target in (0, 1)])


def fresh(vm):
    """Reload isp to reset what it tolerates; commands may take 5 s instead of 30."""
    disarm(vm)
    vm.guest('rmmod isp 2>/dev/null; modprobe isp && settle && '
             'for t in /sys/class/scsi_device/*/device/timeout; do echo 5 > $t; done; dmesg -C',
             timeout=180)


CHIPS = 8
FAULTS = Group('faults', crowd_of(CHIPS), needs=not_built('isp'), before=fresh, long=True)
GROUPS.append(FAULTS)


def addresses(vm):
    """{controller: PCI address}: slots are assigned in order."""
    return {c.id: address for c, address in zip(vm.config.controllers, sorted(chips(vm)))}


def disks_of(vm):
    """{PCI address: its disks, sda, sdb ...}; one command, as each is slow on a checking kernel."""
    out = vm.guest('cd /sys/bus/pci/drivers/isp; for d in *:*; do '
                   'echo $d $(ls $d/host*/target*/*/block | grep ^sd); done').text
    return {address: disks for address, *disks in map(str.split, out.splitlines())}


def verified_load(vm, faults, size='2M'):
    """Run fio on the disks of one chip for each fault; return its (status, seconds) on each."""
    commands, disks = '', disks_of(vm)
    for n, (fault, (chip, address)) in enumerate(zip(faults, addresses(vm).items())):
        jobs = ' '.join(f'--name=on-{d} --filename=/dev/{d}' for d in disks[address])
        commands += ('(s=$(cut -d . -f 1 /proc/uptime); fio --rw=randwrite --bsrange=4k-128k '
                     '--blockalign=4k --ioengine=libaio --direct=1 --iodepth=16 '
                     f'--size={size} --verify=crc32c --verify_fatal=1 --do_verify=1 --output-format=terse '
                     f'{jobs} >/dev/null 2>&1; '
                     f'echo {n} $? $(($(cut -d . -f 1 /proc/uptime) - s))) & ')
        vm.fault(fault, chip)
    started, clock = time.monotonic(), vm.clock()
    found = vm.guest(commands + 'wait', timeout=400).text
    share = (vm.clock() - clock) / (time.monotonic() - started)     # of the host's time
    return [(int(status), round(int(seconds) * share)) for _, status, seconds in
            sorted(line.split() for line in found.splitlines())]


def fired(vm):
    """How often each chip has injected its fault."""
    return [vm.counters(c.id)['faults'] for c in vm.config.controllers]


def silent(vm):
    """Disks that do not answer; asked twice, because a reset leaves a unit attention."""
    return vm.guest('cd /sys/block; for d in sd*; do sg_turs /dev/$d || sg_turs /dev/$d || '
                    'echo silent $d; done 2>/dev/null | sed -n "s/^silent //p"').text.split()


def lines_about(vm, address):
    """The kernel log's lines about one controller and its disks."""
    host = vm.guest(f'ls -d /sys/bus/pci/devices/{address}/host*', check=False).text.strip()[-1:]
    return '\n'.join(x for x in log_of(vm).splitlines()
                     if address in x or re.match(rf'(sd|scsi|sr) (host)?{host or "none"}\b', x))


# Apart from the delay, a user notices none of these: the midlayer or the driver retries. The chips of
# a row are tested together. With more than four, some share an interrupt line.
SURVIVED = [
    ('drop-interrupt', 'delay-interrupt,ms=700', 'stuck-interrupt,count=5',
     'spurious-interrupt,count=5'),
    ('busy,count=5', 'queue-full,count=5', 'queue-full,chip=1,count=5', 'parity,count=3',
     'underrun,moves=512,count=3', 'overrun,count=3', 'transport-error,count=3', 'aborted,count=3'),
    ('reset,count=3', 'timeout,count=3', 'bus-reset', 'system-error', 'request-error',
     'response-error', 'hang', 'drop-completion'),
    ('duplicate-completion,count=5', 'late-completion,ms=300,count=5', 'late-completion,ms=9000',
     'corrupt-response,field=type,value=0x55', 'corrupt-response,field=count,value=200',
     'corrupt-response,field=handle,xor=0xffffffff', 'corrupt-response,field=handle,value=1'),
    ('corrupt-response,field=entry-status,value=0xff', 'corrupt-response,field=status,value=0x77',
     'corrupt-response,field=resid,value=0xffffffff', 'response-in,value=0xffff',
     'response-in,value=1'),
]

for _n, _faults in enumerate(SURVIVED):
    def survived(vm, faults=_faults):
        """The load succeeds in bounded time, with the data that was written."""
        before = fired(vm)
        results = verified_load(vm, [f'{f},after=40' for f in faults])
        met = [after - n for n, after in zip(before, fired(vm))]
        disarm(vm)
        parts, disks, dumb = [], disks_of(vm), silent(vm)
        for fault, address, count, (status, seconds) in zip(faults, addresses(vm).values(), met,
                                                            results):
            print(f'# {fault}: {seconds} s')
            why = ''
            if not count:
                why = 'the fault has not fired'
            elif status:
                why = f'fio ended with status {status}:\n{lines_about(vm, address)[-2500:]}'
            elif seconds > 120:
                why = f'it took {seconds} s'
            elif len(set(disks[address]) - set(dumb)) != 2:
                why = 'a disk does not answer'
            parts.append((re.sub(r'\W+', '_', fault), why))
        return parts
    survived.__name__ = f'survived_{_n}'
    FAULTS.test(survived)


@FAULTS.test
def long_sense(vm):
    """Sense data longer than the 20 bytes that struct scsi_arq_status holds."""
    disk, _ = disks_of(vm)[addresses(vm)['isp0']]
    vm.fault('corrupt-response,field=sense-length,value=32,count=3')
    status, text = sg_raw(vm, f'/dev/{disk}', 'ff 00 00 00 00 00')
    vm.fault('')
    check('Illegal' in text, f'sg_raw: {status} {text}')


@FAULTS.test
def attach(vm):
    """With the fault, isp says why it does not attach, in bounded time; without it, isp attaches."""
    vm.guest('rmmod isp 2>/dev/null; echo 0 > /sys/bus/pci/drivers_autoprobe; modprobe isp; dmesg -C')
    parts = []
    for fault, (chip, address) in zip(('hang-mailbox', 'fail-mailbox,count=0', 'hang,persist=1',
                                       'all-ones'), addresses(vm).items()):
        vm.fault(fault, chip)
        started = vm.clock()
        status = vm.guest(f'echo {address} > /sys/bus/pci/drivers/isp/bind', check=False).status
        seconds = vm.clock() - started
        print(f'# attach with {fault}: {seconds:.1f} s')
        warned = vm.guest('dmesg --notime --level=emerg,alert,crit,err,warn').text
        vm.fault('', chip)
        parts.append(('attach_' + re.sub(r'\W+', '_', fault),
                      'it attached' if not status else
                      f'it took {seconds:.0f} s' if seconds > 30 else
                      '' if f'isp {address}' in warned else 'nothing was said'))
    vm.guest('rmmod isp; echo 1 > /sys/bus/pci/drivers_autoprobe')
    fresh(vm)
    same(silent(vm), [], 'disks that do not answer')
    same(len(disks_of(vm)), CHIPS, 'hosts')
    return parts


@FAULTS.test
def given_up(vm):
    """Chips that stay broken: all I/O ends with an error in bounded time, and isp unloads.

    One card reads all ones in every register. One interrupts and nothing clears it, which must not
    monopolize the CPU. Some restarts fail slowly; they must end like those that fail immediately.
    """
    gone, stuck, slow = list(addresses(vm).values())[:3]
    disk, _ = disks_of(vm)[slow]
    vm.fault('hang-mailbox,command=0x18,count=0', 'isp2')
    vm.guest(f'(sg_reset -b -N /dev/{disk}) > /dev/null 2>&1 < /dev/null &')
    started = vm.clock()
    # Too much for the commands that complete before each restart.
    results = verified_load(vm, ['all-ones,after=40', 'stuck-interrupt,count=0,after=40'], '16M')
    vm.guest(f'for n in $(seq 100); do dmesg | grep "{slow}.*taken offline" && break; sleep 2; done',
             timeout=300, check=False)
    print(f'# hang in bus reset: {vm.clock() - started:.1f} s')
    parts = []
    for name, address, words, (status, seconds) in (
            ('card_gone', gone, ('no longer answers',), results[0]),
            ('stuck_interrupt_for_ever', stuck, ('cannot be cleared', 'taken offline'), results[1]),
            ('hang_in_bus_reset', slow, ('taken offline',), (1, 0))):
        print(f'# {name}: {seconds} s')
        log = lines_about(vm, address)
        parts.append((name, 'fio ended well' if not status else
                      f'it took {seconds} s' if seconds > 120 else
                      '' if all(w in log for w in words) else f'{words} expected:\n{log[-2500:]}'))
    ISP.unload(vm)
    return parts


def random_images(settings):
    """Cards whose EEPROM and firmware file hold random bytes behind a valid header and checksum."""
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
    """No host, and a line that says why; only the chip can judge the code, so that is left to it."""
    # All cards get the same file, so two of them are enough.
    vm.guest('mkdir -p /lib/firmware/qlogic; cd /sys/bus/pci/devices; '
             f'for card in {" ".join(chips(vm)[2:])}; do echo 1 > $card/remove; done')
    for n in range(8):
        vm.guest('dmesg -C; cd /lib/firmware; '
                 f'cp random-{n} qlogic/1040.bin; modprobe isp; true', timeout=180)
        same(vm.guest('ls /sys/class/scsi_host').text, '', f'hosts with random-{n}')
        log = log_of(vm)
        lines = re.findall(r'isp \S+ (?:no firmware|firmware qlogic/1040.bin): ', log)
        same(len(lines), 2, f'lines with random-{n}, which are:\n{log[-2000:]}')
        vm.guest('modprobe -r isp')
    vm.guest('echo 1 > /sys/bus/pci/rescan')


@IMAGES.test
def random_nvram(vm):
    """Each host exists, with values that the chip accepts, and its disks can be read."""
    vm.guest('modprobe -r isp; cd /lib/firmware; cp random-words qlogic/1040.bin')
    ISP.load(vm)
    cards = len(vm.config.controllers)
    same(len(vm.guest('ls /sys/class/scsi_host').text.split()), cards,
         f'hosts:\n{vm.guest("dmesg --notime").text[-2000:]}\n')
    disks = vm.guest('cd /sys/block; ls -d sd*').text.split()
    # The EEPROM may give the adapter the id of one of the two disks.
    check(cards <= len(disks) <= 2 * cards, f'disks: {disks}')
    check(not on_all_disks(vm, READ), 'a disk cannot be read')
    ISP.unload(vm)


def mutants(settings):
    """One disk each, because the load takes one pass over all disks."""
    return settings.config(controllers=[Controller(id=f'isp{i}') for i in range(CHIPS)],
                           disks=[Disk(bus=i, target=0, size='16M') for i in range(CHIPS)])


MUTATE = Group('faults-mutate', mutants, needs=not_built('isp'), long=True)
GROUPS.append(MUTATE)

# Corrupt anything the chip returns, or nearly every completion: corrupt completions come in crowds, and
# the driver recovers from many of them together.
WHERE = ('rate=30,count=40', 'target=0,rate=500,count=120', 'target=0,rate=100,count=120')
WORK = ('fio --name=a --filename=/dev/$b --rw=randrw --bs=4k --number_ios=200 --ioengine=libaio '
        '--direct=1 --iodepth=16 --continue_on_error=all --output-format=terse')
READ = 'dd if=/dev/$b of=/dev/null bs=4k count=1 iflag=direct'


def on_all_disks(vm, command, timeout=300):
    """Run a command for each disk $b at the same time; return the disks where it failed."""
    out = vm.guest('cd /sys/block; for b in sd*; do '
                   f'({command} > /dev/null 2>&1 || echo failed $b) & done; wait',
                   timeout=timeout, check=False).text
    return re.findall(r'failed (sd\w+)', out)


@MUTATE.test
def mutations(vm):
    """Chips that return random bytes, seed by seed: the host works or is offline, without a report.

    make fuzz-device runs it for FUZZ seconds from seed SEED. Otherwise it makes 100 mutations. The log of
    a failure has the last seed.
    """
    seconds, seed = int(os.environ.get('FUZZ', 0)), int(os.environ.get('SEED', 1))
    cards = [c.id for c in vm.config.controllers]
    first, cases, offline, worst, started = seed, 0, 0, 0, time.monotonic()
    ISP.load(vm)
    while time.monotonic() - started < seconds if seconds else cases < 100:
        begun = vm.clock()
        vm.guest(f'echo seeds {seed} to {seed + len(cards) - 1} > /dev/kmsg; '
                 'for t in /sys/class/scsi_device/*/device/timeout; do echo 1 > $t; done')
        before = sum(vm.counters(c)['faults'] for c in cards)
        for n, card in enumerate(cards):
            vm.fault(f'mutate,seed={seed + n},{WHERE[n % len(WHERE)]}', card)
        on_all_disks(vm, WORK)
        for card in cards:
            vm.fault('', card)
        cases += sum(vm.counters(c)['faults'] for c in cards) - before
        dead = on_all_disks(vm, READ)
        offline += len(dead)
        worst = max(worst, vm.clock() - begun)
        seed += len(cards)
        if dead:
            vm.guest('modprobe -r isp', timeout=180)
            ISP.load(vm)
            check(not on_all_disks(vm, READ), 'a controller does not come back')
    print(f'# seeds {first} to {seed - 1}, {cases} mutations in {time.monotonic() - started:.0f} s; '
          f'{offline} controllers went offline; the slowest round took {worst:.0f} s')
    check(worst < 300, f'a round took {worst:.0f} s')
