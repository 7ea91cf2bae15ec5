"""Every layer of the corpus against what an independent reader found: digests, diffIDs, entries, merged file systems."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from inspector.archive.detect import open_archive
from inspector.archive.image import Image, ImageArchive, NodeKind
from inspector.layers.merged import merge
from inspector.layers.stack import list_image
from inspector.layers.table import OTHER, Listing
from inspector.layers.whiteout import WhiteoutKind

_ESCAPED = re.compile("[\\\\\x00-\x1f\x7f\udc80-\udcff]")


def escaped(name: bytes) -> str:
    """As "canonical text" in the corpus' README.md says."""

    def mark(found: re.Match[str]) -> str:
        character = found[0]
        number = ord(character)
        return "\\\\" if character == "\\" else f"\\x{number - 0xDC00 if number > 0xFF else number:02x}"

    return _ESCAPED.sub(mark, name.decode("utf-8", "surrogateescape"))


def canonical_line(listing: Listing, index: int) -> str:
    entry = listing.entry(index)
    kind = entry.type.value
    if listing.types[index] == OTHER:
        kind = f"other:{listing.typeflags[index].hex()}"
    fields = (
        escaped(entry.path), kind, f"{entry.mode:04o}", str(entry.uid), str(entry.gid), str(entry.size),
        str(entry.mtime), escaped(entry.link),
    )  # fmt: skip
    return "\t".join(fields) + "\n"


def files_hash(lines: Iterable[str]) -> str:
    return hashlib.sha256(b"".join(sorted(line.encode() for line in lines))).hexdigest()


def counted(listing: Listing) -> dict[str, int]:
    kinds = [whiteout.kind for index in range(len(listing)) if (whiteout := listing.whiteout(index)) is not None]
    return {
        "entries": len(listing),
        "whiteouts": kinds.count(WhiteoutKind.REMOVED) + kinds.count(WhiteoutKind.INVALID),
        "opaques": kinds.count(WhiteoutKind.OPAQUE),
        "aufs": kinds.count(WhiteoutKind.AUFS),
        "xattrs": len(listing.xattrs),
    }


def find_image(archive: ImageArchive, fact: dict[str, Any]) -> Image:
    """By manifest digest, else by config digest; a v1 image has neither, and is known by its layers."""

    def fits(image: Image) -> bool:
        if fact["manifest_digest"] is not None:
            return bool(image.manifest_digest == fact["manifest_digest"])
        if fact.get("config_digest") is not None:
            return bool(image.config_digest == fact["config_digest"])
        members = [layer.blob.member.name for layer in image.layers if layer.blob is not None]
        return members == [layer["path"] for layer in fact["layers"]]

    found = [image for image in archive.images if fits(image)]
    assert found, f"no image {fact['manifest_digest'] or fact.get('config_digest')}"
    return found[0]


def described_images(record: dict[str, Any]) -> list[dict[str, Any]]:
    images = record.get("images", []) + record.get("docker_images", [])
    return [image for image in images if image["kind"] == "image" and "merged" in image]


def test_layers_and_merged_file_systems(archive_name: str, archive_path: Path, facts: dict[str, Any]) -> None:
    described = described_images(facts[archive_name])
    if not described:
        pytest.skip("it holds no image with layers that could be read")
    with open_archive(archive_path) as archive:
        known: dict[Any, Listing] = {}
        for fact in described:
            image = find_image(archive, fact)
            found = list_image(image, known=known)
            for layer, listing in zip(image.layers, found.listings, strict=True):
                if layer.blob is not None:
                    known[layer.blob] = listing
            assert len(found.listings) == len(fact["layers"])
            for listing, expected in zip(found.listings, fact["layers"], strict=True):
                check_layer(listing, expected)
            if fact["complete"]:
                merged = merge(found.listings)
                lines = [
                    canonical_line(merged.listings[layer], entry)
                    for layer, entry in zip(merged.layers, merged.entries, strict=True)
                ]
                assert len(merged) == fact["merged"]["count"]
                assert files_hash(lines) == fact["merged"]["hash"]


def check_layer(listing: Listing, expected: dict[str, Any]) -> None:
    if "files_hash" not in expected:
        return
    found = {
        "stored_sha256": listing.digest.encoded if listing.digest else None,
        "diff_id": listing.diff_id,
        "stored_size": listing.stored_size,
        "uncompressed_size": listing.uncompressed_size,
        "compression": listing.compression.value,
        "files_hash": files_hash(canonical_line(listing, index) for index in range(len(listing))),
        **counted(listing),
    }
    assert found == {key: expected[key] for key in found}


def test_the_listing_leaves_no_layer_unverified(corpus: Path) -> None:
    with open_archive(corpus / "docker-28.5-containerd-rich.tar") as archive:
        for image in archive.images:
            if image.kind is NodeKind.IMAGE:
                list_image(image)
                assert all(layer.blob is not None and layer.blob.computed == layer.digest for layer in image.layers)
