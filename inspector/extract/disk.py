"""The few calls that change a disk, each relative to an open folder and none of them following a link.

Every name is a single component in bytes. All of an extraction goes through these functions, so that a test can make
any of them fail, or behave like a file system that folds case.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

from inspector.errors import ExtractError

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_LARGEST_SECONDS = 1 << 62
_NO_LINKS = (errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL, errno.EXDEV)

FATAL = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE)
)
"""Errors after which the next file would fare no better."""

Identity = tuple[int, int]
"""(st_dev, st_ino)"""


def check_support() -> None:
    """Raise `ExtractError` where the system has no calls that work relative to an open folder (Windows).

    Without them a folder could be exchanged for a link between looking at it and writing into it.
    """
    needed = (os.open, os.mkdir, os.symlink, os.unlink, os.link, os.stat)
    if not all(call in os.supports_dir_fd for call in needed) or not hasattr(os, "O_NOFOLLOW"):
        raise ExtractError(
            "Extracting is not possible on this system",
            "It has no way to write into a folder that is safe from links. Use `cat` to get single files.",
        )


def open_root(path: Path) -> int:
    """The chosen folder itself; OSError if it is none, or a symbolic link."""
    return os.open(path, _FOLDER)


def open_folder(name: bytes, at: int) -> int:
    """A folder in the folder `at`; OSError if it is anything else, a link included."""
    return os.open(name, _FOLDER, dir_fd=at)


def make_folder(name: bytes, at: int) -> None:
    """A new folder, private while it is filled; FileExistsError if the name is taken by anything."""
    os.mkdir(name, 0o700, dir_fd=at)


def create(name: bytes, at: int) -> int:
    """A new file, private while it is written; FileExistsError if the name is taken by anything."""
    return os.open(name, _NEW, 0o600, dir_fd=at)


def make_link(target: bytes, name: bytes, at: int) -> None:
    """A new symbolic link; FileExistsError if the name is taken."""
    os.symlink(target, name, dir_fd=at)


def write_at(descriptor: int, data: bytes | memoryview, offset: int) -> None:
    """All of `data` at `offset`; what is passed over stays a hole."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view = view[written:]
        offset += written


def set_size(descriptor: int, size: int) -> None:
    """The file ends at `size`, with a hole if nothing was written there."""
    os.ftruncate(descriptor, size)


def set_attributes(descriptor: int, mode: int, mtime: int | None) -> None:
    """Permissions and time of an open file or folder; a time that the file system cannot hold is left as it is."""
    os.fchmod(descriptor, mode)
    if mtime is not None and abs(mtime) < _LARGEST_SECONDS:
        with contextlib.suppress(OSError, OverflowError, ValueError):
            os.utime(descriptor, (mtime, mtime))


def close(descriptor: int) -> None:
    """An error of close is an error of writing: a network share may complain only here."""
    os.close(descriptor)


def settle(temporary: bytes, name: bytes, at: int) -> None:
    """Give the finished file its name in one step; FileExistsError if it is taken, and then nothing has changed.

    A second name, and then the first one away: a rename would replace what stands there. Where the file system knows no
    second names (FAT), the name is taken by an empty file first, which the rename replaces.
    """
    try:
        os.link(temporary, name, src_dir_fd=at, dst_dir_fd=at, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.close(create(name, at))
        os.rename(temporary, name, src_dir_fd=at, dst_dir_fd=at)
    else:
        unlink(temporary, at)


def unlink(name: bytes, at: int) -> None:
    """Remove one name that is no folder."""
    os.unlink(name, dir_fd=at)


def remove_folder(name: bytes, at: int) -> None:
    """Remove one empty folder."""
    os.rmdir(name, dir_fd=at)


def identity(descriptor: int) -> Identity:
    """Which file or folder this is, whatever its name."""
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


def identity_at(name: bytes, at: int) -> Identity | None:
    """Which file, folder or link has that name; None if none has."""
    try:
        found = os.stat(name, dir_fd=at, follow_symlinks=False)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_folder_at(name: bytes, at: int) -> bool:
    """Whether a folder, not a link to one, has that name."""
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode)
    except OSError:
        return False


def free_bytes(descriptor: int) -> int:
    """What a person without privileges may still write there."""
    found = os.fstatvfs(descriptor)
    return found.f_bavail * found.f_frsize
