"""The content of files: chosen by content, a part at a time, safe on any bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.errors import InspectorError
from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.files import FileList
from inspector.viewmodel.loadfiles import load_files
from inspector.viewmodel.preview.magic import recognise
from inspector.viewmodel.preview.preview import (
    HEX_PART,
    TEXT_PART,
    Mode,
    Preview,
    hex_dump,
    is_text,
    load_preview,
    text_of,
)
from inspector.viewmodel.session import ArchiveSession, open_session
from inspector.viewmodel.tree import NodeType, StructureNode
from tests.builders import ImageSpec, docker_24, layer_tar, skopeo_oci
from tests.builders.bundle import compress
from tests.builders.contents import PNG, RSA, pem


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., tuple[ArchiveSession, StructureNode, FileList]]:
    def run(
        files: dict[str, bytes | str], node_type: NodeType = NodeType.LAYER, *, gzip: bool = False
    ) -> tuple[ArchiveSession, StructureNode, FileList]:
        spec = ImageSpec(
            (layer_tar(files), layer_tar({"etc/": b"", "etc/.wh.gone": b"", "new": b"second layer"})),
            ("docker.io/library/app:1",),
        )
        bundle = skopeo_oci(spec) if gzip else docker_24([spec])
        session = open_session(bundle.write(tmp_path / "app.tar"), CancelToken(), ignore_progress)
        node = next(node for node in session.tree.nodes if node.type is node_type)
        return session, node, load_files(session, node, CancelToken(), ignore_progress)

    return run


def preview(
    opened: tuple[ArchiveSession, StructureNode, FileList], path: str, mode: Mode = Mode.AUTO, offset: int = 0
) -> Preview:
    session, node, files = opened
    entry = files.find(path.encode())
    assert entry >= 0
    return load_preview(session, node, files, entry, CancelToken(), ignore_progress, mode=mode, offset=offset)


@pytest.mark.parametrize("gzip", [False, True])
def test_text_json_binary_and_pictures(
    opened: Callable[..., tuple[ArchiveSession, StructureNode, FileList]], gzip: bool
) -> None:
    shown = opened(
        {"a.txt": b"one\ntwo\n", "b.json": b'{"a":[1]}', "c.bin": bytes(range(256)), "d.png": PNG}, gzip=gzip
    )
    assert preview(shown, "a.txt").text == "one\ntwo\n"
    assert preview(shown, "b.json").text == '{\n  "a": [\n    1\n  ]\n}'
    assert preview(shown, "c.bin").mode is Mode.HEX
    assert preview(shown, "d.png").picture == PNG
    assert preview(shown, "d.png", Mode.HEX).text.startswith("00000000  89 50 4e 47")
    assert preview(shown, "b.json", Mode.TEXT).text == '{"a":[1]}'


def test_what_has_no_content_is_described(
    opened: Callable[..., tuple[ArchiveSession, StructureNode, FileList]],
) -> None:
    shown = opened({"etc/": b"", "etc/link": "../x", "empty": b""})
    assert preview(shown, "etc").title == "etc — folder"
    assert preview(shown, "etc/link").title == "etc/link — symbolic link to ../x"
    assert preview(shown, "empty").title == "empty — empty file"


def test_a_folder_is_described_in_the_persons_language(
    opened: Callable[..., tuple[ArchiveSession, StructureNode, FileList]], german: None
) -> None:
    assert preview(opened({"etc/": b""}), "etc").title == "etc — Ordner"


def test_the_merged_file_system_takes_each_file_from_its_layer(
    opened: Callable[..., tuple[ArchiveSession, StructureNode, FileList]],
) -> None:
    shown = opened({"old": b"first layer"}, NodeType.IMAGE)
    assert preview(shown, "old").text == "first layer"
    assert preview(shown, "new").text == "second layer"


def test_large_files_come_in_parts(opened: Callable[..., tuple[ArchiveSession, StructureNode, FileList]]) -> None:
    text = b"".join(b"line %07d\n" % number for number in range(60_000))
    shown = opened({"big.txt": text, "big.bin": bytes(100_000)}, gzip=True)
    first = preview(shown, "big.txt")
    assert first.has_more
    assert first.length == TEXT_PART
    second = preview(shown, "big.txt", Mode.TEXT, first.length)
    assert second.text == text[TEXT_PART : 2 * TEXT_PART].decode()
    assert preview(shown, "big.bin").length == HEX_PART


def test_a_closed_archive_gives_an_error(opened: Callable[..., tuple[ArchiveSession, StructureNode, FileList]]) -> None:
    session, node, files = opened({"a": b"x"})
    session.close()
    with pytest.raises(InspectorError):
        load_preview(session, node, files, files.find(b"a"), CancelToken(), ignore_progress)


def test_text_is_told_from_binary() -> None:
    assert is_text("grüße\n".encode())
    assert is_text(("ä" * 40_000).encode()[:-1])
    assert not is_text(b"a\0b")
    assert not is_text(b"\xff\xfe\xfd")


def test_odd_characters_are_visible_and_long_lines_folded() -> None:
    assert "\u202e" not in text_of("a\u202eb".encode())
    assert "\x1b" not in text_of(b"\x1b[31m")
    assert text_of(b"\xff") != ""
    assert max(map(len, text_of(b"x" * 100_000).split("\n"))) <= 2000


def test_a_hex_dump_shows_offset_bytes_and_ascii() -> None:
    lines = hex_dump(b"0123456789abcdefXY\n", 0x100).split("\n")
    assert lines[0] == "00000100  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef"
    assert lines[1].startswith("00000110  58 59 0a")
    assert lines[1].endswith("XY·")


def test_elf_is_read_in_words_and_never_raises() -> None:
    header = (
        b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    )
    assert (
        recognise(header + struct.pack("<I", 3) + bytes(52)).words
        == "ELF 64-bit, x86-64, shared object or program, dynamic"
    )
    for length in range(len(header)):
        recognise(header[:length])
    assert recognise(b"\x7fELF" + b"\xff" * 60).words.startswith("ELF")


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"#!/bin/sh\n", "script for /bin/sh"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"-----BEGIN RSA PRIVATE KEY-----", "private key"),
        (b"", ""),
        (b"#!", "script"),
    ],
)
def test_other_content_is_named(head: bytes, word: str) -> None:
    assert word in recognise(head).words


def test_certificates_and_archives_say_what_is_in_them(
    opened: Callable[..., tuple[ArchiveSession, StructureNode, FileList]],
) -> None:
    inner = layer_tar({"x/": b"", "x/y": b"12345"})
    files: dict[str, bytes | str] = {
        "c.pem": pem(RSA), "c.der": RSA, "a.tgz": compress(inner, "gzip"), "man.gz": compress(b"a page\n", "gzip"),
        "bad.gz": b"\x1f\x8b\x08broken",
    }  # fmt: skip
    shown = opened(files, gzip=True)
    for name in ("c.pem", "c.der"):
        found = preview(shown, name)
        assert (found.mode, found.has_details) == (Mode.DETAILS, True)
        assert "CN=test.example" in found.text
        assert "certificate" in found.title
    assert preview(shown, "c.pem", Mode.TEXT).text.startswith("-----BEGIN")
    assert preview(shown, "c.pem", Mode.TEXT).has_details
    archive = preview(shown, "a.tgz")
    assert archive.text.splitlines() == ["   x/", "5  x/y"] or "x/y" in archive.text
    assert archive.note == "gzip tar archive, 2 entries"
    assert preview(shown, "man.gz").text == "a page\n"
    assert preview(shown, "bad.gz").mode is Mode.HEX
    assert not preview(shown, "bad.gz").has_details
