from __future__ import annotations

import os
from pathlib import Path

import pytest

from inspector.cli import main
from inspector.oci.digest import Digest
from tests.builders import Bundle, Entry, compress, containerd, folder, hardlink, symlink
from tests.builders.images import ImageSpec

DATA = bytes(range(256)) * 5000
LOW = Bundle(
    (
        folder("etc"), Entry("etc/name", b"low\n"), Entry("usr/lib/data", DATA), symlink("lib", "usr/lib"),
        symlink("abs", "/etc/name"), symlink("up", "../../etc/name"), hardlink("hard", "etc/name"), symlink("loop", "loop"),
        symlink("dangling", "no/such"), symlink("to-folder", "etc"), Entry("gone", b"x"), Entry("na\udcffme", b"odd"),
        Entry("empty"), symlink("-dash", "etc/name"),
    )
).tar(2)  # fmt: skip
HIGH = Bundle((Entry("etc/name", b"high\n"), Entry(".wh.gone"))).tar()
SPEC = ImageSpec((LOW, HIGH))


@pytest.fixture
def archive(tmp_path: Path) -> str:
    path = tmp_path / "app.tar"
    path.write_bytes(containerd([SPEC]).tar())
    return str(path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("etc/name", b"high\n"), ("/etc//name", b"high\n"), ("lib/data", DATA), ("abs", b"high\n"), ("up", b"high\n"),
        ("hard", b"low\n"), ("na\udcffme", b"odd"), ("empty", b""), ("lib/../../etc/name", b"high\n"),
    ],
)  # fmt: skip
def test_the_bytes_of_one_file(
    archive: str, capfdbinary: pytest.CaptureFixture[bytes], path: str, expected: bytes
) -> None:
    assert main(["cat", archive, path]) == 0
    captured = capfdbinary.readouterr()
    assert (captured.out, captured.err) == (expected, b"")


def test_as_one_layer_has_it(archive: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for layer, path, expected in (("1", "abs", b"low\n"), ("2", "etc/name", b"high\n"), ("1", "gone", b"x")):
        assert main(["cat", archive, path, "--layer", layer]) == 0
        assert capfdbinary.readouterr().out == expected
    assert main(["cat", archive, "hard", "--layer", "2"]) == 2
    assert main(["cat", archive, "--layer", "1", "--", "-dash"]) == 0


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("etc", "That is a folder"), ("usr", "That is a folder"), (".", "That is a folder"), ("to-folder", "leads to etc"),
        ("nope", "No such file"), ("gone", "No such file"), ("dangling", "leads to no/such"), ("loop", "40 links"),
        ("etc/name/x", "No such file"),
    ],
)  # fmt: skip
def test_what_is_no_file_is_one_line(archive: str, capsys: pytest.CaptureFixture[str], path: str, words: str) -> None:
    assert main(["cat", archive, path]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert words in captured.err


def test_a_wrong_layer_is_told_before(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / "app.tar"
    blob = f"blobs/sha256/{Digest.of(compress(HIGH, 'gzip')).encoded}"
    other = Bundle((Entry("etc/name", b"evil\n"),)).tar()
    path.write_bytes(containerd([SPEC]).replacing(blob, compress(other, "gzip")).tar())
    assert main(["cat", str(path), "etc/name"]) == 0
    captured = capfdbinary.readouterr()
    assert captured.out == b"evil\n"
    assert b"warning: layer 2" in captured.err
    assert os.linesep.encode() in captured.err
    assert main(["cat", str(path), "usr/lib/data"]) == 0
    assert capfdbinary.readouterr().err == b""
