"""One header block of 512 bytes: its checksum and its fields (POSIX.1-2017 pax, "ustar Interchange Format")."""

from __future__ import annotations

from typing import NamedTuple

from isal.isal_zlib import adler32

from inspector.archive.tar_entry import EntryType
from inspector.archive.tar_number import parse_number
from inspector.archive.tar_oddities import Oddities
from inspector.findings import Severity
from inspector.language import say

BLOCK = 512
ZERO_BLOCK = bytes(BLOCK)

_TYPES = {
    b"0": EntryType.FILE,
    b"\0": EntryType.FILE,
    b"7": EntryType.FILE,
    b"S": EntryType.FILE,
    b"1": EntryType.HARDLINK,
    b"2": EntryType.SYMLINK,
    b"3": EntryType.CHAR,
    b"4": EntryType.BLOCK,
    b"5": EntryType.DIRECTORY,
    b"6": EntryType.FIFO,
}
KIND_OF_CODE = tuple(_TYPES.get(bytes((code,)), EntryType.OTHER) for code in range(256))
FLAG_OF_CODE = tuple(bytes((code,)) for code in range(256))
IS_EXTENSION = tuple(bytes((code,)) in (b"x", b"X", b"g", b"L", b"K") for code in range(256))
COMMON_KIND_OF_CODE = tuple(
    _TYPES[bytes((code,))] if bytes((code,)) in (b"0", b"\0", b"1", b"2", b"5") else None for code in range(256)
)
"""Types of which the reader knows a short way; None for the rest."""

WITH_LINK = (EntryType.SYMLINK, EntryType.HARDLINK)
WITH_DEVICE = (EntryType.CHAR, EntryType.BLOCK)
WITH_CONTENT = (EntryType.FILE, EntryType.OTHER)


class Header(NamedTuple):
    """The fields of a block before extension headers are applied. `size` is None if it is no usable number."""

    name: bytes
    kind: EntryType
    typeflag: bytes
    mode: int
    uid: int
    gid: int
    size: int | None
    mtime: int
    linkname: bytes
    form: str


def byte_sum(block: bytes) -> int:
    """The exact sum of 512 unsigned bytes.

    The lower half of adler32 is that sum modulo 65,521, which 512 ASCII bytes or 256 bytes of any kind never reach.
    """
    if block.isascii():
        return adler32(block, 0) & 0xFFFF
    return (adler32(block[:256], 0) & 0xFFFF) + (adler32(block[256:], 0) & 0xFFFF)


def expected_sum(field: bytes) -> int:
    """What `byte_sum` of the block must be if its checksum field, 8 bytes, is right; -1 if the field is no number.

    The checksum counts its own field as blanks.
    """
    stated = parse_number(field)
    return -1 if stated is None or stated < 0 else stated - 8 * 0x20 + sum(field)


def signed_sum_holds(block: bytes) -> bool:
    """Whether the checksum is right if bytes are taken as signed, as the tar of old SunOS did."""
    high = sum(1 for byte in block if byte > 127)
    return byte_sum(block) - 256 * high == expected_sum(block[148:156])


def is_header(block: bytes) -> bool:
    """Whether the block has a right checksum."""
    return len(block) == BLOCK and (byte_sum(block) == expected_sum(block[148:156]) or signed_sum_holds(block))


def text(field: bytes) -> bytes:
    """Up to the first NUL."""
    return field.partition(b"\0")[0]


def with_prefix(block: bytes, name: bytes) -> bytes:
    """`name` with the prefix field of a ustar header (shorter in the headers of star, which end in `tar`)."""
    return text(block[345 : 476 if block[508:512] == b"tar\0" else 500]) + b"/" + name


def decode(block: bytes, offset: int, oddities: Oddities) -> Header:
    """Any header, whatever stands in it; what makes no sense is noted."""
    magic = block[257:265]
    name = text(block[:100])
    if magic[:6] == b"ustar\0":
        form = "ustar"
        if block[345]:
            name = with_prefix(block, name)
    elif magic[:6] == b"ustar ":
        form = "gnu"
    else:
        form = "v7"
        if magic.strip(b"\0 "):
            oddities.note(
                "TAR-7", Severity.WARNING, "An unknown magic", "Read as a header of the oldest kind.", offset,
                expected="ustar", found=repr(magic),
            )  # fmt: skip
    size = parse_number(block[124:136])
    typeflag = block[156:157]
    kind = KIND_OF_CODE[block[156]]
    if size == 0 and kind is EntryType.FILE and not block[124:136].strip(b"\0 "):
        _not_a_number(oddities, "size", block[124:136], offset)
    return Header(
        name,
        kind,
        typeflag,
        number(block[100:108], "mode", offset, oddities) & 0o7777,
        number(block[108:116], "uid", offset, oddities),
        number(block[116:124], "gid", offset, oddities),
        size if size is not None and size >= 0 else None,
        number(block[136:148], "mtime", offset, oddities),
        text(block[157:257]) if kind in WITH_LINK else b"",
        form,
    )


def number(field: bytes, what: str, offset: int, oddities: Oddities) -> int:
    """The number in a field; 0, noted, if it is none."""
    found = parse_number(field)
    if found is None:
        _not_a_number(oddities, what, field, offset)
        return 0
    return found


def _not_a_number(oddities: Oddities, what: str, field: bytes, offset: int) -> None:
    oddities.note(
        "TAR-7", Severity.WARNING, say("A %s that is no number", what), "It is read as 0.", offset, found=repr(field)
    )
