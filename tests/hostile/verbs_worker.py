"""Does with each case everything that the terminal twin can, through its command line, in one bounded and guarded process.

Started by cases.py: `python -m tests.hostile.verbs_worker ADDRESS_SPACE SECONDS SCRATCH [VERB …]`. Cases come as JSON lines
on standard input; one JSON line per case goes to standard output: for each command line its code, what it said on standard
error, how long it took; and what the guard had to forbid.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import shutil
import signal
import stat
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from tests.hostile.guard import Guard, program_folder
from tests.hostile.limits import Meter, set_up

_FILE_SIZE = 64 << 20
"""More is not written while exporting and extracting: the case of a terabyte of holes is not to fill the disk."""
_ENDLESS = 64 << 30
_PATIENCE = 2.0
_IMAGES = 3
_LAYERS = 2
_FILES = 3


class _Bytes(io.TextIOWrapper):
    """Standard output that takes text and bytes."""

    def __init__(self) -> None:
        self.kept = io.BytesIO()
        super().__init__(self.kept, encoding="utf-8", errors="surrogatepass", write_through=True)

    def text(self) -> str:
        return self.kept.getvalue().decode("utf-8", "replace")  # `cat` gives any bytes


class Commands:
    """Runs command lines of one case and notes what became of them."""

    def __init__(self, path: str, meter: Meter, folder: Path) -> None:
        self.path = path
        self.runs: list[dict[str, Any]] = []
        self._meter = meter
        self._folder = folder
        self._is_endless = os.path.isfile(path) and os.path.getsize(path) > _ENDLESS

    def run(self, *words: str) -> tuple[int, str]:
        from inspector.cli import main

        out, err = _Bytes(), io.StringIO()
        # Reading a terabyte takes hours: somebody presses Ctrl+C.
        impatient = threading.Timer(_PATIENCE, os.kill, (os.getpid(), signal.SIGINT))
        if self._is_endless:
            impatient.start()
        before = self._meter.seconds
        answer: dict[str, Any] = {"words": [word.replace(str(self._folder), "SCRATCH") for word in words]}
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                answer["code"] = main(list(words))
        except BaseException:  # noqa: BLE001 - whatever it is, the test wants to see it
            answer["traceback"] = traceback.format_exc()
        impatient.cancel()
        answer["err"] = err.getvalue()
        answer["seconds"] = round(self._meter.seconds - before, 3)
        answer["marker"] = b"HOSTILE-CANARY" in out.kept.getvalue()
        self.runs.append(answer)
        return answer.get("code", -1), out.text()

    def show(self) -> dict[str, Any] | None:
        code, out = self.run("show", self.path, "--json")
        self.run("show", self.path)
        return json.loads(out) if code == 0 else None

    def list_and_preview(self, shown: dict[str, Any], *, is_bomb: bool) -> None:
        images = shown["images"]
        for image in images[:_IMAGES]:
            choice = ["--image", image["manifest_digest"] or image["config_digest"] or ""] if len(images) > 1 else []
            self.run("files", self.path, *choice)
            code, out = self.run("files", self.path, "--json", *choice)
            entries = json.loads(out)["entries"] if code == 0 else []
            for number in range(1, min(_LAYERS, len(image["layers"])) + 1):
                self.run("files", self.path, "--json", "--layer", str(number), *choice)
            if is_bomb:
                continue
            some = [entry for entry in entries if entry["type"] == "file" and entry["size"] < _FILE_SIZE][:_FILES]
            some += [entry for entry in entries if entry["type"] in ("symlink", "hardlink")][:_FILES]
            for entry in some:
                if "\0" not in entry["path"]:
                    self.run("cat", self.path, entry["path"], *choice)

    def check(self) -> None:
        errors = self._errors(self.path)
        self.runs[-1]["errors"] = errors
        self.run("check", self.path)

    def _errors(self, path: str) -> list[str]:
        code, out = self.run("check", path, "--json", "--deep")
        found = json.loads(out)["findings"] if code in (0, 1) else []
        stopped = [] if code in (0, 1) else [f"exit {code}"]
        return stopped + sorted({finding["code"] for finding in found if finding["severity"] == "error"})

    def export(self) -> None:
        for preset in ("docker-compatible", "classic-docker"):
            target = self._folder / f"{preset}.tar"
            code, out = self.run("export", self.path, str(target), "--preset", preset, "--json")
            if code == 0:
                run, result = self.runs[-1], json.loads(out)
                run["verified"] = result["verified"]
                run["rewritten"] = [change["object"] for change in result["changes"] if change["action"] != "kept"]
                run["errors_after"] = self._errors(str(target))

    def extract(self, images: list[dict[str, Any]]) -> None:
        for number, image in enumerate(images[:_IMAGES]):
            choice = ["--image", image["manifest_digest"] or image["config_digest"] or ""] if len(images) > 1 else []
            for layer in ([], ["--layer", "1"]) if image["layers"] else ([],):
                target = self._folder / f"out-{number}"
                self.run("extract", self.path, str(target), *choice, *layer)
                self.runs[-1]["wrong"] = judge(target)
                shutil.rmtree(target, ignore_errors=True)


def judge(target: Path) -> list[str]:
    """What must not be in an extracted folder."""
    wrong: list[str] = []
    root = os.path.realpath(os.fsencode(target))
    for folder, folders, files in os.walk(os.fsencode(target)):
        for name in folders + files:
            path = os.path.join(folder, name)
            found = os.lstat(path)
            if stat.S_ISLNK(found.st_mode):
                real = os.path.realpath(path)
                if real != root and not real.startswith(root + b"/"):
                    wrong.append(f"a link out: {path!r} -> {os.readlink(path)!r}")
                continue
            if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
                wrong.append(f"a special file: {path!r}")
            if found.st_mode & 0o7022:
                wrong.append(f"mode {found.st_mode:o}: {path!r}")
            if found.st_nlink != 1 and not stat.S_ISDIR(found.st_mode):
                wrong.append(f"a hard link: {path!r}")
            if name.startswith(b".image-inspector"):
                wrong.append(f"a leftover: {path!r}")
    return wrong


def do_case(case: dict[str, Any], guard: Guard, folder: Path, seconds: int) -> dict[str, Any]:
    path = os.fsdecode(bytes.fromhex(case["path"]))
    temporary = os.environ["TMPDIR"]
    guard.off = True
    meter = Meter(seconds)
    guard.off = False
    guard.allow([os.fsencode(path)], [str(folder), temporary])
    commands = Commands(path, meter, folder)
    shown = commands.show()
    answer: dict[str, Any] = {"id": case["id"], "show_seconds": meter.seconds}
    if shown is not None:
        answer["show"] = {"images": len(shown["images"]), "findings": [f["code"] for f in shown["findings"]]}
        commands.list_and_preview(shown, is_bomb=case["is_bomb"])
        answer["list_seconds"] = meter.seconds
        if not case["is_bomb"]:
            commands.check()
            hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_SIZE, hard))
            commands.export()
            commands.extract(shown["images"])
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    meter.stop()
    answer |= {"seconds": meter.seconds, "memory": meter.memory, "runs": commands.runs, "forbidden": guard.broken}
    guard.off = True
    left = sorted(os.listdir(temporary)) + sorted(os.listdir("."))
    answer["left"] = [name for name in left if name]
    for name in os.listdir(folder):
        (folder / name).unlink()  # whatever is no file fails here, and the case with it
    guard.off = False
    return answer


def main() -> None:
    seconds, scratch = int(sys.argv[2]), Path(sys.argv[3])
    set_up(int(sys.argv[1]), scratch)
    guard = Guard(program_folder())
    for line in sys.stdin:
        answer = do_case(json.loads(line), guard, scratch / "work", seconds)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
