"""Files found in all layers: what later layers removed or replaced is found, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.errors import UsageError
from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.filesearch import FoundFiles, image_of, parse_query, search_layers
from inspector.viewmodel.notable import load_notable
from inspector.viewmodel.pages import Page
from inspector.viewmodel.session import ArchiveSession, open_session
from inspector.viewmodel.tree import NodeType, StructureNode
from tests.builders import ImageSpec, docker_24, layer_tar

BASE = layer_tar({"etc/": b"", "etc/id_rsa": b"-----BEGIN", "etc/big": b"x" * 3000, "etc/link": "big", "keep.so": b"1"})
TOP = layer_tar({"etc/": b"", "etc/.wh.id_rsa": b"", "etc/big": b"y"})


@pytest.fixture
def opened(tmp_path: Path) -> tuple[ArchiveSession, StructureNode]:
    bundle = docker_24([ImageSpec((BASE, TOP), ("docker.io/library/app:1",))])
    session = open_session(bundle.write(tmp_path / "app.tar"), CancelToken(), ignore_progress)
    return session, next(node for node in session.tree.nodes if node.type is NodeType.IMAGE)


def found(opened: tuple[ArchiveSession, StructureNode], text: str) -> list[tuple[str, str, str]]:
    result: FoundFiles = search_layers(*opened, text, CancelToken(), ignore_progress)
    return [(row.path, row.layer, row.state) for row in result.rows]


def test_removed_and_overwritten_files_are_found(opened: tuple[ArchiveSession, StructureNode]) -> None:
    assert found(opened, "id_rsa type:file") == [("etc/id_rsa", "layer 1", "hidden by layer 2")]
    assert found(opened, "etc/big type:file") == [
        ("etc/big", "layer 1", "hidden by layer 2"),
        ("etc/big", "layer 2", ""),
    ]
    assert found(opened, "is:hidden type:file") == [
        ("etc/id_rsa", "layer 1", "hidden by layer 2"),
        ("etc/big", "layer 1", "hidden by layer 2"),
    ]


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("*.so", ["keep.so"]),
        ("/^etc.b/", ["etc/big", "etc/big"]),
        (">1k", ["etc/big"]),
        ("type:link", ["etc/link"]),
        ("layer:2 type:file", ["etc/big"]),
        ("type:removed", ["etc/id_rsa"]),
        ("type:file -etc", ["keep.so"]),
        ("nowhere", []),
    ],
)
def test_queries(opened: tuple[ArchiveSession, StructureNode], query: str, paths: list[str]) -> None:
    assert [path for path, _, _ in found(opened, query)] == paths


@pytest.mark.parametrize("query", ["owner:me", "mode:9", "is:nice", "/(/", "layer:x"])
def test_nonsense_is_explained(query: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_query(query)
    assert caught.value.message


def test_each_hit_leads_to_its_layer(opened: tuple[ArchiveSession, StructureNode]) -> None:
    result = search_layers(*opened, "id_rsa type:file", CancelToken(), ignore_progress)
    node = result.rows[0].node
    assert node is not None
    assert node.type is NodeType.LAYER
    assert image_of(node) is opened[1]
    assert image_of(opened[0].tree.root) is None


def test_notable_files_of_deleted_layers_are_listed(opened: tuple[ArchiveSession, StructureNode]) -> None:
    result = load_notable(*opened, CancelToken(), ignore_progress)
    assert [(row.path, row.why, row.detail, row.state) for row in result.rows] == [
        ("etc/id_rsa", "may be a secret", "private SSH key", "hidden by layer 2")
    ]
    assert Page.NOTABLE in opened[0].pages_for(opened[1])


def test_certificates_are_no_secrets_but_the_keys_beside_them(tmp_path: Path) -> None:
    files = {
        "srv/ca.pem": b"# ours\n-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n" * 3,
        "srv/public.key": b"-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n",
        "srv/both.pem": b"-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\n",
        "srv/vpn.pem": b"-----BEGIN CERTIFICATE-----\n-----BEGIN OpenVPN Static key V1-----\n",
        "srv/new.pem": b"-----BEGIN CERTIFICATE-----\n-----BEGIN KEY-SHARE-----\n",
        "srv/binary.key": b"\x30\x82\x04",
        "srv/open.pem": b"-----BEGIN OPENSSH PRIVATE KEY-----\n",
    }
    bundle = docker_24([ImageSpec((layer_tar({"srv/": b""} | files),), ("docker.io/library/app:1",))])
    session = open_session(bundle.write(tmp_path / "app.tar"), CancelToken(), ignore_progress)
    image = next(node for node in session.tree.nodes if node.type is NodeType.IMAGE)
    result = load_notable(session, image, CancelToken(), ignore_progress)
    private = ["srv/binary.key", "srv/both.pem", "srv/new.pem", "srv/open.pem", "srv/vpn.pem"]
    assert sorted(row.path for row in result.rows) == private
    session.close()


def test_secrets_in_files_and_in_the_configuration_are_called_alike(tmp_path: Path, german: None) -> None:
    config: dict[str, object] = {"config": {"Env": ["DB_PASSWORD=hunter2"]}}
    spec = ImageSpec((layer_tar({"id_rsa": b"x"}),), ("docker.io/library/app:1",), more_config=config)
    session = open_session(docker_24([spec]).write(tmp_path / "app.tar"), CancelToken(), ignore_progress)
    image = next(node for node in session.tree.nodes if node.type is NodeType.IMAGE)
    result = load_notable(session, image, CancelToken(), ignore_progress)
    assert {row.why for row in result.rows} == {"vielleicht ein Geheimnis"}
    assert len(result.rows) == 2
    session.close()


def test_possible_secrets_of_the_configuration_come_first_and_hidden(tmp_path: Path) -> None:
    config: dict[str, object] = {
        "config": {
            "Env": ["PATH=/bin", "DB_PASSWORD=hunter2", "TOKEN=$OTHER", "EMPTY_TOKEN=", "X=ghp_" + "a" * 36],
            "Labels": {"api.key": "AKIAABCDEFGHIJKLMNOP", "a": "b"},
        },
        "history": [
            {"created_by": "COPY a b"},
            {"created_by": "RUN TOKEN=abc TOKEN=abc make", "empty_layer": True},
            {"created_by": "|1 NPM_TOKEN=s3cret /bin/sh -c npm ci"},
        ],
    }
    bundle = docker_24([ImageSpec((BASE, TOP), ("docker.io/library/app:1",), more_config=config)])
    session = open_session(bundle.write(tmp_path / "app.tar"), CancelToken(), ignore_progress)
    image = next(node for node in session.tree.nodes if node.type is NodeType.IMAGE)
    result = load_notable(session, image, CancelToken(), ignore_progress)
    assert [(row.path, row.layer, row.detail, row.secret[:7]) for row in result.rows[:-1]] == [
        ("environment variable DB_PASSWORD", "configuration", "value of DB_PASSWORD", "hunter2"),
        ("environment variable X", "configuration", "GitHub token", "ghp_aaa"),
        ("label api.key", "configuration", "AWS access key", "AKIAABC"),
        ("history, step 2", "configuration", "value of TOKEN", "RUN TOK"),
        ("history, step 3", "layer 2", "value of NPM_TOKEN", "|1 NPM_"),
    ]
    assert result.text == "1 notable file, 5 possible secrets in the configuration"
    assert not result.rows[0].raw_path
    assert result.rows[0].node is not None
    assert result.rows[0].node.type is NodeType.CONFIG
    session.close()


def test_a_number_of_any_length_is_no_fault() -> None:
    assert parse_query(">" + "9" * 20).smallest == 10**20 + 1
    for word in (">" + "9" * 400, "<" + "9" * 5000 + "gb", ">1." + "0" * 400):
        assert parse_query(word).names  # nothing is so large: it is taken for a name
