# SPDX-License-Identifier: GPL-2.0
"""A virtual machine under test: command line, QMP, the guest's command channel, and its failures.

    with VM(Config(controllers=[Controller()], disks=[Disk(size='64M')])) as vm:
        vm.guest('modprobe qla1280')
        print(vm.counters())

Every failure is an exception: a kernel report on the console (GuestCrash), silence past the time
limit (GuestHang), QEMU gone (QemuDied), a guest-error line of a device model (DeviceComplaint), a
command's exit status (CommandFailed).
"""

import contextlib
import ctypes
import fnmatch
import glob
import json
import os
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field

import initramfs
import kernel as kernels
from packages import say

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))

# A console line that matches is a failure, whatever the command's status.
REPORTS = re.compile('|'.join([
    r'\bBUG\b[: ]', r'kernel BUG at', r'\bWARNING: ', r'Call Trace:', r'\bOops\b',
    r'general protection fault', r'Kernel panic', r'unable to handle', r'divide error',
    r'INFO: task .* blocked for more than', r'(rcu|RCU).*(stall|self-detected)',
    r'soft lockup', r'hard LOCKUP', r'KASAN:', r'KCSAN:', r'KFENCE:', r'UBSAN:',
    r'possible (circular|recursive) locking', r'inconsistent lock state',
    r'suspicious RCU usage', r'bad unlock balance', r'held lock freed',
    r'scheduling while atomic', r'sleeping function called', r'DMA-API:',
    r'kmemleak:.*suspected', r'(list_add|list_del) corruption', r'refcount_t:',
    r'Out of memory:', r'page allocation failure', r'nobody cared',
    r'spinlock (bad magic|lockup|wrong)', r'trying to register non-static key',
    r'ODEBUG:', r'DEBUG_LOCKS_WARN_ON']))

# Not reports: the kernel's own data races, of which KCSAN finds many. A race of ours names our module.
FOREIGN_RACE = re.compile(r'BUG: KCSAN: (?!.*\[(scsa|isp|ramhba|scsa_contract)\])')

class VMError(Exception):
    """The virtual machine failed, or a command in it did."""


class GuestCrash(VMError):
    """The guest kernel reported a bug."""


class GuestHang(VMError):
    """The time limit passed."""


class QemuDied(VMError):
    """QEMU ended on its own."""


class DeviceComplaint(VMError):
    """A device model logged a guest error that the test did not announce."""


class CommandFailed(VMError):
    """A command in the guest ended with a status other than 0."""

    def __init__(self, command, result):
        super().__init__(f'{command!r} ended with status {result.status}\n{result.text[-3000:]}')
        self.result = result


@dataclass
class Result:
    """The result of a guest command."""
    status: int
    output: bytes

    @property
    def text(self):
        """The output as text."""
        return self.output.decode(errors='replace')


@dataclass
class Controller:
    """A SCSI host adapter; its bus is "<id>.0"."""
    driver: str = 'isp1040'
    id: str = field(default='', compare=False)      # if empty, assigned when the VM starts
    props: dict = field(default_factory=dict)

    @classmethod
    def parse(cls, text):
        """Parse "isp1040" or "isp1040,resident-firmware=off"."""
        driver, *rest = text.split(',')
        props = dict(p.split('=', 1) for p in rest)
        return cls(driver, props.pop('id', ''), props)


@dataclass
class Disk:
    """A SCSI device. Set one of size (a sparse scratch image), file, null (a size) or backend.

    backend is a -blockdev dictionary of any shape (qcow2, blkdebug, throttle ...).
    """
    target: int = 0
    lun: int = 0
    bus: int = 0                # index of the controller
    channel: int = 0            # of the controller
    size: str = ''
    file: str = ''
    null: str = ''
    backend: dict = None
    block: int = 512
    cdrom: bool = False
    readonly: bool = False
    props: dict = field(default_factory=dict)
    path: str = field(default='', compare=False)    # of the image on the host, once started

    @classmethod
    def parse(cls, text):
        """Parse "target=1,lun=0,size=64M,block=4096" and the like; unknown keys go to the device."""
        disk = cls()
        for item in text.split(','):
            key, _, value = item.partition('=')
            if key in ('target', 'lun', 'bus', 'channel', 'block'):
                setattr(disk, key, int(value, 0))
            elif key in ('size', 'file', 'null'):
                setattr(disk, key, value)
            elif key in ('cdrom', 'readonly'):
                setattr(disk, key, value in ('', 'on', '1'))
            else:
                disk.props[key] = value
        return disk

    @property
    def id(self):
        """The device's QOM id."""
        channel = f'{self.channel}-' if self.channel else ''
        return f'disk{self.bus}-{channel}{self.target}-{self.lun}'


def parse_size(text):
    """Bytes of "64M", "3T", "4096"."""
    m = re.fullmatch(r'(\d+)([kKMGT]?)', str(text))
    if not m:
        raise ValueError(f'{text!r} is not a size: write a number, or one with K, M, G or T')
    return int(m.group(1)) << {'': 0, 'k': 10, 'K': 10, 'M': 20, 'G': 30, 'T': 40}[m.group(2)]


def own_modules(build, release, folder=None):
    """The .ko files that make has built for this kernel, or those of a folder."""
    folder = folder or os.path.join(build, 'modules', release)
    return sorted(glob.glob(os.path.join(folder, '**', '*.ko'), recursive=True))


@dataclass
class Config:
    """Everything that makes up a virtual machine."""
    build: str = os.path.join(TOP, 'build')
    qemu: str = ''              # program; default build/qemu/qemu-system-x86_64
    kernel: str = 'default'     # a name for kernel.prepare(), or a Kernel
    machine: str = 'q35'
    accel: str = 'tcg'
    cpu: str = 'max,la57=off'
    cpus: int = 2
    memory: str = '1G'
    iommu: bool = False
    cmdline: str = ''
    controllers: list = field(default_factory=list)
    disks: list = field(default_factory=list)
    own_modules: list = field(default_factory=list)
    modules: list = field(default_factory=list)     # more modules of the kernel package
    files: list = field(default_factory=list)       # (guest path, host path)
    extra: list = field(default_factory=list)       # more QEMU arguments
    trace: list = field(default_factory=list)       # QEMU trace event patterns
    label: str = 'run'
    verbose: bool = False
    boot_timeout: float = 120


def _scratch(folder):
    """A folder for this process's disk images; removes those of dead processes."""
    for name in os.listdir(folder):
        m = re.fullmatch(r'run-(\d+)-.*', name)
        if m and not os.path.exists('/proc/' + m.group(1)):
            shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
    return tempfile.mkdtemp(prefix=f'run-{os.getpid()}-', dir=folder)


def _quoted(text):
    """The text as the guest's shell reads it with read(1) and then prints it with printf %b."""
    return re.sub(r'^\s|\s$|[\\\n]', lambda m: f'\\0{ord(m[0]):03o}', text)


def _die_with_parent():
    """Make QEMU end with its runner, even if the runner is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class VM:
    """One boot of one guest."""

    def __init__(self, config):
        self.config = config
        self.process = None
        self.boot_died = ''
        self.qmp_events = []
        self._expected_reports = []
        self._expected_complaints = []
        self._count = 0

    # Lifecycle

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.shutdown()
        else:
            self.kill()

    def start(self, interactive=False):
        """Boot, and wait until the guest takes commands.

        If the boot dies, boot once more. Before the first command no driver of the controllers is
        loaded, so it is not to blame: TCG with threads now and then loses a vCPU, or executes a
        breakpoint that the kernel has removed. boot_died says what was seen.
        """
        try:
            self._boot(interactive)
        except (GuestHang, GuestCrash) as e:
            self.boot_died = str(e)
            say('vm: the boot failed; booting again')
            self.kill()
            self._boot(interactive)

    def _boot(self, interactive):
        c = self.config
        self._closing = False
        self._lost = 0
        self._report = None
        self._pending = b''
        self._complaints_seen = 0
        self._console_lines = []
        self.logs = os.path.join(c.build, 'vm', 'logs', c.label)
        os.makedirs(self.logs, exist_ok=True)
        self.scratch = _scratch(os.path.join(c.build, 'vm'))
        k = kernels.prepare(c.build, c.kernel) if isinstance(c.kernel, str) else c.kernel
        self.kernel = k
        image = initramfs.build_initramfs(c.build, k, c.modules, c.own_modules, c.files)

        ours, theirs = {}, {}
        names = ['control', 'qmp'] if interactive else ['console', 'control', 'qmp']
        for name in names:
            ours[name], theirs[name] = socket.socketpair()
        command = self._command(k, image, theirs, interactive)
        with open(os.path.join(self.logs, 'command'), 'w', encoding='utf-8') as f:
            f.write(shlex.join(command) + '\n')
        self._complaints = os.path.join(self.logs, 'guest-errors')
        open(self._complaints, 'w', encoding='utf-8').close()
        self._stderr = os.path.join(self.logs, 'qemu')
        with open(self._stderr, 'wb') as err:
            self.process = subprocess.Popen(
                command, pass_fds=[s.fileno() for s in theirs.values()], stderr=err,
                stdin=None if interactive else subprocess.DEVNULL,
                stdout=None if interactive else err, preexec_fn=_die_with_parent)
        for s in theirs.values():
            s.close()
        self._control = ours['control']
        self._qmp_socket = ours['qmp']
        self._qmp_file = ours['qmp'].makefile('rb')
        if not interactive:
            self._console = ours['console']
            self._console_log = open(os.path.join(self.logs, 'console'), 'wb')
            self._reader = threading.Thread(target=self._read_console, daemon=True)
            self._reader.start()
        self._qmp_start()
        started = time.monotonic()
        self.wait_boot()
        self.boot_seconds = time.monotonic() - started

    def wait_boot(self):
        """Wait until the guest takes commands."""
        self._read_until(re.compile(rb'ready \S+\n'),
                         self.config.boot_timeout * self.kernel.slowness, 'boot')

    def _command(self, k, image, sockets, interactive):
        c = self.config
        qemu = c.qemu or os.path.join(c.build, 'qemu', 'qemu-system-x86_64')
        if not shutil.which(qemu):
            raise VMError(f'no {qemu}: run "make qemu"')
        bios = os.path.join(os.path.dirname(qemu), 'pc-bios')
        machine = c.machine
        # norandmaps: a program at the same addresses again is not translated again; most commands take a
        # third of the time. rcutree: a scan waits for two grace periods per target that is absent.
        # norecord-cmd: otherwise each trace event that is switched on patches the scheduler's code, and
        # TCG with threads sometimes goes on executing the breakpoint used for that.
        cmdline = ('console=ttyS0 loglevel=5 oops=panic panic=-1 sysrq_always_enabled '
                   'trace_options=norecord-cmd nokaslr mitigations=off tsc=reliable random.trust_cpu=on '
                   'sysctl.kernel.hung_task_timeout_secs=60 cryptomgr.notests '
                   'audit=0 apparmor=0 ipv6.disable=1 no_timer_check norandmaps '
                   'rcutree.jiffies_till_first_fqs=0 rcutree.jiffies_till_next_fqs=1 '
                   'scsi_mod.scan=sync')
        args = [qemu, '-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none',
                '-accel', c.accel + (',thread=multi' if c.accel == 'tcg' else ''),
                '-cpu', c.cpu, '-smp', str(c.cpus), '-m', c.memory]
        if os.path.isdir(bios):
            args += ['-L', bios]
        if c.iommu:
            # Comes before the devices, which look for it when they are created.
            args += ['-device', 'intel-iommu,intremap=on']
            if c.accel == 'kvm':
                machine += ',kernel-irqchip=split'
            cmdline += ' intel_iommu=on iommu=nopt'
        args += ['-machine', machine, '-initrd', image,
                 '-kernel', k.elf() or k.image, '-append', f'{cmdline} {c.cmdline}'.strip(),
                 '-d', 'guest_errors', '-D', self._log_path()]
        for pattern in c.trace:
            args += ['-trace', pattern]
        if interactive:
            args += ['-chardev', 'stdio,id=console,mux=on,signal=off',
                     '-mon', 'chardev=console,mode=readline']
        for name, s in sockets.items():
            args += ['-chardev', f'socket,id={name},fd={s.fileno()}']
        args += ['-serial', 'chardev:console', '-serial', 'chardev:control',
                 '-mon', 'chardev=qmp,mode=control']
        for number, controller in enumerate(c.controllers):
            controller.id = controller.id or f'isp{number}'
            args += ['-device', _device(controller.driver, id=controller.id, **controller.props)]
        for disk in c.disks:
            node = 'node' + disk.id[4:]
            args += ['-blockdev', json.dumps({**self._backend(disk), 'node-name': node})]
            props = {'id': disk.id, 'bus': c.controllers[disk.bus].id + '.0',
                     'channel': disk.channel, 'scsi-id': disk.target, 'lun': disk.lun, 'drive': node, **disk.props}
            if disk.block != 512:
                props.update(logical_block_size=disk.block, physical_block_size=disk.block)
            args += ['-device', _device('scsi-cd' if disk.cdrom else 'scsi-hd', **props)]
        return args + c.extra

    def _log_path(self):
        return os.path.join(self.logs, 'guest-errors')

    def _backend(self, disk):
        if disk.backend:
            return disk.backend
        if disk.null:
            return {'driver': 'null-co', 'size': parse_size(disk.null), 'read-zeroes': True}
        disk.path = disk.file
        if not disk.file:
            disk.path = os.path.join(self.scratch, disk.id)
            with open(disk.path, 'wb') as f:
                f.truncate(parse_size(disk.size or '64M'))
        return {'driver': 'file', 'filename': os.path.abspath(disk.path),
                'read-only': disk.cdrom or disk.readonly, 'cache': {'no-flush': True}}

    def shutdown(self):
        """Reboot, which -no-reboot turns into QEMU's exit; raise if anything fails on the way."""
        if not self.process:
            return
        try:
            self._closing = True
            self._send('run end sync; reboot -f')
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self._hang('the guest did not shut down', 60)
            self._reader.join(5)
            self.check()
        finally:
            self.kill()

    def kill(self):
        """End QEMU immediately."""
        self._closing = True
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
        shutil.rmtree(getattr(self, 'scratch', ''), ignore_errors=True)

    # Time

    def clock(self):
        """Seconds, without those in which other work of the host kept the guest from running.

        Time bounds on a guest use this clock. Each thread of QEMU knows how long it has waited for a
        processor; the longest wait is what the guest has lost.
        """
        for path in glob.glob(f'/proc/{self.process.pid}/task/*/schedstat') if self.process else ():
            with contextlib.suppress(OSError), open(path, encoding='ascii') as f:
                self._lost = max(self._lost, int(f.read().split()[1]))
        return time.monotonic() - self._lost / 1e9

    def cpu_seconds(self):
        """Processor time that the machine has used."""
        if not self.process:
            return 0
        with open(f'/proc/{self.process.pid}/stat', encoding='ascii') as f:
            user, system = f.read().rpartition(')')[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf('SC_CLK_TCK')

    # Failures

    def expect_report(self, regex):
        """Console lines that match are expected by this test."""
        self._expected_reports.append(re.compile(regex))

    def expect_guest_error(self, regex):
        """Guest-error lines that match are expected by this test."""
        self._expected_complaints.append(re.compile(regex))

    def forget(self):
        """Expect nothing any more of what was announced."""
        self._expected_reports.clear()
        self._expected_complaints.clear()

    def check(self):
        """Raise if the guest, QEMU or a device model has reported anything."""
        if self._report:
            # The report has several lines: wait for all of them.
            last = -1
            while last != len(self._console_lines) and self._alive():
                last = len(self._console_lines)
                time.sleep(1)
            at = self._report[0]
            raise GuestCrash(f'console: {self._report[1]}\n' +
                             '\n'.join(self._console_lines[max(0, at - 5):at + 60]))
        lines = self.guest_errors()
        for line in lines[self._complaints_seen:]:
            self._complaints_seen += 1
            if not any(r.search(line) for r in self._expected_complaints):
                raise DeviceComplaint(f'guest error: {line}')
        if not self._alive() and not self._closing:
            with open(self._stderr, encoding='utf-8', errors='replace') as f:
                said = f.read().strip()
            raise QemuDied(f'QEMU ended with status {self.process.poll()}\n{said}\n' +
                           '\n'.join(self._console_lines[-20:]))

    def guest_errors(self):
        """All guest-error lines so far, without the lines of trace events in the same file."""
        def traced(line):
            return any(fnmatch.fnmatchcase(line.split(' ')[0], p) for p in self.config.trace)
        with open(self._complaints, encoding='utf-8', errors='replace') as f:
            return [x for x in f.read().splitlines() if x and not traced(x)]

    def _gone(self, what):
        """A channel was closed: find out why. QEMU may need a moment to die."""
        for _ in range(40):
            self.check()
            time.sleep(0.05)
        raise QemuDied(what)

    def _alive(self):
        return self.process is not None and self.process.poll() is None

    def _where(self):
        """Where each vCPU is; this works even if the kernel does not respond."""
        try:
            text = self.qmp('human-monitor-command', command_line='info registers -a')
        except (VMError, OSError) as e:
            return str(e)
        found = re.findall(r'(CPU#\d+).*?([ER]IP=\w+ [ER]FL=\w+)', text, re.S)
        return ', '.join(' '.join(x) for x in found)

    def _hang(self, what, limit):
        """Ask the kernel where all tasks are, then give up."""
        where = self._where()
        tail = len(self._console_lines)
        for key in 'wtl':
            try:
                self.qmp('chardev-send-break', id='console')
                self._console.send(key.encode())
            except (VMError, OSError):
                break
            time.sleep(2)
        text = '\n'.join(self._console_lines[max(0, tail - 30):tail + 150])
        raise GuestHang(f'{what} within {limit:.0f} s; {where}; console:\n{text}\n'
                        f'(whole console: {self.logs}/console)')

    def console(self):
        """The console lines so far."""
        return list(self._console_lines)

    def _read_console(self):
        rest = b''
        while True:
            try:
                data = self._console.recv(65536)
            except OSError:
                data = b''
            if not data:
                break
            self._console_log.write(data)
            self._console_log.flush()
            *lines, rest = (rest + data).split(b'\n')
            for raw in lines:
                line = raw.decode(errors='replace').rstrip('\r')
                self._console_lines.append(line)
                if self.config.verbose:
                    print('console: ' + line, file=sys.stderr, flush=True)
                if not self._report and REPORTS.search(line) and \
                        not FOREIGN_RACE.search(line) and \
                        not any(r.search(line) for r in self._expected_reports):
                    self._report = (len(self._console_lines) - 1, line)

    # The guest's command channel

    def _send(self, text):
        try:
            self._control.sendall(text.encode() + b'\n')
        except OSError:
            self._gone('the command channel was closed')

    def _read_until(self, regex, limit, what, stream=None, mark=b''):
        """Return the bytes before the first match of regex; stream gets them as they come.

        mark is how the match begins: a piece of it at the end of the output is held back.
        """
        end = self.clock() + limit
        sent = 0
        while True:
            m = regex.search(self._pending)
            safe = m.start() if m else len(self._pending)
            tail = self._pending.rfind(b'\n')
            if not m and tail >= 0 and mark.startswith(self._pending[tail:tail + len(mark)]):
                safe = tail
            if stream and safe > sent:
                stream(self._pending[sent:safe])
                sent = safe
            if m:
                data = self._pending[:m.start()]
                self._pending = self._pending[m.end():]
                return data, m
            if select.select([self._control], [], [], 0.25)[0]:
                try:
                    data = self._control.recv(65536)
                except ConnectionError:
                    data = b''
                if not data:
                    self._gone('the command channel was closed')
                self._pending += data
            else:
                self.check()
            if self.clock() > end:
                self._hang(f'{what} did not end', limit)

    def guest(self, command, timeout=120, check=True, stream=None):
        """Run a shell command in the guest; return its Result. stream gets the output as it comes.

        The time limit is for Debian's kernels; others get more.
        """
        timeout *= self.kernel.slowness
        self._count += 1
        nonce = f'{self._count}-{os.urandom(6).hex()}'
        mark = re.compile(rb'\n%s (\d+)\n' % nonce.encode())
        *first, last = (_quoted(command[i:i + 500]) for i in range(0, len(command) or 1, 500))
        for piece in first:
            self._send(f'more {nonce} {piece}')
            self._read_until(mark, 60, 'sending a command')
        self._send(f'run {nonce} {last}')
        output, m = self._read_until(mark, timeout, command.strip().splitlines()[0][:80],
                                     stream, b'\n' + nonce.encode())
        result = Result(int(m.group(1)), output)
        self.check()
        if check and result.status:
            raise CommandFailed(command, result)
        return result

    def shell(self):
        """Give the console to a person until they leave."""
        self._send('shell end')
        self._read_until(re.compile(rb'\nend \d+\n'), float('inf'), 'the shell')

    # QMP

    def _qmp_start(self):
        self._qmp_socket.settimeout(60)
        self._qmp_read()
        self.qmp('qmp_capabilities')

    def _qmp_read(self):
        try:
            line = self._qmp_file.readline()
        except ConnectionError:
            line = b''
        except OSError as e:
            raise QemuDied(f'QMP: {e}') from None
        if not line:
            self._gone('QMP was closed')
        return json.loads(line)

    def qmp(self, command, /, **arguments):
        """Run a QMP command; underscores in argument names stand for hyphens."""
        arguments = {k.replace('_', '-'): v for k, v in arguments.items()}
        message = {'execute': command}
        if arguments:
            message['arguments'] = arguments
        try:
            self._qmp_socket.sendall(json.dumps(message).encode() + b'\n')
        except OSError:
            self._gone('QMP was closed')
        while True:
            reply = self._qmp_read()
            if 'event' in reply:
                self.qmp_events.append(reply)
            elif 'error' in reply:
                raise VMError(f'QMP {command}: {reply["error"]["desc"]}')
            else:
                return reply['return']

    def get(self, device, name):
        """Read a QOM property of the device with this id."""
        return self.qmp('qom-get', path='/machine/peripheral/' + device, property=name)

    def set(self, device, name, value):
        """Set a QOM property: fault injection."""
        self.qmp('qom-set', path='/machine/peripheral/' + device, property=name, value=value)

    def fault(self, text, device='isp0'):
        """Arm a fault of the controller (tools/qemu/README.md); "" disarms all."""
        self.set(device, 'fault', text)

    def counters(self, device='isp0'):
        """The device's counters: every stat-* property, as a dictionary without the prefix."""
        path = '/machine/peripheral/' + device
        names = [p['name'] for p in self.qmp('qom-list', path=path)]
        return {n[5:]: self.get(device, n) for n in names if n.startswith('stat-')}


def _device(driver, /, **props):
    """A -device argument; a comma in a value is doubled, as QEMU wants it."""
    def text(value):
        if isinstance(value, bool):
            return 'on' if value else 'off'
        return str(value).replace(',', ',,')
    return ','.join([driver, *(f'{key}={text(value)}' for key, value in props.items())])
