# SPDX-License-Identifier: GPL-2.0
"""Make programs of another Debian release run here, without installing them and without root.

The compiler, binutils and kbuild's own programs are unpacked below the kernel's root, with the C
library that they want. In place of each program comes a script that starts it with that library's
loader; paths in it are relative, so the tree may be moved.
"""

import glob
import os
import stat

LOADER = '/lib64/ld-linux-x86-64.so.2'
LIBRARIES = '/usr/lib/x86_64-linux-gnu'
STARTER = '''#!/bin/sh
root=${{0%/*}}/{root}
exec "$root{loader}" --library-path "$root{libraries}" --argv0 "$0" "$root/{program}" "$@"
'''


def _is_program(path):
    """An executable file that wants the loader; a library has no interpreter."""
    info = os.lstat(path)
    if not stat.S_ISREG(info.st_mode) or not info.st_mode & 0o100:
        return False
    with open(path, 'rb') as f:
        head = f.read(4096)
    return head.startswith(b'\x7fELF') and LOADER.encode() + b'\0' in head


def _starter(root, path, program):
    """Write the script that starts this program."""
    up = os.path.relpath(root, os.path.dirname(path))
    with open(path, 'w', encoding='utf-8') as f:
        f.write(STARTER.format(root=up, loader='/usr' + LOADER, libraries=LIBRARIES,
                               program=os.path.relpath(program, root)))
    os.chmod(path, 0o755)


def adopt(root):
    """Do it for all programs below root/usr."""
    programs = [os.path.join(base, name)
                for folder in ('bin', 'lib', 'libexec')
                for base, _, names in os.walk(os.path.join(root, 'usr', folder))
                for name in names if _is_program(os.path.join(base, name))]
    for path in programs:
        os.rename(path, path + '.real')
        _starter(root, path, path + '.real')
    # gcc takes the assembler from PATH, where the host's is, unless it is beside gcc's own parts.
    for cc1 in glob.glob(os.path.join(root, 'usr/lib*/gcc/*/*/cc1')):
        assembler = os.path.realpath(os.path.join(root, 'usr/bin/x86_64-linux-gnu-as'))
        _starter(root, os.path.join(os.path.dirname(cc1), 'as'), assembler + '.real')
