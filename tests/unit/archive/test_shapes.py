"""Every writer's shape opens with the right images, names, layers, and is told for what it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.archive.image import Image, ImageArchive, NodeKind
from inspector.oci.digest import Digest
from tests.builders import (
    Blobs,
    Bundle,
    Entry,
    ImageSpec,
    attestation,
    buildx_oci,
    containerd,
    descriptor,
    digest,
    docker_19,
    docker_24,
    docker_25,
    docker_dir,
    ggcr,
    hardlink,
    image,
    index_json,
    jib,
    kaniko,
    layout,
    multi_platform,
    nix,
    pack,
    podman_docker_archive,
    referrer,
    regctl,
    rules_oci,
    skopeo_oci,
    umoci,
)
from tests.builders.images import IMAGE_NAME, OCI_INDEX, OCI_MANIFEST, REF_NAME

APP = image("docker.io/library/app:1")
OTHER = image("docker.io/library/other:2", "example.com:5000/team/other:v2", seed="other")
UNTAGGED = image(seed="untagged")


def opened(bundle: Bundle, tmp_path: Path, **how: str) -> ImageArchive:
    return open_archive(bundle.write(tmp_path / "archive.tar", **how))  # type: ignore[arg-type]


def codes(archive: ImageArchive) -> list[str]:
    return [finding.code for finding in archive.findings]


def matches(found: Image, spec: ImageSpec) -> None:
    assert found.names == spec.names
    assert found.kind is NodeKind.IMAGE
    assert str(found.platform) == "/".join(part for part in (spec.os, spec.architecture, spec.variant) if part)
    assert found.config_digest == digest(spec.config)
    assert [layer.diff_id for layer in found.layers] == spec.diff_ids
    assert [layer.number for layer in found.layers] == list(range(1, len(spec.tars) + 1))
    assert found.complete


SHAPES: dict[str, tuple[Callable[[], Bundle], str, str]] = {
    "docker 20": (lambda: docker_24([APP]), "docker-save", "docker 1.10 to 24 (graph driver)"),
    "docker 27": (
        lambda: docker_25([APP], "27.5.1"),
        "oci-layout+docker",
        "docker 25.0.6, or 26.0.1 to 27 (graph driver)",
    ),
    "docker 28": (lambda: docker_25([APP], "28.5.2"), "oci-layout+docker", "docker 28 (graph driver)"),
    "docker 29": (lambda: docker_25([APP], "29.0.0"), "oci-layout+docker", "docker 29 or later (graph driver)"),
    "containerd": (
        lambda: containerd([APP]),
        "oci-layout+docker",
        "containerd: docker with the containerd image store, ctr or nerdctl",
    ),
    "ctr without manifest.json": (
        lambda: containerd([APP], manifest_json=False),
        "oci-layout",
        "containerd (ctr or nerdctl without manifest.json), or BuildKit",
    ),
    "buildx": (lambda: buildx_oci([APP]), "oci-layout", "buildx or BuildKit (type=oci)"),
    "buildx zstd": (lambda: buildx_oci([APP], compression="zstd"), "oci-layout", "buildx or BuildKit (type=oci)"),
    "skopeo oci-archive": (
        lambda: skopeo_oci(APP, "docker.io/library/app:1"),
        "oci-layout",
        "skopeo, podman or buildah (oci-archive)",
    ),
    "regctl": (lambda: regctl(APP), "oci-layout+docker", "regctl"),
    "regctl, packed again": (lambda: regctl(APP).sorted(), "oci-layout+docker", "regctl"),
    "podman": (lambda: podman_docker_archive([APP]), "docker-save", "podman, skopeo or buildah (docker-archive)"),
    "kaniko": (lambda: kaniko([APP]), "docker-save", "crane, ko or kaniko"),
    "ko, zstd layers": (lambda: ggcr([APP], compression="zstd"), "docker-save", "crane, ko or kaniko"),
    "jib": (lambda: jib(APP), "docker-save", "jib"),
    "nix": (lambda: nix(APP), "docker-save", "nix (dockerTools.buildImage)"),
    "nix, streamed": (lambda: nix(APP, streamed=True), "docker-save", "nix (dockerTools.streamLayeredImage)"),
    "pack": (lambda: pack(APP, blanks=0), "docker-save", "pack (buildpacks)"),
    "rules_oci": (lambda: rules_oci(APP), "docker-save", "rules_oci (Bazel)"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shape(shape: str, tmp_path: Path) -> None:
    bundle, layout_word, writer = SHAPES[shape]
    with opened(bundle(), tmp_path) as archive:
        assert archive.layout == layout_word
        assert archive.writer.text == writer
        assert archive.writer.evidence
        assert len(archive.images) == 1
        matches(archive.images[0], APP)
        assert len(archive.roots) == 1
        assert archive.roots[0].image is archive.images[0]
        assert [f for f in archive.findings if f.severity.word == "error"] == []


@pytest.mark.parametrize("how", ["gzip", "zstd", "xz", "bzip2", "lz4", "lzma"])
def test_outer_compression(how: str, tmp_path: Path) -> None:
    with opened(nix(APP), tmp_path, compression=how) as archive:
        assert archive.compression == how
        assert archive.spooled_bytes == len(nix(APP).tar())
        matches(archive.images[0], APP)


@pytest.mark.parametrize("bend", [Bundle.dotted, lambda bundle: bundle.wrapped("my image")], ids=["dotted", "wrapped"])
@pytest.mark.parametrize("shape", SHAPES)
def test_retarred(shape: str, bend: Callable[[Bundle], Bundle], tmp_path: Path) -> None:
    bundle, layout_word, _ = SHAPES[shape]
    with opened(bend(bundle()), tmp_path) as archive:
        assert archive.layout == layout_word
        matches(archive.images[0], APP)


@pytest.mark.parametrize("shape", [name for name in SHAPES if name not in ("podman", "pack")])
def test_folder(shape: str, tmp_path: Path) -> None:
    bundle, layout_word, _ = SHAPES[shape]
    with open_archive(bundle().folder(tmp_path / "folder")) as archive:
        assert archive.layout == layout_word
        assert archive.source is None
        matches(archive.images[0], APP)


def test_docker_dir_as_folder_and_tar(tmp_path: Path) -> None:
    for archive in (
        open_archive(docker_dir(APP).folder(tmp_path / "dir")),
        opened(docker_dir(APP), tmp_path),
    ):
        with archive:
            assert archive.layout == "docker-dir"
            [found] = archive.images
            assert found.names == ()
            assert found.source == "dir"
            assert found.manifest_digest == digest(APP.manifest(docker=True))
            assert [layer.present for layer in found.layers] == [True, True]


def test_layer_digests_are_told_where_something_states_them(tmp_path: Path) -> None:
    with opened(docker_24([APP]), tmp_path) as archive:
        assert [layer.digest for layer in archive.images[0].layers] == APP.diff_ids
    with opened(kaniko([APP]), tmp_path) as archive:
        for layer in archive.images[0].layers:
            assert layer.blob is not None
            assert layer.digest == Digest.of(layer.blob.open().read_at(0, layer.blob.size))
            assert layer.compression == "gzip"


def test_a_compressed_layer_whose_name_says_nothing_has_no_digest(tmp_path: Path) -> None:
    from tests.builders import compress

    bundle = docker_24([APP])
    name = f"{APP.v1_ids[0]}/layer.tar"
    with opened(bundle.replacing(name, compress(APP.tars[0], "gzip")), tmp_path) as archive:
        assert [layer.digest for layer in archive.images[0].layers] == [None, APP.diff_ids[1]]


def test_several_images_and_tags(tmp_path: Path) -> None:
    for bundle in (docker_24([APP, OTHER]), docker_25([APP, OTHER]), containerd([APP, OTHER])):
        with opened(bundle, tmp_path) as archive:
            assert [found.names for found in archive.images] == [APP.names, OTHER.names]


def test_duplicate_layers_are_kept_and_share_a_blob(tmp_path: Path) -> None:
    twice = ImageSpec((APP.tars[0], APP.tars[1], APP.tars[0]))
    for bundle in (docker_24([twice]), docker_25([twice]), containerd([twice]), podman_docker_archive([twice])):
        with opened(bundle, tmp_path) as archive:
            layers = archive.images[0].layers
            assert [layer.diff_id for layer in layers] == twice.diff_ids
            assert layers[0].blob is layers[2].blob
            assert "MANIF-5" not in codes(archive)


def test_history_stays_with_its_layers(tmp_path: Path) -> None:
    with opened(docker_25([APP]), tmp_path) as archive:
        [found] = archive.images
        assert [(step.created_by, layer.number if layer else None) for step, layer in found.history] == [
            ("COPY layer1 / # buildkit", 1),
            ("COPY layer2 / # buildkit", 2),
            ("ENV STEP=1", None),
        ]
        assert [layer.history.created_by for layer in found.layers if layer.history] == [
            "COPY layer1 / # buildkit",
            "COPY layer2 / # buildkit",
        ]


def test_history_of_another_length_is_not_shifted(tmp_path: Path) -> None:
    spec = ImageSpec(APP.tars, more_config={"history": [{"created_by": "only one"}]})
    with opened(docker_25([spec]), tmp_path) as archive:
        [found] = archive.images
        assert [layer for _, layer in found.history] == [None]
        assert [layer.history for layer in found.layers] == [None, None]


def test_attestations_stand_under_their_image(tmp_path: Path) -> None:
    arm = image(*APP.names, seed="arm", architecture="arm64")
    for artifact in (False, True):
        blobs = Blobs()
        index_blob = multi_platform(blobs, [APP, arm])
        manifests = [APP.manifest(), arm.manifest()]
        children = [
            descriptor(m, OCI_MANIFEST, platform=s.platform) for m, s in zip(manifests, [APP, arm], strict=True)
        ]
        children += [attestation(blobs, manifest, artifact=artifact) for manifest in manifests]
        index_blob = blobs.put(index_json(children))
        top = descriptor(index_blob, OCI_INDEX, annotations={IMAGE_NAME: APP.names[0], REF_NAME: "1"})
        with opened(layout(blobs, index_json([top])), tmp_path) as archive:
            [root] = archive.roots
            assert root.kind is NodeKind.INDEX
            assert root.names == APP.names
            assert [child.kind for child in root.children] == [NodeKind.IMAGE, NodeKind.IMAGE]
            assert [[r.kind for r in child.referrers] for child in root.children] == [[NodeKind.ATTESTATION]] * 2
            images = [found for found in archive.images if found.kind is NodeKind.IMAGE]
            assert [found.names for found in images] == [APP.names, APP.names]
            assert [found.names for found in archive.images if found.kind is NodeKind.ATTESTATION] == [(), ()]


def test_the_empty_config_of_an_attestation_is_no_faulty_image_config(tmp_path: Path) -> None:
    blobs = Blobs()
    manifest = blobs.put_image(APP)
    entries = [descriptor(manifest, OCI_MANIFEST, platform=APP.platform), attestation(blobs, manifest, artifact=True)]
    with opened(layout(blobs, index_json(entries)), tmp_path) as archive:
        assert archive.findings == ()
        assert [found.kind for found in archive.images] == [NodeKind.IMAGE, NodeKind.ATTESTATION]


def test_children_that_are_absent_are_shown_and_told(tmp_path: Path) -> None:
    arm = image(*APP.names, seed="arm", architecture="arm64")
    with opened(containerd([APP], absent=[arm], nested=True), tmp_path) as archive:
        [root] = archive.roots
        assert [child.kind for child in root.children] == [NodeKind.IMAGE, NodeKind.ABSENT]
        [absent] = [finding for finding in archive.findings if finding.code == "BLOB-6"]
        assert absent.severity.word == "info"
        assert absent.where.digest == digest(arm.manifest())
        assert "linux/arm64" in absent.title
        assert len(archive.images) == 1
        matches(archive.images[0], APP)


def test_referrers_stand_under_their_subject_even_if_nothing_lists_them(tmp_path: Path) -> None:
    for listed in (True, False):
        blobs = Blobs()
        manifest = blobs.put_image(APP)
        signature = referrer(blobs, manifest, "application/vnd.example.sig", b"signed")
        tops = [descriptor(manifest, OCI_MANIFEST)] + ([signature] if listed else [])
        with opened(layout(blobs, index_json(tops)), tmp_path) as archive:
            [root] = archive.roots
            assert root.image is not None
            assert root.image.kind is NodeKind.IMAGE
            assert [node.kind for node in root.referrers] == [NodeKind.ARTIFACT]
            assert [found.kind for found in archive.images] == [NodeKind.IMAGE, NodeKind.ARTIFACT]
            assert archive.images[1].artifact_type == "application/vnd.example.sig"
            assert archive.images[1].source == ("index.json" if listed else "blobs")


def test_a_referrer_without_its_subject_still_shows(tmp_path: Path) -> None:
    blobs = Blobs()
    signature = referrer(blobs, b"not here", "application/vnd.example.sig", b"signed")
    with opened(layout(blobs, index_json([signature])), tmp_path) as archive:
        assert [root.kind for root in archive.roots] == [NodeKind.ARTIFACT]
        assert archive.images[0].subject == digest(b"not here")


def test_bare_ref_names_are_no_names_but_shown(tmp_path: Path) -> None:
    with opened(umoci({"base": APP, "odd": OTHER}), tmp_path) as archive:
        assert [found.names for found in archive.images] == [(), ()]
        assert [found.ref_names for found in archive.images] == [("base",), ("odd",)]
        assert [root.names for root in archive.roots] == [("base",), ("odd",)]
        assert archive.writer.text == "umoci"


def test_what_an_index_holds_is_shown_once(tmp_path: Path) -> None:
    blobs = Blobs()
    index_blob = multi_platform(blobs, [APP])
    tops = [
        descriptor(APP.manifest(), OCI_MANIFEST),
        descriptor(index_blob, OCI_INDEX, annotations={REF_NAME: "multi"}),
    ]
    with opened(layout(blobs, index_json(tops)), tmp_path) as archive:
        [root] = archive.roots
        assert root.kind is NodeKind.INDEX
        assert [child.kind for child in root.children] == [NodeKind.IMAGE]
        assert len(archive.images) == 1


def test_hard_linked_blobs(tmp_path: Path) -> None:
    bundle = docker_25([APP])
    name = f"blobs/sha256/{APP.diff_ids[1].removeprefix('sha256:')}"
    moved = bundle.without(name).first(Entry("elsewhere", bundle.data(name))).adding(hardlink(name, "elsewhere"))
    with opened(moved, tmp_path) as archive:
        matches(archive.images[0], APP)


def test_untagged_images(tmp_path: Path) -> None:
    for bundle in (
        docker_24([UNTAGGED]),
        docker_25([UNTAGGED]),
        podman_docker_archive([UNTAGGED]),
        skopeo_oci(UNTAGGED),
    ):
        with opened(bundle, tmp_path) as archive:
            [found] = archive.images
            assert found.names == ()
            matches(found, UNTAGGED)


def test_v1_archive(tmp_path: Path) -> None:
    with opened(docker_19([APP, OTHER]), tmp_path) as archive:
        assert archive.layout == "docker-save-v1"
        assert archive.writer.text == "docker 1.9 or earlier"
        assert [found.names for found in archive.images] == [APP.names, OTHER.names]
        first = archive.images[0]
        assert first.v1_ids == tuple(APP.v1_ids)
        assert first.config_digest is None
        assert [layer.digest for layer in first.layers] == [None, None]
        assert str(first.platform) == "linux/amd64"
        assert first.key == f"v1:{APP.v1_ids[-1]}"
        assert [layer.history.created_by for layer in first.layers if layer.history] == [
            "/bin/sh -c #(nop) COPY layer1 /",
            "/bin/sh -c #(nop) COPY layer2 /",
        ]


def test_v1_archive_without_repositories(tmp_path: Path) -> None:
    with opened(docker_19([UNTAGGED]), tmp_path) as archive:
        [found] = archive.images
        assert found.names == ()
        assert found.complete


def test_apple_double_and_unknown_files_do_no_harm(tmp_path: Path) -> None:
    bundle = docker_25([APP]).first(Entry("._index.json", b"\0\5\x16\7"), Entry("README.txt", b"hello"))
    with opened(bundle.adding(Entry("blobs/sha256/._0123", b"\0\5\x16\7")), tmp_path) as archive:
        matches(archive.images[0], APP)
        assert "BLOB-2" not in codes(archive)
