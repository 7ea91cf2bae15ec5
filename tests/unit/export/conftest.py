from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspector.archive.detect import open_archive
from inspector.export import disk
from inspector.export.options import ExportOptions
from inspector.export.plan import ExportPlan, plan_export
from inspector.export.writer import ExportResult, export_archive
from tests.builders import Bundle


class Written:
    """An exported archive, looked at by Python's own tarfile and json, so that no code of ours judges itself."""

    def __init__(self, path: Path, result: ExportResult) -> None:
        self.path = path
        self.result = result
        with tarfile.open(path, "r:") as tar:
            self.members = tar.getmembers()
            self.files = {m.name: tar.extractfile(m).read() for m in self.members if m.isfile()}  # type: ignore[union-attr]
        self.names = [member.name for member in self.members]

    def json(self, name: str) -> Any:
        return json.loads(self.files[name])

    def blob(self, digest: str) -> bytes:
        algorithm, _, encoded = digest.partition(":")
        return self.files[f"blobs/{algorithm}/{encoded}"]

    @property
    def index(self) -> list[dict[str, Any]]:
        return list(self.json("index.json")["manifests"])

    @property
    def docker(self) -> list[dict[str, Any]]:
        return list(self.json("manifest.json"))

    def manifest(self, position: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.blob(self.index[position]["digest"]))
        return found


Export = Callable[..., Written]


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """`export(bundle or path, preset=…)` writes and reads back an archive."""

    def run(source: Bundle | Path, **options: Any) -> Written:
        path = (
            source if isinstance(source, Path) else source.write(tmp_path / "source.tar", tar_format=tarfile.PAX_FORMAT)
        )
        target = tmp_path / "out.tar"
        with open_archive(path) as archive:
            result = export_archive(plan_export(archive, ExportOptions(**options)), target, overwrite=True)
        return Written(target, result)

    return run


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., ExportPlan]:
    """`plan(bundle, preset=…)`; the archive is closed again, so only what is already known can be looked at."""

    def run(source: Bundle, **options: Any) -> ExportPlan:
        with open_archive(source.write(tmp_path / "source.tar", tar_format=tarfile.PAX_FORMAT)) as archive:
            return plan_export(archive, ExportOptions(**options))

    return run


def layer_of(files: dict[str, bytes]) -> bytes:
    """A layer made by tarfile."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


class Failing:
    """Lets a call of `disk` fail at its Nth use."""

    def __init__(self, name: str, number: int, fail_at: int) -> None:
        self._call: Callable[..., Any] = getattr(disk, name)
        self._number = number
        self._left = fail_at
        self.fired = False

    def __call__(self, *arguments: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            self.fired = True
            raise OSError(self._number, os.strerror(self._number))
        return self._call(*arguments)
