"""How long the window's thread is held by a size map of 200,000 files and by 5 MB of JSON, in text and tree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.viewmodel.pages import Page
from tests.builders import ImageSpec, docker_24, layer_tar
from tests.ui.conftest import PATIENCE_MS, node_named, settle
from tests.ui.test_responsive import FILES, Heartbeat, at_both_limits, best, many_files

Opener = Callable[[Path], ArchiveView]


@at_both_limits
def test_a_size_map_of_200000_files(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, tmp_path: Path, limit: float
) -> None:
    sized = layer_tar({f"x{number % 90}/y{number % 7}/f{number}.so": b"x" * (number % 900) for number in range(4000)})
    spec = ImageSpec((many_files(FILES), sized), ("docker.io/library/many:1",))
    view = open_archive(docker_24([spec]).write(tmp_path / "many.tar"))
    view.select(node_named(view, "many:1"))
    settle(qtbot, view)
    page = view.pages.size_map
    gaps: dict[str, float] = {}

    def ready() -> bool:
        return page.level is not None and not page.busy

    def show() -> float:
        view.pages.reload()
        with Heartbeat() as heart:
            view.pages.show_page(Page.SIZE_MAP)
            qtbot.waitUntil(lambda: not view.pages.loading and ready(), timeout=PATIENCE_MS)
            qtbot.wait(20)
        return heart.longest

    gaps["show"] = best(show, limit)
    assert page.level is not None
    assert len(page.level.tiles) > 500

    def zoom() -> float:
        with Heartbeat() as heart:
            page.enter(page.model.node(0))
            qtbot.waitUntil(ready, timeout=PATIENCE_MS)
            qtbot.wait(20)
            page.leave()
            qtbot.waitUntil(ready, timeout=PATIENCE_MS)
            qtbot.wait(20)
        return heart.longest

    gaps["zoom"] = best(zoom, limit)

    def resize() -> float:
        with Heartbeat() as heart:
            for step in range(10):
                window.resize(1000 + 10 * step, 700)
                qtbot.wait(10)
            qtbot.waitUntil(ready, timeout=PATIENCE_MS)
        return heart.longest

    gaps["resize"] = best(resize, limit)

    def colours() -> float:
        with Heartbeat() as heart:
            page.colouring.setCurrentIndex(1 - page.colouring.currentIndex())
            page.colouring.activated.emit(page.colouring.currentIndex())
            qtbot.waitUntil(ready, timeout=PATIENCE_MS)
            qtbot.wait(20)
        return heart.longest

    gaps["colours"] = best(colours, limit)
    assert {name: round(gap, 3) for name, gap in gaps.items() if gap > limit} == {}


@at_both_limits
def test_a_document_of_5_mb_as_text_and_tree(qtbot: QtBot, open_archive: Opener, tmp_path: Path, limit: float) -> None:
    labels = {f"org.example.label.{number}": "v" * 60 for number in range(50_000)}
    spec = ImageSpec((layer_tar({"a": b""}),), ("docker.io/library/big:1",), more_config={"config": {"Labels": labels}})
    view = open_archive(docker_24([spec]).write(tmp_path / "big.tar"))
    node = node_named(view, "config")
    page = view.pages.json
    gaps: dict[str, float] = {}

    def show() -> float:
        view.select(view.session.tree.root)
        view.pages.wanted[node.type] = Page.JSON
        with Heartbeat() as heart:
            view.select(node)
            settle(qtbot, view)
            qtbot.waitUntil(lambda: page.view.complete, timeout=PATIENCE_MS)
        return heart.longest

    gaps["show"] = best(show, limit)

    def timed(act: Callable[[], object]) -> float:
        def once() -> float:
            with Heartbeat() as heart:
                act()
                qtbot.wait(30)
                qtbot.waitUntil(lambda: page.view.complete, timeout=PATIENCE_MS)
            return heart.longest

        return best(once, limit)

    page.go_to_pointer("$.config.Labels")
    qtbot.wait(50)
    gaps["fold"] = timed(page.view.fold)
    gaps["unfold"] = timed(page.view.unfold)
    page.find_line.setText("label.49999")
    gaps["find"] = timed(page.find_next)
    gaps["to the tree"] = timed(page.toggle_tree)
    gaps["find in the tree"] = timed(page.find_next)
    page.tree_view.expandToDepth(1)
    gaps["scroll the tree"] = timed(page.tree_view.scrollToBottom)
    assert {name: round(gap, 3) for name, gap in gaps.items() if gap > limit} == {}
