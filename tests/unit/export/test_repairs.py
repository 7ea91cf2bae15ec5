"""Every repair: an archive that needs it is mended where it is wanted, and stays as it was where it is left off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspector.archive.detect import open_archive
from inspector.conformance.check import check_archive
from inspector.errors import BlobMismatch, UsageError
from inspector.export.mending import with_findings
from inspector.export.options import ExportOptions, Preset
from inspector.export.plan import plan_export
from inspector.export.repairs import ALL, ALWAYS, BY_ID, REPAIRS, Digests, chosen_by
from inspector.findings import Fix
from tests.builders import Bundle, Entry, compact, containerd, descriptor, docker_25, image, sha256
from tests.builders.altered import LAYERS, altered, blob, drop, put
from tests.builders.bundle import compress
from tests.builders.images import OCI_INDEX, OCI_LAYER, REF_NAME
from tests.unit.conformance.cases import NOWHERE, linked, nested, sha512
from tests.unit.conformance.cases_more import manifest_of, two_platforms
from tests.unit.export.conftest import Export

ONE = image("docker.io/library/app:1", layers=3)
NONE = dict.fromkeys(BY_ID, False)
FOREIGN = OCI_LAYER.replace("v1.tar", "nondistributable.v1.tar")


def only(name: str) -> dict[str, bool]:
    """That repair, and those that the form needs."""
    return NONE | {name: True}


def of_platforms(*, absent: bool) -> Bundle:
    """A containerd save of two platforms, the second one of which is listed only."""
    arm = image("docker.io/library/app:1", architecture="arm64", layers=1)
    if absent:
        return containerd([ONE], absent=[arm], attested=True, nested=True)
    return containerd([ONE, arm], attested=True, nested=True)


def foreign_here() -> Bundle:
    """Docker 25 on Windows: the manifest refers to an absent compressed layer, its tar lies here by diffID."""
    layer = {"mediaType": FOREIGN + "+gzip", "digest": NOWHERE, "size": 7, "urls": ["https://layers.example/1"]}
    return altered(manifest=put("layers", 0, value=layer))


def xz_layer() -> Bundle:
    from tests.builders.bundle import compress

    stored = compress(LAYERS[0], "xz")
    made = altered(docker=put(0, "Layers", 0, value=f"blobs/sha256/{sha256(stored)}"), more=(stored,))
    made = made.replacing("manifest.json", made.data("manifest.json").replace(b"blobs/sha256/", b""))
    return made.without("oci-layout", "index.json", manifest_of(made)).renamed(
        lambda name: name.replace("blobs/sha256/", "")
    )


# Repair → (the code that tells of the fault, an archive that has it). Those that can be left off.
OPTIONAL: dict[str, list[tuple[str, Bundle]]] = {
    "index-media-type": [("INDEX-2", altered(index=drop("mediaType")))],
    "index-fields": [
        ("DESC-9", altered(index=put("manifests", 0, "artifactType", value="text/other"))),
        ("DESC-8", altered(index=put("manifests", 0, "data", value="AAAA"))),
        ("DESC-6", altered(index=put("manifests", 0, "urls", value=["ftp://example.org/x"]))),
    ],
    "lost-images": [("INDEX-11", docker_25([ONE, image(layers=1)], "28.5.2"))],
    "names": [
        ("ANNOT-6", altered(index=put("manifests", 0, "annotations", REF_NAME, value="2"))),
    ],
    "platforms": [
        ("INDEX-7", altered(index=put("manifests", 0, "platform", "architecture", value="arm64"))),
        ("INDEX-6", altered(index=drop("manifests", 0, "platform", "os"))),
    ],
    "sizes": [
        ("DESC-4", altered(manifest=put("layers", 0, "size", value=7))),
        ("DESC-4", altered(manifest=put("config", "size", value=7))),
        ("DESC-4", altered(index=put("manifests", 0, "size", value=7))),
        ("DESC-4", nested(size=7)),
        ("DESC-4", docker_25([ONE], "25.0.0-rc.2")),
    ],
    "layer-list": [
        ("MANIF-6", docker_25([ONE], "25.0.0-rc.1")),
        ("BLOB-6", altered(manifest=put("layers", 0, "digest", value=NOWHERE))),
        ("DESC-2", altered(manifest=put("layers", 0, "digest", value="sha256:zz"))),
    ],
    "layer-order": [("MANIF-5", docker_25([ONE], "25.0.0"))],
    "compression-labels": [("MANIF-9", altered(manifest=put("layers", 0, "mediaType", value=OCI_LAYER + "+gzip")))],
    "config-platform": [("DESC-13", docker_25([ONE], "25.0.3"))],
    "docker-types": [("MEDIA-1", containerd([ONE], docker=True))],
    "foreign-layers": [("BLOB-6", foreign_here())],
    "orphans": [("BLOB-5", altered(more=(b"nothing refers to me",)))],
    "document-fields": [
        ("MANIF-1", altered(manifest=put("schemaVersion", value=3))),
        ("MANIF-2", altered(manifest=drop("mediaType"))),
        ("ANNOT-1", altered(manifest=put("annotations", value=[]))),
        ("ANNOT-1", altered(manifest=put("layers", 0, "annotations", value={"a": 1}))),
        ("DESC-6", altered(manifest=put("layers", 0, "urls", value=["not a uri"]))),
        ("DESC-8", altered(manifest=put("layers", 0, "data", value="AAAA"))),
        ("DESC-13", altered(manifest=put("layers", 0, "platform", value={"architecture": "amd64", "os": "linux"}))),
        ("DESC-10", two_platforms(with_platform=False)),
        ("INDEX-7", nested("arm64")),
    ],
    "point-at-complete": [("BLOB-6", of_platforms(absent=True))],
    "prune-absent": [
        ("BLOB-6", of_platforms(absent=True)),
        ("BLOB-6", altered(index=lambda i: i["manifests"].append(
            {"mediaType": OCI_INDEX, "digest": NOWHERE, "size": 7}))),
    ],
    "sha256": [("BLOB-4", sha512())],
    "distributable": [("LAYER-20", altered(manifest=put("layers", 0, "mediaType", value=FOREIGN)))],
}  # fmt: skip

# Those that the form of the new archive makes.
NEEDED: dict[str, list[tuple[str, Bundle]]] = {
    "tar": [("ARC-5", altered().without("blobs/sha256")), ("ARC-3", altered().adding(Entry("blobs\\x", b"")))],
    "duplicates": [("ARC-2", altered().adding(Entry("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')))],
    "links": [("ARC-4", linked())],
    "blob-names": [("BLOB-2", altered().adding(Entry("blobs/sha256/readme", b"x")))],
    "oci-layout": [("LAYOUT-1", altered().without("oci-layout"))],
    "index-json": [
        ("INDEX-3", docker_25([image()], "25.0.0")),
        ("INDEX-1", altered(index=put("schemaVersion", value=1))),
    ],
    "manifest-json": [("COMPAT-1", altered(docker=lambda d: [*d, 7]))],
}
CASES = [(name, code, made) for name, cases in OPTIONAL.items() for code, made in cases]
IDS = [f"{name}-{code}-{number}" for number, (name, code, _) in enumerate(CASES)]


def codes(path: Path) -> set[str]:
    with open_archive(path) as archive:
        return {finding.code for finding in check_archive(archive, deep=True).findings}


def planned(path: Path, **options: Any) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    with open_archive(path) as archive:
        findings = check_archive(archive, deep=False).findings
        plan = plan_export(archive, ExportOptions(**options))
        return {r.repair.id: (r.made, r.left) for r in with_findings(plan.repairs, findings, plan.options.preset)}


@pytest.mark.parametrize(("name", "code", "made"), CASES, ids=IDS)
def test_a_repair_that_is_wanted(export: Export, tmp_path: Path, name: str, code: str, made: Bundle) -> None:
    written = export(made, repairs=only(name))
    source = tmp_path / "source.tar"
    assert code in codes(source)
    assert code not in codes(written.path)
    made_here, left = planned(source, repairs=only(name))[name]
    assert made_here
    assert not left
    assert name not in planned(written.path, repairs=only(name))  # nothing is left to be mended


@pytest.mark.parametrize(("name", "code", "made"), CASES, ids=IDS)
def test_a_repair_that_is_left_off(export: Export, tmp_path: Path, name: str, code: str, made: Bundle) -> None:
    written = export(made, repairs=NONE)
    assert code in codes(written.path)
    made_here, left = planned(tmp_path / "source.tar", repairs=NONE)[name]
    assert left
    assert not made_here


@pytest.mark.parametrize(("name", "code", "made"), CASES, ids=IDS)
def test_what_a_repair_says_of_digests_is_true(plan: Callable[..., Any], name: str, code: str, made: Bundle) -> None:
    before, after = plan(made, repairs=NONE), plan(made, repairs=only(name))
    ids = [{image.config_digest for image in one.images} for one in (before, after)]
    assert ids[0] <= ids[1]
    manifests = [{image.manifest_digest for image in one.images} for one in (before, after)]
    digests = BY_ID[name].digests
    if digests is not Digests.MANIFEST:
        assert manifests[0] <= manifests[1]
    if digests is Digests.KEPT:
        rewritten = [change for change in after.changes if change.action == "rewritten"]
        assert {change.object for change in rewritten} <= {"index.json", "manifest.json", "oci-layout"}


@pytest.mark.parametrize(
    ("name", "code", "made"), [(name, code, made) for name, cases in NEEDED.items() for code, made in cases]
)
def test_a_repair_that_cannot_be_left_off(export: Export, tmp_path: Path, name: str, code: str, made: Bundle) -> None:
    written = export(made, repairs=NONE)
    assert code in codes(tmp_path / "source.tar")
    assert code not in codes(written.path)
    made_here, left = planned(tmp_path / "source.tar", repairs=NONE)[name]
    assert made_here
    assert not left
    assert BY_ID[name].why_always


def test_layers_without_a_media_type_are_unpacked(export: Export, tmp_path: Path) -> None:
    written = export(xz_layer(), repairs=NONE)
    assert written.manifest()["layers"][0]["mediaType"] == OCI_LAYER
    assert "layer-coding" in planned(tmp_path / "source.tar", repairs=NONE)


def test_every_repair_has_a_case() -> None:
    assert set(OPTIONAL) | set(NEEDED) | {"layer-coding"} == {repair.id for repair in REPAIRS}
    assert set(NEEDED) | {"layer-coding"} == ALWAYS
    assert all(repair.title and repair.effect.endswith(".") for repair in REPAIRS)


def test_an_archive_in_order_needs_nothing(plan: Callable[..., Any]) -> None:
    assert plan(altered(with_docker=True)).repairs == ()
    assert plan(altered(with_docker=True), repairs=dict.fromkeys(ALL, True)).repairs == ()


def test_the_complete_manifest_is_pointed_at_as_it_is(export: Export) -> None:
    written = export(of_platforms(absent=True), repairs=only("point-at-complete"))
    (entry,) = written.index
    assert entry["platform"]["architecture"] == "amd64"
    assert written.result.images[0].kept
    assert entry["annotations"]["io.containerd.image.name"] == "docker.io/library/app:1"
    assert any("attestation" in note for note in written.result.notes)


def test_pruning_takes_the_absent_platform_only(export: Export) -> None:
    written = export(of_platforms(absent=True), repairs=only("prune-absent"))
    index = written.manifest()
    kinds = [child["platform"]["architecture"] for child in index["manifests"]]
    assert kinds == ["amd64", "unknown"]
    assert written.result.images[0].kept


def test_a_wrong_blob_gets_no_new_name(export: Export, tmp_path: Path) -> None:
    made = sha512()
    name = next(name for name in made.names() if name.startswith("blobs/sha512/"))
    damaged = made.replacing(name, made.data(name)[:-1] + b"\1")
    with pytest.raises(BlobMismatch, match=name):
        export(damaged, repairs=only("sha256"))
    assert not (tmp_path / "out.tar").exists()


def test_a_wrong_orphan_is_not_kept(export: Export) -> None:
    made = altered().adding(blob(b"orphan", name="1" * 64))
    with pytest.raises(BlobMismatch, match="1111"):
        export(made, repairs=NONE)
    assert f"blobs/sha256/{'1' * 64}" not in export(made).files


def test_an_attestation_of_the_old_form_cannot_leave_its_index(export: Export) -> None:
    written = export(of_platforms(absent=False), platforms=("linux/amd64",))
    assert len(written.index) == 1
    assert any("attestation" in note for note in written.result.notes)


def test_an_attestation_goes_with_the_index_that_is_left_out(export: Export) -> None:
    """BuildKit 0.31 and later, too, though it names its subject: podman and skopeo want an index.json of one entry."""
    from tests.builders.oci import Blobs, attestation, index_json, layout

    blobs = Blobs()
    manifest = blobs.put_image(ONE)
    other = blobs.put_image(image("docker.io/library/app:1", architecture="arm64", layers=1))
    children = [
        descriptor(manifest, "application/vnd.oci.image.manifest.v1+json", platform=ONE.platform),
        descriptor(
            other, "application/vnd.oci.image.manifest.v1+json", platform={"architecture": "arm64", "os": "linux"}
        ),
        attestation(blobs, manifest, artifact=True),
        attestation(blobs, other, artifact=True),
    ]
    inner = blobs.put(compact({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children}))
    top = descriptor(inner, OCI_INDEX, annotations={REF_NAME: "1"})
    written = export(layout(blobs, index_json([top])), platforms=("linux/amd64",))
    assert [entry["digest"] for entry in written.index] == [children[0]["digest"]]
    assert any("1 attestation belongs" in note for note in written.result.notes)


def test_docker_save_lists_only_what_shows_in_it(plan: Callable[..., Any]) -> None:
    made = containerd([ONE], docker=True, manifest_json=False)
    assert {one.repair.id for one in plan(made).repairs} >= {"docker-types", "manifest-json"}
    assert plan(made, preset=Preset.CLASSIC_DOCKER).repairs == ()
    shuffled = docker_25([ONE], "25.0.0")
    assert "layer-order" in {one.repair.id for one in plan(shuffled, preset=Preset.CLASSIC_DOCKER).repairs}


def test_words_of_the_command_line() -> None:
    assert chosen_by([]) == {}
    assert chosen_by(["none"]) == NONE
    assert chosen_by(["all"]) == NONE | dict.fromkeys(ALL, True)
    assert chosen_by(["sizes", "layer-order"]) == NONE | {"sizes": True, "layer-order": True}
    assert chosen_by(["no-sizes"]) == {"sizes": False}
    assert chosen_by(["default", "prune-absent"]) == {"prune-absent": True}
    assert chosen_by(["all", "no-orphans"])["orphans"] is False
    with pytest.raises(UsageError, match="sises"):
        chosen_by(["sises"])
    with pytest.raises(UsageError, match="sises"):
        ExportOptions(repairs={"sises": True}).check()


@pytest.mark.parametrize("preset", [Preset.STRICT_OCI, Preset.CLASSIC_DOCKER])
def test_other_presets_need_other_repairs(plan: Callable[..., Any], preset: Preset) -> None:
    made = altered(docker=lambda d: [*d, 7], index=put("schemaVersion", value=1))
    ids = {planned.repair.id for planned in plan(made, preset=preset).repairs}
    assert ids == ({"index-json"} if preset is Preset.STRICT_OCI else {"manifest-json"})


def disordered(compression: str) -> Bundle:
    """Compressed layers in the wrong order, each with an annotation that belongs to it."""

    def swap(manifest: Any) -> None:
        for number, layer in enumerate(manifest["layers"]):
            layer["annotations"] = {"number": str(number)}
        manifest["layers"].reverse()

    return altered(compression=compression, manifest=swap)


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_compressed_layers_are_put_in_order_if_that_is_asked_for(
    export: Export, tmp_path: Path, compression: str
) -> None:
    made = disordered(compression)
    kept = export(made)
    assert kept.result.images[0].kept  # they are not read unless somebody wants it
    assert kept.result.diff_ids.not_compared == 2
    assert "MANIF-5" in codes(tmp_path / "source.tar")
    written = export(made, repairs=only("layer-order"))
    assert [layer["annotations"]["number"] for layer in written.manifest()["layers"]] == ["0", "1"]
    assert {layer["digest"] for layer in written.manifest()["layers"]} == {
        layer["digest"] for layer in kept.manifest()["layers"]
    }
    assert written.result.diff_ids.matching == 2
    assert "MANIF-5" not in codes(written.path)
    assert written.result.images[0].config_digest == kept.result.images[0].config_digest


def test_compressed_layers_that_were_read_before_are_put_in_order(tmp_path: Path) -> None:
    with open_archive(disordered("gzip").write(tmp_path / "source.tar")) as archive:
        found = {f.code: f.fix for f in check_archive(archive, deep=True).findings}
        assert found["MANIF-5"] is Fix.CHOICE
        plan = plan_export(archive)
    assert {repair.repair.id for repair in plan.repairs if repair.made} >= {"layer-order"}
    assert not plan.images[0].kept


def test_a_damaged_layer_is_not_put_in_order(export: Export) -> None:
    """Nothing tells what it was: it is copied as it is stored."""
    cut = compress(LAYERS[0], "gzip")[:-9]

    def swap(manifest: Any) -> None:
        manifest["layers"] = [manifest["layers"][1], descriptor(cut, OCI_LAYER + "+gzip")]

    written = export(altered(compression="gzip", manifest=swap, more=(cut,)), repairs=only("layer-order"))
    assert written.result.images[0].kept
    assert (len(written.result.diff_ids.wrong), written.result.diff_ids.not_compared) == (1, 1)
