"""Folding: the pretty text of a document with some containers closed up, behind the same interface as the whole text.

Nothing is hidden inside a text widget (that would hold the window for seconds in a large document): a shorter text is made of
slices of the whole one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from itertools import accumulate
from typing import TYPE_CHECKING

from inspector.viewmodel.jsonpage.tree import ROOT, hint

if TYPE_CHECKING:
    from inspector.oci.digest import Digest
    from inspector.viewmodel.jsonpage.text import JsonText, Link, Token
    from inspector.viewmodel.jsonpage.tree import JsonTree


class FoldedText:
    """Lines count from 0; `source_line` says which lines of the whole text they are."""

    def __init__(self, tree: JsonTree, folded: AbstractSet[int]) -> None:
        """`folded`: lines of the document (`JsonText.logical`) whose containers are closed up."""
        source = self.source = tree.text
        self._firsts: list[int] = []  # of each run of lines that are shown together, its first line in the whole text
        self._suffixes: dict[int, str] = {}
        lengths: list[int] = []
        parts: list[str] = []
        here = 0
        for container in sorted(folded):
            opener = source.first_line(container)
            if opener < here or not tree.entries(container):
                continue
            last = _last_piece(source, opener)
            closing = source.first_line(tree.end(container))
            bracket = source.line(closing).strip() if source.parents[tree.end(container)] == container else ""
            suffix = f" {hint(tree, container)} {bracket}".rstrip()
            self._suffixes[last] = suffix
            self._firsts.append(here)
            lengths.append(last + 1 - here)
            parts.append(source.text[source.start(here) : source.start(last + 1) - 1] + suffix)
            here = _last_piece(source, closing) + 1
        if here < source.line_count:
            self._firsts.append(here)
            lengths.append(source.line_count - here)
            parts.append(source.text[source.start(here) :])
        self.text = "\n".join(parts)
        self._starts = list(accumulate(lengths, initial=0))
        self._offsets = list(accumulate((len(part) + 1 for part in parts), initial=0))

    @property
    def line_count(self) -> int:
        return self._starts[-1]

    def source_line(self, line: int) -> int:
        """The line of the whole text."""
        run = min(bisect_right(self._starts, line) - 1, len(self._firsts) - 1)
        return self._firsts[run] + line - self._starts[run]

    def start(self, line: int) -> int:
        """Where a line begins in `text`; of the line behind the last one, the end."""
        if line >= self.line_count:
            return len(self.text) + 1
        run = bisect_right(self._starts, line) - 1
        first = self._firsts[run]
        return self._offsets[run] + self.source.start(first + line - self._starts[run]) - self.source.start(first)

    def shown_line(self, source_line: int) -> int:
        """Where a line of the whole text is; that of the container that hides it, if one does."""
        run = max(0, bisect_right(self._firsts, source_line) - 1)
        return min(self._starts[run] + source_line - self._firsts[run], self._starts[run + 1] - 1)

    def line(self, line: int) -> str:
        number = self.source_line(line)
        return self.source.line(number) + self._suffixes.get(number, "")

    def continued(self, line: int) -> bool:
        return self.source.continued(self.source_line(line))

    def tokens(self, line: int) -> list[Token]:
        return self.source.tokens(self.source_line(line))

    def links(self, line: int) -> list[Link]:
        return self.source.links(self.source_line(line))

    def link_at(self, line: int, column: int) -> Digest | None:
        return self.source.link_at(self.source_line(line), column)

    def pointer(self, line: int) -> str:
        return self.source.pointer(self.source_line(line))

    def explain(self, line: int) -> str:
        return self.source.explain(self.source_line(line))


_MOST_LINES = 20_000
"""Of a longer document *Fold All* closes only what stands directly in the outermost container."""


def fold_at(tree: JsonTree, folded: AbstractSet[int], line: int) -> set[int]:
    """Close the container that begins in a line of the text, or that it lies in; if that is closed, the one around it."""
    container = container_at(tree, line)
    if container in folded:
        container = max(0, tree.text.parents[container])
    return {*folded, container}


def unfold_at(tree: JsonTree, folded: AbstractSet[int], line: int) -> set[int]:
    """Open what is folded in a line of the text."""
    return set(folded) - {container_at(tree, line)}


def fold_all(tree: JsonTree) -> set[int]:
    """Every container but the outermost."""
    parents = tree.text.parents
    if len(parents) > _MOST_LINES:
        top = tree.child(ROOT, 0)
        inner: Iterable[int] = (tree.logical(child) for child in tree.directly_below(top))
    else:
        inner = (line for line in range(len(parents)) if parents[line] >= 0)
    return {line for line in inner if tree.entries(line)}


def reveal(tree: JsonTree, folded: AbstractSet[int], line: int) -> set[int]:
    """Open whatever hides a line of the text."""
    here, above = tree.text.logical(line), set()
    while (here := tree.text.parents[here]) >= 0:
        above.add(here)
    return set(folded) - above


def container_at(tree: JsonTree, line: int) -> int:
    """The line of the document with the container that begins in a line of the text, or that it lies in."""
    here = tree.logical(tree.node_of(line))
    return here if tree.entries(here) else max(0, tree.text.parents[here])


def _last_piece(source: JsonText, line: int) -> int:
    while line + 1 < source.line_count and source.continued(line + 1):
        line += 1
    return line
