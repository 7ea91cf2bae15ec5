from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.export.options import Annotation, Form
from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.exportchoices import (
    ExportRequest,
    ExtraLine,
    NameLine,
    SavedPresets,
    image_choices,
    name_lines,
)
from inspector.viewmodel.exporting import prepare_export
from inspector.viewmodel.session import ArchiveSession
from tests.builders import Bundle, docker_24, image

Opener = Callable[[Bundle | Path], ArchiveSession]


def test_edited_names_become_renamed_added_and_removed_ones(session_of: Opener) -> None:
    session = session_of(docker_24([image("docker.io/library/app:1")]))
    (line,) = name_lines(session)
    (choice,) = image_choices(session)
    assert line == NameLine(choice.key, "docker.io/library/app:1", "docker.io/library/app:1")
    request = ExportRequest(
        names=(NameLine(choice.key, line.old, "registry.example/app:2"), NameLine(choice.key, "", "docker.io/me/app:3"))
    )
    options = request.options()
    assert dict(options.retag) == {line.old: "registry.example/app:2"}
    assert options.add_names == ((choice.key, "docker.io/me/app:3"),)
    assert ExportRequest(names=(NameLine(choice.key, line.old, ""),)).options().remove_names == (line.old,)


def test_extras_go_where_they_belong() -> None:
    request = ExportRequest(
        extras=(ExtraLine("index", "a", "1"), ExtraLine("manifest", "b", ""), ExtraLine("label", "c", "3"))
    )
    assert request.options().annotations == (Annotation("a", "1", "index"), Annotation("b", "", "manifest"))
    assert dict(request.options().labels) == {"c": "3"}


def test_a_saved_preset_comes_back_without_what_belongs_to_one_archive() -> None:
    request = ExportRequest(
        preset="for-push", compression="zstd", level=5, images=("x",), extras=(ExtraLine("index", "a", "1"),),
        attestations=False, repairs=(("names", True), ("sizes", False)), form="tar.gz",
    )  # fmt: skip
    saved = SavedPresets.from_json(SavedPresets().with_preset("mine", request).to_json())
    found = saved.get("mine")
    assert found is not None
    assert found.images == ()
    assert found.options() == ExportRequest(
        preset="for-push", compression="zstd", level=5, extras=(ExtraLine("index", "a", "1"),), attestations=False,
        repairs=(("names", True), ("sizes", False)), form="tar.gz",
    ).options()  # fmt: skip
    assert found.options().form is Form.TAR_GZ
    assert saved.without("mine").names() == ()


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "{",
        "[1]",
        '[{"name": ""}]',
        '[{"name": "a", "preset": "nonsense"}]',
        '[{"name": "a", "form": "7z"}]',
        "[" * 10_000,
    ],
)
def test_presets_that_cannot_be_read_are_left_out(stored: str) -> None:
    assert SavedPresets.from_json(stored).names() == ()


def test_the_sheet_tells_who_will_load_it(session_of: Opener) -> None:
    session = session_of(docker_24([image("docker.io/library/app:1")]))
    both = prepare_export(session, ExportRequest(), CancelToken(), ignore_progress)
    strict = prepare_export(session, ExportRequest(preset="strict-oci"), CancelToken(), ignore_progress)
    assert "✓ Docker " in both.loaders
    assert "✓ podman" in both.loaders
    assert "✗ Docker " in strict.loaders
    assert "manifest.json" in strict.loaders_tooltip
