# SPDX-License-Identifier: GPL-2.0
"""Fetch and unpack Debian packages without installing anything on the host.

apt does the work (index signatures, hashes, dependency order) with a state of
its own under build/packages/apt, so neither the host's package lists nor its
installed packages are touched.  The archive addresses are those the host is
configured with, or those of the sources file named by SCSA_APT_SOURCES.
"""

import contextlib
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

ARCH = 'amd64'
KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'


class PackageError(Exception):
    """A package could not be found, fetched or unpacked."""


def say(text):
    """Progress goes to stderr: stdout belongs to the command run in the guest."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def locked(build):
    """Only one process at a time fetches and unpacks; the others wait and find it done."""
    os.makedirs(build, exist_ok=True)
    with open(os.path.join(build, '.lock'), 'w', encoding='utf-8') as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def _codename():
    with open('/etc/os-release', encoding='utf-8') as f:
        m = re.search(r'^VERSION_CODENAME=(\S+)', f.read(), re.M)
    if not m:
        raise PackageError('/etc/os-release has no VERSION_CODENAME: is this Debian?')
    return m.group(1).strip('"')


def _index_targets(*options):
    fmt = '$(CREATED_BY)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)'
    return subprocess.run(['apt-get', *options, 'indextargets', '--format', fmt], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def _host_sources():
    """(uri, suite, signed-by) of every Debian main archive the host uses."""
    out = _index_targets()
    if not out:
        # A machine whose package lists were removed, as in containers: apt knows its sources
        # only with their Release files, so fetch these, but not to the machine's own state.
        with tempfile.TemporaryDirectory() as lists:
            option = ['-o', 'Dir::State::lists=' + lists, '-o', 'APT::Sandbox::User=root']
            subprocess.run(['apt-get', *option, 'update', '-q'], check=True,
                           stdout=subprocess.DEVNULL)
            out = _index_targets(*option)
    code = _codename()
    suites = {code, code + '-updates', code + '-security'}
    found = []
    for line in out.splitlines():
        kind, uri, suite, component, signed = line.split('|')
        if kind != 'Packages' or component != 'main' or suite not in suites:
            continue
        if signed.startswith('$('):
            signed = KEYRING if os.path.exists(KEYRING) else ''
        if (uri, suite, signed) not in found:
            found.append((uri, suite, signed))
    if not found:
        raise PackageError(f'no Debian {code} main archive in the apt sources of this machine; '
                           'name a sources file in SCSA_APT_SOURCES')
    return found


class Archive:
    """One private apt state: its index files, downloads and unpacked trees.

    extra: None for main; 'non-free-firmware' for that component; 'backports' for that suite.
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
            'Dir::Cache': a + '/cache', 'Dir::Cache::archives': a + '/cache/archives',
            'Dir::Etc::sourcelist': a + '/sources.list', 'Dir::Etc::sourceparts': '/dev/null',
            'Dir::Etc::preferences': '/dev/null', 'Dir::Etc::preferencesparts': '/dev/null',
        }
        args = []
        for key, value in pairs.items():
            args += ['-o', f'{key}={value}']
        return args

    def _run(self, tool, *args, cwd=None):
        p = subprocess.run([tool, *self._options(), *args], cwd=cwd, text=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
        if p.returncode:
            raise PackageError(f'{tool} {" ".join(args)}: {p.stderr.strip()}')
        return p.stdout

    def _write_sources(self):
        own = os.environ.get('SCSA_APT_SOURCES')
        if own and not self.extra:
            shutil.copyfile(own, self.apt + '/sources.list')
            return
        lines = []
        for uri, suite, signed in _host_sources():
            option = f' [signed-by={signed}]' if signed else ''
            component = 'main'
            if self.extra == 'non-free-firmware':
                component = self.extra
            elif self.extra == 'backports':
                if suite != _codename():
                    continue
                suite += '-backports'
            lines.append(f'deb{option} {uri} {suite} {component}\n')
        with open(self.apt + '/sources.list', 'w', encoding='utf-8') as f:
            f.writelines(lines)

    def update(self):
        """Fetch the package index into the private state, at most once a day."""
        for d in ('lists/partial', 'cache/archives/partial'):
            os.makedirs(os.path.join(self.apt, d), exist_ok=True)
        os.makedirs(self.debs, exist_ok=True)
        open(self.apt + '/status', 'a', encoding='utf-8').close()
        stamp = self.apt + '/updated'
        known = os.path.exists(stamp)
        if known and time.time() - os.path.getmtime(stamp) < 24 * 3600:
            return
        say('packages: fetching the Debian package index')
        try:
            self._write_sources()
            self._run('apt-get', 'update', '-q', '--error-on=any')
        except (PackageError, subprocess.CalledProcessError) as e:
            if not known:
                raise
            say(f'packages: the index of {time.ctime(os.path.getmtime(stamp))} is used: {e}')
        open(stamp, 'w', encoding='utf-8').close()

    def search(self, regex):
        """Names of the packages whose whole name matches regex."""
        self.update()
        names = self._run('apt-cache', 'pkgnames').split()
        return [n for n in names if re.fullmatch(regex, n)]

    def closure(self, names):
        """{package: version} of names and everything they depend on."""
        self.update()
        out = self._run('apt-get', '-q', '-s', 'install', *names)
        return dict(re.findall(r'^Inst (\S+?)(?::\S+)? \((\S+)', out, re.M))

    def candidate(self, name):
        """The version apt would install, or None."""
        self.update()
        out = self._run('apt-cache', 'policy', name)
        m = re.search(r'Candidate: (\S+)', out)
        return m.group(1) if m and m.group(1) != '(none)' else None

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
        if want:
            say('packages: fetching ' + ' '.join(sorted(want.values())))
            part = os.path.join(self.top, 'partial')
            shutil.rmtree(part, ignore_errors=True)
            os.makedirs(part)
            self._run('apt-get', '-q', 'download', *want, cwd=part)
            for deb in os.listdir(part):
                name = deb.split('_')[0]
                for key in want:
                    if want[key] == name:
                        known[key] = deb
                os.replace(os.path.join(part, deb), os.path.join(self.debs, deb))
            with open(lock + '.new', 'w', encoding='utf-8') as f:
                json.dump(known, f, indent=1, sort_keys=True)
            os.replace(lock + '.new', lock)
        try:
            return {n: os.path.join(self.debs, known[f'{n}={v}']) for n, v in versions.items()}
        except KeyError as e:
            raise PackageError(f'apt did not deliver {e}') from None


def unpack(debs, target):
    """Unpack .deb files into target, which appears only when it is complete."""
    part = target + '.part'
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(part)
    for deb in debs:
        subprocess.run(['dpkg-deb', '-x', deb, part], check=True)
    shutil.rmtree(target, ignore_errors=True)
    os.replace(part, target)
