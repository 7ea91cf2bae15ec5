from __future__ import annotations

import io
import random
import tarfile
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.archive.compression import Compression
from inspector.archive.limits import Limits
from inspector.archive.source import FileSource, MemorySource
from inspector.archive.tar_entry import EntryType
from inspector.errors import Cancelled, LayerError, LimitReached
from inspector.layers.listing import list_layer
from inspector.layers.table import Listing
from inspector.oci.digest import Digest
from inspector.progress import CancelToken, Progress
from tests.builders.bundle import Bundle, Entry, compress, folder, hardlink, symlink
from tests.builders.rawtar import base256, raw_header

EVERY = ["none", "gzip", "zstd", "xz", "bzip2"]

ROOT = Bundle(
    (
        folder("./"),
        folder("./etc"),
        Entry("./etc/passwd", b"root\n", mode=0o600, uid=5, gid=6, mtime=77),
        symlink("bin", "usr/bin"),
        hardlink("etc/group", "./etc/passwd"),
        Entry("etc/.wh.shadow"),
        Entry("var/.wh..wh..opq"),
    )
)


def listed(data: bytes) -> Listing:
    return list_layer(MemorySource(data))


@pytest.mark.parametrize("how", EVERY)
def test_one_pass_gives_entries_and_both_digests(how: str) -> None:
    tar = ROOT.tar()
    stored = compress(tar, how)
    listing = listed(stored)
    assert listing.complete
    assert listing.findings == ()
    assert listing.compression is Compression(how)
    assert listing.digest == Digest.of(stored)
    assert listing.diff_id == Digest.of(tar)
    assert (listing.stored_size, listing.uncompressed_size) == (len(stored), len(tar))
    assert [listing.kind(index) for index in range(len(listing))] == [
        "dir", "dir", "file", "symlink", "hardlink", "whiteout", "opaque",
    ]  # fmt: skip
    assert listing.paths == [
        b".", b"etc", b"etc/passwd", b"bin", b"etc/group", b"etc/.wh.shadow", b"var/.wh..wh..opq",
    ]  # fmt: skip
    entry = listing.entry(2)
    assert entry[:8] == (b"etc/passwd", EntryType.FILE, 0o600, 5, 6, 5, 77, b"")
    assert listing.stored_name(2) == b"./etc/passwd"
    assert listing.stored_name(3) == b"bin"
    assert listing.link(3) == b"usr/bin"
    assert listing.link(4) == b"etc/passwd"
    assert tar[listing.offsets[2] :][:5] == b"root\n"


def pax(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def test_xattrs_devices_and_unknown_types() -> None:
    ping = tarfile.TarInfo("ping")
    ping.pax_headers = {
        "SCHILY.xattr.security.capability": "\x01",
        "SCHILY.xattr.user.a": "1",
        "LIBARCHIVE.xattr.user.a": "Mg==",
        "LIBARCHIVE.xattr.user.b%20c": "Mw",
        "LIBARCHIVE.xattr.user.bad": "!",
    }
    null = tarfile.TarInfo("null")
    null.type, null.devmajor, null.devminor = tarfile.CHRTYPE, 1, 3
    odd = tarfile.TarInfo("odd")
    odd.type = b"Z"
    listing = listed(pax([(ping, b""), (null, b""), (odd, b"")]))
    assert listing.xattrs[0] == {
        "security.capability": b"\x01", "user.a": b"1", "user.b c": b"3", "user.bad": listing.xattrs[0]["user.bad"],
    }  # fmt: skip
    assert listing.link(1) == b"1:3"
    assert listing.kind(2) == "other"
    assert listing.typeflags == {2: b"Z"}


def test_without_digests_nothing_is_hashed() -> None:
    for how in ("none", "gzip"):
        listing = list_layer(MemorySource(compress(ROOT.tar(), how)), with_digests=False)
        assert listing.digest is None
        assert listing.diff_id is None
        assert listing.complete
        assert len(listing) == 7


def test_what_follows_the_end_of_the_tar_counts_for_the_diff_id() -> None:
    tar = ROOT.tar() + b"hidden" * 100_000
    for how in ("none", "gzip", "zstd"):
        assert listed(compress(tar, how)).diff_id == Digest.of(tar)


def test_a_layer_larger_than_what_is_hashed_in_place() -> None:
    tar = Bundle((Entry("a", bytes(range(256)) * 20_000), Entry("b", b"x" * 3_000_000))).tar()
    for how in ("none", "gzip", "zstd"):
        listing = listed(compress(tar, how))
        assert listing.diff_id == Digest.of(tar)
        assert list(listing.sizes) == [5_120_000, 3_000_000]


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_a_damaged_stream_gives_what_was_whole(how: str) -> None:
    tar = Bundle(tuple(Entry(f"f{n}", random.Random(n).randbytes(2500)) for n in range(500))).tar()
    stored = compress(tar, how)
    stored = stored[: len(stored) * 3 // 5]
    listing = listed(stored)
    assert not listing.complete
    assert 100 < len(listing) < 500
    assert listing.digest == Digest.of(stored)
    assert listing.diff_id is None
    finding = next(finding for finding in listing.findings if finding.code == "LAYER-1")
    assert finding.where.offset is not None


def test_a_cut_tar_gives_what_was_whole() -> None:
    tar = ROOT.adding(Entry("last", b"x" * 5000)).tar()
    listing = listed(tar[: -1024 - 2000])
    assert not listing.complete
    assert listing.paths[-1] == b"last"
    assert listing.diff_id == Digest.of(tar[: -1024 - 2000])
    assert any(finding.where.offset is not None for finding in listing.findings)


def test_a_broken_header_gives_what_came_before() -> None:
    bad = bytearray(ROOT.tar())
    bad[2 * 512] ^= 0xFF
    listing = listed(bytes(bad))
    assert not listing.complete
    assert listing.paths == [b".", b"etc"]
    assert listing.findings


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b'{"_type": "https://in-toto.io/Statement/v0.1"}', "JSON"),
        (b"[1]" + b" " * 2000, "JSON"),
        (b"%PDF-1.4" * 200, "not a tar"),
        (compress(b"no tar" * 300, "gzip"), "not a tar"),
        (compress(compress(ROOT.tar(), "gzip"), "zstd"), "gzip data inside of zstd"),
    ],
)
def test_what_is_no_tar_is_refused_with_what_it_is(data: bytes, word: str) -> None:
    with pytest.raises(LayerError, match=word):
        listed(data)


@pytest.mark.parametrize("tar", [bytes(1024), bytes(10240), b"", bytes(100)])
def test_an_empty_layer_is_a_layer(tar: bytes) -> None:
    assert len(listed(tar)) == 0
    assert len(listed(compress(tar, "gzip"))) == 0


def test_rows_come_while_the_layer_is_read() -> None:
    tar = Bundle(tuple(Entry(f"f{n}") for n in range(3000))).tar()
    seen: list[int] = []
    told: list[Progress] = []

    def look(listing: Listing) -> None:
        seen.append(len(listing))
        columns: list[array[int] | bytearray] = [listing.sizes, listing.types, listing.modes, listing.offsets]
        assert all(len(column) >= len(listing) for column in columns)
        assert not listing.complete

    for how in ("none", "gzip"):
        listing = list_layer(MemorySource(compress(tar, how)), on_rows=look, sink=told.append)
        assert len(listing) == 3000
    assert seen
    assert seen[0] < 1000
    assert told


@pytest.mark.parametrize("how", ["none", "gzip"])
def test_it_stops_when_asked(how: str) -> None:
    token = CancelToken()
    tar = Bundle(tuple(Entry(f"f{n}", b"x" * 5000) for n in range(2000))).tar()
    with pytest.raises(Cancelled):
        list_layer(MemorySource(compress(tar, how)), token=token, on_rows=lambda _: token.cancel())


def raising(limit: str) -> Callable[[bytes, Limits], None]:
    def check(data: bytes, limits: Limits) -> None:
        with pytest.raises(LimitReached) as caught:
            list_layer(MemorySource(data), limits=limits)
        assert caught.value.limit == limit

    return check


def test_limits() -> None:
    many = Bundle(tuple(Entry(f"f{n}") for n in range(1000))).tar()
    raising("layer_entries")(many, Limits(layer_entries=500))
    bomb = compress(Bundle((Entry("zeros", bytes(30_000_000)),)).tar(), "gzip")
    raising("inflate_ratio")(bomb, Limits(inflate_free_bytes=1_000_000))


def test_rows_are_small() -> None:
    import tracemalloc

    tar = Bundle(tuple(Entry(f"usr/lib/folder{n % 100}/file{n:06}") for n in range(4_000))).tar()
    tracemalloc.start()
    try:
        listing = list_layer(MemorySource(tar), with_digests=False)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    names = sum(map(len, listing.paths)) + 33 * len(listing)
    assert (used - names) / len(listing) < 250


def test_a_terabyte_is_not_hashed_unasked(tmp_path: Path) -> None:
    path = tmp_path / "layer.tar"
    header = raw_header(b"hole", base256(1 << 40, 12))
    with path.open("wb") as file:
        file.write(header)
        file.truncate(512 + (1 << 40) + 1024)
    with FileSource(path) as source:
        with pytest.raises(LimitReached) as caught:
            list_layer(source)
        assert caught.value.limit == "blob_bytes"
        assert f"{(1 << 40) + 1536:,} bytes" in caught.value.message
        listing = list_layer(source, with_digests=False)
    assert (listing.paths, listing.sizes[0], listing.complete) == ([b"hole"], 1 << 40, True)
    with pytest.raises(LimitReached):
        list_layer(MemorySource(compress(ROOT.tar(), "gzip")), limits=Limits(blob_bytes=100), with_digests=False)
