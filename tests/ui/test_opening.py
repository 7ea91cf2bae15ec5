"""Opening from outside: a second start, the desktop's event, and what a stranger may send to the socket."""

from __future__ import annotations

import gzip
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from inspector.ui.main_window import MainWindow
from inspector.ui.single_instance import MOST_BYTES, Request, SingleInstance, pack, private_folder, unpack
from tests.ui.conftest import PATIENCE_MS


@pytest.fixture
def runtime(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A user's runtime folder: short, as socket names must be, and private."""
    folder = tmp_path_factory.mktemp("run")
    folder.chmod(0o700)
    return {"XDG_RUNTIME_DIR": str(folder), "DISPLAY": ":7"}


@pytest.fixture
def first(runtime: dict[str, str]) -> Iterator[tuple[SingleInstance, list[Path]]]:
    """The program that listens, and what it was given."""
    instance = SingleInstance(runtime)
    got: list[Path] = []
    assert instance.claim()
    assert instance.listen(got.extend)
    yield instance, got
    instance.close()


def in_background(call: Callable[[], bool]) -> tuple[threading.Thread, list[bool]]:
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()
    return thread, answers


START = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from inspector.ui.single_instance import SingleInstance
application = QCoreApplication([])
instance = SingleInstance()
print(instance.claim(), instance.hand_over([Path(name).absolute() for name in sys.argv[1:]]))
"""


def second_start(runtime: dict[str, str], *names: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", START, *names],
        cwd=folder, env={**os.environ, **runtime, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def answer_of(qtbot: QtBot, started: subprocess.Popen[str]) -> str:
    qtbot.waitUntil(lambda: started.poll() is not None, timeout=PATIENCE_MS)
    return started.communicate()[0].strip()


@pytest.mark.parametrize(
    "paths",
    [[], [Path("/srv/app.tar")], [Path("/srv/a b\nc.tar"), Path(os.fsdecode(b"/srv/\xff.tar"))]],
    ids=["none", "one", "strange names"],
)
def test_a_message_says_what_was_sent(paths: list[Path]) -> None:
    request = Request(tuple(paths), "kwin-7_TIME12")
    message = pack(request)
    assert unpack(message) == request
    assert all(unpack(message[:end]) is None for end in range(len(message)))


@pytest.mark.parametrize(
    "message",
    [
        b"GET / HTTP/1.1\r\n",
        b"image-inspector 2\n",
        b"image-inspector 1\n" + (MOST_BYTES + 1).to_bytes(4, "big"),
        pack(Request((Path("/a"),))) + b"x",
        pack(Request((Path("/a"),), "two words")),
        b"image-inspector 1\n\0\0\0\x02/a",
        b"image-inspector 1\n\0\0\0\x04/a\0\0",
        pack(Request((Path("relative.tar"),))),
    ],
)
def test_a_message_that_no_start_sends_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError):
        unpack(message)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no runtime folder")
def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "runtime"
    place.mkdir(mode=0o700)
    environment = {"XDG_RUNTIME_DIR": str(place)}
    assert private_folder(environment) == place
    monkeypatch.setattr(os, "getuid", lambda: place.stat().st_uid + 1)
    assert private_folder(environment) is None


def test_a_folder_that_others_can_enter_is_not_used(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert private_folder({"XDG_RUNTIME_DIR": str(tmp_path)}) is None
    assert private_folder({"XDG_RUNTIME_DIR": "relative"}) is None
    assert private_folder({}) is None
    tmp_path.chmod(0o700)
    assert private_folder({"XDG_RUNTIME_DIR": str(tmp_path)}) == tmp_path
    alone = SingleInstance({})
    assert not alone.claim()
    assert not alone.hand_over([Path("/a")])


def test_a_second_start_hands_over_absolute_paths(
    qtbot: QtBot, runtime: dict[str, str], first: tuple[SingleInstance, list[Path]], tmp_path: Path
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    started = second_start(runtime, "app.tar", "/srv/other.tar", folder=folder)
    assert answer_of(qtbot, started) == "False True"
    assert first[1] == [folder / "app.tar", Path("/srv/other.tar")]


def test_the_desktop_s_leave_to_come_to_the_front_is_handed_over(
    qtbot: QtBot, runtime: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it Wayland's desktops leave the window where it is, behind the file manager."""
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "old")
    seen: list[str] = []
    instance = SingleInstance(runtime)
    assert instance.claim()
    assert instance.listen(lambda _paths: seen.append(os.environ["XDG_ACTIVATION_TOKEN"]))
    started = second_start({**runtime, "XDG_ACTIVATION_TOKEN": "new"}, "/a.tar", folder=tmp_path)
    assert answer_of(qtbot, started) == "False True"
    assert seen == ["new"]
    instance.close()


def test_the_socket_is_the_user_s_alone(first: tuple[SingleInstance, list[Path]]) -> None:
    assert Path(first[0].address).stat().st_mode & 0o077 == 0


def test_another_screen_has_a_window_of_its_own(
    runtime: dict[str, str], first: tuple[SingleInstance, list[Path]]
) -> None:
    other = SingleInstance({**runtime, "DISPLAY": ":8"})
    assert other.claim()
    other.close()


def test_what_a_crash_left_behind_does_no_harm(qtbot: QtBot, runtime: dict[str, str], tmp_path: Path) -> None:
    """The crashed program leaves its lock and its socket; the next start is the first, and later ones reach it."""
    crash = (
        "import os\nfrom PySide6.QtCore import QCoreApplication\n"
        "from inspector.ui.single_instance import SingleInstance\n"
        "application = QCoreApplication([])\ninstance = SingleInstance()\n"
        "assert instance.claim() and instance.listen(print)\nos._exit(9)\n"
    )
    environment = {**os.environ, **runtime, "PYTHONPATH": str(Path(__file__).parents[2])}
    assert subprocess.run([sys.executable, "-c", crash], env=environment, timeout=60, check=False).returncode == 9
    instance = SingleInstance(runtime)
    assert Path(instance.address).exists()
    got: list[Path] = []
    assert instance.claim()
    assert instance.listen(got.extend)
    started = second_start(runtime, "/a.tar", folder=tmp_path)
    assert answer_of(qtbot, started) == "False True"
    assert got == [Path("/a.tar")]
    instance.close()


def test_a_window_that_does_not_answer_is_not_waited_for_long(
    qtbot: QtBot, runtime: dict[str, str], first: tuple[SingleInstance, list[Path]], tmp_path: Path
) -> None:
    """The event loop of the first stands still here: nothing runs it until the second has given up."""
    started = second_start(runtime, "/a.tar", folder=tmp_path)
    assert started.communicate(timeout=60)[0].strip() == "False False"


def test_garbage_on_the_socket_changes_nothing(
    qtbot: QtBot, runtime: dict[str, str], first: tuple[SingleInstance, list[Path]], tmp_path: Path
) -> None:
    instance, got = first
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.settimeout(60)
        stranger.connect(instance.address)
        stranger.sendall(b"\0" * 5000)
        thread, answers = in_background(lambda: _reads_nothing(stranger))
        qtbot.waitUntil(lambda: not thread.is_alive(), timeout=PATIENCE_MS)
        assert answers == [True]
    assert got == []
    assert answer_of(qtbot, second_start(runtime, "/a.tar", folder=tmp_path)) == "False True"
    assert got == [Path("/a.tar")]


def _reads_nothing(stranger: socket.socket) -> bool:
    """Whether the other side hung up without a word."""
    try:
        return stranger.recv(10) == b""
    except ConnectionResetError:
        return True


@pytest.mark.qt_log_ignore(r"This plugin does not support raise\(\)", extend=True)
def test_a_window_opens_what_a_later_start_asks_for(window: MainWindow, qtbot: QtBot, archive: Path) -> None:
    window.showMinimized()
    window.open_from_outside([archive])
    qtbot.waitUntil(lambda: window.view is not None, timeout=PATIENCE_MS)
    assert not window.isMinimized()
    assert window.view is not None
    assert window.view.session.path == archive


PROGRAM = """
import sys
from PySide6.QtCore import QCoreApplication, QTimer, QUrl
from PySide6.QtGui import QFileOpenEvent
from inspector import app
from inspector.ui.application import Application
application = Application(["x"])
early, late = sys.argv[1:3]
QCoreApplication.postEvent(application, QFileOpenEvent(QUrl("https://example.invalid/x.tar")))
QCoreApplication.sendEvent(application, QFileOpenEvent(early))
def look():
    window = next((w for w in application.topLevelWidgets() if hasattr(w, "archives")), None)
    names = sorted(view.session.path.name for view in window.archives.views()) if window else []
    if names == ["early.tar"]:
        QCoreApplication.postEvent(application, QFileOpenEvent(late))
    elif names == ["early.tar", "late.tar"]:
        timer.stop()
        print(*names)
        window.close()
timer = QTimer()
timer.timeout.connect(look)
timer.start(50)
sys.exit(app.main([]))
"""


def test_the_desktop_s_event_opens_files_before_and_after_the_window_is_there(archive: Path, tmp_path: Path) -> None:
    early, late = tmp_path / "early.tar", tmp_path / "late.tar"
    early.write_bytes(archive.read_bytes())
    late.write_bytes(archive.read_bytes())
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(early), str(late)],
        cwd=Path(__file__).parents[2], env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["early.tar", "late.tar"]


def test_tabs_stand_in_the_order_in_which_archives_were_asked_for(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, archive: Path, oci_archive: Path
) -> None:
    slow = tmp_path / "slow.tar.gz"
    slow.write_bytes(gzip.compress(archive.read_bytes() + bytes(30 << 20), 1))
    paths = [slow, oci_archive, archive]
    window.open_paths(paths)
    qtbot.waitUntil(lambda: len(window.archives.views()) == len(paths), timeout=PATIENCE_MS)
    assert [view.session.path for view in window.archives.views()] == paths
