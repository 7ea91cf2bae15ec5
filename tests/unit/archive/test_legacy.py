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
