from __future__ import annotations

import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.viewmodel import display

NOW = dt.datetime(2026, 5, 1, 10, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("usr/bin/curl", "usr/bin/curl"),
        ("naïve 文件", "naïve 文件"),
        (b"caf\xe9", "caf\\xE9"),
        (b"caf\xc3\xa9", "café"),
        ("x\udcffy", "x\\xFFy"),
        ("a\nb\tc\0d", "a␊b␉c␀d"),
        ("evil\u202egpj.exe", "evil⟨U+202E⟩gpj.exe"),
        ("a\u200bb", "a⟨U+200B⟩b"),
        ("\x7f", "␡"),
        ("\x9b31m", "⟨U+009B⟩31m"),
        ("", ""),
    ],
)
def test_hidden_characters_become_visible(stored: str | bytes, shown: str) -> None:
    assert display.safe(stored) == shown


def test_a_combining_mark_at_the_start_gets_a_base() -> None:
    assert display.safe("\u0301abc") == "◌\u0301abc"


def test_long_names_are_cut_in_the_middle() -> None:
    shown = display.safe("a" * 5000 + "z" * 5000)
    assert len(shown) == 1000
    assert shown.startswith("aaa")
    assert shown.endswith("zzz")
    assert "…" in shown


@given(st.text() | st.binary())
def test_whatever_is_shown_is_one_visible_line(stored: str | bytes) -> None:
    shown = display.safe(stored)
    assert len(shown) <= 1000
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not any(0x202A <= ord(character) <= 0x202E or 0x2066 <= ord(character) <= 0x2069 for character in shown)
    shown.encode()


def test_two_names_that_differ_never_look_the_same_because_of_lost_bytes() -> None:
    assert display.safe(b"x\xffy") != display.safe(b"x\xfey") != display.safe(b"xy")


@pytest.mark.parametrize(
    ("number", "words"),
    [(None, "–"), (0, "0 Bytes"), (1, "1 Byte"), (12_400_000, "12.4 MB"), (1_300_000_000, "1.3 GB"), (-5, "-5 B")],
)
def test_sizes_in_words(number: int | None, words: str) -> None:
    assert display.size(number) == words


def test_sizes_never_fail() -> None:
    for number in (2**62, 2**63, 10**40, 10**400):
        assert display.size(number)
        assert display.size_exact(number)
    assert display.size_exact(12_400_000) == "12,400,000 bytes (11.8 MiB)"
    assert display.size_exact(1) == "1 byte"


@given(st.integers())
def test_any_integer_is_a_time(seconds: int) -> None:
    assert display.time(seconds)
    assert display.time_exact(seconds, now=NOW)


def test_times() -> None:
    assert display.time(1_714_557_600) == "2024-05-01 10:00"
    assert display.time_exact(1_714_557_600, now=NOW) == "2024-05-01 10:00:00 UTC, 2 years ago (1714557600)"
    assert display.time(2**62) == "after year 9999"
    assert display.time(-(2**62)) == "before year 1"
    assert display.time(-1) == "1969-12-31 23:59"


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ("2024-05-01T10:00:00Z", "2024-05-01 10:00 · 2 years ago"),
        ("2024-05-01T12:00:00.123456789+02:00", "2024-05-01 10:00 · 2 years ago"),
        ("0001-01-01T00:00:00Z", "not stated"),
        ("1970-01-01T00:00:00Z", "1970-01-01 (the epoch, for reproducible builds)"),
        ("yesterday\u202e", "yesterday⟨U+202E⟩"),
        ("2024-13-01T10:00:00Z", "2024-13-01T10:00:00Z"),
        ("9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59-23:59"),
    ],
)
def test_moments(stated: str, words: str) -> None:
    assert display.moment(stated, now=NOW)[0] == words


@pytest.mark.parametrize(
    ("kind", "mode", "text"),
    [
        ("file", 0o755, "-rwxr-xr-x"),
        ("dir", 0o1777, "drwxrwxrwt"),
        ("file", 0o4755, "-rwsr-xr-x"),
        ("file", 0o6644, "-rwSr-Sr--"),
        ("symlink", 0o777, "lrwxrwxrwx"),
        ("dir", 0o1666, "drw-rw-rwT"),
    ],
)
def test_modes(kind: str, mode: int, text: str) -> None:
    assert display.mode_string(kind, mode) == text


def test_short_digests() -> None:
    assert display.short("sha256:" + "ab" * 32) == "sha256:abababababab…"


def test_percent() -> None:
    shown = [display.percent(*pair) for pair in ((1, 3), (1, 10**6), (0, 5), (0, 0), (7, 7))]
    assert shown == ["33.3 %", "< 0.1 %", "0 %", "0 %", "100.0 %"]


def test_some_numbers_tell_that_there_are_more() -> None:
    assert [display.some(range(1, end)) for end in (1, 2, 6, 7)] == ["", "1", "1, 2, 3, 4, 5", "1, 2, 3, 4, 5 …"]
