"""The tar reader over what every writer writes, and over what none should."""

from __future__ import annotations

import tarfile

import pytest

from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.source import MemorySource
from inspector.archive.tar import TarReader
from inspector.archive.tar_entry import EntryType, TarEntry
from inspector.archive.tar_input import SourceInput, StreamInput
from inspector.errors import Cancelled, LimitReached
from inspector.findings import Severity
from inspector.progress import CancelToken
from tests.builders.rawtar import (
    END,
    GNU,
    base256,
    long_name,
    octal,
    padded,
    raw_entry,
    raw_header,
    raw_pax,
    written,
)


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> tuple[list[TarEntry], TarReader]:
    """By position and as a stream of odd pieces: both must say the same."""
    reader = TarReader(SourceInput(MemorySource(data)), limits)
    entries = list(reader)
    pieces = (data[at : at + 997] for at in range(0, len(data), 997))
    streamed = TarReader(StreamInput(pieces), limits)
    assert list(streamed) == entries
    assert streamed.end == reader.end
    assert streamed.oddities == reader.oddities
    assert next(pieces, None) is None, "a stream is drawn to its end"
    return entries, reader


def codes(reader: TarReader) -> list[str]:
    return [finding.code for finding in reader.oddities]


def info(name: str, kind: bytes = tarfile.REGTYPE, **more: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type = kind
    for key, value in more.items():
        setattr(made, key, value)
    return made


def names(entries: list[TarEntry]) -> list[bytes]:
    return [entry.name for entry in entries]


# what writers write -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_field_of_every_type(form: int) -> None:
    data = written(
        (info("etc/", tarfile.DIRTYPE, mode=0o755, mtime=1_700_000_000), b""),
        (info("etc/passwd", mode=0o4755, uid=1000, gid=2000, mtime=5), b"root"),
        (info("etc/link", tarfile.SYMTYPE, linkname="../x"), b""),
        (info("etc/hard", tarfile.LNKTYPE, linkname="etc/passwd"), b""),
        (info("dev/null", tarfile.CHRTYPE, devmajor=1, devminor=3), b""),
        (info("dev/sda", tarfile.BLKTYPE, devmajor=8, devminor=0), b""),
        (info("run/fifo", tarfile.FIFOTYPE), b""),
        form=form,
    )
    entries, reader = read(data)
    types = EntryType
    assert [entry.type for entry in entries] == [
        types.DIRECTORY, types.FILE, types.SYMLINK, types.HARDLINK, types.CHAR, types.BLOCK, types.FIFO,
    ]  # fmt: skip
    folder, passwd, link, hard, null, sda, _ = entries
    assert (folder.mode, folder.mtime) == (0o755, 1_700_000_000)
    assert (passwd.mode, passwd.uid, passwd.gid, passwd.size, passwd.mtime) == (0o4755, 1000, 2000, 4, 5)
    assert data[passwd.data_offset : passwd.data_offset + 4] == b"root"
    assert (link.linkname, hard.linkname) == (b"../x", b"etc/passwd")
    assert (null.devmajor, null.devminor, sda.devmajor) == (1, 3, 8)
    assert reader.oddities == []
    assert reader.end.clean


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("length", [99, 100, 101, 200, 255])
def test_long_names(form: int, length: int) -> None:
    name = ("d" * 60 + "/" + "e" * 60 + "/" + "f" * 33 + "/" + "g" * 99)[:length]
    entries, reader = read(written((info(name), b"x"), (info("next"), b""), form=form))
    assert names(entries) == [name.encode(), b"next"]
    assert reader.oddities == []


def test_a_name_of_100_bytes_has_no_nul() -> None:
    entries, _ = read(raw_entry(b"n" * 100, b"y") + END)
    assert names(entries) == [b"n" * 100]


def test_long_names_and_targets_of_gnu_and_pax() -> None:
    name, target = "n" * 3000, "t/" * 2000
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        [entry], _ = read(written((info(name, tarfile.SYMTYPE, linkname=target), b""), form=form))
        assert (entry.name, entry.linkname) == (name.encode(), target.encode())


def test_prefix_counts_in_ustar_and_not_in_gnu() -> None:
    entries, _ = read(raw_entry(b"b", prefix=b"a") + raw_entry(b"b", prefix=b"a", magic=GNU) + END)
    assert names(entries) == [b"a/b", b"b"]


def test_prefix_of_star_is_shorter() -> None:
    tail = (345, b"p" * 131 + b"0" * 24 + bytes(8) + b"tar\0")
    [entry], _ = read(raw_header(b"f", tail=tail) + END)
    assert entry.name == b"p" * 131 + b"/f"


def test_v7_headers() -> None:
    entries, reader = read(
        raw_entry(b"old", b"y", magic=bytes(8)) + raw_header(b"dir/", kind=b"\0", magic=bytes(8)) + END
    )
    assert [(entry.name, entry.type, entry.format) for entry in entries] == [
        (b"old", EntryType.FILE, "v7"), (b"dir/", EntryType.DIRECTORY, "v7"),
    ]  # fmt: skip
    assert reader.oddities == []


def test_base256_numbers() -> None:
    header = raw_header(b"x", base256(3, 12), uid=base256(2**33, 8), gid=base256(-2, 8), mtime=base256(-(2**40), 12))
    [entry], reader = read(header + padded(b"abc") + END)
    assert (entry.size, entry.uid, entry.gid, entry.mtime) == (3, 2**33, -2, -(2**40))
    assert reader.oddities == []


def test_numbers_beyond_64_bits_are_clamped() -> None:
    [entry], _ = read(raw_header(b"x", mtime=base256(2**80, 12)) + END)
    assert entry.mtime == 2**63 - 1


@pytest.mark.parametrize(
    "field", [b"          3 ", b"00000000003 ", b"3\0junkjunk\0\0", b" 3 \0\0\0\0\0\0\0\0\0", b"000000000003"]
)
def test_octal_as_old_writers_pad_it(field: bytes) -> None:
    [entry], reader = read(raw_header(b"x", field) + padded(b"abc") + END)
    assert entry.size == 3
    assert reader.oddities == []


def test_non_ascii_names_are_bytes() -> None:
    [entry], reader = read(raw_entry("ümläut \udcff".encode("utf-8", "surrogateescape"), b"1") + END)
    assert entry.name == b"\xc3\xbcml\xc3\xa4ut \xff"
    assert reader.oddities == []


def test_mode_holds_permission_bits_only() -> None:
    # Go before 1.9 wrote the file type into the mode, and so did Docker.
    [entry], reader = read(raw_header(b"x", mode=b"0100644\0") + END)
    assert entry.mode == 0o644
    assert reader.oddities == []


# PAX --------------------------------------------------------------------------------------------------------


def test_pax_records_override_the_header() -> None:
    records = {
        b"path": b"real/name", b"size": b"3", b"uid": b"70000000", b"gid": b"-5", b"mtime": b"1700000000.75",
        b"SCHILY.xattr.user.x": b"a\0b\n=c", b"comment": "grüße".encode(),
    }  # fmt: skip
    [entry], reader = read(raw_pax(records) + raw_entry(b"short", b"abc") + END)
    assert (entry.name, entry.uid, entry.gid, entry.mtime) == (b"real/name", 70000000, -5, 1700000000)
    assert entry.pax is not None
    assert entry.pax["SCHILY.xattr.user.x"] == b"a\0b\n=c"
    assert entry.format == "pax"
    assert reader.oddities == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [(b"5", 5), (b"5.9", 5), (b"-1.5", -2), (b"-1", -1), (b"-0.5", -1), (b"-1.000", -1), (b"0.5", 0),
     (b"9" * 40, 2**63 - 1), (b"-" + b"9" * 40, -(2**63)), (b"17000000000.1", 17000000000)],
)  # fmt: skip
def test_pax_times_are_rounded_down(text: bytes, seconds: int) -> None:
    [entry], reader = read(raw_pax({b"mtime": text}) + raw_entry(b"f") + END)
    assert entry.mtime == seconds
    assert reader.oddities == []


@pytest.mark.parametrize("text", [b"nan", b"inf", b"1e400", b"tomorrow", b"1_000", b"+5", b" 5", b"1." + b"x" * 20])
def test_pax_times_that_are_none(text: bytes) -> None:
    [entry], reader = read(raw_pax({b"mtime": text}) + raw_entry(b"f", mtime=octal(7, 12)) + END)
    assert entry.mtime == 7
    assert codes(reader) == ["TAR-5"]


def test_pax_applies_to_one_entry() -> None:
    entries, _ = read(raw_pax({b"path": b"a"}) + raw_entry(b"x", b"1") + raw_entry(b"y") + END)
    assert names(entries) == [b"a", b"y"]


def test_solaris_headers_are_pax() -> None:
    [entry], _ = read(raw_pax({b"path": b"sun"}, b"X") + raw_entry(b"f") + END)
    assert entry.name == b"sun"


def test_pax_for_large_files_is_no_conflict() -> None:
    size = 9 << 30
    reader = TarReader(SourceInput(MemorySource(raw_pax({b"size": str(size).encode()}) + raw_header(b"big"))))
    [entry] = reader
    assert entry.size == entry.stored_size == size
    assert codes(reader) == ["TAR-2"]


def test_pax_size_decides_where_the_next_header_is() -> None:
    hidden = raw_entry(b"hidden", b"x")
    entries, reader = read(raw_pax({b"size": str(len(hidden)).encode()}) + raw_header(b"box") + hidden + END)
    assert names(entries) == [b"box"]
    assert codes(reader) == ["TAR-6"]
    entries, reader = read(raw_pax({b"size": b"0"}) + raw_header(b"box", len(hidden)) + hidden + END)
    assert names(entries) == [b"box", b"hidden"]
    [conflict] = reader.oddities
    assert (conflict.code, conflict.severity, conflict.expected, conflict.found) == (
        "TAR-6",
        Severity.ERROR,
        "1024",
        "0",
    )


@pytest.mark.parametrize("value", [b"-1", b"1e3", b"0x10", b"1_0"])
def test_pax_sizes_that_are_none_stop_the_walk(value: bytes) -> None:
    entries, reader = read(raw_entry(b"first") + raw_pax({b"size": value}) + raw_entry(b"f", b"x") + END)
    assert names(entries) == [b"first"]
    assert reader.end.bad_header_at == 512 + 1024
    assert codes(reader)[0] == "TAR-5"


@pytest.mark.parametrize("value", [b"1" + b"0" * 30, b"9" * 5000])
def test_enormous_pax_sizes_are_truncations(value: bytes) -> None:
    [entry], reader = read(raw_pax({b"size": value}) + raw_entry(b"f", b"x") + END)
    assert entry.size == 2**63 - 1
    assert reader.end.truncated_at is not None


@pytest.mark.parametrize(
    "raw",
    [b"0 path=x\n", b"99999999999999999999 path=x\n", b"3 path=abc\n", b"500 path=abc\n", b"-9 path=x\n", b"10 pathxx\n",
     b"11 path=abcX", b"11path=abc\n", bytes(range(256)) * 4, b"1" * (1 << 20), b"6 =ab\n", b"\xb2\xb3 path=x\n"],
)  # fmt: skip
def test_malformed_pax_is_told_and_survived(raw: bytes) -> None:
    good = b"14 mtime=1234\n"
    [entry], reader = read(raw_pax(good + raw) + raw_entry(b"f", b"x") + END)
    assert (entry.name, entry.mtime) == (b"f", 1234)
    assert codes(reader) == ["TAR-5"]
    assert reader.oddities[0].where.offset == 0


def test_padding_inside_pax_is_nothing() -> None:
    [entry], reader = read(raw_pax(b"14 mtime=1234\n" + bytes(20)) + raw_entry(b"f") + END)
    assert entry.mtime == 1234
    assert reader.oddities == []


def test_equal_pax_keys() -> None:
    [entry], reader = read(raw_pax(b"10 path=a\n10 path=b\n") + raw_entry(b"f") + END)
    assert entry.name == b"b"
    assert codes(reader) == ["TAR-5"]


def test_two_pax_headers_for_one_entry() -> None:
    [entry], reader = read(raw_pax({b"path": b"a", b"uid": b"7"}) + raw_pax({b"path": b"b"}) + raw_entry(b"f") + END)
    assert (entry.name, entry.uid) == (b"b", 0)
    assert codes(reader) == ["TAR-13"]


def test_empty_pax_path() -> None:
    [entry], reader = read(raw_pax({b"path": b"", b"mtime": b""}) + raw_entry(b"f") + END)
    assert entry.name == b"f"
    assert codes(reader) == ["TAR-11"]


def test_global_records() -> None:
    data = (
        raw_pax({b"comment": b"c0ffee"}, b"g") + raw_entry(b"a")
        + raw_pax({b"mtime": b"99", b"SCHILY.xattr.user.y": b"1"}, b"g") + raw_entry(b"b")
        + raw_pax({b"mtime": b"5"}) + raw_entry(b"c") + raw_pax({b"mtime": b""}, b"g") + raw_entry(b"d") + END
    )  # fmt: skip
    entries, reader = read(data)
    assert [entry.mtime for entry in entries] == [0, 99, 5, 0]
    assert entries[1].pax == {"mtime": b"99", "SCHILY.xattr.user.y": b"1"}
    assert [(f.code, f.severity) for f in reader.oddities] == [("TAR-12", Severity.INFO)] * 2


def test_a_global_name_or_size_is_not_followed() -> None:
    entries, reader = read(raw_pax({b"path": b"index.json", b"size": b"0"}, b"g") + raw_entry(b"a", b"1") + END)
    assert [(entry.name, entry.size) for entry in entries] == [(b"a", 1)]
    assert [(f.code, f.severity) for f in reader.oddities] == [("TAR-12", Severity.WARNING)]


def test_global_headers_do_not_pile_up() -> None:
    value = b"v" * 40_000
    data = b"".join(raw_pax({b"SCHILY.xattr.user.%d" % n: value}, b"g") + raw_entry(b"f") for n in range(40))
    with pytest.raises(LimitReached, match="global headers"):
        list(TarReader(SourceInput(MemorySource(data + END))))


# GNU --------------------------------------------------------------------------------------------------------


def test_a_gnu_name_wins_over_pax_as_in_go() -> None:
    [entry], reader = read(long_name(b"from-gnu") + raw_pax({b"path": b"from-pax"}) + raw_entry(b"f") + END)
    assert entry.name == b"from-gnu"
    assert codes(reader) == ["TAR-13"]


def test_long_target_on_a_file_is_nothing() -> None:
    [entry], reader = read(long_name(b"t" * 200, b"K") + raw_entry(b"f") + END)
    assert entry.linkname == b""
    assert reader.oddities == []


def test_empty_and_cut_long_names() -> None:
    entries, reader = read(long_name(b"") + raw_entry(b"f") + long_name(b"index.json\0tail") + raw_entry(b"g") + END)
    assert names(entries) == [b"f", b"index.json"]
    assert codes(reader) == ["TAR-11", "TAR-11"]


def test_the_settled_name_decides_what_an_old_folder_is() -> None:
    # CVE-2025-13462: type NUL, a header name that is cut after a slash, a long name that goes on.
    entries, reader = read(long_name(b"d/" * 50 + b"file") + raw_header(b"d/" * 50, 3, b"\0") + padded(b"abc") + END)
    assert [(entry.type, entry.size) for entry in entries] == [(EntryType.FILE, 3)]
    assert reader.oddities == []


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
