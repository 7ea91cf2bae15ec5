"""Writes resources/help/ from the documents, so that the help in the program and the documents are one text: `make_help.py [--check]`.

guide.md     sections of README.md that a person with a window needs
terminal.md  README.md's section on the terminal twin
findings.md  every rule of `inspector/conformance`, as `check --explain all` prints it
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HELP = ROOT / "resources" / "help"
GUIDE = ("Five things people do", "And more", "What it reads", "From the file manager", "Limits", "Not tested")


def sections() -> dict[str, str]:
    """README.md's sections of the second level, by title."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    return {title: body.strip() for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def pages() -> dict[str, str]:
    """File name → text."""
    found = sections()
    guide = [f"## {title}\n\n{found[title]}" for title in GUIDE]
    command = [sys.executable, "-m", "inspector.cli", "check", "--explain", "all"]
    rules = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True
    ).stdout.strip()
    return {
        "guide.md": "\n\n".join(["# Guide", *guide]) + "\n",
        "terminal.md": "# In a terminal\n\n" + found["In a terminal"] + "\n",
        "findings.md": "# Findings\n\nWhat *Findings* and `image-inspector-cli check` can report.\n\n" + rules + "\n",
    }


def main() -> None:
    stale = []
    HELP.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        path = HELP / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv[1:]:
                path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv[1:]:
        raise SystemExit(
            f"resources/help is older than its sources: {', '.join(stale)}: run `.venv/bin/python packaging/make_help.py`"
        )


if __name__ == "__main__":
    main()
