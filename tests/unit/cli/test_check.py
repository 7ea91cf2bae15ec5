"""`check`: exit codes, and its four ways to write a report."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.dom import minidom

import pytest

from inspector.cli import main
from inspector.conformance.registry import RULES
from tests.builders import Entry
from tests.builders.altered import altered, drop, put
from tests.builders.images import REF_NAME

KEYS = {"code", "severity", "title", "explanation", "where", "expected", "found", "fix", "spec"}
WARNS = altered(index=drop("mediaType"), with_docker=True)
FAILS = altered(index=put("schemaVersion", value=1), with_docker=True)


@pytest.fixture
def fine(tmp_path: Path) -> str:
    return str(altered(with_docker=True).write(tmp_path / "app.tar"))


@pytest.fixture
def warns(tmp_path: Path) -> str:
    return str(WARNS.write(tmp_path / "warns.tar"))


@pytest.fixture
def fails(tmp_path: Path) -> str:
    return str(FAILS.write(tmp_path / "fails.tar"))


def test_exit_codes(fine: str, warns: str, fails: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", fine]) == main(["check", fine, "--fail-on", "warning"]) == 0
    assert main(["check", warns]) == 0
    assert main(["check", warns, "--fail-on", "warning"]) == 1
    assert main(["check", fails]) == 1
    assert main(["check", fails, "--fail-on", "never"]) == 0
    capsys.readouterr()
    assert main(["check", str(tmp_path / "absent.tar")]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)


def test_json_has_the_promised_keys(fails: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", fails, "--json", "--deep"])
    document = json.loads(capsys.readouterr().out)
    assert document["deep"] is True
    finding = document["findings"][0]
    assert set(finding) == KEYS
    assert (finding["code"], finding["severity"], finding["fix"]) == ("INDEX-1", "error", "automatic")
    assert finding["where"] == {"object": "index.json", "pointer": "$.schemaVersion", "offset": None,
                                "digest": finding["where"]["digest"]}  # fmt: skip
    assert [set(loader) for loader in document["loaders"]] == [{"loader", "verdict", "because", "text"}] * 9
    assert main(["check", fails, "--json", "--deep"]) == 1
    assert json.loads(capsys.readouterr().out) == document


def test_text_groups_and_explains(fails: str, fine: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", fails])
    out = capsys.readouterr().out
    assert "error   INDEX-1    schemaVersion is not 2" in out
    assert "in index.json  $.schemaVersion" in out
    assert "expected 2" in out
    assert "[export mends it]" in out
    assert "1 error; blobs were not read: --deep verifies digests and layers" in out
    main(["check", fine, "--deep"])
    out = capsys.readouterr().out
    assert "no findings; every blob was read" in out
    assert out.count(" loads\n") == 9


def test_a_place_in_the_file_alone_is_said_as_such(fine: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(fine).write_bytes(Path(fine).read_bytes()[:-3000])
    assert main(["check", fine]) == 1
    places = [line.strip() for line in capsys.readouterr().out.splitlines() if "at byte" in line]
    assert any(line.startswith("at byte") for line in places)
    assert not any("in at" in line for line in places)


def test_hostile_text_stays_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = altered(config=put("created", value="\x1b[31m\u202enow")).adding(Entry("x\x1b]0;y\x07", b""))
    path = str(made.write(tmp_path / "app.tar"))
    for style in ("text", "sarif", "junit", "json"):
        main(["check", path, "--format", style])
        out = capsys.readouterr().out
        assert "\x1b" not in out
        assert style == "junit" or "\u202e" not in out
    main(["check", path, "--format", "junit"])
    minidom.parseString(capsys.readouterr().out)


def test_sarif(fails: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", fails, "--format", "sarif"]) == 1
    document = json.loads(capsys.readouterr().out)
    (run,) = document["runs"]
    assert document["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["INDEX-1"]
    (result,) = run["results"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("INDEX-1", 0, "error")
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "fails.tar"
    assert location["logicalLocations"] == [{"fullyQualifiedName": "index.json $.schemaVersion"}]


def test_junit(fails: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", fails, "--format", "junit"]) == 1
    tree = minidom.parseString(capsys.readouterr().out)
    (failure,) = tree.getElementsByTagName("failure")
    assert isinstance(failure.parentNode, minidom.Element)
    assert failure.parentNode.getAttribute("name") == "INDEX-1 schemaVersion is 2"
    cases = tree.getElementsByTagName("testcase")
    assert len(cases) == len(RULES) + 9
    assert tree.getElementsByTagName("skipped")  # rules that need --deep
    main(["check", fails, "--format", "junit", "--fail-on", "never", "--deep"])
    tree = minidom.parseString(capsys.readouterr().out)
    assert not tree.getElementsByTagName("failure")
    assert not tree.getElementsByTagName("skipped")


def test_one_way_of_writing_only(fine: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", fine, "--json", "--format", "sarif"]) == 2
    assert "not allowed" in capsys.readouterr().err


def test_an_evidence_report_is_written_whatever_is_found(
    fails: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    html, markdown = tmp_path / "r.html", tmp_path / "r.md"
    assert main(["check", fails, "--report", str(html), "--report", str(markdown)]) == 1
    assert "every blob was read" in capsys.readouterr().out
    assert "INDEX-1" in html.read_text()
    assert "INDEX-1" in markdown.read_text()
    assert main(["check", fails, "--report", str(html), "--fail-on", "never"]) == 2
    assert main(["check", fails, "--report", str(html), "--fail-on", "never", "--force"]) == 0
    assert main(["check", fails, "--report", str(tmp_path / "r.pdf")]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_a_rule_is_explained_without_an_archive(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--explain", "index-1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"INDEX-1: {RULES['INDEX-1'].title}\n{RULES['INDEX-1'].explanation}\n")
    assert "image-index.md" in out
    assert main(["check", "--explain", "all"]) == 0
    out = capsys.readouterr().out
    assert [code for code in RULES if f"\n### {code}\n" not in out] == []
    assert main(["check", "--explain", "X-1"]) == 2
    assert main(["check"]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_text_names_the_option_that_mends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = altered(manifest=drop("mediaType"), index=put("manifests", 0, "annotations", value={REF_NAME: "a__b"}))
    assert main(["check", str(made.write(tmp_path / "app.tar"))]) == 0
    told = capsys.readouterr().out
    assert "[export can mend it: --repair document-fields]" in told
    assert "[export can mend it: --tag OLD=NEW]" in told


def test_reports_hold_nothing_hidden_and_no_lone_surrogates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Other programs read them: half a character stops some JSON readers, and U+202E turns a line around in all of them."""
    odd = [Entry(name, content) for name in ("caf\udce9", "gpj\u202eexe") for content in (b"1", b"2")]
    path = altered(with_docker=True).adding(*odd).write(tmp_path / "gpj\u202eexe.tar")
    for style in ("sarif", "junit"):
        assert main(["check", str(path), "--deep", "--format", style]) in (0, 1)
        out = capsys.readouterr().out
        document = json.dumps(json.loads(out), ensure_ascii=False) if style == "sarif" else out
        assert not re.search("[\x00-\x08\x0e-\x1f\u202a-\u202e\ud800-\udfff]", document)
        assert "⟨U+202E⟩" in document
