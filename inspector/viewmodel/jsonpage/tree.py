"""A JSON document as a tree: an index over the lines of its pretty text, so duplicate keys, numbers and order stay as they are.

A node is a number. Containers with more than `BUCKET` entries show them in buckets, so that no view is ever given 100,000 rows
at once. Building takes one pass and belongs into a worker; everything else is quick.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from inspector.language import tr, trn
from inspector.viewmodel import display
from inspector.viewmodel.jsonpage.text import CLOSING, JsonText, Kind

if TYPE_CHECKING:
    from inspector.oci.digest import Digest
    from inspector.progress import CancelToken

ROOT = -1
"""Above the document; it is no row."""
BUCKET = 1000
_BITS = 12
_MASK = (1 << _BITS) - 1
_LINES_PER_CHECK = 8192
_SHOWN = 300
_LITERALS = {"true", "false", "null"}


class JsonTree:
    """Over a pretty text. A node is `line << 12 | bucket`; bucket 0 is the line itself, lines count as in the document."""

    def __init__(self, text: JsonText, token: CancelToken) -> None:
        self.text = text
        parents, places = text.parents, text.places
        length = len(parents)
        counts = array("i", bytes(4 * length))
        self._ends = array("i", [length - 1]) * length
        self._tops = array("i")
        for line in range(length):
            if not line % _LINES_PER_CHECK:
                token.check()
            if places[line] == CLOSING:
                self._ends[parents[line]] = line
            elif parents[line] < 0:
                self._tops.append(line)
            else:
                counts[parents[line]] += 1
        self._starts = array("i", accumulate(counts, initial=0))
        self._children = array("i", bytes(4 * self._starts[-1]))
        self._rows = array("i", bytes(4 * length))
        filled = array("i", bytes(4 * length))
        for line in range(length):
            if not line % _LINES_PER_CHECK:
                token.check()
            above = parents[line]
            if places[line] != CLOSING and above >= 0:
                self._rows[line] = filled[above]
                self._children[self._starts[above] + filled[above]] = line
                filled[above] += 1
        for row, line in enumerate(self._tops):
            self._rows[line] = row

    # shape ----------------------------------------------------------------------------------------------

    def entries(self, line: int) -> int:
        """How many values a container holds; 0 for a scalar and an empty container."""
        return self._starts[line + 1] - self._starts[line]

    def end(self, line: int) -> int:
        """The line of the closing bracket; of a container that is not closed, the last line of all."""
        return self._ends[line]

    def count(self, node: int) -> int:
        """Rows directly below."""
        if node == ROOT:
            return len(self._tops)
        line, bucket = node >> _BITS, node & _MASK
        entries = self.entries(line)
        if bucket:
            return min(BUCKET, entries - (bucket - 1) * BUCKET)
        return entries if entries <= BUCKET else -(-entries // BUCKET)

    def child(self, node: int, row: int) -> int:
        if node == ROOT:
            return self._tops[row] << _BITS
        line, bucket = node >> _BITS, node & _MASK
        if not bucket and self.entries(line) > BUCKET:
            return node | (row + 1)
        first = self._starts[line] + max(0, bucket - 1) * BUCKET
        return self._children[first + row] << _BITS

    def parent(self, node: int) -> int:
        line, bucket = node >> _BITS, node & _MASK
        if bucket:
            return line << _BITS
        above = self.text.parents[line]
        if above < 0:
            return ROOT
        return above << _BITS | (self._rows[line] // BUCKET + 1 if self.entries(above) > BUCKET else 0)

    def row(self, node: int) -> int:
        """The number of a node among its siblings."""
        line, bucket = node >> _BITS, node & _MASK
        if bucket:
            return bucket - 1
        above = self.text.parents[line]
        return self._rows[line] % BUCKET if above >= 0 and self.entries(above) > BUCKET else self._rows[line]

    def logical(self, node: int) -> int:
        """The line of the document where a node begins."""
        return node >> _BITS

    def directly_below(self, node: int) -> Iterator[int]:
        """The nodes of what a container holds, without buckets."""
        line = node >> _BITS
        return (child << _BITS for child in self._children[self._starts[line] : self._starts[line + 1]])

    def node_of(self, line: int) -> int:
        """The node of a line of the text; a closing bracket belongs to its container."""
        line = self.text.logical(line)
        while self.text.places[line] == CLOSING:
            line = self.text.parents[line]
        return line << _BITS

    def line_of(self, node: int) -> int:
        """The line of the text where a node begins."""
        return self.text.first_line(node >> _BITS)

    # words ----------------------------------------------------------------------------------------------

    def name(self, node: int) -> str:
        """A key, `[3]`, a bucket's `[0 … 999]`, or `$` for the whole."""
        line, bucket = node >> _BITS, node & _MASK
        if bucket:
            first = (bucket - 1) * BUCKET
            return f"[{first:,} … {first + self.count(node) - 1:,}]"
        key = self.text.scalar(line, _SHOWN)[0]
        if key is not None:
            return display.safe(key, _SHOWN)
        return f"[{self._rows[line]}]" if self.text.parents[line] >= 0 else "$"

    def value(self, node: int) -> str:
        """A scalar as it is written, without quotes; of a container how much it holds."""
        line, bucket = node >> _BITS, node & _MASK
        if bucket:
            return ""
        entries = self.entries(line)
        literal = self.text.scalar(line, _SHOWN)[1]
        if entries or literal[-1:] in ("{", "["):
            if literal[-1:] == "[":
                return trn("[ %s item ]", "[ %s items ]", entries) % f"{entries:,}"
            return trn("{ %s key }", "{ %s keys }", entries) % f"{entries:,}"
        if literal[:1] == '"':
            return display.safe(literal[1:].removesuffix('"'), _SHOWN)
        return display.safe(literal, _SHOWN)

    def kind(self, node: int) -> Kind:
        """Of the value, for its colour; PUNCTUATION for containers."""
        line, bucket = node >> _BITS, node & _MASK
        literal = self.text.scalar(line, 8)[1]
        if bucket or literal[:1] in ("{", "["):
            return Kind.PUNCTUATION
        if literal[:1] == '"':
            return Kind.STRING
        return Kind.LITERAL if literal in _LITERALS else Kind.NUMBER

    def meaning(self, node: int) -> str:
        """What the value or the key means, in one line; "" if there is nothing to say."""
        return "" if node & _MASK else self.text.explain(self.line_of(node)).partition("\n")[0]

    def tooltip(self, node: int) -> str:
        if node & _MASK:
            return ""
        explanation = self.text.explain(self.line_of(node))
        return "\n".join(part for part in (explanation, display.safe(self.pointer(node))) if part)

    def pointer(self, node: int) -> str:
        return self.text.pointer(self.line_of(node))

    def digest(self, node: int) -> Digest | None:
        """What the value refers to, if it is a digest or a path to a blob."""
        if node & _MASK or self.entries(node >> _BITS):
            return None
        links = self.text.links(self.line_of(node))
        return links[-1].digest if links else None

    def copied(self, node: int) -> str:
        """The value for the clipboard, as the document has it; of a container all its lines."""
        line = node >> _BITS
        if not self.entries(line):
            literal = self.text.scalar(line)[1]
            return literal[1:].removesuffix('"') if literal[:1] == '"' else literal
        first = self.text.first_line(line)
        whole = self.text.copy(first, self.text.first_line(self._ends[line]))
        indent = len(whole) - len(whole.lstrip())
        opener, *rest = whole.split("\n")
        lines = [self.text.scalar(line)[1] if opener else "", *(below[indent:] for below in rest)]
        return "\n".join(lines).removesuffix(",")


def tree_of(text: JsonText, token: CancelToken) -> JsonTree | None:
    """The tree of a pretty text; None for one that knows no pointers. Raises `Cancelled`."""
    return JsonTree(text, token) if len(text.parents) else None


def hint(tree: JsonTree, line: int) -> str:
    """What a folded container shows in place of what it holds: `… 5 items`."""
    entries = tree.entries(line)
    is_list = tree.text.scalar(line, 8)[1][-1:] == "["
    if is_list:
        return trn("… %s item", "… %s items", entries) % f"{entries:,}"
    return trn("… %s key", "… %s keys", entries) % f"{entries:,}" if entries else tr("…")
