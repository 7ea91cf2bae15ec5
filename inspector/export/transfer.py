"""Bytes on their way into the new file: read once, and hashed beside the writing.

One thread reads and writes, a second one hashes; both leave Python's lock while they work, so two cores are busy
(performance.md section 4). At most `_RING` pieces of `_PIECE` bytes are in memory.

What is hashed here is the new file. Whether each blob is what its digest says is found out by reading the file back
(`verify`), which has to be done anyway: hashing every blob here as well would cost a third more and tell nothing new.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from inspector.archive.source import ByteSource, chunks
from inspector.export import disk, tarstream
from inspector.oci.digest import Digest, hasher
from inspector.progress import CancelToken

_PIECE = 1 << 20
_RING = 8
_SMALL = 64 << 10
"""Pieces below this are gathered: one write and one hashing for many headers and documents."""


class TarOutput:
    """The new tar, written from front to back.

    Methods raise OSError if the disk does not take the bytes, `Cancelled`, and what reading the source raises.
    """

    def __init__(
        self, descriptor: int, token: CancelToken, advanced: Callable[[int], None] = lambda _count: None
    ) -> None:
        self._descriptor = descriptor
        self._token = token
        self._advanced = advanced
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="export-hash")
        self._waiting: deque[Future[None]] = deque()
        self._gathered = bytearray()
        self._whole = hasher("sha256")
        self._whole_is_known = True
        self._frame = hasher("sha256")
        self.offset = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def counted(self, advanced: Callable[[int], None]) -> Self:
        """Itself, with `advanced` hearing of every few bytes that were written."""
        self._advanced = advanced
        return self

    def folder(self, name: str) -> None:
        """One folder entry."""
        self._put_frame(tarstream.folder_header(name))

    def document(self, name: str, data: bytes) -> None:
        """One file whose bytes are here."""
        self._put_frame(tarstream.file_header(name, len(data)))
        self._put(data)
        self._put_frame(bytes(tarstream.padding(len(data))))

    def blob(self, name: str, source: ByteSource) -> None:
        """One file with the bytes of `source`."""
        self._put_frame(tarstream.file_header(name, source.size))
        for piece in chunks(source, size=_PIECE, token=self._token):
            self._put(piece)
        self._put_frame(bytes(tarstream.padding(source.size)))

    def stream(self, name: str, pieces: Iterable[bytes]) -> int:
        """One file whose size is known only at its end; returns the size.

        Its header is written over a place kept free, so it must stay below 8 GiB: OverflowError otherwise.
        """
        place = self.offset
        self._put(bytes(tarstream.BLOCK))
        for piece in pieces:
            self._put(piece)
        size = self.offset - place - tarstream.BLOCK
        header = tarstream.file_header(name, size)
        if len(header) != tarstream.BLOCK:
            raise OverflowError(f"{name} has {size} bytes, more than a plain tar header can state")
        self._flush()
        disk.write_at(self._descriptor, header, place)
        self._whole_is_known = False
        self._frame.update(header)
        self._put_frame(bytes(tarstream.padding(size)))
        return size

    def end(self) -> Written:
        """The end of the archive."""
        self._put_frame(tarstream.END)
        self._flush()
        while self._waiting:
            self._waiting.popleft().result()
        whole = self._whole.hexdigest() if self._whole_is_known else None
        return Written(self.offset, whole, Digest.from_hex(self._frame.hexdigest()))

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
        if len(self._waiting) >= _RING:
            self._waiting.popleft().result()
        if self._whole_is_known:
            self._waiting.append(self._pool.submit(self._whole.update, data))
        disk.write(self._descriptor, data)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the file's size, its sha256 in hex (None if a header had to be written late), and the digest
    of its frame, that is of all bytes that are no content: headers, padding, end.
    """

    size: int
    sha256: str | None
    frame: Digest


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
