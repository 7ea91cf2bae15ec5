"""Files that deserve a look: rights that reach far, devices, and what looks like a secret.

Names are evidence, no proof: a finding says why a file is listed and leaves the judgement to a person.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from inspector.language import say
from inspector.layers.merged import Merged
from inspector.layers.table import BLOCK, CHAR, DIRECTORY, FILE, SYMLINK, Listing
from inspector.layers.whiteout import PREFIX, parse

CAPABILITY = "security.capability"


class Reason(StrEnum):
    """Why a file is listed."""

    SETUID = "setuid: runs with the rights of its owner"
    SETGID = "setgid: runs with the rights of its group"
    WORLD_WRITABLE = "anyone may write to it"
    CAPABILITIES = "file capabilities"
    DEVICE = "device node"
    LIKELY_SECRET = "may be a secret"  # noqa: S105 — a word, no password


class Notable(NamedTuple):
    """One entry of one layer, and one reason. `hidden_by`: the layer that hid it from the merged file system, or None.

    Layers count from 1. `detail` is for people: the names of the capabilities, the kind of secret, the device's numbers.
    """

    path: bytes
    layer: int
    entry: int
    reason: Reason
    detail: str
    hidden_by: int | None


KEY_OR_CERTIFICATE = say("private key or certificate")
"""The detail of names that stand for both: only the content tells, see `is_public_pem`."""
_PEM_BEGIN = b"-----BEGIN "
_PEM_LABEL = re.compile(_PEM_BEGIN + rb"([^-\r\n]{1,60})-----")
_PUBLIC_LABELS = frozenset(
    {
        b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE", b"ATTRIBUTE CERTIFICATE", b"CERTIFICATE REQUEST",
        b"NEW CERTIFICATE REQUEST", b"X509 CRL", b"PUBLIC KEY", b"RSA PUBLIC KEY", b"DSA PUBLIC KEY", b"PKCS7", b"CMS",
        b"DH PARAMETERS", b"EC PARAMETERS", b"DSA PARAMETERS", b"PGP PUBLIC KEY BLOCK", b"PGP SIGNATURE",
    }
)  # fmt: skip
"""Any other is taken for private: `OpenVPN Static key V1` is, and what will be thought of tomorrow may be."""
_SECRET_NAMES: tuple[tuple[str, str], ...] = (
    (r"id_(rsa|dsa|ecdsa|ed25519)(_sk)?", say("private SSH key")),
    (r"[^/]*\.(pem|key|p8|pk8|pvk|ppk)", KEY_OR_CERTIFICATE),
    (r"[^/]*\.(p12|pfx|jks|keystore|kdbx?|asc\.key|gpg\.key)", say("key store")),
    (r"\.env(\.[^/]+)?|[^/]*\.env", say("environment file")),
    (r"\.?git-credentials", say("stored Git passwords")),
    (r"\.netrc|_netrc|\.pgpass|\.my\.cnf|\.mylogin\.cnf", say("stored passwords")),
    (r"\.npmrc|\.pypirc|\.yarnrc\.yml|\.gem/credentials|\.cargo/credentials(\.toml)?", say("package registry token")),
    (r"\.dockercfg|\.docker/config\.json|containers/auth\.json", say("registry login")),
    (r"\.aws/(credentials|config)|\.boto|\.s3cfg", say("cloud credentials")),
    (r"(application_default_credentials|service[-_]?account[^/]*|credentials)\.json", say("cloud credentials")),
    (r"\.azure/(accessTokens|msal_token_cache|azureProfile)\.json", say("cloud credentials")),
    (r"\.kube/config|kubeconfig|admin\.conf", say("cluster login")),
    (r"\.vault-token|\.vault_pass(word)?(\.txt)?", say("vault token")),
    (r"terraform\.tfstate(\.backup)?|[^/]*\.tfvars", say("infrastructure state, often with passwords")),
    (r"\.htpasswd|\.bash_history|\.zsh_history|\.mysql_history|\.psql_history", say("passwords or commands typed")),
    (r"etc/g?shadow-?", say("password hashes")),
    (r"secrets?\.(ya?ml|json|toml|ini|txt)|[^/]*[._-]secrets?\.(ya?ml|json)", say("file of secrets")),
    (r"wp-config\.php|\.?rails_master_key|master\.key", say("application secret")),
)
# Tried on the last one or two segments only, and never on a long one: names come from strangers.
_SECRET = re.compile(
    "|".join(f"(?P<k{number}>{pattern})" for number, (pattern, _) in enumerate(_SECRET_NAMES)).encode(),
    re.IGNORECASE | re.DOTALL,
)
_LONGEST_SEGMENT = 255
# Trust anchors and examples carry such names by the thousand and hold nothing private.
_PUBLIC = re.compile(
    rb"(?:^|/)(?:usr/share/(?:ca-certificates|doc|perl\d*)|etc/ssl/certs|etc/pki/(?:ca-trust|tls/certs)|"
    rb"usr/local/share/ca-certificates|site-packages/certifi|dist-packages/certifi)/"
)
"""Folders of public certificates."""

_CAPABILITIES = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
]


def likely_secret(path: bytes) -> str | None:
    """What a file with that path usually is, if that is a secret; None for every other path."""
    folder, _, name = path.rpartition(b"/")
    above = folder[folder.rfind(b"/") + 1 :]
    if len(name) > _LONGEST_SEGMENT or len(above) > _LONGEST_SEGMENT:
        return None
    found = _SECRET.fullmatch(name) or (_SECRET.fullmatch(above + b"/" + name) if above else None)
    if found is None or _PUBLIC.search(path):
        return None
    number = next(number for number in range(len(_SECRET_NAMES)) if found[f"k{number}"] is not None)
    return _SECRET_NAMES[number][1]


def is_public_pem(content: bytes) -> bool:
    """Whether a whole file is PEM text of certificates, requests or public keys, with no private key among them."""
    labels = _PEM_LABEL.findall(content)
    is_known = len(labels) == content.count(_PEM_BEGIN) > 0 and _PUBLIC_LABELS.issuperset(labels)
    return is_known and b"PRIVATE KEY" not in content


def capabilities(value: bytes) -> str:
    """The names in a `security.capability` attribute (Linux' vfs_cap_data, revisions 1 to 3), or its bytes in hex."""
    if len(value) < 12 or value[3] not in (1, 2, 3):
        return value.hex()
    permitted = int.from_bytes(value[4:8], "little")
    if value[3] != 1 and len(value) >= 20:
        permitted |= int.from_bytes(value[12:16], "little") << 32
    names = [
        _CAPABILITIES[bit] if bit < len(_CAPABILITIES) else f"cap_{bit}"
        for bit in range(permitted.bit_length())
        if permitted >> bit & 1
    ]
    effective = " (effective)" if value[0] & 1 else ""
    return ", ".join(names) + effective if names else "none"


def notable_in(listing: Listing) -> Iterator[tuple[int, Reason, str]]:
    """(entry, reason, detail) for one layer, in stored order; an entry may have several reasons."""
    types, modes = listing.types, listing.modes
    far = stat.S_ISUID | stat.S_ISGID | stat.S_IWOTH
    for index, path in enumerate(listing.paths):
        kind, mode = types[index], modes[index]
        if PREFIX in path and parse(path) is not None:
            continue
        if mode & far and kind != SYMLINK:
            yield from _rights(index, kind, mode)
        if kind == FILE and (secret := likely_secret(path)) is not None:
            yield index, Reason.LIKELY_SECRET, secret
        elif kind in (CHAR, BLOCK):
            numbers = listing.link(index).decode()
            told = say("character device %s", numbers) if kind == CHAR else say("block device %s", numbers)
            yield index, Reason.DEVICE, told
        if listing.xattrs and (value := listing.xattrs.get(index, {}).get(CAPABILITY)) is not None:
            yield index, Reason.CAPABILITIES, capabilities(value)


def _rights(index: int, kind: int, mode: int) -> Iterator[tuple[int, Reason, str]]:
    octal = say("mode %s", f"{mode:04o}")
    if kind != DIRECTORY:
        if mode & stat.S_ISUID:
            yield index, Reason.SETUID, octal
        if mode & stat.S_ISGID and mode & stat.S_IXGRP:
            yield index, Reason.SETGID, octal
        if mode & stat.S_IWOTH and kind == FILE:
            yield index, Reason.WORLD_WRITABLE, octal
    elif mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        yield index, Reason.WORLD_WRITABLE, say("%s, without the sticky bit", octal)


def notable_files(merged: Merged) -> Sequence[Notable]:
    """All layers' notable entries, those too that a later layer hid: their bytes are still in the archive."""
    hidden = {
        (layer, entry): by + 1
        for layer, entry, by in zip(merged.hidden_layers, merged.hidden_entries, merged.hidden_by_layers, strict=True)
    }
    return [
        Notable(listing.paths[entry], layer + 1, entry, reason, detail, hidden.get((layer, entry)))
        for layer, listing in enumerate(merged.listings)
        for entry, reason, detail in notable_in(listing)
    ]
