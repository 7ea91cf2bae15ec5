"""Dialogs that fit on the screen that there is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

_ROOM = (40, 60)
"""Pixels for the frame, the title bar and a panel of the desktop that is not told."""


def resize_within(widget: QWidget, width: int, height: int) -> None:
    """As large as wished, or as the screen allows: buttons below its edge could not be reached."""
    available = widget.screen().availableSize()
    widget.resize(min(width, available.width() - _ROOM[0]), min(height, available.height() - _ROOM[1]))


def scrolled(content: QWidget, name: str) -> QScrollArea:
    """`content`, to be scrolled where it has no room: what stands beside it, the buttons, is in reach on any screen.

    `name` is for those who hear it.
    """
    area = QScrollArea()
    area.setAccessibleName(name)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setWidget(content)
    return area
