"""What a page needs to read: the small blobs that are shown as text, and the sections of a node's summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from inspector.archive.blobstore import Blob
from inspector.archive.limits import Limits
from inspector.errors import DocumentError, InspectorError, LimitReached
from inspector.language import tr, trn
from inspector.layers.table import DIRECTORY, FILE
from inspector.layers.whiteout import PREFIX
from inspector.oci import mediatype
from inspector.oci.document import JsonLimits, parse_document
from inspector.viewmodel import display, summary
from inspector.viewmodel.imagesummary import image_sections
from inspector.viewmodel.jsonpage.view import JsonView, json_view
from inspector.viewmodel.pages import Row, Section
from inspector.viewmodel.statement import statement_rows
from inspector.viewmodel.tree import NodeType, StructureNode, StructureTree

if TYPE_CHECKING:
    from inspector.archive.image import ImageArchive
    from inspector.findings import Finding
    from inspector.layers.table import Listing
    from inspector.oci.digest import Digest
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
            name, raw, text, token=token, note=tr("This is no usable JSON: %s") % (tr(error.message or error.title),)
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
        rows = _listing_rows(listing, node.layer.diff_id) if listing is not None else _statements([node], limits)
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


def _listing_rows(listing: Listing, stated: Digest | None) -> list[Row]:
    """What reading the layer has brought. Takes some 20 ms for 200,000 entries."""
    unpacked = listing.uncompressed_size
    rows = [Row(tr("Unpacked size"), display.size(unpacked), display.size_exact(unpacked))]
    content = sum(listing.sizes)
    rows.append(Row(tr("Content of files"), display.size(content), display.size_exact(content)))
    kinds = Counter(map(listing.kind, (row for row, path in enumerate(listing.paths) if PREFIX in path)))
    removing = kinds["whiteout"] + kinds["opaque"]
    files, folders = listing.types.count(FILE) - removing, listing.types.count(DIRECTORY)
    others = len(listing) - files - folders - removing
    counts = (
        (files, trn("%s file", "%s files", files)),
        (folders, trn("%s folder", "%s folders", folders)),
        (others, trn("%s link or other", "%s links and others", others)),
        (removing, trn("%s mark of a removal", "%s marks of removals", removing)),
    )
    shown = ", ".join(words % f"{count:,}" for count, words in counts if count)
    rows.append(Row(tr("Entries"), f"{len(listing):,}" + (f": {shown}" if shown else "")))
    if content:
        largest = max(range(len(listing)), key=listing.sizes.__getitem__)
        name = display.safe(b"/" + listing.paths[largest], 400)
        size = listing.sizes[largest]
        rows.append(Row(tr("Largest file"), f"{name} · {display.size(size)}", display.size_exact(size)))
    if listing.diff_id is not None and listing.diff_id == stated:
        rows.append(Row(tr("diffID computed"), tr("✓ as the config states it"), str(listing.diff_id)))
    elif listing.diff_id is not None:
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
            rows.append(Row(tr("Statement"), display.safe(tr(error.title)), display.safe(tr(error.message))))
        else:
            rows += statement_rows(raw, node.blob.member.name, json_limits(limits))
    return rows


def _is_statement(node: StructureNode) -> bool:
    stated = node.descriptor.media_type if node.descriptor is not None else ""
    return stated in (mediatype.IN_TOTO, mediatype.DSSE) or "in-toto" in stated
