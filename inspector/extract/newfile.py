"""One file while it is written: under a name of its own, private, and whole when it gets the name that it is to have."""

from __future__ import annotations

import contextlib
import errno

from inspector.extract import disk
from inspector.extract.folders import OpenFolder
from inspector.extract.names import free_names
from inspector.filelock import lock


class NewFile:
    """Made at once; then `write_at` in any order, and `finish` or `discard`. All of them may raise OSError.

    It keeps its folder open: what happens to the names above it does not matter to it.
    """

    __slots__ = ("_at", "_descriptor", "_end", "_folder", "_temporary", "identity")

    def __init__(self, folder: OpenFolder, temporary: bytes) -> None:
        self._folder = folder
        self._at = folder.number
        self._temporary = temporary
        self._end = 0
        self._descriptor = disk.create(temporary, self._at)
        lock(self._descriptor)
        self.identity = disk.identity(self._descriptor)

    def write_at(self, data: bytes | memoryview, offset: int) -> None:
        """All of `data` at `offset`."""
        disk.write_at(self._descriptor, data, offset)
        self._end = max(self._end, offset + len(data))

    def finish(self, name: bytes, size: int, mode: int, mtime: int | None) -> bytes:
        """Close it and give it `name`, or one like it; returns which. After an error it is gone."""
        try:
            if size != self._end:  # it ends in a hole
                disk.set_size(self._descriptor, size)
            disk.set_attributes(self._descriptor, mode, mtime)
            self._close()
            for candidate in free_names(name):
                try:
                    disk.settle(self._temporary, candidate, self._at)
                except FileExistsError:
                    continue
                return candidate
            raise FileExistsError(errno.EEXIST, "A thousand names like it are taken")
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Take it back; a second call does nothing."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                self._close()
        with contextlib.suppress(OSError):
            if disk.identity_at(self._temporary, self._at) == self.identity:
                disk.unlink(self._temporary, self._at)

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        disk.close(descriptor)
