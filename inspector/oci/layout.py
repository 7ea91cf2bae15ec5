"""The `oci-layout` file (image-layout.md#oci-layout-file)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.language import say
from inspector.oci.node import Node

if TYPE_CHECKING:
    from inspector.findings import Finding
    from inspector.oci.document import Document

LAYOUT_VERSION: Final = "1.0.0"
"""The only version that loaders take; it is not the number of the specification's release."""

OCI_LAYOUT: Final = b'{"imageLayoutVersion":"1.0.0"}'
"""The file's content as containerd writes it, 30 bytes."""


def parse_oci_layout(document: Document) -> tuple[str, tuple[Finding, ...]]:
    """The stated version, "" if there is none. Findings: LAYOUT-2, JSON-5; whether the version is right is LAYOUT-3."""
    node = Node.of(document)
    if not isinstance(node.value, dict):
        node.wrong(say("an object with imageLayoutVersion"), code="LAYOUT-2")
        return "", node.problems.findings()
    version = node.spelled(("imageLayoutVersion",))["imageLayoutVersion"].as_str("", code="LAYOUT-2", required=True)
    return version, node.problems.findings()
