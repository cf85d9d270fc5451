# SPDX-License-Identifier: GPL-2.0
"""The RAM disk HBA: tests it must pass however it is loaded; instantiated for each way."""

from checking import check, errors_in_log, same
from devices import Driver, block, devices, generic, host_number, target_driver
from io_tests import fio
from runner import Group, Suite, not_built

RAMHBA = Driver('ramhba', ours=True)


RAM = Suite()


@RAM.test
def fio_verify(vm):
    check((0, 0) in devices(vm), f'no disk: {devices(vm)}')
    for depth in (1, 32):
        fio(vm, block(vm, 0), depth)


@RAM.test
def sg_dd_round_trip(vm):
    sg = generic(vm, 1)
    vm.guest('dd if=/dev/urandom of=/tmp/data bs=1M count=8 2>/dev/null')
    vm.guest(f'sg_dd if=/tmp/data of={sg} bs=512 bpt=256 seek=77', timeout=300)
    vm.guest(f'sg_dd if={sg} of=/tmp/back bs=512 bpt=256 skip=77 count=16384', timeout=300)
    vm.guest('cmp /tmp/data /tmp/back')


@RAM.test
def ext4(vm):
    disk = block(vm, 0)
    vm.guest(f'mkfs.ext4 -q -F {disk} && mount -t ext4 {disk} /mnt && '
             'head -c 9000000 /dev/urandom > /mnt/f && sha256sum /mnt/f > /tmp/sum && '
             f'umount /mnt && fsck.ext4 -fn {disk} && mount -t ext4 {disk} /mnt && '
             'sha256sum -c /tmp/sum && umount /mnt', timeout=300)


@RAM.test
def quiesced_bus(vm, driver):
    """tran_quiesce: nothing happens on the bus until tran_unquiesce, and nothing is lost."""
    disk, host = block(vm, 0), f'/sys/class/scsi_host/host{host_number(vm)}'
    done = f'cat /sys/block/{disk[5:]}/stat'
    vm.guest(f'fio --name=x --filename={disk} --rw=randread --bs=4k --direct=1 --iodepth=8 '
             '--ioengine=libaio --time_based --runtime=8 >/tmp/fio 2>&1 & sleep 1; '
             f'echo 1 > {host}/bus_quiesced && cat {host}/bus_quiesced')
    # Commands that the taskq held when the bus was quiesced have completed by now.
    quiet = vm.guest(f'{done}; sleep 1; {done}').text.strip().split('\n')
    check(quiet[0].split()[:8] == quiet[1].split()[:8], f'the bus is not quiet: {quiet}')
    moved = vm.guest(f'echo 0 > {host}/bus_quiesced; sleep 1; {done}; wait').text.split()
    check(int(moved[0]) > int(quiet[1].split()[0]), f'the bus stays quiet: {quiet} {moved}')
    vm.guest('while pidof fio; do sleep 1; done; grep "err= 0" /tmp/fio', timeout=60)
    # The driver can still be unloaded.
    vm.guest(f'echo 1 > {host}/bus_quiesced')
    driver.unload(vm)
    driver.load(vm)


@RAM.test
def bus_reset(vm):
    """tran_bus_reset, requested by an administrator."""
    host = f'/sys/class/scsi_host/host{host_number(vm)}'
    vm.guest(f'! echo 2 > {host}/bus_reset; echo 1 > {host}/bus_reset; '
             'dmesg --notime | grep "ramhba0: bus reset"')


@RAM.test
def as_target_driver(vm, segs, initiator=7):
    """Clauses that the contract's target driver shows."""
    return target_driver(vm, f'target=1 absent=5 segs={segs} initiator={initiator}')


@RAM.test
def unload_and_reload(vm, driver):
    for _ in range(5):
        driver.unload(vm)
        driver.load(vm)
    vm.guest('modprobe -r ramhba; ! lsmod | grep -E "^(ramhba|scsa) "')
    # The RAM disks do not implement MODE SENSE; sd complains about that.
    same([x for x in errors_in_log(vm) if 'Asking for cache data failed' not in x], [],
         'error lines in the kernel log')


def ramhba_machine(name, driver, **machine):
    """A group without tests yet; pci-testdev is the PCI device that the driver binds to."""
    return Group(name, lambda s: s.config(extra=['-device', 'pci-testdev'], **machine),
                 needs=not_built('ramhba'), before=driver.load, machine=f'pci-testdev {machine}')


def ramhba_group(name, params, segs=256):
    """One way to load the driver; segs: scattered pages that a command carries."""
    driver = RAMHBA.having(params)
    group = ramhba_machine(name, driver)
    RAM.bind(group, driver=driver, segs=segs)
    return group
