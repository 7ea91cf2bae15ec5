"""How long an export takes, next to `cp` followed by `openssl dgst -sha256` of the same file, in one run.

    pytest -m bench tests/bench/test_export_bench.py -s

Ratios only mean something on a quiet machine. INSPECTOR_BIG may name a folder in which make_big.py has worked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from inspector.archive.detect import open_archive
from inspector.export import disk, forms
from inspector.export.plan import plan_export
from inspector.export.writer import export_archive
from tests.builders import docker_25
from tests.builders.images import ImageSpec, layer_tar

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1200)]

ROUNDS = 3
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
print(time.monotonic() - started, usage.ru_maxrss // 1024, usage.ru_utime + usage.ru_stime)
sys.exit(child.returncode)
"""


def timed(*command: object) -> tuple[float, int]:
    """Seconds and peak memory in MB of one process; the seconds of its cores are printed."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _MEASURE, *map(str, command)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seconds, peak, cores = done.stdout.split()
    print(f"  {Path(str(command[0])).name:<8} {float(seconds):6.2f} s, {float(cores):6.2f} s of cores, {peak:>4} MB")
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
    """The best of our times over the best of theirs, measured in turns so that a busy moment hits both."""
    mine, others = [], []
    for _ in range(rounds):
        os.sync()  # nobody pays for what the one before left to be written
        others.append(theirs())
        os.sync()
        mine.append(ours())
    print(f"\n  ours   {[round(s, 2) for s in mine]}\n  theirs {[round(s, 2) for s in others]}")
    return min(mine) / min(others)


def needs_skopeo() -> None:
    if shutil.which("skopeo") is None:
        pytest.skip("skopeo is not installed")


def test_keep_mode_against_cp_and_openssl(big: Path, place: Path) -> None:
    """Reading back included, a whole process with its start: at most 1.2 times."""
    memory: list[int] = []

    def ours() -> float:
        seconds, peak = export(big, place / "out.tar")
        memory.append(peak)
        return seconds

    ratio = compare(ours, lambda: copy_and_digest(big, place / "copy.tar"))
    print(f"  export / (cp + openssl) = {ratio:.2f}, peak memory {max(memory)} MB")
    assert max(memory) < 100
    assert ratio <= 1.2


class _NoTrail:
    """In the place of `Trail`: nothing is read back."""

    def __init__(self, *_arguments: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_arguments: object) -> None: ...

    def expect(self, *_arguments: object) -> None: ...

    def settled(self, _offset: int) -> None: ...

    def finish(self) -> str:
        return ""


def test_keep_mode_without_the_reading_back(big: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What writing costs by itself: at most 0.8 times."""
    monkeypatch.setattr(forms, "Trail", _NoTrail)
    monkeypatch.setattr(disk, "sync", lambda _descriptor: None)

    def ours() -> float:
        (place / "out.tar").unlink(missing_ok=True)
        started = time.monotonic()
        with open_archive(big) as archive:
            export_archive(plan_export(archive), place / "out.tar")
        return time.monotonic() - started

    ratio = compare(ours, lambda: copy_and_digest(big, place / "copy.tar"))
    print(f"  writing / (cp + openssl) = {ratio:.2f}")
    assert ratio <= 0.8


@pytest.mark.parametrize(("compression", "times"), [("gzip", 4.0), ("zstd", 1.0)])
def test_compressing_against_skopeo(big: Path, place: Path, compression: str, times: float) -> None:
    needs_skopeo()
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

    ratio = compare(ours, theirs, rounds=2)
    size = (place / "out.tar").stat().st_size / (place / "skopeo.tar").stat().st_size
    print(f"  {compression}: skopeo / export = {1 / ratio:.1f}, size {size:.3f} of skopeo's, peak {max(memory)} MB")
    assert max(memory) < 100
    assert size < 1.1
    assert 1 / ratio >= times


def test_layers_that_are_gzip_already_against_skopeo(big: Path, place: Path) -> None:
    """They are kept; skopeo inflates and compresses them again: at least 20 times faster."""
    needs_skopeo()
    export(big, place / "gzip.tar", "--compression", "gzip")

    def theirs() -> float:
        (place / "skopeo.tar").unlink(missing_ok=True)
        return skopeo(place / "gzip.tar", f"oci-archive:{place / 'skopeo.tar'}:big")

    ratio = compare(lambda: export(place / "gzip.tar", place / "out.tar")[0], theirs, rounds=2)
    print(f"  gzip layers kept: skopeo / export = {1 / ratio:.1f}")
    assert 1 / ratio >= 20


def test_keep_mode_against_skopeo_to_a_folder(big: Path, place: Path) -> None:
    needs_skopeo()

    def theirs() -> float:
        shutil.rmtree(place / "dir", ignore_errors=True)
        return skopeo(big, f"dir:{place / 'dir'}")

    ratio = compare(lambda: export(big, place / "out.tar")[0], theirs, rounds=3)
    print(f"  skopeo to a folder / export = {1 / ratio:.1f}")
    assert 1 / ratio >= 3.5


@pytest.mark.parametrize(("compression", "level"), [("gzip", 9), ("zstd", 9), ("zstd", 12), ("zstd", 13), ("zstd", 19)])
def test_the_memory_of_every_level(big: Path, place: Path, compression: str, level: int) -> None:
    """One layer of 32 MB is enough to fill every buffer and table."""
    with big.open("rb") as file:
        file.seek(big.stat().st_size // 4)
        content = file.read(32 << 20)
    spec = ImageSpec((layer_tar({"file": content}),))
    source = docker_25([spec]).write(place / "source.tar")
    peak = export(source, place / "out.tar", "--compression", compression, "--level", str(level))[1]
    assert peak < 100
