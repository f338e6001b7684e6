"""Entries as the planner has them, and a sandbox beside the model that is asked the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reconciler.emulator import ClusterSpec, Request, Response, World
from reconciler.emulator.core.versions import parse_version
from reconciler.engine.bodies.canonical import canonical
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Verdict, Write
from reconciler.sdk.provider import Body
from reconciler.sdk.scope import unscoped
from reconciler_consul.graph import Graph, Servers
from reconciler_consul.kinds.all import KINDS
from reconciler_consul.kinds.names import entry_address, single_name
from reconciler_consul.server.answers_graph import not_fitting

Value = dict[str, Any]
VERSIONS = ("1.14", "1.16", "1.18", "1.20", "1.22")


def at(kind: str, name: str = "", cluster: str = "dc1", *scope: str) -> Address:
    """The address of an entry by Consul's kind and name."""
    name = name or single_name(kind) or ""
    return entry_address((kind, name), cluster, *scope)


def body_of(address: Address, entry: Mapping[str, Any] | None, partition: str | None = None) -> Body | None:
    """A declared entry in canonical form, of a cluster that is this partition."""
    if entry is None:
        return None
    return canonical(KINDS[address.type].rule, unscoped(entry, address, partition), declared=True)


def write(entry: Mapping[str, Any], cluster: str = "dc1", *scope: str, partition: str | None = None) -> Write:
    """An entry that is to stand, of a cluster that is this partition."""
    address = at(entry["Kind"], entry.get("Name", ""), cluster, *scope)
    return Write(address, body_of(address, entry, partition))


def gone(kind: str, name: str = "", cluster: str = "dc1", *scope: str) -> Write:
    """An entry that is to go."""
    return Write(at(kind, name, cluster, *scope), None)


def graph(version: str = "1.20", default: str | None = None) -> Graph:
    """A graph of one cluster, with the default intention that it declares."""
    return Graph({"dc1": Servers("home", parse_version(version).minor, default=default)})


def holding(*entries: Mapping[str, Any], version: str = "1.20", default: str | None = None) -> Graph:
    """A graph of one cluster in which these entries stand."""
    made = graph(version, default)
    for entry in entries:
        made.put(write(entry))
    return made


class Pair:
    """One sandbox and one graph, asked alike."""

    def __init__(self, version: str) -> None:
        self.world = World([ClusterSpec("dc1", version=version, datacenter="dc1")], lambda: 1000.0)
        self.graph = graph(version)

    def take(self, step: Value) -> str:
        """Play one write on both, and return how they differ; empty where they agree."""
        asked = step_write(step)
        verdict = self.graph.judge(asked)
        said = self._ask(step)
        taken = said.status == 200
        if taken:
            self.graph.put(asked)
        return difference(step, verdict, said.status, said.body.decode("utf-8", "replace"))

    def refuses(self, step: Value) -> bool:
        """Whether the graph would refuse this."""
        return bool(self.graph.judge(step_write(step)).refused)

    def _ask(self, step: Value) -> Response:
        body = json.dumps(step["body"]).encode() if "body" in step else b""
        reply = self.world.handle("dc1", Request(step["method"], step["path"], "", {}, body))
        assert isinstance(reply, Response)
        return reply


def step_write(step: Value) -> Write:
    """The write that a step of the random generator stands for."""
    if step["method"] == "DELETE":
        return gone(*step["path"].split("/")[3:5])
    return write(step["body"])


def difference(step: Value, verdict: Verdict, status: int, said: str) -> str:
    """How an answer differs from what was foreseen. What is refused for the entry itself is not foreseen."""
    alone = status != 200 and not_fitting(said) is None
    if alone or (status == 200) == (not verdict.refused):
        return ""
    return f"{step}: foreseen {verdict.refused or 'taken'!r}, answered {status} {said!r}"
