"""Any image of any writer, exported in any way, is valid: no error of any rule, every file of it as it was."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.archive.detect import open_archive
from inspector.archive.image import ImageArchive
from inspector.conformance.check import check_archive
from inspector.export import disk
from inspector.export.options import ExportOptions, Form, Preset
from inspector.export.plan import plan_export
from inspector.export.writer import export_archive
from inspector.findings import Severity
from inspector.layers.merged import merge
from inspector.layers.stack import list_image
from tests.builders import (
    Bundle,
    ImageSpec,
    buildx_oci,
    docker_19,
    docker_24,
    docker_25,
    layer_tar,
    podman_docker_archive,
    skopeo_oci,
    umoci,
)

NAMES = st.text("ab.-é", min_size=1, max_size=4).filter(lambda name: name not in (".", ".."))
TREES = st.dictionaries(st.lists(NAMES, min_size=1, max_size=2).map("/".join), st.binary(max_size=300), max_size=5)
LAYERS = st.lists(TREES.map(layer_tar), min_size=1, max_size=4).map(tuple)
WRITERS: list[Callable[[ImageSpec], Bundle]] = [
    lambda spec: docker_19([spec]),
    lambda spec: docker_24([spec]),
    lambda spec: docker_25([spec]),
    lambda spec: podman_docker_archive([spec]),
    lambda spec: buildx_oci([spec]),
    lambda spec: buildx_oci([spec], compression="zstd"),
    lambda spec: skopeo_oci(spec),
    lambda spec: umoci({"latest": spec}),
]
WAYS = st.sampled_from(
    [
        *(ExportOptions(preset=preset) for preset in Preset),
        *(ExportOptions(compression=how) for how in ("none", "gzip", "zstd")),
        ExportOptions(form=Form.FOLDER), ExportOptions(form=Form.TAR_GZ), ExportOptions(convert_docker=True),
    ]
)  # fmt: skip


def files(archive: ImageArchive) -> list[tuple[bytes, int, int]]:
    """What a container would see: path, type, size."""
    merged = merge(list_image(archive.images[0]).listings)
    found = []
    for row in range(len(merged)):
        layer, entry = merged.content_of(row)
        listing = merged.listings[layer]
        found.append((merged.paths[row], listing.types[entry], listing.sizes[entry]))
    return found


def errors(archive: ImageArchive) -> list[str]:
    found = check_archive(archive, deep=True).findings
    return sorted({finding.code for finding in found if finding.severity is Severity.ERROR})


@settings(max_examples=30)
@given(LAYERS, st.sampled_from(WRITERS), WAYS)
def test_what_is_written_is_valid(
    tars: tuple[bytes, ...], writer: Callable[[ImageSpec], Bundle], options: ExportOptions
) -> None:
    quick = mock.patch.object(disk, "sync")  # of the disk's patience there are other tests
    with tempfile.TemporaryDirectory() as private, quick:
        source = writer(ImageSpec(tars, ("docker.io/library/app:1",))).write(Path(private) / "in.tar")
        target = Path(private) / "out"
        with open_archive(source) as archive:
            assert export_archive(plan_export(archive, options), target).verified
            with open_archive(target) as exported:
                if errors(archive) == []:  # two equal names are an error of the layer itself
                    assert errors(exported) == []
                assert files(exported) == files(archive)
                for before, after in zip(archive.images[0].layers, exported.images[0].layers, strict=True):
                    assert before.diff_id in (None, after.diff_id)  # the oldest docker save states none
