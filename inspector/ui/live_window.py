"""The window of the program, made anew in another language as soon as the person chooses one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication

from inspector.progress import CancelToken, ProgressSink
from inspector.ui.layout import keep_window
from inspector.ui.main_window import MainWindow
from inspector.ui.preferences_dialog import PreferencesDialog
from inspector.ui.settings import Settings
from inspector.ui.task_runner import Task, TaskRunner
from inspector.ui.translator import best, speak
from inspector.viewmodel.session import ArchiveSession

_LOOK_MS = 200
"""While a chosen language waits: how often to look whether the person's work has ended."""


class LiveWindow(QObject):
    """Speaks the language of the preferences, and has one `MainWindow` at a time.

    Every widget and every row holds words, so another language takes a new window; it goes on with the archives that are open,
    at the same places. Work that the person waits for is never cut off: the new language waits for its end.
    """

    def __init__(self, application: QApplication, runner: TaskRunner, settings: Settings) -> None:
        super().__init__(application)
        self._application = application
        self._runner = runner
        self._settings = settings
        self._spoken = best(settings.preferences.language)
        self._be_silent = speak(application, self._spoken)
        self._telling: Task[list[ArchiveSession]] | None = None
        self._stale = False
        """The language was changed, and the window still has the words of the old one."""
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._go_on)
        self.window = self._make()

    def open_from_outside(self, paths: Sequence[Path]) -> None:
        """As `MainWindow.open_from_outside`, in the window that there is now."""
        self.window.open_from_outside(paths)

    def _make(self) -> MainWindow:
        window = MainWindow(self._runner, self._settings)
        window.language_chosen.connect(self._look.start)
        return window

    def _go_on(self) -> None:
        """Look whether the language is to be changed, and can be now."""
        wanted = best(self._settings.preferences.language)
        if wanted == self._spoken and not self._stale:
            self._look.stop()
        elif not self._disturbs():
            self._look.stop()
            if wanted != self._spoken:
                self._be_silent()
                self._spoken, self._be_silent = wanted, speak(self._application, wanted)
                self._stale = True
            self._tell_anew()

    def _disturbs(self) -> bool:
        """Whether something would be cut off: work in the status bar, a question, a menu, a dialog of the system."""
        asked = QApplication.activeModalWidget()
        return (
            any(not task.quiet for task in self._runner.tasks)
            or (asked is not None and not isinstance(asked, PreferencesDialog))
            or QApplication.activePopupWidget() is not None
            or QThread.currentThread().loopLevel() > 1
        )

    def _tell_anew(self) -> None:
        if self._telling is not None:
            self._telling.cancel()  # in words that are not wanted any more
        sessions = self._open_sessions()

        def retell(token: CancelToken, _sink: ProgressSink) -> list[ArchiveSession]:
            told = []
            for session in sessions:
                token.check()
                told.append(session.retold())
            return told

        self._telling = self._runner.start(
            self.tr("Changing the words"),
            retell,
            partial(self._move, sessions),
            partial(self._not_told, sessions),
            owner=self.window,
            quiet=True,
        )

    def _not_told(self, before: list[ArchiveSession], error: BaseException) -> None:
        self._telling = None
        if self._open_sessions() != before:
            self._look.start()
        elif self.window.view is not None:
            self.window.view.show_error(error)

    def _open_sessions(self) -> list[ArchiveSession]:
        return [view.session for view in self.window.archives.views()]

    def _move(self, before: list[ArchiveSession], told: list[ArchiveSession]) -> None:
        """Put a new window into the place of the old one, unless the person did something meanwhile."""
        old, self._telling = self.window, None  # the task holds the old window
        if self._disturbs() or self._open_sessions() != before:
            self._look.start()
            return
        dialog = old.findChild(PreferencesDialog)
        if old.view is not None:
            old.archives.remember(old.view)
        keep_window(self._settings, old)
        self._stale = False
        self.window = self._make()
        if not (old.isMaximized() or old.isFullScreen()):
            # A kept geometry is cut to what the screen shows.
            self.window.resize(old.size())
        self.window.archives.take_over(old.archives, told)
        self.window.show()
        if dialog is not None and dialog.isVisible():
            again = self.window.show_preferences()
            again.move(dialog.pos())
            again.language.setFocus()
        old.give_way()
        if best(self._settings.preferences.language) != self._spoken:
            self._look.start()
