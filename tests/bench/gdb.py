# SPDX-License-Identifier: GPL-2.0
"""QEMU's debugger port, as far as the bench needs it: stop the guest at an address, and go on."""

import socket


class Gdb:
    """A connection; the guest is stopped except while continue_to() runs."""

    def __init__(self, path, timeout=120):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.pending = b''
        self._reply()       # connecting stops the guest, and QEMU reports the stop

    def close(self):
        """Let the guest run; breakpoints stay."""
        self._send(b'D')
        self.socket.close()

    def _send(self, text):
        self.socket.sendall(b'$%s#%02x' % (text, sum(text) & 0xff))

    def _reply(self):
        while True:
            start, _, rest = self.pending.partition(b'$')
            body, end, tail = rest.partition(b'#')
            if end and len(tail) >= 2:
                self.pending = tail[2:]
                self.socket.sendall(b'+')
                return body
            data = self.socket.recv(4096)
            if not data:
                raise ConnectionError('the debugger port was closed')
            self.pending += data

    def command(self, text):
        """Send one packet; return its answer."""
        self._send(text.encode())
        return self._reply().decode()

    def break_at(self, address, on=True):
        """Set a breakpoint at this address, in any process; on=False removes it."""
        answer = self.command(f'{"Z" if on else "z"}1,{address:x},1')
        if answer != 'OK':
            raise ConnectionError(f'no breakpoint: {answer!r}')

    def continue_to(self):
        """Run until a breakpoint."""
        self.command('c')
