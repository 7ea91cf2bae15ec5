from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel import osrelease
from inspector.viewmodel.configsummary import labels_section
from inspector.viewmodel.osrelease import load_release
from inspector.viewmodel.pages import Row, Section
from inspector.viewmodel.session import ArchiveSession, load_summary, open_session
from inspector.viewmodel.tree import NodeType, StructureNode
from tests.builders import ImageSpec, buildx_oci, docker_24, layer_tar

TOKEN = CancelToken()
RELEASE = b"""# comment
NAME="Alpine Linux"
ID=alpine
VERSION_ID=3.20.1
PRETTY_NAME="Alpine Linux v3.20"
BROKEN="
not a field
"""
BASE = layer_tar({"etc/": b"", "etc/os-release": "../usr/lib/os-release", "usr/lib/os-release": RELEASE})
TOP = layer_tar({"srv/": b"", "srv/data": b"x" * 20_000})
Opener = Callable[..., ArchiveSession]


@pytest.fixture
def open_it(tmp_path: Path) -> Iterator[Opener]:
    made: list[ArchiveSession] = []

    def run(
        *tars: bytes, compression: str = "", names: tuple[str, ...] = ("docker.io/library/app:1",)
    ) -> ArchiveSession:
        spec = ImageSpec(tars, names)
        archive = buildx_oci([spec], compression=compression) if compression else docker_24([spec])
        made.append(open_session(archive.write(tmp_path / f"{len(made)}.tar"), TOKEN, ignore_progress))
        return made[-1]

    yield run
    for session in made:
        session.close()


def image_node(session: ArchiveSession) -> StructureNode:
    return next(node for node in session.tree.nodes if node.type is NodeType.IMAGE)


def sections(session: ArchiveSession) -> dict[str, Section]:
    return {found.title: found for found in load_summary(session, image_node(session), TOKEN, ignore_progress)}


def row(section: Section, label: str) -> Row:
    return next(found for found in section.rows if found.label == label)


def release(session: ArchiveSession) -> Row:
    return load_release(session, image_node(session), TOKEN, ignore_progress)


def test_the_bar_and_its_rows_say_the_same(open_it: Opener) -> None:
    found = sections(open_it(BASE, TOP))
    bar = found["Size"].bar
    assert [part.label for part in bar] == ["1", "2"]
    assert [part.node for part in bar] == [row.node for row in found["Layers"].rows]
    assert sum(part.size for part in bar) == len(BASE) + len(TOP)
    share = f"{100 * len(TOP) / (len(BASE) + len(TOP)):.1f} %"
    assert share in bar[1].text
    assert share in found["Layers"].rows[1].value


def test_one_layer_needs_no_bar(open_it: Opener) -> None:
    assert sections(open_it(BASE))["Size"].bar == ()


def test_layers_that_are_stored_as_they_are_tell_their_unpacked_size(open_it: Opener) -> None:
    found = sections(open_it(BASE, TOP))
    assert row(found["Size"], "Unpacked").tooltip.startswith(f"{len(BASE) + len(TOP):,} bytes")


def test_compressed_layers_tell_it_once_they_were_read(open_it: Opener) -> None:
    session = open_it(BASE, TOP, compression="gzip")
    assert row(sections(session)["Size"], "Unpacked").value == "not known before all layers were read"
    release(session)
    found = sections(session)
    assert row(found["Size"], "Unpacked").tooltip.startswith(f"{len(BASE) + len(TOP):,} bytes")
    assert "unpacked" in found["Layers"].rows[1].value


def test_the_release_is_found_through_a_link(open_it: Opener) -> None:
    session = open_it(BASE, TOP)
    assert row(sections(session)["Image"], "OS release").pending
    found = release(session)
    assert (found.value, found.pending) == ("Alpine Linux v3.20", False)
    assert found.tooltip == "ID=alpine  VERSION_ID=3.20.1"
    assert row(sections(session)["Image"], "OS release") == found


def test_an_image_without_a_release_says_so(open_it: Opener) -> None:
    assert release(open_it(TOP)).value == "not stated"
    removed = layer_tar({"usr/": b"", "usr/lib/": b"", "usr/lib/.wh.os-release": b""})
    assert release(open_it(BASE, removed)).value == "not stated"


def test_a_circle_of_links_is_told(open_it: Opener) -> None:
    found = release(open_it(layer_tar({"etc/": b"", "etc/os-release": "os-release"})))
    assert found.value == "not known"
    assert found.tooltip


def test_large_layers_are_not_read_for_it(open_it: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    session = open_it(BASE, TOP)
    monkeypatch.setattr(osrelease, "MOST_STORED", 1000)
    assert release(session).value == "not read yet"
    assert not session.listings.known()
    monkeypatch.undo()
    assert release(session).value == "Alpine Linux v3.20"


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (b"A=\"x y\"\nB='z'\nC=1\n", {"A": "x y", "B": "z", "C": "1"}),
        (b"\xff=1\nA=\xff\n=2\nA B=3", {"A": "\ufffd"}),
        (b"", {}),
    ],
)
def test_parse(content: bytes, fields: dict[str, str]) -> None:
    assert osrelease.parse(content) == fields


def test_a_digest_in_an_annotation_leads_on() -> None:
    digest = "sha256:" + "c" * 64
    rows = labels_section({"org.opencontainers.image.base.digest": digest, "note": "sha256:short"}).rows
    assert [str(row.link) for row in rows] == [digest, "None"]
    assert rows[0].value == digest


def test_many_names_hide_nothing_and_are_told_whole_at_the_end(open_it: Opener) -> None:
    names = tuple(f"docker.io/library/app:{number}" for number in range(30))
    found = sections(open_it(layer_tar({"a": b""}), names=names))
    rows = found["Image"].rows
    assert [row.value for row in rows[:2]] == ["app:0", "app:1"]
    assert "20 more are not shown here." in [row.value for row in rows]
    assert [row.value for row in found["Names"].rows][-1] == "app:29"
