"""Carrying out a plan: every file of it once, in the order of the names, into whatever holds the new archive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from inspector.archive.blobstore import Blob, compute_digest
from inspector.archive.source import ByteSource
from inspector.errors import InspectorError
from inspector.export import tarstream
from inspector.export.blobbag import mismatch
from inspector.export.expected import Expected, WrongContent
from inspector.export.layerreader import LayerReader
from inspector.export.planned import ExportPlan, Inflated, PlannedBlob, Recoded, ToRecode
from inspector.language import mark
from inspector.oci.digest import Digest
from inspector.progress import CancelToken, Progress, ProgressSink, ignore_progress

WRITING = mark("Writing")


class Output(Protocol):
    """A tar or a folder that grows. Methods raise OSError, `Cancelled`, and what reading the source raises."""

    @property
    def names(self) -> set[str]:
        """Files and folders that are in it."""
        ...

    def counted(self, advanced: Callable[[int], None]) -> Output: ...

    def folder(self, name: str) -> None: ...

    def document(self, item: Expected, data: bytes) -> None: ...

    def blob(self, item: Expected, source: ByteSource) -> None: ...

    def stream(self, pieces: Iterable[bytes], finish: Callable[[int], Expected | None]) -> None:
        """A file that `finish` gives a name when its size is known, or takes back with None."""
        ...


def fill(plan: ExportPlan, out: Output, token: CancelToken, sink: ProgressSink) -> None:
    """Put everything that `plan` holds, and that is not in it already, into `out`."""
    there = out.names
    members = [member for member in _members(plan) if _name(member) not in there]
    sizes = plan.sizes
    total = len(tarstream.END) + sum(
        len(tarstream.folder_header(m)) if isinstance(m, str) else tarstream.stored_size(m.name, sizes[m.name])
        for m in members
    )
    done = 0
    subject = ""

    def advanced(count: int) -> None:
        nonlocal done
        done += count
        sink(Progress(WRITING, min(done, total), total, subject))

    out.counted(advanced)
    for member in members:
        if isinstance(member, str):
            out.folder(member)
            continue
        subject = member.name
        _put(out, plan, member, token)
    sink(Progress(WRITING, total, total, subject))


def _name(member: str | PlannedBlob) -> str:
    return member if isinstance(member, str) else member.name


def _members(plan: ExportPlan) -> Iterator[str | PlannedBlob]:
    """Folders and files in the order of their names, a folder before what is in it."""
    rows: list[tuple[bytes, str | PlannedBlob]] = [(f"{name}/".encode(), name) for name in plan.folders]
    rows += [(planned.name.encode(), planned) for planned in plan.blobs]
    rows.sort(key=lambda row: row[0])
    return (row[1] for row in rows)


def _put(out: Output, plan: ExportPlan, planned: PlannedBlob, token: CancelToken) -> None:
    """Write one file."""
    origin, digest = planned.origin, planned.digest
    assert not isinstance(origin, (ToRecode, Recoded)), "layers are compressed before anything else is written"
    assert digest is not None
    if isinstance(origin, bytes):
        out.document(Expected(planned.name, len(origin), digest), origin)
    elif isinstance(origin, Inflated):
        layer = LayerReader(origin.blob, token, plan.options.limits)

        def finish(size: int) -> Expected:
            layer.check(plan)
            if layer.diff_id != digest:
                raise _wrong(plan, f"{layer.blob.member.name}, uncompressed,", digest, layer.diff_id)
            return Expected(planned.name, size, digest)

        out.stream(layer.plain(), finish)
    else:
        source = origin.open()
        if planned.size != source.size:
            raise _wrong(plan, planned.name, digest, None)
        out.blob(Expected(planned.name, source.size, digest if digest.checkable else None), source)


def _wrong(plan: ExportPlan, name: str, expected: Digest, found: Digest | None) -> InspectorError:
    plan.check_sources()  # a file that changed meanwhile explains it better
    return mismatch(name, expected, found)


def blame(plan: ExportPlan, error: WrongContent, token: CancelToken) -> InspectorError:
    """What was read back is not what its digest says: the source, or the disk that we wrote to."""
    plan.check_sources()
    origin = next((planned.origin for planned in plan.blobs if planned.name == error.expected.name), None)
    digest = error.expected.digest
    if isinstance(origin, Blob) and digest is not None:
        found = compute_digest(origin, token, ignore_progress, digest.algorithm)
        if found != digest:
            return mismatch(origin.member.name, digest, found)
    return error


def record(plan: ExportPlan) -> None:
    """The new file holds the source's bytes, and they were found to be right: so the source's are."""
    for planned in plan.blobs:
        if isinstance(planned.origin, Blob) and planned.digest is not None and planned.digest.checkable:
            planned.origin.record(planned.digest)
