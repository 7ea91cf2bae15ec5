"""The window answers while large things are shown. The longest gap between two beats of the event loop is measured.

A busy machine makes single gaps long, so time in which others had the processors counts less, and the best of a few tries
counts. `-m bench`, on a quiet machine, asks for what the house promises; the usual run only for what no busy machine explains.
"""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.viewmodel.files import Column
from inspector.viewmodel.layerlistings import LayerListings
from tests.builders import ImageSpec, docker_24, layer_tar
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]
PROMISED = 0.1
UNDENIABLE = 1.0
at_both_limits = pytest.mark.parametrize("limit", [UNDENIABLE, pytest.param(PROMISED, marks=pytest.mark.bench)])
TRIES = 4
FILES = 200_000


class Clock:
    """Seconds that went by; those in which no thread of ours worked count a fifth, since others may have the processors.

    Neither call lets another thread in, as reading from /proc would.
    """

    def __init__(self) -> None:
        self._last = time.perf_counter(), time.process_time()

    def lap(self) -> float:
        """Since the last call."""
        now = time.perf_counter(), time.process_time()
        passed, worked = (new - old for new, old in zip(now, self._last, strict=True))
        self._last = now
        return max(min(passed, worked), passed / 5)


class Heartbeat:
    """Beats as often as the event loop lets it, and knows the longest pause."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._clock = Clock()
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)

    def __enter__(self) -> Self:
        self._clock.lap()
        self._timer.start(2)
        return self

    def __exit__(self, *_: object) -> None:
        self._beat()
        self._timer.stop()

    def _beat(self) -> None:
        self.longest = max(self.longest, self._clock.lap())


def many_files(count: int) -> bytes:
    """A tar of `count` empty files in folders of 1000, built from one header: tarfile would need half a minute."""
    model = tarfile.TarInfo("d000/f0000000")
    model.mtime = 1_700_000_000
    header = bytearray(model.tobuf(tarfile.USTAR_FORMAT))
    base = sum(header[:148]) + 8 * 32 + sum(header[156:]) - sum(b"d000/f0000000")
    made = bytearray()
    for number in range(count):
        name = b"d%03d/f%07d" % (number // 1000, number)
        header[:13] = name
        header[148:156] = b"%06o\0 " % (base + sum(name))
        made += header
    return bytes(made + bytes(1024))


def best(scene: Callable[[], float], limit: float) -> float:
    found = []
    for _ in range(TRIES):
        found.append(scene())
        if found[-1] < limit:
            break
    return min(found)


@at_both_limits
def test_a_layer_of_200000_files(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, tmp_path: Path, limit: float
) -> None:
    layer = many_files(FILES)
    with tarfile.open(fileobj=io.BytesIO(layer[: 512 * 3] + bytes(1024))) as start:
        assert start.getnames()[2] == "d000/f0000002"
    path = docker_24([ImageSpec((layer,), ("docker.io/library/many:1",))]).write(tmp_path / "many.tar")
    view = open_archive(path)

    def listing() -> float:
        view.select(view.session.tree.root)
        view.session.listings.take_over(LayerListings(None, lambda *_: None))  # so that each try reads the layer
        with Heartbeat() as heart:
            view.select(node_named(view, "layer 1"))
            qtbot.waitUntil(lambda: not view.pages.loading, timeout=PATIENCE_MS)
        return heart.longest

    gaps = {"listing": best(listing, limit)}
    table = view.pages.files.view
    files = table.files
    assert files is not None
    assert files.total >= FILES

    def expand() -> float:
        table.collapse_all()
        with Heartbeat() as heart:
            table.expand_all()
            qtbot.wait(20)
        return heart.longest

    gaps["expand all"] = best(expand, limit)
    assert len(files) >= FILES

    def filtering() -> float:
        view.pages.files.filter.setText("")
        view.pages.files._apply()
        with Heartbeat() as heart:
            view.pages.files.filter.setText("f00001")
            view.pages.files._apply()
            qtbot.wait(20)
        return heart.longest

    gaps["filter"] = best(filtering, limit)
    view.pages.files.filter.setText("")
    view.pages.files._apply()

    def sorting() -> float:
        with Heartbeat() as heart:
            table._sort_by(files.columns.index(Column.SIZE))
            qtbot.wait(20)
            table._sort_by(files.columns.index(Column.NAME))
            qtbot.wait(20)
        return heart.longest

    sorting()
    gaps["sort again"] = best(sorting, limit)

    def scrolling() -> float:
        bar = table.verticalScrollBar()
        with Heartbeat() as heart:
            for step in range(20):
                bar.setValue(bar.maximum() * step // 20)
                qtbot.wait(5)
        return heart.longest

    gaps["scroll"] = best(scrolling, limit)
    assert {name: round(gap, 3) for name, gap in gaps.items() if gap > limit} == {}


@at_both_limits
def test_a_document_of_3_mb(qtbot: QtBot, open_archive: Opener, tmp_path: Path, limit: float) -> None:
    labels = {f"org.example.label.{number}": "v" * 60 for number in range(30_000)}
    spec = ImageSpec((layer_tar({"a": b""}),), ("docker.io/library/big:1",), more_config={"config": {"Labels": labels}})
    view = open_archive(docker_24([spec]).write(tmp_path / "big.tar"))
    node = node_named(view, "config")
    view.pages.wanted[node.type] = next(page for page in view.session.pages_for(node) if page.value == "json")

    def show() -> float:
        view.select(view.session.tree.root)
        with Heartbeat() as heart:
            view.select(node)
            settle(qtbot, view)
            qtbot.waitUntil(lambda: view.pages.json.view.complete, timeout=PATIENCE_MS)
        return heart.longest

    gap = best(show, limit)
    assert len(json.loads(view.pages.json.view.toPlainText())["config"]["Labels"]) == 30_000
    assert gap < limit


def test_cancelling_is_felt_at_once(qtbot: QtBot, window: MainWindow, open_archive: Opener, tmp_path: Path) -> None:
    path = docker_24([ImageSpec((many_files(FILES),), ("docker.io/library/many:1",))]).write(tmp_path / "many.tar")
    view = open_archive(path)
    view.select(node_named(view, "layer 1"))
    qtbot.waitUntil(
        lambda: any(task.progress for task in window.runner.tasks) or not view.pages.loading, timeout=PATIENCE_MS
    )
    clock = Clock()
    clock.lap()
    window.close()
    assert clock.lap() < 1.5
