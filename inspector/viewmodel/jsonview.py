r"""A JSON document as two texts: exactly as stored, and pretty-printed from the same tokens.

Nothing is re-serialised: keys keep their order, numbers and escapes their spelling, duplicate keys both stay.
Characters that draw nothing or move others (bidi, zero width, controls) are shown as JSON escapes (`\u202e`), and bytes
that are not UTF-8 as the `\xHH` of `Document.text`; `JsonView.raw` has the text without that, for copying.
Lines longer than `FOLD` are broken, because text widgets stall on them: `continued` tells which lines are no real ones.
Laying out happens in a worker; tokens, links and pointers are found for the lines that are on screen.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from inspector.oci import annotations as keys
from inspector.oci import mediatype
from inspector.oci.digest import Digest
from inspector.viewmodel import display
from inspector.viewmodel.findingsview import FindingList

if TYPE_CHECKING:
    from inspector.progress import CancelToken

FOLD = 2000
"""Characters of a line of the text; a longer one goes on in the next."""

_INDENT = 256 * " "
_CLOSING = -1
"""The place of a closing bracket's line: it belongs to its container."""

_EAGER = 20_000
"""A logical line longer than this gets its tokens in the worker."""


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
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)
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
        self._starts = array("I")
        self._logical = array("I")
        self._continued = bytearray()
        self._parents, self._places = parents, places
        self._first: array[int] = array("I")
        pieces: list[str] = []
        position = 0
        for number, line in enumerate(logical_lines):
            self._first.append(len(pieces))
            for start in range(0, len(line), FOLD) if len(line) > FOLD else (0,):
                piece = line[start : start + FOLD] if len(line) > FOLD else line
                self._starts.append(position)
                self._logical.append(number)
                self._continued.append(start > 0)
                pieces.append(piece)
                position += len(piece) + 1
        self.text = "\n".join(pieces)
        self._eager = {n: list(_scan(line)) for n, line in enumerate(logical_lines) if len(line) > _EAGER}

    @property
    def line_count(self) -> int:
        return len(self._starts)

    def line(self, line: int) -> str:
        """The characters of the line, without its break."""
        end = self._starts[line + 1] - 1 if line + 1 < len(self._starts) else len(self.text)
        return self.text[self._starts[line] : end]

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
        begin, end = self._window(line)
        found = [
            (max(start, begin) - begin, min(stop, end) - begin, kind)
            for start, stop, kind in self._scan_line(line)
            if start < end and stop > begin
        ]
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
        if self._parents is None or self._places is None:
            return ""
        number = self._logical[line]
        steps: list[str] = []
        while number >= 0 and (parent := self._parents[number]) >= 0:
            if self._places[number] == _CLOSING:
                number = parent
                continue
            key = self._key(number)
            steps.append(f"[{self._places[number]}]" if key is None else _step(key))
            number = parent
        return "$" + "".join(reversed(steps))

    def line_of(self, pointer: str) -> int | None:
        """The line where the value of `pointer` begins; None if there is none."""
        if self._parents is None or self._places is None:
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
        return _meaning(key, value)

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

    def _scan_line(self, line: int) -> Iterator[tuple[int, int, Kind]]:
        number = self._logical[line]
        eager = self._eager.get(number)
        if eager is None:
            return _scan(self._logical_text(line, 0, _EAGER + FOLD))
        begin, _ = self._window(line)
        low, high = 0, len(eager)
        while low < high:
            middle = (low + high) // 2
            if eager[middle][1] <= begin:
                low = middle + 1
            else:
                high = middle
        return _until(eager, low, begin + FOLD)

    def _key(self, number: int) -> str | None:
        for start, stop, kind in _scan(self.line(self._first[number])):
            return self.line(self._first[number])[start + 1 : stop - 1] if kind is Kind.KEY else None
        return None

    def _child(self, parent: int, step: str | int) -> int | None:
        assert self._parents is not None
        assert self._places is not None
        last = None
        for number in range(parent + 1, len(self._parents)):
            above = self._parents[number]
            if above < parent:
                break
            if above == parent and (
                self._places[number] == step if isinstance(step, int) else self._key(number) == step
            ):
                last = number  # of duplicate keys the last counts, as for readers
                if isinstance(step, int):
                    break
        return last


def _scan(text: str) -> Iterator[tuple[int, int, Kind]]:
    for match in _TOKEN.finditer(text):
        assert match.lastgroup is not None
        yield match.start(), match.end(), _KINDS[match.lastgroup]


def _until(tokens: list[tuple[int, int, Kind]], index: int, end: int) -> Iterator[tuple[int, int, Kind]]:
    while index < len(tokens) and tokens[index][0] < end:
        yield tokens[index]
        index += 1


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


_SIZES = {"size", "Size"}


def _meaning(key: str, value: str) -> str:
    lines = []
    if "/" in value and mediatype.in_words(value) != value:
        lines.append(f"{display.safe(value)}: {mediatype.in_words(value)}")
    if "." in key:
        explained = keys.explain(key)
        if explained:
            lines.append(explained)
    if key in _SIZES and value.isdecimal() and len(value) < 20:
        lines.append(display.size_exact(int(value)))
    elif len(value) >= 20 and value[4:5] == "-" and (words := display.moment(value)[0]) != value:
        lines.append(words)
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class JsonView:
    """A document for people. `raw` is the text as stored; `note` says what is special about it, or is ""."""

    name: str
    size: int
    raw: str
    pretty: JsonText
    stored: JsonText
    note: str = ""
    findings: FindingList = field(default_factory=FindingList)


def json_view(
    name: str, raw: bytes, text: str, *, token: CancelToken, findings: FindingList | None = None, note: str = ""
) -> JsonView:
    """Both texts of a document of `raw` bytes whose decoded form is `text`. Raises `Cancelled`."""
    shown = visible(text)
    token.check()
    pretty = pretty_lines(shown, token)
    token.check()
    stored = JsonText(shown.split("\n"))
    notes = [display.safe(note)] if note else []
    if shown != text.replace("\r\n", "\n"):
        notes.append("Invisible characters are shown as escapes.")
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        notes.append(f"Byte {error.start:,} is not valid UTF-8: such bytes are shown as \\xHH.")
    return JsonView(display.safe(name), len(raw), text, pretty, stored, " ".join(notes), findings or FindingList())


def pretty_lines(text: str, token: CancelToken) -> JsonText:
    """Two blanks per level, one value per line, empty containers in one line; text that is no JSON comes out as well as it goes."""
    lines: list[str] = []
    parents, places = array("i"), array("i")
    stack: list[int] = []  # the line of each open container
    counts: list[int] = [0]  # values so far in each of them
    pad = line = opener = ""
    closes = -1  # the line that the bracket in `line` closes

    def flush() -> None:
        lines.append(pad + line)
        parents.append(closes if closes >= 0 else stack[-1] if stack else -1)
        places.append(_CLOSING if closes >= 0 else counts[-1])

    for step, piece in enumerate(_PIECE.findall(text)):
        if not step & 0xFFFF:
            token.check()
        closing = piece in ("}", "]")
        if opener:
            line += opener
            opener = ""
            if closing:
                line += piece
                continue
            flush()
            line = ""
            stack.append(len(lines) - 1)
            counts.append(0)
            pad = _INDENT[: 2 * len(stack)]
        if piece == ",":
            line += piece
            flush()
            line, closes = "", -1
            counts[-1] += 1
        elif piece in ("{", "["):
            opener = piece
        elif piece == ":":
            line += ": "
        elif closing and stack:
            if line:
                flush()
            closes = stack.pop()
            counts.pop()
            pad = _INDENT[: 2 * len(stack)]
            line = piece
        else:
            line += piece if not line or line[-1] == " " else " " + piece
    line += opener
    if line or not lines:
        flush()
    return JsonText(lines, parents, places)
