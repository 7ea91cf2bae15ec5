from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from inspector.findings import Finding, Fix, Severity, Where
from inspector.language import in_language, say
from inspector.viewmodel.findingsview import FindingList, finding_list
from inspector.viewmodel.session import ArchiveSession
from tests.builders import Bundle, ImageSpec, docker_24, layer_tar

Opener = Callable[[Bundle | Path], ArchiveSession]

DIGEST = "sha256:" + "ab" * 32
NOTE = Finding("ARC-1", Severity.INFO, "A note")
WARNING = Finding("LAYOUT-1", Severity.WARNING, "A warning\u202e", where=Where("index.json", "$.manifests[0]"))
ERROR = Finding(
    "BLOB-1",
    Severity.ERROR,
    "An error",
    "Because.",
    Where("blobs/x", None, 512, DIGEST),
    "one",
    "two",
    Fix.CHOICE,
    "layout.md",
)


def test_worst_first_and_counted() -> None:
    found = finding_list([NOTE, WARNING, ERROR, WARNING])
    assert [row.code for row in found] == ["BLOB-1", "LAYOUT-1", "ARC-1"]
    assert found.text == "1 error, 1 warning, 1 note"
    assert (found.worst, found.sign) == (Severity.ERROR, "✗")


def test_nothing_found() -> None:
    assert (FindingList().text, FindingList().worst, FindingList().sign) == ("no findings", None, "✓")


def test_where_and_details() -> None:
    error, warning = finding_list([ERROR, WARNING]).rows
    assert error.where == "blobs/x at byte 512 sha256:abababababab…"
    assert str(error.digest) == DIGEST
    for part in ("error BLOB-1: An error", "Because.", "512", DIGEST, "one", "two", "if you choose", "layout.md"):
        assert part in error.details
    assert warning.where == "index.json $.manifests[0]"
    assert warning.title == "A warning⟨U+202E⟩"
    assert warning.pointer == "$.manifests[0]"


def test_the_place_of_several_files_is_told_in_the_persons_language(german: None, session_of: Opener) -> None:
    session = session_of(docker_24([ImageSpec((layer_tar({"a": b""}),))]))
    node = next(node for node in session.tree.nodes if node.layer is not None)
    found = say("%(first)s and %(rest)s more", first="dev/null", rest="2")
    finding = Finding("LAYER-9", Severity.INFO, "Devices", where=Where(node.short), found=found)
    (row,) = finding_list([finding], lambda _where: node).rows
    assert row.place == f"{node.short} · {in_language(found)}"
    assert "and" not in row.place
