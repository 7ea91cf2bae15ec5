"""Each rule: an archive that breaks it and nothing else, and the same archive in order, which breaks none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.archive.limits import DEFAULT_LIMITS
from inspector.conformance.check import Report, check_archive
from inspector.conformance.registry import RULES
from inspector.findings import Severity
from tests.builders import Bundle
from tests.builders.altered import LAYERS, altered, put
from tests.unit.conformance import cases, cases_more

HERE = Path(__file__).parent
Check = Callable[..., Report]
CASES = [*cases.CASES, *cases_more.CASES]
COMPANIONS = cases.COMPANIONS | cases_more.COMPANIONS

NEVER_BROKEN = {
    # Rules that allow something, or bind the export or the viewer: nothing can break them.
    "BLOB-8", "DESC-12", "JSON-6", "MEDIA-2", "MANIF-11", "MANIF-15", "CONFIG-8", "CONFIG-11", "CONFIG-12", "LAYER-6",
    "LAYER-9", "LAYER-13",
    # Told under other codes, as their explanation says.
    "DESC-5", "DESC-7", "ARC-9",
}  # fmt: skip


def codes(report: Report) -> set[str]:
    return {finding.code for finding in report.findings}


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("made", [
    altered(), altered(with_docker=True), altered(compression="gzip"), altered(compression="zstd"),
    altered(tars=(*LAYERS, LAYERS[0])),
])  # fmt: skip
def test_an_archive_in_order_breaks_no_rule(check: Check, made: Bundle, deep: bool) -> None:
    report = check(made, deep=deep)
    assert report.findings == ()
    assert report.worst is None


def _ids() -> list[str]:
    return [f"{code}-{number}" for number, (code, _, _) in enumerate(CASES)]


@pytest.mark.parametrize(("code", "severity", "made"), CASES, ids=_ids())
def test_a_broken_rule_is_told_alone(check: Check, code: str, severity: Severity, made: Bundle | bytes) -> None:
    report = check(made)
    own = [finding for finding in report.findings if finding.code == code]
    assert {finding.severity for finding in own} == {severity}, report.findings
    assert codes(report) - {code} <= COMPANIONS.get(code, set()), report.findings
    assert own[0].explanation
    assert own[0].where.object or own[0].where.offset is not None or code == "ARC-1"


def test_every_rule_has_a_case() -> None:
    untested = set(RULES) - {code for code, _, _ in CASES} - {"MANIF-14"}  # which has a test of its own
    # The tar reader finds TAR-*: tests/unit/archive/test_tar_oddities.py breaks each.
    assert {code for code in untested if not code.startswith("TAR-")} == NEVER_BROKEN
    breaks = "".join(path.read_text(encoding="utf-8") for path in (HERE.parent / "archive").glob("test_*.py"))
    assert [code for code in untested if code.startswith("TAR-") and f'"{code}"' not in breaks] == []


def test_a_manifest_of_more_than_4_mib(tmp_path: Path) -> None:
    limits = DEFAULT_LIMITS.raised("json_bytes")
    path = altered(manifest=put("annotations", value={"x.y": "z" * (4 << 20)})).write(tmp_path / "app.tar")
    with open_archive(path, limits=limits) as archive:
        report = check_archive(archive, deep=True, limits=limits)
    assert codes(report) == {"MANIF-14", "ARC-8"}


def test_rules_are_told_in_words() -> None:
    for code, rule in RULES.items():
        assert code == rule.code
        assert rule.title
        assert rule.explanation.endswith((".", ")"))
