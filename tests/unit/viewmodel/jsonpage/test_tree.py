from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.progress import CancelToken
from inspector.viewmodel.jsonpage.decode import Decoded, decode, may_decode
from inspector.viewmodel.jsonpage.find import Finder
from inspector.viewmodel.jsonpage.fold import FoldedText
from inspector.viewmodel.jsonpage.text import JsonText
from inspector.viewmodel.jsonpage.tree import BUCKET, ROOT, JsonTree
from inspector.viewmodel.jsonpage.view import pretty_lines

TOKEN = CancelToken()
DIGEST = "sha256:" + "a" * 64
SAMPLE = (
    f'{{"schemaVersion":2,"layers":[{{"digest":"{DIGEST}","size":1234}},{{"x":[]}}],'
    '"a\\u0041":"q\\"uote","big":1e400,"a":1,"a":2}'
)


def tree_of(text: str) -> JsonTree:
    return JsonTree(pretty_lines(text, TOKEN), TOKEN)


def walk(tree: JsonTree, node: int = ROOT, depth: int = 0) -> list[tuple[int, int]]:
    found = []
    for row in range(tree.count(node)):
        child = tree.child(node, row)
        assert tree.parent(child) == node
        assert tree.row(child) == row
        found += [(depth, child), *walk(tree, child, depth + 1)]
    return found


def test_the_tree_keeps_order_numbers_and_duplicates() -> None:
    tree = tree_of(SAMPLE)
    assert ["  " * depth + f"{tree.name(node)}: {tree.value(node)}" for depth, node in walk(tree)] == [
        "$: { 6 keys }",
        "  schemaVersion: 2",
        "  layers: [ 2 items ]",
        "    [0]: { 2 keys }",
        f"      digest: {DIGEST}",
        "      size: 1234",
        "    [1]: { 1 key }",
        "      x: []",
        '  a\\u0041: q\\"uote',
        "  big: 1e400",
        "  a: 1",
        "  a: 2",
    ]


def test_nodes_know_their_place_digest_and_meaning() -> None:
    tree = tree_of(SAMPLE)
    nodes = {tree.pointer(node): node for _, node in walk(tree)}
    digest = nodes["$.layers[0].digest"]
    assert str(tree.digest(digest)) == DIGEST
    assert tree.digest(nodes["$.layers[0]"]) is None
    assert tree.meaning(nodes["$.layers[0].size"]) == "1,234 bytes (1.2 KiB)"
    assert tree.copied(digest) == DIGEST
    assert json.loads(tree.copied(nodes["$.layers"])) == json.loads(SAMPLE)["layers"]
    for node in nodes.values():
        assert tree.node_of(tree.line_of(node)) == node
    closing = tree.line_of(nodes["$.layers[1]"]) + 2
    assert tree.node_of(closing) == nodes["$.layers[1]"]


def test_many_entries_stand_in_buckets() -> None:
    tree = tree_of(json.dumps(list(range(2 * BUCKET + 5))))
    top = tree.child(ROOT, 0)
    assert [tree.name(tree.child(top, row)) for row in range(tree.count(top))] == [
        "[0 … 999]", "[1,000 … 1,999]", "[2,000 … 2,004]",
    ]  # fmt: skip
    assert len(walk(tree)) == 1 + 3 + 2 * BUCKET + 5
    last = walk(tree)[-1][1]
    assert (tree.name(last), tree.value(last)) == ("[2004]", "2004")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(JSON, st.data())
def test_folding_any_containers_of_any_value(value: object, data: st.DataObject) -> None:
    tree = tree_of(json.dumps(value))
    source = tree.text
    containers = [line for line in range(source.line_count) if tree.entries(line)]
    folded = frozenset(data.draw(st.lists(st.sampled_from(containers))) if containers else [])
    shown = FoldedText(tree, folded)
    assert shown.text.split("\n") == [shown.line(line) for line in range(shown.line_count)]
    for line in range(shown.line_count):
        assert shown.text[shown.start(line) : shown.start(line + 1) - 1] == shown.line(line)
    hidden = {line for container in folded for line in range(container + 1, tree.end(container) + 1)}
    assert [shown.source_line(line) for line in range(shown.line_count)] == [
        line for line in range(source.line_count) if line not in hidden
    ]
    for line in range(source.line_count):
        at = shown.shown_line(line)
        assert shown.source_line(at) <= line
        assert line in hidden or shown.source_line(at) == line


def test_a_folded_container_tells_how_much_it_holds() -> None:
    tree = tree_of('{"a": [1, 2], "b": {"c": 1}, "d": 0}')
    assert FoldedText(tree, {1, 5}).text == '{\n  "a": [ … 2 items ],\n  "b": { … 1 key },\n  "d": 0\n}'
    assert FoldedText(tree, {0, 1}).text == "{ … 3 keys }"


@given(st.text())
def test_any_text_has_a_tree(text: str) -> None:
    tree = tree_of(text)
    for _, node in walk(tree):
        tree.name(node), tree.value(node), tree.meaning(node), tree.kind(node), tree.digest(node)
    assert FoldedText(tree, {line for line in range(len(tree.text.parents)) if tree.entries(line)}).line_count > 0


def test_searching() -> None:
    text = JsonText(["Alpha beta", "gamma ALPHA", "\U0001f600 alpha"])
    finder = Finder(text)
    assert finder.count("alpha") == 3
    found = [finder.find("alpha", 0)]
    while len(found) < 4:
        found.append(finder.find("alpha", found[-1] + 1))
    assert [finder.place(at) for at in found] == [(0, 0), (1, 6), (2, 3), (0, 0)]
    assert finder.find("alpha", 0, backward=True) == found[2]
    assert finder.find("absent", 0) == finder.find("", 0) == -1
    for at in found:
        assert finder.position(*finder.place(at)) == at


def decoded(key: str | None, value: object) -> Decoded | None:
    literal = json.dumps(value)
    assert may_decode(key, literal[:300]) or key is None
    return decode(key, literal, TOKEN)


def test_an_in_toto_payload_is_unpacked() -> None:
    statement = json.dumps({"_type": "x", "predicateType": "https://slsa.dev/provenance/v1", "subject": []})
    found = decoded("payload", base64.b64encode(statement.encode()).decode())
    assert found is not None
    assert found.title.startswith("Decoded from base64: in-toto statement, ")
    assert json.loads(found.text.text) == json.loads(statement)


@pytest.mark.parametrize(
    ("key", "value", "title", "text"),
    [
        ("data", "e30=", "Decoded from base64: JSON, 2 Bytes", "{}"),
        ("data", "aGVsbG8K", "Decoded from base64: text, 6 Bytes", "hello\n"),
        ("sig", "/wD/", "Decoded from base64: bytes, 3 Bytes", "0000  ff 00 ff"),
        ("sig", "_wD_", "Decoded from base64: bytes, 3 Bytes", "0000  ff 00 ff"),
        ("v1Compatibility", '{"id": "x"}', "JSON inside a string: JSON, 11 Bytes", '{\n  "id": "x"\n}'),
    ],
)
def test_what_is_packed(key: str, value: str, title: str, text: str) -> None:
    found = decoded(key, value)
    assert found is not None
    assert (found.title, found.text.text) == (title, text)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("digest", "a" * 64),
        ("digest", DIGEST),
        ("name", "hello world"),
        ("size", 5),
        ("x", "[not json"),
        ("data", "a=b"),
    ],
)
def test_what_is_not(key: str, value: object) -> None:
    literal = json.dumps(value)
    assert not may_decode(key, literal) or decode(key, literal, TOKEN) is None


def test_bytes_under_any_other_key_are_left_alone() -> None:
    assert decoded(None, base64.b64encode(bytes(range(200, 256))).decode()) is None
