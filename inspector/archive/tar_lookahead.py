"""The few bytes of a tar that the reader looks at: a window that moves forward over a `TarInput`."""

from __future__ import annotations

from inspector.archive.tar_input import SourceInput, TarInput
from inspector.progress import CancelToken

BLOCK = 512
_WIDEST = 128 * 1024
_FIRST = 64 * 1024
_NARROWEST = 4 * 1024
_BIG_JUMP = 32 * 1024
_DRAIN = 256 * 1024
_ZEROS = bytes(_DRAIN)


class Lookahead:
    """`buffer[at:]` are the next bytes of the tar, `origin` is the tar offset of `buffer[0]`.

    Wide windows while headers follow each other closely, narrow ones after a jump over large content: a walk reads little
    more than the headers. `at` may be set beyond the buffer: that is a jump, made by the next `refill`.
    """

    __slots__ = ("_input", "_seeks", "_token", "_width", "at", "buffer", "lacking", "origin")

    def __init__(self, source: TarInput, token: CancelToken | None) -> None:
        self._input = source
        self._seeks = isinstance(source, SourceInput)
        self._token = token
        self._width = _FIRST if self._seeks else _WIDEST
        self.buffer = b""
        self.at = 0
        self.origin = source.tell()
        self.lacking = 0
        """Bytes of a jump that were not there, since the tar ended."""

    def refill(self, needed: int) -> None:
        """Bring `needed` bytes to `buffer[at:]`, fewer only if the tar ends before; looks at the cancel token."""
        if self._token is not None:
            self._token.check()
        jump = self.at - len(self.buffer)
        if jump >= 0:
            kept = b""
            target = self.origin + self.at
            if jump:
                self.lacking = jump - self._input.skip(jump)
                if self._seeks:
                    self._width = _NARROWEST if jump >= _BIG_JUMP else self._width
            self.origin = target - self.lacking
        else:
            kept = self.buffer[self.at :]
            self.origin += self.at
        self.at = 0
        piece = self._input.read(max(needed - len(kept), self._width))
        self.buffer = kept + piece if kept else piece
        self._width = min(2 * self._width, _WIDEST)

    def read(self, length: int) -> bytes:
        """The next `length` bytes, fewer only at the end. The caller bounds `length`."""
        taken = self.buffer[self.at : self.at + length]
        if len(taken) < length:
            self.refill(length)
            taken = self.buffer[self.at : self.at + length]
        self.at += len(taken)
        return taken

    def peek(self, length: int) -> bytes:
        """Like `read`, and stay."""
        taken = self.read(length)
        self.at -= len(taken)
        return taken

    def tell(self) -> int:
        """The tar offset of the next byte."""
        return self.origin + self.at

    def left(self) -> int | None:
        """Bytes that follow, if the input knows."""
        return self._input.size - self.tell() if isinstance(self._input, SourceInput) else None

    def rest(self, budget: int) -> tuple[int, int | None]:
        """Go to the end: how many bytes followed, and the offset of the first one seen that is not zero.

        A stream is drawn to its end. Of a source with random access `budget` bytes are read, and as many before its end.
        """
        start = self.tell()
        source = self._input
        first = self._nonzero(self.buffer[self.at :], start)
        if isinstance(source, SourceInput) and source.size - source.tell() > 2 * budget:
            first = self._scan(budget, first)
            if first is None:
                source.skip(source.size - source.tell() - budget)
                first = self._scan(budget, None)
            source.skip(source.size - source.tell())
        else:
            first = self._scan(None, first)
        self.buffer, self.at, self.origin = b"", 0, source.tell()
        return self.origin - start, first

    def _scan(self, budget: int | None, first: int | None) -> int | None:
        while budget is None or budget > 0:
            if self._token is not None:
                self._token.check()
            offset = self._input.tell()
            piece = self._input.read(_DRAIN if budget is None else min(_DRAIN, budget))
            if not piece:
                break
            if first is None:
                first = self._nonzero(piece, offset)
            if budget is not None:
                budget -= len(piece)
        return first

    @staticmethod
    def _nonzero(piece: bytes, offset: int) -> int | None:
        # Comparing with zeros is a memcmp; only a piece that differs is looked at byte by byte.
        for start in range(0, len(piece), _DRAIN):
            part = piece[start : start + _DRAIN]
            if part != _ZEROS[: len(part)]:
                return offset + start + len(part) - len(part.lstrip(b"\0"))
        return None
