"""The doctor on real servers: nothing where everything works, and faults that are provoked and undone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.model.plan import Mode, Selection
from reconciler.model.reaching.checkup import Checkup
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

    def look(self) -> Checkup:
        """Let the doctor look."""
        return asyncio.run(app.diagnose(self.options(), app.WorldChoice(), ()))

    def rules(self) -> list[str]:
        """The rules of what is found, each once, in order."""
        return list(dict.fromkeys(one.rule for one in self.look().findings))

    def said(self) -> list[tuple[str, list[str]]]:
        """The rules of what is found, and of what follows from each, once."""
        found = self.look().findings
        return [(one.rule, list(dict.fromkeys(other.rule for other in one.consequences))) for one in found]

    def declare(self, more: str = "") -> None:
        """Write the configuration; `more` goes into the peering."""
        clusters = "".join(f'  {a.datacenter}: {{address: "{a.address}"}}\n' for a in (self.dc1, self.dc2))
        text = DECLARED.replace("eu}}", f"eu}}, {more}}}") if more else DECLARED
        (self.folder / "main.yaml").write_text("clusters:\n" + clusters + text)

    def unpeer(self) -> None:
        """Delete the peering at both ends until it is gone: deleted at the same time, a row may stay."""
        wait_for(lambda: not any([_delete(self.dc1, "us"), _delete(self.dc2, "eu")]))

    async def apply(self, **selection: Any) -> None:
        """Apply what is declared."""
        hooks: dict[str, Any] = {"approve": lambda planned: True, "observe": lambda event: None}
        await app.apply(self.options(), Mode.NORMAL, Selection(**selection), **hooks, stop=app.Stop())


def _delete(agent: Agent, name: str) -> bool:
    """Delete a peering, and say whether it is still there."""
    if any(row["Name"] == name for row in agent.call("GET", "/v1/peerings")):
        agent.call("DELETE", f"/v1/peering/{name}")
        return True
    return False


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
        made.declare()
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


def test_all_that_a_change_by_hand_breaks_is_one_finding(pair: Pair) -> None:
    """The exports of what is declared are gone: the intentions of it have no effect then."""
    gone(pair.dc1, "exported-services", "default")
    wait_for(lambda: pair.said() == [("not-applied", ["intention-without-export"])])
    asyncio.run(pair.apply())
    wait_for(lambda: pair.rules() == [])


@pytest.mark.parametrize(("port", "rule"), [("http", "http-port"), ("grpc", "plain-grpc-port")])
def test_an_address_that_leads_to_another_port_is_one_finding_and_its_next_command_mends_it(
    pair: Pair, port: str, rule: str
) -> None:
    """Consul takes the address, and never gives it back: only the declaration has it."""
    given = f'server_external_addresses: ["127.0.0.1:{pair.dc1.ports[port]}"]'
    pair.declare(given)
    pair.unpeer()
    assert not applied(pair.options())
    wait_for(lambda: pair.said() == [(rule, ["link-incomplete"])])
    pair.declare("")
    asyncio.run(pair.apply(replaces=("peering.dc1/dc2",)))
    wait_for(lambda: pair.rules() == [])


def test_a_peering_that_is_gone_at_both_ends_is_one_finding(pair: Pair) -> None:
    pair.unpeer()
    wait_for(lambda: pair.said() == [("not-applied", ["export-unknown-peer", "intention-unknown-peer"])])
    asyncio.run(pair.apply())
    wait_for(lambda: pair.rules() == [])


def test_a_peering_that_one_end_deleted_is_recreated_by_the_command_that_is_said(pair: Pair) -> None:
    pair.dc1.call("DELETE", "/v1/peering/us")
    wait_for(lambda: pair.rules() == ["link-ended"])
    (found,) = pair.look().findings
    assert found.next == "recreate it: reconciler apply --replace peering.dc1/dc2"
    asyncio.run(pair.apply(replaces=("peering.dc1/dc2",)))
    wait_for(lambda: pair.rules() == [])


def test_a_cluster_that_is_killed_is_one_finding_with_its_link(pair: Pair) -> None:
    pair.dc2.stop()
    wait_for(lambda: pair.said() == [("cluster-silent", ["link-failing"])])
