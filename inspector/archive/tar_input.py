"""What the tar reader reads from: a source with random access, or a stream of pieces."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from inspector.archive.source import ByteSource


class TarInput(Protocol):
    """Bytes that are read forward."""

    def read(self, length: int) -> bytes:
        """`length` bytes; fewer only at the end."""
        ...

    def skip(self, length: int) -> int:
        """Pass over `length` bytes; returns how many there were."""
        ...

    def tell(self) -> int:
        """Bytes read and skipped so far."""
        ...


class SourceInput:
    """Reads a `ByteSource` by position; skipping costs nothing."""

    __slots__ = ("_position", "_source", "size")

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._position = 0
        self.size: int = source.size

    def read(self, length: int) -> bytes:
        """See `TarInput.read`; raises as `ByteSource.read_at` does."""
        length = min(length, self.size - self._position)
        piece = self._source.read_at(self._position, length)
        self._position += length
        return piece

    def skip(self, length: int) -> int:
        """See `TarInput.skip`."""
        skipped = min(length, self.size - self._position)
        self._position += skipped
        return skipped

    def tell(self) -> int:
        """See `TarInput.tell`."""
        return self._position


class StreamInput:
    """Reads an iterator of pieces, such as `inflate` gives; what is skipped is still drawn from it."""

    __slots__ = ("_piece", "_pieces", "_position", "_used")

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._piece = b""
        self._used = 0
        self._position = 0

    def read(self, length: int) -> bytes:
        """See `TarInput.read`; what the iterator raises goes through."""
        end = self._used + length
        if end <= len(self._piece):
            taken = self._piece[self._used : end]
            self._used = end
            self._position += length
            return taken
        parts: list[bytes] = []
        missing = length
        while missing:
            if self._used == len(self._piece) and not self._next_piece():
                break
            part = self._piece[self._used : self._used + missing]
            self._used += len(part)
            missing -= len(part)
            parts.append(part)
        self._position += length - missing
        return b"".join(parts)

    def skip(self, length: int) -> int:
        """See `TarInput.skip`."""
        missing = length
        while missing:
            step = min(missing, len(self._piece) - self._used)
            self._used += step
            missing -= step
            if missing and not self._next_piece():
                break
        self._position += length - missing
        return length - missing

    def tell(self) -> int:
        """See `TarInput.tell`."""
        return self._position

    def _next_piece(self) -> bool:
        for piece in self._pieces:
            if piece:
                self._piece = piece
                self._used = 0
                return True
        self._piece = b""
        self._used = 0
        return False
