"""JSON as Go's encoding/json writes it, so that digests come out as docker and containerd compute them."""

from __future__ import annotations

import json.encoder
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, cast

_ESCAPED: Final = re.compile("[<>&\u2028\u2029\ud800-\udfff]")
_END: Final = object()


def compact_json(value: object) -> bytes:
    r"""The bytes of `json.Marshal`: no blanks, names in the order given, `<`, `>`, `&`, U+2028 and U+2029 escaped.

    Takes None, bool, int, float, str, mappings with str names, lists and tuples. A lone surrogate becomes `\ufffd`
    as Go does with bytes that are not UTF-8; NaN and infinities are refused with `ValueError`, other types with
    `TypeError`. Go sorts the names of maps (annotations, labels) but not of structs: that is the caller's order.
    Nesting costs no stack.
    """
    pieces: list[str] = []
    # Each level: what is still to come, the closing bracket, and whether names are written.
    stack: list[tuple[Iterator[object], str, bool]] = [(iter((value,)), "", False)]
    first = True
    while stack:
        entries, closing, named = stack[-1]
        entry = next(entries, _END)
        if entry is _END:
            pieces.append(closing)
            stack.pop()
            first = False
            continue
        if not first:
            pieces.append(",")
        first = False
        if named:
            name, entry = cast("tuple[object, object]", entry)
            if not isinstance(name, str):
                raise TypeError(f"a JSON name is a text, not {type(name).__name__}")
            pieces.append(_string(name) + ":")
        if isinstance(entry, Mapping):
            pieces.append("{")
            stack.append((iter(entry.items()), "}", True))
            first = True
        elif isinstance(entry, Sequence) and not isinstance(entry, str | bytes | bytearray):
            pieces.append("[")
            stack.append((iter(entry), "]", False))
            first = True
        else:
            pieces.append(_scalar(entry))
    return "".join(pieces).encode("utf-8")


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return _float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _string(text: str) -> str:
    quoted: str = json.encoder.encode_basestring(text)
    return _ESCAPED.sub(_escape, quoted)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return "\\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} has no JSON form")
    if value == 0:
        return "-0" if math.copysign(1.0, value) < 0 else "0"
    shortest = repr(value)
    if 1e-6 <= abs(value) < 1e21:
        plain = format(Decimal(shortest), "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return shortest.removesuffix(".0").replace("e-0", "e-")
