"""The file list: a table over the flattened rows of a file tree, with indentation and disclosure.

A plain object for one thread. 200,000 rows are expanded, sorted or filtered in well below 100 ms; what costs more
(names, ranks) is computed when the list is made, in a worker.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.language import tr
from inspector.layers.merged import Merged
from inspector.layers.tree import flatten, sort_children
from inspector.viewmodel import display
from inspector.viewmodel.filechanges import LETTERS, FileChanges
from inspector.viewmodel.filefilter import FilterError, matching
from inspector.viewmodel.filerows import Column, FileRows, header, is_numeric, sum_of
from inspector.viewmodel.findingsview import FindingList

if TYPE_CHECKING:
    from inspector.layers.table import Listing

__all__ = ["Column", "FileList", "FilterResult", "SelectionSum", "header", "is_numeric"]

_COLUMNS = tuple(column for column in Column if column not in (Column.LAYER, Column.CHANGE))
_COLUMNS_COMPARED = (*_COLUMNS, Column.CHANGE)
_COLUMNS_MERGED = (*_COLUMNS, Column.LAYER)
_ADOPTED = 2000
"""Open folders that are carried over from one list to the next."""


@dataclass(frozen=True, slots=True)
class FilterResult:
    """What a filter found; with an `error` nothing changed."""

    matches: int
    text: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class SelectionSum:
    """`3 selected, 12.4 MB`, and the exact bytes."""

    text: str
    tooltip: str


class FileList:
    """Rows from 0 to `len - 1` are what is visible; a node is a number that stays through sorting and filtering."""

    def __init__(
        self,
        source: Listing | Merged,
        *,
        complete: bool = True,
        reading: bool = False,
        note: str = "",
        findings: FindingList | None = None,
        steps: tuple[str, ...] = (),
    ) -> None:
        """`reading`: more is to come; `complete` is False then, too. `steps`: what made each layer of a merged file system."""
        self._rows = FileRows(source)
        self._rows.steps = steps
        self._tree = self._rows.tree
        self.complete = complete
        self.reading = reading
        self.note = note
        self.findings = findings if findings is not None else FindingList()
        self.letters = LETTERS
        """The kinds of changes that are shown."""
        self.sort_column, self.sort_descending = Column.NAME, False
        self.filter_text = ""
        self._found: list[int] | None = None
        """What the filter's text found, of every kind of change."""
        self._matches: frozenset[int] | None = None
        self._kept: bytearray | None = None
        self._expanded: set[int] = set()
        self._before_filter: set[int] | None = None
        self._by_name: dict[int, list[int]] = sort_children(
            self._tree.child_lists(), self._rows.name_ranks.__getitem__, first=self._rows.folders
        )
        self._children = self._by_name
        only = self._children.get(0, [])
        while len(only) == 1 and only[0] in self._children:
            self._expanded.add(only[0])
            only = self._children[only[0]]
        self._visible: list[int] = []
        self._lay_out()

    def __len__(self) -> int:
        return len(self._visible)

    @property
    def total(self) -> int:
        """Nodes, shown or not; the root is none."""
        return len(self._tree) - 1

    @property
    def summary(self) -> str:
        """`1,234 entries · 41.2 MB`."""
        entries = display.count(self.total, "entry", "entries")
        state = "" if self.complete else " " + tr("so far") if self.reading else " · " + tr("incomplete")
        return f"{entries} · {display.size(self._tree.sizes[0])}{state}"

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that have something to say."""
        if self._rows.is_merged:
            return _COLUMNS_MERGED
        return _COLUMNS if self._rows.changes is None else _COLUMNS_COMPARED

    # cells ----------------------------------------------------------------------------------------------

    def text(self, row: int, column: int) -> str:
        return self._rows.text(self._visible[row], column)

    def tooltip(self, row: int, column: int) -> str:
        return self._rows.tooltip(self._visible[row], column)

    def icon(self, row: int) -> str:
        """One of folder, file, symlink, hardlink, char, block, fifo, other, removed, opaque."""
        return self._rows.icon(self._visible[row])

    def name(self, row: int) -> str:
        return self._rows.name(self._visible[row])

    def path(self, row: int) -> str:
        """The path inside the layer, without a leading `/`, for showing and copying."""
        return self._rows.path_text(self._visible[row])

    def raw_path(self, row: int) -> bytes:
        return self._tree.path(self._visible[row])

    def path_in_image(self, row: int) -> bytes:
        """As `raw_path`; of an opaque marker, the folder that it stands in."""
        path = self.raw_path(row)
        return path.rpartition(b"/")[0] or b"." if self.kind(row) == "opaque" else path

    def size_bytes(self, row: int) -> int:
        return self._tree.sizes[self._visible[row]]

    def link_target(self, row: int) -> str:
        return display.safe(self._rows.link(self._visible[row]), 4096)

    def kind(self, row: int) -> str:
        """A word of cli.md, as in `type:` of the filter: file, dir, symlink."""
        return self._rows.kind(self._visible[row])

    # by node, from any thread ---------------------------------------------------------------------------

    def path_of(self, node: int) -> str:
        """As `path`, whether the node is visible or not."""
        return self._rows.path_text(node)

    def kind_of(self, node: int) -> str:
        return self._rows.kind(node)

    def target_of(self, node: int) -> str:
        return display.safe(self._rows.link(node), 4096)

    def content_place(self, node: int) -> tuple[int | None, Listing, int] | None:
        """Where the content of a node lies: see `FileRows.content_place`."""
        return self._rows.content_place(node)

    # the tree in the table ------------------------------------------------------------------------------

    def depth(self, row: int) -> int:
        """0 for the top."""
        return self._tree.depths[self._visible[row]] - 1

    def is_folder(self, row: int) -> bool:
        return self._visible[row] in self._rows.folders

    def has_children(self, row: int) -> bool:
        """Whether the row can be expanded, under the filter of the moment."""
        node = self._visible[row]
        if self._kept is None:
            return node in self._children
        kept = self._kept
        return any(kept[child] for child in self._children.get(node, ()))

    def is_expanded(self, row: int) -> bool:
        return self._visible[row] in self._expanded

    def node(self, row: int) -> int:
        return self._visible[row]

    def row_of(self, node: int) -> int:
        """-1 if it is not visible."""
        try:
            return self._visible.index(node)
        except ValueError:
            return -1

    def parent_row(self, row: int) -> int:
        """-1 for the top."""
        parent = self._tree.parents[self._visible[row]]
        above = row - 1
        while above >= 0 and self._visible[above] != parent:
            above -= 1
        return above if parent else -1

    def expand(self, row: int) -> tuple[int, int]:
        """First row and number of the rows that appear below; (row + 1, 0) if there is nothing to expand."""
        node = self._visible[row]
        if node in self._expanded or node not in self._children:
            return row + 1, 0
        self._expanded.add(node)
        inserted = flatten(self._children, self._expanded, self._kept, node)
        self._visible[row + 1 : row + 1] = inserted
        return row + 1, len(inserted)

    def collapse(self, row: int) -> tuple[int, int]:
        """First row and number of the rows that vanish."""
        node = self._visible[row]
        if node not in self._expanded:
            return row + 1, 0
        end, last = self._tree.ends[node], row + 1
        while last < len(self._visible) and node < self._visible[last] < end:
            last += 1
        self._expanded.discard(node)
        count = last - row - 1
        del self._visible[row + 1 : last]
        return row + 1, count

    def expand_all(self) -> None:
        self._expanded = set(self._children)
        self._lay_out()

    def collapse_all(self) -> None:
        self._expanded.clear()
        self._lay_out()

    def find(self, path: bytes) -> int:
        """The node at a path, or -1."""
        node = self._tree.find(path)
        return -1 if node is None else node

    def find_at(self, offset: int) -> int:
        """The node of the entry whose content begins at that byte of the unpacked layer, or -1; of one layer only."""
        return self._rows.node_at(offset)

    def expand_to(self, node: int) -> int:
        """Make a node visible by opening the folders above it; its row, or -1 if the filter hides it."""
        above = self._tree.parents[node]
        while above:
            self._expanded.add(above)
            above = self._tree.parents[above]
        self._lay_out()
        return self.row_of(node)

    # order and filter -----------------------------------------------------------------------------------

    def sort(self, column: int, descending: bool = False) -> None:
        """Folders stay before files; equal rows stand in the order of their names."""
        self.sort_column, self.sort_descending = Column(column), descending
        if column == Column.NAME and not descending:
            self._children = self._by_name
        else:
            keys = self._rows.keys(column)
            self._children = sort_children(
                self._by_name, keys.__getitem__, descending=descending, first=self._rows.folders
            )
        self._lay_out()

    def set_filter(self, text: str) -> FilterResult:
        """Show only what matches, and the folders above it; "" shows everything, opened as before."""
        text = text.strip()
        try:
            matches = matching(self._rows, text) if text else None
        except FilterError as error:
            return FilterResult(len(self._matches or ()), "", str(error))
        self.filter_text = text
        self._found = matches
        return self._narrow()

    def show_letters(self, letters: str) -> FilterResult:
        """Show only what changed in one of those ways, and the folders above it; all of `LETTERS` shows everything."""
        self.letters = letters
        return self._narrow()

    @property
    def changes(self) -> FileChanges | None:
        """What this layer did to the layers below it, if that is known."""
        return self._rows.changes

    @changes.setter
    def changes(self, changes: FileChanges | None) -> None:
        self._rows.changes = changes
        if self.sort_column == Column.CHANGE:
            self.sort(Column.NAME if changes is None else Column.CHANGE, self.sort_descending and changes is not None)
        if "change:" in self.filter_text and self.set_filter(self.filter_text).error:
            self.set_filter("")
        elif self.letters != LETTERS:
            self._narrow()

    @property
    def rows(self) -> FileRows:
        """What it is a list of; from any thread."""
        return self._rows

    def _narrow(self) -> FilterResult:
        """Show what fits the filter's text and the kinds of changes that are chosen."""
        matches, changes = self._found, self._rows.changes
        if changes is not None and self.letters != LETTERS:
            matches = changes.among(range(1, len(self._tree)) if matches is None else matches, self.letters)
        if matches is None:
            if self._before_filter is not None:
                self._expanded = self._before_filter
            self._before_filter = self._matches = self._kept = None
            self._lay_out()
            return FilterResult(self.total, "")
        if self._before_filter is None:
            self._before_filter = self._expanded
        self._matches = frozenset(matches)
        self._kept = kept = self._tree.with_parents(matches)
        self._expanded = {node for node in self._children if kept[node]}
        self._lay_out()
        return FilterResult(
            len(matches), tr("%s of %s") % (f"{len(matches):,}", display.count(self.total, "entry", "entries"))
        )

    def matches(self, row: int) -> bool:
        """False for a folder that is shown only for what is below it."""
        return self._matches is None or self._visible[row] in self._matches

    def adopt(self, previous: FileList) -> None:
        """Take over order, filter and open folders of an earlier list of the same layer."""
        opened = previous._before_filter if previous._before_filter is not None else previous._expanded
        for node in sorted(opened)[:_ADOPTED]:
            found = self.find(previous._tree.path(node))
            if found > 0:
                self._expanded.add(found)
        if (previous.sort_column, previous.sort_descending) != (
            Column.NAME,
            False,
        ) and previous.sort_column in self.columns:
            self.sort(previous.sort_column, previous.sort_descending)
        self._lay_out()
        self.letters = previous.letters
        if previous.filter_text:
            self.set_filter(previous.filter_text)

    def selection(self, rows: Iterable[int]) -> SelectionSum:
        """What is selected; a folder counts with all that is below it, once."""
        nodes = [self._visible[row] for row in rows]
        if not nodes:
            return SelectionSum("", "")
        total, files = sum_of(self._rows, nodes)
        return SelectionSum(
            tr("%s selected, %s") % (f"{len(nodes):,}", display.size(total)),
            tr("%s in %s") % (display.size_exact(total), display.count(files, "file", "files")),
        )

    def _lay_out(self) -> None:
        self._visible = flatten(self._children, self._expanded, self._kept)
