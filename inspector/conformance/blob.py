"""BLOB-*: the files below blobs/ (image-layout.md#blobs, descriptor.md#digests)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.archive.blobstore import BlobState
from inspector.conformance.rules import Check, Rule
from inspector.findings import Finding, Fix, Severity
from inspector.language import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.archive.blobstore import Blob
    from inspector.conformance.case import Case

_SPEC: Final = "image-layout.md#blobs"

BLOB_1: Final = Rule(
    "BLOB-1",
    "The content of a blob has the digest that its name states",
    "Another digest means that the bytes were damaged or changed. Loaders refuse it, or look for it in vain.",
    _SPEC,
)
BLOB_4: Final = Rule(
    "BLOB-4",
    "The digest's algorithm is one that readers know",
    "The specification registers sha256 and sha512; containerd, umoci and crane take sha256 only.",
    "descriptor.md#registered-algorithms",
    Fix.CHOICE,
)
BLOB_8: Final = Rule(
    "BLOB-8", "The same content may be stored under two algorithms", "Allowed; it only takes room.", _SPEC
)

RULES: Final = (
    BLOB_1,
    Rule(
        "BLOB-2",
        "Names below blobs/ obey the grammar of digests",
        "Nothing can refer to a blob whose name is no digest.",
        "descriptor.md#digests",
        Fix.CHOICE,
    ),
    Rule(
        "BLOB-3",
        "A blob is called blobs/<algorithm>/<encoded>, with nothing behind",
        "Loaders look up the exact name; `.tar.gz` behind it hides the blob.",
        _SPEC,
        Fix.AUTOMATIC,
    ),
    BLOB_4,
    Rule(
        "BLOB-5",
        "Blobs that nothing refers to may exist",
        "Allowed; they take room. Docker from 25 on leaves one JSON per layer, others leave signatures.",
        _SPEC,
        Fix.AUTOMATIC,
    ),
    Rule(
        "BLOB-6",
        "What a descriptor names is in the archive",
        "Allowed to be elsewhere, as after saving one platform of several; who needs it fails.",
        _SPEC,
        Fix.CHOICE,
    ),
    Rule(
        "BLOB-7",
        "The hexadecimal digits of sha256 are lower case",
        "Loaders compare the name letter by letter.",
        "descriptor.md#sha-256",
        Fix.AUTOMATIC,
    ),
    BLOB_8,
)


def algorithms(case: Case) -> Iterator[Finding]:
    """BLOB-4: told once per algorithm."""
    seen: dict[str, Blob] = {}
    for blob in case.archive.blobs.all():
        if blob.claimed is not None and blob.claimed.algorithm != "sha256":
            seen.setdefault(blob.claimed.algorithm, blob)
    for algorithm, blob in seen.items():
        known = blob.claimed is not None and blob.claimed.checkable
        yield BLOB_4.broken(
            Severity.INFO if known else Severity.WARNING,
            say("Blobs are named by %s", algorithm) if known else say("%s digests cannot be checked", algorithm),
            at=blob.member.name,
            digest=blob.claimed,
            expected="sha256",
            found=algorithm,
        )


def contents(case: Case) -> Iterator[Finding]:
    """BLOB-1 for every blob that was read and is not what it is called (documents: found when opening).

    In a docker save only for layers that unpack to their diffIDs and whose name yet states another digest.
    """
    renamed = _right_inside(case)
    for blob in case.archive.blobs.all():
        claimed = blob.claimed
        if claimed is None or blob.state is not BlobState.WRONG or not blob.member.complete:
            continue
        if not (case.is_layout or case.archive.layout == "docker-dir") and blob not in renamed:
            continue  # COMPAT-2 and COMPAT-4 tell
        found = blob.computed if claimed.algorithm == "sha256" else None
        yield BLOB_1.broken(
            Severity.ERROR,
            "A blob is not what its digest says",
            at=blob.member.name,
            offset=blob.member.header_offset,
            digest=claimed,
            expected=claimed,
            found=found or say("another %s digest", claimed.algorithm),
        )


def _right_inside(case: Case) -> set[Blob]:
    found = case.contents.diff_ids
    return {
        blob
        for view in case.docker
        for number, blob in enumerate(view.layers)
        if blob is not None and found.get(blob) is not None and found[blob] == view.diff_id(number)
    }


def cut_off(case: Case) -> Iterator[Finding]:
    """BLOB-1 for a blob within which the archive ends: known without reading."""
    if not case.is_layout and case.archive.layout != "docker-dir":
        return
    for blob in case.archive.blobs.all():
        if blob.claimed is not None and not blob.member.complete:
            yield BLOB_1.broken(
                Severity.ERROR,
                "A blob is cut off",
                "The archive ends within it. Download or save the archive again.",
                at=blob.member.name,
                offset=blob.member.header_offset,
                digest=blob.claimed,
                expected=say("%s bytes", f"{blob.size:,}"),
                found=say("fewer: the archive ends"),
            )


def same_twice(case: Case) -> Iterator[Finding]:
    """BLOB-8."""
    first: dict[object, Blob] = {}
    for blob in case.archive.blobs.all():
        if blob.claimed is None or blob.computed is None or blob.state is BlobState.WRONG:
            continue
        other = first.setdefault(blob.computed, blob)
        if other.claimed is not None and other.claimed.algorithm != blob.claimed.algorithm:
            yield BLOB_8.broken(
                Severity.INFO, "One content under two digests", at=blob.member.name, found=other.member.name
            )


QUICK: Final[tuple[Check, ...]] = (algorithms, cut_off, contents)
"""`contents` tells here of what was read for another reason, such as *Verify All Digests*."""
DEEP: Final[tuple[Check, ...]] = (contents, same_twice)
