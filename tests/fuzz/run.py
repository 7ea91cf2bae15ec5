"""Fuzzing by hand, as long as wanted: `python tests/fuzz/run.py --seconds 3600 --seed 1 [--keep FOLDER]`.

Two children at a time. Each failure is told with its number and the mutant is kept; `--only NUMBER` does a single one again.
Ends with a line of numbers, exit code 1 if anything failed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
BATCH = 100
CHILDREN = 2


def run_batch(
    seed: int, first: int, count: int, corpus: Path | None, scratch: Path
) -> tuple[Counter[str], dict[int, str]]:
    """What the mutants were, and which failed with what; a child that died is started again behind the one that did it."""
    found: Counter[str] = Counter()
    failures: dict[int, str] = {}
    end = first + count
    while first < end:
        done = subprocess.run(
            [sys.executable, "-B", "-m", "tests.fuzz.child", str(seed), str(first), str(end - first), str(scratch),
             str(corpus) if corpus is not None else "-"],
            cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONFAULTHANDLER": "1"},
        )  # fmt: skip
        begun = first - 1
        for line in done.stdout.splitlines():
            answer = json.loads(line)
            if "begin" in answer:
                begun = answer["begin"]
                continue
            first = answer["number"] + 1
            found[answer.get("was", "failed")] += 1
            if "failed" in answer:
                failures[answer["number"]] = answer["failed"]
        if first < end:
            if begun < first:
                raise RuntimeError(f"the child did not start: {done.stderr[-2000:]}")
            failures[begun] = f"the process ended with {done.returncode}: {done.stderr[-1500:]}"
            found["died"] += 1
            first = begun + 1
    return found, failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, metavar="NUMBER")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"))
    arguments = parser.parse_args()
    corpus = CORPUS if CORPUS.is_dir() else None
    end = time.monotonic() + arguments.seconds
    total: Counter[str] = Counter()
    failed = 0

    def numbers() -> Iterator[int]:
        if arguments.only is not None:
            yield arguments.only
            return
        first = 0
        while time.monotonic() < end:
            yield first
            first += BATCH

    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, ThreadPoolExecutor(CHILDREN) as pool:
        count = 1 if arguments.only is not None else BATCH
        places = [Path(folder) / str(number) for number in range(CHILDREN)]
        upcoming = numbers()
        while batch := [first for _, first in zip(places, upcoming, strict=False)]:
            work = [(arguments.seed, first, count, corpus, place) for first, place in zip(batch, places, strict=False)]
            for found, failures in pool.map(lambda job: run_batch(*job), work):
                total += found
                failed += len(failures)
                for number, why in sorted(failures.items()):
                    print(f"== {number}: {why}", flush=True)
                    _keep(arguments.keep, arguments.seed, number, corpus)
    print(f"seed {arguments.seed}: {total.total():,} mutants, {dict(total)}, {failed} failed")
    return 1 if failed else 0


def _keep(folder: Path, seed: int, number: int, corpus: Path | None) -> None:
    from tests.fuzz.mutate import mutant, seeds

    folder.mkdir(exist_ok=True)
    (folder / f"{seed}-{number}.tar").write_bytes(mutant(seed, number, seeds(corpus)))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
