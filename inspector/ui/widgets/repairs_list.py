"""*Repairs (4)*: one line per thing that the export mends, and a box to leave it off where that is possible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from inspector.ui import text
from inspector.viewmodel import repairing
from inspector.viewmodel.repairing import RepairRow, RepairState

_KEY = Qt.ItemDataRole.UserRole


class RepairsList(QWidget):
    """Shows the rows of the last plan; remembers what a person ticked."""

    changed = Signal()
    """A person ticked or unticked a repair: plan again."""
    shown = Signal()
    """There are other rows, so `heading` may be another one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[RepairRow, ...] = ()
        self._choice: dict[str, bool] = {}
        self._wanted: tuple[str, ...] = ()
        self.list = QTreeWidget()
        self.list.setColumnCount(3)
        self.list.setHeaderLabels([self.tr("Repair"), self.tr("Digests"), self.tr("Because of")])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAlternatingRowColors(True)
        self.list.setAllColumnsShowFocus(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setAccessibleName(self.tr("Repairs"))
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.itemChanged.connect(self._ticked)
        self.list.itemSelectionChanged.connect(self._tell)
        self.effect = text.label(wrap=True)
        self.effect.setMinimumHeight(self.fontMetrics().lineSpacing() * 2)
        self.effect.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.as_usual = QPushButton(self.tr("As recommended"))
        self.as_usual.setToolTip(
            text.tooltip(self.tr("Makes what costs no digest, and what no loader would take as it is."))
        )
        self.as_usual.setAutoDefault(False)
        self.as_usual.clicked.connect(self._reset)
        below = QHBoxLayout()
        below.addWidget(self.effect, 1)
        below.addWidget(self.as_usual, alignment=Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.addWidget(self.list, 1)
        column.addLayout(below)
        self.show_rows(())

    @property
    def heading(self) -> str:
        """`Repairs (4)`, for a tab."""
        return text.caption(repairing.heading(self._rows))

    @property
    def choice(self) -> tuple[tuple[str, bool], ...]:
        """The keys that a person ticked or unticked, sorted; every other repair goes by its default."""
        return tuple(sorted(self._choice.items()))

    def choose(self, choice: Iterable[tuple[str, bool]]) -> None:
        """Take a `choice` made before; the next plan shows it."""
        self._choice = dict(choice)

    def want(self, codes: Iterable[str]) -> None:
        """Tick what mends findings of `codes`, as soon as the rows are there (*Fix by export*)."""
        self._wanted = tuple(codes)
        if self._rows:
            self._grant()

    def show_rows(self, rows: Sequence[RepairRow]) -> None:
        """Show what the plan says. The place in the list stays."""
        chosen = self.list.selectedItems()
        place = chosen[0].data(0, _KEY) if chosen else None
        self._rows = tuple(rows)
        self.list.blockSignals(True)
        self.list.clear()
        for row in self._rows:
            item = self._item(row)
            self.list.addTopLevelItem(item)
            if row.key == place:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)
        self.as_usual.setEnabled(bool(self._choice))
        self._tell()
        self.shown.emit()
        if self._wanted and self._rows:
            self._grant()

    def _tell(self) -> None:
        """What the chosen repair changes."""
        keys = [item.data(0, _KEY) for item in self.list.selectedItems()]
        about = [f"{row.effect} {row.cost}" for row in self._rows if row.key in keys]
        empty = (
            self.tr("Choose a line to read what it changes.") if self._rows else self.tr("Nothing has to be mended.")
        )
        self.effect.setText(about[0] if about else empty)

    def _item(self, row: RepairRow) -> QTreeWidgetItem:
        title = row.title if row.may_change else self.tr("Always: %s") % row.title
        item = QTreeWidgetItem([title, row.digests, ", ".join(row.codes)])
        item.setData(0, _KEY, row.key)
        state = {RepairState.LEFT: Qt.CheckState.Unchecked, RepairState.IN_PART: Qt.CheckState.PartiallyChecked}
        item.setCheckState(0, state.get(row.state, Qt.CheckState.Checked))
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        item.setFlags(flags | Qt.ItemFlag.ItemIsUserCheckable if row.may_change else flags)
        for column in range(3):
            item.setToolTip(column, text.tooltip(row.tooltip))
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, row.line)
        return item

    def _ticked(self, item: QTreeWidgetItem, _column: int) -> None:
        self._choice[item.data(0, _KEY)] = item.checkState(0) is Qt.CheckState.Checked
        self.changed.emit()

    def _grant(self) -> None:
        codes, self._wanted = self._wanted, ()
        about = repairing.answered(codes, self._rows)
        for place in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(place)
            if item is not None and item.data(0, _KEY) in about:
                self.list.setCurrentItem(item)
                self.list.scrollToItem(item)
                break
        wanted = repairing.asked_for(codes, self._rows)
        if wanted:
            self._choice |= dict.fromkeys(wanted, True)
            self.changed.emit()

    def _reset(self) -> None:
        self._choice = {}
        self.changed.emit()
