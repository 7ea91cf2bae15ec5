"""Where listings are kept between two starts, and what a person may choose about it: on or off, how much, clear."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from inspector.layers.cache import ListingCache
from inspector.viewmodel.preferences import Preferences

__all__ = ["ListingCache", "cache_folder", "cache_for"]

_MEGABYTE = 1_000_000
_OWN = "image-inspector-listings"


def cache_for(preferences: Preferences, folder: Path | None = None) -> ListingCache | None:
    """The cache as a person wants it, below the folder that is chosen, else in `folder`; None if it is switched off.

    `size` and `clear()` of it are for the dialog; `ListingCache(…).clear()` also when it is off.
    """
    if not preferences.cache:
        return None
    # A folder of its own: it is made private, and the chosen one may be anything, the home folder too.
    chosen = Path(preferences.cache_folder) / _OWN if preferences.cache_folder else folder or cache_folder()
    return ListingCache(chosen, preferences.cache_megabytes * _MEGABYTE)


def cache_folder() -> Path:
    """The folder of this program in the person's cache folder, as the system has it (XDG base directories on Linux)."""
    home = Path.home()
    if sys.platform == "darwin":
        base = home / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    else:
        named = Path(os.environ.get("XDG_CACHE_HOME", ""))
        # A relative path is invalid and to be passed over.
        base = named if named.is_absolute() else home / ".cache"
    return base / "image-inspector" / "listings"
