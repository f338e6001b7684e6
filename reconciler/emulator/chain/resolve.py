"""The lower half of a chain: what redirect and default subset make of a target, where it fails over."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.chain.graph import Node, Target
from reconciler.emulator.chain.options import Options
from reconciler.emulator.chain.read import ChainSet, Reader
from reconciler.emulator.chain.targets import Targets
from reconciler.emulator.wire.messages import Refusal

Value = dict[str, Any]
FIVE_SECONDS = 5_000_000_000
POINTERS = ("Redirect", "LoadBalancer", "PrioritizeByLocality")


class Resolving:
    """Makes resolver nodes; keeps the nodes, the targets and the protocol that a chain has in common."""

    def __init__(
        self, reader: Reader, service: str, entries: ChainSet, datacenter: str, options: Options
    ) -> None:
        self.reader = reader
        self.service = service
        self.entries = entries
        self.options = options
        self.namespace, self.partition = reader.store.namespace, reader.store.partition
        self.book = Targets(self.namespace, self.partition, datacenter)
        self.nodes: dict[str, Node] = {}
        self.protocol = ""

    def is_here(self, partition: str, namespace: str) -> bool:
        """Say whether this chain's entries are those of that place. Community Edition has one place only."""
        community = len(self.reader.store.family) == 1
        return community or (partition, namespace) == (self.partition, self.namespace)

    def record_protocol(self, service: str, reader: Reader | None = None) -> None:
        """Take a service's protocol for that of the chain; raises the Refusal where they differ."""
        protocol = (reader or self.reader).protocol(service)
        self.protocol = self.protocol or protocol
        if protocol != self.protocol:
            raise Refusal(
                500,
                f'discovery chain "{self.service}" uses inconsistent protocols; service "{service}" has '
                f'"{protocol}" which is not "{self.protocol}"',
            )

    def resolver(self, target: Target, *, for_failover: bool = False) -> Node:
        """Return the node that a target resolves to, with its failover unless it is for one."""
        history: list[str] = []
        while True:
            known = self.nodes.get(f"resolver:{target.id}")
            if known is not None:
                return known
            here = self.is_here(target.partition, target.namespace)
            if not target.peer:
                far = None if here else self.reader.elsewhere(target.partition, target.namespace)
                self.record_protocol(target.service, far)
            resolver = self.entries.resolvers.get(target.service, {}) if here else {}
            if target.id in history:
                raise Refusal(
                    500, f"detected circular resolver redirect: [{' -> '.join([*history, target.id])}]"
                )
            history.append(target.id)
            moved = self._moved(target, resolver)
            if moved is None:
                return self._resolved(target, resolver, for_failover)
            target = moved

    def _moved(self, target: Target, resolver: Value) -> Target | None:
        """Return what redirect or default subset make of a target. The subset is of the local service."""
        redirect = resolver.get("Redirect")
        if redirect is not None and not redirect.get("SamenessGroup"):
            moved = self.book.rewritten(target, redirect)
            if moved.id != target.id:
                return moved
        if not target.subset and resolver.get("DefaultSubset"):
            return self.book.rewritten(target, {"ServiceSubset": resolver["DefaultSubset"]})
        return None

    def _resolved(self, target: Target, resolver: Value, for_failover: bool) -> Node:
        subsets = resolver.get("Subsets") or {}
        if target.subset and target.subset not in subsets:
            raise Refusal(500, f'service "{target.service}" does not have a subset named "{target.subset}"')
        target.connect_timeout = self._timeout(resolver)
        target.definition = subsets.get(target.subset, {})
        self._apply_defaults(target, resolver)
        self.book.retained.add(target.id)
        node = Node(
            "resolver",
            target.id,
            target=target.id,
            default=_is_default(resolver),
            connect_timeout=target.connect_timeout,
            request_timeout=resolver.get("RequestTimeout", 0),
            balancer=resolver.get("LoadBalancer"),
        )
        if not for_failover:
            self.nodes[node.key] = node
            others = self._failover(target, resolver)
            node.failover = [self.resolver(other, for_failover=True).target for other in others]
        return node

    def _timeout(self, resolver: Value) -> int:
        timeout: int = resolver.get("ConnectTimeout") or FIVE_SECONDS
        wanted = self.options.connect_timeout
        if wanted > 0 and wanted != timeout:
            self.options.used.add("connect_timeout")
            return wanted
        return timeout

    def _apply_defaults(self, target: Target, resolver: Value) -> None:
        """Give a target what service-defaults and proxy-defaults say of it; those of a peer's name count."""
        known = target.service in self.entries.named
        defaults = (self.reader.get("service-defaults", target.service) if known else None) or {}
        target.external_sni = defaults.get("ExternalSNI", "")
        if target.external_sni:
            self._check_external(target, resolver)
            target.mesh_gateway = ""
            return
        everywhere = self.reader.get("proxy-defaults", "global") or {}
        target.mesh_gateway = _mode(defaults) or _mode(everywhere)
        target.dialed_directly = any(
            (source.get("TransparentProxy") or {}).get("DialedDirectly") for source in (defaults, everywhere)
        )
        wanted = self.options.mesh_gateway
        if wanted and wanted != target.mesh_gateway:
            self.options.used.add("mesh_gateway")
            target.mesh_gateway = wanted

    @staticmethod
    def _check_external(target: Target, resolver: Value) -> None:
        for key, text in (("Redirect", "redirects"), ("Subsets", "subsets"), ("Failover", "failover")):
            if resolver.get(key):
                raise Refusal(
                    500,
                    f'service "{target.service}" has an external SNI set; cannot define {text} for '
                    "external services",
                )

    def _failover(self, target: Target, resolver: Value) -> list[Target]:
        rules = resolver.get("Failover") or {}
        failover = rules[target.subset] if target.subset in rules else rules.get("*")
        if failover is None:
            return []
        if failover.get("Datacenters"):
            changes = [{**failover, "Datacenter": name} for name in failover["Datacenters"]]
        else:
            changes = failover.get("Targets") or [failover]
        found = [self.book.rewritten(target, change) for change in changes]
        return [other for other in found if other.id != target.id]


def _mode(source: Value) -> str:
    return (source.get("MeshGateway") or {}).get("Mode") or ""


def _is_default(resolver: Value) -> bool:
    """Say whether a resolver changes nothing; an empty block that servers distinguish from none counts as
    change.
    """
    if any(resolver.get(key) is not None for key in POINTERS):
        return False
    return not any(
        resolver.get(key)
        for key in ("DefaultSubset", "Subsets", "Failover", "ConnectTimeout", "RequestTimeout")
    )
