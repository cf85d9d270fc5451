# SPDX-License-Identifier: GPL-2.0
"""Groups of tests that share a boot, suites that several groups share, and what runs them."""

import fnmatch
import functools
import inspect
import os
import re
import time
import traceback
from dataclasses import dataclass, field, replace

from checking import NotHere, Skip, same
from leftovers import clean, keep_counts, nothing_left
from qemu import VM, CommandFailed, Config, VMError


def not_built(module):
    """A `needs` function: the group runs only if this module of ours has been built."""
    def needs(settings):
        if not any(m.endswith(f'/{module}.ko') for m in settings.modules):
            raise Skip(f'{module}.ko is not built')
    return needs


# TCG with threads, when the kernel patches its code: one vCPU stays in the temporary breakpoint, and
# the vCPU that waits for it reports a stall.
EMULATOR_STUCK = re.compile(r'stall.*asm_exc_int3', re.S)


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


def grouper(groups, module='isp'):
    """A function that makes a Group which needs a module of ours, and adds it to a file's list."""
    def group(name, configure, **values):
        made = Group(name, configure, needs=not_built(module), **values)
        groups.append(made)
        return made
    return group


def bound(function, **values):
    """A test: the function with those of the values that it has parameters for."""
    wants = {k: v for k, v in values.items() if k in inspect.signature(function).parameters}
    if not wants:
        return function
    made = functools.partial(function, **wants)
    made.__name__ = function.__name__
    return made


class Suite:
    """Tests that several groups share."""

    def __init__(self):
        self.tests = []

    def test(self, function):
        """Decorator: function(vm, ...) is a test; the group that it is bound to gives the rest."""
        self.tests.append(function)
        return function

    def bind(self, group, only=(), **values):
        """Add the tests to a group, if only is not empty those that it names, with these values."""
        chosen = [f for f in self.tests if not only or f.__name__ in only]
        same(len(chosen), len(only or chosen), f'tests of {group.name}')
        group.tests += [bound(f, **values) for f in chosen]


@dataclass
class Settings:
    """The settings from the command line."""
    build: str
    kernel: object
    verbose: bool = False
    qemu: str = ''
    modules: list = field(default_factory=list)
    chip: object = None         # a Controller in place of each ISP1040

    def config(self, **values):
        """A Config with the settings that all groups share."""
        if self.kernel.checks == 'debug':
            values.setdefault('memory', '512M')     # kmemleak scans all of it, which takes time
        # The emulated disks are ready at once after a reset; the README's tests wait as long as users do.
        values['cmdline'] = 'isp.reset_delay=100 ' + values.get('cmdline', '')
        if self.chip and 'controllers' in values:
            values['controllers'] = [
                replace(c, driver=self.chip.driver, props={**self.chip.props, **c.props})
                if c.driver == 'isp1040' else c for c in values['controllers']]
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
            if any(m.endswith('/scsa_gcov.ko') for m in self.settings.modules):
                keep_counts(vm)
            vm.shutdown()
        except (VMError, OSError, ValueError) as e:
            vm.kill()
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
