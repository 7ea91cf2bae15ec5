"""How fast headers are walked, against GNU tar on the same machine (`pytest -m bench tests/bench/test_tar_bench.py`)."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.archive.limits import DEFAULT_LIMITS
from inspector.archive.members import read_tar_members
from inspector.archive.source import FileSource
from inspector.archive.tar import TarReader
from inspector.archive.tar_input import SourceInput
from inspector.progress import CancelToken, ignore_progress
from tests.builders.rawtar import END, raw_entry, raw_header, raw_pax

pytestmark = pytest.mark.bench

ENTRIES = 100_000
ROUNDS = 5


def ours(path: Path) -> float:
    """Processor seconds, the best of several rounds."""
    best = 1e9
    for _ in range(ROUNDS):
        with FileSource(path) as source:
            start = time.process_time()
            count = sum(1 for _ in TarReader(SourceInput(source)))
            best = min(best, time.process_time() - start)
        assert count == ENTRIES
    return best


def theirs(tar: str, path: Path) -> float:
    best = 1e9
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([tar, "-tvf", str(path)], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


@pytest.mark.parametrize("kind", ["plain", "pax"])
def test_a_layer(kind: str, tmp_path: Path, judge: Callable[[str], str]) -> None:
    path = tmp_path / "layer.tar"
    times = {b"mtime": b"1700000000.123456789", b"atime": b"1700000001.5", b"ctime": b"1700000002.25"}
    extension = raw_pax(times) if kind == "pax" else b""
    with path.open("wb") as file:
        for n in range(ENTRIES):
            file.write(
                extension + raw_entry(b"usr/lib/python3/dist-packages/p%d/f%d.py" % (n // 50, n), bytes(n * 37 % 3000))
            )
        file.write(END)
    mine, gnu = ours(path), theirs(judge("tar"), path)
    print(f"\n{kind}: {mine:.3f} s of processor time for {ENTRIES:,} entries, GNU tar {gnu:.3f} s")
    # GNU tar's number swings with what the machine does besides; the factor is wide so that red means changed code.
    assert mine < 5 * gnu


def test_the_table_of_a_large_archive(tmp_path: Path) -> None:
    path = tmp_path / "outer.tar"
    with path.open("wb") as file:
        for n in range(60):
            file.write(raw_header(b"blobs/sha256/%064x" % n, 350 << 20))
            file.seek(350 << 20, 1)
        file.write(raw_entry(b"index.json", b"{}") + END)
    with FileSource(path) as source:
        start = time.process_time()
        members = read_tar_members(source, DEFAULT_LIMITS, CancelToken(), ignore_progress)
        spent = time.process_time() - start
    assert len(members.members) == 61
    assert members.findings == ()
    print(f"\n{source.size:,} bytes: {1000 * spent:.1f} ms")
    assert spent < 0.05
