"""Carrying out a plan: every file of it once, in the order of the names, into whatever holds the new archive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from inspector.archive.blobstore import Blob, compute_digest
from inspector.archive.source import ByteSource
from inspector.errors import ExportError, InspectorError
from inspector.export.blobbag import mismatch
from inspector.export.layerreader import LayerReader
from inspector.export.planned import ExportPlan, Inflated, PlannedBlob, Recoded, ToRecode
from inspector.export.verify import Expected, WrongContent
from inspector.oci.digest import Digest
from inspector.progress import CancelToken, Progress, ProgressSink, ignore_progress

WRITING = "Writing"


class Output(Protocol):
    """A tar or a folder that grows. Methods raise OSError, `Cancelled`, and what reading the source raises."""

    def folder(self, name: str) -> None: ...

    def document(self, name: str, data: bytes) -> None: ...

    def blob(self, name: str, source: ByteSource) -> None: ...

    def stream(self, name: str, pieces: Iterable[bytes]) -> int: ...


Out = TypeVar("Out", bound=Output)


def fill(
    plan: ExportPlan, make: Callable[[Callable[[int], None]], Out], token: CancelToken, sink: ProgressSink
) -> tuple[Out, list[Expected]]:
    """Everything that `plan` holds, put into what `make` gives for a function that counts bytes; what must be found there."""
    total = plan.tar_size
    done = 0
    subject = ""

    def advanced(count: int) -> None:
        nonlocal done
        done += count
        sink(Progress(WRITING, min(done, total), total, subject))

    out = make(advanced)
    expected: list[Expected] = []
    for member in _members(plan):
        if isinstance(member, str):
            out.folder(member)
            continue
        subject = member.name
        expected.append(_put(out, plan, member, token))
    return out, expected


def _members(plan: ExportPlan) -> Iterator[str | PlannedBlob]:
    """Folders and files in the order of their names, a folder before what is in it."""
    rows: list[tuple[bytes, str | PlannedBlob]] = [(f"{name}/".encode(), name) for name in plan.folders]
    rows += [(planned.name.encode(), planned) for planned in plan.blobs]
    rows.sort(key=lambda row: row[0])
    return (row[1] for row in rows)


def _put(out: Output, plan: ExportPlan, planned: PlannedBlob, token: CancelToken) -> Expected:
    """Write one file; returns what must be found there later."""
    origin, digest = planned.origin, planned.digest
    assert not isinstance(origin, ToRecode), "layers are compressed before anything is written"
    assert digest is not None
    if isinstance(origin, bytes):
        out.document(planned.name, origin)
        return Expected(planned.name, len(origin), digest)
    if isinstance(origin, Inflated):
        layer = LayerReader(origin.blob, token, plan.options.limits)
        try:
            size = out.stream(planned.name, layer.plain())
        except OverflowError as error:
            raise ExportError("A layer is too large", f"{error}. Choose another preset.") from error
        layer.check(plan)
        if layer.diff_id != digest:
            raise _wrong(plan, f"{origin.blob.member.name}, uncompressed,", digest, layer.diff_id)
        return Expected(planned.name, size, digest)
    source = origin.source if isinstance(origin, Recoded) else origin.open()
    if planned.size != source.size:
        raise _wrong(plan, planned.name, digest, None)
    out.blob(planned.name, source)
    return Expected(planned.name, source.size, digest if digest.checkable else None)


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
