"""The place where an export lands: safe to try, and either whole or not there.

The file is written under a temporary name in the target's own folder, private while it grows, synced, and only then
takes the target's name (security.md 37 to 41). Whatever happens before that, the old target stays as it was and
the temporary file goes.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Self

from inspector.errors import TargetExists, TargetIsSource, TargetUnwritable
from inspector.export import disk, leftovers
from inspector.filelock import lock
from inspector.language import say

Identity = tuple[int, int]
"""st_dev and st_ino of a file."""

_REASONS = {
    errno.ENOSPC: say("the disk is full. Free some room or choose another folder"),
    errno.EDQUOT: say("the disk quota is used up. Free some room or choose another folder"),
    errno.EFBIG: say(
        "the file system or a limit of this process does not take files of this size. Choose another folder"
    ),
    errno.EROFS: say("the file system is read-only. Choose another folder"),
    errno.EACCES: say("there is no permission to write there. Choose another folder"),
    errno.EPERM: say("there is no permission to write there. Choose another folder"),
    errno.ENAMETOOLONG: say("the name is too long. Choose a shorter one"),
    errno.ENOENT: say("the folder does not exist. Create it or choose another"),
    errno.ENOTDIR: say("a part of the path is no folder. Choose another place"),
    errno.ELOOP: say("the path leads through too many links. Choose another place"),
    errno.EIO: say("the disk reports an error. Choose another disk"),
}


def unwritable(path: Path, error: OSError) -> TargetUnwritable:
    """The one sentence for an OSError while writing `path`."""
    reason = _REASONS.get(error.errno or 0, say("%s. Choose another place", error.strerror or error))
    return TargetUnwritable(
        "The export cannot be written", say("%(path)s: %(reason)s.", path=path, reason=reason), subject=str(path)
    )


def _status(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as error:  # a NUL
        raise TargetUnwritable("The export cannot be written", f"{str(path)!r}: {error}.", subject=str(path)) from error
    except OSError as error:
        raise unwritable(path, error) from error


def new_mode(all_bits: int = 0o666) -> int:
    """`all_bits` without the umask; read from /proc, since os.umask() changes it for all threads for a moment."""
    mask = 0o022
    with suppress(OSError, ValueError):
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            found = re.search(r"^Umask:\s*([0-7]+)$", status.read(), re.MULTILINE)
        if found:
            mask = int(found[1], 8)
    return all_bits & ~mask


class Target:
    """One file to be. Use as a context manager: leaving it without `commit` removes every trace.

    `forbidden` are the identities of the files that are being read; `inside` folders that are.
    Raises `TargetExists`, `TargetIsSource`, `TargetUnwritable` on entering, before anything is written.
    """

    def __init__(
        self,
        path: Path,
        *,
        overwrite: bool = False,
        forbidden: Collection[Identity] = (),
        inside: Collection[Path] = (),
    ) -> None:
        self.path = path
        self._overwrite = overwrite
        self._forbidden = frozenset(forbidden)
        self._inside = tuple(inside)
        self._descriptor = -1
        self._part: Path | None = None
        self._real = path
        self._mode = 0o644

    # before --------------------------------------------------------------------------------------------

    def check(self, needed: int = 0) -> None:
        """Everything that can be known before the work: names, rights, room for `needed` bytes."""
        try:
            # A link is followed: what it points to is replaced, and the link goes on pointing there.
            self._real = Path(os.path.realpath(self.path))
        except (OSError, ValueError) as error:
            shown = str(self.path)
            raise TargetUnwritable("The export cannot be written", f"{shown}: {error}.", subject=shown) from error
        folder = self._real.parent
        status = self._check_place()
        self._mode = stat.S_IMODE(status.st_mode) & 0o777 if status is not None else self._new_mode()
        try:
            check_folder(folder)
            if len(os.fsencode(self._real.name)) > leftovers.name_limit(folder):
                raise unwritable(self.path, OSError(errno.ENAMETOOLONG, ""))
            free = free_bytes(folder)
        except OSError as error:
            raise unwritable(self.path, error) from error
        check_room(needed, free, self.path)

    def _new_mode(self) -> int:
        return new_mode()

    def _check_place(self) -> os.stat_result | None:
        """The status of an existing target that may be replaced, None if there is none."""
        if any(self._real.is_relative_to(os.path.realpath(folder)) for folder in self._inside):
            raise TargetIsSource(
                "The target lies inside the source",
                say("%s is a file of the layout folder that is being read. Choose another folder.", self.path),
                subject=str(self.path),
            )
        status = _status(self._real)
        if status is None:
            return None
        if (status.st_dev, status.st_ino) in self._forbidden:
            raise TargetIsSource(
                "The target is the source",
                say("%s is the file that is being read, directly or through a link. Choose another name.", self.path),
                subject=str(self.path),
            )
        self._check_kind(status)
        return status

    def _check_kind(self, status: os.stat_result) -> None:
        """Whether what is there may be replaced by what will be written."""
        if not stat.S_ISREG(status.st_mode):
            what = say("a folder") if stat.S_ISDIR(status.st_mode) else say("no regular file")
            raise TargetUnwritable(
                "The export cannot be written",
                say("%(path)s is %(what)s. Choose a file name.", path=self.path, what=what),
                subject=str(self.path),
            )
        if not self._overwrite:
            raise TargetExists(
                "The target exists", say("%s is there already. Choose another name, or say that it may be replaced. Nothing was written.", self.path), subject=str(self.path),
            )  # fmt: skip

    # while ---------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.check()
        folder, name = self._real.parent, self._real.name
        try:
            with leftovers.turn(folder):
                if leftovers.sweep(folder, name):
                    raise TargetUnwritable(
                        "Another export writes this file",
                        say(
                            "%s is being written by another export. Wait until it ends, or choose another name.",
                            self.path,
                        ),
                        subject=str(self.path),
                    )
                self._part = folder / leftovers.new_part_name(name, leftovers.name_limit(folder))
                self._descriptor = self._create(self._part)
                lock(self._descriptor)
        except OSError as error:
            self._part = None if self._descriptor < 0 else self._part
            self._clear()
            raise unwritable(self.path, error) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def _create(self, part: Path) -> int:
        return disk.create(part)

    def _remove(self, part: Path) -> None:
        disk.unlink(part)

    def _clear(self) -> None:
        if self._part is not None:
            with suppress(OSError):
                self._remove(self._part)
            self._part = None
        if self._descriptor >= 0:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1

    @property
    def descriptor(self) -> int:
        """The open temporary file, read and write."""
        return self._descriptor

    @property
    def part(self) -> Path:
        """Where the temporary file lies."""
        assert self._part is not None, "the target is not open"
        return self._part

    @property
    def folder(self) -> Path:
        """The folder that the target really lies in, links resolved."""
        return self._real.parent

    # after ---------------------------------------------------------------------------------------------

    def commit(self) -> list[str]:
        """Give the file, whole and synced, its name. Returns notes about what could not be made sure of.

        Raises as `check` does if the place changed meanwhile; then nothing happened.
        """
        assert self._part is not None, "the target is not open"
        self._check_place()
        try:
            disk.set_mode(self._descriptor, self._mode)
            notes = self._take_name(self._part)
        except OSError as error:
            raise unwritable(self.path, error) from error
        self._part = None
        try:
            disk.sync_folder(self._real.parent)
        except OSError as error:
            # The file has its name; taking it back would lose more than a note does.
            notes.append(say("The folder could not be synced to the disk (%s).", error.strerror or error))
        with suppress(OSError):
            disk.close(self._descriptor)  # synced before: nothing can be lost here
        self._descriptor = -1
        return notes

    def _take_name(self, part: Path) -> list[str]:
        if self._overwrite:
            disk.replace(part, self._real)
        else:
            self._name_without_replacing(part)
        return []

    def _name_without_replacing(self, part: Path) -> None:
        try:
            name_without_replacing(part, self._real)
        except FileExistsError as error:
            raise TargetExists(
                "The target exists", say("%s was made by another program meanwhile. Choose another name.", self.path),
                subject=str(self.path),
            ) from error  # fmt: skip


def check_folder(folder: Path) -> None:
    """OSError if no file can be made in `folder`, as far as can be known before it is tried."""
    if not stat.S_ISDIR(os.stat(folder).st_mode):
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(folder, os.W_OK | os.X_OK):
        number = errno.EACCES
        with suppress(AttributeError, OSError):
            number = errno.EROFS if os.statvfs(folder).f_flag & os.ST_RDONLY else number
        raise OSError(number, os.strerror(number))


def name_without_replacing(part: Path, target: Path) -> None:
    """Give a file its name; FileExistsError if that is taken."""
    try:
        disk.link(part, target)
    except FileExistsError:
        raise
    except OSError:
        # FAT, exFAT and some shares know no second name. A look before the renaming is all they allow.
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        disk.replace(part, target)
    else:
        with suppress(OSError):
            disk.unlink(part)


def check_room(needed: int, free: int | None, path: Path) -> None:
    """`TargetUnwritable` about `path` if more bytes are needed than are free; None: nobody knows how many are."""
    if free is not None and needed > free:
        raise TargetUnwritable(
            "The disk has too little room",
            say(
                "%(path)s: the export needs %(needed)s bytes, %(free)s are free. Free some room or choose another folder.",
                path=path,
                needed=f"{needed:,}",
                free=f"{free:,}",
            ),
            subject=str(path),
        )


def free_bytes(folder: Path) -> int | None:
    """Room for files of this person on the disk of `folder`; None where the system does not say."""
    try:
        status = os.statvfs(folder)
    except (AttributeError, OSError):
        return None
    return status.f_bavail * status.f_frsize
