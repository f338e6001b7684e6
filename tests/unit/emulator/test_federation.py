"""A secondary datacenter: what it copies and when, and what it does without its primary."""

from __future__ import annotations

import time
from typing import Any

import pytest

from reconciler.emulator import ClusterSpec, SandboxOptions, World
from tests.unit.emulator.conftest import SandboxLab


def federated(**more: Any) -> SandboxLab:
    primaries = {"dc2": "dc1"}
    lab = SandboxLab(*(ClusterSpec(n, primary=primaries.get(n, ""), **more) for n in ("dc1", "dc2", "dc3")))
    lab.now = 100.0
    return lab


def write(lab: SandboxLab, cluster: str, name: str, protocol: str = "http") -> Any:
    body = {"Kind": "service-defaults", "Name": name, "Protocol": protocol}
    return lab.ask(cluster, "PUT", "/v1/config", body)


def names(lab: SandboxLab, cluster: str) -> list[str]:
    return [entry["Name"] for entry in lab.ask(cluster, "GET", "/v1/config/service-defaults").json()]


def test_copies_come_in_a_burst_of_five_and_then_once_a_second() -> None:
    lab = federated()
    for number in range(6):
        write(lab, "dc1", f"s{number}")
        lab.ask("dc2", "GET", "/v1/status/leader")
    seen = names(lab, "dc2")
    lab.now += 1.01

    assert seen == ["s0", "s1", "s2", "s3", "s4"]
    assert names(lab, "dc2") == [f"s{number}" for number in range(6)]
    assert names(lab, "dc3") == []


def test_a_waiting_query_on_the_secondary_wakes_with_the_copy() -> None:
    lab = federated()
    write(lab, "dc1", "api")
    found = lab.ask("dc2", "GET", "/v1/config/service-defaults/api")
    waiting = lab.send(
        "dc2", "GET", f"/v1/config/service-defaults/api?index={found.headers['X-Consul-Index']}&wait=60s"
    )
    write(lab, "dc2", "api", "grpc")
    lab.ask("dc2", "GET", "/v1/status/leader")

    assert waiting.ready()  # type: ignore[union-attr]
    assert lab.world.resume(waiting).json()["Protocol"] == "grpc"  # type: ignore[arg-type]


def test_a_query_that_waits_at_another_datacenter_goes_on_there() -> None:
    lab = federated()
    write(lab, "dc1", "api")
    index = lab.ask("dc1", "GET", "/v1/config/service-defaults/api").headers["X-Consul-Index"]
    waiting = lab.send("dc2", "GET", f"/v1/config/service-defaults/api?dc=dc1&index={index}&wait=60s")
    write(lab, "dc1", "api", "grpc")

    assert lab.world.resume(waiting).json()["Protocol"] == "grpc"  # type: ignore[arg-type]


def test_what_was_written_while_they_were_apart_is_copied_afterwards() -> None:
    lab = federated()
    lab.world.cut("dc1", "dc2")
    write(lab, "dc1", "api")
    lab.now += 3.0
    apart = names(lab, "dc2")
    refused = write(lab, "dc2", "web")
    lab.world.mend("dc1", "dc2")
    lab.now += 2.0

    assert apart == []
    assert (refused.status, refused.body.decode()[:27]) == (500, "rpc error getting client: f")
    assert names(lab, "dc2") == ["api"]


def test_an_election_of_the_primary_is_reported_by_the_secondary() -> None:
    lab = federated()
    lab.world.leader_change("dc1", outage_s=5.0)

    refused = write(lab, "dc2", "api")

    assert (refused.status, refused.body) == (500, b"rpc error making call: No cluster leader")
    assert lab.ask("dc2", "GET", "/v1/config/service-defaults").status == 200


def test_a_federation_needs_a_primary() -> None:
    with pytest.raises(ValueError, match="needs a primary datacenter, 'dc9' is none"):
        World([ClusterSpec("dc2", primary="dc9")], time.monotonic)
    chain = [ClusterSpec("dc1"), ClusterSpec("dc2", primary="dc1"), ClusterSpec("dc3", primary="dc2")]
    with pytest.raises(ValueError, match="'dc3' needs a primary datacenter, 'dc2' is none"):
        World(chain, time.monotonic)


def test_options_name_federations_with_the_primary_first() -> None:
    options = SandboxOptions(clusters=("a", "b", "c"), federations=[("b", "a")])

    assert [spec.primary for spec in options.specs()] == ["b", "", ""]
    with pytest.raises(ValueError, match="a federation names x"):
        SandboxOptions(clusters=("a",), federations=[("a", "x")])
    with pytest.raises(ValueError, match="in two federations"):
        SandboxOptions(clusters=("a", "b", "c"), federations=[("a", "b"), ("a", "c")])
