"""The report as a whole: each finding once, bounded, stoppable, the same every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.archive.blobstore import Blob
from inspector.archive.detect import open_archive
from inspector.archive.limits import DEFAULT_LIMITS
from inspector.archive.source import FileSource
from inspector.conformance.check import MOST_PER_CODE, Report, check_archive
from inspector.conformance.grammar import is_date, is_media_type, is_ref_name, is_uri
from inspector.errors import Cancelled
from inspector.findings import Severity
from inspector.progress import CancelToken, Progress
from tests.builders import docker_24, docker_25, image, layer_tar
from tests.builders.altered import LAYERS, altered, put

Check = Callable[..., Report]


def test_what_opening_found_is_told_once(tmp_path: Path) -> None:
    path = docker_24([image("docker.io/library/app:1")]).without("repositories").write(tmp_path / "app.tar")
    broken = docker_25([image("docker.io/library/app:1", layers=3)], "25.0.0").write(tmp_path / "broken.tar")
    for one in (path, broken):
        with open_archive(one) as archive:
            report = check_archive(archive, deep=True)
            places = [(f.code, f.where.object, f.where.pointer, f.where.offset, f.title) for f in report.findings]
            assert len(set(places)) == len(places)
            opened = {(f.code, f.where.object, f.where.pointer) for f in archive.findings}
            assert opened <= {place[:3] for place in places}


def test_a_flood_of_one_kind_is_counted(check: Check) -> None:
    names = {f"X{number}" for number in range(MOST_PER_CODE + 50)}
    report = check(altered(config=put("config", "ExposedPorts", value={name: {} for name in sorted(names)})))
    assert len(report.findings) == MOST_PER_CODE + 1
    assert report.findings[-1].title == "50 more findings of this kind"
    assert report.worst is Severity.WARNING


def test_a_deep_check_reads_each_blob_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    big = layer_tar({"big": bytes(3 << 20)})
    path = altered(tars=(big, LAYERS[0], big), with_docker=True).write(tmp_path / "app.tar")
    with open_archive(path) as archive:
        read = 0
        original = FileSource.read_at

        def counted(source: FileSource, offset: int, length: int) -> bytes:
            nonlocal read
            read += length
            return original(source, offset, length)

        monkeypatch.setattr(FileSource, "read_at", counted)
        check_archive(archive, deep=True)
    stored = path.stat().st_size
    assert (
        len(big) < read < stored + (2 << 20)
    )  # the headers of the tar are walked once more, and headers in the layers


def test_a_quick_check_reads_no_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = altered(with_docker=True).write(tmp_path / "app.tar")
    with open_archive(path) as archive:
        monkeypatch.setattr(
            "inspector.conformance.contents.list_layer", lambda *_args, **_more: pytest.fail("a layer was read")
        )
        assert check_archive(archive, deep=False).findings == ()


def test_progress_and_cancel(tmp_path: Path) -> None:
    path = altered().write(tmp_path / "app.tar")
    reports: list[Progress] = []
    token = CancelToken()

    def watch(progress: Progress, /) -> None:
        reports.append(progress)
        token.cancel()

    with open_archive(path) as archive, pytest.raises(Cancelled):
        check_archive(archive, deep=True, token=token, sink=watch)
    with open_archive(path) as archive:
        check_archive(archive, deep=True, sink=reports.append)
        total = sum(blob.size for blob in archive.blobs.all())
    assert {report.total for report in reports[1:]} == {total}
    assert max(report.done for report in reports) <= total


def test_a_limit_in_one_layer_does_not_hide_the_others(tmp_path: Path) -> None:
    many = layer_tar({f"f{number}": b"" for number in range(50)})
    path = altered(tars=(many, b"no tar" * 200)).write(tmp_path / "app.tar")
    limits = DEFAULT_LIMITS.raised("layer_entries", 1)
    from dataclasses import replace

    limits = replace(limits, layer_entries=10)
    with open_archive(path) as archive:
        report = check_archive(archive, deep=True, limits=limits)
    titles = [finding.title for finding in report.findings if finding.code == "LAYER-1"]
    assert titles == ["A safety limit was reached", "A layer that is no tar"] or set(titles) == {
        "A safety limit was reached",
        "A layer that is no tar",
    }


def test_blobs_that_were_checked_are_verified_afterwards(tmp_path: Path) -> None:
    path = altered(compression="gzip").write(tmp_path / "app.tar")
    with open_archive(path) as archive:
        check_archive(archive, deep=True)
        blobs: list[Blob] = [blob for blob in archive.blobs.all() if blob.claimed is not None]
        assert {blob.state.value for blob in blobs} == {"verified"}


def test_the_grammars() -> None:
    assert all(map(is_media_type, ("a/b", "application/vnd.oci.image.layer.v1.tar+gzip")))
    assert not any(map(is_media_type, ("", "a", "a/", "a/b/c", "a/b; c=d", " a/b", "a/b\n", "a/" + "b" * 128)))
    assert all(map(is_date, ("2024-05-01T10:00:00Z", "0001-01-01T00:00:00Z", "2024-05-01T10:00:00.123456789+02:00")))
    assert not any(
        map(is_date, ("", "2024-05-01", "2024-13-01T10:00:00Z", "2024-05-01T10:00:00", "now", "2024-05-01 10:00:00Z"))
    )
    assert all(map(is_ref_name, ("1", "latest", "docker.io/library/app:1", "a--b", "a@sha256:00")))
    assert not any(map(is_ref_name, ("", "_x", "v1_", "a__b", "@sha256:00", "a//b", "/a", "a/")))
    assert all(map(is_uri, ("https://example.org/x?y=1#z", "ftp://x", "urn:a:b")))
    assert not any(map(is_uri, ("", "x", "not a uri", "http://a b", "http://%zz")))


def test_a_long_ref_name_is_judged_quickly() -> None:
    assert not is_ref_name("a-" * 2000 + "!")
    assert not is_ref_name("a" * 5000)
