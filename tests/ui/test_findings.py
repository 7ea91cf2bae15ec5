"""Findings in the window: badges on the tree, the panel with filter and explanation, the ways out of it, the report."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QGuiApplication, QTextDocument
from PySide6.QtWidgets import QFileDialog, QLabel, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from inspector.findings import Severity
from inspector.ui.archive_view import ArchiveView
from inspector.ui.export_dialog import ExportDialog
from inspector.ui.main_window import MainWindow
from inspector.ui.text import isolated
from inspector.viewmodel.evidence.markdown import to_markdown
from inspector.viewmodel.findingspanel import as_json, explain, group_findings
from inspector.viewmodel.messages import Action
from inspector.viewmodel.pages import Page
from inspector.viewmodel.tree import NodeType, TreeColumn
from tests.builders import Bundle, Entry, ImageSpec, docker_25, folder, layer_tar
from tests.builders.altered import altered, put
from tests.ui.conftest import PATIENCE_MS, settle
from tests.ui.test_messages import click
from tests.unit.viewmodel.evidence.test_evidence import hostile, report_on

Opener = Callable[[Path], ArchiveView]
HOSTILE = "<b>bold</b>\u202e&amp;"


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """An error in index.json, a warning in the config, and a finding whose text is hostile."""
    made = altered(
        index=put("schemaVersion", value=1),
        config=put("created", value=HOSTILE),
        with_docker=True,
    )
    return made.write(tmp_path / "faulty.tar")


def checked(qtbot: QtBot, view: ArchiveView) -> None:
    settle(qtbot, view)
    qtbot.waitUntil(lambda: bool(view.session.found.forecasts), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not view._runner.tasks, timeout=PATIENCE_MS)


def shown(view: ArchiveView, kind: NodeType, role: Qt.ItemDataRole = Qt.ItemDataRole.DisplayRole) -> str:
    node = next(node for node in view.session.tree.nodes if node.type is kind)
    return str(view.model.data(view.model.index_of(node, TreeColumn.NAME), role))


def test_the_tree_shows_who_has_findings(qtbot: QtBot, open_archive: Opener, faulty: Path) -> None:
    view = open_archive(faulty)
    checked(qtbot, view)
    assert shown(view, NodeType.ARCHIVE).startswith("✗ ")
    assert shown(view, NodeType.CONFIG).startswith("⚠ ")
    assert not shown(view, NodeType.LAYER).startswith(("✗", "⚠"))
    assert "1 warning" in shown(view, NodeType.CONFIG, Qt.ItemDataRole.AccessibleTextRole)
    assert "Findings here or below: 1 error, 1 warning" in shown(view, NodeType.ARCHIVE, Qt.ItemDataRole.ToolTipRole)


def test_an_archive_in_order_has_no_badge(qtbot: QtBot, open_archive: Opener, tmp_path: Path) -> None:
    view = open_archive(altered(with_docker=True).write(tmp_path / "fine.tar"))
    checked(qtbot, view)
    assert not any(shown(view, kind).startswith(("✗", "⚠", "ℹ")) for kind in (NodeType.ARCHIVE, NodeType.CONFIG))


def test_the_button_opens_the_panel(qtbot: QtBot, window: MainWindow, open_archive: Opener, faulty: Path) -> None:
    assert window.findings_dock.objectName() == "findings-dock"
    assert window.findings_dock.isHidden()
    view = open_archive(faulty)
    checked(qtbot, view)
    assert window.findings_button.text() == "✗ 1 error, 1 warning"
    assert window.findings_button.accessibleName() == "Findings: ✗ 1 error, 1 warning"
    qtbot.mouseClick(window.findings_button, Qt.MouseButton.LeftButton)
    assert window.findings_dock.isVisible()
    window.findings_dock.hide()
    window.actions_by_id["findings-panel"].trigger()
    assert window.findings_dock.isVisible()
    window.archives.close_at(0)
    assert not window.findings_dock.panel.isEnabled()


def test_the_panel(
    qtbot: QtBot, qtmodeltester: ModelTester, window: MainWindow, open_archive: Opener, faulty: Path
) -> None:
    view = open_archive(faulty)
    checked(qtbot, view)
    panel = window.findings_dock.panel
    window.findings_dock.show()
    qtmodeltester.check(panel.model)
    assert panel.model.rowCount() == 2
    assert panel.count.text() == "1 error, 1 warning"
    assert panel.levels[Severity.ERROR].text().endswith("Errors 1")
    first = panel.explanation.toPlainText()
    for part in ("INDEX-1", "index.json", "$.schemaVersion", "Expected: 2", "image-index.md", "An export mends it."):
        assert part in first
    panel.filter.setText("created")
    assert panel.model.rowCount() == 1
    assert panel.count.text() == "1 of 2 findings"
    text = panel.explanation.toPlainText()
    assert "<b>bold</b>⟨U+202E⟩&amp;" in text
    panel.filter.clear()
    panel.levels[Severity.ERROR].setChecked(False)
    assert [row.code for row in panel.model.rows_at(panel.model.index(0, 0))] == ["CONFIG-6"]


def test_go_to_leads_to_the_line(qtbot: QtBot, window: MainWindow, open_archive: Opener, faulty: Path) -> None:
    view = open_archive(faulty)
    checked(qtbot, view)
    panel = window.findings_dock.panel
    window.findings_dock.show()
    panel.filter.setText("CONFIG-6")
    assert panel.go_to.isEnabled()
    qtbot.mouseClick(panel.go_to, Qt.MouseButton.LeftButton)
    assert view.node.type is NodeType.CONFIG
    assert view.pages.page is Page.JSON
    qtbot.waitUntil(lambda: view.pages.json._pointer.text() == "$.created", timeout=PATIENCE_MS)


def test_go_to_leads_to_the_file_in_its_layer_even_through_a_filter(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, tmp_path: Path
) -> None:
    top = Bundle((folder("opt"), Entry("opt/a", b"a"), Entry("opt/tool", b"x" * 700, mode=0o4755))).tar()
    path = docker_25([ImageSpec((layer_tar({"etc/": b"", "etc/os": b"1"}), top))]).write(tmp_path / "setuid.tar")
    view = open_archive(path)
    checked(qtbot, view)
    view.pages.files.filter.setText("nothing is called like this")
    view.check_everything()
    checked(qtbot, view)
    panel = window.findings_dock.panel
    window.findings_dock.show()
    panel.filter.setText("LAYER-18")
    qtbot.waitUntil(panel.go_to.isEnabled, timeout=PATIENCE_MS)
    first = panel.model.index(0, 0)
    assert panel.model.data(panel.model.index(0, 1, first)) == isolated("layer 2 · opt/tool")
    qtbot.mouseClick(panel.go_to, Qt.MouseButton.LeftButton)
    assert view.node.label.startswith("layer 2")
    assert view.pages.page is Page.FILES
    table = view.pages.files.view
    qtbot.waitUntil(lambda: table.files is not None and table.current_node() >= 0, timeout=PATIENCE_MS)
    assert table.files is not None
    assert table.files.path_of(table.current_node()) == "opt/tool"
    assert not view.pages.files.filter.text()


def test_copy_and_fix(qtbot: QtBot, window: MainWindow, open_archive: Opener, faulty: Path) -> None:
    view = open_archive(faulty)
    checked(qtbot, view)
    panel = window.findings_dock.panel
    window.findings_dock.show()
    panel.view.selectAll()
    panel.copy_json()
    copied = json.loads(QGuiApplication.clipboard().text())
    assert [finding["code"] for finding in copied] == ["INDEX-1", "CONFIG-6"]
    panel.copy_text()
    assert "error INDEX-1" in QGuiApplication.clipboard().text()
    assert not QGuiApplication.clipboard().mimeData().hasHtml()
    assert panel.fix.isEnabled()
    with qtbot.waitSignal(panel.fix_asked, timeout=PATIENCE_MS) as asked:
        panel._fix()
    assert asked.args is not None
    assert [row.code for row in asked.args[0]] == ["INDEX-1"]
    for dialog in window.findChildren(type(window.exports.ask(view))):
        dialog.close()


def spoken(view: ArchiveView) -> str:
    """All texts of the summary."""
    return "\n".join(label.text() for label in view.pages.summary.findChildren(QLabel))


def test_checking_everything_finds_what_is_deep(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, tmp_path: Path
) -> None:
    path = altered(config=put("rootfs", "diff_ids", 1, value="sha256:" + "ab" * 32)).write(tmp_path / "deep.tar")
    view = open_archive(path)
    checked(qtbot, view)
    panel = window.findings_dock.panel
    window.findings_dock.show()
    assert panel.check.isVisible()
    qtbot.mouseClick(panel.check, Qt.MouseButton.LeftButton)
    checked(qtbot, view)
    assert "CONFIG-4" in {row.code for row in view.session.findings}
    assert not panel.check.isVisible()
    assert view.bar.isVisible()
    assert view.node is view.session.tree.root
    assert view.pages.page is Page.SUMMARY
    qtbot.waitUntil(lambda: view.session.findings.text in spoken(view), timeout=PATIENCE_MS)


def test_the_page_in_front_shows_what_is_found_meanwhile(qtbot: QtBot, open_archive: Opener, tmp_path: Path) -> None:
    wrong = "sha256:" + "ab" * 32
    made = altered(index=put("schemaVersion", value=1), config=put("rootfs", "diff_ids", 1, value=wrong))
    view = open_archive(made.write(tmp_path / "deep.tar"))
    checked(qtbot, view)
    view.select(view.session.tree.root)
    assert view.pages.show_page(Page.FINDINGS)
    page = view.pages.findings

    def codes() -> list[str]:
        rows = (page.model.row(page.model.index(at, 0)) for at in range(page.model.rowCount()))
        return [row.code for row in rows if row is not None]

    assert codes() == ["INDEX-1"]
    view.check_everything()
    qtbot.waitUntil(lambda: "CONFIG-4" in codes(), timeout=PATIENCE_MS)
    row = page.model.row(page.view.currentIndex())
    assert row is not None
    assert row.code == "INDEX-1"
    assert "INDEX-1" in page.details.toPlainText()


def test_a_report_is_saved(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, faulty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = open_archive(faulty)
    checked(qtbot, view)
    target = faulty.with_name("faulty.report.html")
    asked: list[str] = []

    def choose(_parent: object, _title: str, path: str, filters: str) -> tuple[str, str]:
        asked.append(path)
        return path, filters.split(";;", maxsplit=1)[0]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    window.actions_by_id["save-report"].trigger()
    qtbot.waitUntil(target.exists, timeout=PATIENCE_MS)
    checked(qtbot, view)
    assert asked == [str(target)]
    assert b"INDEX-1" in target.read_bytes()
    assert view.session.found.is_deep
    assert any("faulty.report.html" in label.text() for label in view.bar.findChildren(QLabel))


def test_a_report_that_may_replace_nothing_is_replaced_on_request(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, faulty: Path
) -> None:
    view = open_archive(faulty)
    checked(qtbot, view)
    target = faulty.with_name("there.html")
    target.write_bytes(b"mine")
    window.reports.save(view, target, overwrite=False)
    click(qtbot, view.bar, Action.REPLACE)
    qtbot.waitUntil(lambda: b"INDEX-1" in target.read_bytes(), timeout=PATIENCE_MS)
    checked(qtbot, view)
    assert not window.findChildren(ExportDialog)


def test_the_panel_is_reached_by_keys_and_spoken(
    qtbot: QtBot, window: MainWindow, open_archive: Opener, faulty: Path
) -> None:
    view = open_archive(faulty)
    checked(qtbot, view)
    window.actions_by_id["findings-panel"].trigger()
    panel = window.findings_dock.panel
    reached: list[QWidget] = [panel.filter]
    widget = panel.filter.nextInFocusChain()
    while widget is not None and widget is not panel.filter:
        takes_tab = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if takes_tab and panel.isAncestorOf(widget) and widget.isVisible() and widget.isEnabled():
            reached.append(widget)
        widget = widget.nextInFocusChain()
    wanted = [panel.filter, panel.view, panel.explanation, panel.go_to, panel.fix, panel.copy_button, panel.check]
    assert [found for found in wanted if found not in reached] == []
    for found in (*wanted, *panel.levels.values()):
        spoken = QAccessible.queryAccessibleInterface(found)
        assert spoken.text(QAccessible.Text.Name).strip()
    group = panel.model.index(0, 0)
    assert panel.model.data(group, Qt.ItemDataRole.AccessibleTextRole).startswith("error, INDEX-1, ")


def test_groups_are_counted_and_filtered(qtbot: QtBot, open_archive: Opener, faulty: Path) -> None:
    view = open_archive(faulty)
    checked(qtbot, view)
    made = group_findings(view.session.findings, "index schema")
    assert [group.code for group in made.groups] == ["INDEX-1"]
    assert made.groups[0].spoken == "error, INDEX-1, schemaVersion is not 2, 1 finding"
    assert group_findings(view.session.findings, "", [Severity.INFO]).groups == ()
    row = view.session.findings.rows[0]
    text = explain(row, view.session.found.forecasts)
    assert "Loads it with a warning: skopeo oci-archive:" in text
    assert json.loads(as_json([row]))[0]["code"] == "INDEX-1"


def test_a_renderer_of_markdown_finds_no_markup_in_hostile_texts(qtbot: QtBot, tmp_path: Path) -> None:
    """Qt's own one, which knows GitHub's dialect: no link, no picture, and the text as it is."""
    del qtbot
    document = QTextDocument()
    document.setMarkdown(to_markdown(report_on(hostile().write(tmp_path / "app.tar"))).decode())
    assert not re.search("<(a|img|script|del)[ >]", document.toHtml())
    assert "<script>alert(1)</script>|`x`[a](http://b)![i](j)␊# h **b** &amp; <!-- " in document.toPlainText()
