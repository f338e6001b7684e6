"""What `rehearse --live` says of a loss, and what becomes of requests when the loss happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.agents import binaries
from tests.support.command.lab import CommandLab
from tests.support.patience import answers, wait_for
from tests.traffic.conftest import ALIASES, chosen_versions, skip_without
from tests.traffic.stage.client import UNREACHABLE, Client
from tests.traffic.stage.configured import Configured
from tests.traffic.stage.lab import TrafficLab, numbers

pytestmark = pytest.mark.row("access")

DECLARED = """
exports: {dc1: {api: [dc2, dc3]}, dc3: {api: [dc2]}}
failover: {dc2: {api: [api@dc1, api@dc3]}}
intentions:
  dc1:
    api:
      - {from: shop@dc2, action: allow}
      - {from: web@dc2, action: allow}
      - {from: web@dc3, action: allow}
  dc3: {api: [{from: shop@dc2, action: allow}, {from: web@dc2, action: allow}]}
"""
REQUESTS = {
    "shop@dc2 -> api": ("shop@dc2", "api@dc2"),
    "web@dc2 -> api@dc1": ("web@dc2", "api@dc1"),
    "web@dc2 -> api@dc3": ("web@dc2", "api@dc3"),
    "web@dc3 -> api@dc1": ("web@dc3", "api@dc1"),
}
ALIVE = {
    "shop@dc2 -> api": "api@dc2",
    "web@dc2 -> api@dc1": "api@dc1",
    "web@dc2 -> api@dc3": "api@dc3",
    "web@dc3 -> api@dc1": "api@dc1",
}
LOSSES: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "a service that others replace": (("--down", "api@dc2"), {"shop@dc2 -> api": "api@dc1"}),
    "a service that is called directly": (
        ("--down", "api@dc1"),
        {"web@dc2 -> api@dc1": UNREACHABLE, "web@dc3 -> api@dc1": UNREACHABLE},
    ),
    "a service and the gateway of the next": (
        ("--down", "api@dc2", "--down", "gateway@dc1"),
        {
            "shop@dc2 -> api": "api@dc3",
            "web@dc2 -> api@dc1": UNREACHABLE,
            "web@dc3 -> api@dc1": UNREACHABLE,
        },
    ),
    "a peering": (
        ("--down", "api@dc2", "--without", "dc1/dc2"),
        {"shop@dc2 -> api": "api@dc3", "web@dc2 -> api@dc1": UNREACHABLE},
    ),
}


EJECTED = """
service_defaults:
  dc2: {shop: {upstream_config: {defaults: {passive_health_check: {max_ejection_percent: 100}}}}}
"""
OUTAGE = {
    "dc1": {"api": []},
    "dc2": {"shop": ["api"], "web": ["api@dc1", "api@dc3"]},
    "dc3": {"api": [], "web": ["api@dc1"]},
}


def rehearsed(configured: Configured, *losses: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return what the command says of each request, before the losses and after them."""
    said = CommandLab(configured.folder).run("rehearse", *losses, "--live", "--json").expect(0).value()
    calls = {(call["from"], call["to"]): call for call in said["calls"]}
    found = {text: calls[pair] for text, pair in REQUESTS.items() if pair in calls}
    before = {text: _outcome(call["before"]) for text, call in found.items()}
    return before, {text: _outcome(call["after"]) for text, call in found.items()}


def _outcome(answer: Mapping[str, Any]) -> str:
    """Return who answers, or the decision where nobody does."""
    return "".join(answer["answered_by"]) or str(answer["decision"])


def answered(configured: Configured, text: str) -> str:
    """Return what `access --live` says of a request."""
    caller, to = REQUESTS[text]
    run = CommandLab(configured.folder).run("access", "--live", "--json", "--from", caller, "--to", to)
    (found,) = run.expect(0).value()["access"]
    return str(found["answered_by"] or found["decision"])


@contextmanager
def lost(world: TrafficLab, losses: tuple[str, ...]) -> Iterator[None]:
    """Take it away from the clusters. A peering stays away."""
    with ExitStack() as stack:
        for what in losses[1::2]:
            name, at, cluster = what.partition("@")
            if not at:
                unpeer(world, *what.split("/"))
            elif name == "gateway":
                stack.enter_context(world.without_gateway(cluster))
            else:
                stack.enter_context(world.down(what))
        yield


def unpeer(world: TrafficLab, one: str, other: str) -> None:
    """Delete both ends of a peering, as somebody would at each of the clusters."""
    for here, there in ((one, other), (other, one)):
        agent, path = world.agents[here], f"/v1/peering/{world.alias(here, there)}"
        agent.call("DELETE", path)
        wait_for(answers(lambda agent=agent, path=path: not _has(agent, path)), f"{path} is still there")


def _has(agent: Any, path: str) -> bool:
    rows = agent.call("GET", "/v1/peerings") or ()
    return any(path.endswith(f"/{row['Name']}") for row in rows)


@pytest.fixture
def declared(configured: Configured, world: TrafficLab) -> Iterator[Configured]:
    """The configuration, applied, with peerings that are there again afterwards."""
    configured.apply(DECLARED)
    world.renew("shop@dc2")
    yield configured
    configured.apply(DECLARED)


@pytest.mark.parametrize("case", LOSSES)
def test_what_is_lost_does_what_was_rehearsed(
    declared: Configured, client: Client, world: TrafficLab, case: str
) -> None:
    losses, changed = LOSSES[case]
    client.expect(ALIVE)

    before, after = rehearsed(declared, *losses)

    assert before == {text: ALIVE[text] for text in before}
    assert after | changed == after, "it says otherwise, or nothing, of what changes"
    with lost(world, losses):
        client.expect({**ALIVE, **after})
        assert {text: answered(declared, text) for text in after} == after


@pytest.fixture(params=chosen_versions())
def fragile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrafficLab]:
    """Clusters of which one may be killed. dc2 has no `api` of its own."""
    version = request.param
    skip_without(version)
    if numbers(version) < (1, 16):
        pytest.skip("max_ejection_percent came with Consul 1.16")
    folder = tmp_path_factory.mktemp(f"fragile-{version}")
    made = TrafficLab(folder, (version, binaries()[version]), OUTAGE, ALIASES, {}, ejects=True)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def kill(world: TrafficLab, cluster: str) -> None:
    """Kill all processes of a cluster: its server, gateway, sidecars and applications."""
    world.agents[cluster].stop()
    world.gateways.pop(cluster).proxy.stop()
    for who in [who for who in world.sidecars if who.endswith(f"@{cluster}")]:
        sidecar = world.sidecars.pop(who)
        sidecar.proxy.stop()
        sidecar.app.close()


@pytest.mark.parametrize("ejected", [True, False])
def test_a_cluster_that_is_killed(fragile: TrafficLab, tmp_path: Path, ejected: bool) -> None:
    """Clusters that import from it go on listing its instances as healthy: calls fail over as rehearsed where
    the callers' proxies may eject its only gateway, and stay dead where they may not.
    """
    configured, client = Configured(fragile, tmp_path / "run"), Client(fragile)
    configured.apply(DECLARED, EJECTED if ejected else "")
    alive = {**ALIVE, "shop@dc2 -> api": "api@dc1"}
    client.expect(alive)

    before, after = rehearsed(configured, "--down", "dc1")

    assert before == {text: alive[text] for text in before}
    assert after["shop@dc2 -> api"] == "api@dc3"
    assert after["web@dc2 -> api@dc1"] == after["web@dc3 -> api@dc1"] == UNREACHABLE
    kill(fragile, "dc1")
    left = {} if ejected else {"shop@dc2 -> api": UNREACHABLE}
    client.expect({**alive, **after, **left}, foretold=False)  # the server that is gone cannot be asked
    if not ejected:
        assert client.tally("shop@dc2 -> api", 50).keys() == {"reset"}
