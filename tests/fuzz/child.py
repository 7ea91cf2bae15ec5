"""Does everything with mutants, one after the other, in a process with little memory and little time for each.

`python -m tests.fuzz.child SEED FIRST COUNT SCRATCH CORPUS|-` prints a JSON line before and behind each mutant; the last one
without an answer is the one that took the process along.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
import traceback
from pathlib import Path
from typing import Any

from tests.fuzz.mutate import mutant, seeds
from tests.hostile.guard import Guard, program_folder
from tests.hostile.limits import Meter, bound

ADDRESS_SPACE = 1 << 30
SECONDS = 60
"""On the wall; a busy machine may need it."""
CPU_SECONDS = 10
MEMORY = 400 << 20


class Failure(Exception):
    """Something that must not be, found without an exception."""


def cli(*words: str) -> tuple[int, str]:
    from inspector.cli import main

    out, err = (
        io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogatepass", write_through=True),
        io.StringIO(),
    )
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(words))
    if code == 2 and not err.getvalue().strip():
        raise Failure(f"refused without a word: {words}")
    if "\x1b" in err.getvalue():
        raise Failure(f"an escape sequence on standard error: {words}")
    out.flush()
    return code, out.buffer.getvalue().decode("utf-8", "replace")


def errors_of(path: str) -> list[str] | None:
    """Codes of findings that are errors; None if it cannot be read."""
    code, out = cli("check", path, "--json", "--deep")
    if code not in (0, 1):
        return None
    return sorted({finding["code"] for finding in json.loads(out)["findings"] if finding["severity"] == "error"})


def examine(path: str, folder: Path) -> str:
    """Everything that the terminal twin can do; one word about what it was."""
    code, out = cli("show", path, "--json")
    text_code, _ = cli("show", path)
    if code != text_code:
        raise Failure("the tree and the JSON do not agree")
    if code:
        return "refused"
    shown = json.loads(out)
    for shown_image in shown["images"][:2]:
        choice = []
        if len(shown["images"]) > 1:
            choice = ["--image", shown_image["manifest_digest"] or shown_image["config_digest"] or "x"]
        code, out = cli("files", path, "--json", *choice)
        entries = json.loads(out)["entries"] if code == 0 else []
        cli("files", path, "--layer", "1", *choice)
        for entry in [
            entry for entry in entries if entry["type"] in ("file", "hardlink") and "\0" not in entry["path"]
        ][:3]:
            cli("cat", path, entry["path"], *choice)
        cli("extract", path, str(folder / "files"), *choice)
        if (folder / "files").exists():
            shutil.rmtree(folder / "files")
    before = errors_of(path)
    target = str(folder / "out.tar")
    code, out = cli("export", path, target, "--json")
    if code == 0:
        after = errors_of(target)
        if after is None:
            raise Failure("what was exported cannot be read")
        if before == [] and after:
            raise Failure(f"an archive without errors got {after} by being exported")
        os.unlink(target)
        return "exported"
    if os.path.exists(target):
        raise Failure("refused, and something was written")
    return "opened"


def main() -> None:
    seed, first, count = (int(word) for word in sys.argv[1:4])
    scratch = Path(sys.argv[4])
    bases = seeds(None if sys.argv[5] == "-" else Path(sys.argv[5]))
    shutil.rmtree(scratch, ignore_errors=True)
    for name in ("in", "out", "tmp", "empty"):
        (scratch / name).mkdir(parents=True)
    os.environ |= {"TMPDIR": str(scratch / "tmp"), "INSPECTOR_DEBUG": "1"}
    path = scratch / "in" / "mutant.tar"
    os.chdir(scratch / "empty")
    bound(ADDRESS_SPACE)
    guard = Guard(program_folder())
    for number in range(first, first + count):
        guard.off = True
        path.write_bytes(mutant(seed, number, bases))
        print(json.dumps({"begin": number}), flush=True)
        meter = Meter(SECONDS)
        guard.off = False
        guard.allow([os.fsencode(path)], [str(scratch / "out"), str(scratch / "tmp")])
        answer: dict[str, Any] = {"number": number}
        try:
            answer["was"] = examine(str(path), scratch / "out")
        except BaseException:  # noqa: BLE001 - MemoryError, RecursionError and the like are what we look for
            answer["failed"] = traceback.format_exc()
        meter.stop()
        guard.off = True
        trouble = list(guard.broken)
        trouble += [f"left: {name}" for place in ("out", "tmp", "empty") for name in os.listdir(scratch / place)]
        if meter.seconds > CPU_SECONDS:
            trouble.append(f"{meter.seconds:.1f} s")
        if meter.memory > MEMORY:
            trouble.append(f"{meter.memory >> 20} MB")
        if trouble:
            answer.setdefault("failed", "; ".join(trouble))
        for place in ("out", "tmp"):
            shutil.rmtree(scratch / place)
            (scratch / place).mkdir()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
