from __future__ import annotations

import random
import re
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.errors import Cancelled, UsageError
from inspector.layers.automaton import compile_expression
from inspector.progress import CancelToken

PIECES = st.sampled_from(
    ["a", "B", "c", ".", "a*", "b+", "c?", "(ab|c)", "(a|b)*", "[ab]", "[^a]", "[a-b]+", r"\d", r"\w+", r"\s", r"\W",
     "^", "$", "(?:ab){2}", "c{0,2}", "a{2,}", "(?i:b)", "|", "1", ".*", "(a*)*", "a*?"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=6).map("".join), st.text("abcABC1 _é", max_size=8))
def test_it_finds_what_re_finds(pattern: str, text: str) -> None:
    assert compile_expression(pattern)(text) is (re.search(pattern, text, re.IGNORECASE) is not None)


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "[z-a]",
        "x" * 2000,
        r"(a)\1",
        "(?=a)b",
        r"\bword",
        "(?>a)",
        "a*+",
        "(a{1,900}){1,900}",
        "a**",
        "((){4000}){4000}",
        "(((){9}|){4000}){4000}",
    ],
)
def test_what_is_wrong_or_not_supported_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError):
        compile_expression(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "a*a*a*a*a*b", "(a|a)*b", "(.*)(.*)(.*)(.*)x$"])
def test_no_expression_runs_for_ever(pattern: str) -> None:
    start = time.process_time()
    compile_expression(pattern)("a" * 60_000 + "c")
    assert time.process_time() - start < 5


def test_many_alphabets_do_not_fill_memory() -> None:
    search = compile_expression("x.?y")
    assert not search("".join(map(chr, range(0x4E00, 0x4E00 + 25_000))))
    assert search("xéy")


def test_large_sets_of_states_do_not_fill_memory() -> None:
    search = compile_expression("a.{2000}z")
    letters = random.Random(1)
    name = "".join(letters.choice("ab") for _ in range(2000))
    tracemalloc.start()
    try:
        assert not search(name)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_a_match_can_be_cancelled() -> None:
    token = CancelToken()
    search = compile_expression("a.{4000}z", token)
    assert not search("ab")
    token.cancel()
    with pytest.raises(Cancelled):
        search("ab" * 1000)
