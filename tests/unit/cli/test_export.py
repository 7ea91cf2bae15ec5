from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from inspector.archive.detect import open_archive
from inspector.cli import main
from tests.builders import digest, docker_24, docker_25, image, umoci
from tests.builders.altered import LAYERS, altered, put


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return docker_24([image("docker.io/library/app:1"), image(seed="x")]).write(tmp_path / "app.tar")


def _json(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert main(["export", *map(str, arguments), "--json"]) == 0
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    return value


def test_json_is_as_promised(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.tar"
    found = _json(capsys, source, out)
    assert found["output"] == str(out)
    assert found["size"] == out.stat().st_size
    assert found["verified"] is True
    assert len(found["sha256"]) == 64
    assert [image["names"] for image in found["images"]] == [["docker.io/library/app:1"], []]
    first = found["images"][0]
    assert first["platform"] == "linux/amd64"
    assert first["manifest_digest"].startswith("sha256:")
    assert first["source_manifest_digest"] is None
    assert first["config_digest"].startswith("sha256:")
    assert first["kept"] is False
    assert {change["action"] for change in found["changes"]} == {"kept", "added", "rewritten", "dropped"}
    assert all(set(change) >= {"object", "action", "why"} for change in found["changes"])


def test_a_plan_writes_nothing_and_says_the_same(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.tar"
    planned = _json(capsys, source, out, "--plan")
    assert not out.exists()
    assert (planned["verified"], planned["sha256"]) == (False, None)
    written = _json(capsys, source, out)
    for key in ("output", "size", "images", "changes", "notes"):
        assert planned[key] == written[key]
    waiting = _json(capsys, source, tmp_path / "other.tar", "--plan", "--compression", "zstd")
    assert waiting["size"] is None
    assert waiting["images"][0]["manifest_digest"] is None


def test_text(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.tar"
    assert main(["export", str(source), str(out), "--plan"]) == 0
    text = capsys.readouterr().out
    for words in ("Would write", "added", "dropped", "kept", "app:1", "image IDs kept", "repositories"):
        assert words in text
    assert main(["export", str(source), str(out)]) == 0
    text = capsys.readouterr().out
    for words in ("Saved", "verified", "2 images", "image IDs kept", "sha256:"):
        assert words in text


def test_an_existing_target_needs_force(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.tar"
    out.write_bytes(b"old")
    assert main(["export", str(source), str(out)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "out.tar" in captured.err
    assert out.read_bytes() == b"old"
    assert main(["export", str(source), str(out), "--force"]) == 0
    assert out.read_bytes() != b"old"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--image", "nothing:1"], ["--platform", "linux/s390x"], ["--platform", "nonsense"], ["--tag", "app:1"],
        ["--tag", "no:1=x:1"], ["--level", "3"], ["--compression", "gzip", "--level", "10"],
        ["--preset", "classic-docker", "--compression", "zstd"], ["--preset", "nonsense"], ["--level", "x"],
    ],
)  # fmt: skip
def test_a_choice_that_makes_no_sense_is_one_line(
    source: Path, tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(source), str(tmp_path / "out.tar"), *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert sorted(os.listdir(tmp_path)) == ["app.tar"]


def test_choices(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _json(
        capsys, source, tmp_path / "out.tar", "--image", "app:1", "--platform", "linux/amd64", "--tag", "app:1=new:2",
        "--preset", "strict-oci", "--compression", "gzip", "--level", "1",
    )  # fmt: skip
    assert [image["names"] for image in found["images"]] == [["docker.io/library/new:2"]]


@pytest.mark.parametrize("preset", ["docker-compatible", "strict-oci", "classic-docker"])
def test_an_interrupt_leaves_nothing(tmp_path: Path, repository: Path, preset: str) -> None:
    from tests.builders.images import ImageSpec

    spec = ImageSpec(tuple(os.urandom(4 << 20) for _ in range(4)), names=("docker.io/library/app:1",))
    source = docker_25([spec]).write(tmp_path / "app.tar")
    (tmp_path / "out").mkdir()
    code = (
        "import sys, time\n"
        "from inspector.export import disk\n"
        "write = disk.write\n"
        "def slow(*arguments):\n"
        "    time.sleep(0.2); write(*arguments)\n"
        "disk.write = slow\n"
        "from inspector.cli import main\n"
        "print('started', flush=True)\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, "export", str(source), str(tmp_path / "out" / "x.tar"), "--preset", preset],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=repository,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not os.listdir(tmp_path / "out") and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    _, error = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "Traceback" not in error
    assert os.listdir(tmp_path / "out") == []


def test_repairs_are_listed_and_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = altered(manifest=put("layers", 0, "size", value=7)).without("blobs/sha256")
    source, out = made.write(tmp_path / "app.tar"), tmp_path / "out.tar"
    planned = {one["id"]: one for one in _json(capsys, source, out, "--plan")["repairs"]}
    assert set(planned) == {"tar", "sizes", "manifest-json"}
    assert planned["tar"]["codes"] == ["ARC-5"]
    assert planned["sizes"] | {"title": "", "effect": ""} == {
        "id": "sizes", "title": "", "effect": "", "digests": "manifest", "mode": "default",
        "made": [f"layer {digest(LAYERS[0])}"], "left": [], "codes": ["DESC-4"],
    }  # fmt: skip
    assert main(["export", str(source), str(out), "--plan", "--repair", "no-sizes"]) == 0
    text = capsys.readouterr().out
    assert "left       sizes: Correct stated sizes  DESC-4" in text
    assert "Manifests get new digests, image IDs stay." in text
    assert _json(capsys, source, out, "--repair", "none")["images"][0]["kept"]
    written = _json(capsys, source, out, "--force", "--repair", "all")
    assert not written["images"][0]["kept"]
    assert written["repairs"] == _json(capsys, source, out, "--plan", "--repair", "all")["repairs"]
    assert main(["export", str(source), str(out), "--force"]) == 0
    assert "  mended: tar, manifest-json, sizes\n" in capsys.readouterr().out
    assert main(["export", str(source), str(out), "--repair", "everything"]) == 2
    assert "no such repair" in capsys.readouterr().err


def test_every_choice_reaches_the_archive(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = docker_24([image("docker.io/library/other:1", seed="o")]).write(tmp_path / "other.tar")
    found = _json(
        capsys, source, tmp_path / "out.tar.gz", "--merge", other, "--add-tag", "app:1=app:2", "--remove-tag", "other:1",
        "--annotation", "a=1", "--annotation", "index:b=2", "--annotation", "org.x:y=3", "--label", "l=4",
        "--preset", "for-push",
    )  # fmt: skip
    assert [i["names"] for i in found["images"]] == [["docker.io/library/app:1", "docker.io/library/app:2"], [], []]
    assert not any(i["id_kept"] for i in found["images"])
    with open_archive(tmp_path / "out.tar.gz") as archive:
        assert archive.compression == "gzip"
        assert archive.root_document("index.json").value["annotations"] == {"b": "2"}  # type: ignore[index, union-attr, call-overload]
        for one in archive.images:
            assert one.manifest.value["annotations"] == {"a": "1", "org.x:y": "3"}  # type: ignore[index, union-attr, call-overload]
            assert one.config.value["config"]["Labels"] == {"l": "4"}  # type: ignore[index, union-attr, call-overload]
            assert {layer.media_type for layer in one.layers} == {"application/vnd.oci.image.layer.v1.tar+gzip"}


def test_a_layout_folder_by_its_slash(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _json(capsys, source, f"{tmp_path}/layout/")
    assert found["sha256"] is None
    assert found["verified"]
    assert (tmp_path / "layout" / "oci-layout").is_file()
    assert main(["export", str(source), f"{tmp_path}/layout/"]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["export", str(source), f"{tmp_path}/layout/", "--force"]) == 0


def test_splitting_plans_writes_and_tells_how_far_it_came(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    planned = _json(capsys, source, out, "--split", "image", "--plan")
    assert not out.exists()
    found = _json(capsys, source, out, "--split", "image")
    assert [one["output"] for one in found["archives"]] == [one["output"] for one in planned["archives"]]
    assert sorted(str(path) for path in out.iterdir()) == sorted(one["output"] for one in found["archives"])
    assert main(["export", str(source), str(out), "--split", "image"]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["export", str(source), str(out), "--split", "image", "--merge", str(source)]) == 2
    assert "contradict" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [("--label", "x"), ("--add-tag", "app:1"), ("--annotation", "=x"), ("--annotation", "index:x"), ("--tag", "a=")],
)
def test_half_a_choice_is_told(
    source: Path, tmp_path: Path, arguments: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(source), str(tmp_path / "out.tar"), *arguments]) == 2
    assert arguments[0] in capsys.readouterr().err


def test_an_image_with_a_bare_word_is_called_by_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = umoci({"word": image(layers=1)}).write(tmp_path / "bare.tar")
    assert main(["export", str(bare), str(tmp_path / "out.tar")]) == 0
    out = capsys.readouterr().out
    assert "  word linux/amd64" in out
    assert "(no name)" not in out
