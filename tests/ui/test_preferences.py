"""The preferences dialog: every choice has its effect at once, and is there at the next start."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QLabel, QPushButton, QTabBar
from pytestqt.qtbot import QtBot

from inspector.progress import CancelToken, ProgressSink
from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.ui.preferences_dialog import PreferencesDialog
from inspector.ui.task_runner import Task
from inspector.ui.theme import follow_colour_scheme
from inspector.viewmodel import display, preferences
from inspector.viewmodel.caching import ListingCache
from inspector.viewmodel.messages import Action
from inspector.viewmodel.pages import Page
from inspector.viewmodel.preferences import Preferences, Theme, Units
from tests.builders import ImageSpec, docker_25, layer_tar
from tests.ui.conftest import PATIENCE_MS, node_named, settle
from tests.ui.test_accessible import unnamed

Opener = Callable[[Path], ArchiveView]


@pytest.fixture(autouse=True)
def _as_before(qapp: QApplication) -> Iterator[None]:
    yield
    preferences.apply(Preferences())
    follow_colour_scheme(qapp).choose(Theme.SYSTEM)


@pytest.fixture
def dialog(window: MainWindow) -> Iterator[PreferencesDialog]:
    made = window.show_preferences()
    yield made
    made.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def luminance(colour: QColor) -> float:
    channels = (colour.redF(), colour.greenF(), colour.blueF())
    parts = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in channels]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: QColor, other: QColor) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [Theme.LIGHT, Theme.DARK, Theme.CONTRAST])
def test_every_theme_is_chosen_live_and_can_be_read(
    qtbot: QtBot, window: MainWindow, dialog: PreferencesDialog, theme: Theme
) -> None:
    dialog.theme.setCurrentIndex(dialog.theme.findData(theme.value))
    assert window.settings.preferences.theme is theme
    is_light = theme is Theme.LIGHT
    qtbot.waitUntil(lambda: (window.palette().window().color().lightness() > 128) is is_light, timeout=PATIENCE_MS)
    palette = window.palette()
    least = 7.0 if theme is Theme.CONTRAST else 4.5
    pairs = (
        (QPalette.ColorRole.WindowText, QPalette.ColorRole.Window),
        (QPalette.ColorRole.Text, QPalette.ColorRole.Base),
        (QPalette.ColorRole.Text, QPalette.ColorRole.AlternateBase),
        (QPalette.ColorRole.ButtonText, QPalette.ColorRole.Button),
        (QPalette.ColorRole.ToolTipText, QPalette.ColorRole.ToolTipBase),
    )
    for ink, ground in pairs:
        assert contrast(palette.color(ink), palette.color(ground)) >= least, (ink, ground)


def test_signs_on_buttons_follow_the_colours(
    qtbot: QtBot, window: MainWindow, dialog: PreferencesDialog, archive: Path
) -> None:
    window.open_paths([archive])
    qtbot.waitUntil(lambda: window.view is not None, timeout=PATIENCE_MS)
    assert window.view is not None
    window.findings_dock.show()
    files = window.view.pages.files
    buttons = [
        files._expand,
        window.archives.tabs.tabBar().tabButton(0, QTabBar.ButtonPosition.RightSide),
        *(button for button in window.findings_dock.findChildren(QAbstractButton) if "qt_dock" in button.objectName()),
    ]
    assert len(buttons) == 4

    def brightness(button: object) -> int:
        assert isinstance(button, QAbstractButton)
        image = button.icon().pixmap(16, 16).toImage()
        inks = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
        return max(inks, key=lambda ink: ink.alpha()).lightness()

    for theme, is_bright in ((Theme.DARK, True), (Theme.LIGHT, False)):
        dialog.theme.setCurrentIndex(dialog.theme.findData(theme.value))
        for button in buttons:
            qtbot.waitUntil(lambda: (brightness(button) > 128) is is_bright, timeout=PATIENCE_MS)  # noqa: B023


@pytest.mark.parametrize("theme", [Theme.DARK, Theme.CONTRAST])
def test_an_unchecked_box_is_seen_on_dark_ground(
    qtbot: QtBot, window: MainWindow, dialog: PreferencesDialog, theme: Theme
) -> None:
    dialog.theme.setCurrentIndex(dialog.theme.findData(theme.value))
    box = QCheckBox()
    qtbot.addWidget(box)
    box.show()
    picture = box.grab().toImage()
    ground = QApplication.palette().window().color()
    best = max(
        contrast(picture.pixelColor(x, y), ground) for x in range(picture.width()) for y in range(picture.height())
    )
    # WCAG asks 3:1 of the outline of a control.
    assert best >= 3


def test_light_again_after_dark_is_the_same_as_before(window: MainWindow, dialog: PreferencesDialog) -> None:
    before = QApplication.palette()
    for theme in (Theme.DARK, Theme.CONTRAST, Theme.LIGHT):
        dialog.theme.setCurrentIndex(dialog.theme.findData(theme.value))
    assert QApplication.palette().window() == before.window()
    assert QApplication.palette().text() == before.text()


def test_units_change_in_every_pane_and_nothing_else_does(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, archive: Path, oci_archive: Path
) -> None:
    open_archive(oci_archive)
    view = open_archive(archive)
    view.verify()
    qtbot.waitUntil(view.bar.isVisible, timeout=PATIENCE_MS)
    view.select(node_named(view, "layer 1"))
    view.pages.show_page(Page.SUMMARY)
    settle(qtbot, view)
    decimal = view.session.tree.root.size_text
    dialog = window.show_preferences()
    dialog.units.setCurrentIndex(dialog.units.findData(Units.BINARY.value))
    dialog.close()
    qtbot.waitUntil(lambda: window.view is not None and window.view is not view, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)
    again = window.view
    assert again is not None
    assert again.session.path == archive
    assert [each.session.path for each in window.archives.views()] == [oci_archive, archive]
    assert again.node.label.startswith("layer 1")
    assert again.pages.page is Page.SUMMARY
    assert again.node.state().word == "verified"
    settle(qtbot, again)
    assert again.session.tree.root.size_text != decimal
    assert "KiB" in again.session.tree.root.size_text
    shown = [label.text() for label in again.pages.summary.findChildren(QLabel)]
    assert not any(" kB" in text for text in shown)
    assert view.session.closed
    again.pages.show_page(Page.FILES)
    settle(qtbot, again)
    assert not again.pages.bar.isVisible()


def test_units_chosen_while_an_archive_opens_and_twice_in_a_row(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, archive: Path, oci_archive: Path
) -> None:
    open_archive(oci_archive)
    window.open_paths([archive])
    for units in (Units.BINARY, Units.DECIMAL, Units.BINARY):
        window.settings.preferences = Preferences(units=units)
        window.apply_preferences()

    def sizes() -> list[str]:
        return [view.session.tree.root.size_text for view in window.archives.views()]

    qtbot.waitUntil(
        lambda: len(sizes()) == 2 and all("KiB" in size for size in sizes()) and not window.runner.tasks,
        timeout=PATIENCE_MS,
    )
    assert [view.session.path for view in window.archives.views()] == [oci_archive, archive]


def test_a_running_export_outlives_a_change_of_units(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, archive: Path
) -> None:
    view = open_archive(archive)
    release = threading.Event()

    def work(_token: CancelToken, _sink: ProgressSink) -> None:
        release.wait(60)

    task: Task[None] = window.runner.start("Exporting", work, lambda _r: None, lambda _e: None, owner=view)
    window.exports._running.append(task)  # type: ignore[arg-type]
    window.settings.preferences = Preferences(units=Units.BINARY)
    window.apply_preferences()
    qtbot.waitUntil(lambda: len(window.runner.tasks) == 1, timeout=PATIENCE_MS)
    assert window.view is view
    assert not task.token.cancelled
    release.set()
    qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)


def test_a_lower_limit_holds_for_the_next_archive(window: MainWindow, open_archive: Opener, archive: Path) -> None:
    dialog = window.show_preferences()
    dialog.limits["layer_entries"].setValue(1)
    dialog.close()
    assert window.settings.preferences.all_limits().layer_entries == 1
    view = open_archive(archive)
    assert view.session.limits.layer_entries == 1


def test_a_folder_that_cannot_be_used_is_told_and_not_taken(
    qtbot: QtBot, window: MainWindow, dialog: PreferencesDialog, tmp_path: Path
) -> None:
    dialog.temp_folder.line.setText(str(tmp_path / "nowhere"))
    dialog.temp_folder.check()
    qtbot.waitUntil(dialog.temp_folder.note.isVisible, timeout=PATIENCE_MS)
    assert window.settings.preferences.temp_folder == ""
    dialog.temp_folder.line.setText(str(tmp_path))
    dialog.temp_folder.check()
    qtbot.waitUntil(lambda: window.settings.preferences.temp_folder == str(tmp_path), timeout=PATIENCE_MS)
    assert not dialog.temp_folder.note.isVisible()


def test_the_preset_is_that_of_the_one_click_export_and_of_the_dialog(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, archive: Path
) -> None:
    window.settings.preferences = Preferences(preset="strict-oci")
    window.apply_preferences()
    view = open_archive(archive)
    dialog = window.exports.ask(view)
    assert dialog.request.preset == "strict-oci"
    dialog.reject()
    window.exports.export_now(view)
    qtbot.waitUntil(view.bar.isVisible, timeout=PATIENCE_MS)
    assert view.bar.message is not None
    assert Action.OPEN_RESULT in view.bar.message.actions


def test_defaults_come_back_in_one_click(window: MainWindow, dialog: PreferencesDialog) -> None:
    dialog.units.setCurrentIndex(1)
    dialog.limits["json_bytes"].setValue(7)
    assert display.size(1024) == "1.0 KiB"
    assert window.settings.preferences != Preferences()
    button = next(button for button in dialog.findChildren(QPushButton) if button.text() == "Restore Defaults")
    button.click()
    assert window.settings.preferences == Preferences()
    assert dialog.units.currentIndex() == 0


def test_it_opens_by_its_key_and_everything_has_a_name(qtbot: QtBot, window: MainWindow) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    qtbot.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    opened = window.findChildren(PreferencesDialog)
    assert len(opened) == 1
    assert unnamed(opened[0]) == []
    qtbot.keyClick(opened[0], Qt.Key.Key_Escape)
    assert not opened[0].isVisible()


def test_the_kept_lists_are_cleared_and_switched_off(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, tmp_path: Path
) -> None:
    large = ImageSpec((layer_tar({"large": b"x" * 400_000}),), ("docker.io/library/app:1",))
    view = open_archive(docker_25([large]).write(tmp_path / "large.tar"))
    view.select(node_named(view, "layer 1"))
    settle(qtbot, view)
    cache = window.settings.cache
    assert cache is not None
    qtbot.waitUntil(lambda: cache.size > 0, timeout=PATIENCE_MS)
    # What is still being read would be kept again after the clearing.
    qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)
    dialog = window.show_preferences()
    qtbot.waitUntil(dialog.clear_cache.isEnabled, timeout=PATIENCE_MS)
    dialog.clear_cache.click()
    qtbot.waitUntil(lambda: not dialog.clear_cache.isEnabled(), timeout=PATIENCE_MS)
    assert cache.size == 0
    dialog.cache.setChecked(False)
    assert window.settings.cache is None
    dialog.close()
    qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)


def test_what_was_counted_before_a_clearing_is_not_told_after_it(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, late = threading.Event(), threading.Event()

    def slowly() -> int:
        asked.set()
        late.wait(PATIENCE_MS / 1000)
        return 4000

    answers = iter((slowly, lambda: 3000, lambda: 0))
    monkeypatch.setattr(ListingCache, "size", property(lambda _self: next(answers)()))
    dialog = window.show_preferences()
    assert not dialog.clear_cache.isEnabled(), "nothing is known yet"
    assert asked.wait(PATIENCE_MS / 1000)
    dialog._look_at_cache()
    qtbot.waitUntil(dialog.clear_cache.isEnabled, timeout=PATIENCE_MS)
    dialog.clear_cache.click()
    qtbot.waitUntil(lambda: not dialog.clear_cache.isEnabled(), timeout=PATIENCE_MS)
    late.set()
    qtbot.waitUntil(lambda: not window.runner.tasks, timeout=PATIENCE_MS)
    assert not dialog.clear_cache.isEnabled()
    dialog.close()


def test_the_language_is_kept_and_asked_for(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.ui.main_window.languages", lambda: [("en", "English"), ("de", "Deutsch")])
    dialog = window.show_preferences()
    with qtbot.waitSignal(window.language_chosen, timeout=PATIENCE_MS):
        dialog.language.setCurrentIndex(dialog.language.findText("Deutsch"))
    assert window.settings.preferences.language == "de"
    assert not dialog._later.isVisible()
    with qtbot.waitSignal(window.language_chosen, timeout=PATIENCE_MS):
        dialog.language.setCurrentIndex(0)
    assert window.settings.preferences.language == ""
    with qtbot.assertNotEmitted(window.language_chosen):
        dialog.units.setCurrentIndex(1)
    dialog.close()
