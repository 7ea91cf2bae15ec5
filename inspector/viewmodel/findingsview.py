"""Findings as rows, worst first, and as the one short text of the status bar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.findings import Finding, Fix, Severity
from inspector.oci.digest import Digest
from inspector.viewmodel import display

if TYPE_CHECKING:
    from inspector.viewmodel.tree import StructureNode

SIGNS = {Severity.ERROR: "✗", Severity.WARNING: "⚠", Severity.INFO: "ℹ"}
_WORDS = {
    Severity.ERROR: ("error", "errors"),
    Severity.WARNING: ("warning", "warnings"),
    Severity.INFO: ("note", "notes"),
}
_FIXES = {
    Fix.AUTOMATIC: "An export mends it.",
    Fix.CHOICE: "An export can mend it if you choose so.",
    Fix.NONE: "An export does not mend it.",
}


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding. `where` is one line; `details` has every field and is meant for copying."""

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
    pointer: str = ""


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
        counts = Counter(row.severity for row in self.rows)
        parts = [display.count(counts[level], *_WORDS[level]) for level in sorted(counts, reverse=True)]
        return ", ".join(parts) or "no findings"


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
        where += f" at byte {place.offset:,}"
    if place.digest and place.digest not in place.object:
        where += f" {display.short(place.digest)}"
    return FindingRow(
        code=finding.code,
        severity=finding.severity,
        level=_WORDS[finding.severity][0],
        sign=SIGNS[finding.severity],
        title=display.safe(finding.title),
        explanation=display.safe(finding.explanation, 4000),
        where=where.strip(),
        details=_details(finding),
        digest=Digest.try_parse(place.digest),
        node=node,
        pointer=place.pointer or "",
    )


def _details(finding: Finding) -> str:
    place = finding.where
    lines = [
        f"{_WORDS[finding.severity][0]} {finding.code}: {finding.title}",
        finding.explanation,
        f"Where: {place.object}" if place.object else "",
        f"JSON pointer: {place.pointer}" if place.pointer else "",
        f"Tar offset: {place.offset:,}" if place.offset is not None else "",
        f"Digest: {place.digest}" if place.digest else "",
        f"Expected: {finding.expected}" if finding.expected is not None else "",
        f"Found: {finding.found}" if finding.found is not None else "",
        _FIXES[finding.fix],
        f"Specification: {finding.spec}" if finding.spec else "",
    ]
    return "\n".join(display.safe(line, 4000) for line in lines if line)
