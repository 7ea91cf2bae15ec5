"""Whatever comes in: a value, a finding, or one of our errors; and what goes out comes back the same."""

import json
import string

from hypothesis import example, given, settings
from hypothesis import strategies as st

from inspector.errors import InspectorError
from inspector.oci.config import ImageConfig
from inspector.oci.digest import Digest
from inspector.oci.docker import V1Image, parse_manifest_json, parse_repositories
from inspector.oci.document import JsonLimits, compact_json, parse_document
from inspector.oci.index import ImageIndex
from inspector.oci.layout import parse_oci_layout
from inspector.oci.manifest import ImageManifest
from inspector.oci.reference import Reference, is_full_reference, qualify

# Names that our readers look at, so that hypothesis gets past the first `isinstance`.
_NAMES = st.sampled_from(
    [
        "schemaVersion",
        "mediaType",
        "config",
        "layers",
        "manifests",
        "digest",
        "size",
        "urls",
        "annotations",
        "data",
        "artifactType",
        "platform",
        "subject",
        "architecture",
        "os",
        "os.version",
        "os.features",
        "variant",
        "rootfs",
        "type",
        "diff_ids",
        "history",
        "created",
        "empty_layer",
        "Config",
        "RepoTags",
        "Layers",
        "LayerSources",
        "Parent",
        "Env",
        "Cmd",
        "Labels",
        "Healthcheck",
        "Interval",
        "imageLayoutVersion",
        "Digest",
        "SIZE",
        "id",
        "parent",
        "throwaway",
    ]
) | st.text(max_size=5)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**29), 10**29)
    # Go writes larger ones as whole numbers, and -0 comes back as 0; see test_go_numbers_come_back.
    | st.floats(-1e15, 1e15).map(lambda number: number + 0.0)
    | st.text(max_size=20)
    | st.sampled_from(["sha256:" + "a" * 64, "sha256:" + "A" * 64, "e30=", "application/vnd.oci.image.index.v1+json"])
)
VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=6), max_leaves=25
)


@given(st.one_of(st.text(), st.binary(), st.none(), st.integers(), st.lists(st.text())))
def test_parsing_a_digest_is_total(text: object) -> None:
    found = Digest.try_parse(text)
    assert found is None or found == text


@given(st.text(string.ascii_lowercase + "+._-", max_size=12), st.text(string.ascii_letters + "=_-", max_size=70))
def test_a_digest_has_the_parts_it_shows(algorithm: str, encoded: str) -> None:
    found = Digest.try_parse(f"{algorithm}:{encoded}")
    assert found is None or (found.algorithm, found.encoded) == (algorithm, encoded)


@given(st.binary(max_size=200) | st.text(' \t\n{}[]",:\\u0123d8ef.-+truefalsnINy', max_size=200).map(str.encode))
@example(b'{"a":"\\ud800"}')
@example(b'"\\')
@example(b"\xff\xfe\x00")
@example(b"-")
@example(b"1" * 5000)
def test_parse_document_raises_our_errors_only(raw: bytes) -> None:
    limits = JsonLimits(json_depth=8, json_values=50)
    try:
        document = parse_document(raw, "x", limits=limits)
    except InspectorError as error:
        if not (error.title and error.message):
            raise
        return
    assert document.raw == raw
    compact_json(document.value)  # nothing that cannot be written again
    document.text.encode("utf-8")


@given(VALUES)
def test_readers_take_anything_and_their_findings_can_be_told(value: object) -> None:
    document = parse_document(json.dumps(value).encode(), "x")
    for read in (
        ImageIndex.parse,
        ImageManifest.parse,
        ImageConfig.parse,
        V1Image.parse,
        parse_oci_layout,
        parse_manifest_json,
        parse_repositories,
    ):
        for finding in read(document)[1]:
            json.dumps(finding.to_json(), ensure_ascii=False).encode("utf-8")
            assert finding.title
            assert finding.where.pointer


@given(VALUES)
def test_compact_json_comes_back_the_same(value: object) -> None:
    raw = compact_json(value)
    assert json.loads(raw) == value
    assert compact_json(parse_document(raw, "x").value) == raw


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_go_numbers_come_back(number: float) -> None:
    assert float(compact_json(number)) == number


@given(VALUES)
def test_our_reader_agrees_with_pythons_on_good_documents(value: object) -> None:
    document = parse_document(json.dumps(value).encode(), "x")
    assert document.findings == ()
    assert document.value == value


@settings(max_examples=200)
@given(st.text(string.ascii_letters + string.digits + "./:@-_[]", max_size=40) | st.text(max_size=20))
def test_a_reference_is_stable(text: str) -> None:
    qualified = qualify(text)
    if qualified is None:
        assert not is_full_reference(text)
        return
    assert qualify(qualified) == qualified
    assert str(Reference.parse(Reference.parse(text).familiar)) == qualified
