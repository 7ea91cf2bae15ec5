"""The sections of an evidence report, each made from the facts that `evidence.collect` computed."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from inspector import __version__
from inspector.archive.blobstore import Blob, BlobState
from inspector.conformance.forecast import Verdict
from inspector.conformance.loaders import NAMES
from inspector.findings import Finding, Fix, Severity
from inspector.oci import mediatype
from inspector.viewmodel import labels
from inspector.viewmodel.display import count, safe, size_exact
from inspector.viewmodel.evidence.blocks import Block, Outline, Paragraph, Remark, Section, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.archive.image import Image, Layer, TreeNode
    from inspector.conformance.case import Contents
    from inspector.viewmodel.evidence.facts import Facts

SPECIFICATION: Final = "OCI image-spec 1.1.1"
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_FIXES: Final = {
    Fix.AUTOMATIC: "An export mends it.",
    Fix.CHOICE: "An export can mend it if that is chosen.",
    Fix.NONE: "An export does not mend it.",
}
_VERDICTS: Final = {
    Verdict.LOADS: "loads",
    Verdict.WARNING: "loads, with a warning",
    Verdict.WRONG: "loads something else than it should",
    Verdict.REFUSES: "refuses it",
}
_STATES: Final = {
    BlobState.VERIFIED: "verified",
    BlobState.WRONG: "WRONG",
    BlobState.UNCHECKED: "not checked",
    BlobState.ABSENT: "absent",
}
_NOTHING: Final = "–"
_WHAT_IT_IS: Final = re.compile(r"[:;] it is .*")
_MOST_LINES: Final = 5_000
_MOST_PLACES: Final = 20
_LONG: Final = 4_000


def title(facts: Facts) -> str:
    """The heading of the whole."""
    return f"Evidence report: {safe(facts.archive.path.name)}"


def about(facts: Facts) -> Section:
    """What file this is, and the result in one line."""
    archive = facts.archive
    rows = [
        ("File", safe(archive.path.name)),
        ("Size", size_exact(archive.size)),
        ("sha256 of the file", _of_file(facts)),
        ("Kind", archive.layout),
        ("Compression of the file", str(archive.compression)),
        ("Written by", safe(archive.writer.text)),
        *(("Because", safe(line)) for line in archive.writer.evidence),
        ("Images", _kinds(facts)),
        ("Findings", result(facts)),
        ("Checked against", SPECIFICATION),
        ("Checked by", f"Image Inspector {__version__}"),
    ]
    return Section("The archive", (Table(("", ""), tuple(rows)),))


def _of_file(facts: Facts) -> str:
    if facts.file_digest is not None:
        return str(facts.file_digest)
    if facts.archive.source is None:
        return "a folder: no digest of its own"
    return "not computed: the file is larger than the limit blob_bytes"


def result(facts: Facts) -> str:
    """`1 error, 2 warnings` or `none`."""
    report = facts.report
    words = [
        count(report.count(level), word, f"{word}s")
        for level, word in sorted(_LEVELS.items(), reverse=True)
        if report.count(level)
    ]
    return ", ".join(words) or "none"


def _kinds(facts: Facts) -> str:
    counts = Counter(image.kind for image in facts.archive.images)
    return ", ".join(f"{number:,} of kind {kind}" for kind, number in counts.items()) or "none"


def loaders(facts: Facts) -> Section:
    """What each loader is expected to do."""
    rows = tuple(
        (NAMES[one.loader], _VERDICTS[one.verdict], ", ".join(one.because), safe(one.text, _LONG))
        for one in facts.report.loaders
    )
    note = "A forecast from what each program is known to read, for linux/amd64. None of them was run."
    return Section("Will it load?", (Paragraph(note), Table(("Loader", "Forecast", "Rules", "Why"), rows)))


def verified(facts: Facts) -> Section:
    """What was computed and what was not, in numbers."""
    states = Counter(_state(blob) for blob in facts.files)
    diff_ids = Counter(
        _WHAT_IT_IS.sub("", _diff_id_state(layer, facts.report.contents))
        for image in facts.archive.images
        if image.kind.value == "image"
        for layer in image.layers
    )
    rows = [(f"Files in the archive: {state}", f"{number:,}") for state, number in sorted(states.items())]
    rows += [(f"Layers of images, uncompressed: {state}", f"{number:,}") for state, number in sorted(diff_ids.items())]
    absent = sum(1 for node in _nodes(facts) if node.kind.value == "absent")
    rows += [("Manifests and indexes that are named but not in the archive", f"{absent:,}")] if absent else []
    if facts.more_files:
        rows.append(("Files that are not listed and were not hashed for this report", f"{facts.more_files:,}"))
    text = "Verified: the digest was computed over all stored bytes for this report, and is the stated one."
    return Section("What was verified", (Paragraph(text), Table(("What", "How many"), tuple(rows))))


def findings(facts: Facts) -> Section:
    """Every finding with its explanation, worst first, equal ones together."""
    groups: dict[tuple[Severity, str, str], list[Finding]] = {}
    for finding in facts.report.findings:
        groups.setdefault((finding.severity, finding.code, finding.title), []).append(finding)
    ordered = sorted(groups.items(), key=lambda item: -item[0][0])
    remarks: tuple[Block, ...] = tuple(_remark(*key, found) for key, found in ordered)
    return Section("Findings", remarks or (Paragraph("None."),))


def _remark(severity: Severity, code: str, title: str, found: list[Finding]) -> Remark:
    first = found[0]
    facts = [("Specification:", f"{SPECIFICATION}, {safe(first.spec)}")] if first.spec else []
    facts.append(("Export:", _FIXES[first.fix]))
    places = [_place(finding) for finding in found[:_MOST_PLACES]]
    if len(found) > _MOST_PLACES:
        places.append(f"and {len(found) - _MOST_PLACES:,} more places")
    return Remark(_LEVELS[severity], code, safe(title), safe(first.explanation, _LONG), tuple(facts), tuple(places))


def _place(finding: Finding) -> str:
    where = finding.where
    words = [f"in {safe(where.object)}" if where.object else "in the archive itself"]
    words += [safe(where.pointer)] if where.pointer else []
    words += [f"at byte {where.offset:,}"] if where.offset is not None else []
    words += [safe(where.digest)] if where.digest else []
    words += [f"expected: {safe(finding.expected)}"] if finding.expected is not None else []
    words += [f"found: {safe(finding.found)}"] if finding.found is not None else []
    return "; ".join(words)


def structure(facts: Facts) -> Section:
    """What refers to what."""
    lines: list[tuple[int, str]] = []
    for root in facts.archive.roots:
        waiting = [(0, root, "")]
        while waiting and len(lines) <= _MOST_LINES:
            depth, node, role = waiting.pop()
            lines.append((depth, role + _node(node)))
            below = [(depth + 1, child, "") for child in node.children]
            below += [(depth + 1, referrer, "about it: ") for referrer in node.referrers]
            waiting += reversed(below)
    if len(lines) > _MOST_LINES:
        del lines[_MOST_LINES:]
        lines.append((0, "and more, which is not listed"))
    return Section("Structure", (Outline(tuple(lines)),) if lines else (Paragraph("No images."),))


def _node(node: TreeNode) -> str:
    names = ", ".join(safe(name) for name in node.names[:20])
    platform = node.image.platform if node.image is not None else None
    if platform is None and node.descriptor is not None:
        platform = node.descriptor.platform
    parts = [f"{node.kind}", names, labels.platform(platform), _text(node.digest)]
    if node.blob is not None:
        parts.append(_state(node.blob))
    return ", ".join(part for part in parts if part and part != _NOTHING)


def images(facts: Facts) -> Iterator[Section]:
    """One section for each image, attestation and artifact: its manifest, config and layers."""
    contents = facts.report.contents
    for image in facts.archive.images:
        name = safe(image.names[0]) if image.names else _text(image.manifest_digest or image.config_digest)
        rows = [
            ("Kind", str(image.kind)),
            *(("Name", safe(name)) for name in image.names),
            ("Platform", labels.platform(image.platform) or _NOTHING),
            ("Listed in", safe(image.source)),
            ("Complete", "yes" if image.complete else "no: the archive lacks its config or a layer"),
            ("Manifest", _text(image.manifest_digest)),
            ("Config", _of_config(image)),
        ]
        rows += [("Artifact type", safe(image.artifact_type))] if image.artifact_type else []
        rows += [("About", str(image.subject))] if image.subject is not None else []
        blocks: list[Block] = [Table(("", ""), tuple(rows))]
        if image.layers:
            headings = ("No.", "Media type", "Size", "Digest", "Stored bytes", "diffID", "Uncompressed")
            cells = tuple(_layer(layer, contents) for layer in image.layers)
            blocks.append(Table(headings, cells, frozenset((3, 5))))
        yield Section(f"{str(image.kind).capitalize()} {name}", tuple(blocks))


def _of_config(image: Image) -> str:
    state = f", {_state(image.config_blob)}" if image.config_blob is not None else ", absent"
    return _text(image.config_digest) + (state if image.config_digest is not None else "")


def _layer(layer: Layer, contents: Contents) -> tuple[str, ...]:
    return (
        str(layer.number),
        safe(layer.media_type) if layer.media_type else _NOTHING,
        f"{layer.size:,}" if layer.size is not None else _NOTHING,
        _text(layer.digest),
        _state(layer.blob) if layer.blob is not None else "absent",
        _text(layer.diff_id),
        _diff_id_state(layer, contents),
    )


def documents(facts: Facts) -> Section:
    """The documents at the top of the archive."""
    rows = tuple(
        (safe(document.name), f"{len(document.raw):,}", str(document.digest))
        for document in facts.archive.root_documents
    )
    return Section("Documents at the top", (Table(("Name", "Bytes", "sha256"), rows, frozenset((0, 2))),))


def files(facts: Facts) -> Section:
    """Every file of the archive with the digest that was computed for it."""
    rows = tuple(
        (
            safe(blob.member.name),
            f"{blob.size:,}",
            _text(blob.computed) if blob.computed is not None else "not computed",
            _text(blob.claimed),
            _state(blob),
        )
        for blob in facts.files
    )
    blocks: list[Block] = [Table(("Name", "Bytes", "sha256", "Stated digest", "State"), rows, frozenset((0, 2, 3)))]
    if facts.more_files:
        blocks.append(Paragraph(f"And {facts.more_files:,} more files, which were not hashed for this report."))
    return Section("Files in the archive", tuple(blocks))


def method(facts: Facts) -> Section:
    """What a reader must not take this for."""
    digest = "The digest of the file was computed over all of its bytes."
    whole = digest if facts.file_digest is not None else "There is no digest of the whole."
    return Section(
        "How to read this",
        (
            Paragraph(f"{whole} Every file of the archive, and every layer, was read to its end unless it says otherwise."),
            Paragraph(
                "Not checked: signatures and who made them, known vulnerabilities, licences, and what the programs of the image do. "
                "Nothing was fetched, and nothing of the archive was run."
            ),
            Paragraph("The same file and the same version of Image Inspector give this report again, byte for byte."),
        ),
    )  # fmt: skip


def _state(blob: Blob) -> str:
    if not blob.member.complete:
        return "WRONG: the archive ends within it"
    if blob.claimed is None:
        return "nothing states its digest"
    if not blob.claimed.checkable:
        return "not checked: the algorithm is not known"
    return _STATES[blob.state]


def _diff_id_state(layer: Layer, contents: Contents) -> str:
    if layer.blob is None:
        return "absent"
    if mediatype.is_encrypted(layer.media_type):
        return "not checked: encrypted"
    found = contents.diff_ids.get(layer.blob)
    if found is None:
        return "not computed: damaged" if layer.blob in contents.diff_ids else "not computed"
    if layer.diff_id is None:
        return f"no diffID is stated; it is {found}"
    return "verified" if found == layer.diff_id else f"WRONG: it is {found}"


def _nodes(facts: Facts) -> Iterator[TreeNode]:
    for root in facts.archive.roots:
        yield from root.walk()


def _text(value: object) -> str:
    return safe(str(value)) if value is not None else _NOTHING
