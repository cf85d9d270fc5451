# SPDX-License-Identifier: GPL-2.0
"""What guest tests share: groups (of tests that share a boot), drivers, devices, firmware."""

import fnmatch
import glob
import os
import random
import re
import struct
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass, field

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, 'tools', 'vm'))

import kernel as kernels                                        # noqa: E402
from packages import Archive, PackageError, locked, unpack      # noqa: E402
from qemu import (VM, CommandFailed, Config, Controller, Disk,  # noqa: E402,F401
                  VMError, own_modules)


class Skip(Exception):
    """The test cannot run here; the exception's text says why."""


def check(condition, text):
    """Fail the test with text unless condition holds."""
    if not condition:
        raise AssertionError(text)


def same(got, want, what):
    """Fail the test unless both are equal."""
    check(got == want, f'{what}: got {got!r}, want {want!r}')


# Firmware

def firmware_image(words):
    """A file in the layout of qlogic/1040.bin made of these words; sets those a loader checks."""
    image = list(words)
    image[3] = len(image)
    image[-1] = -sum(image[:-1]) & 0xffff
    return struct.pack('<4BH', 4, 66, 0, 0, 0x1000) + struct.pack(f'<{len(image)}H', *image)


def synthetic_firmware():
    """An image without code."""
    image = [0] * 64
    image[0:2] = [0x0078, 0x1041]
    banner = b'SYNTHETIC TEST IMAGE  Firmware  Version 04.66 '
    for i in range(0, len(banner), 2):
        image[5 + i // 2] = banner[i] << 8 | banner[i + 1]
    return firmware_image(image)


def firmware(build, synthetic=False):
    """(guest path, host path) of qlogic/1040.bin: Debian's if available, else synthetic."""
    guest = '/lib/firmware/qlogic/1040.bin'
    folder = os.path.join(build, 'firmware')
    made = os.path.join(folder, 'synthetic-1040.bin')
    with locked(build):
        os.makedirs(folder, exist_ok=True)
        with open(made, 'wb') as f:
            f.write(synthetic_firmware())
        if synthetic:
            return guest, made
        tree = os.path.join(folder, 'firmware-qlogic')
        absent = os.path.join(folder, 'no-firmware-qlogic')

        def real():
            found = glob.glob(tree + '/**/lib/firmware/qlogic/1040.bin', recursive=True)
            return found[0] if found else None

        if not real() and not os.path.exists(absent):
            try:
                archive = Archive(build, 'non-free-firmware')
                version = archive.candidate('firmware-qlogic')
                if not version:
                    raise PackageError('not in the archive')
                unpack(archive.download({'firmware-qlogic': version}).values(), tree)
            except PackageError as e:
                print(f'# no firmware-qlogic ({str(e).splitlines()[0]}): synthetic image used')
                open(absent, 'w', encoding='utf-8').close()
        return guest, real() or made


def corrupt_firmware(build):
    """firmware() with a wrong checksum: a chip must refuse to run it."""
    guest, path = firmware(build, synthetic=True)
    with open(path, 'rb') as f:
        image = bytearray(f.read())
    image[40] ^= 1
    bad = os.path.join(os.path.dirname(path), 'corrupt-1040.bin')
    with open(bad, 'wb') as f:
        f.write(image)
    return guest, bad


def nvram_image(path, initiator=7, valid=True, depth=256, flags=None, disabled=()):
    """A host file with the 128 bytes of an ISP1040's EEPROM; flags: {target: its flag byte}."""
    image = bytearray(128)
    image[0:17] = struct.pack('<4s8B2HB', b'ISP ', 7, initiator << 4 | 0xb, 1, 0, 0, 0xf9, 8,
                              0x0b, 250, depth, 0x17)
    for target in range(16):
        image[28 + 6 * target:32 + 6 * target] = bytes((
            (flags or {}).get(target, 0xfd), 16, 12, 0x08 if target in disabled else 0x18))
    image[127] = (-sum(image) - (not valid)) & 0xff
    with open(path, 'wb') as f:
        f.write(image)
    return path


def program(settings, name):
    """Build a C program of this folder; return (guest path, host path)."""
    path = settings.scratch(name)
    if not os.path.exists(path):
        subprocess.run(['gcc', '-O2', '-static', '-o', path,
                        os.path.join(TOP, 'tests/guest', name + '.c')], check=True)
    return '/bin/' + name, path


# Drivers

@dataclass
class Driver:
    """A driver for the emulated chip."""
    name: str
    ours: bool = False
    max_cdb: int = 32           # bytes; the midlayer refuses longer ones

    def load(self, vm, params=''):
        """modprobe, and wait for the disks."""
        vm.guest(f'modprobe {self.name} {params} && settle', timeout=180)

    def unload(self, vm):
        """Unload; fails if anything still holds the module."""
        vm.guest(f'modprobe -r {self.name}', timeout=120)


QLA1280 = Driver('qla1280', max_cdb=12)
ISP = Driver('isp', ours=True)


# Tests inside the kernel

class NotHere(str):
    """Instead of the reason of a failure, and as false: the machine cannot provoke the case."""


def ktap_results(vm):
    """The latest results of the contract tests, as a test with parts returns them."""
    log = vm.guest('dmesg --notime | sed -n "s/^contract: //p"').text.split('KTAP version 1')[-1]
    found = re.findall(r'(?:^# does not hold: (.*)\n)?^(ok|not ok) \d+ (\S+)( # SKIP)?', log, re.M)
    plan = re.search(r'^1\.\.(\d+)$', log, re.M)
    check(plan and int(plan.group(1)) == len(found) > 0, f'incomplete KTAP:\n{log[-3000:]}')
    return [(key, NotHere() if skip else '' if word == 'ok' else why or 'failed')
            for why, word, key, skip in found]


def target_driver(vm, params):
    """Play a target driver on a disk, next to the midlayer; return the result of each clause."""
    vm.guest(f'modprobe scsa_contract host={host_number(vm)} {params} && '
             'modprobe -r scsa_contract', timeout=300)
    return ktap_results(vm)


# Devices in the guest

def chips(vm):
    """PCI addresses of the emulated chips."""
    return vm.guest('cd /sys/bus/pci/devices; grep -l 0x1020 */device | cut -d / -f 1').text.split()


def hosts(vm):
    """{number: driver} of the SCSI hosts in the guest."""
    out = vm.guest('cd /sys/class/scsi_host; for h in host*; do [ -e $h ] && '
                   'echo $h $(cat $h/proc_name); done; true').text
    return {int(h[4:]): ' '.join(name) for h, *name in map(str.split, out.splitlines())}


def host_number(vm):
    """Number of the only SCSI host in the guest that is not scsi_debug's."""
    found = hosts(vm)
    numbers = [number for number, driver in found.items() if driver != 'scsi_debug']
    check(len(numbers) == 1, f'one SCSI host expected: {found}')
    return numbers[0]


def stats(vm, host=None):
    """scsa's counters of one host."""
    host = host_number(vm) if host is None else host
    out = vm.guest(f'cat /sys/kernel/debug/scsa/host{host}/stats').text
    return {k: int(v) for k, v in re.findall(r'^(\w+) (\d+)$', out, re.M)}


def log_of(vm):
    """The kernel's log."""
    return vm.guest('dmesg --notime').text


def devices(vm, host=None):
    """{(target, lun): (SCSI type, 'sda' or 'sr0' or '-', 'sg0')} behind one host."""
    host = host_number(vm) if host is None else host
    out = vm.guest(f'for d in /sys/bus/scsi/devices/{host}:*; do [ -e $d/type ] || continue; '
                   'echo ${d##*/} $(cat $d/type) $(ls $d/block 2>/dev/null || echo -) '
                   '$(ls $d/scsi_generic); done').text
    found = {}
    for line in out.splitlines():
        address, kind, block, sg = line.split()
        _, _, target, lun = address.split(':')
        found[int(target), int(lun)] = (int(kind), block, sg)
    return found


def block(vm, target, lun=0):
    """/dev/sdX of a disk."""
    return '/dev/' + devices(vm)[target, lun][1]


def generic(vm, target, lun=0):
    """/dev/sgN of a device."""
    return '/dev/' + devices(vm)[target, lun][2]


def random_image(path, size, seed=1):
    """A host file of `size` random but repeatable bytes."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as f:
        f.write(random.Random(seed).randbytes(size))
    return path


def host_bytes(disk, offset=0, length=-1):
    """What the disk holds according to the host, by a path that shares nothing with the driver."""
    with open(disk.path, 'rb') as f:
        f.seek(offset)
        return f.read(length)


def reboot(vm, while_down=lambda: None):
    """Reboot; call while_down() before the guest starts again. Needs a machine with -no-shutdown."""
    vm.guest('(sleep 0.5; reboot -f) > /dev/null 2>&1 &')
    deadline = vm.clock() + 60 * vm.kernel.slowness
    while vm.qmp('query-status')['status'] != 'shutdown':
        check(vm.clock() < deadline, 'no reboot')
        time.sleep(0.2)
    while_down()
    vm.qmp('set-action', reboot='reset', shutdown='poweroff')
    vm.qmp('system_reset')
    vm.qmp('cont')
    vm.wait_boot()
    vm.qmp('set-action', reboot='shutdown')


# Checking kernels

def nothing_left(vm):
    """On a checking kernel: unload our modules, and check that they left nothing behind.

    lockdep must still be on, no DMA mapping may remain, no memory may be unreachable.
    """
    disarm(vm)
    unload(vm)
    out = vm.guest('cat /proc/lockdep_stats').text
    check(re.search(r'debug_locks:\s+1\b', out), 'lockdep has given up')
    dma = '/sys/kernel/debug/dma-api'
    disabled, errors, *mapped = vm.guest(f'cd {dma}; cat disabled error_count dump').text.splitlines()
    same(int(errors, 0), 0, 'DMA errors')
    # A test of failing allocations also fails those of DMA debugging, which then turns itself off.
    if not any('cacheline tracking ENOMEM' in line for line in vm.console()):
        same(disabled, 'N', 'DMA debugging disabled')
        check(not mapped, 'mapped after unload:\n' + '\n'.join(mapped[:20]))
    if vm.kernel.checks == 'debug':
        leaks = unreferenced(vm)
        check(not leaks, 'memory leaked:\n' + leaks[:4000])


def disarm(vm):
    """Disarm the faults of all chips."""
    for controller in vm.config.controllers:
        if controller.driver == 'isp1040':
            vm.fault('', controller.id)


def unload(vm):
    """Unload our modules."""
    vm.guest('cd /; umount /mnt 2>/dev/null; for m in scsa_contract isp ramhba scsa; do '
             '[ ! -d /sys/module/$m ] || rmmod $m || exit 1; done', timeout=120)


def clean(vm):
    """Leave a machine as another group expects it; return False if that is impossible."""
    try:
        disarm(vm)
        unload(vm)
        vm.guest('rm -rf /tmp/*; dmesg -C')
    except VMError:
        return False
    vm.forget()
    return True


def unreferenced(vm):
    """What kmemleak finds now: it reports objects found unchanged in two scans and 5 s old."""
    vm.expect_report(r'kmemleak: \d+ new suspected')
    return vm.guest('cd /sys/kernel/debug; sleep 5 & echo scan > kmemleak; wait; '
                    'echo scan > kmemleak; cat kmemleak', timeout=120).text


# TCG with threads, when the kernel patches its code: one vCPU stays in the temporary breakpoint, and
# the vCPU that waits for it reports a stall.
EMULATOR_STUCK = re.compile(r'stall.*asm_exc_int3', re.S)


# Groups

@dataclass
class Group:
    """Tests that run in one boot, in order; a test that breaks the VM costs a new boot."""
    name: str
    configure: object           # (Settings) -> Config
    tests: list = field(default_factory=list)
    before: object = None       # (vm): after each boot, or when another group has left the machine
    needs: object = None        # (Settings): raises Skip if the group cannot run
    kernels: tuple = ()         # names of the checking kernels it is for; empty: any kernel
    long: bool = False          # takes minutes: start it first
    machine: str = ''           # groups with the same name here want the same machine
    breaks: bool = False        # it ends its machine: runs after the others that want the same one

    def test(self, function):
        """Decorator: function(vm) is a test named after the function.

        A test may return its parts, as (name, '' or why it failed) pairs.
        """
        self.tests.append(function)
        return function


@dataclass
class Settings:
    """The settings from the command line."""
    build: str
    kernel: object
    verbose: bool = False
    qemu: str = ''
    modules: list = field(default_factory=list)

    def config(self, **values):
        """A Config with the settings that all groups share."""
        if self.kernel.checks == 'debug':
            values.setdefault('memory', '512M')     # kmemleak scans all of it, which takes time
        # The emulated disks are ready at once after a reset; the README's tests wait as long as users do.
        values['cmdline'] = 'isp.reset_delay=100 ' + values.get('cmdline', '')
        return Config(build=self.build, kernel=self.kernel, qemu=self.qemu,
                      verbose=self.verbose, own_modules=self.modules, **values)

    def scratch(self, name):
        """A path for a host file that a group makes; tools/vm removes files of dead processes."""
        folder = os.path.join(self.build, 'vm', f'run-{os.getpid()}-images')
        os.makedirs(folder, exist_ok=True)
        return os.path.join(folder, name)


def reason(error):
    """Why a test failed. An exception that no test raises on purpose is a bug in the test."""
    if isinstance(error, (AssertionError, VMError)):
        return str(error) or 'failed'
    return traceback.format_exc()


class Runner:
    """Runs groups and prints TAP; comments say what is running: "begin <test>", "end <group>"."""

    AGAIN = 3       # failed tests of a group that are run again alone, at most

    def __init__(self, settings, patterns):
        self.settings = settings
        self.patterns = patterns
        self.count = 0
        self.failed = 0
        self.left = None        # (machine, group) that a group has left for the next one

    def wanted(self, name):
        """Is this test wanted?  "!pattern" leaves tests out."""
        def among(patterns):
            return any(fnmatch.fnmatchcase(name, p) for p in patterns)
        asked = [p for p in self.patterns if not p.startswith('!')]
        return (not asked or among(asked)) and \
            not among(p[1:] for p in self.patterns if p.startswith('!'))

    def tests(self, group):
        """(name, function) of the group's tests to run."""
        if group.kernels and self.settings.kernel.checks not in group.kernels:
            return []
        names = [(f'{group.name}.{f.__name__}', f) for f in group.tests]
        return [(n, f) for n, f in names if self.wanted(n)]

    def report(self, good, name, note=''):
        """Print one TAP line."""
        self.count += 1
        self.failed += not good
        print(f'{"ok" if good else "not ok"} - {name}{note}')

    def run(self, group):
        """Run all wanted tests of a group. Run failed ones again, each alone on a fresh machine."""
        names = self.tests(group)
        if not names:
            return
        try:
            if group.needs:
                group.needs(self.settings)
        except Skip as e:
            for name, _ in names:
                self.report(True, name, f' # SKIP {e}')
            return
        failures = self.in_order(group, names)
        for n, (name, function, whys) in enumerate(failures):
            again = self.alone(group, name, function) if n < self.AGAIN and function else None
            for test, why in whys:
                self.fail(test, why, again)
        print('# end ' + group.name)

    def in_order(self, group, todo):
        """Run tests and report passes; return (name, function, [(name, why)]) of the failures."""
        vm = None
        broken = 0      # machines lost; a hang costs minutes, so not every test gets its own
        again = False   # a test is being repeated; at most one of a group is
        failures = []
        while todo:
            name, function = todo.pop(0)
            print('# begin ' + name, flush=True)
            if broken > 2:
                failures.append((name, None, [
                    (name, 'not run: too many machines of this group failed')]))
                continue
            try:
                if vm is None:
                    broken += 1
                    vm = self.machine(group)
                    broken -= 1
                found = self.one(vm, group, name, function)
            except Skip as e:
                self.report(True, name, f' # SKIP {e}')
                continue
            except Exception as e:      # pylint: disable=broad-except
                found = [(name, reason(e))]
                if isinstance(e, VMError) and not isinstance(e, CommandFailed):
                    if EMULATOR_STUCK.search(str(e)) and not again:
                        print(f'# {name}: the emulator lost a vCPU, once more on a new machine')
                        again = True
                        found = []
                        todo.insert(0, (name, function))
                    if vm:
                        vm.kill()
                        broken += 1
                    vm = None
            if found:
                print(f'# {name} failed; it will be run again alone')
                failures.append((name, function, found))
        if vm:
            self.finish(vm, group, share=not failures)
        return failures

    def one(self, vm, group, name, function):
        """Run one test and report what passes; return (name, why) of what fails."""
        started, cpu = time.monotonic(), vm.cpu_seconds()
        parts = function(vm) or ()
        vm.check()
        took = f'{time.monotonic() - started:.1f} s, CPU {max(0, vm.cpu_seconds() - cpu):.1f} s'
        if not parts:
            self.report(True, name, f' ({took})')
            return []
        print(f'# {name}: {took}')
        for part, why in parts:
            if not why:
                self.report(True, f'{group.name}.{part}',
                            ' # SKIP not on this machine' if isinstance(why, NotHere) else '')
        return [(f'{group.name}.{part}', why) for part, why in parts if why]

    def alone(self, group, name, function):
        """Run a failed test on a machine of its own; return {name: why it failed again}."""
        print('# begin ' + name, flush=True)
        vm = None
        try:
            vm = self.boot(group)
            parts = function(vm) or ()
            vm.check()
            return {f'{group.name}.{part}': why for part, why in parts if why}
        except Exception as e:      # pylint: disable=broad-except
            return {name: reason(e)}
        finally:
            if vm:
                vm.kill()

    def finish(self, vm, group, share):
        """On a checking kernel, check that nothing is left; then end the machine or share it."""
        if self.settings.kernel.checks:
            try:
                started = time.monotonic()
                nothing_left(vm)
                self.report(True, group.name + '.nothing_left',
                            f' ({time.monotonic() - started:.1f} s)')
            except (VMError, AssertionError) as e:
                self.fail(group.name + '.nothing_left', e)
                share = False
        self.left = (vm, group)
        if not share or not group.machine or not clean(vm):
            self.close()

    def close(self):
        """End the machine that a group has left."""
        if not self.left:
            return
        (vm, group), self.left = self.left, None
        try:
            vm.shutdown()
        except VMError as e:
            self.fail(group.name + '.shutdown', e)

    def machine(self, group):
        """The machine that another group has left if its configuration is the same, else a fresh one."""
        if self.left:
            vm, other = self.left
            config = group.configure(self.settings)
            config.label = vm.config.label
            if config == vm.config:
                print(f'# {group.name}: on the machine of {other.name}')
                self.left = None
                return self.prepare(vm, group)
            self.close()
        return self.boot(group)

    def boot(self, group):
        """Boot a fresh VM for the group."""
        config = group.configure(self.settings)
        config.label = 'guest-' + group.name
        vm = VM(config)
        try:
            vm.start()
        except BaseException:
            vm.kill()
            raise
        if vm.boot_died:
            print(f'# {group.name}: the boot died, once more: {vm.boot_died}'.replace(
                '\n', '\n#   '))
        return self.prepare(vm, group)

    def prepare(self, vm, group):
        """Do what a group needs before its first test on a machine."""
        try:
            if group.before:
                group.before(vm)
            return vm
        except BaseException:
            vm.kill()
            raise

    def fail(self, name, error, again=None):
        """Print a failed test, with the reason as TAP comments; again: why it failed the second time."""
        note = ''
        if again is not None:
            note = ' (failed again)' if again else ' (failed, then passed)'
        self.report(False, name, note)
        for line in str(error).splitlines():
            print('#   ' + line)
        for test, why in (again or {}).items():
            for line in f'again, alone: {test}: {why}'.splitlines():
                print('#   ' + line)


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
