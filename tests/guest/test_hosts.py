# SPDX-License-Identifier: GPL-2.0
"""isp where the next kernel begins without a reset of the machine: after a crash, by kexec."""

from checking import same
from devices import ISP, QLA1280, block, chips
from images import firmware
from initramfs import build_initramfs
from qemu import Controller, Disk
from runner import Group, not_built

GROUPS = []


def group(name, first=ISP):
    """A machine with a second kernel, and memory for it; it ends as the second kernel's.

    In the first kernel another driver may have the card.
    """
    made = Group(name, lambda s: s.config(
        controllers=[Controller(id='isp0')], disks=[Disk(target=0, size='64M')],
        memory='1536M', cmdline='crashkernel=640M', modules=['qla1280'],
        files=[firmware(s.build), ('/boot/vmlinuz', s.kernel.image),
               ('/boot/initrd', build_initramfs(s.build, s.kernel, own_modules=s.modules))]),
                 needs=not_built('isp'), before=first.load)
    GROUPS.append(made)
    return made


KEXEC = group('hosts-kexec')
KDUMP = group('hosts-kdump')
KEXEC_PEER = group('hosts-kexec-peer', QLA1280)
KDUMP_PEER = group('hosts-kdump-peer', QLA1280)


def under_load(vm):
    """Write data that are to stay, and go on writing elsewhere."""
    disk = block(vm, 0)
    vm.guest(f'dd if=/bin/busybox of={disk} bs=64k count=16 oflag=direct 2>/dev/null')
    vm.guest(f'(while dd if=/dev/zero of={disk} bs=64k seek=32 count=256 oflag=direct; do :; done) '
             '>/dev/null 2>&1 & sleep 1')


def is_master(vm):
    """May the chip use DMA?"""
    card, = chips(vm)
    return bool(int(vm.guest(f'od -An -tu1 -j4 -N1 /sys/bus/pci/devices/{card}/config').text) & 4)


def next_kernel(vm, load, start, master=None):
    """Load the second kernel and start it under load; there, the disk has its data and takes more.

    master: whether the first kernel has left bus mastering on, if that is to be checked.
    """
    under_load(vm)
    vm.guest(f'kexec {load} /boot/vmlinuz --initrd=/boot/initrd '
             '--reuse-cmdline --append=reset_devices', timeout=120)
    vm.guest(f'(sleep 0.5; {start}) >/dev/null 2>&1 &')
    vm.wait_boot()
    if master is not None:
        same(is_master(vm), master, 'bus mastering before isp')
    ISP.load(vm)
    same(is_master(vm), True, 'bus mastering with isp')
    disk = block(vm, 0)
    same(vm.guest(f'dd if={disk} bs=64k count=16 iflag=direct 2>/dev/null | '
                  'cmp -n 1048576 - /bin/busybox', check=False).text, '', 'data in the next kernel')
    return disk


def writes(vm, disk):
    """Write new data and read them back."""
    vm.guest(f'dd if=/dev/urandom of=/tmp/new bs=64k count=16 2>/dev/null; '
             f'dd if=/tmp/new of={disk} bs=64k seek=512 oflag=direct 2>/dev/null; '
             f'dd if={disk} bs=64k skip=512 count=16 iflag=direct 2>/dev/null | cmp - /tmp/new')


def saves_the_dump(vm, disk):
    """Save memory of the first kernel."""
    vm.guest(f'dd if=/proc/vmcore of={disk} bs=64k count=256 seek=512 oflag=direct 2>/dev/null && '
             f'dd if=/proc/vmcore bs=64k count=256 2>/dev/null | sha256sum > /tmp/sum && '
             f'dd if={disk} bs=64k count=256 skip=512 iflag=direct 2>/dev/null | sha256sum -c /tmp/sum')


def crash(vm, **values):
    """The first kernel dies."""
    vm.expect_report('Kernel panic - not syncing: sysrq|Call Trace:')
    return next_kernel(vm, '-p', 'echo c > /proc/sysrq-trigger', **values)


@KEXEC.test
def kexec_under_load(vm):
    """The first kernel shuts the chip down; the second drives it."""
    writes(vm, next_kernel(vm, '-l', 'kexec -e'))


@KDUMP.test
def dump_after_a_crash(vm):
    """The chip still works for a kernel that is dead; the second saves the first one's memory."""
    saves_the_dump(vm, crash(vm))


@KEXEC_PEER.test
def kexec_from_another_driver(vm):
    """qla1280 does not stop the chip, which still has its rings; Linux turns bus mastering off."""
    # Of the chip, if that happens while it moves something.
    vm.expect_guest_error('cannot be (read|written)')
    writes(vm, next_kernel(vm, '-l', 'kexec -e', master=False))


@KDUMP_PEER.test
def dump_after_another_driver(vm):
    """The chip still fills the rings of qla1280 in a kernel that is dead."""
    saves_the_dump(vm, crash(vm, master=True))
