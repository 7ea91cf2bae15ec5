"""The Summary page of each kind of node, as sections of rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from inspector.archive.compression import Compression
from inspector.language import tr
from inspector.oci import mediatype
from inspector.viewmodel import display, labels
from inspector.viewmodel.configsummary import MAX_ROWS, config_sections, labels_section, origin_section
from inspector.viewmodel.explanations import LAYOUTS
from inspector.viewmodel.findingsview import FindingList
from inspector.viewmodel.pages import Row, Section
from inspector.viewmodel.states import Check
from inspector.viewmodel.tree import NodeType, StructureNode, StructureTree

if TYPE_CHECKING:
    from inspector.archive.image import Image, ImageArchive
    from inspector.oci.digest import Digest

MOST_NAMES = 10
"""Of an image, before what else there is to say of it."""


def archive_sections(archive: ImageArchive, tree: StructureTree, findings: FindingList) -> tuple[Section, ...]:
    """What the file is, what wrote it and why we think so, and what it holds."""
    rows = [
        Row(tr("File"), display.safe(str(archive.path), 4096), monospace=True),
        Row(tr("Size"), display.size(archive.size), display.size_exact(archive.size)),
        Row(tr("Layout"), tr(LAYOUTS.get(archive.layout, archive.layout))),
        Row(tr("Written by"), display.safe(tr(archive.writer.text)) or tr("not known")),
        *(Row(tr("because"), display.safe(tr(sentence))) for sentence in archive.writer.evidence[:20]),
    ]
    if archive.compression is not Compression.NONE:
        spooled = archive.spooled_bytes
        rows.append(Row(tr("Compressed with"), archive.compression.value))
        rows.append(
            Row(
                tr("Unpacked to"),
                tr("%s in a private temporary file") % display.size(spooled),
                tr("%s; it vanishes when the archive is closed.") % display.size_exact(spooled),
            )
        )
    rows.append(Row(tr("Findings"), f"{findings.sign} {findings.text}", level=findings.worst))
    images = [node for node in tree.nodes if node.type is NodeType.IMAGE]
    others = [node for node in tree.nodes if node.type in (NodeType.ARTIFACT, NodeType.ATTESTATION)]
    sections = [Section(tr("Archive"), tuple(rows)), limited(tr("Images"), map(_image_row, images), len(images))]
    if others:
        sections.append(limited(tr("Attestations and artifacts"), map(_other_row, others), len(others)))
    return tuple(section for section in sections if section.rows)


def _image_row(node: StructureNode) -> Row:
    image = node.image
    assert image is not None
    named = labels.names(image.names) or ", ".join(map(display.safe, image.ref_names[:3])) or tr("untagged")
    size = stored_size(image)
    parts = [
        labels.platform(image.platform) or tr("platform not stated"),
        display.size(size),
        display.count(len(image.layers), "layer", "layers"),
    ]
    parts += [] if image.complete else [tr("incomplete")]
    return Row(named, " · ".join(parts), f"{node.tooltip}\n{display.size_exact(size)}".strip(), node=node)


def _other_row(node: StructureNode) -> Row:
    return Row(
        node.label, display.size(stored_size(node.image)) if node.image is not None else "", node.tooltip, node=node
    )


def stored_size(image: Image) -> int:
    """Bytes of config and layers as stored, as in the tree: a layer that occurs twice counts once, an absent one not."""
    config = len(image.config.raw) if image.config is not None else 0
    return config + sum(blob.size for blob in {layer.blob for layer in image.layers} if blob is not None)


def manifest_annotations(image: Image) -> dict[str, str]:
    """Of the descriptor and the manifest; the manifest's own count where both have one."""
    merged: dict[str, str] = {}
    if image.manifest_descriptor is not None:
        merged |= image.manifest_descriptor.annotations
    if image.parsed_manifest is not None:
        merged |= image.parsed_manifest.annotations
    return merged


def _part_row(child: StructureNode) -> Row:
    layer = child.layer
    assert layer is not None
    step = labels.step(layer.history.created_by, 120) if layer.history is not None else ""
    size = display.size(layer.size) if layer.present else tr("%s, absent") % display.size(layer.size)
    value = " · ".join(part for part in (size, step or ("" if child.type is NodeType.LAYER else child.label)) if part)
    label = (tr("layer %d") if child.type is NodeType.LAYER else tr("part %d")) % layer.number
    return Row(label, value, child.tooltip, node=child)


def layer_sections(node: StructureNode, known: Iterable[Row] = ()) -> tuple[Section, ...]:
    """A layer or any other blob of an image. `known` are rows that reading its content brought."""
    layer, image = node.layer, node.image
    assert layer is not None
    assert image is not None
    rows = []
    if node.type is NodeType.LAYER:
        rows.append(
            Row(
                tr("Layer"),
                tr("%(number)d of %(all)d") % {"number": layer.number, "all": len(image.layers)},
                tr("Counted from the base."),
            )
        )
        step = layer.history.created_by if layer.history is not None else ""
        rows.append(
            Row(
                tr("Made by"),
                display.safe(labels.command(step), 4000) or tr("not stated"),
                display.safe(step, 4000),
                monospace=True,
            )
        )
    rows += digest_row(tr("Digest"), layer.digest, tr("Of the stored bytes.")) or [Row(tr("Digest"), tr("not stated"))]
    rows += digest_row(tr("diffID"), layer.diff_id, tr("Of the uncompressed tar, as the config states it."))
    if layer.media_type:
        rows.append(
            Row(
                tr("Media type"), display.safe(tr(mediatype.in_words(layer.media_type))), display.safe(layer.media_type)
            )
        )
    label = tr("Stored size") if layer.blob is not None else tr("Stated size")
    rows.append(Row(label, display.size(layer.size), display.size_exact(layer.size)))
    if layer.blob is not None:
        declared = mediatype.declared_compression(layer.media_type) if layer.media_type else None
        stored = layer.compression.value
        tooltip = (
            tr("Its media type says %s.") % declared
            if declared and declared != stored
            else tr("As its first bytes say.")
        )
        rows.append(Row(tr("Compression"), tr(stored), tooltip))
        rows.append(_place_row(node))
    rows.append(_state_row(node))
    if layer.descriptor is not None and layer.descriptor.urls:
        rows += [
            Row(tr("To be fetched from"), display.safe(url), tr("This program never does."))
            for url in layer.descriptor.urls[:20]
        ]
    sections = [
        Section(tr("Layer") if node.type is NodeType.LAYER else tr("Content"), tuple(rows)),
        Section(tr("Inside"), tuple(known)),
    ]
    if layer.descriptor is not None:
        sections.append(labels_section(layer.descriptor.annotations, tr("Annotations")))
    return tuple(section for section in sections if section.rows)


def config_page_sections(node: StructureNode) -> tuple[Section, ...]:
    """What a config says, then what it is as a blob."""
    image = node.image
    parsed = image.parsed_config if image is not None else None
    rows = [
        *digest_row(tr("Digest"), node.digest, tr("Docker's image ID.")),
        Row(tr("Size"), node.size_text or tr("not known"), node.size_tooltip),
    ]
    rows += [_place_row(node)] if node.blob is not None else []
    rows.append(_state_row(node))
    about = Section(tr("Config"), tuple(rows))
    return (
        *((*config_sections(parsed), origin_section(parsed)) if parsed is not None and parsed.has_diff_ids else ()),
        about,
    )


def index_sections(node: StructureNode) -> tuple[Section, ...]:
    """An image index, or index.json: what it lists."""
    source = node.source
    rows = name_rows(source.names if source is not None else ())
    rows += digest_row(tr("Digest"), node.digest, tr("Of the index as stored."))
    descriptor = node.descriptor
    if descriptor is not None:
        rows.append(
            Row(
                tr("Media type"),
                display.safe(tr(mediatype.in_words(descriptor.media_type))),
                display.safe(descriptor.media_type),
            )
        )
    rows.append(Row(tr("Size"), node.size_text, node.size_tooltip))
    rows.append(_state_row(node))
    below = [child for child in node.children if child.type is not NodeType.BLOB]
    sections = [Section(tr("Index"), tuple(rows)), limited(tr("Lists"), map(_entry_row, below), len(below))]
    found = dict(descriptor.annotations) if descriptor is not None else {}
    found |= source.index.annotations if source is not None and source.index is not None else {}
    sections.append(labels_section(found, tr("Annotations")))
    return tuple(section for section in sections if section.rows)


def _entry_row(child: StructureNode) -> Row:
    size = display.size(stored_size(child.image)) if child.image is not None else child.size_text
    state = child.state()
    value = " · ".join(
        part for part in (size, tr(state.word) if state.check in (Check.ABSENT, Check.INCOMPLETE) else "") if part
    )
    return Row(child.label, value or child.type.value, child.tooltip, node=child)


def artifact_sections(image: Image, node: StructureNode, statements: Iterable[Row] = ()) -> tuple[Section, ...]:
    """An attestation or artifact: what it is, about what, and its parts."""
    is_attestation = node.type is NodeType.ATTESTATION
    rows = [
        Row(
            tr("What"),
            tr("attestation") if is_attestation else labels.artifact(image.artifact_type),
            display.safe(image.artifact_type or ""),
        )
    ]
    rows += name_rows(image.names)
    rows += digest_row(tr("About"), image.subject, tr("The manifest that it describes."), link=True)
    rows += digest_row(tr("Manifest"), node.digest, "")
    parts = [child for child in node.children if child.layer is not None]
    sections = [
        Section(tr("Attestation") if is_attestation else tr("Artifact"), tuple(rows)),
        Section(
            tr("Statement"),
            tuple(statements),
            tr("What it states was not checked by this program.") if is_attestation else "",
        ),
        limited(tr("Parts"), map(_part_row, parts), len(parts)),
        labels_section(manifest_annotations(image), tr("Annotations")),
    ]
    return tuple(section for section in sections if section.rows)


def other_sections(node: StructureNode) -> tuple[Section, ...]:
    """Root documents, what is absent, what cannot be understood."""
    descriptor = node.descriptor
    rows = []
    if node.document is not None:
        rows.append(Row(tr("Member"), display.safe(node.document.name), monospace=True))
    if descriptor is not None:
        rows.append(
            Row(
                tr("Media type"),
                display.safe(tr(mediatype.in_words(descriptor.media_type))),
                display.safe(descriptor.media_type),
            )
        )
        if descriptor.platform is not None:
            rows.append(Row(tr("Platform"), labels.platform(descriptor.platform) or tr("unknown")))
    rows += digest_row(tr("Digest"), node.digest, tr("As stated by what refers to it."))
    if node.size is not None:
        rows.append(Row(tr("Size"), node.size_text, node.size_tooltip))
    if node.type is not NodeType.DOCUMENT:
        rows.append(_state_row(node))
    sections = [
        Section(tr("Document") if node.type is NodeType.DOCUMENT else node.type.value.capitalize(), tuple(rows))
    ]
    if node.type is NodeType.DOCUMENT and node.children:
        sections.append(limited(tr("Lists"), map(_entry_row, node.children), len(node.children)))
    if descriptor is not None:
        sections.append(labels_section(descriptor.annotations, tr("Annotations")))
    return tuple(section for section in sections if section.rows)


def name_rows(names: Sequence[str]) -> list[Row]:
    """The first names, and how many more there are: an image with a thousand tags has other things to tell, too."""
    rows = [
        Row(tr("Name") if not number else "", labels.familiar(name), display.safe(name))
        for number, name in enumerate(names[:MOST_NAMES])
    ]
    rest = len(names) - len(rows)
    return [*rows, Row("", tr("%s more are not shown here.") % f"{rest:,}")] if rest else rows


def digest_row(label: str, digest: Digest | None, tooltip: str, *, link: bool = False) -> list[Row]:
    """A row for a digest, with `link` a way to its node; none for None."""
    return [] if digest is None else [Row(label, str(digest), tooltip, link=digest if link else None, monospace=True)]


def _place_row(node: StructureNode) -> Row:
    assert node.blob is not None
    member = node.blob.member
    tooltip = (
        tr("Its content begins at byte %s of the tar.") % f"{member.data_offset:,}"
        if member.data_offset is not None
        else ""
    )
    return Row(tr("Stored as"), display.safe(member.name), tooltip, monospace=True)


def _state_row(node: StructureNode) -> Row:
    state = node.state()
    return Row(tr("State"), state.text or tr("nothing to check"), tr(state.tooltip))


def limited(title: str, rows: Iterable[Row], count: int) -> Section:
    """A section of at most `MAX_ROWS` of `count` rows; the rest is counted."""
    shown = tuple(row for row, _ in zip(rows, range(MAX_ROWS), strict=False))
    rest = count - len(shown)
    return Section(title, shown, tr("%s more are not shown here.") % f"{rest:,}" if rest > 0 else "")
