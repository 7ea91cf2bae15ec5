"""The export matrix of reliability.md, cell by cell: every kind of target with every failure. `test_writer_faults.py` fails each
call at each place for a plain target; SIGKILL is in `tests/faults/test_killed.py`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspector.archive.detect import open_archive
from inspector.errors import Cancelled, InspectorError, SourceChanged, TargetUnwritable
from inspector.export import disk
from inspector.export.plan import plan_export
from inspector.export.writer import export_archive
from inspector.progress import CancelToken, Progress, ProgressSink, ignore_progress
from tests.builders import docker_25, image

LONGEST = "n" * 251 + ".tar"
Tree = dict[str, tuple[bytes, int] | str]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    return docker_25([image("docker.io/library/app:1")], "28.5.2").write(tmp_path / "in" / "app.tar")


def existing(path: Path) -> Path:
    path.write_bytes(b"old")
    path.chmod(0o640)
    return path


def link(path: Path, to: Path) -> Path:
    path.symlink_to(to)
    return path


TARGETS: dict[str, Callable[[Path], Path]] = {
    "new": lambda root: root / "out" / "x.tar",
    "existing": lambda root: existing(root / "out" / "x.tar"),
    "link to an existing file": lambda root: link(root / "out" / "x.tar", existing(root / "elsewhere" / "y.tar")),
    "link to nothing yet": lambda root: link(root / "out" / "x.tar", root / "elsewhere" / "y.tar"),
    "folder that is a link": lambda root: link(root / "way", root / "elsewhere") / "x.tar",
    "255 bytes": lambda root: root / "out" / LONGEST,
    "255 bytes, existing": lambda root: existing(root / "out" / LONGEST),
}
SHARES = {"at once": 0.0, "half way": 0.5, "nearly done": 0.99}
CALLS = {"write": errno.ENOSPC, "sync": errno.EIO, "name": errno.EXDEV}


def tree(root: Path) -> Tree:
    """Everything below `root`: bytes and permissions, and where links point."""
    return {
        str(path.relative_to(root)): os.readlink(path)
        if path.is_symlink()
        else (path.read_bytes() if path.is_file() else b"", path.stat().st_mode)
        for path in root.rglob("*")
    }


def export(source: Path, target: Path, token: CancelToken | None = None, sink: ProgressSink = ignore_progress) -> None:
    with open_archive(source) as archive:
        assert export_archive(plan_export(archive), target, overwrite=True, token=token, sink=sink).verified


def fails(source: Path, target: Path, root: Path, expected: type[InspectorError], **how: Any) -> None:
    """The export fails with that error, which names the place, and nothing is another than before."""
    before = tree(root)
    with pytest.raises(expected) as told:
        export(source, target, **how)
    if expected is not Cancelled:
        assert str(source if expected is SourceChanged else target) in told.value.message
    assert tree(root) == before


def test_there_is_a_cell_for_each(source: Path, tmp_path: Path) -> None:
    """The targets work where nothing fails: what is then there is the new archive, and no other name is."""
    for number, make in enumerate(TARGETS.values()):
        root = tmp_path / str(number)
        for name in ("out", "elsewhere"):
            (root / name).mkdir(parents=True)
        target = make(root)
        names = set(tree(root))
        export(source, target)
        assert len(set(tree(root)) - names) <= 1
        with open_archive(target) as archive:
            assert len(archive.images) == 1


@pytest.mark.parametrize("share", SHARES.values(), ids=SHARES)
@pytest.mark.parametrize("make", TARGETS.values(), ids=TARGETS)
def test_cancelled(source: Path, tmp_path: Path, make: Callable[[Path], Path], share: float) -> None:
    token = CancelToken()

    def sink(progress: Progress) -> None:
        if progress.done >= share * progress.total:
            token.cancel()

    fails(source, make(tmp_path), tmp_path, Cancelled, token=token, sink=sink)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("make", TARGETS.values(), ids=TARGETS)
def test_an_error_of_the_disk(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], Path], call: str
) -> None:
    def broken(*_arguments: Any) -> None:
        raise OSError(CALLS[call], os.strerror(CALLS[call]))

    for name in ("replace", "link") if call == "name" else (call,):
        monkeypatch.setattr(disk, name, broken)
    fails(source, make(tmp_path), tmp_path, TargetUnwritable)


@pytest.mark.parametrize("make", TARGETS.values(), ids=TARGETS)
def test_a_source_that_changes_in_the_middle(source: Path, tmp_path: Path, make: Callable[[Path], Path]) -> None:
    target = make(tmp_path)

    def sink(progress: Progress) -> None:
        if progress.stage == "Writing":
            os.utime(source, (1, 1))

    fails(source, target, tmp_path, SourceChanged, sink=sink)
