from __future__ import annotations

import time

import pytest

from inspector.extract.symlinks import LinkJudge, Place


def objections(
    links: dict[bytes, bytes], foreign: tuple[bytes, ...] = (), ours: tuple[bytes, ...] = ()
) -> dict[bytes, str]:
    judge = LinkJudge(
        links, lambda path: Place.FOREIGN if path in foreign else Place.OURS if path in ours else Place.FREE
    )
    return {path: judge.objection(path) for path in links}


@pytest.mark.parametrize(
    ("path", "target"),
    [
        (b"a", b"b"), (b"a", b"./b/"), (b"a", b"b/../c"), (b"d/a", b".."), (b"d/a", b"../x"), (b"d/e/a", b"../../x"), (b"a", b"a"),
        (b"a", b"."), (b"a", b"b//c"), (b"a", b"..."),
    ],
)  # fmt: skip
def test_links_that_stay_inside(path: bytes, target: bytes) -> None:
    assert objections({path: target}) == {path: ""}


@pytest.mark.parametrize(
    ("path", "target"),
    [
        (b"a", b"/"), (b"a", b"/etc"), (b"a", b".."), (b"a", b"../a"), (b"a", b"b/../.."), (b"d/a", b"../.."),
        (b"d/a", b"../../d/a"), (b"a", b"./.././x"), (b"d/a", b"x/../../../y"),
    ],
)  # fmt: skip
def test_links_that_lead_out(path: bytes, target: bytes) -> None:
    assert objections({path: target})[path]


def test_links_through_links() -> None:
    found = objections(
        {
            b"d/up": b"..", b"a": b"d/up/d", b"b": b"d/up/..", b"abs": b"/x", b"c": b"abs", b"e": b"abs/..", b"loop": b"pool/x",
            b"pool": b"loop", b"f": b"loop/../..", b"far": b"d/up/d/up/d/up/z",
        }
    )  # fmt: skip
    assert {path for path, reason in found.items() if reason} == {b"b", b"abs", b"c", b"e"}


def test_what_was_there_before() -> None:
    links = {b"a": b"mine", b"b": b"d/mine/x", b"c": b"a", b"d": b"yours"}
    assert {path for path, reason in objections(links, (b"mine", b"d/mine")).items() if reason} == {b"a", b"c"}
    # `d` is a link itself, to `yours`: what lies in a folder `d` is not what `b` leads to.


def test_a_folder_that_took_the_name_of_a_link_is_what_others_lead_through() -> None:
    links = {b"a": b"deep/er", b"b": b"a/../.."}
    assert objections(links) == {b"a": "", b"b": ""}
    assert objections(links, ours=(b"a",))[b"b"] == "a symbolic link that would lead out of the folder"


def test_links_through_names_that_may_be_one_are_left_out() -> None:
    links = {
        b"A": b"x",
        b"a": b"deep/er",
        b"b": b"a/../..",
        "\xe9".encode(): b"x",
        "e\u0301".encode(): b"y",
        b"c": "\xe9".encode(),
    }
    assert {path for path, reason in objections(links).items() if reason} == {b"b", b"c"}


def test_long_chains_cost_no_more_than_their_length() -> None:
    started = time.process_time()
    chain = {b"l%d" % number: b"l%d" % (number + 1) for number in range(20_000)}
    fan = {b"f%d" % number: b"long" for number in range(20_000)}
    found = objections(chain | fan | {b"long": b"/".join([b"x/.."] * 1000)})
    assert found[b"l19999"] == ""
    assert found[b"f7"] == ""
    assert found[b"l0"] == "it leads through too many links"
    assert time.process_time() - started < 5
