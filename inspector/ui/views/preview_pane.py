"""What the selected file looks like inside, below the list of files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QByteArray, Qt, QTimer
from PySide6.QtGui import QImage, QImageReader, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.progress import CancelToken, ProgressSink
from inspector.ui import text
from inspector.ui.task_runner import Task, TaskRunner
from inspector.viewmodel.messages import from_error
from inspector.viewmodel.preview.preview import Mode, Preview

Loader = Callable[[Mode, int, CancelToken, ProgressSink], Preview]
"""(how, from which byte on, token, sink) → the preview; called in a worker."""

_PAUSE_MS = 120
_ALLOCATION_MB = 256


class _Loaded(NamedTuple):
    preview: Preview
    image: QImage | None


class PreviewPane(QWidget):
    """Asks a `Loader` for the content whenever another file is chosen; an answer that comes too late is dropped."""

    def __init__(self, runner: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._loader: Loader | None = None
        self._task: Task[_Loaded] | None = None
        self._preview: Preview | None = None
        self._image: QImage | None = None
        self._mode = Mode.AUTO
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._load)
        self.title = text.label()
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._part = text.label()
        self._part.setForegroundRole(self._part.palette().ColorRole.PlaceholderText)
        self._modes = QButtonGroup(self)
        self.details_button = self._mode_button(self.tr("Details"), Mode.DETAILS)
        self.text_button = self._mode_button(self.tr("Text"), Mode.TEXT)
        self.hex_button = self._mode_button(self.tr("Hex"), Mode.HEX)
        self._earlier = self._step_button("◀", self.tr("Earlier part"), -1)
        self._later = self._step_button("▶", self.tr("Next part"), 1)
        self.view = text.pane(self.tr("Content of the file"), fixed=True, parent=self)
        self.picture = QLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setMinimumSize(1, 1)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.picture)
        self._lay_out()
        self.show_nothing()

    def _mode_button(self, caption: str, mode: Mode) -> QToolButton:
        button = QToolButton(self)
        button.setText(caption)
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.clicked.connect(partial(self._choose, mode))
        self._modes.addButton(button)
        return button

    def _step_button(self, sign: str, name: str, by: int) -> QToolButton:
        button = QToolButton(self)
        button.setText(sign)
        button.setAutoRaise(True)
        text.set_tip(button, name)
        button.setAccessibleName(name)
        button.clicked.connect(partial(self._step, by))
        return button

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        for widget in (self._part, self._earlier, self._later, self.details_button, self.text_button, self.hex_button):
            top.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(top)
        layout.addWidget(self._stack, 1)

    @property
    def stops(self) -> tuple[QWidget, ...]:
        """Where Tab stops, in the order in which they stand."""
        return (
            self._earlier,
            self._later,
            self.details_button,
            self.text_button,
            self.hex_button,
            self.view,
            self.picture,
        )

    @property
    def preview(self) -> Preview | None:
        """What is shown; None while nothing is."""
        return self._preview

    def show_file(self, loader: Loader) -> None:
        """Show what `loader` gives, a moment later: whoever walks through a list with the arrow keys is not held up."""
        self._loader = loader
        self._mode = Mode.AUTO
        self._cancel()
        self._pause.start()

    def show_nothing(self) -> None:
        """No file is chosen."""
        self._pause.stop()
        self._cancel()
        self._loader = None
        self._preview = None
        self._image = None
        self.title.setText(self.tr("Choose a file to see what is in it"))
        self.view.clear()
        self.picture.clear()
        self._update_buttons()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _load(self, offset: int = 0) -> None:
        loader, mode = self._loader, self._mode
        if loader is None or not self.isVisible():
            return

        def work(token: CancelToken, sink: ProgressSink) -> _Loaded:
            preview = loader(mode, offset, token, sink)
            return _Loaded(
                preview, decoded(preview.picture, preview.picture_format) if preview.mode is Mode.PICTURE else None
            )

        self._cancel()
        self._task = self._runner.start(self.tr("Reading a file"), work, self._loaded, self._failed, owner=self)

    def _loaded(self, loaded: _Loaded) -> None:
        preview, self._image = loaded
        self._preview = preview
        note = f"  ·  {preview.note}" if preview.note else ""
        self.title.setText(preview.title + note)
        text.set_tip(self.title, preview.title)
        self._part.setText(preview.part)
        if preview.mode is Mode.PICTURE and self._image is not None:
            self._stack.setCurrentWidget(self.picture)
            self._fit()
        else:
            missing = self.tr("This picture cannot be shown. Choose Hex to see its bytes.")
            self.view.setPlainText(missing if preview.mode is Mode.PICTURE else preview.text)
            self._stack.setCurrentWidget(self.view)
        self._update_buttons()

    def _failed(self, error: BaseException) -> None:
        message = from_error(error)
        if message is not None:
            self.show_nothing()
            self.title.setText(f"{message.title}: {message.text}" if message.text else message.title)
            text.set_tip(self.title, message.text)

    def _update_buttons(self) -> None:
        preview = self._preview
        content = preview is not None and preview.mode is not Mode.NOTHING
        for widget in (self.text_button, self.hex_button):
            widget.setEnabled(content)
        self.details_button.setVisible(preview is not None and preview.has_details)
        self.details_button.setChecked(preview is not None and preview.mode is Mode.DETAILS)
        self.text_button.setChecked(preview is not None and preview.mode is Mode.TEXT)
        self.hex_button.setChecked(preview is not None and preview.mode is Mode.HEX)
        parts = preview is not None and bool(preview.part)
        self._part.setVisible(parts)
        self._earlier.setVisible(parts)
        self._later.setVisible(parts)
        self._earlier.setEnabled(preview is not None and preview.offset > 0)
        self._later.setEnabled(preview is not None and preview.has_more)

    def _choose(self, mode: Mode) -> None:
        self._mode = mode
        self._load()

    def _step(self, by: int) -> None:
        preview = self._preview
        if preview is None:
            return
        self._mode = preview.mode
        self._load(preview.offset + preview.length if by > 0 else max(0, preview.offset - preview.length))

    def _fit(self) -> None:
        if self._image is None:
            return
        image = self._image
        room = self._stack.size()
        if image.width() > room.width() or image.height() > room.height():
            image = image.scaled(room, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
        self.picture.setPixmap(QPixmap.fromImage(image))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._stack.currentWidget() is self.picture:
            self._fit()


def decoded(data: bytes, form: str) -> QImage | None:
    """The picture, or None if it cannot be shown. Safe in a worker: a QImage is a plain value.

    Memory is capped before anything is decoded, since a PNG of a few bytes may claim to be enormous; the format is the one
    that the first bytes named, so that no other decoder (SVG, which reads files) is ever asked.
    """
    QImageReader.setAllocationLimit(_ALLOCATION_MB)
    # PySide wants a str here, whatever its stubs say.
    image = QImage.fromData(QByteArray(data), form)  # type: ignore[arg-type]
    return None if image.isNull() else image
