"""Which way requests go: mesh gateways, names, rotation, and what is left after `destroy`.

Names of transparent proxies are asked for here; `test_transparent` dials them.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.traffic.stage.client import UNREACHABLE, Client
from tests.traffic.stage.configured import Configured
from tests.traffic.stage.dns import lookup
from tests.traffic.stage.lab import TrafficLab

SHARED = "exports: {dc1: {api: [dc2, dc3]}}"
THROUGH_GATEWAYS = (
    "mesh: {dc1: {peering: {peer_through_mesh_gateways: true}},"
    " dc2: {peering: {peer_through_mesh_gateways: true}}}"
)
ASKED = "web@dc2 -> api@dc1"


@pytest.mark.parametrize(
    ("mode", "path"), [("", ["dc1"]), ("none", ["dc1"]), ("remote", ["dc1"]), ("local", ["dc1", "dc2"])]
)
def test_the_mode_at_the_calling_side_chooses_the_gateways(
    configured: Configured, client: Client, mode: str, path: list[str]
) -> None:
    configured.apply(SHARED, f"proxy_defaults: {{dc2: {{mesh_gateway: {{mode: {mode}}}}}}}" if mode else "")

    client.until(lambda: client.path(ASKED) == path)
    client.expect({ASKED: "api@dc1"})


def test_a_service_whose_cluster_has_no_gateway_is_unreachable(
    configured: Configured, client: Client, world: TrafficLab
) -> None:
    configured.apply(SHARED)
    client.expect({ASKED: "api@dc1"})

    with world.without_gateway("dc1"):
        client.expect({ASKED: UNREACHABLE})
    client.expect({ASKED: "api@dc1"})


@pytest.mark.parametrize(("mode", "outcome"), [("remote", "api@dc1"), ("local", UNREACHABLE)])
def test_a_caller_needs_a_gateway_of_its_own_in_mode_local_only(
    configured: Configured, client: Client, world: TrafficLab, mode: str, outcome: str
) -> None:
    configured.apply(SHARED, f"proxy_defaults: {{dc2: {{mesh_gateway: {{mode: {mode}}}}}}}")

    with world.without_gateway("dc2"):
        client.expect({ASKED: outcome})
    client.expect({ASKED: "api@dc1"})


def test_an_imported_service_has_a_virtual_address_under_its_peers_name_while_it_is_exported(
    configured: Configured, client: Client, world: TrafficLab
) -> None:
    dns = world.agents["dc2"].ports["dns"]
    configured.apply(SHARED)
    client.until(lambda: bool(lookup("api.virtual.eu.consul", dns)))
    assert lookup("api.virtual.eu.consul", dns)[0].startswith("240.")
    assert lookup("db.virtual.eu.consul", dns) == []

    configured.apply("exports: {dc1: {api: [dc3]}}")

    client.until(lambda: lookup("api.virtual.eu.consul", dns) == [])


def test_requests_and_new_connections_go_on_while_secrets_are_renewed(
    configured: Configured, client: Client
) -> None:
    configured.apply(SHARED)
    client.expect({ASKED: "api@dc1"})

    with _asking(client) as seen:
        done = configured.rotate("peering.dc1/dc2")

    assert done.outcome is not None
    assert set(seen) == {"api@dc1"}, seen
    assert seen.total() > 20


@contextmanager
def _asking(client: Client) -> Iterator[Counter[str]]:
    """Outcomes of requests that another thread sends all the time, each on a new connection."""
    seen: Counter[str] = Counter()
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.01):
            seen[client.answer(ASKED)] += 1

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield seen
        over.wait(0.5)  # what a change breaks shows within 0.3 s
    finally:
        over.set()
        asking.join()


def test_after_destroy_no_request_passes_and_after_apply_the_same_ones_pass_again(
    configured: Configured, client: Client, world: TrafficLab
) -> None:
    configured.apply(SHARED, "redirects: {dc2: {remote: api@dc1}}")
    ways = (ASKED, "web@dc3 -> api@dc1", "shop@dc2 -> remote")
    client.expect(dict.fromkeys(ways, "api@dc1"))

    destroyed = configured.destroy()

    assert [change.notes for change in destroyed.plan.actions if change.notes] == []
    client.expect(dict.fromkeys(ways, UNREACHABLE))
    for agent in world.agents.values():
        assert agent.call("GET", "/v1/peerings") == []
        assert agent.call("GET", "/v1/config/exported-services") == []

    world.renew("shop@dc2")
    configured.apply(SHARED, "redirects: {dc2: {remote: api@dc1}}")
    client.expect(dict.fromkeys(ways, "api@dc1"))


def test_a_peering_through_gateways_dials_the_gateway_and_no_server(
    configured: Configured, client: Client, world: TrafficLab
) -> None:
    configured.destroy()
    configured.apply(SHARED, THROUGH_GATEWAYS)

    assert _addresses(world) == [f"127.0.0.1:{world.gateways['dc1'].port}"]
    client.expect({ASKED: "api@dc1"})

    with _asking(client) as seen:
        configured.rotate("peering.dc1/dc2")
    assert set(seen) == {"api@dc1"}, seen
    assert _addresses(world) == [f"127.0.0.1:{world.gateways['dc1'].port}"]

    configured.destroy()
    client.expect({ASKED: UNREACHABLE})


def _addresses(world: TrafficLab) -> object:
    """Where the dialing end of dc1/dc2 looks for the other."""
    row = world.agents["dc2"].call("GET", "/v1/peering/eu")
    assert isinstance(row, dict)
    return row["PeerServerAddresses"]
