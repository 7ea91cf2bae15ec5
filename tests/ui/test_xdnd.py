"""A real drag between two programs on an X server: what synthetic events cannot show (a line edit that takes the text)."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.viewmodel.dragging import remove_dragged
from tests.ui.conftest import PATIENCE_MS, node_named, settle

pytestmark = pytest.mark.xcb
Opener = Callable[[Path], ArchiveView]
STEP = 0.03
"""Seconds between two moves of the pointer: a drag needs them one by one."""


@contextmanager
def beside(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Another program with a window in the upper left corner."""
    program = str(Path(__file__).with_name(script))
    started = subprocess.Popen([sys.executable, program, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert started.stdout is not None
        assert started.stdout.readline() == "ready\n"
        yield started
    finally:
        started.terminate()
        started.wait()


def keep_going(seconds: float) -> None:
    """The window has to answer the drag while the pointer moves."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()


def lines_of(program: subprocess.Popen[str]) -> list[str]:
    """What it prints, as it comes."""
    lines: list[str] = []

    def read() -> None:
        assert program.stdout is not None
        with program.stdout as told:
            lines.extend(told)

    threading.Thread(target=read, daemon=True).start()
    return lines


def drag(xdotool: str, qtbot: QtBot, source: subprocess.Popen[str], target: QWidget) -> None:
    told = lines_of(source)

    def tell(*arguments: str) -> None:
        subprocess.run([xdotool, *arguments], check=True)

    to = target.mapToGlobal(QPoint(target.width() // 2, target.height() // 2))
    ratio = target.devicePixelRatioF()
    tell("mousemove", "60", "60")
    keep_going(0.1)
    tell("mousedown", "1")
    keep_going(0.1)
    steps = 12
    for step in range(1, steps + 1):
        x = 60 + (to.x() * ratio - 60) * step / steps
        y = 60 + (to.y() * ratio - 60) * step / steps
        tell("mousemove", str(round(x)), str(round(y)))
        keep_going(STEP)
    # A busy machine may see the pointer late: nobody lets go before the window has said that it takes the file.
    qtbot.waitUntil(lambda: "accepted CopyAction\n" in told, timeout=PATIENCE_MS)
    keep_going(0.3)
    tell("mouseup", "1")


@pytest.mark.parametrize("place", ["empty", "filter", "json"])
def test_a_file_dragged_from_another_program_opens(
    window: MainWindow, qtbot: QtBot, judge: Callable[[str], str], open_archive: Opener,
    archive: Path, oci_archive: Path, place: str,
) -> None:  # fmt: skip
    window.move(220, 0)
    window.resize(1000, 700)
    target: QWidget = window.archives.empty
    if place != "empty":
        view = open_archive(oci_archive)
        view.select(node_named(view, "index.json" if place == "json" else "layer 1"))
        settle(qtbot, view)
        target = view.pages.json.view.viewport() if place == "json" else view.pages.files.filter
    before = len(window.archives.views())
    with beside("drag_source.py", str(archive)) as source:
        drag(judge("xdotool"), qtbot, source, target)
        qtbot.waitUntil(lambda: len(window.archives.views()) == before + 1, timeout=PATIENCE_MS)
    assert window.view is not None
    assert window.view.session.path == archive
    if place == "filter":
        assert window.archives.views()[0].pages.files.filter.text() == ""


def test_a_file_dragged_out_arrives_in_another_program(
    window: MainWindow, qtbot: QtBot, judge: Callable[[str], str], open_archive: Opener, archive: Path
) -> None:
    window.move(220, 0)
    window.resize(1000, 700)
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    table = view.pages.files.view
    view.pages.files.go_to(b"usr/bin/tool")
    qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)
    places: list[tuple[int, int]] = []

    def at_rest() -> bool:
        """The row stays where it is: moving the window and laying out its panes are over."""
        place = table.viewport().mapToGlobal(table.visualRect(table.currentIndex()).center())
        places.append((place.x(), place.y()))
        return len(places) > 20 and len(set(places[-20:])) == 1

    qtbot.waitUntil(at_rest, timeout=PATIENCE_MS)
    start = table.viewport().mapToGlobal(table.visualRect(table.currentIndex()).center())
    ratio = table.devicePixelRatioF()
    x, y = round(start.x() * ratio), round(start.y() * ratio)
    steps: list[str] = ["mousemove", str(x), str(y), "sleep", "0.2", "mousedown", "1", "sleep", "0.2"]
    for step in range(1, 13):
        steps += ["mousemove", str(x + (100 - x) * step // 12), str(y + (60 - y) * step // 12), "sleep", str(STEP)]
    xdotool = judge("xdotool")
    with beside("drop_target.py") as target:
        told = lines_of(target)

        def hand() -> None:
            subprocess.run([xdotool, *steps], check=True, timeout=60)
            end = time.monotonic() + 60
            while "entered\n" not in told and time.monotonic() < end:
                time.sleep(0.01)
            subprocess.run([xdotool, "sleep", "0.3", "mouseup", "1"], check=True, timeout=60)

        # From outside: the drag keeps this program in a loop of its own until the button is released.
        moving = threading.Thread(target=hand, daemon=True)
        moving.start()
        qtbot.waitUntil(lambda: not moving.is_alive() and "done\n" in told, timeout=PATIENCE_MS)
    (line,) = (line for line in told if line.startswith("dropped"))
    word, path, size = line.split()
    assert (word, Path(path).name, size) == ("dropped", "tool", "5000")
    assert Path(path).exists()
    remove_dragged()
    assert not Path(path).exists()
