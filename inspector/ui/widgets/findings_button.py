"""The left end of the status bar: the worst finding, by sign, word and count. It is always there."""

from __future__ import annotations

from PySide6.QtWidgets import QToolButton, QWidget

from inspector.ui import text
from inspector.viewmodel.findingsview import FindingList


class FindingsButton(QToolButton):
    """A click shows the findings."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoRaise(True)
        text.set_tip(self, self.tr("What is odd or wrong with this archive. Click to see it."))
        self.show_findings(None)

    def show_findings(self, findings: FindingList | None) -> None:
        """None: no archive is open."""
        shown = f"{findings.sign} {findings.text}".strip() if findings is not None else self.tr("No archive")
        self.setText(text.caption(shown))
        self.setAccessibleName(self.tr("Findings: %s") % shown)
        self.setEnabled(findings is not None)
