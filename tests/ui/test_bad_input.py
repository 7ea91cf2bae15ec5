"""What cannot be opened gets one clear message, and the window stays usable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from inspector.ui import text
from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from tests.builders import ImageSpec, docker_24, layer_tar
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"PK\x03\x04" + bytes(60), "zip"),
        (b"<!DOCTYPE html><html></html>", "HTML"),
        (bytes(range(256)) * 8, ""),
    ],
)
def test_no_image_archive(
    window: MainWindow, qtbot: QtBot, open_archive: Opener, tmp_path: Path, archive: Path, content: bytes, word: str
) -> None:
    path = tmp_path / "thing.tar"
    path.write_bytes(content)
    window.open_paths([path])
    qtbot.waitUntil(window.archives.bar.isVisible, timeout=PATIENCE_MS)
    message = window.archives.bar.message
    assert message is not None
    assert str(path) in message.text
    assert word.lower() in f"{message.title} {message.text}".lower()
    assert window.view is None
    open_archive(archive)
    assert not window.archives.bar.isVisible()


def test_a_missing_file(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.open_paths([tmp_path / "nothing.tar"])
    qtbot.waitUntil(window.archives.bar.isVisible, timeout=PATIENCE_MS)


def test_a_cut_archive_opens_as_far_as_it_goes(qtbot: QtBot, open_archive: Opener, oci_archive: Path) -> None:
    data = oci_archive.read_bytes()
    oci_archive.write_bytes(data[: len(data) * 2 // 3])
    view = open_archive(oci_archive)
    assert view.session.findings.worst is not None


def test_names_from_the_archive_are_never_rich_text(
    qtbot: QtBot, open_archive: Opener, window: MainWindow, tmp_path: Path
) -> None:
    evil = "<img src='passwd.png'>"
    layer = layer_tar({evil: b"x", "a\u202ecod.exe": b"x"})
    path = docker_24([ImageSpec((layer,), ("docker.io/library/app:1",))]).write(tmp_path / "<b>&evil.tar")
    view = open_archive(path)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    files = view.pages.files.view
    model = files.model()
    tips = [model.data(model.index(row, 0), Qt.ItemDataRole.ToolTipRole) for row in range(model.rowCount())]
    shown = [model.data(model.index(row, 0)) for row in range(model.rowCount())]
    assert evil in shown
    assert all("<img" not in tip for tip in tips)
    assert all("\u202e" not in name for name in shown)
    labels = window.findChildren(QLabel)
    assert labels
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in labels if label.text())


def test_tooltips_are_escaped_and_say_that_they_are_html() -> None:
    assert text.tooltip("<b>&") == "<qt>&lt;b&gt;&amp;</qt>"
    assert text.tooltip("") == ""
    assert text.caption("a & b\nc") == "a && b c"


def test_closing_while_an_archive_is_opened(window: MainWindow, archive: Path) -> None:
    window.open_paths([archive])
    assert window.close()


def test_closing_a_tab_while_a_layer_is_read(
    window: MainWindow, qtbot: QtBot, open_archive: Opener, archive: Path
) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    window.archives.close_at(0)
    assert window.view is None
    qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)


def test_closing_during_an_export_asks_once(
    window: MainWindow, qtbot: QtBot, open_archive: Opener, tmp_path: Path
) -> None:
    big = layer_tar({"big": bytes(64 << 20)})
    path = docker_24([ImageSpec((big,), ("docker.io/library/big:1",))]).write(tmp_path / "big.tar")
    open_archive(path)
    window.actions_by_id["export-now"].trigger()
    qtbot.waitUntil(lambda: window.exports.running, timeout=PATIENCE_MS)
    window.close()
    assert window.isVisible()
    window._close_anyway()
    assert not window.isVisible()
    assert not list(tmp_path.glob("*.part"))


def test_closing_a_tab_stops_its_export(window: MainWindow, qtbot: QtBot, open_archive: Opener, tmp_path: Path) -> None:
    big = layer_tar({"big": bytes(64 << 20)})
    path = docker_24([ImageSpec((big,), ("docker.io/library/big:1",))]).write(tmp_path / "big.tar")
    open_archive(path)
    window.actions_by_id["export-now"].trigger()
    qtbot.waitUntil(lambda: window.exports.running, timeout=PATIENCE_MS)
    window.archives.close_at(0)
    qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)
    assert [child.name for child in tmp_path.iterdir() if child.suffix != ".ini"] == ["big.tar"]
