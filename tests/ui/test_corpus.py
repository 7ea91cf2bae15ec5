"""Every archive of the corpus in the window: it opens with its images, or says what it is; Qt has nothing to complain about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytestqt.qtbot import QtBot

from inspector.ui.main_window import MainWindow
from inspector.viewmodel.pages import Page
from inspector.viewmodel.tree import NodeType
from tests.ui.conftest import PATIENCE_MS, settle

_RUNNABLE = ("image", "image-schema1")


def test_every_archive_of_the_corpus(
    window: MainWindow, qtbot: QtBot, archive_path: Path, archive_name: str, facts: dict[str, Any]
) -> None:
    window.open_paths([archive_path])
    stack = window.archives
    qtbot.waitUntil(lambda: window.view is not None or stack.bar.isVisible(), timeout=PATIENCE_MS)
    images = [image for image in facts[archive_name]["images"] if image["kind"] in _RUNNABLE]
    view = window.view
    if view is None:
        assert images == []
        assert stack.bar.message is not None
        assert archive_path.name in stack.bar.message.text
        return
    nodes = view.session.tree.nodes
    assert len([node for node in nodes if node.type is NodeType.IMAGE]) >= len(images)
    for node in (view.session.tree.root, *(node for node in nodes if node.type in (NodeType.CONFIG, NodeType.LAYER))):
        view.select(node)
        settle(qtbot, view)
        for page in view.session.pages_for(node):
            assert view.pages.show_page(page)
            settle(qtbot, view)
            if page is Page.FILES and not view.pages.bar.isVisible():
                assert view.pages.files.view.files is not None
