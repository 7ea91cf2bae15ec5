"""A layout folder that grows: one file for each member, with the modes that new files get on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from inspector.archive.source import ByteSource, chunks
from inspector.export import disk
from inspector.export.target import new_mode
from inspector.progress import CancelToken


class FolderOutput:
    """Files below `root`, which is private and empty. `advanced` hears of the bytes that were written.

    Methods raise OSError, `Cancelled`, and what reading the source raises. Names are those of a plan: `blobs/sha256/…`.
    """

    def __init__(self, root: Path, token: CancelToken, advanced: Callable[[int], None]) -> None:
        self._root = root
        self._token = token
        self._advanced = advanced
        self._file_mode = new_mode()
        self._folder_mode = new_mode(0o777)
        self._files: list[Path] = []
        self._folders: list[Path] = []

    def paths(self) -> list[Path]:
        """Everything to be carried to the disk: files, then folders from the inside out."""
        return [*self._files, *reversed(self._folders)]

    def folder(self, name: str) -> None:
        """One folder; its parent was made before."""
        path = self._root / name
        disk.make_folder(path)
        if os.name == "posix":
            os.chmod(path, self._folder_mode)
        self._folders.append(path)

    def document(self, name: str, data: bytes) -> None:
        """One file whose bytes are here."""
        self.stream(name, [data])

    def blob(self, name: str, source: ByteSource) -> None:
        """One file with the bytes of `source`."""
        self.stream(name, chunks(source, token=self._token))

    def stream(self, name: str, pieces: Iterable[bytes]) -> int:
        """One file of any size; returns the size."""
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
