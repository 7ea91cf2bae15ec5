"""The page *Notable*: files with special rights, devices, and what may be a secret, in files, environment and history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.errors import BlobError, LayerError
from inspector.language import tr, trn
from inspector.layers.content import open_file, watched
from inspector.layers.credentials import secrets_in_execution, secrets_in_history
from inspector.layers.notable import KEY_OR_CERTIFICATE, Notable, Reason, is_public_pem, notable_files
from inspector.viewmodel import display
from inspector.viewmodel.filesearch import MOST_ROWS, FoundFile, FoundFiles, found_row, merged_layers
from inspector.viewmodel.tree import NodeType

if TYPE_CHECKING:
    from inspector.layers.merged import Merged
    from inspector.progress import CancelToken, ProgressSink
    from inspector.viewmodel.session import ArchiveSession
    from inspector.viewmodel.tree import StructureNode

MOST_SECRETS = 1000
MOST_PEM = 1 << 20
"""A file of keys or certificates is read up to that size, in bytes; a larger one is listed unread."""
_SHOWN = 4000


def load_notable(session: ArchiveSession, node: StructureNode, token: CancelToken, sink: ProgressSink) -> FoundFiles:
    """What deserves a look in the image at `node`: secrets of its config first, then the files of all its layers.

    Files that a later layer removed are among them. Lists the layers that were not listed yet; raises what that raises.
    """
    merged, missing = merged_layers(session, node, token, sink)
    rows = list(_config_rows(session, node, token))
    found = [file for file in notable_files(merged) if not _is_public(session, node, merged, file, token)]
    rows += (
        replace(
            found_row(session, node, merged.listings[file.layer - 1], file.layer, file.entry, file.hidden_by),
            why=tr(file.reason.value),
            detail=display.safe(tr(file.detail)),
        )
        for file in found[: MOST_ROWS - len(rows)]
    )
    in_config = sum(1 for row in rows if row.secret)
    text = trn("%s notable file", "%s notable files", len(found)) % f"{len(found):,}"
    if in_config:
        text += (
            ", "
            + trn("%d possible secret in the configuration", "%d possible secrets in the configuration", in_config)
            % in_config
        )
    if len(found) + in_config > len(rows):
        text += ", " + tr("the first %s are shown") % f"{MOST_ROWS:,}"
    return FoundFiles(tuple(rows), f"{text}, {missing}" if missing else text)


def _is_public(session: ArchiveSession, node: StructureNode, merged: Merged, file: Notable, token: CancelToken) -> bool:
    """Whether a file is listed for a name that keys and certificates share, and holds public ones only."""
    if file.detail != KEY_OR_CERTIFICATE:
        return False
    token.check()
    listing = merged.listings[file.layer - 1]
    if listing.sizes[file.entry] > MOST_PEM:
        return False
    try:
        source = open_file(watched(session.tar_of(node, file.layer - 1, listing), token), listing, file.entry)
        return is_public_pem(source.read_at(0, source.size))
    except (BlobError, LayerError):
        return False  # what cannot be read stays listed


def _config_rows(session: ArchiveSession, node: StructureNode, token: CancelToken) -> Iterator[FoundFile]:
    image = node.image
    config = image.parsed_config if image is not None else None
    if image is None or config is None:
        return
    places = {"environment": tr("environment variable %s"), "label": tr("label %s")}
    at = next((found for found in session.tree.nodes if found.type is NodeType.CONFIG and found.image is image), node)
    count = 0
    for place, secret in secrets_in_execution(config.execution):
        token.check()
        count += 1
        if count > MOST_SECRETS:
            return
        yield _row(
            places[place] % display.safe(secret.name, 200), tr("configuration"), tr(secret.what), secret.value, at
        )
    layers = [layer for _, layer in image.history]
    for secret in secrets_in_history(entry for entry, _ in image.history):
        token.check()
        count += 1
        if count > MOST_SECRETS:
            return
        layer = layers[secret.step - 1]
        where = tr("layer %d") % layer.number if layer is not None else tr("configuration")
        yield _row(tr("history, step %d") % secret.step, where, tr(secret.what), secret.value, at)


def _row(place: str, layer: str, what: str, value: str, node: StructureNode) -> FoundFile:
    return FoundFile(
        place,
        layer,
        "",
        "",
        "",
        b"",
        node,
        why=tr(Reason.LIKELY_SECRET.value),
        detail=display.safe(what, 200),
        secret=display.safe(value, _SHOWN),
    )
