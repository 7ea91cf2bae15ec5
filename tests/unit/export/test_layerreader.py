"""One layer, read through on its way into a new archive."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from inspector.archive.blobstore import Blob
from inspector.archive.detect import open_archive
from inspector.archive.source import MemorySource
from inspector.errors import Cancelled
from inspector.export.layerreader import LayerReader
from inspector.progress import CancelToken
from tests.builders import image, skopeo_oci

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


class StoppedWhileRead(MemorySource):
    """Somebody presses Stop while a piece is read."""

    def __init__(self, data: bytes, token: CancelToken) -> None:
        super().__init__(data)
        self._token = token

    def read_at(self, offset: int, length: int) -> bytes:
        self._token.cancel()
        return super().read_at(offset, length)


def test_stop_is_heard_between_streams_that_give_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One piece may hold a hundred thousand of them."""
    empty = zstd.compress(b"") * 5000
    with open_archive(skopeo_oci(image(layers=1)).write(tmp_path / "a.tar")) as archive:
        blob = archive.images[0].layers[0].blob
        assert blob is not None
        monkeypatch.setattr(Blob, "open", lambda _blob: MemorySource(empty))
        token = CancelToken()
        reader = LayerReader(blob, token)
        monkeypatch.setattr(Blob, "open", lambda _blob: StoppedWhileRead(empty, token))
        with pytest.raises(Cancelled):
            list(reader.plain())
