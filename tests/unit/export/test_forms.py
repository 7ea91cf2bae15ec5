"""Tar, compressed tar and layout folder: the same archive in each, and a folder as safe as a file."""

from __future__ import annotations

import errno
import gzip
import os
import stat
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from inspector.archive.detect import open_archive
from inspector.errors import Cancelled, ExportError, InspectorError, TargetExists, TargetIsSource, TargetUnwritable
from inspector.export import disk, leftovers
from inspector.export.forms import form_for
from inspector.export.options import ExportOptions, Form, Preset
from inspector.export.plan import plan_export
from inspector.export.target import new_mode
from inspector.export.writer import ExportResult, check_target, export_archive
from inspector.progress import CancelToken, Progress
from tests.builders import containerd, docker_25, image
from tests.builders.images import ImageSpec
from tests.unit.export.conftest import Failing

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    return docker_25([image("docker.io/library/app:1")]).write(tmp_path / "in" / "app.tar")


def run(source: Path, target: Path, form: Form, *, overwrite: bool = False, **options: Any) -> ExportResult:
    token = options.pop("token", None)
    sink = options.pop("sink", lambda _progress: None)
    with open_archive(source) as archive:
        plan = plan_export(archive, ExportOptions(form=form, **options))
        return export_archive(plan, target, overwrite=overwrite, token=token, sink=sink)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar.getmembers() if m.isfile()}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("x.tar", Form.TAR), ("x.oci", Form.TAR), ("x.TAR.GZ", Form.TAR_GZ), ("x.tgz", Form.TAR_GZ),
        ("x.tar.zst", Form.TAR_ZST), ("x.tzst", Form.TAR_ZST), ("x/", Form.FOLDER), ("x.tar/", Form.FOLDER),
    ],
)  # fmt: skip
def test_the_form_goes_by_the_name(name: str, form: Form) -> None:
    assert form_for(name) is form


def test_an_empty_folder_is_meant_as_one(tmp_path: Path) -> None:
    assert form_for(str(tmp_path)) is Form.FOLDER
    (tmp_path / "x").touch()
    assert form_for(str(tmp_path)) is Form.TAR


@pytest.mark.parametrize("preset", [Preset.DOCKER_COMPATIBLE, Preset.CLASSIC_DOCKER, Preset.FOR_PUSH])
def test_every_form_holds_the_same(source: Path, tmp_path: Path, preset: Preset) -> None:
    out = tmp_path / "out"
    run(source, out / "a.tar", Form.TAR, preset=preset)
    plain = (out / "a.tar").read_bytes()
    zipped = run(source, out / "a.tar.gz", Form.TAR_GZ, preset=preset)
    assert gzip.decompress((out / "a.tar.gz").read_bytes()) == plain
    assert zipped.size == (out / "a.tar.gz").stat().st_size
    run(source, out / "a.tar.zst", Form.TAR_ZST, preset=preset)
    assert zstd.decompress((out / "a.tar.zst").read_bytes()) == plain
    result = run(source, out / "a", Form.FOLDER, preset=preset)
    assert tree(out / "a") == members(out / "a.tar")
    assert result.sha256 == ""
    assert result.size == sum(map(len, tree(out / "a").values()))
    for name in ("a.tar.gz", "a.tar.zst"):
        first = (out / name).read_bytes()
        run(source, out / name, Form(name[2:]), overwrite=True, preset=preset)
        assert (out / name).read_bytes() == first
    assert sorted(os.listdir(out)) == ["a", "a.tar", "a.tar.gz", "a.tar.zst"]


def test_a_folder_has_the_modes_of_new_files_and_opens_again(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "layout"
    run(source, target, Form.FOLDER)
    assert stat.S_IMODE(target.stat().st_mode) == new_mode(0o777)
    assert stat.S_IMODE((target / "blobs").stat().st_mode) == new_mode(0o777)
    assert stat.S_IMODE((target / "index.json").stat().st_mode) == new_mode()
    with open_archive(target) as archive:
        assert archive.layout == "oci-layout+docker"
        assert [image.names for image in archive.images] == [("docker.io/library/app:1",)]


def test_an_empty_folder_is_filled_and_a_full_one_refused(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "layout"
    target.mkdir()
    run(source, target, Form.FOLDER)
    before = tree(target)
    with pytest.raises(TargetExists):
        run(source, target, Form.FOLDER)
    assert tree(target) == before
    run(source, target, Form.FOLDER, overwrite=True, preset=Preset.STRICT_OCI)
    assert before.keys() - tree(target).keys() == {"manifest.json"}
    assert os.listdir(tmp_path / "out") == ["layout"]


@pytest.mark.parametrize("what", ["file", "link", "folder", "linked blobs"])
def test_nothing_of_others_is_ever_removed(source: Path, tmp_path: Path, what: str) -> None:
    target = tmp_path / "out" / "layout"
    run(source, target, Form.FOLDER)
    other = target / ("blobs/sha256/more" if what == "folder" else "index.json.bak")
    if what == "file":
        other.write_text("mine")
    elif what == "link":
        other.symlink_to("/etc/passwd")
    elif what == "folder":
        other.mkdir()
    else:
        (target / "blobs").rename(tmp_path / "blobs")
        (target / "blobs").symlink_to(tmp_path / "blobs")
    before = tree(target)
    with pytest.raises(TargetUnwritable, match="no part of an image layout"):
        run(source, target, Form.FOLDER, overwrite=True)
    assert tree(target) == before
    assert os.listdir(tmp_path / "out") == ["layout"]


def test_a_file_is_no_folder_and_a_folder_no_file(source: Path, tmp_path: Path) -> None:
    file, folder = tmp_path / "out" / "file", tmp_path / "out" / "folder"
    file.write_text("mine")
    folder.mkdir()
    for overwrite in (False, True):
        with pytest.raises(TargetUnwritable, match="no folder"):
            run(source, file, Form.FOLDER, overwrite=overwrite)
        with pytest.raises(TargetUnwritable, match="a folder"):
            run(source, folder, Form.TAR, overwrite=overwrite)


def test_a_layout_is_not_written_over_itself_or_into_itself(source: Path, tmp_path: Path) -> None:
    layout = tmp_path / "out" / "layout"
    run(source, layout, Form.FOLDER)
    with open_archive(layout) as archive:
        for target in (layout, layout / "more"):
            with pytest.raises(TargetIsSource):
                check_target(archive, target, overwrite=True, form=Form.FOLDER)


@pytest.mark.parametrize("form", [Form.FOLDER, Form.TAR_GZ])
@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("make_folder", errno.ENOSPC), ("create", errno.EACCES), ("write", errno.ENOSPC), ("sync", errno.EIO),
        ("set_mode", errno.EPERM), ("replace", errno.EXDEV), ("exchange", errno.EIO), ("link", errno.EIO),
    ],
)  # fmt: skip
def test_each_call_fails_once_at_every_place(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: int, form: Form, overwrite: bool
) -> None:
    target = tmp_path / "out" / "target"
    if overwrite:
        run(source, target, form, preset=Preset.STRICT_OCI)
    look = tree if form is Form.FOLDER else (lambda path: {"": path.read_bytes()})
    before = look(target) if overwrite else None
    for place in range(1, 60):
        failing = Failing(name, number, place)
        with monkeypatch.context() as patched:
            patched.setattr(disk, name, failing)
            try:
                run(source, target, form, overwrite=overwrite)
            except TargetUnwritable:
                assert failing.fired
            else:
                return
        assert (look(target) if target.exists() else None) == before
        assert os.listdir(tmp_path / "out") == (["target"] if overwrite else [])
    pytest.fail("it never ended")


def test_without_an_exchange_the_old_layout_comes_back(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out" / "target"
    run(source, target, Form.FOLDER, preset=Preset.STRICT_OCI)
    before = tree(target)
    monkeypatch.setattr(disk, "exchange", lambda _one, _other: False)
    with monkeypatch.context() as patched:
        patched.setattr(disk, "replace", Failing("replace", errno.EIO, 2))
        with pytest.raises(TargetUnwritable):
            run(source, target, Form.FOLDER, overwrite=True)
    assert tree(target) == before
    run(source, target, Form.FOLDER, overwrite=True)
    assert "manifest.json" in tree(target)
    assert os.listdir(tmp_path / "out") == ["target"]


@pytest.mark.parametrize("form", [Form.FOLDER, Form.TAR_GZ, Form.TAR_ZST])
@pytest.mark.parametrize("stage", ["Writing", "Packing", "Reading back"])
def test_cancelling_leaves_nothing(source: Path, tmp_path: Path, form: Form, stage: str) -> None:
    if form is Form.FOLDER and stage == "Packing":
        return
    token = CancelToken()

    def sink(progress: Progress) -> None:
        if progress.stage == stage:
            token.cancel()

    with pytest.raises(Cancelled):
        run(source, tmp_path / "out" / "x", form, token=token, sink=sink)
    assert os.listdir(tmp_path / "out") == []


@pytest.mark.parametrize("form", [Form.FOLDER, Form.TAR_GZ, Form.TAR_ZST])
def test_a_disk_that_changes_bytes_is_noticed(
    source: Path, tmp_path: Path, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = disk.write
    for place in range(1, 60):
        left = [place]

        def flip(descriptor: int, data: bytes, left: list[int] = left) -> None:
            left[0] -= 1
            changed = bytearray(data)
            if left[0] == 0:
                changed[len(changed) // 2] ^= 1
            write(descriptor, bytes(changed))

        monkeypatch.setattr(disk, "write", flip)
        target = tmp_path / "out" / "x"
        try:
            run(source, target, form)
        except ExportError as error:
            assert "differs" in error.message  # noqa: PT017
        except InspectorError:
            pass
        else:
            assert left[0] > 0
            return
        assert os.listdir(tmp_path / "out") == []
    pytest.fail("it never ended")


def test_what_a_killed_export_left_is_removed_by_the_next_one(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "x"
    left = target.parent / leftovers.new_part_name("x", 255)
    (left / "blobs" / "sha256").mkdir(parents=True)
    (left / "blobs" / "sha256" / "aa").write_bytes(b"half")
    assert leftovers.abandoned(target.parent) == [left]
    run(source, target, Form.FOLDER)
    assert os.listdir(target.parent) == ["x"]


def test_room_for_the_plain_tar_is_asked_for(source: Path) -> None:
    with open_archive(source) as archive:
        plain, packed, gzipped = (
            plan_export(archive, ExportOptions(form=form, compression=compression))
            for form, compression in ((Form.TAR, "keep"), (Form.TAR_GZ, "keep"), (Form.TAR, "gzip"))
        )
        assert plain.room == plain.size
        assert packed.room == 2 * plain.size
        assert not packed.size_is_exact
        assert gzipped.room > plain.room


def test_room_for_layers_that_grow_is_asked_for(tmp_path: Path) -> None:
    spec = image("docker.io/library/app:1")
    big = ImageSpec((*spec.tars, bytes(1 << 20)), names=spec.names)
    with open_archive(containerd([big]).write(tmp_path / "app.tar")) as archive:
        kept = plan_export(archive)
        plain = plan_export(archive, ExportOptions(compression="none"))
        classic = plan_export(archive, ExportOptions(preset=Preset.CLASSIC_DOCKER))
        assert kept.room < 1 << 20 < min(plain.room, classic.room)
        for plan in (kept, plain, classic):
            size = export_archive(plan, tmp_path / "out.tar", overwrite=True).size
            assert plan.room >= size
