# SPDX-License-Identifier: GPL-2.0
"""Whatever takes long to fetch or build, kept outside the tree and shared by all trees of a user.

The cache is $SCSA_CACHE, by default $XDG_CACHE_HOME/scsa-linux; SCSA_CACHE=off turns it off.
An entry is cache/<kind>/<key>, where the key depends on everything that it was made from. The entry
holds the "content", a file or a tree, and the "count" of its files, because another process may be
deleting it.

No tree uses an entry in place: a tree takes hard links (copies, on another file system), so the cache
may be deleted at any time. Make an entry in the tree that lacks it, then give it to the cache: one
rename makes it appear, complete. Never write to a file that was taken; replace it.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import time

UNUSED = 60 * 24 * 3600     # seconds after which an entry that no tree takes is dropped


def folder():
    """Where the cache is, or '' if it is turned off."""
    place = os.environ.get('SCSA_CACHE')
    if place is None:
        base = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
        return os.path.join(base, 'scsa-linux')
    return '' if place in ('', 'off') else os.path.abspath(place)


def key(*parts):
    """A short name that depends on everything an entry is made from."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def _entry(kind, name):
    return os.path.join(folder(), kind, name)


def _link(source, target):
    """Make a hard link, or a copy where a link is impossible."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copy2(source, target)


def copy(source, target):
    """Copy a file or tree to target, which appears only when it is complete."""
    part = f'{target}.{os.getpid()}.part'
    remove(part)
    os.makedirs(os.path.dirname(part), exist_ok=True)
    try:
        if os.path.isdir(source):
            shutil.copytree(source, part, symlinks=True, copy_function=_link)
        else:
            _link(source, part)
        os.replace(part, target)
    except BaseException:
        remove(part)
        raise


def remove(path):
    """Delete a file or a tree if it exists."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    elif os.path.lexists(path):
        os.unlink(path)


def _count(path):
    return sum(len(folders) + len(files) for _, folders, files in os.walk(path))


def take(kind, name, target):
    """Put a cached entry in place of target; return False if there is none, or not all of it."""
    entry = _entry(kind, name)
    if not folder() or not os.path.exists(entry):
        return False
    new = target + '.taken'
    try:
        with open(os.path.join(entry, 'count'), encoding='utf-8') as f:
            count = int(f.read())
        copy(os.path.join(entry, 'content'), new)
        if _count(new) != count:
            raise FileNotFoundError(entry)
        os.utime(entry)
    except (OSError, ValueError, shutil.Error):
        remove(new)
        drop(kind, name)
        return False
    remove(target)
    os.replace(new, target)
    return True


def take_newest(kind, prefix, target):
    """take() the latest entry whose key begins with prefix."""
    found = [n for n in (os.listdir(_entry(kind, '')) if os.path.isdir(_entry(kind, '')) else [])
             if n.startswith(prefix) and not n.endswith(('.lock', '.part'))]
    return bool(found) and take(kind, max(found), target)


def give(kind, name, source):
    """Give source to other trees under this key. A cache that cannot be written is no error."""
    entry = _entry(kind, name)
    if not folder() or os.path.exists(entry):
        return
    part = f'{entry}.{os.getpid()}.part'
    try:
        copy(source, os.path.join(part, 'content'))
        with open(os.path.join(part, 'count'), 'w', encoding='utf-8') as f:
            f.write(str(_count(source)))
        os.replace(part, entry)
        _drop_unused(os.path.dirname(entry))
    except (OSError, shutil.Error) as e:
        remove(part)
        # Another tree may have made it first.
        if not os.path.exists(entry):
            print(f'cache: {name} is not kept: {str(e)[:200]}', file=sys.stderr, flush=True)


def drop(kind, name):
    """Delete an entry."""
    with contextlib.suppress(OSError):
        remove(_entry(kind, name))


def _drop_unused(kind):
    for name in os.listdir(kind):
        path = os.path.join(kind, name)
        with contextlib.suppress(OSError):
            if time.time() - os.stat(path).st_mtime > UNUSED:
                remove(path)


@contextlib.contextmanager
def _turn(kind, name):
    """One tree at a time makes an entry; the others wait and then find it."""
    if not folder():
        yield
        return
    with contextlib.ExitStack() as stack:
        try:
            os.makedirs(os.path.join(folder(), kind), exist_ok=True)
            lock = stack.enter_context(open(_entry(kind, name) + '.lock', 'w', encoding='utf-8'))
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as e:
            print(f'cache: {e}', file=sys.stderr, flush=True)
        yield


def obtain(kind, name, target, make):
    """Put the entry in place of target: from the cache, or else as make(folder) makes it."""
    with _turn(kind, name):
        if take(kind, name, target):
            return
        part = target + '.part'
        remove(part)
        os.makedirs(part)
        make(part)
        remove(target)
        os.replace(part, target)
        give(kind, name, target)
