from __future__ import annotations

import gzip
import hashlib
import os
import random
import sys

import pytest

from inspector.archive.compression import Compression
from inspector.errors import Cancelled, UsageError
from inspector.export.recompress import Encoder, Encoding, encode
from inspector.progress import CancelToken

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_RANDOM = random.Random(1)
DATA = b"".join(_RANDOM.randbytes(3000) + b"text " * 1000 for _ in range(300))


def _encoded(word: str, level: int | None, cut: int, data: bytes = DATA) -> bytes:
    pieces = (data[at : at + cut] for at in range(0, len(data), cut))
    return b"".join(encode(pieces, Encoding.of(word, level), CancelToken()))


@pytest.mark.parametrize("level", [None, 0, 1, 2, 3, 4, 9])
def test_gzip_inflates_to_the_same_bytes(level: int | None) -> None:
    out = _encoded("gzip", level, 1 << 20)
    assert gzip.decompress(out) == DATA
    assert len(out) < len(DATA) * 0.6


@pytest.mark.parametrize("level", [1, 2, 3, 4, 9])
def test_a_gzip_block_looks_back_into_the_one_before(level: int) -> None:
    again = random.Random(2).randbytes(16 << 10)
    data = bytes((1 << 20) - len(again)) + again + again
    out = _encoded("gzip", level, 1 << 20, data)
    assert gzip.decompress(out) == data
    assert len(out) < 1.5 * len(again)


@pytest.mark.parametrize("size", [1, (32 << 10) - 1, 32 << 10, (32 << 10) + 1, (1 << 20) + 1])
@pytest.mark.parametrize("level", [0, 1, 3, 9])
def test_gzip_of_every_size_around_its_window(level: int, size: int) -> None:
    data = DATA[:size]
    assert gzip.decompress(_encoded("gzip", level, 1000, data)) == data


@pytest.mark.parametrize("level", [None, 1, 9])
def test_zstd_inflates_to_the_same_bytes(level: int | None) -> None:
    assert zstd.decompress(_encoded("zstd", level, 1 << 20)) == DATA


@pytest.mark.parametrize("word", ["gzip", "zstd"])
def test_how_the_input_is_cut_does_not_matter(word: str) -> None:
    assert {hashlib.sha256(_encoded(word, None, cut)).hexdigest() for cut in (7001, 1 << 20, 3 << 20)} == {
        hashlib.sha256(_encoded(word, None, len(DATA))).hexdigest()
    }


@pytest.mark.parametrize("word", ["gzip", "zstd"])
def test_nothing_in_gives_an_empty_stream(word: str) -> None:
    out = _encoded(word, None, 1, b"")
    assert (gzip.decompress(out) if word == "gzip" else zstd.decompress(out)) == b""


def test_gzip_states_neither_time_nor_name() -> None:
    assert _encoded("gzip", 2, 1 << 20)[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


def test_none_changes_nothing() -> None:
    assert _encoded("none", None, 1000) == DATA


@pytest.mark.parametrize(("word", "level"), [("gzip", 10), ("gzip", -1), ("zstd", 0), ("zstd", 23), ("none", 3)])
def test_levels_that_do_not_exist(word: str, level: int) -> None:
    with pytest.raises(UsageError):
        Encoding.of(word, level)


@pytest.mark.parametrize("word", ["gzip", "zstd"])
def test_cancelling_ends_the_work(word: str) -> None:
    token = CancelToken()

    def pieces() -> object:
        yield DATA
        token.cancel()
        token.check()

    with pytest.raises(Cancelled):
        list(encode(pieces(), Encoding.of(word, None), token))  # type: ignore[arg-type]


def test_an_error_of_the_source_passes_through() -> None:
    def pieces() -> object:
        yield DATA
        raise ValueError("the source broke")

    with pytest.raises(ValueError, match="the source broke"):
        list(encode(pieces(), Encoding(Compression.GZIP, 1), CancelToken()))  # type: ignore[arg-type]


@pytest.mark.parametrize("level", [1, 3, 9, 12])
def test_what_was_compressed_before_has_no_influence(level: int) -> None:
    """Contexts of zstd are used again: each frame is what a fresh one would make of it."""
    rows = [os.urandom(300_000) * 9, b"text and more text " * 200_000, bytes(range(256)) * 5000, b""]
    encoding = Encoding.of("zstd", level)
    encoder = Encoder(CancelToken())
    for data in (*rows, *reversed(rows)):
        alone = b"".join(encode([data], encoding, CancelToken()))
        assert b"".join(encoder.encode([data], encoding)) == alone
        assert zstd.decompress(alone) == data
