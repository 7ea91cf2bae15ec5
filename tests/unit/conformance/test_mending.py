"""What a finding says of an export is what an export does: one archive per rule, exported, and checked again."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.conformance.check import check_archive
from inspector.errors import InspectorError
from inspector.export.options import ExportOptions
from inspector.export.plan import plan_export
from inspector.export.repairs import ALL
from inspector.export.writer import export_archive
from inspector.findings import Finding, Fix, Severity
from tests.builders import Bundle
from tests.unit.conformance.cases import CASES
from tests.unit.conformance.cases_more import CASES as MORE

BY_OTHER_CHOICES = {
    "INDEX-10": "which images are exported",
    "ANNOT-2": "annotations that are taken away",
    "ANNOT-3": "new names",
    "COMPAT-11": "the platform of manifest.json, or none of it",
}
EVERY = dict.fromkeys([*ALL, "distributable"], True)
IDS = [f"{code}-{number}" for number, (code, _, _) in enumerate([*CASES, *MORE])]


def findings(path: Path, code: str) -> list[Finding]:
    with open_archive(path) as archive:
        return [finding for finding in check_archive(archive, deep=True).findings if finding.code == code]


def exported(source: Path, target: Path, repairs: dict[str, bool]) -> Path | None:
    """None if there is nothing that could be exported, or a blob is damaged."""
    try:
        with open_archive(source) as archive:
            export_archive(plan_export(archive, ExportOptions(repairs=repairs)), target)
    except InspectorError:
        return None
    return target


@pytest.mark.parametrize(("code", "severity", "made"), [*CASES, *MORE], ids=IDS)
def test_a_finding_tells_the_truth_about_export(
    tmp_path: Path, code: str, severity: Severity, made: Bundle | bytes
) -> None:
    del severity
    source = tmp_path / "source.tar"
    source.write_bytes(made if isinstance(made, bytes) else made.tar())
    fixes = {finding.fix for finding in findings(source, code)}
    assert len(fixes) == 1
    (fix,) = fixes
    by_itself = exported(source, tmp_path / "default.tar", {})
    if by_itself is None:
        assert fix is Fix.NONE
        return
    left = bool(findings(by_itself, code))
    if fix is Fix.AUTOMATIC:
        assert not left
    elif fix is Fix.NONE:
        assert left
    elif code not in BY_OTHER_CHOICES:
        chosen = exported(source, tmp_path / "chosen.tar", EVERY)
        assert chosen is not None
        assert not findings(chosen, code)
