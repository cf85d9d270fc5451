# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU from Debian's source package without our device: what every build of the device shares.

A base is a folder that can be moved:
    src/            headers, and the sources that the sanitizer build compiles once more
    obj/            objects, libraries, generated headers, and qemu-img
    commands.json   {output: command}; commands run in obj/, and SRC stands for the path of src/
    pc-bios/        SeaBIOS and the option ROMs
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'vm'))

import cache  # noqa: E402
import packages  # noqa: E402

PATH = '/usr/sbin:/usr/bin:/sbin:/bin'
EMULATOR = 'qemu-system-x86_64'
PROGRAMS = [EMULATOR, 'qemu-img']
LIKE = '/hw_scsi_scsi-bus.c.o'      # our files are compiled with this one's flags
# The sources that the sanitizer build compiles besides ours: those that the device's data goes
# through. The files of system/ were in softmmu/ before QEMU 8.2.
SANITIZED = ['hw/scsi/scsi-bus.c', 'hw/scsi/scsi-disk.c', 'hw/scsi/emulation.c', 'hw/pci/pci.c',
             *(folder + name for folder in ('softmmu/', 'system/')
               for name in ('dma-helpers.c', 'physmem.c', 'memory.c')),
             'util/iov.c', 'util/coroutine-ucontext.c']
BLOBS = ['bios-256k.bin', 'kvmvapic.bin', 'linuxboot.bin', 'linuxboot_dma.bin', 'pvh.bin',
         'multiboot_dma.bin']
BLOB_PACKAGES = ['seabios', 'qemu-system-data']
OPTIONS = ['--target-list=x86_64-softmmu', '--without-default-features',
           '--without-default-devices', '--with-devices-x86_64=isp', '--enable-system',
           '--enable-tcg', '--enable-tools', '--enable-trace-backends=log', '--enable-pie',
           '--disable-install-blobs', '--disable-debug-info', '--with-pkgversion=isp1040',
           '--ninja=/usr/bin/ninja']
# Options that only some versions of configure know.
IF_KNOWN = ['--disable-download', '--with-git-submodules=ignore', '--meson=/usr/bin/meson']
HOST = ['binutils', 'gcc', 'libc6-dev', 'libglib2.0-dev', 'libpixman-1-dev', 'zlib1g-dev']


class BuildError(Exception):
    """A step failed; the message says which and where its log is."""


def say(text):
    """One line of progress."""
    print('qemu: ' + text, flush=True)


def read(path):
    """A file's text."""
    with open(path, encoding='utf-8') as f:
        return f.read()


def edit(path, function):
    """Replace a file's text by function(text)."""
    text = function(read(path))
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)


class SourceArchive(packages.Archive):
    """The private apt state, with the source packages of the same archives."""

    def __init__(self, build):
        super().__init__(build, 'source')

    def _write_sources(self):
        super()._write_sources()
        edit(self.apt + '/sources.list', lambda text: ''.join(
            'deb-src ' + x[4:] for x in text.splitlines(True) if x.startswith('deb ')))

    def files(self, package):
        """{name: hash} of the files of a source package."""
        self.update()
        out = self._run('apt-get', '-q', 'source', '--only-source', '--print-uris', package)
        return dict(re.findall(r"^'\S+ (\S+) \d+ (\S+)$", out, re.M))

    def fetch(self, package, into):
        """Download a source package. apt checks the hashes."""
        def make(folder):
            say('fetching the source package')
            self._run('apt-get', '-q', 'source', '--only-source', '--download-only', package,
                      cwd=folder)
        cache.obtain('source', cache.key(self.files(package)), into, make)


def recipe():
    """A name for how this machine makes the base, except for the packages it is made from."""
    host = packages.output('dpkg-query', '-W', '-f', '${Package} ${Version}\n', *HOST)
    gcc = packages.output('gcc', '-dumpfullversion')
    return cache.key(read(__file__), read(os.path.join(HERE, 'isp.mak')), host, gcc)


def need(program):
    """Raise if a program is missing."""
    if not shutil.which(program, path=PATH):
        raise BuildError(f'{program} is missing: run "make deps"')


def run(what, args, cwd, log):
    """Run a step, with its output in a log file."""
    env = {**os.environ, 'PATH': PATH}
    need(args[0])
    with open(log, 'w', encoding='utf-8') as f:
        status = subprocess.run(args, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=f,
                                stderr=subprocess.STDOUT, check=False).returncode
    if status:
        raise BuildError(f'{what} failed: {packages.reason(read(log))}: run "make deps", '
                         f'or see {log}')


def ninja(what, args, cwd, log):
    """Compile, and report progress every ten seconds."""
    env = {**os.environ, 'PATH': PATH, 'NINJA_STATUS': '[%f/%t] '}
    said = time.monotonic()
    need('ninja')
    with open(log, 'w', encoding='utf-8') as f, \
            subprocess.Popen(['ninja', *args], cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             errors='replace') as p:
        for line in p.stdout:
            f.write(line)
            progress = re.match(r'\[\d+/\d+\]', line)
            if progress and time.monotonic() - said > 10:
                said = time.monotonic()
                say(f'building {what} {progress.group()}')
    if p.returncode:
        sys.stderr.writelines(read(log).splitlines(True)[-40:])
        raise BuildError(f'{what} was not built, see {log}')


def obtain(build, top, jobs):
    """The base in top/base: the one there if it was made this way, else from the cache, else built.

    A base built from an older source package is good enough, as with Debian's kernels.
    """
    base = os.path.join(top, 'base')
    how = recipe()
    stamp = os.path.join(base, 'made-from')
    if os.path.exists(stamp) and read(stamp).split()[0] == how:
        return base
    with packages.locked(build):
        source = SourceArchive(build)
        archive = packages.Archive(build)
        blobs = {n: archive.candidate(n) for n in BLOB_PACKAGES}
        name = cache.key(how, source.files('qemu'), blobs)

    def make(folder):
        with packages.locked(build):
            source.fetch('qemu', os.path.join(folder, 'download'))
            _blobs(archive.download(blobs).values(), folder)
        _compile(folder, top, jobs)
        with open(os.path.join(folder, 'made-from'), 'w', encoding='utf-8') as f:
            f.write(f'{how} {name}\n')

    cache.obtain('qemu', name, base, make)
    return base


def _blobs(debs, folder):
    tree = os.path.join(folder, 'blobs')
    into = os.path.join(folder, 'pc-bios')
    packages.unpack(debs, tree)
    os.makedirs(into)
    for name in BLOBS:
        for place in ('seabios', 'qemu'):
            path = os.path.join(tree, 'usr/share', place, name)
            if os.path.exists(path) and not os.path.islink(path):
                shutil.copyfile(path, os.path.join(into, name))
                break
        else:
            raise BuildError(f'no {name} in the packages {" ".join(BLOB_PACKAGES)}')
    shutil.rmtree(tree)


def _compile(folder, top, jobs):
    """Make src/ and obj/ from download/."""
    download = os.path.join(folder, 'download')
    src, obj = os.path.join(folder, 'src'), os.path.join(folder, 'obj')
    dsc = next(n for n in os.listdir(download) if n.endswith('.dsc'))
    say('unpacking ' + dsc[:-4])
    run('unpacking', ['dpkg-source', '--no-copy', '-x', os.path.join(download, dsc), src], folder,
        os.path.join(top, 'unpack.log'))
    shutil.rmtree(download)
    shutil.copyfile(os.path.join(HERE, 'isp.mak'),
                    os.path.join(src, 'configs/devices/x86_64-softmmu/isp.mak'))
    # Only the microvm machine needs libfdt, and this QEMU has no microvm.
    edit(os.path.join(src, 'configs/targets/x86_64-softmmu.mak'),
         lambda text: text.replace('TARGET_NEED_FDT=y\n', ''))
    # Only QEMU's own tests need pycotap.
    python = os.path.join(src, 'pythondeps.toml')
    if os.path.exists(python):
        edit(python, lambda text: re.sub(r'^pycotap = .*\n', '', text, flags=re.M))
    say('configuring')
    os.makedirs(obj)
    configure = os.path.join(src, 'configure')
    known = read(configure)
    run('configure', [configure, *OPTIONS, *(o for o in IF_KNOWN if o.split('=')[0] in known)],
        obj, os.path.join(top, 'configure.log'))
    start = time.monotonic()
    ninja('qemu', [f'-j{jobs}', *PROGRAMS], obj, os.path.join(top, 'base.log'))
    say(f'built without the device in {time.monotonic() - start:.0f} s')
    _keep(src, obj)


def _keep(src, obj):
    """Write commands.json. Delete the files that no build of the device needs."""
    out = packages.output('ninja', '-t', 'compdb', '-x', cwd=obj)
    commands = {}
    for entry in json.loads(out):
        source = os.path.relpath(os.path.join(obj, entry['file']), src)
        if entry['output'] == EMULATOR or \
                source in SANITIZED and os.path.exists(os.path.join(obj, entry['output'])):
            commands[entry['output']] = entry['command'].replace(src, 'SRC')
    if EMULATOR not in commands or not any(out.endswith(LIKE) for out in commands):
        raise BuildError('this QEMU is built in another way than base.py knows: '
                         'name the archive of an older one in the apt sources')
    with open(os.path.join(os.path.dirname(src), 'commands.json'), 'w', encoding='utf-8') as f:
        json.dump(commands, f, indent=1)
    for base, folders, files in os.walk(src):
        if base == src:
            for name in ('debian', 'docs', 'pc-bios', 'roms', 'subprojects', 'tests'):
                shutil.rmtree(os.path.join(src, name), ignore_errors=True)
                if name in folders:
                    folders.remove(name)
        for name in files:
            path = os.path.join(base, name)
            if not (name.endswith(('.h', '.h.inc', '.c.inc', '.def')) or
                    '/scripts/tracetool' in path or os.path.relpath(path, src) in SANITIZED):
                os.unlink(path)
    for base, _, files in os.walk(obj):
        for name in files:
            if not name.endswith(('.o', '.a', '.fa', '.h', '.inc', '.syms')) and \
                    name != 'qemu-img':
                os.unlink(os.path.join(base, name))
    for folder in (src, obj):
        for base, _, _ in os.walk(folder, topdown=False):
            if not os.listdir(base):
                os.rmdir(base)
