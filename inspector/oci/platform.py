"""Platforms: what an image runs on (image-index.md#platform)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inspector.findings import Severity
from inspector.language import say

if TYPE_CHECKING:
    from inspector.oci.node import Node

_NAMES: Final = ("architecture", "os", "os.version", "os.features", "variant")
_PART: Final = re.compile(r"[A-Za-z0-9_.-]+")
_OS_TWINS: Final = {"macos": "darwin"}
# containerd's platform normalisation: names of `uname -m`, and the variant that a bare name stands for.
_TWINS: Final = {
    ("i386", ""): ("386", ""),
    ("x86_64", ""): ("amd64", ""),
    ("x86-64", ""): ("amd64", ""),
    ("amd64", "v1"): ("amd64", ""),
    ("aarch64", ""): ("arm64", ""),
    ("aarch64", "v8"): ("arm64", ""),
    ("arm64", "v8"): ("arm64", ""),
    ("arm64", "8"): ("arm64", ""),
    ("armhf", ""): ("arm", "v7"),
    ("armel", ""): ("arm", "v6"),
    ("arm", ""): ("arm", "v7"),
    ("arm", "5"): ("arm", "v5"),
    ("arm", "6"): ("arm", "v6"),
    ("arm", "7"): ("arm", "v7"),
    ("arm", "8"): ("arm", "v8"),
}
_NAMES_WITH_VARIANT: Final = ("armhf", "armel")


@dataclass(frozen=True, slots=True)
class Platform:
    """Operating system and processor, in the words of GOOS and GOARCH, as stated; nothing is normalised here."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""
    os_features: tuple[str, ...] = ()

    def __str__(self) -> str:
        """`linux/arm64/v8`; what is empty is told as `unknown`. The version of Windows is not part of it."""
        parts = (self.os or "unknown", self.architecture or "unknown", self.variant)
        return "/".join(part for part in parts if part)

    @property
    def is_unknown(self) -> bool:
        """`unknown/unknown`, as BuildKit marks attestations, or nothing stated at all."""
        return {self.os, self.architecture} <= {"", "unknown"}

    @classmethod
    def parse(cls, node: Node) -> Platform | None:
        """The platform object at `node`, None when there is none. Findings: INDEX-6."""
        if node.value is None:
            return None
        if not isinstance(node.value, dict):
            node.wrong(say("a platform object"), code="INDEX-6")
            return None
        node = node.spelled(_NAMES)
        return cls(
            os=node["os"].as_str("", code="INDEX-6", required=True),
            architecture=node["architecture"].as_str("", code="INDEX-6", required=True),
            variant=node["variant"].as_str("", code="INDEX-6", severity=Severity.WARNING),
            os_version=node["os.version"].as_str("", code="INDEX-6", severity=Severity.WARNING),
            os_features=node["os.features"].as_str_list(code="INDEX-6", severity=Severity.WARNING) or (),
        )

    @classmethod
    def from_text(cls, text: str) -> Platform:
        """`os/architecture[/variant]` as written on a command line; `ValueError` with a sentence otherwise."""
        parts = text.strip().split("/")
        if len(parts) not in (2, 3) or not all(_PART.fullmatch(part) for part in parts):
            shown = text if len(text) <= 100 else text[:100] + "…"
            raise ValueError(say("%s is no platform: write os/architecture or os/architecture/variant.", f"{shown!r}"))
        return cls(parts[0].lower(), parts[1].lower(), parts[2].lower() if len(parts) == 3 else "")

    def matches(self, asked: Platform) -> bool:
        """Whether this platform is what `asked` names; an empty variant in `asked` takes any.

        `x86_64` and `amd64`, `arm64` and `arm64/v8`, `arm` and `arm/v7` are the same, as for containerd.
        """
        if _OS_TWINS.get(self.os.lower(), self.os.lower()) != _OS_TWINS.get(asked.os.lower(), asked.os.lower()):
            return False
        if asked.os_version and asked.os_version != self.os_version:
            return False
        own, wanted = self._processor(), asked._processor()
        if asked.variant or asked.architecture.lower() in _NAMES_WITH_VARIANT:
            return own == wanted
        return own[0] == wanted[0]

    def normal(self) -> tuple[object, ...]:
        """Equal for platforms that are the same for containerd; the version and features of Windows count."""
        os = self.os.lower()
        return (_OS_TWINS.get(os, os), *self._processor(), self.os_version, self.os_features)

    def _processor(self) -> tuple[str, str]:
        pair = (self.architecture.lower(), self.variant.lower())
        return _TWINS.get(pair, pair)
