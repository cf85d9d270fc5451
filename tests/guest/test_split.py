# SPDX-License-Identifier: GPL-2.0
"""One request, as many commands as it takes: isp with requests larger than one of its commands."""

import hashlib
import os
import re

from checking import check, same
from devices import ISP, block, generic, stats
from images import host_bytes, random_image
from qemu import Controller, Disk
from runner import Group, not_built

GROUPS = []
MIB = 1 << 20
BAD_SECTOR = 20000      # of the disk that has a bad sector


def machine(settings, **values):
    """Disks of 512- and 4096-byte blocks, a CD-ROM, one beyond 2 TiB, one with a bad sector."""
    bad = settings.scratch('split-bad.img')
    with open(bad, 'wb') as f:
        f.truncate(64 * MIB)
    error = {'driver': 'blkdebug', 'image': {'driver': 'file', 'filename': os.path.abspath(bad)},
             # ENODATA, which QEMU's disk reports as a medium error
             'inject-error': [{'event': 'none', 'iotype': 'read', 'errno': 61,
                               'sector': BAD_SECTOR}]}
    cd = random_image(settings.scratch('split-cd.iso'), 16 * MIB, seed=11)
    return settings.config(
        memory='2G', controllers=[Controller()], modules=['sg'],
        disks=[Disk(target=0, size='64M'), Disk(target=1, size='64M', block=4096),
               Disk(target=2, file=cd, cdrom=True), Disk(target=3, size='3T'),
               Disk(target=4, backend=error)], **values)


def load(vm, params=''):
    """Load isp with these parameters, and let sg do direct I/O."""
    # Without huge pages, direct I/O is scattered.
    vm.guest('echo never > /sys/kernel/mm/transparent_hugepage/enabled; '
             'rmmod isp sg 2>/dev/null; modprobe sg allow_dio=1')
    ISP.load(vm, params)


def large_requests(vm, disk, mib=16):
    """Have the block layer send requests larger than one command."""
    vm.guest(f'echo {mib * 1024} > /sys/block/{disk[5:]}/queue/max_sectors_kb')


def transfer(vm, sg, disk, size, bpt, flag='', block_size=512, at=0):
    """Write and read back by passthrough in requests of bpt blocks; compare with the image."""
    count = size // block_size
    write = f'oflag={flag}' if flag else ''
    read = f'iflag={flag}' if flag else ''
    cdb = 'cdbsz=16' if bpt > 65535 or at + count > 1 << 32 else ''
    # Different data each time, made quickly: random once, then rotated by a byte.
    digest = vm.guest(
        f'[ -s /tmp/random ] || head -c {32 * MIB + 64} /dev/urandom > /tmp/random; '
        'n=$(cat /tmp/turn 2>/dev/null || echo 0); echo $(((n + 1) % 64)) > /tmp/turn; '
        f'dd if=/tmp/random of=/tmp/on bs=1M skip=$n count={size} iflag=skip_bytes,count_bytes '
        '2>/dev/null && sha256sum < /tmp/on').text.split()[0]
    vm.guest(f'sg_dd if=/tmp/on of={sg} bs={block_size} bpt={bpt} seek={at} {write} {cdb}',
             timeout=300)
    same(hashlib.sha256(host_bytes(disk, at * block_size, size)).hexdigest(), digest,
         f'data in the image, {bpt} blocks a request')
    got = vm.guest(f'rm -f /tmp/off; sg_dd if={sg} of=/tmp/off bs={block_size} bpt={bpt} skip={at} '
                   f'count={count} {read} {cdb} && sha256sum < /tmp/off', timeout=300).text
    same(got.split()[-2], digest, f'data read, {bpt} blocks a request')


def split_group(name, settings_of, **values):
    """Transfers with each of these module parameters on one kind of machine."""
    group = Group(name, lambda s: machine(s, **values), needs=not_built('isp'))
    GROUPS.append(group)

    def sizes_test(params):
        def sizes(vm):
            load(vm, params)
            sg, disk = generic(vm, 0), vm.config.disks[0]
            for flag in ('', 'dio'):
                # With direct I/O the midlayer's limit of 2048 segments is 8 MiB of single pages.
                for mib in (1, 4) if flag else (1, 4, 32):
                    size = max(mib, 4)
                    before, chip = stats(vm), vm.counters()['commands']
                    transfer(vm, sg, disk, size * MIB, mib * 2048, flag)
                    after, chip = stats(vm), vm.counters()['commands'] - chip
                    # The planner's count of commands must match the chip's; sg_dd also sends READ
                    # CAPACITY and the like.
                    requests = 2 * size // mib
                    split = after['split_requests'] - before['split_requests']
                    want = after['split_commands'] - before['split_commands'] + requests - split
                    check(0 <= chip - want <= 8, f'{params or "default"}, {mib} MiB {flag}: chip '
                          f'was given {chip} commands, planned {want} for {requests} requests')
            same(after['orphans'], 0, 'commands never returned')
        sizes.__name__ = 'sizes_' + (params.replace('=', '_') or 'default')
        return sizes
    for params in settings_of:
        group.test(sizes_test(params))
    return group


PLAIN = split_group('split', ['ndatasegs=1', 'ndatasegs=4', 'ndatasegs=255', ''])
split_group('split-swiotlb', ['ndatasegs=4', ''], cmdline='swiotlb=force')
split_group('split-small-swiotlb', ['ndatasegs=64'], cmdline='swiotlb=1024,force')
split_group('split-iommu', ['ndatasegs=4', ''], iommu=True)


@PLAIN.test
def forced_splits_are_seen(vm):
    """With one segment per command, a request of 4 MiB takes many commands."""
    load(vm, 'ndatasegs=1')
    transfer(vm, generic(vm, 0), vm.config.disks[0], 4 * MIB, 8192, 'dio')
    got = stats(vm)
    same(got['split_requests'], 2, 'requests split')
    # Pages of a file often adjoin, so a command carries more than one page.
    check(got['split_commands'] > 16, f'only {got["split_commands"]} commands')


@PLAIN.test
def blocks_of_4096(vm):
    """A disk of 4096-byte blocks: each part is whole blocks."""
    load(vm, 'ndatasegs=3')
    transfer(vm, generic(vm, 1), vm.config.disks[1], 16 * MIB, 1024, 'dio', block_size=4096)
    check(stats(vm)['split_requests'] > 0, 'nothing was split')


@PLAIN.test
def cdrom(vm):
    """A CD-ROM, 2048-byte blocks."""
    load(vm, 'ndatasegs=2')
    vm.guest(f'sg_dd if={generic(vm, 2)} of=/tmp/off bs=2048 bpt=2048 count=8192 iflag=dio',
             timeout=300)
    got = vm.guest('sha256sum < /tmp/off').text.split()[0]
    same(got, hashlib.sha256(host_bytes(vm.config.disks[2])).hexdigest(), 'data of the CD-ROM')
    check(stats(vm)['split_requests'] > 0, 'nothing was split')


@PLAIN.test
def beyond_2_tib(vm):
    """Parts of a 16-byte CDB before, across and after the 32-bit LBA edge."""
    load(vm, 'ndatasegs=4')
    for at in ((1 << 32) - 4096, (1 << 32) + 12345):
        transfer(vm, generic(vm, 3), vm.config.disks[3], 4 * MIB, 8192, 'dio', at=at)
    check(stats(vm)['split_requests'] >= 4, 'nothing was split')


@PLAIN.test
def file_system(vm):
    """Requests of the block layer are split as well."""
    load(vm, 'ndatasegs=2')
    disk = block(vm, 0)
    large_requests(vm, disk)
    vm.guest(f'mkfs.ext4 -q -F {disk} && mount -t ext4 {disk} /mnt && '
             'head -c 20000000 /dev/urandom > /mnt/f && sha256sum /mnt/f > /tmp/sum && umount /mnt '
             f'&& fsck.ext4 -fn {disk} && mount -t ext4 {disk} /mnt && sha256sum -c /tmp/sum && '
             'umount /mnt', timeout=300)
    check(stats(vm)['split_requests'] > 0, 'nothing was split')


TOTAL = MIB     # bytes of a request that fails in the middle


def traced(vm, command, timeout=120):
    """Run a command; its text, and [outcome, status, resid, parts] of each request that it split."""
    vm.guest('mount -t tracefs t /sys/kernel/tracing 2>/dev/null; cd /sys/kernel/tracing; '
             'echo > trace; echo 1 > events/scsa/enable')
    text = vm.guest(f'{command} 2>&1', check=False, timeout=timeout).text
    trace = vm.guest('cd /sys/kernel/tracing; echo 0 > events/scsa/enable; cat trace; '
                     'echo > trace').text
    begun, ended = {}, []
    for line in trace.splitlines():
        m = re.search(r'scsa_(\w+): .*cmd (\S+) (.*)', line)
        if not m:
            continue
        event, cmd, rest = m.groups()
        numbers = [int(n, 0) for n in re.findall(r' (0x[0-9a-f]+|\d+)', ' ' + rest)]
        if event == 'start':
            begun[cmd] = []
        elif event == 'part':
            begun[cmd].append(numbers)
        elif event == 'done' and begun.get(cmd):
            ended.append((*numbers, begun.pop(cmd)))
    # The rest never ended, or had a part sent after the request ended.
    return text, ended, [parts for parts in begun.values() if parts]


def sg_read(vm, target, lba=0):
    """The command line of one passthrough READ(10) of TOTAL bytes, which is never retried."""
    return (f'sg_dd if={generic(vm, target)} of=/dev/null bs=512 bpt={TOTAL // 512} skip={lba} '
            f'count={TOTAL // 512} iflag=dio')


def disk_read(vm, target, seconds):
    """The same through the block layer: a command may take `seconds`, and is not retried."""
    disk = block(vm, target)
    large_requests(vm, disk)
    vm.guest(f'd=/sys/block/{disk[5:]}/device; echo {seconds} > $d/timeout; '
             'echo 0 | tee $d/scsi_disk/*/max_retries >/dev/null')
    return f'dd if={disk} of=/dev/null bs={TOTAL} count=1 iflag=direct'


def ends_in_the_middle(vm, command, again=0):
    """Run the command: the one request that was split must have ended early, its parts in order.

    again: how often the midlayer may retry it successfully.
    Returns (text, outcome, SCSI status, residual, [offset, length] of the last part).
    """
    before = stats(vm)
    text, ended, left = traced(vm, command)
    check(1 <= len(ended) <= 1 + again and not left, f'{len(ended)} requests were split and ended, '
          f'{len(left)} did not\n{text}')
    outcome, status, resid, parts = ended[0]
    check(1 < len(parts), f'parts: {parts}')
    same([o for o, _ in parts], [sum(n for _, n in parts[:i]) for i in range(len(parts))],
         'offsets of the parts')
    offset, length = parts[-1]
    check(offset + length < TOTAL, f'the request came to its end: {parts}')
    after = stats(vm)
    same(after['orphans'], 0, 'commands never returned')
    same(after['split_commands'] - before['split_commands'], sum(len(e[3]) for e in ended),
         'commands counted')
    return text, outcome, status, resid, (offset, length)


@PLAIN.test
def error_in_the_middle(vm):
    """A bad sector: the caller gets the sense, the bytes before it count, and no later part is sent."""
    load(vm, 'ndatasegs=1')
    first = 19000
    text, outcome, status, resid, (offset, length) = \
        ends_in_the_middle(vm, sg_read(vm, 4, first))
    same((outcome, status), (0, 2), 'outcome, status')
    check('edium' in text, f'no medium error:\n{text}')
    bad = (BAD_SECTOR - first) * 512
    check(offset <= bad < offset + length, f'the last part, {offset}+{length}, is not the bad one')
    same(resid, TOTAL - offset, 'residual')


# Faults of the chip in the fourth part of a request: (name, the fault, enum scsa_outcome, bytes
# of that part that count).
MIDDLE_FAULTS = [
    ('short_transfer', 'underrun,moves=1024', 0, 1024),
    ('target_gone', 'selection-timeout', 1, 0),
    ('chip_timeout', 'timeout', 2, 0),
    ('bus_reset', 'bus-reset', 3, 0),
    ('aborted', 'aborted', 4, 0),
    ('parity', 'parity', 5, 0),
]

for _name, _fault, _outcome, _moved in MIDDLE_FAULTS:
    def middle(vm, fault=_fault, want=_outcome, moved=_moved):
        """The request ends once, with an exact residual, and no part follows the fault."""
        load(vm, 'ndatasegs=1')
        vm.fault(f'{fault},target=0,opcode=0x28,after=3')
        try:
            _, outcome, status, resid, (offset, _) = \
                ends_in_the_middle(vm, sg_read(vm, 0))
        finally:
            vm.fault('')
        same((outcome, status), (want, 0), 'outcome, status')
        same(resid, TOTAL - offset - moved, 'residual')
        transfer(vm, generic(vm, 0), vm.config.disks[0], MIB, 2048)
    middle.__name__ = 'middle_' + _name
    PLAIN.test(middle)


@PLAIN.test
def middle_lost_command(vm):
    """The chip forgets a part: the request ends once, in bounded time, and its buffer is free."""
    load(vm, 'ndatasegs=1')
    vm.fault('drop-completion,target=0,opcode=0x28,after=3')
    try:
        command = disk_read(vm, 0, 5)
        started = vm.clock()
        _, outcome, _, resid, (offset, _) = ends_in_the_middle(vm, command)
        print(f'# lost command: {vm.clock() - started:.1f} s until the request ended')
    finally:
        vm.fault('')
    check(outcome != 0, 'a lost command ended well')
    same(resid, TOTAL - offset, 'residual')
    transfer(vm, generic(vm, 0), vm.config.disks[0], MIB, 2048)


@PLAIN.test
def middle_reset_from_user_space(vm):
    """sg_reset while the chip holds a part: the request ends once, and no part follows."""
    load(vm, 'ndatasegs=1')
    sg = generic(vm, 0)
    vm.fault('delay-completion,ms=3000,target=0,opcode=0x28,after=3')
    try:
        read = disk_read(vm, 0, 30)
        done = f'$(cat /sys/block/{block(vm, 0)[5:]}/device/scsa/split_commands)'
        # Three parts are done, the fourth is slow. The midlayer retries the request that the reset
        # ended, and any that meets one of the unit attentions that follow.
        command = (f'n={done}; ({read} & while [ {done} -lt $((n + 3)) ]; do sleep 0.1; done; '
                   f'sg_reset --bus --no-escalate {sg}; wait)')
        _, outcome, status, resid, (offset, _) = ends_in_the_middle(vm, command, again=3)
    finally:
        vm.fault('')
    # The part may have completed just before the reset; then the next one meets a unit attention.
    check((outcome, status) != (0, 0), 'a request that was reset ended well')
    same(resid, TOTAL - offset, 'residual')
    transfer(vm, generic(vm, 0), vm.config.disks[0], MIB, 2048)


@PLAIN.test
def block_layer_fits_in_a_command(vm):
    """With default limits, requests of the block layer run in parallel and unsplit."""
    load(vm, 'ndatasegs=17')
    disk = block(vm, 0)
    scsa = f'/sys/block/{disk[5:]}/device/scsa'
    same(vm.guest(f'cat {scsa}/command_bytes /sys/block/{disk[5:]}/queue/max_sectors_kb').text.split(),
         ['65536', '64'], 'bytes that fit in a command, KiB in a request')
    vm.guest(f'dd if={disk} of=/dev/null bs=8M count=4 iflag=direct; '
             f'dd if={disk} of=/dev/null bs=1M count=16')
    same(stats(vm)['split_requests'], 0, 'requests split')
    large_requests(vm, disk)
    vm.guest(f'dd if={disk} of=/dev/null bs=1M count=2 iflag=direct')
    got = vm.guest(f'cd {scsa}; cat split_requests split_commands too_large').text.split()
    host = stats(vm)
    same([int(n) for n in got], [host['split_requests'], host['split_commands'], 0],
         'counters of the disk, of the host')
    check(host['split_requests'] > 0, 'nothing was split')


@PLAIN.test
def direct_io_in_large_pages(vm):
    """Direct I/O of up to 32 MiB, where not all of the process' memory is single pages."""
    for params in ('ndatasegs=1', 'ndatasegs=255'):
        load(vm, params)
        vm.guest('echo always > /sys/kernel/mm/transparent_hugepage/enabled; '
                 'echo always > /sys/kernel/mm/transparent_hugepage/defrag')
        transfer(vm, generic(vm, 0), vm.config.disks[0], 32 * MIB, 32 * 2048, 'dio')


@PLAIN.test
def mmap_io(vm):
    """sgm_dd: the device's data lands in memory that sg shares with the process."""
    load(vm, 'ndatasegs=1')
    sg, disk = generic(vm, 1), vm.config.disks[1]
    # The block layer's limit also limits sg's own buffer. Use the disk of 4096-byte blocks, because sd
    # limits the others to 65535 blocks, just short of 32 MiB.
    large_requests(vm, block(vm, 1), 32)
    for mib in (1, 32):
        transfer(vm, sg, disk, 32 * MIB, mib * 256, block_size=4096)
        command = f'bs=4096 bpt={mib * 256} count=8192'
        digest, got = vm.guest(f'rm /tmp/off; sgm_dd if={sg} of=/tmp/off {command} && '
                               'sha256sum /tmp/on /tmp/off', timeout=300).text.split()[-4::2]
        same(got, digest, f'data read, {mib} MiB')
        vm.guest(f'sgm_dd if=/tmp/off of={sg} {command} seek=1', timeout=300)
        same(hashlib.sha256(host_bytes(disk, 4096, 32 * MIB)).hexdigest(), digest,
             f'data in the image, {mib} MiB')
    check(stats(vm)['split_requests'] > 0, 'nothing was split')


@PLAIN.test
def not_splittable_is_refused(vm):
    """WRITE BUFFER that does not fit: ILLEGAL REQUEST immediately, a log line, nothing for the chip."""
    load(vm, 'ndatasegs=1')
    vm.guest('head -c 1048576 /dev/zero > /tmp/on; dmesg -C')
    sg = generic(vm, 0)
    before = vm.counters()['commands']
    result = vm.guest(f'sg_raw -s 1048576 -i /tmp/on {sg} 3b 02 00 00 00 00 10 00 00 00 2>&1',
                      check=False)
    same(vm.counters()['commands'], before, 'commands the chip was given')
    check('Illegal Request' in result.text, f'sg_raw said:\n{result.text}')
    log = vm.guest('dmesg --notime').text
    check(re.search(r'opcode 0x3b with 1048576 bytes', log), f'no line in the log:\n{log}')
    same(stats(vm)['too_large'], 1, 'requests too large')


@PLAIN.test
def verify_load(vm):
    """Mixed sizes with checksums, everything split; runs for SOAK seconds (make soak)."""
    load(vm, 'ndatasegs=3')
    seconds = int(os.environ.get('SOAK', 40))
    jobs = ''
    for target in (0, 1):
        disk = block(vm, target)
        large_requests(vm, disk)
        jobs += f' --name=on-{disk[5:]} --filename={disk}'
    for mode in ('randwrite', 'randrw'):
        vm.guest(f'fio --rw={mode} --bsrange=4k-2m --blockalign=4k --size=48M --ioengine=libaio '
                 '--direct=1 --iodepth=16 --verify=crc32c --verify_fatal=1 --verify_backlog=64 '
                 f'--time_based --runtime={seconds // 2} --output-format=terse {jobs}',
                 timeout=seconds + 300)
    got = stats(vm)
    print(f'# {got["split_requests"]} requests split into {got["split_commands"]} commands')
    check(got['split_requests'] > 100, 'hardly anything was split')
    same(got['orphans'], 0, 'commands never returned')


UNPLUG = Group('split-unplug', machine, needs=not_built('isp'))
GROUPS.append(UNPLUG)


@UNPLUG.test
def middle_unplug(vm):
    """The controller goes while it holds a part: an error in bounded time, and nothing left."""
    load(vm, 'ndatasegs=1')
    vm.fault('drop-completion,target=0,opcode=0x28,after=3,count=0')
    command = (f'({disk_read(vm, 0, 5)} & sleep 1; for d in /sys/bus/pci/drivers/isp/*:*; do '
               'echo 1 > $d/remove; done; wait)')
    started = vm.clock()
    text, ended, left = traced(vm, command)
    print(f'# unplug: {vm.clock() - started:.1f} s until all had ended')
    same((len(ended), left), (1, []), f'requests that were split and ended, others\n{text}')
    outcome, _, resid, parts = ended[0]
    check(outcome != 0, 'the request ended well')
    same(resid, TOTAL - parts[-1][0], 'residual')
    vm.guest('modprobe -r isp; ! lsmod | grep -E "^(isp|scsa) "')
