"""sha256 of a stream in a thread of its own, so that inflating and hashing use two cores."""

from __future__ import annotations

import hashlib
import queue
import threading
from typing import Self

from inspector.oci.digest import Digest

_INLINE_BYTES = 2 << 20
_WAITING_PIECES = 8


class BackgroundHash:
    """Feed pieces, then ask for the digest. Use it as a context manager: the thread never outlives the block.

    hashlib lets other threads run while it works. The first two mebibytes are hashed in place: most layers are smaller,
    and a thread would cost more than it gives. At most 8 pieces wait, so memory is bounded by eight of them.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._pieces: queue.Queue[bytes | None] = queue.Queue(_WAITING_PIECES)
        self._thread: threading.Thread | None = None
        self.size = 0
        """Bytes fed so far."""

    def feed(self, piece: bytes) -> None:
        """The next bytes."""
        self.size += len(piece)
        if self._thread is None:
            if self.size <= _INLINE_BYTES:
                self._hash.update(piece)
                return
            self._thread = threading.Thread(target=self._run, name="layer-sha256", daemon=True)
            self._thread.start()
        self._pieces.put(piece)

    def digest(self) -> Digest:
        """sha256 of all that was fed; waits for the thread."""
        self.stop()
        return Digest.from_hex(self._hash.hexdigest())

    def stop(self) -> None:
        """End the thread; a second call does nothing."""
        if self._thread is not None:
            self._pieces.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while (piece := self._pieces.get()) is not None:
            self._hash.update(piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
