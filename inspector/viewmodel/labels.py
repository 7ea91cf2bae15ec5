"""What nodes are called: names that a person understands, made of untrusted texts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from inspector.language import tr
from inspector.oci import annotations as keys
from inspector.oci import mediatype
from inspector.oci.reference import Reference, is_full_reference
from inspector.viewmodel import display

if TYPE_CHECKING:
    from inspector.archive.image import Image, Layer
    from inspector.oci.descriptor import Descriptor
    from inspector.oci.platform import Platform

UNTAGGED = "untagged image"

_NAMES_SHOWN = 3
_STEP_SHOWN = 60

_BY_SHELL = re.compile(r"^(?:\|\d+ (?:[^ =]+=\S* )*)?/bin/(?:ba)?sh -c (?:#\(nop\)\s*)?")
_RUN_SHELL = re.compile(r"^RUN (?:\|\d+ .*?)?/bin/(?:ba)?sh -c ")
_BUILDKIT = "# buildkit"
_CONTENT = re.compile(r"\b(file|dir|multi):([0-9a-f]{12})[0-9a-f]{52}\b")
_NOP = re.compile(r"^(?:\|\d+ (?:[^ =]+=\S* )*)?/bin/(?:ba)?sh -c #\(nop\)\s*")


def familiar(name: str) -> str:
    """`alpine:3.20` for `docker.io/library/alpine:3.20`; what is no full reference (`latest`, `base`) stays as it is."""
    if not is_full_reference(name):
        return display.safe(name)
    try:
        return display.safe(Reference.parse(name).familiar)
    except ValueError:
        return display.safe(name)


def names(found: Iterable[str]) -> str:
    """`app:1.2, app:latest`; of more than three the rest is counted."""
    shown = [familiar(name) for name in found]
    rest = len(shown) - _NAMES_SHOWN
    return ", ".join(shown) if rest <= 1 else ", ".join(shown[:_NAMES_SHOWN]) + tr(" and %s more") % rest


def platform(found: Platform | None) -> str:
    """`linux/arm64/v8`, `windows/amd64 10.0.20348.1`, or "" if unknown.

    An index holds one Windows image for each version, told apart by nothing else.
    """
    if found is None or found.is_unknown:
        return ""
    return display.safe(f"{found} {found.os_version}".strip(), 100)


def command(created_by: str) -> str:
    """A history step as its Dockerfile had it: without the shell that the builder put around it, on one line.

    `/bin/sh -c #(nop)  CMD ["sh"]` (classic builder) is `CMD ["sh"]`, `/bin/sh -c apk add x` is `RUN apk add x`,
    `RUN /bin/sh -c apk add x # buildkit` (BuildKit) is `RUN apk add x`.
    """
    text = created_by.strip().removesuffix(_BUILDKIT).rstrip()
    if _NOP.match(text):
        text = _NOP.sub("", text)
    elif _BY_SHELL.match(text):
        text = "RUN " + _BY_SHELL.sub("", text)
    elif _RUN_SHELL.match(text):
        text = "RUN " + _RUN_SHELL.sub("", text)
    return " ".join(text.split())


def step(created_by: str, limit: int = _STEP_SHOWN) -> str:
    """`command`, safe and short enough for a label: the classic builder's digests of copied files are cut."""
    return display.elided(_CONTENT.sub(r"\1:\2…", command(created_by)), limit)


def steps_of_layers(found: Image, limit: int = 400) -> tuple[str, ...]:
    """The step that made each layer, base first; "" where the history does not say."""
    return tuple(
        step(layer_.history.created_by, limit) if layer_.history is not None else "" for layer_ in found.layers
    )


def layer(found: Layer) -> str:
    """`layer 3 · 12.4 MB · RUN apk add …`."""
    parts = [tr("layer %s") % found.number]
    if found.size is not None:
        parts.append(display.size(found.size))
    if found.history is not None and found.history.created_by:
        parts.append(step(found.history.created_by))
    return " · ".join(parts)


_PREDICATES = (
    ("https://slsa.dev/provenance/v1", "build provenance (SLSA 1)"),
    ("https://slsa.dev/provenance/v0.2", "build provenance (SLSA 0.2)"),
    ("https://slsa.dev/provenance", "build provenance (SLSA)"),
    ("https://spdx.dev/Document", "package list (SPDX)"),
    ("https://cyclonedx.org/bom", "package list (CycloneDX)"),
    ("https://cosign.sigstore.dev/attestation", "cosign statement"),
    ("https://sigstore.dev/cosign/sign", "cosign signature"),
)


def predicate(uri: str) -> str:
    """What an in-toto predicate type is, in words; an unknown one is shown as it is."""
    return next((tr(words) for start, words in _PREDICATES if uri.startswith(start)), display.safe(uri, 200))


def part(descriptor: Descriptor | None, number: int) -> str:
    """A blob of an artifact or attestation: its predicate, its title, else its media type in words."""
    if descriptor is None:
        return tr("part %s") % number
    stated = descriptor.annotations.get("in-toto.io/predicate-type")
    title = descriptor.annotations.get(keys.TITLE)
    if stated:
        return predicate(stated)
    if title:
        return display.safe(title, 200)
    return display.safe(tr(mediatype.in_words(descriptor.media_type)), 200) or tr("part %s") % number


_ARTIFACTS = (
    ("application/vnd.docker.attestation.manifest", "attestation"),
    ("application/vnd.dev.cosign", "cosign signature"),
    ("application/vnd.dev.sigstore.bundle", "sigstore bundle"),
    ("application/vnd.cncf.notary", "Notary signature"),
    ("application/vnd.cncf.helm", "Helm chart"),
    ("application/spdx", "package list (SPDX)"),
    ("application/vnd.cyclonedx", "package list (CycloneDX)"),
    ("application/vnd.in-toto", "attestation"),
    ("application/sarif", "scan report (SARIF)"),
    ("application/vnd.buildkit.cacheconfig", "BuildKit cache"),
)


def artifact(artifact_type: str | None) -> str:
    """What an artifact is, by its artifactType."""
    if not artifact_type:
        return tr("artifact")
    words = next((tr(words) for start, words in _ARTIFACTS if artifact_type.startswith(start)), None)
    return words or tr("artifact %s") % display.safe(artifact_type, 120)


def image(found: Image, shown_names: Iterable[str]) -> str:
    """`alpine:3.20 · linux/arm64/v8`, `linux/arm64/v8`, or `untagged image`."""
    parts = [part_ for part_ in (names(shown_names), platform(found.platform)) if part_]
    return " · ".join(parts) or tr(UNTAGGED)
