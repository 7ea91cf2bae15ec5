"""The hostile corpus through the reader of members: no crash, no hang, bounded memory, and the right word for each oddity."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

READER = Path(__file__).with_name("read_hostile.py")
PEAK_MB = 300

# The rule that a case of the outer tar is about → codes of which one must be told.
TOLD = {
    "tar-bad-header": {"TAR-1", "TAR-2", "TAR-5"},
    "tar-bad-size": {"TAR-1", "TAR-2", "TAR-5", "TAR-6", "TAR-7"},
    "outer-truncated": {"TAR-2", "TAR-3"},
    "tar-missing-eof": {"TAR-3"},
    "tar-signed-checksum": {"TAR-14"},
    "tar-unknown-type": {"TAR-8"},
    "tar-size-on-nonfile": {"TAR-9"},
    "tar-lone-zero-block": {"TAR-4"},
    "data-after-eof": {"TAR-4"},
    "tar-bad-pax": {"TAR-2", "TAR-5"},
    "tar-global-override": {"TAR-12"},
    "tar-name-conflict": {"TAR-13"},
    "duplicate-member": {"ARC-2"},
}
# Rules where our reading is as good as the one the corpus thinks of.
AGREES_WITH_ALL_READERS = {
    "pax-size-over-longname": "both sizes are equal, so nobody steps differently",
    "pax-xattr-nul": "",
    "pax-uid-huge": "",
}


@pytest.fixture(scope="module")
def cases(hostile: Path) -> list[dict[str, Any]]:
    listed = json.loads((hostile / "expected.json").read_bytes())["cases"]
    return [case for case in listed if case.get("file") and os.path.lexists(hostile / case["file"])]


@pytest.fixture(scope="module")
def outcomes(hostile: Path, cases: list[dict[str, Any]], repository: Path) -> Mapping[str, Any]:
    asked = json.dumps([(case["id"], str(hostile / case["file"])) for case in cases])
    done = subprocess.run(
        [sys.executable, str(READER)], input=asked.encode(), capture_output=True, timeout=170, check=False,
        env={**os.environ, "PYTHONPATH": str(repository)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
    found: Mapping[str, Any] = json.loads(done.stdout)
    assert len(found) == len(cases) + 1
    return found


def test_no_crash_and_no_hang(outcomes: Mapping[str, Any]) -> None:
    bad = {case: outcome for case, outcome in outcomes.items() if case and outcome[0] in ("crash", "timeout")}
    assert bad == {}


def test_memory_is_bounded(outcomes: Mapping[str, Any]) -> None:
    assert outcomes[""] < PEAK_MB


def test_each_oddity_is_told(outcomes: Mapping[str, Any], cases: list[dict[str, Any]]) -> None:
    silent = []
    for case in cases:
        codes = TOLD.get(case["rule"])
        outcome = outcomes[case["id"]]
        is_outer = case["category"] in ("outer-header", "outer-pax", "outer-gnu", "outer-members", "outer-truncated")
        if codes is None or not is_outer or outcome[0] == "refused" or case["id"] in AGREES_WITH_ALL_READERS:
            continue
        if not codes & set(outcome[2]) and case["expected"] != "opens" and "opens" not in case["accept"]:
            silent.append((case["id"], case["rule"], outcome))
    assert silent == []


def test_good_archives_are_silent(outcomes: Mapping[str, Any], cases: list[dict[str, Any]]) -> None:
    controls = [case["id"] for case in cases if case["id"].startswith("ok-")]
    assert controls
    assert {case: outcomes[case] for case in controls if outcomes[case][0] != "members" or outcomes[case][2]} == {}
