"""An evidence report as Markdown (CommonMark with tables), in which no text of the archive becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from inspector.viewmodel.evidence.blocks import Block, Evidence, Outline, Paragraph, Remark, Table

_PLAIN: Final = re.compile(r"[A-Za-z0-9:./_+=,@ -]+")
"""A text that may stand between backticks, in a table too."""
_MARKUP: Final = re.compile(r"[\\`*_{}\[\]<>&|~#!@$^]|:(?=//)|(?<=www)\.")
"""Characters that could begin markup, or a link that some programs make of bare addresses."""
_OF_A_LIST: Final = re.compile(r"^(?:[-+=]|\d+[.)])")


def to_markdown(evidence: Evidence) -> bytes:
    """The file, in UTF-8. The same report gives the same bytes."""
    return "".join(f"{line}\n" for line in _lines(evidence)).encode("utf-8", "backslashreplace")


def _lines(evidence: Evidence) -> Iterator[str]:
    yield f"# {_text(evidence.title)}"
    for section in evidence.sections:
        yield ""
        yield f"## {_text(section.title)}"
        for block in section.blocks:
            yield ""
            yield from _block(block)


def _block(block: Block) -> Iterable[str]:
    if isinstance(block, Paragraph):
        return (_text(block.text),)
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Outline):
        return (f"{'  ' * level}- {_text(line)}" for level, line in block.lines)
    return _remark(block)


def _table(table: Table) -> Iterator[str]:
    yield "| " + " | ".join(_text(heading) for heading in table.headings) + " |"
    yield "|" + " --- |" * len(table.headings)
    for row in table.rows:
        cells = (_code(cell) if column in table.code else _text(cell) for column, cell in enumerate(row))
        yield "| " + " | ".join(cells) + " |"


def _remark(remark: Remark) -> Iterator[str]:
    yield f"### {_text(remark.level)} {_text(remark.code)}: {_text(remark.title)}"
    if remark.text:
        yield ""
        yield _text(remark.text)
    for label, text in remark.facts:
        yield ""
        yield f"**{_text(label)}** {_text(text)}"
    if remark.places:
        yield ""
        yield from (f"- {_text(place)}" for place in remark.places)


def _code(text: str) -> str:
    """Between backticks where nothing can go wrong there; else as running text."""
    return f"`{text}`" if _PLAIN.fullmatch(text) and text == text.strip() else _text(text)


def _text(text: str) -> str:
    """As running text: what could begin markup is written as a number, which is never markup."""
    escaped = _MARKUP.sub(lambda match: f"&#{ord(match.group())};", text.strip())
    return _OF_A_LIST.sub(lambda match: f"{match.group()[:-1]}&#{ord(match.group()[-1])};", escaped)
