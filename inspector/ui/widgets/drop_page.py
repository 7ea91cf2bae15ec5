"""The empty window: a place to drop an archive, a button, and what was open lately."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.ui import text
from inspector.ui.assets import draw_icon
from inspector.viewmodel.display import elided
from inspector.viewmodel.recent import RecentArchive, RecentList

MOST_SHOWN = 8
"""Recent archives."""
_MOST_CHARACTERS = 56
"""Of a line below a name."""


class _DropArea(QWidget):
    """The dashed frame; solid while something hovers over the window."""

    def __init__(self) -> None:
        super().__init__()
        self.inviting = False
        self.setMinimumSize(380, 260)
        self.setMaximumSize(760, 440)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role = QPalette.ColorRole.Highlight if self.inviting else QPalette.ColorRole.PlaceholderText
        colour = self.palette().color(role)
        pen = QPen(colour, 2, Qt.PenStyle.SolidLine if self.inviting else Qt.PenStyle.DashLine)
        painter.setPen(pen)
        if self.inviting:
            fill = QColor(colour)
            fill.setAlpha(28)
            painter.setBrush(fill)
        painter.drawRoundedRect(self.rect().adjusted(2, 2, -2, -2), 10, 10)
        painter.end()


class DropPage(QWidget):
    """Shown while no archive is open."""

    open_asked = Signal()
    path_chosen = Signal(str)
    path_removed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._area = _DropArea()
        heading = text.label(self.tr("Drop an image archive here"))
        font = QFont(heading.font())
        font.setPointSizeF(font.pointSizeF() * 1.5)
        heading.setFont(font)
        heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint = text.label(
            self.tr("docker save, podman save, skopeo, buildx, any OCI archive or folder"), wrap=True
        )
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.open_button = QPushButton(self.tr("Open archive…"))
        draw_icon(self.open_button, "open")
        self.open_button.clicked.connect(self.open_asked)
        picture = QLabel()
        draw_icon(picture, "archive", 48)
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        inside = QVBoxLayout(self._area)
        inside.setContentsMargins(24, 24, 24, 24)
        inside.addStretch(1)
        inside.addWidget(picture)
        inside.addWidget(heading)
        inside.addWidget(self._hint)
        inside.addSpacing(12)
        inside.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignCenter)
        inside.addStretch(1)
        self._buttons: dict[str, tuple[QToolButton, RecentArchive]] = {}
        self._recent = QWidget()
        self._recent.setMaximumWidth(440)
        self._recent.hide()
        self._recent_grid = QGridLayout(self._recent)
        self._recent_grid.setContentsMargins(0, 0, 0, 0)
        self._recent_grid.setVerticalSpacing(6)
        self._recent.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        row = QHBoxLayout()
        row.setSpacing(40)
        row.addStretch(1)
        row.addWidget(self._area, 12)
        row.addWidget(self._recent, 8, Qt.AlignmentFlag.AlignTop)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(32, 32, 32, 32)
        layout.addStretch(1)
        layout.addLayout(row, 20)
        layout.addStretch(2)

    def invite(self, hint: str) -> None:
        """Say what a drop would do; "" when nothing hovers."""
        self._area.inviting = bool(hint)
        self._hint.setText(hint or self.tr("docker save, podman save, skopeo, buildx, any OCI archive or folder"))
        self._area.update()

    def show_recent(self, recent: RecentList, missing: Mapping[str, bool], now: float) -> None:
        """The list; what is known to be `missing` is marked, never looked for here."""
        while (taken := self._recent_grid.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._buttons = {}
        self._recent.setVisible(bool(recent.entries))
        if not recent.entries:
            return
        heading = text.label(self.tr("Recent"))
        font = QFont(heading.font())
        font.setBold(True)
        heading.setFont(font)
        self._recent_grid.addWidget(heading, 0, 0, 1, 2)
        for row, entry in enumerate(recent.entries[:MOST_SHOWN], start=1):
            self._buttons[entry.path] = (self._entry(entry, now), entry)
            self._recent_grid.addWidget(self._buttons[entry.path][0], row, 0)
            self._recent_grid.addWidget(self._remover(entry), row, 1)
        self._recent_grid.setColumnStretch(0, 1)
        for path, is_missing in missing.items():
            if is_missing:
                self.mark_missing(path)

    def mark_missing(self, path: str) -> None:
        """Say of an entry that its file is not there (any more); unknown paths are passed over."""
        if path in self._buttons:
            button, entry = self._buttons[path]
            gone = self.tr("not found: %s") % entry.path
            button.setText(f"{text.caption(entry.title)}\n{text.caption(elided(gone, _MOST_CHARACTERS))}")
            draw_icon(button, "absent")
            button.setAccessibleName(f"{entry.title}, {gone}")

    def _entry(self, entry: RecentArchive, now: float) -> QToolButton:
        button = QToolButton()
        button.setText(f"{text.caption(entry.title)}\n{text.caption(entry.details(now))}")
        draw_icon(button, "archive")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setAutoRaise(True)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        text.set_tip(button, entry.path)
        button.setAccessibleName(f"{entry.title}, {entry.details(now)}")
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda: self.path_chosen.emit(entry.path))
        return button

    def _remover(self, entry: RecentArchive) -> QToolButton:
        button = QToolButton()
        draw_icon(button, "close")
        button.setAutoRaise(True)
        text.set_tip(button, self.tr("Take it off this list"))
        button.setAccessibleName(self.tr("Remove %s from the list") % entry.title)
        button.clicked.connect(lambda: self.path_removed.emit(entry.path))
        return button
