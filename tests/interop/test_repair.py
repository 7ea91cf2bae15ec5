"""Broken archives, exported with all repairs, before our own check and before skopeo, umoci and oci-image-tool.

Broken are: what faulty Docker versions wrote, the corpus, and the light hostile corpus. An archive can be mended if each of
its errors says so (`fix`); such a one has no error left, and the judges take it.
"""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.conformance.check import check_archive
from inspector.errors import BlobMismatch, InspectorError
from inspector.export.options import ExportOptions, Preset
from inspector.export.plan import plan_export
from inspector.export.repairs import ALL
from inspector.export.writer import export_archive
from inspector.findings import Finding, Fix, Severity
from tests.builders import Bundle, buildx_oci, containerd, docker_25, image
from tests.builders.altered import altered, drop, put
from tests.builders.docker import VERSIONS
from tests.interop import judges
from tests.unit.conformance.cases import sha512
from tests.unit.export.test_repairs import of_platforms

Judge = Callable[[str], str]

ONE = image("docker.io/library/app:1", layers=3)
OTHER = image("docker.io/library/other:2", seed="other", layers=2)
EVERY = dict.fromkeys(ALL, True)
MADE: dict[str, Callable[[], Bundle]] = {
    **{f"docker-{version}": partial(docker_25, [ONE, OTHER], version) for version in VERSIONS},
    **{
        f"docker-{version}-untagged": partial(docker_25, [image(layers=2), image(seed="b")], version)
        for version in ("25.0.0", "28.5.2")
    },
    "absent-platform": lambda: of_platforms(absent=True),
    "docker-types": lambda: containerd([ONE, OTHER], docker=True),
    "no-manifest-json": lambda: buildx_oci([ONE]),
    "no-oci-layout": lambda: altered().without("oci-layout"),
    "no-index": lambda: altered(with_docker=True).without("index.json"),
    "null-index": lambda: altered(with_docker=True, index=put("manifests", value=None)),
    "wrong-sizes": lambda: altered(manifest=put("layers", 0, "size", value=1), index=put("manifests", 0, "size", value=1)),
    "wrong-label": lambda: altered(
        manifest=put("layers", 0, "mediaType", value="application/vnd.oci.image.layer.v1.tar+gzip")
    ),
    "wrong-order": lambda: altered(manifest=lambda manifest: manifest["layers"].reverse()),
    "wrong-order-compressed": lambda: altered(compression="gzip", manifest=lambda manifest: manifest["layers"].reverse()),
    "no-layers": lambda: altered(manifest=put("layers", value=[])),
    "no-media-types": lambda: altered(manifest=drop("mediaType"), index=drop("mediaType")),
    "version-3": lambda: altered(manifest=put("schemaVersion", value=3)),
    "other-case": lambda: altered().renamed(
        lambda name: name.upper() if name.startswith("blobs/sha256/0") else name
    ),
    "suffixes": lambda: altered().renamed(lambda name: name + ".tar.gz" if name.count("/") == 2 else name),
    "sha512": sha512,
}  # fmt: skip


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Path]:
    """Emptied afterwards: umoci's bundles hold odd modes."""
    folder = tmp_path / "work"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def errors(path: Path) -> list[Finding]:
    with open_archive(path) as archive:
        return [f for f in check_archive(archive, deep=True).findings if f.severity is Severity.ERROR]


def can_be_mended(path: Path) -> bool:
    """Whether something is wrong, and all of it can be mended."""
    try:
        found = errors(path)
    except InspectorError:
        return False
    return bool(found) and all(finding.fix is not Fix.NONE for finding in found)


def repaired(source: Path, target: Path) -> None:
    with open_archive(source) as archive:
        plan = plan_export(archive, ExportOptions(repairs=EVERY))
        assert export_archive(plan, target, overwrite=True).verified


def judged(target: Path, work: Path, judge: Judge) -> dict[str, int]:
    """How many images each judge took."""
    assert [(finding.code, finding.title) for finding in errors(target)] == []
    with open_archive(target) as archive:
        has_docker = archive.root_document("manifest.json") is not None
    layout = judges.Layout(target, work)
    try:
        return {
            "docker": judges.skopeo_docker(judge("skopeo"), target, work) if has_docker else 0,
            "oci": judges.skopeo_oci(judge("skopeo"), layout, work),
            "umoci": judges.umoci_unpack(judge("umoci"), layout, work),
            "image-tool": judges.image_tool(judge("oci-image-tool"), layout),
        }
    finally:
        shutil.rmtree(layout.folder, ignore_errors=True)


@pytest.mark.parametrize("name", MADE)
def test_what_faulty_tools_wrote(name: str, tmp_path: Path, work: Path, judge: Judge) -> None:
    source = MADE[name]().write(tmp_path / "source.tar", tar_format=tarfile.PAX_FORMAT)
    repaired(source, work / "out.tar")
    took = judged(work / "out.tar", work, judge)
    assert took["docker"] >= 1
    assert took["oci"] >= 1
    assert took["umoci"] >= 1


def test_most_of_them_were_broken(tmp_path: Path) -> None:
    broken = [
        name for name in MADE if errors(MADE[name]().write(tmp_path / "source.tar", tar_format=tarfile.PAX_FORMAT))
    ]
    assert len(broken) >= 14, sorted(set(MADE) - set(broken))


def test_every_archive_of_the_corpus_that_can_be_mended(corpus: Path, work: Path, judge: Judge) -> None:
    """The others are in order (tests/corpus/test_check.py) or cannot be read; those are judged in test_export.py."""
    broken = [
        path for path in sorted(corpus.iterdir()) if path.name.startswith(("derived-", "retar-", "ctr-2.1-trunc"))
    ]
    mended = 0
    for path in broken:
        if not can_be_mended(path) and "trailing" not in path.name:
            continue
        repaired(path, work / "out.tar")
        judged(work / "out.tar", work, judge)
        mended += 1
    assert mended


def _cases(hostile: Path, *, full: bool) -> list[Path]:
    """One of eight of the families that put each JSON type into each field, all others."""
    listed = json.loads((hostile / "expected.json").read_bytes())["cases"]
    paths = sorted({hostile / case["file"] for case in listed if "bomb" not in case["id"]})
    typed = [path for path in paths if path.name.startswith("type-")]
    return paths if full else [path for path in paths if path not in typed] + typed[::8]


def _mend_all(paths: list[Path], work: Path, judge: Judge, *, every: int) -> tuple[int, list[str]]:
    mended, refused = 0, []
    failed: list[str] = []
    for path in paths:
        if not can_be_mended(path):
            continue
        try:
            repaired(path, work / "out.tar")
        except InspectorError:
            refused.append(path.name)
            continue
        mended += 1
        if mended % every == 0:
            try:
                judged(work / "out.tar", work, judge)
            except AssertionError as error:
                failed.append(f"{path.name}: {error}")
        else:
            assert [(path.name, finding.code) for finding in errors(work / "out.tar")] == []
    assert failed == []
    return mended, refused


def test_hostile_archives_that_can_be_mended(hostile: Path, work: Path, judge: Judge) -> None:
    mended, refused = _mend_all(_cases(hostile, full=False), work, judge, every=4)
    assert mended > 70
    # What one finding says can be mended, and another place of the archive forbids.
    assert len(refused) <= 4, refused


@pytest.mark.corpus_full
@pytest.mark.parametrize("part", range(8))
def test_every_hostile_archive_that_can_be_mended(part: int, hostile: Path, work: Path, judge: Judge) -> None:
    mended, _ = _mend_all(_cases(hostile, full=True)[part::8], work, judge, every=1)
    assert mended > 10


@pytest.mark.parametrize("preset", [Preset.DOCKER_COMPATIBLE, Preset.STRICT_OCI, Preset.CLASSIC_DOCKER])
@pytest.mark.parametrize("name", ["docker-25.0.0", "docker-25.0.0-rc.1", "wrong-sizes", "wrong-label"])
def test_a_damaged_blob_is_never_blessed(name: str, preset: Preset, tmp_path: Path) -> None:
    """Repairing does not turn damage into a new digest."""
    made = MADE[name]()
    layer = max((entry for entry in made.entries if entry.name.startswith("blobs/")), key=lambda entry: len(entry.data))
    broken = made.replacing(layer.name, layer.data[:-700] + b"!" + layer.data[-699:])
    source = broken.write(tmp_path / "source.tar")
    with open_archive(source) as archive, pytest.raises(BlobMismatch, match=layer.name.rpartition("/")[2][:12]):
        export_archive(plan_export(archive, ExportOptions(preset=preset, repairs=EVERY)), tmp_path / "out.tar")
    assert not (tmp_path / "out.tar").exists()
