"""Reads a layer forwards in large steps, whatever small pieces are asked for."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.archive.source import ByteSource
from inspector.errors import LayerError
from inspector.layers.table import Listing

STEP = 1 << 20


class ReadAhead:
    """A `ByteSource` that keeps the last mebibyte; for files read in the order in which a layer stores them."""

    __slots__ = ("_at", "_kept", "_source", "size")

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._at = 0
        self._kept = b""
        self.size: int = source.size

    def read_at(self, offset: int, length: int) -> bytes:
        """See `ByteSource.read_at`; not for several threads at once."""
        start = offset - self._at
        if start < 0 or start + length > len(self._kept):
            fetched = max(length, min(STEP, self.size - offset))
            self._kept = self._source.read_at(offset, fetched)
            self._at, start = offset, 0
        return self._kept[start : start + length]


def content(tar: ByteSource, listing: Listing, entry: int) -> Iterator[tuple[int, bytes]]:
    """(logical offset, bytes) of a file entry; the holes of a sparse file are passed over.

    Raises `LayerError` before the first piece if the layer ends within the file, and what `tar` raises.
    """
    position = listing.offsets[entry]
    stored = listing.stored_content_size(entry)
    if stored and position + stored > tar.size:
        raise LayerError("The file is cut off", "the layer ends before the file does")
    for offset, length in listing.sparse.get(entry, ((0, listing.sizes[entry]),)):
        done = 0
        while done < length:
            piece = tar.read_at(position, min(STEP, length - done))
            yield offset + done, piece
            position += len(piece)
            done += len(piece)
