import json

import pytest

from inspector.errors import LimitReached
from inspector.findings import Finding
from inspector.oci import mediatype
from inspector.oci.descriptor import Descriptor, parse_descriptors
from inspector.oci.document import Json, parse_document
from inspector.oci.node import Node
from inspector.oci.platform import Platform

DIGEST = "sha256:" + "a" * 64
GOOD: dict[str, Json] = {"mediaType": mediatype.OCI_LAYER, "digest": DIGEST, "size": 5}


def read(value: Json) -> tuple[Descriptor, list[tuple[str, str | None, str | None]]]:
    node = Node.of(parse_document(json.dumps(value).encode(), "index.json"))
    descriptor = Descriptor.parse(node)
    return descriptor, [told(finding) for finding in node.problems.findings()]


def told(finding: Finding) -> tuple[str, str | None, str | None]:
    return finding.code, finding.where.pointer, finding.found


def test_all_fields() -> None:
    value: Json = {
        **GOOD,
        "urls": ["https://example.invalid/a"],
        "annotations": {"a": "", "b": "c"},
        "data": "aGVsbG8=",
        "artifactType": "application/x",
        "platform": {"os": "linux", "architecture": "amd64"},
        "later": [1],
    }
    descriptor, problems = read(value)
    assert problems == []
    assert descriptor.digest == descriptor.stated_digest == DIGEST
    assert (descriptor.media_type, descriptor.size, descriptor.data) == (mediatype.OCI_LAYER, 5, b"hello")
    assert descriptor.urls == ("https://example.invalid/a",)
    assert descriptor.annotations == {"a": "", "b": "c"}
    assert descriptor.artifact_type == "application/x"
    assert descriptor.platform == Platform("linux", "amd64")
    assert descriptor.raw == value
    assert hash(descriptor) == hash(read(value)[0])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"mediaType": 7}, ("DESC-1", "$.mediaType", "7")),
        ({"digest": "sha256:../../x"}, ("DESC-2", "$.digest", '"sha256:../../x"')),
        ({"digest": None}, ("DESC-2", "$.digest", "null")),
        ({"size": "5"}, ("DESC-3", "$.size", '"5"')),
        ({"size": 5.0}, ("DESC-3", "$.size", "5.0")),
        ({"size": True}, ("DESC-3", "$.size", "true")),
        ({"size": -1}, ("DESC-3", "$.size", "-1")),
        ({"size": 2**63}, ("DESC-3", "$.size", str(2**63))),
        ({"urls": "https://x"}, ("DESC-6", "$.urls", '"https://x"')),
        ({"urls": [1]}, ("DESC-6", "$.urls[0]", "1")),
        ({"data": "aGVs\nbG8="}, ("DESC-8", "$.data", '"aGVs\\nbG8="')),
        ({"data": "aGVsbG8"}, ("DESC-8", "$.data", '"aGVsbG8"')),
        ({"data": "é"}, ("DESC-8", "$.data", '"é"')),
        ({"artifactType": {}}, ("DESC-9", "$.artifactType", "an object")),
        ({"annotations": None}, ("ANNOT-1", "$.annotations", "null")),
        ({"annotations": ["a"]}, ("ANNOT-1", "$.annotations", "an array of 1")),
        ({"annotations": {"a.b": 1}}, ("ANNOT-1", '$.annotations["a.b"]', "1")),
        ({"platform": "linux"}, ("INDEX-6", "$.platform", '"linux"')),
    ],
)
def test_one_wrong_field_is_one_finding_and_the_rest_is_kept(
    change: dict[str, Json], expected: tuple[str, str, str]
) -> None:
    descriptor, problems = read({**GOOD, **change})
    assert problems == [expected]
    if "size" not in change:
        assert descriptor.size == 5
    else:
        assert descriptor.size is None
    if "digest" not in change:
        assert descriptor.digest == DIGEST


def test_a_wrong_digest_keeps_its_text() -> None:
    descriptor, _ = read({**GOOD, "digest": "sha256:" + "A" * 64})
    assert descriptor.digest is None
    assert descriptor.stated_digest == "sha256:" + "A" * 64


def test_missing_fields_are_told() -> None:
    _, problems = read({})
    assert problems == [
        ("DESC-2", "$.digest", "nothing"),
        ("DESC-1", "$.mediaType", "nothing"),
        ("DESC-3", "$.size", "nothing"),
    ]


@pytest.mark.parametrize("value", [None, 1, "x", []])
def test_what_is_no_descriptor_is_an_empty_one(value: Json) -> None:
    descriptor, problems = read(value)
    assert descriptor.digest is None
    assert [code for code, _, _ in problems] == ["DESC-2"]


def test_a_name_in_the_wrong_case_counts_only_where_the_right_one_is_absent() -> None:
    other = "sha256:" + "b" * 64
    descriptor, problems = read({"MediaType": "x", "digest": DIGEST, "Digest": other, "size": 5})
    assert (descriptor.media_type, descriptor.digest) == ("x", DIGEST)
    assert problems == [("JSON-5", "$.MediaType", "MediaType"), ("JSON-5", "$.Digest", "Digest")]


def test_folding_is_gos_not_pythons() -> None:
    # Go folds the long s; casefold() would also take a ligature for two letters.
    descriptor, problems = read({**GOOD, "ſize": 7, "artifactType": "t", "ﬁle": 1})
    assert descriptor.size == 5
    assert problems == [("JSON-5", '$["ſize"]', "ſize")]


def test_entries_keep_their_positions() -> None:
    node = Node.of(parse_document(json.dumps([GOOD, None, GOOD]).encode(), "x"))
    first, second, third = parse_descriptors(node, code="MANIF-4")
    assert (first.digest, second.digest, third.pointer) == (DIGEST, None, "$[2]")


def test_the_number_of_descriptors_is_limited_by_name() -> None:
    node = Node.of(parse_document(json.dumps([GOOD] * 3).encode(), "index.json"))
    with pytest.raises(LimitReached) as caught:
        parse_descriptors(node, code="INDEX-3", most=2)
    assert (caught.value.limit, caught.value.allowed, caught.value.subject) == ("descriptors", 2, "index.json")
