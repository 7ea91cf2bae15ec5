"""The findings panel as a dock at the bottom of the window; it follows the archive that is in front."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QApplication, QDockWidget, QWidget
from shiboken6 import isValid

from inspector.ui.archive_view import ArchiveView
from inspector.ui.assets import draw_icon
from inspector.ui.widgets.findings_panel import FindingsPanel
from inspector.viewmodel.findingsview import FindingRow


class FindingsDock(QDockWidget):
    """Hidden until it is asked for."""

    fix_asked = Signal(object, object)
    """An `ArchiveView` and the `FindingRow`s that an export is to mend."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Findings"))
        self.setObjectName("findings-dock")
        self.setAllowedAreas(Qt.DockWidgetArea.BottomDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        self._view: ArchiveView | None = None
        self.panel = FindingsPanel(self)
        self.setWidget(self.panel)
        self.panel.row_followed.connect(self._go_to)
        self.panel.fix_asked.connect(self._fix)
        self.panel.check_asked.connect(self._check)
        self.topLevelChanged.connect(self._draw_signs)
        self._draw_signs()
        self.hide()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self._draw_signs()

    def _draw_signs(self) -> None:
        """Fusion's own signs are grey pictures, hardly seen on dark ground; Qt puts them back now and then."""
        for name, drawing in (("qt_dockwidget_closebutton", "close"), ("qt_dockwidget_floatbutton", "float")):
            button = self.findChild(QAbstractButton, name)
            if button is not None:
                draw_icon(button, drawing)

    def show_view(self, view: ArchiveView | None) -> None:
        """The findings of that archive, as far as they are known now."""
        self._view = view
        self.panel.show_findings(view.session.found if view is not None and not view.session.closed else None)

    def ask(self) -> None:
        """Show it and put the keyboard there; away with it if it is there already."""
        focused = QApplication.focusWidget()
        if self.isVisible() and focused is not None and self.panel.isAncestorOf(focused):
            self.hide()
            return
        self.show()
        self.raise_()
        self.panel.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _go_to(self, row: FindingRow) -> None:
        if self._view is not None and isValid(self._view):
            self._view.show_finding(row)

    def _fix(self, rows: tuple[FindingRow, ...]) -> None:
        if self._view is not None and isValid(self._view):
            self.fix_asked.emit(self._view, rows)

    def _check(self) -> None:
        if self._view is not None and isValid(self._view):
            self._view.check_everything()
