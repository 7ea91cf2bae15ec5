from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.archive.blobstore import BlobState
from inspector.archive.limits import Limits
from inspector.errors import ArchiveError, Cancelled, LimitReached
from inspector.findings import Severity
from inspector.layers.cache import ListingCache
from inspector.progress import CancelToken, Progress, ignore_progress
from inspector.viewmodel.files import Column, FileList
from inspector.viewmodel.loadfiles import confirm_files, load_files
from inspector.viewmodel.messages import Action, from_error
from inspector.viewmodel.pages import Page, Section
from inspector.viewmodel.session import ArchiveSession, load_json, load_summary, open_session
from inspector.viewmodel.states import Check
from inspector.viewmodel.tree import NodeType, StructureNode
from inspector.viewmodel.verification import verify_all
from tests.builders import (
    Blobs,
    Bundle,
    buildx_oci,
    descriptor,
    docker_24,
    docker_25,
    image,
    index_json,
    layer_tar,
    layout,
    multi_platform,
)
from tests.builders.images import IMAGE_NAME, OCI_INDEX, ImageSpec

Opener = Callable[[Bundle | Path], ArchiveSession]

RICH = ImageSpec(
    (
        layer_tar({"etc/": b"", "etc/passwd": b"root", "bin/sh": b"x" * 2000, "bin/ash": "sh"}),
        layer_tar({"etc/.wh.passwd": b"", "app": b"y" * 10}),
    ),
    more_config={
        "config": {
            "Env": ["PATH=/bin", "DB_PASSWORD=hunter2", "EMPTY"],
            "Entrypoint": ["/bin/sh", "-c"],
            "Cmd": ["exec /app --name 'x y'"],
            "ExposedPorts": {"8080/tcp": {}, "53/udp": {}},
            "Volumes": {"/data": {}},
            "User": "65534:65534",
            "WorkingDir": "/srv",
            "StopSignal": "SIGQUIT",
            "Labels": {"org.opencontainers.image.title": "A title", "evil\u202e": "<img src=x>"},
            "Healthcheck": {"Test": ["CMD-SHELL", "curl -f localhost"], "Interval": 30000000000, "Retries": 3},
        },
        "author": "Someone",
        "docker_version": "20.10.24",
    },
)


def node_of(session: ArchiveSession, node_type: NodeType, number: int = 0) -> StructureNode:
    return [node for node in session.tree.nodes if node.type is node_type][number]


def summary(session: ArchiveSession, node: StructureNode) -> dict[str, Section]:
    return {section.title: section for section in load_summary(session, node, CancelToken(), ignore_progress)}


def values(section: Section) -> dict[str, str]:
    return {row.label: row.value for row in section.rows}


def files_of(session: ArchiveSession, node: StructureNode) -> FileList:
    files = load_files(session, node, CancelToken(), ignore_progress)
    files.expand_all()
    return files


def test_pages_of_each_node(session_of: Opener) -> None:
    session = session_of(docker_25([RICH]))
    pages = {node.type: session.pages_for(node) for node in session.tree.nodes}
    assert pages[NodeType.ARCHIVE][0] is Page.SUMMARY
    assert pages[NodeType.DOCUMENT][0] is Page.JSON
    assert pages[NodeType.IMAGE][:5] == (Page.SUMMARY, Page.FILES, Page.SIZE_MAP, Page.JSON, Page.HISTORY)
    assert pages[NodeType.CONFIG][:3] == (Page.SUMMARY, Page.JSON, Page.HISTORY)
    assert pages[NodeType.LAYER][:2] == (Page.FILES, Page.SUMMARY)
    for node in session.tree.nodes:
        assert session.what_is(node)
        assert session.copy_choices(node)
        assert load_summary(session, node, CancelToken(), ignore_progress)
        if Page.JSON in session.pages_for(node):
            assert load_json(session, node, CancelToken(), ignore_progress).pretty.text


def test_an_image_without_a_manifest_has_no_json(session_of: Opener) -> None:
    session = session_of(docker_24([RICH]))
    assert Page.JSON not in session.pages_for(node_of(session, NodeType.IMAGE))
    assert "stores no manifest" in session.what_is(node_of(session, NodeType.IMAGE))


def test_the_archive_page(session_of: Opener) -> None:
    session = session_of(docker_25([RICH]))
    found = summary(session, session.tree.root)
    about = values(found["Archive"])
    assert about["File"] == str(session.path)
    assert about["Layout"].startswith("OCI image layout")
    assert "docker" in about["Written by"]
    assert "Compressed with" not in about
    (row,) = found["Images"].rows
    assert row.label == "app:1"
    assert row.value.startswith("linux/amd64 · ")
    assert row.node is node_of(session, NodeType.IMAGE)


def test_a_compressed_archive_tells_what_it_takes(session_of: Opener, tmp_path: Path) -> None:
    session = session_of(docker_25([RICH]).write(tmp_path / "x.tar.gz", compression="gzip"))
    about = values(summary(session, session.tree.root)["Archive"])
    assert about["Compressed with"] == "gzip"
    assert "temporary" in about["Unpacked to"]


def test_how_a_config_reads(session_of: Opener) -> None:
    session = session_of(docker_25([RICH]))
    found = summary(session, node_of(session, NodeType.CONFIG))
    running = values(found["What runs"])
    assert running["Command line as it runs"] == "/bin/sh -c 'exec /app --name '\"'\"'x y'\"'\"''"
    assert running["User"] == "65534:65534"
    assert running["Working directory"] == "/srv"
    assert running["Stop signal"] == "SIGQUIT"
    environment = {row.label: row for row in found["Environment"].rows}
    assert [environment[name].secret for name in ("PATH", "DB_PASSWORD", "EMPTY")] == [False, True, False]
    assert running["Ports"] == "53/udp, 8080/tcp"
    assert running["Volumes"] == "/data"
    assert values(found["Health check"]) == {"Test": "curl -f localhost", "Interval": "30 s", "Retries": "3"}
    assert values(found["Labels"]) == {"org.opencontainers.image.title": "A title", "evil⟨U+202E⟩": "<img src=x>"}
    origin = values(found["Where it comes from"])
    assert (origin["Platform"], origin["Author"], origin["Docker version"]) == ("linux/amd64", "Someone", "20.10.24")
    assert origin["Created"].startswith("2024-05-01 10:00")


def test_no_user_means_root(session_of: Opener) -> None:
    session = session_of(docker_25([image("docker.io/library/app:1")]))
    running = values(summary(session, node_of(session, NodeType.CONFIG))["What runs"])
    assert running["User"] == "root (not stated)"


def test_history_is_beside_its_layers(session_of: Opener) -> None:
    steps: list[dict[str, object]] = [
        {"created_by": "/bin/sh -c #(nop) ADD file:x in / ", "created": "2024-05-01T10:00:00Z"},
        {"created_by": 'ENV A="b"', "empty_layer": True, "comment": "buildkit.dockerfile.v0"},
        {"created_by": "RUN /bin/sh -c apk add x # buildkit"},
    ]
    session = session_of(docker_25([ImageSpec(RICH.tars, more_config={"history": steps})]))
    rows = session.history(node_of(session, NodeType.CONFIG))
    assert [(row.step, row.layer, row.command) for row in rows] == [
        (1, "layer 1", "ADD file:x in /"),
        (2, "(no layer)", 'ENV A="b"'),
        (3, "layer 2", "RUN apk add x"),
    ]
    assert rows[2].stored == "RUN /bin/sh -c apk add x # buildkit"
    assert rows[1].comment == "buildkit.dockerfile.v0"
    assert rows[0].node is node_of(session, NodeType.LAYER)
    assert rows[1].node is None


def test_history_that_does_not_fit_is_never_shifted(session_of: Opener) -> None:
    session = session_of(docker_25([ImageSpec(RICH.tars, more_config={"history": [{"created_by": "one"}]})]))
    assert [(row.layer, row.node) for row in session.history(node_of(session, NodeType.CONFIG))] == [
        ("(not known)", None)
    ]


def test_the_files_of_a_layer(session_of: Opener) -> None:
    session = session_of(docker_25([RICH]))
    files = files_of(session, node_of(session, NodeType.LAYER))
    assert [files.path(row) for row in range(len(files))] == ["bin", "bin/ash", "bin/sh", "etc", "etc/passwd"]
    assert files.text(1, Column.NAME) == "ash → sh"
    assert files.complete
    second = files_of(session, node_of(session, NodeType.LAYER, 1))
    assert [second.icon(row) for row in range(len(second))] == ["folder", "removed", "file"]


def test_listing_a_layer_verifies_it(session_of: Opener) -> None:
    session = session_of(docker_25([RICH]))
    layer = node_of(session, NodeType.LAYER)
    reports: list[Progress] = []
    load_files(session, layer, CancelToken(), reports.append)
    assert layer in session.tree.refresh()
    assert layer.state().check is Check.VERIFIED
    inside = values(summary(session, layer)["Inside"])
    assert inside["Entries"].startswith("4: ")
    assert "1 folder" in inside["Entries"]
    assert inside["diffID computed"] == "✓ as the config states it"
    # the second time nothing is read
    load_files(session, layer, CancelToken(), lambda progress: pytest.fail(f"{progress}"))


def test_the_files_of_an_image_are_merged(session_of: Opener) -> None:
    session = session_of(docker_25([RICH]))
    files = files_of(session, node_of(session, NodeType.IMAGE))
    assert [files.path(row) for row in range(len(files))] == ["bin", "bin/ash", "bin/sh", "etc", "app"]
    assert [files.text(row, Column.LAYER) for row in range(len(files))] == ["", "1", "1", "1", "2"]


def test_a_layer_of_the_wrong_content_is_told(session_of: Opener) -> None:
    other = ImageSpec((RICH.tars[1], RICH.tars[0]))
    blobs = Blobs()
    manifest = json.loads(RICH.manifest(compression="gzip"))
    for tar in other.tars:
        from tests.builders.bundle import compress

        blobs.put(compress(tar, "gzip"))
    config = blobs.put(other.config)
    manifest["config"] = descriptor(config, manifest["config"]["mediaType"])
    document = blobs.put(json.dumps(manifest).encode())
    session = session_of(layout(blobs, index_json([descriptor(document, manifest["mediaType"])])))
    layer = node_of(session, NodeType.LAYER)
    before = len(session.findings)
    files = files_of(session, layer)
    assert "MANIF-5" in [row.code for row in files.findings]
    assert len(session.findings) > before
    session.tree.refresh()
    assert layer.state().check is Check.WRONG
    assert "MANIF-5" in [row.code for row in session.findings_for(layer)] or session.findings.worst is Severity.ERROR


def test_partial_lists_while_reading(session_of: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.viewmodel.loadfiles._PARTIAL_SECONDS", 0)
    many = ImageSpec((layer_tar({f"d{number % 50}/f{number}": b"" for number in range(5000)}),))
    session = session_of(docker_25([many]))
    partial: list[FileList] = []
    files = load_files(session, node_of(session, NodeType.LAYER), CancelToken(), ignore_progress, partial.append)
    assert files.total == 5050
    assert all(not found.complete and found.total <= files.total for found in partial)


def test_json_of_a_manifest_links_to_its_nodes(session_of: Opener) -> None:
    session = session_of(docker_25([RICH]))
    node = node_of(session, NodeType.IMAGE)
    view = load_json(session, node, CancelToken(), ignore_progress)
    targets = [
        session.tree.find_by_digest(link.digest, node)
        for line in range(view.pretty.line_count)
        for link in view.pretty.links(line)
    ]
    assert [target.type for target in targets if target] == [NodeType.CONFIG, NodeType.LAYER, NodeType.LAYER]
    assert view.stored.text == (node.document.text if node.document else None)


def test_an_attestation_says_what_it_states(session_of: Opener) -> None:
    session = session_of(buildx_oci([RICH], attested=True))
    node = node_of(session, NodeType.ATTESTATION)
    statement = {row.label: row for row in summary(session, node)["Statement"].rows}
    assert statement["States"].value == "build provenance (SLSA 0.2)"
    about = statement["About"].link
    assert about is not None
    target = session.tree.find_by_digest(about)
    assert target is not None
    assert target.type is NodeType.IMAGE
    part = next(child for child in node.children if child.type is NodeType.BLOB)
    assert Page.JSON in session.pages_for(part)
    assert "predicateType" in load_json(session, part, CancelToken(), ignore_progress).pretty.text


def test_an_index_lists_its_platforms(session_of: Opener) -> None:
    blobs = Blobs()
    arm = image(seed="arm", architecture="arm64")
    index = multi_platform(blobs, [RICH, arm], absent=[image(seed="gone", architecture="s390x")])
    session = session_of(
        layout(blobs, index_json([descriptor(index, OCI_INDEX, annotations={IMAGE_NAME: "docker.io/library/app:1"})]))
    )
    rows = summary(session, node_of(session, NodeType.INDEX))["Lists"].rows
    assert [row.label for row in rows] == ["linux/amd64", "linux/arm64", "linux/s390x"]
    assert "absent" in rows[2].value
    absent = node_of(session, NodeType.ABSENT)
    assert values(summary(session, absent)["Absent"])["Platform"] == "linux/s390x"


def test_recent(session_of: Opener) -> None:
    entry = session_of(docker_25([RICH])).recent(1_714_600_000.5)
    assert entry.title == "app:1 · linux/amd64"
    assert entry.opened == 1_714_600_000


def test_a_file_that_changed_is_told_and_no_longer_verified(session_of: Opener) -> None:
    session = session_of(docker_25([RICH]))
    layer = node_of(session, NodeType.LAYER)
    load_files(session, layer, CancelToken(), ignore_progress)
    session.tree.refresh()
    assert session.source_changed() is None
    with session.path.open("ab") as file:
        file.write(b"x")
    message = session.source_changed()
    assert message is not None
    assert message.actions == (Action.REOPEN,)
    session.tree.refresh()
    assert layer.state().check is Check.UNCHECKED


def test_closing_twice_and_asking_later(session_of: Opener) -> None:
    session = session_of(docker_25([RICH]))
    session.close()
    session.close()
    assert session.closed
    assert session.source_changed() is None
    assert session.tree.root.label == "app.tar"


def test_what_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "page.tar"
    path.write_bytes(b"<!DOCTYPE html><html></html>")
    with pytest.raises(ArchiveError):
        open_session(path, CancelToken(), ignore_progress)


def test_cancelling(session_of: Opener) -> None:
    session = session_of(docker_25([RICH]))
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        load_files(session, node_of(session, NodeType.LAYER), token, ignore_progress)
    with pytest.raises(Cancelled):
        open_session(session.path, token, ignore_progress)


def test_a_limit_can_be_raised(tmp_path: Path) -> None:
    blank = docker_25([RICH])
    manifest = blank.data("manifest.json")
    path = blank.replacing("manifest.json", manifest + b" " * (5 << 20)).write(tmp_path / "big.tar")
    with pytest.raises(LimitReached) as caught:
        open_session(path, CancelToken(), ignore_progress)
    open_session(path, CancelToken(), ignore_progress, raised=(caught.value.limit,)).close()


def test_a_second_opening_lists_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.archive.source._TICK_NS", -(1 << 62))
    monkeypatch.setattr("inspector.layers.cache._WORTH_BYTES", 0)
    path = docker_25([RICH]).write(tmp_path / "app.tar")
    cache = ListingCache(tmp_path / "cache")
    names: list[list[str]] = []
    for start in range(2):
        reports: list[Progress] = []
        session = open_session(path, CancelToken(), ignore_progress, cache=cache)
        layer = node_of(session, NodeType.LAYER)
        files = load_files(session, layer, CancelToken(), reports.append)
        merged = load_files(session, node_of(session, NodeType.IMAGE), CancelToken(), ignore_progress)
        files.expand_all()
        merged.expand_all()
        names.append([listed.path(row) for listed in (files, merged) for row in range(len(listed))])
        assert bool(reports) is (start == 0)
        assert layer.blob is not None
        # Only what was computed since the archive was opened is called verified.
        assert (layer.blob.state is BlobState.VERIFIED) is (start == 0)
        assert bool(session.listings.unconfirmed(layer.image.layers if layer.image is not None else ())) is (start == 1)
        assert confirm_files(session, node_of(session, NodeType.IMAGE), CancelToken(), ignore_progress)
        assert not session.listings.unconfirmed(layer.image.layers if layer.image is not None else ())
        assert all(blob.state is BlobState.VERIFIED for blob in session.listings.known() if blob.claimed is not None)
        session.close()
    assert names[0] == names[1]


def test_layers_that_are_too_large_to_hash_are_listed_and_not_verified(session_of: Opener) -> None:
    session = session_of(docker_24([RICH]))
    session.limits = Limits(blob_bytes=2000)
    for node_type in (NodeType.LAYER, NodeType.IMAGE):
        files = load_files(session, node_of(session, node_type), CancelToken(), ignore_progress)
        assert files.total > 0
        assert "Nothing was verified" in files.note
        assert "blob_bytes" in files.note
    with pytest.raises(LimitReached) as caught:
        verify_all(session, CancelToken(), ignore_progress)
    message = from_error(caught.value)
    assert message is not None
    assert message.actions == (Action.CONTINUE_WITH_MORE,)
    layer = node_of(session, NodeType.LAYER)
    assert layer.blob is not None
    assert layer.blob.state is BlobState.UNCHECKED
    session.allow_more("blob_bytes")
    assert verify_all(session, CancelToken(), ignore_progress).wrong == 0


def test_a_cache_that_is_wrong_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.archive.source._TICK_NS", -(1 << 62))
    monkeypatch.setattr("inspector.layers.cache._WORTH_BYTES", 0)
    path = docker_25([RICH]).write(tmp_path / "app.tar")
    cache = ListingCache(tmp_path / "cache")
    first = open_session(path, CancelToken(), ignore_progress, cache=cache)
    layer = node_of(first, NodeType.LAYER)
    load_files(first, layer, CancelToken(), ignore_progress)
    assert layer.blob is not None
    listing = first.listings.known()[layer.blob]
    listing.paths[0] = b"never/was"
    cache.clear()
    assert cache.keep(layer.blob, listing)
    first.close()

    second = open_session(path, CancelToken(), ignore_progress, cache=cache)
    layer = node_of(second, NodeType.LAYER)
    assert load_files(second, layer, CancelToken(), ignore_progress).find(b"never/was") > 0
    assert not confirm_files(second, layer, CancelToken(), ignore_progress)
    assert load_files(second, layer, CancelToken(), ignore_progress).find(b"never/was") < 0
    assert cache.size > 0
    second.close()


def test_files_of_layers_in_the_wrong_order_say_so(session_of: Callable[[Bundle], ArchiveSession]) -> None:
    """moby#47150: shown as stored, with the word that an export puts it right."""
    session = session_of(docker_25([image("docker.io/library/app:1", layers=3)], "25.0.0"))
    files = load_files(session, node_of(session, NodeType.IMAGE), CancelToken(), ignore_progress)
    assert "MANIF-5" in files.note
    assert "An export puts it right." in files.note
