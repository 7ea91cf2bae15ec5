"""Starting the program: with and without a display, with and without Qt's libraries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from inspector import __version__

BLOCKED = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("PySide6"):
            raise ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")
sys.meta_path.insert(0, Refuse())
from inspector.app import main
sys.exit(main(sys.argv[1:]))
"""


def start(
    *arguments: str, environment: dict[str, str] | None = None, code: str = ""
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments] if code else [sys.executable, "-m", "inspector", *arguments]
    return subprocess.run(
        command, env={"PATH": "/usr/bin:/bin", **(environment or {})}, cwd=Path(__file__).parents[2],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_without_a_display_one_line_says_so_and_where_to_go() -> None:
    done = start("app.tar")
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "no display" in done.stderr
    assert "image-inspector-cli" in done.stderr


def test_without_qts_libraries_one_line_names_their_packages() -> None:
    done = start("app.tar", environment={"DISPLAY": ":99"}, code=BLOCKED)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "libEGL.so.1" in done.stderr
    assert "libegl1" in done.stderr
    assert "image-inspector-cli" in done.stderr


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_questions_are_answered_without_a_display(option: str) -> None:
    done = start(option)
    assert done.returncode == 0
    assert (f"image-inspector {__version__}\n" == done.stdout) or "FILE" in done.stdout


def test_an_unknown_option_is_bad_usage() -> None:
    done = start("--no-such-option")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_the_program_opens_a_file_and_ends_when_its_window_is_closed(archive: Path, tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from inspector import app
from inspector.ui.application import Application
application = Application(["x"])
def look():
    window = next(w for w in application.topLevelWidgets() if hasattr(w, "archives"))
    if window.view is None:
        return
    print(window.windowTitle())
    window.close()
timer = QTimer()
timer.timeout.connect(look)
timer.start(20)
sys.exit(app.main(sys.argv[1:]))
"""
    environment = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    done = start(str(archive), environment=environment, code=code)
    assert done.returncode == 0, done.stderr
    assert "app.tar" in done.stdout
