"""Several archives become one, shared layers once; one archive becomes several."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from inspector.archive.detect import open_archive
from inspector.errors import SourceChanged, TargetIsSource, UsageError
from inspector.export.options import Annotation, ExportOptions, Form, Preset
from inspector.export.plan import plan_export
from inspector.export.split import Piece, Split, pieces
from inspector.export.together import NamedPlan, export_together
from inspector.export.writer import export_archive
from tests.builders import Bundle, containerd, docker_19, docker_24, docker_25, image, skopeo_oci
from tests.builders.images import ImageSpec
from tests.unit.export.conftest import Written

NAME = "io.containerd.image.name"
APP, OTHER = "docker.io/library/app:1", "docker.io/library/other:1"
Merge = Callable[..., Written]


@pytest.fixture
def merge(tmp_path: Path) -> Merge:
    def run(*bundles: Bundle, **options: Any) -> Written:
        with ExitStack() as stack:
            archives = [
                stack.enter_context(open_archive(bundle.write(tmp_path / f"{number}.tar")))
                for number, bundle in enumerate(bundles)
            ]
            plan = plan_export(archives[0], ExportOptions(**options), others=archives[1:])
            return Written(tmp_path / "out.tar", export_archive(plan, tmp_path / "out.tar", overwrite=True))

    return run


def names(written: Written) -> list[str | None]:
    return [d.get("annotations", {}).get(NAME) for d in written.index]


@pytest.mark.parametrize("preset", [Preset.DOCKER_COMPATIBLE, Preset.CLASSIC_DOCKER, Preset.FOR_PUSH])
def test_shared_layers_are_stored_once(merge: Merge, preset: Preset) -> None:
    base = image(APP)
    more = ImageSpec((*base.tars, b"\0" * 10240), names=(OTHER,))
    written = merge(docker_24([base]), docker_25([more]), preset=preset)
    assert {name for i in written.result.images for name in i.names} == {APP, OTHER}
    assert all(i.id_kept for i in written.result.images)
    if preset is Preset.CLASSIC_DOCKER:
        assert sum(name.endswith("/layer.tar") for name in written.files) == 3
    else:
        digests = [{layer["digest"] for layer in written.manifest(n)["layers"]} for n in (0, 1)]
        assert digests[0] < digests[1]
        assert sum(name.startswith("blobs/") for name in written.files) == 3 + 2 + 2


def test_the_order_is_that_of_the_archives_and_the_bytes_are_the_same_on_every_run(merge: Merge) -> None:
    bundles = (docker_25([image(APP)]), containerd([image(OTHER, seed="x")]), skopeo_oci(image("x/y:1", seed="y")))
    first = merge(*bundles).path.read_bytes()
    written = merge(*bundles)
    assert names(written)[:2] == [APP, OTHER]
    assert written.path.read_bytes() == first
    assert [len(entry["Layers"]) for entry in written.docker] == [2, 2, 2]


def test_the_same_image_of_two_archives_is_listed_once(merge: Merge) -> None:
    written = merge(docker_25([image(APP)]), docker_24([image(APP)]))
    assert names(written) == [APP]
    assert len(written.docker) == 1


def test_one_image_with_the_names_of_both(merge: Merge) -> None:
    written = merge(docker_25([image(APP)]), docker_25([image(OTHER)]), docker_25([image()]))
    assert names(written) == [APP, OTHER]
    assert [entry["RepoTags"] for entry in written.docker] == [["app:1", "other:1"]]


def test_different_images_of_one_name_are_refused_unless_one_is_renamed(merge: Merge) -> None:
    mine, theirs = image(APP), image(APP, seed="x")
    with pytest.raises(UsageError, match="one name") as told:
        merge(docker_25([mine]), docker_25([theirs]))
    assert "0.tar" in told.value.message
    assert "1.tar" in told.value.message
    written = merge(docker_25([mine]), docker_25([theirs]), retag={theirs.config_hex[:12]: "new:1"})
    assert names(written) == [APP, "docker.io/library/new:1"]


ARM: dict[str, Any] = {"architecture": "arm64", "variant": "v8"}


def document(written: Written, descriptor: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(written.blob(descriptor["digest"])))


def children(written: Written) -> list[dict[str, Any]]:
    """What the one entry of index.json leads to."""
    (entry,) = written.index
    assert entry["mediaType"] == "application/vnd.oci.image.index.v1+json"
    assert "platform" not in entry
    return list(document(written, entry)["manifests"])


@pytest.mark.parametrize("preset", list(Preset))
def test_platforms_of_one_name_become_one_index(merge: Merge, preset: Preset) -> None:
    mine, theirs = image(APP), image(APP, seed="x", **ARM)
    written = merge(docker_25([mine]), docker_24([theirs]), preset=preset, preferred_platform="linux/arm64")
    if preset is Preset.CLASSIC_DOCKER:
        assert [entry["Config"] for entry in written.docker] == [f"{theirs.config_hex}.json"]
        assert any("left out: linux/amd64" in note for note in written.result.notes)
        assert not any("new index" in note for note in written.result.notes)
        return
    assert names(written) == [APP]
    listed = children(written)
    assert [child["platform"] for child in listed] == [
        {"architecture": "amd64", "os": "linux"}, {"os": "linux", **ARM},
    ]  # fmt: skip
    assert not any("annotations" in child for child in listed)
    configs = [document(written, child)["config"]["digest"] for child in listed]
    assert configs == [f"sha256:{spec.config_hex}" for spec in (mine, theirs)]
    assert any("0.tar; linux/arm64/v8 of" in note for note in written.result.notes)
    assert {name for one in written.result.images for name in one.names} == {APP}
    if preset is Preset.DOCKER_COMPATIBLE:
        assert [entry["RepoTags"] for entry in written.docker] == [["app:1"]]


def test_indexes_of_one_name_become_one_with_their_attestations(merge: Merge) -> None:
    specs = [image(APP), image(APP, seed="x", **ARM), image(APP, seed="y", architecture="s390x")]
    first = containerd(specs[:2], nested=True, attested=True)
    second = containerd(specs[1:], nested=True, attested=True)
    written = merge(first, second, annotations=[Annotation("a", "b", "index")])
    listed = children(written)
    assert [child["platform"]["architecture"] for child in listed if "annotations" not in child] == [
        "amd64", "arm64", "s390x",
    ]  # fmt: skip
    described = {child["annotations"]["vnd.docker.reference.digest"] for child in listed if "annotations" in child}
    assert described == {child["digest"] for child in listed if "annotations" not in child}
    assert document(written, written.index[0])["annotations"] == {"a": "b"}
    blobs = {name.rpartition("/")[2] for name in written.files if name.startswith("blobs/")}
    indexes = [change for change in written.result.changes if change.object.startswith("index sha256")]
    assert [change.action for change in indexes] == ["added", "dropped", "dropped"]
    assert not blobs & {str(change.old).partition(":")[2] for change in indexes if change.action == "dropped"}


def test_an_index_that_another_name_leads_to_stays(merge: Merge) -> None:
    both = containerd([image(APP, OTHER), image(APP, OTHER, seed="x", **ARM)], nested=True)
    written = merge(both, docker_25([image(APP, seed="y", architecture="s390x")]))
    assert sorted(str(name) for name in names(written)) == [APP, OTHER]
    sizes = {entry["annotations"][NAME]: len(document(written, entry)["manifests"]) for entry in written.index}
    assert sizes == {APP: 3, OTHER: 2}


@pytest.mark.parametrize("theirs", [{"architecture": "x86_64"}, {}, {"architecture": "arm64"}])
def test_a_platform_that_both_have_is_refused(merge: Merge, theirs: dict[str, Any]) -> None:
    mine = [image(APP), image(APP, seed="x", **ARM)]
    with pytest.raises(UsageError, match="one name") as told:
        merge(containerd(mine, nested=True), docker_25([image(APP, seed="y", **theirs)]))
    assert f"{APP} (linux/" in told.value.message


def test_new_names_join_platforms_of_several_archives_only(merge: Merge) -> None:
    mine, theirs = image("app:amd64"), image("app:arm64", seed="x", **ARM)
    retag = {"app:amd64": APP, "app:arm64": APP}
    assert len(children(merge(docker_25([mine]), docker_25([theirs]), retag=retag))) == 2
    with pytest.raises(UsageError, match="Two images would have one name"):
        merge(docker_25([mine, theirs]), docker_25([image(OTHER, seed="y")]), retag=retag)


def test_layers_of_equal_names_and_other_contents_are_not_mixed_up(merge: Merge) -> None:
    """Docker up to 1.9 calls layers by ids that say nothing of their contents."""
    specs = [image(APP), image(OTHER, seed="x")]
    written = merge(*(docker_19([spec]) for spec in specs), compression="gzip")
    layers = [[layer["digest"] for layer in written.manifest(n)["layers"]] for n in (0, 1)]
    assert not set(layers[0]) & set(layers[1])


def test_choosing_among_all_archives(merge: Merge) -> None:
    bundles = (docker_25([image(APP), image(OTHER, seed="x")]), docker_25([image("third:1", seed="y")]))
    assert names(merge(*bundles, images=("other:1", "third:1"))) == [OTHER, "docker.io/library/third:1"]
    assert names(merge(*bundles, images=("third:1",))) == ["docker.io/library/third:1"]
    with pytest.raises(UsageError, match="no image nothing:1"):
        merge(*bundles, images=("app:1", "nothing:1"))
    with pytest.raises(UsageError, match="nothing to export"):
        merge(*bundles, platforms=("linux/s390x",))


def test_no_source_is_written_over_and_a_change_of_any_is_noticed(tmp_path: Path) -> None:
    paths = [docker_25([image(name, seed=name)]).write(tmp_path / f"{n}.tar") for n, name in enumerate((APP, OTHER))]
    with open_archive(paths[0]) as first, open_archive(paths[1]) as second:
        plan = plan_export(first, others=(second,))
        with pytest.raises(TargetIsSource):
            export_archive(plan, paths[1], overwrite=True)
        os.utime(paths[1], (1, 1))
        with pytest.raises(SourceChanged):
            export_archive(plan, tmp_path / "out.tar")
    assert sorted(os.listdir(tmp_path)) == ["0.tar", "1.tar"]


def test_choices_can_be_about_the_first_archive_alone(merge: Merge) -> None:
    mine, theirs = docker_25([image(APP), image(OTHER, seed="x")]), docker_25([image(APP, seed="y")])
    written = merge(mine, theirs, retag={"app:1": "new:1"}, of_first=True)
    assert names(written) == ["docker.io/library/new:1", OTHER, APP]
    assert names(merge(mine, theirs, images=("other:1",), of_first=True)) == [OTHER, APP]
    assert names(merge(mine, theirs, remove_names=("app:1",), of_first=True)) == [None, OTHER, APP]
    with pytest.raises(UsageError, match="no image third:1"):
        merge(mine, docker_25([image("third:1", seed="z")]), retag={"third:1": "new:1"}, of_first=True)


# splitting -------------------------------------------------------------------------------------------------


def split(bundle: Bundle, folder: Path, by: Split, **options: Any) -> tuple[Piece, ...]:
    with open_archive(bundle.write(folder / "source.tar")) as archive:
        return pieces(archive, ExportOptions(**options), by)


def written_pieces(bundle: Bundle, folder: Path, by: Split, **options: Any) -> dict[str, Written]:
    with open_archive(bundle.write(folder / "source.tar")) as archive:
        found = pieces(archive, ExportOptions(**options), by)
        plans = [NamedPlan(piece.file_name, plan_export(archive, piece.options)) for piece in found]
        results = export_together(plans, folder / "out")
    return {done.output.name: Written(done.output, done) for done in results}


def test_one_archive_for_each_image(tmp_path: Path) -> None:
    bundle = docker_25(
        [image(APP, "docker.io/library/app:latest"), image("reg.example:5000/a/b:1", seed="x"), image(seed="y")]
    )
    found = written_pieces(bundle, tmp_path, Split.IMAGE)
    assert list(found)[:2] == ["app_1.tar", "reg.example_5000_a_b_1.tar"]
    assert len(found) == 3
    assert [names(one) for one in found.values()] == [
        [APP, "docker.io/library/app:latest"], ["reg.example:5000/a/b:1"], [None],
    ]  # fmt: skip


def test_one_archive_for_each_platform(tmp_path: Path) -> None:
    specs = [image(APP), image(APP, architecture="arm64", variant="v8", seed="x")]
    bundle = containerd(specs, nested=True, attested=True)
    found = written_pieces(bundle, tmp_path, Split.PLATFORM)
    assert list(found) == ["app_1_linux_amd64.tar", "app_1_linux_arm64_v8.tar"]
    assert [[i.config_digest.encoded for i in one.result.images if i.config_digest] for one in found.values()] == [
        [spec.config_hex] for spec in specs
    ]
    whole = written_pieces(bundle, tmp_path / "out", Split.IMAGE)
    assert list(whole) == ["app_1.tar"]
    assert len(whole["app_1.tar"].result.images) == 2


def test_docker_only_images_are_split_too(tmp_path: Path) -> None:
    bundle = docker_24([image(APP), image(OTHER, seed="x")])
    for by in Split:
        (tmp_path / by).mkdir()
        found = written_pieces(bundle, tmp_path / by, by)
        assert [[i.names for i in one.result.images] for one in found.values()] == [[(APP,)], [(OTHER,)]]


def test_entries_of_one_config_are_one_image(tmp_path: Path) -> None:
    bundle = docker_24([image(APP)])
    (entry,) = json.loads(bundle.data("manifest.json"))
    twice = json.dumps([entry, {**entry, "RepoTags": ["other:1"]}]).encode()
    for by in Split:
        (tmp_path / by).mkdir()
        found = written_pieces(bundle.replacing("manifest.json", twice), tmp_path / by, by)
        assert [[i.names for i in one.result.images] for one in found.values()] == [[(APP, OTHER)]]


def test_file_names_never_meet_and_are_safe_everywhere(tmp_path: Path) -> None:
    tags = ["a/b:1", "a_b:1", "a-b:1", "con:1", "x:" + "y" * 128]
    bundle = docker_25([image(name, seed=name) for name in tags])
    for form, ending in ((Form.TAR, ".tar"), (Form.TAR_ZST, ".tar.zst"), (Form.FOLDER, "")):
        found = [piece.file_name for piece in split(bundle, tmp_path, Split.IMAGE, form=form)]
        assert found[:3] == [f"a_b_1{ending}", f"a_b_1-2{ending}", f"a-b_1{ending}"]
        assert len({name.casefold() for name in found}) == len(tags)
        assert all(len(name) < 140 and "/" not in name and name[0] != "." for name in found)


def test_names_are_changed_where_they_are(tmp_path: Path) -> None:
    bundle = docker_25([image(APP), image(OTHER, seed="x")])
    found = written_pieces(
        bundle, tmp_path, Split.IMAGE, retag={"app:1": "new:2"}, add_names=(("other:1", "more:1"),), labels={"a": "b"}
    )
    assert list(found) == ["new_2.tar", "other_1.tar"]
    assert [names(one) for one in found.values()] == [
        ["docker.io/library/new:2"], [OTHER, "docker.io/library/more:1"],
    ]  # fmt: skip
