"""OCI image layouts, with or without Docker's manifest.json beside index.json (formats.md A3 to A8, A15 to A17)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.archive import agreement, orphans
from inspector.archive.dockersave import config_of, entry_images, node_of
from inspector.archive.faults import note_faults
from inspector.archive.found import Found
from inspector.archive.graph import Graph
from inspector.archive.members import MemberKind
from inspector.archive.opening import finding
from inspector.archive.orphans import OrphanKind
from inspector.errors import ArchiveDamaged
from inspector.findings import Fix, Severity
from inspector.language import say, say_all
from inspector.oci.digest import Digest
from inspector.oci.docker import parse_manifest_json
from inspector.oci.index import ImageIndex
from inspector.oci.layout import LAYOUT_VERSION, parse_oci_layout

if TYPE_CHECKING:
    from inspector.archive.blobstore import Blob
    from inspector.archive.image import Image
    from inspector.archive.opening import Opening
    from inspector.oci.docker import DockerManifestEntry
    from inspector.oci.document import Document

_SUFFIXES = (".tar.gz", ".tgz", ".tar.zst", ".tar", ".json")


def register_blobs(opening: Opening) -> None:
    """Make every `blobs/<algorithm>/<encoded>` known by its digest; names that state none are findings."""
    strays: list[tuple[Digest, str]] = []
    for member in opening.members.below("blobs/"):
        name = member.name
        parts = name.split("/")
        if member.kind is MemberKind.DIRECTORY or len(parts) < 3 or parts[-1].startswith("._"):
            continue
        digest = Digest.try_parse(":".join(parts[1:])) if len(parts) == 3 else None
        if digest is None:
            digest = _note_stray(opening, name, parts)
            if digest is not None:
                strays.append((digest, name))
        elif member.kind is MemberKind.FILE:
            opening.add_blob(member, digest)
        else:
            opening.file_blob(name, digest)
    for digest, name in strays:
        # Found all the same: the digest is plain to see, whatever stands around it.
        if opening.find_blob(digest) is None:
            opening.file_blob(name, digest)


def _note_stray(opening: Opening, name: str, parts: list[str]) -> Digest | None:
    last = parts[-1]
    stem = next((last.removesuffix(suffix) for suffix in _SUFFIXES if last.endswith(suffix)), last)
    digest = Digest.try_parse(f"{parts[1]}:{stem.lower()}") if len(parts) == 3 else None
    code = "BLOB-2" if digest is None and len(parts) == 3 else "BLOB-7" if stem != stem.lower() else "BLOB-3"
    opening.note(
        finding(
            code,
            Severity.ERROR if digest is not None else Severity.WARNING,
            "A file among the blobs is not named by a digest",
            "Blobs are called blobs/<algorithm>/<encoded digest>, with nothing behind it; loaders do not find others.",
            at=name,
            digest=digest,
            fix=Fix.AUTOMATIC,
            spec="image-layout.md#blobs",
        )
    )
    return digest


def read_oci_layout(opening: Opening, manifest_json: Document | None) -> Found:
    """A layout; `manifest_json` is Docker's, if there is one. Whatever is missing, what is there is shown."""
    register_blobs(opening)
    layout = _oci_layout(opening)
    index_json = opening.root_document("index.json", "LAYOUT-5")
    entries = _entries(opening, manifest_json)
    if not entries:
        _refuse_nonsense(opening, index_json)
    graph = Graph(opening, "index.json")
    index = _add_index(opening, graph, index_json)
    found = _Reading(opening, graph, entries)
    index_is_empty = not len(graph)
    found.adopt(index_is_empty=index_is_empty)
    roots, images = graph.build(found.repo_tags)
    alone = found.unreached(images)
    docker_only = entry_images(opening, alone)
    salvaged = orphans.config_images(opening, found.left) if index_is_empty and not (images or docker_only) else []
    for image in images:
        note_faults(opening, image)
    agreement.note(opening, index, images, entries, alone)
    found.note_left(salvaged)
    extra = (*docker_only, *salvaged)
    documents = [d for d in (layout, index_json, manifest_json) if d is not None]
    if manifest_json is not None and opening.members.find("repositories") is not None:
        repositories = opening.root_document("repositories", "COMPAT-8")
        documents += [repositories] if repositories is not None else []
    return Found(
        "oci-layout+docker" if manifest_json is not None else "oci-layout",
        tuple(documents),
        (*roots, *(node_of(image) for image in extra)),
        (*images, *extra),
        entries,
        is_salvage=index_json is None,
    )


def _refuse_nonsense(opening: Opening, index_json: Document | None) -> None:
    """Raise `ArchiveDamaged` if index.json is whole and yet no index, and nothing else lists the images.

    An archive that is cut off is another matter: there, what is left is shown.
    """
    blob = opening.file_blob("index.json")
    if blob is None or not blob.member.complete or (index_json is not None and isinstance(index_json.value, dict)):
        return
    failure = opening.failure(blob)
    reason = (
        say_all((say(failure.title), say(failure.message)), ": ")
        if failure is not None
        else say("It is JSON, but no object.")
    )
    raise ArchiveDamaged(
        "The index of the archive is no image index",
        say(
            "index.json is whole, but it cannot be understood. %s Nothing else tells which images the archive holds: save it again.",
            reason,
        ),
        subject="index.json",
    )


def _oci_layout(opening: Opening) -> Document | None:
    document = opening.root_document("oci-layout", "LAYOUT-2")
    if document is not None:
        version, findings = parse_oci_layout(document)
        opening.note(*findings)
        if version and version != LAYOUT_VERSION:
            opening.note(
                finding(
                    "LAYOUT-3",
                    Severity.ERROR,
                    "An unknown layout version",
                    "containerd, oras and umoci take nothing but 1.0.0; it is not the number of the specification.",
                    at="oci-layout",
                    pointer="$.imageLayoutVersion",
                    expected=LAYOUT_VERSION,
                    found=version,
                    fix=Fix.AUTOMATIC,
                    spec="image-layout.md#oci-layout-file",
                )
            )
    elif opening.file_blob("oci-layout") is None:
        opening.note(
            finding(
                "LAYOUT-1",
                Severity.ERROR,
                "The file oci-layout is missing",
                "Without it containerd and others do not take this for an OCI layout.",
                at="oci-layout",
                fix=Fix.AUTOMATIC,
                spec="image-layout.md#oci-layout-file",
            )
        )
    return document


def _entries(opening: Opening, manifest_json: Document | None) -> tuple[DockerManifestEntry, ...]:
    if manifest_json is None:
        return ()
    entries, findings = parse_manifest_json(manifest_json)
    opening.note(*findings)
    return entries


def _add_index(opening: Opening, graph: Graph, document: Document | None) -> ImageIndex | None:
    if document is None:
        if opening.file_blob("index.json") is None:
            opening.note(
                finding(
                    "LAYOUT-4",
                    Severity.ERROR,
                    "The file index.json is missing",
                    "The archive is cut off or incomplete. What its blobs hold is shown, without names.",
                    at="index.json",
                    fix=Fix.AUTOMATIC,
                    spec="image-layout.md#indexjson-file",
                )
            )
        return None
    if not isinstance(document.value, dict):
        opening.note(
            finding(
                "LAYOUT-5", Severity.ERROR, "index.json is no image index", "It is no JSON object.", at="index.json"
            )
        )
        return None
    index, findings = ImageIndex.parse(document, most=opening.limits.descriptors)
    opening.note(*findings)
    for descriptor in index.manifests:
        graph.add_top(descriptor, origin="index.json")
    return index


def _referred_by(config: Blob | None, document: Document | None) -> Digest | None:
    """The digest by which manifests refer to a config: of its bytes, unless it is stored under another algorithm."""
    claimed = config.claimed if config is not None else None
    if document is None or (claimed is not None and claimed.algorithm != document.digest.algorithm):
        return claimed
    return document.digest


class _Reading:
    """What manifest.json and the unreferenced blobs add to the graph that index.json gives."""

    def __init__(self, opening: Opening, graph: Graph, entries: tuple[DockerManifestEntry, ...]) -> None:
        self._opening = opening
        self._graph = graph
        self._entries = entries
        self.repo_tags: dict[Digest, dict[str, None]] = {}
        self._configs: list[tuple[DockerManifestEntry, Digest | None]] = []
        self._used: set[Blob] = set()
        for entry in entries:
            blob, document, _ = config_of(opening, entry)
            digest = _referred_by(blob, document)
            self._configs.append((entry, digest))
            if digest is not None:
                self.repo_tags.setdefault(digest, {}).update(dict.fromkeys(entry.repo_tags))
            files = [blob, *(opening.file_blob(path) for path in entry.layers if path)]
            self._used.update(found for found in files if found is not None)
        self.left: list[tuple[Blob, OrphanKind, Document | None]] = []

    def adopt(self, *, index_is_empty: bool) -> None:
        """Take unreferenced manifests into the graph.

        Those of images that manifest.json lists, those with a `subject`, and, if index.json lists nothing, all.
        """
        known = self._graph.referenced()
        loose = [b for b in self._opening.blobs.all() if b.claimed is not None and b.claimed not in known]
        loose = [blob for blob in loose if blob not in self._used and blob.member.name.startswith("blobs/")]
        self.left = orphans.classify(self._opening, loose)
        wanted = {digest for _, digest in self._configs if digest is not None}
        wanted -= {m.config.digest for _, m in self._graph.manifests if m.config is not None and m.config.digest}
        documents = [(blob, kind, document) for blob, kind, document in self.left if document is not None]
        below = {d for _, kind, document in documents if kind is OrphanKind.INDEX for d in orphans.children(document)}
        for blob, kind, document in documents:
            if kind not in (OrphanKind.INDEX, OrphanKind.MANIFEST):
                continue
            lost = kind is OrphanKind.MANIFEST and orphans.mentioned(document, "config") in wanted
            if lost or orphans.mentioned(document, "subject") or (index_is_empty and blob.claimed not in below):
                self._graph.add_document(blob, origin="blobs", source="blobs")
        known = self._graph.referenced()
        self.left = [orphan for orphan in self.left if orphan[0].claimed not in known]

    def unreached(self, images: tuple[Image, ...]) -> list[DockerManifestEntry]:
        """Entries of manifest.json whose config no manifest leads to."""
        reached = {image.config_digest for image in images}
        return [entry for entry, digest in self._configs if digest is None or digest not in reached]

    def note_left(self, salvaged: list[Image]) -> None:
        """BLOB-5 for what is still unreferenced."""
        shown = {image.config_blob for image in salvaged}
        shown |= {layer.blob for image in salvaged for layer in image.layers}
        left = orphans.summary([(blob, kind) for blob, kind, _ in self.left if blob not in shown])
        if left is not None:
            self._opening.note(left)
