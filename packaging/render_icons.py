"""Draws the icons that systems want as pixels: `render_icons.py FOLDER`, with a Python that has PySide6.

Makes `SIZE/app.png` and `SIZE/image-archive.png` for each size, `NAME.ico` for Windows and `NAME.icns` for macOS.
The SVGs in resources/icons stay the only source.
"""

import os
import struct
import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ICONS = Path(__file__).resolve().parents[1] / "resources" / "icons"
NAMES = ("app", "image-archive")
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
ICO = (16, 24, 32, 48, 64, 128, 256)
ICNS = {128: b"ic07", 256: b"ic08", 512: b"ic09"}


def png(renderer: QSvgRenderer, size: int) -> bytes:
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):
        raise SystemExit("Qt cannot write PNG")
    return bytes(buffer.data().data())


def ico(pictures: dict[int, bytes]) -> bytes:
    """Windows' container: a header, an entry of 16 bytes each, then the PNGs. 256 is written as 0."""
    head = struct.pack("<HHH", 0, 1, len(ICO))
    entries, bodies, at = b"", b"", 6 + 16 * len(ICO)
    for size in ICO:
        body = pictures[size]
        entries += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(body), at + len(bodies))
        bodies += body
    return head + entries + bodies


def icns(pictures: dict[int, bytes]) -> bytes:
    """macOS' container: each PNG behind its kind and length, big-endian, both counted."""
    body = b"".join(kind + struct.pack(">I", len(pictures[size]) + 8) + pictures[size] for size, kind in ICNS.items())
    return b"icns" + struct.pack(">I", len(body) + 8) + body


def main(folder: Path) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication([])
    for name in NAMES:
        renderer = QSvgRenderer(str(ICONS / f"{name}.svg"))
        if not renderer.isValid():
            raise SystemExit(f"{name}.svg cannot be drawn")
        pictures = {size: png(renderer, size) for size in SIZES}
        for size, picture in pictures.items():
            (folder / str(size)).mkdir(parents=True, exist_ok=True)
            (folder / str(size) / f"{name}.png").write_bytes(picture)
        (folder / f"{name}.ico").write_bytes(ico(pictures))
        (folder / f"{name}.icns").write_bytes(icns(pictures))
    del application


if __name__ == "__main__":
    main(Path(sys.argv[1]))
