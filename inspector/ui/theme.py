"""Light and dark: the style's own palettes where it has them, ours where a dark desktop is told but not followed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

_DARK = {
    QPalette.ColorRole.Window: "#323437",
    QPalette.ColorRole.WindowText: "#e6e6e6",
    QPalette.ColorRole.Base: "#232528",
    QPalette.ColorRole.AlternateBase: "#2a2c2f",
    QPalette.ColorRole.Text: "#e6e6e6",
    QPalette.ColorRole.Light: "#4a4d52",
    QPalette.ColorRole.Midlight: "#45484d",
    QPalette.ColorRole.Mid: "#2a2c2f",
    QPalette.ColorRole.Dark: "#1c1e20",
    QPalette.ColorRole.Shadow: "#111213",
    QPalette.ColorRole.Button: "#45494e",
    QPalette.ColorRole.ButtonText: "#e6e6e6",
    QPalette.ColorRole.BrightText: "#ffffff",
    QPalette.ColorRole.ToolTipBase: "#33363a",
    QPalette.ColorRole.ToolTipText: "#e6e6e6",
    QPalette.ColorRole.PlaceholderText: "#a0a4aa",
    QPalette.ColorRole.Highlight: "#2f65ca",
    QPalette.ColorRole.HighlightedText: "#ffffff",
    QPalette.ColorRole.Link: "#7aa7ff",
    QPalette.ColorRole.LinkVisited: "#b39ddb",
}
_FADED = (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText)


def dark_palette() -> QPalette:
    """Every pair of text and ground has a contrast of 4.5:1 or more."""
    palette = QPalette()
    for role, colour in _DARK.items():
        palette.setColor(role, QColor(colour))
    for role in _FADED:
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#7c8085"))
    return palette


def follow_colour_scheme(application: QApplication) -> None:
    """Fusion, light or dark as the desktop says, and again when it changes its mind."""
    application.setStyle("Fusion")
    hints = QGuiApplication.styleHints()

    def apply(scheme: Qt.ColorScheme) -> None:
        if scheme == Qt.ColorScheme.Dark and application.style().standardPalette().window().color().lightness() > 128:
            application.setPalette(dark_palette())
        else:
            application.setPalette(application.style().standardPalette())

    hints.colorSchemeChanged.connect(apply)
    apply(hints.colorScheme())
