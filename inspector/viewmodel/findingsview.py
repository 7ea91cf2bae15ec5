"""Findings as rows, worst first, and as the one short text of the status bar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.findings import Finding, Fix, Severity
from inspector.language import in_language, mark, tr, trn
from inspector.oci.digest import Digest
from inspector.viewmodel import display

if TYPE_CHECKING:
    from inspector.viewmodel.tree import StructureNode

SIGNS = {Severity.ERROR: "✗", Severity.WARNING: "⚠", Severity.INFO: "ℹ"}
_LEVELS = {Severity.ERROR: mark("error"), Severity.WARNING: mark("warning"), Severity.INFO: mark("note")}
_FIXES = {
    Fix.AUTOMATIC: mark("An export mends it."),
    Fix.CHOICE: mark("An export can mend it if you choose so."),
    Fix.NONE: mark("An export does not mend it."),
}


def level_word(level: Severity) -> str:
    """`error`, `warning` or `note`."""
    return tr(_LEVELS[level])


def fix_words(fix: Fix) -> str:
    """Whether an export mends it, as a sentence."""
    return tr(_FIXES[fix])


def counted(counts: Mapping[Severity, int]) -> str:
    """`1 error, 2 warnings, 3 notes`; "" for none."""
    parts = {
        Severity.ERROR: trn("%d error", "%d errors", counts.get(Severity.ERROR, 0)),
        Severity.WARNING: trn("%d warning", "%d warnings", counts.get(Severity.WARNING, 0)),
        Severity.INFO: trn("%d note", "%d notes", counts.get(Severity.INFO, 0)),
    }
    return ", ".join(text % counts[level] for level, text in parts.items() if counts.get(level))


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding. `where` is one line; `details` has every field and is meant for copying.

    `place` is what tables show: the node as the tree calls it, and what is meant there; `where` if it has no node.
    """

    code: str
    severity: Severity
    level: str
    sign: str
    title: str
    explanation: str
    where: str
    details: str
    digest: Digest | None = None
    node: StructureNode | None = None
    place: str = ""
    pointer: str = ""
    finding: Finding | None = None
    """What the row was made of: for view-models."""
    haystack: str = ""
    """What a filter looks into, in small letters; made here, since lists of findings are made in workers."""

    @property
    def mendable(self) -> bool:
        """Whether an export can do something about it."""
        return self.finding is not None and self.finding.fix is not Fix.NONE

    @property
    def entry_offset(self) -> int | None:
        """Where in its unpacked layer the entry that it speaks of begins its content; None if it speaks of none."""
        if self.finding is None or not self.code.startswith("LAYER-") or not self.finding.where.object:
            return None
        return self.finding.where.offset


@dataclass(frozen=True, slots=True)
class FindingList:
    """Rows, worst first and otherwise in the order of the archive."""

    rows: tuple[FindingRow, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[FindingRow]:
        return iter(self.rows)

    @property
    def worst(self) -> Severity | None:
        return self.rows[0].severity if self.rows else None

    @property
    def sign(self) -> str:
        return SIGNS[self.rows[0].severity] if self.rows else "✓"

    @property
    def text(self) -> str:
        """`1 error, 2 warnings, 3 notes` or `no findings`."""
        return counted(Counter(row.severity for row in self.rows)) or tr("no findings")


def finding_list(
    findings: Iterable[Finding], locate: Callable[[Finding], StructureNode | None] = lambda _finding: None
) -> FindingList:
    """Rows for the findings; `locate` tells which node a finding speaks of. Equal findings are shown once."""
    unique = dict.fromkeys(findings)
    rows = [_row(finding, locate(finding)) for finding in unique]
    return FindingList(tuple(sorted(rows, key=lambda row: -row.severity)))


def _row(finding: Finding, node: StructureNode | None) -> FindingRow:
    place = finding.where
    where = display.safe(place.object)
    if place.pointer:
        where += f" {display.safe(place.pointer)}"
    if place.offset is not None:
        where += " " + tr("at byte %s") % f"{place.offset:,}"
    if place.digest and place.digest not in place.object:
        where += f" {display.short(place.digest)}"
    where = where.strip()
    shown = _place(finding, node) or where
    details = _details(finding)
    return FindingRow(
        code=finding.code,
        severity=finding.severity,
        level=level_word(finding.severity),
        sign=SIGNS[finding.severity],
        title=display.safe(tr(finding.title)),
        explanation=display.safe(tr(finding.explanation), 4000),
        where=where,
        place=shown,
        details=details,
        digest=Digest.try_parse(place.digest),
        node=node,
        pointer=place.pointer or "",
        finding=finding,
        haystack=f"{level_word(finding.severity)} {details} {shown}".casefold(),
    )


def _place(finding: Finding, node: StructureNode | None) -> str:
    """`layer 3 · odd/capfile`, `config · $.created`: names of blobs say nothing to a person. "" if the tree has none."""
    if node is None or node.parent is None or not node.short:
        return ""
    named = in_language(finding.found) if finding.code.startswith("LAYER-") else None
    inside = finding.where.pointer or named or ""
    return f"{node.short} · {display.safe(inside)}" if inside else node.short


def _details(finding: Finding) -> str:
    place = finding.where
    lines = [
        f"{level_word(finding.severity)} {finding.code}: {tr(finding.title)}",
        tr(finding.explanation),
        tr("Where: %s") % place.object if place.object else "",
        tr("JSON pointer: %s") % place.pointer if place.pointer else "",
        tr("Tar offset: %s") % f"{place.offset:,}" if place.offset is not None else "",
        tr("Digest: %s") % place.digest if place.digest else "",
        tr("Expected: %s") % in_language(finding.expected) if finding.expected is not None else "",
        tr("Found: %s") % in_language(finding.found) if finding.found is not None else "",
        fix_words(finding.fix),
        tr("Specification: %s") % finding.spec if finding.spec else "",
    ]
    return "\n".join(display.safe(line, 4000) for line in lines if line)
