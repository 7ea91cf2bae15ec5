"""Archives described in a few lines, for all tests. They use tarfile and hashlib only, nothing of the program itself.

from tests.builders import docker_25, image
docker_25([image("docker.io/library/app:1")], "25.0.0").write(tmp_path / "app.tar")
"""

from __future__ import annotations

from tests.builders.bundle import NOW, Bundle, Entry, compress, folder, hardlink, header, symlink
from tests.builders.docker import VERSIONS, docker_19, docker_24, docker_25
from tests.builders.images import ImageSpec, compact, descriptor, digest, familiar, image, layer_tar, sha256
from tests.builders.oci import (
    Blobs,
    attestation,
    buildx_oci,
    containerd,
    docker_dir,
    index_json,
    layout,
    multi_platform,
    referrer,
    regctl,
    skopeo_oci,
    umoci,
)
from tests.builders.others import ggcr, jib, kaniko, nix, pack, podman_docker_archive, rules_oci

__all__ = [
    "NOW", "VERSIONS", "Blobs", "Bundle", "Entry", "ImageSpec", "attestation", "buildx_oci", "compact", "compress",
    "containerd", "descriptor", "digest", "docker_19", "docker_24", "docker_25", "docker_dir", "familiar", "folder",
    "ggcr", "hardlink", "header", "image", "index_json", "jib", "kaniko", "layer_tar", "layout", "multi_platform",
    "nix", "pack", "podman_docker_archive", "referrer", "regctl", "rules_oci", "sha256", "skopeo_oci", "symlink", "umoci",
]  # fmt: skip
