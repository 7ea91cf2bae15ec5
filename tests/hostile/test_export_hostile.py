"""Every hostile archive, exported: one clear error, or a file that reads back as meant; never a traceback or a leftover."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.errors import InspectorError
from inspector.export import disk
from inspector.export.options import ExportOptions
from inspector.export.plan import plan_export
from inspector.export.writer import export_archive


@pytest.mark.parametrize("preset", ["docker-compatible", "classic-docker"])
def test_every_hostile_archive(preset: str, hostile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "sync", lambda _descriptor: None)
    target = tmp_path / "out.tar"
    found: Counter[str] = Counter()
    paths = sorted(path for path in hostile.iterdir() if path.suffix != ".json" and "bomb" not in path.name)
    for path in paths:
        try:
            with open_archive(path) as archive:
                result = export_archive(plan_export(archive, ExportOptions(preset=preset)), target, overwrite=True)  # type: ignore[arg-type]
        except InspectorError as error:
            assert error.title, path.name  # noqa: PT017
            found[type(error).__name__] += 1
        else:
            found["exported"] += 1
            assert result.verified, path.name
        assert set(os.listdir(tmp_path)) <= {"out.tar"}, path.name
    assert found["exported"] > 100
    assert found["BlobMismatch"] > 10
