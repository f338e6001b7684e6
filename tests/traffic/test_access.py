"""Who reaches a service on tcp: exports and intentions, by what the configuration says."""

from __future__ import annotations

import pytest

from tests.traffic.stage.client import DENIED, UNREACHABLE, Client
from tests.traffic.stage.configured import Configured
from tests.traffic.stage.lab import TrafficLab

TO_ALL = "exports: {dc1: {api: [dc2, dc3]}}\n"


@pytest.mark.row("exports")
def test_a_named_export_opens_one_service_to_one_cluster(configured: Configured, client: Client) -> None:
    configured.apply("exports: {dc1: {api: [dc2]}}")

    client.expect(
        {
            "web@dc2 -> api@dc1": "api@dc1",
            "cli@dc2 -> api@dc1": "api@dc1",
            "web@dc2 -> db@dc1": UNREACHABLE,
            "web@dc3 -> api@dc1": UNREACHABLE,
        }
    )


@pytest.mark.row("exports")
def test_what_is_no_longer_exported_is_unreachable(configured: Configured, client: Client) -> None:
    configured.apply("exports: {dc1: {api: [dc2, dc3]}}")
    client.expect({"web@dc2 -> api@dc1": "api@dc1", "web@dc3 -> api@dc1": "api@dc1"})

    configured.apply("exports: {dc1: {api: [dc3]}}")

    client.expect({"web@dc2 -> api@dc1": UNREACHABLE, "web@dc3 -> api@dc1": "api@dc1"})


@pytest.mark.row("exports")
def test_a_wildcard_export_opens_every_service_and_intentions_still_decide(
    configured: Configured, client: Client
) -> None:
    configured.apply(
        """
        exports: {dc1: {"*": [dc2]}}
        intentions: {dc1: {db: [{from: web@dc2, action: deny}]}}
        """
    )

    client.expect(
        {
            "web@dc2 -> api@dc1": "api@dc1",
            "web@dc2 -> db@dc1": DENIED,
            "web@dc3 -> api@dc1": UNREACHABLE,
        }
    )


@pytest.mark.row("exports")
@pytest.mark.parametrize("protocol", ["tcp", "http"])
def test_a_service_exported_by_name_beside_a_wildcard_is_reachable_for_both(
    configured: Configured, client: Client, protocol: str
) -> None:
    configured.apply(
        f"service_defaults: {{dc1: {{api: {{protocol: {protocol}}}}}}}",
        'exports: {dc1: {"*": [dc2], api: [dc3]}}',
    )

    client.expect(
        {
            "web@dc2 -> api@dc1": "api@dc1",
            "web@dc3 -> api@dc1": "api@dc1",
            "web@dc2 -> db@dc1": "db@dc1",
            "web@dc3 -> db@dc1": UNREACHABLE,
        }
    )


@pytest.mark.row("exports")
@pytest.mark.parametrize(("protocol", "hidden"), [("tcp", UNREACHABLE), ("http", "api@dc1")])
def test_a_raw_entry_can_take_a_service_out_of_its_wildcard_and_validate_says_so(
    configured: Configured, client: Client, protocol: str, hidden: str
) -> None:
    configured.apply(
        f"service_defaults: {{dc1: {{api: {{protocol: {protocol}}}}}}}",
        """
        config_entries:
          dc1:
            - Kind: exported-services
              Name: default
              Services:
                - {Name: "*", Consumers: [{Peer: us}]}
                - {Name: api, Consumers: [{Peer: dc3}]}
        """,
    )

    assert configured.warnings() == ["hidden-wildcard"]
    client.expect(
        {
            "web@dc2 -> api@dc1": hidden,
            "web@dc3 -> api@dc1": "api@dc1",
            "web@dc2 -> db@dc1": "db@dc1",
        }
    )


def test_a_deny_of_everyone_here_lets_every_peer_through_and_validate_says_so(
    configured: Configured, client: Client
) -> None:
    configured.apply(TO_ALL, 'intentions: {dc1: {api: [{from: "*", action: deny}]}}')

    assert configured.warnings() == ["peers-not-denied"]
    client.expect(
        {
            "web@dc1 -> api": DENIED,
            "web@dc2 -> api@dc1": "api@dc1",
            "web@dc3 -> api@dc1": "api@dc1",
        }
    )


def test_a_deny_of_everyone_everywhere_closes_peers_too(configured: Configured, client: Client) -> None:
    configured.apply(TO_ALL, 'intentions: {dc1: {api: [{from: "*@*", action: deny}]}}')

    assert configured.warnings() == []
    client.expect(
        {
            "web@dc1 -> api": DENIED,
            "web@dc2 -> api@dc1": DENIED,
            "cli@dc2 -> api@dc1": DENIED,
            "web@dc3 -> api@dc1": DENIED,
        }
    )


def test_a_caller_by_name_wins_over_everyone(configured: Configured, client: Client) -> None:
    configured.apply(
        TO_ALL,
        """
        intentions:
          dc1:
            api:
              - {from: "*@*", action: deny}
              - {from: web@dc2, action: allow}
        """,
    )

    client.expect(
        {
            "web@dc2 -> api@dc1": "api@dc1",
            "cli@dc2 -> api@dc1": DENIED,
            "web@dc3 -> api@dc1": DENIED,
            "web@dc1 -> api": DENIED,
        }
    )


def test_everyone_of_one_cluster_is_that_cluster_only(configured: Configured, client: Client) -> None:
    configured.apply(TO_ALL, 'intentions: {dc1: {api: [{from: "*@dc2", action: deny}]}}')

    client.expect(
        {
            "web@dc2 -> api@dc1": DENIED,
            "cli@dc2 -> api@dc1": DENIED,
            "web@dc3 -> api@dc1": "api@dc1",
            "web@dc1 -> api": "api@dc1",
        }
    )


def test_a_whole_mesh_is_closed_but_for_what_is_named(configured: Configured, client: Client) -> None:
    configured.apply(
        """
        exports: {dc1: {"*": [dc2, dc3]}}
        intentions:
          dc1:
            "*": [{from: "*@*", action: deny}]
            api: [{from: web@dc2, action: allow}]
        """
    )

    client.expect(
        {
            "web@dc2 -> api@dc1": "api@dc1",
            "web@dc2 -> db@dc1": DENIED,
            "cli@dc2 -> api@dc1": DENIED,
            "web@dc3 -> api@dc1": DENIED,
            "web@dc3 -> db@dc1": DENIED,
            "web@dc1 -> api": DENIED,
        }
    )


@pytest.mark.parametrize(
    ("source", "open_to"),
    [
        ("web@dc2", {"web@dc2 -> api@dc3"}),
        ("web", {"web@dc3 -> api"}),
        ('"*"', {"web@dc3 -> api"}),
        ('"*@dc2"', {"web@dc2 -> api@dc3", "cli@dc2 -> api@dc3"}),
        ('"*@*"', {"web@dc2 -> api@dc3", "cli@dc2 -> api@dc3", "web@dc3 -> api"}),
        ("web@dc1", set()),
    ],
)
def test_where_nothing_is_allowed_by_default_a_source_opens_exactly_what_it_names(
    configured: Configured, client: Client, world: TrafficLab, source: str, open_to: set[str]
) -> None:
    # Below 1.18 there is no default_intention_policy: there everyone is denied everywhere instead.
    closed = "" if world.agents["dc3"].default == "deny" else '"*": [{from: "*@*", action: deny}], '
    configured.apply(
        f"""
        exports: {{dc3: {{api: [dc2]}}}}
        intentions: {{dc3: {{{closed}api: [{{from: {source}, action: allow}}]}}}}
        """
    )

    asked = ("web@dc2 -> api@dc3", "cli@dc2 -> api@dc3", "web@dc3 -> api")
    client.expect({text: "api@dc3" if text in open_to else DENIED for text in asked})


def test_an_intention_at_the_calling_side_has_no_effect(configured: Configured, client: Client) -> None:
    configured.apply(
        TO_ALL,
        """
intentions:
  dc2: {api: [{from: "*@*", action: deny}]}
""",
    )

    client.expect({"web@dc2 -> api@dc1": "api@dc1", "shop@dc2 -> api": DENIED})
