from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import main
from inspector.cli.console import visible
from inspector.oci.digest import Digest
from tests.builders import Bundle, Entry, compress, containerd, docker_25, folder, hardlink, symlink
from tests.builders.images import ImageSpec

NASTY = "na\udcffme\x1b[31m"
LOW = Bundle(
    (
        folder("./"),
        folder("./etc"),
        Entry("./etc/passwd", b"root", mode=0o4755, uid=1, gid=2, mtime=1_700_000_000),
        symlink("./bin", "usr/bin"),
        Entry("old", b"x"),
        Entry(NASTY, b"x", mtime=0),
    )
).tar(1)
HIGH = Bundle((Entry(".wh.old"), Entry("etc/.wh..wh..opq"), hardlink("etc/group", "./etc/x"))).tar()
SPEC = ImageSpec((LOW, HIGH))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "app.tar"
    path.write_bytes(containerd([SPEC]).tar())
    return path


def lines(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> list[str]:
    assert main(["files", *arguments]) == code
    return capsys.readouterr().out.splitlines()


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("\n".join(lines(capsys, *arguments, "--json")))
    return found


def test_a_layer_as_lines(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, str(archive), "--layer", "1") == [
        "drwxr-xr-x 0/0                  0 1970-01-01 00:00 ./",
        "drwxr-xr-x 0/0                  0 1970-01-01 00:00 etc/",
        "-rwsr-xr-x 1/2                  4 2023-11-14 22:13 etc/passwd",
        "lrwxrwxrwx 0/0                  0 1970-01-01 00:00 bin -> usr/bin",
        "-rw-r--r-- 0/0                  1 1970-01-01 00:00 old",
        f"-rw-r--r-- 0/0                  1 1970-01-01 00:00 {visible(NASTY)}",
    ]
    assert lines(capsys, str(archive), "--layer", "2") == [
        "wrw-r--r-- 0/0                  0 1970-01-01 00:00 old (removed)",
        "orw-r--r-- 0/0                  0 1970-01-01 00:00 etc (all below it removed)",
        "hrw-r--r-- 0/0                  0 1970-01-01 00:00 etc/group link to etc/x",
    ]


def test_a_layer_as_json(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, str(archive), "--layer", "1")
    assert found["image"] == f"sha256:{SPEC.config_hex}"
    assert found["layer"] == 1
    assert found["digest"] == Digest.of(compress(LOW, "gzip"))
    assert found["diff_id"] == Digest.of(LOW)
    assert found["complete"] is True
    assert found["findings"] == []
    passwd = found["entries"][2]
    assert passwd == {
        "path": "etc/passwd", "name": "./etc/passwd", "type": "file", "mode": 0o4755, "uid": 1, "gid": 2, "size": 4,
        "mtime": 1_700_000_000, "linkname": "", "xattrs": {}, "offset": 1536,
    }  # fmt: skip
    assert found["entries"][0]["path"] == "."
    assert found["entries"][5]["path"] == NASTY
    assert "name" not in found["entries"][5]
    removed, opaque, link = document(capsys, str(archive), "--layer", "2")["entries"]
    assert (removed["path"], removed["name"], removed["type"]) == ("old", ".wh.old", "whiteout")
    assert (opaque["path"], opaque["name"], opaque["type"]) == ("etc", "etc/.wh..wh..opq", "opaque")
    assert (link["linkname"], link["type"]) == ("etc/x", "hardlink")


def test_the_merged_file_system_is_the_default(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, str(archive))
    assert found == document(capsys, str(archive), "--merged")
    assert [(entry["path"], entry["layer"]) for entry in found["entries"]] == [
        ("bin", 1), ("etc", 1), ("etc/group", 2), (NASTY, 1),
    ]  # fmt: skip
    assert (found["layer"], found["digest"], found["complete"]) == (None, None, True)
    assert len(lines(capsys, str(archive))) == 4


def test_a_layer_by_its_digests(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by_number = lines(capsys, str(archive), "--layer", "2")
    stored, diff_id = Digest.of(compress(HIGH, "gzip")), Digest.of(HIGH)
    for asked in (stored, stored.short, diff_id, diff_id.encoded.upper()):
        assert lines(capsys, str(archive), "--layer", asked) == by_number


@pytest.mark.parametrize("asked", ["0", "3", "-1", "sha256:", "beef" * 16, "x"])
def test_a_layer_that_is_not_there(archive: Path, capsys: pytest.CaptureFixture[str], asked: str) -> None:
    assert main(["files", str(archive), f"--layer={asked}"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_damaged_layer_prints_what_is_whole_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "app.tar"
    blob = f"blobs/sha256/{Digest.of(compress(LOW, 'gzip')).encoded}"
    path.write_bytes(containerd([SPEC]).replacing(blob, compress(LOW, "gzip")[:-30]).tar())
    for arguments in ([], ["--json"], ["--layer", "1"], ["--layer", "1", "--json"]):
        assert main(["files", str(path), *arguments]) == 1
        captured = capsys.readouterr()
        assert captured.err.count("\n") == 1
        assert "layer 1" in captured.err
        if "--json" in arguments:
            assert json.loads(captured.out)["complete"] is False


def test_an_image_without_layers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "app.tar"
    path.write_bytes(containerd([ImageSpec(())]).tar())
    assert document(capsys, str(path))["entries"] == []
    assert lines(capsys, str(path)) == []


def test_times_that_no_calendar_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "app.tar"
    tar = Bundle((Entry("far", mtime=2**62),)).tar(1)
    path.write_bytes(containerd([ImageSpec((tar,))]).tar())
    assert lines(capsys, str(path)) == [f"-rw-r--r-- 0/0                  0 @{2**62} far"]


@pytest.mark.parametrize(("version", "code"), [("25.0.0", "MANIF-5"), ("25.0.0-rc.1", "MANIF-4")])
def test_a_merged_file_system_of_wrong_layers_says_so(
    version: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = docker_25([SPEC], version).write(tmp_path / "app.tar", tar_format=1)
    assert main(["files", str(path)]) in (0, 1)
    told = capsys.readouterr()
    assert code in told.err
    assert "export puts it right" in told.err
    assert main(["files", str(docker_25([SPEC]).write(path, tar_format=1))]) == 0
    assert capsys.readouterr().err == ""
