"""An evidence report as one HTML file: no script, nothing fetched, every text escaped, and well-formed as XML too."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Final

from inspector.viewmodel.evidence.blocks import Block, Evidence, Outline, Paragraph, Remark, Table

_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid #8886; }
h1, h2, h3, td, th, li, p { overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { border: 1px solid #8886; padding: .25rem .5rem; text-align: left; vertical-align: top; }
td.code { font-family: ui-monospace, monospace; font-size: .85em; }
section.finding { border-left: 4px solid #888; padding: .1rem .8rem; margin: .8rem 0; }
section.error { border-color: #c0392b; } section.warning { border-color: #b9770e; }
section.finding h3 { font-size: 1rem; margin: .3rem 0; }
section.finding p, section.finding ul { margin: .3rem 0; }
@media print { body { max-width: none; margin: 0; } section.finding, tr { break-inside: avoid; } }
"""
_NO_XML: Final = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""Characters that XML cannot hold; `display.safe` has made most of them visible before."""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def to_html(evidence: Evidence) -> bytes:
    """The file, in UTF-8. The same report gives the same bytes."""
    return "".join(f"{line}\n" for line in _lines(evidence)).encode("utf-8", "backslashreplace")


def _lines(evidence: Evidence) -> Iterator[str]:
    title = _text(evidence.title)
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8"/>'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>'
    yield '<meta name="viewport" content="width=device-width"/>'
    yield f"<title>{title}</title>"
    yield f"<style>{_STYLE}</style>"
    yield "</head>"
    yield "<body>"
    yield f"<h1>{title}</h1>"
    for section in evidence.sections:
        yield f"<h2>{_text(section.title)}</h2>"
        for block in section.blocks:
            yield from _block(block)
    yield "</body>"
    yield "</html>"


def _block(block: Block) -> Iterable[str]:
    if isinstance(block, Paragraph):
        return (f"<p>{_text(block.text)}</p>",)
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Outline):
        return _outline(block)
    return _remark(block)


def _table(table: Table) -> Iterator[str]:
    yield "<table>"
    if any(table.headings):
        cells = "".join(f'<th scope="col">{_text(heading)}</th>' for heading in table.headings)
        yield f"<thead><tr>{cells}</tr></thead>"
    yield "<tbody>"
    for row in table.rows:
        cells = "".join(
            f'<td class="code">{_text(cell)}</td>' if column in table.code else f"<td>{_text(cell)}</td>"
            for column, cell in enumerate(row)
        )
        yield f"<tr>{cells}</tr>"
    yield "</tbody>"
    yield "</table>"


def _outline(outline: Outline) -> Iterator[str]:
    depth = -1
    for level, line in outline.lines:
        if level > depth:
            yield "<ul>"
        else:
            yield "</li>" + "</ul></li>" * (depth - level)
        yield f"<li>{_text(line)}"
        depth = level
    if depth >= 0:
        yield "</li></ul>" * (depth + 1)


def _remark(remark: Remark) -> Iterator[str]:
    yield f'<section class="finding {remark.level}">'
    yield f"<h3>{_text(remark.level)} {_text(remark.code)}: {_text(remark.title)}</h3>"
    if remark.text:
        yield f"<p>{_text(remark.text)}</p>"
    for label, text in remark.facts:
        yield f"<p><strong>{_text(label)}</strong> {_text(text)}</p>"
    if remark.places:
        yield "<ul>" + "".join(f"<li>{_text(place)}</li>" for place in remark.places) + "</ul>"
    yield "</section>"


def _text(text: str) -> str:
    return html.escape(_NO_XML.sub("\ufffd", text))
