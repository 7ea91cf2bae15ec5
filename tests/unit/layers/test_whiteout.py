from __future__ import annotations

import pytest

from inspector.layers.whiteout import Whiteout, WhiteoutKind, parse


@pytest.mark.parametrize(
    ("path", "kind", "target"),
    [
        (b".wh.a", WhiteoutKind.REMOVED, b"a"),
        (b"d/e/.wh.a", WhiteoutKind.REMOVED, b"d/e/a"),
        (b"d/.wh..a", WhiteoutKind.REMOVED, b"d/.a"),
        (b"d/.wh.....", WhiteoutKind.REMOVED, b"d/...."),
        (b".wh..wh..opq", WhiteoutKind.OPAQUE, b"."),
        (b"d/.wh..wh..opq", WhiteoutKind.OPAQUE, b"d"),
        (b"d/.wh..wh..opq2", WhiteoutKind.AUFS, b"d/.wh..wh..opq2"),
        (b".wh..wh.aufs", WhiteoutKind.AUFS, b".wh..wh.aufs"),
        (b".wh..wh.plnk/1.2", WhiteoutKind.AUFS, b".wh..wh.plnk/1.2"),
        (b"d/.wh..wh.orph/x", WhiteoutKind.AUFS, b"d/.wh..wh.orph/x"),
        (b"d/.wh.", WhiteoutKind.INVALID, b"d/.wh."),
        (b"d/.wh..", WhiteoutKind.INVALID, b"d/.wh.."),
        (b".wh...", WhiteoutKind.INVALID, b".wh..."),
    ],
)
def test_names_that_mean_removal(path: bytes, kind: WhiteoutKind, target: bytes) -> None:
    assert parse(path) == Whiteout(kind, target)


@pytest.mark.parametrize("path", [b".", b"a", b"wh.a", b".whx", b"d/x.wh.a", b"d.wh./a", b".wh.a/b", b"\xff.wh"])
def test_all_other_names_are_entries(path: bytes) -> None:
    assert parse(path) is None
