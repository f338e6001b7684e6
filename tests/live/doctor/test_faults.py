"""The doctor on real servers: nothing where everything works, and faults that are provoked and undone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from tests.live.conftest import chosen_versions
from tests.support.access.running import GATEWAY, REGISTER, applied, register
from tests.support.agents import Agent, binaries
from tests.support.patience import wait_for

pytestmark = [pytest.mark.live, pytest.mark.row("access")]

FOUND = binaries()
EXPORTS = "/v1/config"
DECLARED = """
peerings: [{between: [dc1, dc2], names: {dc1: us, dc2: eu}}]
exports: {dc1: {api: [dc2]}}
intentions: {dc1: {api: [{from: web@dc2, action: allow}, {from: "*@*", action: deny}]}}
"""


@dataclass(slots=True)
class Pair:
    """dc1 exports api to dc2, which has web. Both have a mesh gateway."""

    dc1: Agent
    dc2: Agent
    folder: Path

    def options(self) -> app.Options:
        return app.Options(root=self.folder, environ={})

    def rules(self) -> list[str]:
        """The rules of what is found, each once, in order."""
        found = asyncio.run(app.diagnose(self.options(), app.WorldChoice(), ()))
        return list(dict.fromkeys(one.rule for one in found.findings))


@pytest.fixture(scope="module", params=chosen_versions() or ["none"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    version = request.param
    if version not in FOUND:
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    folder = tmp_path_factory.mktemp(f"doctor-{version}")
    one, other = (Agent(f"n{n}", f"dc{n}", FOUND[version], folder) for n in (1, 2))
    made = Pair(one, other, folder)
    try:
        for agent in (one, other):
            agent.start()
        for agent in (one, other):
            agent.wait()
            agent.call("PUT", REGISTER, GATEWAY)
        register(one, "api")
        register(other, "web")
        clusters = "".join(f'  {a.datacenter}: {{address: "{a.address}"}}\n' for a in (one, other))
        (folder / "main.yaml").write_text("clusters:\n" + clusters + DECLARED)
        wait_for(lambda: applied(made.options()))
        wait_for(lambda: made.rules() == [])
        yield made
    finally:
        one.stop()
        other.stop()


def entry(agent: Agent, **body: Any) -> None:
    agent.call("PUT", "/v1/config", body)


def gone(agent: Agent, kind: str, name: str) -> None:
    agent.call("DELETE", f"/v1/config/{kind}/{name}")


def exported(agent: Agent, *items: tuple[str, str]) -> None:
    listed = [{"Name": name, "Consumers": [{"Peer": peer}]} for name, peer in items]
    entry(agent, Kind="exported-services", Name="default", Services=listed)


def ill(agent: Agent, identity: str) -> None:
    """Let a check of an instance fail."""
    body = {"ID": "ill", "Name": "ill", "ServiceID": identity, "TTL": "1h", "Status": "critical"}
    agent.call("PUT", "/v1/agent/check/register", body)


def well(agent: Agent) -> None:
    """Take that check away."""
    agent.call("PUT", "/v1/agent/check/deregister/ill")


Act = Callable[[Pair], None]
CASES: list[tuple[str, Act, Act]] = [
    (
        "no-gateway",
        lambda p: p.dc1.call("PUT", "/v1/agent/service/deregister/gateway"),
        lambda p: p.dc1.call("PUT", REGISTER, GATEWAY),
    ),
    (
        "gateway-without-wan",
        lambda p: p.dc1.call("PUT", REGISTER, {k: v for k, v in GATEWAY.items() if k != "TaggedAddresses"}),
        lambda p: p.dc1.call("PUT", REGISTER, GATEWAY),
    ),
    (
        "gateway-critical",
        lambda p: ill(p.dc1, "gateway"),
        lambda p: well(p.dc1),
    ),
    (
        "import-unhealthy",
        lambda p: ill(p.dc1, "api-proxy"),
        lambda p: well(p.dc1),
    ),
    (
        "export-unknown-peer",
        lambda p: exported(p.dc1, ("api", "us"), ("db", "uss")),
        lambda p: exported(p.dc1, ("api", "us")),
    ),
    (
        "export-without-instance",
        lambda p: exported(p.dc1, ("api", "us"), ("ledger", "us")),
        lambda p: exported(p.dc1, ("api", "us")),
    ),
    (
        "intention-unknown-peer",
        lambda p: entry(
            p.dc1,
            Kind="service-intentions",
            Name="db",
            Sources=[{"Name": "web", "Peer": "uss", "Action": "allow"}],
        ),
        lambda p: gone(p.dc1, "service-intentions", "db"),
    ),
    (
        "intention-without-export",
        lambda p: entry(
            p.dc1,
            Kind="service-intentions",
            Name="db",
            Sources=[{"Name": "web", "Peer": "us", "Action": "allow"}],
        ),
        lambda p: gone(p.dc1, "service-intentions", "db"),
    ),
    (
        "intention-at-dialer",
        lambda p: entry(
            p.dc2, Kind="service-intentions", Name="api", Sources=[{"Name": "web", "Action": "deny"}]
        ),
        lambda p: gone(p.dc2, "service-intentions", "api"),
    ),
    (
        "target-unknown-peer",
        lambda p: entry(
            p.dc2, Kind="service-resolver", Name="old", Redirect={"Service": "api", "Peer": "euu"}
        ),
        lambda p: gone(p.dc2, "service-resolver", "old"),
    ),
    (
        "target-not-exported",
        lambda p: entry(p.dc2, Kind="service-resolver", Name="old", Redirect={"Service": "db", "Peer": "eu"}),
        lambda p: gone(p.dc2, "service-resolver", "old"),
    ),
    (
        "subset-empty",
        lambda p: entry(
            p.dc2,
            Kind="service-resolver",
            Name="web",
            Subsets={"v9": {"Filter": "Service.Meta.version == v9"}},
        ),
        lambda p: gone(p.dc2, "service-resolver", "web"),
    ),
]


@pytest.mark.parametrize(("rule", "fault", "undo"), CASES, ids=[rule for rule, _, _ in CASES])
def test_a_fault_is_found_and_nothing_once_it_is_undone(pair: Pair, rule: str, fault: Act, undo: Act) -> None:
    fault(pair)
    wait_for(lambda: pair.rules() == [rule])
    undo(pair)
    wait_for(lambda: pair.rules() == [])


def test_a_cluster_that_is_killed_is_silent_and_its_peer_says_that_the_link_fails(pair: Pair) -> None:
    pair.dc2.stop()
    wait_for(lambda: pair.rules() == ["cluster-silent", "link-failing"])
