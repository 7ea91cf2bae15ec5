"""The one reader of tar headers: for the outer archive and for layers alike.

Written by hand since the standard library's ends without a word at a bad header, hangs on a large PAX header, recurses on
chained ones, and is ten times slower. This one walks in a loop, reads nothing that a limit does not bound, and tells each
oddity with its offset (the codes stand in `tar_oddities`). Formats: v7, ustar, PAX (local and global), GNU (long names,
base-256, sparse files), the extended headers of star and Solaris.
"""

from __future__ import annotations

from collections.abc import Iterator

from isal.isal_zlib import adler32

from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.tar_entry import EntryType, TarEnd, TarEntry
from inspector.archive.tar_extensions import ExtensionReader, Extensions, Stop
from inspector.archive.tar_header import (
    COMMON_KIND_OF_CODE,
    FLAG_OF_CODE,
    IS_EXTENSION,
    ZERO_BLOCK,
    Header,
    byte_sum,
    decode,
    expected_sum,
    signed_sum_holds,
    with_prefix,
)
from inspector.archive.tar_input import SourceInput, StreamInput, TarInput
from inspector.archive.tar_lookahead import BLOCK, Lookahead
from inspector.archive.tar_number import parse_number
from inspector.archive.tar_oddities import Oddities
from inspector.archive.tar_pax import parse_simple
from inspector.archive.tar_settle import Settler
from inspector.findings import Finding, Severity
from inspector.language import say
from inspector.progress import CancelToken

__all__ = ["EntryType", "SourceInput", "StreamInput", "TarEnd", "TarEntry", "TarInput", "TarReader"]

_MEMO = 65_536
"""Distinct fields that are remembered; a tar with more is only slower."""
_BLANKS = (0x00, 0x20)


class TarReader:
    """Iterate once to get the entries in stored order; then `end` says how the tar ended and `oddities` what was odd.

    Never raises for bad bytes: the walk stops where it cannot go on, and what came before stays valid. A stream is drawn to
    its very end, so that whoever hashes it sees every byte. The last entry is incomplete if `end.truncated_at` lies before
    the end of its content. Raises `LimitReached` ("tar_extension_bytes", "tar_extensions_in_row", "name_bytes",
    "sparse_extents"), `Cancelled`, and whatever the input raises.
    """

    def __init__(self, source: TarInput, limits: Limits = DEFAULT_LIMITS, token: CancelToken | None = None) -> None:
        self._limits = limits
        self._ahead = Lookahead(source, token)
        self._oddities = Oddities(limits.oddities_per_code)
        self._extensions = ExtensionReader(self._ahead, limits, self._oddities)
        self._settler = Settler(self._ahead, limits, self._oddities)
        self.end = TarEnd(0, 0, 0, False, None, None)

    @property
    def oddities(self) -> list[Finding]:
        """TAR-* findings so far; of each code a limited number, then one that counts."""
        return self._oddities.findings()

    def __iter__(self) -> Iterator[TarEntry]:
        return self._walk()

    def _walk(self) -> Iterator[TarEntry]:  # noqa: C901, PLR0912, PLR0915 - see below
        # One long loop over local names: a layer has hundreds of thousands of entries, and a call or an attribute costs as
        # much as the work on a field. Whatever is not common leaves it for `decode` and `Settler`.
        ahead, extension_reader, settler = self._ahead, self._extensions, self._settler
        common_kinds, flags, is_extension = COMMON_KIND_OF_CODE, FLAG_OF_CODE, IS_EXTENSION
        file, directory = EntryType.FILE, EntryType.DIRECTORY
        new_entry = new_header = tuple.__new__  # what a named tuple's own constructor does, without its detour
        sums: dict[bytes, int] = {}
        owners: dict[bytes, tuple[int, int, int] | None] = {}
        record_sizes: dict[bytes, int] = {}
        limits = self._limits
        longest_records = min(limits.tar_extension_bytes, limits.name_bytes) if limits.tar_extensions_in_row else 0
        extensions: Extensions | None = None
        records: dict[str, bytes] | None = (
            None  # instead of `extensions`, if there is nothing but one simple PAX header
        )
        records_at = 0
        buffer, at, origin = ahead.buffer, ahead.at, ahead.origin
        content_end = 0
        while True:
            block = buffer[at : at + 512]
            if len(block) < 512:
                ahead.at = at
                ahead.refill(BLOCK)
                buffer, at, origin = ahead.buffer, 0, ahead.origin
                block = buffer[:512]
                if len(block) < 512:
                    self._stop_short(block, content_end, extensions or _as_extensions(records, records_at))
                    return
            offset = origin + at
            field = block[148:156]
            expected = sums.get(field)
            if expected is None:
                if len(sums) >= _MEMO:
                    sums.clear()
                expected = sums[field] = expected_sum(field)
            # byte_sum(), written out.
            if (adler32(block, 0) & 0xFFFF if block.isascii() else byte_sum(block)) != expected:
                ahead.at = at
                if not self._tolerates_sum(block, offset, extensions or _as_extensions(records, records_at)):
                    return
            at += 512
            code = block[156]
            kind = common_kinds[code]
            header: Header | None = None
            if kind is not None:
                owner_field = block[100:124]
                owner = owners.get(owner_field)
                if owner is None and owner_field not in owners:
                    if len(owners) >= _MEMO:
                        owners.clear()
                    owner = owners[owner_field] = _owner(owner_field)
                size_text = block[124:135]
                time_text = block[136:147]
                nul = block.find(b"\0", 0, 100)
                if (
                    owner is not None
                    and nul
                    and size_text.isdigit()
                    and time_text.isdigit()
                    and block[135] in _BLANKS
                    and block[147] in _BLANKS
                ):
                    try:
                        size = int(size_text, 8)
                        mtime = int(time_text, 8)
                    except ValueError:  # 8 or 9
                        size = -1
                        mtime = 0
                    name = block[:nul] if nul > 0 else block[:100]
                    magic = block[257:263]
                    if magic == b"ustar\0":
                        form = "ustar"
                        if block[345]:
                            name = with_prefix(block, name)
                    else:
                        form = "gnu"
                        if magic != b"ustar ":
                            size = -1
                    link = b""
                    if records is not None:
                        form = "pax"
                        name = records.get("path", name)
                        if "mtime" in records:
                            mtime = int(records["mtime"][:10])
                    if kind is file:
                        if name[-1] == 0x2F:
                            size = -1
                    elif size > 0:
                        size = -1
                    elif kind is not directory:
                        link = block[157:257].partition(b"\0")[0]
                        if records is not None:
                            link = records.get("linkpath", link)
                    if size >= 0:
                        if extensions is None and not extension_reader.global_records:
                            yield new_entry(
                                TarEntry,
                                (
                                    name, kind, flags[code], owner[0], owner[1], owner[2], size, size, mtime, link, 0, 0,
                                    offset, offset + 512, records, None, form,
                                ),
                            )  # fmt: skip
                            records = None
                            content_end = origin + at + size
                            at += (size + 511) & -512
                            continue
                        header = new_header(Header, (name, kind, flags[code], *owner, size, mtime, link, form))
            elif code == 0x78 and extensions is None and records is None:
                size_field = block[124:136]
                length = record_sizes.get(size_field)
                if length is None:
                    length = parse_number(size_field) or 0
                    if len(record_sizes) < _MEMO:
                        record_sizes[size_field] = length
                end = at + length
                if 0 < length <= longest_records and end <= len(buffer):
                    records = parse_simple(buffer[at:end])
                    if records is not None:
                        records_at = offset
                        at = end + (-length & 511)
                        content_end = origin + at
                        continue
            ahead.at = at
            if records is not None:
                extensions = _as_extensions(records, records_at)
                records = None
            if is_extension[code]:
                extensions = extensions or Extensions(offset)
                stop = extension_reader.take(block, offset, extensions)
                if stop is not None:
                    self._stop_at_extension(offset, stop)
                    return
                content_end = ahead.tell()
            else:
                header = header or decode(block, offset, self._oddities)
                entry = settler.settle(header, block, offset, extensions, extension_reader.global_records)
                if entry is None:
                    self._stop_at_header(offset, say("its size is no usable number"), extensions)
                    return
                extensions = None
                yield entry
                content_end = entry.data_offset + entry.stored_size
                # From a fixed place and not from where the reader stands: a broken sparse map is drawn in part.
                ahead.at = content_end + (-entry.stored_size & 511) - ahead.origin
            buffer, at, origin = ahead.buffer, ahead.at, ahead.origin

    def _tolerates_sum(self, block: bytes, offset: int, extensions: Extensions | None) -> bool:
        """Whether a block whose checksum is wrong is an entry all the same; if not, the end is recorded."""
        if block == ZERO_BLOCK:
            self._finish(offset, extensions)
            return False
        if not signed_sum_holds(block):
            self._stop_at_header(offset, say("its checksum is wrong"), extensions)
            return False
        self._oddities.note(
            "TAR-14",
            Severity.INFO,
            "A checksum over signed bytes",
            "Written by a very old tar; all readers take it.",
            offset,
        )
        return True

    def _finish(self, offset: int, extensions: Extensions | None) -> None:
        """At a block of zeros; all readers end there, whether or not a second one follows."""
        self._lost(extensions)
        self._ahead.read(BLOCK)
        is_pair = self._ahead.peek(BLOCK) == ZERO_BLOCK
        if is_pair:
            self._ahead.read(BLOCK)
        rest, nonzero_at = self._ahead.rest(self._limits.trailing_scan_bytes)
        self.end = TarEnd(2 if is_pair else 1, offset, rest, nonzero_at is not None, None, None)
        if nonzero_at is not None:
            self._oddities.note(
                "TAR-4", Severity.WARNING, "Something follows the end of the tar",
                say("Readers stop at the end mark at offset %s; hidden data or a second archive is not seen.", f"{offset:,}"), nonzero_at,
            )  # fmt: skip
        elif not is_pair:
            self._oddities.note(
                "TAR-3",
                Severity.INFO,
                "Half an end mark",
                "One block of zeros instead of two; readers do not mind.",
                offset,
            )

    def _stop_short(self, block: bytes, content_end: int, extensions: Extensions | None) -> None:
        """The bytes ended where the next header should be, or before."""
        end = self._ahead.tell() + len(block)
        cut = say("It ends inside a header.") if block.strip(b"\0") else ""
        if self._ahead.lacking and content_end > end:
            cut = say("%s bytes of its last entry are missing.", f"{content_end - end:,}")
        self._lost(extensions)
        self.end = TarEnd(0, end - len(block), len(block), bool(block.strip(b"\0")), end if cut else None, None)
        if cut:
            self._oddities.note("TAR-2", Severity.ERROR, "The tar is cut off", cut, end)
        elif end:
            self._oddities.note(
                "TAR-3", Severity.WARNING, "The tar has no end mark",
                "Two blocks of zeros are missing, all entries are whole; most readers do not mind.", end,
            )  # fmt: skip

    def _stop_at_extension(self, offset: int, why: Stop) -> None:
        if why is Stop.BAD_SIZE:
            self._stop_at_header(offset, say(why.value), None)
            return
        self._ahead.rest(0)
        end = self._ahead.tell()
        self.end = TarEnd(0, offset, 0, False, end, None)
        self._oddities.note("TAR-2", Severity.ERROR, "The tar is cut off", why.value, end)

    def _stop_at_header(self, offset: int, why: str, extensions: Extensions | None) -> None:
        self._lost(extensions)
        ahead = self._ahead
        ahead.rest(self._limits.trailing_scan_bytes)
        self.end = TarEnd(0, offset, ahead.tell() - offset, True, None, offset)
        self._oddities.note(
            "TAR-1", Severity.ERROR, "A damaged tar header",
            say("At offset %(offset)s stands no tar header: %(why)s. Nothing behind it can be read.", offset=f"{offset:,}", why=why), offset,
        )  # fmt: skip

    def _lost(self, extensions: Extensions | None) -> None:
        # A global header alone is no loss: `git archive` of an empty tree is one.
        if extensions is not None and extensions.is_local:
            self._oddities.note(
                "TAR-5", Severity.WARNING, "An extension header without an entry", "It says nothing about anything.",
                extensions.offset,
            )  # fmt: skip


def _owner(field: bytes) -> tuple[int, int, int] | None:
    """Mode, uid and gid from 24 bytes; None if one of them is no number."""
    mode, uid, gid = parse_number(field[:8]), parse_number(field[8:16]), parse_number(field[16:])
    return None if mode is None or uid is None or gid is None else (mode & 0o7777, uid, gid)


def _as_extensions(records: dict[str, bytes] | None, offset: int) -> Extensions | None:
    """What the one PAX header at `offset` says, in the form for whatever is not simple."""
    if records is None:
        return None
    extensions = Extensions(offset)
    extensions.count = 1
    extensions.records = records
    return extensions
