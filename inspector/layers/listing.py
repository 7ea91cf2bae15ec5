"""One layer in one pass: its entries, the digest of its stored bytes and its diffID."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from itertools import islice

from inspector.archive.blobstore import Blob
from inspector.archive.compression import INPUT_SLICE, SNIFF_BYTES, Compression, InflateState, inflate, sniff
from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.source import ByteSource, chunks
from inspector.archive.tar import TarReader
from inspector.archive.tar_entry import TarEnd
from inspector.archive.tar_input import SourceInput, StreamInput
from inspector.errors import CompressionError, LayerError, LimitReached, SourceChanged
from inspector.findings import Finding, Fix, Severity, Where
from inspector.language import mark, say
from inspector.layers.gzip_index import GzipCursor
from inspector.layers.hashing import BackgroundHash
from inspector.layers.rows import RowTaker
from inspector.layers.seekable import Checkpoints
from inspector.layers.table import Listing
from inspector.oci.digest import Digest
from inspector.progress import CancelToken, Progress, ProgressSink, ignore_progress

__all__ = ["Listing", "OnRows", "list_layer"]

OnRows = Callable[[Listing], None]

STAGE = mark("Reading a layer")
_LARGEST_BATCH = 512
_SECONDS_PER_BATCH = 0.05
_SECONDS_PER_CALL = 0.1
_POLL_SECONDS = 0.05
_WORTH_CHECKPOINTS = 1 << 20


def list_layer(
    layer: Blob | ByteSource,
    *,
    token: CancelToken | None = None,
    sink: ProgressSink = ignore_progress,
    limits: Limits = DEFAULT_LIMITS,
    on_rows: OnRows | None = None,
    with_digests: bool = True,
) -> Listing:
    """The entries of a layer in stored order, with `digest` and `diff_id` unless `with_digests` is False.

    `on_rows` is called now and then (first after some hundred rows, then about ten times a second) with the listing that
    is being filled. A plain layer without digests is read by its headers only.

    A damaged layer gives what was whole, `complete` False and findings (LAYER-1) that say where it breaks. For a `Blob`
    the stored digest is recorded, and a claim that differs is finding BLOB-1.

    Raises `LayerError` if the bytes are no tar at all, `LimitReached` ("layer_entries", "blob_bytes",
    "inflate_ratio", "zstd_window", the tar reader's), `Cancelled`, `SourceChanged`.
    """
    blob = layer if isinstance(layer, Blob) else None
    source = layer.open() if isinstance(layer, Blob) else layer
    name = blob.member.name if blob is not None else ""
    compression = sniff(source.read_at(0, min(SNIFF_BYTES, source.size)))
    listing = Listing(compression=compression, stored_size=source.size)
    if with_digests or compression is not Compression.NONE:
        limits.refuse_blob(name, source.size)
    reading = _Reading(listing, source, name, token or CancelToken(), sink, limits, on_rows)
    if compression is Compression.NONE:
        reading.read_plain(with_digests=with_digests)
    else:
        reading.read_compressed(with_digests=with_digests)
    if blob is not None:
        reading.compare(blob)
    listing.findings = tuple(reading.findings)
    return listing


class _Reading:
    """The state of one pass."""

    def __init__(
        self,
        listing: Listing,
        source: ByteSource,
        name: str,
        token: CancelToken,
        sink: ProgressSink,
        limits: Limits,
        on_rows: OnRows | None,
    ) -> None:
        self.findings: list[Finding] = []
        self._listing = listing
        self._source = source
        self._name = name
        self._token = token
        self._sink = sink
        self._limits = limits
        self._on_rows = on_rows
        self._done = 0
        self._called = 0.0
        self._head = b""
        self._damage: CompressionError | None = None

    def read_plain(self, *, with_digests: bool) -> None:
        """Walk the headers here; hash all bytes in another thread, since walking seeks over most of them."""
        listing = self._listing
        listing.uncompressed_size = self._source.size
        if not with_digests:
            self._walk(TarReader(SourceInput(self._source), self._limits, self._token))
            return
        stop = CancelToken()
        with ThreadPoolExecutor(1, thread_name_prefix="layer-sha256") as pool:
            hashing = pool.submit(self._hash_source, stop)
            try:
                self._walk(TarReader(SourceInput(self._source), self._limits, self._token))
                listing.digest = listing.diff_id = self._wait(hashing)
            except BaseException:
                stop.cancel()
                raise

    def _hash_source(self, stop: CancelToken) -> Digest:
        running = hashlib.sha256()
        for piece in chunks(self._source, token=self._token):
            stop.check()
            running.update(piece)
            self._done += len(piece)
        if self._done != self._source.size:
            raise SourceChanged(
                "The file changed",
                say(
                    "%(name)s: read %(done)s of %(size)s bytes.",
                    name=self._name,
                    done=self._done,
                    size=self._source.size,
                ),
            )
        return Digest.from_hex(running.hexdigest())

    def _wait(self, hashing: Future[Digest]) -> Digest:
        while True:
            try:
                return hashing.result(_POLL_SECONDS)
            except NotYet:
                self._tell()

    def read_compressed(self, *, with_digests: bool) -> None:
        """Inflate here, walk what comes out, hash it in another thread."""
        listing = self._listing
        stored = hashlib.sha256() if with_digests else None
        state = InflateState()
        with BackgroundHash() as uncompressed:
            pieces = self._inflated(state, stored, uncompressed if with_digests else None)
            self._walk(TarReader(StreamInput(pieces), self._limits, self._token))
            for _ in pieces:  # what follows the end of the tar counts for the digests
                pass
            listing.uncompressed_size = state.produced
            if stored is not None:
                listing.digest = Digest.from_hex(stored.hexdigest())
                listing.diff_id = uncompressed.digest() if self._damage is None else None
        if self._damage is not None:
            listing.complete = False
            self._find(
                "LAYER-1", Severity.ERROR, self._damage.title,
                say("%s What came before is listed.", say(self._damage.message)), offset=state.consumed,
            )  # fmt: skip
        elif state.trailing_garbage:
            self._find(
                "LAYER-19", Severity.WARNING, "Bytes behind the compressed stream",
                say("%(trailing_garbage)s bytes follow the last %(compression)s stream; readers pass them over.", trailing_garbage=state.trailing_garbage, compression=listing.compression),
                offset=state.consumed - state.trailing_garbage,
            )  # fmt: skip

    def _inflated(
        self, state: InflateState, stored: hashlib._Hash | None, uncompressed: BackgroundHash | None
    ) -> Iterator[bytes]:
        """The tar's bytes; ends early where the stream is damaged, and then keeps the error."""
        limits = self._limits
        try:
            for piece in self._pieces(state, stored):
                self._token.check()
                if state.produced > max(limits.inflate_free_bytes, limits.inflate_ratio * state.consumed):
                    raise LimitReached(
                        "inflate_ratio",
                        limits.inflate_ratio,
                        say(
                            "%(name)s inflates to more than %(inflate_ratio)s times its size: %(produced)s bytes so far. It may be made to fill memory or disk.",
                            name=self._name or say("The layer"),
                            inflate_ratio=limits.inflate_ratio,
                            produced=state.produced,
                        ),
                        subject=self._name,
                    )
                self._head = self._head or piece[:SNIFF_BYTES]
                if uncompressed is not None:
                    uncompressed.feed(piece)
                yield piece
        except CompressionError as error:
            self._damage = error

    def _pieces(self, state: InflateState, stored: hashlib._Hash | None) -> Iterator[bytes]:
        """The inflated bytes; whatever happens, all stored bytes are hashed. Checkpoints are left behind."""

        def take(piece: bytes) -> bytes:
            self._token.check()
            if stored is not None:
                stored.update(piece)
            self._done += len(piece)
            return piece

        listing, source = self._listing, self._source
        points = listing.checkpoints = Checkpoints()
        if listing.compression is Compression.GZIP and source.size >= _WORTH_CHECKPOINTS:
            cursor = GzipCursor(source, points, state=state, on_stored=take)
            try:
                while (piece := cursor.step()) is not None:
                    yield piece
            except CompressionError:
                cursor.drain()
                raise
            return
        pieces = map(take, chunks(source, size=INPUT_SLICE))
        window = self._limits.zstd_window
        try:
            yield from inflate(
                pieces,
                listing.compression,
                zstd_window=window,
                state=state,
                on_stream=points.offer,
                token=self._token,
            )
        except CompressionError:
            for _ in pieces:
                pass
            raise

    def _walk(self, reader: TarReader) -> None:
        listing = self._listing
        rows = RowTaker(listing)
        entries = iter(reader)
        batch = 1
        started = time.monotonic()
        while taken := list(islice(entries, batch)):
            rows.take(taken)
            self._tick(len(listing))
            # Large batches are quick; small ones let the rows of a layer of large files appear one by one.
            elapsed = time.monotonic() - started
            batch = min(2 * batch, _LARGEST_BATCH) if elapsed < _SECONDS_PER_BATCH else max(1, batch // 2)
            started += elapsed
        end = reader.end
        if not len(listing) and self._damage is None and end.end_offset == 0:
            self._refuse_unless_empty(end)
        listing.complete = end.truncated_at is None and end.bad_header_at is None
        self.findings += reader.oddities

    def _tick(self, count: int) -> None:
        self._token.check()
        if count > self._limits.layer_entries:
            raise LimitReached(
                "layer_entries",
                self._limits.layer_entries,
                say(
                    "%(name)s has more than %(layer_entries)s entries.",
                    name=self._name or say("The layer"),
                    layer_entries=self._limits.layer_entries,
                ),
                subject=self._name,
            )
        now = time.monotonic()
        if now - self._called >= _SECONDS_PER_CALL:
            self._called = now
            self._tell()
            if self._on_rows is not None:
                self._on_rows(self._listing)

    def _tell(self) -> None:
        self._sink(Progress(STAGE, self._done, self._source.size, self._name))

    def _refuse_unless_empty(self, end: TarEnd) -> None:
        """The bytes do not begin with a tar header: say what they are. Nothing, or zeros, is an empty tar."""
        plain = self._listing.compression is Compression.NONE
        head = self._source.read_at(0, min(SNIFF_BYTES, self._source.size)) if plain else self._head
        if end.bad_header_at is None and not head.strip(b"\0"):
            return
        what = say("not a tar")
        if head.lstrip()[:1] in (b"{", b"["):
            what = say("JSON (an attestation or another document)")
        elif (inner := sniff(head)) is not Compression.NONE:
            what = say("%(inner)s data inside of %(compression)s", inner=inner, compression=self._listing.compression)
        raise LayerError(
            "This layer holds no files",
            say(
                "%(name)s is %(what)s. An encrypted layer looks like this, too. It is kept as it is when the archive is exported.",
                name=self._name or say("Its content"),
                what=what,
            ),
            subject=self._name,
        )

    def compare(self, blob: Blob) -> None:
        """Record the digest of the stored bytes and compare it with what is claimed."""
        listing = self._listing
        if not blob.member.complete:
            listing.complete = False
            listing.digest = listing.diff_id = None
            self._find(
                "LAYER-1", Severity.ERROR, "The archive ends inside this layer",
                "What came before is listed.", offset=self._source.size,
            )  # fmt: skip
        elif listing.digest is not None:
            blob.record(listing.digest)
            blob.diff_id = listing.diff_id
            claimed = blob.claimed
            if claimed is not None and claimed.algorithm == listing.digest.algorithm and claimed != listing.digest:
                self._find(
                    "BLOB-1", Severity.ERROR, "The layer's bytes are not what their digest says",
                    "The blob was damaged or changed after it was named.",
                    expected=claimed, found=listing.digest,
                )  # fmt: skip

    def _find(
        self,
        code: str,
        severity: Severity,
        title: str,
        explanation: str,
        *,
        offset: int | None = None,
        expected: str | None = None,
        found: str | None = None,
    ) -> None:
        where = Where(self._name, offset=offset)
        self.findings.append(Finding(code, severity, title, explanation, where, expected, found, Fix.NONE))
