"""What is remembered between starts: window, panes, folders, recent archives."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QStandardPaths

from inspector.viewmodel.caching import ListingCache, cache_for
from inspector.viewmodel.exportchoices import SavedPresets
from inspector.viewmodel.lastsession import LastSession, pages_from_json, pages_to_json
from inspector.viewmodel.pages import Page
from inspector.viewmodel.preferences import Preferences
from inspector.viewmodel.recent import RecentList
from inspector.viewmodel.tree import NodeType

_VERSION = 2
"""Raised when stored states stop fitting the window; older ones are then not restored."""

_LAYOUT_FLAGS = ("preview-hidden", "tree-hidden")
"""Choices that *Reset layout* takes back."""


class Settings:
    """An INI file; tests give a path of their own."""

    def __init__(self, path: Path | None = None) -> None:
        self.cache_folder = path.parent / "listings" if path is not None else None
        if path is None:
            folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)
            path = Path(folder) / "image-inspector.ini"
        self._store = QSettings(str(path), QSettings.Format.IniFormat)

    def _text(self, name: str) -> str:
        """A text that was kept; "" if there is none, or something else is in its place."""
        value = self._store.value(name, "")
        return value if isinstance(value, str) else ""

    def state(self, name: str) -> QByteArray:
        """A stored state; empty if there is none or it is of another version."""
        value = self._store.value(f"state{_VERSION}/{name}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def keep_state(self, name: str, state: QByteArray) -> None:
        self._store.setValue(f"state{_VERSION}/{name}", state)

    def forget_states(self) -> None:
        """*Reset layout*."""
        self._store.remove(f"state{_VERSION}")
        for name in _LAYOUT_FLAGS:
            self._store.remove(f"choice/{name}")

    def flag(self, name: str) -> bool:
        """A choice that stays; False until it was made."""
        return self._store.value(f"choice/{name}", "") == "on"

    def keep_flag(self, name: str, on: bool) -> None:
        self._store.setValue(f"choice/{name}", "on" if on else "off")

    @property
    def folder(self) -> str:
        """Where files were opened last."""
        return self._text("folder")

    @folder.setter
    def folder(self, path: str) -> None:
        self._store.setValue("folder", path)

    @property
    def extract_folder(self) -> str:
        """Where files were extracted last."""
        return self._text("extract-folder")

    @extract_folder.setter
    def extract_folder(self, path: str) -> None:
        self._store.setValue("extract-folder", path)

    @property
    def recent(self) -> RecentList:
        """Never fails: a list that cannot be read is empty."""
        return RecentList.from_json(self._text("recent"))

    @recent.setter
    def recent(self, recent: RecentList) -> None:
        self._store.setValue("recent", recent.to_json())

    @property
    def preferences(self) -> Preferences:
        """Never fails: what cannot be read is the default."""
        return Preferences.from_json(self._text("preferences"))

    @preferences.setter
    def preferences(self, preferences: Preferences) -> None:
        self._store.setValue("preferences", preferences.to_json())

    @property
    def cache(self) -> ListingCache | None:
        """Listings of earlier starts, for opening archives; None if that is switched off."""
        return cache_for(self.preferences, self.cache_folder)

    @property
    def last_session(self) -> LastSession:
        """Never fails: a session that cannot be read is empty."""
        return LastSession.from_json(self._text("session"))

    @last_session.setter
    def last_session(self, session: LastSession) -> None:
        self._store.setValue("session", session.to_json())

    @property
    def pages(self) -> dict[NodeType, Page]:
        """The page chosen last for each kind of node."""
        return pages_from_json(self._text(f"state{_VERSION}/pages"))

    @pages.setter
    def pages(self, pages: dict[NodeType, Page]) -> None:
        self._store.setValue(f"state{_VERSION}/pages", pages_to_json(pages))

    @property
    def export_presets(self) -> SavedPresets:
        """The person's own presets of exports; never fails."""
        return SavedPresets.from_json(self._text("export-presets"))

    @export_presets.setter
    def export_presets(self, saved: SavedPresets) -> None:
        self._store.setValue("export-presets", saved.to_json())

    def sync(self) -> None:
        self._store.sync()
