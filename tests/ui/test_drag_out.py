"""Files dragged out of the list: there when the drop asks for them, gone when nobody took them or the program ends."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QDrag, QDropEvent
from pytestqt.qtbot import QtBot

from inspector.ui import drag_out
from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.ui.task_runner import TaskRunner
from inspector.viewmodel import dragging
from tests.builders import Bundle, Entry, ImageSpec, docker_24, folder, layer_tar
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]


@pytest.fixture(autouse=True)
def at_the_end() -> Iterator[None]:
    yield
    dragging.remove_dragged()


@pytest.fixture
def view(qtbot: QtBot, open_archive: Opener, archive: Path) -> ArchiveView:
    opened = open_archive(archive)
    opened.select(node_named(opened, "layer 1"))
    settle(qtbot, opened)
    return opened


def paths_of(data: QMimeData | None) -> list[Path]:
    assert data is not None
    found = [Path(url.toLocalFile()) for url in data.urls()]
    # what other programs get: RFC 2483
    assert bytes(data.data("text/uri-list").data()) == b"".join(file.as_uri().encode() + b"\r\n" for file in found)
    return found


def test_the_data_waits_for_the_files(view: ArchiveView) -> None:
    view.pages.files.go_to(b"etc/passwd")
    data = view.drags.begin()
    assert data is not None
    assert data.formats() == ["text/uri-list"]
    (path,) = paths_of(data)
    assert path.name == "passwd"
    assert path.read_text() == "root:x:0:0::/:/bin/sh\n"
    assert path.parent.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_comes_with_all_below_it_and_once(view: ArchiveView) -> None:
    table = view.pages.files.view
    table.expand_all()
    table.selectAll()
    found = paths_of(view.drags.begin())
    assert sorted(path.name for path in found) == ["etc", "usr"]
    assert (next(path for path in found if path.name == "usr") / "bin/tool").stat().st_size == 5000


def test_what_nobody_took_is_removed(view: ArchiveView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    table = view.pages.files.view
    view.pages.files.go_to(b"etc/passwd")
    taken: list[Path] = []

    def drop(drag: QDrag, *_: object) -> Qt.DropAction:
        taken.extend(paths_of(drag.mimeData()))
        return Qt.DropAction.CopyAction if len(taken) == 1 else Qt.DropAction.IgnoreAction

    monkeypatch.setattr(QDrag, "exec", drop)
    table.startDrag(Qt.DropAction.CopyAction)
    table.startDrag(Qt.DropAction.CopyAction)
    assert len(taken) == 2
    qtbot.waitUntil(lambda: not taken[1].exists(), timeout=PATIENCE_MS)
    assert taken[0].exists()
    dragging.remove_dragged()
    assert not taken[0].parent.exists()


def test_a_drag_given_up_does_not_end_the_next_one(view: ArchiveView) -> None:
    view.pages.files.go_to(b"etc/passwd")
    assert view.drags.begin() is not None
    view.drags.give_up()  # how it ended is told only while the next one waits
    assert [file.name for file in paths_of(view.drags.begin())] == ["passwd"]


def test_too_much_is_told_and_not_written(view: ArchiveView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dragging, "MOST_BYTES", 10)
    view.pages.files.go_to(b"usr/bin/tool")
    assert view.drags.begin() is None
    assert view.bar.message is not None
    assert view.bar.message.title == "Too much to drag"


def test_folders_that_let_nobody_in_are_removed_all_the_same(
    qtbot: QtBot, open_archive: Opener, tmp_path: Path
) -> None:
    tar = layer_tar({"locked/": b"", "locked/a": b"1"})
    opened = open_archive(docker_24([ImageSpec((tar,), ("app:1",))]).write(tmp_path / "locked.tar"))
    opened.select(node_named(opened, "layer 1"))
    settle(qtbot, opened)
    opened.pages.files.go_to(b"locked")
    (folder,) = paths_of(opened.drags.begin())
    os.chmod(folder, 0)
    dragging.remove_dragged()
    assert not folder.parent.exists()


def test_the_window_does_not_open_what_was_dragged_out_of_it(
    window: MainWindow, view: ArchiveView, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.pages.files.go_to(b"etc/passwd")
    data = view.drags.begin()
    assert data is not None
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    event = QDropEvent(QPoint(5, 5), copy, data, left, Qt.KeyboardModifier.NoModifier)
    monkeypatch.setattr(QDropEvent, "source", lambda _: view)
    window.dropEvent(event)
    assert len(window.archives.views()) == 1
    paths_of(data)


def test_nothing_to_extract_is_told(view: ArchiveView, qtbot: QtBot) -> None:
    view.select(node_named(view, "layer 2"))
    settle(qtbot, view)
    view.pages.files.go_to(b"etc/passwd")
    data = view.drags.begin()
    if data is not None:
        assert paths_of(data) == []
    assert view.bar.isVisible()


def test_nothing_that_was_dragged_can_be_run(qtbot: QtBot, open_archive: Opener, tmp_path: Path) -> None:
    """Security.md 34: a double click on a dropped file shall not start it."""
    entries = [folder("opt"), Entry("opt/run.sh", b"#!/bin/sh", mode=0o6777), Entry("x.desktop", b"[x]", mode=0o777)]
    tar = Bundle(tuple(entries)).tar()
    opened = open_archive(docker_24([ImageSpec((tar,), ("app:1",))]).write(tmp_path / "programs.tar"))
    opened.select(node_named(opened, "layer 1"))
    settle(qtbot, opened)
    opened.pages.files.view.selectAll()
    dropped = paths_of(opened.drags.begin())
    files = {found.name: found.stat().st_mode & 0o7777 for path in dropped for found in (path, *path.rglob("*"))}
    assert files == {"opt": 0o755, "run.sh": 0o644, "x.desktop": 0o644}


KILLED = """
import os, signal, sys
from pathlib import Path
from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.dragging import extract_dragged
from inspector.viewmodel.session import open_session
session = open_session(Path(sys.argv[1]), CancelToken(), ignore_progress)
node = next(node for node in session.tree.nodes if node.layer is not None)
(file,) = extract_dragged(session, node, (b"etc/passwd",), CancelToken(), ignore_progress)
print(file, flush=True)
input()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is extracted on Windows")
def test_what_a_killed_program_left_is_removed_by_the_next(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dragging, "_YOUNG_S", -1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    shared = tmp_path / "image-inspector-drag-shared"
    shared.mkdir(mode=0o755)  # of no program of ours: those are private
    (tmp_path / "image-inspector-drag-link").symlink_to(shared)
    command = [sys.executable, "-c", KILLED, str(archive)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as program:
        assert program.stdout is not None
        file = Path(program.stdout.readline().strip())
        dragging.sweep()
        assert file.exists()  # the program lives
        program.kill()
    assert file.exists()
    dragging.sweep()
    assert not file.parent.exists()
    assert shared.is_dir()


def test_a_start_looks_for_what_was_left(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[bool] = []
    monkeypatch.setattr(drag_out, "sweep", lambda: swept.append(True))
    runner = TaskRunner()
    drag_out.remove_leftovers(runner)
    qtbot.waitUntil(lambda: swept == [True] and not runner.tasks, timeout=PATIENCE_MS)
    assert runner.shut_down(10)
