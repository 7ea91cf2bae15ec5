"""Hostile archives, planted links and a process that exchanges folders: nothing is ever written outside of the folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.archive.image import Image
from inspector.archive.limits import Limits
from inspector.errors import ExtractError, InspectorError
from inspector.extract import ExtractReport, extract_layer, extract_merged
from inspector.progress import CancelToken, Progress
from tests.builders import Bundle, Entry

Opener = Callable[..., Image]

CANARY = Path("/tmp/hostile_canary")  # the name that the hostile archives know
MARKER = b"HOSTILE-CANARY-5f1d0c"
MOST_BYTES = 64 << 20
"""Then somebody loses patience: some layers are terabytes of hole."""
LIMITS = Limits(inflate_free_bytes=16 << 20)


@pytest.fixture
def canary() -> Iterator[Path]:
    shutil.rmtree(CANARY, ignore_errors=True)
    CANARY.mkdir()
    (CANARY / "secret.txt").write_bytes(MARKER)
    (CANARY / "victim.txt").write_bytes(b"victim")
    before = {
        path.name: (path.lstat().st_ino, path.lstat().st_mtime_ns, path.lstat().st_mode) for path in CANARY.iterdir()
    }
    yield CANARY
    after = {
        path.name: (path.lstat().st_ino, path.lstat().st_mtime_ns, path.lstat().st_mode) for path in CANARY.iterdir()
    }
    contents = (CANARY / "secret.txt").read_bytes(), (CANARY / "victim.txt").read_bytes()
    shutil.rmtree(CANARY)
    assert after == before
    assert contents == (MARKER, b"victim")


def judge(target: Path) -> int:
    """Looks at what was written; how many things there are."""
    count = 0
    root = os.path.realpath(os.fsencode(target))
    for folder, folders, files in os.walk(os.fsencode(target)):
        for name in folders + files:
            path = os.path.join(folder, name)
            found = os.lstat(path)
            count += 1
            assert not name.endswith(b".part") or not name.startswith(b".image-inspector"), path
            if stat.S_ISLNK(found.st_mode):
                real = os.path.realpath(path)
                assert real == root or real.startswith(root + b"/"), path
                continue
            assert stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode), path
            assert found.st_mode & 0o7022 == 0, path
            assert found.st_nlink == 1 or stat.S_ISDIR(found.st_mode), path
            if stat.S_ISREG(found.st_mode):
                with open(path, "rb") as file:
                    assert MARKER not in file.read(1 << 20), path
    return count


def extractions(path: Path, target: Path) -> Iterator[ExtractReport]:
    """All images of the archive and the base layer of each, into one folder; errors have a title."""
    with contextlib.suppress(InspectorError), open_archive(path, limits=LIMITS) as archive:
        for image in archive.images[:3]:
            for layer in (None, *image.layers[:1]):
                token = CancelToken()

                def watch(progress: Progress, token: CancelToken = token) -> None:
                    if progress.done > MOST_BYTES:
                        token.cancel()

                try:
                    if layer is None:
                        yield extract_merged(image, target, limits=LIMITS, token=token, sink=watch)
                    else:
                        yield extract_layer(image, layer, target, limits=LIMITS, token=token, sink=watch)
                except InspectorError as error:
                    assert error.title, path.name  # noqa: PT017


@pytest.mark.timeout(600)
def test_every_hostile_archive(hostile: Path, tmp_path: Path, canary: Path) -> None:
    written = extracted = 0
    paths = sorted(path for path in hostile.iterdir() if path.suffix != ".json" and "bomb" not in path.name)
    for number, path in enumerate(paths):
        target = tmp_path / str(number)
        for report in extractions(path, target):
            extracted += 1
            written += len(report.written)
        if target.exists():
            judge(target)
            shutil.rmtree(target)
        assert os.listdir(tmp_path) == [], path.name
    assert extracted > 200
    assert written > 1000


def test_links_planted_in_the_folder_are_not_followed(image_of: Opener, tmp_path: Path, canary: Path) -> None:
    image = image_of(Bundle((Entry("etc/passwd", b"x"), Entry("victim.txt", b"x"), Entry("a/b/c", b"x"))).tar())
    target = tmp_path / "out"
    (target / "a").mkdir(parents=True)
    for name in ("etc", "a/b"):
        os.symlink(canary, target / name)
    os.symlink(canary / "victim.txt", target / "victim.txt")
    report = extract_merged(image, target)
    assert {written.name for written in report.written} == {
        b"etc (2)", b"etc (2)/passwd", b"victim (2).txt", b"a/b (2)", b"a/b (2)/c",
    }  # fmt: skip
    with pytest.raises(ExtractError, match="symbolic link"):
        extract_merged(image, target / "etc")


SWAPPER = """
import os, sys
root, canary = sys.argv[1:]
print("ready", flush=True)
while True:
    try:
        os.chdir(root)
        break
    except OSError:
        pass
while True:
    for name in os.listdir("."):
        if name.startswith("d") and not name.endswith(".away"):
            try:
                os.rename(name, name + ".away")
                os.symlink(canary, name)
                os.unlink(name)
                os.rename(name + ".away", name)
            except OSError:
                pass
"""


def test_a_process_that_exchanges_folders_for_links(image_of: Opener, tmp_path: Path, canary: Path) -> None:
    """More folders than are kept open, written to in turn: each is opened again and again while it is exchanged."""
    entries = tuple(Entry(f"d{n % 60}/f{n}", b"x" * 10) for n in range(1500))
    image = image_of(Bundle(entries).tar())
    refused = attempts = 0
    for number in range(20):
        target = tmp_path / f"out{number}"
        target.mkdir()
        with subprocess.Popen(
            [sys.executable, "-c", SWAPPER, str(target), str(canary)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
        ) as swapper:
            try:
                assert swapper.stdout is not None
                swapper.stdout.readline()
                report = extract_merged(image, target)
            finally:
                swapper.kill()
        attempts += len(entries)
        refused += len(report.left_out)
        assert report.count("file") + len(report.left_out) >= len(entries)
        assert set(os.listdir(canary)) == {"secret.txt", "victim.txt"}
        if refused > 50:
            break
    assert refused, f"none of {attempts} writes met an exchanged folder"
