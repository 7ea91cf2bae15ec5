"""What was dragged is found again where it was written."""

from __future__ import annotations

import time
from pathlib import Path

from inspector.extract.report import ExtractReport, Written
from inspector.viewmodel.dragging import _names


def test_a_folder_that_no_entry_states_is_found_by_what_is_in_it() -> None:
    written = (
        Written(b"a/b/c", b"a/b/c", "file", 1),
        Written(b"odd*/x", b"odd_/x", "file", 1),
        Written(b"odd*", b"odd_", "dir", 0),
    )
    report = ExtractReport(Path("x"), written)
    assert _names(report, {b"a/b", b"odd*", b"gone"}) == {b"a/b": b"a/b", b"odd*": b"odd_"}


def test_many_files_take_time_in_proportion() -> None:
    written = tuple(Written(b"d/%d" % number, b"d/%d" % number, "file", 1) for number in range(50_000))
    before = time.process_time()
    found = _names(ExtractReport(Path("x"), written), {one.path for one in written})
    # fifty times what a quiet machine needs, and a tenth of what looking each up in all would take
    assert time.process_time() - before < 3
    assert len(found) == len(written)
