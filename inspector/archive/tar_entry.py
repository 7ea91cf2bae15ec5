"""What a tar entry is, and how a tar ended: plain values, shared by the outer archive and the layers."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple


class EntryType(Enum):
    """Kind of an entry; the values are the words of `files --json`."""

    FILE = "file"
    DIRECTORY = "dir"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    CHAR = "char"
    BLOCK = "block"
    FIFO = "fifo"
    OTHER = "other"


class TarEntry(NamedTuple):
    """One entry, with all PAX, GNU and prefix rules applied. A named tuple: the cheapest object that Python makes.

    All numbers fit in a signed 64-bit integer (what does not is clamped), sizes and offsets are
    never negative. Offsets are positions in the tar's bytes.
    """

    name: bytes
    """As stored: `./`, a leading or trailing `/` are kept."""
    type: EntryType
    typeflag: bytes
    mode: int
    """Permission bits (07777)."""
    uid: int
    gid: int
    size: int
    """Logical size of the content; of a sparse file with its holes. 0 for every type but FILE and OTHER."""
    stored_size: int
    """Bytes of content that follow at `data_offset`, before padding."""
    mtime: int
    """Seconds since 1970, rounded down."""
    linkname: bytes
    """Target as stored, for symbolic and hard links; else b""."""
    devmajor: int
    devminor: int
    header_offset: int
    """Of the entry's own header block; extension headers lie before it."""
    data_offset: int
    """Of the content's first byte (behind the map, for sparse files)."""
    pax: Mapping[str, bytes] | None
    """PAX records as stored, xattrs among them (`SCHILY.xattr.`, `LIBARCHIVE.xattr.`); shared: never change it."""
    sparse: tuple[tuple[int, int], ...] | None
    """(logical offset, length) of the data extents of a sparse file, in order, packed at `data_offset`."""
    format: str
    """Of the header: "ustar", "pax", "gnu" or "v7"."""


class TarEnd(NamedTuple):
    """How and where the walk over a tar ended."""

    zero_blocks: int
    """0, 1 or 2: end blocks found. GNU tar and Go want two; all stop at the first."""
    end_offset: int
    """Of the first end block; without one, of the place where a header should have been, or where the bytes ended."""
    trailing_bytes: int
    """Bytes behind the end blocks (for a bad header: from it on), padding included."""
    trailing_nonzero: bool
    """Whether any of the trailing bytes that were looked at is not zero: hidden data, a second archive."""
    truncated_at: int | None
    """Where the bytes ended although more were promised. An entry that reaches beyond it is incomplete."""
    bad_header_at: int | None
    """Offset of the header at which the walk had to stop, since it, or its size, makes no sense."""

    @property
    def clean(self) -> bool:
        """Ended as a tar should: end blocks, nothing but zeros behind them."""
        return self.zero_blocks == 2 and not self.trailing_nonzero
