from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.errors import Cancelled, InspectorError, TargetExists, TargetIsSource
from inspector.progress import CancelToken, Progress, ignore_progress
from inspector.viewmodel.exportchoices import PRESETS, ExportRequest, image_choices
from inspector.viewmodel.exporting import check_target, default_target, prepare_export, run_export
from inspector.viewmodel.reporting import default_report
from inspector.viewmodel.session import ArchiveSession
from tests.builders import Bundle, docker_24, docker_25, image, skopeo_oci

Opener = Callable[[Bundle | Path], ArchiveSession]

APP = image("docker.io/library/app:1")
OTHER = image("docker.io/library/other:2", seed="other")


def test_the_default_is_one_click_away(session_of: Opener) -> None:
    session = session_of(docker_24([APP]))
    assert default_target(session) == session.path.with_name("app.oci.tar")
    assert PRESETS[0].key == "docker-compatible" == ExportRequest().preset


def test_one_click(session_of: Opener) -> None:
    session = session_of(docker_24([APP, OTHER]))
    target = default_target(session)
    reports: list[Progress] = []
    outcome = run_export(session, ExportRequest(), target, False, CancelToken(), reports.append)
    assert outcome.line.startswith("Saved app.oci.tar · ")
    assert " · 2 images · image IDs kept · " in outcome.line
    assert outcome.line.endswith(" · verified")
    assert outcome.verified
    assert outcome.path == target
    assert outcome.size == target.stat().st_size
    assert outcome.digest.startswith("sha256:")
    assert APP.config_hex in outcome.details
    assert reports
    again = session_of(target)
    assert [found.names for found in again.archive.images] == [APP.names, OTHER.names]


def test_classic_docker_save_speaks_of_no_manifests(session_of: Opener) -> None:
    session = session_of(docker_25([APP]))
    request = ExportRequest(preset="classic-docker")
    outcome = run_export(session, request, default_target(session), False, CancelToken(), ignore_progress)
    assert "manifest" not in outcome.line
    assert not any(line.startswith("  manifest") for line in outcome.details.splitlines())


def test_a_changed_manifest_digest_is_told(session_of: Opener) -> None:
    from tests.builders import Blobs, descriptor, index_json, layout
    from tests.builders.images import DOCKER_MANIFEST

    blobs = Blobs()
    manifest = blobs.put_image(APP, compression="gzip", docker=True)
    session = session_of(layout(blobs, index_json([descriptor(manifest, DOCKER_MANIFEST)])))
    outcome = run_export(session, ExportRequest(), default_target(session), False, CancelToken(), ignore_progress)
    assert "digests changed" in outcome.line


def test_the_digest_of_an_only_image_is_its_manifests(session_of: Opener) -> None:
    session = session_of(skopeo_oci(APP, "app:1"))
    outcome = run_export(session, ExportRequest(), default_target(session), False, CancelToken(), ignore_progress)
    assert outcome.digest == session.archive.images[0].manifest_digest


def test_nothing_is_overwritten_silently(session_of: Opener) -> None:
    session = session_of(docker_24([APP]))
    target = default_target(session)
    target.write_bytes(b"mine")
    assert check_target(session, target).exists
    with pytest.raises(TargetExists):
        run_export(session, ExportRequest(), target, False, CancelToken(), ignore_progress)
    assert target.read_bytes() == b"mine"
    run_export(session, ExportRequest(), target, True, CancelToken(), ignore_progress)
    assert target.stat().st_size > 4


def test_the_source_is_no_target(session_of: Opener) -> None:
    session = session_of(docker_24([APP]))
    found = check_target(session, session.path)
    assert (found.is_source, found.writable) == (True, False)
    assert found.text
    with pytest.raises(TargetIsSource):
        run_export(session, ExportRequest(), session.path, True, CancelToken(), ignore_progress)


@pytest.mark.parametrize("name", ["none/x.tar", "a\0b", "x" * 300])
def test_targets_that_cannot_be(session_of: Opener, tmp_path: Path, name: str) -> None:
    session = session_of(docker_24([APP]))
    found = check_target(session, tmp_path / name)
    assert not found.writable
    assert found.text
    with pytest.raises(InspectorError):
        run_export(session, ExportRequest(), tmp_path / name, False, CancelToken(), ignore_progress)


def test_a_cancelled_export_leaves_nothing(session_of: Opener) -> None:
    session = session_of(docker_24([APP]))
    token = CancelToken()
    before = sorted(session.path.parent.iterdir())
    with pytest.raises(Cancelled):
        run_export(session, ExportRequest(), default_target(session), False, token, lambda _progress: token.cancel())
    assert sorted(session.path.parent.iterdir()) == before


@pytest.mark.parametrize("preset", [choice.key for choice in PRESETS])
def test_the_sheet_says_what_will_be_written(session_of: Opener, preset: str) -> None:
    session = session_of(docker_25([APP, OTHER]))
    request = ExportRequest(preset=preset)
    sheet = prepare_export(session, request, CancelToken(), ignore_progress)
    assert sheet.rows
    assert {row.action for row in sheet.rows} <= {"kept", "rewritten", "added", "dropped"}
    assert sheet.button == f"Export {sheet.size_text}"
    outcome = run_export(
        session, request, session.path.with_name(f"{preset}.tar"), False, CancelToken(), ignore_progress
    )
    if sheet.size_text.startswith("about"):
        assert preset in {"for-push", "smallest"}
    else:
        assert outcome.size == sheet.size


def test_choosing_images(session_of: Opener) -> None:
    session = session_of(docker_25([APP, OTHER]))
    choices = image_choices(session)
    assert [(choice.label, choice.platform, choice.available) for choice in choices] == [
        ("app:1", "linux/amd64", True),
        ("other:2", "linux/amd64", True),
    ]
    request = ExportRequest(images=(choices[1].key,))
    outcome = run_export(session, request, default_target(session), False, CancelToken(), ignore_progress)
    assert "1 image" in outcome.line
    assert [found.names for found in session_of(outcome.path).archive.images] == [OTHER.names]


def test_a_folder_is_suggested_for_several_archives(session_of: Opener) -> None:
    session = session_of(docker_25([APP, OTHER]))
    stem = session.path.name.removesuffix(".tar")
    assert default_target(session, "image") == session.path.with_name(f"{stem}-images")
    assert default_target(session, "platform") == session.path.with_name(f"{stem}-platforms")


def test_what_is_suggested_keeps_the_whole_name(session_of: Opener, tmp_path: Path) -> None:
    dotted = tmp_path / "my.oci.target.tar"
    dotted.write_bytes(docker_25([APP]).tar())
    session = session_of(dotted)
    assert default_target(session, "image") == tmp_path / "my.oci.target-images"
    assert default_report(session) == tmp_path / "my.oci.target.report.html"


def test_a_folder_that_cannot_take_several_archives(
    session_of: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, request = session_of(docker_25([APP, OTHER])), ExportRequest(split="image")
    (tmp_path / "file").touch()
    for name in ("none/new", "file", "a\0b"):
        found = check_target(session, tmp_path / name, request)
        assert (found.writable, bool(found.text)) == (False, True)
    assert check_target(session, tmp_path / "new", request).writable
    monkeypatch.setattr("os.access", lambda _path, _mode: False)
    for name in ("new", "."):
        assert not check_target(session, tmp_path / name, request).writable


@pytest.mark.parametrize("split", ["", "image"])
def test_too_little_room_is_told_with_the_plan(
    session_of: Opener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, split: str
) -> None:
    session, request = session_of(docker_25([APP, OTHER])), ExportRequest(split=split)
    target = tmp_path / "out"
    sheet = prepare_export(session, request, CancelToken(), ignore_progress, target)
    assert not any("room" in note for note in sheet.notes)
    monkeypatch.setattr("inspector.viewmodel.exporting.free_bytes", lambda _folder: sheet.size - 1)
    sheet = prepare_export(session, request, CancelToken(), ignore_progress, target)
    assert "too little room" in sheet.notes[0]
