"""Sparse files in every form, right and wrong, through the reader and the table of members."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.members import Member, MemberTable, read_tar_members
from inspector.archive.source import MemorySource, SparseSource
from inspector.archive.tar import TarReader
from inspector.archive.tar_entry import TarEntry
from inspector.archive.tar_input import SourceInput
from inspector.errors import LimitReached
from inspector.progress import CancelToken, ignore_progress
from tests.builders.rawtar import END, GNU, base256, octal, padded, raw_entry, raw_header, raw_pax

CONTENT = b"A" * 512 + b"B" * 512
EXTENTS = ((1024, 512), (4096, 512))
SIZE = 8192
LOGICAL = bytes(1024) + b"A" * 512 + bytes(2560) + b"B" * 512 + bytes(3584)


def old(extents: tuple[tuple[int, int], ...] = EXTENTS, size: int = SIZE, content: bytes = CONTENT) -> bytes:
    """An old GNU header, with as many extension blocks as it takes."""
    pairs = [octal(offset, 12) + octal(length, 12) for offset, length in extents]
    first, rest = pairs[:4], pairs[4:]
    more = b"\1" if rest else b"\0"
    header = raw_header(
        b"sp", len(content), b"S", magic=GNU,
        tail=(386, b"".join(first).ljust(96, b"\0") + more + base256(size, 12)),
    )  # fmt: skip
    blocks = b""
    while rest:
        part, rest = rest[:21], rest[21:]
        blocks += (b"".join(part).ljust(504, b"\0") + (b"\1" if rest else b"\0")).ljust(512, b"\0")
    return header + blocks + padded(content)


def pax_00() -> bytes:
    # The 0.0 form repeats its keys, which a mapping cannot.
    rest = b"".join(
        raw_record(key, value)
        for offset, length in EXTENTS
        for key, value in (
            (b"GNU.sparse.offset", b"%d" % offset),
            (b"GNU.sparse.numbytes", b"%d" % length),
        )
    )
    head = raw_record(b"GNU.sparse.size", b"%d" % SIZE) + raw_record(b"GNU.sparse.numblocks", b"2")
    return raw_pax(head + rest) + raw_entry(b"sp", CONTENT)


def raw_record(key: bytes, value: bytes) -> bytes:
    length = len(key) + len(value) + 3
    return b"%d %s=%s\n" % (length + len(str(length + 2)), key, value)


def pax_01() -> bytes:
    records = {
        b"GNU.sparse.size": b"%d" % SIZE, b"GNU.sparse.numblocks": b"2", b"GNU.sparse.name": b"sp",
        b"GNU.sparse.map": b"1024,512,4096,512",
    }  # fmt: skip
    return raw_pax(records) + raw_entry(b"GNUSparseFile.0/sp", CONTENT)


def pax_10(text: bytes = b"2\n1024\n512\n4096\n512\n", size: int = SIZE, content: bytes = CONTENT) -> bytes:
    records = {
        b"GNU.sparse.major": b"1", b"GNU.sparse.minor": b"0", b"GNU.sparse.name": b"sp",
        b"GNU.sparse.realsize": b"%d" % size,
    }  # fmt: skip
    return raw_pax(records) + raw_entry(b"GNUSparseFile.0/sp", padded(text) + content)


def walk(data: bytes, limits: Limits = DEFAULT_LIMITS) -> tuple[list[TarEntry], list[str]]:
    reader = TarReader(SourceInput(MemorySource(data)), limits)
    entries = list(reader)
    return entries, [finding.code for finding in reader.oddities]


def table(data: bytes, limits: Limits = DEFAULT_LIMITS) -> MemberTable:
    return read_tar_members(MemorySource(data), limits, CancelToken(), ignore_progress)


def found(members: MemberTable, name: str) -> Member:
    member = members.find(name)
    assert member is not None
    return member


@pytest.mark.parametrize("make", [old, pax_00, pax_01, pax_10])
def test_every_form(make: Callable[[], bytes]) -> None:
    data = make() + raw_entry(b"next", b"n") + END
    entries, codes = walk(data)
    assert [(entry.name, entry.size) for entry in entries] == [(b"sp", SIZE), (b"next", 1)]
    assert entries[0].sparse == EXTENTS
    assert entries[0].stored_size == 1024
    assert codes == []
    members = table(data)
    member = found(members, "sp")
    source = members.open(member)
    assert source.read_at(0, source.size) == LOGICAL
    assert members.read(member, "json_bytes") == LOGICAL
    for offset, length in ((0, 1), (1000, 100), (1500, 3000), (4607, 2), (8191, 1), (5000, 0)):
        assert source.read_at(offset, length) == LOGICAL[offset : offset + length]


def test_extension_blocks_of_the_old_form() -> None:
    extents = tuple((n * 1024, 512) for n in range(60))
    data = old(extents, 60 * 1024, b"x" * 512 * 60) + raw_entry(b"next") + END
    entries, codes = walk(data)
    assert entries[0].sparse == extents
    assert entries[1].name == b"next"
    assert codes == []


def test_a_file_that_is_one_hole() -> None:
    entries, codes = walk(pax_10(b"0\n", 1 << 40, b"") + raw_entry(b"next") + END)
    assert (entries[0].size, entries[0].stored_size, entries[0].sparse) == (1 << 40, 0, ())
    assert entries[1].name == b"next"
    assert codes == []


@pytest.mark.parametrize(
    "broken",
    [
        old(((0, 512), (100, 512))),
        old(((0, 512), (2048, 512)), 1000),
        old(((0, 4096),)),
        old(EXTENTS, -1),
        raw_header(b"sp", 512, b"S", magic=GNU, tail=(386, base256(-512, 12) + octal(512, 12) + bytes(73) + octal(512, 12)))
        + bytes(512),
        raw_header(b"sp", 512, b"S", magic=GNU, tail=(386, b"nonsense    " + octal(512, 12) + bytes(73) + octal(512, 12)))
        + bytes(512),
        raw_header(b"sp", 0, b"S", magic=GNU, tail=(386, bytes(96) + b"\1" + octal(0, 12)))
        + (b"x" * 504 + b"\1" + bytes(7)) * 3 + bytes(512),
        pax_10(b"9" * 4096, 1024, b""),
        pax_10(b"2\n1024\n512\nx\n512\n"),
        pax_10(b"900\n1\n", 1024, b""),
        pax_10(b"-1\n"),
        raw_pax({b"GNU.sparse.size": b"9", b"GNU.sparse.map": b"0,5,3,9,x"}) + raw_entry(b"sp", bytes(512)),
        raw_pax({b"GNU.sparse.size": b"9", b"GNU.sparse.map": b"0,5,3"}) + raw_entry(b"sp", bytes(512)),
        raw_pax({b"GNU.sparse.numblocks": b"1000000000", b"GNU.sparse.size": b"9", b"GNU.sparse.offset": b"0",
                 b"GNU.sparse.numbytes": b"5"}) + raw_entry(b"sp", bytes(512)),
        raw_pax({b"GNU.sparse.map": b"0,5"}) + raw_entry(b"sp", bytes(512)),
        raw_pax({b"GNU.sparse.major": b"1", b"GNU.sparse.realsize": b"x"}) + raw_entry(b"sp", padded(b"0\n")),
    ],
)  # fmt: skip
def test_broken_maps_are_told_and_the_walk_goes_on(broken: bytes) -> None:
    entries, codes = walk(broken + raw_entry(b"next", b"n") + END)
    assert entries[-1].name == b"next"
    assert len(entries) == 2
    assert codes == ["TAR-10"]
    assert entries[0].sparse is None
    assert entries[0].size == entries[0].stored_size
    members = table(broken + raw_entry(b"next", b"n") + END)
    source = members.open(members.members[0])
    assert len(source.read_at(0, source.size)) == entries[0].size


def test_a_map_that_is_cut_off() -> None:
    for data in (
        old(tuple((n * 1024, 512) for n in range(60)))[: 512 + 700],
        pax_10(b"400\n" + b"1\n" * 800)[: 2048 + 300],
    ):
        entries, codes = walk(data)
        assert len(entries) == 1
        assert "TAR-10" in codes
        assert table(data).end is not None


def test_the_number_of_extents_is_limited() -> None:
    data = old(tuple((n * 1024, 512) for n in range(60)), 60 * 1024, b"x" * 512 * 60) + END
    for raw in (data, pax_10(b"60\n" + b"1\n" * 120), data[:0] + pax_01()):
        with pytest.raises(LimitReached) as caught:
            walk(raw, Limits(sparse_extents=1))
        assert caught.value.limit == "sparse_extents"


def test_a_file_that_is_nearly_all_hole_is_not_opened() -> None:
    members = table(pax_10(b"0\n", 1 << 62, b"") + END)
    with pytest.raises(LimitReached) as caught:
        members.open(found(members, "sp"))
    assert caught.value.limit == "inflate_ratio"


def test_an_archive_that_ends_within_a_sparse_file() -> None:
    data = (old() + END)[: 512 + 600]
    members = table(data)
    member = found(members, "sp")
    assert not member.complete
    source = members.open(member)
    assert source.read_at(0, source.size) == LOGICAL[: 4096 + 88]


def test_sparse_sources_refuse_what_does_not_fit() -> None:
    packed = MemorySource(b"x" * 100)
    for extents, size in (([(0, 50), (20, 50)], 200), ([(0, 101)], 200), ([(150, 60)], 200), ([(0, -1)], 200)):
        with pytest.raises(ValueError, match="sparse"):
            SparseSource(packed, extents, size)
    with pytest.raises(ValueError, match="outside"):
        SparseSource(packed, [(0, 100)], 200).read_at(190, 20)


@pytest.mark.parametrize("form", ["--format=gnu", "--format=posix --sparse-version=0.0", "--format=posix --sparse-version=0.1",
                                  "--format=posix --sparse-version=1.0"])  # fmt: skip
def test_what_gnu_tar_writes(form: str, tmp_path: Path, judge: Callable[[str], str]) -> None:
    path = tmp_path / "holes"
    with path.open("wb") as file:
        for n in range(30):
            file.seek(n * 65536)
            file.write(b"%04d" % n * 1024)
        file.truncate(40 * 65536)
    subprocess.run(
        [judge("tar"), "-S", "-c", *form.split(), "-C", str(tmp_path), "-f", str(tmp_path / "x.tar"), "holes"],
        check=True,
    )
    data = (tmp_path / "x.tar").read_bytes()
    members = table(data)
    member = found(members, "holes")
    if member.sparse is None:
        pytest.skip("the file system of the test stores no holes")
    source = members.open(member)
    assert source.read_at(0, source.size) == path.read_bytes()
    assert members.findings == ()
    assert shutil.which("tar")


@pytest.mark.parametrize(
    ("records", "kind", "code"),
    [
        ({"GNU.sparse.realsize": "1"}, b"0", "TAR-5"),
        ({"GNU.sparse.major": "x"}, b"0", "TAR-5"),
        ({"GNU.sparse.realsize": "1"}, b"5", "TAR-5"),
        ({"GNU.sparse.map": "0,1"}, b"5", "TAR-10"),
        ({"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}, b"2", "TAR-10"),
    ],
)
def test_sparse_records_that_other_readers_take_otherwise_are_told(
    records: dict[str, str], kind: bytes, code: str
) -> None:
    """Found by tests/fuzz: GNU tar listed another size, and missed the next entry, without a word from us."""
    header = raw_pax({key.encode(): value.encode() for key, value in records.items()})
    data = header + raw_header(b"x", 0, kind, link=b"y" if kind == b"2" else b"") + END
    reader = TarReader(SourceInput(MemorySource(data)))
    assert len(list(reader)) == 1
    assert [oddity.code for oddity in reader.oddities] == [code]


def test_a_number_of_more_than_64_bits_is_told() -> None:
    for key in (b"uid", b"gid", b"mtime"):
        data = raw_pax({key: b"9" * 20}) + raw_header(b"x") + END
        reader = TarReader(SourceInput(MemorySource(data)))
        assert len(list(reader)) == 1
        assert [oddity.code for oddity in reader.oddities] == ["TAR-5"]
