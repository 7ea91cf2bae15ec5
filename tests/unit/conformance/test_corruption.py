"""Every blob of archives of every shape is flipped, cut and swapped: a deep check tells each time, and names the right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.conformance.check import Report, check_archive
from inspector.errors import ArchiveError
from inspector.findings import Severity
from tests.builders import (
    Bundle,
    buildx_oci,
    containerd,
    docker_24,
    docker_25,
    docker_dir,
    ggcr,
    image,
    kaniko,
    nix,
    podman_docker_archive,
    rules_oci,
    skopeo_oci,
    umoci,
)
from tests.builders.altered import altered

ONE = image("docker.io/library/app:1", layers=3)
ARCHIVES: dict[str, Callable[[], Bundle]] = {
    "altered": lambda: altered(with_docker=True),
    "altered-zstd": lambda: altered(compression="zstd"),
    "docker-24": lambda: docker_24([ONE]),
    "docker-25": lambda: docker_25([ONE]),
    "containerd": lambda: containerd([ONE]),
    "buildx": lambda: buildx_oci([ONE]),
    "skopeo": lambda: skopeo_oci(ONE),
    "podman": lambda: podman_docker_archive([ONE]),
    "crane": lambda: ggcr([ONE]),
    "kaniko": lambda: kaniko([ONE]),
    "nix": lambda: nix(ONE),
    "rules_oci": lambda: rules_oci(ONE),
    "umoci": lambda: umoci({"1": ONE}),
    "dir": lambda: docker_dir(ONE),
}
NO_BLOBS = ("index.json", "manifest.json", "oci-layout", "repositories", "version", "VERSION", "json")
"""Files that no digest vouches for."""


def blobs(made: Bundle) -> list[str]:
    files = [entry for entry in made.entries if entry.kind == "file" and entry.data]
    return [entry.name for entry in files if entry.name.rpartition("/")[2] not in NO_BLOBS]


def flipped(data: bytes) -> Iterator[bytes]:
    """One bit at the start, in the middle, at the end."""
    for place in sorted({0, len(data) // 2, len(data) - 1}):
        yield data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]


def cut(data: bytes) -> Iterator[bytes]:
    yield data[: len(data) // 2]
    yield data[:-1]


def names(report: Report, wanted: str) -> bool:
    """Whether an error speaks of that member: by its name, by a digest that is its name, or by the layer's place."""
    hexadecimal = wanted.rpartition("/")[2].removeprefix("sha256:").partition(".")[0]
    for finding in report.findings:
        where = finding.where
        if finding.severity is not Severity.ERROR:
            continue
        if where.object == wanted or (where.digest or "").endswith(hexadecimal):
            return True
    return False


def told(path: Path, made: Bundle, wanted: str) -> bool:
    made.write(path)
    try:
        with open_archive(path) as archive:
            return names(check_archive(archive, deep=True), wanted)
    except ArchiveError as error:
        return wanted in f"{error} {error.subject}"


@pytest.mark.parametrize("shape", ARCHIVES)
def test_the_archive_itself_is_in_order(tmp_path: Path, shape: str) -> None:
    path = ARCHIVES[shape]().write(tmp_path / "app.tar")
    with open_archive(path) as archive:
        report = check_archive(archive, deep=True)
    assert [finding for finding in report.findings if finding.severity is Severity.ERROR] == []


@pytest.mark.parametrize("damage", [flipped, cut], ids=["flipped", "cut"])
@pytest.mark.parametrize("shape", ARCHIVES)
def test_damage_is_told_and_placed(tmp_path: Path, shape: str, damage: Callable[[bytes], Iterator[bytes]]) -> None:
    made = ARCHIVES[shape]()
    missed = [
        (name, number)
        for name in blobs(made)
        for number, data in enumerate(damage(made.data(name)))
        if not told(tmp_path / "app.tar", made.replacing(name, data), name)
    ]
    assert blobs(made)
    assert missed == []


@pytest.mark.parametrize("shape", ARCHIVES)
def test_swapped_blobs_are_told_and_placed(tmp_path: Path, shape: str) -> None:
    made = ARCHIVES[shape]()
    listed = blobs(made)
    missed = []
    for first, second in pairwise(listed):
        swapped = made.replacing(first, made.data(second)).replacing(second, made.data(first))
        missed += [(first, second, name) for name in (first, second) if not told(tmp_path / "app.tar", swapped, name)]
    assert missed == []
