from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inspector.viewmodel.recent import LIMIT, RecentArchive, RecentList

NOW = 1_714_600_000
ALPINE = RecentArchive("/images/alpine.tar", "alpine:3.20", "linux/arm64", 3_400_000, NOW - 90_000)


def test_what_the_empty_page_says() -> None:
    assert ALPINE.title == "alpine:3.20 · linux/arm64"
    assert ALPINE.details(NOW) == "alpine.tar · 3.4 MB · a day ago"
    assert RecentArchive("C:\\images\\x\u202e.tar").title == "x⟨U+202E⟩.tar"
    assert RecentArchive("/x.tar", opened=2**62).details(NOW) == "x.tar"


def test_newest_first_and_every_path_once() -> None:
    other = RecentArchive("/other.tar")
    found = RecentList().adding(ALPINE).adding(other).adding(ALPINE)
    assert found.entries == (ALPINE, other)
    assert found.without(other.path).entries == (ALPINE,)


def test_only_so_many_are_kept() -> None:
    found = RecentList()
    for number in range(LIMIT + 5):
        found = found.adding(RecentArchive(f"/{number}.tar"))
    assert len(found.entries) == LIMIT
    assert found.entries[0].path == f"/{LIMIT + 4}.tar"


def test_kept_as_text() -> None:
    found = RecentList((ALPINE, RecentArchive("/x\udcff.tar")))
    assert RecentList.from_json(found.to_json()) == found


@given(st.text())
def test_stale_settings_never_fail(text: str) -> None:
    RecentList.from_json(text)


def test_damaged_settings_give_what_can_be_read() -> None:
    text = '{"recent": [{"path": "/a", "size": "big", "name": 1, "opened": true}, 5, {"path": ""}, {"path": "/a"}, {"path": "/b"}]}'
    assert RecentList.from_json(text) == RecentList((RecentArchive("/a"), RecentArchive("/b")))
    assert RecentList.from_json("[" * 100_000) == RecentList()
    assert RecentList.from_json("null") == RecentList()
