"""CONFIG-*: image configs (config.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from inspector.conformance.grammar import is_date
from inspector.conformance.rules import Check, Rule
from inspector.findings import Finding, Fix, Severity
from inspector.language import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.archive.image import Image
    from inspector.conformance.case import Case
    from inspector.oci.config import ImageConfig
    from inspector.oci.document import Document

_SPEC: Final = "config.md#properties"
_PORT: Final = re.compile(r"[0-9]{1,5}(?:-[0-9]{1,5})?(?:/(?:tcp|udp|sctp))?", re.ASCII)

CONFIG_1: Final = Rule(
    "CONFIG-1",
    "A config has architecture and os",
    "Loaders compare them with the machine. Adding them changes the image ID, so export does not.",
    _SPEC,
)
CONFIG_2: Final = Rule(
    "CONFIG-2",
    "rootfs.type is layers",
    "A reader must refuse every other word.",
    _SPEC,
)
CONFIG_4: Final = Rule(
    "CONFIG-4",
    "Each diffID is the digest of its unpacked layer",
    "Loaders compute it while unpacking and refuse the image if it differs: the layer or the config is damaged.",
    _SPEC,
)
CONFIG_5: Final = Rule(
    "CONFIG-5",
    "The history has one step per layer, empty ones aside",
    "Not required, but views of the history and squashing tools shift layers if the numbers differ.",
    _SPEC,
)
CONFIG_6: Final = Rule(
    "CONFIG-6", "Dates are written as RFC 3339 says", "Readers written in Go refuse the whole config.", _SPEC
)
CONFIG_7: Final = Rule(
    "CONFIG-7",
    "Execution parameters have the right types and forms",
    "What runs the image refuses it, or passes over the setting.",
    _SPEC,
)
CONFIG_9: Final = Rule(
    "CONFIG-9", "Labels obey the rules for annotations", "They are texts by name.", "annotations.md#rules"
)
CONFIG_10: Final = Rule(
    "CONFIG-10",
    "A Windows image states os.version",
    "Windows starts an image only on a fitting version.",
    _SPEC,
)

RULES: Final = (
    CONFIG_1,
    CONFIG_2,
    Rule(
        "CONFIG-3",
        "rootfs.diff_ids is an array of digests",
        "They name the unpacked layers; configs of artifacts and caches have none.",
        _SPEC,
    ),
    CONFIG_4,
    CONFIG_5,
    CONFIG_6,
    CONFIG_7,
    Rule(
        "CONFIG-8",
        "null means absent, and unknown fields are allowed",
        "Docker and BuildKit add fields of their own; they are kept, and never a fault.",
        _SPEC,
    ),
    CONFIG_9,
    CONFIG_10,
    Rule(
        "CONFIG-11",
        "A config is kept byte for byte",
        "Its digest is the image ID. This binds the export, which checks it.",
        "considerations.md",
    ),
    Rule(
        "CONFIG-12",
        "No secrets in environment and history",
        "Whoever has the image reads them. `files` and the window list what looks like one.",
        None,
    ),
)


def configs(case: Case) -> Iterator[tuple[Image, Document, ImageConfig]]:
    """The config of every image, each document once."""
    seen: set[str] = set()
    for image in case.images:
        if image.config is not None and image.parsed_config is not None and image.config.name not in seen:
            seen.add(image.config.name)
            yield image, image.config, image.parsed_config


def objects(case: Case) -> Iterator[Finding]:
    """CONFIG-1: a config that is JSON and no object (no JSON at all: found when opening)."""
    for image in case.images:
        if image.config is not None and image.parsed_config is None:
            yield CONFIG_1.broken(
                Severity.ERROR,
                "A config that is no object",
                at=image.config.name,
                pointer="$",
                digest=image.config.digest,
                expected=say("an object"),
                found=image.config.text[:80],
            )


def platforms(case: Case) -> Iterator[Finding]:
    """CONFIG-1: there and empty (missing: found when reading)."""
    for _, document, config in configs(case):
        for name in ("architecture", "os"):
            if config.raw.get(name) == "":
                yield CONFIG_1.broken(
                    Severity.WARNING,
                    say("An empty %s", name),
                    at=document.name,
                    pointer=f"$.{name}",
                    digest=document.digest,
                    expected=say("a name that Go uses"),
                    found='""',
                )


def root_file_systems(case: Case) -> Iterator[Finding]:
    """CONFIG-2: another word than layers (missing: found when reading)."""
    for _, document, config in configs(case):
        if config.rootfs_type and config.rootfs_type != "layers":
            yield CONFIG_2.broken(
                Severity.ERROR,
                "An unknown kind of root file system",
                at=document.name,
                pointer="$.rootfs.type",
                digest=document.digest,
                expected="layers",
                found=config.rootfs_type,
            )


def steps(case: Case) -> Iterator[Finding]:
    """CONFIG-5. A config without history is fine."""
    for _, document, config in configs(case):
        making = sum(1 for entry in config.history if not entry.empty_layer)
        if config.history and making != len(config.stated_diff_ids):
            yield CONFIG_5.broken(
                Severity.WARNING,
                "The history does not fit the layers",
                at=document.name,
                pointer="$.history",
                digest=document.digest,
                expected=say("%s steps with a layer", len(config.stated_diff_ids)),
                found=making,
            )


def dates(case: Case) -> Iterator[Finding]:
    """CONFIG-6."""
    for _, document, config in configs(case):
        stated = [("$.created", config.created)]
        stated += [(f"$.history[{number}].created", entry.created) for number, entry in enumerate(config.history)]
        for pointer, text in stated:
            if text is not None and not is_date(text):
                yield CONFIG_6.broken(
                    Severity.WARNING,
                    "A date that is none",
                    at=document.name,
                    pointer=pointer,
                    digest=document.digest,
                    expected=say("a date like 2024-05-01T10:00:00Z"),
                    found=text,
                )


def settings(case: Case) -> Iterator[Finding]:
    """CONFIG-7: forms (types: found when reading)."""
    for _, document, config in configs(case):
        execution = config.execution
        wrong = [
            (f"$.config.Env[{number}]", "NAME=value", text)
            for number, text in enumerate(execution.env)
            if text.find("=") < 1
        ]
        wrong += [
            (f"$.config.ExposedPorts.{port}", "port or port/protocol", port)
            for port in execution.exposed_ports
            if not _PORT.fullmatch(port)
        ]
        for pointer, expected, found in wrong:
            yield CONFIG_7.broken(
                Severity.WARNING,
                "A setting of an unusual form",
                at=document.name,
                pointer=pointer,
                digest=document.digest,
                expected=expected,
                found=found,
            )


def labels(case: Case) -> Iterator[Finding]:
    """CONFIG-9: a label without a name (types: found when reading)."""
    for _, document, config in configs(case):
        if "" in config.execution.labels:
            yield CONFIG_9.broken(
                Severity.WARNING,
                "A label without a name",
                at=document.name,
                pointer="$.config.Labels",
                digest=document.digest,
                found=config.execution.labels[""],
            )


def windows(case: Case) -> Iterator[Finding]:
    """CONFIG-10."""
    for _, document, config in configs(case):
        if config.os == "windows" and not config.os_version:
            yield CONFIG_10.broken(
                Severity.WARNING,
                "A Windows image without os.version",
                at=document.name,
                pointer="$",
                digest=document.digest,
                expected="os.version",
                found="nothing",
                fix=Fix.NONE,
            )


def diff_ids(case: Case) -> Iterator[Finding]:
    """CONFIG-4, for images with a stored manifest (of manifest.json alone: COMPAT-4). A mere wrong order is MANIF-5."""
    for image in case.archive.images:
        config = image.parsed_config
        if config is None or image.manifest is None or len(config.diff_ids) != len(image.layers):
            continue
        stated = set(config.diff_ids)
        for layer in image.layers:
            if layer.blob is None or layer.blob not in case.contents.diff_ids:
                continue
            found = case.contents.diff_ids[layer.blob]
            if found is None or layer.diff_id is None or found == layer.diff_id or found in stated:
                continue
            if layer.diff_id.algorithm != found.algorithm:
                continue
            yield CONFIG_4.broken(
                Severity.ERROR,
                "A layer is not what its diffID says",
                at=layer.blob.member.name,
                pointer=f"$.rootfs.diff_ids[{layer.number - 1}]",
                offset=layer.blob.member.header_offset,
                digest=layer.digest,
                expected=layer.diff_id,
                found=found,
            )


QUICK: Final[tuple[Check, ...]] = (objects, platforms, root_file_systems, steps, dates, settings, labels, windows)
DEEP: Final[tuple[Check, ...]] = (diff_ids,)
