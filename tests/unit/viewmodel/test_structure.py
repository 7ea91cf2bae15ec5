from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspector import language
from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel import labels
from inspector.viewmodel.session import ArchiveSession
from inspector.viewmodel.states import Check
from inspector.viewmodel.tree import NodeType, StructureNode, StructureTree, TreeColumn
from inspector.viewmodel.verification import verify_all
from tests.builders import (
    Blobs,
    Bundle,
    ImageSpec,
    compact,
    containerd,
    descriptor,
    digest,
    docker_24,
    docker_25,
    docker_dir,
    image,
    index_json,
    layer_tar,
    layout,
    multi_platform,
    referrer,
)
from tests.builders.images import IMAGE_NAME, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST

Opener = Callable[[Bundle | Path], ArchiveSession]

APP = image("docker.io/library/app:1", layers=2)
ARM = image("docker.io/library/app:1", layers=1, seed="arm", architecture="arm64", variant="v8")


def outline(tree: StructureTree) -> list[str]:
    return ["  " * node.depth + node.label for node in tree.nodes]


def find(tree: StructureTree, label: str) -> StructureNode:
    return next(node for node in tree.nodes if node.label == label)


def platforms(*, absent: bool = True, attested: bool = True) -> Bundle:
    blobs = Blobs()
    gone = [image(seed="gone", architecture="s390x")] if absent else []
    index = multi_platform(blobs, [APP, ARM], absent=gone, attested=attested)
    named = descriptor(index, OCI_INDEX, annotations={IMAGE_NAME: "docker.io/library/app:1"})
    return layout(blobs, index_json([named]))


def test_docker_save_of_old(session_of: Opener) -> None:
    tree = session_of(docker_24([APP])).tree
    assert outline(tree) == [
        "app.tar",
        "  manifest.json",
        "    app:1 · linux/amd64",
        "      config",
        f"      layer 1 · {tree.nodes[4].size_text} · COPY layer1 /",
        f"      layer 2 · {tree.nodes[5].size_text} · COPY layer2 /",
        "  repositories",
    ]


def test_platforms_attestations_and_what_is_absent(session_of: Opener) -> None:
    tree = session_of(platforms()).tree
    labels = [line.partition(" · ")[0] for line in outline(tree)]
    assert labels == [
        "app.tar",
        "  index.json",
        "    app:1",
        "      linux/amd64",
        "        config",
        "        layer 1",
        "        layer 2",
        "        attestation for linux/amd64",
        "          config",
        "          build provenance (SLSA 0.2)",
        "      linux/arm64/v8",
        "        config",
        "        layer 1",
        "        attestation for linux/arm64/v8",
        "          config",
        "          build provenance (SLSA 0.2)",
        "      linux/s390x",
        "  oci-layout",
    ]
    absent = find(tree, "linux/s390x")
    assert (absent.type, absent.state().text) == (NodeType.ABSENT, "– absent")
    assert find(tree, "app:1").state().check is Check.UNCHECKED


def test_both_trees_of_docker_25_show_each_image_once(session_of: Opener) -> None:
    tree = session_of(docker_25([APP, image("docker.io/library/other:2", seed="o")])).tree
    assert sum(node.type is NodeType.IMAGE for node in tree.nodes) == 2
    assert [node.label for node in tree.root.children] == ["index.json", "manifest.json", "repositories", "oci-layout"]


def test_several_tags_are_one_node(session_of: Opener) -> None:
    spec = image("docker.io/library/app:1", "docker.io/library/app:latest")
    tree = session_of(docker_25([spec])).tree
    assert [node.label for node in tree.nodes if node.type is NodeType.IMAGE] == ["app:1, app:latest · linux/amd64"]


def test_an_image_without_a_name(session_of: Opener) -> None:
    tree = session_of(docker_24([image(seed="x")])).tree
    assert [node.label for node in tree.nodes if node.type is NodeType.IMAGE] == ["untagged · linux/amd64"]


def test_the_manifest_of_a_folder_is_the_image(session_of: Opener, tmp_path: Path) -> None:
    tree = session_of(docker_dir(APP).folder(tmp_path / "saved")).tree
    assert [node.type for node in tree.root.children] == [NodeType.IMAGE]


def test_referrers_are_under_what_they_describe(session_of: Opener) -> None:
    blobs = Blobs()
    manifest = blobs.put_image(APP, compression="gzip", docker=False)
    signature = referrer(blobs, manifest, "application/vnd.dev.cosign.artifact.sig.v1+json", b"{}")
    tree = session_of(layout(blobs, index_json([descriptor(manifest, OCI_MANIFEST), signature]))).tree
    made = next(node for node in tree.nodes if node.type is NodeType.ARTIFACT)
    assert made.label == "cosign signature"
    assert made.parent is not None
    assert made.parent.type is NodeType.IMAGE


def test_nodes_know_where_they_are(session_of: Opener) -> None:
    tree = session_of(platforms()).tree
    for node in tree.nodes:
        assert all(child.parent is node and child.row == row for row, child in enumerate(node.children))
        assert all(child.depth == node.depth + 1 for child in node.children)
        assert node.path()[-1] is node
        assert tree.find_by_key(node.key) is node
    layer = next(node for node in tree.nodes if node.type is NodeType.LAYER)
    assert [crumb.label for crumb in tree.breadcrumb(layer)] == [
        "app.tar",
        "index.json",
        "app:1",
        "linux/amd64",
        "layer 1",
    ]


def test_a_digest_leads_to_the_nearest_node(session_of: Opener) -> None:
    shared = image("docker.io/library/one:1", layers=1)
    twin = image("docker.io/library/two:1", layers=1, empty_steps=2)
    tree = session_of(docker_25([shared, twin])).tree
    images = [node for node in tree.nodes if node.type is NodeType.IMAGE]
    assert len(images) == 2
    digest = images[0].children[1].digest
    assert digest is not None
    for found in images:
        assert tree.find_by_digest(digest, found) is found.children[1]
        assert tree.find_by_digest(digest, found.children[0]) is found.children[1]
    assert tree.find_by_digest("sha256:" + "0" * 64) is None
    assert tree.find_by_digest(shared.diff_ids[0]) is not None


def test_verification_shows_in_the_tree(session_of: Opener) -> None:
    session = session_of(platforms(absent=False))
    tree = session.tree
    layer = next(node for node in tree.nodes if node.type is NodeType.LAYER)
    assert layer.text(TreeColumn.STATE) == "○ not checked"
    calls: list[list[StructureNode]] = []
    outcome = verify_all(session, CancelToken(), ignore_progress, lambda: calls.append(tree.refresh()))
    assert (outcome.wrong, outcome.absent, outcome.unknown) == (0, 0, 0)
    assert outcome.line == f"{outcome.verified} blobs verified"
    assert layer in [node for changed in calls for node in changed]
    assert layer.text(TreeColumn.STATE) == "✓ verified"
    assert tree.root.state().check is Check.VERIFIED
    assert tree.refresh() == []
    assert verify_all(session, CancelToken(), ignore_progress) == outcome


def test_a_damaged_layer_shows_up_to_the_top(session_of: Opener) -> None:
    bundle = docker_25([APP])
    layer = f"blobs/sha256/{APP.diff_ids[0].removeprefix('sha256:')}"
    damaged = bytearray(bundle.data(layer))
    damaged[600] ^= 1
    session = session_of(bundle.replacing(layer, bytes(damaged)))
    outcome = verify_all(session, CancelToken(), ignore_progress)
    session.tree.refresh()
    assert outcome.wrong == 1
    wrong = next(node for node in session.tree.nodes if node.type is NodeType.LAYER)
    assert [node.state().word for node in wrong.path()] == ["wrong below", "wrong below", "wrong below", "wrong"]


def test_an_image_without_one_of_its_layers_is_incomplete(session_of: Opener) -> None:
    bundle = docker_25([APP])
    session = session_of(bundle.without(f"blobs/sha256/{APP.diff_ids[1].removeprefix('sha256:')}"))
    found = next(node for node in session.tree.nodes if node.type is NodeType.IMAGE)
    assert found.state().word == "incomplete"
    assert [node.state().word for node in found.children][-1] == "absent"
    verify_all(session, CancelToken(), ignore_progress)
    session.tree.refresh()
    assert [node.state().word for node in found.path()] == ["incomplete"] * 3


def test_an_image_whose_manifest_lists_no_layers_is_not_called_verified(session_of: Opener) -> None:
    session = session_of(docker_25([APP], "25.0.0-rc.1"))
    verify_all(session, CancelToken(), ignore_progress)
    session.tree.refresh()
    found = next(node for node in session.tree.nodes if node.type is NodeType.IMAGE)
    assert [node.state().word for node in found.path()] == ["incomplete"] * 3


def test_an_archive_that_is_cut_off_is_not_called_verified(session_of: Opener, tmp_path: Path) -> None:
    bundle = docker_25([APP])
    cut = tmp_path / "cut.tar"
    cut.write_bytes(bundle.tar()[: bundle.offset_of("index.json")])
    session = session_of(cut)
    verify_all(session, CancelToken(), ignore_progress)
    session.tree.refresh()
    assert session.tree.root.text(TreeColumn.STATE) == "✗ not whole"


def test_an_index_that_is_listed_twice_has_one_state_and_size(session_of: Opener) -> None:
    blobs = Blobs()
    inner = multi_platform(blobs, [APP, ARM])
    outer = blobs.put(
        compact({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [descriptor(inner, OCI_INDEX)]})
    )
    named = descriptor(inner, OCI_INDEX, annotations={IMAGE_NAME: "docker.io/library/app:1"})
    session = session_of(layout(blobs, index_json([descriptor(outer, OCI_INDEX), named])))
    first, again = (node for node in session.tree.nodes if str(node.digest) == digest(inner))
    assert first.children
    assert not again.children
    assert first.state().word == again.state().word == "not checked"
    assert first.size_text == again.size_text != "0 Bytes"
    verify_all(session, CancelToken(), ignore_progress)
    assert again in session.tree.refresh()
    assert first.state().word == again.state().word == "verified"


def test_windows_images_are_told_apart_by_their_version(session_of: Opener) -> None:
    blobs = Blobs()
    versions = ("10.0.17763.1", "10.0.20348.1")
    entries = []
    for version in versions:
        spec = image(seed=version, os="windows", architecture="amd64")
        config = compact(json.loads(spec.config) | {"os.version": version})
        raw = json.loads(blobs.put_image(spec)) | {"config": descriptor(blobs.put(config), OCI_CONFIG)}
        entries.append(descriptor(blobs.put(compact(raw)), OCI_MANIFEST))
    session = session_of(layout(blobs, index_json(entries)))
    found = [node.label for node in session.tree.nodes if node.type is NodeType.IMAGE]
    assert found == [f"untagged · windows/amd64 {version}" for version in versions]


@pytest.mark.parametrize(
    "name",
    [
        "docker-28.5-containerd-multiplatform.tar",
        "cosign-3.1-save.tar",
        "oras-1.3-artifacts.tar",
        "derived-v1-only.tar",
    ],
)
def test_real_archives(session_of: Opener, corpus: Path, facts: dict[str, dict[str, Any]], name: str) -> None:
    tree = session_of(corpus / name).tree
    expected = [record for record in facts[name]["images"] if record["kind"] == "image"]
    images = [node for node in tree.nodes if node.type is NodeType.IMAGE]
    assert len(images) == len(expected)
    for node in tree.nodes:
        assert node.label
        assert node.label.isprintable()
        assert node.state().text or node.type in (NodeType.DOCUMENT, NodeType.IMAGE, NodeType.ARCHIVE)


def test_a_containerd_archive(session_of: Opener) -> None:
    tree = session_of(containerd([APP])).tree
    assert [node.label for node in tree.nodes if node.type is NodeType.IMAGE] in (
        ["app:1 · linux/amd64"],
        ["linux/amd64"],
    )


def test_a_bare_ref_name_is_shown_as_it_is() -> None:
    """`latest` or `base` is no reference: a tag or a registry must not be made up for it."""
    assert labels.familiar("base") == "base"
    assert labels.familiar("docker.io/library/alpine:3.20") == "alpine:3.20"


def test_every_node_is_found_again_in_another_language(session_of: Opener, german: None) -> None:
    """Neither an image without a name nor two layers with the same bytes are lost."""
    same = layer_tar({"a": b"b"})
    session = session_of(docker_24([ImageSpec((same, layer_tar({"c": b"d"}), same), ()), ImageSpec((same,), ())]))
    language.speak(None)
    told = session.retold()
    keys = [node.key for node in told.tree.nodes]
    assert len(set(keys)) == len(keys)
    assert [session.tree.find_by_key(key) for key in keys] == list(session.tree.nodes)
