# SPDX-License-Identifier: GPL-2.0-or-later
"""A QEMU without a guest: a Python program has its memory, registers and QMP."""

import json
import os
import socket
import subprocess
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PCI_ADDR, PCI_DATA = 0xcf8, 0xcfc
SLOT = 5


class QTest:
    """One machine: the qtest protocol on one socket, QMP on another."""

    def __init__(self, args=(), device='isp1040', build=None, incoming=None, qemu=None,
                 log='/dev/null'):
        build = build or os.path.join(TOP, 'build')
        here, there = socket.socketpair()
        mon_here, mon_there = socket.socketpair()
        self.log_path = log
        self.device = device
        command = [qemu or os.path.join(build, 'qemu/qemu-system-x86_64'),
                   '-L', os.path.join(build, 'qemu/pc-bios'), '-machine', 'pc', '-accel', 'qtest',
                   '-m', '64', '-nodefaults', '-display', 'none', '-no-user-config',
                   '-chardev', f'socket,id=qtest,fd={there.fileno()}', '-qtest', 'chardev:qtest', '-qtest-log', 'none',
                   '-chardev', f'socket,id=qmp,fd={mon_there.fileno()}',
                   '-mon', 'chardev=qmp,mode=control',
                   '-d', 'guest_errors', '-D', log,
                   '-device', f'{device},id=isp0,addr={SLOT}', *args]
        if incoming:
            command += ['-incoming', incoming]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
            pass_fds=[there.fileno(), mon_there.fileno()])
        there.close()
        mon_there.close()
        self.qtest_file = here.makefile('rwb', buffering=0)
        here.settimeout(30)
        mon_here.settimeout(30)
        self.sock, self.mon = here, mon_here
        self.buffer = self.mon_buffer = b''
        self.events = []
        self.raised = False     # the last change of an intercepted interrupt
        self._mon_line()
        self.qmp('qmp_capabilities')

    def close(self):
        """End the machine; return its stderr if it had crashed or reported an error, else None."""
        dead = self.process.poll() is not None
        if self.process.args[0].endswith('-gcov'):
            self.process.terminate()    # it writes its figures when it exits
        else:
            self.process.kill()
        stderr = self.process.communicate()[1].decode(errors='replace')
        self.qtest_file.close()
        self.sock.close()
        self.mon.close()
        return stderr if dead or 'ERROR' in stderr or 'runtime error' in stderr else None

    def guest_errors(self):
        with open(self.log_path, encoding='utf-8') as f:
            return [line for line in f if line.startswith('isp')]

    # qtest

    def _line(self):
        """The next answer. Changes of an intercepted interrupt come in between."""
        while True:
            while b'\n' not in self.buffer:
                got = self.sock.recv(1 << 20)
                if not got:
                    raise EOFError('QEMU is gone')
                self.buffer += got
            line, self.buffer = self.buffer.split(b'\n', 1)
            if not line.startswith(b'IRQ'):
                return line.decode()
            self.raised = line.startswith(b'IRQ raise')

    def command(self, text):
        self.sock.sendall(text.encode() + b'\n')
        answer = self._line()
        if not answer.startswith('OK'):
            raise ValueError(f'{text}: {answer}')
        return answer[3:]

    def commands(self, texts):
        """Send several commands in one go; return their answers."""
        self.sock.sendall(''.join(text + '\n' for text in texts).encode())
        return [self._line() for _ in texts]

    def write(self, addr, data):
        if data:
            self.command(f'write {addr:#x} {len(data):#x} 0x{data.hex()}')

    def read(self, addr, size):
        return bytes.fromhex(self.command(f'read {addr:#x} {size:#x}')[2:])

    def step(self, seconds):
        self.command(f'clock_step {int(seconds * 1e9)}')

    # PCI

    def config(self, reg, value=None, size=4, slot=SLOT):
        """Read or write a configuration register of the controller, or of another slot."""
        self.command(f'outl {PCI_ADDR:#x} {0x80000000 | slot << 11 | (reg & 0xfc):#x}')
        kind = {1: 'b', 2: 'w', 4: 'l'}[size]
        port = PCI_DATA + (reg & 3)
        if value is None:
            return int(self.command(f'in{kind} {port:#x}'), 16)
        self.command(f'out{kind} {port:#x} {value:#x}')
        return None

    def watch_interrupts(self):
        """From now on, raised follows the interrupt of the controllers."""
        self.config(0x60, 0x0a0a0a0a, slot=1)   # the bridge routes every PCI interrupt to IRQ 10
        self.command('irq_intercept_in ioapic')

    # QMP

    def _mon_line(self):
        while b'\n' not in self.mon_buffer:
            got = self.mon.recv(1 << 16)
            if not got:
                raise EOFError('QEMU is gone')
            self.mon_buffer += got
        line, self.mon_buffer = self.mon_buffer.split(b'\n', 1)
        return json.loads(line)

    def qmp(self, execute, **arguments):
        arguments = {k.replace('_', '-'): v for k, v in arguments.items()}
        self.mon.sendall(json.dumps({'execute': execute, 'arguments': arguments}).encode())
        while True:
            answer = self._mon_line()
            if 'event' in answer:
                self.events.append(answer)
            elif 'error' in answer:
                raise ValueError(f'{execute}: {answer["error"]["desc"]}')
            else:
                return answer['return']

    def wait_event(self, name, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for e in self.events:
                if e['event'] == name:
                    self.events.remove(e)
                    return e
            answer = self._mon_line()
            if 'event' in answer:
                self.events.append(answer)
        raise TimeoutError(name)

    def stat(self, name):
        return self.qmp('qom-get', path='/machine/peripheral/isp0', property='stat-' + name)

    def fault(self, text):
        """Arm a fault of the controller; "" disarms all."""
        self.qmp('qom-set', path='/machine/peripheral/isp0', property='fault', value=text)
