"""What a node of a file tree says in each column: texts on demand, keys for sorting and filtering as whole columns."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING

from inspector.language import tr
from inspector.layers.merged import Merged
from inspector.layers.table import TYPES, Listing
from inspector.layers.tree import IMPLIED, FileTree, tree_of_listing, tree_of_merged
from inspector.layers.whiteout import PREFIX
from inspector.viewmodel import display

if TYPE_CHECKING:
    from inspector.layers.table import FileEntry
    from inspector.viewmodel.filechanges import FileChanges


class Column(IntEnum):
    """Columns of the file list; LAYER only for merged file systems, CHANGE only for a layer that was compared."""

    NAME = 0
    SIZE = 1
    MODE = 2
    OWNER = 3
    MODIFIED = 4
    TYPE = 5
    LAYER = 6
    CHANGE = 7


_HEADERS = ("Name", "Size", "Mode", "Owner", "Modified", "Type", "Layer", "Change")


def header(column: int) -> str:
    return tr(_HEADERS[column])


def is_numeric(column: int) -> bool:
    """Whether the column is aligned right."""
    return column in (Column.SIZE, Column.LAYER)


KIND_WORDS = {
    "file": "file",
    "dir": "folder",
    "symlink": "symbolic link",
    "hardlink": "hard link",
    "char": "character device",
    "block": "block device",
    "fifo": "named pipe",
    "other": "other",
    "whiteout": "removed",
    "opaque": "hides lower layers",
}
"""The words of cli.md, for people."""


def kind_word(kind: str) -> str:
    """`symbolic link` for `symlink`, in the person's language."""
    return tr(KIND_WORDS.get(kind, kind))


_ICONS = {"dir": "folder", "whiteout": "removed"}
_KIND_ORDER = {kind: number for number, kind in enumerate(KIND_WORDS)}
_OPAQUE_NAME = "(all that lower layers have here)"


class FileRows:
    """The nodes of one layer or of a merged file system, by node number of `tree`."""

    def __init__(self, source: Listing | Merged) -> None:
        self.tree: FileTree = tree_of_merged(source) if isinstance(source, Merged) else tree_of_listing(source)
        self.is_merged = isinstance(source, Merged)
        self.changes: FileChanges | None = None
        """What the layer did to each node, once that is known."""
        self.steps: tuple[str, ...] = ()
        """What made each layer of a merged file system, base first; safe texts, "" where it is not known."""
        self._source = source
        self._whiteouts: dict[int, str] = {}
        if isinstance(source, Listing):
            length = max(self.tree.rows, default=-1) + 1
            for row in range(length):
                if PREFIX in source.paths[row] and (kind := source.kind(row)) in ("whiteout", "opaque"):
                    self._whiteouts[row] = kind
        self.kinds: list[str] = self._kinds()
        """A word of cli.md for each node."""
        self.folded = [
            display_name.casefold() for display_name in map(_decoded, map(self.tree.name, range(len(self.tree))))
        ]
        """Names for comparing without regard to case, by node."""
        self.name_ranks = _natural_ranks(self.folded)
        self.folders = frozenset(node for node in range(len(self.tree)) if self.tree.is_folder(node))

    @property
    def merged(self) -> Merged | None:
        """The merged file system that this is a list of; None for a single layer."""
        return self._source if isinstance(self._source, Merged) else None

    def node_at(self, offset: int) -> int:
        """The node of the entry of a single layer whose content begins at `offset`; -1 if there is none."""
        if isinstance(self._source, Merged) or offset not in self._source.offsets:
            return -1
        row = self._source.offsets.index(offset)
        node = self.tree.find(self._source.paths[row])
        return -1 if node is None else node

    def place(self, node: int) -> tuple[Listing, int] | None:
        """Listing and row of a node; None for a folder that no entry states."""
        row = self.tree.rows[node]
        if row == IMPLIED:
            return None
        if isinstance(self._source, Merged):
            return self._source.listings[self._source.layers[row]], self._source.entries[row]
        return self._source, row

    def is_implied(self, node: int) -> bool:
        """Whether the node is a folder that no entry states."""
        return self.tree.rows[node] == IMPLIED

    def content_place(self, node: int) -> tuple[int | None, Listing, int] | None:
        """(layer counted from 0 or None for a single layer, listing, row) of the content of a node; hard links followed."""
        row = self.tree.rows[node]
        if row == IMPLIED:
            return None
        if isinstance(self._source, Merged):
            layer, entry = self._source.content_of(row)
            return layer, self._source.listings[layer], entry
        return None, self._source, row

    def entry(self, node: int) -> FileEntry | None:
        place = self.place(node)
        return None if place is None else place[0].entry(place[1])

    def kind(self, node: int) -> str:
        """A word of cli.md."""
        return self.kinds[node]

    def _kinds(self) -> list[str]:
        words = [entry_type.value for entry_type in TYPES]
        if isinstance(self._source, Merged):
            return [words[code] if code >= 0 else "dir" for code in self._column("types")]
        types, whiteouts = self._source.types, self._whiteouts
        kinds = [words[types[row]] if row != IMPLIED else "dir" for row in self.tree.rows]
        if whiteouts:
            rows = self.tree.rows
            kinds = [whiteouts.get(rows[node], kind) for node, kind in enumerate(kinds)]
        return kinds

    @cached_property
    def folded_paths(self) -> list[str]:
        """Whole paths for comparing without regard to case, by node."""
        parents, folded = self.tree.parents, self.folded
        made = ["."]
        for node in range(1, len(self.tree)):  # folders come before what is in them
            parent = parents[node]
            made.append(f"{made[parent]}/{folded[node]}" if parent else folded[node])
        return made

    def layer(self, node: int) -> int:
        """Number of the layer that a node of a merged file system comes from, from 1; 0 if unknown."""
        row = self.tree.rows[node]
        return self._source.layers[row] + 1 if isinstance(self._source, Merged) and row != IMPLIED else 0

    def link(self, node: int) -> bytes:
        place = self.place(node)
        return b"" if place is None else place[0].link(place[1])

    def keys(self, column: int) -> array[int] | list[int]:
        """One number per node to sort a column by."""
        if column == Column.NAME:
            return self.name_ranks
        if column == Column.SIZE:
            return self.tree.sizes
        if column == Column.TYPE:
            return [_KIND_ORDER.get(kind, len(_KIND_ORDER)) for kind in self.kinds]
        if column == Column.LAYER:
            return [self.layer(node) for node in range(len(self.tree))]
        if column == Column.CHANGE:
            return list(self.changes.codes) if self.changes is not None else [0] * len(self.tree)
        if column == Column.OWNER:
            uids, gids = self._column("uids"), self._column("gids")
            return [(uid << 32) + gid for uid, gid in zip(uids, gids, strict=True)]
        return self._column("modes" if column == Column.MODE else "mtimes")

    def _column(self, name: str) -> list[int]:
        rows = self.tree.rows
        if isinstance(self._source, Merged):
            columns = [getattr(listing, name) for listing in self._source.listings]
            layers, entries = self._source.layers, self._source.entries
            return [columns[layers[row]][entries[row]] if row != IMPLIED else -1 for row in rows]
        column = getattr(self._source, name)
        return [column[row] if row != IMPLIED else -1 for row in rows]

    # texts ----------------------------------------------------------------------------------------------

    def icon(self, node: int) -> str:
        kind = self.kind(node)
        if kind in ("file", "hardlink", "symlink") and node in self.folders:
            return "folder"
        return _ICONS.get(kind, kind)

    def name(self, node: int) -> str:
        """As in `text`, without a link's target."""
        return tr(_OPAQUE_NAME) if self.kind(node) == "opaque" else display.safe(self.tree.name(node))

    def text(self, node: int, column: int) -> str:
        if column == Column.NAME:
            link = self.link(node)
            kind = self.kind(node)
            return (
                f"{self.name(node)} → {display.safe(link)}"
                if link and kind in ("symlink", "hardlink")
                else self.name(node)
            )
        if column == Column.SIZE:
            kind = self.kind(node)
            return display.size(self.tree.sizes[node]) if kind == "file" or node in self.folders else display.NOTHING
        if column == Column.TYPE:
            kind = self.kind(node)
            words = kind_word(kind)
            return f"{words} {self.link(node).decode('ascii', 'replace')}" if kind in ("char", "block") else words
        if column == Column.LAYER:
            layer = self.layer(node)
            return str(layer) if layer else ""
        if column == Column.CHANGE:
            return self.changes.letter(node) if self.changes is not None else ""
        entry = self.entry(node)
        if entry is None or self.kind(node) in ("whiteout", "opaque"):
            return ""
        if column == Column.MODE:
            return display.mode_string(self.kind(node), entry.mode)
        return f"{entry.uid}:{entry.gid}" if column == Column.OWNER else display.time(entry.mtime)

    def tooltip(self, node: int, column: int) -> str:
        if column == Column.NAME:
            return self._name_tooltip(node)
        if column == Column.SIZE:
            exact = display.size_exact(self.tree.sizes[node])
            return (
                tr("%s in %s") % (exact, display.count(self.tree.counts[node], "file", "files"))
                if node in self.folders
                else exact
            )
        if column == Column.LAYER:
            return self._layer_tooltip(node)
        if column == Column.CHANGE:
            return self.changes.words(node) if self.changes is not None else ""
        entry = self.entry(node)
        if entry is None:
            return tr("No entry states this folder.")
        if column == Column.MODE:
            return f"{entry.mode:04o}"
        if column == Column.OWNER:
            return tr("user %s, group %s") % (entry.uid, entry.gid)
        if column == Column.MODIFIED:
            return display.time_exact(entry.mtime)
        return self.text(node, column)

    def _layer_tooltip(self, node: int) -> str:
        layer = self.layer(node)
        if not layer:
            return tr("No entry states this folder.")
        step = self.steps[layer - 1] if layer <= len(self.steps) else ""
        return tr("layer %s: %s") % (layer, step or tr("the image does not say what made it"))

    def _name_tooltip(self, node: int) -> str:
        lines = [display.safe("/" + self.path_text(node))]
        kind = self.kind(node)
        place = self.place(node)
        link = self.link(node)
        if link:
            lines.append(
                tr("%s to %s") % (kind_word(kind), display.safe(link))
                if kind in ("symlink", "hardlink")
                else kind_word(kind)
            )
        if kind == "whiteout":
            lines.append(tr("Lower layers have it, this layer removes it."))
        elif kind == "opaque":
            lines.append(tr("This layer hides what lower layers have in this folder."))
        if place is None:
            lines.append(tr("No entry states this folder."))
        else:
            listing, row = place
            stored = listing.stored_names.get(row)
            if stored is not None:
                lines.append(tr("stored as %s") % display.safe(stored))
            lines += [
                f"{display.safe(name, 100)} = {display.safe(value, 100)}"
                for name, value in [*listing.xattrs.get(row, {}).items()][:20]
            ]
        return "\n".join(lines)

    def path_text(self, node: int) -> str:
        """The path for showing and copying."""
        return display.safe(self.tree.path(node), 4096)


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


_DIGITS = re.compile(r"[0-9]+")


def _natural_ranks(names: list[str]) -> array[int]:
    """The place of each node when all are sorted by name with numbers compared as numbers: `2` before `10`."""
    keys = [_DIGITS.sub(_padded, name) if not name.isalpha() else name for name in names]
    ranks = array("i", bytes(4 * len(names)))
    for rank, node in enumerate(sorted(range(len(keys)), key=keys.__getitem__)):
        ranks[node] = rank
    return ranks


def _padded(match: re.Match[str]) -> str:
    # a number sorts by its length, then by its digits
    digits = match.group().lstrip("0")
    return f"0{chr(0x30 + min(len(digits), 0x700))}{digits}"


def sum_of(rows: FileRows, nodes: Iterable[int]) -> tuple[int, int]:
    """Bytes and files of the nodes; what is below another one counts once."""
    total = files = end = 0
    for node in sorted(set(nodes)):
        if node >= end:
            total += rows.tree.sizes[node]
            files += rows.tree.counts[node]
            end = rows.tree.ends[node]
    return total, files
