# SPDX-License-Identifier: GPL-2.0
"""The VM runner itself: it must report every failure that it must not let pass."""

import concurrent.futures
import os
import time
from unittest import mock

import kernel as kernels
from checking import Skip, check, same
from qemu import Controller, DeviceComplaint, GuestCrash, GuestHang, QemuDied
from runner import Group

group = Group('runner', lambda s: s.config(controllers=[Controller()], memory='512M'))
TRACE = Group('runner-trace', lambda s: s.config(controllers=[Controller()], memory='512M',
                                                 trace=['isp_*']))
GROUPS = [group, TRACE]


def raises(kind, function):
    """Return the exception of this kind, which function must raise."""
    try:
        function()
    except kind as e:
        return e
    raise AssertionError(f'no {kind.__name__} was raised')


@group.test
def exit_status_and_output(vm):
    """Both come back unchanged, binary data too."""
    data = bytes(range(256))
    octal = ''.join(f'\\{n:03o}' for n in data)
    result = vm.guest(f"for i in $(seq 40); do printf '{octal}'; done; exit 7", check=False)
    same(result.status, 7, 'status')
    check(result.output == data * 40, 'output differs')
    same(vm.guest('true').output, b'', 'output of true')


@group.test
def long_command(vm):
    """A command may be larger than any buffer on the serial line."""
    text = 'x' * 20000
    same(vm.guest(f'echo {text} | wc -c').text.strip(), '20001', 'length')


@group.test
def kernel_unpacked_once(vm):
    """Several machines start at the same time, and none of them finds the kernel unpacked."""
    if vm.kernel.elf() == vm.kernel.image:
        raise Skip('this kernel boots as it is')
    kernel = kernels.Kernel('new', vm.scratch)
    kernel.image = vm.kernel.image
    replace = os.replace

    def slow(*args):
        time.sleep(0.5)
        replace(*args)

    with mock.patch('os.replace', slow), concurrent.futures.ThreadPoolExecutor(2) as pool:
        paths = list(pool.map(lambda _: kernel.elf(), range(2)))
    same(paths, [os.path.join(vm.scratch, 'vmlinux')] * 2, 'unpacked kernels')
    check(os.path.getsize(paths[0]) > os.path.getsize(kernel.image), 'not unpacked')


@group.test
def expected_report_passes(vm):
    """A test that provokes a kernel report can say so."""
    vm.expect_report('announced')
    vm.guest('echo "<3>WARNING: announced" > /dev/kmsg; sleep 0.5')


@group.test
def warning_is_seen(vm):
    """A warning on the console fails the command that caused it."""
    e = raises(GuestCrash, lambda: vm.guest(
        'echo "<4>WARNING: CPU: 0 PID: 1 at somewhere" > /dev/kmsg; sleep 2'))
    check('at somewhere' in str(e), str(e))
    vm._report = None       # pylint: disable=protected-access


# A byte write to a register that takes only words, which makes the device model complain.
BYTE_WRITE = ('d=$(dirname $(grep -l 0x1020 /sys/bus/pci/devices/*/device)); echo 1 > $d/enable; '
              'set -- $(head -n 1 $d/resource); printf x | '
              'dd of=/dev/port bs=1 count=1 seek=$(($1)) 2>/dev/null')


@group.test
def guest_error_is_seen(vm):
    """A complaint of a device model fails the command that caused it."""
    e = raises(DeviceComplaint, lambda: vm.guest(BYTE_WRITE))
    check('isp1040' in str(e), str(e))


@group.test
def expected_guest_error_passes(vm):
    """A test that provokes a complaint can say so."""
    vm.expect_guest_error('not an aligned word')
    before = len(vm.guest_errors())
    vm.guest(BYTE_WRITE)
    check(len(vm.guest_errors()) > before, 'no complaint was made')


@group.test
def hang_is_seen(vm):
    """The time limit ends a command, and the report says where tasks are."""
    e = raises(GuestHang, lambda: vm.guest('echo begun; sleep 1000', timeout=3))
    check('sysrq' in str(e) and 'sleep' in str(e), f'no task dump in {e}')
    vm.kill()
    vm.start()


@group.test
def hung_boot_is_repeated(vm):
    """The runner boots once more if a boot does not end, and keeps what it saw of the first."""
    vm.kill()
    hang, limit = vm._hang, vm.config.boot_timeout      # pylint: disable=protected-access

    def hang_once(*args):
        vm.config.extra, vm.config.boot_timeout = [], limit
        hang(*args)

    vm.config.extra, vm.config.boot_timeout = ['-S'], 3     # -S: the processor does not run
    with mock.patch.object(vm, '_hang', hang_once):
        vm.start()
    check('boot did not end' in vm.boot_died and 'CPU#1 EIP=' in vm.boot_died, vm.boot_died)
    same(vm.guest('echo works').text, 'works\n', 'output')


@group.test
def crashed_boot_is_repeated(vm):
    """It does the same if the kernel dies before it takes commands."""
    vm.kill()
    boot, cmdlines = vm._boot, ['rdinit=/absent', '']       # pylint: disable=protected-access

    def crash_once(*args):
        vm.config.cmdline = cmdlines.pop(0)
        boot(*args)

    with mock.patch.object(vm, '_boot', crash_once):
        vm.start()
    check('Kernel panic' in vm.boot_died, vm.boot_died)
    same(vm.guest('echo works').text, 'works\n', 'output')


@group.test
def oops_is_seen(vm):
    """A dying kernel is reported immediately, with its last words."""
    e = raises(GuestCrash, lambda: vm.guest('echo c > /proc/sysrq-trigger', timeout=60))
    check('sysrq triggered crash' in str(e) or 'sysrq_handle_crash' in str(e), str(e))
    vm.kill()
    vm.start()


@group.test
def dead_qemu_is_seen(vm):
    """QEMU ending by itself is a failure."""
    vm.process.terminate()
    raises((QemuDied, GuestCrash), lambda: vm.guest('sleep 20', timeout=60))
    vm.kill()
    vm.start()


@TRACE.test
def events_are_no_complaints(vm):
    """Lines of trace events in the log of complaints are not complaints; other lines still are."""
    vm.guest('modprobe isp; settle')
    vm.check()
    with open(f'{vm.logs}/guest-errors', encoding='utf-8') as f:
        check('isp_mailbox op' in f.read(), 'no event was traced')
    check(not vm.guest_errors(), f'complaints: {vm.guest_errors()}')
