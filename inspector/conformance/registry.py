"""All rules by code, and the checks in the order of their families."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.conformance import (
    annotation,
    blob,
    compat,
    compat_rules,
    config,
    descriptor,
    descriptor_rules,
    index,
    index_rules,
    json_text,
    layer,
    layer_rules,
    layout,
    manifest,
    manifest_rules,
    tar,
    tar_rules,
    trees,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inspector.conformance.rules import Check, Rule

RULES: Final[Mapping[str, Rule]] = {
    rule.code: rule
    for family in (
        tar_rules, layout, blob, descriptor_rules, index_rules, manifest_rules, config, layer_rules, annotation, json_text,
        compat_rules,
    )
    for rule in family.RULES
}  # fmt: skip
"""Every rule that a finding can name, by code."""

QUICK: Final[tuple[Check, ...]] = (
    *tar.QUICK, *layout.QUICK, *blob.QUICK, *descriptor.QUICK, *index.QUICK, *manifest.QUICK, *config.QUICK, *layer.QUICK,
    *annotation.QUICK, *compat.QUICK, *trees.QUICK,
)  # fmt: skip
"""What opening an archive read is enough for these."""

DEEP: Final[tuple[Check, ...]] = (*tar.DEEP, *blob.DEEP, *manifest.DEEP, *config.DEEP, *compat.DEEP)
"""These look at what reading every blob found (`Case.contents`)."""

DEEP_ONLY: Final = frozenset(code for code in RULES if code.startswith("LAYER-") and code != "LAYER-20") | {
    "ARC-6",
    "BLOB-8",
    "CONFIG-4",
}
"""Rules that a quick check cannot say anything about."""
