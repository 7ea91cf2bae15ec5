"""Texts made up to make a pattern try each place up to the end: what the window says of them takes time in proportion."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from inspector.viewmodel import labels
from inspector.viewmodel.configsummary import looks_secret

_LENGTH = 100_000
_MANY = 500
"""Hostile texts may take longer than plain ones, but not as many times as they have characters: that is some 10,000 times."""


def _seconds(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


@pytest.mark.parametrize("unit", ["eyJ-", "eyJaaaaaaaaaa.", "-----BEGIN A ", "://a:", "xoxa", "ghp_a"])
def test_a_value_that_may_be_a_secret(unit: str) -> None:
    plain = max(_seconds(lambda: looks_secret("NAME", "a " * (_LENGTH // 2))) for _ in range(3))
    assert _seconds(lambda: looks_secret("NAME", (unit * _LENGTH)[:_LENGTH])) < plain * _MANY


@pytest.mark.parametrize("unit", [" ", "\t", "# buildkit ", "|1 ", "a= ", "file:"])
def test_a_step_of_the_history(unit: str) -> None:
    plain = max(_seconds(lambda: labels.step("RUN " + "word " * (_LENGTH // 5))) for _ in range(3))
    assert _seconds(lambda: labels.step(f"RUN {(unit * _LENGTH)[:_LENGTH]}x")) < plain * _MANY


@pytest.mark.parametrize(
    ("value", "is_secret"),
    [
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0abc.c2ln", True),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0abc.c2ln", True),
        ("jwt=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0abc.c2ln", True),
        ("eyJhbGciOiJIUzI1NiJ9", False),
        ("xeyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0abc.c2ln", False),
    ],
)
def test_a_json_web_token_is_still_known(value: str, is_secret: bool) -> None:
    assert looks_secret("NAME", value) is is_secret
