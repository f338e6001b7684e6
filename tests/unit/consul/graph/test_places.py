"""Partitions and namespaces (Enterprise): entries of one place are judged by those of their own place, and by
the protocols of others that they name. Held to the sandbox; no Enterprise server was at hand."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from reconciler.emulator import ClusterSpec, Request, Response, World
from reconciler.sdk.foresight import Write
from reconciler_consul.graph import Graph, Servers
from tests.unit.consul.graph.more import More
from tests.unit.consul.graph.support import Value, at, difference, gone, write

SEEDS = int(os.environ.get("GRAPH_SEEDS", "4"))
FIRST = int(os.environ.get("GRAPH_FIRST", "0"))
WRITES = 120
PLACES = (("default", "default"), ("team", "default"), ("team", "finance"))
OF_A_PARTITION = ("proxy-defaults", "mesh", "exported-services", "jwt-provider")
SERVERS = {"dc1": Servers("home", 20, True), "dc1-team": Servers("home", 20, True, "team")}


class Places(More):
    """Draws entries in several places, some of which name another one."""

    def placed(self) -> tuple[Value, tuple[str, str]]:
        """A step, and where it is."""
        step, place = self.write(), self.one(PLACES)
        kind = step.get("body", {}).get("Kind") or step["path"].split("/")[3]
        place = (place[0], "default") if kind in OF_A_PARTITION else place
        body = step.get("body", {})
        if kind == "exported-services":
            body["Name"] = place[0]
        for part in _naming(body):
            if self.chance(0.3) and not part.get("Peer"):
                part["Partition"], part["Namespace"] = self.one(PLACES)
        return step, place


def _naming(body: Value) -> list[Value]:
    """The parts of an entry that may name another place."""
    failovers = body.get("Failover", {}).values()
    return [
        *([body["Redirect"]] if body.get("Redirect") else []),
        *(target for failover in failovers for target in failover.get("Targets", ())),
        *body.get("Splits", ()),
        *(route["Destination"] for route in body.get("Routes", ()) if "Destination" in route),
    ]


def asked(step: Value, place: tuple[str, str]) -> Write:
    """The write of a step, through the cluster whose own the partition is, or by an address that names it."""
    own = place == ("team", "default")
    cluster = "dc1-team" if own else "dc1"
    scope = () if own or place == PLACES[0] else place if place[1] != "default" else place[:1]
    if step["method"] == "DELETE":
        kind, name = step["path"].split("/")[3:5]
        return gone(kind, place[0] if kind == "exported-services" else name, cluster, *scope)
    return write(step["body"], cluster, *scope, partition=SERVERS[cluster].partition)


def ask(world: World, step: Value, place: tuple[str, str]) -> Response:
    path = step["path"].replace("exported-services/default", f"exported-services/{place[0]}")
    body = json.dumps(step["body"]).encode() if "body" in step else b""
    query = f"partition={place[0]}&ns={place[1]}"
    reply = world.handle("dc1", Request(step["method"], path, query, {}, body))
    assert isinstance(reply, Response)
    return reply


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_a_write_is_taken_by_both_or_by_neither(seed: int) -> None:
    spec = ClusterSpec("dc1", version="1.20+ent", datacenter="dc1", partitions=("team", "team:finance"))
    world, made, draw = World([spec], lambda: 1000.0), Graph(SERVERS), Places(seed)
    found = []
    for _ in range(WRITES):
        step, place = draw.placed()
        one = asked(step, place)
        verdict = made.judge(one)
        said = ask(world, step, place)
        if said.status == 200:
            made.put(one)
        found.append(difference(step, verdict, said.status, said.body.decode("utf-8", "replace")))
    assert not any(found), [text for text in found if text]


def test_a_chain_asks_another_place_for_its_protocol() -> None:
    made = Graph(SERVERS)
    made.put(write({"Kind": "service-defaults", "Name": "b", "Protocol": "http"}, "dc1-team"))
    there: dict[str, Any] = {"Service": "b", "Partition": "team"}
    verdict = made.judge(write({"Kind": "service-resolver", "Name": "a", "Redirect": there}))
    assert "inconsistent protocols" in verdict.refused
    assert at("service-defaults", "b", "dc1-team") in verdict.reads


def test_a_chain_that_another_place_broke_stops_every_chain_of_its_own() -> None:
    made = Graph(SERVERS)
    http: Value = {"Kind": "service-defaults", "Protocol": "http"}
    for one in (
        write({**http, "Name": "b"}, "dc1-team"),
        write({**http, "Name": "a"}),
        write({"Kind": "service-resolver", "Name": "a", "Redirect": {"Service": "b", "Partition": "team"}}),
        write({"Kind": "service-intentions", "Name": "a", "Sources": [{"Name": "z", "Action": "allow"}]}),
        write({**http, "Name": "b", "Protocol": "tcp"}, "dc1-team"),
    ):
        assert not made.judge(one).refused
        made.put(one)
    verdict = made.judge(write({"Kind": "service-resolver", "Name": "elsewhere"}))
    assert "inconsistent protocols" in verdict.refused
    assert {at("service-resolver", "a"), at("service-defaults", "b", "dc1-team")} <= verdict.reads


def test_breaking_a_chain_of_another_place_affects_all_writes_judged_there() -> None:
    made = Graph(SERVERS)
    http: Value = {"Kind": "service-defaults", "Protocol": "http"}
    there = {"Service": "b", "Partition": "team"}
    for one in (
        write({**http, "Name": "b"}, "dc1-team"),
        write({**http, "Name": "a"}),
        write({"Kind": "service-resolver", "Name": "a", "Redirect": there}),
        write({"Kind": "service-intentions", "Name": "a", "Sources": [{"Name": "z", "Action": "allow"}]}),
        write({**http, "Name": "elsewhere"}),
    ):
        made.put(one)
    same = made.judge(write({**http, "Name": "b", "Meta": {"owner": "x"}}, "dc1-team"))
    other = made.judge(write({**http, "Name": "b", "Protocol": "tcp"}, "dc1-team"))
    assert not same.refused
    assert not other.refused
    assert at("service-defaults", "elsewhere") not in same.reads
    assert at("service-defaults", "elsewhere") in other.reads


def test_proxy_defaults_are_judged_by_all_namespaces_of_their_partition() -> None:
    spec = ClusterSpec("dc1", version="1.20+ent", datacenter="dc1", partitions=("team", "team:finance"))
    world, made = World([spec], lambda: 1000.0), Graph(SERVERS)
    finance = ("team", "finance")
    split = {
        "Kind": "service-splitter",
        "Name": "a",
        "Splits": [{"Weight": 50}, {"Weight": 50, "Service": "b"}],
    }
    everywhere: Value = {"Kind": "proxy-defaults", "Name": "global", "Config": {"protocol": "http"}}
    steps: list[tuple[Value, tuple[str, str], str]] = [
        (everywhere, ("team", "default"), ""),
        (split, finance, ""),
        ({**everywhere, "Config": {"protocol": "tcp"}}, ("team", "default"), "does not permit advanced"),
        ({**everywhere, "Config": {"protocol": "tcp"}}, ("default", "default"), ""),
        ({**everywhere, "Config": {"protocol": "grpc"}}, ("team", "default"), ""),
    ]
    for body, place, refused in steps:
        step = {"method": "PUT", "path": "/v1/config", "body": body}
        one = asked(step, place)
        verdict, said = made.judge(one), ask(world, step, place)
        assert refused in verdict.refused
        assert bool(verdict.refused) == bool(refused)
        assert (said.status == 200) == (not refused)
        assert refused in said.body.decode()
        if not refused:
            made.put(one)


def test_one_entry_has_one_address_whatever_cluster_it_is_written_through() -> None:
    made = Graph(SERVERS)
    one = write({"Kind": "service-defaults", "Name": "b", "Protocol": "http"}, "dc1", "team")
    made.put(one)
    assert made.body(at("service-defaults", "B", "dc1-team")) == one.body
