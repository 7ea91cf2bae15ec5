"""*Copy as*: every command that is offered is run by a shell, on names that would mean something to one."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.copying import step_choices
from inspector.viewmodel.loadfiles import load_files
from inspector.viewmodel.session import ArchiveSession, open_session
from inspector.viewmodel.tree import NodeType, StructureNode
from tests.builders import ImageSpec, docker_24, docker_25, layer_tar

NASTY = 'it\'s $(touch hacked); `id` & "x" * .tar'
SMALL = ImageSpec(
    (layer_tar({"etc/": b"", "etc/it's $(id)": b"content\n", "etc/empty": b""}),), ("docker.io/library/app:1",)
)


@contextmanager
def opened(path: Path) -> Iterator[ArchiveSession]:
    session = open_session(path, CancelToken(), ignore_progress)
    try:
        yield session
    finally:
        session.close()


def run(command: str, folder: Path) -> bytes:
    done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


def offered(session: ArchiveSession, node: StructureNode) -> dict[str, str]:
    return {choice.id: choice.text for choice in session.copy_choices(node)}


def printed_exactly(session: ArchiveSession, folder: Path) -> int:
    """Run each command that prints a blob and compare; how many there were."""
    count = 0
    for node in session.tree.nodes:
        expected = node.blob.open() if node.blob is not None else None
        if expected is None and node.document is None:
            continue
        wanted = expected.read_at(0, expected.size) if expected is not None else node.document.raw  # type: ignore[union-attr]
        for name in ("tar-command", "offset-command"):
            command = offered(session, node).get(name)
            if command is not None:
                assert run(command, folder) == wanted, command
                count += 1
    return count


@pytest.mark.parametrize("build", [docker_24, docker_25])
def test_blobs_are_printed_whatever_the_archive_is_called(build: Callable[..., object], tmp_path: Path) -> None:
    path = build([SMALL]).write(tmp_path / NASTY)  # type: ignore[attr-defined]
    with opened(path) as session:
        assert printed_exactly(session, tmp_path) >= 8
    assert not (tmp_path / "hacked").exists()


def test_blobs_of_a_compressed_archive_are_printed(tmp_path: Path) -> None:
    plain = docker_25([SMALL]).write(tmp_path / "app.tar")
    path = tmp_path / "app.tar.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    with opened(path) as session:
        assert printed_exactly(session, tmp_path) >= 8


def test_blobs_of_a_folder_are_printed(tmp_path: Path) -> None:
    tar = docker_25([SMALL]).write(tmp_path / "app.tar")
    folder = tmp_path / "lay'out"
    shutil.unpack_archive(tar, folder)
    with opened(folder) as session:
        assert printed_exactly(session, tmp_path) >= 3


def test_a_file_is_printed_by_its_place_and_by_our_own_program(tmp_path: Path) -> None:
    path = docker_25([SMALL]).write(tmp_path / NASTY)
    with opened(path) as session:
        layer = next(node for node in session.tree.nodes if node.type is NodeType.LAYER)
        image = next(node for node in session.tree.nodes if node.type is NodeType.IMAGE)
        for node in (layer, image):
            files = load_files(session, node, CancelToken(), ignore_progress)
            files.expand_all()
            row = next(row for row in range(len(files)) if files.name(row).startswith("it's"))
            choices = {choice.id: choice.text for choice in session.file_choices(node, files, row)}
            assert choices["path"] == "etc/it's $(id)"
            assert run(choices["offset-command"], tmp_path) == b"content\n"
            assert choices["cli-command"].startswith("image-inspector-cli cat ")
            own = choices["cli-command"].replace("image-inspector-cli", f"{_python()} -m inspector.cli", 1)
            assert run(f"PYTHONPATH={Path(__file__).parents[3]} {own}", tmp_path) == b"content\n"
            folder = next(row for row in range(len(files)) if files.name(row) == "etc")
            assert "offset-command" not in {choice.id for choice in session.file_choices(node, files, folder)}


def _python() -> str:
    import sys

    return sys.executable


def test_no_command_for_names_that_a_tool_would_misread(tmp_path: Path) -> None:
    path = docker_24([SMALL]).write(tmp_path / "a:b.tar")
    with opened(path) as session:
        image = next(node for node in session.tree.nodes if node.type is NodeType.IMAGE)
        assert not {"skopeo-command", "podman-command"} & offered(session, image).keys()


def test_json_is_copied_as_stored_and_means_the_same(tmp_path: Path) -> None:
    path = docker_25([SMALL]).write(tmp_path / "app.tar")
    with opened(path) as session:
        index = next(node for node in session.tree.nodes if node.label.startswith("index.json"))
        assert index.document is not None
        assert json.loads(offered(session, index)["json"]) == json.loads(index.document.raw)


def test_invisible_characters_of_json_are_copied_as_escapes() -> None:
    from inspector.viewmodel.copying import _INVISIBLE

    text = _INVISIBLE.sub(lambda match: f"\\u{ord(match.group()):04x}", '{"a": "x\u202ey\u200b"}')
    assert text == '{"a": "x\\u202ey\\u200b"}'
    assert json.loads(text) == {"a": "x\u202ey\u200b"}


def test_a_step_of_the_history_can_be_copied(tmp_path: Path) -> None:
    path = docker_25([SMALL]).write(tmp_path / "app.tar")
    with opened(path) as session:
        image = next(node for node in session.tree.nodes if node.type is NodeType.IMAGE)
        for row in session.history(image):
            assert all(choice.text for choice in step_choices(row))


def test_skopeo_finds_what_its_command_names(
    corpus: Path,
    facts: dict[str, dict[str, Any]],
    archive_name: str,
    judge: Callable[[str], str],
    tmp_path: Path,
) -> None:
    """Every command that is offered for an image of the corpus reads that image, and no other platform's."""
    skopeo = judge("skopeo")
    if not facts[archive_name]["images"]:
        return
    with opened(corpus / archive_name) as session:
        for node in session.tree.nodes:
            command = offered(session, node).get("skopeo-command")
            if node.type is not NodeType.IMAGE or command is None or node.image is None:
                continue
            done = subprocess.run(
                ["/bin/sh", "-c", command.replace("skopeo", skopeo, 1)],
                cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            assert done.returncode == 0, (command, done.stderr)
            seen = json.loads(done.stdout)
            platform = node.image.platform
            if platform is not None:
                assert (seen["Os"], seen["Architecture"]) == (platform.os, platform.architecture), command
            assert len(seen["Layers"]) == len(node.image.layers), command
