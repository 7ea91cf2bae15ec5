from __future__ import annotations

from inspector.findings import Finding, Fix, Severity, Where
from inspector.viewmodel.findingsview import FindingList, finding_list

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
