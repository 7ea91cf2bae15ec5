"""Draws the tiles of a size map and moves between them; what they are is `viewmodel/sizemap/sizemap.py`'s business.

Colour only supports: the name stands in a tile where it fits, and the whole of it in the tooltip, in the line below the map, in the
table beside it, and in what a screen reader is told.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QBrush,
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from inspector.ui import text
from inspector.viewmodel.sizemap.sizemap import SizeLevel, SizeMap
from inspector.viewmodel.sizemap.treemap import OTHERS, Direction, Tile, neighbour, tile_at

HUES = (
    ("#9dc3ea", "#2f5f93"),
    ("#f3bd86", "#8a531f"),
    ("#a5d6a0", "#386b3d"),
    ("#c9b1e4", "#64478a"),
    ("#eee08a", "#6f6019"),
    ("#eda6ad", "#8a3d4c"),
    ("#93d3cf", "#22686a"),
    ("#c9ccd0", "#55595f"),
)
"""On a light and on a dark ground; with black or white text, whichever fits, a contrast of 5:1 or more."""
_ARROWS = {
    Qt.Key.Key_Left: Direction.LEFT,
    Qt.Key.Key_Right: Direction.RIGHT,
    Qt.Key.Key_Up: Direction.UP,
    Qt.Key.Key_Down: Direction.DOWN,
}
_PAD = 4
_NARROWEST_NAME = 22


def is_dark(palette: QPalette) -> bool:
    return palette.color(QPalette.ColorRole.Base).lightness() < 128


def colour_of(hue: int, palette: QPalette) -> QColor:
    """The colour of a group; -1: of no single one."""
    if hue < 0:
        return palette.color(QPalette.ColorRole.AlternateBase)
    return QColor(HUES[hue % len(HUES)][is_dark(palette)])


class TreemapView(QWidget):
    """One folder as tiles. Arrow keys move, Enter goes in, Backspace goes out."""

    current_changed = Signal(int)
    """The place of the tile that the person is at; -1: none."""
    entered = Signal(int)
    left = Signal()
    """The person wants the folder above."""
    resized = Signal()
    """The tiles were laid out for another size."""
    menu_asked = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._map: SizeMap | None = None
        self._level: SizeLevel | None = None
        self._current = -1
        self._drawn: QPixmap | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Size map"))
        self.setMinimumSize(120, 80)

    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    @property
    def title_height(self) -> float:
        """What the name of a folder takes."""
        return float(self.fontMetrics().height() + 2)

    @property
    def current(self) -> int:
        return self._current

    def show_level(self, size_map: SizeMap | None, level: SizeLevel | None, node: int = -1) -> None:
        """Show a folder; the tile of `node`, else the largest, becomes the current one."""
        self._map, self._level = size_map, level
        self._drawn = None
        self._current = -1
        if level is not None and level.tiles:
            self.go_to_node(node)
            if self._current < 0:
                self._set_current(0, tell=False)
        else:
            self.current_changed.emit(-1)
        self.update()

    def go_to_node(self, node: int) -> None:
        """Make the tile of `node` the current one; if it is too small to have one, that of the small ones beside it."""
        level, size_map = self._level, self._map
        if level is None or size_map is None or node < 0:
            return
        found = next((place for place, tile in enumerate(level.tiles) if tile.node == node), -1)
        if found < 0:
            above = size_map.parent(node)
            beside = (place for place, tile in enumerate(level.tiles) if tile.node == OTHERS and tile.parent == above)
            found = next(beside, -1)
        if found >= 0:
            self._set_current(found, tell=False)

    def _set_current(self, place: int, *, tell: bool = True) -> None:
        level, size_map = self._level, self._map
        if level is None or size_map is None or place == self._current or not 0 <= place < len(level.tiles):
            return
        self._update_tile(self._current)
        self._current = place
        self._update_tile(place)
        words = size_map.describe(level, level.tiles[place])
        self.setAccessibleDescription(words)
        if tell:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))
        self.current_changed.emit(place)

    def _update_tile(self, place: int) -> None:
        if self._level is not None and 0 <= place < len(self._level.tiles):
            self.update(self._shown(self._level.tiles[place]).toAlignedRect().adjusted(-3, -3, 3, 3))

    # drawing --------------------------------------------------------------------------------------------

    def _scale(self) -> tuple[float, float]:
        """From the size that the tiles were laid out for to the one there is, until others come."""
        if self._level is None:
            return 1.0, 1.0
        width, height = self._level.size
        return self.width() / max(1.0, width), self.height() / max(1.0, height)

    def _shown(self, tile: Tile) -> QRectF:
        across, down = self._scale()
        x, y, width, height = tile.rect
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft and self._level is not None:
            x = self._level.size[0] - x - width
        return QRectF(x * across, y * down, width * across, height * down)

    def paintEvent(self, event: QPaintEvent) -> None:
        level = self._level
        # While the window is being resized the old picture is stretched: new tiles are under way.
        empty = level is None or not level.tiles
        if self._drawn is None or (empty and self._drawn.deviceIndependentSize().toSize() != self.size()):
            self._drawn = self._draw()
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.drawPixmap(self.rect(), self._drawn)
        if level is not None and 0 <= self._current < len(level.tiles):
            rect = self._shown(level.tiles[self._current])
            # Text and ground stand out from every colour of a tile; a highlight need not.
            ring = self.palette().color(QPalette.ColorRole.Text)
            strong = self.hasFocus()
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Base), 5 if strong else 3))
            painter.drawRect(rect.adjusted(2, 2, -2, -2))
            painter.setPen(QPen(ring, 3 if strong else 1.5))
            painter.drawRect(rect.adjusted(1.5, 1.5, -1.5, -1.5))
        painter.end()

    def _draw(self) -> QPixmap:
        ratio = self.devicePixelRatio()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(self.palette().color(QPalette.ColorRole.Base))
        painter = QPainter(pixmap)
        painter.setFont(self.font())
        painter.setLayoutDirection(self.layoutDirection())
        level = self._level
        if level is None or not level.tiles:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            words = self.tr("Nothing here takes any space.") if level is not None else ""
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)
        else:
            for place in range(len(level.tiles)):
                self._draw_tile(painter, level, place)
        painter.end()
        return pixmap

    def _draw_tile(self, painter: QPainter, level: SizeLevel, place: int) -> None:
        tile = level.tiles[place]
        rect = self._shown(tile).adjusted(0.5, 0.5, -0.5, -0.5)
        palette = self.palette()
        ground = palette.color(QPalette.ColorRole.Window) if tile.opened else colour_of(level.hue(place), palette)
        painter.fillRect(rect, ground)
        if not tile.opened and level.hue(place) < 0:
            lines = QColor(palette.color(QPalette.ColorRole.PlaceholderText))
            lines.setAlpha(70)
            painter.fillRect(
                rect, QBrush(lines, Qt.BrushStyle.Dense6Pattern if tile.node == OTHERS else Qt.BrushStyle.BDiagPattern)
            )
        if tile.opened:
            edge = QColor(palette.color(QPalette.ColorRole.PlaceholderText))
            edge.setAlpha(120)
            painter.setPen(edge)
            painter.drawRect(rect)
        self._draw_name(painter, level, place, rect, ground)

    def _draw_name(self, painter: QPainter, level: SizeLevel, place: int, rect: QRectF, ground: QColor) -> None:
        tile = level.tiles[place]
        metrics = self.fontMetrics()
        height = tile.title * self._scale()[1] if tile.opened else rect.height()
        if rect.width() < _NARROWEST_NAME or height < metrics.height() - 1:
            return
        room = QRectF(rect.x() + _PAD, rect.y() + 1, rect.width() - 2 * _PAD, height - 1)
        name = metrics.elidedText(level.labels[place], Qt.TextElideMode.ElideRight, int(room.width()))
        painter.setPen(ink_on(ground))
        leading = Qt.AlignmentFlag.AlignLeading
        painter.drawText(
            room, leading | (Qt.AlignmentFlag.AlignVCenter if tile.opened else Qt.AlignmentFlag.AlignTop), name
        )
        if not tile.opened and height > 2 * metrics.height() + 2 and self._map is not None:
            size = self._map.size_text(tile)
            if metrics.horizontalAdvance(size) <= room.width():
                painter.drawText(room.translated(0, metrics.height()), leading | Qt.AlignmentFlag.AlignTop, size)

    # ways of the person ---------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        direction = _ARROWS.get(Qt.Key(event.key()))
        level = self._level
        if direction is not None and level is not None and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                direction = {Direction.LEFT: Direction.RIGHT, Direction.RIGHT: Direction.LEFT}.get(direction, direction)
            self._set_current(neighbour(level.tiles, self._current, direction))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit(self._current)
        elif event.key() == Qt.Key.Key_Backspace:
            self.left.emit()
        elif event.key() == Qt.Key.Key_Home:
            self._set_current(0)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.BackButton:
            self.left.emit()
            return
        self._set_current(self._place_at(event.position().toPoint()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.entered.emit(self._place_at(event.position().toPoint()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self._level is not None and self._current >= 0:
            at = self.mapToGlobal(self._shown(self._level.tiles[self._current]).center().toPoint())
        self.menu_asked.emit(at)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._place_at(event.pos())
            if self._map is not None and self._level is not None and place >= 0:
                words = self._map.describe(self._level, self._level.tiles[place])
                QToolTip.showText(event.globalPos(), text.tooltip(words.replace(" · ", "\n")), self)
            return True
        return super().event(event)

    def _place_at(self, point: QPoint) -> int:
        if self._level is None:
            return -1
        across, down = self._scale()
        x = point.x() / across
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            x = self._level.size[0] - x
        return tile_at(self._level.tiles, x, point.y() / down)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.LayoutDirectionChange):
            self._drawn = None
            self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._update_tile(self._current)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._update_tile(self._current)


def ink_on(ground: QColor) -> QColor:
    """Black or white, whichever can be read better."""
    light = 0.2126 * _linear(ground.redF()) + 0.7152 * _linear(ground.greenF()) + 0.0722 * _linear(ground.blueF())
    return QColor("#000000") if light > 0.179 else QColor("#ffffff")


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
