"""Opening an archive: bytes → members → shape → images. The one door to everything in this room.

A new shape is one module and one line in `_read_shape`.
"""

from __future__ import annotations

import stat
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.archive.blobstore import BlobStore
from inspector.archive.compression import SNIFF_BYTES, Compression, sniff
from inspector.archive.dockerdir import is_manifest, read_docker_dir
from inspector.archive.dockersave import read_docker_save
from inspector.archive.folder_members import read_folder_members
from inspector.archive.image import ImageArchive
from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.members import MemberKind, read_tar_members
from inspector.archive.ocilayout import read_oci_layout
from inspector.archive.opening import Opening, finding
from inspector.archive.source import FileSource, unreadable
from inspector.archive.writer import tell_writer
from inspector.errors import ArchiveDamaged, ArchiveError, ArchiveUnreadable
from inspector.findings import Severity
from inspector.language import say, say_all
from inspector.progress import CancelToken, Progress, ProgressSink, ignore_progress

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.archive.found import Found
    from inspector.archive.members import MemberTable
    from inspector.archive.source import ByteSource
    from inspector.findings import Finding
    from inspector.oci.document import Document


_HOW_IT_ENDS = frozenset(("TAR-1", "TAR-2", "TAR-3", "TAR-4"))


def open_archive(
    path: Path,
    *,
    token: CancelToken | None = None,
    sink: ProgressSink = ignore_progress,
    limits: Limits = DEFAULT_LIMITS,
) -> ImageArchive:
    """The archive at `path`, a regular file or a layout folder, with everything known that headers and JSON tell.

    No layer is read but for the few bytes of its magic. A plain tar is read in place; a compressed file is inflated
    once into a private temporary file. What is damaged opens as far as it is whole, with findings.

    Raises `NotAnArchive` (says what it is instead, and the next step), `ArchiveDamaged`, `ArchiveUnreadable`,
    `CompressionError`, `LimitReached`, `SourceChanged`, `Cancelled`. The caller closes the archive.
    """
    token = token if token is not None else CancelToken()
    token.check()
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except OSError as error:
        raise unreadable(str(path), error) from error
    except ValueError as error:
        raise ArchiveUnreadable("The file cannot be read", f"{str(path)!r}: {error}.", subject=str(path)) from error
    return _open_folder(path, token, limits) if is_folder else _open_file(path, token, sink, limits)


def _open_folder(path: Path, token: CancelToken, limits: Limits) -> ImageArchive:
    members = read_folder_members(path, limits, token)
    try:
        opening = Opening(members, BlobStore(members), limits, token)
        opening.note(*members.findings)
        found = _read_shape(opening) if members.is_whole else None
        if found is None:
            from inspector.archive.identify import explain_members

            raise explain_members(members, str(path), folder=True)
        size = sum(member.size for member in members.members if member.kind is MemberKind.FILE)
        return _archive(path, size, Compression.NONE, opening, found, None)
    except BaseException:
        members.close()
        raise


def _open_file(path: Path, token: CancelToken, sink: ProgressSink, limits: Limits) -> ImageArchive:
    source = FileSource(path)
    outer: ByteSource = source
    try:
        compression = sniff(source.read_at(0, min(SNIFF_BYTES, source.size)))
        if compression is not Compression.NONE:
            outer = _inflated(source, compression, limits, token, sink)
        archive = _open_tar(outer, path, source.size, compression, limits, token, sink)
        archive.source = source
        archive.spooled = outer if outer is not source else None
        return archive
    except BaseException:
        for opened in (outer, source):
            closer = getattr(opened, "close", None)
            if closer is not None:
                closer()
        raise


def open_tar(
    source: ByteSource, path: Path, *, token: CancelToken | None = None, limits: Limits = DEFAULT_LIMITS
) -> ImageArchive:
    """The archive whose plain tar is `source`, as `open_archive`; `path` only names it. `source` stays the caller's."""
    return _open_tar(source, path, source.size, Compression.NONE, limits, token or CancelToken(), ignore_progress)


def _open_tar(
    outer: ByteSource,
    path: Path,
    size: int,
    compression: Compression,
    limits: Limits,
    token: CancelToken,
    sink: ProgressSink,
) -> ImageArchive:
    sink(Progress("Reading", 0, outer.size, path.name))
    members = read_tar_members(outer, limits, token, sink)
    try:
        opening = Opening(members, BlobStore(members), limits, token)
        _note_compressed(opening, outer, compression)
        opening.note(*map(_about_archive, members.findings))
        found = _read_shape(opening) if members.members else None
        if found is None:
            raise _refusal(members, outer, path, compression)
        return _archive(path, size, compression, opening, found, outer)
    except BaseException:
        members.close()
        raise


def _inflated(
    source: FileSource, compression: Compression, limits: Limits, token: CancelToken, sink: ProgressSink
) -> ByteSource:
    # Imported late: most archives are plain, and this brings tempfile and the decoders along.
    from inspector.archive.spool import spool

    return spool(source, compression, limits, token, sink)


def _note_compressed(opening: Opening, outer: ByteSource, compression: Compression) -> None:
    """ARC-1 if the compressed stream around the tar ends early or is damaged."""
    damage: str | None = getattr(outer, "damage", None)
    if damage is not None:
        opening.note(
            finding(
                "ARC-1",
                Severity.ERROR,
                say("The %s stream around the archive is cut off or damaged", compression),
                say("%s What came out before is shown; download or save it again.", damage),
                offset=outer.size,
            )
        )


def _about_archive(odd: Finding) -> Finding:
    """How the tar of the archive ends is rule ARC-1; the tar reader, which reads layers too, has its own codes."""
    return replace(odd, code="ARC-1") if odd.code in _HOW_IT_ENDS else odd


def _archive(
    path: Path, size: int, compression: Compression, opening: Opening, found: Found, outer: ByteSource | None
) -> ImageArchive:
    return ImageArchive(
        path=path,
        size=size,
        compression=compression,
        layout=found.layout,
        writer=tell_writer(opening.members, found, outer),
        members=opening.members,
        blobs=opening.blobs,
        root_documents=found.documents,
        roots=found.roots,
        images=found.images,
        docker_entries=found.entries,
        findings=opening.findings(),
    )


def _read_shape(opening: Opening) -> Found | None:
    """The structure of whatever shape this is; None if it is no image archive (formats.md B1)."""
    has_blobs = any(True for _ in opening.members.below("blobs/"))
    has_layout = opening.file_blob("oci-layout") is not None
    has_index = opening.file_blob("index.json") is not None and (has_layout or has_blobs or _is_index(opening))
    manifest_json = opening.root_document("manifest.json", "COMPAT-1")
    if is_manifest(manifest_json) and not has_layout and not has_index and manifest_json is not None:
        return read_docker_dir(opening, manifest_json)
    is_list = manifest_json is not None and (isinstance(manifest_json.value, list) or manifest_json.value is None)
    if has_layout or has_index or (has_blobs and not is_list):
        return read_oci_layout(opening, manifest_json if is_list else None)
    if manifest_json is not None and is_list:
        return read_docker_save(opening, manifest_json)
    # What is rare is imported when it is met: the start of `show` counts (performance.md).
    from inspector.archive.legacy import read_legacy
    from inspector.archive.salvage import salvage_docker_save

    return salvage_docker_save(opening) or read_legacy(opening)


def _is_index(opening: Opening) -> bool:
    """Whether a file called index.json is an image index: many web projects have one that is not."""
    document: Document | None = opening.root_document("index.json", "LAYOUT-5")
    return document is not None and isinstance(document.value, dict) and "manifests" in document.value


def _refusal(members: MemberTable, outer: ByteSource, path: Path, compression: Compression) -> ArchiveError:
    """The error for a file of which no image came out."""
    from inspector.archive import identify

    inside = "" if compression is Compression.NONE else str(compression)
    if not members.members:
        return identify.explain_bytes(outer, str(path), inside=inside)
    document = members.find("manifest.json") or members.find("index.json")
    if document is not None and document.kind is MemberKind.FILE and document.name in ("manifest.json", "index.json"):
        return ArchiveDamaged(
            "The archive cannot be understood",
            say(
                "%(path)s: %(name)s is there, but it is not what an image archive has there. Save the image again, or check that this is the right file.",
                path=path,
                name=document.name,
            ),
            subject=str(path),
        )
    end = members.end
    broken_at = None if end is None else (end.truncated_at if end.truncated_at is not None else end.bad_header_at)
    error = identify.explain_members(members, str(path))
    if end is not None and end.trailing_nonzero and broken_at is None:
        behind = say(
            "More data follows behind its end mark at byte %s, perhaps a second archive.", f"{end.end_offset:,}"
        )
        return type(error)(error.title, say_all((say(error.message), behind)), subject=error.subject)
    if broken_at is None or not error.title.startswith("A tar of other things"):
        return error
    return ArchiveDamaged(
        "The archive is damaged",
        say(
            "%(path)s: it is a tar whose readable part ends at byte %(broken_at)s, and no image came before that. Download or save it again.",
            path=path,
            broken_at=f"{broken_at:,}",
        ),
        subject=str(path),
    )
