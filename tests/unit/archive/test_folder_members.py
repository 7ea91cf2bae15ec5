"""Layout folders: nothing but regular files is opened, and no link leads out."""

from __future__ import annotations

import gc
import os
import socket
from pathlib import Path

import pytest

from inspector.archive import folder_members
from inspector.archive.detect import open_archive
from inspector.archive.folder_members import read_folder_members
from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.archive.members import MemberKind, MemberTable
from inspector.errors import ArchiveUnreadable, BlobMissing, Cancelled, LimitReached, NotAnArchive, SourceChanged
from inspector.progress import CancelToken


@pytest.fixture(params=["by handle", "by path"])
def layout(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, read as on Linux and as where a folder cannot be opened from its parent's handle."""
    if request.param == "by path":
        monkeypatch.setattr(folder_members, "_BY_HANDLE", False)
    folder = tmp_path / "layout"
    (folder / "blobs" / "sha256").mkdir(parents=True)
    (folder / "index.json").write_bytes(b"{}")
    (folder / "blobs" / "sha256" / "a").write_bytes(b"blob")
    (tmp_path / "secret").write_bytes(b"secret")
    return folder


def read(folder: Path, limits: Limits = DEFAULT_LIMITS) -> MemberTable:
    return read_folder_members(folder, limits, CancelToken())


def content(members: MemberTable, name: str) -> bytes | None:
    member = members.find(name)
    return None if member is None else members.read(member, "json_bytes")


def test_files_and_folders(layout: Path) -> None:
    members = read(layout)
    assert [(m.name, m.kind, m.size) for m in members.members] == [
        ("blobs", MemberKind.DIRECTORY, 0), ("index.json", MemberKind.FILE, 2),
        ("blobs/sha256", MemberKind.DIRECTORY, 0), ("blobs/sha256/a", MemberKind.FILE, 4),
    ]  # fmt: skip
    assert members.members[1].header_offset is None
    assert members.members[1].complete
    assert content(members, "index.json") == b"{}"
    assert content(members, "./blobs//sha256/a") == b"blob"
    assert (members.findings, members.end, members.root) == ((), None, "")


def test_links_lead_to_members_only(layout: Path) -> None:
    (layout / "inside").symlink_to("blobs/sha256/a")
    (layout / "folder").symlink_to("blobs/sha256")
    (layout / "outside").symlink_to("../secret")
    (layout / "absolute").symlink_to(layout.parent / "secret")
    (layout / "absolute-inside").symlink_to("/index.json")
    (layout / "loop").symlink_to("loop")
    members = read(layout)
    assert content(members, "inside") == b"blob"
    assert content(members, "folder/a") == b"blob"
    for name in ("outside", "absolute", "absolute-inside", "loop"):
        assert members.find(name) is None
    kinds = {m.name: (m.kind, m.link) for m in members.members}
    assert kinds["outside"] == (MemberKind.SYMLINK, "../secret")
    assert not any(name.startswith("folder/") for name in kinds)


def test_special_files_are_never_opened(layout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(layout / "pipe")
    monkeypatch.chdir(layout)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
    members = read(layout)
    for name in ("pipe", "socket"):
        member = members.find(name)
        assert member is not None
        assert member.kind is MemberKind.OTHER
        with pytest.raises(BlobMissing):
            members.open(member)


@pytest.mark.parametrize("swapped", ["file", "folder"])
def test_what_is_swapped_for_a_link_is_refused(layout: Path, swapped: str) -> None:
    members = read(layout)
    member = members.find("blobs/sha256/a")
    assert member is not None
    (layout.parent / "a").write_bytes(b"evil")
    blobs = layout / "blobs" / "sha256"
    (blobs / "a").unlink()
    if swapped == "file":
        (blobs / "a").symlink_to(layout.parent / "a")
    else:
        blobs.rmdir()
        blobs.symlink_to(layout.parent)
    with pytest.raises(ArchiveUnreadable):
        members.open(member)


def test_what_is_swapped_for_a_pipe_does_not_hang(layout: Path) -> None:
    members = read(layout)
    member = members.find("index.json")
    assert member is not None
    (layout / "index.json").unlink()
    os.mkfifo(layout / "index.json")
    with pytest.raises(NotAnArchive):
        members.open(member)


def test_files_that_change_or_vanish(layout: Path) -> None:
    members = read(layout)
    member = members.find("index.json")
    assert member is not None
    (layout / "index.json").write_bytes(b"longer")
    with pytest.raises(SourceChanged):
        members.open(member)
    (layout / "index.json").unlink()
    with pytest.raises(ArchiveUnreadable):
        members.open(member)


def test_names_that_are_no_text(layout: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    try:
        (layout / name).write_bytes(b"x")
    except OSError:
        pytest.skip("the file system of the test takes text only")
    members = read(layout)
    assert content(members, name) == b"x"
    assert b"caf\xe9" in {m.stored_name for m in members.members}


def test_depth_and_number_are_limited(layout: Path) -> None:
    deep = layout / "/".join("d" * 6)
    deep.mkdir(parents=True)
    (deep / "file").write_bytes(b"")
    members = read(layout, Limits(folder_depth=4))
    assert "d/d/d/d" in set(members.names())
    assert "d/d/d/d/d" not in set(members.names())
    [finding] = members.findings
    assert "deeper" in finding.explanation
    with pytest.raises(LimitReached) as caught:
        read(layout, Limits(members=5))
    assert caught.value.limit == "members"


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ArchiveUnreadable):
        read(tmp_path / "none")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ArchiveUnreadable):
        read(tmp_path / "file")


def test_a_folder_that_a_link_names_is_what_the_person_chose(layout: Path) -> None:
    link = layout.parent / "link"
    link.symlink_to(layout)
    assert content(read(link), "index.json") == b"{}"


def test_closing(layout: Path) -> None:
    members = read(layout)
    member = members.find("index.json")
    assert member is not None
    source = members.open(member)
    members.close()
    assert source.read_at(0, 2) == b"{}"
    if folder_members._BY_HANDLE:
        with pytest.raises(ArchiveUnreadable, match="closed"):
            members.open(member)


def test_no_handle_is_left_open(layout: Path) -> None:
    gc.collect()  # else what tests before this one dropped may be closed within it
    before = len(os.listdir("/proc/self/fd"))
    members = read(layout)
    for _ in range(50):
        assert content(members, "blobs/sha256/a") == b"blob"
    members.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_cancelling(layout: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        read_folder_members(layout, DEFAULT_LIMITS, token)


def test_a_wrapping_folder(layout: Path) -> None:
    members = read(layout.parent)
    assert members.root == "layout"
    assert content(members, "index.json") == b"{}"
    assert content(members, "blobs/sha256/a") == b"blob"


def test_a_large_folder_that_is_no_archive_is_left_early(layout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody drops a home folder."""
    home = layout.parent / "home"
    for number in range(20):
        (home / f"d{number}").mkdir(parents=True)
        for name in range(5):
            (home / f"d{number}" / f"f{name}").touch()
    monkeypatch.setattr(folder_members, "_ENOUGH", 30)
    members = read(home)
    assert not members.is_whole
    assert len(members.members) < 40
    with pytest.raises(NotAnArchive, match="A folder without a layout"):
        open_archive(home)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_large_layout_is_read_to_its_end(layout: Path, monkeypatch: pytest.MonkeyPatch, wrapped: bool) -> None:
    for number in range(50):
        (layout / "blobs" / "sha256" / f"b{number}").touch()
    monkeypatch.setattr(folder_members, "_ENOUGH", 5)
    top = layout
    if wrapped:
        top = layout.parent / "top"
        top.mkdir()
        layout.rename(top / "layout")
    (top / "README").touch()
    members = read(top)
    assert members.is_whole
    assert members.find("blobs/sha256/b49") is not None
