"""The table of members: names, links, duplicates, a wrapping folder, reading."""

from __future__ import annotations

import pytest

from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.member_names import normalised
from inspector.archive.members import Member, MemberKind, MemberTable, read_tar_members
from inspector.archive.source import MemorySource
from inspector.errors import BlobMismatch, BlobMissing, Cancelled, LimitReached
from inspector.findings import Severity
from inspector.progress import CancelToken, Progress, ignore_progress
from tests.builders.rawtar import END, base256, raw_entry, raw_header, raw_pax


def table(*parts: bytes, limits: Limits = DEFAULT_LIMITS, end: bytes = END) -> MemberTable:
    return read_tar_members(MemorySource(b"".join(parts) + end), limits, CancelToken(), ignore_progress)


def f(name: str, data: bytes = b"x") -> bytes:
    return raw_entry(name.encode("utf-8", "surrogateescape"), data)


def d(name: str) -> bytes:
    return raw_header(name.encode(), kind=b"5")


def sym(name: str, target: str) -> bytes:
    return raw_pax({b"linkpath": target.encode()}) + raw_header(name.encode(), kind=b"2", link=b"-")


def hard(name: str, target: str) -> bytes:
    return raw_header(name.encode(), kind=b"1", link=target.encode())


def content(members: MemberTable, name: str) -> bytes | None:
    member = members.find(name)
    return None if member is None else members.read(member, "json_bytes")


def arc(members: MemberTable, code: str) -> list[Severity]:
    return [finding.severity for finding in members.findings if finding.code == code]


# names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "name"),
    [("a", "a"), ("./a", "a"), ("/a", "a"), ("//a", "a"), ("a//b", "a/b"), ("a/./b", "a/b"), ("a/", "a"), (".", ""),
     ("./", ""), ("", ""), ("/", ""), ("a/../b", "b"), ("a/..", ""), ("../a", "../a"), ("a/../../b", "../b"),
     ("../../a/..", "../.."), ("..a/b..", "..a/b.."), (".hidden", ".hidden"), ("...", "..."), ("\udcff", "\udcff")],
)  # fmt: skip
def test_normalised(stored: str, name: str) -> None:
    assert normalised(stored) == name
    assert normalised(name) == name


@pytest.mark.parametrize("stored", ["index.json", "./index.json", "/index.json", ".//index.json", "x/../index.json"])
def test_found_however_it_is_written(stored: str) -> None:
    members = table(f(stored, b"{}"))
    for asked in ("index.json", "./index.json", "/index.json", "a/../index.json"):
        assert content(members, asked) == b"{}"
    assert members.members[0].stored_name == stored.encode()
    assert list(members.names()) == ["index.json"]


def test_bytes_that_are_no_text() -> None:
    members = table(f("caf\udce9"))
    assert content(members, "caf\udce9") == b"x"
    assert members.members[0].stored_name == b"caf\xe9"


@pytest.mark.parametrize("stored", ["../index.json", "a/../../index.json", "/../index.json", ".."])
def test_a_name_that_leads_out_is_shown_and_never_found(stored: str) -> None:
    members = table(f(stored, b"evil"), f("real"))
    assert members.find("index.json") is None
    assert members.find(stored) is None
    assert members.members[0].name.startswith("..")
    assert list(members.names()) == ["real"]
    assert arc(members, "ARC-3") == [Severity.ERROR]


def test_a_name_that_steps_back_inside_is_told() -> None:
    members = table(f("blobs/sha256/a", b"good"), f("blobs/x/../sha256/a", b"evil"))
    assert arc(members, "ARC-3") == [Severity.ERROR]
    assert arc(members, "ARC-2") == [Severity.ERROR]


def test_absolute_names_are_a_warning() -> None:
    assert arc(table(f("/sha256:0.tar")), "ARC-3") == [Severity.WARNING]


def test_nothing_is_found_by_no_name() -> None:
    members = table(d("./"), f("a"))
    for name in ("", ".", "/", "..", "../a", "b", "a/b", "A"):
        assert members.find(name) is None


def test_members_are_in_stored_order_with_their_places() -> None:
    members = table(d("blobs/"), f("blobs/b", b"12345"), f("a", b""), sym("l", "a"))
    assert [(m.name, m.kind, m.size) for m in members.members] == [
        ("blobs", MemberKind.DIRECTORY, 0), ("blobs/b", MemberKind.FILE, 5), ("a", MemberKind.FILE, 0),
        ("l", MemberKind.SYMLINK, 0),
    ]  # fmt: skip
    second = members.members[1]
    assert (second.header_offset, second.data_offset, second.complete) == (512, 1024, True)
    assert members.members[-1].link == "a"
    assert members.members[:2] == tuple(members.members)[:2]
    assert members.members[1] in members.members
    with pytest.raises(IndexError):
        members.members[4]
    assert members.findings == ()


def test_what_is_below() -> None:
    members = table(f("blobs/sha256/a", b"1"), f("blobs/sha256/b"), f("blobsx"), f("blobs/sha256/a", b"22"))
    assert [(m.name, m.size) for m in members.below("blobs/")] == [("blobs/sha256/a", 2), ("blobs/sha256/b", 1)]


# links ------------------------------------------------------------------------------------------------------


def test_links_of_files_and_folders() -> None:
    members = table(
        f("id1/layer.tar", b"layer"), sym("id2/layer.tar", "../id1/layer.tar"), hard("id3/layer.tar", "./id1/layer.tar"),
        sym("blobs/sha256", "../store"), f("store/x", b"blob"), sym("top", "blobs"), sym("abs", "/store/x"),
    )  # fmt: skip
    assert content(members, "id2/layer.tar") == b"layer"
    assert content(members, "id3/layer.tar") == b"layer"
    assert content(members, "blobs/sha256/x") == b"blob"
    assert content(members, "top/sha256/x") == b"blob"
    assert content(members, "abs") == b"blob"
    found = members.find("id2/layer.tar")
    assert found is not None
    assert found.name == "id1/layer.tar"


@pytest.mark.parametrize(
    "links",
    [[sym("a", "a")], [sym("a", "b"), sym("b", "a")], [hard("a", "b"), hard("b", "a")], [hard("a", "a")],
     [sym("a", "a/a")], [sym("a", "b/a"), sym("b", ".")], [sym("a", "../x"), f("x")], [sym("a", "../../../etc/passwd")],
     [sym("a", "/etc/passwd")], [sym("a", "nowhere")], [hard("a", "nowhere")], [hard("a", "../x"), f("x")],
     [sym("a", "")], [sym("a", "..")], [sym("a", ".")]],
)  # fmt: skip
def test_links_that_lead_nowhere(links: list[bytes]) -> None:
    assert table(*links).find("a") is None


def test_how_many_links_are_followed() -> None:
    chain = [f("h0")] + [sym(f"h{n + 1}", f"h{n}") for n in range(12)]
    members = table(*chain)
    assert content(members, "h10") == b"x"
    assert members.find("h11") is None
    assert content(table(*chain, limits=Limits(links=20)), "h12") == b"x"


def test_a_path_that_grows_with_each_link_ends() -> None:
    members = table(sym("a", "/".join(["a"] * 30)), f("x"))
    assert members.find("a/a/a/a") is None
    assert members.find("/".join(["d"] * 5000)) is None


def test_a_hard_link_to_its_own_name_is_the_file_before() -> None:
    members = table(f("a", b"data"), hard("a", "a"))
    assert content(members, "a") == b"data"


def test_links_are_no_files() -> None:
    members = table(sym("l", "x"), d("x"))
    with pytest.raises(BlobMissing):
        members.open(members.members[0])
    folder = members.find("l")
    assert folder is not None
    assert folder.kind is MemberKind.DIRECTORY
    with pytest.raises(BlobMissing):
        members.read(folder, "json_bytes")


# duplicates -------------------------------------------------------------------------------------------------


def test_the_last_of_equal_names_counts() -> None:
    members = table(f("index.json", b"first"), f("./index.json", b"last"), d("blobs/"), d("blobs"))
    assert content(members, "index.json") == b"last"
    assert [m.size for m in members.duplicates["index.json"]] == [5, 4]
    assert list(members.duplicates) == ["index.json"]
    [finding] = members.findings
    assert (finding.code, finding.severity, finding.where.object) == ("ARC-2", Severity.ERROR, "index.json")
    assert finding.where.offset == 1024


def test_equal_copies_are_a_warning() -> None:
    assert arc(table(f("a", b"same"), f("a", b"same")), "ARC-2") == [Severity.WARNING]
    assert arc(table(f("a", b"same"), f("a", b"sane")), "ARC-2") == [Severity.ERROR]
    assert arc(table(f("a", b""), f("a", b"")), "ARC-2") == [Severity.WARNING]
    assert arc(table(sym("a", "x"), sym("a", "x")), "ARC-2") == [Severity.WARNING]
    assert arc(table(sym("a", "x"), sym("a", "y")), "ARC-2") == [Severity.ERROR]
    assert arc(table(d("a"), f("a")), "ARC-2") == [Severity.ERROR]


def test_copies_that_are_too_large_to_compare_are_not_called_different() -> None:
    members = table(f("a", b"1" * 600), f("a", b"2" * 600), limits=Limits(duplicate_compare_bytes=1000))
    assert arc(members, "ARC-2") == [Severity.WARNING]
    assert "too large" in members.findings[0].explanation


def test_many_duplicates_are_counted() -> None:
    members = table(*[f(f"n{n}") + f(f"n{n}") for n in range(30)], limits=Limits(oddities_per_code=10))
    assert len(members.duplicates) == 30
    assert len(arc(members, "ARC-2")) == 11


# a wrapping folder ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [[], [f("._box")], [f("README")], [d("__MACOSX/"), f("__MACOSX/._box")], [d("box")]])
def test_a_wrapping_folder_is_looked_through(more: list[bytes]) -> None:
    members = table(*more, f("box/oci-layout", b"v"), f("box/index.json", b"{}"), f("box/blobs/sha256/a", b"blob"))
    assert members.root == "box"
    assert content(members, "index.json") == b"{}"
    assert content(members, "blobs/sha256/a") == b"blob"
    assert [m.name for m in members.below("blobs/")] == ["blobs/sha256/a"]
    assert set(members.names()) - {""} == {"oci-layout", "index.json", "blobs/sha256/a"}
    assert {m.name for m in members.members if m.name.startswith("../")} <= {
        "../._box", "../README", "../__MACOSX", "../__MACOSX/._box",
    }  # fmt: skip
    assert members.find("../README") is None
    assert arc(members, "ARC-3") == [Severity.WARNING]


def test_links_inside_of_a_wrapping_folder() -> None:
    members = table(
        f("a/b/manifest.json", b"[]"), f("a/b/x/layer.tar", b"l"), sym("a/b/y/layer.tar", "../x/layer.tar"),
        hard("a/b/z", "a/b/x/layer.tar"), sym("a/b/w", "/a/b/x/layer.tar"),
    )  # fmt: skip
    assert members.root == "a/b"
    for name in ("x/layer.tar", "y/layer.tar", "z", "w"):
        assert content(members, name) == b"l"


def test_a_root_file_system_has_no_wrapping_folder() -> None:
    for parts in (
        [f("bin/sh"), f("usr/manifest.json")], [f("manifest.json"), f("box/index.json")], [f("a"), f("b")],
        ["a/" * 20 + "index.json"],
    ):  # fmt: skip
        members = table(*[f(part) if isinstance(part, str) else part for part in parts])
        assert members.root == ""


# reading ----------------------------------------------------------------------------------------------------


def test_reading_is_limited() -> None:
    members = table(f("a", b"x" * 100), limits=Limits(json_bytes=99))
    with pytest.raises(LimitReached) as caught:
        members.read(members.members[0], "json_bytes")
    assert (caught.value.limit, caught.value.subject) == ("json_bytes", "a")
    assert len(members.read(members.members[0], "config_bytes")) == 100


def test_a_member_that_is_cut_off() -> None:
    members = table(f("a", b"1234") + raw_header(b"b", base256(1 << 40, 12)) + b"some", end=b"")
    first, second = members.members
    assert (first.complete, second.complete) == (True, False)
    assert members.open(second).read_at(0, 4) == b"some"
    assert members.open(second).size == 4
    with pytest.raises((BlobMismatch, LimitReached)):
        members.read(second, "json_bytes")
    assert members.end is not None
    assert members.end.truncated_at == 1024 + 512 + 4


def test_the_number_of_members_is_limited() -> None:
    with pytest.raises(LimitReached) as caught:
        table(f("a"), f("b"), f("c"), limits=Limits(members=2))
    assert caught.value.limit == "members"


def test_progress_and_cancel() -> None:
    told: list[Progress] = []
    data = MemorySource(b"".join(f(str(n), b"") for n in range(5000)) + END)
    members = read_tar_members(data, DEFAULT_LIMITS, CancelToken(), told.append)
    assert len(members.members) == 5000
    assert told[-1].total == data.size
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        read_tar_members(data, DEFAULT_LIMITS, token, ignore_progress)


def test_members_are_values() -> None:
    one, two = table(f("a")), table(f("a"))
    assert one.members[0] == two.members[0]
    assert isinstance(one.members[0], Member)
    assert list(one.members) == list(two.members)
