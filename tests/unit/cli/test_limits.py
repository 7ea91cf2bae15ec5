"""A limit that is reached names itself, and `--raise` goes on with more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inspector.cli import main
from tests.builders import docker_25, image


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
