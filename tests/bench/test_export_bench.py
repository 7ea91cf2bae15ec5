"""How long an export takes, next to `cp` followed by `openssl dgst -sha256` of the same file, in one run.

    pytest -m bench tests/bench/test_export_bench.py -s

Ratios only mean something on a quiet machine. INSPECTOR_BIG may name a folder in which make_big.py has worked.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1200)]

ROUNDS = 5
MAKE_BIG = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "make_big.py"


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A docker save of 1.3 GB with files of this machine."""
    there = Path(os.environ.get("INSPECTOR_BIG", "/tmp/big")) / "big-docker.tar"
    if there.is_file():
        yield there
        return
    if not MAKE_BIG.is_file():
        pytest.skip(f"{MAKE_BIG} is not here, so there is no big archive")
    folder = tmp_path_factory.mktemp("big")
    subprocess.run([sys.executable, str(MAKE_BIG), str(folder), "--huge", "100"], check=True)
    yield folder / "big-docker.tar"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def place(big: Path) -> Iterator[Path]:
    """A folder on the same disk as the source."""
    folder = big.parent / f"bench-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


# A process starts with the peak memory of the one that started it, so a small one stands between.
_MEASURE = """
import os, subprocess, sys, time
started = time.monotonic()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
child.returncode = os.waitstatus_to_exitcode(status)
print(time.monotonic() - started, usage.ru_maxrss // 1024)
sys.exit(child.returncode)
"""


def timed(*command: object) -> tuple[float, int]:
    """Seconds and peak memory in MB of one process."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _MEASURE, *map(str, command)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seconds, peak = done.stdout.split()
    return float(seconds), int(peak)


def export(source: Path, target: Path, *options: str) -> tuple[float, int]:
    target.unlink(missing_ok=True)
    return timed(sys.executable, "-m", "inspector.cli", "export", source, target, *options)


def copy_and_digest(source: Path, target: Path) -> float:
    target.unlink(missing_ok=True)
    return timed("cp", source, target)[0] + timed("openssl", "dgst", "-sha256", target)[0]


def skopeo(source: Path, target: str) -> float:
    return timed("skopeo", "--insecure-policy", "copy", "--quiet", f"docker-archive:{source}", target)[0]


def compare(ours: Callable[[], float], theirs: Callable[[], float], rounds: int = ROUNDS) -> float:
    """The median of our times over the median of theirs, measured in turns so that a busy moment hits both."""
    mine, others = [], []
    for _ in range(rounds):
        others.append(theirs())
        mine.append(ours())
    print(f"\n  ours   {[round(s, 2) for s in mine]}\n  theirs {[round(s, 2) for s in others]}")
    return statistics.median(mine) / statistics.median(others)


def test_keep_mode_against_cp_and_openssl(big: Path, place: Path) -> None:
    """Reading back included: at most 1.5 times."""
    memory: list[int] = []

    def ours() -> float:
        seconds, peak = export(big, place / "out.tar")
        memory.append(peak)
        return seconds

    ratio = compare(ours, lambda: copy_and_digest(big, place / "copy.tar"))
    print(f"  export / (cp + openssl) = {ratio:.2f}, peak memory {max(memory)} MB")
    assert max(memory) < 100
    assert ratio <= 1.5


def test_the_parts_of_keep_mode(big: Path, place: Path) -> None:
    """Writing without the reading back: what it costs by itself."""
    from inspector.archive.detect import open_archive
    from inspector.export.plan import plan_export
    from inspector.export.writer import export_archive

    def ours() -> float:
        (place / "out.tar").unlink(missing_ok=True)
        with open_archive(big) as archive:
            seconds = export_archive(plan_export(archive), place / "out.tar").seconds
        print(f"  writing {seconds[0]:.2f}, reading back {seconds[1]:.2f}, waiting for the disk {seconds[2]:.2f}")
        return seconds[0]

    print(f"  writing / (cp + openssl) = {compare(ours, lambda: copy_and_digest(big, place / 'copy.tar')):.2f}")


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_compressing_against_skopeo(big: Path, place: Path, compression: str) -> None:
    if shutil.which("skopeo") is None:
        pytest.skip("skopeo is not installed")
    memory: list[int] = []

    def ours() -> float:
        seconds, peak = export(big, place / "out.tar", "--compression", compression)
        memory.append(peak)
        return seconds

    def theirs() -> float:
        (place / "skopeo.tar").unlink(missing_ok=True)
        extra = ["--dest-compress-format", "zstd"] if compression == "zstd" else []
        target = f"oci-archive:{place / 'skopeo.tar'}:big"
        return timed("skopeo", "--insecure-policy", "copy", "--quiet", *extra, f"docker-archive:{big}", target)[0]

    ratio = compare(ours, theirs, rounds=1)
    sizes = [(place / name).stat().st_size for name in ("out.tar", "skopeo.tar")]
    print(
        f"  {compression}: skopeo / export = {1 / ratio:.1f}, size {sizes[0] / sizes[1]:.3f} of skopeo's, "
        f"peak memory {max(memory)} MB"
    )
    assert max(memory) < 100
    assert ratio < 1


def test_keep_mode_against_skopeo_to_a_folder(big: Path, place: Path) -> None:
    if shutil.which("skopeo") is None:
        pytest.skip("skopeo is not installed")

    def theirs() -> float:
        shutil.rmtree(place / "dir", ignore_errors=True)
        return skopeo(big, f"dir:{place / 'dir'}")

    ratio = compare(lambda: export(big, place / "out.tar")[0], theirs, rounds=2)
    print(f"  skopeo to a folder / export = {1 / ratio:.1f}")
    assert ratio < 1
