"""500 opens and closes and 200 cancelled exports in one process leave descriptors, threads, memory and folders as they were.

`python -m tests.faults.soak` does as many as wanted; of the window, CI does fewer and `-m bench` all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_SPARE = 12 << 20
"""What an allocator may keep."""


def soak(kind: str, opens: int, exports: int, tmp_path: Path, repository: Path) -> None:
    for name in ("archives", "tmp"):
        (tmp_path / name).mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.soak", kind, str(opens), str(exports), str(tmp_path / "archives")],
        cwd=repository, capture_output=True, text=True, check=False,
        env=os.environ | {"TMPDIR": str(tmp_path / "tmp"), "QT_QPA_PLATFORM": "offscreen", "PYTHONFAULTHANDLER": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    before, after = told["before"], told["after"]
    assert told["left"] == []
    assert told["cancelled"] > exports // 3
    assert after["temporary"] == before["temporary"] == []
    assert after["threads"] == before["threads"]
    assert after["descriptors"] == before["descriptors"]
    assert after["memory"] < before["memory"] * 1.1 + _SPARE


@pytest.mark.timeout(900)
def test_the_core(tmp_path: Path, repository: Path) -> None:
    soak("core", 500, 200, tmp_path, repository)


@pytest.mark.timeout(900)
def test_the_window(tmp_path: Path, repository: Path) -> None:
    pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)
    soak("window", 60, 25, tmp_path, repository)


@pytest.mark.bench  # minutes
@pytest.mark.timeout(3600)
def test_the_window_all_day(tmp_path: Path, repository: Path) -> None:
    pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)
    soak("window", 500, 200, tmp_path, repository)
