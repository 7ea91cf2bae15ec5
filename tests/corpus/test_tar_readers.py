"""Every tar of the corpus, outer and layers, as our reader sees it and as GNU tar and tarfile do."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inspector.archive.compression import SNIFF_BYTES, Compression, inflate, sniff
from inspector.archive.folder_members import read_folder_members
from inspector.archive.limits import DEFAULT_LIMITS
from inspector.archive.members import MemberKind, MemberTable, read_tar_members
from inspector.archive.source import ByteSource, FileSource, MemorySource, chunks
from inspector.archive.spool import spool
from inspector.archive.tar import TarReader
from inspector.archive.tar_entry import EntryType, TarEntry
from inspector.archive.tar_input import SourceInput
from inspector.errors import CompressionError, InspectorError
from inspector.progress import CancelToken, ignore_progress

MOST_BYTES = 64 << 20
# Names may hold line ends, so the listing is walked and not split.
LINE = re.compile(rb"(?P<letter>.)[-rwxsStTl]{9} (?P<owner>\S+)\s+(?P<size>\S+) \S+ \S+ ")
LETTERS = {
    "-": EntryType.FILE, "d": EntryType.DIRECTORY, "l": EntryType.SYMLINK, "h": EntryType.HARDLINK, "c": EntryType.CHAR,
    "b": EntryType.BLOCK, "p": EntryType.FIFO, "C": EntryType.FILE,
}  # fmt: skip
TYPES = {
    tarfile.REGTYPE: EntryType.FILE, tarfile.AREGTYPE: EntryType.FILE, tarfile.GNUTYPE_SPARSE: EntryType.FILE,
    tarfile.DIRTYPE: EntryType.DIRECTORY, tarfile.SYMTYPE: EntryType.SYMLINK, tarfile.LNKTYPE: EntryType.HARDLINK,
    tarfile.CHRTYPE: EntryType.CHAR, tarfile.BLKTYPE: EntryType.BLOCK, tarfile.FIFOTYPE: EntryType.FIFO,
}  # fmt: skip


def open_table(path: Path) -> MemberTable:
    token = CancelToken()
    if path.is_dir():
        return read_folder_members(path, DEFAULT_LIMITS, token)
    source = FileSource(path)
    outer: ByteSource = source
    compression = sniff(source.read_at(0, min(SNIFF_BYTES, source.size)))
    if compression is not Compression.NONE:
        outer = spool(source, compression, DEFAULT_LIMITS, token, ignore_progress)
    return read_tar_members(outer, DEFAULT_LIMITS, token, ignore_progress)


def tars(path: Path, members: MemberTable) -> Iterator[tuple[str, bytes]]:
    """The outer tar, if it is plain, and every layer."""
    if path.is_file():
        with FileSource(path) as source:
            if sniff(source.read_at(0, min(SNIFF_BYTES, source.size))) is Compression.NONE:
                yield "", source.read_at(0, source.size)
    for member in members.members:
        if member.kind is not MemberKind.FILE or not member.complete:
            continue
        blob = members.open(member)
        try:
            data = b"".join(inflate(chunks(blob), sniff(blob.read_at(0, min(SNIFF_BYTES, blob.size)))))
        except CompressionError:
            continue
        if data[257:262] == b"ustar" and len(data) <= MOST_BYTES:
            yield member.name, data


def walk(data: bytes) -> tuple[list[TarEntry], TarReader]:
    reader = TarReader(SourceInput(MemorySource(data)))
    return list(reader), reader


@pytest.fixture
def members(archive_path: Path) -> MemberTable:
    try:
        return open_table(archive_path)
    except InspectorError as error:
        pytest.skip(f"it cannot be opened: {error.title}")


def test_as_tarfile_does(archive_path: Path, members: MemberTable, tmp_path: Path) -> None:
    seen = 0
    for name, data in tars(archive_path, members):
        (tmp_path / "x.tar").write_bytes(data)
        entries, reader = walk(data)
        try:
            with tarfile.open(tmp_path / "x.tar", encoding="utf-8", errors="surrogateescape") as tar:
                theirs = tar.getmembers()
        except tarfile.ReadError:
            assert reader.oddities
            continue
        assert len(entries) == len(theirs), name
        for entry, info in zip(entries, theirs, strict=True):
            where = f"{name}: {entry.name!r}"
            assert entry.name.rstrip(b"/").decode("utf-8", "surrogateescape") == info.name.rstrip("/"), where
            assert entry.type is TYPES[info.type], where
            assert (entry.mode, entry.uid, entry.gid) == (info.mode & 0o7777, info.uid, info.gid), where
            assert entry.mtime == info.mtime // 1, where
            assert entry.size == (info.size if entry.type is EntryType.FILE else 0), where
            assert entry.linkname.decode("utf-8", "surrogateescape") == info.linkname, where
            if entry.type in (EntryType.CHAR, EntryType.BLOCK):
                assert (entry.devmajor, entry.devminor) == (info.devmajor, info.devminor), where
            if entry.sparse is None:
                assert entry.data_offset == info.offset_data, where
            xattrs = {key: value for key, value in (entry.pax or {}).items() if key.startswith("SCHILY.xattr.")}
            assert xattrs.keys() == {key for key in info.pax_headers if key.startswith("SCHILY.xattr.")}, where
        seen += 1
    if not seen:
        pytest.skip("it holds no tar")


def test_as_gnu_tar_does(archive_path: Path, members: MemberTable, tmp_path: Path, judge: Callable[[str], str]) -> None:
    seen = 0
    for name, data in tars(archive_path, members):
        (tmp_path / "x.tar").write_bytes(data)
        entries, reader = walk(data)
        listed = subprocess.run(
            [judge("tar"), "--quoting-style=literal", "--numeric-owner", "-tvf", str(tmp_path / "x.tar")],
            capture_output=True, check=False, env={**os.environ, "TZ": "UTC"},
        )  # fmt: skip
        if listed.returncode:
            assert reader.oddities, f"{name}: GNU tar says {listed.stderr.decode(errors='replace')}"
        text, at = listed.stdout, 0
        for entry in entries:
            line = LINE.match(text, at)
            assert line is not None, f"{name}: {entry.name!r} is not listed"
            assert LETTERS[line["letter"].decode()] is entry.type, entry
            assert line["owner"] == b"%d/%d" % (entry.uid, entry.gid), entry
            if entry.type is EntryType.FILE:
                assert int(line["size"]) == entry.size, entry
            elif entry.type in (EntryType.CHAR, EntryType.BLOCK):
                assert line["size"] == b"%d,%d" % (entry.devmajor, entry.devminor), entry
            arrow = {EntryType.SYMLINK: b" -> ", EntryType.HARDLINK: b" link to "}.get(entry.type)
            shown = entry.name if arrow is None else entry.name + arrow + entry.linkname
            assert text.startswith(shown, line.end()), entry
            at = line.end() + len(shown)
            at += text[at : at + 1] == b"/"  # GNU tar adds the slash of a folder that was stored without
            assert text[at : at + 1] == b"\n", entry
            at += 1
        assert at == len(text), name
        seen += 1
    if not seen:
        pytest.skip("it holds no tar")


def test_every_byte_is_accounted_for(archive_path: Path, members: MemberTable) -> None:
    for name, data in tars(archive_path, members):
        entries, reader = walk(data)
        end = reader.end
        last = entries[-1].data_offset + entries[-1].stored_size if entries else 0
        assert end.end_offset <= last + 511, name
        assert end.end_offset + 512 * end.zero_blocks + end.trailing_bytes == len(data), name
