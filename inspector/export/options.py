"""What a person may choose for an export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from inspector.errors import UsageError
from inspector.export.recompress import Encoding
from inspector.oci.platform import Platform


class Preset(StrEnum):
    """For whom the archive is; the values are the words of the command line."""

    DOCKER_COMPATIBLE = "docker-compatible"
    """An OCI layout with Docker's manifest.json beside it: every loader finds what it reads."""
    STRICT_OCI = "strict-oci"
    """An OCI layout and nothing else."""
    CLASSIC_DOCKER = "classic-docker"
    """docker save as Docker 1.10 to 24 wrote it, for scripts and old engines."""


COMPRESSIONS = ("keep", "none", "gzip", "zstd")


@dataclass(frozen=True)
class ExportOptions:
    """The choices. `images` are names, digests or keys of images (none: all); `platforms` like `linux/arm64` (none: all).

    `retag` maps a name of the archive (or the digest of an image without one) to its new name. `convert_docker` turns
    Docker's media types into the specification's, which changes the digests of those manifests. `preferred_platform`
    is the one that manifest.json gets of a multi-platform image (default: this machine's, on Linux).
    """

    preset: Preset = Preset.DOCKER_COMPATIBLE
    compression: str = "keep"
    level: int | None = None
    images: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    retag: Mapping[str, str] = field(default_factory=dict)
    convert_docker: bool = True
    preferred_platform: str | None = None

    def __post_init__(self) -> None:
        """Take the words of presets, too."""
        try:
            object.__setattr__(self, "preset", Preset(self.preset))
        except ValueError as error:
            raise UsageError("There is no such preset", f"{self.preset}: choose {', '.join(Preset)}.") from error

    def check(self) -> None:
        """`UsageError` for choices that contradict each other or do not exist."""
        if self.compression not in COMPRESSIONS:
            raise UsageError("There is no such compression", f"{self.compression}: choose {', '.join(COMPRESSIONS)}.")
        if self.compression == "keep" and self.level is not None:
            raise UsageError("A level needs a compression", "Choose gzip or zstd, or leave the level out.")
        if self.preset is Preset.CLASSIC_DOCKER and self.compression not in ("keep", "none"):
            raise UsageError(
                "Classic docker-save stores plain layers", "Leave the compression out, or choose another preset."
            )
        self.encoding()
        for text in self.platforms:
            _platform(text)

    def encoding(self) -> Encoding | None:
        """How layers are to be stored; None if they stay as they are."""
        return None if self.compression == "keep" else Encoding.of(self.compression, self.level)

    def asked_platforms(self) -> tuple[Platform, ...]:
        """The chosen platforms, parsed."""
        return tuple(_platform(text) for text in self.platforms)

    def host(self) -> Platform:
        """The platform that manifest.json prefers."""
        if self.preferred_platform is not None:
            return _platform(self.preferred_platform)
        import platform

        machine = platform.machine().lower()
        words = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "armv7l": "arm"}
        return Platform("linux", words.get(machine, machine) or "amd64")


def _platform(text: str) -> Platform:
    try:
        return Platform.from_text(text)
    except ValueError as error:
        raise UsageError("There is no such platform", str(error)) from error
