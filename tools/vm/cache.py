# SPDX-License-Identifier: GPL-2.0
"""What takes long to fetch or to build, kept outside the tree for all trees of a user.

The cache is $SCSA_CACHE, by default $XDG_CACHE_HOME/scsa-linux; SCSA_CACHE=off forbids it.
An entry is cache/<kind>/<key>, where the key names all that it was made from. It holds the
"content", a file or a tree, and the "count" of what is in it, since a deletion may be under way.

No tree uses an entry in place: it takes hard links (copies, on another file system), so the cache
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
    """Where the cache is, or '' if there is to be none."""
    place = os.environ.get('SCSA_CACHE')
    if place is None:
        base = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
        return os.path.join(base, 'scsa-linux')
    return '' if place in ('', 'off') else os.path.abspath(place)


def key(*parts):
    """A short name for everything that an entry is made from."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def _entry(kind, name):
    return os.path.join(folder(), kind, name)


def _link(source, target):
    """A hard link, or a copy where none can be made."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copy2(source, target)


def copy(source, target):
    """The file or tree again as target, which appears when it is complete."""
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
    """Delete a file or a tree, if it is there."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    elif os.path.lexists(path):
        os.unlink(path)


def _count(path):
    return sum(len(folders) + len(files) for _, folders, files in os.walk(path))


def take(kind, name, target):
    """Put a cached entry in place of target; false if there is none, or not all of it any more."""
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
    """The same with the latest entry whose key begins like this."""
    found = [n for n in (os.listdir(_entry(kind, '')) if os.path.isdir(_entry(kind, '')) else [])
             if n.startswith(prefix) and not n.endswith(('.lock', '.part'))]
    return bool(found) and take(kind, max(found), target)


def give(kind, name, source):
    """Keep source under this key for other trees. A cache that cannot be written is no error."""
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
        # Another tree may have been faster.
        if not os.path.exists(entry):
            print(f'cache: {name} is not kept: {str(e)[:200]}', file=sys.stderr, flush=True)


def drop(kind, name):
    """Forget an entry."""
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
    """One tree at a time makes an entry; the others wait and find it made."""
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
    """Put the entry in place of target: from the cache, else as make(folder) makes it."""
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
