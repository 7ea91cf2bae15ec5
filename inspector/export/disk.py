"""The few calls that change a disk, each in one place.

Every write, sync, rename and removal of an export goes through these names, so that a test can make the Nth of them
fail and look at what is left. Nothing here knows what is written.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from pathlib import Path

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)

_HERE = -100
_EXCHANGE = 2
"""AT_FDCWD and RENAME_EXCHANGE of Linux."""


def create(path: Path) -> int:
    """A new file, private to its owner while it is written; FileExistsError if the name is taken."""
    return os.open(path, _NEW | getattr(os, "O_BINARY", 0), 0o600)


def write(descriptor: int, data: bytes | memoryview) -> None:
    """All of `data` at the file's position; OSError if the disk does not take it."""
    view = memoryview(data).cast("B")
    while view:
        view = view[os.write(descriptor, view) :]


def write_at(descriptor: int, data: bytes, offset: int) -> None:
    """All of `data` at `offset`; the position stays where it is."""
    here = os.lseek(descriptor, 0, os.SEEK_CUR)
    os.lseek(descriptor, offset, os.SEEK_SET)
    write(descriptor, data)
    os.lseek(descriptor, here, os.SEEK_SET)


def cut(descriptor: int, size: int) -> None:
    """The file is `size` bytes long, and goes on there."""
    os.ftruncate(descriptor, size)
    os.lseek(descriptor, size, os.SEEK_SET)


def sync(descriptor: int) -> None:
    """The file's bytes are on the disk when this returns; OSError if they are not."""
    os.fsync(descriptor)


def set_mode(descriptor: int, mode: int) -> None:
    """Permissions of an open file."""
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)


def close(descriptor: int) -> None:
    """An error of close is an error of writing: a network share may complain only here."""
    os.close(descriptor)


def replace(old: Path, new: Path) -> None:
    """`old` takes the place of `new` in one step."""
    os.replace(old, new)


def link(old: Path, new: Path) -> None:
    """`new` becomes a second name of `old`; FileExistsError, never overwriting."""
    os.link(old, new)


def unlink(path: Path) -> None:
    """Remove one name."""
    os.unlink(path)


def sync_folder(folder: Path) -> None:
    """The folder's names are on the disk when this returns; systems that cannot do this are left alone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0))
    except PermissionError:
        return  # a folder that we may write to and not read, or Windows
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """A new folder, private to its owner while it is filled; FileExistsError if the name is taken."""
    os.mkdir(path, 0o700)


def remove_folder(path: Path) -> None:
    """Remove an empty folder."""
    os.rmdir(path)


def remove_tree(path: Path) -> None:
    """Remove a folder that we made ourselves, with all that is in it; links are removed and not followed."""
    shutil.rmtree(path, ignore_errors=True)


def exchange(one: Path, other: Path) -> bool:
    """Two names change places in one step; False where the system or the file system cannot do that."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    done: int = rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE)
    return done == 0
