"""`check` on real archives and on the hostile ones that are in order: nothing that is right may be called wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inspector.archive.detect import open_archive
from inspector.cli import main
from inspector.conformance.check import check_archive
from inspector.conformance.registry import RULES
from inspector.findings import Finding, Severity

FAULTY = ("derived-", "retar-")
REAL_ERRORS = {
    # corpus/README.md: a real ctr 2.1.9 that exited 0 before it had written all; index.json and oci-layout are missing.
    "ctr-2.1-truncated.tar": {"LAYOUT-1", "LAYOUT-4", "BLOB-6"},
    # corpus/README.md: `"layers": null` and `"diff_ids": null`, which the specification says are arrays.
    "docker-28.5-containerd-empty.tar": {"MANIF-4", "CONFIG-3"},
}
"""Errors of archives fresh from an honest tool that are errors."""

ADVICE = {"ARC-5", "ARC-7"}
"""Notes about how a tar could be written better, never about what is wrong: no folder entries, compressed as a whole."""
NAMED = {
    # Its maker cuts the name of the sha512 blob at 100 bytes, so the layer really is missing (unit tests have a whole one).
    "ok-sha512": {"BLOB-2", "BLOB-6"},
    # What the case is about.
    "ok-foreign-layer": {"LAYER-20", "BLOB-6", "CONFIG-5"},  # its history has one step, its config two diffIDs
    "ok-empty-layers": {"MANIF-4"},
}


def errors(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.code for finding in findings if finding.severity is Severity.ERROR}


@pytest.mark.parametrize("deep", [False, True], ids=["quick", "deep"])
def test_no_error_in_what_an_honest_tool_wrote(
    archive_path: Path, archive_name: str, facts: dict[str, dict[str, Any]], deep: bool
) -> None:
    if archive_name.startswith(FAULTY) or facts[archive_name]["variant"] in ("rootfs", "not-tar"):
        pytest.skip("made faulty by hand, or no image archive")
    with open_archive(archive_path) as archive:
        report = check_archive(archive, deep=deep)
    assert errors(report.findings) == REAL_ERRORS.get(archive_name, set())


@pytest.mark.parametrize("deep", [False, True], ids=["quick", "deep"])
def test_every_finding_is_a_known_rule_and_told_once(archive_path: Path, facts: dict[str, Any], deep: bool) -> None:
    if facts[archive_path.name]["variant"] in ("rootfs", "not-tar"):
        pytest.skip("no image archive")
    with open_archive(archive_path) as archive:
        report = check_archive(archive, deep=deep)
        again = check_archive(archive, deep=deep)
    assert [finding.code for finding in report.findings if finding.code not in RULES] == []
    assert all(finding.title and finding.explanation for finding in report.findings)
    assert len(set(report.findings)) == len(report.findings)
    assert {code for loader in report.loaders for code in loader.because} <= set(RULES)
    if not deep:
        assert again == report


@pytest.mark.parametrize("deep", [False, True], ids=["quick", "deep"])
def test_hostile_archives_that_are_in_order_have_no_findings(hostile: Path, deep: bool) -> None:
    cases = [
        case for case in json.loads((hostile / "expected.json").read_bytes())["cases"] if case["id"].startswith("ok-")
    ]
    assert len(cases) > 10
    found: dict[str, set[str]] = {}
    for case in cases:
        path = hostile / case["file"]
        with open_archive(path) as archive:
            report = check_archive(archive, deep=deep)
        odd = {f.code for f in report.findings if f.code not in ADVICE or f.severity is not Severity.INFO}
        odd -= NAMED.get(case["id"], set())
        if odd:
            found[case["id"]] = odd
    assert found == {}


def test_check_in_the_terminal(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(corpus / "docker-28.5-vfs-save.tar"), "--json", "--deep"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [loader["verdict"] for loader in document["loaders"]] == ["loads"] * 9
    assert main(["check", str(corpus / "derived-truncated.tar"), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["findings"][0]["code"] == "ARC-1"
    assert {loader["verdict"] for loader in document["loaders"]} == {"refuses"}
    assert main(["check", str(corpus / "derived-truncated.tar"), "--fail-on", "never"]) == 0
    assert "will it load?" in capsys.readouterr().out
    assert main(["check", str(corpus / "retar-oci.zip")]) == 2
    assert "zip" in capsys.readouterr().err
