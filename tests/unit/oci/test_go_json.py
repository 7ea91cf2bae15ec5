"""Byte equality with Go's encoding/json, proved on digests and sizes that Docker itself wrote (formats.md A3)."""

import math

import pytest

from inspector.oci import mediatype
from inspector.oci.digest import Digest
from inspector.oci.document import compact_json, parse_document
from inspector.oci.layout import OCI_LAYOUT

HELLO_CONFIG = "sha256:d2c94e258dcb3c5ac2798d32e1249e42ef01cba4841c2234249495f87264ac5a"
HELLO_LAYER = "sha256:ac28800ec8bb38d5c35b49d45a6ac4777544941199075dff8c4eb63e093aa81e"
UBUNTU_CONFIG = "97bed23a34971024aa8d254abbe67b7168772340d1f494034773bc464e8dd5b6"
UBUNTU_LAYER = "073ec47a8c22dcaa4d6e5758799ccefe2f9bde943685830b1bf6fd2395f5eabc"
UBUNTU_MANIFEST = "sha256:a80ae87142a0ae1f9e02e3561844d7004a28886aaca46db5392dd556df7326f2"


def manifest(config: dict[str, object], layers: list[tuple[str, int]]) -> bytes:
    return compact_json(
        {
            "schemaVersion": 2,
            "mediaType": mediatype.OCI_MANIFEST,
            "config": {"mediaType": mediatype.OCI_CONFIG, **config},
            "layers": [{"mediaType": mediatype.OCI_LAYER, "digest": d, "size": s} for d, s in layers],
        }
    )


def test_hello_world_manifest() -> None:
    raw = manifest({"digest": HELLO_CONFIG, "size": 581}, [(HELLO_LAYER, 14848)])
    assert len(raw) == 398
    assert Digest.of(raw) == "sha256:8876a860b8c40b280440ed7678ba677f5a3cb972fddde4198a9a5e159184732f"


def test_hello_world_manifest_of_docker_25_0_0_with_platform() -> None:
    platform = {"architecture": "amd64", "os": "linux"}
    raw = manifest({"digest": HELLO_CONFIG, "size": 581, "platform": platform}, [(HELLO_LAYER, 14848)])
    assert len(raw) == 447
    assert Digest.of(raw) == "sha256:c55c4ab38c73b5b59d76afd01083be207b1897142fee10222e56d1fd708efb62"


def test_hello_world_manifest_of_docker_25_beta_without_layers() -> None:
    platform = {"architecture": "amd64", "os": "linux"}
    raw = manifest({"digest": HELLO_CONFIG, "size": 581, "platform": platform}, [])
    assert len(raw) == 297
    assert Digest.of(raw) == "sha256:5662ded887a74f83c32f61d0a041cd800836d43b7495567d0eb0012242e0f76f"


def test_ubuntu_archive_of_docker_29() -> None:
    raw = manifest({"digest": f"sha256:{UBUNTU_CONFIG}", "size": 2297}, [(f"sha256:{UBUNTU_LAYER}", 80634368)])
    assert len(raw) == 402
    assert Digest.of(raw) == UBUNTU_MANIFEST
    index = {
        "schemaVersion": 2,
        "mediaType": mediatype.OCI_INDEX,
        "manifests": [
            {
                "mediaType": mediatype.OCI_MANIFEST,
                "digest": UBUNTU_MANIFEST,
                "size": 402,
                "annotations": {
                    "io.containerd.image.name": "docker.io/library/ubuntu:24.04",
                    "org.opencontainers.image.ref.name": "24.04",
                },
            }
        ],
    }
    assert len(compact_json(index)) == 360
    entry = {
        "Config": f"blobs/sha256/{UBUNTU_CONFIG}",
        "RepoTags": ["ubuntu:24.04"],
        "Layers": [f"blobs/sha256/{UBUNTU_LAYER}"],
        "LayerSources": {
            f"sha256:{UBUNTU_LAYER}": {
                "mediaType": mediatype.OCI_LAYER,
                "size": 80634368,
                "digest": f"sha256:{UBUNTU_LAYER}",
            }
        },
    }
    assert len(compact_json([entry]) + b"\n") == 457
    assert len(compact_json({"ubuntu": {"24.04": UBUNTU_LAYER}}) + b"\n") == 88


def test_layout_file() -> None:
    # Docker's literal has a blank (31 bytes), containerd's has none (30 bytes).
    assert compact_json({"imageLayoutVersion": "1.0.0"}) == OCI_LAYOUT
    assert len(OCI_LAYOUT) == 30
    assert parse_document(b'{"imageLayoutVersion": "1.0.0"}', "oci-layout").value == {"imageLayoutVersion": "1.0.0"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<a>&b", rb'"\u003ca\u003e\u0026b"'),
        ("\u2028\u2029", rb'"\u2028\u2029"'),
        ('"\\/', rb'"\"\\/"'),
        ("\n\r\t\b\f\x00\x1f\x7f", b'"\\n\\r\\t\\b\\f\\u0000\\u001f\x7f"'),
        ("é😀", '"é😀"'.encode()),
        ("\ud800", rb'"\ufffd"'),
        ({"<": [1, (2,), {}]}, rb'{"\u003c":[1,[2],{}]}'),
        ([[], [[]], {}], b"[[],[[]],{}]"),
        ([True, False, None, 0, -1, 2**63], b"[true,false,null,0,-1,9223372036854775808]"),
        (
            [0.0, -0.0, 1.0, 2.50, 1e16, 1e20, 123456789012345680000.0],
            b"[0,-0,1,2.5,10000000000000000,100000000000000000000,123456789012345680000]",
        ),
        ([1e21, 1e-6, 1e-7, 1.5e-10, 1e100, -1e300], b"[1e+21,0.000001,1e-7,1.5e-10,1e+100,-1e+300]"),
    ],
)
def test_go_forms(value: object, expected: bytes) -> None:
    assert compact_json(value) == expected


def test_what_has_no_json_form_is_refused() -> None:
    for value in (math.nan, math.inf, [-math.inf]):
        with pytest.raises(ValueError):
            compact_json(value)
    for other in (b"x", {1: 2}, object()):
        with pytest.raises(TypeError):
            compact_json(other)


def test_nesting_costs_no_stack() -> None:
    value: list[object] = []
    for _ in range(50_000):
        value = [value]
    assert compact_json(value) == b"[" * 50_001 + b"]" * 50_001
    while value:  # taken apart by hand: the interpreter's own clean-up recurses
        value = value.pop()  # type: ignore[assignment]
