"""Blobs of a layout that nothing refers to: what they are, and which of them belong in the tree after all."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING

from inspector.archive.image import Image
from inspector.archive.opening import finding, some
from inspector.findings import Finding, Fix, Severity
from inspector.language import say, say_all, say_n
from inspector.oci.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspector.archive.blobstore import Blob
    from inspector.archive.opening import Opening
    from inspector.oci.document import Document

_READ_BYTES = 64 * 1024 * 1024
_READ_COUNT = 5_000
"""How much of the unreferenced is read to classify it; beyond that it is a plain blob to us."""
_BLOB = 64


class OrphanKind(Enum):
    """What an unreferenced blob looks like; the value is for people, in the plural."""

    INDEX = "indexes"
    MANIFEST = "manifests"
    CONFIG = "image configs"
    V1 = "legacy v1 JSON files"
    JSON = "other JSON documents"
    OTHER = "layers or other blobs"


def classify(opening: Opening, blobs: Iterable[Blob]) -> list[tuple[Blob, OrphanKind, Document | None]]:
    """What each blob is. Only what begins like a JSON object, is whole and within the limits is read."""
    found: list[tuple[Blob, OrphanKind, Document | None]] = []
    count, total = 0, 0
    for blob in blobs:
        opening.token.check()
        document = None
        small = blob.member.complete and blob.size <= opening.limits.json_bytes
        if small and count < _READ_COUNT and total + blob.size <= _READ_BYTES:
            count += 1
            if opening.peek(blob, _BLOB).lstrip()[:1] == b"{":
                total += blob.size
                document = opening.document(blob, None)
        found.append((blob, _kind(document), document))
    return found


def _kind(document: Document | None) -> OrphanKind:
    value = document.value if document is not None else None
    if not isinstance(value, dict):
        return OrphanKind.OTHER
    if isinstance(value.get("manifests"), list):
        return OrphanKind.INDEX
    if isinstance(value.get("config"), dict) and isinstance(value.get("layers"), list):
        return OrphanKind.MANIFEST
    if isinstance(value.get("rootfs"), dict):
        return OrphanKind.CONFIG
    if isinstance(value.get("id"), str) and ("container_config" in value or "created" in value or "parent" in value):
        return OrphanKind.V1
    return OrphanKind.JSON


def mentioned(document: Document, key: str) -> Digest | None:
    """The digest of the descriptor under `key` (`subject`, `config`) of a manifest."""
    value = document.value
    descriptor = value.get(key) if isinstance(value, dict) else None
    return Digest.try_parse(descriptor.get("digest")) if isinstance(descriptor, dict) else None


def children(document: Document) -> set[Digest]:
    """The digests that an index lists."""
    value = document.value
    entries = value.get("manifests") if isinstance(value, dict) else None
    found = (
        Digest.try_parse(entry.get("digest")) for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict)
    )  # fmt: skip
    return {digest for digest in found if digest is not None}


def config_images(opening: Opening, orphans: Sequence[tuple[Blob, OrphanKind, Document | None]]) -> list[Image]:
    """Images of configs that no manifest is left for; layers are found where they are stored by diffID."""
    from inspector.archive.salvage import image_of_config

    images: list[Image] = []
    for blob, kind, document in orphans:
        if kind is not OrphanKind.CONFIG or document is None:
            continue
        _, config = opening.config(blob)
        if config is not None and config.diff_ids:
            layers = [opening.find_blob(diff_id) for diff_id in config.diff_ids]
            images.append(image_of_config(opening, blob, document, config, layers))
    return images


def summary(orphans: Sequence[tuple[Blob, OrphanKind]]) -> Finding | None:
    """BLOB-5, one for all: an archive of Docker 25 or later has one such blob per layer."""
    if not orphans:
        return None
    kinds = Counter(kind for _, kind in orphans)
    names = some(blob.member.name for blob, _ in orphans)
    counted = say_all(
        (say("%(count)s %(kind)s", count=f"{count:,}", kind=say(kind.value)) for kind, count in kinds.items()), ", "
    )
    size = sum(blob.size for blob, _ in orphans)
    return finding(
        "BLOB-5",
        Severity.INFO,
        say_n(
            "%s blob that nothing refers to",
            "%s blobs that nothing refers to",
            len(orphans),
            f"{len(orphans):,}",
        ),
        say("%(counted)s, %(size)s bytes together: %(names)s.", counted=counted, size=f"{size:,}", names=names),
        at="blobs",
        found=counted,
        fix=Fix.AUTOMATIC,
        spec="image-layout.md#blobs",
    )
