from __future__ import annotations

import pytest

from inspector.errors import LayerError
from inspector.layers.lookup import follow, is_folder
from inspector.layers.merged import merge
from tests.builders.listings import Row, listing

MERGED = merge(
    [
        listing(
            "usr/lib/x", Row("lib", link="usr/lib"), Row("abs", link="/usr"), Row("up", link="../../../usr/lib/"),
            Row("usr/self", link="."), Row("hard", hardlink="lib"), Row("loop", link="pool"), Row("pool", link="./loop"),
        )
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "end"),
    [
        (b"lib/x", b"usr/lib/x"), (b"abs/lib/x", b"usr/lib/x"), (b"up/x", b"usr/lib/x"), (b"usr/self/self/lib", b"usr/lib"),
        (b"lib/../../..", b"."), (b"lib/..", b"usr"), (b"hard/x", b"usr/lib/x"), (b"no/such/../x", b"no/x"), (b".", b"."),
    ],
)  # fmt: skip
def test_links_are_followed_within_the_image(path: bytes, end: bytes) -> None:
    assert follow(MERGED, path) == end


def test_the_last_link_may_be_kept() -> None:
    assert follow(MERGED, b"abs/../lib", last=False) == b"lib"


def test_circles_and_depth_end() -> None:
    with pytest.raises(LayerError, match="40 links"):
        follow(MERGED, b"loop/x")
    assert follow(MERGED, b"a/" * 100_000).count(b"/") == 99_999


def test_folders_that_no_layer_states() -> None:
    assert [is_folder(MERGED, path) for path in (b".", b"usr", b"usr/lib", b"us", b"lib", b"usr/lib/x")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
