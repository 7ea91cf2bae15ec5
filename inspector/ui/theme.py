"""Light and dark: the style's own palettes where it has them, ours where a dark desktop is told but not followed."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from inspector.viewmodel.preferences import Theme

_BRIGHT = 128
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
_CONTRAST = {
    QPalette.ColorRole.Window: "#000000",
    QPalette.ColorRole.WindowText: "#ffffff",
    QPalette.ColorRole.Base: "#000000",
    QPalette.ColorRole.AlternateBase: "#141414",
    QPalette.ColorRole.Text: "#ffffff",
    QPalette.ColorRole.Light: "#ffffff",
    QPalette.ColorRole.Midlight: "#d0d0d0",
    QPalette.ColorRole.Mid: "#a0a0a0",
    QPalette.ColorRole.Dark: "#808080",
    QPalette.ColorRole.Shadow: "#ffffff",
    QPalette.ColorRole.Button: "#202020",
    QPalette.ColorRole.ButtonText: "#ffffff",
    QPalette.ColorRole.BrightText: "#ffff00",
    QPalette.ColorRole.ToolTipBase: "#000000",
    QPalette.ColorRole.ToolTipText: "#ffffff",
    QPalette.ColorRole.PlaceholderText: "#e0e0e0",
    QPalette.ColorRole.Highlight: "#ffff00",
    QPalette.ColorRole.HighlightedText: "#000000",
    QPalette.ColorRole.Link: "#66d9ff",
    QPalette.ColorRole.LinkVisited: "#ff9cff",
}
_FADED = (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText)
_BOXES = ("QCheckBox", "QRadioButton", "QGroupBox", "QListWidget", "QTreeWidget")
_FRAMES = (
    "QAbstractItemView",
    "QAbstractSpinBox",
    "QComboBox",
    "QLineEdit",
    "QPlainTextEdit",
    "QPushButton",
    "QTabBar",
)
_OUTLINES = {Theme.DARK: ("#b8bcc2", _BOXES), Theme.CONTRAST: ("#ffffff", (*_BOXES, *_FRAMES))}
"""Fusion draws outlines in a darker shade of the *window* colour: around an unchecked box on dark ground, black on black."""
_SCHEMES = {
    Theme.SYSTEM: Qt.ColorScheme.Unknown,
    Theme.LIGHT: Qt.ColorScheme.Light,
    Theme.DARK: Qt.ColorScheme.Dark,
    Theme.CONTRAST: Qt.ColorScheme.Dark,
}


def _palette(colours: Mapping[QPalette.ColorRole, str], faded: str) -> QPalette:
    palette = QPalette()
    for role, colour in colours.items():
        palette.setColor(role, QColor(colour))
    for role in _FADED:
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(faded))
    return palette


def dark_palette() -> QPalette:
    """Every pair of text and ground has a contrast of 4.5:1 or more."""
    return _palette(_DARK, "#8b8f95")


def contrast_palette() -> QPalette:
    """White on black, what is selected black on yellow: 15:1 or more."""
    return _palette(_CONTRAST, "#a8a8a8")


class ThemeKeeper(QObject):
    """Fusion in the colours that the person chose, or those of the desktop, followed when it changes its mind."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._theme = Theme.SYSTEM
        self._shown: Theme | None = None
        application.setStyle("Fusion")
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._follow)
        hints.accessibility().contrastPreferenceChanged.connect(self._follow)
        self._follow()

    def choose(self, theme: Theme) -> None:
        """Live: every open window changes at once."""
        if theme is not self._theme:
            self._theme = theme
            # Where the platform can, title bars follow, too.
            QGuiApplication.styleHints().setColorScheme(_SCHEMES[theme])
        self._follow()

    @property
    def shown(self) -> Theme:
        """What `SYSTEM` comes to at the moment; else what was chosen."""
        if self._theme is not Theme.SYSTEM:
            return self._theme
        hints = QGuiApplication.styleHints()
        if hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast:
            return Theme.CONTRAST
        return Theme.DARK if hints.colorScheme() == Qt.ColorScheme.Dark else Theme.LIGHT

    def _follow(self) -> None:
        shown = self.shown
        if shown is self._shown:
            return
        self._shown = shown
        application = self._application
        standard = application.style().standardPalette()
        if shown is Theme.CONTRAST:
            palette = contrast_palette()
        elif shown is Theme.DARK and standard.window().color().lightness() > _BRIGHT:
            palette = dark_palette()
        else:
            palette = standard
        application.setPalette(palette)
        ink, kinds = _OUTLINES.get(shown, ("", ()))
        outlined = QPalette(palette)
        outlined.setColor(QPalette.ColorRole.Window, QColor(ink))
        for kind in (*_BOXES, *_FRAMES):
            # PySide's stub asks for bytes, its code for a str.
            application.setPalette(outlined if kind in kinds else palette, kind)  # type: ignore[arg-type]


def follow_colour_scheme(application: QApplication) -> ThemeKeeper:
    """The one keeper of the application, made at the first call."""
    known = application.findChild(ThemeKeeper)
    return known if known is not None else ThemeKeeper(application)
