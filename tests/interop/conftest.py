from __future__ import annotations

import pytest

from inspector.export import disk


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judges read through the page cache; a power loss is none of their business."""
    monkeypatch.setattr(disk, "sync", lambda _descriptor: None)
    monkeypatch.setattr(disk, "sync_folder", lambda _folder: None)
