"""The one table of actions: identifier, text, shortcut, tooltip. Menus, toolbar, palette and the overlay read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Command:
    """One action. `shortcuts` are portable text (`Ctrl+O`), the first is shown in the menu.

    `scope` says where the shortcuts act: the whole window, or one pane (`tree`, `files`, `json`, `map`).
    `separated`: a line stands before it in its menu. Commands whose menu is "" are in no menu.
    """

    id: str
    text: str
    shortcuts: tuple[str, ...] = ()
    tooltip: str = ""
    menu: str = ""
    icon: str = ""
    scope: str = "window"
    separated: bool = False


MENUS = ("File", "Edit", "View", "Go", "Tools", "Help")

_TABLE = (
    Command("open", "Open…", ("Ctrl+O",), "Open an image archive: docker save, podman save, skopeo, any OCI archive", "File", "open"),
    Command("open-folder", "Open Layout Folder…", ("Ctrl+Shift+O",), "Open an unpacked OCI image layout", "File", "open-folder"),
    Command("reopen", "Read Again", ("F5",), "Read the archive again from disk", "File", "reload"),
    Command("export-now", "Re-export as OCI", ("Ctrl+E",), "Save NAME.oci.tar beside the archive; the archive itself is not touched", "File", "export", separated=True),
    Command("export", "Export…", ("Ctrl+Shift+S", "Ctrl+Shift+E"), "Choose target and format, see what will be written, then save", "File", "export-options"),
    Command("extract", "Extract…", ("Ctrl+Shift+X",), "Save the selected files, a layer or a whole image to a folder", "File", "extract"),
    Command("close-tab", "Close", ("Ctrl+W",), "Close this archive", "File", "close", separated=True),
    Command("quit", "Quit", ("Ctrl+Q",), "", "File", "quit"),
    Command("copy", "Copy", ("Ctrl+C",), "Copy the most useful text of what is selected: path, digest or reference", "Edit", "copy"),
    Command("copy-as", "Copy As…", ("Ctrl+Shift+C",), "Choose what to copy: path, digest, size, JSON, command", "Edit", "copy"),
    Command("select-all", "Select All", ("Ctrl+A",), "", "Edit"),
    Command("filter", "Filter", ("Ctrl+F",), "Show only what matches: a name, *.so, >1MB, type:link", "Edit", "filter", separated=True),
    Command("search", "Search All Layers…", ("Ctrl+Shift+F",), "Find files in every layer of the image, removed and overwritten ones too", "Edit", "search"),
    Command("file-history", "History of This File", ("Ctrl+H",), "What every layer did to the file under the cursor, and its versions compared", "Edit", "history"),
    Command("find-next", "Find Next", ("F3",), "", "Edit"),
    Command("find-previous", "Find Previous", ("Shift+F3",), "", "Edit"),
    Command("preferences", "Preferences…", ("Ctrl+,",), "Colours, units, limits and what happens at the start", "Edit", "preferences", separated=True),
    Command("page-summary", "Summary", ("Alt+1",), "What this is, in words", "View", "summary"),
    Command("page-files", "Files", ("Alt+2",), "The files that the layer holds", "View", "files"),
    Command("page-json", "JSON", ("Alt+3",), "The document as stored", "View", "json"),
    Command("page-history", "History", ("Alt+4",), "The steps that built the image, each with its layer", "View", "history"),
    Command("page-notable", "Notable Files", ("Alt+6",), "Special rights, devices, and what may be a secret, in any layer", "View", "notable"),
    Command("page-size-map", "Size Map", ("Alt+7",), "What takes the space: folders and files as areas, and as a table", "View", "size-map"),
    Command("page-findings", "Findings", ("Alt+5",), "What is odd or wrong, and where", "View", "findings"),
    Command("dockerfile", "History as Dockerfile", ("Alt+D",), "Show the steps as text, or as a table again", "View", "document"),
    Command("json-tree", "JSON as Tree", ("Ctrl+T",), "Show the document as keys and values with what they mean, or as text again", "View", "json-tree"),
    Command("compare-below", "Compare with Layers Below", ("Ctrl+B",), "Show what the layer added, modified and removed", "View", "compare-below", separated=True),
    Command("expand-all", "Expand All", ("Ctrl+Shift+Right",), "", "View", separated=True),
    Command("collapse-all", "Collapse All", ("Ctrl+Shift+Left",), "", "View"),
    Command("toggle-tree", "Contents Pane", ("F9",), "Show or hide the tree of the archive", "View", separated=True),
    Command("findings-panel", "Findings Pane", ("Ctrl+Shift+M",), "All findings of the archive: filter, explanation, way to the place", "View"),
    Command("turn-preview", "Preview Beside the Files", ("Ctrl+Shift+B",), "Put the preview beside the files, or below them again", "View", "preview"),
    Command("full-screen", "Full Screen", ("F11",), "", "View"),
    Command("reset-layout", "Reset Layout", (), "Put panes and columns back to where they were at first", "View"),
    Command("back", "Back", ("Alt+Left",), "The place before this one", "Go", "back"),
    Command("forward", "Forward", ("Alt+Right",), "", "Go", "forward"),
    Command("up", "Up", ("Alt+Up",), "What refers to this", "Go", "up"),
    Command("next-tab", "Next Archive", ("Ctrl+PgDown", "Ctrl+Tab"), "", "Go", separated=True),
    Command("previous-tab", "Previous Archive", ("Ctrl+PgUp", "Ctrl+Shift+Tab"), "", "Go"),
    Command("verify", "Verify All Digests", ("Alt+T",), "Read every blob and compare it with its digest", "Tools", "verify"),
    Command("check-everything", "Check Everything", ("Alt+K",), "Read every blob and put all rules to it: digests, diffIDs, layers", "Tools", "findings"),
    Command("save-report", "Save Report…", ("Ctrl+Shift+R",), "Check everything and save an evidence report, as one HTML file or as Markdown", "Tools", "document"),
    Command("compare-archives", "Compare with Archive…", ("Ctrl+Shift+D",), "Tell in what this archive and another one differ", "Tools", "compare-below"),
    Command("stop", "Stop", ("Esc",), "Stop the running work; what is known so far stays", "Tools", "stop"),
    Command("show-source", "Show Archive in Folder", (), "", "Tools", "folder", separated=True),
    Command("palette", "All Commands…", ("Ctrl+Shift+P", "Ctrl+K"), "Find any command by typing", "Help"),
    Command("help", "Help", ("F1",), "What the program does, what the words mean, what each finding says; without a network", "Help", "help"),
    Command("shortcuts", "Keyboard Shortcuts", ("Ctrl+?",), "Every key, and a line to search them", "Help"),
    Command("about", "About Image Inspector", (), "", "Help"),
    Command("enter", "Open Selected", ("Return",), "Enter a folder, go to what a link refers to", scope="files"),
    Command("preview", "Preview", ("Space",), "Show or hide the content of the selected file", scope="files"),
    Command("parent-folder", "Parent Folder", ("Backspace",), "", scope="files"),
    Command("follow-link", "Follow Digest", ("Return",), "Go to the node of the digest in this line", scope="json"),
    Command("fold", "Fold", ("-",), "Close the braces that the cursor is in", scope="json"),
    Command("unfold", "Unfold", ("+",), "", scope="json"),
    Command("map-enter", "Go into Folder", ("Return",), "In the size map: one folder towards the area at the cursor; a file is shown in Files", scope="map"),
    Command("map-leave", "Out of Folder", ("Backspace",), "In the size map: to the folder above", scope="map"),
    Command("tree-enter", "Show Details", ("Return",), "", scope="tree"),
)  # fmt: skip

COMMANDS: Mapping[str, Command] = MappingProxyType({command.id: command for command in _TABLE})
"""Every command by identifier, in the order of the menus."""


def in_menu(menu: str) -> tuple[Command, ...]:
    """The commands of one menu, in order."""
    return tuple(command for command in COMMANDS.values() if command.menu == menu)


def clashes(commands: Iterable[Command] | None = None) -> list[tuple[Command, Command, str]]:
    """Pairs that answer to the same keys in the same place; a shortcut of the window is heard in every pane."""
    found: list[tuple[Command, Command, str]] = []
    seen: dict[str, list[Command]] = {}
    for command in COMMANDS.values() if commands is None else commands:
        for shortcut in command.shortcuts:
            keys = "+".join(sorted(shortcut.casefold().split("+")))
            found += [
                (other, command, shortcut)
                for other in seen.setdefault(keys, [])
                if other.scope == command.scope or "window" in (other.scope, command.scope)
            ]
            seen[keys].append(command)
    return found
