# SPDX-License-Identifier: GPL-2.0
"""What a test checks, and what it says: conditions, skips, the kernel's log."""

import re


class Skip(Exception):
    """The test cannot run here; the exception's text says why."""


def check(condition, text):
    """Fail the test with text unless condition holds."""
    if not condition:
        raise AssertionError(text)


def same(got, want, what):
    """Fail the test unless both are equal."""
    check(got == want, f'{what}: got {got!r}, want {want!r}')


class NotHere(str):
    """Instead of the reason of a failure, and as false: the machine cannot provoke the case."""


def log_of(vm):
    """The kernel's log."""
    return vm.guest('dmesg --notime').text


def errors_in_log(vm):
    """Kernel messages of level error and above."""
    out = vm.guest('dmesg --level=emerg,alert,crit,err --notime').text
    return [x for x in out.splitlines() if x and not re.search(BOOT_NOISE, x)]


# Messages of a kernel without BIOS tables or udev, none of them about SCSI; and Debian's kernel on any
# absent firmware file, absent here because the tests use the chip's resident firmware.
BOOT_NOISE = (r'^(mtrr|ACPI|PCI: Fatal|pci 0000:00:1f|integrity|RETBleed|Failed to)|'
              r'firmware: failed to load qlogic|^firmware_class: See|'
              # Data races of the kernel itself; the VM searches the console for ours.
              r'^=+$|BUG: KCSAN: |^(read|write|race) .* of \d+ bytes|^value changed: |'
              r'^Reported by Kernel Concurrency Sanitizer')


def ktap_results(vm):
    """The latest results of the contract tests, as a test with parts returns them."""
    log = vm.guest('dmesg --notime | sed -n "s/^contract: //p"').text.split('KTAP version 1')[-1]
    found = re.findall(r'(?:^# does not hold: (.*)\n)?^(ok|not ok) \d+ (\S+)( # SKIP)?', log, re.M)
    plan = re.search(r'^1\.\.(\d+)$', log, re.M)
    check(plan and int(plan.group(1)) == len(found) > 0, f'incomplete KTAP:\n{log[-3000:]}')
    return [(key, NotHere() if skip else '' if word == 'ok' else why or 'failed')
            for why, word, key, skip in found]
