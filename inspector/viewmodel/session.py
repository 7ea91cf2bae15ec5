"""One opened archive as the window sees it: tree, pages, findings; and what is loaded for a page, in a worker.

Functions that take `(…, token, sink)` may take time and belong into a worker; everything else is quick.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.archive.detect import open_archive
from inspector.archive.image import Image, ImageArchive, Layer
from inspector.archive.limits import DEFAULT_LIMITS, Limits
from inspector.errors import BlobMissing, InspectorError, SourceChanged
from inspector.language import tr
from inspector.progress import CancelToken, Progress, ProgressSink, ignore_progress
from inspector.viewmodel import display, explanations, labels
from inspector.viewmodel.archivefindings import ArchiveFindings
from inspector.viewmodel.configsummary import history_rows
from inspector.viewmodel.content import can_show_as_text, read_json_view, summary_of
from inspector.viewmodel.copying import copy_choices, file_choices
from inspector.viewmodel.findingsview import FindingList
from inspector.viewmodel.layerlistings import LayerListings
from inspector.viewmodel.loading import loader_section
from inspector.viewmodel.messages import Message, from_error
from inspector.viewmodel.pages import CopyChoice, HistoryRow, Page, Row, Section
from inspector.viewmodel.recent import RecentArchive
from inspector.viewmodel.structure import build_tree
from inspector.viewmodel.tree import NodeType, StructureNode, StructureTree

if TYPE_CHECKING:
    from inspector.archive.source import ByteSource
    from inspector.conformance.forecast import Forecast
    from inspector.findings import Finding
    from inspector.layers.cache import ListingCache
    from inspector.layers.stack import ImageListings
    from inspector.layers.table import Listing
    from inspector.viewmodel.files import FileList
    from inspector.viewmodel.jsonpage.view import JsonView


def open_session(
    path: Path,
    token: CancelToken,
    sink: ProgressSink,
    *,
    raised: tuple[str, ...] = (),
    limits: Limits = DEFAULT_LIMITS,
    cache: ListingCache | None = None,
) -> ArchiveSession:
    """Open an archive within `limits`. `raised` names limits to go on with, as often as they were raised.

    `cache` has listings of earlier starts.

    Raises the ArchiveError family, `LimitReached`, `Cancelled`.
    """
    for name in raised:
        limits = limits.raised(name)
    archive = open_archive(path, token=token, sink=sink, limits=limits)
    try:
        return ArchiveSession(archive, limits, cache)
    except BaseException:
        archive.close()
        raise


class ArchiveSession:
    """An open archive. Close it; what still runs in a worker then fails, and its answer is to be dropped."""

    def __init__(
        self, archive: ImageArchive, limits: Limits = DEFAULT_LIMITS, cache: ListingCache | None = None
    ) -> None:
        self._cache = cache
        self.archive = archive
        """For view-models; widgets have no use for it."""
        self.limits = limits
        self.closed = False
        self.tree: StructureTree = build_tree(archive)
        self.found = ArchiveFindings(archive, self.tree)
        """What is odd or wrong with it, as far as it is known."""
        self.listings = LayerListings(cache, self._learn)
        """What is in its layers, as far as that was read."""
        self.releases: dict[str, Row] = {}
        """What is known of the systems of images, by `Image.key`."""
        self._nodes_of_layers = {id(node.layer): node for node in self.tree.nodes if node.layer is not None}

    # what it is -----------------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        return self.archive.path

    @property
    def title(self) -> str:
        """The file's name, for tabs and the window."""
        return display.safe(self.path.name or str(self.path), 120)

    @property
    def kind(self) -> str:
        """What it is, in a few words, and its size."""
        layout = tr(explanations.LAYOUTS.get(self.archive.layout, self.archive.layout))
        return f"{layout}, {display.size(self.archive.size)}"

    @property
    def place(self) -> str:
        """Its path, safe to show."""
        return display.safe(str(self.path), 4096)

    @property
    def size(self) -> int:
        return self.archive.size

    @property
    def findings(self) -> FindingList:
        """Those of opening, and those that reading layers has brought since."""
        return self.found.rows

    def recent(self, now: float) -> RecentArchive:
        """The entry for the list of recent archives; `now` in unix seconds."""
        named = [name for image in self.archive.images for name in image.names]
        found = {labels.platform(image.platform) for image in self.archive.images} - {""}
        platform = found.pop() if len(found) == 1 else tr("%s platforms") % len(found) if found else ""
        name = labels.familiar(named[0]) if named else ""
        return RecentArchive(str(self.path), name, platform, self.size, int(now))

    def source_changed(self) -> Message | None:
        """What to say if the file on disk is no longer the one that was opened; marks of verification are then dropped."""
        if self.closed:
            return None
        try:
            self.archive.check_source()
        except SourceChanged as error:
            for blob in self.archive.blobs.all():
                blob.forget()
            return from_error(error)
        except (InspectorError, OSError) as error:
            return from_error(error, tr("looking at the archive"))
        return None

    def allow_more(self, limit: str) -> None:
        """Go on with a larger limit (`Message.limit`) from now on."""
        self.limits = self.limits.raised(limit)

    def retold(self) -> ArchiveSession:
        """The same open archive, with every text made anew: the person chose another unit or language.

        What was computed stays known. Then `let_go` of this one.
        """
        other = ArchiveSession(self.archive, self.limits, self._cache)
        other.listings.take_over(self.listings)
        other.found.take_over(self.found)
        other.tree.wrong_diff_ids |= self.tree.wrong_diff_ids
        other.tree.refresh()
        return other

    def let_go(self) -> None:
        """Like `close`, but the archive stays open for the session that was `retold`."""
        self.closed = True
        self.listings.close()

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.archive.close()
            self.listings.close()

    # pages ----------------------------------------------------------------------------------------------

    def pages_for(self, node: StructureNode) -> tuple[Page, ...]:
        """The pages that have something to say; the first is the one to show."""
        pages: list[Page] = []
        is_json = node.document is not None or can_show_as_text(node, self.limits)
        if node.type is NodeType.LAYER:
            pages += [Page.FILES] if node.blob is not None else []
            pages += [Page.SUMMARY]
        elif node.type in (NodeType.INDEX, NodeType.DOCUMENT) and is_json:
            pages += [Page.JSON, Page.SUMMARY]
        elif node.type is NodeType.IMAGE and node.image is not None:
            pages += [Page.SUMMARY]
            pages += [Page.FILES] if any(layer.present for layer in node.image.layers) else []
        else:
            pages += [Page.SUMMARY]
        if Page.FILES in pages:
            pages.append(Page.SIZE_MAP)
        if is_json and Page.JSON not in pages:
            pages.append(Page.JSON)
        if node.type in (NodeType.IMAGE, NodeType.CONFIG) and node.image is not None and node.image.history:
            pages.append(Page.HISTORY)
        if node.type is NodeType.IMAGE and Page.FILES in pages:
            pages.append(Page.NOTABLE)
        if self.findings_for(node):
            pages.append(Page.FINDINGS)
        return tuple(pages)

    def history(self, node: StructureNode) -> tuple[HistoryRow, ...]:
        """Steps of an image or config, each with the node of the layer that it made."""
        if node.image is None:
            return ()
        return history_rows(node.image, self.node_of_layer)

    def findings_for(self, node: StructureNode) -> FindingList:
        """The findings that speak of this node or of something below it; of the archive's node, all."""
        if node is self.tree.root:
            return self.findings
        return FindingList(tuple(row for row in self.findings if row.node is not None and _is_at(row.node, node)))

    def what_is(self, node: StructureNode, page: Page = Page.SUMMARY) -> str:
        """The *What am I looking at?* line of a page."""
        return explanations.what_is(node, page)

    def copy_choices(self, node: StructureNode) -> tuple[CopyChoice, ...]:
        """What *Copy* (the first) and *Copy as* offer."""
        return copy_choices(node, self.archive)

    def file_choices(self, node: StructureNode, files: FileList, row: int) -> tuple[CopyChoice, ...]:
        """What *Copy as* offers for a file of `node`."""
        return file_choices(node, self.archive, files, row)

    def node_of_layer(self, layer: Layer) -> StructureNode | None:
        return self._nodes_of_layers.get(id(layer))

    # layers ---------------------------------------------------------------------------------------------

    def check(
        self, token: CancelToken, sink: ProgressSink = ignore_progress, *, deep: bool = False, again: bool = False
    ) -> tuple[Forecast, ...]:
        """Put the rules to the archive, once: their findings join the others. What each loader would do with it.

        `deep` reads every blob that was not read yet, `again` asks once more after something was read. Belongs into a worker; raises as `check_archive`.
        """
        return self.found.check(self.limits, token, sink, deep=deep, again=again)

    def tar_of(self, node: StructureNode, layer: int | None, listing: Listing) -> ByteSource:
        """The uncompressed tar of the layer that `node` is, or of layer `layer` (from 0) of the image that it is.

        From any thread. Raises `BlobMissing`.
        """
        found = node.layer if layer is None else node.image.layers[layer] if node.image is not None else None
        blob = found.blob if found is not None else None
        if blob is None:
            raise BlobMissing(tr("No layer"), tr("The archive does not hold the layer that this file lies in."))
        return self.listings.tar_of(blob, listing, self.limits)

    def list_image(
        self, image: Image, token: CancelToken, sink: ProgressSink, *, up_to: int | None = None
    ) -> ImageListings:
        """What is in the layers of an image, or in those up to number `up_to`; see `LayerListings.of_image`."""
        return self.listings.of_image(image, self.limits, token, sink, up_to=up_to)

    def _learn(self, layer: Layer, listing: Listing) -> None:
        self.found.add_of_layer(self.node_of_layer(layer), listing.findings)
        computed, stated = listing.diff_id, layer.diff_id
        if layer.blob is not None and computed is not None and stated is not None and computed != stated:
            self.tree.wrong_diff_ids.add(layer.blob)

    def findings_of(self, found: Iterable[Finding]) -> FindingList:
        """Rows for some findings of this archive."""
        return self.found.rows_of(found)


def _is_at(node: StructureNode | None, above: StructureNode) -> bool:
    while node is not None and node.depth > above.depth:
        node = node.parent
    return node is above


def load_summary(
    session: ArchiveSession, node: StructureNode, token: CancelToken, _sink: ProgressSink
) -> tuple[Section, ...]:
    """The Summary page of a node. Reads at most small blobs: the statements of an attestation.

    A row that is `pending` is for `osrelease.load_release` to find out.
    """
    token.check()
    forecasts = session.check(token) if node.type is NodeType.ARCHIVE else ()
    release = session.releases.get(node.image.key) if node.image is not None else None
    sections = summary_of(
        session.archive, session.tree, session.findings, node, session.listings.known(), session.limits, release
    )
    return (*sections, loader_section(forecasts)) if forecasts else sections


def load_checked_summary(
    session: ArchiveSession, node: StructureNode, token: CancelToken, sink: ProgressSink
) -> tuple[FindingList, tuple[Section, ...]]:
    """The Summary page of a node, and the findings from before: what the rules find while it is read, it may not tell."""
    if node is session.tree.root:
        session.check(token)
    return session.findings, load_summary(session, node, token, sink)


def load_json(session: ArchiveSession, node: StructureNode, token: CancelToken, sink: ProgressSink) -> JsonView:
    """The JSON page of a node. Raises what reading the blob raises; a text that is no JSON is shown as it is."""
    sink(Progress("Reading", 0, 0, node.short))
    return read_json_view(node, session.limits, token, session.findings_of)
