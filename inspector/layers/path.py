"""Paths inside layers: bytes, compared and never joined to a path of this machine."""

from __future__ import annotations

from collections.abc import Sequence

ROOT = b"."
_ODD_STARTS = b"./"


def normalise(name: bytes) -> bytes:
    """The stored name without empty and `.` segments: no leading `./` or `/`, no trailing `/`; the root is `.`.

    `..` segments are kept: they are what the layer says, and nothing here follows them.
    """
    path = name[2:] if name[:2] == b"./" else name
    if path[-1:] == b"/":
        path = path[:-1]
    if path and path[0] not in _ODD_STARTS and b"//" not in path and b"/." not in path:
        return path  # nearly all; the rest may be clean, too
    return b"/".join([part for part in name.split(b"/") if part not in (b"", b".")]) or ROOT


def tree_keys(paths: Sequence[bytes], levels: int = -1) -> list[bytes]:
    """Sort keys that put a folder directly before everything below it, and siblings in the order of their bytes.

    The byte order of the paths does not: `a-b` stands between `a` and `a/b`. In a key NUL separates the segments;
    with `levels`, only the first so many are separated.
    """
    if any(b"\0" in path for path in paths):  # only PAX can store such a name
        paths = [path.replace(b"\1", b"\1\2").replace(b"\0", b"\1\1") for path in paths]
    return [path.replace(b"/", b"\0", levels) for path in paths]
