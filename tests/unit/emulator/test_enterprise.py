"""The sandbox's Enterprise flavour: partitions and namespaces, as documented."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from reconciler.emulator import ClusterSpec, SandboxOptions, World
from tests.unit.emulator.conftest import SandboxLab

PLACES = ("team", "team:finance", "default:web", "other")


@pytest.fixture
def lab() -> SandboxLab:
    """dc1 is Enterprise, dc2 is Community, dc3 is Enterprise."""
    return SandboxLab(
        ClusterSpec("dc1", version="1.20+ent", partitions=PLACES),
        ClusterSpec("dc2"),
        ClusterSpec("dc3", version="1.18.2+ent", partitions=("west",)),
        delays=False,
    )


def link(lab: SandboxLab, acceptor: str, dialer: str, names: tuple[str, str] = ("far", "near")) -> None:
    """Peer two places, each as `dc1?partition=team` or `dc2`; acceptor calls the other `far`."""
    (one, _, at), (other, _, there) = acceptor.partition("?"), dialer.partition("?")
    token = lab.ask(one, "POST", f"/v1/peering/token?{at}", {"PeerName": names[0]}).json()["PeeringToken"]
    body = {"PeerName": names[1], "PeeringToken": token}
    assert lab.ask(other, "POST", f"/v1/peering/establish?{there}", body).status == 200
    lab.pass_time(6)


# What it says of itself, and where things may live


def test_a_version_with_the_suffix_is_enterprise(lab: SandboxLab) -> None:
    config = lab.get("dc1", "/v1/agent/self")["Config"]
    assert (config["Version"], config["Partition"]) == ("1.20.0+ent", "default")
    assert lab.get("dc3", "/v1/agent/version")["HumanVersion"] == "1.18.2+ent"
    assert "Partition" not in lab.get("dc2", "/v1/agent/self")["Config"]


def test_default_is_there_from_the_start(lab: SandboxLab) -> None:
    rows = lab.get("dc1", "/v1/partitions")
    assert [row["Name"] for row in rows] == ["default", "other", "team"]
    assert rows[0]["Description"] == "Builtin Default Partition"
    assert [row["Name"] for row in lab.get("dc1", "/v1/namespaces")] == ["default", "web"]
    team = lab.get("dc1", "/v1/namespaces?partition=team")
    assert [(row["Name"], row["Partition"]) for row in team] == [("default", "team"), ("finance", "team")]


def test_partitions_are_made_changed_and_deleted(lab: SandboxLab) -> None:
    made = lab.ask("dc1", "PUT", "/v1/partition", {"Name": "new", "Description": "one"}).json()
    changed = lab.ask("dc1", "PUT", "/v1/partition/new", {"Description": "two"}).json()
    assert (made["Description"], changed["Description"]) == ("one", "two")
    assert changed["CreateIndex"] == made["CreateIndex"] < changed["ModifyIndex"]
    assert lab.get("dc1", "/v1/partition/new") == changed
    assert lab.ask("dc1", "DELETE", "/v1/partition/new").status == 200
    assert lab.ask("dc1", "GET", "/v1/partition/new").status == 404


def test_namespaces_are_made_in_the_partition_of_the_request(lab: SandboxLab) -> None:
    made = lab.ask("dc1", "PUT", "/v1/namespace?partition=team", {"Name": "new", "Meta": {"a": "b"}}).json()
    assert (made["Partition"], made["Meta"]) == ("team", {"a": "b"})
    assert lab.ask("dc1", "GET", "/v1/namespace/new").status == 404
    assert lab.get("dc1", "/v1/namespace/new?partition=team") == made
    assert lab.ask("dc1", "DELETE", "/v1/namespace/new?partition=team").status == 200
    assert lab.ask("dc1", "GET", "/v1/namespace/new?partition=team").status == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/partition", {"Name": "Upper"}),
        ("PUT", "/v1/partition", {"Name": ""}),
        ("PUT", "/v1/partition/a", {"Name": "b"}),
        ("DELETE", "/v1/partition/default", None),
        ("PUT", "/v1/namespace", {"Name": "a b"}),
        ("PUT", "/v1/namespace", {"Name": "x", "Strange": 1}),
        ("DELETE", "/v1/namespace/default", None),
    ],
)
def test_what_cannot_be_a_place_is_refused(lab: SandboxLab, method: str, path: str, body: Any) -> None:
    assert lab.ask("dc1", method, path, body).status == 400


def test_community_has_no_such_endpoints(lab: SandboxLab) -> None:
    for path in ("/v1/partitions", "/v1/partition/default", "/v1/namespaces", "/v1/namespace/default"):
        assert lab.ask("dc2", "GET", path).status == 404
    assert lab.ask("dc2", "PUT", "/v1/partition", {"Name": "x"}).status == 404


def test_a_missing_place_is_empty_and_takes_no_write(lab: SandboxLab) -> None:
    assert lab.get("dc1", "/v1/config/service-defaults?partition=none") == []
    assert lab.get("dc1", "/v1/peerings?partition=none") == []
    assert lab.get("dc1", "/v1/namespaces?partition=none") == []
    assert lab.ask("dc1", "GET", "/v1/namespace/default?partition=none").status == 404
    entry = {"Kind": "service-defaults", "Name": "api"}
    refused = lab.ask("dc1", "PUT", "/v1/config?partition=none", entry)
    assert (refused.status, refused.body) == (500, b"partition not found: none")
    refused = lab.ask("dc1", "PUT", "/v1/config?ns=none", entry)
    assert (refused.status, refused.body) == (500, b"namespace not found: none")
    assert lab.ask("dc1", "POST", "/v1/peering/token?partition=none", {"PeerName": "x"}).status == 500


# Config entries


@pytest.mark.parametrize(
    ("path", "fields", "headers"),
    [
        ("/v1/config?partition=team&ns=finance", {}, {}),
        ("/v1/config", {"Partition": "team", "Namespace": "finance"}, {}),
        ("/v1/config", {"partition": "team", "namespace": "finance"}, {}),
        ("/v1/config", {}, {"x-consul-partition": "team", "x-consul-namespace": "finance"}),
        ("/v1/config?partition=other", {"Partition": "team", "Namespace": "finance"}, {}),
    ],
)
def test_an_entry_goes_where_query_header_or_body_say(
    lab: SandboxLab, path: str, fields: dict[str, str], headers: dict[str, str]
) -> None:
    entry = {"Kind": "service-defaults", "Name": "api", "Protocol": "http", **fields}
    assert lab.ask("dc1", "PUT", path, entry, **headers).json() is True

    found = lab.get("dc1", "/v1/config/service-defaults/api?partition=team&ns=finance")
    assert (found["Partition"], found["Namespace"]) == ("team", "finance")
    for elsewhere in ("", "?partition=team", "?ns=web", "?partition=other"):
        assert lab.get("dc1", f"/v1/config/service-defaults{elsewhere}") == []


def test_each_place_has_its_own_entry_of_a_name(lab: SandboxLab) -> None:
    for place, protocol in (("", "http"), ("?partition=team", "grpc"), ("?ns=web", "tcp")):
        entry = {"Kind": "service-defaults", "Name": "api", "Protocol": protocol}
        assert lab.ask("dc1", "PUT", f"/v1/config{place}", entry).json() is True
    assert lab.ask("dc1", "DELETE", "/v1/config/service-defaults/api?partition=team").status == 200
    assert lab.get("dc1", "/v1/config/service-defaults/api")["Protocol"] == "http"
    assert lab.get("dc1", "/v1/config/service-defaults/api?ns=web")["Protocol"] == "tcp"
    assert lab.ask("dc1", "GET", "/v1/config/service-defaults/api?partition=team").status == 404


def test_what_is_read_can_be_written_back(lab: SandboxLab) -> None:
    entry = {
        "Kind": "service-intentions",
        "Name": "api",
        "Sources": [{"Name": "web", "Action": "allow"}, {"Name": "x", "Peer": "p", "Action": "deny"}],
    }
    lab.ask("dc1", "PUT", "/v1/config?partition=team&ns=finance", entry)
    found = lab.get("dc1", "/v1/config/service-intentions/api?partition=team&ns=finance")
    assert lab.ask("dc1", "PUT", "/v1/config", found).json() is True
    assert lab.get("dc1", "/v1/config/service-intentions/api?partition=team&ns=finance") == found


def test_local_sources_share_the_destinations_place_and_peered_ones_do_not(lab: SandboxLab) -> None:
    sources = [
        {"Name": "web", "Action": "allow"},
        {"Name": "far", "Peer": "p", "Action": "allow"},
        {"Name": "*", "Namespace": "*", "Action": "deny"},
    ]
    entry = {"Kind": "service-intentions", "Name": "api", "Sources": sources}
    lab.ask("dc1", "PUT", "/v1/config?partition=team&ns=finance", entry)
    found = lab.get("dc1", "/v1/config/service-intentions/api?partition=team&ns=finance")["Sources"]
    shown = [(s["Name"], s.get("Partition"), s.get("Namespace"), s["Precedence"]) for s in found]
    assert shown == [
        ("web", "team", "finance", 9),
        ("far", None, "default", 9),
        ("*", "team", "*", 7),
    ]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            {"Name": "a", "Peer": "p", "Partition": "team"},
            "Sources[0].Peer: cannot set Peer and Partition at the same time.",
        ),
        (
            {"Name": "a", "SamenessGroup": "g", "Partition": "team"},
            "Sources[0].SamenessGroup: cannot set SamenessGroup and Partition at the same time",
        ),
        ({"Name": "a", "Namespace": "*"}, "Sources[0].Name: exact value cannot follow wildcard namespace"),
        ({"Name": "*", "Partition": "*"}, "Sources[0].Partition: cannot use wildcard '*' in partition"),
    ],
)
def test_sources_that_are_refused(lab: SandboxLab, source: dict[str, str], said: str) -> None:
    reply = lab.put("dc1", "service-intentions", "api", Sources=[{**source, "Action": "allow"}])
    assert (reply.status, reply.body.decode()) == (500, said)


def test_the_same_source_of_two_namespaces_is_two_sources(lab: SandboxLab) -> None:
    pair = [{"Name": "a", "Action": "allow"}, {"Name": "a", "Namespace": "web", "Action": "deny"}]
    assert lab.put("dc1", "service-intentions", "api", Sources=pair).json() is True
    reply = lab.put("dc1", "service-intentions", "api", Sources=[*pair, {**pair[0], "Namespace": "default"}])
    assert reply.status == 500


def test_exports_are_named_after_their_partition(lab: SandboxLab) -> None:
    services = [{"Name": "api", "Consumers": [{"Peer": "p"}, {"Partition": "other"}]}]
    assert lab.put("dc1", "exported-services", "team", Services=services, Partition="other").json() is True
    found = lab.get("dc1", "/v1/config/exported-services/team?partition=team")
    assert (found["Partition"], found["Services"][0]["Namespace"]) == ("team", "default")
    assert lab.get("dc1", "/v1/config/exported-services?partition=other") == []
    assert lab.put("dc1", "exported-services", "none", Services=services).status == 500
    assert lab.ask("dc1", "DELETE", "/v1/config/exported-services/team").status == 200
    assert lab.get("dc1", "/v1/config/exported-services?partition=team") == []


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ({"Name": "api", "Namespace": "*"}, "service name must be wildcard if namespace is wildcard"),
        ({"Name": "*", "Consumers": [{"Partition": "*"}]}, "exporting to all partitions (wildcard) is not"),
        ({"Name": "*", "Consumers": [{"Peer": "a", "Partition": "b"}]}, "must define at most one of"),
    ],
)
def test_exports_that_are_refused(lab: SandboxLab, service: dict[str, Any], said: str) -> None:
    reply = lab.put(
        "dc1", "exported-services", "default", Services=[{"Consumers": [{"Peer": "p"}], **service}]
    )
    assert reply.status == 500
    assert said in reply.body.decode()


@pytest.mark.parametrize("kind", ["mesh", "proxy-defaults", "exported-services", "sameness-group"])
def test_what_a_partition_shares_is_in_its_default_namespace(lab: SandboxLab, kind: str) -> None:
    entry = {"Kind": kind, "Name": {"proxy-defaults": "global"}.get(kind, "team"), "Members": []}
    kept = {k: v for k, v in entry.items() if k in ("Kind", "Name")[: 1 if kind == "mesh" else 2]}
    body = kept | ({"Members": [{"Partition": "team"}]} if kind == "sameness-group" else {})
    refused = lab.ask("dc1", "PUT", "/v1/config?partition=team&ns=finance", body)
    # The name of exports says where they are, and that is no namespace.
    assert refused.status == (200 if kind == "exported-services" else 500)
    assert lab.ask("dc1", "PUT", "/v1/config?partition=team", body).json() is True


def test_sameness_groups(lab: SandboxLab) -> None:
    members = [{"Partition": "team"}, {"Peer": "far"}]
    assert lab.put("dc1", "sameness-group", "all", Partition="team", Members=members).json() is True
    found = lab.get("dc1", "/v1/config/sameness-group/all?partition=team")
    assert found["Members"] == members
    services = [{"Name": "api", "Consumers": [{"SamenessGroup": "all"}]}]
    assert lab.put("dc1", "exported-services", "team", Services=services).json() is True
    sources = [{"Name": "a", "SamenessGroup": "all", "Action": "allow"}]
    assert lab.put("dc1", "service-intentions", "api", Partition="team", Sources=sources).json() is True
    failover = {"*": {"SamenessGroup": "all"}}
    assert lab.put("dc1", "service-resolver", "api", Partition="team", Failover=failover).json() is True
    assert lab.put("dc1", "sameness-group", "x", Members=[{"Partition": "a", "Peer": "b"}]).status == 500
    assert lab.put("dc1", "sameness-group", "x").status == 500


def test_chains_stay_in_their_namespace_and_may_leave_it_by_name(lab: SandboxLab) -> None:
    lab.put("dc1", "service-defaults", "api", Protocol="http")
    lab.put("dc1", "service-defaults", "api", Namespace="web", Protocol="http")
    splits = [{"Weight": 50}, {"Weight": 50, "Namespace": "default"}]
    assert lab.put("dc1", "service-splitter", "api", Namespace="web", Splits=splits).json() is True
    shown = lab.get("dc1", "/v1/config/service-splitter/api?ns=web")["Splits"]
    assert [split["Namespace"] for split in shown] == ["web", "default"]
    chain = lab.get("dc1", "/v1/discovery-chain/api?ns=web")["Chain"]
    assert sorted(chain["Targets"]) == ["api.default.default.dc1", "api.web.default.dc1"]
    lab.put("dc1", "service-defaults", "api", Protocol="tcp")
    refused = lab.put("dc1", "service-splitter", "api", Namespace="web", Splits=splits, Meta={"a": "b"})
    assert b"inconsistent protocols" in refused.body


def test_proxy_defaults_of_the_partition_count_in_its_namespaces(lab: SandboxLab) -> None:
    lab.put("dc1", "proxy-defaults", "global", Partition="team", Config={"protocol": "http"})
    splits = [{"Weight": 100}]
    assert lab.put(
        "dc1", "service-splitter", "api", Partition="team", Namespace="finance", Splits=splits
    ).json()
    assert lab.put("dc1", "service-splitter", "api", Partition="other", Splits=splits).status == 500


# Peerings


def test_a_partition_has_peerings_of_its_own(lab: SandboxLab) -> None:
    link(lab, "dc1?partition=team", "dc2")
    link(lab, "dc3?partition=west", "dc1?partition=other")

    assert lab.get("dc1", "/v1/peerings") == []
    (team,) = lab.get("dc1", "/v1/peerings?partition=team")
    assert (team["Name"], team["Partition"], team["State"]) == ("far", "team", "ACTIVE")
    assert team["Remote"] == {"Partition": "", "Datacenter": "dc2"}
    (community,) = lab.get("dc2", "/v1/peerings")
    assert "Partition" not in community
    assert (community["State"], community["Remote"]["Partition"]) == ("ACTIVE", "team")
    west = lab.get("dc3", "/v1/peering/far?partition=west")
    other = lab.get("dc1", "/v1/peering/near?partition=other")
    assert (west["State"], west["Remote"]) == ("ACTIVE", {"Partition": "other", "Datacenter": "dc1"})
    assert (other["State"], other["Remote"]) == ("ACTIVE", {"Partition": "west", "Datacenter": "dc3"})


def test_the_same_name_may_be_used_in_each_partition(lab: SandboxLab) -> None:
    link(lab, "dc1?partition=team", "dc2", ("peer", "one"))
    link(lab, "dc1?partition=other", "dc2", ("peer", "two"))
    assert lab.ask("dc1", "DELETE", "/v1/peering/peer?partition=team").status == 200
    lab.pass_time(6)
    assert lab.ask("dc1", "GET", "/v1/peering/peer?partition=team").status == 404
    assert lab.get("dc1", "/v1/peering/peer?partition=other")["State"] == "ACTIVE"
    assert lab.get("dc2", "/v1/peering/one")["State"] == "TERMINATED"
    assert lab.get("dc2", "/v1/peering/two")["State"] == "ACTIVE"


def test_the_partition_of_a_token_may_stand_in_the_body(lab: SandboxLab) -> None:
    reply = lab.ask("dc1", "POST", "/v1/peering/token", {"PeerName": "x", "Partition": "team"})
    token = json.loads(base64.b64decode(reply.json()["PeeringToken"]))
    assert token["Remote"]["Partition"] == "team"
    assert [row["Name"] for row in lab.get("dc1", "/v1/peerings?partition=team")] == ["x"]
    plain = json.loads(base64.b64decode(lab.token("dc1", "y")))
    assert plain["Remote"]["Partition"] == "default"


def test_two_partitions_of_one_cluster_are_not_peered(lab: SandboxLab) -> None:
    token = lab.ask("dc1", "POST", "/v1/peering/token?partition=team", {"PeerName": "other"}).json()
    body = {"PeerName": "team", "PeeringToken": token["PeeringToken"]}
    reply = lab.ask("dc1", "POST", "/v1/peering/establish?partition=other", body)
    assert reply.status == 500
    assert b"if you want to export between partitions without peering" in reply.body


def test_exports_of_a_partition_reach_its_peers(lab: SandboxLab) -> None:
    link(lab, "dc1?partition=team", "dc2")
    services = [
        {"Name": "api", "Consumers": [{"Peer": "far"}]},
        {"Name": "pay", "Namespace": "finance", "Consumers": [{"Peer": "far"}]},
    ]
    lab.put("dc1", "exported-services", "default", Services=services)
    assert lab.get("dc2", "/v1/peering/near")["StreamStatus"]["ImportedServices"] is None
    lab.put("dc1", "exported-services", "team", Services=services)
    assert lab.get("dc2", "/v1/peering/near")["StreamStatus"]["ImportedServices"] == ["api", "finance/pay"]
    resolved = lab.get("dc1", "/v1/exported-services?partition=team")
    assert [(row["Service"], row["Namespace"], row["Partition"]) for row in resolved] == [
        ("api", "default", "team"),
        ("pay", "finance", "team"),
    ]


def test_the_gateways_of_the_default_partition_are_in_every_token(lab: SandboxLab) -> None:
    mesh = {"Kind": "mesh", "Peering": {"PeerThroughMeshGateways": True}}
    assert lab.ask("dc1", "PUT", "/v1/config?partition=team", mesh).json() is True
    assert lab.ask("dc1", "POST", "/v1/peering/token?partition=team", {"PeerName": "x"}).status == 200
    assert lab.ask("dc1", "PUT", "/v1/config", mesh).json() is True
    refused = lab.ask("dc1", "POST", "/v1/peering/token?partition=team", {"PeerName": "y"})
    assert b"no mesh gateway instances are registered" in refused.body


def test_a_server_that_is_down_takes_all_its_partitions_along(lab: SandboxLab) -> None:
    link(lab, "dc1?partition=team", "dc2")
    lab.world.down("dc1")
    assert lab.state("dc2", "near") == "FAILING"
    lab.world.up("dc1")
    lab.pass_time(10)
    assert lab.state("dc2", "near") == "ACTIVE"
    lab.world.cut("dc2", "dc1")
    assert lab.get("dc1", "/v1/peering/far?partition=team")["State"] == "FAILING"
    lab.world.mend("dc1", "dc2")
    lab.pass_time(10)
    assert lab.get("dc1", "/v1/peering/far?partition=team")["State"] == "ACTIVE"


def test_a_new_leader_has_forgotten_the_streams_of_all_partitions() -> None:
    lab = SandboxLab(ClusterSpec("dc1", version="1.20+ent", partitions=("team",)), ClusterSpec("dc2"))
    link(lab, "dc1?partition=team", "dc2")
    lab.world.leader_change("dc1")
    assert lab.get("dc1", "/v1/peering/far?partition=team")["State"] == "PENDING"
    lab.pass_time(10)
    assert lab.get("dc1", "/v1/peering/far?partition=team")["State"] == "ACTIVE"


def test_a_deleted_partition_ends_its_links(lab: SandboxLab) -> None:
    link(lab, "dc1?partition=team", "dc2")
    assert lab.ask("dc1", "DELETE", "/v1/partition/team").status == 200
    assert lab.state("dc2", "near") == "TERMINATED"


# ACLs


def rights(lab: SandboxLab, place: str, rules: str) -> str:
    """Make a policy and a token with it; gives the token's secret."""
    all_ = {"x-consul-token": "root"}
    policy = lab.ask("dc1", "PUT", f"/v1/acl/policy{place}", {"Name": "p", "Rules": rules}, **all_)
    assert policy.status == 200, policy.body
    body = {"Policies": [{"Name": "p"}]}
    return str(lab.ask("dc1", "PUT", f"/v1/acl/token{place}", body, **all_).json()["SecretID"])


@pytest.fixture
def guarded() -> SandboxLab:
    spec = ClusterSpec("dc1", version="1.20+ent", partitions=PLACES, acl=True, management_token="root")
    return SandboxLab(spec, delays=False)


def test_policies_and_tokens_are_of_a_place(guarded: SandboxLab) -> None:
    all_ = {"x-consul-token": "root"}
    rights(guarded, "?partition=team&ns=finance", 'service_prefix "" { policy = "write" }')
    (row,) = guarded.ask("dc1", "GET", "/v1/acl/policies?partition=team&ns=finance", **all_).json()
    assert (row["Name"], row["Partition"], row["Namespace"]) == ("p", "team", "finance")
    elsewhere = guarded.ask("dc1", "GET", "/v1/acl/policies", **all_).json()
    assert [row["Name"] for row in elsewhere] == ["builtin/global-read-only", "global-management"]


def test_a_request_is_where_its_token_is_unless_it_says_otherwise(guarded: SandboxLab) -> None:
    secret = rights(guarded, "?partition=team", 'service_prefix "" { policy = "write" }')
    own = {"x-consul-token": secret}
    entry = {"Kind": "service-defaults", "Name": "api"}
    assert guarded.ask("dc1", "PUT", "/v1/config", entry, **own).json() is True
    assert guarded.ask("dc1", "GET", "/v1/config/service-defaults/api", **own).json()["Partition"] == "team"
    assert guarded.ask("dc1", "PUT", "/v1/config?partition=other", entry, **own).status == 403
    assert guarded.ask("dc1", "PUT", "/v1/config?ns=finance", entry, **own).status == 403


def test_rules_reach_other_places_through_blocks(guarded: SandboxLab) -> None:
    rules = """
      partition "team" { peering = "read"  namespace_prefix "fin" { service "api" { policy = "write" } } }
      namespace "web" { service "api" { policy = "write" } }
    """
    own = {"x-consul-token": rights(guarded, "", rules)}
    entry = {"Kind": "service-defaults", "Name": "api"}
    allowed = {
        place: guarded.ask("dc1", "PUT", f"/v1/config{place}", entry, **own).status
        for place in ("", "?ns=web", "?partition=team", "?partition=team&ns=finance", "?partition=other")
    }
    assert allowed == {
        "": 403,
        "?ns=web": 200,
        "?partition=team": 403,
        "?partition=team&ns=finance": 200,
        "?partition=other": 403,
    }
    assert guarded.ask("dc1", "GET", "/v1/peerings?partition=team", **own).status == 200
    assert guarded.ask("dc1", "GET", "/v1/peerings", **own).status == 403


def test_rules_that_are_not_understood_are_refused(guarded: SandboxLab) -> None:
    all_ = {"x-consul-token": "root"}
    wrong = 'partition "team" { service "a" { policy = "nonsense" } }'
    for rules in (wrong, 'partition "team" {', 'mesh = "read" }'):
        reply = guarded.ask("dc1", "PUT", "/v1/acl/policy", {"Name": "x", "Rules": rules}, **all_)
        assert reply.status == 500, rules


# Adapters


def test_options_make_partitions() -> None:
    options = SandboxOptions(versions={"dc1": "1.20+ent"}, partitions={"dc1": ["team", "team:finance"]})
    world = World(options.specs(), clock=lambda: 0.0)
    assert list(world.clusters) == ["dc1", "dc2"]
    assert sorted(world.clusters["dc1"].store.family) == [
        ("default", "*"),
        ("default", "default"),
        ("team", "*"),
        ("team", "default"),
        ("team", "finance"),
    ]


@pytest.mark.parametrize(
    ("partitions", "said"),
    [
        ({"dc1": ["team"]}, "partitions need Enterprise"),
        ({"dc9": ["team"]}, "there is no such cluster"),
        ({"dc2": ["Team"]}, "is not a name for a partition"),
        ({"dc2": ["team:a b"]}, "is not a name for a namespace"),
    ],
)
def test_options_that_do_not_fit(partitions: dict[str, list[str]], said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        SandboxOptions(versions={"dc2": "1.20+ent"}, partitions=partitions)


@pytest.mark.parametrize("text", ["1.20+enterprise", "1.20+ent1", "+ent", "1.20 +ent.x"])
def test_strange_versions(text: str) -> None:
    with pytest.raises(ValueError, match="is not emulated"):
        SandboxOptions(version=text)
