"""Checks a wheel that was installed into an empty environment: `check_installed.py VENV SDIST`.

Runs from an empty folder, so that nothing of the checkout can be found by accident: both programs print the version of
the package, the resources lie inside it and are found by the program's own finder, and the sdist holds what a rebuild needs.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

NEEDED = ("pyproject.toml", "README.md", "LICENSE", "inspector/__init__.py", "inspector/cli/__init__.py")
FOLDERS = ("resources/", "tests/unit/", "packaging/linux/")
FINDER = """
import pathlib, inspector
from inspector.ui.assets import resource
for found in (resource("icons", "app.svg"), resource("help", "guide.md")):
    assert found.is_relative_to(pathlib.Path(inspector.__file__).parent), found
    assert "site-packages" in found.parts, found
print(inspector.__version__)
"""


def run(*command: str | Path, folder: Path) -> str:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        sys.exit(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def main(venv: Path, sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    absent = [name for name in NEEDED if name not in names]
    absent += [folder for folder in FOLDERS if not any(name.startswith(folder) for name in names)]
    if absent:
        sys.exit(f"{sdist.name} lacks {absent}")

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        programs = venv / "bin"
        version = run(programs / "python", "-c", FINDER, folder=folder)
        for program in ("image-inspector-cli", "image-inspector"):
            said = run(programs / program, "--version", folder=folder)
            if said != f"image-inspector {version}":
                sys.exit(f"{program} --version says {said!r}, the package is {version}")
    print(f"{sdist.name} and its wheel: installed, resources found, both programs say {version}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
