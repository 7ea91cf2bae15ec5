"""The before/after sheet of a plan and the report of a result, as plain JSON values with stable keys (cli.md)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.export.mending import PlannedRepair
from inspector.export.planned import Change, ExportPlan, PlannedImage
from inspector.language import say, say_all, say_n

if TYPE_CHECKING:
    from inspector.export.writer import ExportResult


def plan_json(plan: ExportPlan, target: Path) -> dict[str, object]:
    """What `export --plan --json` prints: the document of `export --json` before anything is written.

    `size` is null while layers are still to be compressed; so are the digests above them.
    """
    return {
        "output": str(target),
        "size": plan.size if plan.size_is_exact else None,
        "sha256": None,
        "verified": False,
        "preset": plan.options.preset.value,
        "compression": plan.options.compression,
        **_common(plan.images, plan.changes, plan.notes),
        "repairs": [_repair(repair) for repair in plan.repairs],
    }


def _repair(planned: PlannedRepair) -> dict[str, object]:
    repair = planned.repair
    return {
        "id": repair.id,
        "title": repair.title,
        "effect": repair.effect,
        "digests": repair.digests.value,
        "mode": repair.mode.value,
        "made": list(planned.made),
        "left": list(planned.left),
        "codes": list(planned.codes),
    }


def result_json(result: ExportResult, repairs: Iterable[PlannedRepair]) -> dict[str, object]:
    """What `export --json` prints. `sha256` is null for a layout folder, which has no digest of its own. `repairs`: what its
    plan said of them.
    """
    return {
        "output": str(result.output),
        "size": result.size,
        "sha256": result.sha256 or None,
        "verified": result.verified,
        **_common(result.images, result.changes, result.notes),
        "diff_ids": {
            "matching": result.diff_ids.matching,
            "wrong": [str(digest) for digest in result.diff_ids.wrong],
            "not_compared": result.diff_ids.not_compared,
        },
        "repairs": [_repair(repair) for repair in repairs],
    }


def _common(images: Iterable[PlannedImage], changes: Iterable[Change], notes: Iterable[str]) -> dict[str, object]:
    return {
        "images": [_image(image) for image in images],
        "changes": [_change(change) for change in changes],
        "notes": list(notes),
    }


def _image(image: PlannedImage) -> dict[str, object]:
    return {
        "names": list(image.names),
        "platform": image.platform,
        "manifest_digest": image.manifest_digest,
        "source_manifest_digest": image.source_manifest_digest,
        "config_digest": image.config_digest,
        "kept": image.kept,
        "id_kept": image.id_kept,
    }


def _change(change: Change) -> dict[str, object]:
    return {
        "object": change.object,
        "action": change.action,
        "why": change.why,
        "old": change.old,
        "new": change.new,
        "old_size": change.old_size,
        "new_size": change.new_size,
    }


def verdict(images: Iterable[PlannedImage]) -> str:
    """`2 images · image IDs kept · manifest digests kept`, for the line that a person reads first."""
    images = list(images)
    words = [say_n("%s image", "%s images", len(images), f"{len(images):,}")]
    if images:
        words.append(say("image IDs kept") if all(image.id_kept for image in images) else say("image IDs new"))
        stored = [image for image in images if image.has_manifest and image.source_manifest_digest is not None]
        if stored and all(image.kept for image in stored):
            words.append(say("manifest digests kept"))
        elif stored:
            changed = sum(1 for image in stored if not image.kept)
            words.append(
                say(
                    "%(changed)s of %(stored)s manifest digests changed",
                    changed=f"{changed:,}",
                    stored=f"{len(stored):,}",
                )
            )
    return say_all(words, " · ")
