"""Documents that only the `data` of their descriptors holds (descriptor.md#properties)."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.cli import main
from inspector.conformance.check import check_archive
from tests.builders import Bundle, ImageSpec, image, sha256, umoci

APP = image("docker.io/library/app:1")


def embedded(spec: ImageSpec = APP, *, wrong: bool = False) -> Bundle:
    """A layout whose manifest is in index.json, in base64, and nowhere else."""
    bundle = umoci({"1": spec})
    index = json.loads(bundle.data("index.json"))
    name = f"blobs/sha256/{index['manifests'][0]['digest'].removeprefix('sha256:')}"
    data = bundle.data(name)
    index["manifests"][0]["data"] = base64.b64encode(data[:-1] + b" " if wrong else data).decode()
    return bundle.without(name).replacing("index.json", json.dumps(index).encode())


def test_a_manifest_in_data_is_read_and_told(tmp_path: Path) -> None:
    with open_archive(embedded().write(tmp_path / "a.tar")) as archive:
        (found,) = archive.images
        assert found.complete
        assert str(found.config_digest) == f"sha256:{sha256(APP.config)}"
        report = check_archive(archive, deep=True)
    assert [f.title for f in report.findings if f.code == "BLOB-6"] == [
        "The OCI image manifest is only in its descriptor's data"
    ]
    verdicts = {loader.loader: loader.verdict for loader in report.loaders}
    assert verdicts["skopeo-oci"] == verdicts["umoci"] == verdicts["containerd"] == "refuses"


def test_data_that_is_something_else_is_not_believed(tmp_path: Path) -> None:
    with open_archive(embedded(wrong=True).write(tmp_path / "a.tar")) as archive:
        assert archive.images == ()
        assert {"BLOB-6", "DESC-8"} <= {f.code for f in check_archive(archive, deep=False).findings}


@pytest.mark.parametrize("preset", ["strict-oci", "docker-compatible", "classic-docker"])
def test_an_export_writes_the_blob(preset: str, tmp_path: Path) -> None:
    source = embedded().write(tmp_path / "a.tar")
    assert main(["export", str(source), str(tmp_path / "out.tar"), "--preset", preset]) == 0
    with open_archive(tmp_path / "out.tar") as archive:
        assert [f for f in check_archive(archive, deep=True).findings if f.severity.word == "error"] == []
        assert [str(found.config_digest) for found in archive.images] == [f"sha256:{sha256(APP.config)}"]
