"""The merged file system on the disk, as umoci unpacks it: names, types, contents and targets of links."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.archive.detect import open_archive
from inspector.archive.select import select_image
from inspector.export.options import ExportOptions, Preset
from inspector.export.plan import plan_export
from inspector.export.writer import export_archive
from inspector.extract import extract_merged
from tests.interop.judges import Layout, run

ARCHIVES = [
    "buildx-0.29-docker-rich.tar", "ctr-2.1-export-rich.tar", "docker-20.10-overlay2-rich.tar",
    "docker-20.10-vfs-bk-rich.tar", "docker-20.10-vfs-rich.tar", "docker-28.5-containerd-rich.tar",
    "docker-28.5-vfs-bk-rich.tar", "podman-5.8-docker-archive-rich.tar", "podman-5.8-oci-archive-rich.tar",
    "skopeo-1.22-docker-archive-rich.tar", "skopeo-1.22-oci-archive-rich.tar",
]  # fmt: skip
NEVER_MADE = ("device", "pipe", "absolute path", "lead out")


def tree(root: Path) -> dict[bytes, tuple[str, object]]:
    found: dict[bytes, tuple[str, object]] = {}
    top = os.fsencode(root)
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            shown: tuple[str, object] = ("other", None)
            if stat.S_ISLNK(mode):
                shown = "symlink", os.readlink(path)
            elif stat.S_ISDIR(mode):
                os.chmod(path, 0o700)
                shown = "dir", None
            elif stat.S_ISREG(mode):
                os.chmod(path, 0o600)
                with open(path, "rb") as file:
                    shown = "file", file.read()
            found[os.path.relpath(path, top)] = shown
    return found


@pytest.mark.parametrize("name", ARCHIVES)
def test_the_same_files_as_umoci(name: str, corpus: Path, tmp_path: Path, judge: Callable[[str], str]) -> None:
    umoci = judge("umoci")
    with open_archive(corpus / name) as archive:
        image = select_image(archive, None, None)
        report = extract_merged(image, tmp_path / "ours")
        # As gzip'd OCI layers, whatever they are now: umoci 0.4.7 refuses Docker's media types and zstd.
        options = ExportOptions(preset=Preset.STRICT_OCI, images=(image.key,))
        export_archive(plan_export(archive, options), tmp_path / "oci.tar")
    layout = Layout(tmp_path / "oci.tar", tmp_path / "work")
    ((descriptor, _),) = layout.images()
    bundle = tmp_path / "bundle"
    run(umoci, "unpack", "--rootless", "--image", f"{layout.view(descriptor)}:judge", bundle)
    theirs, ours = tree(bundle / "rootfs"), tree(tmp_path / "ours")
    left_out = {gone.path: gone.reason for gone in report.left_out}
    assert (report.renamed, report.warnings) == ((), ())
    assert len(ours) == len(report.written) > 100
    assert all(any(word in reason for word in NEVER_MADE) for reason in left_out.values())
    assert not left_out.keys() & ours.keys()
    assert left_out.keys() <= theirs.keys()
    assert ours == {path: what for path, what in theirs.items() if path not in left_out}
    for path, reason in left_out.items():
        assert ("symbolic link" in reason) == (theirs[path][0] == "symlink")
    shutil.rmtree(tmp_path / "ours")
