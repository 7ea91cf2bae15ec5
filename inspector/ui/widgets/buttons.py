"""Rows of buttons below a dialog."""

from __future__ import annotations

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialogButtonBox, QPushButton


def button_box(buttons: QDialogButtonBox.StandardButton) -> QDialogButtonBox:
    """Plain: Fusion would draw a black cross on *Close*, unseen on dark ground and as if it were an error.

    None of them is pressed by Enter in a field: add the one that shall be with `setDefault`.
    """
    box = QDialogButtonBox(buttons)
    for button in box.buttons():
        button.setIcon(QIcon())
        if isinstance(button, QPushButton):
            button.setAutoDefault(False)
    return box
