from __future__ import annotations

from inspector.layers.merged import merge
from inspector.layers.usage import (
    LayerUsage,
    Waste,
    largest_waste,
    layer_usage,
)
from tests.builders.listings import Row, listing

MERGED = merge(
    [
        listing("d/", Row("d/a", 100), Row("d/b", 50), Row("c", 7), Row("h", hardlink="c")),
        listing("d/.wh.a", Row("d/b", 60)),
        listing(Row("e/f/g", 30), Row("empty")),
    ]
)


def test_per_layer() -> None:
    assert layer_usage(MERGED) == (
        LayerUsage(1, 0, 3, 157, 7, 150),
        LayerUsage(2, 0, 2, 60, 60, 0),
        LayerUsage(3, 0, 2, 30, 30, 0),
    )


def test_what_is_wasted_names_who_hid_it() -> None:
    assert largest_waste(MERGED) == [Waste(b"d/a", 100, 1, 2), Waste(b"d/b", 50, 1, 2)]
    assert largest_waste(MERGED, 1) == [Waste(b"d/a", 100, 1, 2)]
