"""A layout folder that grows: one file for each member, with the modes that new files get on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

from inspector.archive.source import ByteSource, chunks
from inspector.export import disk
from inspector.export.expected import Expected
from inspector.export.target import new_mode
from inspector.progress import CancelToken

_NAMELESS = "part"


class FolderOutput:
    """Files below `root`, which is private and empty.

    Methods raise OSError, `Cancelled`, and what reading the source raises. Names are those of a plan: `blobs/sha256/…`.
    """

    def __init__(self, root: Path, token: CancelToken) -> None:
        self._root = root
        self._token = token
        self._advanced: Callable[[int], None] = lambda _count: None
        self._file_mode = new_mode()
        self._folder_mode = new_mode(0o777)
        self.expected: list[Expected] = []
        self._files: list[Path] = []
        self._folders: list[Path] = []

    def paths(self) -> list[Path]:
        """Everything to be carried to the disk: files, then folders from the inside out."""
        return [*self._files, *reversed(self._folders)]

    def counted(self, advanced: Callable[[int], None]) -> Self:
        """Itself, with `advanced` hearing of the bytes that are written from now on."""
        self._advanced = advanced
        return self

    @property
    def names(self) -> set[str]:
        """The files and folders that are in it."""
        folders = {path.relative_to(self._root).as_posix() for path in self._folders}
        return folders | {item.name for item in self.expected}

    def folder(self, name: str) -> None:
        """One folder; its parent was made before."""
        path = self._root / name
        disk.make_folder(path)
        if os.name == "posix":
            os.chmod(path, self._folder_mode)
        self._folders.append(path)

    def document(self, item: Expected, data: bytes) -> None:
        """One file whose bytes are here."""
        self._write(item.name, [data])
        self.expected.append(item)

    def blob(self, item: Expected, source: ByteSource) -> None:
        """One file with the bytes of `source`."""
        self._write(item.name, chunks(source, token=self._token))
        self.expected.append(item)

    def stream(self, pieces: Iterable[bytes], finish: Callable[[int], Expected | None]) -> None:
        """One file of which nothing is known before its end: `finish` is then asked, with its size; None takes it back."""
        item = finish(self._write(_NAMELESS, pieces))
        path = self._files.pop()
        if item is None:
            disk.unlink(path)
            return
        self._files.append(self._root / item.name)
        disk.replace(path, self._files[-1])
        self.expected.append(item)

    def _write(self, name: str, pieces: Iterable[bytes]) -> int:
        path = self._root / name
        descriptor = disk.create(path)
        size = 0
        try:
            for piece in pieces:
                self._token.check()
                disk.write(descriptor, piece)
                size += len(piece)
                self._advanced(len(piece))
            disk.set_mode(descriptor, self._file_mode)
        finally:
            disk.close(descriptor)
        self._files.append(path)
        return size
