"""Exported archives before skopeo, umoci, oci-image-tool and podman.

A choice of one archive per writer and shape runs always; `corpus_full` takes every archive and preset (minutes).
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from inspector.archive.detect import open_archive
from inspector.errors import InspectorError
from inspector.export.options import Annotation, ExportOptions, Form, Preset
from inspector.export.plan import plan_export
from inspector.export.writer import export_archive
from tests.builders import compact, descriptor, image
from tests.builders.images import IMAGE_NAME, OCI_INDEX, OCI_MANIFEST, REF_NAME
from tests.builders.oci import Blobs, attestation, index_json, layout
from tests.interop import judges

Judge = Callable[[str], str]

CHOICE = (
    "docker-20.10-vfs-bk-rich.tar",
    "docker-20.10-vfs-multi.tar",
    "docker-20.10-vfs-byid.tar",
    "docker-28.5-vfs-bk-rich.tar",
    "docker-28.5-containerd-multi.tar",
    "docker-28.5-containerd-multiplatform.tar",
    "docker-28.5-containerd-empty.tar",
    "podman-5.8-multi.tar",
    "podman-5.8-docker-dir",
    "skopeo-1.22-oci-archive-fulltag.tar",
    "skopeo-1.22-oci-zstdchunked.tar",
    "skopeo-1.22-layout-several.tar",
    "buildx-0.29-oci-2tags.tar",
    "buildx-0.29-oci-sbom.tar",
    "buildx-0.29-docker.tar",
    "crane-pull-tarball.tar",
    "ctr-2.1-export-multi-default.tar",
    "umoci-0.6.0-layout.tar",
    "oras-1.3-artifacts.tar",
    "derived-v1-only.tar",
    "retar-docker28-sparse.tar",
    "outer-docker20-pigz.tar.gz",
)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Path]:
    """Emptied afterwards: umoci's bundles are large and hold odd modes."""
    folder = tmp_path / "work"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _export(source: Path, target: Path, **options: Any) -> None:
    with open_archive(source) as archive:
        assert export_archive(plan_export(archive, ExportOptions(**options)), target).verified


def _judge(source: Path, work: Path, judge: Judge, **options: Any) -> None:
    target = work / "export.tar"
    _export(source, target, **options)
    skopeo = judge("skopeo")
    preset = options.get("preset", Preset.DOCKER_COMPATIBLE)
    if preset in (Preset.DOCKER_COMPATIBLE, Preset.CLASSIC_DOCKER):
        images = judges.skopeo_docker(skopeo, target, work) if _has_manifest_json(target) else 0
        assert images or "encrypted" in source.name
    if preset is not Preset.CLASSIC_DOCKER:
        layout = judges.Layout(target, work)
        judges.skopeo_oci(skopeo, layout, work)
        judges.skopeo_nested(skopeo, layout, work)
        judges.umoci_unpack(judge("umoci"), layout, work)
        judges.image_tool(judge("oci-image-tool"), layout)


def _has_manifest_json(target: Path) -> bool:
    with open_archive(target) as archive:
        return archive.root_document("manifest.json") is not None


@pytest.mark.parametrize("name", CHOICE)
def test_the_default_preset(name: str, corpus: Path, work: Path, judge: Judge) -> None:
    _judge(corpus / name, work, judge)


@pytest.mark.parametrize("name", ["docker-28.5-containerd-multi.tar", "skopeo-1.22-oci-archive-rich.tar"])
@pytest.mark.parametrize(
    "options",
    [
        {"preset": Preset.STRICT_OCI},
        {"preset": Preset.CLASSIC_DOCKER},
        {"preset": Preset.FOR_PUSH},
        {"preset": Preset.SMALLEST},
        {"compression": "gzip", "level": 1},
        {"compression": "zstd"},
        {"compression": "none"},
    ],
    ids=["strict", "classic", "push", "smallest", "gzip", "zstd", "none"],
)
def test_other_choices(name: str, options: dict[str, Any], corpus: Path, work: Path, judge: Judge) -> None:
    _judge(corpus / name, work, judge, **options)


@pytest.mark.parametrize("name", CHOICE)
def test_a_layout_folder(name: str, corpus: Path, work: Path, judge: Judge) -> None:
    _export(corpus / name, work / "folder", form=Form.FOLDER)
    layout = judges.Layout(work / "folder", work)
    judges.skopeo_oci(judge("skopeo"), layout, work)
    judges.skopeo_nested(judge("skopeo"), layout, work)
    judges.umoci_unpack(judge("umoci"), layout, work)
    judges.image_tool(judge("oci-image-tool"), layout)
    listed = judges.run(judge("umoci"), "list", "--layout", work / "folder").split()
    assert set(listed) == {entry["annotations"][judges.REF] for entry in layout.index if _has_ref(entry)}


def _has_ref(entry: dict[str, Any]) -> bool:
    return judges.REF in entry.get("annotations", {})


@pytest.mark.parametrize("form", [Form.TAR_GZ, Form.TAR_ZST])
def test_a_compressed_tar(form: Form, corpus: Path, work: Path, judge: Judge) -> None:
    """skopeo reads compressed archives of both kinds, whatever their names."""
    source = corpus / "skopeo-1.22-oci-archive-rich.tar"
    _export(source, work / "plain.tar")
    _export(source, work / "packed", form=form)
    raw = [
        judges.run(judge("skopeo"), "inspect", "--raw", f"oci-archive:{work / name}")
        for name in ("plain.tar", "packed")
    ]
    assert raw[0] == raw[1]


def test_a_merged_and_edited_archive(corpus: Path, work: Path, judge: Judge) -> None:
    """Three writers in one archive, with another label, an annotation, and without attestations."""
    sources = ("docker-20.10-vfs-bk-rich.tar", "buildx-0.29-oci-sbom.tar", "podman-5.8-multi.tar")
    options = ExportOptions(
        labels={"judged": "yes"}, annotations=(Annotation("a", "b"), Annotation("c", "d", "index")), attestations=False
    )
    target = work / "export.tar"
    with ExitStack() as stack:
        first, *others = [stack.enter_context(open_archive(corpus / name)) for name in sources]
        assert export_archive(plan_export(first, options, others=others), target).verified
    layout = judges.Layout(target, work)
    assert judges.skopeo_oci(judge("skopeo"), layout, work) > len(sources)
    assert judges.skopeo_docker(judge("skopeo"), target, work) >= len(sources)
    assert judges.umoci_unpack(judge("umoci"), layout, work) > len(sources)
    for _, manifest in layout.images():
        assert layout.blob(manifest["config"]["digest"])["config"]["Labels"]["judged"] == "yes"
        assert manifest["annotations"]["a"] == "b"


def test_platforms_of_one_name_from_two_archives(corpus: Path, work: Path, judge: Judge) -> None:
    """Split by platform, then merged: skopeo finds each in the one index that the name leads to."""
    source, parts = corpus / "docker-28.5-containerd-multiplatform.tar", [work / "amd64.tar", work / "arm64.tar"]
    for part in parts:
        _export(source, part, platforms=(f"linux/{part.stem}",))
    with ExitStack() as stack:
        first, second = [stack.enter_context(open_archive(part)) for part in parts]
        assert export_archive(plan_export(first, others=(second,)), work / "export.tar").verified
    layout = judges.Layout(work / "export.tar", work)
    assert len(layout.index) == 1
    assert judges.skopeo_oci(judge("skopeo"), layout, work) == 2
    judges.skopeo_nested(judge("skopeo"), layout, work)
    assert judges.skopeo_docker(judge("skopeo"), work / "export.tar", work) == 1
    assert judges.umoci_unpack(judge("umoci"), layout, work) == 2
    judges.image_tool(judge("oci-image-tool"), layout)


@pytest.mark.parametrize("preset", [Preset.DOCKER_COMPATIBLE, Preset.STRICT_OCI])
@pytest.mark.parametrize("artifact", [False, True], ids=["old form", "new form"])
def test_a_platform_of_an_attested_image_loads_without_a_name(
    artifact: bool, preset: Preset, work: Path, judge: Judge, podman: Callable[..., str]
) -> None:
    """Also one that this machine does not run: attestations go with the index that listed them."""
    blobs, children = Blobs(), []
    for seed in ("amd64", "arm64"):
        spec = image("docker.io/library/app:1", architecture=seed, seed=seed)
        manifest = blobs.put_image(spec)
        children += [
            descriptor(manifest, OCI_MANIFEST, platform=spec.platform), attestation(blobs, manifest, artifact=artifact)
        ]  # fmt: skip
    index = blobs.put(compact({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children}))
    top = descriptor(index, OCI_INDEX, annotations={IMAGE_NAME: "docker.io/library/app:1", REF_NAME: "1"})
    layout(blobs, index_json([top])).write(work / "source.tar")
    for seed in ("amd64", "arm64"):
        target = work / f"{seed}.tar"
        _export(work / "source.tar", target, platforms=(f"linux/{seed}",), preset=preset)
        judges.run(
            judge("skopeo"), "--insecure-policy", "copy", "--quiet", f"oci-archive:{target}", f"dir:{work}/{seed}"
        )
        (work / f"{seed}-view").mkdir()
        found = judges.Layout(target, work / f"{seed}-view")
        judges.run(judge("umoci"), "unpack", "--rootless", "--image", f"{found.folder}:1", work / f"{seed}-bundle")
        podman("load", "-i", target)


REFUSED = ("rootfs", "truncated", "cpio", ".zip", "v2s1")
"""What cannot be exported at all, by a part of its name: no image archives, damaged ones, schema 1."""


@pytest.mark.corpus_full
@pytest.mark.parametrize("preset", list(Preset), ids=str)
def test_every_archive(preset: Preset, archive_path: Path, work: Path, judge: Judge) -> None:
    encrypted = preset is Preset.CLASSIC_DOCKER and "encrypted" in archive_path.name
    if encrypted or any(word in archive_path.name for word in REFUSED):
        with pytest.raises(InspectorError):
            _export(archive_path, work / "export.tar", preset=preset)
        return
    _judge(archive_path, work, judge, preset=preset)


@pytest.fixture
def podman(judge: Judge) -> Iterator[Callable[..., str]]:
    """podman with a store of its own; skipped where it cannot run at all (no user namespaces, no vfs)."""
    tool = judge("podman")
    folder = Path(tempfile.mkdtemp(prefix="p", dir="/tmp"))  # podman takes 50 characters at most
    command = [tool, "--root", folder / "store", "--runroot", folder / "run", "--storage-driver", "vfs"]
    done = subprocess.run(
        [str(part) for part in (*command, "images")], capture_output=True, text=True, check=False, timeout=60
    )
    try:
        if done.returncode:
            pytest.skip(f"podman cannot run here: {done.stderr[-200:]}")
        yield lambda *arguments: judges.run(*command, *arguments)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize(
    ("name", "loaded"),
    [
        ("docker-20.10-vfs-save.tar", {"docker.io/corpus/small:1"}),
        (
            "docker-28.5-vfs-multi.tar",
            {"localhost/corpus/small:1", "localhost/corpus/one:1", "localhost/corpus/imported:1"},
        ),
        ("docker-28.5-containerd-multiplatform.tar", {"docker.io/corpus/multi:1"}),
        ("skopeo-1.22-oci-archive-rich.tar", {"docker.io/corpus/rich:1"}),
    ],
)
def test_podman_loads_it_under_its_name(
    name: str, loaded: set[str], corpus: Path, work: Path, podman: Callable[..., str]
) -> None:
    _export(corpus / name, work / "export.tar")
    podman("load", "-i", work / "export.tar")
    assert loaded <= set(podman("images", "--format", "{{.Repository}}:{{.Tag}}").split())
