"""Evidence reports on the small archives of the hostile corpus: each is made, is well-formed, and holds no markup but ours."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from xml.dom import minidom

import pytest

from inspector.archive.detect import open_archive
from inspector.archive.limits import DEFAULT_LIMITS
from inspector.errors import InspectorError
from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.evidence.evidence import collect, evidence_of
from inspector.viewmodel.evidence.html import to_html
from inspector.viewmodel.evidence.markdown import to_markdown

SMALL = 64 << 10
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def path_of(folder: Path, case: dict[str, Any]) -> Path:
    name = bytes.fromhex(case["file_hex"]) if "file_hex" in case else os.fsencode(case["file"])
    return Path(os.fsdecode(os.path.join(os.fsencode(folder), name)))


@pytest.mark.timeout(600)
def test_reports_on_hostile_archives(hostile: Path) -> None:
    cases = json.loads((hostile / "expected.json").read_bytes())["cases"]
    made = 0
    for case in cases:
        if case.get("size", 0) > SMALL or case["category"] == "bomb" or "special" in case:
            continue
        try:
            with open_archive(path_of(hostile, case)) as archive:
                evidence = evidence_of(collect(archive, CancelToken(), ignore_progress, DEFAULT_LIMITS))
        except InspectorError:
            continue  # no archive at all, or one that cannot be read: said in one sentence
        html, markdown = to_html(evidence).decode(), to_markdown(evidence).decode()
        minidom.parseString(html.encode())
        assert not HIDDEN.search(html.replace("\n", "")), case["id"]
        assert not HIDDEN.search(markdown.replace("\n", "")), case["id"]
        assert not re.search("<(script|img|a|iframe|object|link)[ >/]", html), case["id"]
        assert "<" not in markdown, case["id"]
        made += 1
    assert made > 500
