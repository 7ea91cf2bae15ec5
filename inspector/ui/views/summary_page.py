"""The page *Summary*: sections of labels and values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.ui import text
from inspector.ui.widgets.elided import ElidedLabel, LinkButton
from inspector.ui.widgets.sharebar import ShareBar
from inspector.viewmodel.pages import Row, Section
from inspector.viewmodel.tree import StructureNode

_HIDDEN = "••••••••"
_WIDEST_NAME = 220
_LONG_NAME = 30
_LONG_WORD = 48
_AT_ONCE = 100
"""Rows of a section that are made at once."""


class SummaryPage(QScrollArea):
    """Sections with rows. A value that is a digest or a node is a button that goes there."""

    digest_followed = Signal(str)
    node_followed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.tr("Summary"))
        self._pending: tuple[QFormLayout, QWidget, QLabel] | None = None
        """The row that is still being found out, if there is one."""
        # Ground like that of the lists beside it.
        self.setBackgroundRole(QPalette.ColorRole.Base)

    def show_sections(self, sections: Sequence[Section]) -> None:
        """Replace what is shown."""
        self._pending = None
        body = QWidget()
        body.setBackgroundRole(QPalette.ColorRole.Base)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(14)
        # One column of names for all sections.
        metrics = self.fontMetrics()
        widths = (metrics.horizontalAdvance(row.label) for section in sections for row in section.rows)
        names = min(_WIDEST_NAME, max(widths, default=0)) + 4
        for section in sections:
            layout.addWidget(self._section(section, names))
        layout.addStretch(1)
        self.setWidget(body)

    @property
    def waits(self) -> bool:
        """Whether there is a row for `settle`."""
        return self._pending is not None

    def settle(self, row: Row) -> None:
        """Put what was found out in its place."""
        if self._pending is None:
            return
        form, old, name = self._pending
        self._pending = None
        new = self._value(row)
        form.replaceWidget(old, new)
        name.setBuddy(new)
        old.hide()
        old.deleteLater()

    def _section(self, section: Section, names: int) -> QWidget:
        frame = QWidget()
        box = QVBoxLayout(frame)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        heading = text.label(section.title)
        font = QFont(heading.font())
        font.setBold(True)
        heading.setFont(font)
        box.addWidget(heading)
        rule = QFrame()
        rule.setFrameShape(QFrame.Shape.HLine)
        rule.setFrameShadow(QFrame.Shadow.Sunken)
        box.addWidget(rule)
        if section.bar:
            bar = ShareBar(section.bar, self.tr("Layers by size"))
            bar.node_followed.connect(self.node_followed)
            box.addWidget(bar)
        form = QFormLayout()
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(4)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        box.addLayout(form)
        self._add_rows(form, section.rows[:_AT_ONCE], names)
        if len(section.rows) > _AT_ONCE:
            self._offer_more(box, form, section.rows[_AT_ONCE:], names)
        if section.note:
            box.addWidget(text.label(section.note, wrap=True))
        return frame

    def _add_rows(self, form: QFormLayout, rows: Sequence[Row], names: int) -> None:
        labelled = any(row.label for row in rows)
        for row in rows:
            value = self._value(row)
            if not labelled:
                form.addRow(value)
                continue
            name = text.label(row.label, wrap=len(row.label) > _LONG_NAME)
            name.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            name.setFixedWidth(names)
            text.set_tip(name, row.label if len(row.label) > _LONG_NAME else "")
            name.setBuddy(value)
            form.addRow(name, value)
            if row.pending:
                self._pending = (form, value, name)

    def _offer_more(self, box: QVBoxLayout, form: QFormLayout, rest: Sequence[Row], names: int) -> None:
        """A thousand labels at once would hold the window for a third of a second."""
        waiting = list(rest)
        button = QPushButton()

        def caption() -> str:
            return self.tr("Show %d more of %d") % (min(len(waiting), _AT_ONCE), len(waiting))

        def more() -> None:
            self._add_rows(form, waiting[:_AT_ONCE], names)
            del waiting[:_AT_ONCE]
            button.setText(caption())
            button.setVisible(bool(waiting))

        button.setText(caption())
        button.clicked.connect(more)
        box.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def _value(self, row: Row) -> QWidget:
        if row.secret:
            return _SecretValue(row)
        if row.link is not None or row.node is not None:
            return self._link(row)
        return _plain_value(row)

    def _link(self, row: Row) -> QWidget:
        node: StructureNode | None = row.node
        digest = str(row.link) if row.link is not None else ""

        def follow() -> None:
            if node is not None:
                self.node_followed.emit(node)
            else:
                self.digest_followed.emit(digest)

        button = LinkButton(row.value, follow)
        text.set_tip(button, row.tooltip)
        button.setAccessibleName(f"{row.label} {row.value}")
        if row.monospace:
            button.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        return button


def _plain_value(row: Row) -> QLabel:
    # A long word cannot be wrapped, and would make the page wider than the window.
    long_word = max((len(word) for word in row.value.split()), default=0) > _LONG_WORD
    value = ElidedLabel(row.value) if long_word else text.label(row.value, wrap=True, selectable=True)
    text.set_tip(value, row.tooltip)
    value.setAccessibleName(f"{row.label} {row.value}")
    if row.monospace:
        value.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    return value


class _SecretValue(QWidget):
    """Something that looks like a password: shown on request only, since windows are shared and photographed."""

    def __init__(self, row: Row) -> None:
        super().__init__()
        self._row = row
        self._label = _plain_value(replace(row, value=_HIDDEN, tooltip=self.tr("This looks like a secret")))
        self._label.setAccessibleName(self.tr("%s, hidden") % row.label)
        self._button = QToolButton()
        self._button.setText(self.tr("Show"))
        self._button.setCheckable(True)
        self._button.toggled.connect(self._toggle)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._label.setWordWrap(False)
        layout.addWidget(self._label)
        layout.addWidget(self._button)
        layout.addStretch(1)

    def _toggle(self, shown: bool) -> None:
        self._label.setText(self._row.value if shown else _HIDDEN)
        self._label.setWordWrap(shown)
        self._button.setText(self.tr("Hide") if shown else self.tr("Show"))
