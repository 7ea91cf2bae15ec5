"""The whole light hostile corpus in one window: `python -m pytest tests/hostile/test_window.py`.

Each case is opened, its pages are visited, files previewed, names copied, everything verified, and it is closed again.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.canary import canary
from tests.hostile.cases import Answer, Case, read_cases, run_cases

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

_SLACK = 4
"""A whole visit, against the seconds that opening and listing may take."""
_ALONE = 200 << 20
"""What the window itself needs, with Qt and its fonts."""


@pytest.fixture(scope="module")
def cases(hostile: Path) -> dict[str, Case]:
    return {case["id"]: case for case in read_cases(hostile)}


@pytest.fixture(scope="module")
def answers(hostile: Path, cases: dict[str, Case], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    with canary():
        return run_cases(
            "window_worker",
            hostile,
            list(cases.values()),
            tmp_path_factory.mktemp("window"),
            QT_QPA_PLATFORM="offscreen",
        )


@pytest.mark.timeout(900)  # all that the corpus costs is paid here
def test_nothing_crashes_hangs_or_complains(answers: dict[str, Answer], cases: dict[str, Case]) -> None:
    assert {key: answer["died"] for key, answer in answers.items() if "died" in answer} == {}
    assert set(answers) == set(cases)
    assert {key: answer["problems"] for key, answer in answers.items() if answer["problems"]} == {}
    assert {key: answer["left"] for key, answer in answers.items() if answer["left"]} == {}


def test_no_network_no_other_program_nothing_outside(answers: dict[str, Answer]) -> None:
    assert {key: answer["forbidden"] for key, answer in answers.items() if answer["forbidden"]} == {}


def test_each_outcome_is_one_that_is_accepted(answers: dict[str, Answer], cases: dict[str, Case]) -> None:
    wrong = []
    for key, answer in answers.items():
        allowed = {cases[key]["expected"], *cases[key]["accept"]}
        if answer["opened"] and not allowed & {"opens", "opens-with-finding"}:
            wrong.append(f"{key}: opened")
        if not answer["opened"] and "clear-error" not in allowed:
            wrong.append(f"{key}: refused: {answer['said']}")
        if not answer["opened"] and len(answer["said"]) < 20:
            wrong.append(f"{key}: not said why: {answer['said']!r}")
    assert wrong == []


def test_time_and_memory(answers: dict[str, Answer], cases: dict[str, Case]) -> None:
    slow = {k: a["seconds"] for k, a in answers.items() if a["seconds"] > _SLACK * cases[k]["limits"]["seconds"]}
    large = {
        k: a["memory"] >> 20 for k, a in answers.items() if a["memory"] > (cases[k]["limits"]["rss_mb"] << 20) + _ALONE
    }
    assert slow == {}
    assert large == {}
