"""Do manifest.json and index.json describe the same images? Each loader reads only one of them (formats.md B2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.archive.faults import same_layers_other_order
from inspector.archive.image import NodeKind
from inspector.archive.naming import qualified
from inspector.archive.opening import finding, some
from inspector.findings import Finding, Fix, Severity
from inspector.oci.annotations import IMAGE_NAME, REF_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inspector.archive.image import Image
    from inspector.archive.opening import Opening
    from inspector.oci.docker import DockerManifestEntry
    from inspector.oci.index import ImageIndex


def note(
    opening: Opening,
    index: ImageIndex | None,
    images: Sequence[Image],
    entries: Sequence[DockerManifestEntry],
    alone: Sequence[DockerManifestEntry],
) -> None:
    """Note where the two trees differ. `alone`: entries whose config no manifest of the archive leads to."""
    if not entries or index is None:
        return
    opening.note(*_lost(images, alone, is_empty=not index.manifests))
    opening.note(*_missing_in_docker(images, entries))
    opening.note(*_names(index, entries))
    opening.note(*_layers(opening, images, entries))


def _lost(images: Sequence[Image], alone: Sequence[DockerManifestEntry], *, is_empty: bool) -> Iterator[Finding]:
    """INDEX-11: images that only manifest.json lists (docker#51389, and moby#47210 if there are none at all)."""
    severity = Severity.ERROR if is_empty else Severity.WARNING
    for image in images:
        if image.source == "blobs" and image.kind is NodeKind.IMAGE:
            yield finding(
                "INDEX-11",
                severity,
                "index.json does not list an image",
                "Its manifest lies among the blobs and manifest.json lists it, but loaders that read index.json do "
                "not see it. Docker 25 and later lose untagged images like this (moby#51389, moby#47210).",
                at="index.json",
                pointer="$.manifests",
                digest=image.manifest_digest,
                fix=Fix.AUTOMATIC,
            )
    for entry in alone:
        yield finding(
            "INDEX-11",
            severity,
            "An image stands in manifest.json only",
            "No manifest leads to its config, so loaders that read index.json do not see it.",
            at="manifest.json",
            found=some(entry.repo_tags) or entry.config,
            fix=Fix.AUTOMATIC,
        )


def _missing_in_docker(images: Sequence[Image], entries: Sequence[DockerManifestEntry]) -> Iterator[Finding]:
    """COMPAT-6: images of index.json of which no platform stands in manifest.json."""
    configs = {entry.config.rpartition("/")[2].partition(".")[0].removeprefix("sha256:") for entry in entries}
    tops: dict[object, list[Image]] = {}
    for image in images:
        if image.kind is NodeKind.IMAGE and image.path and image.source == "index.json":
            tops.setdefault(image.path[0], []).append(image)
    for group in tops.values():
        if not any(image.config_digest is not None and image.config_digest.encoded in configs for image in group):
            yield finding(
                "COMPAT-6",
                Severity.WARNING,
                "An image stands in index.json only",
                "Loaders that read manifest.json (Docker without containerd, skopeo docker-archive) do not see it.",
                at="manifest.json",
                digest=group[0].path[0],
                found=some(group[0].names) or None,
                fix=Fix.AUTOMATIC,
            )


def _names(index: ImageIndex, entries: Sequence[DockerManifestEntry]) -> Iterator[Finding]:
    """COMPAT-6: other names here than there. Bare tags in ref.name say too little to contradict."""
    annotated = [descriptor.annotations.get(IMAGE_NAME) for descriptor in index.manifests]
    if not all(annotated):
        annotated += [descriptor.annotations.get(REF_NAME) for descriptor in index.manifests]
        annotated = [name for name in annotated if name and ("/" in name or ":" in name)]
    here, there = set(qualified(annotated)), set(qualified(tag for entry in entries for tag in entry.repo_tags))
    if here and there and here != there:
        yield finding(
            "COMPAT-6",
            Severity.WARNING,
            "index.json and manifest.json give different names",
            "Which names an image gets depends on the loader.",
            at="index.json",
            expected=some(sorted(there)),
            found=some(sorted(here)),
            fix=Fix.AUTOMATIC,
        )


def _layers(opening: Opening, images: Sequence[Image], entries: Sequence[DockerManifestEntry]) -> Iterator[Finding]:
    """MANIF-5: the same image with other files, or the same in another order."""
    by_config = {image.config_blob: image for image in images if image.config_blob is not None}
    for number, entry in enumerate(entries):
        config = opening.file_blob(entry.config) if entry.config else None
        image = by_config.get(config) if config is not None else None
        if image is None:
            continue
        there = [opening.file_blob(path) if path else None for path in entry.layers]
        here = [layer.blob for layer in image.layers]
        if here == there or len(here) != len(there) or None in here or None in there:
            continue
        reordered = same_layers_other_order(here, there)
        if _same_content(here, there):
            continue
        yield finding(
            "MANIF-5",
            Severity.ERROR,
            "The two trees disagree about the layers of an image",
            "manifest.json lists the same layers in another order; loaders of index.json unpack another file system."
            if reordered
            else "manifest.json leads to other files than the manifest does.",
            at="manifest.json",
            pointer=f"$[{number}].Layers",
            digest=image.manifest_digest,
            fix=Fix.AUTOMATIC if reordered else Fix.CHOICE,
        )


def _same_content(here: Sequence[object], there: Sequence[object]) -> bool:
    """Different members that claim the same digest are the same layer (hard links, copies)."""
    claims = [[getattr(blob, "claimed", None) for blob in side] for side in (here, there)]
    return None not in claims[0] and claims[0] == claims[1]
