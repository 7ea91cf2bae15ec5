"""The forecast of each loader against what the real loaders did (loads.tsv).

Which column a loader is compared with; where several versions ran, the newest counts:

    docker-graphdriver  docker-28.5 load            podman         podman-5.8 load
    docker-containerd   docker-28.5 ctrd load       skopeo-oci     skopeo-1.22 oci-archive
    containerd          ctr-2.1 import              skopeo-docker  skopeo-1.22 docker-archive
    crane               crane validate --tarball    umoci          umoci-0.6 unpack

kind was not run. It calls `ctr images import --all-platforms --digests` on its nodes, so it is compared with
`ctr-2.1 import --all-platforms`, but for what `--digests` changes: images without a name are imported.

`ok` is a verdict of loads or loads-with-warning, `FAIL` is refuses.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.conformance.check import check_archive
from inspector.errors import InspectorError

COLUMNS = {
    "docker-graphdriver": "docker-28.5 load",
    "docker-containerd": "docker-28.5 ctrd load",
    "containerd": "ctr-2.1 import",
    "podman": "podman-5.8 load",
    "skopeo-oci": "skopeo-1.22 oci-archive",
    "skopeo-docker": "skopeo-1.22 docker-archive",
    "crane": "crane validate --tarball",
    "umoci": "umoci-0.6 unpack",
    "kind": "ctr-2.1 import --all-platforms",
}

NO_XZ = "matrix caveat 2: the engine failed only because no xz program was at hand; that it needs one is the warning"
UNPACKED = "matrix caveat 1: umoci was given what bsdtar unpacked, so '+' says nothing about a zip or cpio archive"
EXCEPTIONS = {
    ("outer-docker28.tar.xz", "docker-graphdriver"): NO_XZ,
    ("outer-docker28.tar.xz", "docker-containerd"): NO_XZ,
    ("retar-oci-cpio.cpio", "umoci"): UNPACKED,
    ("retar-oci.zip", "umoci"): UNPACKED,
}
NOTHING_IMPORTED = "exit 0 but nothing imported"
"""What the matrix says of a ctr that found no names; kind's --digests imports those images by their digests."""


@cache
def matrix(path: Path) -> dict[str, dict[str, tuple[bool, str]]]:
    """Archive → column → whether it loaded, and the message."""
    found: dict[str, dict[str, tuple[bool, str]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            found.setdefault(row["archive"], {})[row["loader"]] = (row["result"] == "ok", row["message"])
    return found


@pytest.mark.parametrize("deep", [False, True], ids=["quick", "deep"])
def test_forecasts_agree_with_the_real_loaders(archive_path: Path, archive_name: str, corpus: Path, deep: bool) -> None:
    rows = matrix(corpus / "loads.tsv").get(archive_name)
    if rows is None:
        pytest.skip("no loader was run on it (folders were not)")
    try:
        with open_archive(archive_path) as archive:
            report = check_archive(archive, deep=deep)
    except InspectorError:
        # What is no image archive at all has no forecast: every loader refuses it.
        loaded = [loader for loader, column in COLUMNS.items() if rows[column][0]]
        assert [loader for loader in loaded if (archive_name, loader) not in EXCEPTIONS] == []
        return
    wrong = []
    for forecast in report.loaders:
        loads, message = rows[COLUMNS[forecast.loader]]
        if forecast.loader == "kind" and message.startswith(NOTHING_IMPORTED):
            loads = True
        expected = ("loads", "loads-with-warning") if loads else ("refuses",)
        agrees = forecast.verdict in expected
        if agrees == ((archive_name, forecast.loader) in EXCEPTIONS):
            wrong.append((forecast.loader, forecast.verdict, forecast.text, message))
    assert wrong == []


def test_every_exception_is_about_a_row(corpus: Path) -> None:
    rows = matrix(corpus / "loads.tsv")
    assert all(archive in rows and loader in COLUMNS for archive, loader in EXCEPTIONS)
    assert {column for columns in rows.values() for column in columns} >= set(COLUMNS.values())
