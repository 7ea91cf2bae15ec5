"""What became of one document of the source on its way into the new archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from inspector.archive.image import Image, NodeKind
from inspector.export.storedlayers import StoredLayer
from inspector.oci.digest import Digest

if TYPE_CHECKING:
    from inspector.oci.document import Json


@dataclass(frozen=True, slots=True, eq=False)
class Converted:
    """What became of one document. `digest` and `size` are the new ones; `size` is None for what the source lacks.

    `waiting`: a layer below it is still to be compressed, so `digest` is not the final one. `whys` are codes of
    findings, or words.
    """

    media_type: str
    digest: Digest
    size: int | None
    action: str
    whys: tuple[str, ...] = ()
    waiting: bool = False
    old: Digest | None = None
    old_size: int | None = None
    image: Image | None = None
    config_digest: Digest | None = None
    layers: tuple[StoredLayer, ...] = ()
    is_edited: bool = False
    """The config is another one because a person edited it: the image ID is new."""
    fields: Mapping[str, Json] | None = None
    """Of an index: what the new one says."""

    @property
    def present(self) -> bool:
        return self.size is not None


def is_runnable(done: Converted) -> TypeGuard[Converted]:
    """Whether Docker could load it: an image all of whose layers are tars that the new archive holds, one per diffID."""
    image = done.image
    if image is None or image.kind is not NodeKind.IMAGE or done.config_digest is None:
        return False
    if done.config_digest != image.config_digest and not (image.v1_ids or done.is_edited):
        return False
    config = image.parsed_config
    if not image.v1_ids and (config is None or len(config.diff_ids) != len(done.layers)):
        return False
    return all(layer.digest is not None and layer.is_tar for layer in done.layers)
