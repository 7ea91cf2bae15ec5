"""What a person may choose for an export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.errors import UsageError
from inspector.export import repairs as repairs_of_export
from inspector.export.recompress import Encoding
from inspector.language import said_by, say
from inspector.oci.platform import Platform
from inspector.oci.reference import qualify


class Preset(StrEnum):
    """For whom the archive is; the values are the words of the command line."""

    DOCKER_COMPATIBLE = "docker-compatible"
    """An OCI layout with Docker's manifest.json beside it: every loader finds what it reads."""
    STRICT_OCI = "strict-oci"
    """An OCI layout and nothing else."""
    CLASSIC_DOCKER = "classic-docker"
    """docker save as Docker 1.10 to 24 wrote it, for scripts and old engines."""
    FOR_PUSH = "for-push"
    """An OCI layout whose layers are compressed as registries expect them (gzip, unless zstd is asked for)."""
    SMALLEST = "smallest"
    """An OCI layout with layers as small as zstd makes them in a time that one waits (level 12; above, each percent costs
    several times as long): slow to write, quick to read; old engines do not know zstd."""


class Form(StrEnum):
    """What is written; the values are the words of the command line."""

    TAR = "tar"
    TAR_GZ = "tar.gz"
    TAR_ZST = "tar.zst"
    FOLDER = "folder"


COMPRESSIONS = ("keep", "none", "gzip", "zstd")
ON_MANIFESTS = "manifest"
ON_INDEXES = "index"
CONVERTING = (Preset.FOR_PUSH, Preset.SMALLEST)
"""Where Docker's media types always become the specification's."""
_PRESET_COMPRESSION = {Preset.FOR_PUSH: ("gzip", None), Preset.SMALLEST: ("zstd", 12)}
"""What "keep" means there: compression and level."""
_ALLOWED = {
    Preset.CLASSIC_DOCKER: ("Classic docker-save stores plain layers", ("keep", "none")),
    Preset.FOR_PUSH: ("Registries expect compressed layers", ("keep", "gzip", "zstd")),
    Preset.SMALLEST: ("The smallest layers are those of zstd", ("keep", "zstd")),
}


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation set, or with an empty `value` removed. `where`: `manifest` (every image manifest), or `index` (every
    image index, index.json included).
    """

    key: str
    value: str
    where: str = ON_MANIFESTS


@dataclass(frozen=True)
class ExportOptions:
    """The choices, with what each costs. Config and layer contents stay as they are, whatever is chosen, but for `labels`.

    - `preset`, `compression`, `level`: see `Preset`. Compressing anew gives layers and manifests new digests and takes
      the time of reading every layer; "keep" costs nothing, and means gzip with FOR_PUSH, zstd 12 with SMALLEST.
      `level` also applies to layers that have the compression already: they are compressed anew.
    - `images`: names, digests or keys of images (none: all); `platforms`: like `linux/arm64` (none: all). Documents stay as
      they are; an index is replaced by the chosen manifests.
    - `retag` maps a name of the archive (or the digest of an image without one) to its new name, `add_names` are pairs of an
      image and one more name, `remove_names` are names that go; an image may end with none. No digest changes.
    - `annotations`: on manifests they change the digests of these and of the indexes above; on indexes, those of the
      indexes, while index.json itself has no digest that anybody knows.
    - `labels` of the config ("" removes one): the image ID changes, and every digest above it.
    - `attestations`, `signatures`: False leaves them out. An index that lists them gets a new digest.
    - `convert_docker` turns Docker's media types into the specification's: new digests of those manifests. FOR_PUSH
      and SMALLEST always do.
    - `repairs`: ids of `export/repairs.py`, and whether to make each; what is not named goes by its default, what the form
      needs is made. What each changes is told there.
    - `form`: None goes by the target's name. tar.gz and tar.zst need room for the plain tar beside the result.
    - `of_first`: when archives are merged, `images` and names are about those of the first one; of the others all images are
      written, as they are called.
    - `preferred_platform`: which one manifest.json gets of a multi-platform image (default: this machine's, on Linux).
    - `limits`: those with which the archive was opened.
    """

    preset: Preset = Preset.DOCKER_COMPATIBLE
    compression: str = "keep"
    level: int | None = None
    images: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    retag: Mapping[str, str] = field(default_factory=dict)
    add_names: tuple[tuple[str, str], ...] = ()
    remove_names: tuple[str, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    attestations: bool = True
    signatures: bool = True
    convert_docker: bool = True
    repairs: Mapping[str, bool] = field(default_factory=dict)
    form: Form | None = None
    of_first: bool = False
    preferred_platform: str | None = None
    limits: Limits = DEFAULT_LIMITS

    def __post_init__(self) -> None:
        """Take the words of presets and forms, too."""
        try:
            object.__setattr__(self, "preset", Preset(self.preset))
        except ValueError as error:
            raise UsageError(
                "There is no such preset",
                say("%(preset)s: choose %(known)s.", preset=self.preset, known=", ".join(Preset)),
            ) from error
        try:
            object.__setattr__(self, "form", Form(self.form) if self.form is not None else None)
        except ValueError as error:
            raise UsageError(
                "There is no such form", say("%(form)s: choose %(known)s.", form=self.form, known=", ".join(Form))
            ) from error

    def check(self) -> None:
        """`UsageError` for choices that contradict each other or do not exist."""
        if self.compression not in COMPRESSIONS:
            raise UsageError(
                "There is no such compression",
                say(
                    "%(compression)s: choose %(known)s.",
                    compression=self.compression,
                    known=", ".join(COMPRESSIONS),
                ),
            )
        title, allowed = _ALLOWED.get(self.preset, ("", COMPRESSIONS))
        if self.compression not in allowed:
            raise UsageError(title, say("Choose %s, or another preset.", " or ".join(allowed)))
        if self.layer_compression == "keep" and self.level is not None:
            raise UsageError("A level needs a compression", "Choose gzip or zstd, or leave the level out.")
        repairs_of_export.check(self.repairs)
        self.encoding()
        for text in self.platforms:
            _platform(text)
        for _, name in (*self.retag.items(), *self.add_names):
            if qualify(name) is None:
                raise UsageError(
                    "This is no image name",
                    say("%s: a name reads like app:1.2 or registry.example/app:1.2.", f"{name!r}"),
                )
        self._check_annotations()

    def _check_annotations(self) -> None:
        if self.preset is Preset.CLASSIC_DOCKER and self.annotations:
            raise UsageError("Classic docker-save has no annotations", "Leave them out, or choose another preset.")
        seen = set()
        for one in self.annotations:
            if one.where not in (ON_MANIFESTS, ON_INDEXES):
                raise UsageError(
                    "There is no such place for an annotation", say("%s: choose manifest or index.", one.where)
                )
            if not one.key:
                raise UsageError("An annotation needs a key", "As in org.opencontainers.image.source=somewhere.")
            if (one.where, one.key) in seen:
                raise UsageError("An annotation is given twice", say("%s: say it once for each place.", one.key))
            seen.add((one.where, one.key))
        if "" in self.labels:
            raise UsageError("A label needs a key", "As in version=1.2.")

    @property
    def layer_compression(self) -> str:
        """What "keep" means with the preset, else `compression`."""
        return (
            _PRESET_COMPRESSION.get(self.preset, ("keep", None))[0] if self.compression == "keep" else self.compression
        )

    @property
    def is_forced(self) -> bool:
        """Whether layers that have the compression already are compressed anew: a level was asked for."""
        return self.level is not None or self.preset is Preset.SMALLEST

    @property
    def converts_docker(self) -> bool:
        """Whether Docker's media types become the specification's."""
        return self.convert_docker or self.preset in CONVERTING

    def encoding(self) -> Encoding | None:
        """How layers are to be stored; None if they stay as they are."""
        word = self.layer_compression
        if word == "keep":
            return None
        preset = _PRESET_COMPRESSION.get(self.preset)
        level = preset[1] if self.level is None and preset is not None and preset[0] == word else self.level
        return Encoding.of(word, level)

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
        raise UsageError("There is no such platform", said_by(error)) from error
