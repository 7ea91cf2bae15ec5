"""The choices of *Export…*: each one changes the plan that is shown, and what is written."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.export_dialog import ExportDialog
from inspector.ui.main_window import MainWindow
from tests.builders import docker_24, image
from tests.ui.conftest import PATIENCE_MS

Opener = Callable[[Path], ArchiveView]


@pytest.fixture
def dialog(window: MainWindow, qtbot: QtBot, open_archive: Opener, tmp_path: Path) -> ExportDialog:
    images = [image("docker.io/library/app:1"), image("docker.io/library/other:2", seed="other")]
    view = open_archive(docker_24(images).write(tmp_path / "two.tar"))
    made = window.exports.ask(view)
    qtbot.waitUntil(made.export_button.isEnabled, timeout=PATIENCE_MS)
    return made


def planned(qtbot: QtBot, dialog: ExportDialog) -> None:
    """Wait until the plan fits what is chosen."""
    qtbot.waitUntil(lambda: not dialog._pause_plan.isActive() and dialog._plan_ok, timeout=PATIENCE_MS)


def written(window: MainWindow, qtbot: QtBot, dialog: ExportDialog, target: Path) -> dict[str, bytes]:
    dialog.target.setText(str(target))
    planned(qtbot, dialog)
    qtbot.waitUntil(dialog.export_button.isEnabled, timeout=PATIENCE_MS)
    view = window.view
    assert view is not None
    dialog.export_button.click()
    qtbot.waitUntil(view.bar.isVisible, timeout=PATIENCE_MS)
    assert target.exists(), view.bar.message
    with tarfile.open(target) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}  # type: ignore[union-attr]


def test_one_image_renamed_and_annotated(
    window: MainWindow, qtbot: QtBot, dialog: ExportDialog, tmp_path: Path
) -> None:
    choices = dialog.choices
    choices.images.item(1).setCheckState(Qt.CheckState.Unchecked)
    index = choices.names.model.index(0, 2)
    assert choices.names.model.setData(index, "registry.example/app:9")
    choices.place.setCurrentIndex(1)
    choices.extras.add.click()
    for column, value in ((1, "org.example.by"), (2, "me")):
        choices.extras.model.setData(choices.extras.model.index(0, column), value)
    files = written(window, qtbot, dialog, tmp_path / "new.tar")
    entry = json.loads(files["index.json"])
    assert [one["annotations"]["io.containerd.image.name"] for one in entry["manifests"]] == ["registry.example/app:9"]
    assert entry["annotations"] == {"org.example.by": "me"}
    assert [one["RepoTags"] for one in json.loads(files["manifest.json"])] == [["registry.example/app:9"]]


def test_layers_are_compressed_as_asked(window: MainWindow, qtbot: QtBot, dialog: ExportDialog, tmp_path: Path) -> None:
    box = dialog.choices.compression
    box.setCurrentIndex(box.findData("zstd"))
    assert dialog.choices.level.isEnabled()
    dialog.choices.level.setValue(1)
    files = written(window, qtbot, dialog, tmp_path / "zstd.tar")
    assert sum(data.startswith(b"\x28\xb5\x2f\xfd") for data in files.values()) >= 2


def test_nothing_is_written_that_was_not_planned(qtbot: QtBot, dialog: ExportDialog) -> None:
    dialog.presets.choose("strict-oci")
    assert not dialog.export_button.isEnabled()
    planned(qtbot, dialog)
    assert dialog.export_button.isEnabled()
    dialog.choices.attestations.setChecked(not dialog.choices.attestations.isChecked())
    assert not dialog.export_button.isEnabled()
    planned(qtbot, dialog)
    dialog.reject()


def test_an_edit_is_undone_and_done_again(qtbot: QtBot, dialog: ExportDialog) -> None:
    names = dialog.choices.names
    before = names.model.lines
    names.model.setData(names.model.index(0, 2), "")
    assert dialog.request.options().remove_names == ("docker.io/library/app:1",)
    names.undo.click()
    assert names.model.lines == before
    assert dialog.request.options().remove_names == ()
    names.redo.click()
    assert dialog.request.options().remove_names == ("docker.io/library/app:1",)
    names.undo.click()
    planned(qtbot, dialog)
    dialog.reject()


def test_without_images_nothing_can_be_written(qtbot: QtBot, dialog: ExportDialog) -> None:
    for row in range(2):
        dialog.choices.images.item(row).setCheckState(Qt.CheckState.Unchecked)
    qtbot.waitUntil(lambda: not dialog.export_button.isEnabled(), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "at least one" in dialog._plan_note.text(), timeout=PATIENCE_MS)
    dialog.reject()


def test_who_will_load_it_is_told_before_anything_is_written(qtbot: QtBot, dialog: ExportDialog) -> None:
    planned(qtbot, dialog)
    assert "✓ Docker" in dialog._loaders.text()
    dialog.presets.choose("strict-oci")
    qtbot.waitUntil(lambda: "✗ Docker " in dialog._loaders.text(), timeout=PATIENCE_MS)
    dialog.reject()


def test_a_preset_of_ones_own_is_there_the_next_time(
    window: MainWindow, qtbot: QtBot, dialog: ExportDialog, open_archive: Opener
) -> None:
    dialog.presets.choose("for-push")
    dialog.choices.attestations.setChecked(False)
    dialog.presets.save.click()
    (question,) = dialog.findChildren(QInputDialog)
    question.setTextValue("ours")
    question.accept()
    planned(qtbot, dialog)
    dialog.reject()
    assert window.settings.export_presets.names() == ("ours",)
    assert window.view is not None
    again = window.exports.ask(window.view)
    again.presets.own.setCurrentIndex(again.presets.own.findData("ours"))
    again.presets.own.activated.emit(again.presets.own.currentIndex())
    assert again.request.preset == "for-push"
    assert not again.request.attestations
    again.presets.remove.click()
    assert window.settings.export_presets.names() == ()
    planned(qtbot, again)
    again.reject()


def test_one_archive_for_each_image(window: MainWindow, qtbot: QtBot, dialog: ExportDialog, tmp_path: Path) -> None:
    split = dialog.choices.split
    split.setCurrentIndex(split.findData("image"))
    folder = tmp_path / "each"
    dialog.target.setText(str(folder))
    planned(qtbot, dialog)
    qtbot.waitUntil(lambda: "2 archives" in dialog.export_button.text(), timeout=PATIENCE_MS)
    qtbot.waitUntil(dialog.export_button.isEnabled, timeout=PATIENCE_MS)
    view = window.view
    assert view is not None
    dialog.export_button.click()
    qtbot.waitUntil(view.bar.isVisible, timeout=PATIENCE_MS)
    assert len(list(folder.iterdir())) == 2
    assert all(tarfile.is_tarfile(path) for path in folder.iterdir())


def test_two_open_archives_become_one(window: MainWindow, qtbot: QtBot, open_archive: Opener, tmp_path: Path) -> None:
    for number in (1, 2):
        one = image(f"docker.io/library/app:{number}", seed=str(number))
        open_archive(docker_24([one]).write(tmp_path / f"{number}.tar"))
    assert window.view is not None
    window.actions_by_id["export"].trigger()
    (dialog,) = window.findChildren(ExportDialog)
    dialog.choices.merge.item(0).setCheckState(Qt.CheckState.Checked)
    files = written(window, qtbot, dialog, tmp_path / "both.tar")
    tags = [tag for one in json.loads(files["manifest.json"]) for tag in one["RepoTags"]]
    assert sorted(tags) == ["app:1", "app:2"]


def test_the_ending_of_the_name_says_what_is_written(qtbot: QtBot, dialog: ExportDialog, tmp_path: Path) -> None:
    dialog.target.setText(f"{tmp_path}/new/")
    assert dialog.request.form == "folder"
    dialog.target.setText(str(tmp_path / "new.tar.gz"))
    planned(qtbot, dialog)
    qtbot.waitUntil(lambda: "about" in dialog.export_button.text(), timeout=PATIENCE_MS)
    dialog.reject()


def test_the_result_is_compared_with_its_source(
    window: MainWindow, qtbot: QtBot, dialog: ExportDialog, tmp_path: Path
) -> None:
    written(window, qtbot, dialog, tmp_path / "new.tar")
    view = window.view
    assert view is not None
    compared = view.compare_with(tmp_path / "new.tar")
    qtbot.waitUntil(lambda: bool(compared.lines.toPlainText()), timeout=PATIENCE_MS)
    assert "All files are the same" in compared.verdict.text()
    assert "Every image ID is the same" in compared.verdict.text()
    compared.close()


def test_a_plan_that_fails_leaves_nothing_of_the_one_before(
    window: MainWindow, qtbot: QtBot, open_archive: Opener, tmp_path: Path
) -> None:
    for number in (1, 2):
        one = image("docker.io/library/app:1", seed=str(number))
        open_archive(docker_24([one]).write(tmp_path / f"{number}.tar"))
    window.actions_by_id["export"].trigger()
    (dialog,) = window.findChildren(ExportDialog)
    planned(qtbot, dialog)
    assert dialog._loaders.text()
    dialog.choices.merge.item(0).setCheckState(Qt.CheckState.Checked)
    qtbot.waitUntil(lambda: "one name" in dialog._plan_note.text(), timeout=PATIENCE_MS)
    assert not dialog._loaders.text()
    assert dialog.export_button.text() == "Export"
    assert not dialog.export_button.isEnabled()
    # The way out is on the page of names: those of this archive.
    assert dialog.choices.names.model.setData(dialog.choices.names.model.index(0, 2), "docker.io/library/mine:1")
    planned(qtbot, dialog)
    files = written(window, qtbot, dialog, tmp_path / "both.tar")
    tags = [tag for one in json.loads(files["manifest.json"]) for tag in one["RepoTags"]]
    assert sorted(tags) == ["app:1", "mine:1"]


def test_several_archives_are_suggested_a_folder(qtbot: QtBot, dialog: ExportDialog, tmp_path: Path) -> None:
    split = dialog.choices.split
    split.setCurrentIndex(split.findData("image"))
    assert dialog.target.text().endswith("-images")
    split.setCurrentIndex(split.findData(""))
    assert dialog.target.text().endswith(".oci.tar")
    dialog.target.setText(str(tmp_path / "mine"))
    split.setCurrentIndex(split.findData("platform"))
    assert dialog.target.text() == str(tmp_path / "mine")
    dialog.reject()


def test_the_buttons_are_in_reach_on_a_small_screen(dialog: ExportDialog, qtbot: QtBot) -> None:
    """640 × 400 is a screen of 1280 × 800 at 200 %."""
    dialog.resize(600, 340)
    qtbot.waitUntil(lambda: dialog.rect().contains(dialog.buttons.geometry()), timeout=PATIENCE_MS)
    assert (dialog.width(), dialog.height()) == (600, 340)
