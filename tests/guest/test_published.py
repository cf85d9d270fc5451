# SPDX-License-Identifier: GPL-2.0
"""scsa.ko with a driver that has the habits of published ones: ramhba's parameter published.

Such a driver does not reset a packet's state when its DMA resources go, and advances to a window
before it knows that there is one. A layer that gives it what sd(4D) would moves all data to where
it belongs; another one stops, or moves data to another place without an error.
"""

import functools
import re

from lib import Skip, block, check, generic
from ramhba import RAMHBA, ramhba_group

GROUPS = []
MIB = 2048      # in blocks


def not_stale(test):
    """The test, and that no packet had anything of an earlier command in it."""
    @functools.wraps(test)
    def checked(vm):
        found = test(vm)
        log = vm.guest('dmesg --notime').text
        stale = [line for line in log.splitlines() if line.startswith('stale ')]
        check(not stale, 'packets were used again:\n' + '\n'.join(stale))
        return found
    return checked


def stats(vm):
    """The layer's counters of its one host."""
    out = vm.guest('cat /sys/kernel/debug/scs[ai]/host*/stats').text
    return {k: int(v) for k, v in re.findall(r'^(\w+) (\d+)$', out, re.M)}


def prepare(vm, params):
    """The driver loaded, direct I/O in single pages, and four tags that all commands share."""
    RAMHBA.load(vm, params)
    vm.guest('echo never > /sys/kernel/mm/transparent_hugepage/enabled; '
             'echo 1 > /sys/module/sg/parameters/allow_dio; '
             'for q in /sys/block/sd*/queue; do echo none > $q/scheduler && '
             'echo 4 > $q/nr_requests || exit 1; done; '
             '[ -s /tmp/random ] || head -c 16777216 /dev/urandom > /tmp/random')


def transfer(sg, name, at, blocks, bpt, flag='', turn=0):
    """Shell commands: write so many blocks from there on, read them back, compare."""
    write, read = (f'oflag={flag}', f'iflag={flag}') if flag else ('', '')
    return (f'dd if=/tmp/random of=/tmp/{name} bs=512 skip={turn * 7} count={blocks} 2>/dev/null && '
            f'sg_dd if=/tmp/{name} of={sg} bs=512 bpt={bpt} seek={at} {write} && '
            f'sg_dd if={sg} of=/tmp/{name}.back bs=512 bpt={bpt} skip={at} count={blocks} {read} && '
            f'cmp /tmp/{name} /tmp/{name}.back')


def in_place(vm, name, at, blocks):
    """The disk holds it, as the block layer sees it."""
    vm.guest(f'dd if={block(vm, 0)} of=/tmp/back bs=64k skip={at * 512} count={blocks * 512} '
             f'iflag=direct,skip_bytes,count_bytes 2>/dev/null && cmp /tmp/{name} /tmp/back')


def together(vm, commands, timeout=300):
    """Run shell commands at the same time; each must succeed."""
    vm.guest('jobs=; ' + ' '.join(f'({c}) & jobs="$jobs $!";' for c in commands) +
             ' for j in $jobs; do wait $j || bad=1; done; [ ! "$bad" ]', timeout=timeout)


def published_group(name, params, **machine):
    """What other ways to load the driver have to pass, and requests of many commands.

    But for the contract's own target driver, which binds packets again where sd(4D) does not.
    """
    group = ramhba_group(name, params, segs=0, **machine)
    GROUPS.append(group)

    @group.test
    def large_and_small(vm):
        """Requests of many commands and of one take turns with the same few tags."""
        prepare(vm, params)
        sg = generic(vm, 0)
        before = stats(vm)
        for turn, (mib, flag) in enumerate([(1, ''), (4, 'dio'), (8, ''), (2, 'dio')] * 2):
            vm.guest(' && '.join([transfer(sg, 'large', 999, 8 * MIB, mib * MIB, flag, turn),
                                  transfer(sg, 'small', 40000, 128, 8, flag, turn),
                                  f'sg_turs -n 200 {sg}']), timeout=300)
        # Nothing that came later went elsewhere.
        in_place(vm, 'large', 999, 8 * MIB)
        check(stats(vm)['split_requests'] > before['split_requests'], 'nothing was split')

    @group.test
    def large_and_small_together(vm):
        """The same at once, each in its place."""
        prepare(vm, params)
        sg = generic(vm, 0)
        for turn, flag in enumerate(('', 'dio')):
            together(vm, [transfer(sg, 'a', 1000, 8 * MIB, 4 * MIB, flag, turn),
                          transfer(sg, 'b', 30000, 8 * MIB, 3 * MIB, flag, turn + 9),
                          transfer(sg, 'c', 60000, 2 * MIB, 64, flag, turn),
                          transfer(sg, 'd', 70000, 256, 1, flag, turn + 5),
                          f'sg_turs -n 200 {sg}'])
            for place in (('a', 1000, 8 * MIB), ('b', 30000, 8 * MIB), ('c', 60000, 2 * MIB),
                          ('d', 70000, 256)):
                in_place(vm, *place)

    # First, for the last test of the others unloads the driver.
    group.tests = [not_stale(t) for t in group.tests[-2:] + group.tests[:-2]]
    return group


published_group('scsa-published', 'published=1 maxsegs=3')
published_group('scsa-published-window', 'published=2 maxsegs=3')
published_group('scsa-published-swiotlb', 'published=1 maxsegs=8', cmdline='swiotlb=force')
published_group('scsa-published-sync', 'published=1 sync=1 maxsegs=1')
SMALL = 'published=2 atomic=1 maxsegs=4'
SMALL_POOL = published_group('scsa-published-small-pool', SMALL, cmdline='swiotlb=128,force')


def fill_pool(vm, left):
    """Reads that the driver keeps until late is written take bounce memory, but for so much."""
    sg, lba = generic(vm, 1), '00 00 10 92'     # 4242, see its parameter lose
    vm.guest('for d in /sys/block/sd*; do echo 64 > $d/device/queue_depth; '
             'echo 64 > $d/queue/nr_requests; done; cd /sys/kernel/debug/swiotlb; n=0; '
             f'while [ $(($(cat io_tlb_nslabs) - $(cat io_tlb_used))) -gt {left} ] && [ $n -lt 48 ]; do '
             f'sg_raw -t 600 -r 16384 -o /dev/null {sg} 28 00 {lba} 00 00 20 00 >/dev/null 2>&1 & '
             'n=$((n + 1)); usleep 200000; done')


@not_stale
def windows_that_find_no_room(vm):
    """Moves to a window fail for want of bounce memory: no window is left out."""
    RAMHBA.unload(vm)
    prepare(vm, SMALL + ' lose=1')
    fill_pool(vm, left=20)
    before = stats(vm)['dma_waits']
    try:
        together(vm, [transfer(generic(vm, 0), f'w{i}', 1000 + i * 20000, 8 * MIB, (2 + i) * MIB,
                               'dio', i) for i in range(6)])
        for i in range(6):
            in_place(vm, f'w{i}', 1000 + i * 20000, 8 * MIB)
        waits = stats(vm)['dma_waits'] - before
    finally:
        vm.guest('echo 1 > /sys/module/ramhba/parameters/late')
        RAMHBA.unload(vm)
        RAMHBA.load(vm, SMALL)
    print(f'# {waits} waits for DMA resources')
    if not waits:
        raise Skip('all windows found room')


SMALL_POOL.tests.insert(2, windows_that_find_no_room)
