"""The members of an archive in columns: a row costs some 150 bytes and its name, objects are made when asked for."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import NamedTuple, overload

from inspector.archive.tar_entry import EntryType, TarEntry


class MemberKind(Enum):
    """What a member is, as far as reading an archive is concerned."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    OTHER = "other"


class Member(NamedTuple):
    """One member of an archive or layout folder; a value, equal members are the same member."""

    name: str
    """Normalised (no `./`, `/`, `//`), without the wrapping folder; text with surrogate escapes. It begins with `../` if the
    member lies outside of the wrapping folder, or if its stored name leads out of the archive."""
    stored_name: bytes
    kind: MemberKind
    size: int
    """Logical size in bytes, as its header says."""
    header_offset: int | None = None
    data_offset: int | None = None
    """In the uncompressed tar; None in a folder."""
    link: str = ""
    """Target as stored, of symbolic and hard links."""
    complete: bool = True
    """Whether all of its bytes are there: not if the archive ends within it."""
    sparse: tuple[tuple[int, int], ...] | None = None
    stored_size: int = 0
    odd_type: bytes = b""
    """The type flag of a regular file that is none by its flag: `S`, GNU's sparse file, or `7`, a contiguous one."""


_KINDS = tuple(MemberKind)
_CODES = {kind: code for code, kind in enumerate(_KINDS)}
_CODE_OF_TYPE = {
    EntryType.FILE.value: _CODES[MemberKind.FILE],
    EntryType.DIRECTORY.value: _CODES[MemberKind.DIRECTORY],
    EntryType.SYMLINK.value: _CODES[MemberKind.SYMLINK],
    EntryType.HARDLINK.value: _CODES[MemberKind.HARDLINK],
}
_ODD_TYPES = (b"S", b"7")
_OTHER = _CODES[MemberKind.OTHER]
_NO_OFFSET = -1


class Members(Sequence[Member]):
    """Members in stored order. Filled by `add_entry` or `add`, complete afterwards; equal to any sequence of equal members."""

    def __init__(self, total: int = 0) -> None:
        self.names: list[str] = []
        """Normalised, with the wrapping folder."""
        self.kinds = bytearray()
        self.links: dict[int, str] = {}
        self.root = ""
        """The wrapping folder, which is left out of the names of the members that are handed out."""
        self._total = total
        self._sizes = array("q")
        self._headers = array("q")
        self._contents = array("q")
        self._stored_names: dict[int, bytes] = {}
        self._stored_sizes: dict[int, int] = {}
        self._sparse: dict[int, tuple[tuple[int, int], ...]] = {}
        self._odd_types: dict[int, bytes] = {}

    def add_entry(self, entry: TarEntry, name: str, *, is_as_stored: bool) -> None:
        """A row for a tar entry whose normalised name is `name`."""
        row = len(self.names)
        code = _CODE_OF_TYPE.get(entry.type.value, _OTHER)
        self.kinds.append(code)
        self._sizes.append(entry.size)
        self._headers.append(entry.header_offset)
        self._contents.append(entry.data_offset)
        if not is_as_stored:
            self._stored_names[row] = entry.name
        if entry.stored_size != entry.size:
            self._stored_sizes[row] = entry.stored_size
        if entry.linkname:
            self.links[row] = entry.linkname.decode("utf-8", "surrogateescape")
        if entry.sparse is not None:
            self._sparse[row] = entry.sparse
        if entry.typeflag in _ODD_TYPES:
            self._odd_types[row] = entry.typeflag
        self.names.append(name)

    def add(self, name: str, stored_name: bytes, kind: MemberKind, size: int, link: str = "") -> None:
        """A row for a file of a folder."""
        row = len(self.names)
        self.kinds.append(_CODES[kind])
        self._sizes.append(size)
        self._headers.append(_NO_OFFSET)
        self._contents.append(_NO_OFFSET)
        if name.encode("utf-8", "surrogateescape") != stored_name:
            self._stored_names[row] = stored_name
        if link:
            self.links[row] = link
        self.names.append(name)

    def kind(self, row: int) -> MemberKind:
        """The kind of one row, without making the member."""
        return _KINDS[self.kinds[row]]

    @property
    def odd_types(self) -> tuple[Member, ...]:
        """Those with an `odd_type`, without making the others."""
        return tuple(map(self._member, self._odd_types))

    def inside(self, name: str) -> str:
        """`name` without the wrapping folder; "" for that folder itself."""
        root = self.root
        if not root:
            return name
        if name == root:
            return ""
        return name[len(root) + 1 :] if name.startswith(root + "/") else f"../{name}"

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> Member: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Member, ...]: ...
    def __getitem__(self, index: int | slice) -> Member | tuple[Member, ...]:
        if isinstance(index, slice):
            return tuple(map(self._member, range(*index.indices(len(self.names)))))
        row = range(len(self.names))[index]
        return self._member(row)

    def __iter__(self) -> Iterator[Member]:
        return map(self._member, range(len(self.names)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(Member.__eq__, self, other))

    __hash__ = None  # type: ignore[assignment]

    def _member(self, row: int) -> Member:
        name = self.names[row]
        stored_name = self._stored_names.get(row)
        if stored_name is None:
            stored_name = name.encode("utf-8", "surrogateescape")
        size = self._sizes[row]
        stored_size = self._stored_sizes.get(row, size)
        header = self._headers[row]
        content = self._contents[row]
        is_in_tar = header != _NO_OFFSET
        return Member(
            self.inside(name),
            stored_name,
            _KINDS[self.kinds[row]],
            size,
            header if is_in_tar else None,
            content if is_in_tar else None,
            self.links.get(row, ""),
            not is_in_tar or content + stored_size <= self._total,
            self._sparse.get(row),
            stored_size,
            self._odd_types.get(row, b""),
        )
