"""How long the window's thread is held in the other scenes: empty, loading, findings, an export that runs, an error."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.viewmodel.pages import Page
from inspector.viewmodel.recent import RecentArchive
from tests.builders import ImageSpec, docker_24, docker_25, layer_tar
from tests.builders.altered import altered, put
from tests.ui.conftest import PATIENCE_MS, settle
from tests.ui.test_responsive import Heartbeat, at_both_limits, best, many_files

Opener = Callable[[Path], ArchiveView]
_NAMES = tuple(f"docker.io/library/app:{number}" for number in range(1000))
_FINDINGS = 3000


@at_both_limits
def test_an_empty_window_with_recent_archives(qtbot: QtBot, window: MainWindow, tmp_path: Path, limit: float) -> None:
    recent = window.settings.recent
    for number in range(30):
        path = str(tmp_path / f"{number}.tar")
        recent = recent.adding(RecentArchive(path, f"app:{number}", "linux/amd64", 1 << 20, int(time.time())))
    window.settings.recent = recent

    def show() -> float:
        with Heartbeat() as heart:
            window.archives.refresh_recent()
            qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)
            qtbot.wait(20)
        return heart.longest

    assert best(show, limit) < limit


@at_both_limits
def test_a_compressed_archive_that_loads(qtbot: QtBot, window: MainWindow, tmp_path: Path, limit: float) -> None:
    spec = ImageSpec((many_files(60_000), *(layer_tar({f"f{n}": b"x"}) for n in range(120))), _NAMES)
    plain = docker_24([spec]).write(tmp_path / "many.tar")
    path = tmp_path / "many.tar.gz"
    path.write_bytes(gzip.compress(plain.read_bytes(), 1))

    def load() -> float:
        for _ in window.archives.views():
            window.archives.close_at(0)
        with Heartbeat() as heart:
            window.open_paths([path])
            qtbot.waitUntil(lambda: window.view is not None, timeout=PATIENCE_MS)
            assert window.view is not None
            settle(qtbot, window.view)
        return heart.longest

    assert best(load, limit) < limit


@at_both_limits
def test_more_findings_than_are_listed(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, tmp_path: Path, limit: float
) -> None:
    labels = [{"created": f"yesterday {number}", "created_by": 7} for number in range(_FINDINGS)]
    view = open_archive(altered(config=put("history", value=labels)).write(tmp_path / "odd.tar"))
    settle(qtbot, view)
    qtbot.waitUntil(lambda: bool(view.session.found.forecasts), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not view._runner.tasks, timeout=PATIENCE_MS)
    assert len(view.session.findings) > 300  # each rule lists its first ones
    panel = window.findings_dock.panel

    def show() -> float:
        window.findings_dock.hide()
        with Heartbeat() as heart:
            window.show_findings_panel()
            qtbot.wait(20)
            panel.filter.setText("yesterday 7")
            qtbot.wait(20)
            panel.filter.clear()
            qtbot.wait(20)
            view.pages.show_page(Page.FINDINGS)
            settle(qtbot, view)
            qtbot.wait(20)
            view.pages.show_page(Page.SUMMARY)
            settle(qtbot, view)
        return heart.longest

    assert best(show, limit) < limit


@at_both_limits
def test_an_export_that_runs(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, tmp_path: Path, limit: float
) -> None:
    layers = tuple(layer_tar({f"f{n}": bytes([n]) * (1 << 20)}) for n in range(20))
    path = docker_25([ImageSpec(layers, _NAMES)]).write(tmp_path / "large.tar")
    view = open_archive(path)
    settle(qtbot, view)
    target = tmp_path / "large.oci.tar"

    def export() -> float:
        target.unlink(missing_ok=True)
        qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)
        with Heartbeat() as heart:
            window.actions_by_id["export-now"].trigger()
            qtbot.waitUntil(target.exists, timeout=PATIENCE_MS)
            qtbot.waitUntil(lambda: not window.archives.is_busy(view), timeout=PATIENCE_MS)
            qtbot.wait(20)
        return heart.longest

    def ask() -> float:
        with Heartbeat() as heart:
            dialog = window.exports.ask(view)
            qtbot.waitUntil(dialog.isVisible, timeout=PATIENCE_MS)
            qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)
            qtbot.wait(20)
            dialog.reject()
        return heart.longest

    gaps = {"export": best(export, limit), "dialog": best(ask, limit)}
    assert {name: round(gap, 3) for name, gap in gaps.items() if gap > limit} == {}


@at_both_limits
def test_an_error(qtbot: QtBot, window: MainWindow, tmp_path: Path, limit: float) -> None:
    paths = [tmp_path / f"{number}.tar" for number in range(20)]
    for path in paths:
        path.write_bytes(b"not a tar \x00" * 100_000)

    def fail() -> float:
        with Heartbeat() as heart:
            window.open_paths(paths)
            qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)
            qtbot.waitUntil(window.archives.bar.isVisible, timeout=PATIENCE_MS)
            qtbot.keyClick(window, Qt.Key.Key_F9)
            qtbot.wait(20)
        return heart.longest

    assert best(fail, limit) < limit
