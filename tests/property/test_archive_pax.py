"""The short way through a PAX header says what the long way says, for headers and for whole tars."""

from __future__ import annotations

from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from inspector.archive import tar as tar_module
from inspector.archive.limits import Limits
from inspector.archive.source import MemorySource
from inspector.archive.tar import TarReader
from inspector.archive.tar_entry import TarEnd, TarEntry
from inspector.archive.tar_input import SourceInput, StreamInput
from inspector.archive.tar_pax import parse_pax, parse_simple, whole_seconds
from inspector.errors import LimitReached
from inspector.findings import Finding
from tests.builders.rawtar import END, record

KEYS = ["mtime", "atime", "path", "linkpath", "uname", "comment", "SCHILY.xattr.security.selinux", "size", "uid", "odd"]
TIMES = [b"1700000000.5", b"1700000000", b"17000000.00", b"-1.5", b"1700000000.", b"1700000000.5.5", b"17000.0000.5"]
VALUES = [b"", b"a", b"usr/", b"a\nb", b"a\0b", b"x" * 600, b"7", *TIMES]
TIGHT = Limits(tar_extension_bytes=900, name_bytes=500, tar_extensions_in_row=3)

records = st.builds(
    lambda key, value, bend: bend(record(key.encode(), value)),
    st.sampled_from(KEYS),
    st.one_of(st.sampled_from(VALUES), st.binary(max_size=12)),
    st.sampled_from([bytes, bytes, bytes, lambda raw: b"0" + raw, lambda raw: raw[:-1], lambda raw: raw + b"\0"]),
)
headers = st.lists(records, max_size=4).map(b"".join)


@given(st.one_of(headers, st.binary(max_size=60)))
def test_simple_records_are_the_records(data: bytes) -> None:
    found = parse_simple(data)
    if found is not None:
        assert parse_pax(data) == (found, False, (), None, None)
        assert "mtime" not in found or int(found["mtime"][:10]) == whole_seconds(found["mtime"])


def test_the_usual_header_is_simple() -> None:
    data = record(b"mtime", b"1700000000.123456789") + record(b"path", b"usr/" + b"long/" * 40)
    assert parse_simple(data) == parse_pax(data).records


entries = st.builds(
    lambda extension, kind, typeflag, name, size: extension + block(name, typeflag, size, kind) + content(size),
    st.lists(st.tuples(st.sampled_from(b"xxxxgXL"), headers).map(lambda it: extended(*it)), max_size=2).map(b"".join),
    st.sampled_from([b"ustar\x0000", b"ustar  \0", b"\0" * 8]),
    st.sampled_from([b"0", b"0", b"\0", b"1", b"2", b"3", b"5", b"Z"]),
    st.sampled_from([b"usr/lib/file", b"usr/", b"a" * 100]),
    st.sampled_from([0, 0, 3, 513]),
)


def block(name: bytes, typeflag: bytes, size: int, magic: bytes) -> bytes:
    made = bytearray(512)
    made[: len(name)] = name
    made[100:148] = b"0000644\0" + b"0000000\0" * 2 + b"%011o\0" % size + b"%011o\0" % 1_600_000_000
    made[156:157] = typeflag
    made[157:163] = b"target"
    made[257:265] = magic
    made[148:156] = b"%06o\0 " % (sum(made) + 8 * 0x20)
    return bytes(made)


def content(size: int) -> bytes:
    return bytes(size + -size % 512)


def extended(code: int, data: bytes) -> bytes:
    return block(b"PaxHeaders/file", bytes((code,)), len(data), b"ustar\x0000") + data + bytes(-len(data) % 512)


def walk(data: bytes, *, limits: Limits, streamed: bool) -> tuple[list[TarEntry], TarEnd, list[Finding], str]:
    pieces = (data[at : at + 700] for at in range(0, len(data), 700))
    reader = TarReader(StreamInput(pieces) if streamed else SourceInput(MemorySource(data)), limits)
    found: list[TarEntry] = []
    limit = ""
    try:
        found.extend(reader)
    except LimitReached as error:
        limit = str(error)
    return found, reader.end, reader.oddities, limit


@given(
    st.lists(entries, max_size=5).map(b"".join),
    st.sampled_from([END, b"", b"\1" * 512]),
    st.integers(0, 700),
    st.sampled_from([Limits(), TIGHT]),
    st.booleans(),
)
def test_the_short_way_and_the_long_way_are_one(
    data: bytes, end: bytes, cut: int, limits: Limits, streamed: bool
) -> None:
    data += end
    data = data[: max(0, len(data) - cut)]
    short = walk(data, limits=limits, streamed=streamed)
    with mock.patch.object(tar_module, "parse_simple", return_value=None):
        assert walk(data, limits=limits, streamed=streamed) == short
