"""Names, annotations, labels, attestations, signatures: what is edited, what that costs, what stays byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inspector.archive.limits import Limits
from inspector.errors import LimitReached, UsageError
from inspector.export.options import Annotation, Preset
from tests.builders import (
    Blobs,
    Bundle,
    attestation,
    containerd,
    docker_19,
    docker_24,
    docker_25,
    image,
    index_json,
    layout,
    referrer,
    skopeo_oci,
    umoci,
)
from tests.builders import digest as digest_of
from tests.builders.images import OCI_MANIFEST, ImageSpec, descriptor
from tests.unit.export.conftest import Export, Written

NAME, REF = "io.containerd.image.name", "org.opencontainers.image.ref.name"
APP, OTHER = "docker.io/library/app:1", "docker.io/library/other:1"


def names(written: Written) -> list[tuple[str | None, str]]:
    return [(d.get("annotations", {}).get(NAME), d["digest"]) for d in written.index]


def config(written: Written, position: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(written.blob(written.manifest(position)["config"]["digest"]))
    return found


# names -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [docker_24, docker_25, containerd])
def test_a_name_is_added_and_no_digest_changes(export: Export, make: Any) -> None:
    bundle = make([image(APP), image(OTHER, seed="x")])
    before = export(bundle)
    written = export(bundle, add_names=(("app:1", "app:latest"), ("app:1", "registry.example/app:1")))
    digests = dict(names(before))
    assert {name: digest for name, digest in names(written) if digest == digests[APP]}.keys() == {
        APP, "docker.io/library/app:latest", "registry.example/app:1",
    }  # fmt: skip
    assert {digest for _, digest in names(written)} == set(digests.values())
    tags = {tag for entry in written.docker for tag in entry["RepoTags"]}
    assert tags == {"app:1", "app:latest", "registry.example/app:1", "other:1"}


def test_an_image_without_a_name_gets_one(export: Export) -> None:
    spec = image()
    written = export(docker_25([spec]), add_names=((spec.config_hex[:12], "new:1"),))
    assert [name for name, _ in names(written)] == ["docker.io/library/new:1"]


def test_adding_the_name_that_it_has_changes_nothing(export: Export) -> None:
    bundle = docker_25([image(APP)])
    assert export(bundle, add_names=(("app:1", "app:1"),)).index == export(bundle).index


def test_a_name_is_removed_and_the_image_stays(export: Export) -> None:
    written = export(docker_25([image(APP), image(OTHER, seed="x")]), remove_names=("app:1",))
    assert [name for name, _ in names(written)] == [None, OTHER]
    assert [entry["RepoTags"] for entry in written.docker] == [None, ["other:1"]]


def test_one_of_two_names_is_removed(export: Export) -> None:
    written = export(docker_25([image(APP, OTHER)]), remove_names=("app:1",))
    assert [name for name, _ in names(written)] == [OTHER]


def test_all_names_are_removed_one_by_one(export: Export) -> None:
    written = export(docker_25([image(APP, OTHER)]), remove_names=("app:1", "other:1"))
    assert [name for name, _ in names(written)] == [None]


def test_removing_and_adding_is_renaming(export: Export) -> None:
    bundle = docker_25([image(APP)])
    by_hand = export(bundle, add_names=(("app:1", "new:1"),), remove_names=("app:1",))
    assert by_hand.index == export(bundle, retag={"app:1": "new:1"}).index


def test_a_bare_word_can_be_removed(export: Export) -> None:
    written = export(umoci({"word": image(layers=1)}), remove_names=("word",))
    assert "annotations" not in written.index[0]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"add_names": (("nothing:1", "x:1"),)}, "no image nothing:1"),
        ({"remove_names": ("nothing:1",)}, "no image nothing:1"),
        ({"add_names": (("app:1", "other:1"),)}, "one name"),
        ({"retag": {"app:1": "other:1"}}, "one name"),
        ({"retag": {"app:1": "new:1"}, "add_names": (("other:1", "new:1"),)}, "one name"),
    ],
)
def test_names_that_cannot_be(export: Export, options: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        export(docker_25([image(APP), image(OTHER, seed="x")]), **options)


def test_two_names_change_places(export: Export) -> None:
    bundle = docker_25([image(APP), image(OTHER, seed="x")])
    before, after = (
        dict(names(export(bundle))),
        dict(names(export(bundle, retag={"app:1": "other:1", "other:1": "app:1"}))),
    )
    assert (after[APP], after[OTHER]) == (before[OTHER], before[APP])


# annotations and labels --------------------------------------------------------------------------------------


def test_an_annotation_of_index_json_costs_no_digest(export: Export) -> None:
    written = export(docker_25([image(APP)]), annotations=(Annotation("a.b", "c", "index"),))
    assert written.json("index.json")["annotations"] == {"a.b": "c"}
    assert written.result.images[0].kept


def test_an_annotation_of_manifests(export: Export) -> None:
    bundle = containerd([image(APP), image(APP, architecture="arm64", seed="x")], nested=True)
    written = export(bundle, annotations=(Annotation("z", "1"), Annotation("a", "2")))
    children = json.loads(written.blob(written.index[0]["digest"]))["manifests"]
    manifests = [json.loads(written.blob(child["digest"])) for child in children]
    assert [m["annotations"] for m in manifests] == [{"a": "2", "z": "1"}] * 2
    assert "annotations" not in written.json("index.json")
    assert [i.kept for i in written.result.images] == [False, False]
    assert all(i.id_kept for i in written.result.images)
    assert any("annotations edited" in note for note in written.result.notes)


def test_an_annotation_of_nested_indexes(export: Export) -> None:
    bundle = containerd([image(APP), image(APP, architecture="arm64", seed="x")], nested=True)
    written = export(bundle, annotations=(Annotation("a", "2", "index"),))
    nested = json.loads(written.blob(written.index[0]["digest"]))
    assert nested["annotations"] == {"a": "2"}
    assert all(i.kept for i in written.result.images)


def test_an_annotation_is_removed_and_one_that_is_not_there_changes_nothing(export: Export, tmp_path: Any) -> None:
    first = export(docker_25([image(APP)]), annotations=(Annotation("a", "1"), Annotation("b", "2")))
    first.path.rename(tmp_path / "annotated.tar")
    second = export(tmp_path / "annotated.tar", annotations=(Annotation("a", ""), Annotation("c", "")))
    assert second.manifest()["annotations"] == {"b": "2"}
    third = export(tmp_path / "annotated.tar", annotations=(Annotation("c", ""), Annotation("b", "2")))
    assert third.result.images[0].kept


@pytest.mark.parametrize("make", [docker_24, docker_25, containerd, lambda specs: skopeo_oci(specs[0], APP)])
@pytest.mark.parametrize("preset", [Preset.DOCKER_COMPATIBLE, Preset.CLASSIC_DOCKER])
def test_a_label_changes_the_image_id_and_nothing_else_of_the_config(export: Export, make: Any, preset: Preset) -> None:
    spec = image(APP, more_config={"config": {"Env": ["A=1"], "Labels": {"old": "1", "gone": "2"}, "User": "me"}})
    written = export(make([spec]), labels={"new": "<&>", "gone": ""}, preset=preset)
    assert [i.id_kept for i in written.result.images] == [False]
    assert any("image ID is new" in note for note in written.result.notes)
    path = written.docker[0]["Config"]
    digest = path.removesuffix(".json").rpartition("/")[2]
    data = written.files[path]
    assert digest_of(data) == f"sha256:{digest}"
    stored = json.loads(spec.config)
    stored["config"]["Labels"] = {"new": "<&>", "old": "1"}
    assert json.loads(data) == stored
    assert list(json.loads(data)) == list(json.loads(spec.config))
    if preset is Preset.DOCKER_COMPATIBLE:
        assert written.manifest()["config"]["size"] == len(data)
        assert f"blobs/sha256/{spec.config_hex}" not in written.files


def test_a_label_of_an_image_without_config(export: Export) -> None:
    written = export(docker_19([image(APP)]), labels={"new": "1"})
    assert config(written)["config"]["Labels"] == {"new": "1"}
    assert len(written.docker) == 1


def test_a_label_that_is_there_already_changes_nothing(export: Export) -> None:
    spec = image(APP, more_config={"config": {"Labels": {"old": "1"}}})
    written = export(docker_25([spec]), labels={"old": "1", "other": ""})
    assert written.result.images[0].id_kept
    assert written.result.images[0].kept


# attestations and signatures -----------------------------------------------------------------------------------


def described() -> tuple[Bundle, dict[str, str]]:
    """An image with a signature, an SBOM of the new form and one of cosign's old tags."""
    blobs = Blobs()
    manifest = blobs.put_image(image(APP))
    signature = referrer(blobs, manifest, "application/vnd.dev.cosign.artifact.sig.v1+json", b"signature")
    bill = referrer(blobs, manifest, "application/spdx+json", b"bill")
    tag = "sha256-" + digest_of(manifest)[7:]
    old = referrer(blobs, b"nothing else", "application/vnd.example.thing", b"old")
    old = old | {"annotations": {REF: f"{tag}.sig"}}
    entries = [descriptor(manifest, OCI_MANIFEST, annotations={REF: "1"}), signature, bill, old]
    digests = dict(zip(("image", "signature", "bill", "old"), (str(e["digest"]) for e in entries), strict=True))
    return layout(blobs, index_json(entries)), digests


@pytest.mark.parametrize(
    ("options", "gone"),
    [
        ({}, set()),
        ({"signatures": False}, {"signature", "old"}),
        ({"attestations": False}, {"bill"}),
        ({"attestations": False, "signatures": False}, {"signature", "old", "bill"}),
    ],
)
def test_what_describes_an_image_is_left_out_on_request(
    export: Export, options: dict[str, Any], gone: set[str]
) -> None:
    bundle, digests = described()
    written = export(bundle, **options)
    assert {d["digest"] for d in written.index} == {d for word, d in digests.items() if word not in gone}
    for word, digest in digests.items():
        assert (f"blobs/sha256/{digest[7:]}" in written.files) == (word not in gone)
    assert any("left out" in note for note in written.result.notes) == bool(gone)
    assert written.result.images[0].kept


def test_attestations_of_an_index_are_left_out(export: Export) -> None:
    bundle = containerd([image(APP), image(APP, architecture="arm64", seed="x")], attested=True, nested=True)
    before = export(bundle)
    assert len(json.loads(before.blob(before.index[0]["digest"]))["manifests"]) == 4
    written = export(bundle, attestations=False)
    index = json.loads(written.blob(written.index[0]["digest"]))
    assert len(index["manifests"]) == 2
    assert len(written.files) < len(before.files) - 1
    assert all(i.kept for i in written.result.images)
    assert not any("vouches" in note for note in written.result.notes)


def test_signatures_of_an_index_that_changes_are_told_as_orphans(export: Export) -> None:
    blobs = Blobs()
    manifest = blobs.put_image(image(APP))
    proof = attestation(blobs, manifest)
    document = index_json([descriptor(manifest, OCI_MANIFEST), proof])
    blobs.put(document)
    signature = referrer(blobs, document, "application/vnd.dev.cosign.artifact.sig.v1+json", b"signature")
    top = descriptor(document, "application/vnd.oci.image.index.v1+json", annotations={REF: "1"})
    written = export(layout(blobs, index_json([top, signature])), attestations=False)
    assert written.index[0]["digest"] != top["digest"]
    assert written.index[1]["digest"] == signature["digest"]
    assert any("vouches for is the old digest" in note for note in written.result.notes)


def chunked(layer_type: str = "gzip") -> Bundle:
    """An image whose layers carry the tables of contents of lazy pulling, and an annotation of somebody."""
    spec = image(APP)
    blobs = Blobs()
    blobs.put_image(spec, compression=layer_type)
    manifest = json.loads(spec.manifest(compression=layer_type))
    for layer in manifest["layers"]:
        layer["annotations"] = {
            "containerd.io/snapshot/stargz/toc.digest": "sha256:" + "1" * 64,
            "io.containers.estargz.uncompressed-size": "10240",
            "io.github.containers.zstd-chunked.manifest-position": "1:2:3:1",
            "mine": "stays",
        }
    document = json.dumps(manifest).encode()
    blobs.put(document)
    return layout(blobs, index_json([descriptor(document, OCI_MANIFEST, annotations={REF: "1"})]))


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_annotations_about_the_compressed_bytes_go_with_them(export: Export, compression: str) -> None:
    kept = export(chunked())
    assert all(len(layer["annotations"]) == 4 for layer in kept.manifest()["layers"])
    written = export(chunked(), compression=compression)
    assert [layer["annotations"] for layer in written.manifest()["layers"]] == [{"mine": "stays"}] * 2


def test_a_layer_that_inflates_too_far_is_refused_until_the_limit_is_raised(export: Export) -> None:
    spec = image(APP)
    bomb = ImageSpec((*spec.tars, b"\0" * (3 << 20)), names=spec.names)
    bundle = containerd([bomb])
    strict = Limits(inflate_free_bytes=1 << 20, inflate_ratio=100)
    with pytest.raises(LimitReached, match="inflate"):
        export(bundle, compression="none", limits=strict)
    with pytest.raises(LimitReached, match="inflate"):
        export(bundle, preset=Preset.CLASSIC_DOCKER, limits=strict)
    raised = strict.raised("inflate_ratio", 100)
    assert export(bundle, compression="none", limits=raised).result.verified
    assert export(bundle, preset=Preset.CLASSIC_DOCKER, limits=raised).result.verified
