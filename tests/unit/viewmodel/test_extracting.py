"""Extracting from the window: files of a layer, of the merged file system, and what is said about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.errors import ExtractError
from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.extracting import run_extract
from inspector.viewmodel.messages import Action
from inspector.viewmodel.session import ArchiveSession, open_session
from inspector.viewmodel.tree import NodeType, StructureNode
from tests.builders import ImageSpec, docker_24, layer_tar

BASE = layer_tar({"etc/": b"", "etc/old": b"1", "etc/kept": b"2", "out": "../../outside"})
TOP = layer_tar({"etc/": b"", "etc/.wh.old": b"", "new": b"3"})


@pytest.fixture
def session(tmp_path: Path) -> ArchiveSession:
    bundle = docker_24([ImageSpec((BASE, TOP), ("docker.io/library/app:1",))])
    return open_session(bundle.write(tmp_path / "app.tar"), CancelToken(), ignore_progress)


def node_of(session: ArchiveSession, kind: NodeType) -> StructureNode:
    return next(node for node in session.tree.nodes if node.type is kind)


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def test_the_merged_file_system(session: ArchiveSession, tmp_path: Path) -> None:
    target = tmp_path / "out"
    message = run_extract(session, node_of(session, NodeType.IMAGE), (), target, CancelToken(), ignore_progress)
    assert files_in(target) == ["etc/kept", "new"]
    assert message.title.startswith("Extracted 3 entries")
    assert "1 entry was left out" in message.text
    assert "outside" in message.details or "out" in message.details
    assert message.actions == (Action.SHOW_IN_FOLDER,)
    assert message.subject == str(target)


def test_a_folder_of_one_layer(session: ArchiveSession, tmp_path: Path) -> None:
    target = tmp_path / "out"
    run_extract(session, node_of(session, NodeType.LAYER), (b"etc",), target, CancelToken(), ignore_progress)
    assert files_in(target) == ["etc/kept", "etc/old"]


def test_existing_files_stay(session: ArchiveSession, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "new").write_text("mine")
    run_extract(session, node_of(session, NodeType.IMAGE), (b"new",), target, CancelToken(), ignore_progress)
    assert (target / "new").read_text() == "mine"


def test_what_is_not_there_is_an_error(session: ArchiveSession, tmp_path: Path) -> None:
    with pytest.raises(ExtractError):
        run_extract(
            session, node_of(session, NodeType.IMAGE), (b"nothing",), tmp_path / "out", CancelToken(), ignore_progress
        )
