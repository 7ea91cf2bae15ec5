"""Findings of an open archive: from opening, quick and deep rules and layers, each once; badges on the tree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from inspector.findings import Finding, Severity, Where
from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.badges import Badges
from inspector.viewmodel.findingsview import finding_list
from inspector.viewmodel.session import ArchiveSession
from inspector.viewmodel.tree import NodeType
from inspector.viewmodel.verification import verify_all
from tests.builders import Bundle, sha256
from tests.builders.altered import LAYERS, altered, drop, put

Opener = Callable[[Bundle | Path], ArchiveSession]


def test_quick_rules_add_to_what_opening_found(session_of: Opener) -> None:
    session = session_of(altered(index=drop("mediaType"), config=put("created", value="yesterday")))
    assert session.found.forecasts == ()
    assert len(session.check(CancelToken())) == 9
    assert {row.code for row in session.findings} == {"INDEX-2", "CONFIG-6"}
    assert all(row.explanation for row in session.findings)
    before = session.findings
    session.check(CancelToken())
    assert session.findings is before


def test_a_deep_check_tells_more_and_nothing_twice(session_of: Opener) -> None:
    other = "sha256:" + "ab" * 32
    session = session_of(altered(config=put("rootfs", "diff_ids", 1, value=other)))
    session.check(CancelToken())
    assert "CONFIG-4" not in {row.code for row in session.findings}
    deep = [session.found.is_deep]
    session.check(CancelToken(), deep=True)
    assert [row.code for row in session.findings].count("CONFIG-4") == 1
    session.tree.refresh()
    layer = next(node for node in session.tree.nodes if node.layer is not None and node.layer.number == 2)
    assert layer.state().word == "wrong"
    session.check(CancelToken())
    deep.append(session.found.is_deep)
    assert deep == [False, True]


def test_findings_of_a_layer_are_told_once(session_of: Opener) -> None:
    session = session_of(altered())
    layer = next(node for node in session.tree.nodes if node.type is NodeType.LAYER)
    odd = Finding("LAYER-3", Severity.WARNING, "Odd")
    session.found.add_of_layer(layer, [odd])
    session.found.add_of_layer(layer, [odd])
    assert [row.node for row in session.findings] == [layer]
    assert session.found.changed_badges() == [*layer.path()]
    session.check(CancelToken())
    assert [row.code for row in session.findings] == ["LAYER-3"]
    session.check(CancelToken(), deep=True)
    assert len(session.findings) == 0


def test_badges_say_the_worst_at_a_node_or_below(session_of: Opener) -> None:
    session = session_of(altered(config=put("created", value="yesterday"), index=put("schemaVersion", value=1)))
    session.found.changed_badges()
    session.check(CancelToken())
    changed = session.found.changed_badges()
    assert session.tree.root in changed
    badge = session.found.badge(session.tree.root)
    assert badge is not None
    assert (badge.sign, badge.words) == ("✗", "1 error, 1 warning")
    config = next(node for node in session.tree.nodes if node.type is NodeType.CONFIG)
    badge = session.found.badge(config)
    assert badge is not None
    assert (badge.sign, badge.words) == ("⚠", "1 warning")
    layer = next(node for node in session.tree.nodes if node.type is NodeType.LAYER)
    assert session.found.badge(layer) is None
    assert session.found.changed_badges() == []


def test_a_note_is_told_in_words_without_a_sign(session_of: Opener) -> None:
    root = session_of(altered()).tree.root
    badges = Badges()
    badges.count(finding_list([Finding("ARC-5", Severity.INFO, "A note")], lambda _finding: root))
    badge = badges.of(root)
    assert badge is not None
    assert (badge.sign, badge.words) == ("", "1 note")


def test_a_place_in_the_tar_leads_to_its_member(session_of: Opener) -> None:
    session = session_of(altered())
    layer = next(node for node in session.tree.nodes if node.type is NodeType.LAYER)
    assert layer.blob is not None
    start = layer.blob.member.header_offset
    assert start is not None
    found = [Finding("TAR-7", Severity.WARNING, "Odd", where=Where(offset=start + more)) for more in (0, 600)]
    assert [row.node for row in session.findings_of(found)] == [layer, layer]
    beyond = Finding("TAR-4", Severity.WARNING, "Odd", where=Where(offset=session.size + 10_000))
    assert session.findings_of([beyond]).rows[0].node is None


def test_verifying_makes_a_finding_of_what_is_wrong(session_of: Opener) -> None:
    layer = f"blobs/sha256/{sha256(LAYERS[0])}"
    session = session_of(altered(with_docker=True).replacing(layer, LAYERS[0].replace(b"1\n", b"9\n")))
    session.check(CancelToken())
    assert len(session.findings) == 0
    assert verify_all(session, CancelToken(), ignore_progress).wrong == 1
    assert [row.code for row in session.findings] == ["BLOB-1"]
    verdicts = {forecast.loader: str(forecast.verdict) for forecast in session.found.forecasts}
    assert verdicts["containerd"] == "refuses"
