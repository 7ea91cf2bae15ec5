"""The pages *Notable* and *Findings*, and what else is shown as rows: tables of a few columns over plain rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from inspector.ui import text
from inspector.ui.copy_menu import RowMenu, texts_of_row
from inspector.ui.widgets.share_delegate import SHARE_ROLE, ShareDelegate
from inspector.viewmodel.filesearch import FoundFile, FoundFiles
from inspector.viewmodel.findingsview import FindingList, FindingRow
from inspector.viewmodel.pages import CopyChoice

R = TypeVar("R")
Index = QModelIndex | QPersistentModelIndex


_SERVED = (
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.ToolTipRole,
    Qt.ItemDataRole.TextAlignmentRole,
    Qt.ItemDataRole.ForegroundRole,
    SHARE_ROLE,
)


@dataclass(frozen=True)
class ColumnOf(Generic[R]):
    """A column: its heading, and how a row fills it."""

    heading: str
    text: Callable[[R], str]
    tip: Callable[[R], str]
    right: bool = False
    width: int = 100
    share: Callable[[R], float] | None = None
    """0 to 1 for a bar behind the text."""
    faded: Callable[[R], bool] | None = None
    """Whether the cell of a row is drawn as less important."""


class RowsModel(QAbstractTableModel, Generic[R]):
    """Rows that are read once and shown as they are."""

    def __init__(self, columns: Sequence[ColumnOf[R]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._rows: Sequence[R] = ()

    def show(self, rows: Sequence[R]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def row(self, index: Index) -> R | None:
        return self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in _SERVED:
            return None
        row = self.row(index)
        if row is None:
            return None
        column = self._columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return text.isolated(column.text(row))
        if role == Qt.ItemDataRole.ToolTipRole:
            return text.tooltip(column.tip(row))
        if role == SHARE_ROLE:
            return column.share(row) if column.share is not None else None
        if role == Qt.ItemDataRole.ForegroundRole:
            faded = column.faded is not None and column.faded(row)
            return QGuiApplication.palette().color(QPalette.ColorRole.PlaceholderText) if faded else None
        return Qt.AlignmentFlag.AlignVCenter | (
            Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
        )

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section].heading
        if role == Qt.ItemDataRole.TextAlignmentRole:
            column = self._columns[section]
            return Qt.AlignmentFlag.AlignVCenter | (
                Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            )
        return None


def table(
    model: QAbstractTableModel,
    columns: Sequence[ColumnOf[Any]],
    name: str,
    choices_of: Callable[[QModelIndex], Sequence[CopyChoice]] = texts_of_row,
) -> QTableView:
    """`choices_of`: what the context menu of a row offers to copy."""
    view = QTableView()
    view.setModel(model)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setAlternatingRowColors(True)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setTabKeyNavigation(False)
    view.setAcceptDrops(False)
    view.setAccessibleName(name)
    view.verticalHeader().hide()
    view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    view.verticalHeader().setDefaultSectionSize(view.fontMetrics().height() + 6)
    view.horizontalHeader().setHighlightSections(False)
    view.horizontalHeader().setStretchLastSection(True)
    for section, column in enumerate(columns):
        view.setColumnWidth(section, column.width)
        if column.share is not None:
            view.setItemDelegateForColumn(section, ShareDelegate(view))
    RowMenu(view, choices_of)
    return view


class DetailedTable(QWidget, Generic[R]):
    """A table, and below it the whole text of the chosen row."""

    row_followed = Signal(object)
    """Enter or double click on a row."""

    def __init__(
        self,
        columns: Sequence[ColumnOf[R]],
        details: Callable[[R], str],
        name: str,
        choices: Callable[[R], Sequence[CopyChoice]] | None = None,
    ) -> None:
        """`choices`: what can be copied of a row; without it, the text of each column."""
        super().__init__()
        self._details_of = details
        self.model: RowsModel[R] = RowsModel(columns, self)

        def choices_of(index: QModelIndex) -> Sequence[CopyChoice]:
            row = self.model.row(index)
            return texts_of_row(index) if choices is None else choices(row) if row is not None else ()

        self.view = table(self.model, columns, name, choices_of)
        self.details = text.pane(name)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.view)
        split.addWidget(self.details)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addWidget(split)
        self.view.selectionModel().currentRowChanged.connect(self._chosen)
        self.view.activated.connect(self._activated)

    def show_rows(self, rows: Sequence[R]) -> None:
        self.model.show(rows)
        self.details.clear()
        if rows:
            self.view.setCurrentIndex(self.model.index(0, 0))

    def _chosen(self, current: QModelIndex) -> None:
        row = self.model.row(current)
        self.details.setPlainText(self._details_of(row) if row is not None else "")

    def _activated(self, index: QModelIndex) -> None:
        self.row_followed.emit(self.model.row(index))


def _why(row: FoundFile) -> str:
    return f"{row.why} ({row.detail})" if row.detail else row.why


class NotablePage(DetailedTable[FoundFile]):
    """Special rights, devices, and what may be a secret, in any layer or in the config. Enter shows the file in its layer."""

    def __init__(self) -> None:
        super().__init__(
            (
                ColumnOf(self.tr("Path"), lambda row: row.path, lambda row: row.path, width=280),
                ColumnOf(self.tr("Why"), _why, lambda row: row.detail, width=300),
                ColumnOf(self.tr("Layer"), lambda row: row.layer, lambda _: "", width=100),
                ColumnOf(self.tr("State"), lambda row: row.state, lambda row: row.state, width=120),
            ),
            self._described,
            self.tr("Notable files"),
        )
        self.reveal = QCheckBox(self.tr("Show values that may be secret"), self)
        self.reveal.toggled.connect(lambda: self._chosen(self.view.currentIndex()))
        self.reveal.hide()
        self.found = text.label()
        below = QHBoxLayout()
        below.addWidget(self.found, 1)
        below.addWidget(self.reveal)
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.addLayout(below)

    def _described(self, row: FoundFile) -> str:
        value = row.secret
        if value and not self.reveal.isChecked():
            value = self.tr("The value is hidden.")
        return "\n".join(part for part in (row.path, row.why, row.detail, row.layer, row.state, value) if part)

    def show_found(self, found: FoundFiles) -> None:
        self.reveal.setChecked(False)
        self.reveal.setVisible(any(row.secret for row in found.rows))
        self.found.setText(found.text)
        self.show_rows(found.rows)
        if not found.rows:
            self.details.setPlainText(
                self.tr("No file has special rights, and nothing looks like a secret by its name or text.")
            )


class FindingsPage(DetailedTable[FindingRow]):
    """What is odd or wrong, worst first. Enter goes to the place."""

    def __init__(self) -> None:
        super().__init__(
            (
                ColumnOf(self.tr("Level"), lambda row: f"{row.sign} {row.level}", lambda _: "", width=90),
                ColumnOf(self.tr("Code"), lambda row: row.code, lambda _: "", width=90),
                ColumnOf(self.tr("What"), lambda row: row.title, lambda row: row.explanation, width=300),
                ColumnOf(self.tr("Where"), lambda row: row.place, lambda row: row.where, width=120),
            ),
            lambda row: row.details,
            self.tr("Findings"),
        )
        self.found: FindingList | None = None
        """All that was known of the archive when the rows were shown."""

    def show_findings(self, findings: FindingList, found: FindingList) -> None:
        """Those of a node, of all that were `found`. The row that was looked at stays current."""
        self.found = found
        before = self.model.row(self.view.currentIndex())
        self.show_rows(findings.rows)
        if before is not None and before.finding is not None:
            again = (at for at, row in enumerate(findings.rows) if row.finding == before.finding)
            self.view.setCurrentIndex(self.model.index(next(again, 0), 0))
