"""Sensitive values on real servers: sent whole, equal after reading back, neither shown nor kept, also where
the server refuses them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler_consul.server.capabilities import parse
from tests.live.conftest import chosen_versions, running
from tests.support.agents import Agent
from tests.support.command.lab import CommandLab
from tests.support.entries.certificates import inline_certificate
from tests.support.sweep import leaks

pytestmark = pytest.mark.live

TOKEN = "canary-of-a-token-5e1f"


WITH_BOTH_KINDS = [version for version in chosen_versions() if parse(version) >= (1, 16)]


@pytest.fixture(scope="module", params=WITH_BOTH_KINDS or ["none"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    for agents in running(request.param, 1, tmp_path_factory.mktemp("sensitive"), acl=False):
        yield agents[0]


def key_set(secret: str) -> str:
    key = {"kty": "oct", "kid": "one", "k": base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")}
    return base64.b64encode(json.dumps({"keys": [key]}).encode()).decode()


def declare(lab: CommandLab, certificate: str, key: str, jwks: str) -> None:
    entries = [
        {"Kind": "inline-certificate", "Name": "gateway", "Certificate": certificate, "PrivateKey": key},
        {"Kind": "jwt-provider", "Name": "auth", "Issuer": "me", "JSONWebKeySet": {"Local": {"JWKS": jwks}}},
    ]
    lab.declare(
        "variables: {token: {sensitive: true}}\n"
        'proxy_defaults: {dc1: {config: {protocol: http, auth: "Bearer ${var.token}"}}}\n'
        f"config_entries: {{dc1: {json.dumps(entries)}}}\n"
    )


def test_real_servers_hold_the_values_and_nothing_else_does(tmp_path: Path, server: Agent) -> None:
    lab = CommandLab(tmp_path / "work", {"dc1": server.address})
    lab.environ["RECONCILER_VAR_token"] = TOKEN
    (first := tmp_path / "first").mkdir()
    (second := tmp_path / "second").mkdir()
    one, other = (inline_certificate(folder).entry for folder in (first, second))
    texts: dict[str, bytes] = {}

    def run(code: int, *argv: str) -> str:
        text = lab.run(*argv).expect(code).text
        texts[f"{len(texts)} {' '.join(argv)}"] = text.encode()
        return text

    declare(lab, one["Certificate"], one["PrivateKey"], key_set("of-old"))
    run(0, "apply", "--auto-approve", "-vv")
    run(0, "plan", "--detailed-exitcode", "-vv")
    run(0, "drift")
    run(0, "show", "--json")
    declare(lab, one["Certificate"], other["PrivateKey"], key_set("of-now"))
    run(0, "plan", "-out", "plan.json")
    run(3, "apply", "plan.json", "-vv")  # the key does not fit its certificate
    declare(lab, other["Certificate"], other["PrivateKey"], "not-a-key-set-canary")
    run(3, "apply", "--auto-approve", "--json", "-vv")
    run(0, "destroy", "--auto-approve", "-vv")
    for path in lab.folder.rglob("*"):
        if path.is_file() and path.suffix != ".yaml":
            texts[str(path.relative_to(lab.folder))] = path.read_bytes()
    canaries = [TOKEN, one["PrivateKey"], other["PrivateKey"], key_set("of-old"), key_set("of-now")]
    found = leaks([*canaries, "not-a-key-set-canary"], texts)
    assert not found, "\n".join(found)
