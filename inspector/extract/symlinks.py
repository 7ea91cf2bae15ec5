"""Which symbolic links may be made: those that lead, whatever they lead through, to a place below the chosen folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping

_DEEPEST = 40
"""Links within links; Linux follows as many, so what lies behind them cannot be reached."""


class _LeadsOut(Exception):
    """The reason is the argument."""


class LinkJudge:
    """Decides about the links of one extraction, all of them before the first is made.

    `targets`: output path → target as stored. `is_foreign(path)`: whether the disk has something at that output path
    that the archive did not put there. Each target is walked once: the work grows with the length of all targets.
    """

    def __init__(self, targets: Mapping[bytes, bytes], is_foreign: Callable[[bytes], bool]) -> None:
        self._targets = targets
        self._is_foreign = is_foreign
        self._known: dict[bytes, bytes | str | None] = {}

    def objection(self, path: bytes) -> str:
        """Why the link at that output path must not be made, or "" if it may."""
        try:
            self._end(path, 0)
        except _LeadsOut as reason:
            return str(reason)
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
                raise _LeadsOut("it leads through too many links")
            end = self._known[path] = self._walk(path, depth)
        except _LeadsOut as reason:
            self._known[path] = str(reason)
            raise
        return end

    def _walk(self, path: bytes, depth: int) -> bytes | None:
        target = self._targets[path]
        if target.startswith(b"/"):
            raise _LeadsOut("a symbolic link to an absolute path, which would lead out of the folder")
        here = path.rpartition(b"/")[0]
        for part in target.split(b"/"):
            if part in (b"", b"."):
                continue
            if part == b"..":
                if not here:
                    raise _LeadsOut("a symbolic link that would lead out of the folder")
                here = here.rpartition(b"/")[0]
                continue
            step = here + b"/" + part if here else part
            if self._is_foreign(step):
                raise _LeadsOut("a symbolic link that would lead to something that was there before")
            if step in self._targets:
                end = self._end(step, depth + 1)
                if end is None:
                    return None
                here = end
            else:
                here = step
        return here
