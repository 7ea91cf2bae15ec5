"""What an export says of diffIDs: compared where that costs nothing, and never called right unseen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inspector.archive.detect import open_archive
from inspector.cli import main
from inspector.errors import BlobMismatch
from inspector.export.options import ExportOptions, Preset
from inspector.export.plan import plan_export
from inspector.export.planned import DiffIds
from inspector.export.writer import export_archive
from inspector.layers.listing import list_layer
from tests.builders import Bundle, docker_25, image, skopeo_oci
from tests.builders.images import ImageSpec

WRONG = "sha256:" + "0" * 64


def lying(spec: ImageSpec) -> ImageSpec:
    """`spec` with a config whose first diffID is that of no layer."""
    spec.__dict__["diff_ids"] = [WRONG, *spec.diff_ids[1:]]
    return spec


def export(bundle: Bundle, folder: Path, *, listed: bool = False, **options: Any) -> tuple[DiffIds, tuple[str, ...]]:
    with open_archive(bundle.write(folder / "source.tar")) as archive:
        for layer in archive.images[0].layers if listed else ():
            assert layer.blob is not None
            list_layer(layer.blob)
        plan = plan_export(archive, ExportOptions(**options))
        done = export_archive(plan, folder / "out.tar", overwrite=True)
    assert done.verified
    return done.diff_ids, done.notes


@pytest.mark.parametrize("preset", [Preset.DOCKER_COMPATIBLE, Preset.STRICT_OCI])
def test_plain_layers_are_compared(tmp_path: Path, preset: Preset) -> None:
    found, notes = export(docker_25([lying(image())], "28.5.2"), tmp_path, preset=preset)
    assert (found.matching, len(found.wrong), found.not_compared) == (1, 1, 0)
    assert found.sentence() == "diffIDs: 1 matches, 1 does not match"
    assert "1 layer" in notes[0]
    assert "not what the diffID in the config says" in notes[0]


def test_compressed_layers_are_compared_if_they_were_read(tmp_path: Path) -> None:
    bundle = skopeo_oci(lying(image()))
    found, notes = export(bundle, tmp_path)
    assert found == DiffIds(not_compared=2)
    assert not any("diffID" in note for note in notes)
    found, notes = export(bundle, tmp_path, listed=True)
    assert (found.matching, len(found.wrong), found.not_compared) == (1, 1, 0)
    assert any("not what the diffID" in note for note in notes)


@pytest.mark.parametrize("options", [{"compression": "zstd"}, {"preset": Preset.CLASSIC_DOCKER}])
def test_layers_that_are_inflated_match_or_nothing_is_written(tmp_path: Path, options: dict[str, Any]) -> None:
    found, _ = export(skopeo_oci(image()), tmp_path, **options)
    assert found == DiffIds(matching=2)
    with pytest.raises(BlobMismatch):
        export(skopeo_oci(lying(image())), tmp_path, **options)


def test_an_image_without_layers_says_nothing(tmp_path: Path) -> None:
    found, _ = export(skopeo_oci(ImageSpec(())), tmp_path)
    assert found.sentence() == ""


def test_it_is_told_in_text_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = docker_25([lying(image())], "28.5.2").write(tmp_path / "source.tar")
    assert main(["export", str(source), str(tmp_path / "out.tar")]) == 0
    assert "  diffIDs: 1 matches, 1 does not match\n" in capsys.readouterr().out
    assert main(["export", str(source), str(tmp_path / "out.tar"), "--force", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["verified"]
    assert told["diff_ids"]["matching"] == 1
    assert [digest.partition(":")[0] for digest in told["diff_ids"]["wrong"]] == ["sha256"]
