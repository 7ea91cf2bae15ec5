"""What moby PR 44598 does, with its later repairs (formats.md A3, D): manifests, index.json, manifest.json, the tar."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from inspector.errors import BlobMismatch, BlobMissing, UsageError
from inspector.export.options import Preset
from inspector.export.sheet import verdict
from inspector.oci.document import compact_json
from tests.builders import (
    Blobs,
    attestation,
    buildx_oci,
    containerd,
    docker_19,
    docker_24,
    docker_25,
    docker_dir,
    ggcr,
    image,
    index_json,
    layout,
    multi_platform,
    nix,
    pack,
    referrer,
    rules_oci,
    skopeo_oci,
    umoci,
)
from tests.builders import digest as digest_of
from tests.builders.images import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    IMAGE_NAME,
    OCI_INDEX,
    OCI_MANIFEST,
    REF_NAME,
    descriptor,
)
from tests.unit.export.conftest import Export

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

NAME, REF = "io.containerd.image.name", "org.opencontainers.image.ref.name"


def test_the_manifests_that_docker_published() -> None:
    """formats.md A3: serialised as here, both give docker's own digests."""
    for config, size, layer, layer_size, expected, length in (
        ("d2c94e258dcb3c5ac2798d32e1249e42ef01cba4841c2234249495f87264ac5a", 581,
         "ac28800ec8bb38d5c35b49d45a6ac4777544941199075dff8c4eb63e093aa81e", 14848,
         "8876a860b8c40b280440ed7678ba677f5a3cb972fddde4198a9a5e159184732f", 398),
        ("97bed23a34971024aa8d254abbe67b7168772340d1f494034773bc464e8dd5b6", 2297,
         "073ec47a8c22dcaa4d6e5758799ccefe2f9bde943685830b1bf6fd2395f5eabc", 80634368,
         "a80ae87142a0ae1f9e02e3561844d7004a28886aaca46db5392dd556df7326f2", 402),
    ):  # fmt: skip
        raw = compact_json(
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": {
                    "mediaType": "application/vnd.oci.image.config.v1+json",
                    "digest": f"sha256:{config}",
                    "size": size,
                },
                "layers": [
                    {
                        "mediaType": "application/vnd.oci.image.layer.v1.tar",
                        "digest": f"sha256:{layer}",
                        "size": layer_size,
                    }
                ],
            }
        )
        assert (len(raw), hashlib.sha256(raw).hexdigest()) == (length, expected)


def test_docker_24_becomes_what_docker_28_writes(export: Export) -> None:
    spec = image("docker.io/library/app:1", "registry.example:5000/team/app:2")
    written = export(docker_24([spec]))
    there = docker_25([spec], "28.5.2")
    manifest = next(e.data for e in there.entries if e.name.startswith("blobs/") and b'"layers":[' in e.data)
    assert written.blob(digest_of(manifest)) == manifest
    assert [(d["digest"], d["annotations"]) for d in written.index] == [
        (digest_of(manifest), {NAME: "docker.io/library/app:1", REF: "1"}),
        (digest_of(manifest), {NAME: "registry.example:5000/team/app:2", REF: "2"}),
    ]
    assert all(d["platform"] == {"architecture": "amd64", "os": "linux"} for d in written.index)
    assert written.docker == [
        {
            "Config": f"blobs/sha256/{spec.config_hex}",
            "RepoTags": ["app:1", "registry.example:5000/team/app:2"],
            "Layers": [f"blobs/sha256/{d[7:]}" for d in spec.diff_ids],
        }
    ]
    assert written.blob(f"sha256:{spec.config_hex}") == spec.config


def test_the_tar_is_the_same_whoever_writes_it_and_holds_nothing_else(export: Export) -> None:
    spec = image("docker.io/library/app:1")
    written = export(docker_24([spec]))
    blobs = [name for name in written.names if name.startswith("blobs/sha256/")]
    assert written.names == ["blobs", "blobs/sha256", *sorted(blobs), "index.json", "manifest.json", "oci-layout"]
    assert len(blobs) == 2 + len(spec.tars)
    assert {(m.uid, m.gid, m.mtime, m.uname, m.gname) for m in written.members} == {(0, 0, 0, "", "")}
    assert {(m.isdir(), m.mode) for m in written.members} == {(True, 0o755), (False, 0o644)}
    assert not any(m.pax_headers for m in written.members)
    assert written.files["oci-layout"] == b'{"imageLayoutVersion":"1.0.0"}'


def test_strict_oci_has_no_manifest_json(export: Export) -> None:
    written = export(docker_25([image("docker.io/library/app:1")]), preset="strict-oci")
    assert [name for name in written.names if "/" not in name] == ["blobs", "index.json", "oci-layout"]


def test_every_untagged_image_is_listed_once_and_bare(export: Export) -> None:
    specs = [image(seed="a"), image("docker.io/library/app:1", seed="b"), image(seed="c")]
    for bundle in (
        docker_24(specs),
        docker_25(specs, "28.5.2"),
        docker_25(specs, "25.0.2"),
        docker_25(specs, "25.0.0"),
    ):
        written = export(bundle)
        assert len(written.index) == 3
        assert sum("annotations" not in d for d in written.index) == 2
        assert {json.loads(written.blob(d["digest"]))["config"]["digest"] for d in written.index} == {
            f"sha256:{spec.config_hex}" for spec in specs
        }
        assert [entry["RepoTags"] for entry in written.docker].count(None) == 2


@pytest.mark.parametrize("version", ["25.0.0-beta.1", "25.0.0-rc.1", "25.0.0-rc.2", "25.0.0", "25.0.1", "25.0.5"])
def test_what_docker_25_got_wrong_is_put_right(export: Export, version: str) -> None:
    spec = image("docker.io/library/app:1", layers=4)
    spec = type(spec)((*spec.tars, spec.tars[1]), names=spec.names)  # one layer twice: 25.0.0 lost the second
    written = export(docker_25([spec], version))
    right = next(
        e.data for e in docker_25([spec], "28.5.2").entries if e.name.startswith("blobs/") and b'"layers":[' in e.data
    )
    assert [d["digest"] for d in written.index] == [digest_of(right)]
    assert written.blob(digest_of(right)) == right
    assert not written.result.images[0].kept
    assert any("digests" in note for note in written.result.notes)
    assert len([n for n in written.names if n.startswith("blobs/sha256/")]) == 4 + 2


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("version", ["25.0.0-beta.1", "25.0.0-rc.2", "25.0.0"])
def test_what_docker_25_got_wrong_is_compressed_in_the_right_order(
    export: Export, version: str, compression: str
) -> None:
    spec = image("docker.io/library/app:1", layers=5)
    written = export(docker_25([spec], version), compression=compression)
    blobs = [written.blob(layer["digest"]) for layer in written.manifest()["layers"]]
    plain: Any = {"none": bytes, "gzip": gzip.decompress, "zstd": zstd.decompress}[compression]
    assert [plain(blob) for blob in blobs] == list(spec.tars)


def test_a_registry_manifest_with_a_platform_in_its_config_descriptor_is_kept(export: Export) -> None:
    spec = image("docker.io/library/app:1")
    blobs = Blobs()
    raw = json.loads(blobs.put_image(spec))
    raw["config"]["platform"] = spec.platform
    manifest = blobs.put(compact_json(raw))
    bundle = layout(blobs, index_json([descriptor(manifest, OCI_MANIFEST, annotations={REF: "1"})]))
    once = export(bundle)
    assert once.blob(digest_of(manifest)) == manifest
    again = export(
        once.path.rename(once.path.with_name("again.tar"))
    )  # manifest.json stands beside it now; that makes it no manifest of Docker's
    assert again.blob(digest_of(manifest)) == manifest
    assert "platform" not in export(bundle, compression="zstd").manifest()["config"]  # rewritten anyway


def test_a_wrong_size_in_a_nested_index_is_put_right(export: Export) -> None:
    spec = image("docker.io/library/app:1")
    blobs = Blobs()
    manifest = blobs.put_image(spec)
    wrong = descriptor(manifest, OCI_MANIFEST, platform=spec.platform) | {"size": 0}
    index = blobs.put(compact_json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [wrong]}))
    written = export(layout(blobs, index_json([descriptor(index, OCI_INDEX)])))
    assert written.manifest()["manifests"] == [descriptor(manifest, OCI_MANIFEST, platform=spec.platform)]
    assert written.blob(digest_of(manifest)) == manifest
    assert any("a stated size was wrong" in note for note in written.result.notes)


@pytest.mark.parametrize("version", ["25.0.6", "26.0.1", "27.5.1", "28.5.2", "29.0.0"])
def test_right_manifests_are_kept_byte_for_byte(export: Export, version: str) -> None:
    bundle = docker_25([image("docker.io/library/app:1")], version)
    written = export(bundle)
    assert written.result.images[0].kept
    assert written.blob(written.index[0]["digest"]) == bundle.data(f"blobs/sha256/{written.index[0]['digest'][7:]}")


def test_a_docker_manifest_becomes_oci_and_the_note_says_what_follows(export: Export) -> None:
    spec = image("docker.io/library/app:1")
    blobs = Blobs()
    manifest = blobs.put_image(spec, docker=True)
    signature = referrer(blobs, manifest, "application/vnd.dev.cosign.artifact.sig.v1+json", b"signature")
    bundle = layout(blobs, index_json([descriptor(manifest, DOCKER_MANIFEST, annotations={REF: "1"}), signature]))
    written = export(bundle)
    assert written.manifest() == json.loads(spec.manifest(compression="gzip"))
    assert written.index[0]["mediaType"] == OCI_MANIFEST
    assert written.result.images[0].source_manifest_digest == digest_of(manifest)
    assert any("signature" in note and digest_of(manifest)[7:19] in note for note in written.result.notes)
    assert written.blob(str(signature["digest"])) == bundle.data(f"blobs/sha256/{str(signature['digest'])[7:]}")
    assert [d["digest"] for d in written.index][1:] == [signature["digest"]]
    assert f"blobs/sha256/{digest_of(manifest)[7:]}" not in written.files


def test_docker_types_stay_if_one_says_so(export: Export) -> None:
    bundle = containerd([image("docker.io/library/app:1")], docker=True)
    written = export(bundle, convert_docker=False)
    assert written.index[0]["mediaType"] == DOCKER_MANIFEST
    assert written.result.images[0].kept


def test_a_docker_list_becomes_an_index_and_absent_children_stay_listed(export: Export) -> None:
    here = image("docker.io/library/app:1")
    gone = image(architecture="arm64", seed="gone")
    written = export(containerd([here], absent=[gone], docker=True, nested=True))
    assert [d["mediaType"] for d in written.index] == ["application/vnd.oci.image.index.v1+json"]
    assert "platform" not in written.index[0]
    nested = written.manifest()
    assert [d["mediaType"] for d in nested["manifests"]] == [OCI_MANIFEST, DOCKER_MANIFEST]
    assert nested["manifests"][1]["digest"] == digest_of(gone.manifest(compression="gzip", docker=True))
    assert any("linux/arm64" in note for note in written.result.notes)
    assert DOCKER_LIST not in json.dumps(nested)


def test_an_index_with_attestations_is_kept_and_docker_sees_one_platform(export: Export) -> None:
    specs = [image("docker.io/library/app:1", architecture="arm64", seed="arm"), image("docker.io/library/app:1")]
    bundle = buildx_oci(specs, attested=True)
    written = export(bundle)
    stored = json.loads(bundle.data("index.json"))["manifests"][0]["digest"]
    assert [d["digest"] for d in written.index] == [stored]
    assert written.blob(stored) == bundle.data(f"blobs/sha256/{stored[7:]}")
    assert len(written.manifest()["manifests"]) == 4
    assert [entry["Config"] for entry in written.docker] == [f"blobs/sha256/{specs[1].config_hex}"]
    assert sum(name.startswith("blobs/sha256/") for name in written.names) == sum(
        name.startswith("blobs/sha256/") for name in bundle.names()
    )


def test_without_the_host_platform_the_first_one_stands_in_manifest_json(export: Export) -> None:
    specs = [image("docker.io/library/app:1", architecture=a, seed=a) for a in ("s390x", "riscv64")]
    written = export(buildx_oci(specs))
    assert [entry["Config"] for entry in written.docker] == [f"blobs/sha256/{specs[0].config_hex}"]
    asked = export(buildx_oci(specs), preferred_platform="linux/riscv64")
    assert [entry["Config"] for entry in asked.docker] == [f"blobs/sha256/{specs[1].config_hex}"]


def test_an_attestation_follows_its_subject_into_the_rewritten_index(export: Export) -> None:
    spec = image("docker.io/library/app:1")
    blobs = Blobs()
    manifest = blobs.put_image(spec, docker=True)
    children = [descriptor(manifest, DOCKER_MANIFEST, platform=spec.platform), attestation(blobs, manifest)]
    nested = blobs.put(compact_json({"schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": children}))
    written = export(layout(blobs, index_json([descriptor(nested, DOCKER_LIST, annotations={REF: "1"})])))
    entries = written.manifest()["manifests"]
    assert entries[1]["annotations"]["vnd.docker.reference.digest"] == entries[0]["digest"]
    assert entries[0]["digest"] != digest_of(manifest)
    assert any("attestation" in note for note in written.result.notes)


def test_names(export: Export) -> None:
    spec = image("docker.io/library/app:1")
    assert export(umoci({"base": spec})).index[0]["annotations"] == {REF: "base"}
    assert export(umoci({"base": spec})).docker[0]["RepoTags"] is None
    full = export(skopeo_oci(spec, "registry.example/team/app:3"))
    assert full.index[0]["annotations"] == {NAME: "registry.example/team/app:3", REF: "3"}
    assert full.docker[0]["RepoTags"] == ["registry.example/team/app:3"]
    assert "annotations" not in export(skopeo_oci(spec)).index[0]
    by_digest = export(skopeo_oci(spec, f"docker.io/library/app@{digest_of(b'x')}"))
    assert by_digest.index[0]["annotations"] == {NAME: f"docker.io/library/app@{digest_of(b'x')}"}
    assert by_digest.docker[0]["RepoTags"] is None


def test_names_that_only_manifest_json_has_go_into_index_json(export: Export) -> None:
    spec = image("docker.io/library/app:1")
    bundle = docker_25([spec], "28.5.2")
    index = json.loads(bundle.data("index.json"))
    del index["manifests"][0]["annotations"]
    written = export(bundle.replacing("index.json", compact_json(index)))
    assert [d["annotations"][NAME] for d in written.index] == ["docker.io/library/app:1"]


@pytest.mark.parametrize("make", [ggcr, rules_oci, nix, docker_dir])
def test_other_writers(export: Export, make: Any) -> None:
    spec = image("docker.io/library/app:1")
    bundle = make([spec]) if make is ggcr else make(spec)
    written = export(bundle)
    manifest = written.manifest()
    assert manifest["config"]["digest"] == f"sha256:{spec.config_hex}"
    kind = "application/vnd.oci.image.layer.v1.tar" + ("" if make is nix else "+gzip")
    assert [layer["mediaType"] for layer in manifest["layers"]] == [kind] * 2
    for layer in manifest["layers"]:
        assert digest_of(written.blob(layer["digest"])) == layer["digest"]
        assert len(written.blob(layer["digest"])) == layer["size"]


def test_docker_up_to_1_9_gets_a_config(export: Export) -> None:
    spec = image("docker.io/library/app:1")
    written = export(docker_19([spec]))
    manifest = written.manifest()
    config = json.loads(written.blob(manifest["config"]["digest"]))
    assert config["rootfs"]["diff_ids"] == spec.diff_ids
    assert [layer["digest"] for layer in manifest["layers"]] == spec.diff_ids
    assert written.docker[0]["RepoTags"] == ["app:1"]
    assert any("image ID is new" in note for note in written.result.notes)


def test_classic_docker_save_of_docker_1_9_names_the_top_layers(export: Export) -> None:
    spec = image("docker.io/library/app:1")
    written = export(docker_19([spec]), preset=Preset.CLASSIC_DOCKER)
    assert written.json("repositories") == {"app": {"1": spec.diff_ids[-1].removeprefix("sha256:")}}


def test_layers_in_a_format_that_oci_has_no_type_for_are_stored_plain(export: Export) -> None:
    spec = image("docker.io/library/app:1")
    written = export(ggcr([spec], compression="xz"))
    assert [layer["digest"] for layer in written.manifest()["layers"]] == spec.diff_ids


def test_sha512_blobs_keep_their_folder(export: Export) -> None:
    spec = image("docker.io/library/app:1")
    blobs = Blobs()
    manifest = blobs.put_image(spec)
    long = hashlib.sha512(spec.config).hexdigest()
    raw = json.loads(manifest)
    raw["config"]["digest"] = f"sha512:{long}"
    changed = blobs.put(compact_json(raw))
    bundle = layout(blobs, index_json([descriptor(changed, OCI_MANIFEST, annotations={REF: "1"})]))
    bundle = bundle.renamed(lambda name: name.replace(f"sha256/{spec.config_hex}", f"sha512/{long}"))
    written = export(bundle)
    assert written.files[f"blobs/sha512/{long}"] == spec.config
    assert written.names[:3] == ["blobs", "blobs/sha256", written.names[2]]
    assert written.names.index("blobs/sha512") == written.names.index(f"blobs/sha512/{long}") - 1
    assert written.docker[0]["Config"] == f"blobs/sha512/{long}"
    first = written.path.read_bytes()
    again = export(written.path.rename(written.path.with_name("again.tar")))
    assert again.path.read_bytes() == first  # one image, although manifest.json gives it, too


def test_a_foreign_layer_is_not_dropped(export: Export) -> None:
    spec = image("docker.io/library/app:1")
    raw = json.loads(docker_24([spec]).data("manifest.json"))
    foreign = {
        "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "digest": digest_of(b"elsewhere"), "size": 9, "urls": ["https://example.invalid/layer"],
    }  # fmt: skip
    raw[0]["LayerSources"] = {spec.diff_ids[0]: foreign}
    here = export(docker_24([spec]).replacing("manifest.json", compact_json(raw)))
    assert here.manifest()["layers"][0] == {
        "mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "digest": spec.diff_ids[0], "size": len(spec.tars[0]),
    }  # fmt: skip
    gone = export(
        docker_24([spec]).replacing("manifest.json", compact_json(raw)).without(f"{spec.v1_ids[0]}/layer.tar")
    )
    kept = dict(foreign, mediaType="application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")
    assert gone.manifest()["layers"][0] == kept
    assert "manifest.json" not in gone.files


def test_a_missing_layer_is_told_and_other_images_can_be_exported(export: Export) -> None:
    specs = [image("docker.io/library/app:1", seed="a"), image("docker.io/library/other:1", seed="b")]
    bundle = docker_24(specs).without(f"{specs[0].v1_ids[1]}/layer.tar")
    with pytest.raises(BlobMissing, match="app:1"):
        export(bundle)
    assert [d["annotations"][NAME] for d in export(bundle, images=("other:1",)).index] == ["docker.io/library/other:1"]
    with pytest.raises(BlobMissing):
        export(pack(specs[0]))


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize("compression", ["keep", "gzip"])
@pytest.mark.parametrize("which", ["layer", "config", "manifest"])
def test_wrong_bytes_never_get_a_new_digest(export: Export, which: str, compression: str) -> None:
    spec = image("docker.io/library/app:1")
    stored = spec.manifest(compression="gzip")
    names = {
        "layer": json.loads(stored)["layers"][1]["digest"],
        "config": f"sha256:{spec.config_hex}",
        "manifest": digest_of(stored),
    }
    bundle = skopeo_oci(spec, "app:1")
    name = f"blobs/sha256/{names[which][7:]}"
    damaged = bundle.data(name)
    damaged = (
        _flipped(damaged)
        if which == "layer"
        else damaged.replace(b"linux", b"minix") + b" "
        if which == "config"
        else damaged + b" "
    )
    with pytest.raises(BlobMismatch):
        export(bundle.replacing(name, damaged), compression=compression)


@pytest.mark.parametrize("compression", ["keep", "zstd"])
def test_a_docker_layer_that_is_not_its_diff_id(export: Export, compression: str) -> None:
    spec = image("docker.io/library/app:1")
    name = f"{spec.v1_ids[0]}/layer.tar"
    bundle = docker_24([spec])
    with pytest.raises(BlobMismatch, match=r"layer\.tar"):
        export(bundle.replacing(name, _flipped(bundle.data(name))), compression=compression)
    with pytest.raises(BlobMismatch):
        export(bundle.replacing(f"{spec.config_hex}.json", spec.config.replace(b"linux", b"minix")))


def test_a_tag_is_renamed_and_images_and_platforms_are_chosen(export: Export) -> None:
    specs = [image("docker.io/library/app:1", seed="a"), image("docker.io/library/other:1", seed="b"), image(seed="c")]
    bundle = docker_24(specs)
    written = export(bundle, retag={"app:1": "registry.example/new:2", specs[2].config_hex[:12]: "third:1"})
    assert [d["annotations"][NAME] for d in written.index] == [
        "registry.example/new:2", "docker.io/library/other:1", "docker.io/library/third:1",
    ]  # fmt: skip
    assert written.docker[0]["RepoTags"] == ["registry.example/new:2"]
    with pytest.raises(UsageError, match="nothing:1"):
        export(bundle, retag={"nothing:1": "x:1"})
    with pytest.raises(UsageError, match="name"):
        export(bundle, retag={"app:1": "Not A Name"})
    with pytest.raises(UsageError, match="one name"):
        export(bundle, retag={"app:1": "other:1"})
    with pytest.raises(UsageError, match="nothing:1"):
        export(bundle, images=("nothing:1",))


def test_a_platform_is_chosen_as_docker_save_does_it(export: Export) -> None:
    specs = [image("docker.io/library/app:1", architecture=a, seed=a) for a in ("amd64", "arm64")]
    bundle = buildx_oci(specs, attested=True)
    written = export(bundle, platforms=("linux/arm64",))
    assert len(written.index) == 1
    assert written.index[0]["platform"] == {"architecture": "arm64", "os": "linux"}
    assert written.index[0]["annotations"][NAME] == "docker.io/library/app:1"
    assert written.manifest()["config"]["digest"] == f"sha256:{specs[1].config_hex}"
    assert written.docker[0]["RepoTags"] == ["app:1"]
    assert any("attestation" in note for note in written.result.notes)
    with pytest.raises(UsageError, match=r"linux/amd64, linux/arm64"):
        export(bundle, platforms=("linux/s390x",))


def test_a_signature_goes_where_its_subject_goes(export: Export) -> None:
    blobs = Blobs()
    entries = []
    for seed in ("a", "b"):
        manifest = blobs.put_image(image(f"docker.io/library/{seed}:1", seed=seed))
        entries.append(descriptor(manifest, OCI_MANIFEST, annotations={NAME: f"docker.io/library/{seed}:1", REF: "1"}))
        entries.append(referrer(blobs, manifest, "application/vnd.example.sig", seed.encode()))
    written = export(layout(blobs, index_json(entries)), images=("b:1",))
    assert [d["digest"] for d in written.index] == [entries[2]["digest"], entries[3]["digest"]]


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_compressing_anew(export: Export, compression: str) -> None:
    spec = image("docker.io/library/app:1")
    blobs = Blobs()
    raw = json.loads(blobs.put_image(spec, compression="none"))
    for layer in raw["layers"]:
        layer["annotations"] = {"containerd.io/snapshot/stargz/toc.digest": digest_of(b"toc"), "keep": "me"}
    manifest = blobs.put(compact_json(raw))
    bundle = layout(blobs, index_json([descriptor(manifest, OCI_MANIFEST, annotations={REF: "1"})]))
    written = export(bundle, compression=compression)
    layers = written.manifest()["layers"]
    assert written.manifest()["config"]["digest"] == f"sha256:{spec.config_hex}"
    if compression == "none":
        assert written.result.images[0].kept  # nothing had to change
        return
    assert {layer["mediaType"].rpartition("+")[2] for layer in layers} == {compression}
    assert [layer["annotations"] for layer in layers] == [{"keep": "me"}] * 2
    assert written.path.read_bytes() == export(bundle, compression=compression).path.read_bytes()


def test_statements_are_never_compressed(export: Export) -> None:
    bundle = buildx_oci([image("docker.io/library/app:1")], attested=True)
    written = export(bundle, compression="zstd")
    nested = written.manifest()["manifests"]
    statement = json.loads(written.blob(nested[1]["digest"]))["layers"][0]
    assert statement["mediaType"] == "application/vnd.in-toto+json"
    assert written.blob(statement["digest"]).startswith(b"{")


def test_a_plan_is_pure_and_knows_the_size_of_the_file(plan: Any, export: Export) -> None:
    bundle = docker_25([image("docker.io/library/app:1")], "25.0.0")
    planned, again = plan(bundle), plan(bundle)
    assert planned.changes == again.changes
    assert planned.index_json == again.index_json
    written = export(bundle)
    assert planned.size_is_exact
    assert planned.size == written.path.stat().st_size == written.result.size
    waiting = plan(bundle, compression="gzip")
    assert not waiting.size_is_exact
    assert waiting.images[0].manifest_digest is None
    assert len(waiting.waiting) == 2


def test_what_a_plan_drops_is_told(plan: Any) -> None:
    bundle = docker_25([image("docker.io/library/app:1")], "28.5.2")
    dropped = {change.object: change.why for change in plan(bundle).changes if change.action == "dropped"}
    assert dropped.pop("repositories") == "not part of an OCI layout"
    assert set(dropped.values()) == {"nothing refers to it"}
    assert len(dropped) == 2
    strict = [change.object for change in plan(bundle, preset="strict-oci").changes if change.action == "dropped"]
    assert "manifest.json" in strict


def test_multi_platform_helper_is_known(export: Export) -> None:
    """A nested index without any name stays a bare descriptor without platform."""
    blobs = Blobs()
    nested = multi_platform(blobs, [image(), image(architecture="arm64", seed="x")])
    written = export(layout(blobs, index_json([descriptor(nested, "application/vnd.oci.image.index.v1+json")])))
    assert set(written.index[0]) == {"mediaType", "digest", "size"}
    assert written.docker[0]["RepoTags"] is None


@pytest.mark.parametrize("preset", [Preset.DOCKER_COMPATIBLE, Preset.CLASSIC_DOCKER])
def test_names_that_docker_cannot_take_are_told(export: Export, preset: Preset) -> None:
    bundle = docker_24([image("docker.io/library/app:1")])
    raw = json.loads(bundle.data("manifest.json"))
    raw[0]["RepoTags"] += ["Not/A Name:1"]
    written = export(bundle.replacing("manifest.json", compact_json(raw)), preset=preset)
    assert written.docker[0]["RepoTags"] == ["app:1"]
    assert "1 name is no image name and left out: Not/A Name:1." in written.result.notes


@pytest.mark.parametrize("preset", [Preset.DOCKER_COMPATIBLE, Preset.CLASSIC_DOCKER])
def test_two_images_of_one_name(export: Export, preset: Preset) -> None:
    blobs = Blobs()
    entries = [
        descriptor(
            blobs.put_image(image(seed=seed)), OCI_MANIFEST, annotations={NAME: "docker.io/library/a:1", REF: "1"}
        )
        for seed in ("one", "two")
    ]
    written = export(layout(blobs, index_json(entries)), preset=preset)
    assert len(written.docker) == 1
    assert any("2 images have this name" in note for note in written.result.notes)
    assert verdict(written.result.images).count("manifest") == (preset is Preset.DOCKER_COMPATIBLE)


def test_classic_export_again_changes_nothing(export: Export, tmp_path: Path) -> None:
    """Two manifests of one config, one of plain and one of gzip layers, are one image of docker save."""
    blobs = Blobs()
    spec = image("docker.io/library/app:1")
    index = [
        descriptor(
            blobs.put_image(spec, compression=compression),
            OCI_MANIFEST,
            annotations={IMAGE_NAME: f"docker.io/library/app:{tag}", REF_NAME: tag},
        )
        for tag, compression in (("1", "none"), ("2", "gzip"))
    ]
    first = export(layout(blobs, index_json(index)), preset="classic-docker")
    assert [entry["RepoTags"] for entry in first.docker] == [["app:1", "app:2"]]
    copy = tmp_path / "first.tar"
    copy.write_bytes(first.path.read_bytes())
    assert export(copy, preset="classic-docker").path.read_bytes() == copy.read_bytes()
