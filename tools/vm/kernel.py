# SPDX-License-Identifier: GPL-2.0
"""Kernels for the guest: Debian's, unpacked under build/kernel, and checking kernels built here."""

import glob
import gzip
import inspect
import lzma
import os
import re
import shutil
import struct
import subprocess

import cache
import releases
import toolchain
from packages import Archive, PackageError, codename, locked, output, say, unpack
from releases import ARCH

HERE = os.path.dirname(os.path.abspath(__file__))

# Kernels built from linux-source-<SOURCE>, by name: the options that each adds to allnoconfig.
SOURCE = '6.1'
CHECKING = {'debug': ('checking.config', 'debug.config'),
            'kcsan': ('checking.config', 'kcsan.config')}

# When memory for it is short, the midlayer of 6.1 gives up a new device before it has become one, and
# the kernel reports that. (file, a line, a later line that must come before it)
FIX = ('drivers/scsi/scsi_scan.c', '\tif (scsi_realloc_sdev_budget_map(sdev, depth))\n',
       '\tscsi_sysfs_device_initialize(sdev);\n')


class Kernel:
    """One unpacked kernel; every path is below build/kernel/<release>/."""

    checks = ''         # its name in CHECKING, if the kernel was built to check
    slowness = 1        # how many times longer things may take than on Debian's

    def __init__(self, release, top):
        self.release = release
        self.top = top
        self.root = os.path.join(top, 'root')
        self.image = os.path.join(self.root, 'boot', 'vmlinuz-' + release)
        self.modules = os.path.join(self.root, 'lib', 'modules', release)
        self.headers = os.path.join(self.root, 'usr', 'src', 'linux-headers-' + release)
        self.config = os.path.join(self.root, 'boot', 'config-' + release)

    def elf(self):
        """The uncompressed kernel, so that the guest does not spend seconds unpacking it.

        Returns None if this host cannot undo the compression.
        """
        out = os.path.join(self.top, 'vmlinux')
        if os.path.exists(out):
            return out
        with locked(self.top):
            if not os.path.exists(out) and not self._unpack_image(out):
                return None
        return out

    def _unpack_image(self, out):
        with open(self.image, 'rb') as f:
            data = f.read()
        if data[0x202:0x206] != b'HdrS' and data[0x202:0x206] != b'SrdH':
            return False
        start, length = struct.unpack_from('<II', data, 0x248)
        start += (data[0x1f1] + 1) * 512
        payload = data[start:start + length]
        try:
            if payload[:6] == b'\xfd7zXZ\0':
                elf = lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(payload)
            elif payload[:2] == b'\x1f\x8b':
                elf = gzip.decompress(payload[:-4])
            elif payload[:4] == b'\x28\xb5\x2f\xfd':
                elf = subprocess.run(['zstd', '-dcq'], input=payload[:-4], check=True,
                                     stdout=subprocess.PIPE).stdout
            else:
                return False
        except (OSError, EOFError, lzma.LZMAError, subprocess.CalledProcessError):
            return False
        if elf[:4] != b'\x7fELF':
            return False
        with open(out + '.part', 'wb') as f:
            f.write(elf)
        os.replace(out + '.part', out)
        return True


class CheckingKernel(Kernel):
    """One kernel built here; every path is below build/debug-kernel/<name>/."""

    slowness = 6

    def __init__(self, name, top):
        self.objects = os.path.join(top, 'objects')
        with open(os.path.join(self.objects, 'include/config/kernel.release'),
                  encoding='utf-8') as f:
            super().__init__(f.read().strip(), top)
        self.checks = name
        self.headers = self.objects
        self.config = os.path.join(self.objects, '.config')
        # Unlike vmlinux this has no PVH entry, which would run before KASAN can.
        self.image = os.path.join(self.objects, 'arch/x86/boot/bzImage')

    def elf(self):
        return self.image


def _merge_usr(root):
    """Make lib a link to usr/lib, as it is on Debian; packages before 6.12 still have both."""
    for name in ('lib', 'lib64'):
        old, new = os.path.join(root, name), os.path.join(root, 'usr', name)
        if os.path.isdir(old):
            shutil.copytree(old, new, symlinks=True, copy_function=os.rename, dirs_exist_ok=True)
        cache.remove(old)
        os.symlink('usr/' + name, old)


def _fix_headers(root):
    """Make the unpacked header packages refer to each other, not to /usr of the host."""
    here = '$(dir $(realpath $(lastword $(MAKEFILE_LIST))))../'
    src = os.path.join(root, 'usr', 'src')
    for name in os.listdir(src):
        makefile = os.path.join(src, name, 'Makefile')
        if os.path.islink(makefile) or not os.path.exists(makefile):
            continue
        with open(makefile, encoding='utf-8') as f:
            text = f.read()
        fixed = re.sub(r'^(include |KBUILD_OUTPUT *=)\s*/usr/src/', rf'\1{here}', text, flags=re.M)
        if fixed != text:
            with open(makefile, 'w', encoding='utf-8') as f:
                f.write(fixed)
    # A link with an absolute target would lead into the host's /usr.
    for base, dirs, files in os.walk(os.path.join(root, 'usr')):
        for name in dirs + files:
            path = os.path.join(base, name)
            if os.path.islink(path) and os.readlink(path).startswith('/usr/'):
                target = root + os.readlink(path)
                os.unlink(path)
                os.symlink(os.path.relpath(target, base), path)


def _use_compiler(kernel):
    """Let the headers' Makefile take the tools that were unpacked with them."""
    toolchain.adopt(kernel.root)
    folder = '$(dir $(realpath $(lastword $(MAKEFILE_LIST))))../../bin/'
    with open(os.path.join(kernel.headers, '.kernelvariables'), 'a', encoding='utf-8') as f:
        f.write(f'override CROSS_COMPILE := {folder}x86_64-linux-gnu-\n'
                f'override PAHOLE := {folder}pahole\n')


def _link_to_boot(kernel):
    """The image and its configuration where they were before linux-binary and linux-base."""
    os.makedirs(os.path.join(kernel.root, 'boot'), exist_ok=True)
    for path, name in ((kernel.image, 'vmlinuz'), (kernel.config, 'config')):
        if not os.path.exists(path):
            os.symlink(os.path.relpath(os.path.join(kernel.modules, name), kernel.root + '/boot'),
                       path)


def _archives(build, missing):
    """Yield (archive, releases of its kernels); append to `missing` why one cannot be read."""
    for place in releases.places(codename()):
        archive = Archive(build, place)
        try:
            names = archive.search(r'linux-image-\d.*')
        except PackageError as e:
            if not place:
                raise
            missing.append(str(e))
            continue
        yield archive, [n[len('linux-image-'):] for n in names]


def _is_whole(archive, release):
    """Does it have both? Archives keep old images longer than their headers."""
    return all(archive.candidate(f'linux-{part}-{release}') for part in ('image', 'headers'))


def _find(build, name):
    """(archive, release) of the newest kernel of this name in the first archive that has one."""
    missing = []
    for archive, found in _archives(build, missing):
        for release in releases.newest_first(found, name):
            if _is_whole(archive, release):
                return archive, release
    raise PackageError('; '.join([f'no Debian package linux-image-{name}*-{ARCH}', *missing[:1]]))


def newest(build, number):
    """Names (7.3) of that many of the newest kernels in the archives."""
    whole, missing = set(), []
    with locked(build):
        for archive, found in _archives(build, missing):
            for name in releases.newest_names(found)[:number]:
                if any(_is_whole(archive, r) for r in releases.newest_first(found, name)[:3]):
                    whole.add(name)
    if missing or not whole:
        raise PackageError(missing[0] if missing else 'the archives have no kernel')
    return releases.newest_names([f'{name}.0-{ARCH}' for name in whole])[:number]


def installed(build, name):
    """The newest kernel of this name that is already unpacked, or None."""
    top = os.path.join(os.path.abspath(build), 'kernel')
    found = [r for r in (os.listdir(top) if os.path.isdir(top) else [])
             if os.path.isdir(os.path.join(top, r, 'root'))]
    for release in releases.newest_first(found, name):
        return Kernel(release, os.path.join(top, release))
    return None


def prepare(build, name):
    """The kernel of this name (releases.py), or of a name in CHECKING.

    Fetches or builds it if it is missing.
    """
    if name in CHECKING:
        return _prepare_checking(build, name)
    if name == 'default':
        name = releases.KERNELS.get(codename()) or _packaged(build)
    refusal = releases.refusal(name)
    if refusal:
        raise PackageError(refusal)
    kernel = installed(build, name)
    if kernel:
        return kernel
    with locked(build):
        return installed(build, name) or _fetch(build, name)


def _packaged(build):
    """The version of the kernel that linux-image-amd64 stands for."""
    with locked(build):
        version = Archive(build).candidate('linux-image-' + ARCH)
    if not version:
        raise PackageError(f'no Debian package linux-image-{ARCH}: choose a kernel, for example KERNEL=6.12')
    return '.'.join(version.split('.')[:2])


def _packages(archive, release):
    """{package: version} of a kernel and of its headers; (the same of their compiler, or {})."""
    def closure(names, *prefixes):
        return {n: v for n, v in archive.closure(names).items()
                if n in names or n.startswith(prefixes)}

    kernel = closure(['linux-image-' + release], *(f'linux-{part}-{release}'
                                                   for part in ('binary', 'modules', 'base')))
    headers = closure(['linux-headers-' + release], 'linux-headers-', 'linux-kbuild-', 'gcc-')
    compiler = [n for n in headers if re.fullmatch(r'gcc-\d+(-for-host)?', n)]
    headers = {n: v for n, v in headers.items() if not n.startswith('gcc-')}
    if archive.is_home():
        return {**kernel, **headers}, {}
    kbuild = [n for n in headers if n.startswith('linux-kbuild-')]
    return {**kernel, **headers}, archive.closure(compiler + kbuild)


def _fetch(build, name):
    archive, release = _find(build, name)
    say(f'kernel: {release}')
    keep, compiler = _packages(archive, release)

    def make(top):
        say(f'kernel: unpacking {release} into build/kernel')
        kernel = Kernel(release, top)
        unpack(archive.download({**compiler, **keep}).values(), kernel.root)
        _merge_usr(kernel.root)
        _fix_headers(kernel.root)
        _link_to_boot(kernel)
        if compiler:
            _use_compiler(kernel)
        for link in ('build', 'source'):
            cache.remove(os.path.join(kernel.modules, link))
        output('/sbin/depmod', '-b', kernel.root, release)
        kernel.elf()
        cache.remove(os.path.join(top, '.lock'))

    top = os.path.join(os.path.abspath(build), 'kernel', release)
    recipe = [inspect.getsource(f) for f in (make, _merge_usr, _fix_headers, _link_to_boot,
                                             _use_compiler, toolchain)]
    cache.obtain('kernel', f'{release}-{cache.key(keep, compiler, recipe)}', top, make)
    return Kernel(release, top)


def _options(name):
    """The options that a checking kernel sets, as the text of a configuration."""
    text = ''
    for file in CHECKING[name]:
        with open(os.path.join(HERE, file), encoding='utf-8') as f:
            text += f.read()
    return text + f'CONFIG_LOCALVERSION="-{name}"\n'


def _prepare_checking(build, name):
    """The checking kernel in its current configuration: the one in the tree, else one from the cache,
    else one built here.

    A kernel built from an older source package is good enough, as with Debian's kernels.
    """
    top = os.path.join(os.path.abspath(build), 'debug-kernel', name)
    options = _options(name)
    recipe = cache.key(options, FIX, inspect.getsource(_build_checking),
                       inspect.getsource(_keep_headers))
    stamp = os.path.join(top, 'stamp')

    def built():
        if not os.path.exists(stamp):
            return None
        with open(stamp, encoding='utf-8') as f:
            return CheckingKernel(name, top) if f.read().split()[-1] == recipe else None

    def make(new):
        source = _source_tree(build)
        _build_checking(source, new, name, options)
        _keep_headers(source, new)
        with open(os.path.join(new, 'stamp'), 'w', encoding='utf-8') as f:
            f.write(recipe + '\n')

    kernel = built()
    if kernel:
        return kernel
    with locked(os.path.dirname(top)):
        kernel = built()
        if not kernel:
            with locked(build):
                version = _source_package(build, SOURCE)[1]
            gcc = output('gcc', '-dumpfullversion')
            cache.obtain('debug-kernel', f'{name}-{cache.key(version, gcc, recipe)}', top, make)
            kernel = built()
    return kernel


def _source_tree(build):
    """The newest kernel source, unpacked below build/debug-kernel."""
    with locked(build):
        archive, version = _source_package(build, SOURCE)
        deb = _source_deb(archive, SOURCE, version)
    tree = os.path.join(os.path.abspath(build), 'debug-kernel', 'source-' + version)
    if not os.path.isdir(tree):
        say(f'kernel: unpacking linux-source {version} into build/debug-kernel')
        shutil.rmtree(tree + '.part', ignore_errors=True)
        os.makedirs(tree + '.part')
        _untar_source(deb, SOURCE, tree + '.part', [])
        os.replace(tree + '.part', tree)
    _fix(tree)
    return tree


def _fix(tree):
    """Move the line of FIX, unless it has been moved or the source differs."""
    path = os.path.join(tree, FIX[0])
    with open(path, encoding='utf-8') as f:
        text = f.read()
    before, found, after = text.partition(FIX[1])
    if not found or after.count(FIX[2]) != 1:
        return
    with open(path + '.part', 'w', encoding='utf-8') as f:
        f.write(before + FIX[2] + found + after.replace(FIX[2], ''))
    os.replace(path + '.part', path)


def _build_checking(source, top, name, options):
    """Configure and build; every option asked for must be there in the end."""
    objects = os.path.join(top, 'objects')
    os.makedirs(objects)
    wanted = os.path.join(top, 'options')
    log = os.path.join(os.path.dirname(top), name + '.log')
    with open(wanted, 'w', encoding='utf-8') as f:
        f.write(options)
    say(f'kernel: building {name}, which takes minutes; log: build/debug-kernel/{name}.log')
    with open(log, 'w', encoding='utf-8') as out:
        def make(*args):
            p = subprocess.run(['make', f'-j{os.cpu_count()}', '-C', source, 'O=' + objects,
                                'ARCH=x86_64', *args], stdout=out, stderr=subprocess.STDOUT,
                               stdin=subprocess.DEVNULL, env=_clean_environment(), check=False)
            if p.returncode:
                with open(log, encoding='utf-8', errors='replace') as f:
                    raise PackageError(f'the kernel was not built (log: {log}):\n' +
                                       ''.join(f.readlines()[-30:]))
        make('KCONFIG_ALLCONFIG=' + wanted, 'allnoconfig')
        with open(os.path.join(objects, '.config'), encoding='utf-8') as f:
            have = set(f.read().splitlines())
        lost = [x for x in options.splitlines() if x.startswith('CONFIG_') and x not in have]
        if lost:
            raise PackageError('the kernel cannot be configured with ' + ', '.join(lost))
        make('bzImage', 'modules')
        make('modules_install', 'INSTALL_MOD_PATH=' + os.path.join(top, 'root'))
    for link in ('build', 'source'):
        for path in glob.glob(os.path.join(top, 'root/lib/modules/*', link)):
            os.unlink(path)


def _keep_headers(source, top):
    """Keep what modules are built with, and nothing that says where the kernel was built."""
    headers = os.path.join(top, 'source')
    for folder in ('include', 'scripts', 'arch/x86/include'):
        cache.copy(os.path.join(source, folder), os.path.join(headers, folder))
    for pattern in ('Makefile', 'Kbuild', 'arch/x86/Makefile*'):
        for path in glob.glob(os.path.join(source, pattern)):
            cache.copy(path, os.path.join(headers, os.path.relpath(path, source)))
    objects = os.path.join(top, 'objects')
    kept = os.path.join(top, 'kept')
    for name in ('include', 'scripts', 'arch/x86/include', 'arch/x86/boot/bzImage', 'vmlinux',
                 'tools/objtool/objtool', 'Module.symvers', '.config'):
        path = os.path.join(objects, name)
        if os.path.exists(path):
            os.makedirs(os.path.dirname(os.path.join(kept, name)), exist_ok=True)
            os.rename(path, os.path.join(kept, name))
    with open(os.path.join(kept, 'Makefile'), 'w', encoding='utf-8') as f:
        f.write('include $(dir $(realpath $(lastword $(MAKEFILE_LIST))))../source/Makefile\n')
    shutil.rmtree(objects)
    os.rename(kept, objects)


def _clean_environment():
    """The environment without make's variables, which would reach the kernel's make."""
    return {k: v for k, v in os.environ.items()
            if k not in ('MAKEFLAGS', 'MAKELEVEL', 'MFLAGS', 'KERNEL', 'BUILD', 'JOBS')}


def _source_package(build, version):
    """(archive, version) of the package linux-source-<version>, in the first archive that has it."""
    for place in releases.places(codename()):
        archive = Archive(build, place)
        found = archive.candidate('linux-source-' + version)
        if found:
            return archive, found
    raise PackageError('no Debian package linux-source-' + version)


def _source_deb(archive, version, package_version):
    """The path of that package."""
    package = 'linux-source-' + version
    return archive.download({package: package_version})[package]


def _untar_source(deb, version, target, names):
    """Unpack these files of the kernel source, or all."""
    package = 'linux-source-' + version
    ball = f'./usr/src/{package}.tar.xz'
    with subprocess.Popen(['dpkg-deb', '--fsys-tarfile', deb], stdout=subprocess.PIPE) as p1, \
            subprocess.Popen(['tar', '-xO', ball], stdin=p1.stdout, stdout=subprocess.PIPE) as p2:
        subprocess.run(['tar', '-xJ', '-C', target, '--strip-components=1',
                        *[f'{package}/{n}' for n in names]], stdin=p2.stdout, check=True)


def source_files(build, version, names, target):
    """Extract single files of the kernel source (package linux-source-<version>) to target."""
    archive, found = _source_package(build, version)

    def make(folder):
        say(f'kernel: taking {len(names)} files out of linux-source-{version}')
        _untar_source(_source_deb(archive, version, found), version, folder, names)

    cache.obtain('source-files', cache.key(found, names), target, make)
