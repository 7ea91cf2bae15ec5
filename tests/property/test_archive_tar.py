"""Any tree that tarfile writes reads back as it was; any bytes at all end in entries, findings or an error of ours."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import tarfile
from typing import Any

import lz4.frame
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.archive.compression import Compression, InflateState, inflate, sniff
from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.member_names import normalised
from inspector.archive.members import MemberKind, read_tar_members
from inspector.archive.source import MemorySource, SparseSource
from inspector.archive.tar import TarReader
from inspector.archive.tar_entry import EntryType
from inspector.archive.tar_header import byte_sum
from inspector.archive.tar_input import SourceInput, StreamInput
from inspector.archive.tar_number import parse_number
from inspector.archive.tar_pax import parse_pax, signed, whole, whole_seconds
from inspector.errors import CompressionError, InspectorError
from inspector.progress import CancelToken, ignore_progress
from tests.builders.rawtar import GNU, USTAR, base256, octal, raw_header, record, written

TYPES = {
    tarfile.REGTYPE: EntryType.FILE, tarfile.DIRTYPE: EntryType.DIRECTORY, tarfile.SYMTYPE: EntryType.SYMLINK,
    tarfile.LNKTYPE: EntryType.HARDLINK, tarfile.CHRTYPE: EntryType.CHAR, tarfile.BLKTYPE: EntryType.BLOCK,
    tarfile.FIFOTYPE: EntryType.FIFO,
}  # fmt: skip
TIGHT = Limits(tar_extension_bytes=4096, name_bytes=3000, sparse_extents=50, trailing_scan_bytes=4096)

parts = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=60).filter(
    lambda part: part not in (".", "..")
)
paths = st.lists(parts, min_size=1, max_size=8).map("/".join)


@st.composite
def infos(draw: st.DrawFn, *, wide: bool) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(draw(paths))
    info.type = draw(st.sampled_from(list(TYPES)))
    info.mode = draw(st.integers(0, 0o7777))
    top = 2**40 if wide else 0o7777777
    info.uid, info.gid = draw(st.integers(0, top)), draw(st.integers(0, top))
    info.mtime = draw(st.integers(-(2**40), 2**40) if wide else st.integers(0, 0o77777777777))
    if info.type in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        info.linkname = draw(paths)
    if info.type in (tarfile.CHRTYPE, tarfile.BLKTYPE):
        info.devmajor, info.devminor = draw(st.integers(0, 4095)), draw(st.integers(0, 4095))
    data = draw(st.binary(max_size=2000)) if info.type == tarfile.REGTYPE else b""
    return info, data


def assert_same(entries: list[tuple[tarfile.TarInfo, bytes]], form: int) -> None:
    raw = written(*entries, form=form)
    reader = TarReader(SourceInput(MemorySource(raw)))
    found = list(reader)
    assert len(found) == len(entries)
    for (info, data), entry in zip(entries, found, strict=True):
        name = info.name.encode() + (b"/" if info.isdir() else b"")
        assert (entry.name, entry.type) == (name, TYPES[info.type])
        assert (entry.mode, entry.uid, entry.gid, entry.mtime) == (info.mode, info.uid, info.gid, info.mtime)
        assert (entry.size, entry.linkname) == (len(data), info.linkname.encode())
        assert raw[entry.data_offset : entry.data_offset + entry.size] == data
        if info.isdev() and not info.isfifo():
            assert (entry.devmajor, entry.devminor) == (info.devmajor, info.devminor)
    assert reader.end.clean
    assert reader.oddities == []


@given(st.lists(infos(wide=True), max_size=8))
def test_gnu_tars_read_back(entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    assert_same(entries, tarfile.GNU_FORMAT)


@given(st.lists(infos(wide=True), max_size=8))
def test_pax_tars_read_back(entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    assert_same(entries, tarfile.PAX_FORMAT)


@given(st.lists(infos(wide=False), max_size=8))
def test_ustar_tars_read_back(entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    def fits(info: tarfile.TarInfo) -> bool:
        try:
            info.tobuf(tarfile.USTAR_FORMAT)
        except ValueError:
            return False
        return len(info.linkname.encode()) <= 100

    assert_same([entry for entry in entries if fits(entry[0])], tarfile.USTAR_FORMAT)


# any bytes --------------------------------------------------------------------------------------------------

numbers = st.one_of(
    st.integers(0, 5000).map(lambda n: octal(n, 12)),
    st.integers(-(2**90), 2**90).map(lambda n: base256(max(-(2**87), min(2**87, n)), 12)),
    st.binary(min_size=12, max_size=12),
    st.sampled_from([b"-0000000777\0", b"99999999999\0", b"          7 ", bytes(12), b"1_000_0000_0"]),
)
keys = st.sampled_from(
    [b"path", b"linkpath", b"size", b"mtime", b"uid", b"GNU.sparse.major", b"GNU.sparse.map", b"GNU.sparse.numblocks",
     b"GNU.sparse.offset", b"GNU.sparse.numbytes", b"GNU.sparse.size", b"GNU.sparse.realsize", b"GNU.sparse.name",
     b"SCHILY.xattr.a"]
)  # fmt: skip
values = st.one_of(st.integers(-5, 2000).map(lambda n: str(n).encode()), st.binary(max_size=20), st.just(b"0,5,9,1"))
pax_data = st.one_of(
    st.lists(st.tuples(keys, values), max_size=6).map(lambda pairs: b"".join(record(*pair) for pair in pairs)),
    st.binary(max_size=100),
)


@st.composite
def blocks(draw: st.DrawFn) -> bytes:
    """A header that is right but for what it says, then perhaps its content."""
    kind = draw(st.sampled_from([b"0", b"\0", b"1", b"2", b"3", b"5", b"S", b"x", b"x", b"g", b"L", b"K", b"Z", b"7"]))
    data = draw(pax_data) if kind in b"xg" else draw(st.binary(max_size=600))
    size = octal(len(data), 12) if draw(st.integers(0, 3)) else draw(numbers)
    tail = (386, draw(st.binary(max_size=126))) if kind == b"S" else (0, b"")
    block = raw_header(
        draw(st.binary(max_size=100)), size, kind, link=draw(st.binary(max_size=30)),
        magic=draw(st.sampled_from([USTAR, GNU, bytes(8), b"ustarXXX"])), tail=tail, mtime=draw(numbers),
    )  # fmt: skip
    return block + data + bytes(-len(data) % 512 if draw(st.integers(0, 9)) else 0)


anything = st.one_of(
    st.lists(blocks(), max_size=8).map(b"".join),
    st.lists(st.one_of(blocks(), st.just(bytes(512)), st.binary(max_size=600)), max_size=8).map(b"".join),
    st.binary(max_size=3000),
)


def check_reader(data: bytes) -> None:
    """Terminates, stays within the data, says the same by position and as a stream."""
    outcomes: list[Any] = []
    for source in (
        SourceInput(MemorySource(data)),
        StreamInput(data[at : at + 700] for at in range(0, len(data), 700)),
    ):
        reader = TarReader(source, TIGHT)
        try:
            entries = list(reader)
        except InspectorError as error:
            outcomes.append(type(error))
            continue
        outcomes.append((entries, reader.end, reader.oddities))
        last = 0
        for entry in entries:
            assert last <= entry.header_offset < entry.data_offset <= len(data)
            assert data[entry.header_offset + 156 : entry.header_offset + 157] == entry.typeflag
            assert 0 <= entry.stored_size < 1 << 63
            assert 0 <= entry.size < 1 << 63
            assert max(abs(entry.uid), abs(entry.gid), abs(entry.mtime)) <= 1 << 63
            last = entry.data_offset + entry.stored_size
            if entry.sparse is not None:
                SparseSource(MemorySource(bytes(min(entry.stored_size, 5000))), entry.sparse, entry.size)
        end = reader.end
        assert (end.truncated_at is None) or (end.bad_header_at is None)
        clean = end.zero_blocks == 2 and not end.trailing_nonzero
        assert clean or reader.oddities or not data.strip(b"\0"), "what is odd is told"
    by_position, as_stream = outcomes
    # A claim beyond the end is seen at once by position, and only at the limit in a stream.
    assert by_position == as_stream or isinstance(as_stream, type)


@settings(max_examples=400)
@given(anything)
def test_any_bytes_end(data: bytes) -> None:
    check_reader(data)


@settings(max_examples=200)
@given(
    st.lists(infos(wide=True), min_size=1, max_size=4),
    st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    st.data(),
)
def test_changed_tars_end(entries: list[tuple[tarfile.TarInfo, bytes]], form: int, data: st.DataObject) -> None:
    raw = bytearray(written(*entries, form=form)[:8192])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
        if data.draw(st.booleans()):  # and make the header good again, so that the change counts
            block = at - at % 512
            raw[block + 148 : block + 156] = b" " * 8
            raw[block + 148 : block + 156] = b"%06o\0 " % sum(raw[block : block + 512])
    check_reader(bytes(raw[: data.draw(st.integers(0, len(raw)))]))


@settings(max_examples=200)
@given(anything)
def test_any_bytes_make_a_table(data: bytes) -> None:
    with contextlib.suppress(InspectorError):
        members = read_tar_members(MemorySource(data), TIGHT, CancelToken(), ignore_progress)
        for member in members.members:
            found = members.find(member.name)
            assert found is None or found.kind not in (MemberKind.SYMLINK, MemberKind.HARDLINK)
            if member.kind is MemberKind.FILE:
                with contextlib.suppress(InspectorError):
                    source = members.open(member)
                    assert len(source.read_at(0, min(source.size, 1 << 16))) == min(source.size, 1 << 16)
        for name in members.names():
            assert name == normalised(name)
            assert name.split("/")[0] != ".."


# small parts ------------------------------------------------------------------------------------------------


@given(st.binary(min_size=512, max_size=512))
def test_the_fast_sum_is_the_sum(block: bytes) -> None:
    assert byte_sum(block) == sum(block)


def test_the_fast_sum_at_its_extremes() -> None:
    for block in (bytes(512), b"\x7f" * 512, b"\xff" * 512, b"\xff" * 256 + bytes(256)):
        assert byte_sum(block) == sum(block)


@given(st.integers(-(2**62), 2**62), st.sampled_from([8, 12]))
def test_numbers_read_back(number: int, width: int) -> None:
    if abs(number) < 1 << (8 * (width - 1) - 1):
        assert parse_number(base256(number, width)) == number
    if 0 <= number < 8 ** (width - 1):
        assert parse_number(octal(number, width)) == number


@given(st.binary(min_size=8, max_size=12))
def test_number_fields_are_numbers_or_nothing(field: bytes) -> None:
    found = parse_number(field)
    assert found is None or -(2**63) <= found < 2**63


@given(st.binary(max_size=60))
def test_pax_values_are_numbers_or_nothing(value: bytes) -> None:
    for parse in (whole, signed, whole_seconds):
        found = parse(value)
        assert found is None or -(2**63) <= found < 2**63


@given(st.binary(max_size=300))
def test_pax_data_is_records_or_a_fault(data: bytes) -> None:
    header = parse_pax(data)
    assert header.fault is not None or header.records or not data.strip(b"\0")


@given(st.dictionaries(st.text(st.characters(exclude_characters="=\0\n"), min_size=1), st.binary(), max_size=8))
def test_pax_records_read_back(records: dict[str, bytes]) -> None:
    raw = {key.encode("utf-8", "surrogatepass"): value for key, value in records.items()}
    header = parse_pax(b"".join(record(key, value) for key, value in raw.items()))
    assert header.fault is None
    assert {key.encode("utf-8", "surrogateescape"): value for key, value in header.records.items()} == raw


@given(st.text(st.sampled_from("a./\\"), max_size=30))
def test_normalised_names(name: str) -> None:
    once = normalised(name)
    assert normalised(once) == once
    assert not once.startswith("/")
    assert "//" not in once
    assert "." not in once.split("/")
    assert ".." not in once.split("/")[once.split("/").count("..") :]


# streams ----------------------------------------------------------------------------------------------------

encoders = st.sampled_from([gzip.compress, bz2.compress, lzma.compress, lz4.frame.compress])


@settings(max_examples=150)
@given(st.lists(st.binary(max_size=5000), min_size=1, max_size=4), encoders, st.integers(1, 3000))
def test_streams_read_back(contents: list[bytes], encode: Any, size: int) -> None:
    stored = b"".join(bytes(encode(content)) for content in contents)
    pieces = (stored[at : at + size] for at in range(0, len(stored), size))
    assert b"".join(inflate(pieces, sniff(stored[:512]))) == b"".join(contents)


@settings(max_examples=300)
@given(st.binary(max_size=3000), encoders, st.data())
def test_changed_streams_end(content: bytes, encode: Any, data: st.DataObject) -> None:
    stored = bytearray(encode(content))
    compression = sniff(bytes(stored))
    for _ in range(data.draw(st.integers(1, 5))):
        stored[data.draw(st.integers(0, len(stored) - 1))] = data.draw(st.integers(0, 255))
    raw = bytes(stored[: data.draw(st.integers(0, len(stored)))])
    with contextlib.suppress(InspectorError):
        assert sum(map(len, inflate([raw], compression))) < 1 << 20


@given(st.binary(max_size=2000), st.sampled_from(list(Compression)))
def test_any_bytes_are_a_stream_or_an_error(data: bytes, compression: Compression) -> None:
    state = InflateState()
    with contextlib.suppress(CompressionError, InspectorError):
        out = b"".join(inflate([data], compression, state=state, zstd_window=DEFAULT_LIMITS.zstd_window))
        assert state.produced == len(out)
        assert state.consumed == len(data)
