# SPDX-License-Identifier: GPL-2.0
"""Fetch and unpack Debian packages without installing anything on the host.

apt does the work (index signatures, hashes, dependency order) with its own state under
build/packages/apt, so it touches neither the host's package lists nor its installed packages. The
archives are those the host is configured with, or those of the file named by SCSA_APT_SOURCES.
The cache shares indexes (for a day) and packages (by their SHA-256).
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import cache
from releases import ARCH, KERNELS

KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
SOURCES_HINT = ('look at the network and the apt sources of this machine, or name a sources file '
                'in SCSA_APT_SOURCES')
KEYRING_HINT = 'install the debian-archive-keyring of sid, which knows the newest keys'


class PackageError(Exception):
    """A package could not be found, fetched or unpacked."""


def say(text):
    """Print progress on stderr: stdout belongs to the command run in the guest."""
    print(text, file=sys.stderr, flush=True)


def output(*command, hint='run "make deps"', cwd=None):
    """Run a tool; return what it writes. If it fails, one line says so, with a hint what to do."""
    tool = os.path.basename(command[0])
    try:
        p = subprocess.run(command, cwd=cwd, text=True, errors='replace', check=False,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    except FileNotFoundError:
        raise PackageError(f'{tool} is missing: run "make deps"') from None
    if p.returncode:
        raise PackageError(f'{tool} failed with status {p.returncode}: {reason(p.stderr)}: {hint}')
    return p.stdout


def reason(stderr):
    """The lines in which a tool says why it failed, joined into one."""
    lines = [x.strip() for x in stderr.splitlines() if x.strip()]
    errors = [x for x in lines if re.match(r'E: |Err:|.*\berror:', x, re.I)]
    return '; '.join(errors[:3] or lines[-3:])[:400] or 'no reason given'


@contextlib.contextmanager
def locked(build):
    """Only one process at a time fetches and unpacks; the others wait and find the result."""
    os.makedirs(build, exist_ok=True)
    with open(os.path.join(build, '.lock'), 'w', encoding='utf-8') as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def codename():
    """The code name of this machine's Debian release."""
    try:
        with open('/etc/os-release', encoding='utf-8') as f:
            m = re.search(r'^VERSION_CODENAME=(\S+)', f.read(), re.M)
    except OSError:
        m = None
    if not m:
        raise PackageError('/etc/os-release has no VERSION_CODENAME: is this Debian?')
    return m.group(1).strip('"')


def _index_targets(*options):
    fmt = '$(CREATED_BY)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)'
    return output('apt-get', *options, 'indextargets', '--format', fmt, hint=SOURCES_HINT)


def _own_sources():
    """The content of the file that SCSA_APT_SOURCES names; '' if it names none."""
    path = os.environ.get('SCSA_APT_SOURCES')
    if not path:
        return ''
    try:
        with open(path, encoding='utf-8') as f:
            return f.read()
    except OSError as e:
        raise PackageError(f'SCSA_APT_SOURCES={path}: {e.strerror}') from None


def _host_sources():
    """(uri, suite, option) of every Debian main archive that the host uses."""
    own = _own_sources()
    if own:
        lines = re.findall(r'^deb\s+(?:(\[.*?\])\s+)?(\S+)\s+(\S+)\s.*\bmain\b', own, re.M)
        if not lines:
            raise PackageError('the file of SCSA_APT_SOURCES has no line "deb <uri> <suite> main"')
        return [(uri, suite, option) for option, uri, suite in lines]
    out = _index_targets()
    if not out:
        # On a machine without package lists, such as a container, apt knows its sources only with their
        # Release files. Fetch these, but not into the machine's own state.
        with tempfile.TemporaryDirectory() as lists:
            option = ['-o', 'Dir::State::lists=' + lists, '-o', 'APT::Sandbox::User=root']
            output('apt-get', *option, 'update', '-q', hint=SOURCES_HINT)
            out = _index_targets(*option)
    code = codename()
    suites = {code, code + '-updates', code + '-security'}
    found = []
    for line in out.splitlines():
        kind, uri, suite, component, signed = line.split('|')
        if kind != 'Packages' or component != 'main' or suite not in suites:
            continue
        if signed.startswith('$('):
            signed = KEYRING if os.path.exists(KEYRING) else ''
        source = (uri, suite, f'[signed-by={signed}]' if signed else '')
        if source not in found:
            found.append(source)
    if not found:
        raise PackageError(f'no Debian {code} main archive in the apt sources of this machine; '
                           'name a sources file in SCSA_APT_SOURCES')
    return found


def sources_of(sources, home, extra):
    """(uri, suite, option, component) of an archive, from those of Debian <home>; see Archive."""
    code, _, backports = (extra or '').partition('-')
    if code not in (home, *KERNELS, 'sid'):
        return [(*source, extra if extra == 'non-free-firmware' else 'main') for source in sources]
    found = []
    for uri, suite, option in sources:
        if suite == home and backports:
            found.append((uri, extra, option, 'main'))
        # sid has neither updates nor security.
        if suite == home or suite.startswith(home + '-') and code != 'sid':
            found.append((uri, code + suite[len(home):], option, 'main'))
    return found


class Archive:
    """One private apt state: its index files, downloads and unpacked trees.

    extra: None for main; 'non-free-firmware' for that component; or another suite: 'trixie',
    'sid', 'trixie-backports'. A suite comes with the suites that its packages depend on.
    """

    def __init__(self, build, extra=None):
        self.top = os.path.join(os.path.abspath(build), 'packages')
        self.debs = os.path.join(self.top, 'debs')
        self.apt = os.path.join(self.top, 'apt' + ('-' + extra if extra else ''))
        self.extra = extra

    def _options(self):
        a = self.apt
        pairs = {
            'APT::Architecture': ARCH, 'APT::Architectures': ARCH,
            'APT::Sandbox::User': 'root',
            'APT::Install-Recommends': '0',
            'APT::Get::List-Cleanup': '0',
            'Acquire::Languages': 'none',
            'Acquire::Retries': '3',
            'Dir::State': a, 'Dir::State::lists': a + '/lists',
            'Dir::State::status': a + '/status',
            'Dir::State::extended_states': a + '/extended_states',
            # Containers configure apt to keep no package cache, and then it reads the index each time.
            'Dir::Cache::pkgcache': 'pkgcache.bin',
            'Dir::Cache': a + '/cache', 'Dir::Cache::archives': a + '/cache/archives',
            'Dir::Etc::sourcelist': a + '/sources.list', 'Dir::Etc::sourceparts': '/dev/null',
            'Dir::Etc::preferences': '/dev/null', 'Dir::Etc::preferencesparts': '/dev/null',
        }
        if self.extra and self.extra.endswith('-backports'):
            pairs['APT::Default-Release'] = self.extra
        args = []
        for key, value in pairs.items():
            args += ['-o', f'{key}={value}']
        return args

    def _run(self, tool, *args, cwd=None):
        return output(tool, *self._options(), *args, cwd=cwd, hint=SOURCES_HINT)

    def is_home(self):
        """Does it have the packages of this machine's own release?"""
        return (self.extra or codename()).split('-')[0] == codename()

    def _write_sources(self):
        text = '' if self.extra else _own_sources()
        if not text:
            text = ''.join(f'deb {option} {uri} {suite} {component}\n' for uri, suite, option, component
                           in sources_of(_host_sources(), codename(), self.extra))
        with open(self.apt + '/sources.list', 'w', encoding='utf-8') as f:
            f.write(text)

    def update(self):
        """Fetch the package index into the private state, at most once a day."""
        for d in ('lists/partial', 'cache/archives/partial'):
            os.makedirs(os.path.join(self.apt, d), exist_ok=True)
        os.makedirs(self.debs, exist_ok=True)
        open(self.apt + '/status', 'a', encoding='utf-8').close()
        stamp = self.apt + '/updated'
        own = cache.key(_own_sources())
        known = _text(stamp) == own
        if known and time.time() - os.path.getmtime(stamp) < 24 * 3600:
            return
        try:
            self._write_sources()
            self._fetch_index()
        except PackageError as e:
            if not known and not cache.take_newest('index', self._index_name(),
                                                   self.apt + '/lists'):
                raise
            say(f'packages: cannot fetch the index, using an older one: {e}')
        with open(stamp, 'w', encoding='utf-8') as f:
            f.write(own)

    def _index_name(self):
        return cache.key(_text(self.apt + '/sources.list'))

    def _fetch_index(self):
        """Fetch today's index, from the cache or from the archive."""
        def fetch(folder):
            say('packages: fetching the Debian package index')
            os.makedirs(folder + '/partial')
            try:
                self._run('apt-get', 'update', '-q', '--error-on=any',
                          '-o', 'Dir::State::lists=' + folder)
            except PackageError as e:
                if re.search('NO_PUBKEY|not signed', str(e)):
                    raise PackageError(str(e).replace(SOURCES_HINT, KEYRING_HINT)) from None
                raise
            os.unlink(folder + '/lock')

        day = f'{time.time() // 86400:.0f}'
        cache.obtain('index', self._index_name() + '-' + day, self.apt + '/lists', fetch)

    def search(self, regex):
        """Names of the packages whose whole name matches regex."""
        self.update()
        names = self._run('apt-cache', 'pkgnames').split()
        return [n for n in names if re.fullmatch(regex, n)]

    def closure(self, names):
        """{package: version} of these packages and everything they depend on."""
        self.update()
        out = self._run('apt-get', '-q', '-s', 'install', *names)
        return dict(re.findall(r'^Inst (\S+?)(?::\S+)? \((\S+)', out, re.M))

    def candidate(self, name):
        """The version that apt would install, or None."""
        self.update()
        out = self._run('apt-cache', 'policy', name)
        m = re.search(r'Candidate: (\S+)', out)
        return m.group(1) if m and m.group(1) != '(none)' else None

    def _hashes(self, want):
        """{name: SHA-256} of packages given as name=version, according to the signed index."""
        if not want:
            return {}
        out = self._run('apt-cache', 'show', *want)
        return dict(re.findall(r'^Package: (\S+)$.*?^SHA256: (\w+)$', out, re.M | re.S))

    def download(self, versions):
        """Fetch the packages of {name: version}; return {name: .deb path}."""
        lock = os.path.join(self.top, 'files.json')
        known = {}
        if os.path.exists(lock):
            with open(lock, encoding='utf-8') as f:
                known = json.load(f)
        want = {}
        for name, version in versions.items():
            key = f'{name}={version}'
            path = os.path.join(self.debs, known.get(key, '?'))
            if os.path.exists(path):
                continue
            want[key] = name
        hashes = self._hashes(want)
        for key, name in list(want.items()):
            if name not in hashes:
                raise PackageError(f'apt knows no package {key}: delete {self.apt} and try again')
            deb = f'{name}_{hashes[name][:20]}.deb'
            path = os.path.join(self.debs, deb)
            if not cache.take('debs', deb, path):
                continue
            if _sha256(path) == hashes[name]:
                known[key] = deb
                del want[key]
            else:
                cache.drop('debs', deb)
        if want:
            say('packages: fetching ' + ' '.join(sorted(want.values())))
            part = os.path.join(self.top, 'partial')
            shutil.rmtree(part, ignore_errors=True)
            os.makedirs(part)
            self._run('apt-get', '-q', 'download', *want, cwd=part)
            fetched = {file.split('_')[0]: file for file in os.listdir(part)}
            for key, name in want.items():
                if name in fetched:
                    known[key] = f'{name}_{hashes[name][:20]}.deb'
                    path = os.path.join(self.debs, known[key])
                    os.replace(os.path.join(part, fetched[name]), path)
                    cache.give('debs', known[key], path)
        if hashes:
            with open(lock + '.new', 'w', encoding='utf-8') as f:
                json.dump(known, f, indent=1, sort_keys=True)
            os.replace(lock + '.new', lock)
        try:
            return {n: os.path.join(self.debs, known[f'{n}={v}']) for n, v in versions.items()}
        except KeyError as e:
            raise PackageError(f'apt did not deliver {e}: {SOURCES_HINT}') from None


def _text(path):
    """The content of a file, '' if it does not exist."""
    if not os.path.exists(path):
        return ''
    with open(path, encoding='utf-8') as f:
        return f.read()


def _sha256(path):
    with open(path, 'rb') as f:
        return hashlib.file_digest(f, 'sha256').hexdigest()


def unpack(debs, target):
    """Unpack .deb files into target, which appears only when it is complete."""
    part = target + '.part'
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(part)
    for deb in debs:
        output('dpkg-deb', '-x', deb, part, hint=f'delete {deb} if it is damaged')
    shutil.rmtree(target, ignore_errors=True)
    os.replace(part, target)
