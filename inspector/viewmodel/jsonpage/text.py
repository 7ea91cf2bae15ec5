r"""Lines of JSON text for a view: tokens to highlight, links, pointers, explanations; each found when it is asked for.

Characters that draw nothing or move others (bidi, zero width, controls) are shown as JSON escapes (`\u202e`).
Lines longer than `FOLD` are broken, because text widgets stall on them: `continued` tells which lines are no real ones.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import accumulate
from typing import NamedTuple

from inspector.oci.digest import Digest
from inspector.viewmodel.jsonpage.meaning import meaning

FOLD = 2000
"""Characters of a line of the text; a longer one goes on in the next."""

CLOSING = -1
"""The place of a closing bracket's line: it belongs to its container."""


class Kind(IntEnum):
    """What a token is, for highlighting."""

    KEY = 0
    STRING = 1
    NUMBER = 2
    LITERAL = 3
    PUNCTUATION = 4


class Token(NamedTuple):
    """Position and length in its line, in UTF-16 code units as Qt counts."""

    start: int
    length: int
    kind: Kind


class Link(NamedTuple):
    """A digest in a line; positions as in `Token`."""

    start: int
    length: int
    digest: Digest


_TOKEN = re.compile(r'(?P<key>"(?:[^"\\]|\\.)*+"?(?=\s*:))|(?P<string>"(?:[^"\\]|\\.)*+"?)|(?P<number>-?\d[\d.eE+-]*)|(?P<literal>[^\s\[\]{},:"]+)|(?P<punctuation>[\[\]{},:])', re.DOTALL)  # fmt: skip
_KINDS = {
    "key": Kind.KEY,
    "string": Kind.STRING,
    "number": Kind.NUMBER,
    "literal": Kind.LITERAL,
    "punctuation": Kind.PUNCTUATION,
}
_KEYED = re.compile(r'"((?:[^"\\]|\\.)*+)"\s*:\s*', re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?(\s*:)?', re.DOTALL)
_DIGEST = re.compile(
    r"(?P<whole>(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})(?![0-9a-f]))"
    r"|blobs/(?P<algorithm>sha256|sha512)/(?P<blob>[0-9a-f]{64,128})(?![0-9a-f])"
    r'|(?<=")(?P<bare>[0-9a-f]{64})(?:\.json|\.tar)?(?=")'
)
_ESCAPED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]")  # fmt: skip
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code > 0xFFFF:
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"


def visible(text: str) -> str:
    r"""JSON text in which nothing is invisible; line breaks are `\\n`."""
    text = text.replace("\r\n", "\n")
    return text if text.isascii() and "\r" not in text and text.isprintable() else _ESCAPED.sub(_escape, text)


class JsonText:
    """Text in lines, with what a view needs to know about each line. Lines count from 0."""

    def __init__(
        self, logical_lines: list[str], parents: array[int] | None = None, places: array[int] | None = None
    ) -> None:
        """`parents` and `places`: per logical line the line of its container (-1: none) and its number in it."""
        self.parents: array[int] = parents if parents is not None else array("i")
        self.places: array[int] = places if places is not None else array("i")
        pieces = logical_lines
        self._continued = bytearray(len(pieces))
        self._logical: Sequence[int] = range(len(pieces))
        self._first: Sequence[int] = self._logical
        self._strings: dict[int, _Strings] = {}
        if max(map(len, logical_lines), default=0) > FOLD:
            pieces = self._fold(logical_lines)
        self.text = "\n".join(pieces)
        self._starts = array("I", accumulate((len(piece) + 1 for piece in pieces), initial=0))
        """One more than there are lines."""

    def _fold(self, logical_lines: list[str]) -> list[str]:
        pieces: list[str] = []
        logical, first = array("I"), array("I")
        for number, line in enumerate(logical_lines):
            first.append(len(pieces))
            if len(line) <= FOLD:
                pieces.append(line)
                logical.append(number)
                continue
            self._strings[number] = _Strings(line)
            pieces += [line[start : start + FOLD] for start in range(0, len(line), FOLD)]
            logical.extend([number] * (len(pieces) - first[-1]))
        self._logical, self._first = logical, first
        self._continued = bytearray(len(pieces))
        for number in self._strings:
            end = first[number + 1] if number + 1 < len(first) else len(pieces)
            self._continued[first[number] + 1 : end] = b"\1" * (end - first[number] - 1)
        return pieces

    @property
    def line_count(self) -> int:
        return len(self._continued)

    def logical(self, line: int) -> int:
        """The document's line that a line of the text is, or is a piece of."""
        return self._logical[line]

    def first_line(self, logical: int) -> int:
        """The line of the text where a line of the document begins."""
        return self._first[logical]

    def start(self, line: int) -> int:
        """Where a line begins in `text`; of the line behind the last one, the end."""
        return self._starts[line]

    def line_at(self, position: int) -> int:
        """The line that holds a position of `text`."""
        return max(0, bisect_right(self._starts, position, hi=len(self._starts) - 1) - 1)

    def scalar(self, logical: int, limit: int = 1 << 62) -> tuple[str | None, str]:
        """Key (None if there is none) and value of a line of the document as written, less a comma; `limit` characters of it."""
        first = self._first[logical]
        text = (self._logical_text(first, 0, limit) if limit > FOLD else self.line(first)).strip()
        match = _KEYED.match(text)
        value = text if match is None else text[match.end() :]
        return match and match[1], value.removesuffix(",")[:limit]

    def line(self, line: int) -> str:
        """The characters of the line, without its break."""
        return self.text[self._starts[line] : self._starts[line + 1] - 1]

    def continued(self, line: int) -> bool:
        """Whether the break before this line is ours and not the document's."""
        return bool(self._continued[line])

    def copy(self, first_line: int, last_line: int) -> str:
        """The text of these lines (both included), without the breaks that are ours."""
        parts = [self.line(first_line)]
        for line in range(first_line + 1, last_line + 1):
            parts += [] if self.continued(line) else ["\n"]
            parts.append(self.line(line))
        return "".join(parts)

    def tokens(self, line: int) -> list[Token]:
        text = self.line(line)
        strings = self._strings.get(self._logical[line])
        found = list(_scan(text)) if strings is None else strings.tokens(text, self._window(line)[0])
        shift = _utf16(text)
        return [Token(shift(start), shift(stop) - shift(start), kind) for start, stop, kind in found]

    def links(self, line: int) -> list[Link]:
        text = self.line(line)
        begin, end = self._window(line)
        found: list[Link] = []
        shift = _utf16(text)
        around = self._logical_text(line, max(0, begin - 200), end + 200)
        base = max(0, begin - 200)
        for match in _DIGEST.finditer(around):
            digest = _digest_of(match)
            start, stop = max(match.start() + base, begin) - begin, min(match.end() + base, end) - begin
            if digest is not None and start < stop:
                found.append(Link(shift(start), shift(stop) - shift(start), digest))
        return found

    def link_at(self, line: int, column: int) -> Digest | None:
        """The digest at a UTF-16 position of a line."""
        return next((link.digest for link in self.links(line) if link.start <= column < link.start + link.length), None)

    def pointer(self, line: int) -> str:
        """`$.layers[2].size`; "" for the stored text. The line of a closing bracket belongs to its container."""
        if not self.parents:
            return ""
        number = self._logical[line]
        steps: list[str] = []
        while number >= 0 and (parent := self.parents[number]) >= 0:
            if self.places[number] == CLOSING:
                number = parent
                continue
            key = self._key(number)
            steps.append(f"[{self.places[number]}]" if key is None else _step(key))
            number = parent
        return "$" + "".join(reversed(steps))

    def line_of(self, pointer: str) -> int | None:
        """The line where the value of `pointer` begins; None if there is none."""
        if not self.parents:
            return None
        here = 0
        for step in _steps(pointer):
            found = self._child(here, step)
            if found is None:
                return None
            here = found
        return self._first[here]

    def explain(self, line: int) -> str:
        """What a media type, annotation key, time or size in this line means; "" if there is nothing to say."""
        text = self._logical_text(line, 0, FOLD)
        key = value = ""
        for start, stop, kind in _scan(text):
            if kind is Kind.KEY:
                key = text[start + 1 : stop - 1]
            elif kind in (Kind.STRING, Kind.NUMBER):
                value = text[start:stop].strip('"')
        return meaning(self.pointer(line), key, value)

    def _window(self, line: int) -> tuple[int, int]:
        begin = (line - self._first[self._logical[line]]) * FOLD
        return begin, begin + len(self.line(line))

    def _logical_text(self, line: int, begin: int, end: int) -> str:
        first = self._first[self._logical[line]] + begin // FOLD
        parts = [self.line(first)]
        follow = first + 1
        while follow < self.line_count and self._continued[follow] and (follow - first) * FOLD < end - begin + FOLD:
            parts.append(self.line(follow))
            follow += 1
        cut = begin % FOLD
        return "".join(parts)[cut : cut + end - begin]

    def _key(self, number: int) -> str | None:
        for start, stop, kind in _scan(self.line(self._first[number])):
            return self.line(self._first[number])[start + 1 : stop - 1] if kind is Kind.KEY else None
        return None

    def _child(self, parent: int, step: str | int) -> int | None:
        last = None
        for number in range(parent + 1, len(self.parents)):
            above = self.parents[number]
            if above < parent:
                break
            if above == parent and (
                self.places[number] == step if isinstance(step, int) else self._key(number) == step
            ):
                last = number  # of duplicate keys the last counts, as for readers
                if isinstance(step, int):
                    break
        return last


def _scan(text: str) -> Iterator[tuple[int, int, Kind]]:
    for match in _TOKEN.finditer(text):
        assert match.lastgroup is not None
        yield match.start(), match.end(), _KINDS[match.lastgroup]


class _Strings:
    """Where the strings of a long line are: what lies between them can be understood from anywhere."""

    def __init__(self, line: str) -> None:
        self._starts, self._ends, self._keys = array("I"), array("I"), bytearray()
        for match in _STRING.finditer(line):
            colon = match.end(1) - match.start(1)
            self._starts.append(match.start())
            self._ends.append(match.end() - colon)
            self._keys.append(colon > 0)

    def tokens(self, piece: str, begin: int) -> list[tuple[int, int, Kind]]:
        """The tokens of a piece of the line that begins at `begin`; one that goes over its edge is cut there."""
        found: list[tuple[int, int, Kind]] = []
        here, end = 0, len(piece)
        index = bisect_right(self._ends, begin)
        while here < end:
            more = index < len(self._starts) and self._starts[index] < begin + end
            start = max(self._starts[index] - begin, 0) if more else end
            found += [(here + a, here + b, kind) for a, b, kind in _scan(piece[here:start])]
            if not more:
                break
            here = min(self._ends[index] - begin, end)
            found.append((start, here, Kind.KEY if self._keys[index] else Kind.STRING))
            index += 1
        return found


class _utf16:  # noqa: N801 - used as a function
    """From positions in a Python string to those in Qt's."""

    def __init__(self, text: str) -> None:
        self._astral = [match.start() for match in _ASTRAL.finditer(text)]

    def __call__(self, position: int) -> int:
        return position + sum(1 for place in self._astral if place < position) if self._astral else position


def _digest_of(match: re.Match[str]) -> Digest | None:
    if match["whole"]:
        return Digest.try_parse(match["whole"])
    if match["blob"]:
        return Digest.try_parse(f"{match['algorithm']}:{match['blob']}")
    return Digest.try_parse(f"sha256:{match['bare']}")


_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")


def _step(key: str) -> str:
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else f'["{key}"]'


def _steps(pointer: str) -> Iterator[str | int]:
    for match in re.finditer(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\.([^.\[]+)', pointer):
        quoted, number, plain = match.groups()
        yield int(number) if number is not None else quoted if quoted is not None else plain
