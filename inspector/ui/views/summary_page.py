"""The page *Summary*: sections of labels and values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.ui import text
from inspector.viewmodel.pages import Row, Section
from inspector.viewmodel.tree import StructureNode

_HIDDEN = "••••••••"


class SummaryPage(QScrollArea):
    """Sections with rows. A value that is a digest or a node is a button that goes there."""

    digest_followed = Signal(str)
    node_followed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.tr("Summary"))

    def show_sections(self, explanation: str, sections: Sequence[Section]) -> None:
        """Replace what is shown; `explanation` says what one is looking at."""
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(14)
        if explanation:
            line = text.label(explanation, wrap=True)
            line.setForegroundRole(line.palette().ColorRole.PlaceholderText)
            layout.addWidget(line)
        for section in sections:
            layout.addWidget(self._section(section))
        layout.addStretch(1)
        self.setWidget(body)

    def _section(self, section: Section) -> QWidget:
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
        form = QFormLayout()
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(4)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        for row in section.rows:
            name = text.label(row.label)
            name.setForegroundRole(name.palette().ColorRole.PlaceholderText)
            name.setMinimumWidth(130)
            name.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            value = self._value(row)
            name.setBuddy(value)
            form.addRow(name, value)
        box.addLayout(form)
        if section.note:
            box.addWidget(text.label(section.note, wrap=True))
        return frame

    def _value(self, row: Row) -> QWidget:
        if row.secret:
            return _SecretValue(row)
        if row.link is not None or row.node is not None:
            return self._link(row)
        return _plain_value(row)

    def _link(self, row: Row) -> QWidget:
        button = QPushButton(text.caption(row.value))
        button.setFlat(True)
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.setToolTip(text.tooltip(row.tooltip))
        button.setAccessibleName(f"{row.label} {row.value}")
        button.setStyleSheet(
            "QPushButton { text-align: left; padding: 0; border: none; color: palette(link); }"
            "QPushButton:focus { text-decoration: underline; }"
        )
        if row.monospace:
            button.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        node: StructureNode | None = row.node
        digest = str(row.link) if row.link is not None else ""

        def follow() -> None:
            if node is not None:
                self.node_followed.emit(node)
            else:
                self.digest_followed.emit(digest)

        button.clicked.connect(follow)
        return button


def _plain_value(row: Row) -> QLabel:
    value = text.label(row.value, wrap=True, selectable=True)
    value.setToolTip(text.tooltip(row.tooltip))
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
        layout.addWidget(self._label, 1)
        layout.addWidget(self._button)

    def _toggle(self, shown: bool) -> None:
        self._label.setText(self._row.value if shown else _HIDDEN)
        self._button.setText(self.tr("Hide") if shown else self.tr("Show"))
