"""A source that fails, changes or stalls at a chosen read, and the promise that is checked after every fault."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inspector.archive.blobstore import compute_digest
from inspector.archive.detect import open_archive
from inspector.archive.source import Descriptor
from inspector.export.plan import plan_export
from inspector.export.writer import export_archive
from inspector.extract import extract_merged
from inspector.layers.content import open_file, open_layer
from inspector.layers.stack import list_image_layer
from inspector.progress import CancelToken, ignore_progress
from tests.builders import docker_25, image, layer_tar
from tests.builders.images import ImageSpec

OLD = b"the old target"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three layers, one of them of some mebibytes that do not compress."""
    spec = image("docker.io/library/app:1")
    big = layer_tar({"opt/": b"", "opt/big": os.urandom(3 << 20), "opt/small": b"small\n"})
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "out").mkdir()
    return docker_25([ImageSpec((*spec.tars, big), names=spec.names)], "28.5.2").write(folder / "app.tar")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A file that is there already, beside nothing else."""
    path = tmp_path / "out" / "app.oci.tar"
    path.write_bytes(OLD)
    return path


class Reads:
    """Every read of every source file goes through here: counts them, and lets something happen at the Nth."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.at = 0
        self.happens: Callable[[], None] = lambda: None
        real = Descriptor.read

        def read(descriptor: Descriptor, offset: int, length: int) -> bytes:
            self.count += 1
            if self.count == self.at:
                self.happens()
            return real(descriptor, offset, length)

        monkeypatch.setattr(Descriptor, "read", read)

    def watch(self, at: int = 0, happens: Callable[[], None] = lambda: None) -> None:
        """Count from now on; at read number `at`, and only then, `happens`."""
        self.count, self.at, self.happens = 0, at, happens


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    return Reads(monkeypatch)


# ---------------------------------------------------------------- what a person does with an archive


def scan(source: Path, _target: Path) -> None:
    open_archive(source).close()


def listing(source: Path, _target: Path) -> None:
    with open_archive(source) as archive:
        for layer in archive.images[0].layers:
            list_image_layer(layer, archive.images[0])


def verification(source: Path, _target: Path) -> None:
    with open_archive(source) as archive:
        for blob in list(archive.blobs.all()):
            compute_digest(blob, CancelToken(), ignore_progress)


def preview(source: Path, _target: Path) -> None:
    with open_archive(source) as archive:
        layer = archive.images[0].layers[-1]
        listed = list_image_layer(layer, archive.images[0], with_digests=False)
        assert layer.blob is not None
        tar = open_layer(layer.blob, listed)
        content = open_file(tar, listed, listed.paths.index(b"opt/big"))
        for offset in range(0, content.size, 256 << 10):
            content.read_at(offset, min(256 << 10, content.size - offset))


def export(source: Path, target: Path) -> None:
    with open_archive(source) as archive:
        export_archive(plan_export(archive), target, overwrite=True)


def extraction(source: Path, target: Path) -> None:
    with open_archive(source) as archive:
        extract_merged(archive.images[0], target.with_name("files"))


JOBS: dict[str, Callable[[Path, Path], None]] = {
    "scan": scan, "listing": listing, "verification": verification, "preview": preview, "export": export,
    "extraction": extraction,
}  # fmt: skip


def stamp(path: Path) -> tuple[bytes, int, int]:
    """Content and times of a file."""
    status = path.stat()
    return hashlib.sha256(path.read_bytes()).digest(), status.st_mtime_ns, status.st_mode


@contextmanager
def nothing_lost(source: Path, target: Path) -> Iterator[None]:
    """The source is as it was, byte and time; so is the old target; nothing else lies beside it."""
    before, old, names = stamp(source), stamp(target), sorted(os.listdir(target.parent))
    yield
    assert stamp(source) == before
    assert stamp(target) == old
    assert sorted(os.listdir(target.parent)) == names
