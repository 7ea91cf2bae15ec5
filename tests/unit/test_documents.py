"""Every command in the documents is run here or in `.ci/run`, or is listed with the reason why not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[2]
IN_CI = os.environ.get("CI") == "true"
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md")
PROGRAMS = (
    "image-inspector",
    "image-inspector-cli",
    "python",
    "python3",
    ".venv/",
    "apt-get",
    "uv ",
    "bash ",
    "xvfb-run",
    "packaging/",
)

BY_CI = {
    "python3 -m venv .venv && .venv/bin/pip install -q -e . && .venv/bin/image-inspector app.tar": "packaging/try-readme",
    "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && .venv/bin/python -m pytest": "tests()",
    ".venv/bin/python -m pytest": "-m pytest",
    ".venv/bin/ruff check --fix . && .venv/bin/ruff format .": ".venv/bin/ruff check .",
    ".venv/bin/mypy": ".venv/bin/mypy",
    ".venv/bin/lint-imports": ".venv/bin/lint-imports",
    "bash .ci/run": "#!/usr/bin/env bash",
    "Xvfb :50 -screen 0 1280x800x24 -nolisten tcp &": "-screen 0 1280x800x24 -nolisten tcp",
    "DISPLAY=:50 INSPECTOR_TEST_PLATFORM=xcb .venv/bin/python -m pytest -m xcb": "INSPECTOR_TEST_PLATFORM=xcb",
}
"""Command → what `.ci/run` has in its place."""

BY_HAND = {
    "python3 -m venv .venv && .venv/bin/pip install -e '.[test]'": "needs a network; the line above it in README.md does more, in CI",
    "uv run image-inspector app.tar": "needs uv and a network",
    "uv run --extra test pytest": "needs uv and a network",
    "python3 packaging/build deb": "minutes; needs a network (packaging/debian/try-deb runs on its result)",
    "python3 packaging/build archive rpm": "minutes; needs a network",
    "apt-get install ./dist/oci-image-inspector_0.1.0_amd64.deb": "as root, in packaging/debian/try-deb",
    "apt-get purge oci-image-inspector": "as root, in packaging/debian/try-deb",
    "packaging/debian/try-deb dist/*.deb app.tar other.tar": "as root, minutes; needs a network",
    ".venv/bin/python -m inspector FILE": "a window; tests/ui/test_app.py starts it",
    "image-inspector --new-window": "a window; tests/ui/test_opening.py and packaging/debian/try-deb start it",
    ".venv/bin/python -m pytest tests/unit/archive": "this very suite",
    ".venv/bin/python -m pytest -m 'not bench and not corpus_full'": "this very suite",
    ".venv/bin/python -m pytest -m bench": "needs a quiet machine",
    ".venv/bin/python tests/ui/screenshots.py FOLDER": "pictures for people to look at",
    ".venv/bin/python tests/fuzz/run.py --seconds 3600 --seed 1": "an hour; tests/fuzz/test_fuzz.py does a minute of it",
    "packaging/translations.py update": "tests/unit/test_translations.py asks whether it was run",
    "python packaging/make_help.py": "its --check runs in test_architecture.py",
}
"""Command → why nothing runs it by itself."""

STATUS = {"diff": 1}
"""Verbs that say something by their status on the archives used here."""


def commands() -> list[str]:
    """All lines of `sh` and `console` blocks, and what stands between backticks and begins like a command."""
    found: dict[str, None] = {}
    for document in DOCUMENTS:
        text = (HERE / document).read_text(encoding="utf-8")
        for kind, block in re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            assert kind in ("sh", "console"), f"{document}: a block of {kind}: is it run by a test?"
            lines = [line for line in block.splitlines() if line.strip()]
            if kind == "console":
                lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
            found |= dict.fromkeys(lines)
        text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        for words in re.findall(r"`([^`]+)`", text):
            whole = (words.startswith(PROGRAMS) and " " in words) or words.startswith(".venv/bin/")
            if whole and not re.search(r"\bVERB\b|\bNAME\b", words):
                found[words] = None
    return list(found)


def runnable() -> list[str]:
    """The rest, but for what needs root."""
    rest = [command for command in commands() if command not in BY_CI and command not in BY_HAND]
    return [command for command in rest if not command.startswith("apt-get ")]


@pytest.fixture
def place(corpus: Path, tmp_path: Path) -> Path:
    """A person's folder: two archives, and the checkout's `.venv`."""
    shutil.copy(corpus / "docker-28.5-vfs-save.tar", tmp_path / "app.tar")
    shutil.copy(corpus / "docker-28.5-vfs-committed.tar", tmp_path / "other.tar")
    return tmp_path


@pytest.mark.parametrize("command", runnable())
def test_a_command_of_the_documents_runs(command: str, place: Path) -> None:
    programs = Path(sys.executable).parent
    if not (programs / "image-inspector-cli").exists():
        assert not IN_CI, "the package is not installed beside this Python"
        programs = place / "programs"
        programs.mkdir()
        shim = programs / "image-inspector-cli"
        shim.write_text(f'#!/bin/sh\nPYTHONPATH={HERE} exec {sys.executable} -m inspector.cli "$@"\n', encoding="utf-8")
        shim.chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", command.replace(".venv/bin/", "")],
        cwd=place, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    words = command.split()
    assert done.returncode == STATUS.get(words[1], 0), done.stderr
    assert done.stdout
    assert done.stderr == ""


def test_what_is_not_run_is_still_in_the_documents() -> None:
    assert sorted({*BY_CI, *BY_HAND} - set(commands())) == []


@pytest.mark.parametrize("command", BY_CI)
def test_ci_runs_what_it_is_said_to_run(command: str) -> None:
    assert BY_CI[command] in (HERE / ".ci" / "run").read_text(encoding="utf-8")


def test_ci_installs_what_the_documents_tell_people_to_install() -> None:
    script = (HERE / ".ci" / "run").read_text(encoding="utf-8")
    listed = script[script.index("packages=(") : script.index("\n)\n")].split()
    lines = [command for command in commands() if command.startswith("apt-get install ") and command not in BY_HAND]
    assert len(lines) >= 3
    named = {word for line in lines for word in line.split()[2:] if not word.startswith("-")}
    assert sorted(named - set(listed)) == []


def test_commands_that_the_guide_names_are_in_the_menus() -> None:
    from inspector.viewmodel.commands import COMMANDS

    text = (HERE / "resources/help/guide.md").read_text(encoding="utf-8")
    known = {command.text for command in COMMANDS.values()} | {"Open with", "Saved", "Findings"}
    named = set(re.findall(r"(?<![*\w])\*([^*\n]+)\*(?!\*)", text))
    assert {"Export…", "Extract…"} <= named
    assert sorted(named - known) == []


def test_findings_reference_has_every_rule() -> None:
    from inspector.conformance.registry import RULES

    text = (HERE / "resources/help/findings.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^### (\S+)$", text, re.MULTILINE)) == sorted(RULES)


def test_the_version_in_the_readme_is_the_version() -> None:
    from inspector import __version__

    text = (HERE / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"oci-image-inspector_([\d.]+)_", text)) == {__version__}
