"""The page *History*: the steps that built the image as a table, or as text like the Dockerfile that they came from."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.ui import text
from inspector.ui.assets import draw_icon
from inspector.ui.views.list_pages import ColumnOf, DetailedTable, RowsModel
from inspector.viewmodel.copying import step_choices
from inspector.viewmodel.pages import HistoryRow


class StepsTable(DetailedTable[HistoryRow]):
    """The steps that built the image, each with the layer that it made. Enter goes to that layer."""

    def __init__(self) -> None:
        super().__init__(
            (
                ColumnOf("#", lambda row: str(row.step), lambda _: "", right=True, width=36),
                ColumnOf(
                    self.tr("Layer"), lambda row: row.layer, lambda _: "", width=80, faded=lambda row: row.node is None
                ),
                ColumnOf(
                    self.tr("Size"),
                    lambda row: row.size,
                    lambda row: row.size_tooltip,
                    right=True,
                    width=90,
                    share=lambda row: row.share,
                ),
                ColumnOf(self.tr("Created"), lambda row: row.created, lambda row: row.created_tooltip, width=215),
                ColumnOf(self.tr("Step"), lambda row: row.command, lambda row: row.stored, width=120),
            ),
            lambda row: "\n\n".join(part for part in (row.command, row.comment) if part),
            self.tr("History"),
            step_choices,
        )


class HistoryPage(QWidget):
    """Steps or Dockerfile, as the person chose last."""

    row_followed = Signal(object)
    """Enter or double click on a step."""
    dockerfile_chosen = Signal()
    """The text is wanted: see `show_dockerfile`."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = StepsTable()
        self.steps.row_followed.connect(self.row_followed)
        self.text = text.pane(self.tr("Dockerfile"), fixed=True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.steps)
        self._stack.addWidget(self.text)
        self._group = QButtonGroup(self)
        self.steps_button = self._button(self.tr("Steps"), self.tr("The steps as a table, each with its layer"))
        self.dockerfile_button = self._button(
            self.tr("Dockerfile"), self.tr("The steps as text, as far as the history tells what the Dockerfile was")
        )
        self.steps_button.setChecked(True)
        self.dockerfile_button.toggled.connect(self._choose)
        self.copy_button = QToolButton()
        draw_icon(self.copy_button, "copy")
        self.copy_button.setAutoRaise(True)
        text.set_tip(self.copy_button, self.tr("Copy the whole text"))
        self.copy_button.setAccessibleName(self.tr("Copy the whole text"))
        self.copy_button.clicked.connect(self._copy)
        self.copy_button.hide()
        top = QHBoxLayout()
        top.addWidget(self.steps_button)
        top.addWidget(self.dockerfile_button)
        top.addStretch(1)
        top.addWidget(self.copy_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self._stack, 1)

    def _button(self, caption: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(caption)
        button.setCheckable(True)
        button.setAutoRaise(True)
        text.set_tip(button, tip)
        self._group.addButton(button)
        return button

    @property
    def model(self) -> RowsModel[HistoryRow]:
        """The steps."""
        return self.steps.model

    @property
    def view(self) -> QWidget:
        """What takes the focus."""
        return self.steps.view if self._stack.currentWidget() is self.steps else self.text

    @property
    def wants_dockerfile(self) -> bool:
        """Whether the text is what is visible."""
        return self.dockerfile_button.isChecked()

    def show_rows(self, rows: Sequence[HistoryRow]) -> None:
        self.steps.show_rows(rows)
        self.text.clear()

    def show_dockerfile(self, shown: str) -> None:
        self.text.setPlainText(shown)

    def toggle(self) -> None:
        """The other of the two."""
        (self.steps_button if self.wants_dockerfile else self.dockerfile_button).setChecked(True)

    def _choose(self, as_text: bool) -> None:
        self._stack.setCurrentWidget(self.text if as_text else self.steps)
        self.copy_button.setVisible(as_text)
        if as_text and self.text.document().isEmpty():
            self.dockerfile_chosen.emit()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
