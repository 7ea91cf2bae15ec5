"""What the plan of an export says of loaders is what the archive says once it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.archive.detect import open_archive, open_tar
from inspector.conformance.check import check_archive
from inspector.errors import InspectorError
from inspector.export.imagined import imagined
from inspector.export.options import ExportOptions
from inspector.export.plan import plan_export
from inspector.export.writer import export_archive
from inspector.progress import CancelToken, ignore_progress


@pytest.mark.parametrize("preset", ["docker-compatible", "for-push"])
def test_the_forecast_before_writing_is_the_one_after(archive_path: Path, preset: str, tmp_path: Path) -> None:
    token = CancelToken()
    try:
        archive = open_archive(archive_path)
    except InspectorError:
        pytest.skip("no image archive")
    with archive:
        try:
            plan = plan_export(archive, ExportOptions(preset=preset), token=token)  # type: ignore[arg-type]
            before = imagined(plan, token)
            out = tmp_path / "out.tar"
            export_archive(plan, out, overwrite=False, token=token, sink=ignore_progress)
        except InspectorError:
            pytest.skip("it cannot be exported")
        with open_tar(before, archive_path) as foreseen, open_archive(out) as written:
            expected = {one.loader: one.verdict for one in check_archive(written, deep=False).loaders}
            assert {one.loader: one.verdict for one in check_archive(foreseen, deep=False).loaders} == expected
        if not plan.waiting:
            assert before.size == out.stat().st_size
            assert before.read_at(0, before.size) == out.read_bytes()
