"""The work of one extraction: folders, then files layer by layer, then links, then what was to be said of the folders."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from inspector.archive.limits import Limits
from inspector.archive.source import ByteSource
from inspector.errors import CompressionError, ExtractError, LayerError
from inspector.extract import disk, leftovers
from inspector.extract.folders import Folder, Ground
from inspector.extract.names import free_names
from inspector.extract.newfile import NewFile
from inspector.extract.plan import Destination, Plan
from inspector.extract.readahead import ReadAhead, content
from inspector.extract.report import ExtractReport, LeftOut, Renamed, Written
from inspector.extract.symlinks import LinkJudge, Place
from inspector.language import mark, say
from inspector.layers.table import Listing
from inspector.progress import CancelToken, Progress, ProgressSink

STAGE = mark("Extracting")
_TAKEN = say("its name is taken")
_NAMES_AT_ONCE = 32
"""Names of one file that are written at the same time; each keeps a file open."""
_ROOM_FOR_ONE = 4096
"""What a file or folder takes beside its bytes, roughly."""


class _Made(NamedTuple):
    """A file or link, to take it back."""

    folder: Folder
    name: bytes
    identity: disk.Identity | None


class Extraction:
    """Writes a plan to the ground. `run` once.

    What goes wrong with one file leaves that one out; what would go wrong with the next one too, and cancelling, takes
    back all that was made.
    """

    def __init__(
        self,
        plan: Plan,
        ground: Ground,
        tars: Callable[[int], ByteSource],
        limits: Limits,
        token: CancelToken,
        sink: ProgressSink,
    ) -> None:
        """`tars(layer)` gives the uncompressed tar of a layer, counted from 0."""
        self._plan = plan
        self._ground = ground
        self._tars = tars
        self._limits = limits
        self._token = token
        self._sink = sink
        self._folders: dict[bytes, Folder] = {b"": ground.root}
        self._own: set[bytes] = set()
        """Output paths that have their own name on the disk."""
        self._made: list[_Made] = []
        self._written: list[Written] = []
        self._renamed: list[Renamed] = []
        self._left_out: list[LeftOut] = list(plan.left_out)
        self._done = 0
        self._size = 0
        self._temporary = leftovers.new_stem()

    def run(self) -> ExtractReport:
        """Raises `ExtractError`, `Cancelled`, `SourceChanged`, `ArchiveUnreadable`; then nothing is left behind."""
        try:
            self._check_room()
            self._make_folders()
            for layer in sorted(self._plan.files):
                self._write_layer(layer)
            self._make_links()
            self._finish_folders()
        except BaseException as error:
            self._take_back()
            if isinstance(error, OSError):
                raise _fatal(error, self._ground) from error
            raise
        return ExtractReport(
            self._ground.target, tuple(self._written), tuple(self._renamed), tuple(self._left_out), size=self._size
        )

    # ------------------------------------------------------------ before

    def _check_room(self) -> None:
        names = sum(len(places) for jobs in self._plan.files.values() for places in jobs.values())
        needed = self._plan.size + _ROOM_FOR_ONE * (names + len(self._plan.folders))
        free = self._ground.free_bytes
        if needed > free:
            target = self._ground.target
            raise ExtractError(
                "There is not enough room",
                say(
                    "%(target)s: %(needed)s bytes are needed and %(free)s are free. Choose fewer files or another folder.",
                    target=target,
                    needed=f"{needed:,}",
                    free=f"{free:,}",
                ),
                subject=str(target),
            )

    # ------------------------------------------------------------ folders

    def _make_folders(self) -> None:
        self._plan.sort_folders()
        for out, attributes in self._plan.folders.items():
            self._token.check()
            above, _, name = out.rpartition(b"/")
            parent = self._folders.get(above)
            if parent is None:
                continue  # said already, of the folder above
            try:
                folder = self._ground.enter(parent, name)
            except OSError as error:
                self._leave_out(attributes.path, error, "the folder, and all below it, could not be made")
                continue
            self._folders[out] = folder
            self._note(attributes.path, out, folder.name)
            if folder.made:
                self._written.append(Written(attributes.path, folder.path, "dir", 0))

    def _finish_folders(self) -> None:
        for out, attributes in reversed(self._plan.folders.items()):
            folder = self._folders.get(out)
            if folder is None:
                continue
            try:
                self._ground.finish(folder, attributes.mode, attributes.mtime)
            except OSError as error:
                if error.errno in disk.FATAL:
                    raise

    # ------------------------------------------------------------ files

    def _write_layer(self, layer: int) -> None:
        """The files of one layer in the order in which it stores them: it is read once, forwards."""
        listing = self._plan.merged.listings[layer]
        jobs = self._plan.files[layer]
        tar = ReadAhead(self._tars(layer))
        broken = ""
        for entry in sorted(jobs, key=listing.offsets.__getitem__):
            places = jobs[entry]
            reason = broken or self._objection(listing, entry)
            try:
                if not reason:
                    self._write_file(tar, listing, entry, places)
            except LayerError as error:
                reason = error.message
            except CompressionError as error:
                reason = broken = say("the layer cannot be read: %s", say(error.title))
            if reason:
                self._left_out += [LeftOut(place.path, reason) for place in places]

    def _objection(self, listing: Listing, entry: int) -> str:
        size, stored = listing.sizes[entry], listing.stored_content_size(entry)
        limits = self._limits
        if size != stored and size > max(limits.inflate_free_bytes, limits.inflate_ratio * stored):
            return say(
                "a sparse file of %(size)s bytes of which %(stored)s are stored: more than %(inflate_ratio)s times as many (limit inflate_ratio)",
                size=f"{size:,}",
                stored=f"{stored:,}",
                inflate_ratio=limits.inflate_ratio,
            )
        return ""

    def _write_file(self, tar: ByteSource, listing: Listing, entry: int, places: list[Destination]) -> None:
        for start in range(0, len(places), _NAMES_AT_ONCE):
            self._write_some(tar, listing, entry, places[start : start + _NAMES_AT_ONCE])

    def _write_some(self, tar: ByteSource, listing: Listing, entry: int, places: list[Destination]) -> None:
        """One file under some names: its bytes are read once and written to each."""
        self._token.check()
        waiting: list[tuple[Destination, Folder, NewFile]] = []
        try:
            for number, place in enumerate(places):
                folder = self._folders.get(place.out.rpartition(b"/")[0])
                if folder is None:
                    self._left_out.append(LeftOut(place.path, say("its folder could not be made")))
                    continue
                try:
                    file = NewFile(self._ground.open(folder), leftovers.name(self._temporary, number))
                except OSError as error:
                    self._leave_out(place.path, error)
                    continue
                waiting.append((place, folder, file))
            for offset, piece in content(tar, listing, entry) if waiting else ():
                self._token.check()
                for place, _, file in waiting.copy():
                    try:
                        file.write_at(piece, offset)
                    except OSError as error:
                        waiting = [other for other in waiting if other[2] is not file]
                        file.discard()
                        self._leave_out(place.path, error)
                if not waiting:
                    return
                self._done += len(piece) * len(places)
                self._tell(listing.paths[entry])
            while waiting:
                self._finish_file(listing, entry, *waiting[0])
                del waiting[0]
        finally:
            for _, _, file in waiting:
                file.discard()

    def _finish_file(self, listing: Listing, entry: int, place: Destination, folder: Folder, file: NewFile) -> None:
        size = listing.sizes[entry]
        name = place.out.rpartition(b"/")[2]
        try:
            got = file.finish(name, size, listing.modes[entry] & self._plan.file_mode, listing.mtimes[entry])
        except OSError as error:
            self._leave_out(place.path, error)
            return
        self._made.append(_Made(folder, got, file.identity))
        self._size += size
        self._note(place.path, place.out, got)
        self._written.append(Written(place.path, _below(folder, got), "file", size))

    # ------------------------------------------------------------ links

    def _make_links(self) -> None:
        """Last, so that nothing is ever written through one; and judged before the first is there."""
        links = self._plan.links
        judge = LinkJudge({out: target for out, (_, target) in links.items()}, self._look)
        allowed: list[bytes] = []
        for out, (path, _) in links.items():
            self._token.check()
            objection = judge.objection(out)
            if objection:
                self._left_out.append(LeftOut(path, objection))
            else:
                allowed.append(out)
        for out in allowed:
            self._token.check()
            self._make_link(out, *links[out])

    def _make_link(self, out: bytes, path: bytes, target: bytes) -> None:
        above, _, name = out.rpartition(b"/")
        folder = self._folders.get(above)
        if folder is None:
            self._left_out.append(LeftOut(path, say("its folder could not be made")))
            return
        try:
            opened = self._ground.open(folder)
            for candidate in free_names(name):
                try:
                    disk.make_link(target, candidate, opened.number)
                except FileExistsError:
                    continue
                self._made.append(_Made(folder, candidate, disk.identity_at(candidate, opened.number)))
                self._note(path, out, candidate)
                self._written.append(Written(path, _below(folder, candidate), "symlink", 0))
                return
        except OSError as error:
            self._leave_out(path, error)
            return
        self._left_out.append(LeftOut(path, say("a thousand names like it are taken")))

    def _look(self, out: bytes) -> Place:
        """What the disk has there, links not being made yet; what cannot be looked at is not ours."""
        if out in self._own:
            return Place.OURS
        above, _, name = out.rpartition(b"/")
        folder = self._folders.get(above)
        if folder is None:
            return Place.FREE
        try:
            there = disk.identity_at(name, self._ground.open(folder).number) is not None
        except (OSError, ValueError):
            return Place.FOREIGN
        return Place.FOREIGN if there else Place.FREE

    # ------------------------------------------------------------ what became of it

    def _note(self, path: bytes, out: bytes, name: bytes) -> None:
        if name == out.rpartition(b"/")[2]:
            self._own.add(out)
        else:
            above = self._folders[out.rpartition(b"/")[0]]
            self._renamed.append(Renamed(path, _below(above, name), _TAKEN))

    def _leave_out(self, path: bytes, error: OSError, what: str = "") -> None:
        """Leave one thing out, unless the next would fare no better: then the error goes on."""
        if error.errno in disk.FATAL:
            raise error
        reason = error.strerror or str(error)
        self._left_out.append(LeftOut(path, f"{what}: {reason}" if what else reason))

    def _tell(self, path: bytes) -> None:
        name = path.decode("utf-8", "surrogateescape")
        self._sink(Progress(STAGE, min(self._done, self._plan.size), self._plan.size, name))

    def _take_back(self) -> None:
        """Remove what was made and is still what it was; errors are passed over, there is no more to be done."""
        for folder, name, identity in reversed(self._made):
            try:
                opened = self._ground.open(folder)
                if identity is not None and disk.identity_at(name, opened.number) == identity:
                    disk.unlink(name, opened.number)
            except OSError:
                continue
        for folder in reversed(self._folders.values()):
            self._ground.remove(folder)
        self._ground.remove_target()


def _below(folder: Folder, name: bytes) -> bytes:
    path = folder.path
    return path + b"/" + name if path else name


def _fatal(error: OSError, ground: Ground) -> ExtractError:
    reason = error.strerror or str(error)
    return ExtractError(
        "Extracting failed",
        say("%(target)s: %(reason)s. What had been written was removed again.", target=ground.target, reason=reason),
        subject=str(ground.target),
    )
