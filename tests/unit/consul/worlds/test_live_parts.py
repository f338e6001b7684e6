"""The pure parts of a snapshot: which rows are one link, what runs, what must not be in the file."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.sdk.secrets.scrub import MASK
from reconciler_consul.server.default import default_intention
from reconciler_consul.worlds.clocks import offset
from reconciler_consul.worlds.hiding import shown_entry
from reconciler_consul.worlds.protocols import with_protocols
from reconciler_consul.worlds.rows import Rows
from reconciler_consul.worlds.running import gateways, instances, linked_services, services

NOW = datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC)


def row(name: str, id_: str, peer: str = "", state: str = "ACTIVE", **more: Any) -> dict[str, Any]:
    return {"Name": name, "ID": id_, "PeerID": peer, "State": state, **more}


def rows(names: Any = None, unread: Any = None, **clusters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    tables = {name: {one["Name"]: one for one in found} for name, found in clusters.items()}
    return Rows(tables, unread or {}, names or {}).peerings(NOW, addresses=False)


class TestPeerings:
    def test_rows_are_one_link_by_their_ids_and_the_one_with_a_peer_id_dials(self) -> None:
        found = rows(dc1=[row("us", "A")], dc2=[row("eu", "B", "A", "FAILING")])
        assert [
            (one["acceptor"], one["name_at_acceptor"], one["dialer"], one["name_at_dialer"]) for one in found
        ] == [("dc1", "us", "dc2", "eu")]
        assert (found[0]["state_at_acceptor"], found[0]["state_at_dialer"]) == ("ACTIVE", "FAILING")

    def test_one_end_alone_is_there_with_the_other_unknown_by_name(self) -> None:
        found = rows(dc1=[row("dc9", "A")])
        assert (found[0]["acceptor"], found[0]["dialer"]) == ("dc1", "peer:dc9")
        assert "state_at_dialer" not in found[0]

    def test_the_configuration_says_who_the_other_end_is(self) -> None:
        names = {"dc1": {"us": "dc2"}, "dc2": {"eu": "dc1"}}
        found = rows(names, {"dc2": "connection refused"}, dc1=[row("us", "A")])
        assert (found[0]["dialer"], found[0]["name_at_dialer"]) == ("dc2", "eu")
        assert found[0]["unknown_at_dialer"] == "connection refused"

    def test_a_row_that_is_not_there_is_absent_where_the_list_was_read(self) -> None:
        found = rows({"dc1": {"us": "dc2"}}, dc1=[row("us", "A", state="PENDING")], dc2=[])
        assert found[0]["state_at_dialer"] == "ABSENT"

    def test_a_link_of_two_clusters_that_do_not_answer_is_still_named(self) -> None:
        found = rows({"dc1": {"us": "dc2"}, "dc2": {"eu": "dc1"}}, {"dc1": "down", "dc2": "down"})
        assert [(one["acceptor"], one["dialer"], one["name_at_dialer"]) for one in found] == [
            ("dc1", "dc2", "eu")
        ]

    def test_a_row_that_is_being_deleted_says_so(self) -> None:
        found = rows(dc1=[row("us", "A", DeletedAt="2026-11-30T00:00:00Z")], dc2=[row("eu", "B", "A")])
        assert found[0]["state_at_acceptor"] == "DELETING"

    def test_heartbeats_are_ages_in_seconds(self) -> None:
        stream = {"LastHeartbeat": "2026-11-30T11:59:50Z", "ImportedServices": ["b", "a"]}
        found = rows(dc1=[row("us", "A", StreamStatus=stream)], dc2=[row("eu", "B", "A")])
        assert found[0]["heartbeat_age_s"] == 10
        assert found[0]["imported_at_acceptor"] == ["a", "b"]

    def test_addresses_of_servers_are_counted_and_not_kept(self) -> None:
        dialing = row("eu", "B", "A", PeerServerAddresses=["10.0.0.1:8503", "dc1.example:8503"])
        found = rows(dc1=[row("us", "A")], dc2=[dialing])
        assert (found[0]["server_ips_at_dialer"], found[0]["server_hostnames_at_dialer"]) == (1, 1)
        assert found[0]["server_ports_at_dialer"] == ["8503"]
        assert "10.0.0.1" not in json.dumps(found)


def proxy(name: str, id_: str = "") -> dict[str, Any]:
    return {
        "Kind": "connect-proxy",
        "Service": f"{name}-sidecar-proxy",
        "ID": id_ or f"{name}-proxy",
        "Proxy": {"DestinationServiceName": name},
    }


def app(name: str, id_: str = "") -> dict[str, Any]:
    return {"Service": name, "ID": id_ or name}


def running(nodes: dict[str, Any], *critical: tuple[str, str]) -> dict[str, dict[str, Any]]:
    checks = [{"Node": node, "ServiceID": id_, "Status": "critical"} for node, id_ in critical]
    return {one["name"]: one for one in services(instances(nodes, checks), frozenset())}


class TestRunning:
    def test_a_service_is_one_whose_sidecar_passes(self) -> None:
        assert running({"n": [app("api"), proxy("api")]}) == {"api": {"name": "api", "instances": 1}}

    def test_it_is_unhealthy_only_where_all_of_its_sidecars_are_critical(self) -> None:
        nodes = {"n": [proxy("api", "p1"), proxy("api", "p2")]}
        assert "healthy" not in running(nodes, ("n", "p1"))["api"]
        assert running(nodes, ("n", "p1"), ("n", "p2"))["api"]["healthy"] is False

    def test_a_check_of_the_node_counts_for_everything_on_it(self) -> None:
        assert running({"n": [app("api"), proxy("api")]}, ("n", ""))["api"]["healthy"] is False

    def test_a_check_of_the_application_alone_does_not_count(self) -> None:
        assert "healthy" not in running({"n": [app("api"), proxy("api")]}, ("n", "api"))["api"]

    def test_without_a_sidecar_it_is_not_in_the_mesh(self) -> None:
        assert running({"n": [app("api")]})["api"]["sidecar"] is False

    def test_native_applications_and_those_behind_a_terminating_gateway_are(self) -> None:
        native = {**app("api"), "Connect": {"Native": True}}
        assert "sidecar" not in running({"n": [native]})["api"]
        linked = linked_services([{"Kind": "terminating-gateway", "Name": "t", "Services": [{"Name": "db"}]}])
        assert services(instances({"n": [app("db")]}, ()), linked) == [{"name": "db", "instances": 1}]

    def test_servers_and_gateways_are_no_services_but_those_that_call(self) -> None:
        nodes = {
            "n": [
                app("consul"),
                {"Kind": "mesh-gateway", "Service": "mesh-gateway", "ID": "g"},
                {"Kind": "api-gateway", "Service": "edge", "ID": "e"},
            ]
        }
        assert running(nodes) == {"edge": {"name": "edge", "instances": 1, "kind": "api-gateway"}}

    def test_gateways_are_counted(self) -> None:
        gateway = {
            "Kind": "mesh-gateway",
            "Service": "mesh-gateway",
            "ID": "g",
            "TaggedAddresses": {"wan": {}},
        }
        nodes = {"n": [gateway], "m": [{**gateway, "TaggedAddresses": None}]}
        found = gateways(list(instances(nodes, [{"Node": "m", "ServiceID": "g"}])))
        assert found == {"instances": 2, "passing": 1, "with_wan_address": 1}


class TestProtocols:
    SERVICES = ({"name": "api"}, {"name": "db"})

    def test_the_service_s_own_wins_over_that_of_all_proxies(self) -> None:
        entries: list[dict[str, Any]] = [
            {"Kind": "service-defaults", "Name": "api", "Protocol": "grpc"},
            {"Kind": "proxy-defaults", "Name": "global", "Config": {"protocol": "http"}},
        ]
        assert [one["protocol"] for one in with_protocols(self.SERVICES, entries, ())] == ["grpc", "http"]

    def test_it_is_not_said_where_an_entry_may_be_hidden(self) -> None:
        assert with_protocols(self.SERVICES, (), ["service-defaults"]) == list(self.SERVICES)


class TestDefaultIntention:
    """As agents of 1.14 to 1.22 say it."""

    @pytest.mark.parametrize(
        ("acl", "policy", "own", "expected"),
        [
            (False, "allow", None, "allow"),
            (True, "deny", None, "deny"),
            (True, "allow", "", "allow"),
            (False, "allow", "deny", "deny"),
            (True, "deny", "allow", "allow"),
            (False, "deny", "", "allow"),  # without ACLs their default says nothing
        ],
    )
    def test_by_the_agent(self, acl: bool, policy: str, own: str | None, expected: str) -> None:
        debug: dict[str, Any] = {"ACLsEnabled": acl, "ACLResolverSettings": {"ACLDefaultPolicy": policy}}
        debug |= {} if own is None else {"DefaultIntentionPolicy": own}
        assert default_intention({"DebugConfig": debug}, "1.20.0", "") == expected

    def test_where_the_agent_may_not_be_read_it_is_known_of_older_servers_only(self) -> None:
        assert default_intention({}, "1.16.7", "deny") == "deny"
        assert default_intention({}, "1.18.0", "deny") is None
        assert default_intention({}, "unknown", "deny") is None


CANARY = "c4n4ry-in-clear"
KEYS = base64.b64encode(json.dumps({"keys": [{"kty": "oct", "k": CANARY}]}).encode()).decode()
PUBLIC = base64.b64encode(json.dumps({"keys": [{"kty": "RSA", "n": "x", "e": "AQAB"}]}).encode()).decode()
HOLDING: list[dict[str, Any]] = [
    {"Kind": "jwt-provider", "Name": "okta", "JSONWebKeySet": {"Local": {"JWKS": KEYS}}},
    {"Kind": "inline-certificate", "Name": "tls", "PrivateKey": CANARY},
    {"Kind": "proxy-defaults", "Name": "global", "Config": {"envoy_tracing_json": CANARY}},
    {
        "Kind": "proxy-defaults",
        "Name": "global",
        "EnvoyExtensions": [{"Name": "builtin/lua", "Arguments": {"Script": CANARY}}],
    },
    {
        "Kind": "service-router",
        "Name": "api",
        "Routes": [{"Destination": {"RequestHeaders": {"Add": {"Authorization": CANARY}}}}],
    },
    {
        "Kind": "service-splitter",
        "Name": "api",
        "Splits": [{"Weight": 100, "ResponseHeaders": {"Set": {"x-key": CANARY}}}],
    },
    {
        "Kind": "service-defaults",
        "Name": "api",
        "UpstreamConfig": {"Defaults": {"EnvoyListenerJSON": CANARY, "EnvoyClusterJSON": CANARY}},
    },
]


class TestHiding:
    @pytest.mark.parametrize("entry", HOLDING, ids=lambda entry: str(entry["Kind"]))
    def test_no_secret_is_left(self, entry: dict[str, Any]) -> None:
        assert CANARY in json.dumps(entry) or KEYS in json.dumps(entry)
        shown = json.dumps(shown_entry(entry))
        assert CANARY not in shown
        assert KEYS not in shown
        assert MASK in shown

    def test_public_keys_and_the_paths_of_files_are_shown(self) -> None:
        keys = {"Kind": "jwt-provider", "Name": "okta", "JSONWebKeySet": {"Local": {"JWKS": PUBLIC}}}
        assert shown_entry(keys) == keys

    def test_what_decides_about_access_stays(self) -> None:
        entry = {
            "Kind": "proxy-defaults",
            "Name": "global",
            "Config": {"protocol": "http", "local_connect_timeout_ms": 5},
            "MeshGateway": {"Mode": "local"},
        }
        assert shown_entry(entry) == entry

    def test_what_only_the_server_knows_goes(self) -> None:
        entry = {
            "Kind": "service-intentions",
            "Name": "api",
            "Sources": [{"Name": "web", "Action": "allow", "Precedence": 9, "Type": "consul"}],
            "CreateIndex": 7,
            "ModifyIndex": 7,
            "Hash": 1,
        }
        assert shown_entry(entry) == {
            "Kind": "service-intentions",
            "Name": "api",
            "Sources": [{"Name": "web", "Action": "allow"}],
        }


def test_a_slow_answer_is_no_clock_that_is_behind() -> None:
    """Its `Date` is from some time between the request and the end of the answer."""
    date, at = "Mon, 30 Nov 2026 12:00:00 GMT", datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC)
    slow = at + timedelta(seconds=8)
    assert offset(date, slow, at - timedelta(seconds=1)) == 0
    assert offset(date, slow, at + timedelta(seconds=7)) == -7
    assert offset(date, at - timedelta(seconds=40), at - timedelta(seconds=41)) == 40
