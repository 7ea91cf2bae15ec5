"""Layers compressed anew: on all cores, with the same bytes on every run.

gzip: blocks of 1 MiB, each deflated with the end of the one before as its dictionary and joined into one stream, so the
result depends on the level and the deflate libraries and not on how many threads worked. Levels 0 to 3 are isal's own (0
fastest, 3 smallest; they take the time of zlib's lowest levels or less), 4 to 9 are zlib's. mtime 0, no name, OS 255
(formats.md D5).
zstd: one frame with checksum, always by its multi-threaded encoder, whose output does not depend on the threads.
"""

from __future__ import annotations

import queue
import sys
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

from isal import isal_zlib

from inspector.archive.compression import Compression
from inspector.errors import UsageError
from inspector.language import say
from inspector.progress import CancelToken

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_BLOCK = 1 << 20
_WINDOW = 32 << 10
"""How far deflate looks back."""
_THREADS = 2
_AHEAD = 6
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_DEFLATE_END = b"\x03\x00"
"""A last block with nothing in it."""
_ISAL_LEVELS = 3
_LEVELS = {Compression.GZIP: range(10), Compression.ZSTD: range(1, 20)}
_DEFAULTS = {Compression.GZIP: 1, Compression.ZSTD: 3}
_JOB = 4 << 20
"""What one thread of zstd takes at a time: its buffers are several times as large, and peak memory counts."""
_TWO_THREADS_UP_TO = 12
_OWN_TABLES_UP_TO = 9
_HASH_LOG, _CHAIN_LOG = 21, 22
"""Tables of 8 and 16 MiB above that level, where zstd's own take up to 80 MiB per thread and gain 1 % at most."""
_MAX_WINDOW_LOG = 22
"""4 MiB: what every reader must take is twice that (RFC 8878); it bounds our own memory at high levels."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How layers are to be stored: none, gzip or zstd, with a level (0 for none)."""

    compression: Compression
    level: int

    @classmethod
    def of(cls, word: str, level: int | None) -> Encoding:
        """From the words of the command line; `UsageError` for a level that the compression does not have."""
        compression = Compression(word)
        if compression is Compression.NONE:
            if level:
                raise UsageError("A level needs a compression", "Layers that are not compressed have no level.")
            return cls(compression, 0)
        levels = _LEVELS[compression]
        if level is not None and level not in levels:
            raise UsageError(
                "There is no such level",
                say(
                    "%(word)s has the levels %(least)s to %(most)s, not %(level)s.",
                    word=word,
                    least=levels[0],
                    most=levels[-1],
                    level=level,
                ),
            )
        return cls(compression, _DEFAULTS[compression] if level is None else level)

    def __str__(self) -> str:
        return self.compression.value if not self.level else f"{self.compression.value}, level {self.level}"


class Encoder:
    """Compresses one stream after the other, for one thread. zstd's buffers are made once: many contexts one after the
    other leave holes in the memory that nobody fills.
    """

    def __init__(self, token: CancelToken) -> None:
        self._token = token
        self._contexts: dict[int, Any] = {}

    def encode(self, pieces: Iterable[bytes], encoding: Encoding) -> Iterator[bytes]:
        """`pieces` compressed; neither what cuts them nor what was compressed before has an influence on the bytes."""
        if encoding.compression is Compression.GZIP:
            return _gzip(pieces, encoding.level, self._token)
        if encoding.compression is Compression.ZSTD:
            return self._zstd(pieces, encoding.level)
        return iter(pieces)

    def _zstd(self, pieces: Iterable[bytes], level: int) -> Iterator[bytes]:
        # Taken out while it is used: after an error it is in the middle of a frame, and of no use any more.
        compressor = self._contexts.pop(level, None) or _zstd_context(level)
        with _Aside() as aside:
            for block in _blocks(pieces):
                produced = _patiently(aside.call(compressor.compress, block), self._token)
                if produced:
                    yield produced
            yield _patiently(aside.call(compressor.flush), self._token)
        self._contexts[level] = compressor


def encode(pieces: Iterable[bytes], encoding: Encoding, token: CancelToken) -> Iterator[bytes]:
    """One stream compressed; what cuts `pieces` has no influence on the bytes that come out."""
    return Encoder(token).encode(pieces, encoding)


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks of `_BLOCK`, the last one shorter."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            joined = held[0] if len(held) == 1 else b"".join(held)
            whole = size - size % _BLOCK
            for at in range(0, whole, _BLOCK):
                yield joined[at : at + _BLOCK]
            held = [joined[whole:]]
            size -= whole
    if size:
        yield b"".join(held)


def _deflate(block: bytes, before: bytes, level: int) -> bytes:
    """One block of raw deflate that ends on a byte and leaves the stream open; `before` is the end of the one before it.

    isal is never without a dictionary: it was seen to find or to miss matches with the very first byte of a stream from
    one run to the next. So zlib writes the beginning of each layer.
    """
    if level > _ISAL_LEVELS:
        return _deflated_by(zlib, block, before, level)
    if before:
        return _deflated_by(isal_zlib, block, before, level)
    head, rest = block[:_WINDOW], block[_WINDOW:]
    begun = _deflated_by(zlib, head, b"", max(1, level))
    return begun + _deflated_by(isal_zlib, rest, head, level) if rest else begun


def _deflated_by(library: Any, block: bytes, before: bytes, level: int) -> bytes:
    seen = {"zdict": before} if before else {}
    compressor = library.compressobj(level, library.DEFLATED, -15, **seen)
    return bytes(compressor.compress(block) + compressor.flush(library.Z_SYNC_FLUSH))


def _gzip(pieces: Iterable[bytes], level: int, token: CancelToken) -> Iterator[bytes]:
    yield _GZIP_HEAD
    crc = size = 0
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="export-gzip")
    try:
        waiting: deque[Future[bytes]] = deque()
        before = b""
        for block in _blocks(pieces):
            if len(waiting) >= _THREADS + _AHEAD:
                yield _patiently(waiting.popleft(), token)
            waiting.append(pool.submit(_deflate, block, before, level))
            before = block[-_WINDOW:]
            crc = isal_zlib.crc32(block, crc)
            size += len(block)
        for future in waiting:
            yield _patiently(future, token)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    yield _DEFLATE_END + crc.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")


def _zstd_context(level: int) -> Any:
    parameter = zstd.CompressionParameter
    options: dict[int, int] = {
        parameter.compression_level: level,
        parameter.checksum_flag: 1,
        # The bytes are the same for any number of workers from 1 on.
        parameter.nb_workers: _THREADS if level <= _TWO_THREADS_UP_TO else 1,
        parameter.job_size: _JOB,
        parameter.window_log: min(_MAX_WINDOW_LOG, _window_log(level)),
    }
    if level > _OWN_TABLES_UP_TO:
        options |= {parameter.hash_log: _HASH_LOG, parameter.chain_log: _CHAIN_LOG}
    return zstd.ZstdCompressor(options=options)


class _Aside:
    """One thread for calls that may take seconds, as zstd's do at high levels: nobody who cancels waits for them.

    A daemon, and no executor, since Python waits for an executor's threads before it exits.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[tuple[Future[bytes], Callable[..., bytes], tuple[bytes, ...]] | None]
        self._calls = queue.SimpleQueue()

    def __enter__(self) -> Self:
        threading.Thread(target=self._run, name="export-zstd", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._calls.put(None)

    def call(self, function: Callable[..., bytes], *arguments: bytes) -> Future[bytes]:
        """The result to be of `function`."""
        future: Future[bytes] = Future()
        self._calls.put((future, function, arguments))
        return future

    def _run(self) -> None:
        while (asked := self._calls.get()) is not None:
            future, function, arguments = asked
            try:
                future.set_result(function(*arguments))
            except Exception as error:  # noqa: BLE001 - told to whoever asked
                future.set_exception(error)


def _patiently(future: Future[bytes], token: CancelToken) -> bytes:
    while True:
        token.check()
        try:
            return future.result(timeout=0.1)
        except TimeoutError:
            continue


def _window_log(level: int) -> int:
    """The window that zstd itself takes for big inputs; stated, because it may not depend on the input's size."""
    return 19 if level <= 1 else 20 if level == 2 else 21 if level <= 8 else 22 if level <= 16 else 23
