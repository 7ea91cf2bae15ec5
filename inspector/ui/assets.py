"""Finds `resources/` in a wheel, an editable install, a checkout and a frozen build; icons in the palette's colours."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

_INK = b"#000000"
"""What our drawings paint with; replaced by the text colour."""
_ACCENTS = {b"#1f6fb5": b"#6cb2f0", b"#c01c28": b"#ff7b7b", b"#8f5a00": b"#f6c75b", b"#1d7a3e": b"#6fd08c"}
"""Their other colours (accent, error, warning, good), and what stands for each on a dark ground; contrast 4.5:1 or more."""
_NAME, _SIDE = "icon-name", "icon-side"
"""Properties of widgets that show an icon."""
_SIZES = (16, 20, 24, 32, 48)


def resource(*parts: str) -> Path:
    """The path of one resource; FileNotFoundError if it was not shipped."""
    packaged = Path(str(files("inspector"))) / "resources"
    root = packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "resources"
    path = root.joinpath(*parts)
    if not path.exists():
        raise FileNotFoundError(path)
    return path


def icon(name: str) -> QIcon:
    """The icon `name`, drawn in the colours of the current palette; an empty icon for "".

    Our own SVGs, since no theme's icons exist on Windows, on macOS or without a desktop.
    """
    if not name:
        return QIcon()
    palette = QApplication.palette()
    return _drawn(
        name,
        palette.color(QPalette.ColorGroup.Normal, QPalette.ColorRole.WindowText).name(),
        palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText).name(),
        palette.color(QPalette.ColorRole.HighlightedText).name(),
    )


def draw_icon(widget: QAbstractButton | QLabel, name: str, side: int = 0) -> None:
    """Give a button, or a label (`side` pixels wide), the icon `name`; `redraw` finds it again."""
    widget.setProperty(_NAME, name)
    if isinstance(widget, QLabel):
        widget.setProperty(_SIDE, side)
        widget.setPixmap(icon(name).pixmap(side, side))
    else:
        widget.setIcon(icon(name))


def redraw(window: QWidget) -> None:
    """The palette changed: draw the icons of `draw_icon` in it, in `window` and in its dialogs."""
    widgets: list[QAbstractButton | QLabel] = [*window.findChildren(QAbstractButton), *window.findChildren(QLabel)]
    for widget in widgets:
        name = widget.property(_NAME)
        if isinstance(name, str):
            draw_icon(widget, name, widget.property(_SIDE) or 0)


@lru_cache(maxsize=256)
def _drawn(name: str, colour: str, faded: str, selected: str) -> QIcon:
    try:
        drawing = resource("icons", f"{name}.svg").read_bytes()
    except FileNotFoundError:
        return QIcon()
    result = QIcon()
    on_dark = QColor(colour).lightness() > 128
    for mode, ink in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, faded), (QIcon.Mode.Selected, selected)):
        recoloured = drawing
        for light, dark in _ACCENTS.items():
            accent = (dark if on_dark else light) if mode is QIcon.Mode.Normal else ink.encode()
            recoloured = recoloured.replace(light, accent)
        recoloured = recoloured.replace(_INK, ink.encode())
        for size in _SIZES:
            image = _raster(recoloured, size)
            if image is not None:
                result.addPixmap(QPixmap.fromImage(image), mode)
    return result


def _raster(drawing: bytes, size: int) -> QImage | None:
    from PySide6.QtSvg import QSvgRenderer

    renderer = QSvgRenderer(QByteArray(drawing))
    if not renderer.isValid():
        return None
    image = QImage(QSize(size, size), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    return image
