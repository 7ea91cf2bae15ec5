"""Places in a compressed layer from which reading can start, so that a file is shown without inflating all before it.

gzip: copies of the decoder, made every few mebibytes while the stream is inflated (`inspector.layers.gzip_index`). All
formats: the starts of streams, of which zstd:chunked and estargz have one per file, pigz and pzstd one per block. A plain
zstd layer is one frame; reading in it starts at its beginning.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple, Protocol, Self

SPACING = 4 << 20
MOST_CHECKPOINTS = 160


class Inflater(Protocol):
    """A decoder that can be copied."""

    @property
    def eof(self) -> bool: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...
    def copy(self) -> Self: ...


class Checkpoint(NamedTuple):
    """`inflater` goes on at stored byte `stored`; its next byte is byte `produced` of the output. None: a new stream."""

    produced: int
    stored: int
    inflater: Inflater | None


class Checkpoints:
    """The checkpoints of one layer, in order; safe from several threads. The start is always one.

    They lie `spacing` bytes of output apart; when there are more than `MOST_CHECKPOINTS`, every second one is dropped.
    """

    def __init__(self, spacing: int = SPACING) -> None:
        self._spacing = spacing
        self._lock = threading.Lock()
        self._points = [Checkpoint(0, 0, None)]

    def __len__(self) -> int:
        return len(self._points)

    def before(self, position: int) -> Checkpoint:
        """The last checkpoint at or before byte `position` of the output."""
        with self._lock:
            return self._points[bisect_right(self._points, position, key=lambda point: point.produced) - 1]

    def offer(self, produced: int, stored: int, inflater: Inflater | None = None) -> None:
        """Keep this place, with a copy of the decoder, if the last checkpoint is far enough behind."""
        with self._lock:
            last = self._points[-1]
            if produced < last.produced + self._spacing:
                if inflater is not None or last.inflater is None or produced <= last.produced:
                    return
                self._points.pop()  # the start of a stream costs nothing and can be kept on disk
            copied = inflater.copy() if inflater is not None else None
            self._points.append(Checkpoint(produced, stored, copied))
            if len(self._points) > MOST_CHECKPOINTS:
                self._points = self._points[::2]
                self._spacing *= 2

    def stream_starts(self) -> list[tuple[int, int]]:
        """(output byte, stored byte) of those that need no decoder, for keeping on disk: decoders cannot be."""
        with self._lock:
            return [(produced, stored) for produced, stored, inflater in self._points[1:] if inflater is None]

    @classmethod
    def from_stream_starts(cls, starts: Iterable[tuple[int, int]]) -> Self:
        """What `stream_starts` gave; ValueError unless they ascend."""
        made = cls()
        for produced, stored in starts:
            last = made._points[-1]
            if produced <= last.produced or stored <= last.stored:
                raise ValueError("checkpoints run backwards")
            made._points.append(Checkpoint(produced, stored, None))
        return made
