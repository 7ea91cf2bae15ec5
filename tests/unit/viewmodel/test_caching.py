"""Where listings are kept: the person's cache folder, or below the one that was chosen."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.viewmodel.caching import cache_folder, cache_for
from inspector.viewmodel.preferences import Preferences


@pytest.mark.skipif(sys.platform != "linux", reason="XDG is of Linux")
def test_the_folder_that_the_system_has_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "image-inspector/listings"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache/image-inspector/listings"


def test_what_a_person_chose(tmp_path: Path) -> None:
    preferences = Preferences()
    own = cache_for(preferences, tmp_path / "own")
    assert own is not None
    assert own.folder == tmp_path / "own"
    chosen = cache_for(replace(preferences, cache_folder=str(tmp_path), cache_megabytes=7), tmp_path / "own")
    assert chosen is not None
    assert chosen.folder.parent == tmp_path, "the chosen folder itself is left as it is"
    assert chosen.most_bytes == 7_000_000
    assert cache_for(replace(preferences, cache=False)) is None
