"""The discovery chain: what a service name means once router, splitter and resolver are put together.

A compiler in Consul's order of steps, because its error texts and targets depend on it.
"""

from __future__ import annotations

from typing import Any

from .chain_graph import Edge, Node, Target
from .chain_read import Overrides, Reader, chain_entries
from .messages import Refusal
from .store import Store

Value = dict[str, Any]
HTTP_LIKE = ("http", "http2", "grpc")
FIVE_SECONDS = 5_000_000_000


class Compiler:
    """Compiles one chain; raises the Refusal that Consul answers for a chain that cannot be."""

    def __init__(self, reader: Reader, service: str, datacenter: str) -> None:
        self.reader = reader
        self.service = service
        self.datacenter = datacenter
        self.namespace, self.partition = reader.store.namespace, reader.store.partition
        self.protocol = ""
        self.advanced = False
        self.targets: dict[str, Target] = {}
        self.retained: set[str] = set()
        self.nodes: dict[str, Node] = {}
        self.resolvers: dict[str, Value] = {}
        self.splitters: dict[str, Value] = {}
        for kind, name, value in chain_entries(reader, service):
            if kind == "service-resolver":
                self.resolvers[name] = value
            elif kind == "service-splitter":
                self.splitters[name] = value
        self.start = ""

    def compile(self) -> Compiler:
        """Build the graph and check it."""
        self.start = self._start().key
        self._refuse_loops()
        self._flatten()
        self._drop_unused()
        self.targets = {key: target for key, target in self.targets.items() if key in self.retained}
        if self.advanced and self.protocol not in HTTP_LIKE:
            raise Refusal(
                500,
                f'discovery chain "{self.service}" uses a protocol "{self.protocol}" that does not permit '
                "advanced routing or splitting behavior",
            )
        return self

    def _start(self) -> Node:
        router = self.reader.get("service-router", self.service)
        if router is None:
            return self._splitter_or_resolver(self._target(service=self.service))
        self.advanced = True
        self._record_protocol(self.service)
        node = Node("router", f"{self.service}.{self.namespace}.{self.partition}")
        for route in router.get("Routes") or ():
            node.next.append(Edge(route, self._routed(route.get("Destination") or {}).key))
        default = self._splitter_or_resolver(self._target(service=self.service))
        everything = {
            "Match": {"HTTP": {"PathPrefix": "/"}},
            "Destination": {
                "Service": self.service,
                "Namespace": self.namespace,
                "Partition": self.partition,
            },
        }
        node.next.append(Edge(everything, default.key))
        self.nodes[node.key] = node
        return node

    def _routed(self, destination: Value) -> Node:
        target = self._target(
            service=destination.get("Service") or self.service,
            subset=destination.get("ServiceSubset", ""),
            namespace=destination.get("Namespace") or self.namespace,
            partition=destination.get("Partition") or self.partition,
        )
        return self._resolver(target) if target.subset else self._splitter_or_resolver(target)

    def _is_here(self, partition: str, namespace: str) -> bool:
        """Whether this chain's entries are those of that place. Community Edition knows one place only."""
        community = len(self.reader.store.family) == 1
        return community or (partition, namespace) == (self.partition, self.namespace)

    def _record_protocol(self, service: str, reader: Reader | None = None) -> None:
        protocol = (reader or self.reader).protocol(service)
        self.protocol = self.protocol or protocol
        if protocol != self.protocol:
            raise Refusal(
                500,
                f'discovery chain "{self.service}" uses inconsistent protocols; service "{service}" has '
                f'"{protocol}" which is not "{self.protocol}"',
            )

    def _target(self, **parts: str) -> Target:
        if parts.get("peer"):
            parts["datacenter"] = ""
        else:
            parts["datacenter"] = parts.get("datacenter") or self.datacenter
        parts = {"namespace": self.namespace, "partition": self.partition, **parts}
        target = Target(**parts)  # type: ignore[arg-type]
        return self.targets.setdefault(target.id, target)

    def _rewritten(self, target: Target, change: Value) -> Target:
        service, subset = target.service, target.subset
        if change.get("Service") and change["Service"] != service:
            service, subset = change["Service"], ""
        namespace = target.namespace
        if change.get("Namespace") or change.get("Peer"):
            namespace = change.get("Namespace") or "default"
        return self._target(
            service=service,
            subset=change.get("ServiceSubset") or subset,
            namespace=namespace,
            partition=change.get("Partition") or target.partition,
            datacenter=change.get("Datacenter") or target.datacenter,
            peer=change.get("Peer", ""),
        )

    def _splitter_or_resolver(self, target: Target) -> Node:
        here = self._is_here(target.partition, target.namespace)
        return (self._splitter(target.service) if here else None) or self._resolver(target)

    def _splitter(self, service: str) -> Node | None:
        node = Node("splitter", f"{service}.{self.namespace}.{self.partition}")
        if node.key in self.nodes:
            return self.nodes[node.key]
        splitter = self.splitters.get(service)
        if splitter is None:
            return None
        self.nodes[node.key] = node
        for split in splitter.get("Splits") or ():
            node.next.append(Edge(split, self._split(service, split).key, split.get("Weight", 0.0)))
        self.advanced = True
        return node

    def _split(self, service: str, split: Value) -> Node:
        name = split.get("Service") or service
        place = (split.get("Partition") or self.partition, split.get("Namespace") or self.namespace)
        if name != service and not split.get("ServiceSubset") and self._is_here(*place):
            further = self._splitter(name)
            if further is not None:
                return further
        target = self._target(
            service=name,
            subset=split.get("ServiceSubset", ""),
            namespace=place[1],
            partition=place[0],
        )
        return self._resolver(target)

    def _resolver(self, target: Target, *, for_failover: bool = False) -> Node:
        history: list[str] = []
        while True:
            known = self.nodes.get(f"resolver:{target.id}")
            if known is not None:
                return known
            here = self._is_here(target.partition, target.namespace)
            if not target.peer:
                far = None if here else self.reader.elsewhere(target.partition, target.namespace)
                self._record_protocol(target.service, far)
            resolver = self.resolvers.get(target.service, {}) if here else {}
            if target.id in history:
                raise Refusal(
                    500, f"detected circular resolver redirect: [{' -> '.join([*history, target.id])}]"
                )
            history.append(target.id)
            moved = self._moved(target, resolver)
            if moved is None:
                break
            target = moved
        return self._resolved(target, resolver, for_failover)

    def _moved(self, target: Target, resolver: Value) -> Target | None:
        redirect = resolver.get("Redirect")
        if redirect is not None and not redirect.get("SamenessGroup"):
            moved = self._rewritten(target, redirect)
            if moved.id != target.id:
                return moved
        if not target.subset and resolver.get("DefaultSubset"):
            return self._rewritten(target, {"ServiceSubset": resolver["DefaultSubset"], "Peer": target.peer})
        return None

    def _resolved(self, target: Target, resolver: Value, for_failover: bool) -> Node:
        subsets = resolver.get("Subsets") or {}
        if target.subset and target.subset not in subsets:
            raise Refusal(500, f'service "{target.service}" does not have a subset named "{target.subset}"')
        timeout = resolver.get("ConnectTimeout") or FIVE_SECONDS
        target.connect_timeout = timeout
        target.definition = subsets.get(target.subset, {})
        self._apply_defaults(target, resolver)
        self.retained.add(target.id)
        node = Node(
            "resolver",
            target.id,
            target=target.id,
            default=not any(resolver.get(key) for key in resolver if key not in ("Name", "Meta")),
            connect_timeout=timeout,
            request_timeout=resolver.get("RequestTimeout", 0),
            balancer=resolver.get("LoadBalancer"),
        )
        if not for_failover:
            self.nodes[node.key] = node
            node.failover = [
                self._resolver(other, for_failover=True).target for other in self._failover(target, resolver)
            ]
        return node

    def _apply_defaults(self, target: Target, resolver: Value) -> None:
        defaults = self.reader.get("service-defaults", target.service) or {}
        target.external_sni = defaults.get("ExternalSNI", "")
        if target.external_sni:
            for key, text in (("Redirect", "redirects"), ("Subsets", "subsets"), ("Failover", "failover")):
                if resolver.get(key):
                    raise Refusal(
                        500,
                        f'service "{target.service}" has an external SNI set; cannot define {text} for '
                        "external services",
                    )
            return
        everywhere = self.reader.get("proxy-defaults", "global") or {}
        for source in (everywhere, defaults):
            target.mesh_gateway = (source.get("MeshGateway") or {}).get("Mode") or target.mesh_gateway
            if (source.get("TransparentProxy") or {}).get("DialedDirectly"):
                target.dialed_directly = True

    def _failover(self, target: Target, resolver: Value) -> list[Target]:
        rules = resolver.get("Failover") or {}
        failover = rules.get(target.subset) or rules.get("*")
        if not failover:
            return []
        if failover.get("Datacenters"):
            changes = [{**failover, "Datacenter": name} for name in failover["Datacenters"]]
        else:
            changes = failover.get("Targets") or [failover]
        found = [self._rewritten(target, change) for change in changes]
        return [other for other in found if other.id != target.id]

    def _refuse_loops(self) -> None:
        def visit(key: str, path: tuple[str, ...]) -> None:
            if key in path:
                raise Refusal(500, f"detected circular reference: [{' -> '.join([*path, key])}]")
            for edge in self.nodes[key].next:
                visit(edge.key, (*path, key))

        visit(self.start, ())

    def _flatten(self) -> None:
        changed = True
        while changed:
            changed = False
            for node in self.nodes.values():
                if node.type == "splitter" and any(edge.key.startswith("splitter:") for edge in node.next):
                    node.next = [part for split in node.next for part in self._inner(split)]
                    changed = True

    def _inner(self, outer: Edge) -> list[Edge]:
        if not outer.key.startswith("splitter:"):
            return [outer]
        return [
            Edge(
                _merged(outer.definition, inner.definition),
                inner.key,
                round(outer.weight * inner.weight / 100, 2),
            )
            for inner in self.nodes[outer.key].next
        ]

    def _drop_unused(self) -> None:
        used: set[str] = set()
        todo = [self.start]
        while todo:
            key = todo.pop()
            if key not in used:
                used.add(key)
                todo += [edge.key for edge in self.nodes[key].next]
        self.nodes = {key: node for key, node in self.nodes.items() if key in used}


def _merged(outer: Value, inner: Value) -> Value:
    """Return the definition of a split of a split: the inner one, with the outer's headers if it has none."""
    headers = ("RequestHeaders", "ResponseHeaders")
    return {**{key: outer[key] for key in headers if outer.get(key)}, **inner}


def compile_chain(
    store: Store, service: str, overrides: Overrides | None = None, datacenter: str = "dc1"
) -> Compiler:
    """Return the compiled chain of `service`, with `overrides` in place of stored entries."""
    return Compiler(Reader(store, overrides or {}), service, datacenter).compile()
