"""The colours of JSON, on a light and on a dark ground."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette

from inspector.viewmodel.jsonpage.view import Kind

# Hue, saturation and the two lightnesses (on a light, on a dark background) with a contrast of 4.5:1 and more.
_INKS = {
    Kind.KEY: (215, 160, 78, 170),
    Kind.STRING: (130, 150, 62, 150),
    Kind.NUMBER: (28, 200, 80, 150),
    Kind.LITERAL: (290, 130, 90, 175),
}


def ink(kind: Kind, palette: QPalette) -> QColor | None:
    """The colour of a kind of token; None for what has that of any text."""
    if kind not in _INKS:
        return None
    hue, saturation, on_light, on_dark = _INKS[kind]
    dark = palette.color(QPalette.ColorRole.Base).lightness() < 128
    return QColor.fromHsl(hue, saturation, on_dark if dark else on_light)
