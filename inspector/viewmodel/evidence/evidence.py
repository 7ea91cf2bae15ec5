"""The evidence report: what an archive holds, what was computed, and what is wrong with it, as plain values.

`html` and `markdown` beside it turn these into files. All texts have been through `display.safe`; making markup
of them harmless is left to those two. Nothing here depends on the clock, the folder or the machine: the same archive gives
the same report, byte for byte. The report is evidence for others, so it is in English, as the terminal twin is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from inspector.archive.blobstore import Blob, compute_digest
from inspector.archive.member_columns import MemberKind
from inspector.archive.source import chunks
from inspector.conformance.check import check_archive
from inspector.errors import ArchiveUnreadable, BlobError, LimitReached
from inspector.findings import Finding, Where
from inspector.language import in_english
from inspector.oci.digest import Digest, hasher
from inspector.progress import CancelToken, Progress, ProgressSink
from inspector.viewmodel.evidence import sections
from inspector.viewmodel.evidence.blocks import Evidence
from inspector.viewmodel.evidence.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.archive.image import ImageArchive
    from inspector.archive.limits import Limits

MOST_FILES: Final = 10_000
"""Files of the archive that get a row; images rarely have more than some hundred."""


def collect(archive: ImageArchive, token: CancelToken, sink: ProgressSink, limits: Limits) -> Facts:
    """Check the archive deeply and compute the digest of the file and of everything in it. Reads the file twice.

    What is larger than the limit "blob_bytes" is not hashed, and the report says so. Raises `Cancelled`, `SourceChanged`, `ArchiveUnreadable`.
    """
    report = check_archive(archive, deep=True, token=token, sink=sink, limits=limits)
    report = replace(report, findings=tuple(_without_folder(finding, archive) for finding in report.findings))
    digest = _file_digest(archive, token, sink, limits)
    files: list[Blob] = []
    more = 0
    for blob in _files(archive):
        token.check()
        if len(files) >= MOST_FILES:
            more += 1
            continue
        files.append(blob)
        if blob.computed is None and blob.member.complete:
            try:
                compute_digest(blob, token, sink, stage="Hashing", limits=limits)
            except (ArchiveUnreadable, BlobError, LimitReached):
                continue  # told in its row: no digest
    archive.check_source()
    return Facts(archive, report, digest, tuple(files), more)


def evidence_of(facts: Facts) -> Evidence:
    """The report of the facts: sections in a fixed order, in English."""
    with in_english():
        return Evidence(
            sections.title(facts),
            (
                sections.about(facts),
                sections.loaders(facts),
                sections.verified(facts),
                sections.findings(facts),
                sections.structure(facts),
                *sections.images(facts),
                sections.documents(facts),
                sections.files(facts),
                sections.method(facts),
            ),
        )


def _file_digest(archive: ImageArchive, token: CancelToken, sink: ProgressSink, limits: Limits) -> Digest | None:
    """None for a folder, and for a file of more bytes than are read unasked ("blob_bytes")."""
    source = archive.source
    if source is None or source.size > limits.blob_bytes:
        return None
    running = hasher("sha256")
    done = 0
    for piece in chunks(source, token=token):
        running.update(piece)
        done += len(piece)
        sink(Progress("Hashing", done, source.size, archive.path.name))
    return Digest.parse(f"sha256:{running.hexdigest()}")


def _files(archive: ImageArchive) -> Iterator[Blob]:
    """Every blob in the order of their names, then the other regular files of the archive, none of them twice."""
    known = {blob.member: blob for blob in archive.blobs.all()}
    yield from sorted(known.values(), key=lambda blob: (blob.member.name, blob.member.header_offset or 0))
    for member in archive.members.members:
        if member.kind is MemberKind.FILE and member not in known:
            yield Blob(member, archive.members)


def _without_folder(finding: Finding, archive: ImageArchive) -> Finding:
    """A finding that names the file by its path names it without the folder: who keeps it where is nobody's business."""
    path = str(archive.path)
    if finding.where.object != path:
        return finding
    where = finding.where
    return replace(finding, where=Where(archive.path.name, where.pointer, where.offset, where.digest))
