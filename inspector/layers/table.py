"""The entries of one layer as columns: one list or array per attribute, rows in stored order.

A layer of 200,000 entries as objects costs 100 MB; as columns it costs some 60 bytes an entry and its names.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from inspector.archive.compression import Compression
from inspector.archive.tar_entry import EntryType
from inspector.findings import Finding
from inspector.layers.seekable import Checkpoints
from inspector.layers.whiteout import Whiteout, WhiteoutKind, parse
from inspector.oci.digest import Digest

TYPES: tuple[EntryType, ...] = tuple(EntryType)
"""`Listing.types` holds positions in this tuple."""
_WORDS = tuple(str(kind.value) for kind in TYPES)
FILE, DIRECTORY, SYMLINK, HARDLINK, CHAR, BLOCK, FIFO, OTHER = range(len(TYPES))


_ROWS = (
    "paths", "stored_names", "types", "modes", "uids", "gids", "sizes", "mtimes", "offsets", "links", "absolute_links",
    "devices", "xattrs", "sparse", "typeflags",
)  # fmt: skip


class FileEntry(NamedTuple):
    """One row, for reading; made on demand."""

    path: bytes
    type: EntryType
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    link: bytes
    """Symlink: target as stored; hard link: normalised like a path; device: `major:minor`; else b""."""
    whiteout: Whiteout | None


class Listing:
    """What one layer holds, in stored order. Filled by `list_layer`; do not change it.

    While the layer is still being read, another thread may look at rows below `len(listing)`: a row is counted when
    all its columns are there. The digests and `complete` are set at the end.
    """

    __slots__ = (
        "absolute_links", "checkpoints", "complete", "compression", "devices", "diff_id", "digest", "findings", "gids", "links",
        "modes", "mtimes", "offsets", "paths", "sizes", "sparse", "stored_names", "stored_size", "typeflags", "types", "uids",
        "uncompressed_size", "xattrs",
    )  # fmt: skip

    def __init__(self, *, compression: Compression = Compression.NONE, stored_size: int = 0) -> None:
        self.paths: list[bytes] = []
        """Normalised (see `inspector.layers.path.normalise`); whiteouts keep their `.wh.` names."""
        self.stored_names: dict[int, bytes] = {}
        """Names as stored, where they differ from the path."""
        self.types = bytearray()
        self.modes = array("H")
        """Permission bits, 07777."""
        self.uids = array("q")
        self.gids = array("q")
        self.sizes = array("q")
        """Logical size of files in bytes, 0 for every other type."""
        self.mtimes = array("q")
        """Whole seconds since 1970, rounded down."""
        self.offsets = array("q")
        """Where an entry's content starts in the uncompressed tar."""
        self.links: dict[int, bytes] = {}
        """Targets: of symbolic links as stored, of hard links normalised like a path."""
        self.absolute_links: set[int] = set()
        """Hard links whose target is stored with a leading slash: some unpackers refuse them."""
        self.devices: dict[int, tuple[int, int]] = {}
        self.xattrs: dict[int, Mapping[str, bytes]] = {}
        self.sparse: dict[int, tuple[tuple[int, int], ...]] = {}
        """(logical offset, length) of the data extents of sparse files, packed at the offset."""
        self.typeflags: dict[int, bytes] = {}
        """Of entries of type OTHER."""
        self.digest: Digest | None = None
        """sha256 of the stored bytes, computed in this pass; None if it was not asked for."""
        self.diff_id: Digest | None = None
        """sha256 of the uncompressed tar; None if not asked for or if its compressed stream is damaged."""
        self.stored_size = stored_size
        self.uncompressed_size = 0
        self.compression = compression
        self.checkpoints: Checkpoints | None = None
        """Of a compressed layer: where reading may start."""
        self.findings: tuple[Finding, ...] = ()
        self.complete = False
        """False while it is read, and for a damaged layer: what was whole is here."""

    def __len__(self) -> int:
        return len(self.paths)

    def same_rows(self, other: Listing) -> bool:
        """Whether both list the same entries at the same places; digests and findings do not count."""
        return all(getattr(self, name) == getattr(other, name) for name in _ROWS)

    def entry(self, index: int) -> FileEntry:
        """The row at `index`."""
        return FileEntry(
            self.paths[index],
            TYPES[self.types[index]],
            self.modes[index],
            self.uids[index],
            self.gids[index],
            self.sizes[index],
            self.mtimes[index],
            self.link(index),
            self.whiteout(index),
        )

    def __iter__(self) -> Iterator[FileEntry]:
        return map(self.entry, range(len(self)))

    def link(self, index: int) -> bytes:
        """What `files --json` calls linkname."""
        device = self.devices.get(index)
        if device is not None:
            return b"%d:%d" % device
        return self.links.get(index, b"")

    def whiteout(self, index: int) -> Whiteout | None:
        """What the entry removes, if its name is a whiteout's."""
        return parse(self.paths[index])

    def kind(self, index: int) -> str:
        """The word of `files --json`: file, dir, …, whiteout, opaque."""
        whiteout = parse(self.paths[index])
        if whiteout is not None and whiteout.kind in (WhiteoutKind.REMOVED, WhiteoutKind.OPAQUE):
            return str(whiteout.kind.value)
        return _WORDS[self.types[index]]

    def stored_name(self, index: int) -> bytes:
        """The name as the tar has it."""
        return self.stored_names.get(index, self.paths[index])

    def stored_content_size(self, index: int) -> int:
        """Bytes of content in the tar: the logical size, less the holes of a sparse file."""
        extents = self.sparse.get(index)
        return self.sizes[index] if extents is None else sum(length for _, length in extents)
