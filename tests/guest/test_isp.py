# SPDX-License-Identifier: GPL-2.0
"""Our driver on the emulated chip: what every driver must do, and what only this one does."""

from io_tests import DATA, depth_group, io_group, not_built
from lib import ISP, Controller, Disk, Group, block, check, devices, firmware, same

BUILT = not_built('isp')
GROUPS = [
    io_group(ISP, 'isp', BUILT),
    io_group(ISP, 'isp-a64', BUILT, params='a64=1'),
    # What DMA makes of the same work: bounce buffers, an IOMMU, memory a 32-bit chip cannot reach.
    io_group(ISP, 'isp-swiotlb', BUILT, only=DATA, cmdline='swiotlb=force',
             dma='swiotlb/swiotlb_bounced'),
    io_group(ISP, 'isp-iommu', BUILT, only=DATA, iommu=True, dma='iommu/map'),
    io_group(ISP, 'isp-highmem', BUILT, only=DATA, memory='5G'),
    io_group(ISP, 'isp-1-cpu', BUILT, only=DATA, cpus=1),
    depth_group(ISP, 'isp-depth', 128, BUILT),
]


def firmware_group(name, files, controller='isp1040,resident-firmware=off'):
    """A chip without firmware of its own, and these files for the loader."""
    group = Group(name, lambda s: s.config(
        controllers=[Controller.parse(controller)], disks=[Disk(target=0, size='16M')],
        files=files(s)), needs=BUILT)
    GROUPS.append(group)
    return group


nothing = firmware_group('isp-no-firmware', lambda s: [])


@nothing.test
def says_which_file_is_missing(vm):
    """Neither resident firmware nor a file: no host, one line that names the file."""
    vm.guest('modprobe isp; true')
    same(vm.guest('ls /sys/class/scsi_host').text.strip(), '', 'hosts')
    log = vm.guest('dmesg --notime | grep -i isp').text
    check('qlogic/1040.bin' in log, f'the file is not named:\n{log}')
    vm.guest('modprobe -r isp')


def loads(vm):
    """The file is loaded, and the driver works with it."""
    ISP.load(vm)
    same(set(devices(vm)), {(0, 0)}, 'devices')
    vm.guest(f'dd if={block(vm, 0)} of=/dev/null bs=64k count=16 iflag=direct')
    ISP.unload(vm)


firmware_group('isp-firmware-file', lambda s: [firmware(s.build)]).test(loads)
firmware_group('isp-firmware-synthetic', lambda s: [firmware(s.build, synthetic=True)]).test(loads)
