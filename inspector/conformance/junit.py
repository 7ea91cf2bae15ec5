"""A report as JUnit's XML, which build servers read: one test case per rule, one per loader."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from inspector.conformance.registry import DEEP_ONLY, RULES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from inspector.conformance.check import Report
    from inspector.findings import Finding, Severity

# XML 1.0 has no way to write these, not even escaped.
_NO_XML: Final = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


def to_junit(report: Report, archive: Path, level: Severity | None) -> bytes:
    """UTF-8 XML. A rule fails if a finding of it is at or above `level`; milder ones are its output."""
    found: dict[str, list[Finding]] = {code: [] for code in RULES}
    for finding in report.findings:
        found.setdefault(finding.code, []).append(finding)
    name = _attribute(archive.name)
    cases = [_rule_case(code, findings, level, is_deep=report.is_deep) for code, findings in found.items()]
    failures = sum(_fails(findings, level) for findings in found.values())
    loaders = [
        f'    <testcase classname="loaders" name={_attribute(loader.loader)}>\n'
        f"      <system-out>{_text(f'{loader.verdict}: {loader.text}')}</system-out>\n    </testcase>\n"
        for loader in report.loaders
    ]
    total = len(cases) + len(loaders)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name={name} tests="{total}" failures="{failures}">\n'
        f'  <testsuite name="rules" tests="{len(cases)}" failures="{failures}">\n{"".join(cases)}  </testsuite>\n'
        f'  <testsuite name="loaders" tests="{len(loaders)}" failures="0">\n{"".join(loaders)}  </testsuite>\n'
        "</testsuites>\n"
    ).encode()


def _fails(findings: Iterable[Finding], level: Severity | None) -> bool:
    return level is not None and any(finding.severity >= level for finding in findings)


def _rule_case(code: str, findings: list[Finding], level: Severity | None, *, is_deep: bool) -> str:
    family = code.partition("-")[0]
    rule = RULES.get(code)
    title = f"{code} {rule.title}" if rule is not None else code
    head = f"    <testcase classname={_attribute(family)} name={_attribute(title)}"
    if not findings and code in DEEP_ONLY and not is_deep:
        return f'{head}><skipped message="needs a deep check"/></testcase>\n'
    if not findings:
        return f"{head}/>\n"
    lines = _text("\n".join(_line(finding) for finding in findings))
    if not _fails(findings, level):
        return f"{head}>\n      <system-out>{lines}</system-out>\n    </testcase>\n"
    worst = max(findings, key=lambda finding: finding.severity)
    attributes = f"message={_attribute(worst.title)} type={_attribute(worst.severity.word)}"
    return f"{head}>\n      <failure {attributes}>{lines}</failure>\n    </testcase>\n"


def _line(finding: Finding) -> str:
    where = finding.where
    words = [finding.severity.word, finding.title, where.object, where.pointer or ""]
    words += [f"at byte {where.offset}" if where.offset is not None else ""]
    words += [f"expected {finding.expected}" if finding.expected is not None else ""]
    words += [f"found {finding.found}" if finding.found is not None else ""]
    return "; ".join(word for word in words if word)


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)


def _text(text: str) -> str:
    return escape(_clean(text))


def _attribute(text: str) -> str:
    return quoteattr(_clean(text))
