"""Archives that break one rule each: of manifest.json, of several images, and of the tars themselves."""

from __future__ import annotations

import json
from typing import Any

from tests.builders import Bundle, Entry, compact, compress, descriptor, docker_24, image, sha256
from tests.builders.altered import LAYERS, altered, blob, put
from tests.builders.images import IMAGE_NAME, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, REF_NAME
from tests.builders.rawtar import END, raw_entry, raw_header, raw_pax
from tests.unit.conformance.cases import E, N, W, with_layer

A = raw_entry(b"a", b"x")
XATTR = raw_pax({b"SCHILY.xattr.security.capability": b"\x01\0\0\2"})


def two_platforms(*names: str, with_platform: bool = True, docker: bool = False, created: str = "") -> Bundle:
    """Two images in a nested index, for the two platforms (amd64 and arm64 if none is given)."""
    first, second = names or ("amd64", "arm64")

    def other(config: dict[str, Any]) -> None:
        config["architecture"] = second
        config["created"] = created or config["created"]

    made, more = altered(with_docker=docker), altered(config=other)
    entries: list[dict[str, Any]] = []
    for part, architecture in ((made, first), (more, second)):
        platform = {"platform": {"architecture": architecture, "os": "linux"}} if with_platform else {}
        entries.append(descriptor(part.data(manifest_of(part)), OCI_MANIFEST, **platform))
    inner = compact({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries})
    notes = {IMAGE_NAME: "docker.io/library/app:1", REF_NAME: "1"}
    top = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [descriptor(inner, OCI_INDEX, annotations=notes)]}
    blobs = [e for e in more.entries if e.name.startswith("blobs/sha256/")]
    both = {e.name: e for e in (*made.entries, *blobs, blob(inner))}
    return Bundle(tuple(both.values())).replacing("index.json", compact(top))


def swapped() -> Bundle:
    """Both trees list the same two images and the same two names, the other way round."""
    other = altered(config=put("created", value="2020-01-01T00:00:00Z"))
    made = altered(with_docker=True)
    entries = _json(made, "index.json")["manifests"] + _json(other, "index.json")["manifests"]
    entries[1]["annotations"] = {IMAGE_NAME: "docker.io/library/app:2", REF_NAME: "2"}
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    docker = _json(made, "manifest.json")
    config = next(e.name for e in other.entries if b'"rootfs"' in e.data)
    docker = [docker[0] | {"RepoTags": ["app:2"]}, docker[0] | {"Config": config}]
    both = {e.name: e for e in (*made.entries, *(e for e in other.entries if e.name.startswith("blobs/sha256/")))}
    found = Bundle(tuple(both.values())).replacing("index.json", compact(index))
    return found.replacing("manifest.json", compact(docker))


def with_trailing_bytes() -> Bundle:
    stored = compress(LAYERS[0], "gzip") + b"more"
    return altered(manifest=put("layers", 0, value=descriptor(stored, OCI_LAYER + "+gzip")), more=(stored,)).without(
        f"blobs/sha256/{sha256(LAYERS[0])}"
    )


def docker_only(**changes: Any) -> Bundle:
    """manifest.json without an OCI layout around it."""
    made = altered(**{"with_docker": True} | changes)
    return made.without("oci-layout", "index.json", manifest_of(made)).renamed(
        lambda name: name.replace("blobs/sha256/", "")
    )


def manifest_of(made: Bundle) -> str:
    return next(e.name for e in made.entries if e.name.startswith("blobs/") and OCI_MANIFEST.encode() in e.data)


def plain(*, config: Any = None, docker: Any = None) -> Bundle:
    """docker save before 25, in two lines."""
    made = docker_24([image("docker.io/library/app:1")])
    return made if docker is None else made.replacing("manifest.json", compact(docker(_json(made))))


def _json(made: Bundle, name: str = "manifest.json") -> Any:
    return json.loads(made.data(name))


def of_docker(**changes: Any) -> Bundle:
    """A docker save whose one entry has other fields; None drops one."""

    def change(entries: Any) -> Any:
        entry = entries[0] | changes
        return [{key: value for key, value in entry.items() if value is not None}]

    return plain(docker=change).without("repositories")


def without_layer() -> Bundle:
    made = plain().without("repositories")
    name = next(name for name in made.names() if name.endswith("layer.tar"))
    return made.without(name)


def shorter() -> Bundle:
    made = plain().without("repositories")
    return made.replacing("manifest.json", compact([_json(made)[0] | {"Layers": _json(made)[0]["Layers"][:1]}]))


def wrong_layer() -> Bundle:
    made = plain().without("repositories")
    name = next(name for name in made.names() if name.endswith("layer.tar"))
    return made.replacing(name, LAYERS[0])


def second_name() -> Bundle:
    """The image of manifest.json is another one than that of index.json, under one name."""
    other = altered(config=put("created", value="2020-01-01T00:00:00Z"))
    config = next(e for e in other.entries if b'"rootfs"' in e.data)
    made = altered(docker=put(0, "Config", value=config.name))
    return made.adding(config)


def self_containing() -> Bundle:
    """An index that names itself: only a wrong digest makes it possible, so BLOB-1 comes along."""
    name = "sha256:" + "a" * 64
    inner = compact({"schemaVersion": 2, "mediaType": OCI_INDEX,
                     "manifests": [{"mediaType": OCI_INDEX, "digest": name, "size": 214}]})  # fmt: skip
    made = altered(index=lambda i: i["manifests"].append(
        {"mediaType": OCI_INDEX, "digest": name, "size": len(inner)}))  # fmt: skip
    return made.adding(Entry("blobs/sha256/" + "a" * 64, inner))


CASES: list[tuple[str, Any, Bundle | bytes]] = [
    ("ARC-7", N, compress(altered().tar(), "gzip")),
    ("ARC-7", W, compress(altered().tar(), "xz")),
    ("LAYOUT-5", E, altered(with_docker=True).replacing("index.json", b"[]")),
    ("LAYOUT-6", E, altered(index=put("manifests", value=[])).without(
        *(name for name in altered().names() if name.startswith("blobs")) )),
    ("LAYOUT-7", E, Bundle((Entry("blobs", b"x"), Entry("index.json", compact(
        {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []})),
        Entry("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')))),
    ("DESC-10", W, two_platforms(with_platform=False)),
    ("INDEX-3", E, altered(index=put("manifests", value=None))),
    ("INDEX-8", N, two_platforms("amd64", "amd64", created="2020-01-01T00:00:00Z")),
    ("INDEX-11", W, second_name()),
    ("INDEX-12", E, self_containing()),
    ("MANIF-7", N, altered(manifest=put("config", "mediaType", value="application/x.config"))),
    ("CONFIG-3", E, altered(config=put("rootfs", "diff_ids", 0, value="sha256:zz"))),
    ("CONFIG-10", W, altered(config=put("os", value="windows"), index=put("manifests", 0, "platform", "os", value="windows"))),
    ("LAYER-3", E, with_layer(A, raw_header(b"b", kind=b"Q"))),
    ("LAYER-14", N, with_layer(XATTR, A)),
    ("LAYER-15", W, with_layer(raw_pax({b"GNU.sparse.major": b"1", b"GNU.sparse.minor": b"0", b"GNU.sparse.name": b"s",
                                        b"GNU.sparse.realsize": b"2048"}),
                               raw_entry(b"s", b"1\n0\n512\n".ljust(512, b"\0") + b"x" * 512))),
    ("COMPAT-2", E, of_docker(Config="nowhere.json")),
    ("COMPAT-3", E, shorter()),
    ("COMPAT-4", E, without_layer()),
    ("COMPAT-4", E, wrong_layer()),
    ("COMPAT-6", E, swapped()),
    ("COMPAT-5", W, of_docker(RepoTags=["UPPER CASE"])),
    ("COMPAT-1", W, docker_only(docker=lambda d: b"[]")),
    ("COMPAT-9", W, altered(config=put("author", value="x" * (5 << 20)), with_docker=True)),
    ("COMPAT-10", N, altered(config=put("os", value="freebsd"), index=put("manifests", 0, "platform", "os", value="freebsd"),
                             with_docker=True)),
    ("LAYER-19", W, with_trailing_bytes()),
    ("COMPAT-11", N, two_platforms(docker=True)),
    ("JSON-3", W, altered(config=lambda c: compact(c)[:-1] + b',"x":NaN}')),
    ("TAR-3", W, altered(tars=(A,))),
    ("TAR-4", W, with_layer(A, END, b"more" * 200)),
    ("TAR-5", W, with_layer(raw_pax(b"6 a=b\n6 a=c\n"), A)),
]  # fmt: skip
COMPANIONS = {"INDEX-11": {"COMPAT-6"}, "INDEX-12": {"BLOB-1"}, "COMPAT-9": {"ARC-8"}}
