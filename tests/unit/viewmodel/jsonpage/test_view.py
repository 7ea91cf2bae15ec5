from __future__ import annotations

import json
import time

from hypothesis import given
from hypothesis import strategies as st

from inspector.oci.digest import Digest
from inspector.progress import CancelToken
from inspector.viewmodel.jsonpage.view import FOLD, JsonView, Kind, json_view

DIGEST = "sha256:" + "ab" * 32


def view(text: str) -> JsonView:
    raw = text.encode("utf-8", "surrogatepass")
    return json_view("index.json", raw, raw.decode("utf-8", "backslashreplace"), token=CancelToken())


def test_pretty_printing_keeps_order_numbers_and_spelling() -> None:
    pretty = view(r'{"b":1.50,"a":[1e2,{}, []],"\u0061":"\/x","b":null}').pretty
    assert pretty.text == (
        '{\n  "b": 1.50,\n  "a": [\n    1e2,\n    {},\n    []\n  ],\n  "\\u0061": "\\/x",\n  "b": null\n}'
    )


def test_pretty_text_means_the_same() -> None:
    value = {"a": [1, [2, [3]], {"b": {"c": "x, y: {z}"}}], "d": [], "e": {}, "f": '\\"', "g": [[], {}]}
    assert json.loads(view(json.dumps(value)).pretty.text) == value


def test_the_stored_text_is_the_stored_text() -> None:
    text = '{\n\t"a" :  1\n}\n'
    stored = view(text).stored
    assert stored.text == text
    assert stored.copy(0, stored.line_count - 1) == text


def test_tokens() -> None:
    pretty = view('{"size": 12, "x": [true, "y"]}').pretty
    line = pretty.line(1)
    assert [(line[t.start : t.start + t.length], t.kind) for t in pretty.tokens(1)] == [
        ('"size"', Kind.KEY),
        (":", Kind.PUNCTUATION),
        ("12", Kind.NUMBER),
        (",", Kind.PUNCTUATION),
    ]
    assert [t.kind for t in pretty.tokens(3)] == [Kind.LITERAL, Kind.PUNCTUATION]
    assert [t.kind for t in pretty.tokens(4)] == [Kind.STRING]


def test_positions_are_those_of_qt() -> None:
    pretty = view('{"😀😀": "x"}').pretty
    key, colon, _ = pretty.tokens(1)
    assert (key.start, key.length) == (2, 6)
    assert colon.start == 8


def test_every_digest_is_a_link() -> None:
    hexadecimal = "ab" * 32
    text = json.dumps(
        {
            "digest": DIGEST,
            "Config": f"blobs/sha256/{hexadecimal}",
            "old": f"{hexadecimal}.json",
            "at": f"x@{DIGEST}",
            "no": "sha256:ab",
        }
    )
    pretty = view(text).pretty
    found = [[link.digest for link in pretty.links(line)] for line in range(pretty.line_count)]
    assert found == [[], [DIGEST], [DIGEST], [DIGEST], [DIGEST], [], []]
    line = pretty.line(1)
    assert pretty.link_at(1, line.index("sha256")) == Digest.parse(DIGEST)
    assert pretty.link_at(1, 3) is None


def test_pointers_both_ways() -> None:
    pretty = view('{"layers":[{"size":1},{"size":2,"annotations":{"a.b/c":"x"}}],"z":[]}').pretty
    pointers = [pretty.pointer(line) for line in range(pretty.line_count)]
    assert pointers[0] == "$"
    assert pointers[-1] == "$"
    assert "$.layers[1].size" in pointers
    assert '$.layers[1].annotations["a.b/c"]' in pointers
    for line, pointer in enumerate(pointers):
        first = pretty.line_of(pointer)
        assert first is not None
        assert first <= line
        assert pretty.pointer(first) == pointer
    assert pretty.line_of("$.layers[2]") is None
    assert pretty.line_of("$.nothing.here") is None
    assert view("[1]").stored.pointer(0) == ""


def test_explanations() -> None:
    text = json.dumps(
        {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "size": 1300000000,
            "org.opencontainers.image.base.name": "alpine",
            "created": "2024-05-01T10:00:00Z",
            "n": 1,
        }
    )
    pretty = view(text).pretty
    assert "OCI image manifest" in pretty.explain(1)
    assert "1,300,000,000 bytes" in pretty.explain(2)
    assert "built on" in pretty.explain(3)
    assert "2024-05-01 10:00" in pretty.explain(4)
    assert "When it was built." in pretty.explain(4)
    assert pretty.explain(5) == ""


def test_nothing_is_invisible_and_the_raw_text_stays() -> None:
    shown = view('{"a\u202eb": "\u200b"}')
    assert "\u202e" not in shown.pretty.text
    assert '"a\\u202eb": "\\u200b"' in shown.pretty.text
    assert '"a\\u202eb"' in shown.stored.text
    assert shown.raw == '{"a\u202eb": "\u200b"}'
    assert "Invisible" in shown.note


def test_bytes_that_are_not_utf8_are_told() -> None:
    raw = b'{"a": "\xff"}'
    shown = json_view("x", raw, raw.decode("utf-8", "backslashreplace"), token=CancelToken())
    assert "\\xff" in shown.stored.text
    assert "not valid UTF-8" in shown.note


def test_long_lines_are_folded_and_copied_whole() -> None:
    text = json.dumps({"a": "x" * 10_000, "digest": DIGEST, "b": list(range(5000))})
    stored = view(text).stored
    assert max(map(len, stored.text.split("\n"))) == FOLD
    assert stored.line_count == -(-len(text) // FOLD)
    assert not stored.continued(0)
    assert all(stored.continued(line) for line in range(1, stored.line_count))
    assert stored.copy(0, stored.line_count - 1) == text
    # a string that goes over several lines is one in each
    assert [token.kind for token in stored.tokens(2)] == [Kind.STRING]
    assert stored.tokens(2)[0].length == FOLD
    kinds = {token.kind for line in range(stored.line_count) for token in stored.tokens(line)}
    assert kinds == {Kind.KEY, Kind.STRING, Kind.NUMBER, Kind.PUNCTUATION}


def test_a_digest_across_a_fold_links_from_both_lines() -> None:
    text = '{"a": "' + "x" * (FOLD - 40) + '", "d": "' + DIGEST + '"}'
    stored = view(text).stored
    assert [[link.digest for link in stored.links(line)] for line in (0, 1)] == [[DIGEST], [DIGEST]]


def test_text_that_is_no_json_is_laid_out_all_the_same() -> None:
    for text in ("", "nonsense", "}{", '{"a": ', "[1, 2", '"open', "]]]", "{,}", "\\", '{"a" 1}'):
        shown = view(text)
        assert shown.stored.text == text
        for part in (shown.pretty, shown.stored):
            for line in range(part.line_count):
                part.tokens(line)
                part.links(line)
                part.pointer(line)
                part.explain(line)


@given(st.text(alphabet='{}[]",:\\\n\t 1a\u202e😀'))
def test_any_text_has_as_many_lines_as_it_says(text: str) -> None:
    shown = view(text)
    for part in (shown.pretty, shown.stored):
        assert part.text.split("\n") == [part.line(line) for line in range(part.line_count)]
        for line in range(part.line_count):
            end = sum(2 if ord(character) > 0xFFFF else 1 for character in part.line(line))
            assert all(0 <= token.start < token.start + token.length <= end for token in part.tokens(line))
            part.pointer(line)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
    )
)
def test_any_value_stays_itself(value: object) -> None:
    assert json.loads(view(json.dumps(value, ensure_ascii=False)).pretty.text) == value


def test_deep_nesting_costs_no_stack() -> None:
    pretty = view("[" * 5000 + "]" * 5000).pretty
    assert pretty.line_count >= 9999
    assert pretty.pointer(3) == "$[0][0][0]"


def test_five_megabytes_are_quick() -> None:
    layers = [
        {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:" + f"{n:064x}", "size": n}
        for n in range(34_000)
    ]
    text = json.dumps({"layers": layers})
    assert len(text) > 5_000_000
    before = time.process_time()
    shown = view(text)
    assert time.process_time() - before < 6  # 0.7 s on a quiet machine; this only catches quadratic behaviour
    before = time.process_time()
    for line in range(100_000, 100_050):
        shown.pretty.tokens(line)
        shown.pretty.links(line)
        assert shown.pretty.pointer(line)
        shown.pretty.explain(line)
    for line in range(1000, 1050):
        shown.stored.tokens(line)
        shown.stored.links(line)
    assert time.process_time() - before < 3
    assert shown.pretty.line_of("$.layers[33999].size") is not None
