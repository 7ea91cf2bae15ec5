"""Checking an archive: all rules, every finding once, and what each loader makes of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.conformance.case import Case, Contents
from inspector.conformance.contents import read_contents
from inspector.conformance.forecast import Forecast
from inspector.conformance.loaders import forecast
from inspector.conformance.mending import with_fix
from inspector.conformance.registry import DEEP, QUICK, RULES
from inspector.findings import Finding, Severity
from inspector.language import say
from inspector.progress import CancelToken, ProgressSink, ignore_progress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.archive.image import ImageArchive
    from inspector.conformance.rules import Check

MOST_PER_CODE: Final = 200
"""Findings of one code that are kept one by one; the rest is counted in a last one."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found: findings in the order of the families, what opening found first; one forecast per loader."""

    findings: tuple[Finding, ...]
    loaders: tuple[Forecast, ...]
    is_deep: bool
    contents: Contents = field(default_factory=Contents, compare=False)
    """What a deep check found by reading every blob; empty after a quick one."""

    @property
    def worst(self) -> Severity | None:
        """The highest severity, None if nothing was found."""
        return max((finding.severity for finding in self.findings), default=None)

    def count(self, severity: Severity) -> int:
        return sum(1 for finding in self.findings if finding.severity is severity)

    def to_json(self) -> dict[str, object]:
        """The document of `check --json` (cli.md); keys may be added, never renamed."""
        return {
            "findings": [finding.to_json() for finding in self.findings],
            "loaders": [loader.to_json() for loader in self.loaders],
        }


def check_archive(
    archive: ImageArchive,
    *,
    deep: bool,
    token: CancelToken | None = None,
    sink: ProgressSink = ignore_progress,
    limits: Limits = DEFAULT_LIMITS,
) -> Report:
    """All rules put to an opened archive, and the forecast of each loader.

    A quick check looks at what opening read and at a few bytes of each layer. A `deep` one reads every blob once: digests,
    sizes, diffIDs, and what is in the layers. A breach is told once, wherever it was noticed first. The order of
    findings is the same for the same archive.

    Raises `Cancelled`, `SourceChanged`, `ArchiveUnreadable`.
    """
    token = token or CancelToken()
    case = Case(archive, token=token, limits=limits)
    collected = _Collected(archive)
    collected.add(archive.findings)
    _run(QUICK, case, collected)
    if deep:
        collected.add(read_contents(case, sink))
        _run(DEEP, case, collected)
    findings = collected.findings()
    return Report(findings, forecast(case), deep, case.contents)


def _run(checks: Iterable[Check], case: Case, collected: _Collected) -> None:
    for check in checks:
        case.token.check()
        collected.add(check(case))


class _Collected:
    """Findings, each place of a rule once."""

    def __init__(self, archive: ImageArchive) -> None:
        self._archive = archive
        self._kept: dict[tuple[object, ...], Finding] = {}
        self._counts: Counter[str] = Counter()
        self._worst: dict[str, Severity] = {}

    def add(self, findings: Iterable[Finding]) -> None:
        """Keep those whose code and place are new."""
        for finding in findings:
            place = _place(finding)
            if place in self._kept:
                continue
            self._counts[finding.code] += 1
            self._worst[finding.code] = max(finding.severity, self._worst.get(finding.code, finding.severity))
            if self._counts[finding.code] <= MOST_PER_CODE:
                self._kept[place] = with_fix(_explained(finding), self._archive)

    def findings(self) -> tuple[Finding, ...]:
        """In the order in which they were added; a last one for each code of which some were only counted."""
        more = [
            replace(
                Finding(code, self._worst[code], say("%s more findings of this kind", f"{count - MOST_PER_CODE:,}")),
                explanation=say(
                    "Only the first %(kept)s of %(count)s are listed.",
                    kept=MOST_PER_CODE,
                    count=f"{count:,}",
                ),
            )
            for code, count in self._counts.items()
            if count > MOST_PER_CODE
        ]
        return (*self._kept.values(), *more)


_ONE_PER_OBJECT: Final = frozenset(("BLOB-1", "MANIF-5"))
"""Rules that one object breaks once at most: wherever the breach was noticed, it is the same."""


def _place(finding: Finding) -> tuple[object, ...]:
    """What makes two findings the same: rule, object and place in it, and what was found there."""
    where = finding.where
    if finding.code in _ONE_PER_OBJECT and where.object:
        return finding.code, where.object
    if where.pointer is not None:
        return finding.code, where.object, where.pointer, finding.found
    return finding.code, where.object, where.offset, finding.title


def _explained(finding: Finding) -> Finding:
    """With the rule's words where the finding has none of its own."""
    rule = RULES.get(finding.code)
    if rule is None or (finding.explanation and finding.spec):
        return finding
    return replace(finding, explanation=finding.explanation or rule.explanation, spec=finding.spec or rule.spec)
