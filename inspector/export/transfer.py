"""Bytes on their way into the new file: read once, hashed beside the writing, compared with what was expected.

One thread reads and writes, a second one hashes; both leave Python's lock while they work, so two cores are busy
(performance.md section 4). At most `_RING` pieces of `_PIECE` bytes are in memory.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from inspector.archive.source import ByteSource, chunks
from inspector.export import disk, tarstream
from inspector.oci.digest import Digest, hasher
from inspector.progress import CancelToken

_PIECE = 1 << 20
_RING = 8
_INLINE = 64 << 10
"""Below this a thread costs more than it saves."""


class TarOutput:
    """The new tar, written from front to back. `advanced` hears of every few bytes that were written.

    Methods raise OSError if the disk does not take the bytes, `Cancelled`, and what reading the source raises.
    """

    def __init__(self, descriptor: int, token: CancelToken, advanced: Callable[[int], None]) -> None:
        self._descriptor = descriptor
        self._token = token
        self._advanced = advanced
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="export-hash")
        self.offset = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def folder(self, name: str) -> None:
        """One folder entry."""
        self._put(tarstream.folder_header(name))

    def document(self, name: str, data: bytes) -> None:
        """One file whose bytes are here."""
        self._put(tarstream.file_header(name, len(data)) + data + bytes(tarstream.padding(len(data))))

    def blob(self, name: str, source: ByteSource, algorithm: str) -> Digest:
        """One file with the bytes of `source`; returns their digest, as read."""
        self._put(tarstream.file_header(name, source.size))
        digest = self._pour(chunks(source, size=_PIECE, token=self._token), algorithm, source.size)
        self._put(bytes(tarstream.padding(source.size)))
        return digest

    def stream(self, name: str, pieces: Iterable[bytes], algorithm: str) -> tuple[Digest, int]:
        """One file whose size is known only at its end; returns digest and size of what came.

        Its header is written over a place kept free, so it must stay below 8 GiB: OverflowError otherwise.
        """
        place = self.offset
        self._put(bytes(tarstream.BLOCK))
        digest = self._pour(pieces, algorithm, _INLINE + 1)
        size = self.offset - place - tarstream.BLOCK
        header = tarstream.file_header(name, size)
        if len(header) != tarstream.BLOCK:
            raise OverflowError(f"{name} has {size} bytes, more than a plain tar header can state")
        self._put(bytes(tarstream.padding(size)))
        disk.write_at(self._descriptor, header, place)
        return digest, size

    def end(self) -> int:
        """The end of the archive; returns the size of the file."""
        self._put(tarstream.END)
        return self.offset

    def _put(self, data: bytes) -> None:
        if not data:
            return
        self._token.check()
        disk.write(self._descriptor, data)
        self.offset += len(data)
        self._advanced(len(data))

    def _pour(self, pieces: Iterable[bytes], algorithm: str, size: int) -> Digest:
        running = hasher(algorithm)
        waiting: deque[Future[None]] = deque()
        for piece in pieces:
            if size <= _INLINE:
                running.update(piece)
            else:
                if len(waiting) >= _RING:
                    waiting.popleft().result()
                waiting.append(self._pool.submit(running.update, piece))
            self._put(piece)
        for future in waiting:
            future.result()
        return Digest.parse(f"{algorithm}:{running.hexdigest()}")


class BackgroundSync:
    """Carries a file to the disk while its bytes are read back.

    Asking the kernel for it earlier, while writing, was measured: it slows the writing by more than it saves here. The thread works on a descriptor of its own and nobody has to wait for it: a cancelled export is over at once
    although the kernel may need seconds to let go.
    """

    def __init__(self, descriptor: int) -> None:
        import os

        self._descriptor = os.dup(descriptor)
        self._error: OSError | None = None
        self._done = threading.Event()
        threading.Thread(target=self._run, name="export-sync", daemon=True).start()

    def _run(self) -> None:
        try:
            disk.sync(self._descriptor)
        except OSError as error:
            self._error = error
        finally:
            try:
                disk.close(self._descriptor)
            except OSError as error:
                self._error = self._error or error
            self._done.set()

    def wait(self, token: CancelToken) -> None:
        """Return once the bytes are on the disk; the OSError if they are not, `Cancelled` if asked to stop."""
        while not self._done.wait(0.05):
            token.check()
        if self._error is not None:
            raise self._error
