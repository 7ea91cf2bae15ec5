"""SIGKILL after the k-th call that changes the disk: source and old target stay, and the next try removes what was left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.export import leftovers
from inspector.export.options import ExportOptions, Form
from inspector.export.plan import plan_export
from inspector.export.split import Split, pieces
from inspector.export.together import NamedPlan, export_together
from inspector.export.writer import export_archive
from inspector.extract import extract_merged
from inspector.filelock import lock
from tests.builders import docker_25, image
from tests.faults.conftest import OLD, stamp

CHILD = """
import os, signal, sys
from pathlib import Path
from inspector.archive.detect import open_archive
job, call, left, source, target = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), Path(sys.argv[5])
form = sys.argv[6]
if job in ("export", "split"):
    from inspector.export import disk
else:
    from inspector.extract import disk
real = getattr(disk, call)
def dying(*arguments):
    global left
    left -= 1
    found = real(*arguments)
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    return found
setattr(disk, call, dying)
with open_archive(source) as archive:
    if job == "export":
        from inspector.export.plan import plan_export
        from inspector.export.writer import export_archive
        from inspector.export.options import ExportOptions, Form
        export_archive(plan_export(archive, ExportOptions(form=Form(form))), target, overwrite=True)
    elif job == "split":
        from inspector.export.options import ExportOptions
        from inspector.export.plan import plan_export
        from inspector.export.split import Split, pieces
        from inspector.export.together import NamedPlan, export_together
        found = pieces(archive, ExportOptions(), Split.IMAGE)
        plans = [NamedPlan(one.file_name, plan_export(archive, one.options)) for one in found]
        export_together(plans, target, overwrite=True)
    else:
        from inspector.extract import extract_merged
        extract_merged(archive.images[0], target)
"""


def killed(job: str, call: str, number: int, source: Path, target: Path, repository: Path, form: str = "tar") -> bool:
    """Whether it came to that."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, job, call, str(number), str(source), str(target), form],
        cwd=repository, check=False, capture_output=True, timeout=120,
    )  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
    return done.returncode != 0


@pytest.mark.parametrize(
    ("call", "number"), [("create", 1), ("write", 1), ("write", 2), ("write", 4), ("sync", 1), ("set_mode", 1)]
)
def test_an_export(source: Path, target: Path, repository: Path, call: str, number: int) -> None:
    before = stamp(source), stamp(target)
    assert killed("export", call, number, source, target, repository)
    assert (stamp(source), stamp(target)) == before
    left = [name for name in os.listdir(target.parent) if name != target.name]
    assert len(left) == 1
    assert leftovers.abandoned(target.parent) == [target.parent / left[0]]
    with open_archive(source) as archive:
        assert export_archive(plan_export(archive), target, overwrite=True).verified
    assert os.listdir(target.parent) == [target.name]


@pytest.mark.parametrize(
    ("form", "call", "number"),
    [
        ("tar.gz", "write", 1), ("tar.gz", "sync", 1), ("tar.zst", "write", 2), ("folder", "make_folder", 1),
        ("folder", "write", 2), ("folder", "sync", 1),
    ],
)  # fmt: skip
def test_an_export_of_another_form(
    source: Path, target: Path, repository: Path, form: str, call: str, number: int
) -> None:
    target.unlink()
    with open_archive(source) as archive:
        plan = plan_export(archive, ExportOptions(form=Form(form)))
        export_archive(plan, target)
        old = {path: path.read_bytes() for path in [target, *target.rglob("*")] if path.is_file()}
        before = stamp(source)
        assert killed("export", call, number, source, target, repository, form)
        assert stamp(source) == before
        assert {path: path.read_bytes() for path in [target, *target.rglob("*")] if path.is_file()} == old
        assert len([name for name in os.listdir(target.parent) if name != target.name]) <= 1
        assert export_archive(plan, target, overwrite=True).verified
    assert os.listdir(target.parent) == [target.name]


def test_an_export_after_it_got_its_name(source: Path, target: Path, repository: Path) -> None:
    """Then it is whole: it was read back before."""
    assert killed("export", "replace", 1, source, target, repository)
    assert target.read_bytes() != OLD
    with open_archive(target) as archive:
        assert archive.images
    assert os.listdir(target.parent) == [target.name]


@pytest.mark.parametrize(
    ("call", "number"),
    [("make_folder", 1), ("write", 3), ("sync", 2), ("link", 1), ("exchange", 1), ("exchange", 2), ("unlink", 3)],
)
def test_a_split(tmp_path: Path, repository: Path, call: str, number: int) -> None:
    """Each archive is whole, old or new; before the naming begins all are old. The next split leaves no trace of it."""
    source = docker_25([image(f"{name}:1", seed=name, layers=1) for name in "abc"]).write(tmp_path / "source.tar")
    folder = tmp_path / "out"
    folder.mkdir()
    for name in "ab":
        (folder / f"{name}_1.tar").write_bytes(OLD)
    before = stamp(source)
    assert killed("split", call, number, source, folder, repository)
    assert stamp(source) == before
    there = {path.name: path for path in folder.iterdir() if not path.name.startswith(".")}
    old = {name for name, path in there.items() if path.read_bytes() == OLD}
    assert {"a_1.tar", "b_1.tar"} <= set(there) <= {"a_1.tar", "b_1.tar", "c_1.tar"}
    if call not in ("exchange", "unlink"):
        assert old == set(there)
    for name in set(there) - old:
        with open_archive(there[name]) as archive:
            assert all(one.complete for one in archive.images)
    with open_archive(source) as archive:
        found = pieces(archive, ExportOptions(), Split.IMAGE)
        plans = [NamedPlan(one.file_name, plan_export(archive, one.options)) for one in found]
        assert all(done.verified for done in export_together(plans, folder, overwrite=True))
    assert sorted(os.listdir(folder)) == ["a_1.tar", "b_1.tar", "c_1.tar"]


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("make_folder", 2),
        ("create", 1),
        ("create", 3),
        ("write_at", 1),
        ("write_at", 3),
        ("set_attributes", 2),
        ("settle", 2),
    ],
)
def test_an_extraction(source: Path, target: Path, repository: Path, call: str, number: int) -> None:
    folder = target.with_name("files")
    folder.mkdir()
    (folder / "mine.txt").write_bytes(b"mine")
    before = stamp(source)
    assert killed("extract", call, number, source, folder, repository)
    assert stamp(source) == before
    with open_archive(source) as archive:
        right = extract_merged(archive.images[0], target.with_name("right"))
        extract_merged(archive.images[0], folder)
    there = [name for _, _, files in os.walk(folder) for name in files]
    assert not [name for name in there if name.endswith(".part")]
    assert (folder / "mine.txt").read_bytes() == b"mine"
    for written in right.written:
        if written.type == "file":
            name = os.fsdecode(written.name)
            assert (folder / name).read_bytes() == (target.with_name("right") / name).read_bytes()


def test_a_part_whose_writer_lives_is_left_alone(source: Path, target: Path) -> None:
    from inspector.extract import leftovers as parts

    folder = target.with_name("files")
    folder.mkdir()
    name = os.fsdecode(parts.name(parts.new_stem(), 0))
    with (folder / name).open("wb") as living, open_archive(source) as archive:
        assert lock(living.fileno())
        extract_merged(archive.images[0], folder)
        assert (folder / name).exists()
    with open_archive(source) as archive:
        extract_merged(archive.images[0], folder)
    assert not (folder / name).exists()
