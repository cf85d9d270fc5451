# SPDX-License-Identifier: GPL-2.0
"""The kernel's own qla1280 on the emulated chip: the model is not bent towards our driver."""

from io_tests import DATA, depth_group, fio, io_group
from lib import QLA1280, Controller, Disk, Group, block, devices, firmware

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
