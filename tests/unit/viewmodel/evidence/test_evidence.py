"""The evidence report: digests that are right, bytes that repeat, and no text of an archive that becomes markup."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.dom import minidom

import pytest

from inspector.archive.detect import open_archive
from inspector.archive.limits import DEFAULT_LIMITS
from inspector.errors import Cancelled, TargetExists, TargetIsSource, TargetUnwritable
from inspector.progress import CancelToken, Progress, ignore_progress
from inspector.viewmodel.evidence import evidence
from inspector.viewmodel.evidence.blocks import Evidence, Outline, Paragraph, Remark, Section, Table
from inspector.viewmodel.evidence.evidence import collect, evidence_of
from inspector.viewmodel.evidence.file import save_report
from inspector.viewmodel.evidence.html import to_html
from inspector.viewmodel.evidence.markdown import to_markdown
from tests.builders import Bundle, Entry, docker_24, image
from tests.builders.altered import altered, put

EVIL = "<script>alert(1)</script>|`x`[a](http://b)![i](j)\n# h **b** &amp; <!-- \"'\x1b[31m\u202e\ufffe\uffff www.x.y"
WRITERS = [to_html, to_markdown]


def report_on(path: Path) -> Evidence:
    with open_archive(path) as archive:
        return evidence_of(collect(archive, CancelToken(), ignore_progress, DEFAULT_LIMITS))


def hostile() -> Bundle:
    return altered(
        config=put("created", value=EVIL),
        manifest=put("annotations", value={EVIL: EVIL}),
        index=put("manifests", 0, "annotations", value={"org.opencontainers.image.ref.name": EVIL}),
        with_docker=True,
    ).adding(Entry(EVIL.replace("/", "_"), b"x"))


def tables(made: Evidence, title: str) -> list[Table]:
    return [
        block
        for section in made.sections
        if section.title.startswith(title)
        for block in section.blocks
        if isinstance(block, Table)
    ]


@pytest.mark.parametrize("writer", WRITERS)
def test_the_same_file_gives_the_same_bytes_wherever_it_lies(
    writer: Callable[[Evidence], bytes], tmp_path: Path
) -> None:
    made = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        made.append(writer(report_on(hostile().write(tmp_path / folder / "app.tar"))))
    assert made[0] == made[1]
    assert str(tmp_path).encode() not in made[0]


def test_digests_are_those_of_the_bytes(tmp_path: Path) -> None:
    path = altered(with_docker=True).write(tmp_path / "app.tar")
    made = report_on(path)
    about = {row[0]: row[1] for row in tables(made, "The archive")[0].rows}
    assert about["sha256 of the file"] == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert about["Findings"] == "none"
    files = tables(made, "Files in the archive")[0].rows
    assert {row[0] for row in files} >= {"index.json", "manifest.json", "oci-layout"}
    with open_archive(path) as archive:
        for member in archive.members.members:
            if member.kind.value == "file":
                stored = hashlib.sha256(archive.members.open(member).read_at(0, member.size)).hexdigest()
                assert (member.name, f"sha256:{stored}") in {(row[0], row[2]) for row in files}
    layers = tables(made, "Image ")[1].rows
    assert [row[4] for row in layers] == [row[6] for row in layers] == ["verified", "verified"]


def test_what_is_wrong_is_called_wrong(tmp_path: Path) -> None:
    app = image("docker.io/library/app:1")
    data = bytearray(docker_24([app]).tar())
    at = data.find(b"\0" * 600, data.find(b"layer.tar"))  # padding within the first layer
    data[at + 550] ^= 1
    path = tmp_path / "app.tar"
    path.write_bytes(data)
    made = report_on(path)
    assert any("WRONG" in cell for row in tables(made, "Image ")[1].rows for cell in row) or any(
        isinstance(block, Remark) and block.level == "error" for section in made.sections for block in section.blocks
    )


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        for name, _ in attrs:
            assert name in {"lang", "charset", "http-equiv", "content", "name", "class", "scope"}, name


def test_html_is_well_formed_and_holds_only_our_tags(tmp_path: Path) -> None:
    data = to_html(report_on(hostile().write(tmp_path / "app.tar")))
    minidom.parseString(data)
    tags = _Tags()
    tags.feed(data.decode())
    ours = "html head meta title style body h1 h2 h3 p table thead tbody tr th td ul li section strong"
    assert tags.seen <= set(ours.split())
    assert not re.search(rb"\burl\(|@import|<script|\x1b|\xe2\x80\xae", data)
    assert b"&lt;script&gt;" in data


def test_markdown_has_no_markup_of_the_archive(tmp_path: Path) -> None:
    text = to_markdown(report_on(hostile().write(tmp_path / "app.tar"))).decode()
    outside = re.sub(r"`[A-Za-z0-9:./_+=,@ -]+`", "", text)
    assert not re.search(r"[<>`\[\]\\!\x1b\u202e]|://|www\.", outside)
    for line in outside.splitlines():
        assert line.count("**") in (0, 2), line
        if line.startswith("|"):
            assert re.fullmatch(r"\|(?: [^|]*\||[^|]*\|)+", line)
    assert "&#60;script&#62;" in text


def test_columns_of_a_table_are_those_of_its_heading(tmp_path: Path) -> None:
    made = report_on(hostile().write(tmp_path / "app.tar"))
    for section in made.sections:
        for block in section.blocks:
            if isinstance(block, Table):
                assert {len(row) for row in block.rows} <= {len(block.headings)}


def test_an_outline_closes_what_it_opens() -> None:
    outline = Outline(((0, "a"), (1, "b"), (2, "c"), (0, "d"), (1, "e")))
    data = to_html(Evidence("t", (Section("s", (outline, Paragraph("- p"))),)))
    lists = minidom.parseString(data).getElementsByTagName("ul")
    assert len(lists) == 4
    assert b"&#45; p" in to_markdown(Evidence("t", (Section("s", (Paragraph("- p"),)),)))


def test_the_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = altered().write(tmp_path / "app.tar")
    html, markdown = tmp_path / "r.html", tmp_path / "r.md"
    with open_archive(path) as archive:

        def save(*targets: Path, overwrite: bool = False, token: CancelToken | None = None) -> None:
            save_report(archive, targets, DEFAULT_LIMITS, token or CancelToken(), ignore_progress, overwrite=overwrite)

        with pytest.raises(TargetUnwritable, match="kind of report"):
            save(html, tmp_path / "r.txt")
        with pytest.raises(TargetUnwritable):
            save(html, tmp_path / "absent" / "r.html")
        assert not html.exists()
        save(html, markdown)
        before = html.read_bytes()
        with pytest.raises(TargetExists):
            save(html)
        save(html, markdown, overwrite=True)
        assert html.read_bytes() == before
        link = tmp_path / "link.html"
        link.symlink_to(path)
        with pytest.raises(TargetIsSource):
            save(link, overwrite=True)
        stopped = CancelToken()
        stopped.cancel()
        with pytest.raises(Cancelled):
            save(tmp_path / "s.html", token=stopped)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["app.tar", "link.html", "r.html", "r.md"]


def test_files_beyond_the_limit_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MOST_FILES", 3)
    made = report_on(altered(with_docker=True).write(tmp_path / "app.tar"))
    assert len(tables(made, "Files in the archive")[0].rows) == 3
    assert re.search(r"And \d more files", to_markdown(made).decode())


def test_progress_is_told(tmp_path: Path) -> None:
    seen: list[Progress] = []
    with open_archive(altered().write(tmp_path / "app.tar")) as archive:
        collect(archive, CancelToken(), seen.append, DEFAULT_LIMITS)
    assert {"Checking", "Hashing"} <= {progress.stage for progress in seen}


def test_what_is_larger_than_the_limit_is_not_hashed_and_says_so(tmp_path: Path) -> None:
    limits = replace(DEFAULT_LIMITS, blob_bytes=2_000)
    with open_archive(altered().write(tmp_path / "app.tar")) as archive:
        text = to_markdown(evidence_of(collect(archive, CancelToken(), ignore_progress, limits))).decode()
    assert "not computed: the file is larger than the limit blob&#95;bytes" in text
    assert "There is no digest of the whole." in text
    assert "not computed" in text.split("## Files in the archive")[1]
