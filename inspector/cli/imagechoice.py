"""Which image of an archive, and which layer of it, a command line means; the options of `files`, `cat` and `extract`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.archive.image import Image, Layer


def add_file(parser: argparse.ArgumentParser) -> None:
    """FILE, the archive."""
    parser.add_argument("file", metavar="FILE", help="an image archive, or a layout folder")


def add_image(parser: argparse.ArgumentParser) -> None:
    """`--image` and `--platform`, which `archive/select.py` understands."""
    parser.add_argument("--image", metavar="NAME|DIGEST", help="the image, if there are several")
    parser.add_argument("--platform", metavar="OS/ARCH", help="the platform, if there are several: linux/arm64")


def add_layer_or_merged(parser: argparse.ArgumentParser) -> None:
    """`--layer`, which `find_layer` understands, or `--merged`, which is the default and only says so."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--layer", metavar="N|DIGEST", help="one layer: 1 is the base; or its digest or diffID")
    what.add_argument("--merged", action="store_true", help="the file system that all layers make (the default)")


def find_layer(image: Image, asked: str) -> Layer:
    """The layer with that number, from 1, or with a digest or diffID that starts like `asked`; else `UsageError`."""
    from inspector.errors import UsageError

    count = len(image.layers)
    if asked.isascii() and asked.isdecimal() and len(asked) < 6:
        if 1 <= int(asked) <= count:
            return image.layers[int(asked) - 1]
        raise UsageError(f"No layer {asked}", f"The image has {count} layers, numbered from 1 (the base).")
    start = asked.removeprefix("sha256:").lower()
    found = [
        layer
        for layer in image.layers
        if start and any(d is not None and d.encoded.startswith(start) for d in (layer.digest, layer.diff_id))
    ]
    # Several layers of an image may be the same blob: any of them will do.
    if not found or len({layer.blob for layer in found}) > 1:
        known = ", ".join(f"{layer.number}: {layer.digest or layer.diff_id}" for layer in image.layers[:20])
        raise UsageError(f"{'Several layers' if found else 'No layer'} {asked}", f"The layers are {known or 'none'}.")
    return found[0]
