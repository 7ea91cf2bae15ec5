"""Recognising and inflating streams: whole, doubled, padded, damaged, cut, hostile."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterator

import lz4.frame
import pytest

from inspector.archive.compression import OUTPUT_SLICE, Compression, InflateState, inflate, sniff
from inspector.errors import Cancelled, CompressionError, LimitReached
from inspector.progress import CancelToken
from tests.builders.rawtar import END, raw_entry

try:
    from backports import zstd
except ImportError:
    from compression import zstd  # type: ignore[import-not-found,no-redef]

DATA = random.Random(7).randbytes(150_000) + b"text that repeats " * 20_000
SKIPPABLE = struct.pack("<II", 0x184D2A57, 11) + b"01234567890"
ENCODERS: dict[Compression, Callable[[bytes], bytes]] = {
    Compression.GZIP: lambda data: gzip.compress(data, 6, mtime=0),
    # With checksums: without them a changed literal is nobody's to see.
    Compression.ZSTD: lambda data: zstd.compress(data, options={int(zstd.CompressionParameter.checksum_flag): 1}),
    Compression.XZ: lzma.compress,
    Compression.BZIP2: bz2.compress,
    Compression.LZMA: lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    Compression.LZ4: lambda data: bytes(lz4.frame.compress(data, content_checksum=True)),
}
each = pytest.mark.parametrize("compression", list(ENCODERS))


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def inflated(data: bytes, compression: Compression, size: int = 100_000) -> tuple[bytes, InflateState]:
    state = InflateState()
    out = list(inflate(pieces(data, size), compression, state=state))
    assert all(0 < len(piece) <= OUTPUT_SLICE for piece in out)
    assert state.consumed == len(data)
    assert state.produced == sum(map(len, out))
    return b"".join(out), state


def salvaged(data: bytes, compression: Compression) -> bytes:
    """What comes out before the error."""
    out = bytearray()

    def read() -> None:
        for piece in inflate(pieces(data, 10_000), compression):
            out.extend(piece)

    with pytest.raises(CompressionError):
        read()
    return bytes(out)


@each
@pytest.mark.parametrize("data", [b"", b"x", DATA])
@pytest.mark.parametrize("size", [1000, 1 << 20])
def test_whole_streams(compression: Compression, data: bytes, size: int) -> None:
    stored = ENCODERS[compression](data)
    assert sniff(stored[:512]) is compression
    out, state = inflated(stored, compression, size)
    assert out == data
    assert (state.streams, state.trailing_zeros, state.trailing_garbage) == (1, 0, 0)


@each
def test_byte_by_byte(compression: Compression) -> None:
    data = b"a short text, " * 30
    out, state = inflated(ENCODERS[compression](data) * 3, compression, 1)
    assert out == data * 3
    assert state.streams == 3


@each
def test_several_streams_with_padding(compression: Compression) -> None:
    one, two = ENCODERS[compression](b"one" * 5000), ENCODERS[compression](b"two")
    out, state = inflated(one + two + bytes(8) + one + bytes(10_000), compression, 4096)
    assert out == b"one" * 5000 + b"two" + b"one" * 5000
    assert (state.streams, state.trailing_zeros, state.trailing_garbage) == (3, 10_008, 0)


@each
@pytest.mark.parametrize("garbage", [b"g", b"garbage" * 5000, b"\x1f", b"\x28\xb5"])
def test_garbage_behind_is_counted_and_passed_over(compression: Compression, garbage: bytes) -> None:
    out, state = inflated(ENCODERS[compression](b"data") + garbage, compression, 999)
    assert out == b"data"
    assert state.trailing_garbage == len(garbage)


@each
def test_cut_streams_give_what_they_have(compression: Compression) -> None:
    stored = ENCODERS[compression](DATA)
    out = salvaged(stored[: len(stored) // 2], compression)
    assert DATA.startswith(out)
    if compression is not Compression.BZIP2:  # its blocks have 900,000 bytes
        assert len(out) > 10_000
    salvaged(stored[:-1], compression)
    salvaged(ENCODERS[compression](b"") + stored[:100], compression)


@each
def test_damaged_streams(compression: Compression) -> None:
    stored = bytearray(ENCODERS[compression](DATA))
    stored[len(stored) // 2 : len(stored) // 2 + 40] = bytes(40)
    salvaged(bytes(stored), compression)


@each
@pytest.mark.parametrize("data", [b"", b"\0" * 600, b"garbage" * 100])
def test_what_is_no_stream(compression: Compression, data: bytes) -> None:
    assert salvaged(data, compression) == b""


def test_nothing_is_inflated_that_is_not_compressed() -> None:
    out, _ = inflated(DATA, Compression.NONE)
    assert out == DATA


def test_large_pieces_are_sliced() -> None:
    data = bytes(3 * OUTPUT_SLICE + 5)
    assert [len(piece) for piece in inflate([data], Compression.NONE)] == [OUTPUT_SLICE] * 3 + [5]
    assert max(len(piece) for piece in inflate([gzip.compress(data)], Compression.GZIP)) <= OUTPUT_SLICE


# sniffing ---------------------------------------------------------------------------------------------------


def test_sniff_is_not_fooled() -> None:
    plain = [b"", b"\x1f\x8b", b"\x1f\x8b\x07", b"BZh9 is how this text begins", b"BZh", b"PK\x03\x04", b"{}", bytes(512),
             raw_entry(b"BZh91", b"x")[:512], b"\xfd7zXY\0"]  # fmt: skip
    assert {sniff(head) for head in plain} == {Compression.NONE}


def test_skippable_frames_stand_first() -> None:
    stored = SKIPPABLE * 3 + zstd.compress(b"data")
    assert sniff(stored[:512]) is Compression.ZSTD
    out, state = inflated(stored, Compression.ZSTD, 3)
    assert (out, state.streams) == (b"data", 4)
    assert sniff(SKIPPABLE + lz4.frame.compress(b"x")) is Compression.LZ4
    assert inflated(SKIPPABLE + lz4.frame.compress(b"data"), Compression.LZ4)[0] == b"data"
    beyond = struct.pack("<II", 0x184D2A50, 1 << 20) + bytes(600)
    assert sniff(beyond[:512]) is Compression.ZSTD
    assert sniff(SKIPPABLE + gzip.compress(b"")) is Compression.NONE


# gzip -------------------------------------------------------------------------------------------------------


def test_gzip_headers_with_everything() -> None:
    body = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = body.compress(b"data") + body.flush()
    header = b"\x1f\x8b\x08\x1e" + bytes(6) + struct.pack("<H", 300) + bytes(300) + b"name\0" + b"comment\0" + b"\0\0"
    stored = header + deflated + struct.pack("<II", zlib.crc32(b"data"), 4)
    for size in (1, 7, 10_000):
        assert inflated(stored * 2, Compression.GZIP, size)[0] == b"datadata"


@pytest.mark.parametrize("tail", [b"\0\0\0\0" + b"\xff" * 4, b"\xff" * 4])
def test_a_wrong_checksum_or_length_is_told_after_the_content(tail: bytes) -> None:
    stored = gzip.compress(b"small layer")
    assert salvaged(stored[: -len(tail)] + tail, Compression.GZIP) == b"small layer"


def test_gzip_headers_that_do_not_end() -> None:
    assert salvaged(b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * (3 << 20), Compression.GZIP) == b""
    assert salvaged(b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 100, Compression.GZIP) == b""


def test_very_many_tiny_members() -> None:
    member = gzip.compress(b"a")
    out, state = inflated(member * 20_000, Compression.GZIP)
    assert (out, state.streams) == (b"a" * 20_000, 20_000)


def test_a_piece_that_gives_nothing_can_be_cancelled() -> None:
    token = CancelToken()
    token.cancel()
    drawn: list[bytes] = []

    def pieces() -> Iterator[bytes]:
        for piece in (zstd.compress(b"") * 5000, b"not reached"):
            drawn.append(piece)
            yield piece

    with pytest.raises(Cancelled):
        next(inflate(pieces(), Compression.ZSTD, token=token))
    assert len(drawn) == 1


# bombs ------------------------------------------------------------------------------------------------------


def test_bombs_come_in_slices() -> None:
    bomb = gzip.compress(bytes(64 << 20), 9)
    state = InflateState()
    pieces = inflate([bomb], Compression.GZIP, state=state)
    assert len(next(pieces)) <= OUTPUT_SLICE
    assert state.produced <= OUTPUT_SLICE
    assert sum(map(len, pieces)) + state.produced >= 64 << 20


def test_zstd_windows_are_limited() -> None:
    options = {int(zstd.CompressionParameter.window_log): 25}
    compressor = zstd.ZstdCompressor(options=options)
    stored = compressor.compress(DATA) + compressor.flush()
    assert inflated(stored, Compression.ZSTD)[0] == DATA
    with pytest.raises(LimitReached) as caught:
        list(inflate([stored], Compression.ZSTD, zstd_window=1 << 20))
    assert caught.value.limit == "zstd_window"


def test_xz_dictionaries_are_limited() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]
    compressor = lzma.LZMACompressor(filters=[{**filters[0], "dict_size": 1 << 16}])
    stored = bytearray(compressor.compress(b"data") + compressor.flush())
    at = stored.index(b"\x21\x01", 12)
    stored[at + 2] = 38  # a dictionary of 2 GiB
    start = 12
    size = (stored[start] + 1) * 4
    stored[start + size - 4 : start + size] = struct.pack("<I", zlib.crc32(stored[start : start + size - 4]))
    assert salvaged(bytes(stored), Compression.XZ) == b""


# what the tools write ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "compression"),
    [("gzip -9", Compression.GZIP), ("pigz -p2", Compression.GZIP), ("zstd -q -3", Compression.ZSTD),
     ("zstd -q -19", Compression.ZSTD), ("xz -0 -T2", Compression.XZ), ("bzip2", Compression.BZIP2),
     ("xz --format=lzma", Compression.LZMA),
     ("lz4 -q", Compression.LZ4), ("lz4 -q -BD --content-size", Compression.LZ4)],
)  # fmt: skip
def test_what_the_tools_write(command: str, compression: Compression, judge: Callable[[str], str]) -> None:
    program, *options = command.split()
    tar = raw_entry(b"data", DATA * 3) + END
    stored = subprocess.run([judge(program), *options, "-c"], input=tar, capture_output=True, check=True).stdout
    assert sniff(stored[:512]) is compression
    assert inflated(stored, compression)[0] == tar
    assert shutil.which(program)
