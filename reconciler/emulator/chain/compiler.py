"""The discovery chain: what a service name means once router, splitter and resolver are put together.

A compiler in Consul's order of steps, because its error texts and targets depend on it.
"""

from __future__ import annotations

from typing import Any

from reconciler.emulator.chain.finish import flatten, refuse_loops, used
from reconciler.emulator.chain.graph import Edge, Node, Target
from reconciler.emulator.chain.options import Options
from reconciler.emulator.chain.read import Overrides, Reader, chain_set
from reconciler.emulator.chain.resolve import Resolving
from reconciler.emulator.core.store import Store
from reconciler.emulator.wire.messages import Refusal

Value = dict[str, Any]
HTTP_LIKE = ("http", "http2", "grpc")
HASHED = ("maglev", "ring_hash")


class Compiler(Resolving):
    """Compiles one chain; raises the Refusal that Consul answers for a chain that cannot be."""

    def __init__(self, reader: Reader, service: str, datacenter: str, options: Options | None = None) -> None:
        options = options or Options()
        super().__init__(reader, service, chain_set(reader, service), datacenter, options)
        self.plain = bool(options.protocol) and options.protocol not in HTTP_LIKE
        self.advanced = False
        self.start = ""
        self.targets: dict[str, Target] = {}

    def compile(self) -> Compiler:
        """Build the graph and check it."""
        self.start = self._start().key
        refuse_loops(self.nodes, self.start)
        flatten(self.nodes)
        self.nodes = used(self.nodes, self.start)
        self.targets = self.book.kept()
        if self.advanced and self.protocol not in HTTP_LIKE:
            raise Refusal(
                500,
                f'discovery chain "{self.service}" uses a protocol "{self.protocol}" that does not permit '
                "advanced routing or splitting behavior",
            )
        self._override_protocol()
        return self

    def _override_protocol(self) -> None:
        wanted = self.options.protocol
        if wanted and wanted != self.protocol:
            self.protocol = wanted
            self.options.used.add("protocol")

    def _start(self) -> Node:
        router = self._unless_plain(self.entries.router)
        if router is None:
            return self._splitter_or_resolver(self.book.make(self.service))
        self.advanced = True
        self.record_protocol(self.service)
        node = Node("router", f"{self.service}.{self.namespace}.{self.partition}")
        for route in router.get("Routes") or ():
            node.next.append(Edge(route, self._routed(route.get("Destination") or {}).key))
        default = self._splitter_or_resolver(self.book.make(self.service))
        node.next.append(Edge(self._everything(), default.key))
        self.nodes[node.key] = node
        return node

    def _everything(self) -> Value:
        """Return the route that every router ends with."""
        place = {"Service": self.service, "Namespace": self.namespace, "Partition": self.partition}
        return {"Match": {"HTTP": {"PathPrefix": "/"}}, "Destination": place}

    def _unless_plain(self, entry: Value | None) -> Value | None:
        """Return a router or splitter, None where the overridden protocol leaves no room for it."""
        if entry is not None and self.plain:
            self.options.used.add("protocol")
            return None
        return entry

    def _routed(self, destination: Value) -> Node:
        target = self.book.make(
            destination.get("Service") or self.service,
            subset=destination.get("ServiceSubset", ""),
            namespace=destination.get("Namespace") or self.namespace,
            partition=destination.get("Partition") or self.partition,
        )
        return self.resolver(target) if target.subset else self._splitter_or_resolver(target)

    def _splitter_or_resolver(self, target: Target) -> Node:
        here = self.is_here(target.partition, target.namespace)
        return (self._splitter(target.service) if here else None) or self.resolver(target)

    def _splitter(self, service: str) -> Node | None:
        node = Node("splitter", f"{service}.{self.namespace}.{self.partition}")
        if node.key in self.nodes:
            return self.nodes[node.key]
        splitter = self._unless_plain(self.entries.splitters.get(service))
        if splitter is None:
            return None
        self.nodes[node.key] = node
        for split in splitter.get("Splits") or ():
            found = self._split(service, split)
            node.next.append(Edge(split, found.key, split.get("Weight", 0.0)))
            if found.type == "resolver" and node.balancer is None and _is_hashed(found.balancer):
                node.balancer = found.balancer
        self.advanced = True
        return node

    def _split(self, service: str, split: Value) -> Node:
        name = split.get("Service") or service
        place = (split.get("Partition") or self.partition, split.get("Namespace") or self.namespace)
        if name != service and not split.get("ServiceSubset") and self.is_here(*place):
            further = self._splitter(name)
            if further is not None:
                return further
        target = self.book.make(
            name, subset=split.get("ServiceSubset", ""), namespace=place[1], partition=place[0]
        )
        return self.resolver(target)


def _is_hashed(balancer: Value | None) -> bool:
    return balancer is not None and balancer.get("Policy") in HASHED


def compile_chain(
    store: Store,
    service: str,
    overrides: Overrides | None = None,
    datacenter: str = "dc1",
    options: Options | None = None,
) -> Compiler:
    """Return the compiled chain of `service`, with `overrides` in place of stored entries.

    Raises the Refusal of a chain that cannot be, and ServerEnds for one that no server compiles and lives.
    """
    return Compiler(Reader(store, overrides or {}), service, datacenter, options).compile()
