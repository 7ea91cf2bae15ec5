"""Planted links and a process that exchanges folders: nothing is ever written outside of the folder.

tests/hostile extracts the hostile archives.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inspector.archive.image import Image
from inspector.errors import ExtractError
from inspector.extract import extract_merged
from inspector.extract.folders import Ground
from tests.builders import Bundle, Entry

Opener = Callable[..., Image]


@pytest.fixture
def canary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that nobody may touch."""
    folder = tmp_path_factory.mktemp("canary")
    (folder / "secret.txt").write_bytes(b"secret")
    (folder / "victim.txt").write_bytes(b"victim")

    def stamps() -> dict[str, tuple[int, int, int]]:
        found = {path.name: path.lstat() for path in folder.iterdir()}
        return {name: (status.st_ino, status.st_mtime_ns, status.st_mode) for name, status in found.items()}

    before = stamps()
    yield folder
    assert stamps() == before
    assert (folder / "victim.txt").read_bytes() == b"victim"


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


def test_a_folder_that_was_exchanged_for_another_one_is_not_written_into(tmp_path: Path) -> None:
    target, other = tmp_path / "out", tmp_path / "other"
    other.mkdir()
    with Ground(target) as ground:
        folders = [ground.enter(ground.root, b"%d" % number) for number in range(60)]  # more than are kept open
        (target / "0").rmdir()
        other.rename(target / "0")
        with pytest.raises(OSError, match="exchanged"):
            ground.open(folders[0])
        assert ground.open(folders[1]).number > 0
        ground.remove(folders[0])
    assert (target / "0").is_dir()
