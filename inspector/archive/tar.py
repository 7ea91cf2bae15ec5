"""The one reader of tar headers: for the outer archive and for layers alike.

Written by hand since the standard library's ends without a word at a bad header, hangs on a large PAX header, recurses on
chained ones, and is ten times slower. This one walks in a loop, reads nothing that a limit does not bound, and tells each
oddity with its offset. Formats: v7, ustar, PAX (local and global), GNU (long names, base-256, sparse files).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.tar_entry import EntryType, TarEnd, TarEntry
from inspector.archive.tar_input import SourceInput, TarInput
from inspector.archive.tar_number import parse_number
from inspector.archive.tar_pax import decimal, parse_pax, signed, whole_seconds, with_global
from inspector.archive.tar_sparse import BrokenSparseMap, SparseMap, TooManyExtents, old_gnu_map, pax_map
from inspector.errors import LimitReached
from inspector.findings import Finding, Severity, Where
from inspector.progress import CancelToken

BLOCK = 512
_ZEROS = bytes(BLOCK)
_DRAIN = 64 * 1024
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
_WITH_DATA = (EntryType.FILE, EntryType.OTHER)
_WITH_LINK = (EntryType.SYMLINK, EntryType.HARDLINK)
_WITH_DEVICE = (EntryType.CHAR, EntryType.BLOCK)
_EXTENSIONS = b"xgXLK"
_PLAIN_NUMBERS = b"01234567 \0"
_LINES_PER_CHECK = 255

Xattrs = Mapping[str, bytes]


class TarReader:
    """Iterate once to get the entries in stored order; then `end` says how the tar ended and `oddities` what was odd.

    Never raises for bad bytes: the walk stops where it cannot go on, and what came before stays valid. Raises `LimitReached`
    for the named limits, `Cancelled`, and whatever the input raises.
    """

    def __init__(self, source: TarInput, limits: Limits = DEFAULT_LIMITS, token: CancelToken | None = None) -> None:
        self._in = source
        self._limits = limits
        self._token = token
        self._sparse_room = limits.sparse_extents
        self._counts: dict[str, int] = {}
        self._findings: list[Finding] = []
        self._global: dict[str, bytes] = {}
        self.end = TarEnd(0, 0, 0, False, None, None)

    @property
    def oddities(self) -> list[Finding]:
        """TAR-* findings so far, in the order of their offsets; of each code a limited number, then one that counts."""
        rest = [
            Finding(
                code,
                Severity.INFO,
                "More of the same",
                f"{count - self._limits.oddities_per_code:,} more are not listed.",
            )
            for code, count in self._counts.items()
            if count > self._limits.oddities_per_code
        ]
        return self._findings + rest

    def __iter__(self) -> Iterator[TarEntry]:
        return self._walk()

    def _walk(self) -> Iterator[TarEntry]:
        read, skip, tell = self._in.read, self._in.skip, self._in.tell
        token = self._token
        pending: _Extensions | None = None
        seen = 0
        while True:
            seen += 1
            if token is not None and not seen & _LINES_PER_CHECK:
                token.check()
            offset = tell()
            block = read(BLOCK)
            if len(block) < BLOCK or block == _ZEROS:
                self._finish(block, offset, pending)
                return
            if not _checksum_holds(block):
                self._bad_header(offset, "its checksum is wrong")
                return
            typeflag = block[156:157]
            if typeflag in _EXTENSIONS:
                pending = pending or _Extensions(offset)
                if not self._extension(block, offset, typeflag, pending):
                    return
                continue
            entry = self._plain(block, offset, typeflag) if pending is None and not self._global else None
            if entry is None:
                entry = self._full(block, offset, typeflag, pending)
                if entry is None:
                    return
            pending = None
            yield entry
            stored = entry.stored_size
            if stored:
                padded = stored + (-stored & 511)
                skipped = skip(padded)
                if skipped < padded:
                    self._cut(entry, skipped, tell())
                    return

    def _plain(self, block: bytes, offset: int, typeflag: bytes) -> TarEntry | None:
        """The common case, in as few steps as Python allows; None sends the header down the full path."""
        kind = _TYPES.get(typeflag)
        # One call tells that every number field is plain octal: no signs, no underscores, no base-256.
        if kind is None or typeflag == b"S" or block[100:156].translate(None, _PLAIN_NUMBERS):
            return None
        magic = block[257:263]
        try:
            mode = int(block[100:108].rstrip(b"\0 ") or b"0", 8)
            uid = int(block[108:116].rstrip(b"\0 ") or b"0", 8)
            gid = int(block[116:124].rstrip(b"\0 ") or b"0", 8)
            size = int(block[124:136].rstrip(b"\0 ") or b"0", 8)
            mtime = int(block[136:148].rstrip(b"\0 ") or b"0", 8)
        except ValueError:
            return None
        name = block[:100].partition(b"\0")[0]
        if magic == b"ustar\0":
            form = "ustar"
            if block[345]:
                name = block[345:500].partition(b"\0")[0] + b"/" + name
        else:
            form = "gnu" if magic == b"ustar " else "v7"
        if not name:
            return None
        linkname = b""
        major = minor = 0
        if kind is EntryType.FILE:
            if name.endswith(b"/"):
                return None
        elif size:
            return None
        elif kind in _WITH_LINK:
            linkname = block[157:257].partition(b"\0")[0]
        elif kind in _WITH_DEVICE:
            return None
        return TarEntry(
            name,
            kind,
            typeflag,
            mode & 0o7777,
            uid,
            gid,
            size,
            size,
            mtime,
            linkname,
            major,
            minor,
            offset,
            offset + BLOCK,
            None,
            None,
            form,
        )

    def _full(self, block: bytes, offset: int, typeflag: bytes, pending: _Extensions | None) -> TarEntry | None:
        """Any header, with everything that precedes it applied; None if the walk must stop at it."""
        magic = block[257:265]
        form = "ustar" if magic[:6] == b"ustar\0" else "gnu" if magic == b"ustar  \0" else "v7"
        size = parse_number(block[124:136])
        if size is None or size < 0:
            self._bad_header(offset, "its size is no number" if size is None else "its size is negative")
            return None
        name = block[:100].partition(b"\0")[0]
        if form == "ustar" and block[345]:
            name = block[345:500].partition(b"\0")[0] + b"/" + name
        linkname = block[157:257].partition(b"\0")[0]
        mode = self._number(block[100:108], offset, "mode")
        uid = self._number(block[108:116], offset, "uid")
        gid = self._number(block[116:124], offset, "gid")
        mtime = self._number(block[136:148], offset, "mtime")
        pax: dict[str, bytes] | None = None
        if pending is not None or self._global:
            if pending is not None:
                name = pending.name if pending.name is not None else name
                linkname = pending.link if pending.link is not None else linkname
                form = "gnu" if pending.name is not None or pending.link is not None else form
            pax = with_global(self._global, pending.records if pending is not None else None)
        if pax:
            form = "pax"
            name = pax.get("path", name)
            linkname = pax.get("linkpath", linkname)
            uid = self._record(pax, "uid", signed, uid, offset)
            gid = self._record(pax, "gid", signed, gid, offset)
            mtime = self._record(pax, "mtime", whole_seconds, mtime, offset)
            size = self._pax_size(pax, size, offset)
            name = pax.get("GNU.sparse.name", name)
        kind = _TYPES.get(typeflag, EntryType.OTHER)
        if typeflag == b"\0" and name.endswith(b"/"):
            # Before POSIX there was no type for folders. Decided on the settled name (CVE-2025-13462).
            kind = EntryType.DIRECTORY
        if kind is EntryType.OTHER:
            self._odd(
                "TAR-8",
                Severity.WARNING,
                "An entry of an unknown type",
                f"Type {typeflag!r}: readers skip or refuse it.",
                offset,
            )
        if kind not in _WITH_DATA and size:
            # Go and Python step over nothing here, GNU tar steps over the data of folders: they see different entries.
            self._odd(
                "TAR-9",
                Severity.WARNING,
                "A size on an entry that has no content",
                "Links, folders and devices hold no bytes; the size is ignored here, as by Docker and containerd.",
                offset,
                found=str(size),
            )
            size = 0
        if not name:
            self._odd("TAR-11", Severity.WARNING, "An entry without a name", "It cannot be found by anyone.", offset)
        for text, what in ((name, "name"), (linkname, "link target")):
            if len(text) > self._limits.name_bytes:
                raise LimitReached(
                    "name_bytes",
                    self._limits.name_bytes,
                    f"A {what} at offset {offset:,} has {len(text):,} bytes.",
                    subject=str(offset),
                )
            if b"\0" in text:
                self._odd(
                    "TAR-11", Severity.WARNING, f"A NUL byte in a {what}", "Readers cut it there or refuse it.", offset
                )
        sparse: SparseMap | None = None
        data_offset = offset + BLOCK
        if kind is EntryType.FILE:
            sparse = self._sparse(block, offset, typeflag, pax, pending, size)
            if sparse is not None:
                data_offset += sparse.map_bytes
        stored = size
        if sparse is not None and typeflag != b"S":
            stored = max(0, size - sparse.map_bytes)
        if sparse is not None and sum(length for _, length in sparse.extents) > stored:
            self._odd(
                "TAR-10",
                Severity.ERROR,
                "A sparse file with less content than its map says",
                "The rest reads as zeros.",
                offset,
            )
        return TarEntry(
            name,
            kind,
            typeflag,
            mode & 0o7777,
            uid,
            gid,
            sparse.size if sparse is not None else size,
            stored,
            mtime,
            linkname if kind in _WITH_LINK else b"",
            self._number(block[329:337], offset, "devmajor") if kind in _WITH_DEVICE else 0,
            self._number(block[337:345], offset, "devminor") if kind in _WITH_DEVICE else 0,
            offset,
            data_offset,
            pax or None,
            sparse.extents if sparse is not None else None,
            form,
        )

    def _sparse(
        self,
        block: bytes,
        offset: int,
        typeflag: bytes,
        pax: Mapping[str, bytes] | None,
        pending: _Extensions | None,
        size: int,
    ) -> SparseMap | None:
        try:
            if typeflag == b"S":
                found: SparseMap | None = old_gnu_map(block, self._in.read, self._sparse_room)
            elif pax and any(key.startswith("GNU.sparse.") for key in pax):
                pairs = pending.sparse_pairs if pending is not None else ()
                found = pax_map(pax, pairs, self._in.read, size, self._sparse_room, self._limits.tar_extension_bytes)
            else:
                return None
        except TooManyExtents:
            allowed = self._limits.sparse_extents
            raise LimitReached(
                "sparse_extents",
                allowed,
                f"A sparse file at offset {offset:,} exceeds {allowed:,} extents.",
                subject=str(offset),
            ) from None
        except BrokenSparseMap as error:
            self._odd(
                "TAR-10",
                Severity.ERROR,
                "A sparse file whose map is broken",
                f"{error}; its bytes are shown as stored.",
                offset,
            )
            # What was already drawn of the map belongs to the content that is stepped over.
            drawn = self._in.tell() - offset - BLOCK
            return SparseMap((), 0, drawn) if drawn else None
        if found is not None:
            self._sparse_room -= len(found.extents)
        return found

    def _extension(self, block: bytes, offset: int, typeflag: bytes, pending: _Extensions) -> bool:
        """Take in one extension header; False if the walk must stop."""
        limits = self._limits
        size = parse_number(block[124:136])
        if size is None or size < 0:
            self._bad_header(offset, "an extension header without a usable size")
            return False
        if size > limits.tar_extension_bytes:
            raise LimitReached(
                "tar_extension_bytes",
                limits.tar_extension_bytes,
                f"An extension header at offset {offset:,} claims {size:,} bytes; at most {limits.tar_extension_bytes:,} are read.",
                subject=str(offset),
            )
        pending.count += 1
        if pending.count > limits.tar_extensions_in_row:
            raise LimitReached(
                "tar_extensions_in_row",
                limits.tar_extensions_in_row,
                f"More than {limits.tar_extensions_in_row} extension headers in a row at offset {offset:,}.",
                subject=str(offset),
            )
        padded = size + (-size & 511)
        data = self._in.read(padded)
        if len(data) < padded:
            self.end = TarEnd(0, offset, 0, False, self._in.tell(), None)
            self._odd(
                "TAR-2", Severity.ERROR, "The tar is cut off", "It ends inside an extension header.", self._in.tell()
            )
            return False
        data = data[:size]
        if typeflag in b"LK":
            text = data.partition(b"\0")[0]
            if typeflag == b"L":
                pending.name = text
            else:
                pending.link = text
            return True
        header = parse_pax(data)
        if header.fault is not None:
            self._odd(
                "TAR-5", Severity.ERROR, "A malformed PAX header", f"{header.fault}; readers refuse or skip it.", offset
            )
        if header.repeated is not None:
            self._odd(
                "TAR-5",
                Severity.WARNING,
                "A PAX key stands twice",
                "The last one counts here.",
                offset,
                found=header.repeated[:100],
            )
        if typeflag == b"g":
            self._global.update(header.records)
        else:
            pending.records.update(header.records)
            pending.sparse_pairs += header.sparse_pairs
        return True

    def _pax_size(self, pax: Mapping[str, bytes], size: int, offset: int) -> int:
        text = pax.get("size")
        if text is None:
            return size
        stated = decimal(text)
        if stated is None:
            self._odd(
                "TAR-5", Severity.ERROR, "A PAX size that is no number", "It is ignored.", offset, found=repr(text[:40])
            )
            return size
        if stated != size and size != 0 and size < 0o77777777777:
            # TARmageddon (CVE-2025-62518): readers that step by the other size find entries hidden in the content.
            self._odd(
                "TAR-6",
                Severity.ERROR,
                "Two sizes for one entry",
                "The PAX size counts here, as for GNU tar and Go; readers that take the other see other entries.",
                offset,
                expected=str(size),
                found=str(stated),
            )
        return stated

    def _record(self, pax: Mapping[str, bytes], key: str, parse: object, default: int, offset: int) -> int:
        text = pax.get(key)
        if text is None:
            return default
        number: int | None = parse(text)  # type: ignore[operator]
        if number is None:
            self._odd(
                "TAR-5",
                Severity.WARNING,
                f"A PAX {key} that is no number",
                "It is ignored.",
                offset,
                found=repr(text[:40]),
            )
            return default
        return number

    def _number(self, field: bytes, offset: int, what: str) -> int:
        number = parse_number(field)
        if number is None:
            self._odd(
                "TAR-7", Severity.WARNING, f"A {what} that is no number", "It is read as 0.", offset, found=repr(field)
            )
            return 0
        return number

    def _odd(
        self,
        code: str,
        severity: Severity,
        title: str,
        explanation: str,
        offset: int,
        *,
        expected: str | None = None,
        found: str | None = None,
    ) -> None:
        count = self._counts.get(code, 0) + 1
        self._counts[code] = count
        if count <= self._limits.oddities_per_code:
            self._findings.append(Finding(code, severity, title, explanation, Where(offset=offset), expected, found))

    def _bad_header(self, offset: int, why: str) -> None:
        rest, nonzero = self._rest()
        self.end = TarEnd(0, offset, BLOCK + rest, True, None, offset)
        self._odd(
            "TAR-1",
            Severity.ERROR,
            "A damaged tar header",
            f"At offset {offset:,} stands no tar header: {why}. Nothing behind it can be read.",
            offset,
        )

    def _cut(self, entry: TarEntry, skipped: int, position: int) -> None:
        if skipped >= entry.stored_size:
            self.end = TarEnd(0, position, 0, False, None, None)
            self._odd(
                "TAR-3",
                Severity.WARNING,
                "The tar has no end mark",
                "It stops within the padding of its last entry.",
                position,
            )
            return
        self.end = TarEnd(0, position, 0, False, position, None)
        self._odd(
            "TAR-2",
            Severity.ERROR,
            "The tar is cut off",
            f"{entry.stored_size - skipped:,} bytes of its last entry are missing.",
            position,
        )

    def _finish(self, block: bytes, offset: int, pending: _Extensions | None) -> None:
        if pending is not None:
            self._odd(
                "TAR-5", Severity.WARNING, "An extension header without an entry", "It is ignored.", pending.offset
            )
        if len(block) == BLOCK:
            second = self._in.read(BLOCK)
            pair = second == _ZEROS
            rest, nonzero = self._rest()
            if not pair:
                rest += len(second)
                nonzero = nonzero or any(second)
            self.end = TarEnd(2 if pair else 1, offset, rest, nonzero, None, None)
            if nonzero:
                self._odd(
                    "TAR-4",
                    Severity.WARNING,
                    "Something follows the end of the tar",
                    "Readers stop at the end mark; a second archive or hidden data would not be seen.",
                    offset,
                )
            return
        if block and any(block):
            self.end = TarEnd(0, offset, len(block), True, offset + len(block), None)
            self._odd("TAR-2", Severity.ERROR, "The tar is cut off", "It ends inside a header.", offset + len(block))
            return
        self.end = TarEnd(0, offset, len(block), False, None, None)
        if offset:
            self._odd(
                "TAR-3",
                Severity.WARNING,
                "The tar has no end mark",
                "Two blocks of zeros are missing; most readers do not mind.",
                offset,
            )

    def _rest(self) -> tuple[int, bool]:
        """How much follows, and whether any of it is not zero; of a source with random access only the two ends are read."""
        source = self._in
        total = 0
        nonzero = False
        if isinstance(source, SourceInput):
            budget = self._limits.trailing_scan_bytes
            total = source.size - source.tell()
            if total > 2 * budget:
                head = source.read(budget)
                source.skip(total - 2 * budget)
                nonzero = head.count(0) != len(head)
                piece = source.read(budget)
                return total, nonzero or piece.count(0) != len(piece)
        counted = 0
        while piece := source.read(_DRAIN):
            if self._token is not None:
                self._token.check()
            counted += len(piece)
            nonzero = nonzero or piece.count(0) != len(piece)
        return total or counted, nonzero


class _Extensions:
    """What the extension headers in front of an entry said."""

    __slots__ = ("count", "link", "name", "offset", "records", "sparse_pairs")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.count = 0
        self.name: bytes | None = None
        self.link: bytes | None = None
        self.records: dict[str, bytes] = {}
        self.sparse_pairs: tuple[tuple[int, int], ...] = ()


def _checksum_holds(block: bytes) -> bool:
    """Whether the header's sum is right, counted with unsigned or, as some old tars did, with signed bytes."""
    stated = parse_number(block[148:156])
    if stated is None:
        return False
    if block.isascii():
        # adler32's lower half is the exact byte sum as long as that stays below 65,521, and 512 ASCII bytes do.
        total = (zlib.adler32(block, 0) & 0xFFFF) - sum(block[148:156]) + 256
        return total == stated
    total = sum(block) - sum(block[148:156]) + 256
    if total == stated:
        return True
    high = sum(1 for byte in block[:148] + block[156:] if byte > 127)
    return total - 256 * high == stated
