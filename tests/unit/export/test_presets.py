"""For a registry push, and smallest: which layers they compress, what they leave alone, what contradicts them."""

from __future__ import annotations

import gzip

import pytest

from inspector.errors import UsageError
from inspector.export.options import Annotation, ExportOptions, Form, Preset
from inspector.oci import mediatype
from tests.builders import containerd, docker_24, image, skopeo_oci
from tests.unit.export.conftest import Export


def _types(written: object) -> list[str]:
    return [layer["mediaType"] for layer in written.manifest()["layers"]]  # type: ignore[attr-defined]


def test_for_push_compresses_plain_layers_and_writes_no_manifest_json(export: Export) -> None:
    spec = image("docker.io/library/app:1")
    written = export(docker_24([spec]), preset=Preset.FOR_PUSH)
    assert "manifest.json" not in written.files
    assert set(_types(written)) == {mediatype.OCI_LAYER_GZIP}
    plain = [gzip.decompress(written.blob(layer["digest"])) for layer in written.manifest()["layers"]]
    assert len(plain) == len(spec.tars)


def test_for_push_keeps_layers_that_are_gzip_already(export: Export) -> None:
    written = export(skopeo_oci(image("docker.io/library/app:1")), preset=Preset.FOR_PUSH)
    assert all(change.action == "kept" for change in written.result.changes if change.object.startswith("layer"))
    assert written.result.images[0].kept


def test_for_push_always_converts_docker_types(export: Export) -> None:
    written = export(
        containerd([image("docker.io/library/app:1")], docker=True),
        preset=Preset.FOR_PUSH,
        convert_docker=False,
    )
    assert written.manifest()["mediaType"] == mediatype.OCI_MANIFEST


def test_smallest_is_zstd_whatever_it_was(export: Export) -> None:
    spec = image("docker.io/library/app:1")
    for bundle in (docker_24([spec]), skopeo_oci(spec)):
        written = export(bundle, preset=Preset.SMALLEST)
        assert set(_types(written)) == {mediatype.OCI_LAYER_ZSTD}
        assert "manifest.json" not in written.files


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"preset": "for-push", "compression": "none"}, "compressed"),
        ({"preset": "smallest", "compression": "gzip"}, "zstd"),
        ({"preset": "classic-docker", "compression": "gzip"}, "plain"),
        ({"preset": "for-push", "level": 12}, "no such level"),
        ({"level": 3}, "needs a compression"),
        ({"add_names": (("app:1", "No Name"),)}, "no image name"),
        ({"annotations": (Annotation("", "x"),)}, "needs a key"),
        ({"annotations": (Annotation("a", "x"), Annotation("a", "y"))}, "twice"),
        ({"annotations": (Annotation("a", "x", "layer"),)}, "no such place"),
        ({"annotations": (Annotation("a", "x"),), "preset": "classic-docker"}, "no annotations"),
        ({"labels": {"": "x"}}, "needs a key"),
    ],
)
def test_choices_that_contradict_each_other(options: dict[str, object], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        ExportOptions(**options).check()  # type: ignore[arg-type]


def test_words_become_values_and_wrong_ones_are_told() -> None:
    assert ExportOptions(form="tar.zst").form is Form.TAR_ZST  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no such form"):
        ExportOptions(form="zip")  # type: ignore[arg-type]
    assert (
        ExportOptions(preset=Preset.FOR_PUSH, level=9).encoding()
        == ExportOptions(compression="gzip", level=9).encoding()
    )
