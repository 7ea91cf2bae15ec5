"""Extension headers: PAX (local, global, Solaris `X`) and GNU long names; what they say before it is applied to an entry."""

from __future__ import annotations

from enum import Enum

from inspector.archive.limits import Limits
from inspector.archive.tar_lookahead import BLOCK, Lookahead
from inspector.archive.tar_number import parse_number
from inspector.archive.tar_oddities import Oddities
from inspector.archive.tar_pax import parse_pax
from inspector.errors import LimitReached
from inspector.findings import Severity
from inspector.language import say

_XATTRS = ("SCHILY.xattr.", "LIBARCHIVE.xattr.")
_OF_ONE_ENTRY = ("path", "linkpath", "size")
_BLANKS = (0x00, 0x20)
_OF_ALL = ("uid", "gid", "mtime")


class Stop(Enum):
    """Why the walk cannot go on behind an extension header."""

    CUT = "It ends inside an extension header."
    BAD_SIZE = "an extension header without a usable size"


class Extensions:
    """What the extension headers in front of one entry say."""

    __slots__ = ("count", "is_sparse", "link", "name", "offset", "records", "sparse_pairs")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.count = 0
        self.name: bytes | None = None
        self.link: bytes | None = None
        self.records: dict[str, bytes] | None = None
        self.is_sparse = False
        self.sparse_pairs: tuple[tuple[int, int], ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether any of them was meant of the one entry that follows."""
        return self.name is not None or self.link is not None or self.records is not None


class ExtensionReader:
    """Takes in one extension header after the other.

    `global_records` are those that apply to all later entries: owner, time and extended attributes, as POSIX says. A global
    name, size or link target is reported and not applied: it cannot be meant of each entry. Go, and with it Docker and
    containerd, applies no global record at all.
    """

    __slots__ = ("_ahead", "_limits", "_oddities", "global_records")

    def __init__(self, ahead: Lookahead, limits: Limits, oddities: Oddities) -> None:
        self._ahead = ahead
        self._limits = limits
        self._oddities = oddities
        self.global_records: dict[str, bytes] = {}

    def take(self, block: bytes, offset: int, extensions: Extensions) -> Stop | None:
        """Read the content of the header `block`, which `ahead` stands behind, into `extensions`."""
        size: int | None
        digits = block[124:135]
        try:
            size = int(digits, 8) if digits.isdigit() and block[135] in _BLANKS else parse_number(block[124:136])
        except ValueError:  # 8 or 9
            size = None
        if size is None or size < 0:
            return Stop.BAD_SIZE
        ahead = self._ahead
        extensions.count += 1
        at = ahead.at
        end = at + size
        if end <= len(ahead.buffer):
            if size > self._limits.tar_extension_bytes or extensions.count > self._limits.tar_extensions_in_row:
                self._limit(size, extensions.count, offset)
            data = ahead.buffer[at:end]
            ahead.at = end + (-size & 511)
        else:
            left = ahead.left()
            if left is not None and left < size:
                ahead.at += left  # nothing is read of what is not whole
                return Stop.CUT
            self._limit(size, extensions.count, offset)
            data = ahead.read(size + (-size & 511))
            if len(data) < size:
                return Stop.CUT
            data = data[:size]
        code = block[156]
        if code in (0x4C, 0x4B):
            self._take_long_name(data, code == 0x4C, offset, extensions)
        else:
            self._take_pax(data, offset, extensions, is_global=code == 0x67)
        return None

    def _limit(self, size: int, count: int, offset: int) -> None:
        limits = self._limits
        if size > limits.tar_extension_bytes:
            raise LimitReached(
                "tar_extension_bytes",
                limits.tar_extension_bytes,
                say(
                    "An extension header at offset %(offset)s has %(size)s bytes; at most %(tar_extension_bytes)s are read.",
                    offset=f"{offset:,}",
                    size=f"{size:,}",
                    tar_extension_bytes=f"{limits.tar_extension_bytes:,}",
                ),
            )
        if count > limits.tar_extensions_in_row:
            raise LimitReached(
                "tar_extensions_in_row",
                limits.tar_extensions_in_row,
                say(
                    "More than %(tar_extensions_in_row)s extension headers in a row end at offset %(offset)s.",
                    tar_extensions_in_row=limits.tar_extensions_in_row,
                    offset=f"{offset:,}",
                ),
            )

    def _take_long_name(self, data: bytes, is_name: bool, offset: int, extensions: Extensions) -> None:
        name, _, rest = data.partition(b"\0")
        if rest.strip(b"\0"):
            self._oddities.note(
                "TAR-11", Severity.WARNING, "A NUL byte in a name", "It is cut there, as C programs do.", offset
            )
        if is_name:
            if extensions.name is not None:
                self._twice(say("long names"), offset)
            extensions.name = name
        else:
            if extensions.link is not None:
                self._twice(say("long link targets"), offset)
            extensions.link = name

    def _take_pax(self, data: bytes, offset: int, extensions: Extensions, *, is_global: bool) -> None:
        records, is_sparse, pairs, repeated, fault = parse_pax(data)
        if fault is not None:
            self._oddities.note(
                "TAR-5", Severity.ERROR, "A malformed PAX header",
                say("%s; the records before it count here, other readers refuse the tar.", fault), offset,
            )  # fmt: skip
        if repeated is not None:
            self._oddities.note(
                "TAR-5", Severity.WARNING, "A PAX key stands twice", "The last one counts here.", offset,
                found=repeated[:100],
            )  # fmt: skip
        if is_global:
            self._take_global(records, offset)
            return
        if extensions.records is not None:
            self._twice(say("PAX headers"), offset)
        extensions.records = records
        extensions.is_sparse = is_sparse
        extensions.sparse_pairs = pairs

    def _twice(self, what: str, offset: int) -> None:
        self._oddities.note(
            "TAR-13", Severity.WARNING, say("Two %s for one entry", what),
            "The last one counts here, as for Go and GNU tar; Python takes the first.", offset,
        )  # fmt: skip

    def _take_global(self, records: dict[str, bytes], offset: int) -> None:
        kept = self.global_records
        refused = [key for key in records if key in _OF_ONE_ENTRY or key.startswith("GNU.sparse.")]
        taken = {key: value for key, value in records.items() if key in _OF_ALL or key.startswith(_XATTRS)}
        if refused:
            self._oddities.note(
                "TAR-12", Severity.WARNING, "A global header that renames or resizes every entry",
                say("It sets %s and is not followed: Docker and containerd ignore it, GNU tar does not.", ", ".join(refused)[:100]),
                offset,
            )  # fmt: skip
        if taken:
            self._oddities.note(
                "TAR-12", Severity.INFO, "A global header that changes every entry",
                say("It sets %s. Docker and containerd ignore it.", ", ".join(taken)[:100]), offset,
            )  # fmt: skip
        for key, value in taken.items():
            if value:
                kept[key] = value
            else:
                kept.pop(key, None)
        if sum(len(key) + len(value) for key, value in kept.items()) > self._limits.tar_extension_bytes:
            raise LimitReached(
                "tar_extension_bytes",
                self._limits.tar_extension_bytes,
                say(
                    "The global headers up to offset %(offset)s set more than %(tar_extension_bytes)s bytes.",
                    offset=f"{offset + BLOCK:,}",
                    tar_extension_bytes=f"{self._limits.tar_extension_bytes:,}",
                ),
            )
