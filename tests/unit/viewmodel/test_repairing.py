from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.exportchoices import ExportRequest
from inspector.viewmodel.exporting import prepare_export
from inspector.viewmodel.repairing import RepairRow, RepairState, answered, asked_for, heading
from inspector.viewmodel.session import ArchiveSession
from tests.builders import Bundle, containerd, image
from tests.builders.altered import altered, drop, put

Opener = Callable[[Bundle | Path], ArchiveSession]


def rows(session: ArchiveSession, **repairs: bool) -> dict[str, RepairRow]:
    chosen = tuple((key.replace("_", "-"), value) for key, value in repairs.items())
    sheet = prepare_export(session, ExportRequest(repairs=chosen), CancelToken(), ignore_progress)
    return {row.key: row for row in sheet.repairs}


def test_each_repair_is_a_line_with_a_box(session_of: Opener) -> None:
    found = rows(session_of(altered(manifest=put("layers", 0, "size", value=7)).without("oci-layout")))
    assert list(found) == ["sizes", "oci-layout", "manifest-json"]  # what may be chosen stands first
    sizes, layout = found["sizes"], found["oci-layout"]
    assert (sizes.state, sizes.may_change, sizes.codes) == (RepairState.MADE, True, ("DESC-4",))
    assert "new digests" in sizes.line
    assert "layer sha256:" in sizes.tooltip
    assert (layout.state, layout.may_change) == (RepairState.NEEDED, False)
    assert "It cannot be left off" in layout.tooltip
    assert layout.codes == ("LAYOUT-1",)
    assert heading(tuple(found.values())) == "Repairs (3)"
    assert heading(()) == "Repairs: none needed"


def test_a_repair_of_the_whole_archive_speaks_the_persons_language(
    session_of: Opener, german: None, tmp_path: Path
) -> None:
    path = tmp_path / "tail.tar"
    path.write_bytes(altered().tar() + b"garbage" * 100)
    assert "das Archiv" in rows(session_of(path))["tar"].tooltip


def test_what_is_unticked_is_left(session_of: Opener) -> None:
    session = session_of(altered(manifest=put("layers", 0, "size", value=7)))
    left = rows(session, sizes=False)
    assert left["sizes"].state is RepairState.LEFT
    assert "1 not chosen" in heading(tuple(left.values()))


def test_a_finding_leads_to_what_mends_it(session_of: Opener) -> None:
    arm = image("docker.io/library/app:1", architecture="arm64", layers=1)
    session = session_of(containerd([image("docker.io/library/app:1")], absent=[arm], nested=True))
    found = tuple(rows(session).values())
    assert set(answered(["BLOB-6"], found)) == {"point-at-complete", "prune-absent"}
    assert asked_for(["BLOB-6"], found) == ("point-at-complete",)  # keeps every digest
    now = tuple(rows(session, point_at_complete=True).values())
    assert asked_for(["BLOB-6"], now) == ()
    assert asked_for(["LAYER-2"], found) == ()


def test_partly_made_by_default(session_of: Opener) -> None:
    found = rows(session_of(altered(manifest=drop("mediaType"))))
    assert found["document-fields"].state is RepairState.LEFT
    assert asked_for(["MANIF-2"], tuple(found.values())) == ("document-fields",)


def test_hostile_names_are_shown_harmless(session_of: Opener) -> None:
    made = altered().renamed(lambda name: "index.json" if name == "index.json" else name)
    made = made.adding(*(entry for entry in altered(more=(b"orphan",)).entries if entry.data == b"orphan"))
    found = rows(session_of(made), orphans=False)
    assert "blobs/sha256/" in found["orphans"].tooltip
