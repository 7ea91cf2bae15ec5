"""What is said of files whose layer is absent, cut off, no tar, or not what its digest says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.errors import InspectorError
from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.files import FileList
from inspector.viewmodel.filesearch import search_layers
from inspector.viewmodel.loadfiles import load_files
from inspector.viewmodel.notable import load_notable
from inspector.viewmodel.session import ArchiveSession
from inspector.viewmodel.tree import NodeType, StructureNode
from tests.builders import Bundle, ImageSpec, layer_tar, skopeo_oci
from tests.builders.bundle import compress

Opener = Callable[[Bundle | Path], ArchiveSession]
TARS = (layer_tar({"etc/": b"", "etc/a": b"1" * 3000}), layer_tar({"b": b"2" * 5000}), layer_tar({"c": b"3"}))
SECOND = compress(TARS[1], "gzip")
TOKEN = CancelToken()


def bundle(second: bytes | None) -> Bundle:
    """The image with other bytes for its second layer, or without it."""
    whole = skopeo_oci(ImageSpec(TARS, ("app:1",)))
    kept = (entry for entry in whole.entries if second is not None or entry.data != SECOND)
    return Bundle(
        tuple(replace(entry, data=second) if second is not None and entry.data == SECOND else entry for entry in kept)
    )


def nodes(session: ArchiveSession) -> tuple[StructureNode, StructureNode]:
    """The image, and its second layer."""
    image = next(node for node in session.tree.nodes if node.type is NodeType.IMAGE)
    return image, [node for node in session.tree.nodes if node.type is NodeType.LAYER][1]


@pytest.mark.parametrize(
    ("second", "note", "error"),
    [
        (None, "Layer 2 is not in the archive.", "Layer 2 is not in the archive"),
        (b"hello world" * 99, "Layer 2: This layer holds no files.", "This layer holds no files"),
        (SECOND[:-20], "Layer 2 is damaged: what could be read is shown.", ""),
    ],
)
def test_what_could_not_be_read_is_told_everywhere(
    session_of: Opener, second: bytes | None, note: str, error: str
) -> None:
    session = session_of(bundle(second))
    image, layer = nodes(session)
    merged = load_files(session, image, TOKEN, ignore_progress)
    assert merged.note == note
    assert merged.summary.endswith(" · incomplete")
    for found in (
        load_notable(session, image, TOKEN, ignore_progress),
        search_layers(session, image, "a", TOKEN, ignore_progress),
    ):
        assert found.text.endswith(", without what could not be read of layer 2")
    # The list of the image left nothing behind that the layer's own page would take for its files.
    if error:
        with pytest.raises(InspectorError) as caught:
            load_files(session, layer, TOKEN, ignore_progress)
        assert caught.value.title == error
    else:
        assert load_files(session, layer, TOKEN, ignore_progress).note == note


@pytest.mark.parametrize("node", [0, 1])
def test_files_of_a_layer_that_is_not_what_its_digest_says(session_of: Opener, node: int) -> None:
    session = session_of(bundle(compress(TARS[0], "gzip")))
    files = load_files(session, nodes(session)[node], TOKEN, ignore_progress)
    assert files.note == "Layer 2 is not what its digest says: these may be other files than the image had."
    assert {row.code for row in files.findings} == {"BLOB-1", "MANIF-5"}


def test_a_whole_image_has_nothing_to_tell(session_of: Opener) -> None:
    session = session_of(bundle(SECOND))
    image, layer = nodes(session)
    for node in (image, layer):
        files = load_files(session, node, TOKEN, ignore_progress)
        assert (files.note, files.complete) == ("", True)
        assert "incomplete" not in files.summary


def test_an_image_shows_its_first_layers_while_the_others_are_read(
    session_of: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.viewmodel.loadfiles._PARTIAL_SECONDS", 0)
    for second, totals in ((SECOND, [2]), (None, [2])):
        session = session_of(bundle(second))
        partial: list[FileList] = []
        whole = load_files(session, nodes(session)[0], TOKEN, ignore_progress, partial.append)
        assert [found.total for found in partial] == totals
        assert partial[0].note == "Still being read: up to layer 1 of 3."
        assert partial[0].summary.endswith(" so far")
        assert whole.total > 2
        again: list[FileList] = []
        load_files(session, nodes(session)[0], TOKEN, ignore_progress, again.append)
        assert not again
