"""Reading the new file back while it grows: two threads follow the writer at a distance.

One computes the digest of the whole file, the other that of every blob in it; both read what the file holds, not what was
meant to be written. So all cores are busy from the first layer on, and nothing is left to read when the last one was
written (performance.md section 4). Bytes are looked at only once they are final: a header that is written late holds both
threads before it.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Self

from inspector.archive.source import Descriptor
from inspector.errors import Cancelled, InspectorError
from inspector.export.expected import Expected, WrongContent, unlike
from inspector.oci.digest import Digest, hasher
from inspector.progress import CancelToken

_PIECE = 1 << 20
_PATIENCE = 0.1
_CAN_FOLLOW = hasattr(os, "pread")
"""Without it (Windows) reading moves the writer's place in the file, so it waits until the writing is over."""


class Trail:
    """Follows one file that is written through `descriptor`. `advanced` hears of the bytes of blobs that were read back, and of
    the blob's name, from a thread of this object.
    """

    def __init__(self, descriptor: int, token: CancelToken, advanced: Callable[[int, str], None]) -> None:
        self._file = Descriptor(os.dup(descriptor))
        self._token = token
        self._advanced = advanced
        self._changed = threading.Condition()
        self._settled = 0
        self._ended = False
        self._stopped = False
        self._items: deque[tuple[Expected, int]] = deque()
        self._errors: list[Exception] = []
        self._whole = hasher("sha256")
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
            for work, name in ((self._hash_whole, "export-whole"), (self._compare_items, "export-verify"))
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def expect(self, item: Expected, offset: int) -> None:
        """The file will hold, or holds, `item` from `offset` on."""
        with self._changed:
            self._items.append((item, offset))
            self._changed.notify_all()

    def settled(self, offset: int) -> None:
        """Everything before `offset` is in the file and will not change. Raises what was found wrong so far."""
        with self._changed:
            self._settled = offset
            self._changed.notify_all()
            self._raise_first()

    def finish(self) -> str:
        """The sha256 of the file in hex, once everything that was expected was found in it.

        Raises `WrongContent`, `Cancelled`, OSError.
        """
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        for thread in self._threads:
            while thread.is_alive():
                thread.join(_PATIENCE)
                self._token.check()
        with self._changed:
            self._raise_first()
        return self._whole.hexdigest()

    def _raise_first(self) -> None:
        for error in sorted(self._errors, key=lambda error: not isinstance(error, InspectorError)):
            raise error

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Cancelled:
            pass
        except Exception as error:  # noqa: BLE001 - told to whoever writes
            with self._changed:
                self._errors.append(error)
                self._changed.notify_all()

    def _wait(self, ready: Callable[[], bool]) -> None:
        """Return when `ready` holds or nothing more will come."""
        with self._changed:
            while not ((ready() and _CAN_FOLLOW) or self._ended):
                if self._stopped:
                    raise Cancelled
                self._changed.wait(_PATIENCE)
            if self._stopped:
                raise Cancelled
        self._token.check()

    def _hash_whole(self) -> None:
        at = 0
        while True:
            self._wait(lambda at=at: self._settled - at >= _PIECE)  # type: ignore[misc]
            left = self._settled - at
            if not left:
                return
            piece = self._read(at, min(_PIECE, left))
            self._whole.update(piece)
            at += len(piece)

    def _compare_items(self) -> None:
        while True:
            self._wait(lambda: bool(self._items))
            if not self._items:
                return
            self._compare(*self._items.popleft())

    def _compare(self, item: Expected, offset: int) -> None:
        algorithm = item.digest.algorithm if item.digest is not None else "sha256"
        running = hasher(algorithm)
        done = 0
        while done < item.size:
            size = min(_PIECE, item.size - done)
            end = offset + done + size
            self._wait(lambda end=end: self._settled >= end)  # type: ignore[misc]
            piece = self._read(offset + done, size)
            running.update(piece)
            done += size
            self._advanced(size, item.name)
        found = Digest.parse(f"{algorithm}:{running.hexdigest()}")
        if item.digest is not None and found != item.digest:
            raise WrongContent(item, found)

    def _read(self, offset: int, size: int) -> bytes:
        piece = self._read_some(offset, size)
        while len(piece) < size:
            more = self._read_some(offset + len(piece), size - len(piece))
            if not more:
                raise unlike("its length")
            piece += more
        return piece

    def _read_some(self, offset: int, size: int) -> bytes:
        return os.pread(self._file.number, size, offset) if _CAN_FOLLOW else self._file.read(offset, size)
