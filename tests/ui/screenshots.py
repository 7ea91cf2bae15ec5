"""Takes pictures of the window under Xvfb, for people to look at: `python tests/ui/screenshots.py FOLDER [SCENE…]`.

Needs Xvfb and the corpus of real archives beside the checkout. Each look (light, dark, 200 %, right to left, German …) is a
process of its own, since scale and palette are decided when Qt starts. Nothing is compared: fonts differ between machines.
A warning of Qt in any scene is printed and makes it fail.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
WIDTH, HEIGHT = 1240, 740
LOOKS: dict[str, dict[str, str]] = {
    "light": {},
    "dark": {},
    "contrast": {},
    "rtl": {},
    "200": {"QT_SCALE_FACTOR": "2"},
    "de": {},
    "zh": {},
}
LANGUAGES = {"de": "de", "zh": "zh_CN"}
"""Looks in another language than English."""
THEMES = {"dark": "dark", "contrast": "contrast"}
"""Looks that are a preference; the others are light."""
PATIENCE = 20.0


@contextmanager
def screen(width: int, height: int) -> Iterator[str]:
    """A virtual screen; the server itself picks a free number, so that two runs never meet."""
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"],
        pass_fds=[writer], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writer)
    try:
        with os.fdopen(reader) as answer:
            yield f":{answer.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("scenes", nargs="*", help="only these")
    parser.add_argument("--look", choices=sorted(LOOKS), action="append", help="only these looks")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        return inside(arguments.folder, arguments.inside, arguments.scenes)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for look in arguments.look or LOOKS:
        factor = 2 if look == "200" else 1
        with screen(WIDTH * factor, HEIGHT * factor) as display, tempfile.TemporaryDirectory() as home:
            # A home of its own: the person's settings and recent archives are no part of a picture.
            own = {"HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
            environment = {**os.environ, **own, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", **LOOKS[look]}
            command = [sys.executable, __file__, str(arguments.folder), *arguments.scenes, "--inside", look]
            subprocess.run(command, env=environment, check=True, cwd=ROOT)
    return 0


def inside(folder: Path, look: str, wanted: list[str]) -> int:
    """The child: one look, all scenes."""
    sys.path.insert(0, str(ROOT))
    from PySide6.QtCore import QMessageLogContext, Qt, QtMsgType, qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    from inspector.app import APPLICATION_ID
    from inspector.ui.garbage import GarbageCollector
    from inspector.ui.theme import follow_colour_scheme
    from inspector.ui.translator import speak

    warnings: list[str] = []

    def listen(kind: QtMsgType, _where: QMessageLogContext, words: str) -> None:
        if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
            warnings.append(words)
            print(f"Qt: {words}", file=sys.stderr, flush=True)

    qInstallMessageHandler(listen)
    application = QApplication(["image-inspector"])
    application.setApplicationDisplayName("Image Inspector")
    application.setDesktopFileName(APPLICATION_ID)
    GarbageCollector(application)
    follow_colour_scheme(application)
    if look in LANGUAGES:
        from inspector.ui.translator import speak

        speak(application, LANGUAGES[look])
    if look == "rtl":
        application.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    with tempfile.TemporaryDirectory() as scratch:
        for name, scene in SCENES.items():
            if not wanted or name in wanted:
                stage = Stage(Path(scratch), folder / f"{look}-{name}.png")
                scene(stage)
                stage.end()
                print(stage.picture, flush=True)
    qInstallMessageHandler(None)
    return 1 if warnings else 0


class Stage:
    """A window, and the ways of a person with it."""

    def __init__(self, scratch: Path, picture: Path) -> None:
        from inspector.ui.main_window import MainWindow
        from inspector.ui.settings import Settings
        from inspector.ui.task_runner import TaskRunner
        from inspector.viewmodel.preferences import Preferences, Theme

        self.scratch = scratch
        self.picture = picture
        self.runner = TaskRunner()
        settings = Settings(scratch / f"{picture.stem}.ini")
        settings.preferences = Preferences(theme=Theme(THEMES.get(picture.name.partition("-")[0], "light")))
        self.window = MainWindow(self.runner, settings)
        self.window.setGeometry(0, 0, WIDTH, HEIGHT)
        self.window.show()
        self.wait(lambda: self.window.isActiveWindow() or self.window.isVisible())

    def wait(self, until: Callable[[], bool]) -> None:
        from PySide6.QtWidgets import QApplication

        end = time.monotonic() + PATIENCE
        while not until():
            if time.monotonic() > end:
                raise TimeoutError(self.picture.name)
            QApplication.processEvents()
        self.settle()

    def settle(self) -> None:
        """Let everything be read, laid out and drawn."""
        from PySide6.QtCore import QCoreApplication, QEvent
        from PySide6.QtWidgets import QApplication

        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        end = time.monotonic() + 0.3
        while time.monotonic() < end or any(task.running for task in self.runner.tasks if task.quiet):
            QApplication.processEvents()

    def open(self, *names: str) -> None:
        for name in names:
            path = CORPUS / name
            before = len(self.window.archives.views())
            self.window.open_paths([path])
            stack = self.window.archives
            self.wait(lambda stack=stack, before=before: len(stack.views()) > before or stack.bar.isVisible())  # type: ignore[misc]
        self.idle()

    def idle(self) -> None:
        self.wait(lambda: not self.runner.tasks)

    def select(self, start: str) -> None:
        view = self.window.view
        assert view is not None
        word, _, number = start.partition(" ")
        nodes = list(view.session.tree.root.walk())
        # By what they are: in another language they are called otherwise.
        kinds = [node for node in nodes if node.type.value == word]
        layers = [node for node in kinds if node.layer is not None and str(node.layer.number) == number]
        found = layers or kinds or [node for node in nodes if node.label.startswith(start)]
        node = found[0]
        view.select(node)
        self.idle()

    def page(self, name: str) -> None:
        self.window.actions_by_id[f"page-{name}"].trigger()
        self.idle()

    def take(self) -> None:
        from PySide6.QtGui import QGuiApplication

        self.settle()
        QGuiApplication.primaryScreen().grabWindow(0).save(str(self.picture))

    def end(self) -> None:
        if not self.picture.exists() or self.picture.stat().st_mtime < time.time() - 60:
            self.take()
        self.window._may_close = True
        self.window.close()
        self.window.deleteLater()
        self.settle()


RICH = "docker-28.5-vfs-bk-rich.tar"


def empty(stage: Stage) -> None:
    stage.take()


def recent(stage: Stage) -> None:
    for name in ("docker-28.5-vfs-save.tar", "buildx-0.29-oci-multiplatform.tar", "buildx-0.29-oci-dir"):
        stage.open(name)
        stage.window.archives.close_at(0)
    stage.window.archives.empty.show_recent(
        stage.window.settings.recent, {str(CORPUS / "buildx-0.29-oci-dir"): True}, time.time()
    )
    stage.take()


def hovering(stage: Stage) -> None:
    stage.window.archives.empty.invite("Open app.tar")
    stage.take()


def archive(stage: Stage) -> None:
    stage.open("buildx-0.29-oci-multiplatform.tar")
    stage.take()


def image(stage: Stage) -> None:
    stage.open(RICH)
    view = stage.window.view
    assert view is not None
    from inspector.viewmodel.tree import NodeType

    view.select(next(node for node in view.session.tree.root.walk() if node.type is NodeType.IMAGE))
    stage.page("summary")
    stage.take()


def layer_summary(stage: Stage) -> None:
    stage.open(RICH)
    stage.select("layer 2")
    stage.page("files")
    stage.page("summary")
    stage.take()


def config(stage: Stage) -> None:
    stage.open(RICH)
    stage.select("config")
    stage.page("summary")
    stage.take()


def history(stage: Stage) -> None:
    stage.open(RICH)
    stage.select("config")
    stage.page("history")
    stage.take()


def json(stage: Stage) -> None:
    stage.open("buildx-0.29-oci-multiplatform.tar")
    stage.select("index.json")
    stage.page("json")
    stage.take()


def json_tree(stage: Stage) -> None:
    stage.open("buildx-0.29-oci-multiplatform.tar")
    stage.select("index.json")
    stage.page("json")
    stage.window.actions_by_id["json-tree"].trigger()
    view = stage.window.view
    assert view is not None
    view.pages.json.go_to_pointer("$.manifests[0].digest")
    stage.take()


def json_packed(stage: Stage) -> None:
    import base64
    import json as encoder

    from inspector.progress import CancelToken
    from inspector.viewmodel.jsonpage.view import json_view

    stage.open("buildx-0.29-oci-multiplatform.tar")
    stage.select("index.json")
    stage.page("json")
    view = stage.window.view
    assert view is not None
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://slsa.dev/provenance/v1",
        "subject": [],
    }
    payload = base64.b64encode(encoder.dumps(statement).encode()).decode()
    raw = encoder.dumps({"payload": payload, "signatures": [{"sig": "AAEC", "keyid": ""}] * 9, "n": [1, 2, 3]}).encode()
    page = view.pages.json
    page.show_json(json_view("envelope.json", raw, raw.decode(), token=CancelToken()))
    page.go_to_pointer("$.signatures")
    page.view.fold()
    page.go_to_pointer("$.payload")
    stage.wait(page.decoded.isVisible)
    stage.take()


def stored(stage: Stage) -> None:
    stage.open(RICH)
    stage.select("config")
    stage.page("json")
    view = stage.window.view
    assert view is not None
    view.pages.json._stored.setChecked(True)
    stage.take()


def files(stage: Stage) -> None:
    stage.open(RICH)
    stage.select("layer 1")
    stage.page("files")
    stage.window.actions_by_id["expand-all"].trigger()
    stage.take()


def readme(stage: Stage) -> None:
    stage.open(RICH)
    stage.select("layer 1")
    stage.page("files")
    view = stage.window.view
    assert view is not None
    view.pages.files.go_to(b"etc/passwd")
    stage.idle()
    stage.take()


def whiteouts(stage: Stage) -> None:
    stage.open(RICH)
    stage.select("layer 2")
    stage.page("files")
    view = stage.window.view
    assert view is not None
    view.pages.files.view.setFocus()
    view.pages.files.view.expand_all()
    view.pages.files.view.selectRow(1)
    stage.take()


def filtered(stage: Stage) -> None:
    stage.open(RICH)
    stage.select("layer 1")
    stage.page("files")
    view = stage.window.view
    assert view is not None
    view.pages.files.filter.setText("type:link")
    view.pages.files._apply()
    stage.take()


def size_map(stage: Stage) -> None:
    stage.open(RICH)
    view = stage.window.view
    assert view is not None
    from inspector.viewmodel.tree import NodeType

    view.select(next(node for node in view.session.tree.root.walk() if node.type is NodeType.IMAGE))
    stage.page("size-map")
    page = view.pages.size_map
    stage.wait(lambda: page.level is not None and not page.busy)
    view.pages.take_focus()
    stage.take()


def size_map_kinds(stage: Stage) -> None:
    stage.open(RICH)
    stage.select("layer 1")
    stage.page("size-map")
    view = stage.window.view
    assert view is not None
    page = view.pages.size_map
    stage.wait(lambda: page.level is not None and not page.busy)
    page.enter(page.model.node(0))
    stage.idle()
    stage.take()


def findings(stage: Stage) -> None:
    stage.open("derived-truncated.tar")
    stage.window.show_findings_panel()
    stage.idle()
    stage.take()


def tabs(stage: Stage) -> None:
    stage.open("docker-28.5-vfs-save.tar", "cosign-3.1-save.tar", "podman-5.8-oci-archive.tar")
    stage.take()


def verified(stage: Stage) -> None:
    stage.open("buildx-0.29-oci-multiplatform.tar")
    stage.window.actions_by_id["verify"].trigger()
    stage.idle()
    stage.take()


def export(stage: Stage) -> None:
    stage.open("buildx-0.29-oci-multiplatform.tar")
    view = stage.window.view
    assert view is not None
    dialog = stage.window.exports.ask(view)
    dialog.target.setText(str(stage.scratch / "multi.oci.tar"))
    stage.wait(dialog.export_button.isEnabled)
    dialog.move((WIDTH - dialog.width()) // 2, max(0, (HEIGHT - dialog.height()) // 2))
    stage.take()
    dialog.reject()


def exported(stage: Stage) -> None:
    from inspector.viewmodel.exportchoices import ExportRequest

    stage.open(RICH)
    view = stage.window.view
    assert view is not None
    target = stage.scratch / f"{stage.picture.stem}.oci.tar"
    stage.window.exports.start(view, ExportRequest(), target, overwrite=False)
    stage.wait(view.bar.isVisible)
    stage.take()


def busy(stage: Stage) -> None:
    import threading

    from inspector.progress import Progress

    stage.open(RICH)
    release = threading.Event()

    def work(_token: object, sink: Callable[[Progress], None]) -> None:
        sink(Progress("writing", 611 << 20, 1000 << 20, "layer 3"))
        release.wait(10)

    stage.runner.start("Exporting", work, lambda _result: None, lambda _error: None)
    stage.wait(stage.window.task_status.isVisible)
    stage.take()
    release.set()
    stage.idle()


def error(stage: Stage) -> None:
    page = stage.scratch / "download.tar"
    page.write_text("<!DOCTYPE html><html><title>404 Not Found</title></html>")
    stage.window.open_paths([page])
    stage.wait(stage.window.archives.bar.isVisible)
    stage.take()


def details(stage: Stage) -> None:
    stage.open("docker-28.5-vfs-save.tar")
    stage.window.open_paths([CORPUS / "derived-truncated.tar.gz", CORPUS / "crane-export-rootfs.tar"])
    stage.wait(stage.window.archives.bar.isVisible)
    stage.idle()
    stage.window.archives.bar._toggle_details()
    stage.take()


def shortcuts(stage: Stage) -> None:
    from inspector.ui.shortcuts_dialog import ShortcutsDialog

    dialog = ShortcutsDialog(stage.window)
    dialog.open()
    stage.take()
    dialog.close()


def preferences(stage: Stage) -> None:
    dialog = stage.window.show_preferences()
    stage.take()
    dialog.close()


def loading(stage: Stage) -> None:
    import threading

    from inspector.progress import Progress

    release = threading.Event()

    def work(_token: object, sink: Callable[[Progress], None]) -> None:
        sink(Progress("Unpacking", 300 << 20, 900 << 20, "app.tar.gz"))
        release.wait(10)

    stage.runner.start("Opening app.tar.gz", work, lambda _result: None, lambda _error: None)
    stage.wait(stage.window.task_status.isVisible)
    stage.take()
    release.set()
    stage.idle()


def many(stage: Stage) -> None:
    """200,000 files."""
    sys.path.insert(0, str(ROOT))
    from tests.builders import ImageSpec, docker_25, layer_tar

    names = {f"usr/lib/module{number // 200:04}/file{number:06}.so": b"" for number in range(200_000)}
    path = docker_25([ImageSpec((layer_tar(names),), ("docker.io/library/many:1",))]).write(stage.scratch / "many.tar")
    stage.window.open_paths([path])
    stage.wait(lambda: stage.window.view is not None)
    stage.select("layer 1")
    stage.page("files")
    view = stage.window.view
    assert view is not None
    stage.wait(lambda: view.pages.files.view.files is not None and view.pages.files.view.files.total >= 200_000)
    view.pages.files.view.expand_all()
    stage.take()


def help(stage: Stage) -> None:  # noqa: A001 - scenes are called like the pictures
    from inspector.ui.help_dialog import HelpDialog

    dialog = HelpDialog(stage.window)
    dialog.show_topic("words", "The layers")
    dialog.move((WIDTH - dialog.width()) // 2, 40)
    dialog.show()
    stage.take()
    dialog.close()


def dragging(stage: Stage) -> None:
    stage.open(RICH)
    stage.window.dropping.overlay.offer(
        [choice.text for choice in stage.window.dropping.choices([CORPUS / "podman-5.8-oci-archive.tar"])]
    )
    stage.take()


def again(stage: Stage) -> None:
    from inspector.viewmodel.lastsession import LastSession, OpenArchive

    names = ("docker-28.5-vfs-save.tar", "podman-5.8-oci-archive.tar")
    stage.window.settings.last_session = LastSession(tuple(OpenArchive(str(CORPUS / name)) for name in names))
    stage.window.start([])
    stage.take()


def menu(stage: Stage) -> None:
    stage.open("docker-28.5-vfs-save.tar")
    first = stage.window.menuBar().actions()[0].menu()
    assert first is not None
    first.popup(stage.window.menuBar().mapToGlobal(stage.window.menuBar().rect().bottomLeft()))  # type: ignore[attr-defined]
    stage.take()
    first.close()  # type: ignore[attr-defined]


SCENES: dict[str, Callable[[Stage], None]] = {
    scene.__name__: scene
    for scene in (
        empty, readme, recent, hovering, archive, image, layer_summary, config, history, json, json_tree, json_packed, stored, files, whiteouts, filtered, size_map, size_map_kinds, findings, tabs, verified,
        export, exported, busy, error, details, shortcuts, preferences, loading, many, help, dragging, again, menu,
    )
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
