"""Checking archives that builders make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.conformance.check import Report, check_archive
from tests.builders import Bundle

Check = Callable[..., Report]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """`check(bundle)` or `check(bytes)` → the report of a deep check (quick with deep=False)."""

    def run(made: Bundle | bytes, *, deep: bool = True, compression: str = "none") -> Report:
        path = tmp_path / "app.tar"
        if isinstance(made, bytes):
            path.write_bytes(made)
        else:
            made.write(path, compression=compression)
        with open_archive(path) as archive:
            return check_archive(archive, deep=deep)

    return run
