"""The size map of a layer or of a merged file system: tiles with words for them, and the same as a table of one folder.

Making and laying out belong into a worker; texts of single rows and tiles are quick.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from inspector.language import mark, tr, trn
from inspector.layers.usage import largest_waste, layer_usage
from inspector.viewmodel import display
from inspector.viewmodel.comparing import can_compare, compare_layer
from inspector.viewmodel.loadfiles import load_files
from inspector.viewmodel.sizemap.groups import (
    Colouring,
    Groups,
    groups_by_change,
    groups_by_kind,
    groups_by_layer,
)
from inspector.viewmodel.sizemap.treemap import OTHERS, Rect, Tile, lay_out

if TYPE_CHECKING:
    from inspector.layers.merged import Merged
    from inspector.progress import CancelToken, ProgressSink
    from inspector.viewmodel.filechanges import FileChanges
    from inspector.viewmodel.files import FileList
    from inspector.viewmodel.session import ArchiveSession
    from inspector.viewmodel.tree import StructureNode

MOST_ROWS = 5000
"""Rows of the table: the largest. A folder with more is browsed on the page *Files*."""


_UNSEEN_NAMED = 3


class SizeColumn(IntEnum):
    """Columns of the table."""

    NAME = 0
    SIZE = 1
    SHARE = 2
    FILES = 3
    GROUP = 4


_HEADERS = (mark("Name"), mark("Size"), mark("Share"), mark("Files"))


@dataclass(frozen=True, slots=True)
class Crumb:
    """A folder on the way to the one that is shown."""

    label: str
    node: int


@dataclass(frozen=True, slots=True)
class SizeLevel:
    """One folder laid out: tiles, a label and a group for each, and the rows of its table, largest first."""

    folder: int
    size: tuple[float, float]
    tiles: tuple[Tile, ...]
    labels: tuple[str, ...]
    groups: Groups
    rows: tuple[int, ...]
    left_out: int
    colouring: Colouring
    crumbs: tuple[Crumb, ...]

    @property
    def legend(self) -> tuple[tuple[str, int], ...]:
        """Words and number of the colour of each group that a tile shows."""
        shown = {self.groups.of[tile.node] for tile in self.tiles if tile.node != OTHERS and not tile.opened}
        return tuple(
            (word, hue)
            for group, (word, hue) in enumerate(zip(self.groups.words, self.groups.hues, strict=True))
            if group in shown
        )

    def hue(self, place: int) -> int:
        """Number of the colour of a tile; -1 for one of no single group."""
        tile = self.tiles[place]
        if tile.node == OTHERS or tile.opened:
            return -1
        group = self.groups.of[tile.node]
        return self.groups.hues[group] if group < len(self.groups.hues) else -1


class SizeMap:
    """Immutable but for what is computed once; from any thread."""

    def __init__(self, files: FileList, *, comparable: bool = False, unseen: str = "") -> None:
        """`unseen`: a sentence about what lies in the layers and is not in the map."""
        self._unseen = unseen
        self._files = files
        self._rows = files.rows
        self._tree = files.rows.tree
        self._comparable = comparable
        self._changes: FileChanges | None = files.rows.changes
        self._groups: dict[Colouring, Groups] = {}
        self._lock = threading.Lock()

    @property
    def colourings(self) -> tuple[Colouring, ...]:
        """Those that have something to say, the first to begin with."""
        if self._rows.is_merged:
            return (Colouring.LAYER, Colouring.KIND)
        return (Colouring.KIND, Colouring.CHANGE) if self._comparable else (Colouring.KIND,)

    @property
    def files(self) -> FileList:
        return self._files

    @property
    def summary(self) -> str:
        return self._files.summary

    @property
    def note(self) -> str:
        """What a person should know of the map, or ""."""
        return " ".join(part for part in (self._files.note, self._unseen) if part)

    @property
    def has_changes(self) -> bool:
        """Whether `Colouring.CHANGE` can be shown at once."""
        return self._changes is not None

    def set_changes(self, changes: FileChanges) -> None:
        with self._lock:
            self._changes = changes
            self._groups.pop(Colouring.CHANGE, None)

    def groups(self, colouring: Colouring, token: CancelToken) -> Groups:
        """Computed once. Takes some 100 ms for 200,000 files. Raises `Cancelled`."""
        with self._lock:
            found = self._groups.get(colouring)
            if found is None:
                if colouring is Colouring.LAYER:
                    found = groups_by_layer(self._rows, token)
                elif colouring is Colouring.CHANGE and self._changes is not None:
                    found = groups_by_change(self._rows, self._changes, token)
                else:
                    found = groups_by_kind(self._rows, token)
                self._groups[colouring] = found
        return found

    def level(
        self, folder: int, size: tuple[float, float], colouring: Colouring, token: CancelToken, *, title: float
    ) -> SizeLevel:
        """`folder` laid out in `size` pixels, with `title` of them for a folder's name. Raises `Cancelled`."""
        groups = self.groups(colouring, token)
        tiles = lay_out(self._tree, folder, Rect(0, 0, *size), token, title=title)
        sizes = self._tree.sizes
        below = sorted(self._tree.children(folder), key=lambda child: -sizes[child])
        token.check()
        return SizeLevel(
            folder,
            size,
            tiles,
            tuple(map(self.label, tiles)),
            groups,
            tuple(below[:MOST_ROWS]),
            max(0, len(below) - MOST_ROWS),
            colouring,
            self.crumbs(folder),
        )

    def crumbs(self, folder: int) -> tuple[Crumb, ...]:
        """From `/` to `folder`."""
        found = [Crumb("/", 0)]
        way = []
        while folder:
            way.append(Crumb(self._rows.name(folder), folder))
            folder = self._tree.parents[folder]
        return (*found, *reversed(way))

    def parent(self, folder: int) -> int:
        """The folder above; `/` is above itself."""
        return self._tree.parents[folder]

    def step_towards(self, folder: int, node: int) -> int:
        """The child of `folder` on the way to `node`; `folder` if it is not above it."""
        while node and self._tree.parents[node] != folder:
            node = self._tree.parents[node]
        return node or folder

    def is_folder(self, node: int) -> bool:
        """Whether one can go into it."""
        return self._tree.has_children(node)

    def path(self, node: int) -> bytes:
        return self._tree.path(node)

    def path_text(self, node: int) -> str:
        """The path for showing and copying, without a leading `/`."""
        return self._rows.path_text(node)

    def find(self, path: bytes) -> int:
        """The node at a path; `/` if there is none."""
        return self._tree.find(path) or 0

    # words ----------------------------------------------------------------------------------------------

    def label(self, tile: Tile) -> str:
        """The name in a tile."""
        if tile.node == OTHERS:
            return trn("%s smaller entry", "%s smaller entries", tile.items) % f"{tile.items:,}"
        return self._rows.name(tile.node)

    def size_text(self, tile: Tile) -> str:
        return display.size(tile.size)

    def describe(self, level: SizeLevel, tile: Tile) -> str:
        """A tile in one line: path, size, share, files, group. Colour tells nothing that is not said here."""
        whole = max(1, self._tree.sizes[level.folder])
        share = tr("%s of what is shown") % display.percent(tile.size, whole)
        size = display.size(tile.size)
        if tile.node == OTHERS:
            path = display.safe("/" + self._rows.path_text(tile.parent)) if tile.parent else "/"
            return " · ".join((tr("%(what)s in %(folder)s") % {"what": self.label(tile), "folder": path}, size, share))
        parts = [display.safe("/" + self._rows.path_text(tile.node)), size, share]
        if self.is_folder(tile.node):
            files = self._tree.counts[tile.node]
            parts.append(trn("%s file", "%s files", files) % f"{files:,}")
        parts.append(f"{level.colouring.caption}: {level.groups.word(tile.node)}")
        return " · ".join(parts)

    def header(self, level: SizeLevel | None, column: int) -> str:
        if column == SizeColumn.GROUP:
            return level.colouring.caption if level is not None else ""
        return tr(_HEADERS[column])

    def text(self, level: SizeLevel, row: int, column: int) -> str:
        """A cell of the table."""
        node = level.rows[row]
        size = self._tree.sizes[node]
        if column == SizeColumn.NAME:
            return self._rows.name(node)
        if column == SizeColumn.SIZE:
            return display.size(size)
        if column == SizeColumn.SHARE:
            return display.percent(size, self._tree.sizes[level.folder])
        if column == SizeColumn.FILES:
            return f"{self._tree.counts[node]:,}" if node in self._rows.folders else ""
        return level.groups.word(node) if size or node not in self._rows.folders else ""

    def tooltip(self, level: SizeLevel, row: int, column: int) -> str:
        node = level.rows[row]
        if column == SizeColumn.NAME:
            return display.safe("/" + self._rows.path_text(node))
        if column == SizeColumn.SIZE:
            return display.size_exact(self._tree.sizes[node])
        return self.text(level, row, column)

    def icon(self, level: SizeLevel, row: int) -> str:
        return self._rows.icon(level.rows[row])

    def share(self, level: SizeLevel, row: int) -> float:
        """0 to 1, of the folder that is shown."""
        whole = self._tree.sizes[level.folder]
        return self._tree.sizes[level.rows[row]] / whole if whole else 0.0


def load_size_map(session: ArchiveSession, node: StructureNode, token: CancelToken, sink: ProgressSink) -> SizeMap:
    """The map of a layer's files, or of an image's merged file system; layers that were not listed yet are. In a worker.

    Raises as `load_files` does.
    """
    files = load_files(session, node, token, sink)
    token.check()
    merged = files.rows.merged
    return SizeMap(files, comparable=can_compare(node), unseen=unseen(merged) if merged is not None else "")


def unseen(merged: Merged) -> str:
    """How much lies in layers and is not in the file system, because a later layer replaced or removed it.

    "" for less than a hundredth of what is seen.
    """
    usage = layer_usage(merged)
    wasted = sum(layer.wasted for layer in usage)
    if not wasted or wasted < sum(layer.visible for layer in usage) / 100:
        return ""
    words = tr("%s more lie in the layers and are not seen: later layers replaced or removed them.") % display.size(
        wasted
    )
    largest = [
        tr("%(path)s (%(size)s, layer %(layer)d)")
        % {"path": display.safe(b"/" + found.path, 120), "size": display.size(found.size), "layer": found.layer}
        for found in largest_waste(merged, _UNSEEN_NAMED)
    ]
    return f"{words} {tr('The largest: %s.') % ', '.join(largest)}" if largest else words


def load_changes(
    session: ArchiveSession, node: StructureNode, size_map: SizeMap, token: CancelToken, sink: ProgressSink
) -> FileChanges:
    """What `Colouring.CHANGE` needs: lists the layers below. Raises as `compare_layer` does."""
    return compare_layer(session, node, size_map.files, token, sink)
