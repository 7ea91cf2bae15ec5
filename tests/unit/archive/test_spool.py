"""The outer archive inflated into a private file, and everything that may stop that."""

from __future__ import annotations

import bz2
import errno
import gzip
import os
import tempfile

import pytest

from inspector.archive import spool as spool_module
from inspector.archive.compression import Compression
from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.source import MemorySource
from inspector.archive.spool import SpooledSource, spool
from inspector.errors import ArchiveUnreadable, Cancelled, CompressionError, LimitReached
from inspector.progress import CancelToken, Progress, ignore_progress

DATA = os.urandom(300_000) + bytes(3 << 20) + b"end"


def spooled(data: bytes, compression: Compression = Compression.GZIP, limits: Limits = DEFAULT_LIMITS) -> SpooledSource:
    return spool(MemorySource(data), compression, limits, CancelToken(), ignore_progress)


@pytest.mark.parametrize("data", [DATA, b"x", bytes(5 << 20), b""])
def test_inflated_once_and_read_at_random(data: bytes) -> None:
    source = spooled(gzip.compress(data, 1))
    assert source.size == len(data)
    assert source.read_at(0, source.size) == data
    assert source.read_at(source.size // 2, source.size // 4) == data[len(data) // 2 :][: len(data) // 4]
    assert (source.error, source.damage, source.trailing_garbage) == (None, None, 0)
    with pytest.raises(ValueError, match="outside"):
        source.read_at(source.size, 1)
    source.close()
    with pytest.raises(ArchiveUnreadable, match="closed"):
        source.read_at(0, 0)
    source.close()


def test_the_file_is_private_and_has_no_name() -> None:
    before = os.listdir(tempfile.gettempdir())
    source = spooled(gzip.compress(DATA))
    status = os.fstat(source._descriptor.number)  # type: ignore[union-attr]
    assert status.st_mode & 0o777 == 0o600
    assert os.name == "nt" or status.st_nlink == 0
    assert os.listdir(tempfile.gettempdir()) == before


def test_zeros_take_no_room() -> None:
    source = spooled(gzip.compress(bytes(64 << 20)))
    assert source.size == 64 << 20
    assert os.fstat(source._descriptor.number).st_blocks * 512 < 8 << 20  # type: ignore[union-attr]


def test_progress_is_told() -> None:
    told: list[Progress] = []
    stored = gzip.compress(DATA)
    spool(MemorySource(stored), Compression.GZIP, DEFAULT_LIMITS, CancelToken(), told.append)
    assert (told[-1].done, told[-1].total) == (len(stored), len(stored))
    assert "gzip" in told[-1].stage


def test_a_cut_stream_gives_what_was_whole() -> None:
    stored = gzip.compress(DATA)
    source = spooled(stored[:200_000])
    assert isinstance(source.error, CompressionError)
    assert source.damage is not None
    assert "cut off" in source.damage
    assert source.size > 100_000
    assert source.read_at(0, source.size) == DATA[: source.size]


def test_a_stream_of_which_nothing_comes() -> None:
    with pytest.raises(CompressionError):
        spooled(b"\x1f\x8b\x08\0" + bytes(30))


def test_garbage_behind_the_stream_is_counted() -> None:
    assert spooled(gzip.compress(b"data") + b"garbage").trailing_garbage == 7


def test_limits() -> None:
    with pytest.raises(LimitReached) as caught:
        spooled(gzip.compress(DATA), limits=Limits(spool_bytes=1 << 20))
    assert caught.value.limit == "spool_bytes"
    bomb = bz2.compress(bytes(8 << 20))
    limits = Limits(inflate_free_bytes=2 << 20)
    with pytest.raises(LimitReached) as caught:
        spooled(bomb, Compression.BZIP2, limits)
    assert caught.value.limit == "inflate_ratio"
    assert spooled(bomb, Compression.BZIP2).size == 8 << 20
    assert spooled(bomb, Compression.BZIP2, limits.raised("inflate_ratio", 10**6)).size == 8 << 20


def test_cancelling_leaves_nothing() -> None:
    token = CancelToken()

    def sink(_progress: Progress) -> None:
        token.cancel()

    with pytest.raises(Cancelled):
        spool(MemorySource(gzip.compress(DATA * 4)), Compression.GZIP, DEFAULT_LIMITS, token, sink)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("call", ["append", "finish"])
def test_a_full_disk(code: int, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(SpooledSource, call, full)
    with pytest.raises(ArchiveUnreadable, match="No room") as caught:
        spooled(gzip.compress(DATA))
    assert os.strerror(code) in caught.value.message
    assert "TMPDIR" in caught.value.message


def test_a_disk_that_is_too_small_is_known_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "_free", lambda _folder: 1000)
    with pytest.raises(ArchiveUnreadable, match="No room"):
        spooled(gzip.compress(DATA))


def test_a_temporary_folder_without_room_is_left_only_if_nobody_chose_it(monkeypatch: pytest.MonkeyPatch) -> None:
    here = tempfile.gettempdir()
    monkeypatch.setattr(spool_module, "_free", lambda folder: 0 if folder == here else 1 << 40)
    with pytest.raises(ArchiveUnreadable):
        spooled(gzip.compress(b"x"))
    monkeypatch.delenv("TMPDIR")
    if os.access("/var/tmp", os.W_OK):
        assert spooled(gzip.compress(b"x")).folder == "/var/tmp"


def test_a_disk_that_fills_up_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([1 << 40, 1 << 40])
    monkeypatch.setattr(spool_module, "_CHECK_EVERY", 1 << 20)
    monkeypatch.setattr(spool_module, "_free", lambda _folder: next(answers, 5))
    with pytest.raises(ArchiveUnreadable, match="No room"):
        spooled(gzip.compress(DATA))
