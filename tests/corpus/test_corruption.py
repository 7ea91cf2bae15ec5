"""Every blob of ten real archives is flipped, cut and swapped: told each time, in its place, and never blessed by an export."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.conformance.check import check_archive
from inspector.errors import ArchiveError, InspectorError
from inspector.export import disk
from inspector.export.options import ExportOptions
from inspector.export.plan import plan_export
from inspector.export.repairs import ALL
from inspector.export.writer import export_archive
from inspector.findings import Severity

ARCHIVES = (
    "docker-20.10-vfs-multi.tar",
    "docker-28.5-vfs-save.tar",
    "docker-28.5-containerd-multi.tar",
    "podman-5.8-multi.tar",
    "skopeo-1.22-oci-archive-fulltag.tar",
    "buildx-0.29-oci.tar",
    "buildx-0.29-oci-zstd.tar",
    "crane-pull-tarball.tar",
    "ctr-2.1-export.tar",
    "umoci-0.6.0-layout.tar",
)
NO_BLOBS = ("index.json", "manifest.json", "oci-layout", "repositories", "version", "VERSION", "json")
"""Files that no digest vouches for."""
EVERY = dict.fromkeys(ALL, True)

Member = tuple[tarfile.TarInfo, bytes]


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "sync", lambda _descriptor: None)
    monkeypatch.setattr(disk, "sync_folder", lambda _folder: None)


def read(path: Path) -> list[Member]:
    with tarfile.open(path, "r:") as tar:
        found = []
        for info in tar.getmembers():
            file = tar.extractfile(info) if info.isfile() else None
            found.append((info, file.read() if file is not None else b""))
        return found


def write(path: Path, members: list[Member], changed: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:", format=tarfile.PAX_FORMAT) as tar:
        for info, stored in members:
            data = changed.get(info.name, stored)
            copy = tarfile.TarInfo(info.name)
            copy.type, copy.linkname, copy.mode, copy.size = info.type, info.linkname, info.mode, len(data)
            tar.addfile(copy, io.BytesIO(data))


def damages(blobs: dict[str, bytes]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Each blob flipped and cut, and each swapped with the next one; with what to look for."""
    for name, data in blobs.items():
        middle = len(data) // 2
        yield name, {name: data[:middle] + bytes((data[middle] ^ 1,)) + data[middle + 1 :]}
        yield name, {name: data[:middle]}
    for (one, first), (other, second) in pairwise(blobs.items()):
        if first != second:
            yield one, {one: second, other: first}


def told(path: Path, wanted: str) -> bool:
    """Whether an error names the damaged member: by its name, or by the digest that is its name."""
    encoded = wanted.rpartition("/")[2].removeprefix("sha256:").partition(".")[0]
    try:
        with open_archive(path) as archive:
            found = check_archive(archive, deep=True).findings
    except ArchiveError as error:
        return wanted in f"{error} {error.subject}"
    places = [finding.where for finding in found if finding.severity is Severity.ERROR]
    return any(where.object == wanted or (where.digest or "").endswith(encoded) for where in places)


def blessed(source: Path, target: Path, changed: dict[str, bytes], kept: set[bytes]) -> list[str]:
    """Files of an export, with every repair, that hold damaged bytes. An export that refuses blesses nothing."""
    target.unlink(missing_ok=True)
    try:
        with open_archive(source) as archive:
            export_archive(plan_export(archive, ExportOptions(repairs=EVERY)), target)
    except InspectorError:
        assert not target.exists()
        return []
    damaged = {hashlib.sha256(data).digest() for data in changed.values()} - kept
    return [info.name for info, data in read(target) if hashlib.sha256(data).digest() in damaged]


@pytest.mark.parametrize("name", ARCHIVES)
def test_damage_is_told_and_never_blessed(name: str, corpus: Path, tmp_path: Path) -> None:
    members = read(corpus / name)
    kept = {hashlib.sha256(data).digest() for _, data in members}
    blobs = {i.name: d for i, d in members if i.isfile() and d and i.name.rpartition("/")[2] not in NO_BLOBS}
    assert len(blobs) >= 3
    source, target = tmp_path / "damaged.tar", tmp_path / "out.tar"
    missed, wrong, count = [], [], 0
    for wanted, changed in damages(blobs):
        write(source, members, changed)
        count += 1
        missed += [wanted] if not told(source, wanted) else []
        # Swapped blobs are whole, so only a flipped or cut one is damage that could get a digest of its own.
        wrong += blessed(source, target, changed, kept)
    assert count >= 3 * len(blobs) - 2
    assert missed == []
    assert wrong == []
