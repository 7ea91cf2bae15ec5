"""What every test stands on: no screen, no home folder, no leftovers; the corpus, its facts and the outside judges.

This module prepares the environment while it is imported, before anything imports Qt:

- Qt draws offscreen, unless INSPECTOR_TEST_PLATFORM names another platform (`.ci/run` uses xcb under Xvfb);
- HOME, the XDG folders and TMPDIR are private and vanish at the end, so no test sees or touches a person's files;
- messages are in English and times in UTC.

At home a test that lacks the corpus, a tool or Qt's system libraries is skipped and says why.
Under CI=true that is an error: there, everything is promised to be installed.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
CORPUS = SHARED / "corpus"
MAKE_HOSTILE = SHARED / "hostile" / "make_hostile.py"
IN_CI = os.environ.get("CI") == "true"

APT_QT = (
    "apt-get install --no-install-recommends "
    "libglib2.0-0 libegl1 libgl1 libx11-6 libdbus-1-3 libfontconfig1 libxkbcommon0 libbrotli1"
)
# The Debian package of each judge, where it is not called like the program.
PACKAGES = {
    "appstreamcli": "appstream",
    "bsdtar": "libarchive-tools",
    "dbus-run-session": "dbus-daemon",
    "desktop-file-validate": "desktop-file-utils",
    "import": "imagemagick",
    "makensis": "nsis",
    "tar": "tar",
    "update-mime-database": "shared-mime-info",
    "Xvfb": "xvfb",
    "xmllint": "libxml2-utils",
    "xz": "xz-utils",
    "bzip2": "bzip2",
    "cpio": "cpio",
}


def _private_folders() -> Path:
    """Point HOME, XDG and TMPDIR at a private folder; pytest's own tmp_path stays where it was."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    # Short: podman takes 50 characters for its folder below XDG_RUNTIME_DIR.
    private = Path(tempfile.mkdtemp(prefix="ii-", dir=os.environ["PYTEST_DEBUG_TEMPROOT"]))
    atexit.register(shutil.rmtree, private, ignore_errors=True)
    places = {
        "HOME": "home",
        "XDG_CONFIG_HOME": "config",
        "XDG_CACHE_HOME": "cache",
        "XDG_DATA_HOME": "data",
        "XDG_STATE_HOME": "state",
        "XDG_RUNTIME_DIR": "runtime",
        "TMPDIR": "tmp",
    }
    for variable, name in places.items():
        (private / name).mkdir(mode=0o700)
        os.environ[variable] = str(private / name)
    tempfile.tempdir = str(private / "tmp")
    return private / "tmp"


def _no_screen() -> None:
    platform = os.environ.get("INSPECTOR_TEST_PLATFORM", "offscreen")
    os.environ["QT_QPA_PLATFORM"] = platform
    if platform == "offscreen":
        for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
            os.environ.pop(variable, None)
    for variable in ("QT_STYLE_OVERRIDE", "QT_SCALE_FACTOR", "QT_QPA_PLATFORMTHEME", "QT_PLUGIN_PATH", "LANGUAGE"):
        os.environ.pop(variable, None)
    os.environ["LC_ALL"] = "C.UTF-8"
    os.environ["TZ"] = "UTC"


TEMPORARY = _private_folders()
_no_screen()

# A slow or busy machine is no finding; in CI the same examples each time, so that red means changed code.
settings.register_profile("home", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if IN_CI else "home")


# ---------------------------------------------------------------- a machine without Qt's libraries


def _qt_trouble() -> str:
    """Why Qt cannot be loaded here, or "" if it can."""
    try:
        importlib.import_module("PySide6.QtWidgets")
    except ImportError as error:
        return f"Qt cannot be loaded ({error}). On Debian: {APT_QT}"
    return ""


QT_TROUBLE = _qt_trouble()


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Take pytest-qt out before it is configured: without Qt it would end the whole run, unit tests included."""
    if QT_TROUBLE and IN_CI:
        raise pytest.UsageError(QT_TROUBLE)
    if QT_TROUBLE:
        pluginmanager.set_blocked("pytest-qt")


class _SkippedModule(pytest.Module):
    def collect(self) -> NoReturn:
        pytest.skip(QT_TROUBLE, allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    if QT_TROUBLE and (ROOT / "tests" / "ui") in module_path.parents:
        return _SkippedModule.from_parent(parent, path=module_path)
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests for a real X server run only where there is one."""
    if os.environ["QT_QPA_PLATFORM"] == "xcb":
        return
    for item in items:
        if item.get_closest_marker("xcb"):
            item.add_marker(pytest.mark.skip(reason="needs an X server: see 'The screen' in CONTRIBUTING.md"))


# ---------------------------------------------------------------- the corpus and the judges


def _missing(reason: str) -> NoReturn:
    if IN_CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _facts() -> dict[str, dict[str, Any]]:
    path = CORPUS / "facts.json"
    if not path.is_file():
        return {}
    return {record["archive"]: record for record in json.loads(path.read_bytes())}


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real archives, `../shared/corpus` beside the checkout."""
    if not (CORPUS / "facts.json").is_file():
        _missing(f"the corpus of real archives is not at {CORPUS}")
    return CORPUS


@pytest.fixture(scope="session")
def facts(corpus: Path) -> dict[str, dict[str, Any]]:
    """Archive name → what an independent reader found in it (corpus/README.md explains the fields)."""
    return _facts()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `archive_name` runs once per archive of the corpus that an independent reader described."""
    if "archive_name" in metafunc.fixturenames:
        names = sorted(_facts())
        absent = pytest.param("", marks=pytest.mark.skip(reason=f"the corpus of real archives is not at {CORPUS}"))
        metafunc.parametrize("archive_name", names or [absent])


@pytest.fixture
def archive_path(corpus: Path, archive_name: str) -> Path:
    """The path that belongs to `archive_name`."""
    return corpus / archive_name


@pytest.fixture(scope="session")
def judge() -> Callable[[str], str]:
    """`judge("skopeo")` → the path of an outside program; skips at home, fails under CI=true, where it is missing."""

    def find(tool: str) -> str:
        path = shutil.which(tool)
        if path is None:
            _missing(f"{tool} is not installed; on Debian: apt-get install {PACKAGES.get(tool, tool)}")
        return path

    return find


@pytest.fixture(scope="session")
def packages_of_judges() -> dict[str, str]:
    """Program → Debian package, where the names differ."""
    return PACKAGES


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the light half of the hostile corpus and its expected.json, made once per session (7 s, 83 MB)."""
    if not MAKE_HOSTILE.is_file():
        _missing(f"the maker of hostile archives is not at {MAKE_HOSTILE}")
    folder = tmp_path_factory.mktemp("hostile")
    subprocess.run(
        [sys.executable, "-W", "ignore", str(MAKE_HOSTILE), str(folder), "--light"],
        check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=150,
    )  # fmt: skip
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The top folder of the checkout."""
    return ROOT


# ---------------------------------------------------------------- nothing is left behind


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    """A test fails that leaves a running thread or a file in the temporary folder behind."""
    threads = set(threading.enumerate())
    files = set(os.listdir(TEMPORARY))
    yield
    # Qt's pool threads show up as dummies once they ran Python; the pool ends them by itself.
    new = [t for t in threading.enumerate() if t not in threads and not isinstance(t, threading._DummyThread)]
    for thread in new:
        thread.join(timeout=10)
    left = sorted(set(os.listdir(TEMPORARY)) - files)
    for name in left:
        path = TEMPORARY / name
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    running = [thread.name for thread in new if thread.is_alive()]
    if running:
        pytest.fail(f"the test left threads running: {running}", pytrace=False)
    if left:
        pytest.fail(f"the test left files in the temporary folder: {left}", pytrace=False)
