"""Where things may live: editions, namespaces, federations, and one cluster under two names."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler import app
from reconciler.emulator import World
from reconciler.emulator.serve.transport import SandboxTransport
from reconciler.model.failure import Cause, ExitCode, Failure
from reconciler.model.plan import Mode
from tests.flows.servers.test_capabilities import blocked, laboratory, one, page
from tests.support.lab import Lab, UseCases
from tests.support.virtual import CLOCK

Alter = Callable[[Any], None]


class Disguise(httpx.AsyncBaseTransport):
    """A sandbox whose clusters say of themselves what a test wants: answers altered by path.

    As Enterprise servers do, it takes partitions and namespaces: it leaves them out of what it passes on.
    """

    def __init__(self, lab: Lab) -> None:
        self.inner = SandboxTransport(lab.world)
        self.ports = {lab.world.url(name).rpartition(":")[2]: name for name in lab.names}
        self.alter: dict[tuple[str, str], Alter] = {}
        self.enterprise: set[str] = set()

    def licensed(self, name: str) -> None:
        """This cluster runs Enterprise."""
        self.enterprise.add(name)
        self.alter[name, "/v1/agent/self"] = lambda v: v["Config"].update(
            Version=v["Config"]["Version"] + "+ent"
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = self.ports[str(request.url.port)]
        if name in self.enterprise or request.url.params.get("dc"):
            kept = [(k, v) for k, v in request.url.params.multi_items() if k not in ("ns", "partition", "dc")]
            request.url = request.url.copy_with(params=kept)
        answer = await self.inner.handle_async_request(request)
        alter = self.alter.get((name, request.url.path))
        if alter is None:
            return answer
        value = json.loads(await answer.aread())
        alter(value)
        return httpx.Response(answer.status_code, json=value, request=request)


class DisguisedLab(UseCases):
    """A laboratory in disguise; of a federation, the first is the primary datacenter."""

    def __init__(self, folder: Path, text: str, *versions: str, federation: tuple[str, ...] = ()) -> None:
        self.inner = laboratory(folder, text, *versions)
        self.events = self.inner.events
        self.federate(*federation)

    def federate(self, *names: str) -> None:
        """Put fresh clusters in the place of these, some of them one federation."""
        self.inner.specs = [
            replace(spec, primary=names[0] if spec.name in names[1:] else "") for spec in self.inner.specs
        ]
        self.inner.world = World(self.inner.specs, clock=CLOCK, delays=False)
        self.disguise = Disguise(self.inner)

    def declare(self, text: str) -> None:
        """Replace what is declared besides the clusters."""
        self.inner.write(self.inner.clusters_yaml() + text)

    def options(self, **more: Any) -> app.Options:
        plain = self.inner.options(**more)
        transports = dict.fromkeys(self.inner.names, self.disguise)
        return replace(plain, transports=transports)


PEERED = "peerings:\n  - {between: [dc1, dc2]}\n"


async def test_two_datacenters_of_one_federation_are_not_peered(tmp_path: Path) -> None:
    more = "exports:\n  dc1: {api: [dc2, dc3]}\n"
    text = "peerings:\n  - {mesh: [dc1, dc2, dc3]}\n" + more
    lab = DisguisedLab(tmp_path, text, "1.20", "1.20", "1.20", federation=("dc1", "dc2"))
    domain = lab.inner.call("dc2", "GET", "/v1/connect/ca/roots")["TrustDomain"]

    plan = await lab.plan()

    assert blocked(plan)["peering.dc1/dc2"] == (
        f"dc1 and dc2 are datacenters of one WAN federation (dc1 and dc2, trust domain {domain}): "
        "one certificate authority, one set of config entries [one-federation]"
    )
    assert blocked(plan)["exported_services.dc1/default"] == "needs peering.dc1/dc2, which is blocked"
    assert "peering.dc1/dc3" not in blocked(plan), "each of them may peer with others"
    assert "peering.dc2/dc3" not in blocked(plan)
    assert "main.yaml:6:5)" in page(plan)


@pytest.mark.parametrize("version", ["1.14", "1.16", "1.18", "1.20", "1.22"])
async def test_a_federation_peers_with_others_and_not_within_itself(tmp_path: Path, version: str) -> None:
    text = "peerings:\n  - {mesh: [dc1, dc2, dc3]}\nexports:\n  dc1: {api: [dc3]}\n"
    lab = DisguisedLab(tmp_path, text, version, version, version, federation=("dc1", "dc2"))

    done = await lab.apply()
    again = await lab.plan()

    assert done.outcome is not None
    assert (done.outcome.added, done.outcome.failed) == (3, ())
    assert [str(change.address) for change in again.actions] == ["peering.dc1/dc2"]
    for cluster in ("dc1", "dc2"):
        (row,) = lab.inner.call(cluster, "GET", "/v1/peerings")
        assert (row["Name"], row["State"]) == ("dc3", "ACTIVE")
    assert lab.inner.call("dc1", "GET", "/v1/config/exported-services")
    assert lab.inner.call("dc2", "GET", "/v1/config/exported-services") == []


async def test_what_the_primary_declares_the_secondary_has(tmp_path: Path) -> None:
    text = "service_defaults:\n  dc1: {api: {protocol: http}}\n"
    lab = DisguisedLab(tmp_path, text, "1.20", "1.20", federation=("dc1", "dc2"))

    await lab.apply()
    again = await lab.plan()

    assert lab.inner.call("dc2", "GET", "/v1/config/service-defaults/api")["Protocol"] == "http"
    assert again.actions == ()


async def test_a_copy_on_the_secondary_that_is_as_declared_is_left_alone(tmp_path: Path) -> None:
    text = "service_defaults:\n  dc1: {api: {protocol: http}}\n  dc2: {api: {protocol: http}}\n"
    lab = DisguisedLab(tmp_path, text, "1.20", "1.20", federation=("dc1", "dc2"))

    first = await lab.apply()
    again = await lab.plan()

    assert set(blocked(first.plan)) == {"service_defaults.dc2/api"}
    assert blocked(again) == {}
    assert lab.inner.writes == ["PUT dc1/v1/config"]


SECONDARY = """
service_defaults:
  dc1: {api: {protocol: http}}
  dc2: {web: {protocol: http}}
intentions:
  dc2: {web: [{from: api, action: allow}]}
"""


async def test_config_entries_of_a_secondary_datacenter_belong_to_the_primary(tmp_path: Path) -> None:
    lab = DisguisedLab(tmp_path, SECONDARY, "1.20", "1.20", federation=("dc1", "dc2"))

    applied = await lab.apply()

    why = (
        "dc2 is a secondary datacenter of a WAN federation: its config entries and policies are those of the "
        "primary, dc1 [secondary-datacenter]"
    )
    found = {address: reason.replace("dc1 (dc1)", "dc1") for address, reason in blocked(applied.plan).items()}
    assert found == {"service_defaults.dc2/web": why, "service_intentions.dc2/web": why}
    assert one(applied.plan, "service_defaults.dc2/web").notes == ("declare it on dc1",)
    assert lab.inner.writes == ["PUT dc1/v1/config"]


async def test_a_secondary_alone_says_where_its_primary_is(tmp_path: Path) -> None:
    lab = DisguisedLab(tmp_path, "service_defaults:\n  dc1: {web: {protocol: http}}\n", "1.20")
    lab.disguise.alter["dc1", "/v1/agent/self"] = lambda v: v["Config"].update(PrimaryDatacenter="main")

    plan = await lab.plan()

    assert "those of the primary, main [secondary-datacenter]" in blocked(plan)["service_defaults.dc1/web"]
    assert one(plan, "service_defaults.dc1/web").notes == (
        "declare it on a cluster whose address is in main",
    )


async def test_resources_of_a_cluster_that_became_a_secondary_are_not_deleted(tmp_path: Path) -> None:
    lab = DisguisedLab(tmp_path, SECONDARY, "1.20", "1.20")
    await lab.apply()
    lab.federate("dc1", "dc2")
    # Its identity changes with its trust domain, so the record says that this is another cluster.
    with pytest.raises(Failure) as caught:
        await lab.plan(Mode.DESTROY)

    assert caught.value.cause is Cause.WRONG_CLUSTER


async def test_removing_from_a_secondary_would_remove_from_the_primary(tmp_path: Path) -> None:
    lab = DisguisedLab(tmp_path, SECONDARY, "1.20", "1.20")
    await lab.apply()
    lab.inner.clear()
    lab.disguise.alter["dc2", "/v1/agent/self"] = lambda v: v["Config"].update(PrimaryDatacenter="dc1")

    plan = await lab.plan(Mode.DESTROY)

    assert set(blocked(plan)) == {"service_defaults.dc2/web", "service_intentions.dc2/web"}
    assert one(plan, "service_defaults.dc2/web").notes == (
        'to leave it alone: reconciler state rm "service_defaults.dc2/web"',
    )


MOVED = "service_defaults:\n  {here}: {{api: {{protocol: {protocol}}}}}\n"


@pytest.mark.parametrize("protocol", ["http", "grpc"], ids=["as it is", "with a change"])
@pytest.mark.parametrize("targets", [(), ("service_defaults.dc1/api",)], ids=["all", "narrowed"])
async def test_what_moves_to_a_secondary_is_not_removed_from_the_primary(
    tmp_path: Path, protocol: str, targets: tuple[str, ...]
) -> None:
    lab = DisguisedLab(
        tmp_path, MOVED.format(here="dc1", protocol="http"), "1.20", "1.20", federation=("dc1", "dc2")
    )
    await lab.apply()
    lab.inner.clear()
    lab.declare(MOVED.format(here="dc2", protocol=protocol))

    plan = (await lab.apply(targets=targets)).plan

    assert blocked(plan)["service_defaults.dc1/api"] == (
        "service_defaults.dc2/api is declared, and is the same object: dc2 is a secondary datacenter of the "
        "WAN federation whose primary is dc1 [secondary-datacenter]"
    )
    assert one(plan, "service_defaults.dc1/api").notes == (
        'declare it on dc1, or give it up: reconciler state rm "service_defaults.dc1/api"',
    )
    assert lab.inner.writes == []
    assert lab.inner.call("dc1", "GET", "/v1/config/service-defaults/api")["Protocol"] == "http"


async def test_what_moves_back_to_the_primary_changes_nothing(tmp_path: Path) -> None:
    both = "service_defaults:\n  dc1: {api: {protocol: http}}\n  dc2: {api: {protocol: http}}\n"
    lab = DisguisedLab(tmp_path, both, "1.20", "1.20", federation=("dc1", "dc2"))
    await lab.apply()
    await lab.apply()
    lab.inner.clear()
    lab.declare(MOVED.format(here="dc1", protocol="http"))

    plan = (await lab.apply()).plan

    assert set(blocked(plan)) <= {"service_defaults.dc2/api"}
    assert lab.inner.writes == []


async def test_a_destroy_removes_what_is_declared_on_both(tmp_path: Path) -> None:
    both = "service_defaults:\n  dc1: {api: {protocol: http}}\n  dc2: {api: {protocol: grpc}}\n"
    lab = DisguisedLab(tmp_path, both, "1.20", "1.20", federation=("dc1", "dc2"))
    await lab.apply()

    done = await lab.apply(Mode.DESTROY)

    assert blocked(done.plan) == {}
    assert lab.inner.call("dc1", "GET", "/v1/config/service-defaults") == []


@pytest.mark.parametrize(("version", "allowed"), [("1.14.4", False), ("1.14.5", True), ("1.15.0", True)])
async def test_a_secondary_accepts_peerings_since_1_14_5(tmp_path: Path, version: str, allowed: bool) -> None:
    lab = DisguisedLab(tmp_path, PEERED, "1.14", "1.20")
    lab.disguise.alter["dc1", "/v1/agent/self"] = lambda v: v["Config"].update(
        PrimaryDatacenter="main", Version=version
    )

    plan = await lab.plan()

    assert ("peering.dc1/dc2" not in blocked(plan)) is allowed
    if not allowed:
        assert "needs Consul 1.14.5, it runs 1.14.4" in blocked(plan)["peering.dc1/dc2"]
        assert one(plan, "peering.dc1/dc2").notes == ("let the other end accept: acceptor: dc2",)


async def test_one_cluster_declared_twice_is_an_error_that_names_both(tmp_path: Path) -> None:
    lab = DisguisedLab(tmp_path, PEERED, "1.20", "1.20", "1.20", federation=("dc2", "dc3"))
    domain = lab.inner.call("dc2", "GET", "/v1/connect/ca/roots")["TrustDomain"]
    lab.disguise.alter["dc3", "/v1/agent/self"] = lambda v: v["Config"].update(Datacenter="dc2")

    with pytest.raises(Failure) as caught:
        await lab.plan()

    assert caught.value.summary == "dc2 and dc3 are the same cluster"
    assert f"{domain}/dc2" in caught.value.detail
    assert "main.yaml:3:3" in caught.value.detail
    assert caught.value.exit_code is ExitCode.REFUSED
    assert lab.inner.writes == []


SCOPED = """
config_entries:
  dc1:
    - {Kind: service-defaults, Name: api, Namespace: finance, Protocol: http}
    - {Kind: service-defaults, Name: web, Protocol: http}
"""


async def test_a_namespace_on_community_is_blocked_with_its_place(tmp_path: Path) -> None:
    lab = DisguisedLab(tmp_path, SCOPED, "1.20")

    applied = await lab.apply()

    assert blocked(applied.plan) == {
        "service_defaults.dc1:default:finance/api": 'namespace "finance" needs Consul Enterprise, '
        "dc1 runs 1.20.0 (Community) [needs-enterprise]"
    }
    assert "[needs-enterprise] (" in page(applied.plan)
    assert "main.yaml:6:7)" in page(applied.plan)
    assert lab.inner.writes == ["PUT dc1/v1/config"], "the other entry is made"


async def test_a_partition_of_a_community_cluster_blocks_all_that_is_in_it(tmp_path: Path) -> None:
    lab = DisguisedLab(
        tmp_path, PEERED + "service_defaults:\n  dc2: {api: {protocol: http}}\n", "1.20", "1.20"
    )
    configuration = lab.inner.folder / "main.yaml"
    address = lab.inner.world.url("dc2")
    configuration.write_text(
        configuration.read_text().replace(f'"{address}"', f'"{address}", partition: team')
    )

    plan = await lab.plan()

    assert plan.deferred == ()
    assert set(blocked(plan)) == {"peering.dc1/dc2", "service_defaults.dc2:team/api"}
    for why in blocked(plan).values():
        assert why == (
            'partition "team" needs Consul Enterprise, dc2 runs 1.20.0 (Community) [needs-enterprise]'
        )


EXPORTED = """
peerings:
  - {between: [dc1, dc2], names: {dc1: east, dc2: west}}
exports:
  dc1:
    billing: {to: [dc2], namespace: finance}
    api: [dc2]
"""


async def test_only_the_default_namespace_reaches_a_community_peer(tmp_path: Path) -> None:
    lab = DisguisedLab(tmp_path, EXPORTED, "1.20", "1.20")
    lab.disguise.licensed("dc1")

    plan = await lab.plan()

    assert blocked(plan) == {
        "exported_services.dc1/default": '"billing" of namespace "finance" is exported to dc2, which runs '
        "Community Edition: it only sees the default namespace [default-namespace]"
    }
    assert one(plan, "exported_services.dc1/default").notes == ("export it from the default namespace",)


async def test_between_two_enterprise_clusters_any_namespace_may_be_exported(tmp_path: Path) -> None:
    lab = DisguisedLab(tmp_path, EXPORTED, "1.20", "1.20")
    lab.disguise.licensed("dc1")
    lab.disguise.licensed("dc2")

    assert blocked(await lab.plan()) == {}


async def test_an_enterprise_importer_does_not_help_a_community_exporter(tmp_path: Path) -> None:
    lab = DisguisedLab(tmp_path, EXPORTED, "1.20", "1.20")
    lab.disguise.licensed("dc2")

    why = blocked(await lab.plan())["exported_services.dc1/default"]

    assert why.startswith("Services.Namespace needs Consul Enterprise, dc1 runs 1.20.0 (Community)")


async def test_two_partitions_of_one_cluster_cannot_be_peered(tmp_path: Path) -> None:
    lab = DisguisedLab(tmp_path, PEERED, "1.20", "1.20")
    configuration = lab.inner.folder / "main.yaml"
    text = configuration.read_text()
    for name, partition in (("dc1", "east"), ("dc2", "west")):
        lab.disguise.licensed(name)
        lab.disguise.alter[name, "/v1/connect/ca/roots"] = lambda v: v.update(TrustDomain="1.consul")
        lab.disguise.alter[name, "/v1/agent/self"] = lambda v: v["Config"].update(
            Datacenter="main", PrimaryDatacenter="main", Version="1.20.0+ent"
        )
        address = lab.inner.world.url(name)
        text = text.replace(f'"{address}"', f'"{address}", partition: {partition}')
    configuration.write_text(text)

    plan = await lab.plan()

    assert blocked(plan) == {"peering.dc1/dc2": "dc1 and dc2 are one cluster, datacenter main [one-cluster]"}
