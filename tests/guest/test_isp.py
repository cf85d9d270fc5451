# SPDX-License-Identifier: GPL-2.0
"""Our driver on the emulated chip: what every driver must do, and what only this one does."""

import os
import re
import time

from checking import check, errors_in_log, same
from devices import ISP, block, devices, host_number, target_driver
from images import corrupt_firmware, firmware, host_bytes, nvram_image
from io_tests import DATA, depth_group, io_group
from qemu import Controller, Disk, GuestCrash
from runner import Group, Suite, not_built

BUILT = not_built('isp')
GROUPS = [
    io_group(ISP, 'isp', BUILT),
    # Other entries on the rings, the same driver around them.
    io_group(ISP, 'isp-a64', BUILT, params='a64=1',
             only=[*DATA, 'fio_verify_depth_1', 'overruns_are_errors', 'bus_reset']),
    # Kinds of DMA for the same work: bounce buffers, an IOMMU, memory that a 32-bit chip cannot reach.
    io_group(ISP, 'isp-swiotlb', BUILT, only=DATA, cmdline='swiotlb=force',
             dma='swiotlb/swiotlb_bounced'),
    io_group(ISP, 'isp-iommu', BUILT, only=DATA, iommu=True, dma='iommu/map'),
    io_group(ISP, 'isp-highmem', BUILT, only=DATA, memory='5G'),
    io_group(ISP, 'isp-1-cpu', BUILT, only=DATA, cpus=1),
    io_group(ISP, 'isp-4-segments', BUILT, params='ndatasegs=4', only=DATA),
    # Windows of up to three lists of cookies, as ddi_dma_buf_bind_handle(9F) allows.
    io_group(ISP, 'isp-wide-windows', BUILT, params='ndatasegs=4', only=DATA,
             cmdline='scsa.wide_windows=3'),
    depth_group(ISP, 'isp-depth', 128, BUILT),
]


def firmware_group(name, files, controller='isp1040,resident-firmware=off'):
    """A chip without firmware of its own, and these files for the loader."""
    group = Group(name, lambda s: s.config(
        controllers=[Controller.parse(controller)], disks=[Disk(target=0, size='16M')],
        files=files(s)), needs=BUILT)
    GROUPS.append(group)
    return group


TARGET = Suite()


@TARGET.test
def clauses(vm, segs):
    """Polled commands, parts and resets, next to the midlayer's load."""
    load = vm.guest(f'timeout 300 fio --name=x --filename={block(vm, 0)} --rw=randread '
                    '--bs=64k --direct=1 --iodepth=16 --ioengine=libaio --time_based '
                    '--runtime=300 --size=16M >/tmp/fio 2>&1 & echo $!').text.strip()
    found = target_driver(vm, f'target=1 absent=5 segs={segs} rounds=200')
    vm.guest(f'kill {load}; sleep 1; ! grep -i "err= *[1-9]" /tmp/fio')
    return found


@TARGET.test
def bus_reset(vm):
    """tran_bus_reset, requested by an administrator; the midlayer resends what it ends."""
    host = f'/sys/class/scsi_host/host{host_number(vm)}'
    vm.guest(f'fio --name=x --filename={block(vm, 0)} --rw=randread --bs=4k --direct=1 '
             '--iodepth=8 --ioengine=libaio --time_based --runtime=4 >/tmp/fio 2>&1 & sleep 1; '
             f'echo 1 > {host}/bus_reset && wait; grep "err= 0" /tmp/fio', timeout=60)
    # isp has no tran_quiesce(9E).
    check(vm.guest(f'echo 1 > {host}/bus_quiesced', check=False).status, 'it is quiesced')


@TARGET.test
def write_in_panic(vm):
    """After a panic a packet is polled to completion, and its data is on the disk."""
    vm.guest(f'modprobe scsa_contract host={host_number(vm)} target=1 panic_write=1')
    try:
        vm.guest('echo c > /proc/sysrq-trigger', timeout=60)
    except GuestCrash:
        pass
    said, deadline = [], vm.clock() + 20 * vm.kernel.slowness
    while not said and vm.clock() < deadline:
        said = [x for x in vm.console() if 'write in panic' in x]
        time.sleep(0.1)
    check(said and said[0].endswith('in panic: done'), f'{said}')
    want = bytes((i * 13 + i // 512 + 4) & 0xff for i in range(16384))
    check(host_bytes(vm.config.disks[1], 32768 * 512, 16384) == want, 'other data on the disk')
    vm.kill()
    vm.start()


def target_group(name, params='', segs=16, **machine):
    """A target driver next to the midlayer on this driver."""
    group = Group(name, lambda s: s.config(
        controllers=[Controller()], disks=[Disk(target=0), Disk(target=1, size='64M')], **machine),
        needs=not_built('scsa_contract'), before=ISP.having(params).load,
        machine=f'isp-target {machine}', breaks=True)
    TARGET.bind(group, segs=segs)
    GROUPS.append(group)


target_group('isp-target')
target_group('isp-target-4-segments', params='ndatasegs=4', segs=4)
target_group('isp-target-iommu', iommu=True)


nothing = firmware_group('isp-no-firmware', lambda s: [])


@nothing.test
def says_which_file_is_missing(vm):
    """With neither resident firmware nor a file: no host, and one line that names the file."""
    vm.guest('modprobe isp; true')
    same(vm.guest('ls /sys/class/scsi_host').text.strip(), '', 'hosts')
    log = vm.guest('dmesg --notime | grep -i isp').text
    check('qlogic/1040.bin' in log, f'the file is not named:\n{log}')
    vm.guest('modprobe -r isp')


def loads(vm):
    """The driver loads the file and works with it."""
    ISP.load(vm)
    same(set(devices(vm)), {(0, 0)}, 'devices')
    vm.guest(f'dd if={block(vm, 0)} of=/dev/null bs=64k count=16 iflag=direct')
    ISP.unload(vm)


firmware_group('isp-firmware-file', lambda s: [firmware(s.build)]).test(loads)
firmware_group('isp-firmware-synthetic', lambda s: [firmware(s.build, synthetic=True)]).test(loads)

corrupt = firmware_group('isp-firmware-corrupt', lambda s: [corrupt_firmware(s.build)])


@corrupt.test
def refuses_it(vm):
    """A wrong checksum: no host, one line that says so, and nothing left behind."""
    vm.guest('modprobe isp; true')
    same(vm.guest('ls /sys/class/scsi_host').text.strip(), '', 'hosts')
    log = vm.guest('dmesg --notime | grep isp').text
    check('qlogic/1040.bin: wrong checksum' in log, f'the file is not named:\n{log}')
    vm.guest('modprobe -r isp')


COARSE = Group('isp-coarse-timers', lambda s: s.config(
    controllers=[Controller()], disks=[Disk(target=0, size='16M')], cmdline='highres=off'),
    needs=BUILT)
GROUPS.append(COARSE)


@COARSE.test
def waits_end(vm):
    """Each short sleep takes a tick, but probing a chip that is gone must not take minutes."""
    vm.fault('all-ones')
    started = vm.clock()
    vm.guest('modprobe isp')
    seconds = vm.clock() - started
    check('does not come out of reset' in vm.guest('dmesg').text, 'nothing was said')
    check(seconds < 15, f'it took {seconds:.0f} s')
    vm.fault('')
    vm.guest('rmmod isp')
    ISP.load(vm)
    same(len(devices(vm)), 1, 'disks')


def nvram_group(name, **image):
    """A card with this EEPROM content."""
    def configure(settings):
        path = nvram_image(settings.scratch(name), **image)
        return settings.config(
            controllers=[Controller(props={'nvram': path})],
            disks=[Disk(target=t, size='16M') for t in (5, 7) if t != image.get('initiator', 7)])
    group = Group(name, configure, needs=BUILT)
    GROUPS.append(group)
    return group


@nvram_group('isp-nvram-invalid', valid=False).test
def defaults_when_invalid(vm):
    """A wrong checksum in the EEPROM: the disks appear with defaults, initiator 7."""
    ISP.load(vm)
    same(set(devices(vm)), {(5, 0)}, 'devices')
    ISP.unload(vm)


@nvram_group('isp-nvram-initiator', initiator=5).test
def initiator_id(vm):
    """The EEPROM makes the adapter number 5, so a disk can be number 7."""
    ISP.load(vm)
    same(set(devices(vm)), {(7, 0)}, 'devices')
    ISP.unload(vm)


CYCLE = Group('isp-cycles', lambda s: s.config(controllers=[Controller()],
                                               disks=[Disk(target=0, size='64M')]),
              needs=BUILT, long=True)
GROUPS.append(CYCLE)
CYCLES = int(os.environ.get('CYCLES', 24))
AT_ONCE = 6     # cycles between two measurements


def used(vm):
    """{what: KiB in use}, without what the kernel can reclaim and what its CPUs hold in free lists."""
    vm.guest('echo 3 > /proc/sys/vm/drop_caches')
    info = {k: int(v) for k, v in re.findall(r'^(\w+): +(\d+) kB',
                                             vm.guest('cat /proc/meminfo').text, re.M)}
    kept = sum(map(int, re.findall(r'^ +count: +(\d+)', vm.guest('cat /proc/zoneinfo').text, re.M)))
    return {'slab': info['Slab'], 'vmalloc': info['VmallocUsed'],
            'all memory': info['MemTotal'] - info['MemFree'] - 4 * kept}


@CYCLE.test
def load_io_unload(vm):
    """Memory use becomes flat: 18 cycles take less than 1 MiB of any kind of memory.

    The test checks after CYCLES cycles, and runs up to as many again until it holds: the kernel's own
    caches fill first, and a debug kernel keeps freed memory for a while.
    """
    vm.guest('head -c 1048576 /dev/urandom > /tmp/on')
    rows = []
    while len(rows) < 2 * CYCLES // AT_ONCE:
        vm.guest(f'for i in $(seq {AT_ONCE}); do modprobe isp reset_delay=0 && settle || exit 1; '
                 'd=/dev/$(ls /sys/bus/scsi/devices/*:0:0:0/block); '
                 'dd if=/tmp/on of=$d bs=64k oflag=direct seek=$i 2>/dev/null && '
                 'dd if=$d bs=64k count=16 skip=$i iflag=direct 2>/dev/null | cmp - /tmp/on && '
                 'modprobe -r isp || exit 1; done', timeout=20 * AT_ONCE)
        rows.append(used(vm))
        grown = {k: v - rows[-4][k] for k, v in rows[-1].items()} if len(rows) > 3 else {}
        print(f'# after {AT_ONCE * len(rows)} cycles, in KiB: '
              + ', '.join(f'{k} {v}' for k, v in rows[-1].items()))
        if len(rows) >= CYCLES // AT_ONCE and max(grown.values()) < 1024:
            break
    check(max(grown.values()) < 1024, f'still growing, KiB in 18 cycles: {grown}')
    same(errors_in_log(vm), [], 'error lines in the kernel log')
