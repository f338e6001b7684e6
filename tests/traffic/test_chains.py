"""Where requests go: redirects, failover, splits and routes to peers."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.traffic.stage.client import DENIED, UNREACHABLE, Client
from tests.traffic.stage.configured import Configured
from tests.traffic.stage.lab import TrafficLab, numbers

SHARED = "exports: {dc1: {api: [dc2]}, dc3: {api: [dc2]}}"
HTTP = "service_defaults: {dc1: {api: {protocol: http}}, dc2: {api: {protocol: http}}}"
DC3_OPEN = 'intentions: {dc3: {api: [{from: "*@*", action: allow}]}}'
TO_BOTH = "failover: {dc2: {api: [api@dc1, api@dc3]}}"


@pytest.fixture(autouse=True)
def _no_chain_yet(configured: Configured, world: TrafficLab) -> None:
    """Up to Consul 1.20 a chain that is withdrawn cuts others of the sidecar: see the last case."""
    configured.apply(SHARED)
    world.renew("shop@dc2")


def test_a_redirect_leads_to_the_peer_and_names_the_real_caller(
    configured: Configured, client: Client
) -> None:
    redirect = "redirects: {dc2: {remote: api@dc1}}"

    configured.apply(SHARED, redirect)
    client.expect({"shop@dc2 -> remote": "api@dc1"})

    configured.apply(SHARED, redirect, "intentions: {dc1: {api: [{from: shop@dc2, action: deny}]}}")
    client.expect({"shop@dc2 -> remote": DENIED, "web@dc2 -> api@dc1": "api@dc1"})


def test_failover_takes_over_while_nobody_is_healthy_here(
    configured: Configured, client: Client, world: TrafficLab
) -> None:
    configured.apply(SHARED, TO_BOTH)
    client.expect({"shop@dc2 -> api": "api@dc2"})

    with world.down("api@dc2"):
        client.expect({"shop@dc2 -> api": "api@dc1"})
    client.expect({"shop@dc2 -> api": "api@dc2"})


def test_a_denial_does_not_fail_over(configured: Configured, client: Client, world: TrafficLab) -> None:
    configured.apply(
        SHARED,
        TO_BOTH,
        """
        intentions:
          dc1: {api: [{from: shop@dc2, action: deny}]}
          dc3: {api: [{from: "*@*", action: allow}]}
        """,
    )

    with world.down("api@dc2"):
        client.expect({"shop@dc2 -> api": DENIED})


def test_failover_goes_on_where_a_peer_has_no_gateway_but_not_where_its_instances_are_ill(
    configured: Configured, client: Client, world: TrafficLab
) -> None:
    configured.apply(SHARED, TO_BOTH, DC3_OPEN)

    with world.down("api@dc2"):
        client.expect({"shop@dc2 -> api": "api@dc1"})
        with world.down("api@dc1"):
            client.expect({"shop@dc2 -> api": UNREACHABLE})
        with world.without_gateway("dc1"):
            client.expect({"shop@dc2 -> api": "api@dc3"})
        client.expect({"shop@dc2 -> api": "api@dc1"})


@pytest.mark.parametrize(("here", "there"), [(50, 50), (90, 10), (0, 100)])
def test_a_split_gives_each_side_about_its_share(
    configured: Configured, client: Client, here: int, there: int
) -> None:
    configured.apply(HTTP, SHARED, f"splits: {{dc2: {{api: {{api: {here}, api@dc1: {there}}}}}}}")

    def as_declared(seen: Counter[str]) -> bool:
        both = seen["api@dc1"] + seen["api@dc2"]
        return both == seen.total() and abs(seen["api@dc1"] - 2 * there) <= 28  # 4 standard deviations

    client.foretell({"shop@dc2 -> api": "mixed" if here else "api@dc1"})
    client.until_tallied("shop@dc2 -> api", 200, as_declared)


def test_the_share_of_a_peer_that_denies_is_denied_and_does_not_come_back(
    configured: Configured, client: Client
) -> None:
    split = "splits: {dc2: {api: {api: 50, api@dc1: 50}}}"
    configured.apply(HTTP, SHARED, split, "intentions: {dc1: {api: [{from: shop@dc2, action: deny}]}}")

    def denied_or_here(seen: Counter[str]) -> bool:
        return 20 <= seen[DENIED] <= 80 and seen == Counter(
            {"api@dc2": 100 - seen[DENIED], DENIED: seen[DENIED]}
        )

    client.foretell({"shop@dc2 -> api": "mixed"})
    client.until_tallied("shop@dc2 -> api", 100, denied_or_here)


def test_a_route_sends_one_path_to_the_peer_and_the_rest_stays(
    configured: Configured, client: Client
) -> None:
    configured.apply(HTTP, SHARED, "routes: {dc2: {api: [{match: {path_prefix: /v2}, to: api@dc1}]}}")

    client.expect(
        {
            "shop@dc2 -> api /v2/items": "api@dc1",
            "shop@dc2 -> api /v1/items": "api@dc2",
        }
    )


def test_up_to_1_20_withdrawing_a_redirect_cuts_a_direct_upstream_and_the_plan_says_so(
    configured: Configured, client: Client, world: TrafficLab
) -> None:
    """About one time in three it also cuts another chain of that sidecar to the same service and peer."""
    if world.version == "path":
        pytest.skip("this Consul's version is not known")
    cuts = numbers(world.version)[:2] <= (1, 20)
    with world.upstreams("shop@dc2", ["remote", "api@dc1"]):
        configured.apply(SHARED, "redirects: {dc2: {remote: api@dc1}}")
        client.expect({"shop@dc2 -> remote": "api@dc1", "shop@dc2 -> api@dc1": "api@dc1"})

        applied = configured.apply(SHARED)
        notes = [note for change in applied.plan.actions for note in change.notes]
        assert any("also reach api of eu in another way" in note for note in notes) is cuts, notes
        left = UNREACHABLE if cuts else "api@dc1"
        # The listener that is gone is in no entry: `access` answers what the configuration says.
        client.expect({"shop@dc2 -> api@dc1": left, "web@dc2 -> api@dc1": "api@dc1"}, foretold=False)

        world.renew("shop@dc2")
        client.expect({"shop@dc2 -> api@dc1": "api@dc1"})
