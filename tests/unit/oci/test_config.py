import json

import pytest

from inspector.oci.config import Healthcheck, ImageConfig
from inspector.oci.document import parse_document
from inspector.oci.platform import Platform

DIFF_ID = "sha256:" + "c" * 64
GOOD: dict[str, object] = {
    "architecture": "arm64",
    "os": "linux",
    "rootfs": {"type": "layers", "diff_ids": [DIFF_ID]},
}


def read(value: object) -> tuple[ImageConfig, list[tuple[str, str | None]]]:
    config, findings = ImageConfig.parse(parse_document(json.dumps(value).encode(), "config"))
    return config, [(f.code, f.where.pointer) for f in findings]


def test_a_full_config() -> None:
    config, problems = read(
        {
            **GOOD,
            "variant": "v8",
            "os.version": "1",
            "os.features": ["f"],
            "created": "2024-01-01T00:00:00Z",
            "author": "me",
            "docker_version": "20.10",
            "container": "abc",
            "config": {
                "Env": ["A=1", "B"],
                "Entrypoint": ["/e"],
                "Cmd": [],
                "WorkingDir": "/w",
                "User": "1:2",
                "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
                "Volumes": {"/v": {}},
                "Labels": {"a": "b", "Size": "3"},
                "StopSignal": "SIGINT",
                "Healthcheck": {"Test": ["CMD", "x"], "Interval": 30_000_000_000, "Retries": 3},
                "Shell": ["/bin/sh", "-c"],
                "OnBuild": ["RUN x"],
                "ArgsEscaped": True,
                "Hostname": "h",
            },
            "history": [
                {"created": "2024-01-01T00:00:00Z", "created_by": "ADD", "comment": "c", "author": "a"},
                {"created_by": "ENV", "empty_layer": True},
            ],
        }
    )
    assert problems == []
    assert config.platform == Platform("linux", "arm64", "v8", "1", ("f",))
    assert config.diff_ids == config.stated_diff_ids == (DIFF_ID,)
    run = config.execution
    assert (run.env, run.entrypoint, run.cmd) == (("A=1", "B"), ("/e",), ())
    assert (run.exposed_ports, run.volumes) == (("80/tcp", "53/udp"), ("/v",))
    assert (run.working_dir, run.user, run.stop_signal) == ("/w", "1:2", "SIGINT")
    assert run.labels == {"a": "b", "Size": "3"}
    assert run.healthcheck == Healthcheck(("CMD", "x"), interval=30_000_000_000, retries=3)
    assert (run.shell, run.on_build, run.args_escaped) == (("/bin/sh", "-c"), ("RUN x",), True)
    assert [entry.empty_layer for entry in config.history] == [False, True]
    assert config.raw["container"] == "abc"
    assert run.raw["Hostname"] == "h"


def test_null_is_absent() -> None:
    nulls = dict.fromkeys(("Env", "Entrypoint", "Cmd", "ExposedPorts", "Volumes", "Labels", "OnBuild", "Healthcheck"))
    config, problems = read({**GOOD, "created": None, "history": None, "config": nulls, "os.features": None})
    assert problems == []
    assert config.execution.entrypoint is None
    assert config.execution.cmd is None
    assert config.created is None
    assert read({**GOOD, "config": None})[1] == []


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        ({"architecture": None}, [("CONFIG-1", "$.architecture")]),
        ({"os": 1}, [("CONFIG-1", "$.os")]),
        ({"rootfs": None}, [("CONFIG-2", "$.rootfs")]),
        ({"rootfs": {"diff_ids": []}}, [("CONFIG-2", "$.rootfs.type")]),
        ({"rootfs": {"type": "layers"}}, [("CONFIG-3", "$.rootfs.diff_ids")]),
        ({"rootfs": {"type": "layers", "diff_ids": None}}, [("CONFIG-3", "$.rootfs.diff_ids")]),
        ({"history": {}}, [("CONFIG-5", "$.history")]),
        ({"history": [1]}, [("CONFIG-5", "$.history[0]")]),
        ({"history": [{"empty_layer": "yes"}]}, [("CONFIG-5", "$.history[0].empty_layer")]),
        ({"created": 7}, [("CONFIG-6", "$.created")]),
        ({"config": []}, [("CONFIG-7", "$.config")]),
        ({"config": {"Env": {"A": "1"}}}, [("CONFIG-7", "$.config.Env")]),
        ({"config": {"Labels": {"a": 1}}}, [("CONFIG-9", "$.config.Labels.a")]),
        ({"config": {"Healthcheck": {"Interval": "30s"}}}, [("CONFIG-7", "$.config.Healthcheck.Interval")]),
        ({"config": {"env": ["A=1"]}}, [("JSON-5", "$.config.env")]),
    ],
)
def test_what_is_wrong_with_a_config(change: dict[str, object], problems: list[tuple[str, str]]) -> None:
    assert read({**GOOD, **change})[1] == problems


def test_a_wrong_diff_id_keeps_its_place_and_its_text() -> None:
    config, problems = read({**GOOD, "rootfs": {"type": "layers", "diff_ids": [DIFF_ID, "sha256:x", 5, DIFF_ID]}})
    assert config.diff_ids == (DIFF_ID, None, None, DIFF_ID)
    assert config.stated_diff_ids == (DIFF_ID, "sha256:x", "", DIFF_ID)
    assert [pointer for _, pointer in problems] == ["$.rootfs.diff_ids[1]", "$.rootfs.diff_ids[2]"]


def test_a_command_in_one_text_is_one_word_as_for_docker() -> None:
    config, problems = read({**GOOD, "config": {"Cmd": "echo hi", "ExposedPorts": ["80/tcp", 1]}})
    assert config.execution.cmd == ("echo hi",)
    assert config.execution.exposed_ports == ("80/tcp",)
    assert problems == [("CONFIG-7", "$.config.Cmd"), ("CONFIG-7", "$.config.ExposedPorts")]


@pytest.mark.parametrize("value", [None, [], 3, "x"])
def test_what_is_no_config_at_all(value: object) -> None:
    config, problems = read(value)
    assert config == ImageConfig()
    assert problems == [("CONFIG-1", "$")]


def test_configs_of_artifacts_have_no_diff_ids() -> None:
    assert not read({})[0].has_diff_ids
    assert read(GOOD)[0].has_diff_ids
