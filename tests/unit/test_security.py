"""SECURITY.md tells the truth: each test that it names exists, each promise has one, and the limits are those of the code."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

from inspector.archive.limits import DEFAULT_LIMITS

_PROMISES = 45


def test_every_promise_has_tests_that_exist(repository: Path) -> None:
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \|$", (repository / "SECURITY.md").read_text(), re.MULTILINE)
    assert [int(number) for number, _, _ in rows] == list(range(1, _PROMISES + 1))
    missing = []
    for number, _, named in rows:
        tests = re.findall(r"`([^`]+)`", named)
        assert tests, number
        for test in tests:
            path, _, function = test.partition("::")
            file = repository / path
            if not file.is_file() or (function and function not in _functions(file)):
                missing.append(f"{number}: {test}")
    assert missing == []


def _functions(file: Path) -> set[str]:
    return {node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)}


def test_the_limits_are_those_of_the_code(repository: Path) -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \| .+ \|$", (repository / "SECURITY.md").read_text(), re.MULTILINE)
    told = {name: int(number.replace(",", "")) for name, number in rows}
    assert told == {field.name: getattr(DEFAULT_LIMITS, field.name) for field in fields(DEFAULT_LIMITS)}
