import json

import pytest

from inspector.findings import Severity
from inspector.oci.docker import DockerManifestEntry, V1Image, parse_manifest_json, parse_repositories
from inspector.oci.document import parse_document


def read(value: object) -> tuple[tuple[DockerManifestEntry, ...], list[tuple[str, str | None]]]:
    entries, findings = parse_manifest_json(parse_document(json.dumps(value).encode(), "manifest.json"))
    return entries, [(f.code, f.where.pointer) for f in findings]


def test_an_entry_of_docker_25() -> None:
    source = {"mediaType": "m", "size": 3, "digest": "sha256:" + "a" * 64}
    (entry,), problems = read(
        [
            {
                "Config": "blobs/sha256/x",
                "RepoTags": ["alpine:3.20"],
                "Layers": ["blobs/sha256/y"],
                "LayerSources": {"sha256:" + "b" * 64: source},
                "Parent": "sha256:" + "c" * 64,
            }
        ]
    )
    assert problems == []
    assert (entry.config, entry.repo_tags, entry.layers) == ("blobs/sha256/x", ("alpine:3.20",), ("blobs/sha256/y",))
    assert entry.layer_sources["sha256:" + "b" * 64].size == 3
    assert entry.parent == "sha256:" + "c" * 64


@pytest.mark.parametrize(("tags", "are_null"), [({"RepoTags": None}, True), ({"RepoTags": []}, False), ({}, True)])
def test_untagged_images(tags: dict[str, object], are_null: bool) -> None:
    (entry,), problems = read([{"Config": "c.json", "Layers": None, **tags}])
    assert problems == []
    assert (entry.repo_tags, entry.layers, entry.tags_are_null) == ((), (), are_null)


def test_names_in_any_case_count_and_the_last_wins_as_in_go() -> None:
    # containerify writes these; every loader takes them.
    entries, findings = parse_manifest_json(
        parse_document(
            b'[{"config":"a.json","repoTags":["a:1"],"layers":["l.tar"],"Config":"b.json","CONFIG":"c.json"}]', "m"
        )
    )
    assert (entries[0].config, entries[0].repo_tags, entries[0].layers) == ("c.json", ("a:1",), ("l.tar",))
    assert {(f.code, f.severity) for f in findings} == {("JSON-5", Severity.INFO)}


def test_the_right_name_wins_when_it_comes_last() -> None:
    (entry,), _ = read([{"config": "a.json", "Config": "b.json"}])
    assert entry.config == "b.json"


def test_layers_keep_their_numbers() -> None:
    # An empty name is imgutil's mark for a layer that the daemon is known to have.
    (entry,), problems = read([{"Config": "c", "Layers": ["", 5, "x.tar"]}])
    assert entry.layers == ("", "", "x.tar")
    assert problems == [("COMPAT-4", "$[0].Layers[1]")]


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        (None, [("COMPAT-1", "$")]),
        ({"schemaVersion": 2}, [("COMPAT-1", "$")]),
        ([], []),
        ([None], [("COMPAT-1", "$[0]")]),
        ([{}], [("COMPAT-2", "$[0].Config")]),
        ([{"Config": "c", "RepoTags": "a:1"}], [("COMPAT-5", "$[0].RepoTags")]),
        ([{"Config": "c", "LayerSources": []}], [("COMPAT-7", "$[0].LayerSources")]),
        ([{"Config": "c", "LayerSources": {"k": None}}], [("DESC-2", "$[0].LayerSources.k")]),
    ],
)
def test_what_is_wrong_with_manifest_json(value: object, problems: list[tuple[str, str]]) -> None:
    assert read(value)[1] == problems


def test_repositories() -> None:
    names, findings = parse_repositories(
        parse_document(b'{"localhost:5000/a":{"1":"x","2":"y"},"b":null,"c":[],"d":{"e":1}}', "repositories")
    )
    assert names == {"localhost:5000/a": {"1": "x", "2": "y"}, "b": {}, "c": {}, "d": {}}
    assert [(f.code, f.where.pointer) for f in findings] == [("COMPAT-8", "$.c"), ("COMPAT-8", "$.d.e")]
    assert parse_repositories(parse_document(b"[]", "repositories"))[0] == {}


def test_a_v1_image() -> None:
    raw = {
        "id": "a" * 64,
        "parent": "b" * 64,
        "created": "2015-01-01T00:00:00Z",
        "container_config": {"Cmd": ["/bin/sh"], "Labels": None},
        "config": {"Cmd": ["x"]},
        "architecture": "amd64",
        "os": "linux",
        "Size": 12,
        "throwaway": True,
    }
    image, findings = V1Image.parse(parse_document(json.dumps(raw).encode(), "json"))
    assert findings == ()
    assert (image.id, image.parent, image.size, image.throwaway) == ("a" * 64, "b" * 64, 12, True)
    assert image.config.cmd == ("x",)
    assert image.container_config == raw["container_config"]
    assert V1Image.parse(parse_document(b"[]", "json"))[1][0].code == "COMPAT-8"
