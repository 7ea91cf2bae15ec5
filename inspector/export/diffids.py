"""What an export can say of diffIDs: the digests of uncompressed layers that a config states.

A layer that is copied as it is stored is compared with its own digest. Whether its uncompressed bytes are what the config
says is known of plain layers, of those that were compressed anew or listed since the archive was opened, and of no others:
to inflate every layer would take longer than to copy it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from inspector.archive.compression import Compression
from inspector.archive.image import NodeKind
from inspector.export.planned import DiffIds, Recoded

if TYPE_CHECKING:
    from inspector.export.converted import Converted
    from inspector.export.storedlayers import StoredLayer
    from inspector.oci.digest import Digest


def compared(documents: Iterable[Converted], recoded: Mapping[Digest, Recoded]) -> DiffIds:
    """What is known of every pair of a layer and a diffID, each once."""
    written = {one.digest for one in recoded.values()}
    found: dict[tuple[Digest, Digest], bool | None] = {}
    for done in documents:
        for layer, diff_id in _pairs(done):
            assert layer.digest is not None
            found[layer.digest, diff_id] = _fits(layer, diff_id, written)
    return DiffIds(
        matching=sum(1 for fits in found.values() if fits),
        wrong=tuple(dict.fromkeys(digest for (digest, _), fits in found.items() if fits is False)),
        not_compared=sum(1 for fits in found.values() if fits is None),
    )


def _pairs(done: Converted) -> Iterator[tuple[StoredLayer, Digest]]:
    image = done.image
    config = image.parsed_config if image is not None and image.kind is NodeKind.IMAGE else None
    if config is None or len(config.diff_ids) != len(done.layers):
        return
    for layer, diff_id in zip(done.layers, config.diff_ids, strict=True):
        if layer.digest is not None and layer.blob is not None and diff_id is not None and layer.is_tar:
            yield layer, diff_id


def _fits(layer: StoredLayer, diff_id: Digest, written: set[Digest]) -> bool | None:
    """Whether it is so, None if nobody looked. A layer that is compressed anew is compared then, or nothing is written."""
    blob = layer.blob
    assert blob is not None
    if layer.waiting or layer.digest in written:
        return True
    plain = layer.digest if blob.compression is Compression.NONE else blob.diff_id
    return plain == diff_id if plain is not None and plain.algorithm == diff_id.algorithm else None
