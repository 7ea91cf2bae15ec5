"""From tar entries to rows of a listing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from urllib.parse import unquote

from inspector.archive.tar_entry import TarEntry
from inspector.layers.path import normalise
from inspector.layers.table import BLOCK, CHAR, DIRECTORY, FILE, HARDLINK, OTHER, SYMLINK, TYPES, Listing

# By identity: hashing an Enum member runs Python code, for each entry.
_CODES = {id(kind): code for code, kind in enumerate(TYPES)}
_PLAIN_TYPES = bytes((FILE, DIRECTORY))
_SLASH = 0x2F
_ODD_NAMES = (b"/\n", b"\n.", b"//", b"/.", b"\n/", b"\n\n")
"""What stands in no joined names that are all normal; a line end in a name may look like it."""
_XATTR = ".xattr."
_SCHILY = "SCHILY.xattr."
_LIBARCHIVE = "LIBARCHIVE.xattr."


class RowTaker:
    """Adds entries to a listing, a batch at a time: turning rows into columns in one call is what makes it quick."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._shared_xattrs: dict[tuple[tuple[str, bytes], ...], Mapping[str, bytes]] = {}

    def take(self, entries: Sequence[TarEntry]) -> None:
        """Append `entries`; the paths last, since they are what counts rows."""
        if not entries:
            return
        listing = self._listing
        first = len(listing)
        names, kinds, flags, modes, uids, gids, sizes, _, mtimes, links, majors, minors, _, offsets, pax, sparse, _ = (
            zip(*entries, strict=True)
        )
        types = bytes(map(_CODES.__getitem__, map(id, kinds)))
        paths = list(names)
        # One look at all names together: most are normal already. Else a closer one at each.
        joined = b"\n%b\n" % b"\n".join(names)
        if any(odd in joined for odd in _ODD_NAMES):
            for place, name in enumerate(names):
                if not name or name[0] in b"./" or name[-1] == _SLASH or b"//" in name or b"/." in name:
                    path = normalise(name)
                    if path != name:
                        paths[place] = path
                        listing.stored_names[first + place] = name
        if types.translate(None, _PLAIN_TYPES):
            own_sizes = list(sizes)
            for place, code in enumerate(types):
                if code in (SYMLINK, HARDLINK):
                    self._take_link(first + place, code, links[place])
                elif code in (CHAR, BLOCK):
                    listing.devices[first + place] = (majors[place], minors[place])
                elif code == OTHER:
                    listing.typeflags[first + place] = flags[place]
                    own_sizes[place] = 0
            sizes = tuple(own_sizes)
        if any(sparse):
            listing.sparse.update(
                (first + place, extents) for place, extents in enumerate(sparse) if extents is not None
            )
        # One look at the keys of all entries: most have nothing but times.
        if any(pax) and _XATTR in "\n".join(chain.from_iterable(filter(None, pax))):
            self._take_xattrs(first, pax)
        listing.types += types
        listing.modes.extend(modes)
        listing.uids.extend(uids)
        listing.gids.extend(gids)
        listing.sizes.extend(sizes)
        listing.mtimes.extend(mtimes)
        listing.offsets.extend(offsets)
        listing.paths += paths

    def _take_link(self, index: int, code: int, target: bytes) -> None:
        self._listing.links[index] = target if code == SYMLINK else normalise(target)
        if code == HARDLINK and target[:1] == b"/":
            self._listing.absolute_links.add(index)

    def _take_xattrs(self, first: int, pax: Iterable[Mapping[str, bytes] | None]) -> None:
        for index, records in enumerate(pax, first):
            if records and _XATTR in "\n".join(records):
                found = _xattrs(records)
                if found:
                    # Most files of an SELinux system carry the same few labels.
                    self._listing.xattrs[index] = self._shared_xattrs.setdefault(tuple(sorted(found.items())), found)


def _xattrs(pax: Mapping[str, bytes]) -> dict[str, bytes]:
    """Extended attributes by name. libarchive writes them URL and base64 coded beside star's; star's are exact."""
    found: dict[str, bytes] = {}
    for key, value in pax.items():
        if key.startswith(_SCHILY):
            found[key[len(_SCHILY) :]] = value
        elif key.startswith(_LIBARCHIVE):
            name = unquote(key[len(_LIBARCHIVE) :])
            if _SCHILY + name not in pax:
                try:
                    found[name] = base64.b64decode(value + b"=" * (-len(value) % 4))
                except (binascii.Error, ValueError):
                    found[name] = value
    return found
