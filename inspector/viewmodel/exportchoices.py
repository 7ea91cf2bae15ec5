"""What a person may choose for an export, as plain values: presets in words, the request, and presets of one's own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.archive.image import NodeKind
from inspector.errors import InspectorError
from inspector.export.options import ON_INDEXES, ON_MANIFESTS, Annotation, ExportOptions, Form, Preset
from inspector.export.split import Split
from inspector.language import mark, tr
from inspector.viewmodel import display, labels
from inspector.viewmodel.summary import stored_size

if TYPE_CHECKING:
    from inspector.viewmodel.session import ArchiveSession

LABEL = "label"
"""Where a line of *Annotations and labels* goes, beside `manifest` and `index`: into the config."""
_MOST_SAVED = 50
_TEXT_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class PresetChoice:
    """One preset of the dialog; `key` goes into `ExportRequest.preset`."""

    key: str
    title: str
    explanation: str
    available: bool = True


PRESETS = (
    PresetChoice(
        Preset.DOCKER_COMPATIBLE.value,
        mark("Docker-compatible OCI"),
        mark("An OCI layout with docker load's manifest.json beside it: loads everywhere."),
    ),
    PresetChoice(
        Preset.STRICT_OCI.value,
        mark("Strict OCI"),
        mark("An OCI layout and nothing else; old versions of docker load refuse it."),
    ),
    PresetChoice(
        Preset.CLASSIC_DOCKER.value,
        mark("Classic docker-save"),
        mark("As Docker 1.10 to 24 wrote it, for old engines and scripts."),
    ),
    PresetChoice(
        Preset.FOR_PUSH.value,
        mark("For a registry push"),
        mark("An OCI layout with gzip layers, as registries store them: manifests get new digests."),
    ),
    PresetChoice(
        Preset.SMALLEST.value,
        mark("Smallest"),
        mark("An OCI layout with layers as small as zstd makes them: slow to write; Docker before 23 cannot read it."),
    ),
)
"""The first is the default."""

COMPRESSIONS = (
    ("keep", mark("As the preset says")),
    ("none", mark("Not compressed")),
    ("gzip", mark("gzip")),
    ("zstd", mark("zstd")),
)
"""Choices for layers: key and text."""

LEVELS = {"gzip": (0, 9), "zstd": (1, 19)}
"""Smallest and largest level of each compression that has some."""

FOLDER = Form.FOLDER.value
FORMS = (
    ("", mark("By the ending of the name")),
    (Form.TAR.value, mark("tar")),
    (Form.TAR_GZ.value, mark("tar, compressed with gzip")),
    (Form.TAR_ZST.value, mark("tar, compressed with zstd")),
    (Form.FOLDER.value, mark("A layout folder")),
)
"""What is written: key and text."""

SPLITS = (
    ("", mark("Everything in one archive")),
    (Split.IMAGE.value, mark("One archive for each image, in a folder")),
    (Split.PLATFORM.value, mark("One archive for each platform, in a folder")),
)
"""How many archives are written: key and text."""

PLACES = (
    (ON_MANIFESTS, mark("Manifest")),
    (ON_INDEXES, mark("Index")),
    (LABEL, mark("Label of the config")),
)
"""Where an annotation or a label goes: key and text."""


@dataclass(frozen=True, slots=True)
class ImageChoice:
    """One image that may be exported or left out; `key` goes into `ExportRequest.images`."""

    key: str
    label: str
    platform: str
    size: str
    available: bool = True


@dataclass(frozen=True, slots=True)
class NameLine:
    """One name of one image in the dialog: `old` is the stored one ("" for a new one), `new` what it is to be ("": none)."""

    image: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ExtraLine:
    """One annotation or label to set, or with an empty `value` to remove; `place` is a key of `PLACES`."""

    place: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What the person chose; the defaults are one-click re-export. `images`: keys, () for all.

    `repairs`: keys of `RepairRow`s that were ticked or unticked by hand, each once.
    """

    preset: str = PRESETS[0].key
    compression: str = "keep"
    level: int | None = None
    images: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    names: tuple[NameLine, ...] = ()
    extras: tuple[ExtraLine, ...] = ()
    attestations: bool = True
    signatures: bool = True
    convert_docker: bool = True
    repairs: tuple[tuple[str, bool], ...] = ()
    form: str = ""
    split: str = ""
    merge: tuple[Path, ...] = ()
    """Archives whose images are written with those of this one."""

    def options(self) -> ExportOptions:
        """For `plan_export`; whether they fit together is found out there."""
        return ExportOptions(
            preset=Preset(self.preset),
            compression=self.compression,
            level=self.level if self.compression in LEVELS else None,
            images=self.images,
            platforms=self.platforms,
            retag={line.old: line.new for line in self.names if line.old and line.new and line.old != line.new},
            add_names=tuple((line.image, line.new) for line in self.names if not line.old and line.new),
            remove_names=tuple(line.old for line in self.names if line.old and not line.new),
            annotations=tuple(
                Annotation(line.key, line.value, line.place) for line in self.extras if line.place != LABEL
            ),
            labels={line.key: line.value for line in self.extras if line.place == LABEL},
            attestations=self.attestations,
            signatures=self.signatures,
            convert_docker=self.convert_docker,
            repairs=dict(self.repairs),
            form=Form(self.form) if self.form else None,
            of_first=bool(self.merge),  # what a person sees and chooses are the images of the open archive
        )


def image_choices(session: ArchiveSession) -> tuple[ImageChoice, ...]:
    """The images that may be chosen; attestations go with their image."""
    return tuple(
        ImageChoice(
            key=image.key,
            label=labels.names(image.names) or ", ".join(map(display.safe, image.ref_names[:3])) or tr(labels.UNTAGGED),
            platform=labels.platform(image.platform),
            size=display.size(stored_size(image)),
            available=image.complete,
        )
        for image in session.archive.images
        if image.kind is NodeKind.IMAGE
    )


def name_lines(session: ArchiveSession) -> tuple[NameLine, ...]:
    """Every name of the archive as it is stored."""
    return tuple(
        NameLine(image.key, name, name)
        for image in session.archive.images
        if image.kind is NodeKind.IMAGE
        for name in image.names
    )


@dataclass(frozen=True, slots=True)
class SavedPresets:
    """Presets of one's own: a name, and the choices that do not depend on one archive. In the order of saving."""

    presets: tuple[tuple[str, ExportRequest], ...] = field(default=())

    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.presets)

    def get(self, name: str) -> ExportRequest | None:
        return dict(self.presets).get(name)

    def with_preset(self, name: str, request: ExportRequest) -> SavedPresets:
        """`request` under `name`, in the place of one that is called so already."""
        kept = [saved for saved in self.presets if saved[0] != name]
        general = replace(request, images=(), platforms=(), names=(), merge=())
        return SavedPresets((*kept[-_MOST_SAVED + 1 :], (name, general)))

    def without(self, name: str) -> SavedPresets:
        return SavedPresets(tuple(saved for saved in self.presets if saved[0] != name))

    def to_json(self) -> str:
        return json.dumps([{"name": name, **_plain(request)} for name, request in self.presets])

    @classmethod
    def from_json(cls, text: str) -> SavedPresets:
        """Never fails: what cannot be read is left out."""
        try:
            stored = json.loads(text) if 0 < len(text) < _TEXT_LIMIT else []
        except (ValueError, RecursionError):
            return cls()
        found = (_request(one) for one in stored[:_MOST_SAVED]) if isinstance(stored, list) else ()
        return cls(tuple(one for one in found if one is not None))


def _plain(request: ExportRequest) -> dict[str, Any]:
    return {
        "preset": request.preset,
        "compression": request.compression,
        "level": request.level,
        "extras": [[line.place, line.key, line.value] for line in request.extras],
        "attestations": request.attestations,
        "signatures": request.signatures,
        "convert_docker": request.convert_docker,
        "repairs": dict(request.repairs),
        "form": request.form,
        "split": request.split,
    }


def _request(stored: object) -> tuple[str, ExportRequest] | None:
    if not isinstance(stored, dict) or not isinstance(stored.get("name"), str) or not stored["name"]:
        return None
    repairs = stored.get("repairs")
    level = stored.get("level")
    try:
        request = ExportRequest(
            preset=str(stored.get("preset", PRESETS[0].key)),
            compression=str(stored.get("compression", "keep")),
            level=level if isinstance(level, int) and not isinstance(level, bool) else None,
            extras=tuple(_extras(stored.get("extras"))),
            attestations=stored.get("attestations") is not False,
            signatures=stored.get("signatures") is not False,
            convert_docker=stored.get("convert_docker") is not False,
            repairs=tuple((key, made is True) for key, made in repairs.items()) if isinstance(repairs, dict) else (),
            form=str(stored.get("form", "")),
            split=Split(stored["split"]).value if stored.get("split") else "",
        )
        request.options().check()
    except (ValueError, InspectorError):
        return None
    return stored["name"], request


def _extras(stored: object) -> Iterable[ExtraLine]:
    known = {place for place, _ in PLACES}
    for line in stored if isinstance(stored, list) else ():
        if (
            isinstance(line, list)
            and len(line) == 3
            and all(isinstance(part, str) for part in line)
            and line[0] in known
        ):
            yield ExtraLine(*line)
