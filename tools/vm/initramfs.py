# SPDX-License-Identifier: GPL-2.0
"""Build the guest's initramfs from Debian packages, kernel modules and our own files.

The cpio archive is written here (newc format, uncompressed: unpacking costs the
emulated CPU more than loading).  It is cached under a hash of all that goes in.
"""

import glob
import hashlib
import os
import re
import shutil
import stat
import tempfile

import cache
from packages import Archive, PackageError, locked, output, say, unpack

HERE = os.path.dirname(os.path.abspath(__file__))

# What the guest's programs come from, and which of their files are taken.  Packages of a merged /usr
# have below usr/ what others have in bin/, sbin/ and lib/.
TOOLS = {
    'busybox-static': ['bin/busybox'],
    # Not busybox' own shell: it prefers its applets to the kmod, dmesg and lsscsi below.
    'dash': ['bin/dash'],
    'bash': ['bin/bash'],
    'kmod': ['bin/kmod'],
    'sg3-utils': ['usr/bin/sg_*', 'usr/bin/sgp_dd', 'usr/bin/sgm_dd'],
    'lsscsi': ['usr/bin/lsscsi'],
    'fio': ['usr/bin/fio'],
    'e2fsprogs': ['sbin/mke2fs', 'sbin/e2fsck', 'sbin/dumpe2fs', 'etc/mke2fs.conf'],
    'kexec-tools': ['sbin/kexec'],
    'util-linux': ['bin/dmesg', 'bin/lsblk', 'sbin/blkdiscard', 'usr/bin/taskset'],
}
LINKS = {
    'bin/sh': 'dash',
    'sbin/modprobe': '/bin/kmod', 'sbin/insmod': '/bin/kmod', 'sbin/rmmod': '/bin/kmod',
    'sbin/lsmod': '/bin/kmod', 'sbin/depmod': '/bin/kmod', 'sbin/modinfo': '/bin/kmod',
    'sbin/mkfs.ext4': 'mke2fs', 'sbin/fsck.ext4': 'e2fsck',
}
# fio is linked with these network storage clients; no guest test uses them and they would
# be most of the image, so fio gets libraries of the same name whose functions abort.
STUBBED = {'libgfapi.so.0', 'libnbd.so.0', 'libibverbs.so.1', 'librdmacm.so.1',
           'librados.so.2', 'librbd.so.1', 'libpmemblk.so.1', 'libpmem.so.1'}
# Kernel modules every guest may need, dependencies follow.  Missing ones are built in.
MODULES = ['scsi_mod', 'scsi_transport_spi', 'sd_mod', 'sr_mod', 'st', 'sg', 'scsi_debug', 'qla1280',
           'ext4', 'crc32c_generic', 'loop', 'null_blk']
# Packages whose libraries are stubbed, or whose programs no test uses.
SKIPPED = ('librados', 'librbd', 'libgfapi', 'libgfrpc', 'libgfxdr', 'libglusterfs', 'libnbd',
           'libibverbs', 'librdmacm', 'libpmem', 'libboost', 'libpython', 'libnl', 'libdaxctl',
           'libndctl', 'libgnutls', 'libperl', 'libsystemd')
LIBDIRS = ('lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu', 'lib64', 'usr/lib64')


class Tree:
    """The files of an archive: path -> (mode, content or link target or host path)."""

    def __init__(self):
        self.entries = {}

    def directory(self, path):
        """Add a directory and its parents."""
        while path and path not in self.entries:
            self.entries[path] = (stat.S_IFDIR | 0o755, b'')
            path = os.path.dirname(path)

    def data(self, path, content, mode=0o644):
        """Add a file with this content."""
        self.directory(os.path.dirname(path))
        self.entries[path] = (stat.S_IFREG | mode, content)

    def file(self, path, host):
        """Add a copy of a host file, its mode with it; a directory with all below."""
        if os.path.isdir(host):
            for name in sorted(os.listdir(host)):
                self.file(f'{path}/{name}', os.path.join(host, name))
            return
        with open(host, 'rb') as f:
            self.data(path, f.read(), os.stat(host).st_mode & 0o777)

    def link(self, path, target):
        """Add a symbolic link."""
        self.directory(os.path.dirname(path))
        self.entries[path] = (stat.S_IFLNK | 0o777, target.encode())

    def digest(self):
        """A hash of everything in the tree."""
        h = hashlib.sha256()
        for path in sorted(self.entries):
            mode, content = self.entries[path]
            h.update(f'{path}\0{mode:o}\0{len(content)}\0'.encode())
            h.update(content)
        return h.hexdigest()[:24]

    def write(self, out):
        """Write the tree as a newc cpio archive."""
        for number, path in enumerate(sorted(self.entries), 1):
            mode, content = self.entries[path]
            _member(out, number, path, mode, content)
        _member(out, 0, 'TRAILER!!!', 0, b'')


def _member(out, number, path, mode, content):
    name = path.encode() + b'\0'
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
    head = b'070701' + b''.join(b'%08X' % f for f in fields) + name
    out.write(head + b'\0' * (-len(head) % 4))
    out.write(content + b'\0' * (-len(content) % 4))


def _readelf(path):
    """(needed sonames, undefined {name: version or ''}, {version: soname}) of an ELF file."""
    out = output('readelf', '-W', '-d', '-V', '--dyn-syms', path)
    needed = re.findall(r'\(NEEDED\).*\[(.*)\]', out)
    undefined = dict(re.findall(r' UND ([\w.]+)(?:@{1,2}([\w.]+))?', out))
    versions, soname = {}, None
    for file, name in re.findall(r'Version: 1  File: (\S+)|  Name: (\S+)  Flags', out):
        soname = file or soname
        if name:
            versions[name] = soname
    return needed, undefined, versions


def _defined(path):
    out = output('readelf', '-W', '--dyn-syms', path)
    return {m for m in re.findall(r' (?!UND)\w+ ([\w.]+)@', out)} | \
           {m for m in re.findall(r' \d+ ([\w.]+)$', out, re.M)}


def _stub_libraries(program, root, work):
    """Libraries under the names in STUBBED with the symbols that program wants from them."""
    needed, undefined, versions = _readelf(program)
    if not STUBBED.intersection(needed):
        return {}
    real = set()
    for soname in needed:
        if soname not in STUBBED:
            real |= _defined(_library(root, soname))
    wanted = {soname: {} for soname in needed if soname in STUBBED}
    rest = min(wanted)
    for name, version in undefined.items():
        soname = versions.get(version, rest)
        if soname in wanted and (version or name not in real) and \
                not name.startswith(('_ITM_', '__gmon', '__cxa')):
            wanted[soname].setdefault(version, []).append(name)
    made = {}
    for soname, groups in wanted.items():
        names = sorted(n for group in groups.values() for n in group)
        script, previous = '', ''
        for version in sorted(filter(None, groups)):
            script += f'{version} {{ global: {"; ".join(groups[version])}; }}{previous};\n'
        source = ''.join(f'void {n}(void) {{ __builtin_trap(); }}\n' for n in names)
        base = os.path.join(work, soname)
        with open(base + '.c', 'w', encoding='utf-8') as f:
            f.write(source)
        with open(base + '.map', 'w', encoding='utf-8') as f:
            f.write(script)
        command = ['gcc', '-shared', '-fPIC', '-w', '-fno-builtin', '-nostdlib', '-o', base,
                   base + '.c', '-Wl,-soname,' + soname]
        if script:
            command.append('-Wl,--version-script=' + base + '.map')
        output(*command)
        made[soname] = base
    return made


def _library(root, soname):
    for d in LIBDIRS:
        path = os.path.join(root, d, soname)
        if os.path.exists(path):
            return os.path.realpath(path)
    raise PackageError(f'no package that the programs of the guest depend on has {soname}: '
                       f'mend STUBBED and skip in {__file__}')


def programs(build, name, tools, skipped):
    """An unpacked tree of programs and their libraries; cached.

    tools: {package: its files that are taken}; skipped: beginnings of the names of packages that
    are not fetched although the tools depend on them.
    """
    with open(__file__, 'rb') as f:
        recipe = hashlib.sha256(f.read() + repr((tools, skipped)).encode()).hexdigest()[:12]
    work = os.path.join(os.path.abspath(build), 'vm')
    final = os.path.join(work, f'{name}-{recipe}')
    if os.path.isdir(final):
        return final
    os.makedirs(work, exist_ok=True)
    for old in os.listdir(work):
        if old.startswith(name + '-'):
            shutil.rmtree(os.path.join(work, old))
    archive = Archive(build)
    versions = {n: v for n, v in archive.closure(list(tools)).items()
                if n in tools or (n.startswith(('lib', 'zlib')) and not n.startswith(skipped))}

    def make(folder):
        with tempfile.TemporaryDirectory(dir=work) as scratch:
            root = os.path.join(scratch, 'unpacked')
            unpack(archive.download(versions).values(), root)
            _pick(root, folder, scratch, tools)

    cache.obtain('userland', cache.key(recipe, versions), final, make)
    return final


def _pick(root, folder, scratch, tools):
    """Copy programs and their libraries from the unpacked packages."""
    found = []
    for package, patterns in tools.items():
        for pattern in patterns:
            found += _take(root, package, pattern, folder)
    todo = [p for p in found if _is_elf(p)]
    libraries = {}
    for program in todo:
        libraries.update(_stub_libraries(program, root, scratch))
    while todo:
        for soname in _readelf(todo.pop())[0]:
            if soname in libraries:
                continue
            libraries[soname] = _library(root, soname)
            todo.append(libraries[soname])
    libdir = os.path.join(folder, LIBDIRS[0])
    os.makedirs(libdir)
    for soname, path in libraries.items():
        shutil.copy(path, os.path.join(libdir, soname))
    os.makedirs(os.path.join(folder, 'lib64'))
    shutil.copy(_library(root, 'ld-linux-x86-64.so.2'), os.path.join(folder, 'lib64'))


def _is_elf(path):
    with open(path, 'rb') as f:
        return f.read(4) == b'\x7fELF'


def _take(root, package, pattern, target):
    """Copy the files of root that match pattern to target; return their new paths."""
    found = sorted(glob.glob(os.path.join(root, pattern)) or
                   glob.glob(os.path.join(root, 'usr', pattern)))
    if not found:
        raise PackageError(f'package {package} has no {pattern}: mend TOOLS in {__file__}')
    folder = os.path.join(target, os.path.dirname(pattern))
    os.makedirs(folder, exist_ok=True)
    return [shutil.copy(path, folder) for path in found]


def _kernel_modules(kernel, names):
    """Relative paths of the named modules and their dependencies in the kernel package."""
    depends, by_name = {}, {}
    with open(os.path.join(kernel.modules, 'modules.dep'), encoding='utf-8') as f:
        for line in f:
            path, _, needs = line.partition(':')
            depends[path] = needs.split()
            by_name[os.path.basename(path).split('.ko')[0].replace('-', '_')] = path
    chosen = []
    for name in names:
        path = by_name.get(name.replace('-', '_'))
        if path:
            chosen += [path, *depends[path]]
    return list(dict.fromkeys(chosen))


def build_initramfs(build, kernel, modules=(), own_modules=(), files=()):
    """Path of an initramfs for this kernel.

    modules: more modules of the kernel package; own_modules: .ko files of ours;
    files: (path in the guest, host path) pairs, a directory with all below.
    """
    with locked(build):
        return _build(build, kernel, modules, own_modules, files)


def _build(build, kernel, modules, own_modules, files):
    tree = Tree()
    user = programs(build, 'userland', TOOLS, SKIPPED)
    for base, _, names in os.walk(user):
        for name in names:
            path = os.path.join(base, name)
            tree.file(os.path.relpath(path, user), path)
    for path, target in LINKS.items():
        tree.link(path, target)
    applets = output(os.path.join(user, 'bin/busybox'), '--list-full').split()
    have = {os.path.basename(p) for p in tree.entries}
    for applet in applets:
        if os.path.basename(applet) not in have:
            tree.link(applet, '/bin/busybox')
    for d in ('proc', 'sys', 'dev', 'tmp', 'root', 'mnt', 'run', 'var', 'etc',
              'lib/firmware/qlogic'):
        tree.directory(d)
    tree.link('etc/mtab', '/proc/mounts')
    tree.data('etc/passwd', b'root::0:0:root:/root:/bin/sh\n')
    tree.data('etc/group', b'root:x:0:\n')
    tree.data('etc/profile', b"PS1='guest# '\n")
    for path, name in (('init', 'init'), ('bin/settle', 'settle')):
        with open(os.path.join(HERE, name), 'rb') as f:
            tree.data(path, f.read(), 0o755)

    base = os.path.join('lib', 'modules', kernel.release)
    for path in _kernel_modules(kernel, [*MODULES, *modules]):
        tree.file(f'{base}/{path}', os.path.join(kernel.modules, path))
    for name in ('modules.order', 'modules.builtin', 'modules.builtin.modinfo'):
        tree.file(f'{base}/{name}', os.path.join(kernel.modules, name))
    for path in own_modules:
        tree.file(f'{base}/extra/{os.path.basename(path)}', path)
    for path, host in files:
        tree.file(path.lstrip('/'), host)

    cache = os.path.join(os.path.abspath(build), 'vm', 'initramfs')
    os.makedirs(cache, exist_ok=True)
    out = os.path.join(cache, tree.digest() + '.cpio')
    if not os.path.exists(out):
        say('vm: building the initramfs')
        _depmod(tree, kernel.release, base)
        part = f'{out}.{os.getpid()}'
        with open(part, 'wb') as f:
            tree.write(f)
        os.replace(part, out)
        _prune(cache, keep=6)
    os.utime(out)
    return out


def _depmod(tree, release, base):
    """Add modules.dep and friends for the modules in the tree."""
    with tempfile.TemporaryDirectory() as root:
        for path, (_, content) in tree.entries.items():
            if path.startswith(base + '/') and content:
                host = os.path.join(root, path)
                os.makedirs(os.path.dirname(host), exist_ok=True)
                with open(host, 'wb') as f:
                    f.write(content)
        output('/sbin/depmod', '-b', root, release)
        for name in sorted(os.listdir(os.path.join(root, base))):
            if name.startswith('modules.'):
                tree.file(f'{base}/{name}', os.path.join(root, base, name))


def _prune(cache, keep):
    """Drop the oldest images: each edit of a module makes a new one."""
    images = sorted((os.path.join(cache, n) for n in os.listdir(cache) if n.endswith('.cpio')),
                    key=os.path.getmtime)
    for path in images[:-keep]:
        os.unlink(path)
