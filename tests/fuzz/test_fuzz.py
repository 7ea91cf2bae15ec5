"""A fixed number of mutants of a fixed seed, so that red means changed code; for longer: `python tests/fuzz/run.py --seconds 3600`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import CORPUS
from tests.fuzz.mutate import mutant, seeds
from tests.fuzz.run import run_batch

SEED = 1
MUTANTS = 150
"""For each of two children; with real archives some 25 s on a quiet machine."""


@pytest.mark.timeout(900)
def test_mutants(tmp_path: Path) -> None:
    """No crash, hang, traceback, leftover or forbidden call; little memory; and no export is worse than what it was made of."""
    corpus = CORPUS if CORPUS.is_dir() else None
    with ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(run_batch, SEED, number * MUTANTS, MUTANTS, corpus, tmp_path / str(number))
            for number in range(2)
        ]
        results = [job.result() for job in jobs]
    assert {number: why for _, failures in results for number, why in failures.items()} == {}
    found = sum((counted for counted, _ in results), start=results[0][0].__class__())
    assert found.total() == 2 * MUTANTS
    assert found["exported"] > MUTANTS // 4  # else the mutants would not get deep enough to find anything
    assert found["refused"] < MUTANTS


def test_the_same_seed_gives_the_same_mutants() -> None:
    bases = seeds(None)
    assert [mutant(7, number, bases) for number in range(20)] == [mutant(7, number, bases) for number in range(20)]
    assert len({mutant(7, number, bases) for number in range(20)}) > 15
