"""Random intentions and chains: the analysis and real servers agree, on every version that there is."""

from __future__ import annotations

import os
import random
import urllib.error
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.access.random_access import Ask, chain_differences, chain_set, rule_differences, rule_set
from tests.support.agents import Agent, binaries, in_order

pytestmark = pytest.mark.live
FIRST = int(os.environ.get("ACCESS_FIRST", "0"))
SETS = int(os.environ.get("ACCESS_SETS", "300"))  # those of the record in docs/decisions: 2 000
SEEDS = range(FIRST, FIRST + SETS)
FOUND = binaries()


@pytest.fixture(scope="module", params=in_order(FOUND) or ["none"])
def ask(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    if request.param not in FOUND:
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    agent = Agent("dc1", "dc1", FOUND[request.param], tmp_path_factory.mktemp("agent"))
    agent.start()
    try:
        agent.wait()
        yield lambda method, path, body: _asked(agent, method, path, body)
    finally:
        agent.stop()


def _asked(agent: Agent, method: str, path: str, body: Any) -> tuple[int, Any]:
    try:
        return 200, agent.call(method, path, body)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_first_rule_is_that_of_the_servers_lists(ask: Ask) -> None:
    for seed in SEEDS:
        assert rule_differences(ask, rule_set(random.Random(seed))) == [], f"seed {seed}"


def test_a_chain_leads_where_servers_compile_it_to(ask: Ask) -> None:
    for seed in SEEDS:
        assert chain_differences(ask, chain_set(random.Random(seed))) == [], f"seed {seed}"
