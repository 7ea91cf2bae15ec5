"""The fold *Repairs* of the export dialog: what is ticked is planned, and what the form needs cannot be unticked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidgetItem
from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.export_dialog import ExportDialog
from inspector.ui.main_window import MainWindow
from tests.builders import containerd, image
from tests.builders.altered import altered, put
from tests.ui.conftest import PATIENCE_MS

Opener = Callable[[Path], ArchiveView]


def item(dialog: ExportDialog, key: str) -> QTreeWidgetItem | None:
    tree = dialog.choices.repairs.list
    found = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    return next((one for one in found if one is not None and one.data(0, Qt.ItemDataRole.UserRole) == key), None)


def planned(qtbot: QtBot, dialog: ExportDialog) -> None:
    qtbot.waitUntil(dialog.export_button.isEnabled, timeout=PATIENCE_MS)


def test_untick_and_tick(open_archive: Opener, window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    view = open_archive(altered(manifest=put("layers", 0, "size", value=7)).write(tmp_path / "app.tar"))
    dialog = window.exports.ask(view)
    planned(qtbot, dialog)
    assert dialog.choices.repairs.heading == "Repairs (2)"
    assert not dialog.request.repairs
    sizes = item(dialog, "sizes")
    assert sizes is not None
    sizes.setCheckState(0, Qt.CheckState.Unchecked)
    assert dialog.request.repairs == (("sizes", False),)
    qtbot.waitUntil(lambda: "1 not chosen" in dialog.choices.repairs.heading, timeout=PATIENCE_MS)
    needed = item(dialog, "manifest-json")
    assert needed is not None
    assert not needed.flags() & Qt.ItemFlag.ItemIsUserCheckable
    dialog.choices.repairs.as_usual.click()
    qtbot.waitUntil(lambda: dialog.choices.repairs.heading == "Repairs (2)", timeout=PATIENCE_MS)
    planned(qtbot, dialog)
    dialog.reject()


def test_from_a_finding(open_archive: Opener, window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    arm = image("docker.io/library/app:1", architecture="arm64", layers=1)
    made = containerd([image("docker.io/library/app:1")], absent=[arm], nested=True)
    view = open_archive(made.write(tmp_path / "app.tar"))
    dialog = window.exports.ask(view, codes=["BLOB-6"])
    qtbot.waitUntil(lambda: dialog.request.repairs == (("point-at-complete", True),), timeout=PATIENCE_MS)
    planned(qtbot, dialog)
    assert dialog.choices.repairs.list.isVisible()
    ticked = item(dialog, "point-at-complete")
    assert ticked is not None
    assert ticked.checkState(0) is Qt.CheckState.Checked
    assert dialog.choices.repairs.list.currentItem() is ticked
    assert item(dialog, "prune-absent") is None  # nothing is left to be pruned
    dialog.reject()
