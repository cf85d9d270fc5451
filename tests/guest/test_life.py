# SPDX-License-Identifier: GPL-2.0
"""isp through a controller's life: sleep, resets, unplugging, binding, unloading."""

import re
import time

from checking import check, errors_in_log, log_of, same
from devices import ISP, block, devices, generic, reboot
from images import program
from qemu import Controller, Disk
from runner import Group, not_built

GROUPS = []
SYSFS = '/sys/bus/pci/drivers/isp'
# The controller's PCI address: a driver's folder names its devices.
ADDRESS = f'$(cd {SYSFS} && echo *:*)'


def group_of(name, programs=(), **config):
    """A group with one controller, isp0, and two disks; the guest gets these programs of this folder."""
    config.setdefault('controllers', [Controller(id='isp0')])
    bus = len(config['controllers']) - 1
    group = Group(name, lambda s: s.config(disks=[Disk(bus=bus, target=0, size='64M'),
                                                  Disk(bus=bus, target=1, size='64M')],
                                           files=[program(s, p) for p in programs], **config),
                  needs=not_built('isp'), before=ISP.load)
    GROUPS.append(group)
    return group


def begin_load(vm, size='24M', rate=''):
    """Start verified fio on both disks, in the background; return when both have been written to."""
    disks = [block(vm, target)[5:] for target in (0, 1)]
    jobs = ' '.join(f'--name=on-{d} --filename=/dev/{d}' for d in disks)
    # The fifth number in stat counts completed writes.
    waits = '; '.join(f'while [ ! -s /tmp/load.status ] && [ $(writes {d}) -eq $w{n} ]; do '
                      'sleep 0.1; done' for n, d in enumerate(disks))
    vm.guest('writes() { set -- $(cat /sys/block/$1/stat); echo $5; }; '
             f'w0=$(writes {disks[0]}); w1=$(writes {disks[1]}); rm -f /tmp/load.status; '
             '(fio --rw=randwrite --bsrange=4k-64k --blockalign=4k --ioengine=libaio --direct=1 '
             f'--iodepth=16 --size={size} {rate} --verify=crc32c --verify_fatal=1 --do_verify=1 '
             f'--output-format=terse {jobs} > /tmp/load.out 2>&1; echo $? > /tmp/load.status) '
             f'< /dev/null > /dev/null 2>&1 & {waits}')


def slow_load(vm):
    """Start a load that lasts at least ten seconds."""
    begin_load(vm, rate='--rate=4m')


def end_load(vm, timeout=240):
    """Wait for the load; return fio's exit status."""
    return int(vm.guest('while [ ! -s /tmp/load.status ]; do sleep 0.1; done; cat /tmp/load.status',
                        timeout=timeout).text)


def good_load(vm):
    """The load succeeds with the data it wrote."""
    status = end_load(vm)
    same(status, 0, 'status of fio\n' + vm.guest('tail -c 2000 /tmp/load.out; dmesg | tail -20').text)


def counted(vm, name):
    """Read a counter of isp's in sysfs or debugfs."""
    text = vm.guest(f'grep -rhs "{name}" /sys/kernel/debug/scsa/').text
    return int(re.search(rf'{name}\W+(\d+)', text).group(1))


LIFE = group_of('life', programs=['heldreset'])


@LIFE.test
def sleep(vm):
    """System sleep under load, as deep as devices notice: all requested I/O completes afterwards."""
    vm.guest('echo platform > /sys/power/pm_test; '
             'echo 1 > /sys/module/suspend/parameters/pm_test_delay')
    slow_load(vm)
    resets = counted(vm, 'resets')
    for _ in range(2):
        vm.guest('echo freeze > /sys/power/state; sleep 0.5')
    check(counted(vm, 'resets') > resets, 'the chip was not started again')
    good_load(vm)
    vm.guest('echo none > /sys/power/pm_test')


@LIFE.test
def host_reset(vm):
    """A host reset restarts the chip in the middle of a load; no I/O fails."""
    slow_load(vm)
    for _ in range(2):
        vm.guest(f'sg_reset -H {generic(vm, 0)}')
    good_load(vm)
    check('host reset' in vm.guest('dmesg').text, 'nothing was said')


@LIFE.test
def host_reset_revives(vm):
    """A host reset revives a controller that isp has given up, once its chip works again."""
    vm.guest('dmesg -C')
    vm.fault('all-ones')
    result = vm.guest(f'dd if={block(vm, 0)} of=/dev/null bs=4k count=1 iflag=direct', check=False)
    check(result.status, 'a read without a card went well')
    check('no longer answers' in vm.guest('dmesg').text, 'nothing was said')
    result = vm.guest(f'sg_reset -H -N {generic(vm, 0)}', check=False)
    check(result.status, 'a host reset without a card went well')
    vm.fault('')
    vm.guest(f'sg_reset -H -N {generic(vm, 0)}; echo running > '
             '/sys/block/sda/device/state; echo running > /sys/block/sdb/device/state')
    begin_load(vm)
    good_load(vm)


@LIFE.test
def unload_is_refused_while_in_use(vm):
    """rmmod under load says that the module is in use, and the load does not notice."""
    begin_load(vm)
    result = vm.guest('rmmod isp 2>&1', check=False)
    check(result.status and 'in use' in result.text, f'rmmod: {result.status} {result.text}')
    good_load(vm)


def load_ends(vm, what):
    """A load that has lost its disks ends with an error, in bounded time."""
    started = vm.clock()
    status = end_load(vm)
    seconds = vm.clock() - started
    print(f'# {what}: {seconds:.1f} s until all I/O had ended')
    check(status != 0, 'the load ended well')
    check(seconds < 60, f'it took {seconds:.0f} s')


@LIFE.test
def unbind_and_bind(vm):
    """Unbind the driver from the controller under load, and bind it again."""
    for _ in range(2):
        slow_load(vm)
        address = vm.guest(f'echo {ADDRESS}').text.strip()
        vm.guest(f'echo {address} > {SYSFS}/unbind')
        load_ends(vm, 'unbind')
        vm.guest(f'echo {address} > {SYSFS}/bind && settle')
        same(len(devices(vm)), 2, 'disks')
    begin_load(vm)
    good_load(vm)


@LIFE.test
def remove_and_rescan(vm):
    """Remove the PCI device under load, and find it again."""
    for _ in range(2):
        slow_load(vm)
        vm.guest(f'echo 1 > {SYSFS}/{ADDRESS}/remove')
        load_ends(vm, 'remove')
        vm.guest('echo 1 > /sys/bus/pci/rescan; settle')
        same(len(devices(vm)), 2, 'disks')
    begin_load(vm)
    good_load(vm)


@LIFE.test
def reset_of_what_is_gone(vm):
    """A disk, then the controller, goes while a process has it open and then asks for a reset."""
    for level in ('device', 'target', 'bus', 'host'):
        disk = block(vm, 1)
        said = vm.guest(f'heldreset {disk} /sys/block/{disk[5:]}/device/delete {level}').text
        same(said.strip() == 'done', level == 'host', f'reset of the {level}: {said}')
        vm.guest('cd /sys/class/scsi_host/host*; echo - - - > scan; settle')
        disk = block(vm, 1)
        said = vm.guest(f'heldreset {disk} {SYSFS}/{ADDRESS}/remove {level}').text
        check(said.strip() != 'done', f'reset of the {level} of no controller')
        vm.guest('echo 1 > /sys/bus/pci/rescan; settle')
        same(len(devices(vm)), 2, 'disks')


@LIFE.test
def disk_unplugged(vm):
    """One disk goes under load: its I/O ends, and the other disk's load does not notice."""
    slow_load(vm)
    vm.qmp('device_del', id='disk0-1-0')
    check(end_load(vm) != 0, 'the load ended well without a disk')
    log = vm.guest('tail -c 3000 /tmp/load.out; dmesg | tail -20').text
    check(block(vm, 1)[5:] in log, log)
    vm.guest(f'dd if={block(vm, 0)} of=/dev/null bs=64k count=64 iflag=direct')
    vm.guest(f'sg_turs {generic(vm, 0)}; sg_turs {generic(vm, 0)}', check=False)


# On a slow machine ACPI's interpreter times out while it routes a new card's interrupt; the BIOS' table
# has the answer immediately.
PLUG = group_of('life-plug', machine='pc', cmdline='acpi=noirq')


def gone(vm, device):
    """Wait until QEMU has released a device that is being unplugged."""
    deadline = vm.clock() + 30 * vm.kernel.slowness
    while any(p['name'] == device for p in vm.qmp('qom-list', path='/machine/peripheral')):
        check(vm.clock() < deadline, f'{device} is still there')
        time.sleep(0.2)


@PLUG.test
def unplug_and_plug(vm):
    """Pull the card under load and put it back."""
    for _ in range(2):
        slow_load(vm)
        vm.qmp('device_del', id='isp0')
        gone(vm, 'isp0')
        load_ends(vm, 'unplug')
        vm.qmp('device_add', driver='isp1040', id='isp0')
        for disk in vm.config.disks:
            vm.qmp('device_add', driver='scsi-hd', id=disk.id, bus='isp0.0', drive='node' + disk.id[4:],
                   **{'scsi-id': disk.target})
        vm.guest('for i in $(seq 600); do [ -e /sys/class/scsi_host/host* ] && break; sleep 0.2; done; '
                 'for h in /sys/class/scsi_host/host*; do echo - - - > $h/scan; done; settle',
                 timeout=240)
        same(len(devices(vm)), 2, 'disks')
    begin_load(vm)
    good_load(vm)


# Only PCIe ports report PCI errors, so the card is behind one.
ERRORS = group_of('life-errors', cmdline='pcie_ports=native', controllers=[
    Controller('pcie-root-port', id='rp0', props={'hotplug': 'off'}),
    Controller(id='isp0', props={'bus': 'rp0'})])


@ERRORS.test
def slot_reset(vm):
    """A fatal PCI error on the way to the card: the slot is reset, and the load goes on."""
    vm.guest('dmesg -C')
    slow_load(vm)
    vm.qmp('human-monitor-command', **{'command-line': 'pcie_aer_inject_error rp0 DLP'})
    good_load(vm)
    log = log_of(vm)
    check('goes on after a PCI error' in log, f'no recovery:\n{log[-2000:]}')


@ERRORS.test
def log_has_only_that(vm):
    """Recovering from an error logs no further error."""
    begin_load(vm)
    good_load(vm)
    lines = [x for x in errors_in_log(vm) if not re.search(r'AER|pcieport|PCIe Bus Error', x)]
    same(lines, [], 'error lines in the kernel log')


# With -no-shutdown, QEMU pauses where the firmware would take over.
REBOOT = group_of('life-reboot', extra=['-no-shutdown'])


def peek(vm, address):
    """Read 16 bits at a physical address, or a device's, as the processor would."""
    text = vm.qmp('human-monitor-command', **{'command-line': f'xp /1hx {address:#x}'})
    return int(text.split(':')[1], 16)


@REBOOT.test
def reboot_under_load(vm):
    """The reboot leaves a chip that neither interrupts nor accesses memory."""
    out = vm.guest(f'cd {SYSFS}/{ADDRESS}; basename $(pwd -P); cat resource').text.split()
    slot = int(out[0].split(':')[2].split('.')[0], 16)
    bar, command = int(out[4], 16), 0xb0000000 + (slot << 15) + 4
    begin_load(vm)
    check(peek(vm, bar + 8) and peek(vm, command) & 4, 'the chip is not at work')
    reboot(vm, lambda: same((peek(vm, bar + 8), peek(vm, command) & 4), (0, 0),
                            'interrupt control, bus master'))
    ISP.load(vm)
    begin_load(vm)
    good_load(vm)
