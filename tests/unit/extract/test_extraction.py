from __future__ import annotations

import errno
import io
import os
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.archive.image import Image
from inspector.archive.limits import DEFAULT_LIMITS
from inspector.errors import Cancelled, ExtractError
from inspector.extract import ExtractReport, Selection, disk, extract_layer, extract_merged
from inspector.progress import CancelToken, Progress
from tests.builders import Bundle, Entry, folder, hardlink, symlink
from tests.builders.rawtar import END, raw_entry, raw_header

Opener = Callable[..., Image]
TreeOf = Callable[[Path], dict[str, object]]

LOW = Bundle(
    (
        folder("./"), folder("etc", mode=0o700, mtime=5), Entry("etc/passwd", b"root", mode=0o6777, mtime=1_700_000_000),
        Entry("bin/tool", b"#!", mode=0o755), hardlink("bin/twin", "bin/tool"), Entry("old", b"x"),
        symlink("bin/link", "tool"), folder("empty"),
    )
)  # fmt: skip
HIGH = Bundle((Entry(".wh.old"), Entry("bin/tool", b"newer"), Entry("deep/er/file", b"y")))


def out(report: ExtractReport) -> dict[str, str]:
    return {os.fsdecode(path): reason for path, reason in report.left_out}


def names(report: ExtractReport) -> list[str]:
    return [os.fsdecode(written.name) for written in report.written]


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_the_merged_file_system(image_of: Opener, tmp_path: Path, tree_of: TreeOf, compression: str) -> None:
    image = image_of(LOW.tar(), HIGH.tar(), compression=compression)
    report = extract_merged(image, tmp_path / "out")
    assert tree_of(tmp_path / "out") == {
        "etc": None, "etc/passwd": b"root", "bin": None, "bin/tool": b"newer", "bin/twin": b"#!", "bin/link": "-> tool",
        "empty": None, "deep": None, "deep/er": None, "deep/er/file": b"y",
    }  # fmt: skip
    assert sorted(names(report)) == sorted(tree_of(tmp_path / "out"))
    assert (report.left_out, report.renamed, report.warnings) == ((), (), ())
    assert (report.size, report.count("file"), report.count("symlink"), report.count("dir")) == (12, 4, 1, 5)


def test_modes_and_times(image_of: Opener, tmp_path: Path) -> None:
    extract_merged(image_of(LOW.tar()), tmp_path / "out")
    passwd = (tmp_path / "out/etc/passwd").stat()
    assert stat.S_IMODE(passwd.st_mode) == 0o755  # no setuid, nothing for others to write
    assert (passwd.st_mtime, passwd.st_uid) == (1_700_000_000, os.getuid())
    etc = (tmp_path / "out/etc").stat()
    assert (stat.S_IMODE(etc.st_mode), etc.st_mtime) == (0o700, 5)
    assert stat.S_IMODE((tmp_path / "out/bin").stat().st_mode) == 0o755  # no layer states it
    assert (tmp_path / "out/bin/tool").stat().st_ino != (tmp_path / "out/bin/twin").stat().st_ino


def test_times_that_no_disk_can_hold_are_passed_over(image_of: Opener, tmp_path: Path) -> None:
    report = extract_merged(
        image_of(Bundle((Entry("far", b"x", mtime=2**62), Entry("then", mtime=-9))).tar(1)), tmp_path
    )
    assert report.count("file") == 2
    assert (tmp_path / "then").stat().st_mtime == -9


def test_one_layer_leaves_its_whiteouts_out(image_of: Opener, tmp_path: Path, tree_of: TreeOf) -> None:
    image = image_of(LOW.tar(), HIGH.tar())
    report = extract_layer(image, image.layers[1], tmp_path / "out")
    assert set(tree_of(tmp_path / "out")) == {"bin", "bin/tool", "deep", "deep/er", "deep/er/file"}
    assert out(report) == {".wh.old": "a whiteout: it removes old of the layers below"}
    report = extract_layer(image, image.layers[1], tmp_path / "two", Selection((b"deep",)))
    assert (set(tree_of(tmp_path / "two")), out(report)) == ({"deep", "deep/er", "deep/er/file"}, {})
    report = extract_layer(image, image.layers[1], tmp_path / "three", Selection((b"old",)))
    assert (report.written, len(out(report))) == ((), 1)
    assert not (tmp_path / "three").exists()


def test_a_selection_takes_what_is_below(image_of: Opener, tmp_path: Path, tree_of: TreeOf) -> None:
    tar = Bundle(
        (Entry("a/b/c", b"1"), Entry("a/b-", b"2"), Entry("a/bc", b"3"), Entry("a/b/d/e", b"4"), symlink("s", "a"))
    )
    image = image_of(tar.tar())
    extract_merged(image, tmp_path / "1", Selection((b"/a/b/",)))
    assert set(tree_of(tmp_path / "1")) == {"a", "a/b", "a/b/c", "a/b/d", "a/b/d/e"}
    extract_merged(image, tmp_path / "2", Selection((b"s/b/c", b"s"), base=b"a/b"))
    assert tree_of(tmp_path / "2") == {"c": b"1", "s": "-> a"}
    report = extract_merged(image, tmp_path / "3", Selection((b"a/bc", b"nope")))
    assert (names(report), out(report)) == (["a", "a/bc"], {"nope": "nothing has that name"})
    with pytest.raises(ExtractError, match="nope is not there"):
        extract_merged(image, tmp_path / "4", Selection((b"nope",)))
    assert not (tmp_path / "4").exists()


def test_nothing_is_overwritten(image_of: Opener, tmp_path: Path, tree_of: TreeOf) -> None:
    target = tmp_path / "out"
    (target / "etc").mkdir(parents=True)
    (target / "etc/passwd").write_text("mine")
    (target / "bin").write_text("a file")
    os.symlink("gone", target / "old")
    before = (target / "etc").stat().st_mode
    report = extract_merged(image_of(LOW.tar()), target)
    assert tree_of(target) == {
        "etc": None, "etc/passwd": b"mine", "etc/passwd (2)": b"root", "bin": b"a file", "bin (2)": None,
        "bin (2)/tool": b"#!", "bin (2)/twin": b"#!", "old": "-> gone", "old (2)": b"x", "empty": None,
        "bin (2)/link": "-> tool",
    }  # fmt: skip
    assert {(renamed.path, renamed.name) for renamed in report.renamed} == {
        (b"bin", b"bin (2)"), (b"etc/passwd", b"etc/passwd (2)"), (b"old", b"old (2)"),
    }  # fmt: skip
    assert (target / "etc").stat().st_mode == before  # a folder that was there is not ours to change
    again = extract_merged(image_of(LOW.tar()), target, Selection((b"etc/passwd",)))
    assert names(again) == ["etc/passwd (3)"]


def test_a_folder_and_a_file_of_one_name(image_of: Opener, tmp_path: Path, tree_of: TreeOf) -> None:
    extract_merged(image_of(Bundle((Entry("d.x", b"file"), Entry("d.x/a", b"below"))).tar()), tmp_path / "out")
    assert tree_of(tmp_path / "out") == {"d.x": None, "d.x/a": b"below", "d (2).x": b"file"}


def test_a_link_whose_name_a_folder_has(image_of: Opener, tmp_path: Path, tree_of: TreeOf) -> None:
    """What the image says of a name and what the disk has there are two things."""
    bundle = Bundle((folder("deep/er"), symlink("a", "deep/er"), Entry("a/x", b"1"), symlink("out", "a/../..")))
    report = extract_merged(image_of(bundle.tar()), tmp_path / "out")
    assert set(out(report)) == {"out"}
    assert tree_of(tmp_path / "out")["a (2)"] == "-> deep/er"


def test_links_that_lead_out_are_left_out(image_of: Opener, tmp_path: Path, tree_of: TreeOf) -> None:
    bundle = Bundle(
        (
            folder("a/b"), symlink("abs", "/etc/passwd"), symlink("up", ".."), symlink("a/up", "../.."),
            symlink("a/fine", "../a/b"), symlink("a/root", ".."), symlink("dangling", "no/such"), symlink("loop", "loop"),
            symlink("via", "a/b/../../.."), symlink("through", "a/root/.."), symlink("out", "abs/x"),
            symlink("through2", "dangling/../../.."), Entry("t", b"1"), hardlink("a/hard", "a/fine"),
        )
    )  # fmt: skip
    report = extract_merged(image_of(bundle.tar()), tmp_path / "out")
    made = {path for path, what in tree_of(tmp_path / "out").items() if isinstance(what, str)}
    assert made == {"a/fine", "a/root", "dangling", "loop", "a/hard"}
    assert set(out(report)) == {"abs", "up", "a/up", "via", "through", "out", "through2"}


def test_a_link_to_what_was_there_before_is_left_out(image_of: Opener, tmp_path: Path, tree_of: TreeOf) -> None:
    target = tmp_path / "out"
    (target / "d").mkdir(parents=True)
    os.symlink("/", target / "slash")
    os.symlink("/", target / "d/slash")
    (target / "mine").write_text("m")
    bundle = Bundle(
        (symlink("l1", "slash/etc"), symlink("l2", "d/slash"), symlink("l3", "mine"), Entry("mine", b"t"), folder("d"))
    )
    report = extract_merged(image_of(bundle.tar()), target)
    assert set(out(report)) == {"l1", "l2", "l3"}
    assert sorted(name for name in tree_of(target)) == ["d", "d/slash", "mine", "mine (2)", "slash"]


def test_special_files_and_bad_names(image_of: Opener, tmp_path: Path, tree_of: TreeOf) -> None:
    tar = (
        raw_entry(b"../up", b"x") + raw_entry(b"a/../../b", b"x") + raw_entry(b"/abs", b"absolute")
        + raw_header(b"pipe", 0, b"6") + raw_header(b"dev", 0, b"3") + raw_header(b"blk", 0, b"4")
        + raw_header(b"hard", 0, b"1", link=b"../../etc/passwd") + raw_entry(b"odd", b"x", b"Z")
        + raw_header(b"empty", 0, b"2") + raw_entry(b"x" * 100, b"long", prefix=b"p" * 155) + raw_entry(b"ok", b"1") + END
    )  # fmt: skip
    report = extract_merged(image_of(tar), tmp_path / "out")
    made = tree_of(tmp_path / "out")
    assert (made["abs"], made["ok"]) == (b"absolute", b"1")
    assert {"../up", "a/../../b", "pipe", "dev", "blk", "hard", "empty"} <= set(out(report))
    assert os.listdir(tmp_path) == ["image0.tar", "out"] or set(os.listdir(tmp_path)) == {"image0.tar", "out"}


def test_names_that_no_disk_takes_are_left_out(image_of: Opener, tmp_path: Path) -> None:
    long = "n" * 300
    bundle = Bundle((Entry(long, b"x"), Entry(f"{long}/below", b"x"), Entry("ok", b"1"), symlink("l", "t" * 5000)))
    report = extract_merged(image_of(bundle.tar(2)), tmp_path / "out")
    assert names(report) == ["ok"]
    assert set(out(report)) == {long, f"{long}/below", "l"}
    assert os.listdir(tmp_path / "out") == ["ok"]


def test_long_paths(image_of: Opener, tmp_path: Path) -> None:
    """Each component is opened by itself, so the length of the folder's own path does not matter."""
    deep = "/".join(["d" * 100] * 38)
    others = (Entry(f"{deep}/more/{'f' * 100}", b"x"), Entry("e/" * 300 + "f", b"x"))
    target = tmp_path / ("t" * 200) / ("u" * 200) / ("v" * 200)
    target.mkdir(parents=True)
    report = extract_merged(image_of(Bundle((Entry(f"{deep}/f", b"x"), *others)).tar(2)), target)
    assert (report.count("dir"), report.count("file"), len(report.left_out)) == (38, 1, 2)


def test_a_sparse_file_stays_sparse(image_of: Opener, tmp_path: Path) -> None:
    stream = io.BytesIO()
    size = 50_000_000
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, real in (("s", size), ("bomb", 1 << 50)):
            info = tarfile.TarInfo(f"GNUSparseFile.0/{name}")
            data = b"1\n4096\n3\n".ljust(512, b"\0") + b"xyz"
            info.size = len(data)
            info.pax_headers = {
                "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": name, "GNU.sparse.realsize": str(real),
            }  # fmt: skip
            tar.addfile(info, io.BytesIO(data))
    report = extract_merged(image_of(stream.getvalue()), tmp_path / "out")
    found = tmp_path / "out/s"
    assert found.stat().st_size == size
    assert found.stat().st_blocks * 512 < 1 << 20
    with found.open("rb") as file:
        assert file.read(4100) == bytes(4096) + b"xyz\0"
    assert "inflate_ratio" in out(report)["bomb"]


def test_many_names_of_one_file(image_of: Opener, tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    bundle = Bundle((Entry("f", data), *(hardlink(f"d{n}/l", "f") for n in range(80))))
    report = extract_merged(image_of(bundle.tar(), compression="zstd"), tmp_path / "out")
    assert (report.count("file"), report.size) == (81, 81 * len(data))
    assert all((tmp_path / f"out/d{n}/l").read_bytes() == data for n in (0, 31, 32, 79))


def test_a_wrong_layer_is_told(tmp_path: Path) -> None:
    from inspector.archive.detect import open_archive
    from inspector.oci.digest import Digest
    from tests.builders import compress, containerd
    from tests.builders.images import ImageSpec

    spec = ImageSpec((LOW.tar(), HIGH.tar()))
    blob = f"blobs/sha256/{Digest.of(compress(LOW.tar(), 'gzip')).encoded}"
    for data, words in ((compress(HIGH.tar(), "gzip"), "not what their digest says"), (b"\x1f\x8b\x08 no", "layer 1")):
        path = tmp_path / "app.tar"
        path.write_bytes(containerd([spec]).replacing(blob, data).tar())
        with open_archive(path) as archive:
            report = extract_merged(archive.images[0], tmp_path / words.replace(" ", "-"))
        assert words in report.warnings[0]
        assert b"bin/tool" in {written.path for written in report.written}


def test_a_cut_layer_gives_its_whole_files(image_of: Opener, tmp_path: Path, tree_of: TreeOf) -> None:
    tar = Bundle((Entry("whole", b"w" * 600), Entry("cut", os.urandom(200_000)))).tar()[:100_000]
    report = extract_merged(image_of(tar), tmp_path / "out")
    assert set(tree_of(tmp_path / "out")) == {"whole"}
    assert out(report) == {"cut": "the layer ends before the file does"}
    assert len(report.warnings) == 1


# ---------------------------------------------------------------- faults: whole files or none


def test_cancelling_takes_all_back(image_of: Opener, tmp_path: Path, tree_of: TreeOf) -> None:
    image = image_of(Bundle(tuple(Entry(f"d{n}/f", b"x" * 1000) for n in range(50))).tar())
    (tmp_path / "there").mkdir()
    (tmp_path / "there/mine").write_text("m")
    for target in ("new", "there"):
        token = CancelToken()

        def watch(progress: Progress, token: CancelToken = token) -> None:
            if progress.stage == "Extracting" and progress.done > 20_000:
                token.cancel()

        with pytest.raises(Cancelled):
            extract_merged(image, tmp_path / target, token=token, sink=watch)
    assert not (tmp_path / "new").exists()
    assert tree_of(tmp_path / "there") == {"mine": b"m"}


CALLS = (
    "make_folder",
    "create",
    "write_at",
    "set_size",
    "set_attributes",
    "close",
    "settle",
    "make_link",
    "open_folder",
)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_every_call_may_fail(
    image_of: Opener, tmp_path: Path, tree_of: TreeOf, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    """A full disk takes all back; any other error leaves one thing out, and what is there is whole."""
    image = image_of(LOW.tar(), HIGH.tar())
    extract_merged(image, tmp_path / "right")
    right = tree_of(tmp_path / "right")
    real = getattr(disk, call)
    for fails_at in range(1, 12):
        left = fails_at

        def failing(*arguments: object) -> object:
            nonlocal left
            left -= 1
            if left == 0:
                raise OSError(number, os.strerror(number))
            return real(*arguments)

        target = tmp_path / f"{fails_at}"
        monkeypatch.setattr(disk, call, failing)
        try:
            report = extract_merged(image, target)
        except ExtractError:
            assert number == errno.ENOSPC
            assert not target.exists()
        else:
            found = tree_of(target)
            assert found.items() <= right.items()
            assert left > 0 or number == errno.EACCES
            if call != "set_attributes" or found != right:  # a folder's time is no loss
                assert len(found) == len(report.written)
                assert bool(report.left_out) is (found != right)
        finally:
            monkeypatch.undo()


def test_without_second_names_the_name_is_taken_first(
    image_of: Opener, tmp_path: Path, tree_of: TreeOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    monkeypatch.setattr(os, "supports_dir_fd", os.supports_dir_fd | {no_links})
    for _ in range(2):
        extract_merged(image_of(Bundle((Entry("a", b"1"),)).tar()), tmp_path / "out")
    assert tree_of(tmp_path / "out") == {"a": b"1", "a (2)": b"1"}


def test_a_file_system_that_folds_case(
    image_of: Opener, tmp_path: Path, tree_of: TreeOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS or a USB stick: every name is taken in lower case here."""
    for call, at in (
        ("make_folder", 0),
        ("create", 0),
        ("open_folder", 0),
        ("is_folder_at", 0),
        ("identity_at", 0),
        ("make_link", 1),
        ("settle", 1),
    ):
        real = getattr(disk, call)

        def folding(*arguments: object, real: Callable[..., object] = real, at: int = at) -> object:
            words = list(arguments)
            words[at] = words[at].lower()  # type: ignore[attr-defined]
            return real(*words)

        monkeypatch.setattr(disk, call, folding)
    bundle = Bundle(
        (
            Entry("README", b"1"), Entry("readme", b"2"), Entry("D/a", b"3"), Entry("d/a", b"4"), Entry("d/A", b"5"),
            symlink("link", "readme"), symlink("link2", "d/a"),
        )
    )  # fmt: skip
    report = extract_merged(image_of(bundle.tar()), tmp_path / "out")
    assert tree_of(tmp_path / "out") == {
        "readme": b"1", "readme (2)": b"2", "d": None, "d/a": b"3", "d (2)": None, "d (2)/a": b"5", "d (2)/a (2)": b"4",
    } or {b"readme", b"d"} <= {renamed.path for renamed in report.renamed}  # fmt: skip
    assert set(out(report)) == {"link", "link2"}
    assert report.count("file") == 5


def test_too_little_room_is_said_before(image_of: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda _: 5000)
    with pytest.raises(ExtractError, match="5,000 are free"):
        extract_merged(image_of(LOW.tar()), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_targets_that_do_not_do(image_of: Opener, tmp_path: Path) -> None:
    image = image_of(LOW.tar())
    (tmp_path / "real").mkdir()
    os.symlink("real", tmp_path / "link")
    (tmp_path / "file").write_text("")
    for name, words in (
        ("link", "symbolic link"),
        ("file", "no folder"),
        ("no/such", "does not exist"),
        ("file/x", "no folder"),
    ):
        with pytest.raises(ExtractError, match=words):
            extract_merged(image, tmp_path / name)
    assert os.listdir(tmp_path / "real") == []


def test_systems_without_safe_calls_are_refused(
    image_of: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "supports_dir_fd", set())
    with pytest.raises(ExtractError, match="not possible"):
        extract_merged(image_of(LOW.tar()), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_bomb_of_hard_links_is_counted(image_of: Opener, tmp_path: Path) -> None:
    data = bytes(20 << 20)
    bundle = Bundle((Entry("f", data), *(hardlink(f"l{n}", "f") for n in range(20_000))))
    with pytest.raises(ExtractError, match="not enough room"):
        extract_merged(image_of(bundle.tar()), tmp_path / "out", limits=DEFAULT_LIMITS)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("stated", [0o7777, 0o1777, 0o2070, 0o0])
def test_a_folder_keeps_no_special_bits_and_is_open_to_its_owner_alone_to_write(
    image_of: Opener, tmp_path: Path, stated: int
) -> None:
    image = image_of(Bundle((folder("d", mode=stated), Entry("d/f", b"x", mode=stated))).tar())
    extract_merged(image, tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out/d").stat().st_mode) == stated & 0o755 | 0o700
    assert stat.S_IMODE((tmp_path / "out/d/f").lstat().st_mode) == stated & 0o755
