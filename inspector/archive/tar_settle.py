"""From a header and what precedes it to an entry: which name, size and content count, and what is odd about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from inspector.archive.limits import Limits
from inspector.archive.tar_entry import EntryType, TarEntry
from inspector.archive.tar_extensions import Extensions
from inspector.archive.tar_header import WITH_CONTENT, WITH_DEVICE, WITH_LINK, ZERO_BLOCK, Header, is_header, number
from inspector.archive.tar_lookahead import BLOCK, Lookahead
from inspector.archive.tar_number import HIGHEST, LOWEST
from inspector.archive.tar_oddities import Oddities
from inspector.archive.tar_pax import signed, whole, whole_seconds
from inspector.archive.tar_sparse import BrokenSparseMap, SparseMap, TooManyExtents, old_gnu_map, pax_map
from inspector.errors import LimitReached
from inspector.findings import Severity
from inspector.language import say

_LARGEST_OCTAL = 0o77777777777

_ENDS = (HIGHEST, LOWEST)
"""What a number of more than 64 bits is read as."""


class Settler:
    """Applies PAX, GNU and sparse rules.

    Where readers differ, Go's archive/tar is followed: Docker, containerd, podman and skopeo are written with it. Each such
    place is noted.
    """

    __slots__ = ("_ahead", "_limits", "_oddities", "_room")

    def __init__(self, ahead: Lookahead, limits: Limits, oddities: Oddities) -> None:
        self._ahead = ahead
        self._limits = limits
        self._oddities = oddities
        self._room = limits.sparse_extents

    def settle(
        self,
        header: Header,
        block: bytes,
        offset: int,
        extensions: Extensions | None,
        global_records: Mapping[str, bytes],
    ) -> TarEntry | None:
        """The entry, or None if its size is of no use. `ahead` stands behind the header block; a sparse map is drawn."""
        name, kind, flag, mode, uid, gid, size, mtime, link, form = header
        pax: Mapping[str, bytes] | None = extensions.records if extensions is not None else None
        if global_records:
            pax = {**global_records, **pax} if pax else dict(global_records)
        if pax:
            name, uid, gid, size, mtime, link = self._with_records(header, pax, offset)
            form = "pax"
        if size is None:
            return None
        if extensions is not None and (extensions.name is not None or extensions.link is not None):
            form = form if pax else "gnu"
            name, link = self._long_names(extensions, pax, kind, name, link, offset)
        sparse: SparseMap | None = None
        content = offset + BLOCK
        if kind is EntryType.FILE:
            if flag == b"S" or (extensions is not None and extensions.is_sparse):
                sparse, content = self._sparse(block, offset, flag, pax or {}, extensions, size)
                if sparse is not None and pax:
                    name = pax.get("GNU.sparse.name") or name
            if name.endswith(b"/"):
                kind = self._called_like_a_folder(flag, offset)
        elif extensions is not None and extensions.is_sparse:
            self._sparse_without_content(pax or {}, offset)
        if kind is EntryType.OTHER:
            self._oddities.note(
                "TAR-8", Severity.WARNING, "An entry of an unknown type",
                say("Type %s: readers skip or refuse it.", f"{flag!r}"), offset,
            )  # fmt: skip
        stored = max(0, size - sparse.map_bytes) if sparse is not None and flag != b"S" else size
        if size and kind not in WITH_CONTENT:
            stored = self._content_of_the_contentless(size, offset)
        if not name or b"\0" in name or len(name) > self._limits.name_bytes:
            self._check_text(name, say("name"), offset)
        if link:
            self._check_text(link, say("link target"), offset)
        logical = sparse.size if sparse is not None else size
        devices = kind in WITH_DEVICE
        # As the constructor does, without its detour: this is the path of each entry of a PAX tar.
        return tuple.__new__(
            TarEntry,
            (
                name,
                kind,
                flag,
                mode,
                uid,
                gid,
                logical if kind in WITH_CONTENT else 0,
                stored,
                mtime,
                link,
                number(block[329:337], "devmajor", offset, self._oddities) if devices else 0,
                number(block[337:345], "devminor", offset, self._oddities) if devices else 0,
                offset,
                content,
                pax or None,
                sparse.extents if sparse is not None else None,
                form,
            ),
        )

    def _with_records(
        self, header: Header, pax: Mapping[str, bytes], offset: int
    ) -> tuple[bytes, int, int, int | None, int, bytes]:
        name, kind, _, _, uid, gid, size, mtime, link, _ = header
        get = pax.get
        if (value := get("mtime")) is not None:
            mtime = self._record(value, "mtime", whole_seconds, mtime, offset)
        if (value := get("uid")) is not None:
            uid = self._record(value, "uid", signed, uid, offset)
        if (value := get("gid")) is not None:
            gid = self._record(value, "gid", signed, gid, offset)
        if (value := get("path")) is not None:
            name = value or self._empty(say("PAX path"), name, offset)
        if (value := get("linkpath")) and kind in WITH_LINK:
            link = value
        if (value := get("size")) is not None:
            size = self._pax_size(value, size, offset)
        return name, uid, gid, size, mtime, link

    def _record(self, value: bytes, key: str, parse: Callable[[bytes], int | None], default: int, offset: int) -> int:
        found = parse(value)
        if found is None and not value:
            return default  # an empty value takes the record away
        if found is None:
            self._oddities.note(
                "TAR-5", Severity.WARNING, say("A PAX %s that is no number", key),
                "The header's own value counts here; Go refuses the tar.", offset, found=repr(value[:40]),
            )  # fmt: skip
            return default
        if found in _ENDS and value.partition(b".")[0] not in (b"%d" % end for end in _ENDS):
            self._oddities.note(
                "TAR-5", Severity.ERROR, say("A PAX %s of more than 64 bits", key),
                "The nearest number counts here; Go and GNU tar refuse the tar.", offset, found=repr(value[:40]),
            )  # fmt: skip
        return found

    def _empty(self, what: str, instead: bytes, offset: int) -> bytes:
        self._oddities.note(
            "TAR-11", Severity.WARNING, say("An empty %s", what), "The header's own name counts.", offset
        )
        return instead

    def _pax_size(self, value: bytes, header_size: int | None, offset: int) -> int | None:
        if not value:
            return header_size
        stated = whole(value)
        if stated is None:
            self._oddities.note(
                "TAR-5", Severity.ERROR, "A PAX size that is no number", "Nobody can tell where the next entry is.",
                offset, found=repr(value[:40]),
            )  # fmt: skip
            return None
        # A writer leaves the header's field at 0, or at its largest, only where the number does not fit there.
        if stated != header_size and not (stated > _LARGEST_OCTAL and header_size in (None, 0, _LARGEST_OCTAL)):
            # TARmageddon (CVE-2025-62518): readers that step by the other size find entries hidden in the content.
            self._oddities.note(
                "TAR-6", Severity.ERROR, "Two sizes for one entry",
                "The PAX size counts here, as for Go and GNU tar; readers that take the other one see other entries.",
                offset, expected=str(header_size), found=str(stated),
            )  # fmt: skip
        return stated

    def _long_names(
        self,
        extensions: Extensions,
        pax: Mapping[str, bytes] | None,
        kind: EntryType,
        name: bytes,
        link: bytes,
        offset: int,
    ) -> tuple[bytes, bytes]:
        if extensions.name is not None:
            if not extensions.name:
                self._empty(say("long name"), name, offset)
            else:
                if pax and pax.get("path") and pax["path"] != extensions.name:
                    self._oddities.note(
                        "TAR-13", Severity.WARNING, "Two names for one entry",
                        "A GNU long name and a PAX path; the long name counts here, as for Go, the PAX path for GNU tar.",
                        offset, expected=repr(pax["path"][:100]), found=repr(extensions.name[:100]),
                    )  # fmt: skip
                name = extensions.name
        if extensions.link and kind in WITH_LINK:
            link = extensions.link
        return name, link

    def _called_like_a_folder(self, flag: bytes, offset: int) -> EntryType:
        if flag == b"\0":
            # Before POSIX there was no type for folders. Decided on the settled name (CVE-2025-13462).
            return EntryType.DIRECTORY
        self._oddities.note(
            "TAR-11", Severity.WARNING, "A file whose name ends in a slash",
            "A file here and for Go; GNU tar takes it for a folder.", offset,
        )  # fmt: skip
        return EntryType.FILE

    def _content_of_the_contentless(self, size: int, offset: int) -> int:
        """How many bytes follow a link, folder or device that states a size: what stands there decides."""
        # Go, Python and libarchive step over nothing, GNU tar over the bytes of all but hard links; `pax -o linkdata`
        # writes them. If a header follows at once, the size is a lie.
        following = self._ahead.peek(BLOCK)
        stored = 0 if following == ZERO_BLOCK or len(following) < BLOCK or is_header(following) else size
        self._oddities.note(
            "TAR-9", Severity.WARNING, "A size on an entry that has no content",
            "Content follows and is stepped over here; Docker and containerd see no further entries." if stored
            else "It is ignored here, as by Docker and containerd; GNU tar steps over that many bytes.",
            offset, expected="0", found=str(size),
        )  # fmt: skip
        return stored

    def _check_text(self, value: bytes, what: str, offset: int) -> None:
        if not value:
            self._oddities.note(
                "TAR-11", Severity.WARNING, say("An empty %s", what), "Nobody can find the entry.", offset
            )
        elif b"\0" in value:
            self._oddities.note(
                "TAR-11",
                Severity.WARNING,
                say("A NUL byte in a %s", what),
                "Readers cut it there or refuse it.",
                offset,
            )
        if len(value) > self._limits.name_bytes:
            raise LimitReached(
                "name_bytes",
                self._limits.name_bytes,
                say(
                    "A %(what)s at offset %(offset)s has %(size)s bytes; at most %(name_bytes)s are read.",
                    what=what,
                    offset=f"{offset:,}",
                    size=f"{len(value):,}",
                    name_bytes=f"{self._limits.name_bytes:,}",
                ),
            )

    def _no_map(self, offset: int) -> None:
        self._oddities.note(
            "TAR-5", Severity.WARNING, "Records of a sparse file without a map",
            "The entry is read as an ordinary one here, as Go does; GNU tar takes another size from them or refuses the tar.",
            offset,
        )  # fmt: skip

    def _sparse_without_content(self, pax: Mapping[str, bytes], offset: int) -> None:
        """GNU.sparse records of a folder, a link or a device."""
        if "GNU.sparse.map" not in pax and pax.get("GNU.sparse.major") != b"1":
            self._no_map(offset)
            return
        self._oddities.note(
            "TAR-10", Severity.ERROR, "A sparse map on an entry that is no file",
            "It is not followed here; Go and bsdtar refuse the tar.", offset,
        )  # fmt: skip

    def _sparse(
        self,
        block: bytes,
        offset: int,
        flag: bytes,
        pax: Mapping[str, bytes],
        extensions: Extensions | None,
        size: int,
    ) -> tuple[SparseMap | None, int]:
        """The map, if there is a usable one, and where the content begins."""
        read = self._ahead.read
        content = offset + BLOCK
        try:
            if flag == b"S":
                found: SparseMap | None = old_gnu_map(block, read, size, self._room)
            else:
                pairs = extensions.sparse_pairs if extensions is not None else ()
                found = pax_map(pax, pairs, read, size, self._room)
        except TooManyExtents:
            allowed = self._limits.sparse_extents
            raise LimitReached(
                "sparse_extents",
                allowed,
                say(
                    "The sparse files up to offset %(offset)s have more than %(allowed)s extents.",
                    offset=f"{offset:,}",
                    allowed=f"{allowed:,}",
                ),
            ) from None
        except BrokenSparseMap as error:
            self._oddities.note(
                "TAR-10", Severity.ERROR, "A sparse file whose map is broken",
                say("%s; its bytes are shown as they are stored.", error), offset,
            )  # fmt: skip
            # Extension blocks of an old map are no content; a 1.0 map is, also if it was drawn in part.
            return None, self._ahead.tell() if flag == b"S" else content
        if found is None:
            self._no_map(offset)
            return None, content
        self._room -= len(found.extents)
        return found, content + found.map_bytes
