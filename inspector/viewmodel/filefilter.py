"""The filter line of the file list: `passwd`, `*.so`, `>1MB`, `type:link`, `mode:4000`, `owner:0`, `layer:2`,
`change:added,mode`.

Words are joined by *and*; a leading `-` means *not*; a word with a `/` is compared with the whole path.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from inspector.language import tr
from inspector.viewmodel.filechanges import FILTER_ASPECTS, FILTER_KINDS
from inspector.viewmodel.filerows import Column

if TYPE_CHECKING:
    from inspector.viewmodel.filerows import FileRows

Predicate = Callable[[int], bool]

_SIZE = re.compile(r"(<=|>=|<|>|=)(\d+(?:\.\d+)?)([kmgt]?)(i?)b?", re.IGNORECASE)
_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_COMPARE: dict[str, Callable[[int, float], bool]] = {
    "<": lambda have, want: have < want,
    "<=": lambda have, want: have <= want,
    ">": lambda have, want: have > want,
    ">=": lambda have, want: have >= want,
    "=": lambda have, want: have == want,
}
_TYPES = {
    "file": {"file"},
    "dir": {"dir"},
    "folder": {"dir"},
    "link": {"symlink", "hardlink"},
    "symlink": {"symlink"},
    "hardlink": {"hardlink"},
    "device": {"char", "block"},
    "char": {"char"},
    "block": {"block"},
    "fifo": {"fifo"},
    "pipe": {"fifo"},
    "removed": {"whiteout"},
    "whiteout": {"whiteout", "opaque"},
    "opaque": {"opaque"},
    "other": {"other"},
}
_SPECIAL_MODES = {"setuid": 0o4000, "setgid": 0o2000, "sticky": 0o1000}


class FilterError(ValueError):
    """A word that cannot be understood; the text says why."""


def matching(rows: FileRows, text: str) -> list[int]:
    """The nodes (root excepted) that match every word of `text`. Raises `FilterError`."""
    nodes: Iterable[int] = range(1, len(rows.tree))
    for word in text.split():
        negative = word.startswith("-") and len(word) > 1
        nodes = _apply(rows, word[1:] if negative else word, nodes, negative=negative)
    return list(nodes)


def _apply(rows: FileRows, word: str, nodes: Iterable[int], *, negative: bool) -> list[int]:
    fits = _predicate(rows, word)
    if negative:
        return [node for node in nodes if not fits(node)]
    return [node for node in nodes if fits(node)]


def _predicate(rows: FileRows, word: str) -> Predicate:
    size = _SIZE.fullmatch(word)
    if size is not None:
        return _by_size(rows, size)
    key, colon, value = word.partition(":")
    if colon and key in _KEYED:
        return _KEYED[key](rows, value)
    if word[0] in "<>=":
        raise FilterError(tr("“%s” is no size: write it like >1MB or <=10k") % word)
    return _by_name(rows, word.casefold())


def _by_size(rows: FileRows, match: re.Match[str]) -> Predicate:
    sign, number, unit, binary = match.groups()
    wanted = float(number) * (1024 if binary else 1000) ** _UNITS[unit.lower()]
    compare, sizes, folders = _COMPARE[sign], rows.tree.sizes, rows.folders
    return lambda node: node not in folders and compare(sizes[node], wanted)


def _by_name(rows: FileRows, word: str) -> Predicate:
    whole_path = "/" in word
    paths = rows.folded_paths if whole_path else []
    if any(character in word for character in "*?["):
        fits = re.compile(fnmatch.translate(word.lstrip("/"))).match
        if whole_path:
            return lambda node: fits(paths[node]) is not None
        names = rows.folded
        return lambda node: fits(names[node]) is not None
    if whole_path:
        inside, start = word, word.lstrip("/")
        return lambda node: inside in paths[node] or (word[0] == "/" and paths[node].startswith(start))
    names = rows.folded
    return lambda node: word in names[node]


def _by_type(rows: FileRows, value: str) -> Predicate:
    wanted = _TYPES.get(value.casefold())
    if wanted is None:
        raise FilterError(tr("There is no type “%s”: %s") % (value, ", ".join(sorted(_TYPES))))
    kinds = rows.kinds
    return lambda node: kinds[node] in wanted


def _by_mode(rows: FileRows, value: str) -> Predicate:
    bits = _SPECIAL_MODES.get(value)
    if bits is None:
        if not re.fullmatch("[0-7]{1,5}", value):
            raise FilterError(tr("A mode is written in octal, as in mode:4000: entries with all of these bits"))
        bits = int(value, 8)
    modes, mask = rows.keys(Column.MODE), bits
    return lambda node: modes[node] >= 0 and modes[node] & mask == mask


def _by_owner(rows: FileRows, value: str) -> Predicate:
    match = re.fullmatch(r"(\d{1,10})?(?::(\d{1,10}))?", value)
    if match is None or not value:
        raise FilterError(tr("An owner is a number or user:group, as in owner:0 or owner:0:33"))
    uid, gid = match.groups()
    owners = rows.keys(Column.OWNER)
    return lambda node: (
        owners[node] >= 0
        and (uid is None or owners[node] >> 32 == int(uid))
        and (gid is None or owners[node] & 0xFFFFFFFF == int(gid))
    )


def _by_layer(rows: FileRows, value: str) -> Predicate:
    if not value.isdecimal() or not rows.is_merged:
        raise FilterError(tr("layer:2 shows what comes from layer 2; it is for merged file systems"))
    number = int(value)
    return lambda node: rows.layer(node) == number


def _by_change(rows: FileRows, value: str) -> Predicate:
    if rows.changes is None:
        if rows.is_merged:
            raise FilterError(tr("change: is for the files of one layer, compared with the layers below"))
        raise FilterError(tr("change: needs the comparison with the layers below: choose Compare first"))
    try:
        return rows.changes.fits(value.split(","))
    except KeyError:
        known = ", ".join((*(word for word in FILTER_KINDS if len(word) > 1), *FILTER_ASPECTS))
        raise FilterError(tr("There is no change “%s”: %s") % (value, known)) from None


_KEYED: dict[str, Callable[[FileRows, str], Predicate]] = {
    "type": _by_type,
    "mode": _by_mode,
    "owner": _by_owner,
    "layer": _by_layer,
    "change": _by_change,
}
