"""A window to drop files on, as a desktop would be: a program of its own for `test_xdnd.py`. Prints what it was given."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel


class Target(QLabel):
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            print("entered", flush=True)

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        for url in event.mimeData().urls():
            path = Path(url.toLocalFile())
            print("dropped", path, path.stat().st_size, flush=True)
        print("done", flush=True)


application = QApplication(sys.argv)
target = Target("drop here")
target.setAcceptDrops(True)
target.setGeometry(0, 0, 200, 120)
target.setWindowFlag(Qt.WindowType.X11BypassWindowManagerHint)
target.show()
application.processEvents()
print("ready", flush=True)
sys.exit(application.exec())
