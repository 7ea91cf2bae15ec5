"""Opens and closes, starts and cancels, again and again in one process; tells what it held at the start and at the end.

`python -m tests.faults.soak core|window OPENS EXPORTS FOLDER` prints one JSON line. Cancelling comes at random moments of a
fixed seed. A fifth of the work is done before the first look, so that what is imported or kept on purpose does not count.
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.builders import ImageSpec, docker_24, docker_25, image, layer_tar

_WARM = 5


def state() -> dict[str, Any]:
    """Descriptors, threads, bytes of memory, and names in the temporary folder."""
    gc.collect()
    with open("/proc/self/status", encoding="ascii") as status:
        memory = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) * 1024
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "memory": memory,
        "temporary": sorted(os.listdir(tempfile.gettempdir())),
    }


def archives(folder: Path) -> list[Path]:
    """A plain one, a compressed one (inflated into a temporary file), a damaged one, one that is none."""
    app = image("docker.io/library/app:1")
    big = layer_tar({"big": random.Random(1).randbytes(1 << 20), "etc/": b"", "etc/motd": b"hello\n"})
    plain = docker_24([ImageSpec((*app.tars, big), app.names)]).write(folder / "plain.tar")
    packed = docker_25([app]).write(folder / "packed.tar.gz", compression="gzip")
    cut = folder / "cut.tar"
    cut.write_bytes(plain.read_bytes()[:-300_000])
    none = folder / "none.tar"
    none.write_bytes(b"PK\x03\x04" + bytes(60))
    return [plain, packed, cut, none]


def core(opens: int, exports: int, folder: Path) -> tuple[dict[str, Any], dict[str, Any], int]:
    from inspector.archive.detect import open_archive
    from inspector.errors import Cancelled, InspectorError
    from inspector.export.plan import plan_export
    from inspector.export.writer import export_archive
    from inspector.layers.stack import list_image_layer
    from inspector.progress import CancelToken, Progress

    paths = archives(folder)
    chance = random.Random(2)
    cancelled = 0

    def once(number: int) -> None:
        try:
            with open_archive(paths[number % len(paths)]) as archive:
                for layer in archive.images[0].layers:
                    list_image_layer(layer, archive.images[0])
        except InspectorError:
            pass

    def export() -> None:
        nonlocal cancelled
        token = CancelToken()
        left = chance.randrange(12)

        def sink(_progress: Progress) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                token.cancel()

        try:
            with open_archive(paths[0]) as archive:
                export_archive(plan_export(archive), folder / "out.tar", overwrite=True, token=token, sink=sink)
        except Cancelled:
            cancelled += 1

    before = _repeat(once, opens, lambda _number: export(), exports)
    return before, state(), cancelled


def _repeat(first: Callable[[int], None], opens: int, second: Callable[[int], None], exports: int) -> dict[str, Any]:
    for number in range(opens // _WARM):
        first(number)
    for number in range(exports // _WARM):
        second(number)
    before = state()
    for number in range(opens // _WARM, opens):
        first(number)
    for number in range(exports // _WARM, exports):
        second(number)
    return before


def window(opens: int, exports: int, folder: Path) -> tuple[dict[str, Any], dict[str, Any], int]:
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from inspector.ui.main_window import MainWindow
    from inspector.ui.settings import Settings
    from inspector.ui.task_runner import TaskRunner

    application = QApplication(["image-inspector"])
    made = MainWindow(TaskRunner(), Settings(folder / "settings.ini"))
    made.show()
    paths = archives(folder)
    chance = random.Random(3)
    cancelled = 0

    def wait(done: Callable[[], bool]) -> None:
        end = time.monotonic() + 60
        while not done():
            if time.monotonic() > end:
                raise TimeoutError
            QTest.qWait(1)

    def settle() -> None:
        wait(lambda: not made.runner.tasks)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def open_one(path: Path) -> None:
        made.open_paths([path])
        wait(lambda: made.view is not None or made.archives.bar.isVisible())

    def once(number: int) -> None:
        open_one(paths[number % len(paths)])
        view = made.view
        if view is not None:
            if chance.random() < 0.7:  # else it is closed while it is being read
                settle()
                view.select(view.session.tree.nodes[-1])
                settle()
            made.archives.close_at(0)
        made.archives.hide_messages()
        settle()

    def export(_number: int) -> None:
        nonlocal cancelled
        if made.view is None:
            open_one(paths[0])
        made.actions_by_id["export-now"].trigger()
        QTest.qWait(chance.randrange(30))
        for task in made.runner.tasks:
            cancelled += 1
            task.cancel()
        settle()
        made.archives.hide_messages()
        for name in set(os.listdir(folder)) - known:
            os.unlink(folder / name)

    known = set(os.listdir(folder)) | {"settings.ini"}
    before = _repeat(once, opens, export, exports)
    settle()
    after = state()
    made.close()
    del application
    return before, after, cancelled


def main() -> None:
    kind, opens, exports, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    before, after, cancelled = {"core": core, "window": window}[kind](opens, exports, folder)
    left = sorted(name for name in os.listdir(folder) if name.endswith(".part"))
    print(json.dumps({"before": before, "after": after, "cancelled": cancelled, "left": left}))


if __name__ == "__main__":
    main()
