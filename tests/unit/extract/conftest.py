from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.archive.image import Image, ImageArchive
from tests.builders import buildx_oci
from tests.builders.images import ImageSpec

Opener = Callable[..., Image]


@pytest.fixture
def image_of(tmp_path: Path) -> Iterator[Opener]:
    """`image_of(tar, tar, …)` → an opened image with those layers, base first."""
    opened: list[ImageArchive] = []

    def make(*tars: bytes, compression: str = "gzip") -> Image:
        path = tmp_path / f"image{len(opened)}.tar"
        path.write_bytes(buildx_oci([ImageSpec(tars)], compression=compression).tar())
        archive = open_archive(path)
        opened.append(archive)
        return archive.images[0]

    yield make
    for archive in opened:
        archive.close()


Tree = dict[str, object]


def tree(root: Path) -> Tree:
    """Everything below: path → bytes of a file, None for a folder, "-> target" for a link."""
    found: Tree = {}
    for folder, folders, files in os.walk(os.fsencode(root)):
        for name in folders + files:
            path = os.path.join(folder, name)
            shown = os.fsdecode(os.path.relpath(path, os.fsencode(root)))
            if os.path.islink(path):
                found[shown] = "-> " + os.fsdecode(os.readlink(path))
            elif os.path.isdir(path):
                found[shown] = None
            else:
                with open(path, "rb") as file:
                    found[shown] = file.read()
    return found


@pytest.fixture
def tree_of() -> Callable[[Path], Tree]:
    return tree
