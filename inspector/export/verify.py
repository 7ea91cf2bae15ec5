"""Reading the new file back, before it gets its name: every byte of it is accounted for.

The contents of all files are compared with their digests, and everything around them (headers, padding, the end) with
what was written. So what is in the file is what was planned, and the bytes that were read from the source were those
that its digests name.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from inspector.archive.limits import DEFAULT_LIMITS
from inspector.archive.members import Member, MemberKind, MemberTable, read_tar_members
from inspector.archive.source import ByteSource, FileSource, chunks
from inspector.errors import Cancelled, ExportError
from inspector.export import tarstream
from inspector.export.transfer import Written
from inspector.oci.digest import Digest, hasher
from inspector.progress import CancelToken, Progress, ProgressSink, ignore_progress

STAGE = "Reading back"
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Expected:
    """One file of the new archive: its name, its size in bytes, its digest (None: of a kind that nobody can compute)."""

    name: str
    size: int
    digest: Digest | None


class WrongContent(ExportError):
    """A file of the new archive has not the digest that was meant for it; `expected` says which."""

    def __init__(self, expected: Expected, found: Digest) -> None:
        super().__init__("The written file is not what was meant", _differs(expected.name), subject=expected.name)
        self.expected = expected
        self.found = found


class _Reading:
    """One reading back: how far it is, and whether to go on."""

    def __init__(self, total: int, token: CancelToken, sink: ProgressSink) -> None:
        self._lock = threading.Lock()
        self._total = total
        self._done = 0
        self._token = token
        self._sink = sink
        self._stop = CancelToken()

    def stop(self) -> None:
        """Let the other thread end as well."""
        self._stop.cancel()

    def digest(self, source: ByteSource, algorithm: str = "sha256", subject: str = "") -> Digest:
        """Of all bytes of `source`."""
        running = hasher(algorithm)
        for piece in chunks(source, token=self._token):
            self._stop.check()
            running.update(piece)
            with self._lock:
                self._done += len(piece)
                self._sink(Progress(STAGE, self._done, self._total, subject))
        return Digest.parse(f"{algorithm}:{running.hexdigest()}")


_Row = tuple[Expected, Callable[[], ByteSource]]


def read_back(
    source: FileSource, expected: Sequence[Expected], written: Written, token: CancelToken, sink: ProgressSink
) -> str:
    """The sha256 of the whole file in hex, once it was found to be as planned in every byte.

    The tar is walked by the same strict reader that opens archives; nothing but folders may be in it beside the
    expected files. Two threads share the contents, largest first. Raises `WrongContent` for a digest that differs,
    `ExportError` for any other difference.
    """
    table = read_tar_members(source, DEFAULT_LIMITS, token, ignore_progress)
    files = _walk(source, table, expected)
    known = written.sha256
    total = sum(item.size for item in expected) + (0 if known is not None else source.size)
    reading = _Reading(total, token, sink)
    rows: list[_Row] = [(item, partial(table.open, member)) for item, member in zip(expected, files, strict=True)]
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="export-verify") as pool:
        whole = pool.submit(reading.digest, source) if known is None else None
        jobs: list[Future[Any]] = _start(pool, reading, rows)
        try:
            if _frame(source, files) != written.frame or source.size != written.size:
                raise unlike("what stands around its files")
            _raise_first([*jobs, whole] if whole is not None else jobs)
            return whole.result().encoded if whole is not None else str(known)
        finally:
            reading.stop()


def read_back_folder(root: Path, expected: Sequence[Expected], token: CancelToken, sink: ProgressSink) -> None:
    """Nothing, once the files below `root` were found to be the expected ones in every byte; raises as `read_back`."""
    found = sorted(
        os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")
        for folder, folders, names in os.walk(root)
        for name in [*names, *(one for one in folders if os.path.islink(os.path.join(folder, one)))]
    )
    if found != sorted(item.name for item in expected):
        raise unlike("its list of files")
    reading = _Reading(sum(item.size for item in expected), token, sink)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="export-verify") as pool:
        try:
            _raise_first(_start(pool, reading, [(item, partial(FileSource, root / item.name)) for item in expected]))
        finally:
            reading.stop()


def _start(pool: ThreadPoolExecutor, reading: _Reading, rows: Sequence[_Row]) -> list[Future[Any]]:
    queue = iter(sorted(rows, key=lambda row: -row[0].size))
    lock = threading.Lock()
    return [pool.submit(_compare, reading, queue, lock) for _ in range(_THREADS)]


def _raise_first(jobs: Sequence[Future[Any]]) -> None:
    """Wait for all; of their errors the one that is no mere consequence of another."""
    errors = [error for error in [job.exception() for job in jobs] if error is not None]
    for error in sorted(errors, key=lambda error: isinstance(error, Cancelled)):
        raise error


def _walk(source: ByteSource, table: MemberTable, expected: Sequence[Expected]) -> list[Member]:
    """The files of the tar, which must be the expected ones in the expected order."""
    files = [member for member in table.members if member.kind is not MemberKind.DIRECTORY]
    found = [(member.name, member.size, member.kind) for member in files]
    planned = [(item.name, item.size, MemberKind.FILE) for item in expected]
    end = table.end
    ends_right = end is not None and end.zero_blocks == 2 and end.end_offset + len(tarstream.END) == source.size
    if found != planned or not ends_right:
        raise unlike("its list of files")
    return files


def _frame(source: ByteSource, files: Sequence[Member]) -> Digest:
    """The digest of all bytes that are no content."""
    running = hasher("sha256")
    at = 0
    for member in files:
        assert member.data_offset is not None
        running.update(source.read_at(at, member.data_offset - at))
        at = member.data_offset + member.size
    running.update(source.read_at(at, source.size - at))
    return Digest.from_hex(running.hexdigest())


def _compare(reading: _Reading, queue: Iterator[_Row], lock: threading.Lock) -> None:
    while True:
        with lock:
            row = next(queue, None)
        if row is None:
            return
        item, opened = row
        source = opened()
        algorithm = item.digest.algorithm if item.digest is not None else "sha256"
        found = reading.digest(source, algorithm, item.name)
        if source.size != item.size:
            reading.stop()
            raise unlike(f"the size of {item.name}")
        if item.digest is not None and found != item.digest:
            reading.stop()
            raise WrongContent(item, found)


_TITLE = "The written file is not what was meant"


def unlike(what: str) -> ExportError:
    """The error for a new archive that is not what was written; `what` differs."""
    return ExportError(_TITLE, _differs(what))


def _differs(what: str) -> str:
    return f"Read back, {what} differs: the disk or the memory of this machine changed bytes. Nothing was kept."
