"""`show --json` of every archive of the corpus against what an independent reader found in it (facts.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inspector.archive.detect import open_archive
from inspector.archive.image import NodeKind, TreeNode
from inspector.cli import main

LAYOUTS = {
    "oci": "oci-layout",
    "docker-oci": "oci-layout+docker",
    "docker-archive": "docker-save",
    "docker-v1": "docker-save-v1",
    "dir": "docker-dir",
    "unknown": "oci-layout",
}
KINDS = {"image": "image", "image-schema1": "image", "attestation": "attestation", "artifact": "artifact"}
NO_IMAGE = ("rootfs", "not-tar")


def show(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    code = main(["show", str(path), "--json"])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    assert captured.err == ""
    document: dict[str, Any] = json.loads(captured.out)
    return document


def qualify(name: str) -> str:
    """Docker's rule for names, written down once more."""
    first, slash, _ = name.partition("/")
    if not slash or not (set(".:") & set(first) or first == "localhost"):
        name = f"docker.io/{name}" if slash else f"docker.io/library/{name}"
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def expected_names(image: dict[str, Any]) -> list[str]:
    if image["kind"] == "attestation":
        return []
    inherited = image.get("inherited_names") or []
    image_names = [*image["image_names"], *(name for name, _ in inherited if name)]
    refs = [*image["ref_names"], *(ref for _, ref in inherited if ref)]
    full = [ref for ref in refs if "/" in ref or ":" in ref]
    return list(dict.fromkeys(qualify(name) for name in [*image_names, *full, *image["repo_tags"]]))


def platform_of(image: dict[str, Any]) -> str | None:
    platform = image.get("platform")
    if image["kind"] not in ("image", "image-schema1") or not platform:
        return None
    # Schema 1 states the processor only; the format knew no system but Linux.
    return "/".join([platform.get("os", "linux"), *(platform[k] for k in ("architecture", "variant") if k in platform)])


def test_every_archive(
    archive_name: str, archive_path: Path, facts: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    fact = facts[archive_name]
    if fact["variant"] in NO_IMAGE:
        assert main(["show", str(archive_path), "--json"]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1
        assert "not an image archive" in captured.err
        return
    found = show(archive_path, capsys)
    assert found["layout"] == LAYOUTS[fact["variant"]]
    assert found["compression"] == fact["outer"]["compression"]
    assert found["writer"]
    known = [image for image in fact["images"] if image["kind"] in KINDS]
    # What only lies among the blobs (cosign's signatures, remains of a cut archive) the independent reader left out.
    mine = [image for image in found["images"] if image["source"] != "blobs"]
    assert len(mine) == len(known)
    for image, expected in zip(mine, known, strict=True):
        compare(image, expected)
    codes = [finding["code"] for finding in found["findings"]]
    for missing in fact["images"]:
        if missing["kind"] == "missing":
            told = [f["where"]["digest"] for f in found["findings"] if f["code"] == "BLOB-6"]
            assert missing["manifest_digest"] in told
    if fact["variant"] == "unknown":
        assert "LAYOUT-4" in codes
        assert "ARC-1" in codes


def compare(image: dict[str, Any], expected: dict[str, Any]) -> None:
    assert image["kind"] == KINDS[expected["kind"]]
    assert image["manifest_digest"] == expected["manifest_digest"]
    assert image["config_digest"] == expected["config_digest"]
    assert image["names"] == expected_names(expected)
    assert image["platform"] == platform_of(expected)
    if expected.get("complete") is not None:
        assert image["complete"] == expected["complete"]
    if expected["manifest_digest"] is not None:
        assert image["path"][-1] == expected["manifest_digest"]
        assert set(image["path"][:-1]) <= {expected["manifest_digest"], *all_parents(expected)}
        assert image["manifest_media_type"]
    assert len(image["layers"]) == len(expected["layers"])
    for layer, theirs in zip(image["layers"], expected["layers"], strict=True):
        assert layer["present"] is True
        assert layer["size"] == theirs["stored_size"]
        assert layer["compression"] == theirs["compression"]
        assert layer["media_type"] == theirs["media_type"]
        assert layer["diff_id"] == theirs["diff_id_stated"]
        if expected.get("source") == "repositories":
            assert layer["digest"] is None
        else:
            assert layer["digest"] == theirs["digest"]


def all_parents(expected: dict[str, Any]) -> list[str]:
    return [*(expected.get("parents") or [])]


def all_nodes(roots: tuple[TreeNode, ...]) -> list[TreeNode]:
    return [node for root in roots for node in root.walk()]


def test_tree_holds_every_image_once(archive_name: str, archive_path: Path, facts: dict[str, dict[str, Any]]) -> None:
    if facts[archive_name]["variant"] in NO_IMAGE:
        pytest.skip("no image archive")
    with open_archive(archive_path) as archive:
        nodes = all_nodes(archive.roots)
        images = [node.image for node in nodes if node.image is not None]
        assert {id(image) for image in images} == {id(image) for image in archive.images}
        assert len({image.key for image in archive.images}) == len(archive.images)
        for node in nodes:
            # Attestations stand under what they describe, whether the archive holds them or not.
            for child in node.children:
                assert child.kind is not NodeKind.ATTESTATION or child.image is None or child.image.subject is None
                platform = child.descriptor.platform if child.descriptor is not None else None
                assert platform is None or not platform.is_unknown
        for image in archive.images:
            for step, layer in image.history:
                assert layer is None or not step.empty_layer


def test_text_is_a_tree(
    archive_name: str, archive_path: Path, facts: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    if facts[archive_name]["variant"] in NO_IMAGE:
        pytest.skip("no image archive")
    assert main(["show", str(archive_path)]) == 0
    text = capsys.readouterr().out
    assert "written by: " in text
    assert "unknown/unknown" not in text
    for image in facts[archive_name]["images"]:
        if image["kind"] == "image" and image["config_digest"]:
            assert image["config_digest"][7:19] in text
