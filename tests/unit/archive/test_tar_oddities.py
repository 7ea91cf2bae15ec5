"""The tar reader over what no writer should write: odd entries, every way to end, limits."""

from __future__ import annotations

import pytest

from inspector.archive.limits import Limits
from inspector.archive.source import MemorySource
from inspector.archive.tar import TarReader
from inspector.archive.tar_entry import EntryType
from inspector.archive.tar_input import SourceInput, StreamInput
from inspector.errors import Cancelled, LimitReached
from inspector.findings import Severity
from inspector.progress import CancelToken
from tests.builders.rawtar import (
    END,
    base256,
    long_name,
    raw_entry,
    raw_header,
    raw_pax,
)
from tests.unit.archive.tar_walk import codes, names, read

# oddities of entries ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"), [("mtime", b"yesterday  \0"), ("mode", b"rwxr-xr\0"), ("uid", b"88888888")]
)
def test_fields_that_are_no_numbers(field: str, value: bytes) -> None:
    [entry], reader = read(raw_header(b"x", **{field: value}) + END)  # type: ignore[arg-type]
    assert getattr(entry, field) == 0
    assert codes(reader) == ["TAR-7"]


def test_unknown_types_and_magic() -> None:
    entries, reader = read(
        raw_entry(b"z", b"1", b"Z") + raw_entry(b"v", kind=b"V") + raw_entry(b"m", magic=b"ustarXXX") + END
    )
    assert [entry.type for entry in entries] == [EntryType.OTHER, EntryType.OTHER, EntryType.FILE]
    assert codes(reader) == ["TAR-8", "TAR-8", "TAR-7"]


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"5", b"6"])
def test_a_size_on_what_has_no_content(kind: bytes) -> None:
    entries, reader = read(raw_header(b"odd", 512, kind) + raw_entry(b"shown") + END)
    assert [(entry.name, entry.size) for entry in entries] == [(b"odd", 0), (b"shown", 0)]
    assert codes(reader) == ["TAR-9"]


def test_content_of_a_hard_link_is_stepped_over() -> None:
    entries, reader = read(
        raw_entry(b"f", b"x" * 512) + raw_entry(b"h", b"y" * 600, b"1", link=b"f") + raw_entry(b"g") + END
    )
    assert names(entries) == [b"f", b"h", b"g"]
    assert (entries[1].size, entries[1].stored_size) == (0, 600)
    assert codes(reader) == ["TAR-9"]


def test_names_that_nobody_finds() -> None:
    entries, reader = read(
        raw_header(b"") + raw_pax({b"path": b"a\0b"}) + raw_entry(b"f") + raw_entry(b"dir/", b"x") + END
    )
    assert [entry.type for entry in entries] == [EntryType.FILE] * 3
    assert codes(reader) == ["TAR-11"] * 3


def test_signed_checksums_are_taken() -> None:
    block = raw_header(b"\xe9t\xe9")
    signed = sum(byte - 256 if byte > 127 else byte for byte in block[:148] + b" " * 8 + block[156:])
    entries, reader = read(raw_header(b"\xe9t\xe9", checksum=b"%06o\0 " % signed) + END)
    assert names(entries) == [b"\xe9t\xe9"]
    assert [(f.code, f.severity) for f in reader.oddities] == [("TAR-14", Severity.INFO)]


def test_only_so_many_findings_of_a_kind() -> None:
    limits = Limits(oddities_per_code=3)
    entries, reader = read(raw_entry(b"z", kind=b"Z") * 10 + END, limits)
    assert len(entries) == 10
    assert codes(reader) == ["TAR-8"] * 4
    assert "7 more" in reader.oddities[-1].explanation


# how a tar ends ---------------------------------------------------------------------------------------------


def test_trailing_zeros_are_padding() -> None:
    _, reader = read(raw_entry(b"a", b"1") + END + bytes(9216 - 24))
    assert reader.end.clean
    assert (reader.end.end_offset, reader.end.trailing_bytes) == (1024, 9192)
    assert reader.oddities == []


@pytest.mark.parametrize("rest", [b"JUNK" * 1024, raw_entry(b"evil") + END, bytes(600_000) + b"x"])
def test_what_follows_the_end(rest: bytes) -> None:
    entries, reader = read(raw_entry(b"a") + END + rest)
    assert names(entries) == [b"a"]
    assert reader.end.trailing_nonzero
    assert reader.end.trailing_bytes == len(rest)
    [finding] = reader.oddities
    first = next(at for at, byte in enumerate(rest) if byte)
    assert (finding.code, finding.where.offset) == ("TAR-4", 512 + 1024 + first)


def test_far_behind_the_end_only_both_ends_are_looked_at() -> None:
    limits = Limits(trailing_scan_bytes=1 << 16)
    data = bytearray(raw_entry(b"a") + END + bytes(1 << 21))
    data[-5] = 1
    reader = TarReader(SourceInput(MemorySource(bytes(data))), limits)
    list(reader)
    assert reader.end.trailing_nonzero
    assert reader.oddities[0].where.offset == len(data) - 5


def test_a_single_zero_block_ends_the_tar() -> None:
    entries, reader = read(raw_entry(b"a") + bytes(512) + raw_entry(b"b") + END)
    assert names(entries) == [b"a"]
    assert (reader.end.zero_blocks, reader.end.trailing_nonzero) == (1, True)
    assert codes(reader) == ["TAR-4"]


def test_no_end_mark() -> None:
    entries, reader = read(raw_entry(b"a", b"1"))
    assert names(entries) == [b"a"]
    assert reader.end.truncated_at is None
    assert codes(reader) == ["TAR-3"]
    entries, reader = read(raw_entry(b"a", b"1") + bytes(512))
    assert (reader.end.zero_blocks, codes(reader)) == (1, ["TAR-3"])
    entries, reader = read(raw_entry(b"a", b"1") + bytes(100))
    assert (reader.end.zero_blocks, codes(reader)) == (0, ["TAR-3"])


def test_nothing_at_all() -> None:
    assert read(b"")[1].oddities == []
    assert read(bytes(10240))[1].end.clean


@pytest.mark.parametrize(
    ("cut", "left", "code"),
    [(100, 0, "TAR-2"), (512, 1, "TAR-2"), (1000, 1, "TAR-2"), (512 + 699, 1, "TAR-2"), (512 + 700, 1, "TAR-3"),
     (1536, 1, "TAR-3"), (1700, 1, "TAR-2"), (512 + 1024 + 512, 2, "TAR-2")],
)  # fmt: skip
def test_cut_off(cut: int, left: int, code: str) -> None:
    data = raw_entry(b"a", b"x" * 700) + raw_entry(b"b", b"y") + END
    entries, reader = read(data[:cut])
    assert len(entries) == left
    assert codes(reader) == [code]
    assert reader.end.truncated_at == (cut if code == "TAR-2" else None)


def test_cut_off_inside_an_extension_header() -> None:
    data = raw_entry(b"a") + raw_pax({b"path": b"p" * 3000}) + raw_entry(b"f") + END
    for cut in (512 + 512, 512 + 700, 512 + 3000):
        entries, reader = read(data[:cut])
        assert names(entries) == [b"a"]
        assert reader.end.truncated_at == cut
        assert "TAR-2" in codes(reader)


@pytest.mark.parametrize("size", [2**62, 2**63 - 1, 2**63, 2**87])
def test_enormous_sizes_are_truncations(size: int) -> None:
    entries, reader = read(raw_header(b"x", base256(size, 12)) + bytes(2048))
    assert entries[0].size == min(size, 2**63 - 1)
    assert reader.end.truncated_at == 512 + 2048


@pytest.mark.parametrize(
    "size", [base256(-512, 12), base256(-1024, 12), b"-0000000777\0", b"99999999999\0", b"hello world\0", b"\xff" * 12]
)
def test_sizes_that_are_none_stop_the_walk(size: bytes) -> None:
    entries, reader = read(raw_entry(b"a") + raw_header(b"x", size) + raw_entry(b"b") + END)
    assert names(entries) == [b"a"]
    assert reader.end.bad_header_at == 512
    assert codes(reader) == ["TAR-1"]


@pytest.mark.parametrize("checksum", [b"000001\0 ", b"        ", b"-00001\0 ", b"777777\0 "])
def test_a_bad_header_stops_the_walk_and_keeps_the_rest(checksum: bytes) -> None:
    entries, reader = read(raw_entry(b"a", b"1") + raw_header(b"b", checksum=checksum) + raw_entry(b"c") + END)
    assert names(entries) == [b"a"]
    assert reader.end.bad_header_at == 1024
    assert reader.end.trailing_bytes == 512 + 512 + 1024


def test_an_extension_header_without_an_entry() -> None:
    for lost in (raw_pax({b"path": b"x"}), long_name(b"lost" * 50)):
        entries, reader = read(raw_entry(b"a") + lost + END)
        assert names(entries) == [b"a"]
        assert codes(reader) == ["TAR-5"]


def test_a_global_header_alone_is_the_tar_of_an_empty_git_tree() -> None:
    entries, reader = read(raw_pax({b"comment": b"c0ffee"}, b"g") + END)
    assert (entries, codes(reader)) == ([], [])
    assert reader.end.clean


# limits -----------------------------------------------------------------------------------------------------


def test_limits_stop_with_their_name() -> None:
    limits = Limits(tar_extension_bytes=4096, name_bytes=1000)
    cases = {
        "tar_extension_bytes": raw_pax({b"comment": b"c" * 5000}),
        "tar_extensions_in_row": raw_pax({b"comment": b"c"}) * 65,
        "name_bytes": long_name(b"n" * 2000),
    }
    for name, data in cases.items():
        with pytest.raises(LimitReached) as caught:
            list(TarReader(SourceInput(MemorySource(data + raw_entry(b"f") + END)), limits))
        assert caught.value.limit == name
        assert list(TarReader(SourceInput(MemorySource(data + raw_entry(b"f") + END)), limits.raised(name)))


def test_a_claim_beyond_the_end_is_a_truncation_and_allocates_nothing() -> None:
    header = raw_header(b"PaxHeaders/x", base256(2**60, 12), b"x")
    reader = TarReader(SourceInput(MemorySource(header + raw_entry(b"f") + END)))
    assert list(reader) == []
    assert reader.end.truncated_at is not None
    with pytest.raises(LimitReached):
        list(TarReader(StreamInput([header, END])))


def test_cancelling() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        list(TarReader(SourceInput(MemorySource(raw_entry(b"a") + END)), token=token))


class _Counting:
    """A source that counts what is read of it."""

    def __init__(self, data: bytes) -> None:
        self._inner = MemorySource(data)
        self.size = len(data)
        self.read = 0

    def read_at(self, offset: int, length: int) -> bytes:
        self.read += length
        return self._inner.read_at(offset, length)


def test_only_headers_of_large_entries_are_read() -> None:
    source = _Counting(b"".join(raw_entry(b"blob%d" % n, bytes(1 << 20)) for n in range(20)) + END)
    assert len(list(TarReader(SourceInput(source)))) == 20
    assert source.read < 256 * 1024
