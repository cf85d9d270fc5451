# SPDX-License-Identifier: GPL-2.0
"""The VM runner itself: what it must not let pass does not pass."""

import os

from lib import Group, check, same
from qemu import GuestCrash, GuestHang, QemuDied

group = Group('runner', lambda s: s.config(memory='512M'))
GROUPS = [group]


def raises(kind, function):
    """The exception of this kind that function must raise."""
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
    """Commands larger than any buffer on the serial line."""
    text = 'x' * 20000
    same(vm.guest(f'echo {text} | wc -c').text.strip(), '20001', 'length')


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


@group.test
def guest_error_is_seen(vm):
    """A complaint of a device model fails the test."""
    with open(os.path.join(vm.logs, 'guest-errors'), 'a', encoding='utf-8') as f:
        f.write('somedevice: bad write\n')
    try:
        vm.check()
    except Exception as e:      # pylint: disable=broad-except
        same(type(e).__name__, 'DeviceComplaint', 'exception')
        return
    raise AssertionError('not seen')


@group.test
def hang_is_seen(vm):
    """The time limit ends a command, and the report says where tasks are."""
    e = raises(GuestHang, lambda: vm.guest('echo begun; sleep 1000', timeout=3))
    check('sysrq' in str(e) and 'sleep' in str(e), f'no task dump in {e}')
    vm.kill()
    vm.start()


@group.test
def oops_is_seen(vm):
    """A dying kernel is reported at once, with its last words."""
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
