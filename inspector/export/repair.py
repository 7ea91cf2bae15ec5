"""What is wrong with a stored manifest and can be put right from the archive itself (formats.md section E)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.archive.compression import Compression
from inspector.archive.image import Image

if TYPE_CHECKING:
    from inspector.export.contents import Contents


def has_misplaced_platform(contents: Contents, image: Image) -> bool:
    """DESC-13 in a manifest that docker save made on the spot (25.0.0 to 25.0.5, 26.0.0).

    A manifest that came from a registry is left alone: others may have signed it. It is told by compressed layers,
    which the graph driver never has, and by manifest.json, where only the graph driver writes LayerSources for plain ones.
    """
    config, entry = image.config_descriptor, contents.docker_entry(image)
    if config is None or config.platform is None or len(image.path) != 1 or entry is None or not entry.layer_sources:
        return False
    return all(layer.blob is None or layer.blob.compression is Compression.NONE for layer in image.layers)
