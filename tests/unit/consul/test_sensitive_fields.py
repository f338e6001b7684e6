"""Which fields of Consul's kinds are secret, by what they hold."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.veiling import reaches_sensitive
from reconciler.sdk.secrets.secret import MASK
from reconciler.sdk.secrets.sensitive import masked
from reconciler_consul.kinds.all import KINDS


def shown(**body: Any) -> Any:
    return masked(canonical(KINDS["config_entry"].rule, body, declared=False))


def key_set(*keys: dict[str, str]) -> str:
    return base64.b64encode(json.dumps({"keys": keys}).encode()).decode()


@pytest.mark.parametrize("name", ["PrivateKey", "private_key", "privatekey"])
def test_a_private_key_is_secret_in_every_spelling(name: str) -> None:
    assert shown(**{name: "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"}) == {
        "PrivateKey": MASK
    }


def test_the_path_of_a_key_file_is_not() -> None:
    assert shown(PrivateKey="/etc/consul/key.pem") == {"PrivateKey": "/etc/consul/key.pem"}
    assert shown(PrivateKey="/\n-----BEGIN PRIVATE KEY-----") == {"PrivateKey": MASK}


PUBLIC = {"kty": "RSA", "kid": "a", "n": "x", "e": "AQAB"}
SECRET = [
    {"kty": "oct", "k": "c2hvcnQ"},
    {"kty": "oct"},
    {**PUBLIC, "d": "x"},
    {"kty": "EC", "x": "1", "d": "2"},
]


@pytest.mark.parametrize(
    "jwks", [*map(key_set, SECRET), key_set(PUBLIC, SECRET[0]), "not base64", key_set(), ""]
)
def test_a_key_set_with_a_secret_or_unreadable_key_is_secret(
    jwks: str,
) -> None:
    assert jwks not in str(shown(JSONWebKeySet={"Local": {"JWKS": jwks}})) or jwks == ""


def test_public_keys_are_shown() -> None:
    jwks = key_set(PUBLIC, {"kty": "EC", "crv": "P-256", "x": "1", "y": "2"})
    assert shown(JSONWebKeySet={"Local": {"JWKS": jwks}}) == {"JSONWebKeySet": {"Local": {"JWKS": jwks}}}


def test_no_other_kind_has_fields_that_are_secret_by_themselves() -> None:
    assert [name for name, kind in KINDS.items() if reaches_sensitive(kind.rule)] == ["config_entry"]
