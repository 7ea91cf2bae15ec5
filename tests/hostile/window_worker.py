"""Opens each case in one window, visits what a person would visit, and closes it again; bounded and guarded.

Started by cases.py: `python -m tests.hostile.window_worker ADDRESS_SPACE SECONDS SCRATCH`. One JSON line per case: whether it
opened, what was said, and every problem: an unexpected error, a complaint of Qt, rich text, something forbidden.
"""

from __future__ import annotations

import gc
import json
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.hostile.guard import Guard, program_folder
from tests.hostile.limits import Meter, set_up

_FILES = 3
_ENOUGH = 4.0
"""Seconds after which a person leaves a page that is still being read (a terabyte of zeros never ends)."""
_MARKUP = re.compile(r"<(?!br>)\w+[^>]*>")


class Visitor:
    """One person at one window."""

    def __init__(self, scratch: Path) -> None:
        from PySide6.QtCore import QtMsgType, qInstallMessageHandler
        from PySide6.QtWidgets import QApplication

        from inspector.ui.main_window import MainWindow
        from inspector.ui.settings import Settings
        from inspector.ui.task_runner import TaskRunner
        from inspector.viewmodel import messages

        self.problems: list[str] = []
        self.longest = 0.0
        self._application = QApplication.instance() or QApplication(["image-inspector"])
        report = messages._report

        def unexpected(error: BaseException) -> str:
            self.problems.append("unexpected: " + "".join(traceback.format_exception(error))[-1500:])
            return report(error)

        messages._report = unexpected
        sys.excepthook = self._uncaught
        sys.unraisablehook = lambda about: self.problems.append(f"unraisable: {about.exc_value!r} in {about.object!r}")
        threading.excepthook = lambda about: self.problems.append(f"thread: {about.exc_value!r}")

        def say(kind: QtMsgType, _context: object, text: str) -> None:
            if kind != QtMsgType.QtDebugMsg and "propagateSizeHints" not in text:
                self.problems.append(f"Qt says: {text}")

        qInstallMessageHandler(say)
        self.window = MainWindow(TaskRunner(), Settings(scratch / "settings.ini"))
        self.window.show()
        self._wait(lambda: self.window.isVisible())

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self.problems.append("".join(traceback.format_exception(kind, error, trace))[-1500:])
        sys.__excepthook__(kind, error, trace)

    def _wait(self, done: Callable[[], bool], seconds: float = 80) -> bool:
        from PySide6.QtTest import QTest

        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                return False
            before = time.thread_time()
            QTest.qWait(1)
            self.longest = max(self.longest, time.thread_time() - before)
        return True

    def visit(self, path: Path, *, briefly: bool) -> dict[str, Any]:
        window = self.window
        self.problems.clear()
        self.longest = 0.0
        window.open_paths([path])
        bar = window.archives.bar
        if not self._wait(lambda: window.view is not None or bar.isVisible()):
            self.problems.append("neither opened nor refused")
        view = window.view
        said = bar.message
        answer: dict[str, Any] = {"opened": view is not None, "said": said.title + " " + said.text if said else ""}
        if view is not None:
            self._look_around(view, briefly=briefly)
            self._judge_text(window)
            window.archives.close_at(0)
            if not self._wait(lambda: not window.runner.tasks):
                self.problems.append(f"tasks go on: {[task.what for task in window.runner.tasks]}")
        else:
            self._judge_text(window)
            bar.clear()
        if window.view is not None:
            self.problems.append("a tab stayed")
        return answer | {"problems": list(self.problems), "longest": self.longest}

    def _look_around(self, view: Any, *, briefly: bool) -> None:
        from inspector.viewmodel.pages import Page
        from inspector.viewmodel.tree import NodeType

        self._settle(view)
        nodes = view.session.tree.nodes
        kinds = (NodeType.IMAGE,) if briefly else (NodeType.INDEX, NodeType.IMAGE, NodeType.CONFIG, NodeType.LAYER)
        chosen = [view.session.tree.root]
        for kind in kinds:
            chosen += [node for node in nodes if node.type is kind][:1]
        chosen += [] if briefly else [node for node in nodes if node.document is not None][:1]
        for node in dict.fromkeys(chosen):
            view.select(node)
            self._settle(view)
            for page in view.session.pages_for(node):
                view.pages.show_page(page)
                self._settle(view)
                if page is Page.FILES and view.pages.files.view.files is not None:
                    self._look_at_files(view)
            view.copy()
        view.show_findings()
        self._settle(view)
        if not briefly:
            view.verify()
            self._settle(view)

    def _look_at_files(self, view: Any) -> None:
        table = view.pages.files.view
        files = table.files
        if len(files) < 5000:
            table.expand_all()
        for row in range(min(_FILES, len(files))):
            table.setCurrentIndex(table.model().index(row, 0))
            self._settle(view)
        table.copy_paths()
        view.pages.files.filter.setText("e")
        view.pages.files._apply()
        view.pages.files.filter.clear()
        view.pages.files._apply()

    def _settle(self, view: Any) -> None:
        """Until nothing is being read; a person leaves what takes too long."""
        if not self._wait(lambda: not self.window.runner.tasks, _ENOUGH):
            for task in self.window.runner.tasks:
                task.cancel()
            if not self._wait(lambda: not self.window.runner.tasks, 5):
                self.problems.append("cancelling was not heard within 5 s")

    def _judge_text(self, window: Any) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QLabel, QWidget

        for label in window.findChildren(QLabel):
            if label.text() and label.textFormat() != Qt.TextFormat.PlainText:
                self.problems.append(f"a label that may be rich: {label.text()[:100]!r}")
        for widget in window.findChildren(QWidget):
            tip = widget.toolTip()
            is_escaped = tip.startswith("<qt>") and tip.endswith("</qt>") and not _MARKUP.search(tip[4:-5])
            if "<" in tip and not is_escaped:
                self.problems.append(f"a tooltip that may be rich: {tip[:100]!r}")
        title = window.windowTitle()
        if any(not character.isprintable() for character in title):
            self.problems.append(f"the title {title!r}")


def main() -> None:
    seconds, scratch = int(sys.argv[2]), Path(sys.argv[3])
    set_up(int(sys.argv[1]), scratch)
    visitor = Visitor(scratch)
    guard = Guard(program_folder())
    for line in sys.stdin:
        case = json.loads(line)
        path = bytes.fromhex(case["path"])
        guard.off = True
        meter = Meter(seconds)
        guard.off = False
        guard.allow([path], [str(scratch)])
        started = time.monotonic()
        answer = {"id": case["id"], **visitor.visit(Path(os.fsdecode(path)), briefly=case["is_brief"])}
        meter.stop()
        gc.collect()
        left = sorted(os.listdir(scratch / "tmp")) + sorted(os.listdir(scratch / "empty"))
        answer |= {
            "wall": time.monotonic() - started,
            "seconds": meter.seconds,
            "memory": meter.memory,
            "forbidden": guard.broken,
            "left": left,
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    with open("/proc/self/maps", encoding="utf-8") as maps:
        if "libQt6Network" in maps.read():
            sys.exit("Qt's network library is loaded")


if __name__ == "__main__":
    main()
