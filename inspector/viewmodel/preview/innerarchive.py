"""Archives inside of a layer (tar, compressed or not, zip, ar) as a list of names and sizes, and what a compressed file holds.

Nothing is unpacked to disk, sizes that are stated are shown and never used to make room, and reading ends after
`MOST_INFLATED` bytes or `MOST_ENTRIES` entries, with a line that says so.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from inspector.archive.compression import INPUT_SLICE, Compression, inflate, sniff
from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.source import ByteSource, chunks
from inspector.archive.tar import TarReader
from inspector.archive.tar_entry import EntryType
from inspector.archive.tar_input import SourceInput, StreamInput
from inspector.errors import CompressionError, LimitReached
from inspector.language import tr, trn
from inspector.progress import CancelToken
from inspector.viewmodel import display

MOST_ENTRIES: Final = 5000
MOST_INFLATED: Final = 64 << 20
_MOST_DIRECTORY: Final = 8 << 20
_HEAD: Final = 64 << 10
_TAR_MAGIC: Final = b"ustar"
_AR_MAGIC: Final = b"!<arch>\n"
_ZIP_END: Final = struct.Struct("<4s4H2LH")
_ZIP64_LOCATOR: Final = struct.Struct("<4sLQL")
_ZIP64_END: Final = struct.Struct("<4sQ2H2L4Q")
_ZIP_ENTRY: Final = struct.Struct("<4s6H3L5H2L")
_ENCRYPTED: Final = 1
_UTF8: Final = 1 << 11


class Inside(NamedTuple):
    """What an archive or a compressed file holds: lines for people, or the first bytes of the one file that it is."""

    note: str
    lines: tuple[str, ...] = ()
    content: bytes = b""


class _Row(NamedTuple):
    size: int | None
    name: bytes
    more: str = ""


def look_inside(content: ByteSource, head: bytes, token: CancelToken, limits: Limits = DEFAULT_LIMITS) -> Inside | None:
    """What is in `content`, whose first bytes are `head`; None if that is no archive, or nothing in it can be read.

    Raises `Cancelled`, and what reading `content` raises.
    """
    compression = sniff(head)
    if compression is not Compression.NONE:
        return _compressed(content, compression, token, limits)
    if head[257:262] == _TAR_MAGIC:
        return _listed(_tar_rows(TarReader(SourceInput(content), limits, token)), "tar", token)
    if head.startswith(_AR_MAGIC):
        return _listed(_ar_rows(content), "ar", token)
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return _listed(_zip_rows(content), "zip", token)
    return None


def _listed(rows: Iterator[_Row], kind: str, token: CancelToken, cut: list[str] | None = None) -> Inside | None:
    found: list[_Row] = []
    note = ""
    try:
        for row in islice(rows, MOST_ENTRIES + 1):
            token.check()
            found.append(row)
    except (ValueError, struct.error, CompressionError, LimitReached):
        note = tr("its end cannot be read")
    if not found:
        return None
    if len(found) > MOST_ENTRIES:
        found.pop()
        note = tr("the first %s entries") % f"{MOST_ENTRIES:,}"
    note = note or (cut[0] if cut else "")
    width = max(len(_size(row)) for row in found)
    lines = tuple(f"{_size(row):>{width}}  {display.safe(row.name, 1000)}{row.more}" for row in found)
    count = trn("%s archive, %s entry", "%s archive, %s entries", len(found)) % (kind, f"{len(found):,}")
    return Inside(f"{count}; {note}" if note else count, lines)


def _size(row: _Row) -> str:
    return f"{row.size:,}" if row.size is not None else ""


def _compressed(content: ByteSource, compression: Compression, token: CancelToken, limits: Limits) -> Inside | None:
    """The tar in a compressed file, or else the beginning of what it holds."""
    cut: list[str] = []

    def pieces() -> Iterator[bytes]:
        produced = 0
        stored = chunks(content, size=INPUT_SLICE, token=token)
        try:
            for piece in inflate(stored, compression, zstd_window=limits.zstd_window, token=token):
                token.check()
                produced += len(piece)
                yield piece
                if produced >= MOST_INFLATED:
                    cut.append(tr("the first %s") % display.size(MOST_INFLATED))
                    return
        except (CompressionError, LimitReached):
            cut.append(tr("its end cannot be read"))

    stream = pieces()
    start: list[bytes] = []
    for piece in stream:
        start.append(piece)
        if sum(map(len, start)) > _HEAD:
            break
    head = b"".join(start)
    if not head:
        return None
    if head[257:262] == _TAR_MAGIC:
        reader = TarReader(StreamInput(_chained(head, stream)), limits, token)
        return _listed(_tar_rows(reader), f"{compression} tar", token, cut)
    note = tr("unpacked from %s") % str(compression)
    if len(head) > _HEAD:
        note += ", " + tr("the first %s") % display.size(_HEAD)
    return Inside(note, content=head[:_HEAD])


def _chained(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


def _tar_rows(reader: TarReader) -> Iterator[_Row]:
    for entry in reader:
        if entry.type is EntryType.FILE:
            yield _Row(entry.size, entry.name)
        elif entry.linkname:
            yield _Row(None, entry.name, f" → {display.safe(entry.linkname, 1000)}")
        else:
            yield _Row(None, entry.name)


def _ar_rows(content: ByteSource) -> Iterator[_Row]:
    """Members of a Unix archive: a .deb, a static library. Long names are kept as they stand (`/123`)."""
    at = len(_AR_MAGIC)
    while at + 60 <= content.size:
        header = content.read_at(at, 60)
        if header[58:] != b"`\n":
            raise ValueError("a broken header")
        size = int(header[48:58].decode("ascii"))
        if size < 0:
            raise ValueError("a negative size")
        yield _Row(size, header[:16].rstrip().removesuffix(b"/") or b"/")
        at += 60 + size + size % 2


def _zip_rows(content: ByteSource) -> Iterator[_Row]:
    """The central directory of a zip archive (APPNOTE 4.3): .jar, .whl, .docx."""
    directory, count = _zip_directory(content)
    at = 0
    for _ in range(count):
        if at + _ZIP_ENTRY.size > len(directory):
            raise ValueError("the directory is cut off")
        fields = _ZIP_ENTRY.unpack_from(directory, at)
        if fields[0] != b"PK\1\2":
            raise ValueError("a broken directory")
        flags, size = fields[3], fields[9]
        name_length, extra_length, comment_length = fields[10:13]
        start = at + _ZIP_ENTRY.size
        name = directory[start : start + name_length]
        if not flags & _UTF8:
            name = name.decode("cp437").encode()
        extra = directory[start + name_length : start + name_length + extra_length]
        if size == 0xFFFFFFFF and extra[:2] == b"\1\0" and len(extra) >= 12:
            size = int.from_bytes(extra[4:12], "little")
        more = "  (" + tr("encrypted") + ")" if flags & _ENCRYPTED else ""
        yield _Row(None if name.endswith(b"/") else size, name, more)
        at = start + name_length + extra_length + comment_length


def _zip_directory(content: ByteSource) -> tuple[bytes, int]:
    """The bytes of the central directory and its number of entries; ValueError if it is not found."""
    tail_at = max(0, content.size - (1 << 16) - _ZIP_END.size)
    tail = content.read_at(tail_at, content.size - tail_at)
    found = tail.rfind(b"PK\5\6")
    if found < 0:
        raise ValueError("no end of the directory")
    _, _, _, _, count, size, offset, _ = _ZIP_END.unpack_from(tail, found)
    before = tail_at + found - _ZIP64_LOCATOR.size
    if (count == 0xFFFF or size == 0xFFFFFFFF or offset == 0xFFFFFFFF) and before >= 0:
        magic, _, end_at, _ = _ZIP64_LOCATOR.unpack(content.read_at(before, _ZIP64_LOCATOR.size))
        if magic == b"PK\6\7" and end_at + _ZIP64_END.size <= content.size:
            fields = _ZIP64_END.unpack(content.read_at(end_at, _ZIP64_END.size))
            count, size, offset = fields[7], fields[8], fields[9]
    # Programs are put in front of archives (self-extracting ones, Spring's executable .jar): count from the end.
    start = min(offset, max(0, tail_at + found - size))
    if content.read_at(start, min(4, content.size - start)) != b"PK\1\2":
        start = max(0, tail_at + found - size)
    size = min(size, _MOST_DIRECTORY, content.size - start)
    return content.read_at(start, size), min(count, MOST_ENTRIES + 1)
