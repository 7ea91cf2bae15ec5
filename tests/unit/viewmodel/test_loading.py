"""*Will it load?* on the archive's page, and the rules' findings beside those of opening."""

from __future__ import annotations

from pathlib import Path

from inspector.progress import CancelToken, ignore_progress
from inspector.viewmodel.pages import Section
from inspector.viewmodel.session import ArchiveSession, load_summary, open_session
from tests.builders import docker_24, docker_25, image, skopeo_oci


def sections(path: Path) -> tuple[ArchiveSession, dict[str, Section]]:
    session = open_session(path, CancelToken(), ignore_progress)
    return session, {
        section.title: section for section in load_summary(session, session.tree.root, CancelToken(), ignore_progress)
    }


def verdicts(section: Section) -> dict[str, str]:
    return {row.label: row.value for row in section.rows}


def test_a_docker_save_loads_in_docker_and_not_as_oci(tmp_path: Path) -> None:
    _, shown = sections(docker_24([image("docker.io/library/app:1")]).write(tmp_path / "app.tar"))
    found = verdicts(shown["Will it load?"])
    assert found["Docker, graph driver (docker load)"] == "✓ loads"
    assert found["skopeo oci-archive:"].startswith("✗ refuses it: ")


def test_an_oci_archive_does_not_load_in_an_old_docker(tmp_path: Path) -> None:
    _, shown = sections(skopeo_oci(image("docker.io/library/app:1")).write(tmp_path / "app.tar"))
    found = verdicts(shown["Will it load?"])
    assert found["Docker, graph driver (docker load)"].startswith("✗ refuses it: ")
    assert found["podman load"] == "✓ loads"


def test_the_rules_findings_join_those_of_opening_once(tmp_path: Path) -> None:
    path = docker_25([image("docker.io/library/app:1")], "25.0.0").write(tmp_path / "app.tar")
    session, _ = sections(path)
    before = [(row.code, row.where) for row in session.findings]
    load_summary(session, session.tree.root, CancelToken(), ignore_progress)
    assert [(row.code, row.where) for row in session.findings] == before
    assert len(before) == len(set(before))
