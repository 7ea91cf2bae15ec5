"""Reading the new archive back, before it gets its name: every byte of it is accounted for.

The contents of all files are compared with their digests (of a tar while it grows, see `trailing`), and everything around
them (headers, padding, the end) with what was written. So what is in the archive is what was planned, and the bytes that
were read from the source were those that its digests name.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from inspector.archive.limits import DEFAULT_LIMITS
from inspector.archive.members import Member, MemberKind, MemberTable, read_tar_members
from inspector.archive.source import ByteSource, FileSource, chunks
from inspector.errors import Cancelled
from inspector.export import tarstream
from inspector.export.expected import Expected, Written, WrongContent, unlike
from inspector.language import mark, say
from inspector.oci.digest import Digest, hasher
from inspector.progress import CancelToken, Progress, ProgressSink, ignore_progress

STAGE = mark("Reading back")
_THREADS = 2


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


def check_frame(source: FileSource, written: Written, token: CancelToken) -> None:
    """`ExportError` unless the tar has the expected files in the expected order and nothing else, framed as they were written.

    It is walked by the same strict reader that opens archives; nothing but folders may be in it beside the files.
    What is in the files is compared by `trailing.Trail`.
    """
    files = _walk(source, read_tar_members(source, DEFAULT_LIMITS, token, ignore_progress), written.expected)
    if _frame(source, files) != written.frame or source.size != written.size:
        raise unlike("what stands around its files")


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
            raise unlike(say("the size of %s", item.name))
        if item.digest is not None and found != item.digest:
            reading.stop()
            raise WrongContent(item, found)
