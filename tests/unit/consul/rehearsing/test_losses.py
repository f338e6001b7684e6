"""What becomes of calls where a cluster, a gateway, a service or a peering is lost."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.reaching.rehearsal import fate, why
from reconciler.sdk.access.rehearsal import Loss, LossKind
from reconciler.sdk.address import Address
from reconciler_consul.rehearsing.cautions import cautions
from reconciler_consul.rehearsing.concerned import rehearsed
from reconciler_consul.rehearsing.losing import lost
from reconciler_consul.rehearsing.running import running
from reconciler_consul.worlds.form import NAMED
from reconciler_consul.worlds.given import given

CLUSTER, GATEWAY, SERVICE, PEERING = LossKind


def cluster(*entries: dict[str, Any], services: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return {
        "datacenter": "dc",
        "version": "1.20.0",
        "default_intention": "allow",
        "gateway": True,
        "services": [{"name": name} for name in services],
        "config_entries": list(entries),
        **more,
    }


def exports(service: str, *peers: str) -> dict[str, Any]:
    item = {"Name": service, "Consumers": [{"Peer": peer} for peer in peers]}
    return {"Kind": "exported-services", "Name": "default", "Services": [item]}


def peering(one: str, other: str) -> dict[str, Any]:
    return {"acceptor": one, "dialer": other, "name_at_acceptor": other, "name_at_dialer": one}


FAILOVER = {
    "Kind": "service-resolver",
    "Name": "api",
    "Failover": {"*": {"Targets": [{"Service": "api", "Peer": "dc1"}, {"Service": "api", "Peer": "dc3"}]}},
}


def world(**more: Any) -> dict[str, Any]:
    """web in dc2 calls its own `api`, which fails over to dc1 and then to dc3, and `pay` of dc1."""
    there = exports("api", "dc2")
    both = {**there, "Services": [*there["Services"], *exports("pay", "dc2")["Services"]]}
    clusters = {
        "dc1": cluster(both, services=("api", "pay")),
        "dc2": cluster(FAILOVER, services=("api", "web")),
        "dc3": cluster(exports("api", "dc2"), services=("api",)),
    }
    return {"clusters": clusters | more, "peerings": [peering("dc1", "dc2"), peering("dc3", "dc2")]}


def fates(given: dict[str, Any], *losses: Loss) -> dict[str, str]:
    found = {}
    for one in rehearsed(given, losses):
        question, after = one.before.question, one.after
        said = fate(one.before, after).value
        found[f"{question.caller} -> {question.to}"] = (
            f"{said} {after.answered_by}" if said == "fails-over" else said
        )
    return found


def test_a_call_fails_over_to_the_next_target_and_what_has_none_dies() -> None:
    one, both = Loss(SERVICE, "dc2", "api"), Loss(CLUSTER, "dc1")
    assert fates(world(), one)["web@dc2 -> api@dc2"] == "fails-over api@dc1"
    found = fates(world(), one, both)
    assert found["web@dc2 -> api@dc2"] == "fails-over api@dc3"
    assert found["web@dc2 -> pay@dc1"] == "dies"


def test_a_lost_cluster_does_not_count_what_it_calls_itself() -> None:
    assert not any(call.startswith("pay@dc1") for call in fates(world(), Loss(CLUSTER, "dc1")))


def test_a_lost_service_does_not_count_what_it_calls_itself() -> None:
    found = fates(world(), Loss(SERVICE, "dc2", "api"), Loss(GATEWAY, "dc1"))
    assert [call for call in found if call.startswith("api@dc2")] == []
    assert found["web@dc2 -> pay@dc1"] == "dies"


def test_of_what_is_declared_the_callers_are_those_that_are_named() -> None:
    """There `*` stands for services that nothing names: they are no callers besides the others."""
    found = fates({**world(), NAMED: True}, Loss(GATEWAY, "dc1"))
    assert found["web@dc2 -> pay@dc1"] == "dies"
    assert not any(call.startswith("*@dc2") for call in found)


def test_a_lost_cluster_is_the_reason_and_not_its_gateway() -> None:
    calls = rehearsed(world(), [Loss(CLUSTER, "dc1")])
    said = {reason.text for call in calls if (reason := why(call.after)) is not None}
    assert "dc1 is down" in said
    assert not any("dc1 has no mesh gateway" in text for text in said)


def test_critical_instances_of_a_peer_do_not_move_a_failover_on_but_a_lost_gateway_does() -> None:
    local = cluster(FAILOVER, services=("web",))
    there = {"dc2": local}
    hidden = fates(world(**there), Loss(SERVICE, "dc1", "api"))
    assert hidden["web@dc2 -> api@dc2"] == "dies"
    assert fates(world(**there), Loss(GATEWAY, "dc1"))["web@dc2 -> api@dc2"] == "fails-over api@dc3"


def test_a_local_gateway_matters_only_where_the_mode_is_local() -> None:
    assert fates(world(), Loss(GATEWAY, "dc2"))["web@dc2 -> pay@dc1"] == "goes-on"
    mode = {"Kind": "proxy-defaults", "Name": "global", "MeshGateway": {"Mode": "local"}}
    local = cluster(FAILOVER, mode, services=("api", "web"))
    assert fates(world(dc2=local), Loss(GATEWAY, "dc2"))["web@dc2 -> pay@dc1"] == "dies"


def test_without_a_peering_its_calls_die_and_a_failover_goes_on_to_the_next() -> None:
    local = cluster(FAILOVER, services=("web",))
    found = fates(world(dc2=local), Loss(PEERING, "dc2", "dc1"))
    assert found["web@dc2 -> pay@dc1"] == "dies"
    assert found["web@dc2 -> api@dc2"] == "fails-over api@dc3"


def test_what_was_denied_or_not_exported_was_dead_already() -> None:
    deny = {"Kind": "service-intentions", "Name": "pay"}
    deny["Sources"] = [{"Name": "web", "Peer": "dc2", "Action": "deny"}]  # type: ignore[assignment]
    there = world()
    there["clusters"]["dc1"]["config_entries"].append(deny)
    assert fates(there, Loss(CLUSTER, "dc1"))["web@dc2 -> pay@dc1"] == "dead-already"


def test_many_callers_of_a_cluster_are_one() -> None:
    many = cluster(FAILOVER, services=tuple(f"s{number}" for number in range(60)))
    found = fates(world(dc2=many), Loss(CLUSTER, "dc1"))
    assert found["*@dc2 -> pay@dc1"] == "dies"
    assert len(found) < 10


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (Loss(CLUSTER, "dc9"), "there is no cluster dc9"),
        (Loss(SERVICE, "dc1", "nope"), "there is no service nope in dc1"),
        (Loss(PEERING, "dc1", "dc3"), "there is no peering of dc1 and dc3"),
        (Loss(GATEWAY, "dc4"), "there is no mesh gateway in dc4 that passes"),
    ],
)
def test_what_is_not_there_cannot_be_lost(loss: Loss, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        lost(world(dc4=cluster(gateway=False)), [loss])


def test_the_world_that_is_given_stays_as_it_is() -> None:
    given = world()
    lost(given, [Loss(CLUSTER, "dc1"), Loss(SERVICE, "dc3", "api"), Loss(PEERING, "dc1", "dc2")])
    assert given == world()


def test_services_and_gateways_can_be_taken_to_run() -> None:
    given = world(dc1=cluster(exports("api", "dc2"), gateway=False))
    pay = {Address.parse("service_defaults.dc1/pay"): {"Protocol": "http"}}
    made = running(given, pay)["clusters"]["dc1"]
    assert made["gateway"] is True
    assert [one["name"] for one in made["services"]] == ["api", "pay"]
    assert made["config_entries"] == [exports("api", "dc2")]


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ((Loss(SERVICE, "dc2", "api"), Loss(CLUSTER, "dc1")), True),  # dc1 is passed over on the way to dc3
        ((Loss(CLUSTER, "dc1"),), True),
        ((Loss(GATEWAY, "dc1"),), False),  # its servers see that
        ((Loss(CLUSTER, "dc3"),), False),  # nothing was answered there
    ],
)
def test_calls_that_leave_a_lost_cluster_need_proxies_that_may_eject_its_gateways(
    losses: tuple[Loss, ...], said: bool
) -> None:
    given = world(dc2=cluster(FAILOVER, services=("web",)))
    if losses[0].kind is SERVICE:
        given = world()
    found = list(cautions(given, losses, list(rehearsed(given, losses))))
    assert [text for text in found if "max_ejection_percent: 100" in text and "dc1" in text] == found
    assert bool(found) is said


def test_names_that_a_file_leaves_out_are_those_of_the_clusters() -> None:
    spelled = {"kind": "service-intentions", "name": "api", "sources": [{"name": "web", "peer": "dc2"}]}
    clusters = {
        "dc1": {"services": [{"name": "db", "namespace": None}], "config_entries": [spelled]},
        "dc2": {"config_entries": []},
    }
    made = running(given({"clusters": clusters, "peerings": [{"acceptor": "dc1", "dialer": "dc2"}]}), {})
    found = {name: [one["name"] for one in cluster["services"]] for name, cluster in made["clusters"].items()}
    assert found == {"dc1": ["api", "db"], "dc2": ["web"]}
