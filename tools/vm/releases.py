# SPDX-License-Identifier: GPL-2.0
"""Which Debian kernel a name means, and which suites of the archive to search for it.

A name is the beginning of a version (6.1, 7.2), a whole release (6.12.117+deb12-amd64), either of them
with a flavour (6.12-rt, 6.12-cloud), or "default", the kernel of this machine's Debian.
"""

import glob
import os
import re

ARCH = 'amd64'
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Debian's releases whose archives are searched, and the kernel that each one brings.
KERNELS = {'bookworm': '6.1', 'trixie': '6.12'}

NAME = re.compile(rf'(\d+\.\d+[\w.+~-]*?)(-rt|-cloud)?(?:-{ARCH})?')
# linux-image-6.12-amd64 is a metapackage; -dbg and -unsigned are not flavours.
RELEASE = re.compile(rf'(\d+\.\d+\.\d+(?:[.+~-](?:\d|deb|bpo)[\w.~]*)*)(-rt|-cloud)?-{ARCH}')


def parse(name):
    """The (beginning of a version, flavour) that a name asks for, or None."""
    m = NAME.fullmatch(name)
    return (m.group(1), m.group(2) or '') if m else None


def matches(release, name):
    """Does this kernel release match this name?"""
    m, wanted = RELEASE.fullmatch(release), parse(name)
    if not m or not wanted:
        return False
    version, flavour = m.group(1), m.group(2) or ''
    begins = version == wanted[0] or re.match(re.escape(wanted[0]) + r'[.+~-]', version)
    return bool(begins) and flavour == wanted[1]


def order(release):
    """The key that sorts releases by age."""
    return [int(n) for n in re.findall(r'\d+', release)]


def newest_first(releases, name):
    """The releases that match this name, newest first."""
    return sorted((r for r in releases if matches(r, name)), key=order, reverse=True)


def newest_names(releases):
    """The versions (7.3) of the supported kernels among these, newest first."""
    found = {m.group(1) for m in map(re.compile(r'(\d+\.\d+)\.').match, releases) if m}
    return sorted((v for v in found if not refusal(v)), key=order, reverse=True)


def places(home):
    """The archives to search on a machine with Debian <home>: its own first, sid last."""
    found = [None, home + '-backports']
    for code in KERNELS:
        if code != home:
            found += [code, code + '-backports']
    return found + ['sid']


def supported():
    """(first version, first unsupported one after it, the sentence) of compat/linux_compat.h."""
    path, = glob.glob(os.path.join(TOP, 'compat', '**', 'linux_compat.h'), recursive=True)
    with open(path, encoding='utf-8') as f:
        text = f.read()
    line, sentence = re.search(r'^#if (LINUX_VERSION_CODE.*)\n#error "(.*)"', text, re.M).groups()
    first, end = re.findall(r'KERNEL_VERSION\((\d+), (\d+)', line)
    return tuple(map(int, first)), tuple(map(int, end)), sentence


def refusal(name):
    """Why a kernel of this name is unavailable, or ''."""
    wanted = parse(name)
    if not wanted:
        return f'"{name}" is not a kernel: say 6.1, 6.12-rt, a whole release, debug or kcsan'
    first, end, sentence = supported()
    return '' if first <= tuple(order(wanted[0])[:2]) < end else f'Linux {name}: {sentence}'
