# SPDX-License-Identifier: GPL-2.0
"""The kernel's own qla1280 on the emulated chip: the model is not bent towards our driver."""

import os
import re

from checking import check, log_of, same
from devices import ISP, QLA1280, block, chips, devices, generic, hosts
from images import firmware, nvram_image
from io_tests import DATA, depth_group, fio, io_group
from qemu import Controller, Disk
from runner import Group, not_built
from test_citizen import verifying
from test_citizen_targets import timeouts
from tree import TOP

GROUPS = [
    io_group(QLA1280, 'peer'),
    # The chip's DMA goes through an IOMMU like any other device's.
    io_group(QLA1280, 'peer-iommu', only=DATA, iommu=True, dma='iommu/map'),
    depth_group(QLA1280, 'peer-depth', 32),
]

synthetic = Group('peer-synthetic-firmware', lambda s: s.config(
    controllers=[Controller()], disks=[Disk(target=4, size='64M')], modules=['qla1280'],
    files=[firmware(s.build, synthetic=True)]))
GROUPS.append(synthetic)


@synthetic.test
def attaches(vm):
    """An image with no code but a valid checksum is enough for the model."""
    QLA1280.load(vm)
    assert set(devices(vm)) == {(4, 0)}
    fio(vm, block(vm, 4), 8, '--size=4M')


@synthetic.test
def refuses_what_one_command_cannot_carry(vm):
    """What README.md says about passthrough: 512 KiB pass, 640 KiB do not."""
    read = f'sg_dd if={generic(vm, 4)} of=/dev/null bs=512 iflag=dio 2>&1'
    vm.guest(f'{read} bpt=1024 count=1024')
    refused = vm.guest(f'{read} bpt=1280 count=1280', check=False)
    check(refused.status and 'Invalid argument' in refused.text, refused.text)


# Targets that are not ideal, and what does it: the EEPROM's flag byte, a property, a fault. For isp
# citizen-settings says what must become of them.
ODD = {1: 'tags but no disconnection (EEPROM)', 2: 'rejects tags', 3: 'task set full, one command in four'}
CITIZEN = Group('peer-citizen', lambda s: s.config(
    controllers=[Controller(id='isp0', props={
        'nvram': nvram_image(s.scratch('peer-citizen'), depth=16, flags={1: 0x7d}), 'no-tags': 1 << 2})],
    disks=[Disk(target=t, size='16M') for t in (0, *ODD)], modules=['qla1280'],
    files=[firmware(s.build)]))
GROUPS.append(CITIZEN)


@CITIZEN.test
def odd_targets(vm):
    """A good disk works beside targets that are not ideal; what becomes of these is printed, not judged."""
    QLA1280.load(vm)
    timeouts(vm, 5, 5)
    vm.fault('queue-full,target=3,rate=250,count=0')
    found = devices(vm)
    check((0, 0) in found, f'no good disk: {found}')
    for target, what in ODD.items():
        name = found.get((target, 0), (0, '-', ''))[1]
        said = vm.guest(f'd=/sys/block/{name}; cat $d/size $d/device/queue_depth; '
                        f'timeout 30 sh -c "exec {verifying(["/dev/" + name])}" && echo works',
                        check=False, timeout=200).text.split() if name != '-' else ['no disk']
        print(f'# {what}: blocks, depth: {" ".join(said)}')
        vm.guest(verifying([block(vm, 0)]), timeout=200)
    check(vm.counters()['faults'], 'no task set was full')


POSTINST = 'tools/packaging/debian/scsa-linux-dkms.postinst'
SHARED = Group('peer-shared', lambda s: s.config(
    controllers=[Controller()], disks=[Disk(target=0, size='16M')],
    files=[firmware(s.build), ('/postinst', os.path.join(TOP, POSTINST))]), needs=not_built('isp'))
GROUPS.append(SHARED)


@SHARED.test
def card_is_taken(vm):
    """isp says who has the card, and driver_override gives it to isp."""
    QLA1280.load(vm)
    card, = chips(vm)
    vm.guest('dmesg -C')
    ISP.load(vm)
    check(re.search(f'isp: {card} is in use by the driver qla1280', log_of(vm)),
          f'no line says so:\n{log_of(vm)}')
    same(list(hosts(vm).values()), ['qla1280'], 'hosts')
    vm.guest(f'cd /sys/bus/pci; echo isp > devices/{card}/driver_override; '
             f'echo {card} > devices/{card}/driver/unbind; echo {card} > drivers_probe; settle')
    same(list(hosts(vm).values()), ['isp'], 'hosts after driver_override')
    vm.guest(f'dd if={block(vm, 0)} of=/dev/null bs=64k count=8 iflag=direct')
    vm.guest(f'modprobe -r isp qla1280; echo > /sys/bus/pci/devices/{card}/driver_override')


@SHARED.test
def in_use_is_seen(vm):
    """The package leaves the cards to qla1280 while a file system on it is mounted."""
    QLA1280.load(vm)
    disk = block(vm, 0)
    in_use = "sed -n '/^qla1280_in_use()/,/^}/p' /postinst > /rule; . /rule; qla1280_in_use"
    same(vm.guest(in_use, check=False).status, 1, 'in use, with nothing mounted')
    vm.guest(f'mkfs.ext4 -q {disk} && mount -t ext4 {disk} /mnt')
    same(vm.guest(in_use, check=False).status, 0, 'in use, mounted')
    vm.guest('umount /mnt')
    QLA1280.unload(vm)
    ISP.load(vm)
    vm.guest(f'mount -t ext4 {block(vm, 0)} /mnt')
    same(vm.guest(in_use, check=False).status, 1, 'in use, mounted from isp')
    vm.guest('umount /mnt')
    ISP.unload(vm)
