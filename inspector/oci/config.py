"""Image configs: platform, layers by diffID, history and how to run it (config.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from inspector.findings import Severity
from inspector.language import said_by, say
from inspector.oci.digest import Digest
from inspector.oci.execution import Execution, Healthcheck
from inspector.oci.node import Node
from inspector.oci.platform import Platform

if TYPE_CHECKING:
    from inspector.findings import Finding
    from inspector.oci.document import Document, Json

__all__ = ["Execution", "Healthcheck", "HistoryEntry", "ImageConfig"]

_NAMES: Final = (
    "created",
    "author",
    "architecture",
    "os",
    "os.version",
    "os.features",
    "variant",
    "config",
    "rootfs",
    "history",
)
_ROOTFS_NAMES: Final = ("type", "diff_ids")
_HISTORY_NAMES: Final = ("created", "created_by", "author", "comment", "empty_layer")


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step of making the image, told by whoever made it: nothing checks it. `created` is RFC 3339, as stated."""

    created: str | None = None
    created_by: str = ""
    author: str = ""
    comment: str = ""
    empty_layer: bool = False

    @classmethod
    def parse(cls, node: Node) -> Self:
        """The step at `node`, an empty one if it is no object, so that positions stay right. Findings: CONFIG-5."""
        if not isinstance(node.value, dict):
            node.wrong(say("a step of the history"), code="CONFIG-5", severity=Severity.WARNING)
            return cls()
        node = node.spelled(_HISTORY_NAMES)

        def text(name: str) -> str:
            return node[name].as_str("", code="CONFIG-5", severity=Severity.WARNING)

        return cls(
            created=node["created"].as_str(code="CONFIG-6", severity=Severity.WARNING),
            created_by=text("created_by"),
            author=text("author"),
            comment=text("comment"),
            empty_layer=node["empty_layer"].as_bool(code="CONFIG-5", severity=Severity.WARNING),
        )


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """What a config states; JSON null is absent, texts that are absent are "".

    `diff_ids` and `stated_diff_ids` run in step, base layer first; an entry that is no digest is None in the first
    and its text (or "") in the second. `has_diff_ids` is False when there is no such list: configs of artifacts and
    caches. `raw` holds all fields, Docker's extras included.
    """

    architecture: str = ""
    os: str = ""
    variant: str = ""
    os_version: str = ""
    os_features: tuple[str, ...] = ()
    created: str | None = None
    author: str = ""
    rootfs_type: str = ""
    diff_ids: tuple[Digest | None, ...] = ()
    stated_diff_ids: tuple[str, ...] = ()
    has_diff_ids: bool = False
    history: tuple[HistoryEntry, ...] = ()
    execution: Execution = field(default_factory=Execution)
    docker_version: str = ""
    raw: Mapping[str, Json] = field(default_factory=dict, hash=False, repr=False)

    @property
    def platform(self) -> Platform:
        return Platform(self.os, self.architecture, self.variant, self.os_version, self.os_features)

    @classmethod
    def parse(cls, document: Document) -> tuple[Self, tuple[Finding, ...]]:
        """What can be had, and what reading it brought up: CONFIG-1 to CONFIG-9, JSON-5. Raises nothing."""
        top = Node.of(document)
        if not isinstance(top.value, dict):
            top.wrong(say("an image config"), code="CONFIG-1")
            return cls(), top.problems.findings()
        raw = top.value
        node = top.spelled(_NAMES)
        rootfs = node["rootfs"]
        rootfs.as_map(code="CONFIG-2", required=True)
        rootfs = rootfs.spelled(_ROOTFS_NAMES)
        has_rootfs = isinstance(rootfs.value, dict)
        diff_ids, stated = _diff_ids(rootfs["diff_ids"], required=has_rootfs)

        def text(name: str, code: str = "CONFIG-7") -> str:
            return node[name].as_str("", code=code, severity=Severity.WARNING)

        config = cls(
            architecture=node["architecture"].as_str("", code="CONFIG-1", required=True),
            os=node["os"].as_str("", code="CONFIG-1", required=True),
            variant=text("variant"),
            os_version=text("os.version"),
            os_features=node["os.features"].as_str_list(code="CONFIG-7", severity=Severity.WARNING) or (),
            created=node["created"].as_str(code="CONFIG-6", severity=Severity.WARNING),
            author=text("author"),
            rootfs_type=rootfs["type"].as_str("", code="CONFIG-2", required=has_rootfs),
            diff_ids=diff_ids,
            stated_diff_ids=stated,
            has_diff_ids=isinstance(rootfs["diff_ids"].value, list),
            history=tuple(
                HistoryEntry.parse(entry)
                for entry in node["history"].as_list(code="CONFIG-5", severity=Severity.WARNING)
            ),
            execution=Execution.parse(node["config"]),
            docker_version=text("docker_version"),
            raw=raw,
        )
        return config, node.problems.findings()


def _diff_ids(node: Node, *, required: bool) -> tuple[tuple[Digest | None, ...], tuple[str, ...]]:
    digests: list[Digest | None] = []
    stated: list[str] = []
    for entry in node.as_list(code="CONFIG-3", required=required):
        try:
            digests.append(Digest.parse(entry.value))
        except ValueError as error:
            entry.wrong(say("a valid digest"), code="CONFIG-3", explanation=said_by(error))
            digests.append(None)
        stated.append(entry.value if isinstance(entry.value, str) else "")
    return tuple(digests), tuple(stated)
