"""What systems are told of the program: names that agree, *Open with* and never the default for tar files, one version."""

from __future__ import annotations

import configparser
import plistlib
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from inspector import __version__

ID = "io.github.oci_image_inspector.ImageInspector"
OWN_ENDINGS = {"oci", "oci.tar", "ocitar"}
OWN_TYPES = {"application/x-oci-image-archive", "application/x-docker-image-archive"}
MIME = "{http://www.freedesktop.org/standards/shared-mime-info}"


@pytest.fixture
def linux(repository: Path) -> Path:
    return repository / "packaging" / "linux"


@pytest.fixture
def desktop(linux: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(linux / f"{ID}.desktop", encoding="utf-8")
    return parser


@pytest.fixture
def mime(linux: Path) -> ET.Element:
    return ET.parse(linux / f"{ID}.mime.xml").getroot()


@pytest.fixture
def plist(repository: Path) -> dict[str, object]:
    with (repository / "packaging/macos/Info.plist").open("rb") as file:
        return dict(plistlib.load(file))


def test_the_program_has_one_name_everywhere(
    linux: Path, desktop: configparser.ConfigParser, plist: dict[str, object]
) -> None:
    from inspector.app import APPLICATION_ID

    metainfo = ET.parse(linux / f"{ID}.metainfo.xml").getroot()
    entry = desktop["Desktop Entry"]
    assert {APPLICATION_ID, metainfo.findtext("id"), entry["Icon"], entry["StartupWMClass"]} == {ID}
    assert plist["CFBundleIdentifier"] == ID
    assert metainfo.findtext("launchable") == f"{ID}.desktop"


def test_the_version_stands_in_one_place(repository: Path, linux: Path, plist: dict[str, object]) -> None:
    """The packages take it from there; what a person wrote for it must agree."""
    metainfo = ET.parse(linux / f"{ID}.metainfo.xml").getroot()
    release = metainfo.find("releases/release")
    assert release is not None
    assert release.get("version") == __version__
    changes = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## (\S+)", changes, re.MULTILINE)
    assert first is not None
    assert first[1] == __version__
    assert not {"CFBundleVersion", "CFBundleShortVersionString"} & set(plist)


def test_own_endings_are_ours_and_tar_is_not(mime: ET.Element) -> None:
    globs = {g.get("pattern", "") for g in mime.iter(f"{MIME}glob")}
    assert globs == {*(f"*.{ending}" for ending in OWN_ENDINGS), "*.docker.tar"}
    assert {kind.get("type") for kind in mime} == OWN_TYPES
    for kind in mime:
        parent = kind.find(f"{MIME}sub-class-of")
        assert parent is not None
        # Whoever opens tar files opens these, too.
        assert parent.get("type") == "application/x-tar"
        # A weight above the usual 50 would take names away from others.
        assert all(int(g.get("weight", "50")) <= 50 for g in kind.iter(f"{MIME}glob"))


def test_linux_offers_the_program_and_sets_no_default(repository: Path, desktop: configparser.ConfigParser) -> None:
    types = set(desktop["Desktop Entry"]["MimeType"].strip(";").split(";"))
    assert types >= {*OWN_TYPES, "application/x-tar", "application/x-compressed-tar"}
    # Bare compressed files are not ours, and no package may write who opens what by default.
    assert not {"application/gzip", "application/zstd"} & types
    written = [path for path in (repository / "packaging").rglob("*") if path.name.endswith("mimeapps.list")]
    assert written == []
    build = (repository / "packaging/build").read_text(encoding="utf-8")
    assert "mimeapps" not in build
    assert "xdg-mime" not in build


def test_the_manual_tells_every_verb_and_option(linux: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from inspector import app, cli

    manual = (linux / "image-inspector-cli.1").read_text(encoding="utf-8")
    assert re.findall(r"^\.B ([a-z]+)$", manual, re.MULTILINE) == [verb.rpartition(".")[2] for verb in cli.VERBS]
    with pytest.raises(SystemExit):
        app._parse(["image-inspector", "--help"])
    said = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    manual = (linux / "image-inspector.1").read_text(encoding="utf-8").replace("\\-", "-")
    assert set(re.findall(r"--[a-z-]+", manual)) == said


def test_a_start_from_the_desktop_takes_files_and_can_ask_for_a_new_window(desktop: configparser.ConfigParser) -> None:
    from inspector.app import _parse

    command, *options = desktop["Desktop Entry"]["Exec"].split()
    assert (command, options) == ("image-inspector", ["%F"])
    command, *options = desktop["Desktop Action new-window"]["Exec"].split()
    assert command == "image-inspector"
    assert _parse(options).new_window
    assert not _parse([]).new_window


def test_macos_offers_the_program_for_tar_and_owns_its_own_endings_only(plist: dict[str, object]) -> None:
    documents = plist["CFBundleDocumentTypes"]
    assert isinstance(documents, list)
    ranks = {name: kind["LSHandlerRank"] for kind in documents for name in kind["LSItemContentTypes"]}
    exported = plist["UTExportedTypeDeclarations"]
    assert isinstance(exported, list)
    own = {kind["UTTypeIdentifier"] for kind in exported}
    assert {name for name, rank in ranks.items() if rank == "Owner"} == own
    assert ranks["public.tar-archive"] == "Alternate"
    assert set(exported[0]["UTTypeTagSpecification"]["public.filename-extension"]) == OWN_ENDINGS


def test_windows_makes_a_default_of_own_endings_only_and_only_when_asked(repository: Path) -> None:
    script = (repository / "packaging/windows/image-inspector.nsi").read_text(encoding="utf-8")
    always, asked = script.split('Section /o "Open')
    own_default = r'WriteRegStr HKCU "\${CLASSES}\\(\.\w+)" "" '
    assert re.findall(own_default, always) == []
    assert set(re.findall(own_default, asked)) == {".oci", ".ocitar"}
    offered = set(re.findall(r'!insertmacro OfferFor "(.+?)"', script))
    assert offered == set(re.findall(r'!insertmacro ForgetFor "(.+?)"', script))


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("desktop-file-validate", [f"packaging/linux/{ID}.desktop"]),
        ("appstreamcli", ["validate", "--no-net", f"packaging/linux/{ID}.metainfo.xml"]),
        ("xmllint", ["--noout", f"packaging/linux/{ID}.mime.xml"]),
        ("makensis", []),
    ],
)
def test_the_judges_of_these_files_agree(
    judge: Callable[[str], str], repository: Path, tmp_path: Path, tool: str, arguments: list[str]
) -> None:
    if tool == "makensis":
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder/image-inspector.exe").write_bytes(b"MZ")
        draw(repository, tmp_path / "icons")
        values = {"VERSION": __version__, "NUMBERS": "1.2.3.0", "FOLDER": tmp_path / "folder"}
        values |= {"ICONS": tmp_path / "icons", "OUT": tmp_path / "image-inspector-setup.exe"}
        arguments = ["-V2", "-WX", *(f"-D{key}={value}" for key, value in values.items())]
        arguments.append("packaging/windows/image-inspector.nsi")
    done = subprocess.run(
        [judge(tool), *arguments], cwd=repository, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_mime_database_knows_our_endings_and_leaves_tar_alone(
    judge: Callable[[str], str], linux: Path, tmp_path: Path
) -> None:
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / f"{ID}.xml").write_bytes((linux / f"{ID}.mime.xml").read_bytes())
    subprocess.run([judge("update-mime-database"), "-V", str(tmp_path)], check=True, capture_output=True)
    lines = (tmp_path / "globs2").read_text(encoding="utf-8").splitlines()
    globs = {line.split(":")[2]: line.split(":")[1] for line in lines if not line.startswith("#")}
    assert {globs[f"*.{ending}"] for ending in OWN_ENDINGS} == {"application/x-oci-image-archive"}
    assert "*.tar" not in globs


def draw(repository: Path, folder: Path) -> None:
    pytest.importorskip("PySide6.QtSvg", reason="Qt's system libraries are missing", exc_type=ImportError)
    subprocess.run([sys.executable, "packaging/render_icons.py", str(folder)], cwd=repository, check=True, timeout=60)


def test_icons_are_drawn_at_every_size_and_kept_in_both_containers(repository: Path, tmp_path: Path) -> None:
    draw(repository, tmp_path)
    for name in ("app", "image-archive"):
        for size in (16, 22, 24, 32, 48, 64, 128, 256, 512):
            head = (tmp_path / str(size) / f"{name}.png").read_bytes()[:24]
            assert head[:8] == b"\x89PNG\r\n\x1a\n"
            assert struct.unpack(">II", head[16:24]) == (size, size)
        ico = (tmp_path / f"{name}.ico").read_bytes()
        kind, count = struct.unpack("<HH", ico[2:6])
        assert (kind, count) == (1, 7)
        for index in range(count):
            length, at = struct.unpack("<II", ico[6 + 16 * index + 8 : 6 + 16 * index + 16])
            assert ico[at : at + 4] == b"\x89PNG"
            assert at + length <= len(ico)
        icns = (tmp_path / f"{name}.icns").read_bytes()
        assert (icns[:4], struct.unpack(">I", icns[4:8])[0]) == (b"icns", len(icns))
