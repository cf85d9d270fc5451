# SPDX-License-Identifier: GPL-2.0
"""Guest instructions for each I/O: counted by QEMU under -icount, without idle time.

One virtual CPU runs load.c's fixed number of I/Os. Breakpoints at its begin_mark() and end_mark() stop
the machine there. The difference between QEMU's counts is what the I/Os took, with interrupts and
wake-ups. Each command takes SERVICE_MS of the guest's own clock: if the device ran as fast as the host
allows, chance would decide the number of interrupts.
"""

import os
import subprocess
import threading

from qemu import VM, VMError
from gdb import Gdb

SERVICE_MS = 1
SMALL_IOS = 2048        # of up to 64 KiB; a tenth of that if larger
HERE = os.path.dirname(os.path.abspath(__file__))


def build_load(build):
    """Compile load.c; return (path, address of begin_mark, address of end_mark)."""
    folder = os.path.join(build, 'bench')
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, 'load')
    subprocess.run(['gcc', '-static', '-no-pie', '-fno-pie', '-O2', '-Wall', '-Wextra', '-o', path,
                    os.path.join(HERE, 'load.c')], check=True)
    names = subprocess.run(['nm', path], check=True, capture_output=True, text=True).stdout
    address = {line.split()[2]: int(line.split()[0], 16) for line in names.splitlines()
               if len(line.split()) == 3}
    return path, address['begin_mark'], address['end_mark']


class Counter:
    """A machine under -icount, booted, in which workloads are counted."""

    def __init__(self, settings, **values):
        self.load, self.begin, self.end = build_load(settings.build)
        self.port = os.path.join(settings.build, 'vm', f'gdb-{os.getpid()}')
        values['files'] = [*values.get('files', ()), ('/usr/bin/load', self.load)]
        self.vm = VM(settings.config(
            cpus=1, accel='tcg,thread=single', label='bench-icount',
            extra=['-icount', 'shift=0,sleep=on', '-gdb', f'unix:{self.port},server=on,wait=off'],
            **values))

    def __enter__(self):
        self.vm.__enter__()
        return self

    def __exit__(self, *how):
        try:
            return self.vm.__exit__(*how)
        finally:
            if os.path.exists(self.port):
                os.unlink(self.port)

    def sample(self):
        """Return what has been counted so far; the machine must be stopped."""
        counted = self.vm.counters()
        counted['instructions'] = self.vm.qmp('query-replay')['icount']
        return counted

    def watch(self, found):
        """Take a sample at both marks."""
        gdb = Gdb(self.port)
        try:
            gdb.break_at(self.begin)
            gdb.continue_to()
            found.append(self.sample())
            gdb.break_at(self.begin, False)
            gdb.break_at(self.end)
            gdb.continue_to()
            found.append(self.sample())
            gdb.break_at(self.end, False)
        finally:
            gdb.close()

    def run(self, device, rw, size, depth, emulated):
        """Return {counter: for each I/O} of one workload; emulated: the device is our emulated chip."""
        ios = SMALL_IOS if size <= 65536 else SMALL_IOS // 8
        self.vm.guest(f'echo none > /sys/block/{device[5:]}/queue/scheduler; '
                      f'echo 2 > /sys/block/{device[5:]}/queue/nomerges')
        if emulated:
            self.vm.fault(f'delay-completion,ms={SERVICE_MS},count=0')
        found = []
        watcher = threading.Thread(target=self.watch, args=(found,), daemon=True)
        watcher.start()
        self.vm.guest(f'load {device} {rw} {size} {depth} {ios}', timeout=300)
        watcher.join(60)
        self.vm.fault('')
        if len(found) != 2:
            raise VMError('the machine has not stopped at the marks')
        return {name: (found[1][name] - found[0][name]) / ios for name in found[0]}
