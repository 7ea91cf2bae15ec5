"""The frozen program against its source, started by the same Python: `packaging/build folder`, then `pytest -m bench` this file.

The start ends when the window's program listens for later starts: the window is shown and its event loop is about to run.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[2]
FROZEN = HERE / "build" / "image-inspector"
SOURCE = HERE / "build" / "environment" / "bin" / "python"
ROUNDS = 9
MOST = 1.15

pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif(not FROZEN.is_dir(), reason="nothing is frozen here: packaging/build folder"),
]


def start(command: list[str], folder: Path) -> float:
    """Seconds until a window listens."""
    folder.mkdir(mode=0o700)
    environment = {
        "PATH": "/usr/bin:/bin", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "QT_QPA_PLATFORM": "offscreen",
        "LC_ALL": "C.UTF-8",
    }  # fmt: skip
    begin = time.perf_counter()
    started = subprocess.Popen(command, cwd=HERE, env=environment, stderr=subprocess.DEVNULL)
    try:
        while not any(name.endswith(".socket") for name in os.listdir(folder)):
            assert started.poll() is None
            assert time.perf_counter() - begin < 60
            time.sleep(0.002)
        return time.perf_counter() - begin
    finally:
        started.send_signal(signal.SIGKILL)
        started.wait()


def test_the_frozen_program_starts_as_fast_as_its_source(corpus: Path, tmp_path: Path) -> None:
    archive = str(corpus / "docker-28.5-vfs-save.tar")
    ways = {"frozen": [str(FROZEN / "image-inspector"), archive], "source": [str(SOURCE), "-m", "inspector", archive]}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS + 1):
        for name, command in ways.items():
            taken = start(command, tmp_path / f"{name}{turn}")
            if turn:  # the first fills the caches of the disk
                times[name].append(taken)
    frozen, source = (min(times[name]) for name in ("frozen", "source"))
    print(f"start: frozen {frozen * 1000:.0f} ms, source {source * 1000:.0f} ms, ratio {frozen / source:.2f}")
    assert frozen / source <= MOST


def test_the_frozen_programs_start_say_their_version_and_export(corpus: Path, tmp_path: Path) -> None:
    from inspector import __version__

    start([str(FROZEN / "image-inspector"), str(corpus / "docker-28.5-vfs-save.tar")], tmp_path / "home")
    twin = str(FROZEN / "image-inspector-cli")
    for program in (twin, str(FROZEN / "image-inspector")):
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=True)
        assert said.stdout == f"image-inspector {__version__}\n"
    out = tmp_path / "app.oci.tar"
    archive = corpus / "docker-28.5-vfs-bk-rich.tar"
    subprocess.run([twin, "export", str(archive), str(out)], check=True, capture_output=True, timeout=60)
    subprocess.run([twin, "check", "--deep", str(out)], check=True, capture_output=True, timeout=60)
