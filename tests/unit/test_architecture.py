"""What the whole house promises: who may know whom, sizes, names, documents that tell the truth about commands."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

MOST_LINES = 400
FORBIDDEN_NAMES = ("utils", "util", "helpers", "helper", "manager", "managers", "common", "misc")
HERE = Path(__file__).resolve().parents[2]
# Hosts from which pip, uv, apt or npm download. Built from pieces, so that this file does not name them either.
REGISTRY_HOSTS = ["pypi" + ".org", "files.python" + "hosted.org", "deb.debian" + ".org", "registry.npm" + "js.org"]


def modules() -> list[Path]:
    return sorted(path for path in (HERE / "inspector").rglob("*.py") if "__pycache__" not in path.parts)


def tracked() -> list[Path]:
    if not (HERE / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout, or git is not installed")
    command = ["git", "-c", f"safe.directory={HERE}", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=HERE, capture_output=True, check=True).stdout
    return [HERE / name.decode() for name in listed.split(b"\0") if name]


def python(program: str, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, *options, "-c", program], cwd=HERE, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_terminal_twin_needs_no_qt() -> None:
    program = (
        "import sys\n"
        "for name in ('PySide6', 'shiboken6'): sys.modules[name] = None\n"
        "import inspector.cli\n"
        "inspector.cli.build_parser()\n"
        "sys.exit(inspector.cli.main(['--version']))\n"
    )
    assert python(program).startswith("image-inspector ")


def test_importing_the_package_costs_nothing() -> None:
    program = "import sys; before = set(sys.modules); import inspector; print(sorted(set(sys.modules) - before))"
    assert python(program) == "['inspector']\n"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(HERE)))
def test_a_module_is_short_and_has_a_name_of_its_own(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES, f"{lines} lines: more than one reason to change?"
    assert path.stem not in FORBIDDEN_NAMES
    assert path.parent.name not in FORBIDDEN_NAMES


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(HERE)))
def test_a_module_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    assert ast.get_docstring(tree) or not tree.body


def test_no_tracked_file_names_a_registry_host() -> None:
    named = []
    for path in tracked():
        if path.is_file() and path.stat().st_size < 2_000_000:
            text = path.read_bytes()
            named += [f"{path.relative_to(HERE)}: {host}" for host in REGISTRY_HOSTS if host.encode() in text]
    assert named == []


def test_no_lock_file_is_tracked() -> None:
    """Lock files hold registry hosts."""
    assert [path.name for path in tracked() if path.name in ("uv.lock", "poetry.lock", "pdm.lock")] == []


def commands(document: str) -> list[str]:
    """The lines of a document's `sh` blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (HERE / document).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def test_ci_runs_the_readme_s_test_command_word_for_word() -> None:
    tests = [line for line in commands("README.md") if line.endswith("-m pytest")]
    assert len(tests) == 1
    script = (HERE / ".ci" / "run").read_text(encoding="utf-8")
    assert f"\n  {tests[0]}\n" in script


def test_ci_installs_what_the_readme_says_debian_needs() -> None:
    lines = [line for line in commands("README.md") if "apt-get install --no-install-recommends" in line]
    script = (HERE / ".ci" / "run").read_text(encoding="utf-8")
    listed = script[script.index("packages=(") : script.index("\n)\n")].split()
    for line in lines:
        named = [word for word in line.partition("apt-get install")[2].split() if not word.startswith("-")]
        assert [word for word in named if word not in listed] == []


def test_ci_installs_every_judge_that_a_test_asks_for(packages_of_judges: dict[str, str]) -> None:
    """A judge that CI does not install makes CI fail on a new machine, however green it is on an old one."""
    script = (HERE / ".ci" / "run").read_text(encoding="utf-8")
    listed = script[script.index("packages=(") : script.index("\n)\n")].split()
    asked = set()
    for path in (HERE / "tests").rglob("*.py"):
        asked |= set(re.findall(r"\bjudge\(\"([\w.-]+)\"\)", path.read_text(encoding="utf-8")))
    base = {"tar", "cp", "git"}  # in every Debian
    assert sorted(tool for tool in asked if packages_of_judges.get(tool, tool) not in {*listed, *base}) == []


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "SECURITY.md"])
def test_documents_name_files_that_exist(document: str) -> None:
    text = (HERE / document).read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    named = re.findall(r"`((?:[\w.]+/)+[\w.-]*|[\w]+\.(?:py|toml|md))`", text) + re.findall(r"\]\(([\w./-]+)\)", text)
    outside = (".venv/", "blobs/", "dist/", "../shared/")
    absent = [name for name in named if not any((place / name).exists() for place in (HERE, HERE / "inspector"))]
    assert [name for name in absent if not name.startswith(outside)] == []


def test_help_is_the_text_of_the_documents() -> None:
    done = subprocess.run(
        [sys.executable, "packaging/make_help.py", "--check"],
        cwd=HERE, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
