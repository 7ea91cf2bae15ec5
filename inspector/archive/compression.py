"""Compressed streams: recognised by their first bytes, inflated in bounded slices.

Nothing that a stream states is believed: output comes in pieces of at most `OUTPUT_SLICE` bytes, whatever size it
claims, and what follows the last stream is counted, not guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any, Protocol

from inspector.archive.gzip_stream import GzipDecoder
from inspector.archive.limits import DEFAULT_LIMITS
from inspector.errors import CompressionError, LimitReached
from inspector.language import say
from inspector.progress import CancelToken

SNIFF_BYTES = 512
INPUT_SLICE = 256 * 1024
OUTPUT_SLICE = 1024 * 1024
_FIRST_SLICE = 4096
_STREAMS_PER_CHECK = 1024
"""A decoder is made for each: some 30 µs."""
_XZ_MEMORY = 256 * 1024 * 1024
"""`xz -9` needs 65 MiB; a header may ask for 4 GiB."""


class Compression(StrEnum):
    """The values are the words of `show --json`."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"
    XZ = "xz"
    BZIP2 = "bzip2"
    LZ4 = "lz4"
    LZMA = "lzma"
    """What xz's forerunner wrote; it has no magic, its header is told by its form."""


_SKIPPABLE = rb"[\x50-\x5f]\x2a\x4d\x18"
_ZEROS = re.compile(rb"\0*")
_MAGIC = {
    # The second bzip2 number is that of an empty stream.
    Compression.GZIP: re.compile(rb"\x1f\x8b\x08"),
    Compression.ZSTD: re.compile(rb"\x28\xb5\x2f\xfd|" + _SKIPPABLE),
    Compression.XZ: re.compile(rb"\xfd7zXZ\x00"),
    Compression.BZIP2: re.compile(rb"BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)", re.DOTALL),
    Compression.LZ4: re.compile(rb"\x04\x22\x4d\x18|" + _SKIPPABLE),
    # Usual properties, a dictionary's size that is not 0 (a tar's member may be called "]"), the size of the data:
    # unknown, or below a terabyte; the coder's first byte is 0.
    Compression.LZMA: re.compile(rb"\x5d\x00(?!\x00{3}).{2}[\x00-\x0f](?:\xff{8}|.{5}\x00{3})\x00", re.DOTALL),
}
_MAGIC_BYTES = {
    Compression.GZIP: 3,
    Compression.ZSTD: 4,
    Compression.XZ: 6,
    Compression.BZIP2: 10,
    Compression.LZ4: 4,
    Compression.LZMA: 14,
}


def sniff(head: bytes) -> Compression:
    """What the first bytes (`SNIFF_BYTES` of them, or all) say; `NONE` if no known magic stands there.

    zstd and lz4 share skippable frames: what follows them decides, zstd if it lies beyond `head` (zstd:chunked and
    seekable zstd are the ones met in practice).
    """
    at = 0
    while re.match(_SKIPPABLE, head[at : at + 4]) and len(head) >= at + 8:
        at += 8 + int.from_bytes(head[at + 4 : at + 8], "little")
    if at and at >= len(head):
        return Compression.ZSTD
    for compression, magic in _MAGIC.items():
        if magic.match(head, at) and (at == 0 or compression in (Compression.ZSTD, Compression.LZ4)):
            return compression
    return Compression.NONE


class InflateState:
    """What became of a compressed stream; filled in while `inflate` runs."""

    __slots__ = ("consumed", "produced", "streams", "trailing_garbage", "trailing_zeros")

    def __init__(self) -> None:
        self.consumed = 0
        """Bytes read, of all kinds."""
        self.produced = 0
        """Bytes given out."""
        self.streams = 0
        """gzip members, zstd frames (skippable ones too), xz or bzip2 streams that ended as they should."""
        self.trailing_zeros = 0
        """Zero bytes between and behind the streams: padding."""
        self.trailing_garbage = 0
        """Bytes from the first one behind a stream that is neither zero nor the start of another stream."""


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def inflate(
    pieces: Iterable[bytes],
    compression: Compression,
    *,
    zstd_window: int = DEFAULT_LIMITS.zstd_window,
    state: InflateState | None = None,
    on_stream: Callable[[int, int], None] | None = None,
    token: CancelToken | None = None,
) -> Iterator[bytes]:
    """The uncompressed bytes of all streams in `pieces`, in pieces of 1 byte to `OUTPUT_SLICE` bytes.

    Takes concatenated gzip members, zstd and skippable frames, xz and bzip2 streams, lz4 frames, with zeros between or
    behind them (tape padding). Garbage behind the last stream is passed over, as gzip(1) does, and counted in
    `state`. `pieces` are always drawn to their end unless an error is raised, so whoever hashes them sees them all.
    `token` is looked at now and then between streams: one piece may hold thousands that give nothing.
    `on_stream(produced, stored)` tells where each stream starts: in the output, and in what `pieces` hold.

    Raises `CompressionError` where the stream is damaged or ends too early, after giving out what came before;
    `LimitReached("zstd_window")`.
    """
    state = state if state is not None else InflateState()
    if compression is Compression.NONE:
        for piece in pieces:
            state.consumed += len(piece)
            state.produced += len(piece)
            for at in range(0, len(piece), OUTPUT_SLICE):
                yield piece if len(piece) <= OUTPUT_SLICE else piece[at : at + OUTPUT_SLICE]
        return
    yield from _inflate(pieces, compression, zstd_window, state, on_stream, token)


def _inflate(
    pieces: Iterable[bytes],
    compression: Compression,
    zstd_window: int,
    state: InflateState,
    on_stream: Callable[[int, int], None] | None,
    token: CancelToken | None,
) -> Iterator[bytes]:
    decoder: _Decoder | None = None
    carried = b""
    feed = _FIRST_SLICE
    for piece in pieces:
        state.consumed += len(piece)
        if state.trailing_garbage:
            state.trailing_garbage += len(piece)
            continue
        held = carried + piece if carried else piece
        carried = b""
        at = 0
        while at < len(held):
            if decoder is None:
                at, found = _next_stream(held, at, compression, state)
                if found is None:
                    carried = held[at:]
                    break
                if not found:
                    _not_a_stream(compression, state)
                    state.trailing_garbage = len(held) - at
                    break
                # Small first slices: what a stream leaves over is copied, and there may be many tiny streams.
                decoder = _decoder(compression, zstd_window)
                feed = _FIRST_SLICE
                if on_stream is not None:
                    on_stream(state.produced, state.consumed - len(held) + at)
            given = held[at : at + feed]
            at += len(given)
            feed = min(2 * feed, INPUT_SLICE)
            for produced in _drain(decoder, given, compression, zstd_window):
                state.produced += len(produced)
                yield produced
            if decoder.eof:
                at -= len(decoder.unused_data or b"")  # lz4 gives None for nothing
                if isinstance(decoder, GzipDecoder):
                    decoder.verify()
                state.streams += 1
                decoder = None
                if token is not None and state.streams % _STREAMS_PER_CHECK == 0:
                    token.check()
    if decoder is not None or not state.streams:
        raise CompressionError(
            "A compressed stream is cut off",
            say(
                "The %(compression)s stream ends after %(consumed)s bytes, before it is complete.",
                compression=compression,
                consumed=state.consumed,
            ),
        )
    state.trailing_garbage += len(carried)


def _next_stream(held: bytes, at: int, compression: Compression, state: InflateState) -> tuple[int, bool | None]:
    """Where the next stream starts in `held`; True if its magic stands there, None if more bytes are needed."""
    if state.streams and held[at] == 0:
        zeros = _ZEROS.match(held, at)
        assert zeros is not None
        state.trailing_zeros += zeros.end() - at
        at = zeros.end()
        if at == len(held):
            return at, None
    if len(held) - at < _MAGIC_BYTES[compression]:
        return at, None
    return at, _MAGIC[compression].match(held, at) is not None


def _not_a_stream(compression: Compression, state: InflateState) -> None:
    if not state.streams:
        raise CompressionError("Not a compressed stream", say("The bytes are not a %s stream.", compression))


def _drain(decoder: _Decoder, given: bytes, compression: Compression, zstd_window: int) -> Iterator[bytes]:
    """All output for `given`, in slices."""
    barren = 0
    while True:
        try:
            produced = decoder.decompress(given, OUTPUT_SLICE)
        except CompressionError:
            raise
        except MemoryError as error:
            raise CompressionError("A compressed stream asks for too much memory", f"{compression}.") from error
        except Exception as error:  # each library has its own error class, lz4 raises RuntimeError
            if "too much memory" in str(error):
                raise LimitReached(
                    "zstd_window",
                    zstd_window,
                    say("A zstd frame needs a window of more than %s bytes.", zstd_window),
                ) from error
            raise CompressionError(
                "A compressed stream is damaged",
                say("The %(compression)s data is wrong: %(error)s.", compression=compression, error=error),
            ) from error
        if produced:
            yield produced
        barren = 0 if produced else barren + 1
        if decoder.eof or decoder.needs_input or barren > 2:
            return
        given = b""


def _decoder(compression: Compression, zstd_window: int) -> _Decoder:
    # Imported when needed: most archives want one of them, the window starts faster without the rest.
    decoder: Any
    if compression is Compression.GZIP:
        return GzipDecoder()
    if compression is Compression.ZSTD:
        return _zstd_decoder(zstd_window)
    if compression in (Compression.XZ, Compression.LZMA):
        import lzma

        form = lzma.FORMAT_XZ if compression is Compression.XZ else lzma.FORMAT_ALONE
        decoder = lzma.LZMADecompressor(format=form, memlimit=_XZ_MEMORY)
    elif compression is Compression.BZIP2:
        import bz2

        decoder = bz2.BZ2Decompressor()
    else:
        try:
            import lz4.frame
        except ImportError as error:
            raise CompressionError("lz4 is not supported here", "Install the Python package lz4.") from error
        decoder = lz4.frame.LZ4FrameDecompressor()
    checked: _Decoder = decoder
    return checked


def _zstd_decoder(window: int) -> _Decoder:
    import sys

    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    largest = max(10, min(31, window.bit_length() - 1))
    decoder: _Decoder = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: largest})
    return decoder
