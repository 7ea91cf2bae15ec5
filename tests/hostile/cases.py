"""Runs the cases of the hostile corpus in bounded worker processes, two at a time, and gathers what they answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ADDRESS_SPACE = 3 << 30
WORKERS = 2
SECONDS = 100
"""On the wall for one case, all that is done with it: then it hangs."""

Case = dict[str, Any]
Answer = dict[str, Any]


def read_cases(folder: Path) -> list[Case]:
    """All cases, in their order."""
    found: list[Case] = json.loads((folder / "expected.json").read_bytes())["cases"]
    return found


def path_of(folder: Path, case: Case) -> bytes:
    name = bytes.fromhex(case["file_hex"]) if "file_hex" in case else os.fsencode(case["file"])
    return os.path.join(os.fsencode(folder), name)


def _line(folder: Path, case: Case) -> dict[str, Any]:
    return {
        "id": case["id"],
        "path": path_of(folder, case).hex(),
        "is_bomb": case["category"] == "bomb",
        "is_brief": case["category"] == "json-types",  # 422 of them, alike
    }


def run_cases(worker: str, folder: Path, cases: list[Case], scratch: Path, **environment: str) -> dict[str, Answer]:
    """Case → what the worker says of it; one that took its worker with it gives `{"died": …}`."""

    def share(number: int) -> dict[str, Answer]:
        place = scratch / str(number)
        place.mkdir()
        return _run(worker, folder, cases[number::WORKERS], place, environment)

    with ThreadPoolExecutor(WORKERS) as pool:
        parts = list(pool.map(share, range(WORKERS)))
    return {key: answer for part in parts for key, answer in part.items()}


def _run(worker: str, folder: Path, cases: list[Case], scratch: Path, environment: dict[str, str]) -> dict[str, Answer]:
    repository = Path(__file__).resolve().parents[2]
    answers: dict[str, Answer] = {}
    waiting = list(cases)
    while waiting:
        lines = "".join(json.dumps(_line(folder, case)) + "\n" for case in waiting)
        done = subprocess.run(
            [sys.executable, "-B", "-m", f"tests.hostile.{worker}", str(ADDRESS_SPACE), str(SECONDS), str(scratch)],
            input=lines, capture_output=True, text=True, cwd=repository, check=False,
            env=os.environ | {"INSPECTOR_DEBUG": "1", "PYTHONFAULTHANDLER": "1"} | environment,
        )  # fmt: skip
        got = [json.loads(line) for line in done.stdout.splitlines()]
        answers |= {answer["id"]: answer for answer in got}
        waiting = waiting[len(got) :]
        if waiting:
            answers[waiting[0]["id"]] = {"died": f"exit {done.returncode}: {done.stderr[-2000:]}"}
            waiting = waiting[1:]
    return answers
