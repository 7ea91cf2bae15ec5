"""The blobs that the new archive will hold, each once."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.archive.blobstore import Blob, BlobState
from inspector.errors import BlobMismatch
from inspector.export.planned import ADDED, KEPT, REWRITTEN, PlannedBlob, Recoded, ToRecode
from inspector.language import say
from inspector.oci.digest import Digest

WAITING = "waiting"
"""The algorithm of the stand-in for a digest that a compression will give; it is in no document that is written."""


def blob_name(digest: Digest) -> str:
    """Where a layout stores it (image-layout.md#blobs)."""
    return f"blobs/{digest.algorithm}/{digest.encoded}"


def stand_in(blob: Blob, place: int = 0) -> Digest:
    """A text of a digest's form for a layer that is still to be compressed; equal for equal claims. `place`: of which of the
    merged archives it is.
    """
    named = Digest.of(f"{place or ''}{blob.member.name}".encode("utf-8", "surrogateescape"))
    return Digest.parse(f"{WAITING}:{(blob.claimed or named).encoded}")


def whole(blob: Blob) -> Blob:
    """`blob`, if the archive holds all of it and nothing showed that its bytes are others; `BlobMismatch` else."""
    if not blob.member.complete:
        raise BlobMismatch(
            "A blob is cut off",
            say("The archive ends within %s. It was not written or copied to its end: get it again.", blob.member.name),
            subject=blob.member.name,
        )
    if blob.state is BlobState.WRONG:
        raise mismatch(blob.member.name, blob.claimed, blob.computed)
    return blob


def mismatch(name: str, expected: Digest | None, found: Digest | None) -> BlobMismatch:
    """The error for bytes that are not what refers to them."""
    return BlobMismatch(
        "A blob is not what its digest says",
        say(
            "%(name)s should be %(expected)s, its bytes are %(found)s. It was changed or damaged, so nothing was written. Get the archive again.",
            name=name,
            expected=expected,
            found=found,
        ),
        subject=name,
    )


class BlobBag:
    """Collects blobs by digest; the first mention counts."""

    def __init__(self) -> None:
        self._found: dict[Digest, PlannedBlob] = {}
        self._sources: set[Blob] = set()

    def __iter__(self) -> Iterator[PlannedBlob]:
        return iter(self._found.values())

    def __contains__(self, digest: Digest) -> bool:
        return digest in self._found

    @property
    def sources(self) -> set[Blob]:
        """The blobs of the archive that are used in some form."""
        return self._sources

    def keep(self, digest: Digest, blob: Blob) -> None:
        """A blob of the source, byte for byte."""
        self._sources.add(whole(blob))
        self._put(PlannedBlob(blob_name(digest), digest, blob.size, blob, KEPT))

    def drop(self, digest: Digest) -> None:
        """Take out a document that something else now stands for."""
        del self._found[digest]

    def document(self, data: bytes, action: str, why: str, *, source: Blob | None = None) -> Digest:
        """A document that was made or rewritten; `source` is the one that it stands for. Returns its digest."""
        digest = Digest.of(data)
        if source is not None:
            self._sources.add(source)
        self._put(PlannedBlob(blob_name(digest), digest, len(data), data, action, why))
        return digest

    def recoded(self, blob: Blob, recoded: Recoded, why: str) -> None:
        """A layer that was compressed anew."""
        self._sources.add(whole(blob))
        self._put(PlannedBlob(blob_name(recoded.digest), recoded.digest, recoded.size, recoded, REWRITTEN, why))

    def recode(self, item: ToRecode, why: str) -> None:
        """A layer that will be compressed anew."""
        self._sources.add(whole(item.blob))
        self._put(PlannedBlob(blob_name(item.stand_in), None, None, item, REWRITTEN, why), item.stand_in)

    def _put(self, planned: PlannedBlob, key: Digest | None = None) -> None:
        key = key or planned.digest
        assert key is not None
        self._found.setdefault(key, planned)


__all__ = ["ADDED", "KEPT", "REWRITTEN", "BlobBag", "blob_name", "mismatch", "stand_in", "whole"]
