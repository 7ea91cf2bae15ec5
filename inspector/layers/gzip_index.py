"""Checkpoints into a gzip stream: copies of the decoder, kept every few mebibytes, from which reading can start.

isal's decoder, which is used elsewhere, cannot be copied. zlib-ng's can and is nearly as fast; zlib's can and is half as
fast. (`indexed_gzip` would read at zlib's speed, and bring its own way to read files.) A copy costs 20 µs and some 45 kB,
since deflate looks back at most 32 KiB.
"""

from __future__ import annotations

from collections.abc import Callable

from zlib_ng import zlib_ng

from inspector.archive.compression import InflateState
from inspector.archive.source import ByteSource
from inspector.errors import CompressionError
from inspector.language import say
from inspector.layers.seekable import Checkpoints, Inflater

# The stub takes the class for an instance.
_Error: type[Exception] = zlib_ng.error  # type: ignore[assignment]

OUTPUT_SLICE = 1 << 20
_LARGEST_INPUT = 256 << 10
_SMALLEST_INPUT = 16 << 10
_LARGE_OUTPUT = 4 << 20
_SALVAGE_STEP = 512
_MAGIC = b"\x1f\x8b\x08"
_GZIP_FORMAT = 31


_new_inflater: Callable[[int], Inflater] = zlib_ng.decompressobj  # type: ignore[assignment]  # the stub lacks copy()


class GzipCursor:
    """Inflates a gzip stream from a checkpoint on, leaving new checkpoints in `points` on its way.

    `on_stored` gets all stored bytes as they are read. Concatenated members, zeros and garbage behind them are handled
    as `inspector.archive.compression.inflate` does, and told in `state`.
    """

    def __init__(
        self,
        source: ByteSource,
        points: Checkpoints,
        *,
        position: int = 0,
        state: InflateState | None = None,
        on_stored: Callable[[bytes], object] | None = None,
    ) -> None:
        start = points.before(position)
        self.produced = start.produced
        """Output bytes before the ones that the next `step` gives."""
        self.state = state if state is not None else InflateState()
        self._source = source
        self._points = points
        self._on_stored = on_stored
        self._stored = start.stored
        self._inflater = start.inflater.copy() if start.inflater is not None else None
        self._pending = b""
        self._feed = _SMALLEST_INPUT
        self._since_read = 0

    def step(self) -> bytes | None:
        """The next 1 to `OUTPUT_SLICE` bytes; None at the end. Raises `CompressionError` after what was whole."""
        while True:
            more = bool(self._pending) or self._read()
            if self._inflater is None:
                if not more:
                    if not self._begun:
                        raise CompressionError("Not a compressed stream", "It is empty.")
                    return None
                if not self._next_member():
                    continue
            # Without more input the decoder may still hold output back.
            produced = self._inflate()
            if produced:
                self.produced += len(produced)
                self.state.produced += len(produced)
                return produced
            if not more and self._inflater is not None:
                raise CompressionError(
                    "A compressed stream is cut off",
                    say("The gzip stream ends after %s bytes, before it is complete.", self._stored),
                )

    def drain(self) -> None:
        """Read the stored bytes that are left, for the sake of `on_stored`."""
        while self._read():
            pass

    @property
    def _begun(self) -> bool:
        return self.state.streams > 0 or self.produced > 0

    def _read(self) -> bool:
        """Draw the next stored bytes; False at the end."""
        # Checkpoints are made between two reads: a stream of zeros would have them a gigabyte apart.
        if self._since_read > _LARGE_OUTPUT:
            self._feed = max(_SMALLEST_INPUT, self._feed // 4)
        elif self._since_read < _LARGE_OUTPUT // 4:
            self._feed = min(_LARGEST_INPUT, self._feed * 2)
        self._points.offer(self.produced, self._stored - len(self._pending), self._inflater)
        self._since_read = 0
        length = min(self._feed, self._source.size - self._stored)
        if length <= 0:
            return False
        self._pending = self._source.read_at(self._stored, length)
        self._stored += length
        self.state.consumed += length
        if self._on_stored is not None:
            self._on_stored(self._pending)
        return True

    def _next_member(self) -> bool:
        """Begin a member if one stands at the start of what is pending; else pass over it."""
        state = self.state
        begun = self._begun
        if begun:
            kept = self._pending.lstrip(b"\0") if not state.trailing_garbage else self._pending
            state.trailing_zeros += len(self._pending) - len(kept)
            self._pending = kept
        while 0 < len(self._pending) < len(_MAGIC) and self._stored < self._source.size:
            rest = self._pending
            self._read()
            self._pending = rest + self._pending
        if not self._pending:
            return False
        if state.trailing_garbage or not self._pending.startswith(_MAGIC):
            if not begun:
                raise CompressionError("Not a compressed stream", "The bytes are not a gzip stream.")
            state.trailing_garbage += len(self._pending)
            self._pending = b""
            return False
        self._points.offer(self.produced, self._stored - len(self._pending))
        self._inflater = _new_inflater(_GZIP_FORMAT)
        return True

    def _inflate(self) -> bytes:
        inflater = self._inflater
        assert inflater is not None
        before = inflater.copy()
        try:
            produced = inflater.decompress(self._pending, OUTPUT_SLICE)
        except _Error as error:
            return self._salvage(before, error)
        self._since_read += len(produced)
        if inflater.eof:
            self._pending = inflater.unused_data
            self._inflater = None
            self.state.streams += 1
        else:
            self._pending = inflater.unconsumed_tail
        return produced

    def _salvage(self, inflater: Inflater, error: Exception) -> bytes:
        """What comes before the fault: a library drops the whole slice with its error."""
        whole: list[bytes] = []
        fed, step = 0, _SALVAGE_STEP
        while step and fed < len(self._pending):
            attempt = inflater.copy()
            try:
                given = attempt.decompress(self._pending[fed : fed + step], 0)
            except _Error:
                step //= 8  # narrow down: the fault lies in these bytes
                continue
            whole.append(given)
            inflater = attempt
            fed += step
        if any(whole):
            # The rest is tried again, and fails again, at the next step.
            self._inflater = inflater
            self._pending = self._pending[fed:]
            return b"".join(whole)
        raise CompressionError("A compressed stream is damaged", say("The gzip data is wrong: %s.", error)) from error
