from __future__ import annotations

import gettext
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector import language
from inspector.archive import source
from inspector.archive.blobstore import Blob, BlobState
from inspector.archive.detect import open_archive
from inspector.archive.image import ImageArchive
from inspector.archive.source import MemorySource
from inspector.findings import Finding, Severity
from inspector.language import in_language, say, say_n
from inspector.layers import cache as caching
from inspector.layers.cache import ListingCache
from inspector.layers.listing import list_layer
from inspector.layers.listing_bytes import from_bytes, to_bytes
from inspector.layers.table import Listing
from inspector.oci.digest import Digest
from tests.builders import oci
from tests.builders.bundle import Bundle, Entry, compress, folder, hardlink, symlink
from tests.builders.images import image
from tests.builders.rawtar import raw_entry, raw_pax

LAYER = Bundle(
    (
        folder("./etc"), Entry("./etc/passwd", b"root\n", uid=5, gid=2000, mtime=7), symlink("l", "a b\xff"),
        hardlink("h", "/etc/passwd"), Entry("etc/.wh.shadow"), Entry("naïve"),
    )
)  # fmt: skip


class Words(gettext.NullTranslations):
    """A language that shouts."""

    def gettext(self, message: str) -> str:
        return message if "%" in message else message.upper()

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return "%s von %s"


def columns(listing: Listing) -> dict[str, object]:
    return {name: getattr(listing, name) for name in Listing.__slots__ if name != "checkpoints"}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Test files are younger than a tick, and small."""
    monkeypatch.setattr(source, "_TICK_NS", -(1 << 62))
    monkeypatch.setattr(caching, "_WORTH_BYTES", 0)


@pytest.fixture
def archives(tmp_path: Path) -> Iterator[list[ImageArchive]]:
    made: list[ImageArchive] = []
    yield made
    for archive in made:
        archive.close()


def blob_of(path: Path, archives: list[ImageArchive]) -> Blob:
    archives.append(open_archive(path))
    blob = archives[-1].images[0].layers[0].blob
    assert blob is not None
    return blob


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return oci.skopeo_oci(image(layers=2)).write(tmp_path / "app.tar")


# ---------------------------------------------------------------- bytes and back


def tar_of_everything() -> bytes:
    attributes = {b"SCHILY.xattr.user.a": b"\0\xff", b"SCHILY.xattr.security.capability": b"x" * 20}
    sparse = {b"GNU.sparse.size": b"9000", b"GNU.sparse.numblocks": b"1", b"GNU.sparse.map": b"4096,3"}
    return b"".join(
        (
            raw_pax(attributes), raw_entry(b"a", b"1"), raw_pax(attributes), raw_entry(b"b", b"2"),
            raw_pax(sparse), raw_entry(b"s", b"xyz"),
            raw_entry(b"dev", kind=b"3", devices=b"0000001\0" b"0000003\0"), raw_entry(b"odd", kind=b"Z"),
            LAYER.tar(),
        )
    )  # fmt: skip


@pytest.mark.parametrize("tar", [LAYER.tar(), Bundle(()).tar(), tar_of_everything()])
@pytest.mark.parametrize("how", ["none", "zstd", "gzip"])
def test_a_listing_comes_back_as_it_was(tar: bytes, how: str) -> None:
    listing = list_layer(MemorySource(compress(tar, how)))
    assert columns(from_bytes(to_bytes(listing))) == columns(listing)


def test_findings_and_names_with_zeros_come_back() -> None:
    listing = list_layer(MemorySource(LAYER.tar()[:-1024] + bytes(512) + b"x" * 512))
    listing.paths[0] = b"a\0b"
    listing.paths[-1] = b""
    again = from_bytes(to_bytes(listing))
    assert again.paths == listing.paths
    assert listing.findings
    assert again.findings == listing.findings


def test_sentences_come_back_with_what_they_were_made_of() -> None:
    """The window may speak another language the next time."""
    listing = list_layer(MemorySource(tar_of_everything()))
    numbers = ("%s file of %s", "%s files of %s", 2000, "2,000", say("a folder"))
    listing.findings += (
        Finding("LAYER-1", Severity.INFO, "plain", say_n(*numbers), expected=say("%(a)s, %(b)s", a=1, b="100%")),
        Finding("LAYER-1", Severity.INFO, "100%", "", found=say("100%")),
    )
    again = from_bytes(to_bytes(listing))
    assert again.findings == listing.findings
    language.speak(Words(), "xx")
    try:
        for found, known in zip(again.findings, listing.findings, strict=True):
            for name in ("title", "explanation", "expected", "found"):
                assert in_language(getattr(found, name)) == in_language(getattr(known, name))
                assert type(getattr(found, name)) is type(getattr(known, name))
        assert in_language(again.findings[-2].explanation) == "2,000 von A FOLDER"
    finally:
        language.speak(None)


def test_only_whole_listings_are_kept() -> None:
    with pytest.raises(ValueError):
        to_bytes(list_layer(MemorySource(LAYER.tar()), with_digests=False))


def test_bytes_that_are_cut_or_changed_are_refused() -> None:
    kept = to_bytes(list_layer(MemorySource(tar_of_everything())))
    for length in range(0, len(kept), 13):
        with pytest.raises(ValueError):
            from_bytes(kept[:length])
    for at in range(0, len(kept), 17):
        with pytest.raises(ValueError):
            from_bytes(kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1 :])


# ---------------------------------------------------------------- the folder


def test_a_listing_is_found_again_but_verifies_nothing(
    archive: Path, tmp_path: Path, archives: list[ImageArchive]
) -> None:
    cache = ListingCache(tmp_path / "cache")
    blob = blob_of(archive, archives)
    listing = list_layer(blob)
    assert cache.load(blob) is None
    assert cache.keep(blob, listing)

    again = blob_of(archive, archives)
    found = ListingCache(tmp_path / "cache").load(again)
    assert found is not None
    assert (found.digest, found.diff_id) == (None, None)
    found.digest, found.diff_id = listing.digest, listing.diff_id
    assert columns(found) == columns(listing)
    assert again.state is BlobState.UNCHECKED
    assert cache.load(again, Digest.of(b"another")) is None


def test_a_file_that_was_written_since_is_read_again(
    archive: Path, tmp_path: Path, archives: list[ImageArchive]
) -> None:
    cache = ListingCache(tmp_path / "cache")
    blob = blob_of(archive, archives)
    assert cache.keep(blob, list_layer(blob))
    times = (archive.stat().st_atime_ns, archive.stat().st_mtime_ns)
    data = archive.read_bytes()
    archive.write_bytes(data.replace(b"./", b"x/"))
    archive.write_bytes(data)
    os.utime(archive, ns=times)  # what a program can set is set back; the time of the change is not
    assert cache.load(blob_of(archive, archives)) is None

    moved = archive.rename(tmp_path / "moved.tar")
    copied = tmp_path / "copied.tar"
    copied.write_bytes(moved.read_bytes())
    other = blob_of(copied, archives)
    assert cache.load(other) is None
    list_layer(other)  # now its digest is known
    assert cache.load(other) is not None


def test_only_the_person_can_look_into_the_folder(archive: Path, tmp_path: Path, archives: list[ImageArchive]) -> None:
    place = tmp_path / "home" / "cache"
    place.mkdir(parents=True, mode=0o755)
    cache = ListingCache(place)
    blob = blob_of(archive, archives)
    assert cache.keep(blob, list_layer(blob))
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in place.iterdir()} == {0o600}
    assert cache.size == sum(file.stat().st_size for file in place.iterdir())


def test_the_oldest_go_first_and_clearing_leaves_what_is_not_ours(
    archive: Path, tmp_path: Path, archives: list[ImageArchive]
) -> None:
    place = tmp_path / "cache"
    cache = ListingCache(place)
    first = blob_of(archive, archives)
    second = archives[0].images[0].layers[1].blob
    assert second is not None
    assert cache.keep(first, list_layer(first))
    for file in place.iterdir():
        os.utime(file, (1, 1))
    size = cache.size
    assert ListingCache(place, size + 50).keep(second, list_layer(second))
    assert cache.load(first) is None
    assert cache.load(second) is not None
    (place / "mine.txt").write_text("kept")
    cache.clear()
    assert [file.name for file in place.iterdir()] == ["mine.txt"]
    assert cache.size == 0


def test_trouble_with_the_folder_is_a_miss(archive: Path, tmp_path: Path, archives: list[ImageArchive]) -> None:
    blob = blob_of(archive, archives)
    listing = list_layer(blob)
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path)
    for place in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / "link"):
        cache = ListingCache(place)
        assert not cache.keep(blob, listing)
        assert cache.load(blob) is None
        cache.clear()
    good = ListingCache(tmp_path / "cache")
    assert good.keep(blob, listing)
    for kept in (tmp_path / "cache").glob("*.listing"):
        kept.unlink()
        kept.symlink_to(archive)
    assert good.load(blob) is None
    for kept in (tmp_path / "cache").iterdir():
        kept.unlink()
        os.mkfifo(kept)
    assert good.load(blob) is None


def test_a_disk_that_is_nearly_full_is_left_to_others(
    archive: Path, tmp_path: Path, archives: list[ImageArchive], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caching, "_KEEP_FREE", 1 << 62)
    blob = blob_of(archive, archives)
    cache = ListingCache(tmp_path / "cache")
    assert not cache.keep(blob, list_layer(blob))
    assert cache.size == 0


def test_what_contradicts_a_claim_is_not_kept(archive: Path, tmp_path: Path, archives: list[ImageArchive]) -> None:
    blob = blob_of(archive, archives)
    blob.claimed = Digest.of(b"something else")
    listing = list_layer(blob)
    assert not ListingCache(tmp_path / "cache").keep(blob, listing)


def test_a_link_and_a_file_of_somebody_else_are_not_believed(
    archive: Path, tmp_path: Path, archives: list[ImageArchive], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "cache"
    cache = ListingCache(place)
    blob = blob_of(archive, archives)
    assert cache.keep(blob, list_layer(blob))
    assert cache.load(blob) is not None
    with monkeypatch.context() as patched:
        patched.setattr(os, "getuid", lambda: os.stat(place).st_uid + 1)
        assert cache.load(blob) is None
        assert not cache.keep(blob, list_layer(blob))
    (listing,) = place.glob("*.listing")
    elsewhere = listing.rename(tmp_path / "elsewhere")
    listing.symlink_to(elsewhere)
    assert cache.load(blob) is None
    cache.clear()
    assert elsewhere.exists()


def test_a_listing_under_the_name_of_another_layer_is_not_believed(
    archive: Path, tmp_path: Path, archives: list[ImageArchive]
) -> None:
    place = tmp_path / "cache"
    cache = ListingCache(place)
    first = blob_of(archive, archives)
    second = archives[0].images[0].layers[1].blob
    assert second is not None
    listings = [list_layer(blob) for blob in (first, second)]
    assert cache.keep(first, listings[0])
    assert cache.keep(second, listings[1])
    own, other = (place / f"{listing.digest.encoded}.listing" for listing in listings if listing.digest is not None)
    own.write_bytes(other.read_bytes())
    assert cache.load(first) is None
    assert cache.load(second) is not None


def test_a_kept_listing_that_is_damaged_is_written_anew(
    archive: Path, tmp_path: Path, archives: list[ImageArchive]
) -> None:
    """Or of another version of this program."""
    cache = ListingCache(tmp_path / "cache")
    blob = blob_of(archive, archives)
    listing = list_layer(blob)
    assert cache.keep(blob, listing)
    (kept,) = (tmp_path / "cache").glob("*.listing")
    whole = kept.read_bytes()
    kept.write_bytes(b"image-inspector listing 0 " + whole)
    assert cache.load(blob) is None
    assert cache.keep(blob, listing)
    assert kept.read_bytes() == whole
    assert cache.load(blob) is not None
