"""The strict, bounded JSON reader: bytes to plain values, with everything odd recorded.

Why not `json.loads(raw)`: it guesses UTF-16, takes NaN, keeps the last of two equal names without a word, runs out
of stack on deep nesting and of memory on `[[],[],…`. Here text is decoded first, depth and number of values are
counted before anything is built, and what other readers would see differently becomes a finding.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from inspector.errors import DocumentError, LimitReached
from inspector.findings import Severity
from inspector.language import say
from inspector.oci.problems import Problems

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

LONGEST_INTEGER: Final = 30
"""Digits of the longest integer taken; 2^64 has 20, and Python's own conversion is quadratic."""
HOPELESS_INTEGER: Final = 1000
"""Digits from which on the whole document is refused: no tool writes such a number, and readers differ wildly."""
_REPLACEMENT: Final = "\ufffd"
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_WHITE: Final = " \t\n\r"

_IN_WORDS: Final = {
    "Expecting value": say("a value is missing or misspelled"),
    "Expecting ',' delimiter": say("a comma or a closing bracket is missing"),
    "Expecting ':' delimiter": say("a colon is missing after a name"),
    "Expecting property name enclosed in double quotes": say("a name in double quotes is missing"),
    "Illegal trailing comma before end of object": say("a comma stands before a closing bracket"),
    "Illegal trailing comma before end of array": say("a comma stands before a closing bracket"),
    "Unterminated string starting at": say("a text that begins there has no closing quote"),
    "Invalid control character at": say("a control character stands inside a text"),
    "Invalid \\escape": say("a backslash is followed by something that is no escape"),
    "Invalid \\uXXXX escape": say("\\u is not followed by four hexadecimal digits"),
}


@dataclass(frozen=True, slots=True)
class JsonLimits:
    """Bounds of one document. `size_limit` is the name told in `LimitReached`: `config_bytes` for configs."""

    json_bytes: int = 4 * 1024 * 1024
    json_depth: int = 128
    json_values: int = 1_000_000
    size_limit: str = "json_bytes"


def read_json(raw: bytes, name: str, limits: JsonLimits, problems: Problems) -> Json:
    """The value of `raw`; oddities go to `problems` (JSON-1 to JSON-4).

    `DocumentError` if no value can be had, `LimitReached` if it is too large, too deep or has too many values.
    """
    if len(raw) > limits.json_bytes:
        raise LimitReached(
            limits.size_limit,
            limits.json_bytes,
            say(
                "%(name)s has %(raw)s bytes; documents are read up to %(json_bytes)s bytes.",
                name=name,
                raw=f"{len(raw):,}",
                json_bytes=f"{limits.json_bytes:,}",
            ),
            subject=name,
        )
    text, byte_position = _decode(raw, name, problems)
    start = len(text) - len(text.lstrip(_WHITE))
    if start == len(text) or not raw.strip(b"\0"):
        what = (
            say("is empty")
            if not raw
            else say("holds only zero bytes")
            if not raw.strip(b"\0")
            else say("holds only blanks")
        )
        raise DocumentError(
            "Not a JSON document",
            say("%(name)s %(what)s; a JSON document was expected.", name=name, what=what),
            subject=name,
        )
    _count(text, name, limits)
    hooks = _Hooks()
    decoder = json.JSONDecoder(
        object_pairs_hook=hooks.pairs, parse_int=hooks.integer, parse_float=hooks.real, parse_constant=hooks.constant
    )
    try:
        value, end = decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise _not_json(error, text, name, byte_position) from None
    except (ValueError, RecursionError) as error:
        raise DocumentError(
            "Not a JSON document", say("%(name)s cannot be read: %(error)s.", name=name, error=error), subject=name
        ) from None
    rest = text[end:].lstrip(_WHITE)
    if rest:
        problems.record(
            "JSON-4",
            "Something follows the document",
            "After the first JSON value there is more. Some readers stop there without a word, others refuse the file;"
            " only the first value is shown here.",
            severity=Severity.WARNING,
            offset=byte_position(len(text) - len(rest)),
            expected=say("one JSON value"),
            found=say("%s characters more", f"{len(rest):,}"),
        )
    if hooks.odd or _ESCAPED_SURROGATE.search(text) is not None:
        return _Cleaner(problems, hooks).clean(value)
    return value  # type: ignore[no-any-return]


def name_pointer(parent: str, name: str) -> str:
    """The pointer of `name` inside `parent`: `$.config.size`, or `$.annotations["org.x"]` when it is no plain word."""
    if _PLAIN_NAME.fullmatch(name) is not None:
        return f"{parent}.{name}"
    shown = name if len(name) <= 100 else name[:100] + "…"
    return f"{parent}[{json.dumps(shown, ensure_ascii=False)}]"


def _decode(raw: bytes, name: str, problems: Problems) -> tuple[str, Callable[[int], int]]:
    """Text of `raw` and the way from a position in it to a byte offset."""
    for mark, encoding in ((b"\xff\xfe\0\0", "utf-32-le"), (b"\0\0\xfe\xff", "utf-32-be"), *_UTF16_MARKS):
        if raw.startswith(mark):
            return _decode_wide(raw, len(mark), encoding, name, problems)
    # Without a mark: ASCII in UTF-16 has a zero in every second byte, which JSON text never has.
    zeros = [byte == 0 for byte in raw[:4]]
    if zeros in ([True, False, True, False], [False, True, False, True]):
        return _decode_wide(raw, 0, "utf-16-be" if zeros[0] else "utf-16-le", name, problems)
    skip = 0
    if raw.startswith(b"\xef\xbb\xbf"):
        skip = 3
        problems.record(
            "JSON-1",
            "The document begins with a byte order mark",
            "JSON has none; readers written in Go refuse the document.",
            offset=0,
            expected=say("UTF-8 without byte order mark"),
            found="EF BB BF",
        )
    try:
        text = raw[skip:].decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start + skip
        problems.record(
            "JSON-1",
            "The document is not valid UTF-8",
            "What cannot be decoded is shown as \N{REPLACEMENT CHARACTER}, as readers written in Go do; others refuse"
            " the document. The stored bytes are kept as they are.",
            offset=at,
            expected="UTF-8",
            found=raw[at : at + 4].hex(" ").upper(),
        )
        text = raw[skip:].decode("utf-8", "replace")
    return text, lambda position: skip + len(text[:position].encode("utf-8"))


_UTF16_MARKS: Final = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def _decode_wide(
    raw: bytes, skip: int, encoding: str, name: str, problems: Problems
) -> tuple[str, Callable[[int], int]]:
    shown = encoding.upper().rsplit("-", 1)[0]
    problems.record(
        "JSON-1",
        say("The document is %s, not UTF-8", shown),
        "It can be shown, but no container tool reads it.",
        offset=0,
        expected="UTF-8",
        found=shown,
    )
    try:
        text = raw[skip:].decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(
            "Not a JSON document",
            say(
                "%(name)s seems to be %(shown)s, but cannot be decoded at byte %(start)s.",
                name=name,
                shown=shown,
                start=f"{error.start + skip:,}",
            ),
            subject=name,
        ) from None
    return text, lambda position: skip + len(text[:position].encode(encoding))


def _count(text: str, name: str, limits: JsonLimits) -> None:
    """Refuse too many values and too deep nesting before anything is built; linear, whatever the text is.

    Escapes are taken out first, so that every other piece between quotes lies outside of strings.
    Every value stands after a comma or is the first of a container, which bounds their number.
    """
    # Each string costs two quotes; with this many the pieces themselves would fill the memory.
    if text.count('"') > 8 * limits.json_values:
        raise _too_many(name, limits)
    outside = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    opened = outside.count("[") + outside.count("{")
    if opened > limits.json_depth:
        depth = 0
        for bracket in re.findall(r"[][{}]", outside[: 8 * limits.json_values]):
            if bracket in "[{":
                depth += 1
                if depth > limits.json_depth:
                    raise LimitReached(
                        "json_depth",
                        limits.json_depth,
                        say(
                            "%(name)s nests deeper than %(json_depth)s levels; no image document does.",
                            name=name,
                            json_depth=limits.json_depth,
                        ),
                        subject=name,
                    )
            else:
                depth -= 1
    if opened + outside.count(",") + 1 > limits.json_values:
        raise _too_many(name, limits)


def _too_many(name: str, limits: JsonLimits) -> LimitReached:
    return LimitReached(
        "json_values",
        limits.json_values,
        say(
            "%(name)s holds more than %(json_values)s values; no image document does.",
            name=name,
            json_values=f"{limits.json_values:,}",
        ),
        subject=name,
    )


def _not_json(error: json.JSONDecodeError, text: str, name: str, byte_position: Callable[[int], int]) -> DocumentError:
    position = min(error.pos, len(text))
    what = _IN_WORDS.get(error.msg.rstrip(": "), error.msg)
    line = text.count("\n", 0, position) + 1
    if position >= len(text.rstrip(_WHITE)):
        what = say("it ends in the middle")
    return DocumentError(
        "Not a JSON document",
        say(
            "%(name)s cannot be read as JSON: at byte %(byte_position)s (line %(line)s) %(what)s.",
            name=name,
            byte_position=f"{byte_position(position):,}",
            line=f"{line:,}",
            what=what,
        ),
        subject=name,
    )


class _Odd:
    """Stands in a value for a number that has no JSON meaning, until `_Cleaner` tells where it was."""

    __slots__ = ("found",)

    def __init__(self, found: str) -> None:
        self.found = found if len(found) <= 60 else found[:60] + "…"


class _Hooks:
    """Callbacks of the decoder. They do not know where they are: what they see is located afterwards."""

    def __init__(self) -> None:
        self.odd = False
        self.repeated: dict[int, tuple[dict[str, object], list[str]]] = {}

    def pairs(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        if len(made) != len(pairs):
            self.odd = True
            seen: set[str] = set()
            twice = {name: None for name, _ in pairs if name in seen or seen.add(name)}  # type: ignore[func-returns-value]
            # The object is kept with its id, so that the id stays its own.
            self.repeated[id(made)] = (made, list(twice))
        return made

    def integer(self, digits: str) -> object:
        length = len(digits.lstrip("-"))
        if length > HOPELESS_INTEGER:
            raise DocumentError(
                "Not a JSON document that can be read",
                say("It holds a number of %s digits, which no reader takes.", f"{length:,}"),
            )
        if length > LONGEST_INTEGER:
            self.odd = True
            return _Odd(digits)
        return int(digits)

    def real(self, digits: str) -> object:
        value = float(digits)
        if value in (float("inf"), float("-inf")):
            self.odd = True
            return _Odd(digits)
        return value

    def constant(self, word: str) -> object:
        self.odd = True
        return _Odd(word)


_Path: TypeAlias = "tuple[_Path | None, str | int]"
"""A place as a chain towards the top: pointers of deep places are long, and few of them are ever spelled out."""


def _spell(path: _Path | None) -> str:
    keys: list[str | int] = []
    while path is not None:
        path, key = path
        keys.append(key)
    pointer = "$"
    # The last key is the place of the value in the list that `_Cleaner` wraps around it.
    for key in reversed(keys[:-1]):
        pointer = f"{pointer}[{key}]" if isinstance(key, int) else name_pointer(pointer, key)
    return pointer


class _Cleaner:
    """Walks a value once, without recursion: tells repeated names and odd numbers, replaces lone surrogates."""

    def __init__(self, problems: Problems, hooks: _Hooks) -> None:
        self._problems = problems
        self._hooks = hooks

    def clean(self, value: object) -> Json:
        root: list[object] = [value]
        todo: list[tuple[list[object] | dict[str, object], _Path | None]] = [(root, None)]
        while todo:
            container, path = todo.pop()
            deeper: list[tuple[list[object] | dict[str, object], _Path | None]] = []
            if isinstance(container, dict):
                self._names(container, path)
                entries: list[tuple[str | int, object]] = list(container.items())
            else:
                entries = list(enumerate(container))
            for key, inner in entries:
                if isinstance(inner, list | dict):
                    deeper.append((inner, (path, key)))
                elif isinstance(inner, _Odd) or (isinstance(inner, str) and _SURROGATE.search(inner) is not None):
                    container[key] = self._scalar(inner, (path, key))  # type: ignore[index]
            todo.extend(reversed(deeper))
        return root[0]  # type: ignore[return-value]

    def _names(self, container: dict[str, object], path: _Path | None) -> None:
        for name in self._hooks.repeated.get(id(container), ({}, []))[1]:
            shown = _SURROGATE.sub(_REPLACEMENT, name)
            self._problems.record(
                "JSON-2",
                "A name stands twice in one object",
                "Readers disagree about which of the two counts. The last one is shown here, as Go readers take it.",
                pointer=partial(_spell, (path, shown)),
                expected=say("each name once"),
                found=shown[:100],
            )
        if any(_SURROGATE.search(name) is not None for name in container):
            entries = list(container.items())
            container.clear()
            for name, inner in entries:
                clean_name = _SURROGATE.sub(_REPLACEMENT, name)
                if clean_name != name:
                    self._surrogate((path, clean_name))
                container[clean_name] = inner

    def _scalar(self, value: object, path: _Path) -> object:
        if isinstance(value, str):
            self._surrogate(path)
            return _SURROGATE.sub(_REPLACEMENT, value)
        self._problems.record(
            "JSON-3",
            "A number that is none",
            "JSON has no such number, or no reader can hold it; it is treated as absent.",
            severity=Severity.WARNING,
            pointer=partial(_spell, path),
            expected=say("a number that fits a double"),
            found=value.found if isinstance(value, _Odd) else None,
        )
        return None

    def _surrogate(self, path: _Path) -> None:
        self._problems.record(
            "JSON-1",
            "Half a character",
            "An escape names one half of a surrogate pair; it is shown as \N{REPLACEMENT CHARACTER}.",
            severity=Severity.WARNING,
            pointer=partial(_spell, path),
            expected=say("whole characters"),
            found=say("a lone surrogate"),
        )
