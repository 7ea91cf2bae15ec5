"""Reading the new file back: its tar is walked and every digest in it computed, before it gets its name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from inspector.archive.limits import DEFAULT_LIMITS
from inspector.archive.members import Member, MemberKind, MemberTable, read_tar_members
from inspector.archive.source import ByteSource, FileSource, chunks
from inspector.errors import ExportError
from inspector.export import tarstream
from inspector.oci.digest import Digest, hasher
from inspector.progress import CancelToken, Progress, ProgressSink, ignore_progress

STAGE = "Reading back"


@dataclass(frozen=True, slots=True)
class Expected:
    """One file of the new archive: its name, size in bytes, and digest."""

    name: str
    size: int
    digest: Digest


class _Count:
    """Bytes hashed by both threads, told to one sink."""

    def __init__(self, total: int, sink: ProgressSink) -> None:
        self._lock = threading.Lock()
        self._total = total
        self._done = 0
        self._sink = sink

    def __call__(self, count: int) -> None:
        with self._lock:
            self._done += count
            self._sink(Progress(STAGE, self._done, self._total))


def read_back(part: Path, expected: Sequence[Expected], token: CancelToken, sink: ProgressSink) -> str:
    """The sha256 of the whole file in hex, once every member was found to be as `expected`.

    The tar is walked by the same strict reader that opens archives; nothing but folders may be in it beside the
    expected files. Two threads: one hashes the file, one its members. Raises `ExportError` for any difference.
    """
    stop = CancelToken()
    with FileSource(part) as source:
        members = _walk(source, expected, token)
        count = _Count(source.size + sum(item.size for item in expected), sink)
        with ThreadPoolExecutor(2, thread_name_prefix="export-verify") as pool:

            def hashed(bytes_of: ByteSource, algorithm: str) -> Digest:
                running = hasher(algorithm)
                for piece in chunks(bytes_of, token=token):
                    stop.check()
                    running.update(piece)
                    count(len(piece))
                return Digest.parse(f"{algorithm}:{running.hexdigest()}")

            whole = pool.submit(hashed, source, "sha256")
            parts = pool.submit(_compare, members, expected, hashed)
            try:
                parts.result()
                return whole.result().encoded
            finally:
                stop.cancel()


def _walk(
    source: ByteSource, expected: Sequence[Expected], token: CancelToken
) -> Mapping[str, tuple[Member, MemberTable]]:
    table = read_tar_members(source, DEFAULT_LIMITS, token, ignore_progress)
    files = [member for member in table.members if member.kind is not MemberKind.DIRECTORY]
    found = [(member.name, member.size, member.kind) for member in files]
    planned = [(item.name, item.size, MemberKind.FILE) for item in expected]
    end = table.end
    ends_right = end is not None and end.zero_blocks == 2 and end.end_offset + len(tarstream.END) == source.size
    if found != planned or not ends_right:
        raise _differs("its list of members")
    return {member.name: (member, table) for member in files}


def _compare(
    members: Mapping[str, tuple[Member, MemberTable]],
    expected: Sequence[Expected],
    hashed: Callable[[ByteSource, str], Digest],
) -> None:
    for item in expected:
        member, table = members[item.name]
        if hashed(table.open(member), item.digest.algorithm) != item.digest:
            raise _differs(item.name)


def _differs(what: str) -> ExportError:
    return ExportError(
        "The written file is not what was meant",
        f"Read back, {what} differs: the disk or the memory of this machine changed bytes. Nothing was kept.",
    )
