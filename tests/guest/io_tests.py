# SPDX-License-Identifier: GPL-2.0
"""I/O tests that every driver for the emulated chip must pass; instantiated once for each driver."""

import hashlib
from dataclasses import dataclass

from checking import Skip, check, errors_in_log, same
from devices import block, devices, generic, host_number
from images import firmware, host_bytes, random_image
from qemu import Controller, Disk
from runner import Group, Suite, bound

MIB = 1 << 20


def fio(vm, device, depth, options=''):
    """Write with checksums, then read and verify; any mismatch makes fio fail."""
    vm.guest(f'fio --name=verify --filename={device} --rw=randwrite --bsrange=4k-64k '
             f'--blockalign=4k --size=16M --ioengine=libaio --direct=1 --iodepth={depth} '
             f'--verify=crc32c --verify_fatal=1 --do_verify=1 --output-format=terse {options}',
             timeout=300)


def sg_raw(vm, device, cdb, read=0):
    """Send one passthrough command; return (exit status, what sg_raw said)."""
    wants = f'-r {read}' if read else ''
    result = vm.guest(f'sg_raw {wants} {device} {cdb} 2>&1', check=False)
    return result.status, result.text


@dataclass
class Answer:
    """What came back of a command that the program sgio has sent."""
    status: int
    host: int       # the host byte
    resid: int
    spoilt: int     # bytes around the buffer that have changed
    direct: int     # direct I/O has been used
    sense: bytes

    @property
    def code(self):
        """(key, ASC, ASCQ) of fixed sense data."""
        return (self.sense[2] & 0xf, self.sense[12], self.sense[13]) if self.sense else None


def sgio(vm, device, cdb, options=''):
    """Send one command by SG_IO; the machine needs program(settings, 'sgio')."""
    said = vm.guest(f'sgio {options} {device} {cdb}').text
    words = said.split(' ')
    check(words[0] == 'status' and len(words) == 12, said)
    return Answer(*(int(w, 0) for w in words[1:-1:2]), bytes.fromhex(words[-1]))


DATA = ['finds_its_disks', 'fio_verify_depth_32', 'fio_verify_all_disks',
        'sg_dd_reaches_the_image', 'cdrom_reads', 'odd_lengths', 'ext4', 'log_is_clean']

# name, CDB, bytes to read, exit status of sg_raw (sg3_utils(8)), words it must print
PASSTHROUGH = [
    ('test_unit_ready', '00 00 00 00 00 00', 0, 0, ()),
    ('inquiry', '12 00 00 00 60 00', 96, 0, ('QEMU',)),
    ('read_capacity', '25 00 00 00 00 00 00 00 00 00', 8, 0, ()),
    ('read_capacity_16', '9e 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00', 32, 0, ()),
    ('mode_sense_6', '1a 00 3f 00 c0 00', 192, 0, ()),
    ('mode_sense_10', '5a 00 3f 00 00 00 00 00 c0 00', 192, 0, ()),
    ('report_luns', 'a0 00 00 00 00 00 00 00 00 40 00 00', 64, 0, ()),
    # 5/20: INVALID COMMAND OPERATION CODE
    ('illegal_opcode', 'ee 00 00 00 00 00 00 00 00 00', 0, 9,
     ('Illegal Request', 'Invalid command operation code')),
    # 5/21: LOGICAL BLOCK ADDRESS OUT OF RANGE
    ('read_past_end', '28 00 7f ff ff 00 00 00 01 00', 512, 22,
     ('Illegal Request', 'Logical block address out of range')),
]


# name, direction, sizes of the buffer that are too small, CDB
OVERRUNS = [
    ('WRITE SAME(10)', '-s', (0, 1, 24, 511), '41 00 00 00 00 00 00 00 08 00'),
    ('WRITE SAME(16)', '-s', (0, 1, 24, 511), '93 00 00 00 00 00 00 00 00 00 00 00 00 08 00 00'),
    ('UNMAP', '-s', (0, 1, 23), '42 00 00 00 00 00 00 00 18 00'),
    ('MODE SELECT(6)', '-s', (0, 1, 23), '15 10 00 00 18 00'),
    ('VERIFY(10), BYTCHK 3', '-s', (0, 1, 24, 511), '2f 06 00 00 00 00 00 00 08 00'),
    ('WRITE(10)', '-s', (0, 1, 24, 511), '2a 00 00 00 00 00 00 00 01 00'),
    ('READ(10)', '-r', (0, 1, 24, 511), '28 00 00 00 00 00 00 00 01 00'),
    ('READ CAPACITY(10)', '-r', (0, 1, 7), '25 00 00 00 00 00 00 00 00 00'),
    ('READ CAPACITY(16)', '-r', (0, 1, 24), '9e 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00'),
]


IO = Suite()


@IO.test
def finds_its_disks(vm):
    want = {(0, 0): 0, (1, 0): 0, (1, 3): 0, (2, 0): 5, (5, 0): 0}
    same({k: v[0] for k, v in devices(vm).items()}, want, 'devices (target, LUN): type')
    sizes = vm.guest(f'blockdev --getsz {block(vm, 0)}; cat /sys/block/'
                     f'{devices(vm)[5, 0][1]}/queue/logical_block_size').text.split()
    same(sizes, ['131072', '4096'], 'sectors, block size')


@IO.test
def absent_target_is_silent(vm):
    # The scan asks every target; an absent one must leave no message.
    same(errors_in_log(vm), [], 'error lines in the kernel log')
    out = vm.guest('dmesg --level=emerg,alert,crit,err,warn --notime').text
    for target in (3, 4, 15):
        check(f':0:{target}:' not in out, f'noise about absent target {target}:\n{out}')


@IO.test
def fio_verify_depth_1(vm):
    fio(vm, block(vm, 0), 1)


@IO.test
def fio_verify_depth_32(vm):
    fio(vm, block(vm, 0), 32)


@IO.test
def fio_verify_all_disks(vm):
    names = [block(vm, *key) for key in ((0, 0), (1, 0), (1, 3), (5, 0))]
    jobs = ' '.join(f'--name=on-{n[5:]} --filename={n}' for n in names)
    vm.guest('fio --rw=randrw --bsrange=4k-128k --blockalign=4k --size=8M --ioengine=libaio '
             '--direct=1 --iodepth=16 --verify=crc32c --verify_fatal=1 '
             f'--output-format=terse {jobs}', timeout=300)


@IO.test
def sg_dd_reaches_the_image(vm):
    # Random data written by passthrough must be in the host's file, byte for byte, and must come
    # back unchanged; the offset exposes a constant or shifted transfer.
    disk = vm.config.disks[0]
    vm.guest('dd if=/dev/urandom of=/tmp/data bs=1M count=8 2>/dev/null')
    digest = vm.guest('sha256sum < /tmp/data').text.split()[0]
    sg = generic(vm, 0)
    vm.guest(f'sg_dd if=/tmp/data of={sg} bs=512 bpt=128 seek=1000', timeout=300)
    got = hashlib.sha256(host_bytes(disk, 1000 * 512, 8 * MIB)).hexdigest()
    same(got, digest, 'data in the image')
    vm.guest(f'sg_dd if={sg} of=/tmp/back bs=512 bpt=128 skip=1000 count=16384', timeout=300)
    vm.guest('cmp /tmp/data /tmp/back && rm /tmp/data /tmp/back')


@IO.test
def lun_3_is_not_lun_0(vm):
    low, high = vm.config.disks[1], vm.config.disks[2]
    for lun, letter in ((0, 'A'), (3, 'B')):
        vm.guest(f"yes {letter * 511} | head -c 65536 > /tmp/x; "
                 f'dd if=/tmp/x of={block(vm, 1, lun)} bs=64k oflag=direct 2>/dev/null')
    check(host_bytes(low, 0, 65536) == (b'A' * 511 + b'\n') * 128, 'LUN 0 holds other data')
    check(host_bytes(high, 0, 65536) == (b'B' * 511 + b'\n') * 128, 'LUN 3 holds other data')


@IO.test
def cdrom_reads(vm):
    disk = vm.config.disks[3]
    out = vm.guest(f'sha256sum < {block(vm, 2)}', timeout=300).text.split()[0]
    same(out, hashlib.sha256(host_bytes(disk)).hexdigest(), 'data of the CD-ROM')


@IO.test
def odd_lengths(vm):
    # Lengths that are not a multiple of a block or a word: the allocation length decides.
    for length in (1, 5, 36, 95):
        status, text = sg_raw(vm, generic(vm, 0), f'12 00 00 00 {length:02x} 00', length)
        same(status, 0, f'INQUIRY of {length} bytes: {text}')
        check(f'Received {min(length, 96)} bytes' in text, f'{length} bytes asked:\n{text}')


for _key, *_row in PASSTHROUGH:
    def passthrough(vm, driver, row=tuple(_row)):
        """A command that the target answers, with data or with sense."""
        cdb, length, status, words = row
        if len(cdb.split()) > driver.max_cdb:
            raise Skip(f'{driver.name} takes no CDB of more than {driver.max_cdb} bytes')
        got, text = sg_raw(vm, generic(vm, 0), cdb, length)
        same(got, status, f'exit status of sg_raw {cdb}\n{text}')
        for word in words:
            check(word in text, f'{word!r} is not in\n{text}')
    passthrough.__name__ = 'passthrough_' + _key
    IO.test(passthrough)


@IO.test
def overruns_are_errors(vm):
    """If a target wants to move more than the buffer holds, the command must not count as done."""
    sg, taken = generic(vm, 1), []
    before = hashlib.sha256(host_bytes(vm.config.disks[1], 0, MIB)).digest()
    vm.guest('head -c 4096 /dev/zero | tr "\\0" Q > /tmp/on')
    for name, way, sizes, cdb in OVERRUNS:
        for size in sizes:
            data = f'{way} {size} {"-i /tmp/on" if way == "-s" else ""}' if size else ''
            if not vm.guest(f'sg_raw {data} {sg} {cdb}', check=False).status:
                taken.append(f'{name} with {size} bytes')
    same(taken, [], 'taken for done')
    same(hashlib.sha256(host_bytes(vm.config.disks[1], 0, MIB)).digest(), before,
         'the beginning of the disk')
    vm.guest(f'sg_turs {sg} || sg_turs {sg}')


@IO.test
def same_answers_as_scsi_debug(vm, driver):
    host = set(devices(vm))
    vm.guest('modprobe scsi_debug dev_size_mb=16 && settle')
    try:
        vm.guest('ls -d /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*')
        out = vm.guest('ls /sys/bus/pseudo/drivers/scsi_debug/adapter0 | grep host').text
        reference = devices(vm, int(out.strip()[4:]))
        check(len(reference) == 1, f'scsi_debug has {reference}')
        sg = '/dev/' + next(iter(reference.values()))[2]
        for key, cdb, length, _, _ in PASSTHROUGH:
            if len(cdb.split()) > driver.max_cdb:
                continue
            want, said = sg_raw(vm, sg, cdb, length)
            got, text = sg_raw(vm, generic(vm, 0), cdb, length)
            same(got, want, f'{key}: here {text}\nscsi_debug {said}')
    finally:
        vm.guest('modprobe -r scsi_debug')
    same(set(devices(vm)), host, 'devices')


@IO.test
def bus_reset(vm):
    # From user space: the reset completes, and the disks work after it.
    sg = generic(vm, 0)
    vm.guest(f'sg_reset --bus --no-escalate {sg}', timeout=120)
    vm.guest(f'for i in 1 2 3 4 5; do sg_turs {sg} && exit 0; sleep 1; done; exit 1')
    fio(vm, block(vm, 0), 4, '--size=2M')


@IO.test
def ext4(vm):
    disk = block(vm, 1)
    vm.guest(f'mkfs.ext4 -q -F {disk} && mount -t ext4 {disk} /mnt', timeout=300)
    vm.guest('cd /mnt && for i in $(seq 40); do mkdir d$i; '
             'head -c $((i * 7919)) /dev/urandom > d$i/f; done; '
             'find . -name f | sort | xargs sha256sum > /tmp/sums; sync', timeout=300)
    vm.guest(f'umount /mnt && fsck.ext4 -fn {disk}', timeout=300)
    vm.guest(f'mount -t ext4 {disk} /mnt && cd /mnt && sha256sum -c /tmp/sums >/dev/null; '
             's=$?; cd /; umount /mnt; exit $s', timeout=300)


@IO.test
def counters_count(vm):
    before = vm.counters()
    check(before, 'the device has no stat-* properties')
    vm.guest(f'dd if={block(vm, 0)} of=/dev/null bs=64k count=32 iflag=direct')
    after = vm.counters()
    got = {k: after[k] - before[k] for k in before}
    check(got['commands'] >= 32, f'commands: {got}')
    check(got['bytes-read'] >= 32 * 65536, f'bytes: {got}')


@IO.test
def unload_and_reload(vm, driver):
    for _ in range(4 if driver.ours else 2):
        driver.unload(vm)
        check(not vm.guest('ls /sys/class/scsi_host').text.strip(), 'a host is left')
        driver.load(vm)
        check((1, 3) in devices(vm), 'disks are back')
    fio(vm, block(vm, 0), 8, '--size=4M')


@IO.test
def log_is_clean(vm, driver):
    same(errors_in_log(vm), [], 'error lines in the kernel log')
    driver.unload(vm)
    if driver.ours:
        vm.guest('! lsmod | grep -q ^scsa || modprobe -r scsa')
    same(errors_in_log(vm), [], 'error lines in the kernel log after unload')
    same(vm.guest_errors(), [], 'guest errors')


def dma_takes_that_way(vm, dma):
    """The machine is what the group claims: a transfer causes this kernel trace event."""
    event = '/sys/kernel/tracing/events/' + dma
    vm.guest(f'echo 1 > {event}/enable; dd if={block(vm, 0)} of=/dev/null bs=64k count=4 '
             f'iflag=direct; echo 0 > {event}/enable')
    seen = vm.guest(f'grep -c {dma.rpartition("/")[2]} /sys/kernel/tracing/trace', check=False)
    check(int(seen.text) > 0, f'no {dma} event during a transfer')


def io_group(driver, name, needs=None, params='', only=(), dma='', **machine):
    """The tests for one driver (with its parameters) on one kind of machine.

    only: names of the tests worth running on this kind of machine; empty: all of them.
    dma: a kernel trace event that DMA must cause.
    """

    def configure(settings):
        cd = random_image(settings.scratch('cd.iso'), 4 * MIB, seed=7)
        disks = [Disk(target=0, size='64M'), Disk(target=1, size='64M'),
                 Disk(target=1, lun=3, size='64M'), Disk(target=2, file=cd, cdrom=True),
                 Disk(target=5, size='64M', block=4096)]
        files = [] if driver.ours else [firmware(settings.build)]
        return settings.config(disks=disks, files=files,
                               modules=[] if driver.ours else [driver.name],
                               **{'controllers': [Controller()], **machine})

    driver = driver.having(params)
    group = Group(name, configure, needs=needs, before=driver.load, machine=f'{driver.name} {machine}')
    if dma:
        group.test(bound(dma_takes_that_way, dma=dma))
    IO.bind(group, only, driver=driver)
    return group


SLOW_TARGETS = [0, 1, 2, 3, 4, 5, 6, 8]     # 7 is the initiator


def many_outstanding(vm, driver, outstanding):
    """Disks that answer late, so that commands pile up in the chip."""
    host = host_number(vm)
    jobs = ' '.join(f'--name=t{t} --filename={block(vm, t)}' for t in SLOW_TARGETS)
    vm.guest('fio --rw=randread --bs=4k --ioengine=libaio --direct=1 --iodepth=64 --time_based '
             f'--runtime=8 --output=/tmp/fio --output-format=terse {jobs} & job=$!; top=0; '
             f'for i in $(seq 60); do n=$(cat /sys/class/scsi_host/host{host}/host_busy); '
             '[ $n -gt $top ] && top=$n; usleep 100000; done; wait $job || exit 1; '
             'echo $top > /tmp/top', timeout=300)
    top = int(vm.guest('cat /tmp/top').text)
    print(f'# {driver.name}: {top} commands outstanding at once')
    check(top >= outstanding, f'{top} commands outstanding, {outstanding} wanted')


def depth_group(driver, name, outstanding, needs=None):
    """Disks that take 0.1 s for a command."""

    def configure(settings):
        slow = {'driver': 'null-co', 'size': 1 << 30, 'read-zeroes': True,
                'latency-ns': 100_000_000}
        return settings.config(
            controllers=[Controller()], disks=[Disk(target=t, backend=dict(slow)) for t in SLOW_TARGETS],
            files=[] if driver.ours else [firmware(settings.build)],
            modules=[] if driver.ours else [driver.name])

    group = Group(name, configure, needs=needs, before=driver.load)
    group.test(bound(many_outstanding, driver=driver, outstanding=outstanding))
    return group
