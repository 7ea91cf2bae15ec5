"""Reading one layer through: inflated, with both of its digests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inspector.archive.blobstore import Blob
from inspector.archive.compression import Compression, inflate
from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.source import chunks
from inspector.errors import BlobMismatch, CompressionError, LimitReached
from inspector.export.blobbag import mismatch
from inspector.language import say
from inspector.oci.digest import Digest, hasher
from inspector.progress import CancelToken

if TYPE_CHECKING:
    from inspector.export.planned import ExportPlan


class LayerReader:
    """One layer, inflated in one pass that also computes its stored digest and its diffID."""

    def __init__(self, blob: Blob, token: CancelToken, limits: Limits = DEFAULT_LIMITS) -> None:
        self.blob = blob
        self._limits = limits
        self._token = token
        self._stored = hasher(self._algorithm)
        # Of a plain layer both digests are of the same bytes: computed once.
        self._is_plain = blob.compression is Compression.NONE and self._algorithm == "sha256"
        self._plain = self._stored if self._is_plain else hasher("sha256")
        self.read = 0
        """Stored bytes read so far."""

    @property
    def _algorithm(self) -> str:
        claimed = self.blob.claimed
        return claimed.algorithm if claimed is not None and claimed.checkable else "sha256"

    def _pieces(self) -> Iterator[bytes]:
        for piece in chunks(self.blob.open(), token=self._token):
            self._stored.update(piece)
            self.read += len(piece)
            yield piece

    def plain(self) -> Iterator[bytes]:
        """The uncompressed bytes. `BlobMismatch` for a stream that is damaged, `LimitReached`, `Cancelled`."""
        produced = 0
        try:
            for piece in inflate(
                self._pieces(), self.blob.compression, zstd_window=self._limits.zstd_window, token=self._token
            ):
                if not self._is_plain:
                    self._plain.update(piece)
                produced += len(piece)
                self._refuse_bomb(produced)
                yield piece
        except CompressionError as error:
            raise BlobMismatch(
                "A layer is damaged",
                say(
                    "%(name)s: %(message)s Nothing was written. Get the archive again.",
                    name=self.blob.member.name,
                    message=say(error.message),
                ),
                subject=self.blob.member.name,
            ) from error

    @property
    def stored(self) -> Digest:
        """The digest of the stored bytes; recorded in the blob. Call it when all were read."""
        found = Digest.parse(f"{self._algorithm}:{self._stored.hexdigest()}")
        self.blob.record(found)
        return found

    def _refuse_bomb(self, produced: int) -> None:
        limits = self._limits
        if produced > limits.inflate_free_bytes and produced > limits.inflate_ratio * max(1, self.read):
            raise LimitReached(
                "inflate_ratio",
                limits.inflate_ratio,
                say(
                    "%(name)s: %(read)s bytes inflate to more than %(produced)s, which no real layer does.",
                    name=self.blob.member.name,
                    read=f"{self.read:,}",
                    produced=f"{produced:,}",
                ),
                subject=self.blob.member.name,
            )

    @property
    def diff_id(self) -> Digest:
        """The digest of what `plain` gave out."""
        return Digest.from_hex(self._plain.hexdigest())

    def record(self) -> None:
        """Both digests are known of the blob from now on; call it when all were read."""
        self.blob.record(self.stored)
        self.blob.diff_id = self.diff_id

    def check(self, plan: ExportPlan) -> None:
        """`BlobMismatch` unless the stored bytes are what they are claimed to be; call it when all were read."""
        found = self.stored
        claimed = self.blob.claimed
        if claimed is not None and claimed.checkable and claimed != found:
            plan.check_sources()
            raise mismatch(self.blob.member.name, claimed, found)
        self.blob.diff_id = self.diff_id
