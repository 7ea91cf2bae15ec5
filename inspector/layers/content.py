"""The content of one file of a layer, with random access: what preview, comparison and extraction read from."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from inspector.archive.blobstore import Blob
from inspector.archive.compression import INPUT_SLICE, Compression, inflate
from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.source import ByteSource, MemorySource, SparseSource, Window, check_range, chunks
from inspector.errors import Cancelled, CompressionError, LayerError
from inspector.language import say
from inspector.layers.gzip_index import GzipCursor
from inspector.layers.merged import Merged
from inspector.layers.seekable import Checkpoints
from inspector.layers.table import FILE, HARDLINK, Listing
from inspector.progress import CancelToken

_LINKS = 10


class _Cursor(Protocol):
    """Inflates onwards; `produced` is where in the output the next step's bytes stand."""

    produced: int

    def step(self) -> bytes | None: ...


class _StreamCursor:
    """For the formats whose decoders cannot be copied: from the start of a stream (a zstd frame, an xz stream)."""

    def __init__(
        self, source: ByteSource, compression: Compression, limits: Limits, points: Checkpoints, position: int
    ) -> None:
        start = points.before(position)
        self.produced = start.produced
        pieces = chunks(source, offset=start.stored, size=INPUT_SLICE)

        def note(produced: int, stored: int) -> None:
            points.offer(start.produced + produced, start.stored + stored)

        self._pieces = inflate(pieces, compression, zstd_window=limits.zstd_window, on_stream=note)

    def step(self) -> bytes | None:
        piece = next(self._pieces, None)
        if piece is not None:
            self.produced += len(piece)
        return piece


class InflatedSource:
    """The uncompressed bytes of a compressed source, as a `ByteSource`.

    Reads start at the nearest of `checkpoints`; those that are missing are made on the way. A read further on goes on from
    the last one.
    `read_at` raises `CompressionError` where the stream is damaged or shorter than `size`.
    """

    def __init__(
        self,
        stored: ByteSource,
        compression: Compression,
        size: int,
        *,
        checkpoints: Checkpoints | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.size: int = size
        self._stored = stored
        self._compression = compression
        self._points = checkpoints if checkpoints is not None else Checkpoints()
        self._limits = limits
        self._lock = threading.Lock()
        self._cursor: _Cursor | None = None
        self._rest = b""
        """Bytes that the cursor has given and nobody has taken; they end at `cursor.produced`."""

    def read_at(self, offset: int, length: int, token: CancelToken | None = None) -> bytes:
        """See `ByteSource.read_at`. The caller bounds `length`; what is inflated on the way there is not bounded: `Cancelled`."""
        check_range(offset, length, self.size)
        with self._lock:
            try:
                return self._read(offset, length, token)
            except Cancelled:
                raise  # the cursor stands where it was left: the next read goes on from there
            except BaseException:
                self._cursor = None
                raise

    def _read(self, offset: int, length: int, token: CancelToken | None) -> bytes:
        cursor = self._cursor
        at = cursor.produced - len(self._rest) if cursor is not None else 0
        if cursor is None or offset < at or self._jump_helps(cursor, offset):
            cursor = self._cursor = self._open(offset)
            self._rest = b""
            at = cursor.produced
        pieces: list[bytes] = []
        end = offset + length
        piece: bytes | None = self._rest
        while piece is not None:
            taken = piece[max(0, offset - at) : max(0, end - at)]
            if taken:
                pieces.append(taken)
            if at + len(piece) >= end:
                self._rest = piece[max(0, end - at) :]
                return b"".join(pieces)
            at += len(piece)
            if token is not None and token.cancelled:
                self._rest = b""
                token.check()
            piece = cursor.step()
        raise CompressionError(
            "A compressed stream is cut off", say("It ends %s bytes before the end of what was asked for.", end - at)
        )

    def _jump_helps(self, cursor: _Cursor, offset: int) -> bool:
        return self._points.before(offset).produced > cursor.produced

    def _open(self, offset: int) -> _Cursor:
        if self._compression is Compression.GZIP:
            return GzipCursor(self._stored, self._points, position=offset)
        return _StreamCursor(self._stored, self._compression, self._limits, self._points, offset)


def open_layer(layer: Blob | ByteSource, listing: Listing, limits: Limits = DEFAULT_LIMITS) -> ByteSource:
    """The uncompressed tar of a listed layer, for reading at any place. Keep it: it remembers where it was."""
    source = layer.open() if isinstance(layer, Blob) else layer
    if listing.compression is Compression.NONE:
        return source
    return InflatedSource(
        source, listing.compression, listing.uncompressed_size, checkpoints=listing.checkpoints, limits=limits
    )


class _Watched:
    """The same bytes; each read looks at `token` while it inflates."""

    __slots__ = ("_source", "_token", "size")

    def __init__(self, source: InflatedSource, token: CancelToken) -> None:
        self._source = source
        self._token = token
        self.size: int = source.size

    def read_at(self, offset: int, length: int) -> bytes:
        """See `ByteSource.read_at`. Raises `Cancelled`."""
        return self._source.read_at(offset, length, self._token)


def watched(tar: ByteSource, token: CancelToken) -> ByteSource:
    """`tar` from `open_layer` for one piece of work: a file may lie gigabytes behind the place from which it is inflated."""
    return _Watched(tar, token) if isinstance(tar, InflatedSource) else tar


def open_file(tar: ByteSource, listing: Listing, entry: int) -> ByteSource:
    """The content of a file of the layer (`tar` from `open_layer`); hard links are followed within the layer.

    Raises `LayerError` for an entry without content of its own: a folder, a link to nowhere, a device, and for one whose
    bytes were cut off.
    """
    for _ in range(_LINKS):
        if listing.types[entry] != HARDLINK:
            break
        target = last_entry(listing, listing.links.get(entry, b""))
        if target is None:
            break
        entry = target
    if listing.types[entry] == FILE:
        return _open_own(tar, listing, entry)
    shown = listing.paths[entry].decode("utf-8", "backslashreplace")
    kind = listing.kind(entry)
    word = (
        say("a hard link to something that this layer does not hold") if kind == "hardlink" else say("a %s", say(kind))
    )
    raise LayerError("It has no content", say("%(shown)s is %(word)s.", shown=shown, word=word), subject=shown)


def _open_own(tar: ByteSource, listing: Listing, entry: int) -> ByteSource:
    size = listing.sizes[entry]
    stored = listing.stored_content_size(entry)
    offset = listing.offsets[entry]
    if not size:
        return MemorySource(b"")
    if offset + stored > tar.size:
        shown = listing.paths[entry].decode("utf-8", "backslashreplace")
        raise LayerError("The file is cut off", say("%s: the layer ends before the file does.", shown), subject=shown)
    extents = listing.sparse.get(entry)
    packed = Window(tar, offset, stored)
    return packed if extents is None else SparseSource(packed, extents, size)


def last_entry(listing: Listing, path: bytes) -> int | None:
    """The last entry with that normalised path; None if the layer has none."""
    for entry in range(len(listing) - 1, -1, -1):
        if listing.paths[entry] == path:
            return entry
    return None


def open_merged_file(merged: Merged, row: int, tars: Callable[[int], ByteSource]) -> ByteSource:
    """The content of a file of the merged file system; hard links lead to what `Merged.content_of` says.

    `tars(layer)` gives the uncompressed tar of a layer, counted from 0. Raises as `open_file`.
    """
    layer, entry = merged.content_of(row)
    return open_file(tars(layer), merged.listings[layer], entry)


def content_digests(
    layer: Blob | ByteSource,
    listing: Listing,
    entries: Iterable[int],
    token: CancelToken | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> dict[int, bytes]:
    """sha256 of the contents of those file entries, in one pass over the layer; for `Changes.settle`.

    Entries whose bytes are cut off are left out, and sparse files that are nearly all hole (`Limits.inflate_ratio`): a
    terabyte of zeros is nothing to hash. Other holes are hashed as zeros.
    Raises `Cancelled`, `CompressionError`, `SourceChanged`.
    """
    tar = open_layer(layer, listing, limits)
    tar = watched(tar, token) if token is not None else tar
    found: dict[int, bytes] = {}
    for entry in sorted(set(entries), key=listing.offsets.__getitem__):
        try:
            content = open_file(tar, listing, entry)
        except LayerError:
            continue
        if isinstance(content, SparseSource) and content.size > max(
            limits.inflate_free_bytes, limits.inflate_ratio * content.stored_size
        ):
            continue
        digest = hashlib.sha256()
        for piece in chunks(content, token=token):
            digest.update(piece)
        found[entry] = digest.digest()
    return found
