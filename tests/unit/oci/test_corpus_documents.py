"""Documents that real tools wrote: nothing is wrongly complained about, Go's come out byte for byte."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.findings import Finding
from inspector.oci.config import ImageConfig
from inspector.oci.docker import V1Image, parse_manifest_json, parse_repositories
from inspector.oci.document import Document, compact_json, parse_document
from inspector.oci.index import ImageIndex
from inspector.oci.layout import parse_oci_layout
from inspector.oci.manifest import ImageManifest

NAMES = [
    "docker-20.10-vfs-multi.tar",
    "docker-28.5-vfs-save.tar",
    "docker-28.5-containerd-multiplatform.tar",
    "buildx-0.29-oci-annotations-multi.tar",
    "podman-5.8-docker-archive-rich.tar",
    "podman-5.8-oci-archive-rich.tar",
    "crane-pull-tarball.tar",
    "ctr-2.1-export-rich.tar",
    "oras-1.3-artifacts.tar",
    "umoci-0.6.0-layout.tar",
    "cosign-3.1-save.tar",
]


def documents(archive: Path) -> Iterator[Document]:
    with tarfile.open(archive) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() and member.size < 1024 * 1024 else None
            raw = content.read() if content is not None else b""
            if raw[:1] in (b"{", b"["):
                yield parse_document(raw, member.name)


def findings(document: Document) -> tuple[Finding, ...]:
    value = document.value
    if isinstance(value, list):
        return parse_manifest_json(document)[1]
    assert isinstance(value, dict)
    if document.name == "oci-layout":
        return parse_oci_layout(document)[1]
    if document.name == "repositories":
        return parse_repositories(document)[1]
    if "manifests" in value:
        return ImageIndex.parse(document)[1]
    if "layers" in value:
        return ImageManifest.parse(document)[1]
    if "rootfs" in value:
        return ImageConfig.parse(document)[1]
    return V1Image.parse(document)[1] if document.name.endswith("/json") else ()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wrong_with_what_real_tools_write(corpus: Path, name: str) -> None:
    seen = list(documents(corpus / name))
    assert seen
    assert [finding for document in seen for finding in (*document.findings, *findings(document))] == []


@pytest.mark.parametrize(
    "name", ["docker-28.5-vfs-save.tar", "ctr-2.1-export-rich.tar", "podman-5.8-oci-archive-rich.tar"]
)
def test_documents_written_by_go_come_out_byte_for_byte(corpus: Path, name: str) -> None:
    compact = [document for document in documents(corpus / name) if b"\n " not in document.raw]
    written = [document for document in compact if document.name != "oci-layout"]
    assert len(written) >= 3
    for document in written:
        assert compact_json(document.value) == document.raw.rstrip(b"\n"), document.name


def test_an_image_without_layers_in_dockers_containerd_store(corpus: Path) -> None:
    found = [
        (finding.code, finding.where.pointer, finding.found)
        for document in documents(corpus / "docker-28.5-containerd-empty.tar")
        for finding in findings(document)
    ]
    assert sorted(found) == [("CONFIG-3", "$.rootfs.diff_ids", "null"), ("MANIF-4", "$.layers", "null")]
