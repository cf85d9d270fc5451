# SPDX-License-Identifier: GPL-2.0
"""scsa.ko with a driver that has the habits of published ones: ramhba's parameter published.

Such a driver does not reset a packet's state when its DMA resources are freed, and it advances to a
window before it has got that window. All data must still go where it belongs, as with sd(4D).
"""

import functools
import re

from checking import Skip, check, errors_in_log, log_of, same
from devices import block, devices, generic, host_number, hosts, stats
from io_tests import IO, fio
from ramhba import RAM, RAMHBA, as_target_driver, ramhba_machine
from runner import Group, Suite, bound, not_built

GROUPS = []
MIB = 2048      # in blocks


def not_stale(test):
    """Wrap a test: also check that no packet held state of an earlier command."""
    @functools.wraps(test)
    def checked(vm):
        found = test(vm)
        stale = [line for line in log_of(vm).splitlines() if line.startswith('stale ')]
        check(not stale, 'packets were used again:\n' + '\n'.join(stale))
        return found
    return checked


def prepare(vm, driver):
    """Load the driver; set up direct I/O in single pages, and four tags that all commands share."""
    driver.load(vm)
    vm.guest('echo never > /sys/kernel/mm/transparent_hugepage/enabled; '
             'echo 1 > /sys/module/sg/parameters/allow_dio; '
             'for q in /sys/block/sd*/queue; do echo none > $q/scheduler && '
             'echo 4 > $q/nr_requests || exit 1; done; '
             '[ -s /tmp/random ] || head -c 16777216 /dev/urandom > /tmp/random')


def transfer(sg, name, at, blocks, bpt, flag='', turn=0):
    """Shell commands that write that many blocks from there on, read them back and compare."""
    write, read = (f'oflag={flag}', f'iflag={flag}') if flag else ('', '')
    return (f'dd if=/tmp/random of=/tmp/{name} bs=512 skip={turn * 7} count={blocks} '
            '2>/dev/null && '
            f'sg_dd if=/tmp/{name} of={sg} bs=512 bpt={bpt} seek={at} {write} && '
            f'sg_dd if={sg} of=/tmp/{name}.back bs=512 bpt={bpt} skip={at} count={blocks} '
            f'{read} && '
            f'cmp /tmp/{name} /tmp/{name}.back')


def in_place(vm, disk, name, at, blocks):
    """The disk holds the data, as seen by the block layer."""
    vm.guest(f'dd if={disk} of=/tmp/back bs=64k skip={at * 512} count={blocks * 512} '
             f'iflag=direct,skip_bytes,count_bytes 2>/dev/null && cmp /tmp/{name} /tmp/back')


def together(vm, commands, timeout=300):
    """Run shell commands at the same time; each must succeed."""
    vm.guest('jobs=; ' + ' '.join(f'({c}) & jobs="$jobs $!";' for c in commands) +
             ' for j in $jobs; do wait $j || bad=1; done; [ ! "$bad" ]', timeout=timeout)


PUBLISHED = Suite()


@PUBLISHED.test
def large_and_small(vm, driver, short):
    """Requests of many commands and of one command take turns with the same few tags."""
    prepare(vm, driver)
    sg = generic(vm, 0)
    before = stats(vm)
    turns = [(1, ''), (4, 'dio'), (8, ''), (2, 'dio')]
    for turn, (mib, flag) in enumerate(turns if short else turns * 2):
        vm.guest(' && '.join([transfer(sg, 'large', 999, 8 * MIB, mib * MIB, flag, turn),
                              transfer(sg, 'small', 40000, 128, 8, flag, turn),
                              f'sg_turs -n 200 {sg}']), timeout=300)
    # Later transfers must not have overwritten it.
    in_place(vm, block(vm, 0), 'large', 999, 8 * MIB)
    after = stats(vm)
    check(after['split_requests'] > before['split_requests'], 'nothing was split')


@PUBLISHED.test
def large_and_small_together(vm, driver):
    """The same requests at the same time, each in its own place."""
    prepare(vm, driver)
    sg = generic(vm, 0)
    for turn, flag in enumerate(('', 'dio')):
        together(vm, [transfer(sg, 'a', 1000, 8 * MIB, 4 * MIB, flag, turn),
                      transfer(sg, 'b', 30000, 8 * MIB, 3 * MIB, flag, turn + 9),
                      transfer(sg, 'c', 60000, 2 * MIB, 64, flag, turn),
                      transfer(sg, 'd', 70000, 256, 1, flag, turn + 5),
                      f'sg_turs -n 200 {sg}'])
        for place in (('a', 1000, 8 * MIB), ('b', 30000, 8 * MIB), ('c', 60000, 2 * MIB),
                      ('d', 70000, 256)):
            in_place(vm, block(vm, 0), *place)


@PUBLISHED.test
def windows_that_fail(vm, driver):
    """One in three windows fails, but the driver has counted it as reached."""
    prepare(vm, driver)
    sg = generic(vm, 0)
    vm.guest('modprobe failret function=scsa:scsa_ddi_dma_getwin nonzero=1 value=-1 '
             'every=3')
    try:
        for turn, (mib, flag) in enumerate([(1, ''), (4, 'dio'), (8, '')]):
            vm.guest(transfer(sg, 'large', 999, 8 * MIB, mib * MIB, flag, turn), timeout=300)
            in_place(vm, block(vm, 0), 'large', 999, 8 * MIB)
        failed = int(vm.guest('cat /sys/module/failret/parameters/failed').text)
    finally:
        vm.guest('modprobe -r failret')
    in_place(vm, block(vm, 0), 'large', 999, 8 * MIB)
    if not failed:
        raise Skip('there were no windows')


HABITS = Suite()


@HABITS.test
def sense_of_its_own(vm, driver):
    """Sense data arrive through memory that the driver binds for each packet, and stay a command's own."""
    prepare(vm, driver)
    sg = generic(vm, 0)
    for cdb, words in (('4d 00 00 00 00 00 00 00 00 00', 'Invalid command operation code'),
                       ('28 00 7f ff ff 00 00 00 01 00', 'Logical block address out of range')) * 8:
        said = vm.guest(f'sg_raw -r 512 {sg} {cdb} 2>&1', check=False).text
        check(words in said, f'{cdb}: {said}')
        vm.guest(f'sg_turs {sg}')


@HABITS.test
def answers_of_its_own(vm, driver):
    """A driver that answers a command itself finds its buffer with bp_mapin(9F), in one piece or in more."""
    prepare(vm, driver)
    disk, sg = block(vm, 0), generic(vm, 0)
    vm.guest('rm -f /tmp/large* /tmp/small* /tmp/back /tmp/[a-d] /tmp/[a-d].back; '
             f'dd if=/tmp/random of={disk} bs=512 count=16 seek=4244 oflag=direct && '
             'head -c 8192 /tmp/random > /tmp/on')
    for size in (512, 4096, 8192):
        vm.guest(f'dd if={disk} bs={size} count=1 skip={4244 * 512} iflag=direct,skip_bytes of=/tmp/a && '
                 f'sg_dd if={sg} of=/tmp/b bs=512 bpt={size // 512} count={size // 512} skip=4244 && '
                 f'sg_dd if={sg} of=/tmp/c bs=512 bpt={size // 512} count={size // 512} skip=4244 iflag=dio && '
                 f'head -c {size} /tmp/on > /tmp/d && for f in a b c; do cmp /tmp/$f /tmp/d || exit 1; done')
    check('RAM DISK' in vm.guest(f'sg_inq {sg}').text, 'INQUIRY')
    vm.guest('dmesg -C')
    driver.unload(vm)
    answers = re.search(r'(\d+) answers without DMA', log_of(vm))
    check(answers and int(answers.group(1)) >= 9, log_of(vm))
    driver.load(vm)


@HABITS.test
def quiesced_under_load(vm):
    """tran_quiesce(9E) waits, without an end, for commands that others start and end."""
    disk, host = block(vm, 0), f'/sys/class/scsi_host/host{host_number(vm)}'
    vm.guest(f'(fio --name=x --filename={disk} --rw=randrw --bs=4k-512k --direct=1 --iodepth=16 --size=32M '
             '--ioengine=libaio --time_based --runtime=6 --verify=crc32c --verify_fatal=1 '
             '--verify_backlog=16 >/tmp/fio 2>&1; echo $? > /tmp/fio.status) & '
             f'for i in $(seq 8); do echo 1 > {host}/bus_quiesced; usleep 100000; '
             f'echo 0 > {host}/bus_quiesced; usleep 200000; done; wait', timeout=120)
    same(vm.guest('cat /tmp/fio.status').text.strip(), '0', 'status of fio\n' + vm.guest('cat /tmp/fio').text)


@HABITS.test
def unbind_and_bind(vm, driver):
    """The device is taken from the driver under load: the load ends, and the device works again."""
    sysfs, disk = '/sys/bus/pci/drivers/ramhba', block(vm, 0)
    address = vm.guest(f'cd {sysfs} && echo *:*').text.strip()
    vm.guest(f'(dd if={disk} of=/dev/null bs=1M count=100000 iflag=direct; '
             f'dd if={disk} of=/dev/null bs=1M count=100000 iflag=direct; echo over > /tmp/over) 2>/dev/null & '
             f'sleep 1; echo {address} > {sysfs}/unbind; while [ ! -e /tmp/over ]; do sleep 0.1; done; '
             f'rm /tmp/over; [ ! -e {disk} ]; echo {address} > {sysfs}/bind && settle', timeout=120)
    fio(vm, block(vm, 0), 8)
    driver.unload(vm)
    same([x for x in errors_in_log(vm) if not re.search(LOST_DISK, x)], [], 'error lines in the log')
    vm.guest('dmesg -C')
    driver.load(vm)


@HABITS.test
def target_driver_in_one_part(vm, driver):
    """A target driver's clauses; swiotlb decides how many segments a buffer has, so one part takes all."""
    driver.unload(vm)
    driver.load(vm, ALL_HABITS + ' leave=1 maxsegs=16')
    found = as_target_driver(vm, segs=16, initiator=0)
    driver.unload(vm)
    driver.load(vm)
    return found


# What the kernel says about RAM disks, which have no mode pages, and about a disk that goes under load.
LOST_DISK = 'Asking for cache data failed|[Ss]ynchroniz|I/O error|device offline'


OTHER_WAYS = [f.__name__ for f in RAM.tests if f is not as_target_driver]


def published_group(name, params, short=False, only=(), **machine):
    """Requests of many commands; unless short, also the tests for other ways to load the driver.

    Leaves out the contract's own target driver, which binds packets again where sd(4D) does not; only
    drivers with published=3 allow that.
    """
    driver = RAMHBA.having(params)
    group = ramhba_machine(name, driver, **machine)
    PUBLISHED.bind(group, only, driver=driver, short=short)
    if not short:
        # These come last, because the last of them unloads the driver.
        RAM.bind(group, OTHER_WAYS, driver=driver)
    return finish(group)


def finish(group):
    """Have each test look for stale state, and the runner for the group."""
    group.tests = [not_stale(t) for t in group.tests]
    GROUPS.append(group)
    return group


def habits_group(name):
    """All habits at once, and all that a driver must do: I/O, life cycle, a target driver's clauses."""
    driver = RAMHBA.having(ALL_HABITS + ' leave=1 maxsegs=3')
    group = ramhba_machine(name, driver, cmdline='swiotlb=1024,force')
    PUBLISHED.bind(group, driver=driver, short=True)
    HABITS.bind(group, driver=driver)
    IO.bind(group, ['fio_verify_depth_1', 'bus_reset'], driver=driver)
    RAM.bind(group, OTHER_WAYS, driver=driver)
    finish(group)


published_group('scsa-published', 'published=1 maxsegs=3')
published_group('scsa-published-window', 'published=2 maxsegs=3', short=True)
published_group('scsa-published-swiotlb', 'published=1 maxsegs=8', short=True,
                cmdline='swiotlb=force')
published_group('scsa-published-sync', 'published=1 sync=1 maxsegs=1', short=True)
SMALL = 'published=2 atomic=1 maxsegs=4'
published_group('scsa-published-small-pool', SMALL, short=True, cmdline='swiotlb=1024,force')

ALL_HABITS = 'published=3 initiator=0 quiesce_waits=1'
habits_group('habits')
# Splitting and windows, where the driver may not sleep.
SPLIT = ['large_and_small', 'windows_that_fail']
published_group('habits-atomic', ALL_HABITS + ' atomic=1 maxsegs=4', short=True, only=SPLIT).test(
    bound(as_target_driver, segs=4, initiator=0))
published_group('habits-iommu', ALL_HABITS + ' atomic=1 maxsegs=4', short=True, only=SPLIT, iommu=True)

# Two controllers: one holds bounce memory; the other's disks do not depend on its commands.
NO_ROOM = Group('scsa-published-no-room',
                lambda s: s.config(extra=['-device', 'pci-testdev'] * 2,
                                   cmdline='swiotlb=128,force'),
                needs=not_built('ramhba'), before=lambda vm: prepare(vm, RAMHBA.having(SMALL + ' lose=1')))
GROUPS.append(NO_ROOM)


def fill_pool(vm, sg, left):
    """Use up all but `left` bounce slots, with reads that the driver keeps until `late` is written."""
    lba = '00 00 10 92'     # 4242, see the parameter lose
    # Start each one when the one before has its memory; together they could take all.
    vm.guest('for d in /sys/block/sd*; do echo 64 > $d/device/queue_depth; '
             'echo 64 > $d/queue/nr_requests; done; cd /sys/kernel/debug/swiotlb; '
             f'while used=$(cat io_tlb_used); [ $(($(cat io_tlb_nslabs) - used)) -gt {left} ]; do '
             f'sg_raw -t 600 -r 16384 -o /dev/null {sg} 28 00 {lba} 00 00 20 00 >/dev/null 2>&1 & '
             'while [ $(cat io_tlb_used) -le $used ]; do usleep 50000; done; done')


@NO_ROOM.test
@not_stale
def windows_that_find_no_room(vm):
    """Moves to a window fail for lack of bounce memory: no window is left out."""
    first, second = sorted(hosts(vm))
    fill_pool(vm, '/dev/' + devices(vm, first)[0, 0][2], left=12)
    disk, other = devices(vm, second)[0, 0], devices(vm, second)[1, 0]
    before = stats(vm, second)['dma_waits']
    # Competes for the memory that a request releases between two of its windows.
    small = (f'fio --name=small --filename=/dev/{other[1]} --rw=randread --bs=4k --direct=1 '
             '--size=1M --iodepth=16 --ioengine=libaio --time_based --runtime=20 >/dev/null')
    places = [(f'w{i}', 1000 + i * 20000, 8 * MIB) for i in range(6)]
    together(vm, [transfer('/dev/' + disk[2], *place, (2 + i) * MIB, 'dio', i)
                  for i, place in enumerate(places)] + [small])
    waits = stats(vm, second)['dma_waits'] - before
    vm.guest('echo 1 > /sys/module/ramhba/parameters/late')
    for place in places:
        in_place(vm, '/dev/' + disk[1], *place)
    print(f'# {waits} waits for DMA resources')
    if not waits:
        raise Skip('all windows found room')
