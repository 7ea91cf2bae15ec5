"""Sources of bytes: exact, bounded, safe from several threads, aware of a file that changes."""

from __future__ import annotations

import errno
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.source import ByteSource, Descriptor, FileSource, MemorySource, SparseSource, Window, chunks
from inspector.errors import ArchiveUnreadable, Cancelled, NotAnArchive, SourceChanged
from inspector.progress import CancelToken

DATA = bytes(range(256)) * 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "x.tar"
    made.write_bytes(DATA)
    return made


def test_every_source_reads_exactly(path: Path) -> None:
    sources: list[ByteSource] = [
        FileSource(path),
        MemorySource(DATA),
        Window(MemorySource(b"ab" + DATA + b"cd"), 2, len(DATA)),
        SparseSource(MemorySource(DATA), [(0, 100), (100, 0), (100, len(DATA) - 100)], len(DATA)),
    ]
    for source in sources:
        assert source.size == len(DATA)
        assert source.read_at(0, len(DATA)) == DATA
        assert source.read_at(300, 7) == DATA[300:307]
        assert source.read_at(len(DATA), 0) == b""
        for offset, length in ((0, len(DATA) + 1), (len(DATA), 1), (-1, 5), (5, -1), (1 << 70, 1)):
            with pytest.raises(ValueError, match="outside"):
                source.read_at(offset, length)
        assert b"".join(chunks(source, size=1000)) == DATA
        assert b"".join(chunks(source, offset=10, length=50, size=7)) == DATA[10:60]


def test_a_window_lies_within_its_parent() -> None:
    with pytest.raises(ValueError, match="outside"):
        Window(MemorySource(b"abc"), 2, 2)


def test_chunks_can_be_cancelled() -> None:
    token = CancelToken()
    pieces = chunks(MemorySource(DATA), size=100, token=token)
    next(pieces)
    token.cancel()
    with pytest.raises(Cancelled):
        next(pieces)


@pytest.mark.parametrize("kind", ["folder", "pipe", "socket", "device"])
def test_only_regular_files_are_opened(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may have 107 bytes
    place = Path("it")
    if kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    elif kind == "device":
        place = Path("/dev/zero")
    else:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(place))
    with pytest.raises(NotAnArchive, match="is a"):
        FileSource(place)


def test_a_pipe_put_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the first look and the opening somebody may exchange the file; opening a pipe waits for its writer."""
    pipe = tmp_path / "it"
    os.mkfifo(pipe)
    before = os.stat(__file__)
    with ThreadPoolExecutor(1) as pool, monkeypatch.context() as patched:
        patched.setattr(os, "stat", lambda *_: before)
        opened = pool.submit(FileSource, pipe)
        try:
            with pytest.raises(NotAnArchive, match="is a named pipe"):
                opened.result(timeout=60)
        finally:
            os.close(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))  # lets a thread go that does wait


def test_what_the_system_refuses(tmp_path: Path) -> None:
    with pytest.raises(ArchiveUnreadable, match="No such file"):
        FileSource(tmp_path / "none")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ArchiveUnreadable, match="symbolic links"):
        FileSource(tmp_path / "loop")
    with pytest.raises(ArchiveUnreadable, match="null"):
        FileSource("a\0b")


def test_errors_while_reading_name_the_path(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = FileSource(path)

    def fails(_self: Descriptor, _offset: int, _length: int) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Descriptor, "read", fails)
    with pytest.raises(ArchiveUnreadable) as caught:
        source.read_at(0, 1)
    assert caught.value.subject == str(path)
    assert "Input/output error" in caught.value.message


def test_short_reads_are_put_together(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Descriptor.read
    monkeypatch.setattr(Descriptor, "read", lambda self, offset, length: real(self, offset, min(length, 333)))
    assert FileSource(path).read_at(5, 5000) == DATA[5:5005]


def test_a_file_that_becomes_shorter(path: Path) -> None:
    source = FileSource(path)
    source.check()
    os.truncate(path, 100)
    assert source.read_at(0, 100) == DATA[:100]
    with pytest.raises(SourceChanged, match="gone"):
        source.read_at(50, 100)
    with pytest.raises(SourceChanged, match="changed by another"):
        source.check()


def test_a_file_that_is_replaced_or_removed_stays_readable(path: Path, tmp_path: Path) -> None:
    source = FileSource(path)
    other = tmp_path / "other"
    other.write_bytes(b"other")
    other.replace(path)
    assert source.read_at(0, 256) == DATA[:256]
    with pytest.raises(SourceChanged, match="replaced"):
        source.check()
    path.unlink()
    assert source.read_at(0, 256) == DATA[:256]
    with pytest.raises(SourceChanged, match="no longer"):
        source.check()


def test_a_touched_file_has_changed(path: Path) -> None:
    source = FileSource(path)
    os.utime(path, ns=(1, 1))
    with pytest.raises(SourceChanged):
        source.check()


def test_identity_tells_links_to_one_file(path: Path, tmp_path: Path) -> None:
    os.link(path, tmp_path / "hard")
    (tmp_path / "soft").symlink_to(path)
    assert FileSource(path).identity == FileSource(tmp_path / "hard").identity == FileSource(tmp_path / "soft").identity


def test_closed_sources(path: Path) -> None:
    with FileSource(path) as source:
        number = source._descriptor.number  # type: ignore[union-attr]
    with pytest.raises(ArchiveUnreadable, match="closed"):
        source.read_at(0, 1)
    source.check()
    source.close()
    with pytest.raises(OSError):  # the number is free again
        os.fstat(number)


def test_closing_while_another_thread_reads(path: Path) -> None:
    source = FileSource(path)
    started = threading.Event()
    results: list[bool] = []

    def read() -> None:
        try:
            while True:
                results.append(source.read_at(1000, 2000) == DATA[1000:3000])
                started.set()
        except ArchiveUnreadable:
            pass

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert started.wait(5)
    source.close()
    others = [os.open("/dev/null", os.O_RDONLY) for _ in range(5)]
    for thread in threads:
        thread.join(5)
    for number in others:
        os.close(number)
    assert all(results)


def test_without_pread(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows: one descriptor, several threads, positions that do not mix."""
    monkeypatch.delattr(os, "pread")
    source = FileSource(path)
    wrong: list[int] = []

    def read(offset: int) -> None:
        wrong.extend(offset for _ in range(200) if source.read_at(offset, 50) != DATA[offset : offset + 50])

    threads = [threading.Thread(target=read, args=(offset,)) for offset in (0, 77, 1000, 5000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_limits_can_be_raised_one_by_one() -> None:
    raised = DEFAULT_LIMITS.raised("members")
    assert raised.members == 8 * DEFAULT_LIMITS.members
    assert raised.json_bytes == DEFAULT_LIMITS.json_bytes
    assert Limits(links=3).raised("links", 2).links == 6
    with pytest.raises(ValueError, match="no limit"):
        DEFAULT_LIMITS.raised("patience")
