"""`show` of plain archives of 20 GB, next to `tar -tvf` of the same, in one run.

    pytest -m bench tests/bench/test_show_bench.py -s

The archives are sparse files: real headers and documents, layers that are holes. Processor time, since on a busy machine
the clock says more about the neighbours.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.rawtar import END, raw_entry, raw_header

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

ROUNDS = 9
START = 0.150
"""Seconds that starting Python and loading the program may take."""
TIMES_TAR = 3
SMALL = 300
"""Members that hold bytes: documents of an image each."""

# A process starts with the peak memory of the one that started it, so a small one stands between.
_MEASURE = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
child.returncode = os.waitstatus_to_exitcode(status)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024)
sys.exit(child.returncode)
"""


def named(document: object) -> tuple[str, bytes]:
    data = json.dumps(document).encode()
    return hashlib.sha256(data).hexdigest(), data


def write_archive(path: Path, images: int, layers: int, size: int, others: int = 0) -> None:
    """An OCI layout: `images` of `layers` layers of `size` bytes each, and `others` blobs that nobody names."""
    blobs: list[tuple[str, bytes]] = []
    found: list[dict[str, object]] = []
    with path.open("wb") as file:

        def hole(name: str) -> None:
            file.write(raw_header(f"blobs/sha256/{name}".encode(), size))
            file.seek(size + -size % 512, os.SEEK_CUR)

        file.write(raw_entry(b"oci-layout", b'{"imageLayoutVersion":"1.0.0"}'))
        for image in range(images):
            names = [f"{image * layers + number + 1:064x}" for number in range(layers)]
            for name in names:
                hole(name)
            config = named(
                {
                    "architecture": "amd64", "os": "linux",
                    "rootfs": {"type": "layers", "diff_ids": [f"sha256:{name}" for name in names]},
                }
            )  # fmt: skip
            oci = "application/vnd.oci.image"
            manifest = named(
                {
                    "schemaVersion": 2,
                    "mediaType": f"{oci}.manifest.v1+json",
                    "config": {
                        "mediaType": f"{oci}.config.v1+json", "digest": f"sha256:{config[0]}", "size": len(config[1]),
                    },
                    "layers": [
                        {"mediaType": f"{oci}.layer.v1.tar", "digest": f"sha256:{name}", "size": size} for name in names
                    ],
                }
            )  # fmt: skip
            blobs += [config, manifest]
            found.append(
                {
                    "mediaType": f"{oci}.manifest.v1+json", "digest": f"sha256:{manifest[0]}", "size": len(manifest[1]),
                    "annotations": {"org.opencontainers.image.ref.name": f"v{image}"},
                }
            )  # fmt: skip
        for number in range(others):
            hole(f"{(1 << 200) + number:064x}")
        for name, data in blobs:
            file.write(raw_entry(f"blobs/sha256/{name}".encode(), data))
        file.write(raw_entry(b"index.json", json.dumps({"schemaVersion": 2, "manifests": found}).encode()) + END)


@pytest.fixture(params=["many layers", "many images", "thousands of members"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "big.tar"
    kind: str = request.param
    if kind == "many layers":
        write_archive(path, 1, 100, 200_000_000)
    elif kind == "many images":
        write_archive(path, SMALL // 2, 3, 45_000_000)
    else:
        write_archive(path, 1, 100, 4_000_000, others=4900)
    assert path.stat().st_size > 19e9
    yield path
    path.unlink()


def cost(*command: object) -> tuple[float, int]:
    """Seconds of the processor and peak memory in MB of one process."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _MEASURE, *map(str, command)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    spent, peak = done.stdout.split()
    return float(spent), int(peak)


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["tree", "json"])
def test_show_costs_three_times_tar_and_its_start(archive: Path, options: list[str]) -> None:
    ours, theirs, peaks = [], [], []
    for _ in range(ROUNDS):
        theirs.append(cost("tar", "-tvf", archive)[0])
        spent, peak = cost(sys.executable, "-m", "inspector.cli", "show", archive, *options)
        ours.append(spent)
        peaks.append(peak)
    mine, tar = min(ours), min(theirs)  # neighbours only ever add
    print(f"\nshow {1000 * mine:.0f} ms, tar -tvf {1000 * tar:.0f} ms, peak memory {max(peaks)} MB")
    assert mine <= TIMES_TAR * tar + START
    assert max(peaks) < 60
