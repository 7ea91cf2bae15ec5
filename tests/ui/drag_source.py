"""A window to drag a file from, as a file manager would: a program of its own for `test_xdnd.py`. `drag_source.py PATH`."""

from __future__ import annotations

import sys

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel


class Source(QLabel):
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            data = QMimeData()
            url = QUrl.fromLocalFile(sys.argv[1])
            data.setUrls([url])
            data.setText(url.toString())
            drag = QDrag(self)
            drag.setMimeData(data)
            drag.actionChanged.connect(lambda action: print("accepted", action.name, flush=True))
            print("dragging", flush=True)
            print("dropped", drag.exec(Qt.DropAction.CopyAction).name, flush=True)


application = QApplication(sys.argv)
source = Source("drag me")
source.setGeometry(0, 0, 200, 120)
source.setWindowFlag(Qt.WindowType.X11BypassWindowManagerHint)
source.show()
application.processEvents()
print("ready", flush=True)
sys.exit(application.exec())
