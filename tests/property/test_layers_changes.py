"""Changes against sets: what was there before, what is there after."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from inspector.layers.changes import ChangeKind, Changes
from inspector.layers.merged import merge
from inspector.layers.table import Listing
from tests.builders.listings import Row, listing

NAMES = st.lists(st.sampled_from(["a", "b", "c", ".wh.a", ".wh.b", ".wh..wh..opq"]), min_size=1, max_size=3).map(
    "/".join
)
ROWS = st.one_of(
    st.builds(Row, NAMES, st.integers(0, 2), mode=st.sampled_from([0o644, 0o755]), uid=st.integers(0, 1)),
    NAMES.map(lambda name: Row(name + "/")),
    st.builds(Row, NAMES, link=st.sampled_from(["a", "b"])),
    st.builds(Row, NAMES, hardlink=st.sampled_from(["a", "b", "a/b"])),
)
LAYERS = st.lists(st.lists(ROWS, max_size=8).map(lambda rows: listing(*rows)), min_size=1, max_size=4)


@given(LAYERS)
def test_every_path_is_added_removed_or_in_both(layers: list[Listing]) -> None:
    before, after = merge(layers[:-1]), merge(layers)
    found = {change.path: change for change in Changes(before, after)}
    old, new = set(before.paths), set(after.paths)
    touched = {path for path, layer in zip(after.paths, after.layers, strict=True) if layer == len(layers) - 1}
    kinds = {kind: {path for path, change in found.items() if change.kind is kind} for kind in ChangeKind}
    assert kinds[ChangeKind.ADDED] == new - old
    assert kinds[ChangeKind.REMOVED] == old - new
    assert kinds[ChangeKind.MODIFIED] | kinds[ChangeKind.SAME] == touched & old
    for path in kinds[ChangeKind.SAME]:
        was, now = found[path].before, found[path].after
        assert was is not None
        assert now is not None
        low, high = before.entry(was), after.entry(now)
        assert (low.uid, low.mtime) == (high.uid, high.mtime)
        if low.type is high.type:
            assert low.size == high.size


@given(LAYERS)
def test_stating_a_layer_again_changes_nothing(layers: list[Listing]) -> None:
    assume(all(b".wh." not in path for path in layers[-1].paths))
    found = Changes(merge(layers), merge([*layers, layers[-1]]))
    found.settle({place: b"equal" for pair in found.uncompared() for place in pair})
    assert all(change.kind is ChangeKind.SAME for change in found)
