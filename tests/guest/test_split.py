# SPDX-License-Identifier: GPL-2.0
"""One request, as many commands as it takes: isp with requests larger than one of its commands."""

import hashlib
import os
import re

from io_tests import not_built
from lib import (ISP, Controller, Disk, Group, block, check, generic, host_bytes, random_image,
                 same)

GROUPS = []
MIB = 1 << 20
BAD_SECTOR = 20000      # of the disk with an error in the middle


def machine(settings, **values):
    """Disks of 512 and 4096 byte blocks, a CD-ROM, one beyond 2 TiB, one with a bad sector."""
    bad = settings.scratch('split-bad.img')
    with open(bad, 'wb') as f:
        f.truncate(64 * MIB)
    error = {'driver': 'blkdebug', 'image': {'driver': 'file', 'filename': os.path.abspath(bad)},
             # ENODATA, which QEMU's disk makes a medium error
             'inject-error': [{'event': 'none', 'iotype': 'read', 'errno': 61,
                               'sector': BAD_SECTOR}]}
    cd = random_image(settings.scratch('split-cd.iso'), 16 * MIB, seed=11)
    return settings.config(
        memory='2G', controllers=[Controller()], modules=['sg'],
        disks=[Disk(target=0, size='64M'), Disk(target=1, size='64M', block=4096),
               Disk(target=2, file=cd, cdrom=True), Disk(target=3, size='3T'),
               Disk(target=4, backend=error)], **values)


def load(vm, params=''):
    """isp with these parameters, and a sg that does direct I/O."""
    # Without huge pages, that direct I/O is scattered.
    vm.guest('echo never > /sys/kernel/mm/transparent_hugepage/enabled; '
             'rmmod isp sg 2>/dev/null; modprobe sg allow_dio=1')
    ISP.load(vm, params)


def stats(vm):
    """The layer's counters of its one host."""
    out = vm.guest('cat /sys/kernel/debug/scsa/host*/stats').text
    return {k: int(v) for k, v in re.findall(r'^(\w+) (\d+)$', out, re.M)}


def transfer(vm, sg, disk, size, bpt, flag='', block_size=512, at=0):
    """Write and read back by passthrough in requests of bpt blocks; compare with the image."""
    count = size // block_size
    write = f'oflag={flag}' if flag else ''
    read = f'iflag={flag}' if flag else ''
    cdb = 'cdbsz=16' if bpt > 65535 or at + count > 1 << 32 else ''
    # Other data each time, made quickly: random, then turned by a byte.
    vm.guest(f'[ -s /tmp/random ] || head -c {32 * MIB + 64} /dev/urandom > /tmp/random; '
             f'n=$(cat /tmp/turn 2>/dev/null || echo 0); echo $(((n + 1) % 64)) > /tmp/turn; '
             f'tail -c +$((n + 1)) /tmp/random | head -c {size} > /tmp/on')
    digest = vm.guest('sha256sum < /tmp/on').text.split()[0]
    vm.guest(f'sg_dd if=/tmp/on of={sg} bs={block_size} bpt={bpt} seek={at} {write} {cdb}',
             timeout=300)
    same(hashlib.sha256(host_bytes(disk, at * block_size, size)).hexdigest(), digest,
         f'data in the image, {bpt} blocks a request')
    vm.guest(f'rm -f /tmp/off; sg_dd if={sg} of=/tmp/off bs={block_size} bpt={bpt} skip={at} '
             f'count={count} {read} {cdb}', timeout=300)
    vm.guest('cmp /tmp/on /tmp/off')


def split_group(name, settings_of, **values):
    """Transfers at each of these module parameters on one kind of machine."""
    group = Group(name, lambda s: machine(s, **values), needs=not_built('isp'))
    GROUPS.append(group)

    def sizes_test(params):
        def sizes(vm):
            load(vm, params)
            sg, disk = generic(vm, 0), vm.config.disks[0]
            for flag in ('', 'dio'):
                # By direct I/O the midlayer's 2048 segments are 8 MiB of single pages.
                for mib in (1, 4) if flag else (1, 4, 16, 32):
                    size = max(mib, 8)
                    before, chip = stats(vm), vm.counters()['commands']
                    transfer(vm, sg, disk, size * MIB, mib * 2048, flag)
                    after, chip = stats(vm), vm.counters()['commands'] - chip
                    # What the planner says it made of the requests is what the chip was given;
                    # sg_dd sends READ CAPACITY and the like besides.
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
    """With one segment to a command a request of 4 MiB is many commands."""
    load(vm, 'ndatasegs=1')
    transfer(vm, generic(vm, 0), vm.config.disks[0], 4 * MIB, 8192, 'dio')
    got = stats(vm)
    same(got['split_requests'], 2, 'requests split')
    # Pages of a file often adjoin, so a command carries more than one.
    check(got['split_commands'] > 16, f'only {got["split_commands"]} commands')


@PLAIN.test
def blocks_of_4096(vm):
    """A disk of 4096-byte blocks: parts are whole blocks of it."""
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
    """Parts of a 16-byte CDB before, across and behind the 32-bit LBA edge."""
    load(vm, 'ndatasegs=4')
    for at in ((1 << 32) - 4096, (1 << 32) + 12345):
        transfer(vm, generic(vm, 3), vm.config.disks[3], 4 * MIB, 8192, 'dio', at=at)
    check(stats(vm)['split_requests'] >= 4, 'nothing was split')


@PLAIN.test
def file_system(vm):
    """What the block layer sends, split as well."""
    load(vm, 'ndatasegs=2')
    disk = block(vm, 0)
    vm.guest(f'mkfs.ext4 -q -F {disk} && mount -t ext4 {disk} /mnt && '
             'head -c 20000000 /dev/urandom > /mnt/f && sha256sum /mnt/f > /tmp/sum && umount /mnt '
             f'&& fsck.ext4 -fn {disk} && mount -t ext4 {disk} /mnt && sha256sum -c /tmp/sum && '
             'umount /mnt', timeout=300)
    check(stats(vm)['split_requests'] > 0, 'nothing was split')


@PLAIN.test
def error_in_the_middle(vm):
    """A bad sector: sense to the caller, the bytes before it counted, no part after it sent."""
    load(vm, 'ndatasegs=4')
    vm.guest('mount -t tracefs t /sys/kernel/tracing 2>/dev/null; cd /sys/kernel/tracing; '
             'echo > trace; echo 1 > events/scsa/scsa_part/enable; '
             'echo 1 > events/scsa/scsa_done/enable')
    first, blocks = 19000, 2048
    result = vm.guest(f'sg_dd if={generic(vm, 4)} of=/dev/null bs=512 bpt={blocks} skip={first} '
                      f'count={blocks} iflag=dio 2>&1; cat /sys/kernel/tracing/trace', check=False)
    vm.guest('cd /sys/kernel/tracing; echo 0 > events/scsa/enable; echo > trace')
    check('edium' in result.text, f'no medium error:\n{result.text[-1500:]}')
    done = re.findall(r'scsa_done: cmd (\S+) .*status 0x02 resid (\d+)', result.text)
    check(len(done) == 1, f'{len(done)} commands ended with CHECK CONDITION')
    cmd, resid = done[0][0], int(done[0][1])
    parts = [(int(o), int(n)) for c, o, n in
             re.findall(r'scsa_part: cmd (\S+) offset (\d+) len (\d+)', result.text) if c == cmd]
    check(len(parts) > 1, 'the request was not split')
    offset, length = parts[-1]
    bad = (BAD_SECTOR - first) * 512
    check(offset <= bad < offset + length, f'the last part, {offset}+{length}, is not the bad one')
    same(resid, blocks * 512 - offset, 'residual')
    same([o for o, _ in parts], [sum(n for _, n in parts[:i]) for i in range(len(parts))],
         'offsets of the parts')


@PLAIN.test
def not_splittable_is_refused(vm):
    """WRITE BUFFER that does not fit: ILLEGAL REQUEST at once, a log line, nothing for the chip."""
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
    """Mixed sizes with checksums, everything split."""
    load(vm, 'ndatasegs=3')
    vm.guest(f'fio --name=v --filename={block(vm, 0)} --rw=randwrite --bsrange=4k-1m '
             '--blockalign=4k --size=32M --ioengine=libaio --direct=1 --iodepth=16 '
             '--verify=crc32c --verify_fatal=1 --do_verify=1 --output-format=terse', timeout=600)
    same(stats(vm)['orphans'], 0, 'commands never returned')
