"""Partitions and namespaces end to end: Enterprise sandboxes, and configurations of both editions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.emulator import ClusterSpec, Request, Response, World
from reconciler.emulator.serve.transport import SandboxTransport
from reconciler.model.change import Action
from reconciler.model.failure import Failure
from reconciler.model.plan import Mode, Plan
from tests.flows.peerings.test_rotation import rotate
from tests.flows.servers.test_capabilities import blocked, one, page
from tests.support.lab import Lab
from tests.support.virtual import CLOCK

# dc1 and team are two partitions of one server, west is a partition of another one, old is Community.
SERVERS = {
    "dc1": ClusterSpec("dc1", version="1.20+ent", port=8500, partitions=("team", "team:finance")),
    "dc3": ClusterSpec("dc3", version="1.18+ent", port=8520, partitions=("west",)),
    "old": ClusterSpec("old", version="1.20", port=8540),
}
CLUSTERS = """
clusters:
  dc1: {address: "http://127.0.0.1:8500"}
  team: {address: "http://127.0.0.1:8500", partition: team, namespace: finance}
  west: {address: "http://127.0.0.1:8520", partition: west}
  old: {address: "http://127.0.0.1:8540"}
"""


class Partitions(Lab):
    """A laboratory of three servers and four declared clusters."""

    def __init__(
        self,
        folder: Path,
        text: str,
        clusters: str = CLUSTERS,
        servers: Mapping[str, ClusterSpec] = SERVERS,
    ) -> None:
        super().__init__(folder, clusters=1)
        self.specs = list(servers.values())
        self.world = World(self.specs, clock=CLOCK, delays=False)
        self.names = ["dc1", "team", "west", "old"]
        self.write(clusters + text)

    def options(self, **more: Any) -> app.Options:
        transports = dict.fromkeys(self.names, SandboxTransport(self.world))
        return app.Options(root=self.folder, environ=self.environ, transports=transports, **more)

    def ask(self, server: str, path: str) -> Any:
        plain, _, query = path.partition("?")
        reply = self.world.handle(server, Request("GET", plain, query))
        assert isinstance(reply, Response)
        return reply.json() if reply.status == 200 else None

    def token(self, server: str, partition: str, rules: str) -> str:
        """Make a policy in a partition and a token with it."""
        answer: Any = None
        for path, body in (
            ("/v1/acl/policy", {"Name": "reconciler", "Rules": rules}),
            ("/v1/acl/token", {"Policies": [{"Name": "reconciler"}]}),
        ):
            root = {"x-consul-token": "root"}
            request = Request("PUT", path, f"partition={partition}", root, json.dumps(body).encode())
            reply = self.world.handle(server, request)
            assert isinstance(reply, Response)
            assert reply.status == 200, reply.body
            answer = reply.json()
        return str(answer["SecretID"])

    async def problems(self) -> list[str]:
        found = app.validate(self.options())
        return [
            f"{p.position} {p.code}: {p.summary}".replace(f"{self.folder}/", "") for p in found.diagnostics
        ]


CONFIGURATION = """
peerings:
  - {between: [team, west], names: {team: far-west, west: near-team}}
  - {between: [team, old]}
exports:
  team: {billing: [west, dc1]}
  west: {billing: [team]}
  dc1: {billing: [team]}
intentions:
  team:
    billing:
      - {from: web@west, action: allow}
      - {from: portal@dc1, action: allow}
      - {from: ledger, action: allow}
      - {from: audit, namespace: default, action: allow}
      - {from: "*@*", action: deny}
service_defaults:
  team: {billing: {protocol: http}, split: {protocol: http}}
  dc1: {billing: {protocol: http}}
failover:
  team: {billing: [billing@west, billing@dc1]}
mesh:
  team: {transparent_proxy: {mesh_destinations_only: true}}
config_entries:
  team:
    - {Kind: proxy-defaults, Name: global, Config: {protocol: http}}
    - {Kind: service-router, Name: billing, Routes: [{Destination: {Service: ledger}}]}
    - {Kind: service-defaults, Name: ledger, Protocol: http}
    - {Kind: service-splitter, Name: split, Splits: [{Weight: 50}, {Weight: 50, Service: ledger}]}
    - {Kind: sameness-group, Name: all, Members: [{Partition: team}, {Peer: far-west}]}
    - {Kind: service-defaults, Name: api, Namespace: default, UpstreamConfig: {Overrides: [{Name: db}]}}
"""


def lines(plan: Plan) -> list[str]:
    return sorted(str(change.address) for change in plan.actions)


async def test_a_whole_configuration_is_applied_planned_empty_drifts_and_goes(tmp_path: Path) -> None:
    lab = Partitions(tmp_path, CONFIGURATION)
    assert await lab.problems() == []

    first = await lab.apply()
    assert blocked(first.plan) == {}
    assert first.outcome is not None
    assert first.outcome.failed == ()
    assert lines(first.plan) == [
        "config_entry.team:team/sameness-group/all",
        "exported_services.dc1/default",
        "exported_services.team:team/team",
        "exported_services.west:west/west",
        "mesh.team:team/mesh",
        "peering.team/old",
        "peering.team/west",
        "proxy_defaults.team:team/global",
        "service_defaults.dc1/billing",
        "service_defaults.team:team:default/api",
        "service_defaults.team:team:finance/billing",
        "service_defaults.team:team:finance/ledger",
        "service_defaults.team:team:finance/split",
        "service_intentions.team:team:finance/billing",
        "service_resolver.team:team:finance/billing",
        "service_router.team:team:finance/billing",
        "service_splitter.team:team:finance/split",
    ]

    again = await lab.plan()
    assert [(str(c.address), c.action, c.fields) for c in again.actions] == []
    assert again.deferred == ()

    lab.call("dc1", "DELETE", "/v1/config/exported-services/team")
    drift = await lab.plan(Mode.REFRESH_ONLY)
    assert [str(change.address) for change in drift.changes if change.drift] == [
        "exported_services.team:team/team"
    ]
    drifted = await lab.plan()
    assert lines(drifted) == ["exported_services.team:team/team"]
    await lab.apply()

    gone = await lab.apply(Mode.DESTROY)
    assert gone.outcome is not None
    assert gone.outcome.failed == ()
    assert (await lab.state()).resources == {}
    for path in ("/v1/config/", "/v1/config/?partition=team", "/v1/config/?partition=team&ns=finance"):
        assert lab.ask("dc1", path) == [], path
    assert lab.ask("dc1", "/v1/peerings?partition=team") == []
    assert lab.ask("old", "/v1/peerings") == []


async def test_what_stands_on_the_servers(tmp_path: Path) -> None:
    lab = Partitions(tmp_path, CONFIGURATION)
    await lab.apply()

    exports = lab.ask("dc1", "/v1/config/exported-services/team?partition=team")
    assert exports["Services"] == [
        {
            "Name": "billing",
            "Namespace": "finance",
            "Consumers": [{"Partition": "default"}, {"Peer": "far-west"}],
        }
    ]
    sources = lab.ask("dc1", "/v1/config/service-intentions/billing?partition=team&ns=finance")["Sources"]
    shown = {(s["Name"], s.get("Peer"), s.get("Partition"), s["Namespace"]): s["Action"] for s in sources}
    assert shown == {
        ("web", "far-west", None, "default"): "allow",
        ("portal", None, "default", "default"): "allow",
        ("ledger", None, "team", "finance"): "allow",
        ("audit", None, "team", "default"): "allow",
        ("*", None, "team", "*"): "deny",
        ("*", None, "default", "*"): "deny",
        ("*", "far-west", None, "*"): "deny",
        ("*", "old", None, "*"): "deny",
    }
    resolver = lab.ask("dc1", "/v1/config/service-resolver/billing?partition=team&ns=finance")
    assert resolver["Failover"]["*"]["Targets"] == [
        {"Service": "billing", "Peer": "far-west"},
        {"Service": "billing", "Partition": "default", "Namespace": "default"},
    ]
    (link,) = lab.ask("dc3", "/v1/peerings?partition=west")
    assert (link["Name"], link["State"], link["Remote"]["Partition"]) == ("near-team", "ACTIVE", "team")
    assert lab.ask("dc1", "/v1/peerings") == []
    assert lab.ask("dc3", "/v1/peerings") == []


async def test_the_secret_of_a_partitions_link_is_renewed(tmp_path: Path) -> None:
    lab = Partitions(tmp_path, CONFIGURATION)
    await lab.apply()
    before = lab.ask("dc1", "/v1/peering/far-west?partition=team")["ID"]
    lab.clear()

    done = await rotate(lab, "peering.team/west")

    assert done.outcome is not None
    assert done.outcome.failed == ()
    assert lab.ask("dc1", "/v1/peering/far-west?partition=team")["ID"] == before
    queries = {r.query for r in lab.world.requests if r.method == "POST" and "peering" in r.path}
    assert queries == {"partition=team", "partition=west"}
    assert lines(await lab.plan()) == []


async def test_a_source_of_the_default_namespace_is_not_one_of_ones_own(tmp_path: Path) -> None:
    """`Namespace: default` inside another namespace must neither be lost nor taken for the own one."""
    text = """
config_entries:
  team:
    - Kind: service-intentions
      Name: billing
      Sources: [{Name: web, Namespace: default, Action: allow}, {Name: web, Action: deny}]
"""
    lab = Partitions(tmp_path, text)
    await lab.apply()
    path = "/v1/config/service-intentions/billing?partition=team&ns=finance"
    assert {s["Namespace"]: s["Action"] for s in lab.ask("dc1", path)["Sources"]} == {
        "default": "allow",
        "finance": "deny",
    }
    assert lines(await lab.plan()) == []

    spelled = text.replace("{Name: web, Action", "{Name: web, Namespace: finance, Partition: team, Action")
    lab.write(CLUSTERS + spelled)
    assert lines(await lab.plan()) == [], "what only repeats the own place is no change"

    body = {
        "Kind": "service-intentions",
        "Name": "billing",
        "Partition": "team",
        "Namespace": "finance",
        "Sources": [
            {"Name": "web", "Action": "deny"},
            {"Name": "web", "Namespace": "default", "Action": "deny"},
        ],
    }
    lab.call("dc1", "PUT", "/v1/config", body)
    assert lines(await lab.plan()) == ["service_intentions.team:team:finance/billing"]


async def test_missing_partitions_and_namespaces_are_reported_before_any_write(
    tmp_path: Path,
) -> None:
    clusters = CLUSTERS.replace("partition: west", "partition: wset").replace("finance", "fnance")
    lab = Partitions(tmp_path, CONFIGURATION, clusters)

    plan = await lab.plan()

    why = {address: reason for address, reason in blocked(plan).items() if not reason.startswith("needs ")}
    assert why["peering.team/west"] == 'west has no partition "wset" [unknown-partition]'
    assert why["service_defaults.team:team:fnance/billing"] == (
        'team, partition team, has no namespace "fnance" [unknown-namespace]'
    )
    assert one(plan, "peering.team/west").notes == (
        "create it on west first: consul partition create -name wset",
    )
    assert "mesh.team:team/mesh" not in why
    assert lab.writes == []


async def test_a_mixed_configuration_blocks_what_community_cannot_have(tmp_path: Path) -> None:
    text = """
peerings:
  - {between: [team, old]}
exports:
  team: {billing: [old]}
  old: {api: {to: [team], namespace: finance}}
intentions:
  old:
    api: [{from: billing@team, action: allow}]
config_entries:
  old:
    - {Kind: service-defaults, Name: api, Namespace: finance}
"""
    lab = Partitions(tmp_path, text)

    applied = await lab.apply()

    shown = blocked(applied.plan)
    assert shown["exported_services.team:team/team"] == (
        '"billing" of namespace "finance" is exported to old, which runs Community Edition: it only sees the '
        "default namespace [default-namespace]"
    )
    assert shown["exported_services.old/default"].startswith(
        "Services.Namespace needs Consul Enterprise, old"
    )
    assert shown["service_intentions.old/api"].startswith("Sources.Namespace needs Consul Enterprise, old")
    assert shown["service_defaults.old:default:finance/api"].startswith('namespace "finance" needs Consul')
    assert "main.yaml:18:7)" in page(applied.plan)
    assert lab.writes == ["POST dc1/v1/peering/token", "POST old/v1/peering/establish"]


async def test_a_row_that_leads_to_another_partition_is_somebody_elses(tmp_path: Path) -> None:
    lab = Partitions(tmp_path, "peerings:\n  - {between: [team, old]}\n")
    token = lab.call("dc1", "POST", "/v1/peering/token", {"PeerName": "old"})["PeeringToken"]
    lab.call("old", "POST", "/v1/peering/establish", {"PeerName": "team", "PeeringToken": token})

    plan = await lab.plan()

    assert "leads to another partition, default" in blocked(plan)["peering.team/old"]
    assert lab.ask("old", "/v1/peering/team")["State"] == "ACTIVE"


async def test_a_destroy_of_one_partition_leaves_the_other_alone(tmp_path: Path) -> None:
    text = "service_defaults:\n  dc1: {api: {protocol: http}}\n  west: {api: {protocol: grpc}}\n"
    lab = Partitions(tmp_path, text)
    await lab.apply()
    lab.write(CLUSTERS + "service_defaults:\n  dc1: {api: {protocol: http}}\n")

    applied = await lab.apply()

    assert [(str(c.address), c.action) for c in applied.plan.actions] == [
        ("service_defaults.west:west/api", Action.DELETE)
    ]
    assert lab.ask("dc1", "/v1/config/service-defaults/api")["Protocol"] == "http"


async def test_a_cluster_with_recorded_resources_cannot_become_another_partition(
    tmp_path: Path,
) -> None:
    """An address shows its partition unless that is the default one; a peering's never does."""
    text = "peerings:\n  - {between: [west, old]}\nservice_defaults:\n  west: {api: {protocol: http}}\n"
    lab = Partitions(tmp_path, text)
    await lab.apply()
    lab.write(CLUSTERS.replace(", partition: west", "") + text)
    lab.clear()

    with pytest.raises(Failure) as caught:
        await lab.plan()

    assert caught.value.summary == "west is declared as the partition default, and the state knows it as west"
    assert caught.value.detail == "recorded in west: peering.west/old"
    assert lab.writes == []


async def test_entries_move_along_where_their_addresses_show_the_partition(tmp_path: Path) -> None:
    text = "service_defaults:\n  west: {api: {protocol: http}}\n"
    lab = Partitions(tmp_path, text)
    await lab.apply()
    lab.write(CLUSTERS.replace(", partition: west", "") + text)

    await lab.apply()

    assert lab.ask("dc3", "/v1/config/service-defaults/api")["Partition"] == "default"
    assert lab.ask("dc3", "/v1/config/service-defaults/api?partition=west") is None
    lab.write(CLUSTERS + text)
    with pytest.raises(Failure, match="declared as the partition west"):
        await lab.plan()


async def test_of_two_partitions_of_one_server_one_may_get_another_name(tmp_path: Path) -> None:
    text = "service_defaults:\n  dc1: {api: {protocol: http}}\n  team: {api: {protocol: grpc}}\n"
    lab = Partitions(tmp_path, text)
    await lab.apply()
    lab.names.append("crew")
    lab.write((CLUSTERS + text).replace("team: {", "crew: {"))
    lab.clear()

    assert lines(await lab.plan()) == []
    await lab.apply()
    assert lab.writes == []
    assert {str(address) for address in (await lab.state()).resources} == {
        "service_defaults.dc1/api",
        "service_defaults.crew:team:finance/api",
    }


# What `validate` can tell without a server


DECLARED = CLUSTERS.replace('8540"}', '8540", edition: community}')


async def test_two_partitions_of_one_server_are_not_peered(tmp_path: Path) -> None:
    lab = Partitions(tmp_path, "peerings:\n  - {between: [dc1, team]}\n")
    assert await lab.problems() == [
        'main.yaml:8:5 one-cluster: "dc1" and "team" are partitions of one cluster, which cannot be peered'
    ]


async def test_what_is_declared_as_community_is_refused_with_its_place(tmp_path: Path) -> None:
    text = """
peerings:
  - {between: [team, old]}
exports:
  team: {billing: [old]}
  old: {api: {to: [team], namespace: finance}}
intentions:
  old:
    api: [{from: web, namespace: finance, action: allow}]
config_entries:
  old:
    - Kind: service-resolver
      Name: api
      Namespace: finance
      Redirect: {Service: api, Partition: east}
    - {Kind: service-router, Name: r, Meta: {Namespace: x}, Routes: [{Destination: {Namespace: default}}]}
"""
    lab = Partitions(tmp_path, text, DECLARED)
    community = "needs Consul Enterprise, old is declared as Community"
    assert [p for p in await lab.problems() if "no-protocol" not in p] == [
        'main.yaml:11:10 default-namespace: "billing" of namespace "finance" is exported to old, which is '
        "declared as Community: it only sees the default namespace",
        f'main.yaml:12:9 needs-enterprise: Namespace "finance" {community}',
        f'main.yaml:15:11 needs-enterprise: Namespace "finance" {community}',
        f'main.yaml:20:18 needs-enterprise: Namespace "finance" {community}',
        f'main.yaml:21:43 needs-enterprise: Partition "east" {community}',
    ]


async def test_a_wrong_edition_blocks_all_writes(tmp_path: Path) -> None:
    text = "service_defaults:\n  old: {api: {protocol: http}}\n  dc1: {api: {protocol: http}}\n"
    clusters = CLUSTERS.replace('8540"}', '8540", edition: enterprise}').replace(
        'dc1: {address: "http://127.0.0.1:8500"}',
        'dc1: {address: "http://127.0.0.1:8500", edition: community}',
    )
    lab = Partitions(tmp_path, text, clusters)
    assert blocked(await lab.plan()) == {
        "service_defaults.old/api": "old is declared as Enterprise and runs 1.20.0 [other-edition]",
        "service_defaults.dc1/api": "dc1 is declared as Community and runs 1.20.0+ent [other-edition]",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "failover:\n  team: {billing: [billing@dc1]}\nexports:\n  dc1: {other: [team]}\n",
            'main.yaml:8:20 not-exported: "dc1" does not export "billing" to "team"',
        ),
        (
            "mesh:\n  team: {peering: {peer_through_mesh_gateways: true}}\n",
            "main.yaml:8:48 gateways-partition: peer_through_mesh_gateways has no effect in the partition "
            '"team"',
        ),
        (
            "config_entries:\n  team: [{Kind: exported-services, Name: default, Services: []}]\n",
            'main.yaml:8:42 bad-name: the exported-services entry is called "team", and there is no other',
        ),
        (
            "service_defaults:\n  team: {api: {protocol: http}}\nconfig_entries:\n"
            "  team: [{Kind: service-defaults, Name: api, Namespace: finance}]\n",
            "main.yaml:10:10 duplicate: service_defaults.team:team:finance/api is declared twice",
        ),
    ],
)
async def test_more_that_validate_tells(tmp_path: Path, text: str, said: str) -> None:
    assert said in await Partitions(tmp_path, text).problems()


async def test_one_partition_declared_twice_is_an_error_among_many(tmp_path: Path) -> None:
    clusters = CLUSTERS + '  copy: {address: "http://127.0.0.1:8500", partition: team}\n'
    clusters += '  main: {address: "http://127.0.0.1:8500", partition: default}\n'
    lab = Partitions(tmp_path, "", clusters)
    assert [p.partition(": ")[2] for p in await lab.problems() if "same-address" in p] == [
        '"copy" and "team" have the same address',
        '"main" and "dc1" have the same address',
    ]


# ACLs


async def test_the_policy_that_is_printed_is_enough_and_no_more(tmp_path: Path) -> None:
    servers = {name: replace(spec, acl=True, management_token="root") for name, spec in SERVERS.items()}
    lab = Partitions(tmp_path, CONFIGURATION, servers=servers)
    root = {"x-consul-token": "root"}
    found = await app.policies(lab.options(), only=None, read_only=False)
    for cluster, server, partition in (
        ("team", "dc1", "team"),
        ("dc1", "dc1", "default"),
        ("west", "dc3", "west"),
    ):
        rules = "\n".join(grant.rule for grant in found[cluster])
        lab.environ[f"RECONCILER_TOKEN_{cluster.upper()}"] = lab.token(server, partition, rules)
    lab.environ["RECONCILER_TOKEN_OLD"] = "root"
    assert found["team"][-1].rule == (
        'namespace "finance" { service "billing" { policy = "write"  intentions = "write" }  '
        'service "ledger" { policy = "write" }  service "split" { policy = "write" } }'
    )

    applied = await lab.apply()

    assert blocked(applied.plan) == {}
    assert applied.outcome is not None
    assert [str(failed.error) for failed in applied.outcome.failed] == []
    assert lines(await lab.plan()) == []
    reply = lab.world.handle("dc1", Request("GET", "/v1/acl/policies", "partition=team", root))
    assert isinstance(reply, Response)
    assert [row["Name"] for row in reply.json()] == ["reconciler"]
    destroyed = await lab.apply(Mode.DESTROY)
    assert destroyed.outcome is not None
    assert [str(failed.error) for failed in destroyed.outcome.failed] == []


async def test_a_policy_in_a_partition_of_community_is_blocked_not_deferred(tmp_path: Path) -> None:
    servers = {name: replace(spec, acl=True, management_token="root") for name, spec in SERVERS.items()}
    clusters = CLUSTERS.replace('8540"}', '8540", partition: crew}')
    text = 'acl_policies:\n  old: {observers: {rules: "mesh = \\"read\\""}}\n'
    lab = Partitions(tmp_path, text, clusters, servers)
    lab.environ["RECONCILER_TOKEN_OLD"] = "root"

    plan = await lab.plan()

    assert plan.deferred == ()
    assert blocked(plan) == {
        "acl_policy.old:crew/observers": 'partition "crew" needs Consul Enterprise, old runs 1.20.0 '
        "(Community) [needs-enterprise]"
    }


async def test_what_a_sameness_group_stands_for_is_not_judged(tmp_path: Path) -> None:
    text = """
peerings:
  - {between: [dc1, west]}
failover:
  dc1: {api: [api@west]}
config_entries:
  west:
    - {Kind: sameness-group, Name: all, Members: [{Partition: west}, {Peer: dc1}]}
    - Kind: exported-services
      Name: west
      Services: [{Name: api, Consumers: [{SamenessGroup: all}]}]
"""
    lab = Partitions(tmp_path, text)
    assert await lab.problems() == []

    applied = await lab.apply()

    assert blocked(applied.plan) == {}
    assert lines(await lab.plan()) == []
    found = lab.ask("dc3", "/v1/config/exported-services/west?partition=west")
    assert found["Services"][0]["Consumers"] == [{"SamenessGroup": "all"}]


async def test_rules_for_places_that_community_would_ignore_are_blocked(tmp_path: Path) -> None:
    servers = {name: replace(spec, acl=True, management_token="root") for name, spec in SERVERS.items()}
    rules = 'namespace "finance" { service "api" { policy = "read" } }'
    text = f"acl_policies:\n  old: {{observers: {{rules: '{rules}'}}}}\n"
    lab = Partitions(tmp_path, text, servers=servers)
    lab.environ["RECONCILER_TOKEN_OLD"] = "root"

    assert blocked(await lab.plan()) == {
        "acl_policy.old/observers": 'rules inside namespace "finance" need Consul Enterprise, old runs '
        "1.20.0 (Community), which takes them and ignores them [needs-enterprise]"
    }
