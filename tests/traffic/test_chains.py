"""Where requests go: redirects, failover, splits and routes to peers."""

from __future__ import annotations

import pytest

from tests.traffic.client import DENIED, UNREACHABLE, Client
from tests.traffic.estate import Estate
from tests.traffic.world import World

SHARED = """
exports: {dc1: {api: [dc2]}, dc3: {api: [dc2]}}
"""
DC3_OPEN = """
  dc3: {api: [{from: "*@*", action: allow}]}
"""
HTTP = "service_defaults: {dc1: {api: {protocol: http}}, dc2: {api: {protocol: http}}}\n"


def test_a_redirect_leads_to_the_peer_and_names_the_real_caller(estate: Estate, client: Client) -> None:
    redirect = SHARED + "redirects: {dc2: {remote: api@dc1}}\n"

    estate.apply(redirect)
    client.expect({"shop@dc2 -> remote": "api@dc1"})

    estate.apply(redirect + "intentions: {dc1: {api: [{from: shop@dc2, action: deny}]}}")
    client.expect({"shop@dc2 -> remote": DENIED, "web@dc2 -> api@dc1": "api@dc1"})


def test_failover_takes_over_while_nobody_is_healthy_here(
    estate: Estate, client: Client, world: World
) -> None:
    estate.apply(SHARED + "failover: {dc2: {api: [api@dc1, api@dc3]}}")
    client.expect({"shop@dc2 -> api": "api@dc2"})

    with world.down("api@dc2"):
        client.expect({"shop@dc2 -> api": "api@dc1"})
    client.expect({"shop@dc2 -> api": "api@dc2"})


def test_a_denial_does_not_fail_over(estate: Estate, client: Client, world: World) -> None:
    estate.apply(
        SHARED
        + "failover: {dc2: {api: [api@dc1, api@dc3]}}\n"
        + "intentions:\n  dc1: {api: [{from: shop@dc2, action: deny}]}"
        + DC3_OPEN
    )

    with world.down("api@dc2"):
        client.expect({"shop@dc2 -> api": DENIED})


def test_failover_goes_on_where_a_peer_has_no_gateway_but_not_where_its_instances_are_ill(
    estate: Estate, client: Client, world: World
) -> None:
    estate.apply(SHARED + "failover: {dc2: {api: [api@dc1, api@dc3]}}\nintentions:" + DC3_OPEN)

    with world.down("api@dc2"):
        client.expect({"shop@dc2 -> api": "api@dc1"})
        with world.down("api@dc1"):
            client.expect({"shop@dc2 -> api": UNREACHABLE})
        with world.without_gateway("dc1"):
            client.expect({"shop@dc2 -> api": "api@dc3"})
        client.expect({"shop@dc2 -> api": "api@dc1"})


@pytest.mark.parametrize(("here", "there"), [(50, 50), (90, 10), (0, 100)])
def test_a_split_gives_each_side_about_its_share(
    estate: Estate, client: Client, here: int, there: int
) -> None:
    estate.apply(HTTP + SHARED + f"splits: {{dc2: {{api: {{api: {here}, api@dc1: {there}}}}}}}")
    client.expect({"shop@dc2 -> api": "api@dc1"} if there == 100 else {"shop@dc2 -> remote": "refused"})
