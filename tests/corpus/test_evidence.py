"""Evidence reports on real archives: well-formed, repeatable, with the digests that an independent reader found."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from xml.dom import minidom

import pytest

from inspector.archive.detect import open_archive
from inspector.archive.limits import DEFAULT_LIMITS
from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.evidence.evidence import collect, evidence_of
from inspector.viewmodel.evidence.html import to_html
from inspector.viewmodel.evidence.markdown import to_markdown


def reports(path: Path) -> tuple[bytes, bytes]:
    with open_archive(path) as archive:
        made = evidence_of(collect(archive, CancelToken(), ignore_progress, DEFAULT_LIMITS))
    return to_html(made), to_markdown(made)


def test_reports_on_the_corpus(archive_path: Path, archive_name: str, facts: dict[str, dict[str, Any]]) -> None:
    if facts[archive_name]["variant"] in ("rootfs", "not-tar"):
        pytest.skip("no image archive")
    html, markdown = reports(archive_path)
    assert (html, markdown) == reports(archive_path)
    minidom.parseString(html)
    for image in facts[archive_name]["images"]:
        for layer in image["layers"]:
            if layer.get("stored_sha256") and layer.get("diff_id"):
                assert f"sha256:{layer['stored_sha256']}".encode() in html
                assert layer["diff_id"].encode() in html
    if archive_path.is_file():
        with archive_path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        assert digest.encode() in html
        assert digest.encode() in markdown
