"""The rules as a text to read: one of them for `check --explain CODE`, all of them for the documentation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from inspector.conformance.registry import DEEP_ONLY, RULES
from inspector.findings import Fix

if TYPE_CHECKING:
    from inspector.conformance.rules import Rule

FAMILIES: Final = {
    "TAR": "The tar format",
    "ARC": "The archive file",
    "LAYOUT": "The image layout",
    "BLOB": "Blobs",
    "DESC": "Descriptors",
    "INDEX": "Image indexes",
    "MANIF": "Image manifests",
    "CONFIG": "Image configurations",
    "LAYER": "Layers",
    "ANNOT": "Annotations",
    "MEDIA": "Media types",
    "JSON": "JSON documents",
    "COMPAT": "manifest.json beside index.json",
}
"""What the letters of a code stand for, in the order of the reference."""
SPECIFICATION: Final = "image-spec 1.1.1"
_FIXES: Final = {
    Fix.AUTOMATIC: "An export mends it.",
    Fix.CHOICE: "An export can mend it if that is chosen.",
    Fix.NONE: "An export does not mend it.",
}


def family(code: str) -> str:
    """`INDEX` of `INDEX-3`."""
    return code.rpartition("-")[0]


def explain(code: str) -> tuple[str, ...]:
    """The rule in a few lines of plain text, the first of them code and demand. KeyError for an unknown code."""
    rule = RULES[code]
    return (f"{rule.code}: {rule.title}", rule.explanation, *_notes(rule))


def codes_in_order() -> Iterator[str]:
    """Every code: families in the order of `FAMILIES`, their rules by number."""
    order = {name: number for number, name in enumerate(FAMILIES)}
    yield from sorted(RULES, key=lambda code: (order[family(code)], int(code.rpartition("-")[2])))


def to_markdown() -> str:
    """The reference of all findings as Markdown, a heading for each family and each rule; ends with a line break."""
    lines = []
    shown = ""
    for code in codes_in_order():
        rule = RULES[code]
        if family(code) != shown:
            shown = family(code)
            lines += [f"## {shown}: {FAMILIES[shown]}", ""]
        lines += [f"### {code}", "", f"**{rule.title}.** {rule.explanation} {' '.join(_notes(rule))}", ""]
    return "\n".join(lines)


def _notes(rule: Rule) -> Iterator[str]:
    if rule.spec is not None:
        yield f"Specification: {SPECIFICATION}, {rule.spec}."
    else:
        yield "The specification does not ask for it; practice does."
    if rule.code in DEEP_ONLY:
        yield "Told by a deep check only, which reads every blob."
    yield _FIXES[rule.fix]
