"""Random intentions and chains: the analysis and the sandbox agree, which is held to real servers itself."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from reconciler.emulator import ClusterSpec, Request, Response, World
from tests.support.access.random_access import Ask, chain_differences, chain_set, rule_differences, rule_set

SETS = 200


@pytest.fixture
def ask() -> Ask:
    world = World([ClusterSpec("A", version="1.22.0", datacenter="dc1")], lambda: 1000.0)

    def ask(method: str, path: str, body: Any) -> tuple[int, Any]:
        bare, _, query = path.partition("?")
        sent = b"" if body is None else json.dumps(body).encode()
        reply = world.handle("A", Request(method, bare, query, {}, sent))
        assert isinstance(reply, Response)
        return reply.status, _read(reply.body)

    return ask


def _read(body: bytes) -> Any:
    return json.loads(body) if body[:1] in (b"{", b"[", b"t") else body.decode()


def test_the_first_rule_is_that_of_the_servers_lists(ask: Ask) -> None:
    for seed in range(SETS):
        assert rule_differences(ask, rule_set(random.Random(seed))) == [], f"seed {seed}"


def test_a_chain_leads_where_servers_compile_it_to(ask: Ask) -> None:
    for seed in range(SETS):
        assert chain_differences(ask, chain_set(random.Random(seed))) == [], f"seed {seed}"
