from __future__ import annotations

import json
from pathlib import Path

import pytest

from inspector.cli import main
from tests.builders import Bundle, Entry, containerd, folder, symlink
from tests.builders.images import ImageSpec
from tests.builders.rawtar import END, raw_header

LOW = Bundle((folder("etc"), Entry("etc/a", b"1"), Entry("etc/b", b"22"), symlink("abs", "/etc/a"))).tar()
HIGH = Bundle((Entry(".wh.abs"), Entry("n\udcff", b"333"), symlink("l", "etc/a"))).tar(1)
SPEC = ImageSpec((LOW, HIGH))


@pytest.fixture
def archive(tmp_path: Path) -> str:
    path = tmp_path / "app.tar"
    path.write_bytes(containerd([SPEC]).tar())
    return str(path)


def test_everything_as_text(archive: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out"
    assert main(["extract", archive, str(target)]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"3 files (6 bytes), 1 folder, 1 symbolic link written to {target}\n"
    assert captured.err == ""
    assert (target / "n\udcff").read_bytes() == b"333"
    assert main(["extract", archive, str(target), "etc"]) == 0
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [
        "image-inspector-cli: renamed: etc/a to etc/a (2): its name is taken",
        "image-inspector-cli: renamed: etc/b to etc/b (2): its name is taken",
    ]


def test_as_json(archive: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "n\udcff").write_text("mine")
    assert main(["extract", archive, str(target), "--json", "n\udcff", "etc/a", "no/such"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert json.loads(captured.out) == {
        "image": f"sha256:{SPEC.config_hex}", "layer": None, "target": str(target), "size": 4,
        "written": [
            {"path": "etc", "type": "dir", "size": 0}, {"path": "etc/a", "type": "file", "size": 1},
            {"path": "n\udcff", "name": "n\udcff (2)", "type": "file", "size": 3},
        ],
        "renamed": [{"path": "n\udcff", "name": "n\udcff (2)", "reason": "its name is taken"}],
        "left_out": [{"path": "no/such", "reason": "nothing has that name"}],
        "warnings": [],
    }  # fmt: skip


def test_one_layer(archive: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["extract", archive, str(tmp_path / "out"), "--layer", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["layer"] == 1
    assert [gone["path"] for gone in found["left_out"]] == ["abs"]
    assert main(["extract", archive, str(tmp_path / "2"), "--layer", "2"]) == 0
    assert "left out: .wh.abs: a whiteout" in capsys.readouterr().err


def test_nothing_written_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "app.tar"
    devices = raw_header(b"dev", 0, b"3") + raw_header(b"dev2", 0, b"4") + END
    path.write_bytes(containerd([ImageSpec((devices,))]).tar())
    assert main(["extract", str(path), str(tmp_path / "out")]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert "dev: a character device" in captured.err
    assert "1 more left out" in captured.err
    for arguments in (["--layer", "9"], ["no/such"]):
        assert main(["extract", str(path), str(tmp_path / "out"), *arguments]) == 2
        captured = capsys.readouterr()
        assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert main(["extract", str(path), str(tmp_path / "a/b")]) == 2
    assert main(["extract", str(path), str(tmp_path / "out"), "--no-such-option"]) == 2
    assert not (tmp_path / "out").exists()


def test_an_image_without_files_is_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "app.tar"
    path.write_bytes(containerd([ImageSpec(())]).tar())
    assert main(["extract", str(path), str(tmp_path / "out")]) == 0
