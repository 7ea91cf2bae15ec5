"""The export matrix of reliability.md: whatever fails, the source and an old target stay, and nothing else is left."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from inspector.archive.detect import open_archive
from inspector.errors import Cancelled, ExportError, SourceChanged, TargetExists, TargetIsSource, TargetUnwritable
from inspector.export import disk, leftovers
from inspector.export.options import ExportOptions
from inspector.export.plan import plan_export
from inspector.export.writer import ExportResult, check_target, default_target, export_archive
from inspector.progress import CancelToken, Progress
from tests.builders import docker_25, image
from tests.builders.images import ImageSpec
from tests.unit.export.conftest import Failing

OLD = b"the old target"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two layers, one of them of some mebibytes."""
    spec = image("docker.io/library/app:1")
    big = ImageSpec((*spec.tars, os.urandom(3 << 20)), names=spec.names)
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    return docker_25([big], "28.5.2").write(tmp_path / "in" / "app.tar")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out" / "app.oci.tar"


def run(source: Path, target: Path, **arguments: Any) -> ExportResult:
    options = ExportOptions(compression=arguments.pop("compression", "keep"))
    with open_archive(source) as archive:
        return export_archive(plan_export(archive, options), target, **arguments)


@contextmanager
def untouched(source: Path, target: Path) -> Iterator[None]:
    """Neither source nor target change, and the target's folder holds nothing new."""
    before = hashlib.sha256(source.read_bytes()).digest()
    old = target.read_bytes() if target.exists() else None
    names = sorted(os.listdir(target.parent))
    yield
    assert hashlib.sha256(source.read_bytes()).digest() == before
    assert (target.read_bytes() if target.exists() else None) == old
    assert sorted(os.listdir(target.parent)) == names


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("create", errno.EACCES), ("write", errno.ENOSPC), ("write", errno.EDQUOT), ("write", errno.EFBIG),
        ("sync", errno.EIO), ("set_mode", errno.EPERM), ("replace", errno.EXDEV),
    ],
)  # fmt: skip
def test_each_call_fails_once_at_every_place(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: int, overwrite: bool
) -> None:
    if overwrite:
        target.write_bytes(OLD)
    if name == "replace" and not overwrite:
        monkeypatch.setattr(disk, "link", Failing("link", errno.EPERM, 1))
    place = 1
    while True:
        failing = Failing(name, number, place)
        monkeypatch.setattr(disk, name, failing)
        with open_archive(source) as archive:
            plan = plan_export(archive)
            with untouched(source, target):
                told = None
                try:
                    export_archive(plan, target, overwrite=overwrite)
                except TargetUnwritable as error:
                    told = error
                if told is None:
                    assert not failing.fired
                    target.unlink()
                    if overwrite:
                        target.write_bytes(OLD)
                    break
                assert str(target) in told.message
        assert failing.fired
        place += 1
    assert place > 1


@pytest.mark.parametrize("compression", ["keep", "gzip"])
@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_cancelling_leaves_everything_as_it_was(
    source: Path, target: Path, share: float, overwrite: bool, compression: str
) -> None:
    reports: list[Progress] = []
    run(source, target, sink=reports.append, compression=compression)
    target.unlink()
    assert [r.done for r in reports] == sorted(r.done for r in reports)
    assert reports[-1].done == reports[-1].total
    assert {r.subject.partition("/")[0] for r in reports} >= {"blobs", "index.json"}
    if overwrite:
        target.write_bytes(OLD)
    for stage in ("Writing", "Reading back") if compression == "keep" else ("Compressing",):
        token = CancelToken()
        # What is read back meanwhile counts as well, so a stage may begin late and end late.
        first, last = {"Writing": (0.0, 0.5), "Reading back": (0.5, 1.0), "Compressing": (0.0, 0.3)}[stage]
        from_here = int((first + share * (last - first)) * reports[-1].total)

        def sink(progress: Progress, token: CancelToken = token, stage: str = stage, at: int = from_here) -> None:
            if progress.stage == stage and progress.done >= at:
                token.cancel()

        with untouched(source, target), pytest.raises(Cancelled):
            run(source, target, overwrite=overwrite, token=token, sink=sink, compression=compression)


def test_cancelling_is_quick_while_the_disk_takes_its_time(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(disk, "sync", lambda _descriptor: released.wait(60))
    token = CancelToken()
    threading.Timer(0.2, token.cancel).start()
    try:
        started = time.monotonic()
        with untouched(source, target), pytest.raises(Cancelled):
            run(source, target, token=token)
        assert time.monotonic() - started < 20  # the disk would take 60
    finally:
        released.set()


def test_a_token_that_is_cancelled_already(source: Path, target: Path) -> None:
    token = CancelToken()
    token.cancel()
    with untouched(source, target), pytest.raises(Cancelled):
        run(source, target, token=token)


@pytest.mark.parametrize("how", ["same", "hard link", "symbolic link", "other spelling"])
def test_source_and_target_are_one_file(source: Path, target: Path, how: str) -> None:
    place = {"same": source, "other spelling": source.parent / ".." / "in" / source.name}.get(how, target)
    if how == "hard link":
        os.link(source, place)
    if how == "symbolic link":
        place.symlink_to(source)
    with untouched(source, target), open_archive(source) as archive:
        for overwrite in (False, True):
            with pytest.raises(TargetIsSource):
                check_target(archive, place, overwrite=overwrite)
            with pytest.raises(TargetIsSource):
                export_archive(plan_export(archive), place, overwrite=overwrite)


def test_the_target_exists(source: Path, target: Path) -> None:
    target.write_bytes(OLD)
    with untouched(source, target), pytest.raises(TargetExists):
        run(source, target)


def test_the_source_changes_in_the_middle(source: Path, target: Path) -> None:
    raw = source.read_bytes()
    for change in ("grow", "replace", "shorten", "rewrite"):
        source.write_bytes(raw)
        done = False

        def sink(progress: Progress, change: str = change) -> None:
            nonlocal done
            if done or progress.stage != "Writing" or progress.done < progress.total // 4:
                return
            done = True
            if change == "grow":
                with source.open("ab") as file:
                    file.write(b"more")
            elif change == "shorten":
                os.truncate(source, len(raw) // 3)
            elif change == "rewrite":
                os.utime(source, ns=(1, 1))
            else:
                (source.parent / "other").write_bytes(raw)
                (source.parent / "other").rename(source)

        with pytest.raises(SourceChanged):
            run(source, target, sink=sink)
        assert os.listdir(target.parent) == []


@pytest.mark.parametrize("share", [0.0, 0.0002, 0.3, 0.9, 0.9999])
def test_a_wrong_byte_on_the_disk_is_found(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    """What was written is read back: a disk that lies does not get through, wherever it does."""
    write = disk.write
    with open_archive(source) as archive:
        at = int(share * plan_export(archive).size)

    def lie(descriptor: int, data: bytes) -> None:
        here = os.lseek(descriptor, 0, os.SEEK_CUR)
        write(descriptor, data)
        if here <= at < here + len(data):
            os.pwrite(descriptor, bytes([data[at - here] ^ 1]), at)

    monkeypatch.setattr(disk, "write", lie)
    with open_archive(source) as archive:
        plan = plan_export(archive)
        with untouched(source, target), pytest.raises(ExportError, match="not what was meant"):
            export_archive(plan, target)


def test_two_exports_at_once(source: Path, target: Path) -> None:
    started, go = threading.Event(), threading.Event()

    def wait(progress: Progress) -> None:
        if progress.stage == "Writing" and not started.is_set():
            started.set()
            go.wait(10)

    results: list[ExportResult] = []
    first = threading.Thread(target=lambda: results.append(run(source, target, sink=wait)))
    first.start()
    assert started.wait(10)
    with pytest.raises(TargetUnwritable, match="another export"):
        run(source, target)
    assert run(source, target.with_name("other.tar")).verified
    go.set()
    first.join(10)
    assert results[0].verified
    assert sorted(os.listdir(target.parent)) == ["app.oci.tar", "other.tar"]


def test_the_longest_name(source: Path, target: Path) -> None:
    longest = target.with_name("n" * 251 + ".tar")
    assert run(source, longest).verified
    with pytest.raises(TargetUnwritable, match="too long"):
        run(source, target.with_name("n" * 252 + ".tar"))
    assert os.listdir(target.parent) == [longest.name]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(source: Path, target: Path) -> None:
    target.parent.chmod(0o500)
    try:
        with pytest.raises(TargetUnwritable, match="permission"):
            run(source, target)
    finally:
        target.parent.chmod(0o700)


def test_a_folder_without_permission_is_told_before_anything_is_read(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For root, too, who may write everywhere but on a read-only disk."""
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    with open_archive(source) as archive, pytest.raises(TargetUnwritable, match=r"permission|read-only"):
        check_target(archive, target)


CHILD = """
import os, resource, signal, sys
from pathlib import Path
from inspector.archive.detect import open_archive
from inspector.export.plan import plan_export
from inspector.export.writer import export_archive
from inspector.errors import InspectorError
mode, source, target = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
def sink(progress):
    if mode == "kill" and progress.stage == "Writing" and progress.done > progress.total // 4:
        os.kill(os.getpid(), signal.SIGKILL)
if mode == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    with open_archive(source) as archive:
        export_archive(plan_export(archive), target, overwrite=True, sink=sink)
except InspectorError as error:
    print(error)
    sys.exit(2)
"""


def _child(mode: str, source: Path, target: Path, repository: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CHILD, mode, str(source), str(target)],
        capture_output=True, text=True, check=False, timeout=60, cwd=repository,
    )  # fmt: skip


def test_a_limit_on_file_sizes(source: Path, target: Path, repository: Path) -> None:
    target.write_bytes(OLD)
    with untouched(source, target):
        done = _child("limit", source, target, repository)
        assert done.returncode == 2
        assert "files of this size" in done.stdout


def test_after_being_killed_one_part_is_left_and_the_next_export_removes_it(
    source: Path, target: Path, repository: Path
) -> None:
    target.write_bytes(OLD)
    done = _child("kill", source, target, repository)
    assert done.returncode == -signal.SIGKILL
    assert target.read_bytes() == OLD
    left = [name for name in os.listdir(target.parent) if name != target.name]
    assert len(left) == 1
    assert leftovers.abandoned(target.parent) == [target.parent / left[0]]
    assert run(source, target, overwrite=True).verified
    assert os.listdir(target.parent) == [target.name]


def test_a_full_disk(source: Path, tmp_path: Path) -> None:
    """A small file system of its own, where the test may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system is not allowed here")
    try:
        target = place / "app.tar"
        target.write_bytes(OLD)
        with untouched(source, target), pytest.raises(TargetUnwritable, match="room"):
            run(source, target, overwrite=True)
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_name_comes_after_the_bytes_are_on_the_disk(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool
) -> None:
    calls: list[str] = []
    for name in ("create", "write", "sync", "set_mode", "link", "replace", "sync_folder"):
        call: Callable[..., Any] = getattr(disk, name)

        def record(*arguments: Any, name: str = name, call: Callable[..., Any] = call) -> Any:
            found = call(*arguments)
            if calls[-1:] != [name]:
                calls.append(name)
            return found

        monkeypatch.setattr(disk, name, record)
    run(source, target, overwrite=overwrite)
    assert calls == ["create", "write", "sync", "set_mode", "replace" if overwrite else "link", "sync_folder"]


def test_where_the_export_goes_by_itself(tmp_path: Path) -> None:
    (tmp_path / "layout").mkdir()
    for name, expected in {
        "app.tar": "app.oci.tar", "app.tar.gz": "app.oci.tar", "app.tgz": "app.oci.tar", "app": "app.oci.tar",
        "app.img": "app.oci.tar", "app.1.2.tar.zst": "app.1.2.oci.tar", "app.oci.tar": "app.oci-2.tar",
        "layout": "layout.oci.tar",
    }.items():  # fmt: skip
        assert default_target(tmp_path / name) == tmp_path / expected


def test_progress_only_grows_and_ends_at_the_whole(source: Path, target: Path) -> None:
    seen: list[Progress] = []
    run(source, target, sink=seen.append)
    assert [report.done for report in seen] == sorted(report.done for report in seen)
    assert {report.total for report in seen} == {2 * target.stat().st_size}
    assert list(dict.fromkeys(report.stage for report in seen)) == ["Writing", "Reading back"]
    assert seen[-1].done == seen[-1].total


def test_syncing_asks_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other tests count calls of our own function; this one is about what it does."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    descriptor = disk.create(tmp_path / "new")
    try:
        disk.sync(descriptor)
        assert synced == [descriptor]
        disk.sync_folder(tmp_path)
        assert len(synced) == 2
    finally:
        disk.close(descriptor)
