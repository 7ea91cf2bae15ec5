"""Choosing an image by name as typed, digest, and platform."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.archive.image import ImageArchive, NodeKind
from inspector.archive.select import select_image
from inspector.errors import UsageError
from tests.builders import Blobs, containerd, descriptor, digest, docker_24, image, index_json, layout, umoci
from tests.builders.images import OCI_MANIFEST

AMD = image("docker.io/library/alpine:3.20")
ARM = image("docker.io/library/alpine:3.20", seed="arm", architecture="arm64", variant="v8")
APP = image("example.com:5000/team/app:v2", seed="app")


@pytest.fixture
def multi(tmp_path: Path) -> Iterator[ImageArchive]:
    with open_archive(containerd([AMD, ARM], nested=True, attested=True).write(tmp_path / "multi.tar")) as archive:
        yield archive


@pytest.fixture
def several(tmp_path: Path) -> Iterator[ImageArchive]:
    with open_archive(docker_24([AMD, APP]).write(tmp_path / "several.tar")) as archive:
        yield archive


@pytest.mark.parametrize("asked", ["alpine:3.20", "docker.io/library/alpine:3.20", "library/alpine:3.20"])
def test_by_name_as_typed(asked: str, several: ImageArchive) -> None:
    assert select_image(several, asked, None).config_digest == digest(AMD.config)


def test_by_digest(several: ImageArchive, multi: ImageArchive) -> None:
    assert select_image(several, digest(APP.config), None).names == APP.names
    assert select_image(several, APP.config_hex[:12], None).names == APP.names
    assert select_image(multi, digest(ARM.manifest()), None).config_digest == digest(ARM.config)


def test_by_platform(multi: ImageArchive) -> None:
    assert select_image(multi, None, "linux/arm64").config_digest == digest(ARM.config)
    assert select_image(multi, "alpine:3.20", "linux/amd64").config_digest == digest(AMD.config)
    index = multi.images[0].path[0]
    assert select_image(multi, index, "linux/amd64").config_digest == digest(AMD.config)


def test_an_attestation_is_chosen_by_digest_only(multi: ImageArchive) -> None:
    attestation = next(found for found in multi.images if found.kind is NodeKind.ATTESTATION)
    assert select_image(multi, attestation.manifest_digest, None) is attestation


def test_a_single_image_needs_no_name(tmp_path: Path) -> None:
    with open_archive(docker_24([AMD]).write(tmp_path / "one.tar")) as archive:
        assert select_image(archive, None, None).names == AMD.names


def test_by_bare_ref_name(tmp_path: Path) -> None:
    with open_archive(umoci({"base": AMD, "odd": APP}).write(tmp_path / "umoci.tar")) as archive:
        assert select_image(archive, "odd", None).config_digest == digest(APP.config)


def test_errors_list_the_candidates(several: ImageArchive, multi: ImageArchive) -> None:
    with pytest.raises(UsageError, match=r"2 images to choose from.*alpine:3\.20.*team/app:v2"):
        select_image(several, None, None)
    with pytest.raises(UsageError, match=r"No image nothing:1.*alpine:3\.20"):
        select_image(several, "nothing:1", None)
    with pytest.raises(UsageError, match=r"linux/s390x"):
        select_image(multi, None, "linux/s390x")
    with pytest.raises(UsageError, match=r"platform"):
        select_image(multi, None, "nonsense")
    with pytest.raises(UsageError, match=r"linux/amd64.*linux/arm64/v8"):
        select_image(multi, "alpine:3.20", None)


def test_by_a_digest_of_another_algorithm(tmp_path: Path) -> None:
    long = hashlib.sha512(AMD.manifest()).hexdigest()
    blobs = Blobs()
    entry = descriptor(blobs.put_image(AMD), OCI_MANIFEST) | {"digest": f"sha512:{long}"}
    short = hashlib.sha256(AMD.manifest()).hexdigest()
    bundle = layout(blobs, index_json([entry])).renamed(lambda name: name.replace(f"sha256/{short}", f"sha512/{long}"))
    with open_archive(bundle.write(tmp_path / "long.tar", tar_format=tarfile.PAX_FORMAT)) as archive:
        assert select_image(archive, f"sha512:{long}", None).config_digest == digest(AMD.config)
        assert select_image(archive, long[:12], None).config_digest == digest(AMD.config)
