"""Looking into files of a layer: whatever bytes they hold, the answer is a preview, soon and with harmless text."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.archive.source import MemorySource
from inspector.progress import CancelToken
from inspector.viewmodel.preview.certificate import describe, starts_certificate
from inspector.viewmodel.preview.innerarchive import look_inside
from inspector.viewmodel.preview.magic import recognise
from tests.builders.bundle import Bundle, Entry, compress, folder
from tests.builders.contents import RSA, pem

TAR = Bundle((folder("d"), Entry("d/a", b"x" * 1000), Entry("b", b"y"))).tar()
STARTS = [
    b"PK\3\4",
    b"PK\5\6",
    b"!<arch>\n",
    b"\x1f\x8b\x08",
    b"\x28\xb5\x2f\xfd",
    b"BZh9",
    b"\xfd7zXZ\0",
    b"\x30\x82",
    b"\x7fELF",
    b"",
]


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("a", b"x" * 100)
        made.writestr("b/c", b"")
    return out.getvalue()


WHOLE = [TAR, zipped(), RSA, pem(RSA), *(compress(TAR, how) for how in ("gzip", "zstd", "xz", "bzip2", "lz4"))]


def look(data: bytes) -> None:
    recognise(data[:65536])
    starts_certificate(data[:65536])
    shown = describe(data)
    found = look_inside(MemorySource(data), data[:65536], CancelToken())
    for text in (shown or "", *(found.lines if found is not None else ())):
        assert "\x1b" not in text
        assert "\0" not in text
        text.encode()


@given(st.sampled_from(STARTS), st.binary(max_size=3000))
def test_any_bytes(start: bytes, rest: bytes) -> None:
    look(start + rest)


@pytest.mark.parametrize("whole", WHOLE, ids=range(len(WHOLE)))
@given(data=st.data())
def test_changed_ones(whole: bytes, data: st.DataObject) -> None:
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 8))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    look(bytes(changed[: data.draw(st.integers(0, len(changed)))]))
    look(bytes(changed))
