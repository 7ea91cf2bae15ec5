"""Names and texts from archives are never drawn as rich text, nor taken for a mnemonic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui import text
from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from tests.builders import ImageSpec, docker_24, layer_tar
from tests.ui.conftest import PATIENCE_MS, settle

Opener = Callable[[Path], ArchiveView]
RICH = "<img src=file:///tmp/canary.png><b>bold</b>"


def might_be_rich(shown: str) -> bool:
    """Stricter than Qt's own guess, which PySide6 does not offer."""
    return "<" in shown and ">" in shown


def rich(root: QWidget) -> list[str]:
    """Texts that Qt would draw as HTML."""
    labels = root.findChildren(QLabel)
    found = [
        label.text()
        for label in labels
        if label.textFormat() != Qt.TextFormat.PlainText and might_be_rich(label.text())
    ]
    for widget in root.findChildren(QWidget):
        tip = widget.toolTip()
        if might_be_rich(tip) and ("<img" in tip or "<b>" in tip):
            found.append(tip)
    return found


def test_names_of_files_and_archives(qtbot: QtBot, window: MainWindow, open_archive: Opener, tmp_path: Path) -> None:
    layer = layer_tar({RICH.replace("/", "\u2215"): b"", "a\u202etxt.exe": b"", "nl\nname": b"", "tab\tname": b""})
    folder = tmp_path / RICH.replace("/", "\u2215")
    folder.mkdir()
    path = docker_24([ImageSpec((layer,), ("docker.io/library/app:1",))]).write(folder / "a & b <b>x<\u2215b>.tar")
    view = open_archive(path)
    for node in view.session.tree.nodes:
        view.select(node)
        for page in view.session.pages_for(node):
            view.pages.show_page(page)
            settle(qtbot, view)
            assert rich(window) == []
    assert "&&" in window.archives.tabs.tabText(0)
    view.select(next(node for node in view.session.tree.nodes if node.label.startswith("layer 1")))
    settle(qtbot, view)
    model = view.pages.files.view.model()
    for row in range(model.rowCount()):
        tip = str(model.data(model.index(row, 0), Qt.ItemDataRole.ToolTipRole))
        assert "<img" not in tip
        shown = str(model.data(model.index(row, 0)))
        assert not {"\u202e", "\n", "\t"} & set(shown)


def test_messages(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "<b>no archive<\u2215b> & more.tar"
    path.write_bytes(b"nothing")
    window.open_paths([path])
    qtbot.waitUntil(window.archives.bar.isVisible, timeout=PATIENCE_MS)
    assert rich(window) == []
    assert "<b>no archive" in window.archives.bar._text.text()


def test_a_long_name_does_not_widen_the_window(window: MainWindow, open_archive: Opener, tmp_path: Path) -> None:
    before = window.minimumSizeHint().width()
    layer = layer_tar({"x" * 90 + "/" + "y" * 99: b""})
    path = docker_24([ImageSpec((layer,), ("docker.io/library/" + "n" * 200 + ":1",))]).write(
        tmp_path / ("f" * 240 + ".tar")
    )
    view = open_archive(path)
    for node in view.session.tree.nodes:
        view.select(node)
    assert window.minimumSizeHint().width() < max(before, 900)
    assert window.width() < 1400


def test_texts_for_qt() -> None:
    assert text.caption("a & b\nc") == "a && b c"
    assert "<b>" not in text.tooltip("<b>x</b>")
    assert text.tooltip("") == ""
    assert text.label("<b>x</b>").textFormat() == Qt.TextFormat.PlainText


def test_a_tab_tells_its_path_without_markup_and_qt_draws_none_of_it() -> None:
    first = text.plain_tip("<b>x</b> &lt;", f"/tmp/{RICH}.tar").splitlines()[0]
    # qtbase's mightBeRichText looks no further than the first line.
    assert "<" not in first
    assert "&" not in first
