"""A layout folder as the target of an export: whole or not there, like a file.

It grows under a temporary name beside its place, private, and takes the name when every file in it was synced and read
back. An empty folder is filled without a question; a layout is replaced only if the person said so, in one step where the
system can do that, and only if nothing but a layout's files is in it. What is no layout's is never removed.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from inspector.errors import TargetExists, TargetUnwritable
from inspector.export import disk
from inspector.export.target import Target, new_mode, unwritable
from inspector.language import say

_FILES = re.compile(r"oci-layout|index\.json|manifest\.json|repositories|blobs/[a-z0-9+._-]+/[0-9a-zA-Z=_-]+")
_FOLDERS = re.compile(r"blobs(/[a-z0-9+._-]+)?")
_SHOWN = 80


class FolderTarget(Target):
    """One layout folder to be; used as `Target`. `part` is a folder, `descriptor` is open on it."""

    def _new_mode(self) -> int:
        return new_mode(0o777)

    def _check_kind(self, status: os.stat_result) -> None:
        if not stat.S_ISDIR(status.st_mode):
            raise TargetUnwritable(
                "The export cannot be written",
                say("%s is no folder. Choose the name of a folder, or another form.", self.path),
                subject=str(self.path),
            )
        try:
            files, others = _content(self._real)
        except OSError as error:
            raise unwritable(self.path, error) from error
        if not files and not others:
            return
        if others:
            raise TargetUnwritable(
                "The folder holds other files",
                say(
                    "%(path)s: %(others)s is no part of an image layout, and nothing of yours is removed. Choose an empty folder or a new name.",
                    path=self.path,
                    others=f"{others[0][:_SHOWN]!r}",
                ),
                subject=str(self.path),
            )
        if not self._overwrite:
            raise TargetExists(
                "The target exists",
                say(
                    "%s is a folder that is not empty. Choose another name, or say that it may be replaced. Nothing was written.",
                    self.path,
                ),
                subject=str(self.path),
            )

    def _create(self, part: Path) -> int:
        disk.make_folder(part)
        return os.open(part, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0))

    def _remove(self, part: Path) -> None:
        disk.remove_tree(part)

    def _take_name(self, part: Path) -> list[str]:
        status = os.stat(self._real) if os.path.lexists(self._real) else None
        if status is None or not any(_content(self._real)):
            try:
                if status is not None and os.name == "nt":
                    disk.remove_folder(self._real)
                disk.replace(part, self._real)
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                    raise TargetExists(
                        "The target exists",
                        say("%s was filled by another program meanwhile. Choose another name.", self.path),
                        subject=str(self.path),
                    ) from error
                raise
            return []
        return self._replace(part)

    def _replace(self, part: Path) -> list[str]:
        """`part` takes the place of the old layout, whose files then go."""
        old = part
        if not disk.exchange(part, self._real):
            old = part.with_name(part.name.removesuffix(".part") + ".old")  # never swept: it is the person's
            disk.replace(self._real, old)
            try:
                disk.replace(part, self._real)
            except OSError:
                disk.replace(old, self._real)
                raise
        try:
            remove_layout(old)
        except OSError as error:
            return [
                say(
                    "What was there before could not be removed, and lies in %(old)s (%(reason)s).",
                    old=old,
                    reason=error.strerror or error,
                )
            ]
        return []


def _content(folder: Path) -> tuple[list[str], list[str]]:
    """The relative names of a layout's files and folders below `folder`, and of everything else; links are not followed."""
    files: list[str] = []
    others: list[str] = []
    for name, entry in _entries(folder):
        is_ours = _FOLDERS.fullmatch(name) if entry.is_dir(follow_symlinks=False) else _FILES.fullmatch(name)
        ours = is_ours and not entry.is_symlink() and (entry.is_dir() or entry.is_file())
        (files if ours else others).append(name)
        if others:
            break
    return files, others


def _entries(folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    waiting = [""]
    while waiting:
        here = waiting.pop()
        with os.scandir(folder / here) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                name = f"{here}/{entry.name}" if here else entry.name
                yield name, entry
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(name)


def remove_layout(folder: Path) -> None:
    """Remove the files and folders of a layout; OSError (ENOTEMPTY) if there is anything else, which stays."""
    folders = [folder]
    for name, entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            folders.append(folder / name)
        elif _FILES.fullmatch(name):
            disk.unlink(folder / name)
    for path in sorted(folders, key=lambda path: -len(path.parts)):
        disk.remove_folder(path)


def is_empty_folder(path: Path) -> bool:
    """Whether a folder is there with nothing in it."""
    with suppress(OSError, ValueError), os.scandir(path) as entries:
        return next(entries, None) is None
    return False
