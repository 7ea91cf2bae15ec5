"""The config that is made for an image of Docker up to 1.9."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.archive.legacy import synthesise_config
from inspector.oci.config import ImageConfig
from inspector.oci.digest import Digest
from inspector.oci.document import parse_document
from tests.builders import docker_19, image
from tests.builders.images import CREATED

APP = image("docker.io/library/app:1")


def test_config_of_a_v1_chain(tmp_path: Path) -> None:
    with open_archive(docker_19([APP]).write(tmp_path / "old.tar")) as archive:
        diff_ids = [Digest.parse(diff_id) for diff_id in APP.diff_ids]
        raw = synthesise_config(archive, archive.images[0], diff_ids)
        value = json.loads(raw)
        assert list(value) == sorted(value)
        assert raw == json.dumps(value, separators=(",", ":")).encode()
        assert value["rootfs"] == {"type": "layers", "diff_ids": APP.diff_ids}
        assert value["os"] == "linux"
        assert value["architecture"] == "amd64"
        assert not {"id", "parent", "Size", "throwaway"} & set(value)
        assert value["history"] == [
            {"created": CREATED, "created_by": f"/bin/sh -c #(nop) COPY layer{number} /"} for number in (1, 2)
        ]
        config, findings = ImageConfig.parse(parse_document(raw, "config"))
        assert findings == ()
        assert list(config.diff_ids) == diff_ids
        with pytest.raises(ValueError, match="2 layers need 2 diffIDs, not 1"):
            synthesise_config(archive, archive.images[0], diff_ids[:1])


def test_a_value_of_another_type_does_not_get_into_the_config(tmp_path: Path) -> None:
    """Found by tests/fuzz: `"os": 0.5` was taken over, and no loader could decode the new config."""
    bundle = docker_19([APP])
    name = f"{APP.v1_ids[-1]}/json"
    wrong = json.loads(bundle.data(name)) | {"os": 0.5, "architecture": [], "created": 7, "author": {"a": 1}}
    path = bundle.replacing(name, json.dumps(wrong).encode()).write(tmp_path / "old.tar")
    with open_archive(path) as archive:
        raw = synthesise_config(archive, archive.images[0], [Digest.parse(one) for one in APP.diff_ids])
    value = json.loads(raw)
    assert (value["os"], value["architecture"]) == ("linux", "amd64")
    assert value["history"][-1]["created"] == "0001-01-01T00:00:00Z"
    assert "author" not in value["history"][-1]
