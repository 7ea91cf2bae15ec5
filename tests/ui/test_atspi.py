"""The end-to-end proof of accessibility: what another program hears of the window on the accessibility bus."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import _missing

pytestmark = pytest.mark.xcb
HERE = Path(__file__)
LAUNCHER = Path("/usr/libexec/at-spi-bus-launcher")
SESSION = """
{launcher} --launch-immediately &
bus=$!
{python} -m inspector --new-window {archive} &
window=$!
/usr/bin/python3 {walk} {word}
code=$?
kill $window $bus
wait $window
exit $code
"""
"""What runs within a session bus of its own: nothing of it touches the person's."""


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory, judge: Callable[[str], str]) -> list[dict[str, Any]]:
    """One line for each object that a screen reader finds, in its order."""
    from tests.builders import ImageSpec, docker_25, layer_tar

    session = judge("dbus-run-session")
    probe = ["/usr/bin/python3", "-c", "import gi; gi.require_version('Atspi', '2.0'); from gi.repository import Atspi"]
    if not LAUNCHER.exists() or subprocess.run(probe, capture_output=True, check=False).returncode:
        _missing("no accessibility bus: apt-get install at-spi2-core python3-gi gir1.2-atspi-2.0 dbus-daemon")
    folder = tmp_path_factory.mktemp("atspi")
    spec = ImageSpec((layer_tar({"etc/": b"", "etc/passwd": b"root\n"}),), ("docker.io/library/spoken:1",))
    archive = docker_25([spec]).write(folder / "spoken.tar")
    script = SESSION.format(
        launcher=LAUNCHER,
        python=sys.executable,
        archive=archive,
        walk=HERE.with_name("atspi_walk.py"),
        word="spoken.tar",
    )
    places = {name: str(folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")}
    environment = {**os.environ, **places, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1", "PYTHONPATH": str(HERE.parents[2])}
    done = subprocess.run(
        [session, "--", "/bin/bash", "-c", script],
        env=environment, cwd=folder, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    # The bus itself says a line or two.
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_everything_that_takes_the_focus_says_its_name(heard: list[dict[str, Any]]) -> None:
    silent = [line for line in heard if line.get("focusable") and not line["name"] and line["role"] != "filler"]
    assert silent == []


def test_no_markup_is_read_out(heard: list[dict[str, Any]]) -> None:
    spoken = [f"{line['name']} {line['description']}" for line in heard if "role" in line]
    assert [words for words in spoken if "<qt>" in words or "&amp;" in words] == []


def test_the_parts_of_the_window_are_there(heard: list[dict[str, Any]]) -> None:
    said = {(line["role"], line["name"]) for line in heard if "role" in line}
    roles = {role for role, _name in said}
    assert {"frame", "menu bar", "tool bar", "page tab list", "push button"} <= roles, sorted(roles)
    names = {name for _role, name in said}
    assert any(name.startswith("spoken:1") for name in names), sorted(names)
    assert {"Contents of the archive", "Open…", "File", "Summary"} <= names, sorted(names)


def test_a_page_is_chosen_by_its_action(heard: list[dict[str, Any]]) -> None:
    (at,) = [number for number, line in enumerate(heard) if "chosen" in line]
    before = {line["name"] for line in heard[:at]}
    after = {line["name"] for line in heard[at + 1 :]}
    assert heard[at]["chosen"]
    assert after - before
