"""Collects cycles on the window's thread only.

Python runs its cycle collector in whatever thread allocates next. A cycle that holds a widget would then be destroyed by a worker,
which Qt answers with a crash; so the automatic run is switched off, and a timer here does it.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 1000


class GarbageCollector(QObject):
    """Replaces the automatic collector until `stop`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Each generation when Python itself would have done so."""
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > gc.get_threshold()[generation] > 0:
                gc.collect(generation)
                return

    def stop(self) -> None:
        """Back to Python's own way."""
        self._timer.stop()
        gc.enable()
