"""Preferences and the last session: what is stored comes back, what is damaged gives the defaults."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.archive.limits import DEFAULT_LIMITS, GIB
from inspector.viewmodel import display, preferences
from inspector.viewmodel.lastsession import LIMIT, LastSession, OpenArchive, pages_from_json, pages_to_json
from inspector.viewmodel.pages import Page
from inspector.viewmodel.preferences import LIMITS, Preferences, Reopen, Theme, Units
from inspector.viewmodel.tree import NodeType

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    preferences.apply(Preferences())


def test_what_was_chosen_comes_back() -> None:
    chosen = Preferences(Theme.DARK, "de", Units.BINARY, Reopen.NEVER, "strict-oci", "/tmp/x", False, 64, "/c")
    chosen = chosen.with_limit("spool_bytes", 128 * GIB)
    assert Preferences.from_json(chosen.to_json()) == chosen
    assert chosen.all_limits().spool_bytes == 128 * GIB
    assert chosen.all_limits().members == DEFAULT_LIMITS.members
    assert chosen.with_limit("spool_bytes", DEFAULT_LIMITS.spool_bytes).limits == ()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "[" * 100_000, '{"theme": "pink", "cache_megabytes": 0, "limits": [["members", 1]]}'],
)
def test_damage_gives_the_defaults(text: str) -> None:
    assert Preferences.from_json(text) == Preferences()
    assert LastSession.from_json(text) == LastSession()
    assert pages_from_json(text) == {}


@given(
    ANY_JSON, st.sampled_from(["theme", "limits", "cache", "cache_megabytes", "temp_folder", "preset", "open", "front"])
)
def test_one_bad_value_spoils_no_other(value: object, name: str) -> None:
    stored = {"units": "binary", "image": "json", name: value}
    assert Preferences.from_json(json.dumps(stored)).units is Units.BINARY
    assert pages_from_json(json.dumps(stored))[NodeType.IMAGE] is Page.JSON
    LastSession.from_json(json.dumps(stored))


def test_every_limit_of_the_dialog_exists_and_its_default_can_be_typed() -> None:
    for choice in LIMITS:
        default = getattr(DEFAULT_LIMITS, choice.name)
        assert default % choice.factor == 0
        assert 1 <= default // choice.factor <= choice.most


def test_a_session_comes_back_in_its_order() -> None:
    archives = tuple(OpenArchive(f"/a/{number}.tar", ("sha256:1", "layer"), "files") for number in range(3))
    stored = LastSession(archives, 1)
    assert LastSession.from_json(stored.to_json()) == stored


def test_a_session_of_nonsense_gives_what_can_be_understood() -> None:
    text = json.dumps(
        {
            "front": 99,
            "open": [
                {"path": "/good.tar", "node": [1, "x"], "page": 7},
                {"path": "/good.tar"},
                {"path": "/nul\0.tar"},
                {"path": 3},
                "x",
                *({"path": f"/{number}"} for number in range(40)),
            ],
        }
    )
    found = LastSession.from_json(text)
    assert found.archives[0] == OpenArchive("/good.tar")
    assert len(found.archives) == LIMIT
    assert found.front == 0


def test_pages_of_other_versions_are_left_out() -> None:
    text = json.dumps({"layer": "files", "layers": "files", "image": "hologram", "config": None})
    assert pages_from_json(text) == {NodeType.LAYER: Page.FILES}
    assert pages_from_json(pages_to_json({NodeType.INDEX: Page.JSON})) == {NodeType.INDEX: Page.JSON}


def test_units_change_every_size_at_once() -> None:
    assert display.size(1_500_000) == "1.5 MB"
    assert preferences.apply(Preferences(units=Units.BINARY))
    assert display.size(1_500_000) == "1.4 MiB"
    assert not preferences.apply(Preferences(units=Units.BINARY))
    assert preferences.apply(Preferences())
    assert display.size(1_500_000) == "1.5 MB"


def test_the_folder_for_temporary_files_is_used_and_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", os.environ["TMPDIR"])
    before = os.environ["TMPDIR"], tempfile.gettempdir()
    mine = replace(Preferences(), temp_folder=str(tmp_path))
    preferences.apply(mine)
    assert tempfile.gettempdir() == os.environ["TMPDIR"] == str(tmp_path)
    preferences.apply(Preferences())
    assert (os.environ["TMPDIR"], tempfile.gettempdir()) == before
