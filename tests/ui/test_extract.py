"""Extract from the window: the selected files, or a whole image; then one line about what was saved."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

import inspector
from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.viewmodel.messages import Action
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]


def test_the_selected_file_is_saved(
    window: MainWindow,
    qtbot: QtBot,
    open_archive: Opener,
    archive: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    view.pages.files.go_to(b"etc/passwd")
    target = tmp_path / "saved"
    target.mkdir()
    begun: list[str] = []

    def choose(*arguments: object) -> str:
        begun.append(str(arguments[-1]))
        return str(target)

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", choose)
    window.actions_by_id["extract"].trigger()
    qtbot.waitUntil(view.bar.isVisible, timeout=PATIENCE_MS)
    assert [str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()] == ["etc/passwd"]
    assert view.bar.message is not None
    assert view.bar.message.title.startswith("Extracted")
    assert begun == [str(archive.parent)]


def test_a_whole_image_is_saved(qtbot: QtBot, open_archive: Opener, archive: Path, tmp_path: Path) -> None:
    view = open_archive(archive)
    view.select(node_named(view, "app:1"))
    view.extract_to(tmp_path / "root", ())
    qtbot.waitUntil(view.bar.isVisible, timeout=PATIENCE_MS)
    assert (tmp_path / "root/usr/bin/tool").read_bytes() == b"x" * 5000
    assert not (tmp_path / "root/etc/passwd").exists()


def test_without_an_image_it_says_what_to_choose(window: MainWindow, open_archive: Opener, archive: Path) -> None:
    view = open_archive(archive)
    view.select(view.session.tree.root)
    window.actions_by_id["extract"].trigger()
    assert view.bar.isVisible()


def test_only_folders_are_handed_to_other_programs(
    window: MainWindow,
    qtbot: QtBot,
    open_archive: Opener,
    archive: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Security.md 35: what an archive holds, and the archive itself, is never opened by whatever the desktop has for it."""
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    view = open_archive(archive)
    window.show_source()
    view.select(node_named(view, "app:1"))
    view.extract_to(tmp_path / "root", ())
    qtbot.waitUntil(view.bar.isVisible, timeout=PATIENCE_MS)
    assert view.bar.message is not None
    window._act_for(view, Action.SHOW_IN_FOLDER, view.bar.message)
    assert opened == [str(tmp_path), str(tmp_path / "root")]
    calls = {
        (file.name, line.strip())
        for file in Path(inspector.__file__).parent.rglob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"openUrl|QProcess|subprocess|os\.(system|popen|spawn|exec|posix_spawn|startfile)", line)
    }
    assert calls == {
        ("main_window.py", "QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.view.session.path.parent)))"),
        ("main_window.py", "QDesktopServices.openUrl(QUrl.fromLocalFile(message.subject))"),
        ("exports.py", "QDesktopServices.openUrl(QUrl.fromLocalFile(str(outcome.path.parent)))"),
    }, "each way to start another program is looked at and listed here"
