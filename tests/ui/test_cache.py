"""Files of a layer from an earlier start: shown from the cache, then verified in the background."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from inspector.archive.blobstore import BlobState
from inspector.archive.image import Image, Layer
from inspector.layers.stack import list_image_layer
from inspector.layers.table import Listing
from inspector.ui.archive_view import ArchiveView
from inspector.ui.main_window import MainWindow
from inspector.viewmodel.pages import Page
from tests.ui.conftest import PATIENCE_MS, node_named, settle

Opener = Callable[[Path], ArchiveView]


def test_a_layer_seen_before_is_shown_and_then_verified(
    window: MainWindow, qtbot: QtBot, open_archive: Opener, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.archive.source._TICK_NS", -(1 << 62))
    monkeypatch.setattr("inspector.layers.cache._WORTH_BYTES", 0)
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    view.pages.show_page(Page.FILES)
    settle(qtbot, view)
    cache = window.settings.cache
    assert cache is not None
    assert cache.size > 0
    window.archives.close_at(0)

    read: list[Layer] = []

    def counted(layer: Layer, image: Image | None, **more: Any) -> Listing:
        read.append(layer)
        return list_image_layer(layer, image, **more)

    monkeypatch.setattr("inspector.viewmodel.loadfiles.list_image_layer", counted)
    view = open_archive(archive)
    layer = node_named(view, "layer 1")
    assert layer.blob is not None
    view.select(layer)
    view.pages.show_page(Page.FILES)
    qtbot.waitUntil(lambda: view.pages.files.view.files is not None, timeout=PATIENCE_MS)
    files = view.pages.files.view.files
    assert files is not None
    assert files.find(b"etc/passwd") > 0
    blob = layer.blob
    qtbot.waitUntil(lambda: blob.computed is not None and not window.runner.tasks, timeout=PATIENCE_MS)
    assert len(read) == 1, "it was read once, after it was shown"
    assert blob.state is not BlobState.WRONG
    assert view.pages.files.view.files is files, "nothing moved under the person's hands"


def test_it_can_be_switched_off(
    window: MainWindow, qtbot: QtBot, open_archive: Opener, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.archive.source._TICK_NS", -(1 << 62))
    window.settings.preferences = replace(window.settings.preferences, cache=False)
    assert window.settings.cache is None
    view = open_archive(archive)
    view.select(node_named(view, "layer 1"))
    view.pages.show_page(Page.FILES)
    settle(qtbot, view)
    assert not (archive.parent / "listings").exists()
