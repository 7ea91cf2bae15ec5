"""Searching in a JSON text, without regard to case; whatever of it is folded or not yet on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.viewmodel.jsonpage.text import JsonText

MOST = 10_000
"""Matches that are counted."""


class Finder:
    """5 MB are searched in some 10 ms."""

    def __init__(self, text: JsonText) -> None:
        self._text = text
        lowered = text.text.lower()
        # a few letters become two in lower case: then positions would not fit
        self._whole = lowered if len(lowered) == len(text.text) else text.text
        self._lowers = self._whole is lowered

    def find(self, wanted: str, position: int, *, backward: bool = False) -> int:
        """Where `wanted` is next, at or behind `position` (before it: `backward`), round the end if need be; -1 if nowhere."""
        needle = wanted.lower() if self._lowers else wanted
        if not needle:
            return -1
        if backward:
            found = self._whole.rfind(needle, 0, max(0, position))
            return found if found >= 0 else self._whole.rfind(needle)
        found = self._whole.find(needle, position)
        return found if found >= 0 else self._whole.find(needle)

    def count(self, wanted: str) -> int:
        """How often it occurs; `MOST` stands for that and more."""
        needle = wanted.lower() if self._lowers else wanted
        return min(MOST, self._whole.count(needle)) if needle else 0

    def place(self, position: int) -> tuple[int, int]:
        """Line and column (in UTF-16 units, as Qt counts) of a position."""
        line = self._text.line_at(position)
        before = self._text.text[self._text.start(line) : position]
        return line, len(before) + sum(1 for letter in before if letter > "\uffff")

    def position(self, line: int, column: int) -> int:
        """The position of a place; inverse of `place`."""
        text = self._text.line(line)
        units = at = 0
        while units < column and at < len(text):
            units += 2 if text[at] > "\uffff" else 1
            at += 1
        return self._text.start(line) + at
