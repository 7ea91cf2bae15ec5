"""The findings panel: groups by level and rule, a filter, the explanation of one finding, and texts to copy."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.conformance.forecast import Forecast, Verdict
from inspector.conformance.loaders import NAMES
from inspector.conformance.reference import SPECIFICATION
from inspector.conformance.registry import RULES
from inspector.export.repairs import REPAIRS
from inspector.findings import Fix, Severity
from inspector.language import in_language, mark, tr, trn
from inspector.viewmodel import display
from inspector.viewmodel.findingsview import SIGNS, FindingList, FindingRow, counted, fix_words, level_word

if TYPE_CHECKING:
    from inspector.findings import Finding

LEVELS = (Severity.ERROR, Severity.WARNING, Severity.INFO)
"""Worst first, as the panel offers them."""
_DECIDES = {
    Verdict.REFUSES: mark("Refuses the archive for it: %s"),
    Verdict.WRONG: mark("Loads something else because of it: %s"),
    Verdict.WARNING: mark("Loads it with a warning: %s"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one rule and level, in the order of the archive; `text` is its line, `spoken` without signs."""

    severity: Severity
    code: str
    text: str
    spoken: str
    rows: tuple[FindingRow, ...]


@dataclass(frozen=True, slots=True)
class Groups:
    """What the filter leaves. `text` says how many findings that are, of how many."""

    groups: tuple[Group, ...]
    shown: int
    total: int
    text: str
    counts: Mapping[Severity, int]
    """Of each level, before the filter."""


def group_findings(findings: FindingList, words: str = "", levels: Iterable[Severity] = LEVELS) -> Groups:
    """Findings whose level is wanted and that have every word of `words` (code, title, place, explanation), grouped."""
    wanted = frozenset(levels)
    needles = words.casefold().split()
    found: dict[tuple[Severity, str], list[FindingRow]] = {}
    for row in findings:
        if row.severity in wanted and all(needle in row.haystack for needle in needles):
            found.setdefault((row.severity, row.code), []).append(row)
    groups = tuple(_group(severity, code, rows) for (severity, code), rows in found.items())
    shown = sum(len(group.rows) for group in groups)
    counts = Counter(row.severity for row in findings)
    total = len(findings)
    if not total:
        text = tr("Nothing odd was found.")
    elif shown == total:
        text = counted(counts)
    else:
        text = tr("%(shown)s of %(total)s findings") % {"shown": f"{shown:,}", "total": f"{total:,}"}
    return Groups(groups, shown, total, text, counts)


def _group(severity: Severity, code: str, rows: list[FindingRow]) -> Group:
    titles = {row.title for row in rows}
    rule = RULES.get(code)
    title = rows[0].title if len(titles) == 1 or rule is None else tr(rule.title)
    number = f" ({len(rows):,})" if len(rows) > 1 else ""
    spoken = ", ".join((level_word(severity), code, title, trn("%d finding", "%d findings", len(rows)) % len(rows)))
    return Group(
        severity, code, f"{SIGNS[severity]} {level_word(severity)} {code}: {title}{number}", spoken, tuple(rows)
    )


def explain(row: FindingRow, forecasts: Iterable[Forecast]) -> str:
    """All that is known about a finding and its rule, without a network: several paragraphs of plain text."""
    finding = row.finding
    if finding is None:
        return row.details
    rule = RULES.get(finding.code)
    own = finding.explanation if rule is None or finding.explanation != rule.explanation else ""
    paragraphs = [
        f"{row.sign} {row.level} {finding.code}: {tr(finding.title)}",
        tr(own),
        "\n".join(_place(finding)),
        "\n".join(
            (tr("The rule %(code)s: %(title)s.") % {"code": rule.code, "title": tr(rule.title)}, tr(rule.explanation))
            if rule is not None
            else ()
        ),
        tr("Specification: %s") % f"{SPECIFICATION}, {finding.spec}"
        if finding.spec
        else tr("The specification does not ask for it; practice does."),
        "\n".join(_who_cares(finding.code, forecasts)),
        "\n".join((fix_words(finding.fix), *_repairs(finding))),
    ]
    return "\n\n".join(display.safe_lines(text, 8000) for text in paragraphs if text)


def _place(finding: Finding) -> Iterable[str]:
    where = finding.where
    if where.object:
        yield tr("Where: %s") % display.safe(where.object)
    if where.pointer:
        yield tr("JSON pointer: %s") % display.safe(where.pointer)
    if where.offset is not None:
        yield tr("Tar offset: %s") % f"{where.offset:,}"
    if where.digest:
        yield tr("Digest: %s") % display.safe(where.digest)
    if finding.expected is not None:
        yield tr("Expected: %s") % display.safe(in_language(finding.expected))
    if finding.found is not None:
        yield tr("Found: %s") % display.safe(in_language(finding.found))


def _who_cares(code: str, forecasts: Iterable[Forecast]) -> Iterable[str]:
    """Which loaders decide by this rule, as far as the forecast of this archive says."""
    forecasts = tuple(forecasts)
    cares = False
    for verdict, words in _DECIDES.items():
        names = [NAMES[one.loader] for one in forecasts if one.verdict is verdict and code in one.because]
        if names:
            cares = True
            yield tr(words) % ", ".join(names)
    if forecasts and not cares:
        yield tr("No loader is expected to refuse this archive because of it.")


def _repairs(finding: Finding) -> Iterable[str]:
    """The repairs of an export that are about this rule, and what each changes."""
    if finding.fix is not Fix.NONE:
        for repair in REPAIRS:
            if finding.code in repair.codes:
                yield f"• {tr(repair.title)}. {tr(repair.effect)}"


def as_text(rows: Iterable[FindingRow]) -> str:
    """The rows with everything that they say, for pasting into a message."""
    return "\n\n".join(row.details for row in rows)


def as_json(rows: Iterable[FindingRow]) -> str:
    """The rows as `check --json` writes findings: an array, ASCII."""
    return json.dumps([row.finding.to_json() for row in rows if row.finding is not None], indent=2, ensure_ascii=True)
