"""Random layers on the disk: all of it below the folder, each file with its bytes, each link inside."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.archive.limits import DEFAULT_LIMITS
from inspector.archive.source import MemorySource
from inspector.extract.extraction import Extraction
from inspector.extract.folders import Ground
from inspector.extract.plan import Plan
from inspector.extract.report import ExtractReport
from inspector.layers.content import open_file
from inspector.layers.listing import list_layer
from inspector.layers.merged import merge
from inspector.layers.table import FILE, SYMLINK
from inspector.progress import CancelToken, ignore_progress
from tests.builders.rawtar import END, raw_entry, raw_header

SEGMENTS = st.sampled_from([b"a", b"b", b"A", b"..", b".", b"", b"a (2)", b"\xff", b"e\xcc\x81", b"\xc3\xa9", b"\n"])
PATHS = st.lists(SEGMENTS, min_size=1, max_size=4).map(b"/".join).filter(bool)
ENTRIES = st.one_of(
    st.builds(raw_entry, PATHS, st.binary(max_size=20)),
    st.builds(lambda path: raw_header(path, 0, b"5"), PATHS),
    st.builds(lambda path, link: raw_header(path, 0, b"2", link=link), PATHS, PATHS),
    st.builds(lambda path, link: raw_header(path, 0, b"1", link=link), PATHS, PATHS),
    st.builds(lambda path: raw_header(path, 0, b"6"), PATHS),
)
LAYERS = st.lists(st.lists(ENTRIES, max_size=8).map(lambda entries: b"".join(entries) + END), min_size=1, max_size=3)


def extract(tars: list[bytes], target: Path) -> tuple[Plan, ExtractReport]:
    merged = merge([list_layer(MemorySource(tar)) for tar in tars])
    plan = Plan(merged)
    plan.add(range(len(merged)))
    with Ground(target) as ground:
        return plan, Extraction(
            plan, ground, lambda layer: MemorySource(tars[layer]), DEFAULT_LIMITS, CancelToken(), ignore_progress
        ).run()


@settings(max_examples=150)
@given(LAYERS)
def test_everything_lies_below_and_equals_its_source(tars: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as private:
        outside = Path(private)
        (outside / "victim").write_bytes(b"victim")
        root = os.path.realpath(os.fsencode(outside / "a"))
        # Twice: the second time everything is in the way.
        for _ in range(2):
            plan, report = extract(tars, outside / "a")
            merged = plan.merged
            for path, name, kind, size in report.written:
                real = os.path.join(root, name)
                assert os.path.realpath(os.path.dirname(real)) == os.path.dirname(real)
                row = merged.find(path)
                if kind == "dir":
                    assert not os.path.islink(real)
                    assert os.path.isdir(real)
                    continue
                assert row is not None
                layer, entry = merged.content_of(row)
                listing = merged.listings[layer]
                if kind == "symlink":
                    assert listing.types[entry] == SYMLINK
                    assert os.readlink(real) == listing.links[entry]
                    resolved = os.path.realpath(real)
                    assert resolved == root or resolved.startswith(root + b"/")
                else:
                    assert listing.types[entry] == FILE
                    content = open_file(MemorySource(tars[layer]), listing, entry)
                    with open(real, "rb") as file:
                        assert file.read() == content.read_at(0, size)
            told = {written.path for written in report.written} | {gone.path for gone in report.left_out}
            assert told | {attributes.path for attributes in plan.folders.values()} >= set(merged.paths)
            assert os.listdir(outside) in (["a", "victim"], ["victim", "a"], ["victim"])
            assert (outside / "victim").read_bytes() == b"victim"
