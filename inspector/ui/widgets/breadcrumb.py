"""The path of descriptors that leads to the selected node, each part a link."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from inspector.ui import text
from inspector.viewmodel.tree import Crumb

_LONGEST = 40


class Breadcrumb(QWidget):
    """app.tar › index.json › app:1.2 › layer 3."""

    node_followed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(4, 0, 4, 0)
        self._layout.setSpacing(0)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Path"))
        self.setMinimumHeight(self.fontMetrics().height() + 8)

    def show_path(self, crumbs: Sequence[Crumb]) -> None:
        """Replace the path; the last part is where one is."""
        while (taken := self._layout.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for position, crumb in enumerate(crumbs):
            if position:
                separator = text.label("›")
                separator.setForegroundRole(separator.palette().ColorRole.PlaceholderText)
                self._layout.addWidget(separator)
            self._layout.addWidget(self._link(crumb))
        self._layout.addStretch(1)

    def _link(self, crumb: Crumb) -> QToolButton:
        shown = crumb.label if len(crumb.label) <= _LONGEST else crumb.label[: _LONGEST - 1] + "…"
        button = QToolButton(self)
        button.setText(text.caption(shown))
        button.setAutoRaise(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        text.set_tip(button, crumb.label)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self.node_followed.emit(crumb.node))
        return button
