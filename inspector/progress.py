"""How long work is told about and stopped; no Qt, no I/O."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol

from inspector.errors import Cancelled


class CancelToken:
    """A flag that one thread sets and the working thread looks at."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop; safe from any thread, any number of times."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if the work was asked to stop.

        Called at least once per mebibyte or per few hundred entries: cancelling is felt within 200 ms.
        """
        if self._event.is_set():
            raise Cancelled


@dataclass(frozen=True, slots=True)
class Progress:
    """One report: `done` of `total` bytes (total 0: unknown), doing `stage` to `subject`."""

    stage: str
    done: int = 0
    total: int = 0
    subject: str = ""

    @property
    def per_mille(self) -> int:
        """0 to 1000; Qt's progress bars overflow on byte counts."""
        return min(1000, self.done * 1000 // self.total) if self.total > 0 else 0


class ProgressSink(Protocol):
    """Anything that takes reports; called from the working thread, often, and must return at once."""

    def __call__(self, progress: Progress, /) -> None: ...


def ignore_progress(_progress: Progress, /) -> None:
    """The sink of those who do not watch."""
