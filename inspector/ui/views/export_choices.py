"""The choices of an export beside its preset: images and names, layers, annotations and labels, repairs, output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from inspector.language import tr
from inspector.ui import text
from inspector.ui.widgets.line_table import LineTable
from inspector.ui.widgets.repairs_list import RepairsList
from inspector.viewmodel import exportchoices
from inspector.viewmodel.display import safe
from inspector.viewmodel.exportchoices import (
    COMPRESSIONS,
    FORMS,
    LEVELS,
    PLACES,
    SPLITS,
    ExportRequest,
    ExtraLine,
    NameLine,
)
from inspector.viewmodel.session import ArchiveSession

_AUTOMATIC = -1
"""Below every level: what the preset takes."""


_MENDED_BY_NAMES = {"INDEX-10": 1, "ANNOT-3": 1, "ANNOT-2": 3}
"""Findings that no repair mends, but another name or annotation; and the number of the tab for it."""


class ExportChoices(QTabWidget):
    """Tabs; `request_on` puts what is chosen into a request, `show_request` shows the general part of one."""

    changed = Signal()

    def __init__(self, session: ArchiveSession, others: Sequence[Path] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)  # the frame that Fusion draws else is a light field on dark ground
        self.setAccessibleName(self.tr("Choices of the export"))
        self._session = session
        self._choices = exportchoices.image_choices(session)
        self._stored = exportchoices.name_lines(session)
        self.images = self._make_images()
        self.names = LineTable(
            (self.tr("Image"), self.tr("Name in the archive"), self.tr("New name")),
            self.tr("Names of the images"),
            fixed=2,
        )
        self.attestations = QCheckBox(self.tr("Keep attestations (SBOM, provenance)"))
        self.signatures = QCheckBox(self.tr("Keep signatures and other referrers"))
        self.compression = _choice(COMPRESSIONS, self.tr("Compression of layers"))
        self.level = QSpinBox()
        self.level.setAccessibleName(self.tr("Level"))
        self.convert = QCheckBox(self.tr("Turn Docker's media types into OCI's (manifests get new digests)"))
        self.extras = LineTable(
            (self.tr("Where"), self.tr("Key"), self.tr("Value")), self.tr("Annotations and labels"), fixed=1
        )
        self.place = _choice(PLACES, self.tr("Where the next line goes"))
        self.repairs = RepairsList()
        self.form = _choice(FORMS, self.tr("What is written"))
        self.split = _choice(SPLITS, self.tr("How many archives"))
        self.merge = self._make_merge(others)
        for box in (self.attestations, self.signatures, self.convert):
            box.setChecked(True)
        self._compression_chosen()
        self._fill_names()
        self._add_tabs()
        self._connect()

    def request_on(self, request: ExportRequest) -> ExportRequest:
        """`request` with what is chosen here. All images chosen is the same as none named: then untagged ones are in."""
        chosen = self._chosen()
        compression = self.compression.currentData()
        return replace(
            request,
            compression=compression,
            level=self.level.value() if compression in LEVELS and self.level.value() != self.level.minimum() else None,
            images=() if len(chosen) == len(self._choices) else chosen,
            names=tuple(line for line in self._edited_names() if line.image in chosen),
            extras=tuple(
                ExtraLine(place, key, value)
                for (place, _text), (_shown, key, value) in zip(self._places(), self.extras.model.lines, strict=True)
                if key
            ),
            attestations=self.attestations.isChecked(),
            signatures=self.signatures.isChecked(),
            convert_docker=self.convert.isChecked(),
            repairs=self.repairs.choice,
            form=self.form.currentData(),
            split=self.split.currentData(),
            merge=self._merged(),
        )

    def show_request(self, request: ExportRequest) -> None:
        """The general choices of a saved preset; images and names stay."""
        with QSignalBlocker(self):
            self.compression.setCurrentIndex(max(0, self.compression.findData(request.compression)))
            self.level.setValue(self.level.minimum() if request.level is None else request.level)
            words = {key: tr(word) for key, word in PLACES}
            self.extras.model.change(
                [(words[line.place], line.key, line.value) for line in request.extras], self.tr("Preset")
            )
            self.attestations.setChecked(request.attestations)
            self.signatures.setChecked(request.signatures)
            self.convert.setChecked(request.convert_docker)
            self.repairs.choose(request.repairs)
            self.form.setCurrentIndex(max(0, self.form.findData(request.form)))
            self.split.setCurrentIndex(max(0, self.split.findData(request.split)))
        self.changed.emit()

    def mend(self, codes: Sequence[str]) -> None:
        """Show the repairs, and tick what mends findings of these codes (*Fix by export*)."""
        pages = {_MENDED_BY_NAMES.get(code, self.repairs) for code in codes}
        only = pages.pop() if len(pages) == 1 else self.repairs
        self.setCurrentIndex(only if isinstance(only, int) else self.indexOf(self.repairs))
        self.repairs.want(codes)

    def merge_with(self, paths: Sequence[Path]) -> None:
        """Tick those of the other archives, and show where they are listed."""
        wanted = {str(path) for path in paths}
        for row in range(self.merge.count()):
            item = self.merge.item(row)
            if item.data(Qt.ItemDataRole.UserRole) in wanted:
                item.setCheckState(Qt.CheckState.Checked)
        # The output is the last of the pages.
        self.setCurrentIndex(self.count() - 1)

    @property
    def nothing_chosen(self) -> bool:
        """Whether every image was left out."""
        return bool(self._choices) and not self._chosen()

    def _make_images(self) -> QListWidget:
        images = QListWidget()
        images.setAccessibleName(self.tr("Images"))
        for choice in self._choices:
            item = QListWidgetItem(" · ".join(part for part in (choice.label, choice.platform, choice.size) if part))
            item.setData(Qt.ItemDataRole.UserRole, choice.key)
            item.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            item.setCheckState(Qt.CheckState.Checked)
            images.addItem(item)
        return images

    def _make_merge(self, others: Sequence[Path]) -> QListWidget:
        """The other open archives, to be chosen."""
        merge = QListWidget()
        merge.setAccessibleName(self.tr("Archives whose images are added"))
        for path in others:
            item = QListWidgetItem(safe(path.name))
            item.setToolTip(text.tooltip(str(path)))
            item.setData(Qt.ItemDataRole.UserRole, str(path))
            item.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            item.setCheckState(Qt.CheckState.Unchecked)
            merge.addItem(item)
        return merge

    def _merged(self) -> tuple[Path, ...]:
        items = [self.merge.item(row) for row in range(self.merge.count())]
        return tuple(
            Path(item.data(Qt.ItemDataRole.UserRole)) for item in items if item.checkState() is Qt.CheckState.Checked
        )

    def _add_tabs(self) -> None:
        images = _page(self.images, self.attestations, self.signatures)
        self.addTab(images, self.tr("Images"))
        self.addTab(_page(self.names), self.tr("Names"))
        layers = QWidget()
        form = QFormLayout(layers)
        form.addRow(self.tr("Compression"), self.compression)
        form.addRow(self.tr("Level"), self.level)
        form.addRow(self.convert)
        form.addRow(
            _faint(self.tr("Layers that are compressed anew get new digests; the image ID stays, and so do all files."))
        )
        self.addTab(layers, self.tr("Layers"))
        note = self.tr(
            "An annotation gives the manifest or index that holds it a new digest; a label changes the image ID. "
            "An empty value removes the key."
        )
        self.addTab(_page(self.extras, self.place, _faint(note)), self.tr("Annotations and labels"))
        self.addTab(self.repairs, self.repairs.heading)
        output = QWidget()
        form = QFormLayout(output)
        form.addRow(self.tr("Write"), self.form)
        form.addRow(self.tr("Archives"), self.split)
        if self.merge.count():
            form.addRow(self.tr("Merge with"), self.merge)
            form.addRow(
                _faint(
                    self.tr(
                        "All images of these archives are added. Layers that archives share are stored once; one name for "
                        "different platforms becomes one image of all of them."
                    )
                )
            )
        self.addTab(output, self.tr("Output"))

    def _connect(self) -> None:
        self.images.itemChanged.connect(lambda _item: self.changed.emit())
        self.names.changed.connect(self.changed)
        self.repairs.changed.connect(self.changed)
        self.repairs.shown.connect(lambda: self.setTabText(self.indexOf(self.repairs), self.repairs.heading))
        self.names.add_asked.connect(self._add_name)
        self.extras.changed.connect(self.changed)
        self.extras.add_asked.connect(lambda: self.extras.append((self.place.currentText(), "", ""), 1))
        self.compression.currentIndexChanged.connect(self._compression_chosen)
        self.level.valueChanged.connect(lambda _value: self.changed.emit())
        self.form.currentIndexChanged.connect(lambda _index: self.changed.emit())
        self.split.currentIndexChanged.connect(lambda _index: self.changed.emit())
        self.merge.itemChanged.connect(lambda _item: self.changed.emit())
        for box in (self.attestations, self.signatures, self.convert):
            box.toggled.connect(lambda _on: self.changed.emit())

    def _chosen(self) -> tuple[str, ...]:
        items = [self.images.item(row) for row in range(self.images.count())]
        return tuple(
            item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() is Qt.CheckState.Checked
        )

    def _fill_names(self) -> None:
        titles = self._titles()
        self.names.model.put([(titles.get(line.image, ""), line.old, line.new) for line in self._stored])

    def _titles(self) -> dict[str, str]:
        """Image by key → how the table calls it, each another way."""
        titles: dict[str, str] = {}
        for choice in self._choices:
            title = " · ".join(part for part in (choice.label, choice.platform) if part)
            titles[choice.key] = f"{title} ({choice.key[-8:]})" if title in titles.values() else title
        return titles

    def _add_name(self) -> None:
        """Another name for the image whose line is selected, else for the first."""
        titles = list(self._titles().values())
        row = self.names.view.currentIndex().row()
        lines = self.names.model.lines
        title = lines[row][0] if 0 <= row < len(lines) else titles[0] if titles else ""
        if title:
            self.names.append((title, "", ""), 2)

    def _edited_names(self) -> tuple[NameLine, ...]:
        """Every stored name with what becomes of it, and the new ones; () if nothing was edited."""
        keys = {title: key for key, title in reversed(list(self._titles().items()))}
        edited = [NameLine(keys.get(title, ""), old, new) for title, old, new in self.names.model.lines if old or new]
        left = {line.old for line in edited if line.old}
        edited += [NameLine(line.image, line.old, "") for line in self._stored if line.old not in left]
        return () if all(line.old == line.new for line in edited) else tuple(edited)

    def _places(self) -> list[tuple[str, str]]:
        keys = {tr(word): key for key, word in PLACES}
        return [(keys[shown], shown) for shown, _key, _value in self.extras.model.lines]

    def _compression_chosen(self) -> None:
        low, high = LEVELS.get(self.compression.currentData(), (0, 0))
        with QSignalBlocker(self.level):
            self.level.setRange(low + _AUTOMATIC, high)
            self.level.setSpecialValueText(self.tr("automatic"))
            self.level.setValue(low + _AUTOMATIC)
        self.level.setEnabled(high > 0)
        self.changed.emit()


def _choice(entries: Sequence[tuple[str, str]], name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for key, words in entries:
        box.addItem(tr(words), key)
    return box


def _faint(words: str) -> QWidget:
    label = text.label(words, wrap=True)
    label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
    return label


def _page(*widgets: QWidget) -> QWidget:
    page = QWidget()
    layout = QVBoxLayout(page)
    for number, widget in enumerate(widgets):
        layout.addWidget(widget, 1 if number == 0 else 0)
    return page
