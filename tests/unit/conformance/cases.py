"""Archives that break one rule each: of the specification's families, on one image."""

from __future__ import annotations

import base64
import tarfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from inspector.findings import Severity
from tests.builders import Bundle, Entry, compact, descriptor, digest, folder, layer_tar, sha256, symlink
from tests.builders.altered import LAYERS, altered, blob, drop, put
from tests.builders.images import DOCKER_CONFIG, DOCKER_LIST, DOCKER_MANIFEST, OCI_EMPTY, OCI_INDEX, OCI_LAYER, REF_NAME
from tests.builders.rawtar import END, raw_entry, raw_header

E, W, N = Severity.ERROR, Severity.WARNING, Severity.INFO
ENTRY = ("manifests", 0)
LAYER = ("layers", 0)
NOWHERE = "sha256:" + "1" * 64


def nested(*platforms: str, **more: object) -> Bundle:
    """index.json → an index → the image, once per platform (amd64 if none is given); `more` goes into its entries."""
    inner = b""

    def change(index: dict[str, Any]) -> dict[str, Any]:
        nonlocal inner
        entry = {key: value for key, value in index["manifests"][0].items() if key != "annotations"}
        entries = [
            entry | more | {"platform": {"architecture": name, "os": "linux"}} for name in platforms or ("amd64",)
        ]
        inner = compact({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries})
        return index | {"manifests": [descriptor(inner, OCI_INDEX)]}

    made = altered(index=change)
    return made.adding(blob(inner))


def second_entry(**more: object) -> Callable[[dict[str, Any]], None]:
    def change(index: dict[str, Any]) -> None:
        index["manifests"].append(index["manifests"][0] | more)

    return change


def attested(about: str) -> Callable[[dict[str, Any]], None]:
    def change(index: dict[str, Any]) -> None:
        notes = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": about}
        index["manifests"][0]["annotations"] |= notes

    return change


def other_case(made: Bundle) -> Bundle:
    return made.adding(Entry("OCI-layout", b"{}"))


def blob_named(name: Callable[[str], str]) -> Bundle:
    """The first layer's blob under another name; the manifest still says the right one."""
    stored = f"blobs/sha256/{sha256(LAYERS[0])}"
    return altered().renamed(lambda old: name(old) if old == stored else old)


def renamed_layer_digest(text: str) -> Bundle:
    return altered(manifest=put(*LAYER, "digest", value=text))


def linked() -> Bundle:
    """A layer that is a symbolic link to a file at the top."""
    name = f"blobs/sha256/{sha256(LAYERS[0])}"
    return altered().without(name).adding(Entry("copy", LAYERS[0]), symlink(name, "../../copy"))


def sha512() -> Bundle:
    import hashlib

    encoded = hashlib.sha512(LAYERS[0]).hexdigest()
    made = altered(manifest=put(*LAYER, "digest", value=f"sha512:{encoded}"))
    return made.without(f"blobs/sha256/{sha256(LAYERS[0])}").adding(
        folder("blobs/sha512"), blob(LAYERS[0], algorithm="sha512", name=encoded)
    )


def with_layer(*entries: bytes) -> Bundle:
    return altered(tars=(b"".join(entries) + END,))


def flipped() -> Bundle:
    wrong = LAYERS[0].replace(b"1\n", b"9\n")
    return altered().replacing(f"blobs/sha256/{sha256(LAYERS[0])}", wrong)


def docker_types(index: dict[str, Any]) -> None:
    index["manifests"][0]["mediaType"] = DOCKER_MANIFEST


def artifact(*more_blobs: bytes, **more: object) -> Bundle:
    """An artifact with the empty config beside the image."""
    from tests.builders.images import OCI_MANIFEST

    empty = descriptor(b"{}", OCI_EMPTY)
    value = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": "text/x",
        "config": empty,
        "layers": [empty],
    }
    raw = compact({key: part for key, part in (value | more).items() if part is not None})
    return altered(
        index=lambda index: index["manifests"].append(descriptor(raw, OCI_MANIFEST)), more=(raw, b"{}", *more_blobs)
    )


def hard(name: bytes, target: bytes) -> bytes:
    return raw_header(name, kind=b"1", link=target)


A = raw_entry(b"a", b"x")
CASES: list[tuple[str, Severity, Bundle | bytes]] = [
    # ARC
    ("ARC-1", W, altered().tar(end=bytes(1024) + b"garbage" * 100)),
    ("ARC-1", W, altered().tar(end=b"")),
    ("ARC-2", W, altered().adding(Entry("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'))),
    ("ARC-2", E, altered().first(Entry("oci-layout", b'{"imageLayoutVersion":"2.0.0"}'))),
    ("ARC-3", E, altered().adding(Entry("blobs/../../x", b""))),
    ("ARC-3", W, altered(with_docker=True).adding(Entry("blobs\\x", b""))),
    ("ARC-4", E, linked()),
    ("ARC-5", N, altered().without("blobs/sha256")),
    ("ARC-6", N, Bundle((replace(altered().entries[0], uid=1000), *altered().entries[1:]))),
    ("ARC-8", N, altered(tars=(layer_tar({"big": bytes(1 << 20)}),))),
    ("ARC-10", N, altered().adding(Entry("README", b"hello"))),
    # LAYOUT
    ("LAYOUT-1", E, altered().without("oci-layout")),
    ("LAYOUT-2", E, altered(oci_layout=b"{}")),
    ("LAYOUT-3", E, altered(oci_layout=b'{"imageLayoutVersion":"1.1.0"}')),
    ("LAYOUT-4", E, altered().without("index.json")),
    ("LAYOUT-8", W, other_case(altered())),
    # BLOB
    ("BLOB-1", E, flipped()),
    ("BLOB-2", W, altered().adding(Entry("blobs/sha256/readme", b"x"))),
    ("BLOB-3", E, blob_named(lambda name: name + ".tar.gz")),
    ("BLOB-4", N, sha512().tar(tarfile.PAX_FORMAT)),
    ("BLOB-5", N, altered(more=(b"nothing refers to me",))),
    ("BLOB-6", E, altered().without(f"blobs/sha256/{sha256(LAYERS[0])}")),
    ("BLOB-7", E, blob_named(lambda name: "blobs/sha256/" + name.rpartition("/")[2].upper())),
    # DESC
    ("DESC-1", E, altered(index=put(*ENTRY, "mediaType", value="application/x; charset=utf-8"))),
    ("DESC-2", E, altered(index=second_entry(digest="sha256:../../etc", annotations={}))),
    ("DESC-3", E, altered(index=put(*ENTRY, "size", value=2.5))),
    ("DESC-4", E, altered(manifest=put(*LAYER, "size", value=7))),
    ("DESC-6", E, altered(manifest=put(*LAYER, "urls", value=["not a uri"]))),
    ("DESC-6", W, altered(manifest=put(*LAYER, "urls", value=["ftp://example.org/x"]))),
    ("DESC-8", E, altered(manifest=put(*LAYER, "data", value=base64.b64encode(b"other").decode()))),
    ("DESC-9", W, altered(index=put(*ENTRY, "artifactType", value="text/other"))),
    ("DESC-11", E, altered(index=put(*ENTRY, "mediaType", value=OCI_INDEX))),
    ("DESC-13", W, altered(manifest=put("config", "platform", value={"architecture": "amd64", "os": "linux"}))),
    ("DESC-13", W, altered(manifest=put(*LAYER, "platform", value={"architecture": "amd64", "os": "linux"}))),
    # INDEX
    ("INDEX-1", E, altered(index=put("schemaVersion", value=1))),
    ("INDEX-2", W, altered(index=drop("mediaType"))),
    ("INDEX-2", E, altered(index=put("mediaType", value=DOCKER_LIST))),
    ("INDEX-4", E, altered(index=put("layers", value=[]))),
    ("INDEX-5", W, altered(index=second_entry(digest=digest(b"[]"), size=2, annotations={}), more=(b"[]",))),
    ("INDEX-6", E, altered(index=drop(*ENTRY, "platform", "os"))),
    ("INDEX-6", W, altered(index=put(*ENTRY, "platform", "variant", value="v99"))),
    ("INDEX-7", W, altered(index=put(*ENTRY, "platform", "architecture", value="arm64"))),
    ("INDEX-9", N, altered(index=put("subject", value={"mediaType": OCI_INDEX, "digest": NOWHERE, "size": 3}))),
    ("INDEX-10", W, altered(index=second_entry())),
    ("INDEX-13", W, altered(index=attested(NOWHERE))),
    ("INDEX-14", N, nested(annotations={REF_NAME: "1"})),
    # MANIF
    ("MANIF-1", E, altered(manifest=put("schemaVersion", value=3))),
    ("MANIF-2", W, altered(manifest=drop("mediaType"))),
    ("MANIF-3", E, altered(manifest=put("config", value=None))),
    ("MANIF-4", W, altered(tars=())),
    ("MANIF-5", E, altered(manifest=lambda m: m["layers"].reverse())),
    ("MANIF-6", E, altered(config=lambda c: [c["rootfs"]["diff_ids"].pop(), c["history"].pop()].clear())),
    ("MANIF-8", W, altered(manifest=put(*LAYER, "mediaType", value="application/x.tar"))),
    ("MANIF-9", E, altered(manifest=put(*LAYER, "mediaType", value=OCI_LAYER + "+gzip"))),
    ("MANIF-10", E, artifact(artifactType=None)),
    ("MANIF-12", W, artifact(b"{} ", layers=[descriptor(b"{} ", OCI_EMPTY)])),
    ("MANIF-13", N, artifact(subject={"mediaType": OCI_INDEX, "digest": NOWHERE, "size": 3})),
    # CONFIG
    ("CONFIG-1", E, altered(config=drop("os"))),
    ("CONFIG-1", W, altered(config=put("os", value=""))),
    ("CONFIG-2", E, altered(config=put("rootfs", "type", value="zfs"))),
    ("CONFIG-5", W, altered(config=lambda c: c["history"].clear() or c["history"].append({}))),
    ("CONFIG-6", W, altered(config=put("created", value="yesterday"))),
    ("CONFIG-7", W, altered(config=put("config", "Env", value=["PATH"]))),
    ("CONFIG-7", W, altered(config=put("config", "ExposedPorts", value={"http": {}}))),
    ("CONFIG-9", W, altered(config=put("config", "Labels", value={"": "x"}))),
    ("CONFIG-4", E, altered(config=put("rootfs", "diff_ids", 0, value=NOWHERE))),
    # LAYER
    ("LAYER-1", E, altered(tars=(b"this is no tar" * 100,))),
    ("LAYER-1", E, altered(tars=(LAYERS[0][:700],))),
    ("LAYER-2", W, with_layer(A, raw_entry(b"a", b"y"))),
    ("LAYER-2", N, with_layer(raw_header(b"d/", kind=b"5"), raw_header(b"d/", kind=b"5"))),
    ("LAYER-4", W, with_layer(raw_entry(b".wh.x", b"data"))),
    ("LAYER-5", E, with_layer(raw_entry(b"d/.wh."))),
    ("LAYER-7", W, with_layer(raw_entry(b".wh..wh.aufs"))),
    ("LAYER-8", N, with_layer(raw_entry(b".wh.a"), A)),
    ("LAYER-10", W, with_layer(A, hard(b"b", b"nowhere"))),
    ("LAYER-10", W, with_layer(A, hard(b"b", b"/a"))),
    ("LAYER-10", E, with_layer(A, hard(b"b", b"../a"))),
    ("LAYER-11", E, with_layer(raw_entry(b"../a", b"x"))),
    ("LAYER-11", N, with_layer(raw_entry(b"/a", b"x"))),
    ("LAYER-12", W, with_layer(A, raw_entry(b"a/b", b"x"))),
    ("LAYER-17", W, with_layer(raw_header(b"gone", kind=b"3", devices=b"0000000\x000000000\0"))),
    ("LAYER-18", N, with_layer(raw_entry(b"su", b"x", mode=b"0004755\0"))),
    ("LAYER-16", N, with_layer(raw_header(b"Files/", kind=b"5"), raw_header(b"Hives/", kind=b"5"))),
    ("LAYER-20", W, altered(manifest=put(*LAYER, "mediaType", value=OCI_LAYER.replace("v1.tar", "nondistributable.v1.tar")))),
    # ANNOT and MEDIA
    ("ANNOT-1", E, altered(manifest=put("annotations", value=[]))),
    ("ANNOT-2", W, altered(manifest=put("annotations", value={"org.opencontainers.own": "x"}))),
    ("ANNOT-3", W, altered(index=lambda i: i["manifests"][0].update(annotations={REF_NAME: "a__b"}))),
    ("ANNOT-4", N, altered(manifest=put("annotations", value={REF_NAME: "1"}))),
    ("ANNOT-5", W, altered(manifest=put("annotations", value={"org.opencontainers.image.created": "now"}))),
    ("ANNOT-6", W, altered(index=put(*ENTRY, "annotations", REF_NAME, value="2"))),
    ("MEDIA-1", W, altered(manifest=put("config", "mediaType", value=DOCKER_CONFIG))),
    # JSON
    ("JSON-1", E, altered(index=lambda i: b"\xef\xbb\xbf" + compact(i))),
    ("JSON-2", E, altered(index=lambda i: compact(i)[:-1] + b',"schemaVersion":2}')),
    ("JSON-4", W, altered(index=lambda i: compact(i) + b" {}")),
    ("JSON-5", E, altered(config=lambda c: c.update(OS=c.pop("os")))),
    # COMPAT
    ("COMPAT-1", E, altered(docker=lambda d: [*d, 7])),
    ("COMPAT-5", W, altered(docker=lambda d: [*d, d[0]])),
    ("COMPAT-6", W, altered(docker=put(0, "RepoTags", value=["other:1"]))),
    ("COMPAT-7", W, altered(docker=put(0, "LayerSources", value={NOWHERE: descriptor(LAYERS[0], OCI_LAYER)}))),
    ("COMPAT-8", N, altered(with_docker=True).adding(Entry("repositories", b'{"other":{"1":"x"}}'))),
]  # fmt: skip


# Breaches that cannot come alone: a second rule says another thing about the same spot.
COMPANIONS = {
    "LAYOUT-4": {"BLOB-5"},
    "BLOB-1": {"CONFIG-4", "BLOB-5"},
    "ARC-3": {"ARC-10"},
    "ARC-4": {"ARC-10"},
    "DESC-1": {"INDEX-5", "DESC-11"},
    "MANIF-3": {"BLOB-5"},
    "LAYER-20": {"BLOB-6"},
}
