"""*Will it load?* in words: a row for each loader, from the forecast of `conformance`."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.conformance.forecast import Forecast, Verdict
from inspector.conformance.loaders import NAMES
from inspector.findings import Severity
from inspector.language import tr
from inspector.viewmodel import display
from inspector.viewmodel.pages import Row, Section

WORDS = {
    Verdict.LOADS: ("✓ loads", None),
    Verdict.WARNING: ("⚠ loads, with a warning", Severity.WARNING),
    Verdict.WRONG: ("✗ loads something else than it should", Severity.ERROR),
    Verdict.REFUSES: ("✗ refuses it", Severity.ERROR),
}


SHORT_NAMES = {
    "docker-graphdriver": "Docker",
    "docker-containerd": "Docker (containerd)",
    "containerd": "containerd",
    "podman": "podman",
    "skopeo-oci": "skopeo oci-archive",
    "skopeo-docker": "skopeo docker-archive",
    "crane": "crane",
    "umoci": "umoci",
    "kind": "kind",
}
"""Loader → its name where there is little room."""


def loaders_line(forecasts: Iterable[Forecast]) -> str:
    """All in one line, signs first: `✓ Docker  ⚠ podman  ✗ crane`."""
    return "   ".join(f"{WORDS[one.verdict][0][0]} {SHORT_NAMES[one.loader]}" for one in forecasts)


def loader_section(forecasts: Iterable[Forecast]) -> Section:
    """What each loader would do with the archive, and why; told from the rules of real versions, not tried out."""
    rows = []
    for forecast in forecasts:
        sign_and_word, level = WORDS[forecast.verdict]
        words = tr(sign_and_word)
        why = display.safe(tr(forecast.text), 2000)
        value = words if forecast.verdict is Verdict.LOADS or not why else f"{words}: {why}"
        codes = ", ".join(forecast.because)
        rows.append(Row(NAMES[forecast.loader], value, "\n".join(part for part in (why, codes) if part), level=level))
    return Section(
        tr("Will it load?"), tuple(rows), tr("A forecast from what each program is known to read; nothing was tried.")
    )
