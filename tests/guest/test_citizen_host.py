# SPDX-License-Identifier: GPL-2.0
"""Hosts and neighbours that are not ideal: no I/O space, shared buses, little memory, a VM that stops."""

from checking import check, log_of, same
from devices import ISP, QLA1280, block, chips, generic
from images import firmware
from qemu import Controller, Disk
from runner import Group, not_built
from test_citizen import verified

BUILT = not_built('isp')
GROUPS = []


def group(name, configure, **values):
    """A group of this file."""
    made = Group(name, configure, needs=BUILT, **values)
    GROUPS.append(made)
    return made


# The machine's I/O space is taken, so the card's I/O BAR gets no address. The card is behind a PCIe port,
# because only those report PCI errors.
NOIO = group('citizen-noio', lambda s: s.config(
    cmdline='pcie_ports=native reserve=0x1000,0xf000', modules=['qla1280'],
    controllers=[Controller('pcie-root-port', id='rp0', props={'hotplug': 'off'}),
                 Controller(id='isp0', props={'bus': 'rp0'})],
    disks=[Disk(bus=1, target=0, size='16M'), Disk(bus=1, target=1, size='16M')],
    files=[firmware(s.build)]))


def regions(vm):
    """What the driver of the card has claimed: its lines of /proc/ioports and of /proc/iomem."""
    return [int(n) for n in vm.guest('grep -c " isp$" /proc/ioports; grep -c " isp$" /proc/iomem',
                                     check=False).text.split()]


@NOIO.test
def peer_without_io_space(vm):
    """qla1280 works through the memory BAR."""
    QLA1280.load(vm)
    verified(vm, block(vm, 0), block(vm, 1))
    QLA1280.unload(vm)


@NOIO.test
def isp_without_io_space(vm):
    """isp claims and uses the memory BAR alone, also after a sleep, a host reset and a PCI error."""
    ISP.load(vm)
    same(regions(vm), [0, 1], 'regions in I/O space and in memory')
    verified(vm, block(vm, 0), block(vm, 1))
    vm.guest('echo platform > /sys/power/pm_test; '
             'echo 0 > /sys/module/suspend/parameters/pm_test_delay; '
             'echo freeze > /sys/power/state; echo none > /sys/power/pm_test')
    verified(vm, block(vm, 0))
    vm.guest(f'sg_reset -H {generic(vm, 0)}')
    verified(vm, block(vm, 0))
    vm.qmp('human-monitor-command', **{'command-line': 'pcie_aer_inject_error rp0 DLP'})
    vm.guest('for n in $(seq 300); do dmesg | grep -q "goes on after a PCI error" && break; '
             'sleep 0.1; done')
    check('goes on after a PCI error' in log_of(vm), 'no recovery')
    verified(vm, block(vm, 0), block(vm, 1))
    ISP.unload(vm)


def without_address(vm, bar):
    """isp on a card whose BAR the kernel knows, but has no address for; it claims the other one."""
    vm.guest(f'modprobe noaddr vendor=0x1077 bar={bar} && modprobe -r noaddr')
    ISP.load(vm)
    same(regions(vm), [bar, 1 - bar], 'regions in I/O space and in memory')
    verified(vm, block(vm, 0), block(vm, 1))
    vm.guest(f'sg_reset -H {generic(vm, 0)}')
    verified(vm, block(vm, 0))
    ISP.unload(vm)


@NOIO.test
def io_bar_without_address(vm):
    """The same where the kernel keeps the BAR, as on boards that take the firmware's addresses."""
    without_address(vm, 0)


SHARED = group('citizen-shared', lambda s: s.config(
    controllers=[Controller(id='isp0')], disks=[Disk(target=t, size='16M') for t in (0, 1)],
    trace=['isp_mailbox']))


@SHARED.test
def memory_bar_without_address(vm):
    """isp works through I/O space if the memory BAR has no address."""
    card, = chips(vm)
    without_address(vm, 1)
    vm.guest(f'echo 1 > /sys/bus/pci/devices/{card}/remove; echo 1 > /sys/bus/pci/rescan')
