from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import main
from inspector.oci.digest import Digest
from inspector.viewmodel.comparison.pairing import fields
from tests.builders import Bundle, Entry, buildx_oci, compress, containerd, docker_24, hardlink, symlink
from tests.builders.images import ImageSpec

LOW = Bundle(
    (Entry("same", b"s"), Entry("text", b"aaaa"), Entry("mode"), Entry("gone"), symlink("link", "a"), Entry("kind"))
)
OTHER = Bundle(
    (
        Entry("same", b"s", mtime=9), Entry("text", b"bbbb"), Entry("mode", mode=0o600, uid=3), symlink("link", "b"),
        Entry("new", b"n"), hardlink("kind", "new"), Entry("kind2"),
    )
)  # fmt: skip
TOP = Bundle((Entry("top"),)).tar()
A = ImageSpec((LOW.tar(), TOP))
B = ImageSpec((OTHER.tar(), TOP))


def write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def document(capsys: pytest.CaptureFixture[str], *arguments: str, code: int) -> dict[str, Any]:
    assert main(["diff", *arguments, "--json"]) == code
    captured = capsys.readouterr()
    found: dict[str, Any] = json.loads(captured.out)
    return found


def test_an_archive_and_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.tar", containerd([A]).tar())
    found = document(capsys, path, path, code=0)
    assert (found["same"], found["complete"], found["only_a"], found["only_b"]) == (True, True, [], [])
    (image,) = found["images"]
    assert (image["documents"], image["fields"], image["files"]) == ([], [], [])
    assert [layer["change"] for layer in image["layers"]] == ["same", "same"]
    assert main(["diff", path, path]) == 0
    assert capsys.readouterr().out.endswith("The same documents, layers and files.\n")


def test_files_that_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write(tmp_path / "a.tar", containerd([A]).tar())
    b = write(tmp_path / "b.tar", containerd([B]).tar())
    found = document(capsys, a, b, code=1)
    (image,) = found["images"]
    assert {file["path"]: (file["change"], file["differs"]) for file in image["files"]} == {
        "gone": ("removed", []), "kind": ("modified", ["content"]), "kind2": ("added", []), "link": ("modified", ["link"]),
        "mode": ("modified", ["mode", "owner"]), "new": ("added", []), "same": ("modified", ["time"]),
        "text": ("modified", ["content"]),
    }  # fmt: skip
    link = next(file for file in image["files"] if file["path"] == "link")
    assert (link["a"]["linkname"], link["b"]["linkname"], link["a"]["layer"]) == ("a", "b", 1)
    assert next(file for file in image["files"] if file["path"] == "new")["a"] is None
    assert [(layer["change"], layer["a"], layer["b"]) for layer in image["layers"]] == [
        ("removed", 1, None), ("added", None, 1), ("same", 2, 2),
    ]  # fmt: skip
    assert {changed["document"] for changed in image["documents"]} == {"manifest", "config"}
    pointers = {(field["document"], field["pointer"]) for field in image["fields"]}
    assert ("config", "$.rootfs.diff_ids[0]") in pointers
    assert main(["diff", a, b]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "  M mode (mode, owner)" in lines
    assert "  1 of 3 layers are the same" in lines
    assert "  D gone" in lines


def test_the_same_image_written_otherwise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write(tmp_path / "a.tar", buildx_oci([A], compression="gzip").tar())
    b = write(tmp_path / "b.tar", buildx_oci([A], compression="zstd").tar())
    (image,) = document(capsys, a, b, code=1)["images"]
    assert [layer["change"] for layer in image["layers"]] == ["recompressed", "recompressed"]
    assert image["files"] == []
    c = write(tmp_path / "c.tar", docker_24([A]).tar())
    (image,) = document(capsys, a, c, code=1)["images"]
    assert [changed["document"] for changed in image["documents"]] == ["manifest"]
    assert image["documents"][0]["b"] is None


def test_images_are_paired_by_name_and_platform(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = [replace(A, names=(f"docker.io/library/app:{n}",), more_config={"author": str(n)}) for n in (1, 2, 3)]
    others = [replace(B, names=(f"docker.io/library/app:{n}",), more_config={"author": str(n)}) for n in (3, 2, 4)]
    a = write(tmp_path / "a.tar", containerd(named).tar())
    b = write(tmp_path / "b.tar", containerd(others).tar())
    found = document(capsys, a, b, code=1)
    pairs = [(image["a"]["names"][0][-1], image["b"]["names"][0][-1]) for image in found["images"]]
    assert pairs == [("2", "2"), ("3", "3"), ("1", "4")]
    (image,) = document(capsys, a, a, "--image-a", "app:1", "--image-b", "app:3", code=1)["images"]
    assert (image["files"], [layer["change"] for layer in image["layers"]]) == ([], ["same", "same"])
    assert document(capsys, a, b, "--image", "app:2", code=1)["only_a"] == []
    only = write(tmp_path / "c.tar", containerd(named[:1]).tar())
    assert len(document(capsys, a, only, code=1)["only_a"]) == 2
    assert main(["diff", a, b, "--platform", "linux/amd64"]) == 2


def test_what_cannot_be_read_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write(tmp_path / "a.tar", containerd([A]).tar())
    blob = f"blobs/sha256/{Digest.of(compress(LOW.tar(), 'gzip')).encoded}"
    b = write(tmp_path / "b.tar", containerd([A]).without(blob).tar())
    assert main(["diff", a, b]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["diff", a, str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_fields_of_documents() -> None:
    before = {"a": 1, "b": [1, 2], "c": {"d": None}, "t": True}
    after = {"a": 1, "b": [1, 3, 4], "c": {}, "e": "x", "t": 1}
    assert list(fields(before, after)) == [
        {"pointer": "$.b[1]", "a": 2, "b": 3}, {"pointer": "$.b[2]", "b": 4}, {"pointer": "$.c.d", "a": None},
        {"pointer": "$.t", "a": True, "b": 1}, {"pointer": "$.e", "b": "x"},
    ]  # fmt: skip
