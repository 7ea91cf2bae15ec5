"""Archives inside of layers: names and sizes, in bounded time and memory on any bytes."""

from __future__ import annotations

import io
import zipfile

import pytest

from inspector.archive.source import MemorySource
from inspector.errors import Cancelled
from inspector.progress import CancelToken
from inspector.viewmodel.preview import innerarchive
from inspector.viewmodel.preview.innerarchive import Inside, look_inside
from tests.builders.bundle import Bundle, Entry, compress, folder, symlink

TAR = Bundle((folder("d"), Entry("d/a", b"x" * 1234), Entry("evil\x1b[31m"), symlink("l", "d/a"))).tar()


def inside(data: bytes, token: CancelToken | None = None) -> Inside | None:
    return look_inside(MemorySource(data), data[:65536], token or CancelToken())


@pytest.mark.parametrize("how", ["none", "gzip", "zstd", "xz", "bzip2", "lz4"])
def test_a_tar(how: str) -> None:
    found = inside(compress(TAR, how))
    assert found is not None
    assert found.note == ("tar" if how == "none" else f"{how} tar") + " archive, 4 entries"
    assert [line.split() for line in found.lines] == [
        ["d/"],
        ["1,234", "d/a"],
        ["0", found.lines[2].split()[1]],
        ["l", "→", "d/a"],
    ]
    assert "\x1b" not in found.lines[2]


@pytest.mark.parametrize("how", ["gzip", "xz"])
def test_a_compressed_text(how: str) -> None:
    found = inside(compress(b"a page of a manual\n" * 10_000, how))
    assert found is not None
    assert found.content.startswith(b"a page of a manual\n")
    assert len(found.content) == 65536
    assert found.note == f"unpacked from {how}, the first 65.5 kB"
    short = inside(compress(b"short", how))
    assert short == Inside(f"unpacked from {how}", content=b"short")


def zip_of(files: dict[str, bytes], comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.comment = comment
        for name, data in files.items():
            made.writestr(name, data)
    return out.getvalue()


def test_a_zip_and_a_program_before_it() -> None:
    data = zip_of({"META-INF/": b"", "META-INF/MANIFEST.MF": b"x" * 5000, "naïve": b""}, b"a remark")
    found = inside(data)
    assert found is not None
    assert found.lines == ("       META-INF/", "5,000  META-INF/MANIFEST.MF", "    0  naïve")
    assert found.note == "zip archive, 3 entries"
    moved = look_inside(MemorySource(b"#!/bin/sh\n" * 10 + data), b"PK\3\4", CancelToken())
    assert moved is not None
    assert moved.lines == found.lines


def test_a_large_zip_has_its_64_bit_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
        for number in range(3):
            made.writestr(f"f{number}", b"x")
    found = inside(out.getvalue())
    assert found is not None
    assert len(found.lines) == 3


def ar_member(name: str, data: bytes) -> bytes:
    return f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode() + data + b"\n" * (len(data) % 2)


def test_an_ar_archive() -> None:
    found = inside(b"!<arch>\n" + ar_member("debian-binary", b"2.0\n") + ar_member("control.tar.xz/", b"abc"))
    assert found is not None
    assert found.lines == ("4  debian-binary", "3  control.tar.xz")
    assert found.note == "ar archive, 2 entries"


def test_long_ones_are_cut_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(innerarchive, "MOST_ENTRIES", 10)
    data = zip_of({f"f{number}": b"" for number in range(20)})
    found = inside(data)
    assert found is not None
    assert len(found.lines) == 10
    assert "the first 10 entries" in found.note
    monkeypatch.setattr(innerarchive, "MOST_INFLATED", 200_000)
    monkeypatch.setattr(innerarchive, "MOST_ENTRIES", 5000)
    tar = Bundle(tuple(Entry(f"f{number}", b"x" * 1000) for number in range(1000))).tar()
    found = inside(compress(tar, "gzip"))
    assert found is not None
    assert 0 < len(found.lines) < 1000 or "the first" in found.note


def test_damage_is_told() -> None:
    for data in (compress(TAR, "gzip")[:-20], zip_of({"a": b"1", "b": b"2"}).replace(b"PK\1\2", b"PK\1\3", 2)):
        found = inside(data)
        assert found is None or "cannot be read" in found.note or found.lines


@pytest.mark.parametrize("data", [b"", b"PK\5\6", b"!<arch>\n", b"!<arch>\n" + b"x" * 60, b"\x1f\x8b\x08", b"text"])
def test_what_holds_nothing(data: bytes) -> None:
    assert inside(data) is None


def test_it_can_be_cancelled() -> None:
    token = CancelToken()
    token.cancel()
    for how in ("none", "gzip"):
        with pytest.raises(Cancelled):
            inside(compress(TAR, how), token)
