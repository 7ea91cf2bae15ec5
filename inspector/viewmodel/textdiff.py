"""Two contents compared line by line, as `diff -u` shows it; bounded, so that no input takes long."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from inspector.archive.source import ByteSource
from inspector.language import tr
from inspector.progress import CancelToken
from inspector.viewmodel import display
from inspector.viewmodel.preview.preview import is_text

MAX_BYTES = 1 << 20
"""Of each content; the rest is not compared, and that is said."""
MAX_LINES = 20_000
_MOST_WORK = 5_000_000
"""Lines looked at in all rounds of comparing: texts with little in common take the square of their length."""
_LONGEST_LINE = 2000
_CONTEXT = 3
_SHOWN = 400_000


@dataclass(frozen=True, slots=True)
class TextDiff:
    """`text` is plain and safe, "" where there is nothing to show; `note` says how the contents compare."""

    text: str
    note: str


Opcode = tuple[Literal["replace", "delete", "insert", "equal"], int, int, int, int]


def _append(opcodes: list[Opcode], more: Opcode) -> None:
    """difflib wants no two neighbours to be equal lines, and no empty ones."""
    tag, i, j, k, m = opcodes[-1]
    if more[0] == tag == "equal":
        opcodes[-1] = (tag, i, more[2], k, more[4])
    elif i == j and k == m:
        opcodes[-1] = more
    elif more[1] != more[2] or more[3] != more[4]:
        opcodes.append(more)


class _TooDifferent(Exception):
    pass


class _Matcher(difflib.SequenceMatcher[str]):
    """Can be cancelled, and gives up. What is the same at both ends is left out of the search: it costs nothing, and
    difflib finds no line that stands on more than a hundredth of all lines.
    """

    def __init__(self, before: Sequence[str], after: Sequence[str], token: CancelToken) -> None:
        self._token = token
        self._work = 0
        shorter = min(len(before), len(after))
        head = next((at for at in range(shorter) if before[at] != after[at]), shorter)
        tail = next((at for at in range(shorter - head) if before[-1 - at] != after[-1 - at]), shorter - head)
        self._lengths = len(before), len(after)
        self._head, self._tail = head, tail
        super().__init__(None, before[head : len(before) - tail], after[head : len(after) - tail])

    def get_opcodes(self) -> list[Opcode]:
        """For all lines."""
        head, tail = self._head, self._tail
        (old, new) = self._lengths
        shifted: list[Opcode] = [("equal", 0, head, 0, head)]
        for tag, i, j, k, m in super().get_opcodes():
            _append(shifted, (tag, i + head, j + head, k + head, m + head))
        _append(shifted, ("equal", old - tail, old, new - tail, new))
        return shifted

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> difflib.Match:
        self._token.check()
        self._work += (self._lengths[0] if ahi is None else ahi) - alo + 100
        if self._work > _MOST_WORK:
            raise _TooDifferent
        return super().find_longest_match(alo, ahi, blo, bhi)


def compare_contents(before: ByteSource, after: ByteSource, names: tuple[str, str], token: CancelToken) -> TextDiff:
    """What leads from one content to the other; `names` are for the two head lines. Raises what reading raises."""
    old = before.read_at(0, min(MAX_BYTES, before.size))
    token.check()
    new = after.read_at(0, min(MAX_BYTES, after.size))
    token.check()
    cut = before.size > MAX_BYTES or after.size > MAX_BYTES
    part = tr(" (of each, only the first 1 MiB was compared)") if cut else ""
    if old == new:
        same = before.size == after.size
        return TextDiff(
            "",
            tr("The contents are the same%s.") % part if same else tr("The sizes differ, the text does not%s.") % part,
        )
    if not (is_text(old) and is_text(new)):
        sizes = tr("%s and %s") % (display.size_exact(before.size), display.size_exact(after.size))
        return TextDiff("", tr("The contents differ, and at least one is no text: %s.") % sizes)
    lines = _lines(old), _lines(new)
    if max(map(len, lines)) > MAX_LINES:
        lines = lines[0][:MAX_LINES], lines[1][:MAX_LINES]
        part = tr(" (of each, only the first %s lines were compared)") % f"{MAX_LINES:,}"
    if lines[0] == lines[1]:
        return TextDiff("", tr("They differ in nothing that is shown as text: the last line end, perhaps%s.") % part)
    try:
        shown, added, removed = _unified(*lines, names, token)
    except _TooDifferent:
        return TextDiff("", tr("The contents have too little in common to be compared line by line%s.") % part)
    note = tr("%s added, %s removed%s.") % (
        display.count(added, "line", "lines"),
        display.count(removed, "line", "lines"),
        part,
    )
    return TextDiff(display.safe_lines(shown, _SHOWN), note)


def _lines(data: bytes) -> list[str]:
    """Lines with every odd character made visible; those that a text widget would choke on are folded."""
    text = display.safe_lines(data.decode("utf-8", "surrogateescape"), limit=2 * MAX_BYTES)
    lines = text.removesuffix("\n").split("\n")
    if max(map(len, lines)) <= _LONGEST_LINE:
        return lines
    folded = []
    for line in lines:
        folded += [line[at : at + _LONGEST_LINE] for at in range(0, len(line), _LONGEST_LINE)] or [""]
    return folded


def _unified(before: list[str], after: list[str], names: tuple[str, str], token: CancelToken) -> tuple[str, int, int]:
    out = [f"--- {display.safe(names[0])}", f"+++ {display.safe(names[1])}"]
    added = removed = 0
    for group in _Matcher(before, after, token).get_grouped_opcodes(_CONTEXT):
        (_, first, _, start, _), (_, _, last, _, end) = group[0], group[-1]
        out.append(f"@@ -{_span(first, last)} +{_span(start, end)} @@")
        for tag, i, j, k, m in group:
            if tag == "equal":
                out += [f" {line}" for line in before[i:j]]
                continue
            out += [f"-{line}" for line in before[i:j]]
            out += [f"+{line}" for line in after[k:m]]
            removed += j - i
            added += m - k
    return "\n".join(out), added, removed


def _span(start: int, end: int) -> str:
    count = end - start
    return f"{start + 1 if count else start}" + ("" if count == 1 else f",{count}")
