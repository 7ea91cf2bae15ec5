"""What a split writes appears together, or not at all, whatever fails and whenever."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from inspector.archive.detect import open_archive
from inspector.errors import Cancelled, InspectorError, TargetExists, TargetIsSource, TargetUnwritable
from inspector.export import disk, leftovers
from inspector.export.options import ExportOptions, Form
from inspector.export.plan import plan_export
from inspector.export.split import Split, pieces
from inspector.export.together import NamedPlan, export_together
from inspector.export.writer import ExportResult
from inspector.progress import CancelToken, Progress
from tests.builders import docker_25, image
from tests.unit.export.conftest import Failing

NAMES = ["a_1", "b_1", "c_1"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three images."""
    return docker_25([image(f"{name}:1", seed=name, layers=1) for name in "abc"]).write(tmp_path / "source.tar")


def run(source: Path, folder: Path, form: Form = Form.TAR, **arguments: Any) -> tuple[ExportResult, ...]:
    with open_archive(source) as archive:
        found = pieces(archive, ExportOptions(form=form), Split.IMAGE)
        plans = [NamedPlan(piece.file_name, plan_export(archive, piece.options)) for piece in found]
        return export_together(plans, folder, **arguments)


def contents(folder: Path) -> dict[str, object]:
    """Every file below `folder`, with its bytes and permissions."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        if path.is_file()
        else None
        for path in folder.rglob("*")
    }


@contextmanager
def untouched(*folders: Path) -> Iterator[None]:
    before = [contents(folder) for folder in folders]
    yield
    assert [contents(folder) for folder in folders] == before


def old_set(folder: Path, form: Form) -> None:
    """Files, or layouts, where two of the three archives go."""
    folder.mkdir()
    for name in NAMES[:2]:
        if form is Form.FOLDER:
            (folder / name / "blobs").mkdir(parents=True)
            (folder / name / "oci-layout").write_text("old")
        else:
            (folder / f"{name}.tar").write_text("old")
            (folder / f"{name}.tar").chmod(0o640)


@pytest.mark.parametrize("form", [Form.TAR, Form.FOLDER])
@pytest.mark.parametrize(
    ("name", "number", "how"),
    [
        ("make_folder", errno.ENOSPC, "new"), ("create", errno.EACCES, "new"), ("write", errno.ENOSPC, "new"),
        ("sync", errno.EIO, "exchanged"), ("link", errno.EIO, "new"),
        *((name, number, how) for name, number in (("set_mode", errno.EPERM), ("replace", errno.EIO))
          for how in ("new", "exchanged", "moved")),
    ],
)  # fmt: skip
def test_each_call_fails_once_at_every_place(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: int, how: str, form: Form
) -> None:
    """All or none, and what was there before is there again."""
    folder = tmp_path / "out"
    is_there = how != "new"
    if how == "moved":
        monkeypatch.setattr(disk, "exchange", lambda _one, _other: False)
    if name == "replace" and form is Form.TAR:
        monkeypatch.setattr(disk, "link", Failing("link", errno.EPERM, -1))
    if is_there:
        old_set(folder, form)
    results: tuple[ExportResult, ...] = ()
    for place in range(1, 200):
        with monkeypatch.context() as patch:
            failing = Failing(name, number, place)
            patch.setattr(disk, name, failing)
            before = contents(tmp_path)
            told = None
            try:
                results = run(source, folder, form, overwrite=is_there)
            except TargetUnwritable as error:
                told = error.message
            if told is not None:
                assert ".part" not in told
                assert contents(tmp_path) == before
                continue
        # The calls that may fail without harm: a second name that is not to be had, another way is taken.
        assert not failing.fired or name == "link"
        if not failing.fired:
            break
        for done in results:
            done.output.unlink()
        folder.rmdir()
        if is_there:
            old_set(folder, form)
    ending = "" if form is Form.FOLDER else ".tar"
    assert sorted(os.listdir(folder)) == [f"{name}{ending}" for name in NAMES]
    assert all(done.verified and done.output.exists() for done in results)
    for done in results:
        with open_archive(done.output) as archive:
            assert len(archive.images) == 1
    if is_there and form is Form.TAR:
        assert [stat.S_IMODE((folder / f"{name}.tar").stat().st_mode) for name in NAMES[:2]] == [0o640, 0o640]


def test_a_name_that_another_program_takes_meanwhile(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It appears after the last look: the archives that have their names already give them back."""
    folder = tmp_path / "out"
    link = disk.link

    def late(old: Path, new: Path) -> None:
        if new == folder / "c_1.tar":
            new.write_text("theirs")
        link(old, new)

    monkeypatch.setattr(disk, "link", late)
    with pytest.raises(TargetExists):
        run(source, folder)
    assert contents(folder) | {"c_1.tar": None} == {"c_1.tar": None}
    assert (folder / "c_1.tar").read_text() == "theirs"


def test_what_cannot_be_taken_back_is_told(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = disk.link

    def broken(old: Path, new: Path) -> None:
        if new.parent == tmp_path / "out" and new.name == "c_1.tar":
            monkeypatch.setattr(disk, "replace", Failing("replace", errno.EIO, 1))
            raise FileExistsError(errno.EEXIST, "")
        link(old, new)

    monkeypatch.setattr(disk, "link", broken)
    with pytest.raises(TargetExists, match="1 archive has its name already"):
        run(source, tmp_path / "out")
    assert os.listdir(tmp_path / "out") == ["b_1.tar"]


def test_what_is_there_is_not_replaced_unasked(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "c_1.tar").write_text("old")
    with untouched(tmp_path), pytest.raises(TargetExists):
        run(source, folder)


@pytest.mark.parametrize("share", [0.0, 0.4, 0.9])
def test_cancelling_leaves_nothing(source: Path, tmp_path: Path, share: float) -> None:
    token = CancelToken()

    def sink(progress: Progress) -> None:
        assert progress.done <= progress.total
        if progress.done >= share * progress.total:
            token.cancel()

    with untouched(tmp_path), pytest.raises(Cancelled):
        run(source, tmp_path / "out", token=token, sink=sink)


def test_the_progress_is_that_of_all(source: Path, tmp_path: Path) -> None:
    reports: list[Progress] = []
    run(source, tmp_path / "out", sink=reports.append)
    assert [one.done for one in reports] == sorted(one.done for one in reports)
    assert {one.total for one in reports} == {reports[-1].done}


def test_the_source_is_never_a_target(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    source = source.rename(folder / "b_1.tar")
    with untouched(tmp_path), pytest.raises(TargetIsSource):
        run(source, folder, overwrite=True)


def test_a_link_is_not_followed_out_of_the_folder(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "elsewhere").write_text("theirs")
    (folder / "b_1.tar").symlink_to(tmp_path / "elsewhere")
    with untouched(tmp_path), pytest.raises(TargetUnwritable, match="is a link"):
        run(source, folder, overwrite=True)


def test_two_at_a_time_and_what_a_killed_one_left(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    part = folder / leftovers.new_part_name("image-inspector-split", 255)
    part.mkdir()
    (part / "a_1.tar").write_text("half")
    held = leftovers.hold(part)
    with untouched(tmp_path), pytest.raises(TargetUnwritable, match="Another export"):
        run(source, folder)
    os.close(held)
    run(source, folder)
    assert sorted(os.listdir(folder)) == [f"{name}.tar" for name in NAMES]


def test_room_for_all_of_them_is_asked_for(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = sum(done.size for done in run(source, tmp_path / "first"))
    monkeypatch.setattr("inspector.export.together.free_bytes", lambda _folder: size)
    with untouched(tmp_path), pytest.raises(TargetUnwritable, match="the export needs"):
        run(source, tmp_path / "out")


def test_a_file_that_came_into_an_old_layout_meanwhile_is_kept(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    old_set(folder, Form.FOLDER)
    exchange = disk.exchange

    def late(one: Path, other: Path) -> bool:
        (folder / "a_1" / "diary").write_text("theirs")
        monkeypatch.setattr(disk, "exchange", exchange)
        return exchange(one, other)

    monkeypatch.setattr(disk, "exchange", late)
    results = run(source, folder, Form.FOLDER, overwrite=True)
    assert any("lies in" in note for note in results[-1].notes)
    assert (folder / ".a_1.old" / "diary").read_text() == "theirs"
    assert (folder / "a_1" / "index.json").exists()


def test_a_folder_that_cannot_be_made(source: Path, tmp_path: Path) -> None:
    for folder in (tmp_path / "no" / "folder", source, Path("\0")):
        with untouched(tmp_path), pytest.raises(InspectorError):
            run(source, folder)
