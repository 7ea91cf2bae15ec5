"""From tar entries to rows of a listing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from inspector.archive.tar_entry import EntryType, TarEntry
from inspector.layers.path import normalise
from inspector.layers.table import BLOCK, CHAR, DIRECTORY, FIFO, FILE, HARDLINK, OTHER, SYMLINK, Listing

# By the names of the members: hashing an Enum member runs Python code, for each entry.
_CODES = {
    "FILE": FILE, "DIRECTORY": DIRECTORY, "SYMLINK": SYMLINK, "HARDLINK": HARDLINK,
    "CHAR": CHAR, "BLOCK": BLOCK, "FIFO": FIFO, "OTHER": OTHER,
}  # fmt: skip
_SCHILY = "SCHILY.xattr."
_LIBARCHIVE = "LIBARCHIVE.xattr."


def row_appender(listing: Listing) -> Callable[[TarEntry], None]:
    """A function that adds one entry to `listing`; the path last, since it is what counts rows."""
    add_path, add_type, add_mode = listing.paths.append, listing.types.append, listing.modes.append
    add_uid, add_gid, add_size = listing.uids.append, listing.gids.append, listing.sizes.append
    add_mtime, add_offset = listing.mtimes.append, listing.offsets.append
    paths, stored_names = listing.paths, listing.stored_names
    file, directory = EntryType.FILE, EntryType.DIRECTORY
    shared: dict[tuple[tuple[str, bytes], ...], Mapping[str, bytes]] = {}

    def append(entry: TarEntry) -> None:
        name, kind, flag, mode, uid, gid, size, _, mtime, link, major, minor, _, offset, pax, sparse, _ = entry
        index = len(paths)
        path = normalise(name)
        if path != name:
            stored_names[index] = name
        if kind is file:
            add_type(FILE)
            add_size(size)
            if sparse is not None:
                listing.sparse[index] = sparse
        else:
            add_size(0)
            if kind is directory:
                add_type(DIRECTORY)
            else:
                code = _CODES[kind.name]
                add_type(code)
                if code in (SYMLINK, HARDLINK):
                    listing.links[index] = link if code == SYMLINK else normalise(link)
                elif code in (CHAR, BLOCK):
                    listing.devices[index] = (major, minor)
                elif code == OTHER:
                    listing.typeflags[index] = flag
        add_mode(mode)
        add_uid(uid)
        add_gid(gid)
        add_mtime(mtime)
        add_offset(offset)
        if pax and (xattrs := _xattrs(pax)):
            # Most files of an SELinux system carry the same few labels.
            listing.xattrs[index] = shared.setdefault(tuple(sorted(xattrs.items())), xattrs)
        add_path(path)

    return append


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
