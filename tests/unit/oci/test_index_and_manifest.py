import json

import pytest

from inspector.oci import mediatype
from inspector.oci.digest import Digest
from inspector.oci.document import Document, Json, parse_document
from inspector.oci.index import ImageIndex
from inspector.oci.layout import parse_oci_layout
from inspector.oci.manifest import ImageManifest

DIGEST = "sha256:" + "a" * 64
DESCRIPTOR: dict[str, Json] = {"mediaType": mediatype.OCI_MANIFEST, "digest": DIGEST, "size": 5}


def document(value: object, name: str = "index.json") -> Document:
    return parse_document(json.dumps(value).encode(), name)


def index(value: object) -> tuple[ImageIndex, list[tuple[str, str | None]]]:
    parsed, findings = ImageIndex.parse(document(value))
    return parsed, [(f.code, f.where.pointer) for f in findings]


def manifest(value: object) -> tuple[ImageManifest, list[tuple[str, str | None]]]:
    parsed, findings = ImageManifest.parse(document(value))
    return parsed, [(f.code, f.where.pointer) for f in findings]


def test_an_index() -> None:
    parsed, problems = index(
        {
            "schemaVersion": 2,
            "mediaType": mediatype.OCI_INDEX,
            "manifests": [DESCRIPTOR, DESCRIPTOR],
            "subject": DESCRIPTOR,
            "annotations": {"a": "b"},
            "artifactType": "t/x",
            "new": 1,
        }
    )
    assert problems == []
    assert (parsed.schema_version, parsed.media_type, parsed.artifact_type) == (2, mediatype.OCI_INDEX, "t/x")
    assert [d.pointer for d in parsed.manifests] == ["$.manifests[0]", "$.manifests[1]"]
    assert parsed.subject is not None
    assert parsed.subject.digest == DIGEST
    assert parsed.annotations == {"a": "b"}
    assert parsed.raw["new"] == 1


def test_a_media_type_may_be_absent_and_a_docker_list_is_an_index() -> None:
    assert index({"schemaVersion": 2, "manifests": []})[1] == []
    assert index({"schemaVersion": 2, "manifests": [], "mediaType": mediatype.DOCKER_LIST})[1] == []


def test_null_manifests_of_docker_25() -> None:
    parsed, problems = index({"schemaVersion": 2, "mediaType": mediatype.OCI_INDEX, "manifests": None})
    assert parsed.has_null_manifests
    assert parsed.manifests == ()
    assert problems == [("INDEX-3", "$.manifests")]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"manifests": []}, ("INDEX-1", "$.schemaVersion")),
        ({"schemaVersion": True, "manifests": []}, ("INDEX-1", "$.schemaVersion")),
        ({"schemaVersion": "2", "manifests": []}, ("INDEX-1", "$.schemaVersion")),
        ({"schemaVersion": 1, "manifests": []}, ("INDEX-1", "$.schemaVersion")),
        ({"schemaVersion": 2}, ("INDEX-3", "$.manifests")),
        ({"schemaVersion": 2, "manifests": {}}, ("INDEX-3", "$.manifests")),
        ({"schemaVersion": 2, "manifests": [], "mediaType": "x"}, ("INDEX-2", "$.mediaType")),
        ({"schemaVersion": 2, "manifests": [], "layers": []}, ("INDEX-4", "$.layers")),
        ({"schemaVersion": 2, "manifests": [7]}, ("DESC-2", "$.manifests[0]")),
        ([], ("INDEX-3", "$")),
        (None, ("INDEX-3", "$")),
    ],
)
def test_what_is_wrong_with_an_index(value: object, problem: tuple[str, str]) -> None:
    assert index(value)[1] == [problem]


def test_a_manifest() -> None:
    layer = {**DESCRIPTOR, "mediaType": mediatype.OCI_LAYER_GZIP}
    parsed, problems = manifest(
        {
            "schemaVersion": 2,
            "mediaType": mediatype.OCI_MANIFEST,
            "config": {**DESCRIPTOR, "mediaType": mediatype.OCI_CONFIG},
            "layers": [layer, layer],
            "new": {"x": 1},
        }
    )
    assert problems == []
    assert parsed.config is not None
    assert parsed.config.media_type == mediatype.OCI_CONFIG
    # A layer that stands twice is there twice: the stack is meaningful.
    assert [d.pointer for d in parsed.layers] == ["$.layers[0]", "$.layers[1]"]
    assert parsed.raw["new"] == {"x": 1}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"schemaVersion": 1}, ("MANIF-1", "$.schemaVersion")),
        ({"mediaType": mediatype.OCI_INDEX}, ("MANIF-2", "$.mediaType")),
        ({"config": None}, ("MANIF-3", "$.config")),
        ({"config": []}, ("MANIF-3", "$.config")),
        ({"layers": None}, ("MANIF-4", "$.layers")),
        ({"artifactType": 1}, ("MANIF-10", "$.artifactType")),
        ({"manifests": []}, ("INDEX-4", "$.manifests")),
        ({"annotations": None}, ("ANNOT-1", "$.annotations")),
        ({"subject": 5}, ("DESC-2", "$.subject")),
    ],
)
def test_what_is_wrong_with_a_manifest(change: dict[str, object], problem: tuple[str, str]) -> None:
    good = {"schemaVersion": 2, "mediaType": mediatype.OCI_MANIFEST, "config": DESCRIPTOR, "layers": [DESCRIPTOR]}
    assert manifest({**good, **change})[1] == [problem]


def test_docker_25_put_a_platform_into_the_config_descriptor() -> None:
    config = {**DESCRIPTOR, "platform": {"architecture": "amd64", "os": "linux"}}
    _, problems = manifest({"schemaVersion": 2, "config": config, "layers": []})
    assert problems == [("DESC-13", "$.config.platform")]


def test_findings_name_the_document_its_digest_and_the_specification() -> None:
    raw = b'{"schemaVersion":2,"manifests":null}'
    _, (finding,) = ImageIndex.parse(parse_document(raw, "index.json"))
    assert (finding.where.object, finding.where.digest) == ("index.json", Digest.of(raw))
    assert finding.spec is not None
    assert finding.spec.startswith("image-index.md")
    assert (finding.expected, finding.found) == ("an array", "null")
    assert finding.title == "manifests is not an array"


@pytest.mark.parametrize(
    ("value", "version", "codes"),
    [
        ({"imageLayoutVersion": "1.0.0", "more": 1}, "1.0.0", []),
        ({"imageLayoutVersion": "2"}, "2", []),
        ({"imageLayoutVersion": 1}, "", ["LAYOUT-2"]),
        ({}, "", ["LAYOUT-2"]),
        ("1.0.0", "", ["LAYOUT-2"]),
        ({"ImageLayoutVersion": "1.0.0"}, "1.0.0", ["JSON-5"]),
    ],
)
def test_layout_file(value: object, version: str, codes: list[str]) -> None:
    found, findings = parse_oci_layout(document(value, "oci-layout"))
    assert (found, [f.code for f in findings]) == (version, codes)
