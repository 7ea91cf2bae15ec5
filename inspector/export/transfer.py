"""Bytes on their way into the new tar, from front to back.

Nothing is hashed here but the frame: `trailing.Trail` reads the file back while it grows and computes the digests of what
is really in it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Self

from inspector.archive.source import ByteSource, chunks
from inspector.export import disk, tarstream
from inspector.export.expected import Expected, Written
from inspector.export.trailing import Trail
from inspector.oci.digest import Digest, hasher
from inspector.progress import CancelToken

_PIECE = 1 << 20
_SMALL = 64 << 10
"""Pieces below this are gathered: one write for many headers and documents."""


class TarOutput:
    """The new tar; `trail` reads back what is in it.

    Methods raise OSError if the disk does not take the bytes, `Cancelled`, what reading the source raises, and what the
    trail found to be wrong.
    """

    def __init__(self, descriptor: int, token: CancelToken, trail: Trail) -> None:
        self._descriptor = descriptor
        self._token = token
        self._trail = trail
        self._advanced: Callable[[int], None] = lambda _count: None
        self._gathered = bytearray()
        self._frame = hasher("sha256")
        self._expected: list[Expected] = []
        self._folders: set[str] = set()
        self._is_open = False
        self._on_disk = 0
        self.offset = 0

    def counted(self, advanced: Callable[[int], None]) -> Self:
        """Itself, with `advanced` hearing of every few bytes that are written from now on."""
        self._advanced = advanced
        return self

    @property
    def names(self) -> set[str]:
        """The files and folders that are in it."""
        return self._folders | {item.name for item in self._expected}

    def folder(self, name: str) -> None:
        """One folder entry."""
        self._folders.add(name)
        self._put_frame(tarstream.folder_header(name))

    def document(self, item: Expected, data: bytes) -> None:
        """One file whose bytes are here."""
        self._put_frame(tarstream.file_header(item.name, len(data)))
        self._expect(item, self.offset)
        self._put(data)
        self._put_frame(bytes(tarstream.padding(len(data))))

    def blob(self, item: Expected, source: ByteSource) -> None:
        """One file with the bytes of `source`."""
        self._put_frame(tarstream.file_header(item.name, source.size))
        self._expect(item, self.offset)
        for piece in chunks(source, size=_PIECE, token=self._token):
            self._put(piece)
        self._put_frame(bytes(tarstream.padding(source.size)))

    def stream(self, pieces: Iterable[bytes], finish: Callable[[int], Expected | None]) -> None:
        """One file of which nothing is known before its end: `finish` is then asked, with its size; None takes it back.

        Its header is written over a place that was kept free.
        """
        self._flush()
        place = self.offset
        self._is_open = True
        self._put(bytes(tarstream.BLOCK))
        for piece in pieces:
            self._put(piece)
        size = self.offset - place - tarstream.BLOCK
        item = finish(size)
        self._flush()
        if item is None:
            disk.cut(self._descriptor, place)
            self.offset = self._on_disk = place
            self._is_open = False
            return
        header = tarstream.late_header(item.name, size)
        disk.write_at(self._descriptor, header, place)
        self._frame.update(header)
        self._is_open = False
        self._expect(item, place + tarstream.BLOCK)
        self._trail.settled(self._on_disk)
        self._put_frame(bytes(tarstream.padding(size)))

    def end(self) -> Written:
        """The end of the archive."""
        self._put_frame(tarstream.END)
        self._flush()
        return Written(tuple(self._expected), self.offset, Digest.from_hex(self._frame.hexdigest()))

    def _expect(self, item: Expected, offset: int) -> None:
        self._expected.append(item)
        self._trail.expect(item, offset)

    def _put_frame(self, data: bytes) -> None:
        self._frame.update(data)
        self._put(data)

    def _put(self, data: bytes) -> None:
        self._token.check()
        self.offset += len(data)
        if len(data) < _SMALL:
            self._gathered += data
            if len(self._gathered) >= _PIECE:
                self._flush()
        else:
            self._flush()
            self._carry(data)
        self._advanced(len(data))

    def _flush(self) -> None:
        if self._gathered:
            data = bytes(self._gathered)
            self._gathered.clear()
            self._carry(data)

    def _carry(self, data: bytes) -> None:
        disk.write(self._descriptor, data)
        self._on_disk += len(data)
        if not self._is_open:
            self._trail.settled(self._on_disk)


class BackgroundSync:
    """Carries a file to the disk while its bytes are read back.

    Asking the kernel for it earlier, while writing, was measured: it slows the writing by more than it saves here. The thread works on a descriptor of its own and nobody has to wait for it: a cancelled export is over at once
    although the kernel may need seconds to let go.
    """

    def __init__(self, descriptor: int, paths: Sequence[Path] = (), token: CancelToken | None = None) -> None:
        """`paths` are files and folders to be carried before `descriptor`; `token` stops between two of them."""
        self._descriptor = os.dup(descriptor)
        self._paths = paths
        self._token = token
        self._error: OSError | None = None
        self._done = threading.Event()
        threading.Thread(target=self._run, name="export-sync", daemon=True).start()

    def _run(self) -> None:
        try:
            for path in self._paths:
                if self._token is not None and self._token.cancelled:
                    return
                self._sync(path)
            disk.sync(self._descriptor)
        except OSError as error:
            self._error = error
        finally:
            try:
                disk.close(self._descriptor)
            except OSError as error:
                self._error = self._error or error
            self._done.set()

    @staticmethod
    def _sync(path: Path) -> None:
        if path.is_dir():
            disk.sync_folder(path)
            return
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            disk.sync(descriptor)
        finally:
            os.close(descriptor)

    def wait(self, token: CancelToken) -> None:
        """Return once the bytes are on the disk; the OSError if they are not, `Cancelled` if asked to stop."""
        while not self._done.wait(0.05):
            token.check()
        token.check()
        if self._error is not None:
            raise self._error
