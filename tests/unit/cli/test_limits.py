"""A limit that is reached names itself, and `--raise` goes on with more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inspector.cli import main
from tests.builders import Bundle, ImageSpec, docker_24, docker_25, image, layer_tar
from tests.builders.rawtar import base256, raw_header


@pytest.fixture
def talkative(tmp_path: Path) -> Path:
    """An index.json larger than 4 MiB."""
    bundle = docker_25([image("docker.io/library/app:1")])
    path = bundle.folder(tmp_path / "layout")
    index = path / "index.json"
    document = json.loads(index.read_bytes())
    document["annotations"] = {"note": "x" * (5 << 20)}
    index.write_text(json.dumps(document))
    return path


def test_a_limit_says_its_number_and_how_to_go_on(talkative: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["show", str(talkative)])
    output = capsys.readouterr()
    told = output.out + output.err
    assert "json_bytes" in told
    assert "4,194,304" in told
    assert code in (0, 2)


def test_raising_it_goes_on(talkative: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--json", "--raise", "json_bytes", str(talkative)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [entry["names"] for entry in shown["images"]] == [["docker.io/library/app:1"]]


def test_an_unknown_limit_is_told(talkative: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--raise", "patience", str(talkative)]) == 2
    told = capsys.readouterr().err
    assert "json_bytes" in told
    assert told.count("\n") == 1


def test_a_layer_of_a_terabyte_is_listed_and_not_hashed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layer = layer_tar({"a": b"1"})
    bundle = docker_24([ImageSpec((layer,), ("app:1",))])
    (stored,) = (entry for entry in bundle.entries if entry.data == layer)
    before = Bundle(tuple(entry for entry in bundle.entries if entry is not stored)).tar()
    while before.endswith(bytes(512)):
        before = before[:-512]
    path = tmp_path / "terabyte.tar"
    with path.open("wb") as file:
        file.write(before + raw_header(stored.name.encode(), base256(1 << 40, 12)) + layer[:1024])
        file.truncate(len(before) + 512 + (1 << 40) + 1024)
    assert main(["files", str(path)]) == 0
    assert " a\n" in capsys.readouterr().out
    assert main(["check", "--deep", str(path)]) == 1
    told = capsys.readouterr().out
    assert "limit blob_bytes" in told
    assert "but for those beyond a limit" in told
