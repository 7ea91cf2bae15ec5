from __future__ import annotations

from pathlib import Path

import pytest

from inspector.archive.blobstore import BlobState
from inspector.archive.detect import open_archive
from inspector.archive.image import ImageArchive, NodeKind
from inspector.errors import BlobMissing, LayerError
from inspector.layers.stack import list_image, list_image_layer
from inspector.oci.digest import Digest
from tests.builders import Bundle, buildx_oci, compress, containerd
from tests.builders.images import ImageSpec, layer_tar

LOW = layer_tar({"etc/": b"", "etc/a": b"a", "etc/b": b"b"})
HIGH = layer_tar({"etc/.wh.a": b"", "etc/c": b"c"})
SPEC = ImageSpec((LOW, HIGH))


def opened(bundle: Bundle, folder: Path) -> ImageArchive:
    path = folder / "app.tar"
    path.write_bytes(bundle.tar())
    return open_archive(path)


def test_every_layer_is_listed_and_its_digests_recorded(tmp_path: Path) -> None:
    with opened(containerd([SPEC]), tmp_path) as archive:
        (only,) = archive.images
        found = list_image(only)
        assert found.complete
        assert [len(listing) for listing in found.listings] == [3, 2]
        assert [listing.diff_id for listing in found.listings] == [Digest.of(LOW), Digest.of(HIGH)]
        assert all(layer.blob is not None and layer.blob.state is BlobState.VERIFIED for layer in only.layers)
        assert not any(listing.findings for listing in found.listings)
        assert len(list_image(only, up_to=1).listings) == 1


def test_layers_that_share_a_blob_share_a_listing(tmp_path: Path) -> None:
    with opened(containerd([ImageSpec((LOW, HIGH, LOW))]), tmp_path) as archive:
        told: list[int] = []
        found = list_image(archive.images[0], on_layer=lambda number, _listing: told.append(number))
        assert found.listings[0] is found.listings[2]
        assert told == [1, 2, 3]


def test_a_layer_that_is_absent_or_damaged_does_not_stop_the_others(tmp_path: Path) -> None:
    blob = f"blobs/sha256/{Digest.of(compress(LOW, 'gzip')).encoded}"
    with opened(containerd([SPEC]).without(blob), tmp_path) as archive:
        found = list_image(archive.images[0])
        assert not found.complete
        assert isinstance(found.errors[1], BlobMissing)
        assert [len(listing) for listing in found.listings] == [0, 2]
        with pytest.raises(BlobMissing, match="Layer 1"):
            list_image_layer(archive.images[0].layers[0])


def test_changed_bytes_are_told_with_both_digests(tmp_path: Path) -> None:
    other = compress(layer_tar({"evil": b"x"}), "gzip")
    blob = f"blobs/sha256/{Digest.of(compress(LOW, 'gzip')).encoded}"
    with opened(containerd([SPEC]).replacing(blob, other), tmp_path) as archive:
        layer = archive.images[0].layers[0]
        listing = list_image_layer(layer, archive.images[0])
        findings = {finding.code: finding for finding in listing.findings}
        assert findings["BLOB-1"].found == Digest.of(other)
        assert findings["CONFIG-4"].expected == Digest.of(LOW)
        assert findings["CONFIG-4"].where.pointer == "$.rootfs.diff_ids[0]"
        assert layer.blob is not None
        assert layer.blob.state is BlobState.WRONG


def test_layers_out_of_order_are_told_as_such(tmp_path: Path) -> None:
    turned = ImageSpec((LOW, HIGH), more_config={"rootfs": {"type": "layers", "diff_ids": SPEC.diff_ids[::-1]}})
    with opened(containerd([turned]), tmp_path) as archive:
        found = list_image(archive.images[0])
        assert [finding.code for listing in found.listings for finding in listing.findings] == ["MANIF-5", "MANIF-5"]


def test_an_attestation_holds_no_files(tmp_path: Path) -> None:
    with opened(buildx_oci([SPEC], attested=True), tmp_path) as archive:
        attested = next(image for image in archive.images if image.kind is NodeKind.ATTESTATION)
        with pytest.raises(LayerError, match="in-toto"):
            list_image(attested)
