"""A report as SARIF 2.1.0, which code hosts and editors show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from inspector import __version__
from inspector.conformance.registry import RULES
from inspector.findings import Finding, Severity

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.conformance.check import Report
    from inspector.conformance.rules import Rule

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_SPEC: Final = "https://github.com/opencontainers/image-spec/blob/v1.1.1/"


def to_sarif(report: Report, archive: Path) -> dict[str, object]:
    """The document, for one archive: the rules that were broken, one result per finding, the forecasts as properties."""
    codes = list(dict.fromkeys(finding.code for finding in report.findings))
    run = {
        "tool": {
            "driver": {
                "name": "image-inspector",
                "version": __version__,
                "rules": [_rule(code, RULES.get(code)) for code in codes],
            }
        },
        "artifacts": [{"location": {"uri": _uri(archive)}}],
        "results": [_result(finding, codes.index(finding.code), archive) for finding in report.findings],
        "properties": {"deep": report.is_deep, "loaders": [loader.to_json() for loader in report.loaders]},
    }
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }


def _uri(archive: Path) -> str:
    """The file's name, as a relative URI: the report does not tell where a person keeps it."""
    return quote(archive.name.encode("utf-8", "surrogateescape"))


def _rule(code: str, rule: Rule | None) -> dict[str, object]:
    if rule is None:
        return {"id": code}
    described: dict[str, object] = {
        "id": code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.explanation},
    }
    return described | ({"helpUri": _SPEC + rule.spec} if rule.spec is not None else {})


def _result(finding: Finding, number: int, archive: Path) -> dict[str, object]:
    where = finding.where
    words = [f"{finding.title}.", finding.explanation]
    words += [f"Expected: {finding.expected}." if finding.expected is not None else ""]
    words += [f"Found: {finding.found}." if finding.found is not None else ""]
    physical: dict[str, object] = {"artifactLocation": {"uri": _uri(archive), "index": 0}}
    if where.offset is not None:
        physical["region"] = {"byteOffset": where.offset, "byteLength": 0}
    location: dict[str, object] = {"physicalLocation": physical}
    name = " ".join(part for part in (where.object, where.pointer) if part)
    if name:
        location["logicalLocations"] = [{"fullyQualifiedName": name}]
    return {
        "ruleId": finding.code,
        "ruleIndex": number,
        "level": _LEVELS[finding.severity],
        "message": {"text": " ".join(word for word in words if word)},
        "locations": [location],
        "properties": {"digest": where.digest, "fix": finding.fix.value},
    }
