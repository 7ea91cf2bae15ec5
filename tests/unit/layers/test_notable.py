from __future__ import annotations

import time

import pytest

from inspector.layers.merged import merge
from inspector.layers.notable import Reason, capabilities, likely_secret, notable_files, notable_in
from tests.builders.listings import Row, listing


@pytest.mark.parametrize(
    "path",
    [
        b"root/.ssh/id_rsa", b"id_ed25519", b"app/.env", b"app/.env.production", b"root/.git-credentials",
        b"root/.aws/credentials", b"root/.docker/config.json", b"etc/shadow", b"srv/tls/server.key", b"home/x/.npmrc",
        b"app/terraform.tfstate", b"app/secrets.yaml", b"A/ID_RSA", b"root/.kube/config",
    ],
)  # fmt: skip
def test_names_of_secrets(path: bytes) -> None:
    assert likely_secret(path)


@pytest.mark.parametrize(
    "path",
    [
        b"root/.ssh/id_rsa.pub", b"app/environment", b"etc/ssl/certs/ca.pem", b"etc/passwd", b"usr/share/doc/x/server.key",
        b"usr/lib/python3/site-packages/certifi/cacert.pem", b"app/keyboard", b"a.env/x", b"shadow", b"config.json",
    ],
)  # fmt: skip
def test_names_that_only_look_so(path: bytes) -> None:
    assert likely_secret(path) is None


def test_rights_that_reach_far() -> None:
    found = list(
        notable_in(
            listing(
                Row("bin/su", mode=0o4755),
                Row("bin/wall", mode=0o2755),
                Row("locked", mode=0o2644),
                Row("tmp/", mode=0o1777),
                Row("open/", mode=0o777),
                Row("open/x", mode=0o666),
                Row("link", link="x", mode=0o777),
                Row("setgid/", mode=0o2755),
                Row(".wh.x", mode=0o666),
            )
        )
    )
    assert [(index, reason) for index, reason, _ in found] == [
        (0, Reason.SETUID), (1, Reason.SETGID), (4, Reason.WORLD_WRITABLE), (5, Reason.WORLD_WRITABLE),
    ]  # fmt: skip


def test_capabilities_are_named() -> None:
    ping = bytes.fromhex("0100000200200000000000000000000000000000")
    assert capabilities(ping) == "net_raw (effective)"
    high = bytes.fromhex("000000030104000000000000000100000000000000000000")
    assert capabilities(high) == "chown, net_bind_service, checkpoint_restore"
    assert capabilities(b"short") == b"short".hex()
    assert capabilities(bytes(3) + b"\2" + bytes(16)) == "none"
    made = listing("bin/ping")
    made.xattrs[0] = {"security.capability": ping}
    assert list(notable_in(made)) == [(0, Reason.CAPABILITIES, "net_raw (effective)")]


def test_devices_show_their_numbers() -> None:
    made = listing("dev/null")
    made.types[0] = 4
    made.devices[0] = (1, 3)
    assert list(notable_in(made)) == [(0, Reason.DEVICE, "character device 1:3")]


def test_deleted_secrets_are_found_and_say_who_hid_them() -> None:
    found = notable_files(merge([listing("root/.env", "x"), listing("root/.wh..env"), listing("y.pem")]))
    assert [(n.path, n.layer, n.hidden_by) for n in found] == [(b"root/.env", 1, 2), (b"y.pem", 3, None)]


def test_hostile_names_cost_nothing() -> None:
    start = time.process_time()
    for path in (b"a/" * 32_000 + b"x", b".env" * 16_000, b"secret_" * 9_000, b"/".join([b"a" * 255] * 250)):
        likely_secret(path)
    assert time.process_time() - start < 3
