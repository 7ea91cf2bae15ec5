"""The composition root of the window: the one place that knows every part of it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inspector import __version__

if TYPE_CHECKING:
    from inspector.ui.single_instance import SingleInstance

APPLICATION_ID = "io.github.oci_image_inspector.ImageInspector"
_TERMINAL = "The same without a window: image-inspector-cli show FILE"
_PATIENCE_S = 3.0
"""How long the end of the program waits for threads that were told to stop."""
SWITCH_INTERVAL = 0.001
"""Seconds. While a worker computes, each question of Qt to a model waits its turn: at Python's 5 ms a page takes 70 ms."""
_LIBRARIES = "apt-get install libegl1 libgl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libxkbcommon0"


def main(argv: Sequence[str] | None = None) -> int:
    """Start the window on the paths given; the exit code."""
    arguments = _parse(sys.argv[1:] if argv is None else argv)
    problem = missing_display()
    if problem:
        print(f"image-inspector: {problem} {_TERMINAL}", file=sys.stderr)
        return 2
    try:
        import PySide6.QtWidgets  # noqa: F401 - tried here, so that a missing library is told in one line
    except ImportError as error:
        print(f"image-inspector: Qt cannot start: {error}. On Debian: {_LIBRARIES}. {_TERMINAL}", file=sys.stderr)
        return 2
    return run([Path(path).absolute() for path in arguments.files], new_window=arguments.new_window)


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="image-inspector",
        description="See what is inside a container image archive, and re-save it OCI compliant.",
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="image archives or layout folders to open")
    parser.add_argument(
        "--new-window", action="store_true", help="open a window of its own, also where one is open already"
    )
    parser.add_argument("--version", action="version", version=f"image-inspector {__version__}")
    return parser.parse_args(argv)


def missing_display() -> str:
    """Why no window can be shown, or "". Qt itself would abort the process."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return ""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return ""
    return "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)."


def _single_instance() -> SingleInstance | None:
    """None where Qt's network library lacks a library of the system (Kerberos): then each start has a window of its own."""
    try:
        from inspector.ui.single_instance import SingleInstance
    except ImportError:
        return None
    return SingleInstance()


def run(paths: Sequence[Path], *, new_window: bool = False) -> int:
    """The event loop, until the window is closed; 0 at once if a window that is open already took `paths`."""
    from inspector.ui.application import Application

    application = Application.instance() or Application(["image-inspector"])
    assert isinstance(application, Application)
    instance = _single_instance()
    first = instance is not None and instance.claim()
    if instance is not None and not first and not new_window and instance.hand_over(paths):
        return 0

    from inspector.ui.drag_out import remove_leftovers
    from inspector.ui.garbage import GarbageCollector
    from inspector.ui.live_window import LiveWindow
    from inspector.ui.settings import Settings
    from inspector.ui.task_runner import TaskRunner
    from inspector.ui.theme import follow_colour_scheme

    application.setApplicationName("image-inspector")
    application.setApplicationDisplayName("Image Inspector")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName(APPLICATION_ID)
    follow_colour_scheme(application)
    sys.setswitchinterval(SWITCH_INTERVAL)
    collector = GarbageCollector(application)
    runner = TaskRunner()
    settings = Settings()
    live = LiveWindow(application, runner, settings)
    live.window.show()
    live.window.start(paths)
    remove_leftovers(runner)
    application.give_files_to(live.open_from_outside)
    if instance is not None and first:
        instance.listen(live.open_from_outside)
    code = application.exec()
    if instance is not None:
        instance.close()
    collector.stop()
    if not runner.shut_down(_PATIENCE_S):
        # A read from a dead network share never ends; everything else had time to remove what it had begun to write.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code
