r"""A JSON document as two texts: exactly as stored, and pretty-printed from the same tokens.

Nothing is re-serialised: keys keep their order, numbers and escapes their spelling, duplicate keys both stay.
Bytes that are not UTF-8 show as the `\xHH` of `Document.text`; `JsonView.raw` has the text without escapes of ours, for
copying. Laying out happens in a worker; tokens, links and pointers are found for the lines that are on screen.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inspector.language import tr
from inspector.viewmodel import display
from inspector.viewmodel.findingsview import FindingList
from inspector.viewmodel.jsonpage.find import Finder
from inspector.viewmodel.jsonpage.text import CLOSING, FOLD, JsonText, Kind, Link, Token, visible
from inspector.viewmodel.jsonpage.tree import JsonTree, tree_of

if TYPE_CHECKING:
    from inspector.progress import CancelToken

__all__ = ["FOLD", "JsonText", "JsonView", "Kind", "Link", "Token", "json_view", "pretty_lines"]

_INDENT = 256 * " "
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*+"?,?|[\[{]|[\]}],?|[:,]|[^\s\[\]{},:"]+,?', re.DOTALL)
_OPENING = frozenset("[{")
_CLOSED = frozenset(("]", "}", "],", "},"))


@dataclass(frozen=True, slots=True)
class JsonView:
    """A document for people. `raw` is the text as stored; `note` says what is special about it, or is ""."""

    name: str
    size: int
    raw: str
    pretty: JsonText
    stored: JsonText
    tree: JsonTree | None
    finders: tuple[Finder, Finder]
    """Of the pretty and of the stored text."""
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
        notes.append(tr("Invisible characters are shown as escapes."))
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        notes.append(tr("Byte %s is not valid UTF-8: such bytes are shown as \\xHH.") % f"{error.start:,}")
    tree = tree_of(pretty, token)
    finders = (Finder(pretty), Finder(stored))
    shown_name = display.safe(name)
    return JsonView(
        shown_name, len(raw), text, pretty, stored, tree, finders, " ".join(notes), findings or FindingList()
    )


def pretty_lines(text: str, token: CancelToken) -> JsonText:
    """Two blanks per level, one value per line, empty containers in one line; text that is no JSON comes out as well as it goes."""
    lines: list[str] = []
    parents, places = array("i"), array("i")
    stack = [-1]  # the line of each open container
    counts = [0]  # values so far in each of them
    pad = line = opener = ""
    closes = None  # the line that the bracket in `line` closes

    def finish(line: str, closed: int | None) -> None:
        # a raw line break inside a string is no JSON, and no line of ours
        lines.append(pad + (line if "\n" not in line else line.replace("\n", "\\n")))
        parents.append(stack[-1] if closed is None else closed)
        places.append(counts[-1] if closed is None else CLOSING)

    # Not findall: one call over 3 MB would hold the interpreter, and with it the window, for a tenth of a second.
    for step, found in enumerate(_PIECE.finditer(text)):
        piece = found.group()
        if not step & 0xFFFF:
            token.check()
        if opener:
            line += opener
            opener = ""
            if piece in _CLOSED:
                line += piece[0]
                piece = piece[1:]
                if not piece:
                    continue
            else:
                finish(line, None)
                line = ""
                stack.append(len(lines) - 1)
                counts.append(0)
                pad = _INDENT[: 2 * len(stack) - 2]
        if piece in _OPENING:
            opener = piece
            continue
        if piece == ":":
            line += ": "
            continue
        if piece in _CLOSED and len(stack) > 1:
            if line:
                finish(line, closes)
            closes = stack.pop()
            counts.pop()
            pad = _INDENT[: 2 * len(stack) - 2]
            line = piece
        elif not line or line[-1] == " " or piece == ",":
            line += piece
        else:
            line += " " + piece
        if piece[-1] == ",":
            finish(line, closes)
            counts[-1] += 1
            line = ""
            closes = None
    line += opener
    if line or not lines:
        finish(line, closes)
    return JsonText(lines, parents, places)
