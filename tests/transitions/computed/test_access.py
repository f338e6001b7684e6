"""The oracle of access, on small worlds: what is exported, where a chain ends, which intention counts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.emulator import Request, Response, World
from tests.support.virtual import Clock
from tests.transitions.computed.access import ALL, REQUESTS, Access, more
from tests.transitions.configurations.flavours import community, enterprise

CE = community("1.20")
SERVICES = ("api", "db", "web")


class Held:
    """Servers that somebody writes to."""

    def __init__(self) -> None:
        self.world: World = CE.world(Clock())
        self.access = Access(self.world, CE, SERVICES)

    def ask(self, cluster: str, method: str, path: str, body: Any = None) -> Any:
        reply = self.world.handle(cluster, Request(method, path, "", {}, json.dumps(body).encode()))
        assert isinstance(reply, Response)
        assert reply.status == 200, reply.body
        return reply.json() if reply.body.strip() else None

    def put(self, cluster: str, kind: str, name: str, **fields: Any) -> None:
        self.ask(cluster, "PUT", "/v1/config", {"Kind": kind, "Name": name, **fields})

    def peer(self, one: str, other: str, name: str) -> None:
        """A peering that `one` calls by this name."""
        token = self.ask(one, "POST", "/v1/peering/token", {"PeerName": name})["PeeringToken"]
        self.ask(other, "POST", "/v1/peering/establish", {"PeerName": one, "PeeringToken": token})

    def calls(self, caller: str, cluster: str, default: str = "allow") -> set[str]:
        """Which services the caller's `web` reaches in full."""
        return {
            call.service
            for call, mask in self.access.now().items()
            if (call.caller, call.cluster, call.source, call.default) == (caller, cluster, "web", default)
            and mask == ALL
        }


@pytest.fixture
def held() -> Held:
    return Held()


def test_what_is_not_exported_is_reached_by_nobody_else(held: Held) -> None:
    held.peer("dc1", "dc2", "east")
    assert held.calls("dc2", "dc1") == set()
    held.put(
        "dc1", "exported-services", "default", Services=[{"Name": "api", "Consumers": [{"Peer": "east"}]}]
    )
    assert held.calls("dc2", "dc1") == {"api"}
    assert held.calls("dc2", "dc1", "deny") == set()
    assert held.calls("dc3", "dc1") == set()


def test_a_caller_is_the_cluster_behind_a_name(held: Held) -> None:
    held.put(
        "dc1", "exported-services", "default", Services=[{"Name": "api", "Consumers": [{"Peer": "east"}]}]
    )
    held.peer("dc1", "dc2", "east")
    before = held.access.now()
    held.ask("dc1", "DELETE", "/v1/peering/east")
    held.ask("dc2", "DELETE", "/v1/peering/dc1")
    held.peer("dc1", "dc3", "east")
    assert held.calls("dc2", "dc1") == set()
    assert held.calls("dc3", "dc1") == {"api"}
    assert {call.caller for call in more(held.access.now(), before, before)} == {"dc3"}


def test_a_chain_of_an_exported_name_ends_at_other_services(held: Held) -> None:
    held.peer("dc1", "dc2", "east")
    held.put("dc1", "proxy-defaults", "global", Config={"protocol": "http"})
    held.put("dc1", "service-resolver", "api", Redirect={"Service": "db"})
    held.put(
        "dc1", "exported-services", "default", Services=[{"Name": "api", "Consumers": [{"Peer": "east"}]}]
    )
    assert held.calls("dc2", "dc1") == {"db"}
    held.put("dc1", "service-resolver", "api", Failover={"*": {"Targets": [{"Service": "web"}]}})
    assert held.calls("dc2", "dc1") == {"api", "web"}


def test_the_strongest_intention_counts(held: Held) -> None:
    assert held.calls("dc1", "dc1") == set(SERVICES)
    held.put("dc1", "service-intentions", "*", Sources=[{"Name": "*", "Action": "deny"}])
    assert held.calls("dc1", "dc1") == set()
    held.put("dc1", "service-intentions", "db", Sources=[{"Name": "*", "Action": "allow"}])
    assert held.calls("dc1", "dc1") == {"db"}
    allow, deny = {"Name": "*", "Action": "allow"}, {"Name": "web", "Action": "deny"}
    held.put("dc1", "service-intentions", "db", Sources=[allow, deny])
    assert held.calls("dc1", "dc1") == set()


def test_permissions_allow_some_requests(held: Held) -> None:
    held.put("dc1", "service-defaults", "db", Protocol="http")
    allow = {"Action": "allow", "HTTP": {"PathPrefix": "/v1", "Methods": ["GET"]}}
    held.put("dc1", "service-intentions", "db", Sources=[{"Name": "web", "Permissions": [allow]}])
    found = {
        call.default: mask
        for call, mask in held.access.now().items()
        if (call.caller, call.service, call.source, call.cluster) == ("dc1", "db", "web", "dc1")
    }
    wanted = [path.startswith("/v1") and method == "GET" for path, method, _ in REQUESTS]
    assert found == {"allow": ALL, "deny": sum(1 << bit for bit, is_so in enumerate(wanted) if is_so)}


def test_partitions_of_one_server_are_callers_of_their_own() -> None:
    flavour = enterprise("1.20")
    world = flavour.world(Clock())
    access = Access(world, flavour, SERVICES)
    body = {"Kind": "exported-services", "Name": "default"}
    body |= {"Services": [{"Name": "api", "Consumers": [{"Partition": "team"}]}]}
    world.handle("dc1", Request("PUT", "/v1/config", "", {}, json.dumps(body).encode()))
    found = {(call.caller, call.cluster) for call in access.now() if call.service == "api"}
    assert ("team", "dc1") in found
    assert ("dc1", "team") not in found


def test_an_exact_source_for_every_service_counts_beside_a_wider_one_for_this(held: Held) -> None:
    """Proxies take an exact source out of the wider ones behind it, and of none before it."""
    held.put("dc1", "service-intentions", "api", Sources=[{"Name": "*", "Action": "allow"}])
    held.put("dc1", "service-intentions", "*", Sources=[{"Name": "web", "Action": "deny"}])
    assert "api" not in held.calls("dc1", "dc1")
    assert "api" in held.calls("dc1", "dc1", "deny")
    held.put("dc1", "service-intentions", "api", Sources=[{"Name": "web", "Action": "allow"}])
    assert "api" in held.calls("dc1", "dc1")


def test_what_callers_see_by_its_own_name(held: Held) -> None:
    held.peer("dc1", "dc2", "east")
    held.put(
        "dc1", "exported-services", "default", Services=[{"Name": "api", "Consumers": [{"Peer": "east"}]}]
    )
    assert held.access.shown() == {("dc2", "dc1", "api")}
