"""What a page needs to read: the small blobs that are shown as text, and the sections of a node's summary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from inspector.archive.blobstore import Blob
from inspector.archive.limits import Limits
from inspector.errors import DocumentError, InspectorError, LimitReached
from inspector.language import tr
from inspector.oci import mediatype
from inspector.oci.document import JsonLimits, parse_document
from inspector.viewmodel import display, summary
from inspector.viewmodel.imagesummary import image_sections
from inspector.viewmodel.jsonview import JsonView, json_view
from inspector.viewmodel.pages import Row, Section
from inspector.viewmodel.statement import statement_rows
from inspector.viewmodel.tree import NodeType, StructureNode, StructureTree

if TYPE_CHECKING:
    from inspector.archive.image import ImageArchive
    from inspector.findings import Finding
    from inspector.layers.table import Listing
    from inspector.progress import CancelToken
    from inspector.viewmodel.findingsview import FindingList

_STATEMENTS = 20


def json_limits(limits: Limits) -> JsonLimits:
    """For documents of unknown kind: as large as a config may be."""
    return JsonLimits(json_bytes=limits.config_bytes, json_depth=limits.json_depth, json_values=limits.json_values)


def can_show_as_text(node: StructureNode, limits: Limits) -> bool:
    """Whether a blob without a parsed document is JSON by its type and small enough to show."""
    if node.blob is None or node.blob.size > limits.config_bytes:
        return False
    media_type = node.descriptor.media_type if node.descriptor is not None else ""
    if node.type in (NodeType.CONFIG, NodeType.UNREADABLE):
        return media_type.endswith("json") or node.type is NodeType.CONFIG
    return node.type is NodeType.BLOB and media_type.partition(";")[0].endswith("json")


def read_small(blob: Blob, limits: Limits) -> bytes:
    """All stored bytes of a blob; `LimitReached` beyond config_bytes."""
    source = blob.open()
    if source.size > limits.config_bytes:
        raise LimitReached(
            "config_bytes",
            limits.config_bytes,
            tr("%s has %s bytes; up to %s are shown as text.")
            % (blob.member.name, f"{source.size:,}", f"{limits.config_bytes:,}"),
            subject=blob.member.name,
        )
    return source.read_at(0, source.size)


def read_json_view(
    node: StructureNode, limits: Limits, token: CancelToken, rows_of: Callable[[Iterable[Finding]], FindingList]
) -> JsonView:
    """The document of a node; a blob that is no valid JSON is shown as text, with a note."""
    document = node.document
    if document is not None:
        return json_view(document.name, document.raw, document.text, token=token, findings=rows_of(document.findings))
    if node.blob is None:
        raise LookupError(f"{node!r} has no document")
    raw = read_small(node.blob, limits)
    name = node.blob.member.name
    try:
        parsed = parse_document(raw, name, limits=json_limits(limits))
    except (DocumentError, LimitReached) as error:
        text = raw.decode("utf-8", "backslashreplace")
        return json_view(
            name, raw, text, token=token, note=tr("This is no usable JSON: %s") % (error.message or error.title,)
        )
    if node.blob.member.complete:
        node.blob.record(parsed.digest)
    return json_view(name, raw, parsed.text, token=token, findings=rows_of(parsed.findings))


def summary_of(
    archive: ImageArchive,
    tree: StructureTree,
    findings: FindingList,
    node: StructureNode,
    known: Mapping[Blob, Listing],
    limits: Limits,
    release: Row | None = None,
) -> tuple[Section, ...]:
    """The sections of the Summary page. `known`: listings made so far; `release`: what is known of an image's system."""
    image = node.image
    if node.type is NodeType.ARCHIVE:
        return summary.archive_sections(archive, tree, findings)
    if node.layer is not None:
        listing = known.get(node.blob) if node.blob is not None else None
        rows = _listing_rows(listing) if listing is not None else _statements([node], limits)
        return summary.layer_sections(node, rows)
    if node.type is NodeType.CONFIG:
        return summary.config_page_sections(node)
    if image is not None and node.type is NodeType.IMAGE:
        return image_sections(image, node, known, release)
    if image is not None and node.type in (NodeType.ATTESTATION, NodeType.ARTIFACT):
        return summary.artifact_sections(image, node, _statements(node.children, limits))
    if node.type is NodeType.INDEX:
        return summary.index_sections(node)
    return summary.other_sections(node)


def _listing_rows(listing: Listing) -> list[Row]:
    rows = [
        Row(
            tr("Unpacked size"), display.size(listing.uncompressed_size), display.size_exact(listing.uncompressed_size)
        ),
        Row(tr("Entries"), f"{len(listing):,}"),
    ]
    if listing.diff_id is not None:
        rows.append(Row(tr("diffID computed"), str(listing.diff_id), monospace=True))
    return rows


def _statements(nodes: Iterable[StructureNode], limits: Limits) -> list[Row]:
    rows: list[Row] = []
    parts = [node for node in nodes if node.blob is not None and node.descriptor is not None]
    for node in [node for node in parts if _is_statement(node)][:_STATEMENTS]:
        assert node.blob is not None
        try:
            raw = read_small(node.blob, limits)
        except InspectorError as error:
            rows.append(Row(tr("Statement"), display.safe(error.title), display.safe(error.message)))
        else:
            rows += statement_rows(raw, node.blob.member.name, json_limits(limits))
    return rows


def _is_statement(node: StructureNode) -> bool:
    stated = node.descriptor.media_type if node.descriptor is not None else ""
    return stated in (mediatype.IN_TOTO, mediatype.DSSE) or "in-toto" in stated
