"""Which symbolic links may be made: those that lead, whatever they lead through, to a place below the chosen folder."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from enum import Enum

from inspector.language import say

_DEEPEST = 40
"""Links within links; Linux follows as many, so what lies behind them cannot be reached."""


class _LeadsOut(Exception):
    """`why` is the reason, for people."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Place(Enum):
    """What the disk has at an output path before the first link is made."""

    OURS = "a folder or file that we made"
    FOREIGN = "something else"
    FREE = "nothing"


class LinkJudge:
    """Decides about the links of one extraction, all of them before the first is made.

    `targets`: output path → target as stored. `look(path)`: what the disk has at that output path; only where it has
    nothing will a link have its own name. Each target is walked once: the work grows with the length of all targets.
    """

    def __init__(self, targets: Mapping[bytes, bytes], look: Callable[[bytes], Place]) -> None:
        self._targets = targets
        self._look = look
        folded = Counter(map(_folded, targets))
        # Where the file system takes two names for one, the second link gets another name, and its own leads elsewhere.
        self._twins = {path for path in targets if folded[_folded(path)] > 1}
        self._known: dict[bytes, bytes | str | None] = {}

    def objection(self, path: bytes) -> str:
        """Why the link at that output path must not be made, or "" if it may."""
        try:
            self._end(path, 0)
        except _LeadsOut as reason:
            return reason.why
        return ""

    def _end(self, path: bytes, depth: int) -> bytes | None:
        """Where the link ends, as an output path; None if it goes in a circle and so nowhere."""
        if path in self._known:
            known = self._known[path]
            if isinstance(known, str):
                raise _LeadsOut(known)
            return known
        self._known[path] = None  # whoever comes back here while it is being walked is in a circle
        try:
            if depth > _DEEPEST:
                raise _LeadsOut(say("it leads through too many links"))
            end = self._known[path] = self._walk(path, depth)
        except _LeadsOut as reason:
            self._known[path] = reason.why
            raise
        return end

    def _walk(self, path: bytes, depth: int) -> bytes | None:
        target = self._targets[path]
        if target.startswith(b"/"):
            raise _LeadsOut(say("a symbolic link to an absolute path, which would lead out of the folder"))
        here = path.rpartition(b"/")[0]
        for part in target.split(b"/"):
            if part in (b"", b"."):
                continue
            if part == b"..":
                if not here:
                    raise _LeadsOut(say("a symbolic link that would lead out of the folder"))
                here = here.rpartition(b"/")[0]
                continue
            step = here + b"/" + part if here else part
            place = self._look(step)
            if place is Place.FOREIGN:
                raise _LeadsOut(say("a symbolic link that would lead to something that was there before"))
            if place is Place.FREE and step in self._targets:
                if step in self._twins:
                    raise _LeadsOut(say("a symbolic link through one whose name some systems take for another's"))
                end = self._end(step, depth + 1)
                if end is None:
                    return None
                here = end
            else:
                here = step
        return here


def _folded(path: bytes) -> str:
    text = unicodedata.normalize("NFD", path.decode("utf-8", "surrogateescape"))
    return unicodedata.normalize("NFD", text.casefold())
