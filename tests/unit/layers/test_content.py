from __future__ import annotations

import gzip
import io
import random
import tarfile
from collections.abc import Callable
from typing import Any

import pytest

from inspector.archive.compression import Compression, InflateState
from inspector.archive.source import MemorySource
from inspector.errors import Cancelled, CompressionError, LayerError
from inspector.layers import gzip_index, seekable
from inspector.layers.changes import Changes
from inspector.layers.content import InflatedSource, content_digests, open_file, open_layer, open_merged_file, watched
from inspector.layers.gzip_index import GzipCursor
from inspector.layers.listing import list_layer
from inspector.layers.merged import merge
from inspector.layers.seekable import Checkpoints
from inspector.oci.digest import Digest
from inspector.progress import CancelToken
from tests.builders.bundle import Bundle, Entry, compress, folder, hardlink, symlink
from tests.builders.rawtar import raw_entry, raw_pax

TEXT = b"".join(b"%d %d\n" % (n, n * n % 9973) for n in range(150_000))
BUNDLE = Bundle(
    (
        folder("d"), Entry("d/a", b"first"), Entry("big", TEXT), Entry("empty"), Entry("d/last", b"the end"),
        hardlink("again", "./d/a"), hardlink("dangling", "gone"), symlink("link", "d/a"),
    )
)  # fmt: skip


@pytest.mark.parametrize("how", ["none", "gzip", "zstd", "bzip2"])
def test_files_are_read_from_anywhere_in_any_order(how: str) -> None:
    layer = MemorySource(compress(BUNDLE.tar(), how))
    listing = list_layer(layer)
    tar = open_layer(layer, listing)
    last, big, first, again = (
        open_file(tar, listing, listing.paths.index(p)) for p in (b"d/last", b"big", b"d/a", b"again")
    )
    assert last.read_at(0, 7) == b"the end"
    assert big.read_at(len(TEXT) - 50, 50) == TEXT[-50:]
    assert first.read_at(0, first.size) == b"first"
    assert big.read_at(100_000, 1_000_000) == TEXT[100_000:1_100_000]
    assert again.read_at(2, 3) == b"rst"
    assert open_file(tar, listing, listing.paths.index(b"empty")).size == 0


@pytest.mark.parametrize(("path", "word"), [(b"dangling", "hard link"), (b"link", "symlink"), (b"d", "dir")])
def test_what_has_no_content_says_so(path: bytes, word: str) -> None:
    layer = MemorySource(BUNDLE.tar())
    listing = list_layer(layer)
    with pytest.raises(LayerError, match=word):
        open_file(layer, listing, listing.paths.index(path))


def test_a_file_that_is_cut_off_says_so() -> None:
    layer = MemorySource(Bundle((Entry("a", b"x" * 5000),)).tar()[:3000])
    listing = list_layer(layer)
    with pytest.raises(LayerError, match="cut off"):
        open_file(layer, listing, 0)


@pytest.mark.parametrize(
    ("upper", "expected"),
    [
        ((Entry("a", b"new!"),), b"old"),
        ((Entry(".wh.a"),), b"old"),
        ((Entry("a", b"new!"), hardlink("b", "a")), b"new!"),
        ((hardlink("b", "a"),), b"old"),
        ((Entry("a", b"1"), hardlink("b", "a"), Entry("a", b"2")), b"1"),
        ((hardlink("b", "z"), Entry("z", b"late")), b"late"),
    ],
)
def test_a_hard_link_is_the_file_that_stood_there_when_its_layer_was_applied(
    upper: tuple[Entry, ...], expected: bytes
) -> None:
    low = MemorySource(Bundle((Entry("a", b"old"), hardlink("b", "a"))).tar())
    high = MemorySource(Bundle(upper).tar())
    merged = merge([list_layer(low), list_layer(high)])
    row = merged.find(b"b")
    assert row is not None
    content = open_merged_file(merged, row, lambda layer: (low, high)[layer])
    assert content.read_at(0, content.size) == expected


def test_equal_sizes_are_decided_by_content() -> None:
    low = MemorySource(compress(Bundle((Entry("a", b"1234"), Entry("b", b"1234"))).tar(), "gzip"))
    high = MemorySource(Bundle((Entry("a", b"1234", uid=9), Entry("b", b"4321"))).tar())
    layers = (low, high)
    listings = [list_layer(layer) for layer in layers]
    changes = Changes(merge(listings[:1]), merge(listings))
    wanted = {place for pair in changes.uncompared() for place in pair}
    digests = {
        (number, entry): digest
        for number, layer in enumerate(layers)
        for entry, digest in content_digests(
            layer, listings[number], [entry for where, entry in wanted if where == number]
        ).items()
    }
    changes.settle(digests)
    assert [(change.path, change.aspects.name) for change in changes] == [(b"a", "OWNER"), (b"b", "CONTENT")]


def test_sparse_files_read_with_their_holes() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("GNUSparseFile.0/s")
        data = b"1\n4096\n3\n".ljust(512, b"\0") + b"xyz"
        info.size = len(data)
        info.pax_headers = {
            "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "s", "GNU.sparse.realsize": "10000",
        }  # fmt: skip
        tar.addfile(info, io.BytesIO(data))
    layer = MemorySource(out.getvalue())
    listing = list_layer(layer)
    content = open_file(layer, listing, 0)
    assert content.size == 10_000
    assert content.read_at(4090, 20) == bytes(6) + b"xyz" + bytes(11)
    assert listing.stored_content_size(0) == 3


def test_a_terabyte_of_holes_is_not_hashed() -> None:
    records = {b"GNU.sparse.size": b"%d" % (1 << 40), b"GNU.sparse.numblocks": b"1", b"GNU.sparse.map": b"0,3"}
    layer = MemorySource(raw_pax(records) + raw_entry(b"s", b"xyz") + raw_entry(b"t", b"t") + bytes(1024))
    listing = list_layer(layer)
    assert listing.sizes[0] == 1 << 40
    assert list(content_digests(layer, listing, [0, 1])) == [1]


# ---------------------------------------------------------------- gzip checkpoints

NOISE = random.Random(1).randbytes(300_000)


def inflated(stored: bytes, index: Checkpoints, *, position: int = 0) -> tuple[bytes, GzipCursor]:
    cursor = GzipCursor(MemorySource(stored), index, position=position)
    pieces = []
    while (piece := cursor.step()) is not None:
        assert 0 < len(piece) <= gzip_index.OUTPUT_SLICE
        pieces.append(piece)
    return b"".join(pieces), cursor


def members(*data: bytes) -> bytes:
    return b"".join(gzip.compress(part, 1, mtime=0) for part in data)


@pytest.mark.parametrize(
    "make",
    [
        lambda: gzip.compress(TEXT, 6),
        lambda: members(TEXT[:3_000_000], b"", NOISE, TEXT),
        lambda: gzip.compress(bytes(40_000_000), 9),
        lambda: members(TEXT) + bytes(1000) + members(NOISE) + bytes(5),
        lambda: gzip.compress(b"", 6),
    ],
)
def test_reading_may_start_at_every_checkpoint(make: Callable[[], bytes]) -> None:
    stored = make()
    index = Checkpoints(spacing=1 << 18)
    whole, _ = inflated(stored, index)
    assert whole == gzip.decompress(stored)
    points = len(index)
    assert points > 2 or len(whole) < 1 << 20
    for number in range(0, points, 7):
        start = index.before(number * (1 << 18))
        rest, _ = inflated(stored, index, position=start.produced)
        assert rest == whole[start.produced :]
    assert len(index) == points


def test_a_source_makes_its_checkpoints_itself() -> None:
    stored = gzip.compress(TEXT, 6)
    index = Checkpoints(spacing=1 << 18)
    source = InflatedSource(MemorySource(stored), Compression.GZIP, len(TEXT), checkpoints=index)
    assert source.read_at(len(TEXT) - 10, 10) == TEXT[-10:]
    assert len(index) > 2
    order = random.Random(2)
    for _ in range(200):
        offset = order.randrange(len(TEXT))
        length = min(order.randrange(5000), len(TEXT) - offset)
        assert source.read_at(offset, length) == TEXT[offset : offset + length]
    with pytest.raises(ValueError):
        source.read_at(len(TEXT), 1)


def test_the_number_of_checkpoints_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seekable, "MOST_CHECKPOINTS", 8)
    index = Checkpoints(spacing=1000)
    stored = gzip.compress(NOISE * 20, 1)
    whole, _ = inflated(stored, index)
    assert len(index) <= 8
    rest, cursor = inflated(stored, index, position=5_000_000)
    assert whole.endswith(rest)
    assert cursor.produced == len(whole)


def test_garbage_and_padding_are_counted() -> None:
    state = InflateState()
    stored = members(b"a") + bytes(3) + members(b"b") + bytes(4) + b"garbage" + members(b"c")
    cursor = GzipCursor(MemorySource(stored), Checkpoints(), state=state)
    assert (cursor.step(), cursor.step(), cursor.step()) == (b"a", b"b", None)
    assert state.streams == 2
    assert state.trailing_zeros == 7
    assert state.trailing_garbage == 7 + len(members(b"c"))


@pytest.mark.parametrize("stored", [b"", b"no gzip", b"\x1f", b"\x1f\x8b\x08"])
def test_what_is_no_gzip_is_refused(stored: bytes) -> None:
    with pytest.raises(CompressionError):
        GzipCursor(MemorySource(stored), Checkpoints()).step()


def damaged(stored: bytes) -> bytes:
    cursor = GzipCursor(MemorySource(stored), Checkpoints())
    pieces: list[bytes | None] = []
    with pytest.raises(CompressionError):
        pieces.extend(iter(cursor.step, None))
    return b"".join(piece for piece in pieces if piece is not None)


def test_what_comes_before_the_damage_is_given() -> None:
    data = NOISE[:200_000]
    stored = gzip.compress(data, 6)
    assert damaged(stored[:-9]) == data[: len(damaged(stored[:-9]))]
    assert damaged(stored[:-4]) == data
    assert damaged(stored[:-8] + bytes(4) + stored[-4:]) == data  # a wrong checksum
    broken = bytearray(gzip.compress(TEXT, 6))
    broken[len(broken) // 2 :] = b"\xff" * (len(broken) - len(broken) // 2)
    given = damaged(bytes(broken))
    assert given[: len(TEXT) // 4] == TEXT[: len(TEXT) // 4]  # damaged codes may still mean something for a while


def test_checkpoints_of_a_listed_layer() -> None:
    tar = Bundle((Entry("noise", NOISE * 10), Entry("text", TEXT), Entry("end", b"x"))).tar()
    stored = compress(tar, "gzip")
    listing = list_layer(MemorySource(stored))
    assert listing.digest == Digest.of(stored)
    assert listing.diff_id == Digest.of(tar)
    assert listing.checkpoints is not None
    assert len(listing.checkpoints) > 1
    cut = list_layer(MemorySource(stored[: len(stored) // 2]))
    assert cut.digest == Digest.of(stored[: len(stored) // 2])
    assert not cut.complete
    assert cut.paths == [b"noise"]


# ---------------------------------------------------------------- streams and frames


@pytest.mark.parametrize("how", ["gzip", "zstd", "xz", "bzip2", "lz4"])
def test_reading_starts_at_the_nearest_stream(how: str) -> None:
    noise = NOISE[:60_000]
    data = [bytes([number]) * 1000 + noise for number in range(40)]
    stored = b"".join(compress(part, how) for part in data)
    whole = b"".join(data)
    points = Checkpoints(spacing=1 << 18)
    source = InflatedSource(MemorySource(stored), Compression(how), len(whole), checkpoints=points)
    assert source.read_at(len(whole) - 5, 5) == whole[-5:]
    assert len(points) > 5

    kept = Checkpoints.from_stream_starts(points.stream_starts())
    assert len(kept) > 5
    read: list[int] = []

    class Counting(MemorySource):
        def read_at(self, offset: int, length: int) -> bytes:
            read.append(length)
            return super().read_at(offset, length)

    for offset in (len(whole) - 10, 5, len(whole) // 2, 61_000 * 7 + 990):
        again = InflatedSource(Counting(stored), Compression(how), len(whole), checkpoints=kept)
        assert again.read_at(offset, 10) == whole[offset : offset + 10]
    assert sum(read) < 2 * len(stored)


def test_listing_a_zstd_layer_of_many_frames_leaves_checkpoints() -> None:
    tar = Bundle((Entry("noise", NOISE * 40), Entry("end", b"x"))).tar()
    frame = 1 << 20
    stored = b"".join(compress(tar[at : at + frame], "zstd") for at in range(0, len(tar), frame))
    listing = list_layer(MemorySource(stored))
    assert listing.diff_id == Digest.of(tar)
    assert listing.checkpoints is not None
    assert len(listing.checkpoints) > 1
    layer = open_layer(MemorySource(stored), listing)
    assert open_file(layer, listing, 1).read_at(0, 1) == b"x"


def test_kept_checkpoints_that_run_backwards_are_refused() -> None:
    with pytest.raises(ValueError):
        Checkpoints.from_stream_starts([(10, 5), (10, 6)])


@pytest.mark.parametrize("how", [Compression.GZIP, Compression.XZ, Compression.ZSTD])
def test_the_way_to_a_far_file_can_be_cancelled(how: Compression) -> None:
    """A layer is often one stream: gigabytes may have to be inflated before the first byte that was asked for."""
    data = bytes(6 << 20) + TEXT
    tar = InflatedSource(MemorySource(compress(data, how.value)), how, len(data))
    token = CancelToken()
    steps = 0

    class Cursor:
        """Stands before the real one, and cancels at its third step."""

        def __init__(self, real: Any) -> None:
            self._real = real

        @property
        def produced(self) -> int:
            return int(self._real.produced)

        def step(self) -> bytes | None:
            nonlocal steps
            steps += 1
            if steps == 3:
                token.cancel()
            found: bytes | None = self._real.step()
            return found

    real_open = tar._open

    def opened(offset: int) -> Any:
        return Cursor(real_open(offset))

    tar._open = opened  # type: ignore[method-assign]
    with pytest.raises(Cancelled):
        watched(tar, token).read_at(len(data) - 10, 10)
    assert steps == 3
    # The next one goes on from there.
    assert watched(tar, CancelToken()).read_at(len(data) - 10, 10) == TEXT[-10:]
    assert tar.read_at(0, 10) == bytes(10)
