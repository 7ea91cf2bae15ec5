"""The deep part of a check: every blob is read once, layers are listed while they are hashed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from inspector.archive.blobstore import Blob, BlobState, compute_digest
from inspector.archive.image import NodeKind
from inspector.conformance.layer import (
    BELOW_A_FILE,
    DANGLING,
    FOLDER_TWICE,
    LAYER_CHECKS,
    ROOT_IS_NO_FOLDER,
    TWICE,
    missing_targets,
)
from inspector.conformance.layer_rules import LAYER_1
from inspector.errors import ArchiveUnreadable, BlobError, InspectorError, LayerError, LimitReached, ReadFailed
from inspector.findings import Finding, Severity
from inspector.language import mark, say
from inspector.layers.listing import list_layer
from inspector.oci import mediatype
from inspector.progress import Progress, ProgressSink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.conformance.case import Case
    from inspector.layers.table import Listing

STAGE: Final = mark("Checking")
_BREAKS: Final = frozenset(("TAR-1", "TAR-2"))
"""Codes of the tar reader that, in a layer, are rule LAYER-1."""
_REFUSED: Final = frozenset(("LAYER-3", "LAYER-5"))
"""Codes of layers that unpackers refuse."""


def read_contents(case: Case, sink: ProgressSink) -> Iterator[Finding]:
    """Read all that was not read yet, fill `case.contents`, and yield what the layers themselves break.

    Raises `Cancelled` and `SourceChanged`. A layer that reaches a limit is a finding: the others are still read.
    """
    layers = _layers(case)
    blobs = list(case.archive.blobs.all())
    total = sum(blob.size for blob in blobs)
    done = 0
    for blob in blobs:
        case.token.check()

        def tell(progress: Progress, /, before: int = done, name: str = blob.member.name) -> None:
            sink(Progress(STAGE, before + progress.done, total, name))

        try:
            if blob in layers and blob.size:
                yield from _read_layer(case, blob, tell)
            elif blob.member.complete:
                _hash(case, blob, tell)
        except ReadFailed:
            raise
        except (ArchiveUnreadable, BlobError) as error:
            case.contents.damaged[blob] = say(error.title)
            yield _not_read(blob, error)
        except LimitReached as error:  # it may be large and whole
            yield _not_read(blob, error)
        done += blob.size
    _look_for_targets(case)
    case.contents.done = True


def _look_for_targets(case: Case) -> None:
    """Which hard links find their targets in a layer below. This is so rare that those are simply listed again."""
    stacks = [[layer.blob for layer in image.layers] for image in case.images]
    stacks += [list(view.layers) for view in case.docker]
    for stack in stacks:
        for number, blob in enumerate(stack):
            needed = set(case.contents.dangling_links.get(blob, ())) if blob is not None else set()
            for lower in stack[:number] if needed else ():
                if lower is None or lower in case.contents.damaged or lower in case.contents.no_tar:
                    continue
                needed.difference_update(list_layer(lower, token=case.token, limits=case.limits).paths)
            if needed and blob is not None:
                case.contents.lost_links.add(blob)


def _layers(case: Case) -> set[Blob]:
    """The blobs that are layers of images and no ciphertext."""
    return {
        layer.blob
        for image in case.images
        for layer in image.layers
        if layer.blob is not None and not mediatype.is_encrypted(layer.media_type)
    } | {blob for view in case.docker for blob in view.layers if blob is not None}


def _hash(case: Case, blob: Blob, sink: ProgressSink) -> None:
    """The digest by which the blob is claimed, else sha256; what opening or listing computed is not read again."""
    claimed = blob.claimed
    if claimed is not None and claimed.checkable and claimed.algorithm != "sha256":
        if blob.state is BlobState.UNCHECKED:
            compute_digest(blob, case.token, sink, claimed.algorithm, stage=STAGE, limits=case.limits)
    elif blob.computed is None:
        compute_digest(blob, case.token, sink, stage=STAGE, limits=case.limits)


def _read_layer(case: Case, blob: Blob, sink: ProgressSink) -> Iterator[Finding]:
    name, contents = blob.member.name, case.contents
    try:
        listing = list_layer(blob, token=case.token, sink=sink, limits=case.limits)
    except LayerError as error:
        contents.no_tar.add(blob)
        contents.diff_ids[blob] = None
        yield _broken(case, blob, say("A layer that is no tar"), error.message)
    except LimitReached as error:
        contents.diff_ids[blob] = None
        if error.limit == "blob_bytes":
            raise  # nor is it hashed
        contents.damaged[blob] = say(error.title)
        yield _not_read(blob, error)
    else:
        contents.diff_ids[blob] = listing.diff_id
        if not listing.complete:
            contents.damaged[blob] = say("it breaks off")
        if listing.absolute_links:
            contents.absolute_links.add(blob)
        for finding in _of_layer(name, listing):
            if finding.code in _REFUSED or finding.title in (BELOW_A_FILE, ROOT_IS_NO_FOLDER):
                contents.unusable.setdefault(blob, finding.code)
            if finding.title == DANGLING:
                contents.dangling_links[blob] = missing_targets(listing)
            if finding.title in (TWICE, FOLDER_TWICE):
                contents.repeated.add(blob)
            if finding.code == "LAYER-19":
                contents.trailing.add(blob)
            yield finding
    if blob.member.complete:
        _hash(case, blob, sink)


def _of_layer(name: str, listing: Listing) -> Iterator[Finding]:
    for finding in listing.findings:
        if finding.code in ("BLOB-1", "TAR-8"):
            continue  # told by rules BLOB-1, with the digests, and LAYER-3
        code = "LAYER-1" if finding.code in _BREAKS else finding.code
        digest = str(listing.digest) if listing.digest is not None else None
        where = replace(finding.where, object=finding.where.object or name, digest=finding.where.digest or digest)
        yield replace(finding, code=code, where=where)
    for check in LAYER_CHECKS:
        yield from check(name, listing)


def _broken(case: Case, blob: Blob, title: str, explanation: str) -> Finding:
    kinds = {image.kind for image in case.archive.images for layer in image.layers if layer.blob is blob}
    is_needed = NodeKind.IMAGE in kinds or not kinds
    return LAYER_1.broken(
        Severity.ERROR if is_needed else Severity.WARNING,
        title,
        explanation,
        at=blob.member.name,
        offset=blob.member.header_offset,
        digest=blob.claimed,
        expected="a tar",
    )


def _not_read(blob: Blob, error: InspectorError) -> Finding:
    return LAYER_1.broken(
        Severity.ERROR,
        error.title,
        say("%s It was not read to its end.", say(error.message)),
        at=blob.member.name,
        offset=blob.member.header_offset,
        digest=blob.claimed,
        found=say("limit %s", error.limit) if isinstance(error, LimitReached) else None,
    )
