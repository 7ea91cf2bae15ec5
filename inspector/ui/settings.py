"""What is remembered between starts: window, panes, folders, recent archives."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QStandardPaths

from inspector.viewmodel.recent import RecentList

_VERSION = 1
"""Raised when stored states stop fitting the window; older ones are then not restored."""


class Settings:
    """An INI file; tests give a path of their own."""

    def __init__(self, path: Path | None = None) -> None:
        if path is None:
            folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)
            path = Path(folder) / "image-inspector.ini"
        self._store = QSettings(str(path), QSettings.Format.IniFormat)

    def state(self, name: str) -> QByteArray:
        """A stored state; empty if there is none or it is of another version."""
        value = self._store.value(f"state{_VERSION}/{name}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def keep_state(self, name: str, state: QByteArray) -> None:
        self._store.setValue(f"state{_VERSION}/{name}", state)

    def forget_states(self) -> None:
        """*Reset layout*."""
        self._store.remove(f"state{_VERSION}")

    def flag(self, name: str) -> bool:
        """A choice that stays; False until it was made."""
        return self._store.value(f"choice/{name}", "") == "on"

    def keep_flag(self, name: str, on: bool) -> None:
        self._store.setValue(f"choice/{name}", "on" if on else "off")

    @property
    def folder(self) -> str:
        """Where files were opened last."""
        value = self._store.value("folder", "")
        return value if isinstance(value, str) else ""

    @folder.setter
    def folder(self, path: str) -> None:
        self._store.setValue("folder", path)

    @property
    def recent(self) -> RecentList:
        """Never fails: a list that cannot be read is empty."""
        value = self._store.value("recent", "")
        return RecentList.from_json(value if isinstance(value, str) else "")

    @recent.setter
    def recent(self, recent: RecentList) -> None:
        self._store.setValue("recent", recent.to_json())

    def sync(self) -> None:
        self._store.sync()
