"""The one background runner. Workers take and return plain values; QObjects live and die on the window's thread.

A task is cancelled by its token and answers within 200 ms; an answer that comes after cancelling, or after its owner was
deleted, is dropped. Threads are given back without waiting for them longer than asked, so that a stalled network share cannot
keep the window open.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer, Signal
from shiboken6 import isValid

from inspector.errors import Cancelled
from inspector.progress import CancelToken, Progress, ProgressSink

T = TypeVar("T")
Work = Callable[[CancelToken, ProgressSink], T]
_PROGRESS_MS = 50
_STUCK_S = 1.0
"""A cancelled task that has not answered by then hangs in a read that nothing ends, and gives up its place in the queue."""


@dataclass(eq=False)
class Task(Generic[T]):
    """One piece of work under way. `what` is for people. Once `owner` was deleted, nobody is told how it ended."""

    what: str
    token: CancelToken
    on_success: Callable[[T], None]
    on_failure: Callable[[BaseException], None]
    on_end: Callable[[], None] | None = None
    owner: QObject | None = None
    on_drop: Callable[[T], None] | None = None
    quiet: bool = False
    """Not shown in the status bar."""
    aside: bool = False
    """Takes no place in the queue: a question that a dead network share may never answer."""
    withdraw: Callable[[Task[Any]], None] | None = None
    """Takes it out of the queue, if it still waits there."""
    cancelled_at: float = 0.0
    started: float = field(default_factory=time.monotonic)
    progress: Progress | None = None
    running: bool = True

    def cancel(self) -> None:
        """Ask it to stop; neither of its callbacks but `on_end` is called after this."""
        self.token.cancel()
        self.cancelled_at = self.cancelled_at or time.monotonic()
        if self.withdraw is not None:
            self.withdraw(self)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started


class _Answer(QEvent):
    """Wakes the window's thread; carries nothing, since what Python objects an event holds is Qt's to delete."""

    kind = QEvent.Type(QEvent.registerEventType())

    def __init__(self) -> None:
        super().__init__(self.kind)


class TaskRunner(QObject):
    """Runs work in threads and hands its answers over on the window's thread, in the order in which they came."""

    changed = Signal()
    """A task started, reported progress or ended; at most twenty times a second."""

    def __init__(self, parent: QObject | None = None, *, workers: int = 3) -> None:
        super().__init__(parent)
        self._tasks: list[Task[Any]] = []
        self._waiting: deque[tuple[Task[Any], Work[Any]]] = deque()
        self._answers: deque[tuple[Callable[[], None], QObject | None]] = deque()
        self._free = workers
        self._holding: set[Task[Any]] = set()
        """Those that keep one of the places from others."""
        self._dirty = False
        self._closed = False
        self._threads: set[threading.Thread] = set()
        self._timer = QTimer(self)
        self._timer.setInterval(_PROGRESS_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def tasks(self) -> tuple[Task[Any], ...]:
        """Those under way or waiting, oldest first."""
        return tuple(self._tasks)

    def start(  # noqa: PLR0913 - one keyword for each thing that may be wanted of a task
        self,
        what: str,
        work: Work[T],
        on_success: Callable[[T], None],
        on_failure: Callable[[BaseException], None],
        *,
        on_end: Callable[[], None] | None = None,
        owner: QObject | None = None,
        on_drop: Callable[[T], None] | None = None,
        quiet: bool = False,
        aside: bool = False,
    ) -> Task[T]:
        """Run `work(token, sink)` in a thread, then one of the callbacks here. `Cancelled` calls only `on_end`.

        `on_drop` gets a result that nobody takes any more, so that what it holds open can be closed.
        """
        task: Task[T] = Task(what, CancelToken(), on_success, on_failure, on_end, owner, on_drop, quiet, aside)
        task.withdraw = self._withdraw
        self._tasks.append(task)
        if aside:
            self._start_thread(task, work)
        else:
            self._waiting.append((task, work))
            self._start_next()
        self._timer.start()
        self._mark()
        return task

    def post(self, call: Callable[[], None], owner: QObject | None = None) -> None:
        """From a worker: have `call` made on the window's thread, unless `owner` was deleted by then."""
        self._answers.append((call, owner))
        if not self._closed:
            QCoreApplication.postEvent(self, _Answer())

    def shut_down(self, seconds: float = 0.3) -> bool:
        """Cancel everything and wait a little; True if no thread is left. Threads are daemons: exit does not wait."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        self._waiting.clear()
        self._answers.clear()
        self._timer.stop()
        end = time.monotonic() + seconds
        for thread in list(self._threads):
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def customEvent(self, event: QEvent) -> None:
        """Answers that workers posted."""
        if event.type() == _Answer.kind:
            while self._answers and not self._closed:
                call, owner = self._answers.popleft()
                if _exists(owner):
                    call()

    def _start_next(self) -> None:
        while self._free and self._waiting:
            task, work = self._waiting.popleft()
            self._free -= 1
            self._holding.add(task)
            self._start_thread(task, work)

    def _start_thread(self, task: Task[Any], work: Work[Any]) -> None:
        thread = threading.Thread(target=self._run, args=(task, work), name=f"task {task.what}", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _withdraw(self, task: Task[Any]) -> None:
        """A cancelled task that has not begun ends now, not when those before it are done."""
        waiting = [pair for pair in self._waiting if pair[0] is not task]
        if len(waiting) < len(self._waiting):
            self._waiting = deque(waiting)
            # Not from within `cancel`: who cancels several things at once expects no calls meanwhile.
            self.post(lambda: self._failed(task, Cancelled()))

    def _give_back(self, task: Task[Any]) -> None:
        if task in self._holding:
            self._holding.discard(task)
            self._free += 1

    def _run(self, task: Task[T], work: Work[T]) -> None:
        def sink(progress: Progress, /) -> None:
            task.progress = progress
            self._dirty = True

        result: T
        try:
            task.token.check()
            result = work(task.token, sink)
        except BaseException as error:  # noqa: BLE001 - whatever happens is told on the window's thread
            failure = error
            self.post(lambda: self._failed(task, failure))
        else:
            self.post(lambda: self._succeeded(task, result))
        finally:
            self._threads.discard(threading.current_thread())

    def _succeeded(self, task: Task[T], result: T) -> None:
        self._ended(task)
        owned = _exists(task.owner)
        try:
            if owned and not task.token.cancelled:
                task.on_success(result)
            elif task.on_drop is not None:
                task.on_drop(result)
        finally:
            if owned and task.on_end is not None:
                task.on_end()

    def _failed(self, task: Task[Any], error: BaseException) -> None:
        self._ended(task)
        owned = _exists(task.owner)
        try:
            if owned and not task.token.cancelled and not isinstance(error, Cancelled):
                task.on_failure(error)
        finally:
            if owned and task.on_end is not None:
                task.on_end()

    def _ended(self, task: Task[Any]) -> None:
        self._give_back(task)
        task.running = False
        if task in self._tasks:
            self._tasks.remove(task)
        self._start_next()
        self._mark()

    def _mark(self) -> None:
        self._dirty = True
        self._tick()

    def _tick(self) -> None:
        now = time.monotonic()
        stuck = [task for task in self._holding if task.cancelled_at and now - task.cancelled_at > _STUCK_S]
        for task in stuck:
            self._give_back(task)
        if stuck:
            self._start_next()
        if self._dirty:
            self._dirty = False
            self.changed.emit()
        if not self._tasks:
            self._timer.stop()


def _exists(owner: QObject | None) -> bool:
    """Whether there is still somebody to tell: a tab may have been closed while its work went on."""
    return owner is None or isValid(owner)
