"""The folders of an extraction on the disk: made, found again, and opened without ever following a link."""

from __future__ import annotations

import contextlib
import errno
import os
from collections import OrderedDict
from pathlib import Path
from typing import Self

from inspector.errors import ExtractError
from inspector.extract import disk, leftovers
from inspector.extract.names import free_names
from inspector.language import say

_KEPT_OPEN = 24


class OpenFolder:
    """A descriptor that is closed when nobody uses it any more."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        with contextlib.suppress(OSError):  # nothing is written through a folder's descriptor
            os.close(self.number)


class Folder:
    """A folder below the chosen one. `made`: by us; else it was there and is only written into."""

    __slots__ = ("identity", "made", "name", "parent")

    def __init__(self, parent: Folder | None, name: bytes, identity: disk.Identity, *, made: bool) -> None:
        self.parent = parent
        self.name = name
        self.identity = identity
        self.made = made

    @property
    def path(self) -> bytes:
        """Below the chosen folder, as it is called on the disk; b"" for that one."""
        names: list[bytes] = []
        folder = self
        while folder.parent is not None:
            names.append(folder.name)
            folder = folder.parent
        return b"/".join(reversed(names))


class Ground:
    """The chosen folder and all that is made of folders below it; a context manager.

    Each folder is remembered by what it is and not by its name: one that was exchanged for a link is not opened, one that
    was exchanged for another folder is refused.
    """

    def __init__(self, target: Path) -> None:
        """Open `target`, making it (but not the folders above it) if it is absent. Raises `ExtractError`."""
        disk.check_support()
        self.target = target
        self.made_target = False
        try:
            try:
                os.mkdir(target)
                self.made_target = True
            except FileExistsError:
                pass
            number = disk.open_root(target)
        except (OSError, ValueError) as error:
            raise _unusable(target, error) from error
        root = OpenFolder(number)
        if not self.made_target:
            leftovers.sweep(number)
        self.root = Folder(None, b"", disk.identity(number), made=False)
        self._open: OrderedDict[Folder, OpenFolder] = OrderedDict()
        self._root = root
        self._known = {self.root.identity: self.root}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.clear()

    def open(self, folder: Folder) -> OpenFolder:
        """The folder, opened from the chosen one downwards. OSError if it is not where it was made."""
        missing: list[Folder] = []
        here: Folder | None = folder
        found: OpenFolder | None = None
        while here is not None and found is None:
            found = self._root if here.parent is None else self._open.get(here)
            if found is None:
                missing.append(here)
                here = here.parent
        assert found is not None
        for step in reversed(missing):
            found = OpenFolder(disk.open_folder(step.name, found.number))
            if disk.identity(found.number) != step.identity:
                raise OSError(errno.ENOTDIR, "Its folder was exchanged for another one")
            self._open[step] = found
        if folder in self._open:
            self._open.move_to_end(folder)
        while len(self._open) > _KEPT_OPEN:
            self._open.popitem(last=False)
        return found

    def enter(self, parent: Folder, name: bytes) -> Folder:
        """The folder `name` of `parent`: made, or the one that is there already.

        It gets another name if something else has its own: a file, a link, or a folder that stands for another path of the
        archive (where the file system takes `A` and `a` for the same). OSError if it cannot be had.
        """
        above = self.open(parent)
        for candidate in free_names(name, is_folder=True):
            made = True
            try:
                disk.make_folder(candidate, above.number)
            except FileExistsError:
                if not disk.is_folder_at(candidate, above.number):
                    continue
                made = False
            try:
                opened = OpenFolder(disk.open_folder(candidate, above.number))
            except OSError:
                if made:
                    with contextlib.suppress(OSError):
                        disk.remove_folder(candidate, above.number)
                raise
            identity = disk.identity(opened.number)
            if identity in self._known:
                continue
            if not made:
                leftovers.sweep(opened.number)
            folder = Folder(parent, candidate, identity, made=made)
            self._known[identity] = folder
            self._open[folder] = opened
            return folder
        raise FileExistsError(errno.EEXIST, "A thousand names like it are taken")

    def finish(self, folder: Folder, mode: int, mtime: int | None) -> None:
        """Permissions and time of a folder that we made, when all is in it. OSError."""
        if folder.made:
            disk.set_attributes(self.open(folder).number, mode, mtime)

    def remove(self, folder: Folder) -> None:
        """Take back a folder that we made, if nothing is in it."""
        if not folder.made or folder.parent is None:
            return
        with contextlib.suppress(OSError):
            above = self.open(folder.parent).number
            if disk.identity_at(folder.name, above) == folder.identity:
                disk.remove_folder(folder.name, above)
        self._open.pop(folder, None)

    def remove_target(self) -> None:
        """Take back the chosen folder, if we made it and nothing is in it."""
        if self.made_target:
            with contextlib.suppress(OSError):
                os.rmdir(self.target)

    @property
    def free_bytes(self) -> int:
        """What may still be written there."""
        return disk.free_bytes(self._root.number)


def _unusable(target: Path, error: OSError | ValueError) -> ExtractError:
    number = error.errno if isinstance(error, OSError) else None
    why: str
    if number == errno.ENOENT:
        why = say("The folder above it does not exist; make that first")
    elif target.is_symlink():
        why = say("It is a symbolic link; name the folder that it leads to")
    elif number == errno.ENOTDIR:
        why = say("It is no folder, or one above it is none")
    else:
        why = getattr(error, "strerror", None) or str(error)
    return ExtractError(
        "The folder cannot be written to", say("%(name)s: %(why)s.", name=target, why=why), subject=str(target)
    )
