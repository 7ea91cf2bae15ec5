"""How soon the tree of a large archive is on screen, next to reading the file once, in one run.

pytest -m bench tests/bench/test_window_bench.py -s
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from inspector.ui.main_window import MainWindow
from inspector.ui.settings import Settings
from inspector.ui.task_runner import TaskRunner
from tests.bench.test_export_bench import big

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1200)]

__all__ = ["big"]


def test_the_tree_is_there_before_the_file_could_be_read(qtbot: QtBot, big: Path, tmp_path: Path) -> None:
    started = time.monotonic()
    with big.open("rb", buffering=0) as file:
        while file.read(1 << 20):
            pass
    reading = time.monotonic() - started
    window = MainWindow(TaskRunner(), Settings(tmp_path / "settings.ini"))
    qtbot.addWidget(window)
    window.show()
    started = time.monotonic()
    window.open_paths([big])
    qtbot.waitUntil(lambda: window.view is not None, timeout=60_000)
    assert window.view is not None
    window.view.grab()
    opening = time.monotonic() - started
    window.close()
    print(f"\ntree on screen {opening:.3f} s, reading the file once {reading:.3f} s: {opening / reading:.2f}")
    assert opening < reading
