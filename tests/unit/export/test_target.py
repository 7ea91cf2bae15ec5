from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.errors import ExportError, TargetExists, TargetIsSource, TargetUnwritable
from inspector.export import disk, leftovers
from inspector.export.target import Target

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks and modes of POSIX")


def _write(target: Target, data: bytes = b"new") -> None:
    disk.write(target.descriptor, data)


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def test_a_new_file_appears_whole_with_the_mode_of_the_umask(tmp_path: Path, umask: None) -> None:
    path = tmp_path / "x.tar"
    with Target(path) as target:
        _write(target)
        assert not path.exists()
        assert stat.S_IMODE(target.part.stat().st_mode) == 0o600
        target.commit()
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["x.tar"]


def test_leaving_without_commit_leaves_nothing(tmp_path: Path) -> None:
    with Target(tmp_path / "x.tar") as target:
        _write(target)
        assert len(os.listdir(tmp_path)) == 1
    assert os.listdir(tmp_path) == []


def test_an_existing_target_is_refused_unless_it_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(b"old")
    path.chmod(0o604)
    with pytest.raises(TargetExists, match=r"x\.tar"):
        Target(path).check()
    with Target(path, overwrite=True) as target:
        _write(target)
        assert path.read_bytes() == b"old"
        target.commit()
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_a_target_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with Target(path) as target:
        _write(target)
        path.write_bytes(b"theirs")
        with pytest.raises(TargetExists):
            target.commit()
    assert path.read_bytes() == b"theirs"
    assert os.listdir(tmp_path) == ["x.tar"]


def test_a_target_that_appears_in_the_last_moment_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.tar"
    link = os.link

    def late(old: Path, new: Path) -> None:
        path.write_bytes(b"theirs")
        link(old, new)

    monkeypatch.setattr(disk, "link", late)
    with Target(path) as target, pytest.raises(TargetExists):
        target.commit()
    assert path.read_bytes() == b"theirs"


@pytest.mark.parametrize("how", ["same", "other spelling", "symbolic link", "hard link"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_the_source_is_never_the_target(tmp_path: Path, how: str, overwrite: bool) -> None:
    source = tmp_path / "source.tar"
    source.write_bytes(b"source")
    status = source.stat()
    target = source
    if how == "other spelling":
        target = tmp_path / ".." / tmp_path.name / "source.tar"
    elif how != "same":
        target = tmp_path / "other.tar"
        (os.symlink if how == "symbolic link" else os.link)(source, target)
    with pytest.raises(TargetIsSource):
        Target(target, overwrite=overwrite, forbidden=[(status.st_dev, status.st_ino)]).check()


def test_the_source_moved_over_the_target_is_noticed_before_the_rename(tmp_path: Path) -> None:
    source, path = tmp_path / "source.tar", tmp_path / "x.tar"
    source.write_bytes(b"source")
    status = source.stat()
    with Target(path, overwrite=True, forbidden=[(status.st_dev, status.st_ino)]) as target:
        source.rename(path)
        with pytest.raises(TargetIsSource):
            target.commit()
    assert path.read_bytes() == b"source"


def test_a_file_inside_the_layout_folder_that_is_read(tmp_path: Path) -> None:
    with pytest.raises(TargetIsSource, match="folder"):
        Target(tmp_path / "layout" / "x.tar", inside=[tmp_path / "layout"]).check()


def test_a_link_keeps_pointing_to_what_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    real, path = tmp_path / "deep" / "real.tar", tmp_path / "x.tar"
    real.write_bytes(b"old")
    path.symlink_to(real)
    with Target(path, overwrite=True) as target:
        _write(target)
        target.commit()
    assert path.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_folder_a_pipe_and_a_missing_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "no" / "x.tar", tmp_path / "file" / "x.tar"):
        with pytest.raises(TargetUnwritable):
            Target(path, overwrite=True).check()
    with pytest.raises(TargetUnwritable):
        Target(Path("a\0b")).check()


def test_the_longest_name_works_and_a_longer_one_is_told_before(tmp_path: Path) -> None:
    for name in ("n" * 251 + ".tar", "é" * 125 + "x.tar"):
        with Target(tmp_path / name) as target:
            assert len(os.fsencode(target.part.name)) <= 255
            target.part.name.encode()
            target.commit()
        assert (tmp_path / name).exists()
    with pytest.raises(TargetUnwritable, match="too long"):
        Target(tmp_path / ("n" * 256)).check()


def test_too_little_room_is_told_before(tmp_path: Path) -> None:
    with pytest.raises(TargetUnwritable, match="free"):
        Target(tmp_path / "x.tar").check(needed=1 << 60)


def test_the_second_export_to_one_target_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with Target(path) as first:
        with pytest.raises(TargetUnwritable, match="another export"):
            Target(path).__enter__()
        with Target(tmp_path / "y.tar") as other:
            other.commit()
        _write(first)
        first.commit()
    assert sorted(os.listdir(tmp_path)) == ["x.tar", "y.tar"]


def test_what_a_killed_export_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    left = tmp_path / leftovers.new_part_name("x.tar", 255)
    left.write_bytes(b"half")
    other = tmp_path / ".x.tar.notours.part"
    other.write_bytes(b"")
    assert leftovers.abandoned(tmp_path) == [left]
    with Target(path) as target:
        assert not left.exists()
        assert leftovers.abandoned(tmp_path) == []
        target.commit()
    assert sorted(os.listdir(tmp_path)) == [other.name, "x.tar"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EIO])
def test_making_the_file_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def fail(_path: Path) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(disk, "create", fail)
    with pytest.raises(TargetUnwritable, match=r"x\.tar"):
        Target(tmp_path / "x.tar").__enter__()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("overwrite", [False, True])
def test_naming_the_file_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool) -> None:
    path = tmp_path / "x.tar"
    if overwrite:
        path.write_bytes(b"old")

    def fail(_old: Path, _new: Path) -> None:
        raise OSError(errno.EXDEV, "no")

    monkeypatch.setattr(disk, "link", fail)
    monkeypatch.setattr(disk, "replace", fail)
    with Target(path, overwrite=overwrite) as target, pytest.raises(ExportError):
        target.commit()
    assert os.listdir(tmp_path) == (["x.tar"] if overwrite else [])
    assert not overwrite or path.read_bytes() == b"old"


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_old: Path, _new: Path) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(disk, "link", fail)
    with Target(tmp_path / "x.tar") as target:
        _write(target)
        target.commit()
    assert os.listdir(tmp_path) == ["x.tar"]


def test_a_folder_that_cannot_be_synced_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_folder: Path) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(disk, "sync_folder", fail)
    with Target(tmp_path / "x.tar") as target:
        assert any("broken" in note for note in target.commit())
    assert os.listdir(tmp_path) == ["x.tar"]
