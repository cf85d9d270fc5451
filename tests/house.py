# SPDX-License-Identifier: GPL-2.0
"""The plan of the tree, as tests/lint checks it: rooms, seams, lengths of files, names.

compat/README.md explains the rooms of compat/. Each check returns its problems as lines.
"""

import fnmatch
import glob
import os
import re
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOMS = ('linux', 'scsi', 'ddi', 'os', 'pure')          # calls go down this list
LINUX_SIDE = ('linux', 'os')
SOLARIS_SIDE = ('scsi', 'ddi')
# What each room may include besides its own headers. A folder stands for all of its headers.
INCLUDES = {
    'linux': ('impl.h', 'linux_impl.h', 'linux_compat.h', 'pure'),
    'scsi': ('impl.h', 'ddi', 'pure'),
    'ddi': ('impl.h', 'pure'),
    'os': ('impl.h', 'linux_impl.h', 'linux_compat.h', 'pure'),
    'pure': (),
}
# The files of the emulated chip: calls go down this list.
CHIP = ('model', 'trouble', 'reset', 'mbox', 'request', 'lun', 'nego', 'response', 'irq', 'fault',
        'fault_rule', 'cmd', 'eeprom', 'chip')
LONGEST = 900
RETIRED = 'tests/retired-phrases'


def text(path):
    """Read a file of the tree."""
    with open(os.path.join(TOP, path), encoding='utf-8') as f:
        return f.read()


def foreign(room, path, header):
    """Why a file of this room must not include <header>, or None."""
    if room in LINUX_SIDE:
        return 'the Linux side has no <sys/...>' if header.startswith('sys/') else None
    if room in SOLARIS_SIDE:
        # export.h has only the macro that marks exports, nothing else of Linux.
        mine = header.startswith('sys/') or header == 'linux/export.h'
        return None if mine else 'the Solaris side has <sys/...> only'
    # Plain data of the contract, and pure.h, which stands for the environment.
    mine = header == 'sys/ddidmareq.h' or path == 'compat/pure/pure.h'
    return None if mine else 'pure code has no environment but pure.h'


def includes(files):
    """A file of compat/ is on one side, and includes only what its room may include."""
    bad = []
    for path in fnmatch.filter(files, 'compat/*/*.[ch]'):
        room = path.split('/')[1]
        for n, line in enumerate(text(path).splitlines(), 1):
            m = re.match(r'#\s*include\s+([<"])([^>"]+)[>"]', line)
            if not m:
                continue
            if m.group(1) == '<':
                why = foreign(room, path, m.group(2))
            else:
                target = os.path.relpath(os.path.join(os.path.dirname(path), m.group(2)), 'compat')
                allowed = target.split('/')[0] in (room, *INCLUDES[room])
                why = None if allowed else f'{room}/ must not know of it'
            if why:
                bad.append(f'{path}:{n}: {line.strip()}: {why}')
    return bad


def symbols(objects, files, top='compat', below='*/*.o'):
    """({object of a room: undefined symbols}, {symbol: object}, exported symbols)."""
    wanted, home, exported = {}, {}, set()
    for path in sorted(glob.glob(os.path.join(objects, top, below))):
        name = os.path.relpath(path, os.path.join(objects, top))
        if f'{top}/{name[:-2]}.c' not in files:
            continue
        out = subprocess.run(['nm', path], stdout=subprocess.PIPE, text=True, check=True).stdout
        rows = [line.split()[-2:] for line in out.splitlines()]
        wanted[name] = [symbol for kind, symbol in rows if kind == 'U']
        home.update((symbol, name) for kind, symbol in rows if kind in 'TDBRVC')
        exported |= {m.group(1) for _, symbol in rows
                     if (m := re.match(r'__(?:ksymtab|export_symbol)_(\w+)', symbol))}
    return wanted, home, exported


def declared(header):
    """The functions and variables that a header declares."""
    source = re.sub(r'/\*.*?\*/', '', header, flags=re.S)
    return (re.findall(r'^(?!static|typedef|struct \w+ \{)\w[\w ()*,]*?\b(\w+)\([^{;]*\);', source,
                       re.M)
            + re.findall(r'^extern [\w ]*?\*?(\w+);', source, re.M))


def calls(objects, files):
    """An object of compat/ refers to a room above its own only through the upcalls of impl.h."""
    wanted, home, _ = symbols(objects, files)
    upcalls = declared(re.split(r'/\* -{4} ', text('compat/impl.h').split('---- upcalls ----')[1])[0])
    bad = [] if wanted else ['no objects: does the build fail?']
    for name, undefined in wanted.items():
        for symbol in undefined:
            there = home.get(symbol, name)
            up = ROOMS.index(there.split('/')[0]) < ROOMS.index(name.split('/')[0])
            if up and symbol not in upcalls:
                bad.append(f'compat/{name[:-2]}.c calls up: {symbol}() of compat/{there[:-2]}.c')
    return bad


def circles(objects, files, top='drivers/isp'):
    """No files of a driver call each other in a circle."""
    wanted, home, _ = symbols(objects, files, top, '*.o')
    calls_to = {name: {home[s] for s in undefined if s in home} for name, undefined in wanted.items()}
    left = set(calls_to)
    while ends := {n for n in left if not calls_to[n] & left}:
        left -= ends
    # Of those that are left, some only call a circle.
    while begins := left - {there for n in left for there in calls_to[n]}:
        left -= begins
    bad = [] if wanted else [f'no objects of {top}: does the build fail?']
    return bad + [f'{top}/{n[:-2]}.c is in a circle: it calls {", ".join(sorted(calls_to[n] & left))}'
                  for n in sorted(left)]


def seams(objects, files):
    """impl.h and scsa/abi.h obey the rules for names that they state."""
    _, home, exported = symbols(objects, files)
    bad = []
    for name in declared(text('compat/impl.h')):
        sides = {'linux': LINUX_SIDE, 'scsa': SOLARIS_SIDE}.get(name.split('_')[0])
        if not sides:
            bad.append(f'compat/impl.h: {name} is neither linux_* nor scsa_*')
        elif home.get(name, f'{sides[0]}/').split('/')[0] not in sides:
            bad.append(f'compat/impl.h: {name} is in compat/{home[name][:-2]}.c, on the other side')
        if name in exported:
            bad.append(f'compat/impl.h: {name} is exported, so it belongs into scsa/abi.h')
    for name in declared(text('include/scsa/abi.h')):
        if not name.startswith('scsa_') or name not in exported:
            bad.append(f'include/scsa/abi.h: {name} is not scsa_*, or not exported')
        elif home[name].split('/')[0] not in LINUX_SIDE:
            bad.append(f'include/scsa/abi.h: {name} is in compat/{home[name][:-2]}.c: declare it in '
                       '<sys/...>')
    return bad


def chip_calls(files):
    """The files of the emulated chip call downwards only, and none of them knows QEMU."""
    source = {f: re.sub(r'/\*.*?\*/', '', text(f), flags=re.S)
              for f in fnmatch.filter(files, 'tools/qemu/isp_*.c') if 'qemu/osdep.h' not in text(f)}
    rank = {f'tools/qemu/isp_{name}.c': n for n, name in enumerate(CHIP)}
    home = {name: f for f in source
            for name in re.findall(r'^(?!static)\w[\w *]*?\b(isp_\w+)\([^;{]*\)\n{', source[f], re.M)}
    bad = [f'{f}: in CHIP of tests/house.py or in the tree, not in both' for f in rank.keys() ^ source]
    return bad + [f'{f} calls up: {name}() of {home[name]}' for f in source
                  for name in sorted(set(re.findall(r'\bisp_\w+', source[f])) & home.keys())
                  if not bad and rank[home[name]] < rank[f]]


def long_files(files):
    """No source is longer than LONGEST lines."""
    lengths = {f: text(f).count('\n') for f in files
               if f.endswith(('.c', '.h', '.py')) or '.' not in os.path.basename(f)
               and '/corpus/' not in f and f != 'COPYING'}
    return [f'{f}: {n} lines, more than {LONGEST}: split it'
            for f, n in sorted(lengths.items()) if n > LONGEST]


def library_atomics(files):
    """No atomic function of the compiler but loads and stores: for the others arm64 needs a library."""
    found = re.compile(r'__sync_\w+|__atomic_(?!(?:load|store)_n\b)[a-z]\w*')
    return [f'{f}: {name}(): some machines need a library for it' for f in sorted(files)
            if f.startswith(('compat/', 'drivers/', 'include/')) and f[-2:] in ('.c', '.h')
            for name in found.findall(text(f))]


def bare_statics(files):
    """A static function's name has a prefix, so that a backtrace shows where it is."""
    return [f'{f}: static {name}() has no prefix' for f in sorted(files)
            if f.startswith(('compat/', 'drivers/', 'tools/qemu/')) and f[-2:] in ('.c', '.h')
            for name in re.findall(r'^static\b[^;={(]*\b(\w+)\(', text(f), re.M) if '_' not in name]


def prose(path):
    """(line, text) of the comments of a C or Python file, or of all of a document."""
    source = text(path)
    if '.' not in os.path.basename(path) and 'python' not in source.partition('\n')[0]:
        return []
    if path.endswith(('.md', '.4')):
        return list(enumerate(re.sub(r'`[^`\n]*`', '``', source).splitlines(), 1))
    if path.endswith(('.c', '.h')):
        found = re.finditer(r'/\*.*?\*/|//[^\n]*', source, re.S)
    else:
        found = re.finditer(r'""".*?"""|(?<=\s)# [^\n]*', source, re.S)
    return [(source.count('\n', 0, m.start()) + n, line)
            for m in found for n, line in enumerate(m.group().splitlines(), 1)]


def retired_phrases(files):
    """Comments and documents have none of the phrases that the house no longer uses."""
    phrases = [row.strip() for row in text(RETIRED).splitlines() if row.strip() and row[0] != '#']
    regex = re.compile(r'\b(' + '|'.join(phrases) + r')\b', re.I)
    return [f'{path}:{n}: "{m.group()}": say it in another way'
            for path in files if path.endswith(('.c', '.h', '.py', '.md', '.4'))
            or '.' not in os.path.basename(path) and '/corpus/' not in path
            for n, line in prose(path) if (m := regex.search(line))]
