"""The tar reader over what every writer writes, and over what none should."""

from __future__ import annotations

import tarfile

import pytest

from inspector.archive.source import MemorySource
from inspector.archive.tar import TarReader
from inspector.archive.tar_entry import EntryType
from inspector.archive.tar_input import SourceInput
from inspector.errors import LimitReached
from inspector.findings import Severity
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
from tests.unit.archive.tar_walk import codes, names, read


def info(name: str, kind: bytes = tarfile.REGTYPE, **more: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type = kind
    for key, value in more.items():
        setattr(made, key, value)
    return made


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
    beyond = len(text) > 20
    assert [finding.code for finding in reader.oddities] == (["TAR-5"] if beyond else [])


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
