"""A cluster of several servers: its address is a follower's."""

from __future__ import annotations

import pytest

from reconciler.emulator import ClusterSpec
from tests.unit.emulator.conftest import SandboxLab

WRONG = {"Kind": "service-splitter", "Name": "api", "Splits": [{"Weight": 50}]}


def several(version: str = "1.20") -> SandboxLab:
    return SandboxLab(ClusterSpec("dc1", version=version, servers=3), ClusterSpec("dc2", version=version))


def test_what_the_leader_refuses_comes_as_an_rpc_s_error() -> None:
    lab = several()

    told = [lab.ask(name, "PUT", "/v1/config", WRONG).body.decode() for name in ("dc1", "dc2")]

    assert told[0] == f"rpc error making call: {told[1]}"
    assert lab.ask("dc1", "GET", "/v1/catalog/nodes?dc=dc9").body == b"No path to datacenter"


def test_the_leader_is_another_server_and_after_an_election_yet_another() -> None:
    lab = several()
    servers = lab.ask("dc1", "GET", "/v1/status/peers").json()
    first = lab.ask("dc1", "GET", "/v1/status/leader").json()
    lab.world.leader_change("dc1")
    lab.now += 1.0
    second = lab.ask("dc1", "GET", "/v1/status/leader").json()

    assert len(servers) == 3
    assert {first, second} == set(servers[1:])


@pytest.mark.parametrize(
    ("version", "status", "prefix"),
    [("1.14", 500, "rpc error: code = Unavailable desc = "), ("1.20", 503, "")],
)
def test_a_follower_says_that_it_does_not_reach_the_leader_that_was(
    version: str, status: int, prefix: str
) -> None:
    lab = several(version)
    dead = lab.ask("dc1", "GET", "/v1/status/leader").json()
    lab.world.leader_change("dc1", outage_s=2.0)

    read = lab.ask("dc1", "GET", "/v1/config/mesh")
    token = lab.ask("dc1", "POST", "/v1/peering/token", {"PeerName": "x"})
    lab.now += 2.1

    dialed = f"dial tcp 127.0.0.1:0->{dead}: connect: connection refused"
    assert (read.status, read.body.decode()) == (
        500,
        f"rpc error getting client: failed to get conn: {dialed}",
    )
    assert (token.status, token.body.decode()) == (
        status,
        f'{prefix}connection error: desc = "transport: Error while dialing: {dialed}"',
    )
    assert lab.ask("dc1", "GET", "/v1/config/mesh").status == 200
