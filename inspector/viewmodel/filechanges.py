"""What a layer did to each entry of its file list: a letter, and in words which aspects changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from inspector.language import tr
from inspector.layers.changes import Aspect
from inspector.viewmodel import display

LETTERS = "AMD"
"""Added, modified, removed: as version control writes them."""
WORDS: Mapping[str, str] = {"A": "added", "M": "modified", "D": "removed"}

NOTHING, ADDED, MODIFIED, PERHAPS, REMOVED, SAME, VOID = range(7)
"""What `FileChanges.codes` holds; PERHAPS: same size, content not compared; VOID: covered by the layer itself."""
_TEXTS = ("", "A", "M", "M?", "D", "", "")
_CODES = {"A": frozenset((ADDED,)), "M": frozenset((MODIFIED, PERHAPS)), "D": frozenset((REMOVED,))}
_ASPECTS = (
    (Aspect.CONTENT, "content"),
    (Aspect.TYPE, "type"),
    (Aspect.LINK, "link target"),
    (Aspect.MODE, "mode"),
    (Aspect.OWNER, "owner"),
    (Aspect.XATTRS, "extended attributes"),
    (Aspect.TIME, "time"),
)

FILTER_KINDS: Mapping[str, frozenset[int]] = {
    "added": _CODES["A"], "a": _CODES["A"], "modified": _CODES["M"], "m": _CODES["M"], "removed": _CODES["D"],
    "d": _CODES["D"], "unchanged": frozenset((SAME,)),
}  # fmt: skip
FILTER_ASPECTS: Mapping[str, Aspect] = {
    "content": Aspect.CONTENT | Aspect.UNCOMPARED, "type": Aspect.TYPE, "link": Aspect.LINK, "mode": Aspect.MODE,
    "owner": Aspect.OWNER, "attributes": Aspect.XATTRS, "time": Aspect.TIME,
}  # fmt: skip
"""What `change:` of the filter understands: a kind of change, or in what something was modified."""


class FileChanges:
    """By node of the file list that it was made for. Plain columns: 200,000 nodes are hidden or shown in a moment."""

    def __init__(self, codes: bytes, aspects: bytes, removed: Mapping[int, int], note: str = "") -> None:
        self.codes = codes
        """One number per node, for sorting, too."""
        self._aspects = aspects
        self._removed = removed
        self.note = note
        """What makes the comparison less than certain, or ""."""

    def letter(self, node: int) -> str:
        """A, M or D; `M?` if only the content may differ and was not read; "" for what is as it was."""
        return _TEXTS[self.codes[node]]

    def words(self, node: int) -> str:
        """`modified: content, mode`, `modified: time only`, `removed: 12 entries`."""
        code = self.codes[node]
        if code == NOTHING:
            return tr("No entry states this folder.")
        if code == SAME:
            return tr("unchanged: this layer states again what lies below it")
        if code == VOID:
            return tr("no part of the file system: this layer itself replaces it")
        if code == ADDED:
            return tr("added: nothing is here in the layers below")
        if code == REMOVED:
            count = self._removed.get(node, 0)
            if not count:
                return tr("removed: but no layer below has it")
            return tr("removed") if count == 1 else tr("removed: %s") % display.count(count, "entry", "entries")
        aspects = Aspect(self._aspects[node])
        found = [tr(word) for aspect, word in _ASPECTS if aspects & aspect]
        if aspects == Aspect.TIME:
            return tr("modified: time only")
        if aspects & Aspect.UNCOMPARED:
            found.append(tr("perhaps content: same size, not compared"))
        return tr("modified: %s") % (", ".join(found),)

    def count(self, letter: str) -> int:
        return sum(map(self.codes.count, _CODES[letter]))

    def fits(self, words: Iterable[str]) -> Callable[[int], bool]:
        """Whether a node changed in one of the ways that `FILTER_KINDS` and `FILTER_ASPECTS` name; KeyError for others."""
        names = [word.casefold() for word in words]
        kinds: frozenset[int] = frozenset().union(*(FILTER_KINDS[name] for name in names if name not in FILTER_ASPECTS))
        wanted = sum(FILTER_ASPECTS[name] for name in names if name in FILTER_ASPECTS)
        codes, aspects, modified = self.codes, self._aspects, _CODES["M"]
        return lambda node: codes[node] in kinds or (codes[node] in modified and bool(aspects[node] & wanted))

    def among(self, nodes: Iterable[int], letters: Iterable[str]) -> list[int]:
        """Those of `nodes` that changed in one of the ways; what did not change is in none."""
        wanted: frozenset[int] = frozenset().union(*(_CODES[letter] for letter in letters))
        codes = self.codes
        return [node for node in nodes if codes[node] in wanted]
