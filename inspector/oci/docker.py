"""Docker's own documents in a `docker save` archive: manifest.json, repositories, v1 image JSON (formats.md A1-A3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from inspector.findings import Severity
from inspector.language import say
from inspector.oci.descriptor import Descriptor
from inspector.oci.execution import Execution
from inspector.oci.node import Node

if TYPE_CHECKING:
    from inspector.findings import Finding
    from inspector.oci.document import Document, Json

_ENTRY_NAMES: Final = ("Config", "RepoTags", "Layers", "Parent", "LayerSources")
_V1_NAMES: Final = (
    "id",
    "parent",
    "created",
    "author",
    "comment",
    "config",
    "container_config",
    "docker_version",
    "architecture",
    "os",
    "Size",
    "throwaway",
)


@dataclass(frozen=True, slots=True)
class DockerManifestEntry:
    """One image of manifest.json: names of members of the archive, not digests.

    `layers` stand base first and may hold "" (imgutil's thin archives); `layer_sources` is keyed by what the writer
    used, the diffID as a rule, the stored digest with regclient. `tags_are_null` tells Docker's untagged image.
    """

    config: str = ""
    repo_tags: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    layer_sources: Mapping[str, Descriptor] = field(default_factory=dict, hash=False)
    parent: str | None = None
    tags_are_null: bool = False
    pointer: str = "$"
    raw: Mapping[str, Json] = field(default_factory=dict, hash=False, repr=False)

    @classmethod
    def parse(cls, node: Node) -> Self:
        """The entry at `node`, which is an object. Names in another case count, and the last one wins, as in Go."""
        raw = node.value if isinstance(node.value, dict) else {}
        node = node.spelled(_ENTRY_NAMES, last_wins=True, severity=Severity.INFO)
        sources: dict[str, Descriptor] = {}
        if node["LayerSources"].as_map(code="COMPAT-7", severity=Severity.WARNING):
            sources = {key: Descriptor.parse(source) for key, source in node["LayerSources"].items()}
        return cls(
            config=node["Config"].as_str("", code="COMPAT-2", required=True),
            repo_tags=node["RepoTags"].as_str_list(code="COMPAT-5", severity=Severity.WARNING) or (),
            layers=_layers(node["Layers"]),
            layer_sources=sources,
            parent=node["Parent"].as_str(code="COMPAT-7", severity=Severity.WARNING) or None,
            tags_are_null=node["RepoTags"].value is None,
            pointer=node.pointer,
            raw=raw,
        )


def parse_manifest_json(document: Document) -> tuple[tuple[DockerManifestEntry, ...], tuple[Finding, ...]]:
    """The images of manifest.json, in stored order; what is no object is left out and told.

    Findings: COMPAT-1, COMPAT-2, COMPAT-4, COMPAT-5, COMPAT-7, DESC-*, JSON-5 (names in another case, which Docker
    and all other loaders take). An object at the top is the manifest of a `dir:` folder: the caller knows better.
    """
    node = Node.of(document)
    if not isinstance(node.value, list):
        node.wrong(say("an array of images"), code="COMPAT-1", explanation=say("docker load refuses it."))
        return (), node.problems.findings()
    entries = []
    for entry in node.elements():
        if isinstance(entry.value, dict):
            entries.append(DockerManifestEntry.parse(entry))
        else:
            entry.wrong(say("an image"), code="COMPAT-1")
    return tuple(entries), node.problems.findings()


def parse_repositories(document: Document) -> tuple[Mapping[str, Mapping[str, str]], tuple[Finding, ...]]:
    """Repository name → tag → id, as stated: a v1 id, or with Docker 25 and later the hex of the top diffID.

    Findings: COMPAT-8; what has the wrong type is left out.
    """
    node = Node.of(document)
    node.as_map(code="COMPAT-8", required=True, severity=Severity.WARNING)
    names: dict[str, Mapping[str, str]] = {}
    for name, tags in node.items():
        names[name] = tags.as_str_map(code="COMPAT-8", null_allowed=True, severity=Severity.WARNING)
    return names, node.problems.findings()


@dataclass(frozen=True, slots=True)
class V1Image:
    """The `json` of one layer folder, an image of Docker up to 1.9: its id and its parent's, which are no digests.

    `size` is what Docker states of the unpacked layer in bytes, None if it does not. `container_config` is as stored.
    """

    id: str = ""
    parent: str = ""
    created: str | None = None
    author: str = ""
    comment: str = ""
    config: Execution = field(default_factory=Execution)
    container_config: Mapping[str, Json] = field(default_factory=dict, hash=False)
    docker_version: str = ""
    architecture: str = ""
    os: str = ""
    size: int | None = None
    throwaway: bool = False
    raw: Mapping[str, Json] = field(default_factory=dict, hash=False, repr=False)

    @classmethod
    def parse(cls, document: Document) -> tuple[Self, tuple[Finding, ...]]:
        """What can be had. Findings, all warnings but the first: COMPAT-8 (no object, no id), CONFIG-6, CONFIG-7."""
        top = Node.of(document)
        if not isinstance(top.value, dict):
            top.wrong(say("a v1 image"), code="COMPAT-8")
            return cls(), top.problems.findings()
        raw = top.value
        node = top.spelled(_V1_NAMES)

        def text(name: str, code: str = "CONFIG-7") -> str:
            return node[name].as_str("", code=code, severity=Severity.WARNING)

        image = cls(
            id=node["id"].as_str("", code="COMPAT-8", severity=Severity.WARNING),
            parent=text("parent", "COMPAT-8"),
            created=node["created"].as_str(code="CONFIG-6", severity=Severity.WARNING),
            author=text("author"),
            comment=text("comment"),
            config=Execution.parse(node["config"]),
            container_config=node["container_config"].as_map(code="CONFIG-7", severity=Severity.WARNING),
            docker_version=text("docker_version"),
            architecture=text("architecture"),
            os=text("os"),
            size=node["Size"].as_int(code="CONFIG-7", severity=Severity.WARNING),
            throwaway=node["throwaway"].as_bool(code="CONFIG-7", severity=Severity.WARNING),
            raw=raw,
        )
        return image, node.problems.findings()


def _layers(node: Node) -> tuple[str, ...]:
    """Member names, one for each entry: what is no text becomes "", so that layers keep their numbers."""
    names = []
    for entry in node.as_list(code="COMPAT-4"):
        if not isinstance(entry.value, str):
            entry.wrong(say("a member's name"), code="COMPAT-4")
        names.append(entry.value if isinstance(entry.value, str) else "")
    return tuple(names)
