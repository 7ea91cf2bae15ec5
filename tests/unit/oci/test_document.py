"""Reading JSON: what is told, what is refused, and that hostile sizes cost neither time nor memory."""

import tracemalloc

import pytest

from inspector.errors import DocumentError, LimitReached
from inspector.findings import Finding, Severity
from inspector.oci.digest import Digest
from inspector.oci.document import JsonLimits, parse_document

MEBI = 1024 * 1024


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def test_a_document_is_its_bytes() -> None:
    raw = b' {"a": [1, 2.5, true, null, "\\u00e9"]}\n'
    document = parse_document(raw, "index.json")
    assert document.raw is raw
    assert document.digest == Digest.of(raw)
    assert document.value == {"a": [1, 2.5, True, None, "é"]}
    assert document.findings == ()
    assert document.text == raw.decode()


@pytest.mark.parametrize("raw", [b"null", b"0", b'"x"', b"[]", b"true"])
def test_any_value_may_stand_at_the_top(raw: bytes) -> None:
    assert parse_document(raw, "x").findings == ()


def test_byte_order_mark() -> None:
    document = parse_document(b'\xef\xbb\xbf{"a":1}', "x")
    assert document.value == {"a": 1}
    assert codes(document.findings) == ["JSON-1"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_are_shown_but_told(encoding: str) -> None:
    document = parse_document('{"a":"é"}'.encode(encoding), "x")
    assert document.value == {"a": "é"}
    assert codes(document.findings) == ["JSON-1"]
    assert document.findings[0].severity is Severity.ERROR


def test_invalid_utf8_is_replaced_as_go_does_and_shown_as_stored() -> None:
    document = parse_document(b'{"a":"x\xffy"}', "x")
    assert document.value == {"a": "x\ufffdy"}
    assert document.text == '{"a":"x\\xffy"}'
    (finding,) = document.findings
    assert (finding.code, finding.where.offset) == ("JSON-1", 7)


def test_the_last_of_two_equal_names_counts_and_both_are_told() -> None:
    document = parse_document(b'{"a":{"size":1,"size":2},"b":[{"c":1,"c":1}]}', "x")
    assert document.value == {"a": {"size": 2}, "b": [{"c": 1}]}
    assert [(f.code, f.where.pointer) for f in document.findings] == [("JSON-2", "$.a.size"), ("JSON-2", "$.b[0].c")]


def test_numbers_that_are_none() -> None:
    document = parse_document(b'{"a":NaN,"b":[-Infinity,1e400],"c":' + b"9" * 31 + b',"d":' + b"9" * 30 + b"}", "x")
    assert document.value == {"a": None, "b": [None, None], "c": None, "d": int("9" * 30)}
    assert [(f.code, f.where.pointer, f.found) for f in document.findings] == [
        ("JSON-3", "$.a", "NaN"),
        ("JSON-3", "$.c", "9" * 31),
        ("JSON-3", "$.b[0]", "-Infinity"),
        ("JSON-3", "$.b[1]", "1e400"),
    ]


def test_a_second_value_is_told_with_its_place() -> None:
    document = parse_document(b'{"a":"\xc3\xa9"}\n {"b":2}', "x")
    assert document.value == {"a": "é"}
    (finding,) = document.findings
    assert (finding.code, finding.where.offset) == ("JSON-4", 12)


def test_lone_surrogates_are_replaced_pairs_are_kept() -> None:
    document = parse_document(b'{"a":"\\ud83d\\ude00","b":["\\ud800x"],"\\udc00":{"c":1}}', "x")
    assert document.value == {"a": "😀", "b": ["\ufffdx"], "\ufffd": {"c": 1}}
    assert [f.where.pointer for f in document.findings] == ['$["\ufffd"]', "$.b[0]"]
    repr(document.value).encode("utf-8")


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "is empty"),
        (b" \n", "only blanks"),
        (bytes(512), "zero bytes"),
        (b'{"a":1', "byte 6 (line 1) it ends in the middle"),
        (b'{"a":\n 1,}', "byte 9 (line 2) a name in double quotes"),
        ('{"é" 1}'.encode(), "byte 6 (line 1) a colon is missing"),
        (b'{"a":"x\ny"}', "byte 7 (line 1) a control character"),
        (b'{"a":"\\x"}', "byte 6 (line 1) a backslash"),
        (b"{'a':1}", "byte 1 "),
        (b"<html>", "byte 0 "),
        (b"\x1f\x8b\x08\x00abc", "byte 0 "),
        (b"\xff\xfe{", "cannot be decoded"),
        (b'"abc', "no closing quote"),
    ],
)
def test_what_is_no_json_is_told_by_name_and_place(raw: bytes, says: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_document(raw, "blobs/sha256/abc")
    assert caught.value.title == "Not a JSON document"
    assert caught.value.subject == "blobs/sha256/abc"
    assert "blobs/sha256/abc" in caught.value.message
    assert says in caught.value.message


def test_depth_is_counted_before_anything_is_built() -> None:
    assert parse_document(b"[" * 128 + b"]" * 128, "x").findings == ()
    # Brackets in texts do not count.
    parse_document(b'["' + b"[{" * 1000 + b'", "\\\\", "\\"[[' + b"[" * 200 + b'"]', "x")
    with pytest.raises(LimitReached) as caught:
        parse_document(b'{"a":' * 129 + b"1" + b"}" * 129, "x")
    assert (caught.value.limit, caught.value.allowed) == ("json_depth", 128)


def test_raised_depth_does_not_end_in_a_recursion_error() -> None:
    deep = JsonLimits(json_depth=1_000_000)
    with pytest.raises(DocumentError):
        parse_document(b"[" * 100_000 + b"]" * 100_000, "x", limits=deep)


def test_size_is_told_under_the_name_of_its_limit() -> None:
    limits = JsonLimits(json_bytes=10, size_limit="config_bytes")
    parse_document(b"[      1 ]", "x", limits=limits)
    with pytest.raises(LimitReached) as caught:
        parse_document(b"[      1  ]", "x", limits=limits)
    assert (caught.value.limit, caught.value.allowed) == ("config_bytes", 10)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" + b"[]," * (MEBI // 3 - 1) + b"0]",
        b"[" * MEBI,
        b"[" + b'{"":0},' * (MEBI // 7 - 1) + b"0]",
        b"{" + b'"":0,' * (MEBI // 5 - 1),
        b'"' * MEBI,
        b'"' + b'\\"' * (MEBI // 2 - 1),
        b"\\" * MEBI,
        b"9" * MEBI,
        b"0," * (MEBI // 2),
        b"[" + b"NaN," * 25_000 + b"0]",
    ],
    ids=["lists", "open", "objects", "names", "quotes", "escapes", "backslashes", "digits", "commas", "nan"],
)
def test_malice_stays_within_memory(raw: bytes) -> None:
    # A quarter of the real limits, so that measuring takes a quarter of the time.
    limits = JsonLimits(json_bytes=MEBI, json_values=250_000)
    tracemalloc.start()
    try:
        parse_document(raw, "x", limits=limits)
    except (DocumentError, LimitReached):
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 50 * MEBI


def test_many_equal_problems_are_counted_not_listed() -> None:
    document = parse_document(b"[" + b"NaN," * 5000 + b"0]", "x")
    assert len(document.findings) == 100
    assert "4900 more" in document.findings[-1].explanation


def test_pointers_of_deep_places_do_not_fill_the_memory() -> None:
    # 120 names of 100 characters above 8,000 containers: 100 MB if each place were spelled out.
    raw = (b'{"' + b"k" * 100 + b'":') * 120 + b"[" + b"[NaN]," * 8_000 + b"0]" + b"}" * 120
    tracemalloc.start()
    parse_document(raw, "x")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * MEBI
