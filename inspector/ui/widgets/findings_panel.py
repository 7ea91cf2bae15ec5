"""Every finding of an archive: filtered, grouped, explained, with ways to the place, to the export and to the clipboard."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPushButton,
    QSplitter,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from inspector.findings import Severity
from inspector.ui import text
from inspector.ui.models.findings_model import FindingsModel
from inspector.viewmodel import findingspanel
from inspector.viewmodel.archivefindings import ArchiveFindings
from inspector.viewmodel.findingsview import SIGNS, FindingList, FindingRow

_LINES_AT_FIRST = 14
_EXPANDED = 200
"""With more findings than this only the rules are shown at first."""


class FindingsPanel(QWidget):
    """Shows what it is given; the signals say what the person wants done."""

    row_followed = Signal(object)
    """Go to the place of this `FindingRow`."""
    fix_asked = Signal(object)
    """Mend these `FindingRow`s with an export."""
    check_asked = Signal()
    """Read every blob and put all rules to it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._findings = FindingList()
        self._found: ArchiveFindings | None = None
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Filter: a code, a word, a name"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName(self.tr("Filter findings"))
        self.filter.textChanged.connect(self._show)
        names = {
            Severity.ERROR: self.tr("Errors"),
            Severity.WARNING: self.tr("Warnings"),
            Severity.INFO: self.tr("Notes"),
        }
        self.levels = {level: self._level_button(level, name) for level, name in names.items()}
        self._names = names
        self.count = text.label()
        self.model = FindingsModel(self)
        self.view = self._make_view()
        self.explanation = text.pane(self.tr("Explanation of the finding"))
        self.go_to = self._button(self.tr("Go To"), self.tr("Show the place: node, line of the JSON"), self._go)
        self.fix = self._button(
            self.tr("Fix by Export…"), self.tr("Choose what a new archive mends; this one stays as it is"), self._fix
        )
        self.copy_button = self._button(self.tr("Copy"), self.tr("Copy what is selected, as text"), self.copy_text)
        self.copy_as_json = self._button(
            self.tr("Copy as JSON"), self.tr("Copy what is selected, as check --json writes it"), self.copy_json
        )
        self.check = self._button(
            self.tr("Check Everything"), self.tr("Read every blob: digests, diffIDs, layers"), self.check_asked.emit
        )
        self._arrange()
        self._show()

    def sizeHint(self) -> QSize:
        """Low at first: what the findings are about stays in sight above. The border can be pulled."""
        hint = super().sizeHint()
        return QSize(hint.width(), min(hint.height(), _LINES_AT_FIRST * self.fontMetrics().lineSpacing()))

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.filter, 1)
        for level_button in self.levels.values():
            top.addWidget(level_button)
        top.addWidget(self.count)
        top.addWidget(self.check)
        below = QHBoxLayout()
        for button in (self.go_to, self.fix, self.copy_button, self.copy_as_json):
            below.addWidget(button)
        below.addStretch(1)
        right = QWidget()
        right_layout = QVBoxLayout(right)
        right_layout.setContentsMargins(0, 0, 0, 0)
        right_layout.addWidget(self.explanation, 1)
        right_layout.addLayout(below)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(self.view)
        self.splitter.addWidget(right)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.addLayout(top)
        layout.addWidget(self.splitter, 1)

    def _make_view(self) -> QTreeView:
        view = QTreeView()
        view.setModel(self.model)
        view.setUniformRowHeights(True)
        view.setAlternatingRowColors(True)
        view.setAllColumnsShowFocus(True)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setAccessibleName(self.tr("Findings"))
        view.setAcceptDrops(False)
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # places differ at their end
        view.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        view.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Interactive)
        view.header().setStretchLastSection(False)
        view.header().resizeSection(1, 260)
        view.selectionModel().currentChanged.connect(self._chosen)
        view.activated.connect(self._activated)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(self._show_menu)
        copy = QAction(self.tr("Copy"), view)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy_text)
        view.addAction(copy)
        return view

    def _level_button(self, level: Severity, name: str) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setChecked(True)
        button.setText(text.caption(f"{SIGNS[level]} {name}"))
        text.set_tip(button, self.tr("Show or hide: %s") % name)
        button.toggled.connect(self._show)
        return button

    def _button(self, caption: str, tip: str, call: object) -> QPushButton:
        button = QPushButton(text.caption(caption))
        text.set_tip(button, tip)
        button.clicked.connect(call)
        return button

    # what it shows ----------------------------------------------------------------------------------------------------

    def show_findings(self, found: ArchiveFindings | None) -> None:
        """All that is known of an archive; None: no archive is open. What is current stays current where it still is."""
        self._found = found
        self.setEnabled(found is not None)
        self.check.setVisible(found is None or not found.is_deep)
        findings = found.rows if found is not None else FindingList()
        if findings is not self._findings:
            self._findings = findings
            self._show()

    @property
    def selected(self) -> tuple[FindingRow, ...]:
        """The selected findings in the order of the list; a rule stands for all of its findings."""
        found: dict[FindingRow, None] = {}
        for index in sorted(self.view.selectionModel().selectedRows(), key=lambda i: (i.parent().row(), i.row())):
            found |= dict.fromkeys(self.model.rows_at(index))
        return tuple(found)

    def _show(self) -> None:
        before = self.model.rows_at(self.view.currentIndex())
        wanted = [level for level, button in self.levels.items() if button.isChecked()]
        made = findingspanel.group_findings(self._findings, self.filter.text(), wanted)
        self.model.show(made.groups)
        for row in range(len(made.groups)):
            self.view.setFirstColumnSpanned(row, QModelIndex(), True)
        if made.shown <= _EXPANDED:
            self.view.expandAll()
        for level, button in self.levels.items():
            number = made.counts.get(level, 0)
            button.setText(text.caption(f"{SIGNS[level]} {self._names[level]} {number:,}"))
            button.setAccessibleName(f"{self._names[level]}: {number:,}")
        self.count.setText(made.text)
        index = self.model.index_of(before[0]) if before else QModelIndex()
        if not index.isValid():
            index = self.model.index(0, 0, self.model.index(0, 0))
        self.view.setCurrentIndex(index)
        self._chosen(index)

    def _chosen(self, current: QModelIndex) -> None:
        rows = self.model.rows_at(current)
        self.explanation.setPlainText(self._found.explain(rows[0]) if rows and self._found is not None else "")
        self.go_to.setEnabled(bool(rows) and rows[0].node is not None)
        self.fix.setEnabled(any(row.mendable for row in rows))
        for button in (self.copy_button, self.copy_as_json):
            button.setEnabled(bool(rows))

    # what the person does ---------------------------------------------------------------------------------------------

    def _activated(self, index: QModelIndex) -> None:
        rows = self.model.rows_at(index)
        if rows and index.parent().isValid():
            self.row_followed.emit(rows[0])

    def _go(self) -> None:
        rows = self.model.rows_at(self.view.currentIndex())
        if rows:
            self.row_followed.emit(rows[0])

    def _fix(self) -> None:
        self.fix_asked.emit(tuple(row for row in self.selected if row.mendable))

    def copy_text(self) -> None:
        self._copy(findingspanel.as_text(self.selected))

    def copy_json(self) -> None:
        self._copy(findingspanel.as_json(self.selected))

    def _copy(self, what: str) -> None:
        if what:
            QGuiApplication.clipboard().setText(what)

    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        buttons: Sequence[QPushButton] = (self.go_to, self.fix, self.copy_button, self.copy_as_json)
        for button in buttons:
            action = menu.addAction(button.text())
            action.setEnabled(button.isEnabled())
            action.triggered.connect(button.click)
        menu.popup(self.view.viewport().mapToGlobal(at))
