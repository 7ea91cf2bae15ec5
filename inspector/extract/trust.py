"""What has to be said about a layer before its files are trusted."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.archive.image import Layer
from inspector.errors import InspectorError
from inspector.findings import Severity
from inspector.language import say, say_all
from inspector.layers.table import Listing


def warnings_about(layer: Layer, listing: Listing, error: InspectorError | None) -> Iterator[str]:
    """One sentence for each thing that is wrong with the bytes of a layer: absent, damaged, not what its digest says."""
    if error is not None:
        reason = say_all([say(text) for text in (error.title, error.message) if text], ": ")
        yield say("layer %(number)s: %(error)s", number=layer.number, error=reason)
        return
    told = False
    for finding in listing.findings:
        if finding.severity is not Severity.ERROR:
            continue
        told = True
        values = (
            say(" (stated %(expected)s, found %(found)s)", expected=finding.expected, found=finding.found)
            if finding.expected and finding.found
            else ""
        )
        yield say(
            "layer %(number)s: %(title)s. %(explanation)s%(values)s",
            number=layer.number,
            title=say(finding.title),
            explanation=say(finding.explanation),
            values=values,
        )
    if not listing.complete and not told:
        yield say("layer %s: it is not whole; files may be missing.", layer.number)
