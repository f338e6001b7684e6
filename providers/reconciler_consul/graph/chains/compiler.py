"""The discovery chain of a service: where its traffic may end, or why servers refuse to put it together.

Only what decides that is followed; `nodes` keep the definitions of routes, splits and failover for those who
ask where one request goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.sdk.provider import Body
from reconciler_consul.graph.body import (
    DEFAULTS,
    EVERYWHERE,
    HTTP_LIKE,
    items,
    protocol_of,
    struct,
    text,
)
from reconciler_consul.graph.chains.nodes import Ending, Node, legs
from reconciler_consul.graph.chains.parts import parts
from reconciler_consul.graph.chains.targets import Target, Targets
from reconciler_consul.graph.holdings import Reader
from reconciler_consul.graph.where import Key


class Refused(Exception):
    """Servers would not take it; the text is theirs."""


class Chain:
    """One service's chain, put together. Entries that say the protocol are read where it decides anything;
    `needs` are those that who asks for the protocol has to read too."""

    def __init__(self, reader: Reader, service: str, *, lenient: bool = False) -> None:
        """Compile the chain. Raises `Refused`; a `lenient` chain ignores protocols and missing subsets."""
        self.reader = reader
        self._lenient = lenient
        self.service = service
        self.parts = parts(reader, service)
        self.advanced = False
        self.ends: set[Target] = set()
        self.spare: set[str] = set()  # the IDs of failover targets
        self.protocol = ""
        self._asked: dict[Key, None] = {}
        self._services: set[tuple[str, ...]] = set()
        self._resolved: set[str] = set()
        self._targets = Targets(reader.place)
        self._ways: dict[str, list[str]] = {}
        self.nodes: dict[str, Node] = {}
        self._known: dict[str, Target] = {}
        self.start = self._start()
        self._refuse_loops()
        if self.advanced:
            reader.read.update(self._asked)
        if self.advanced and self.protocol not in HTTP_LIKE and not lenient:
            raise Refused(
                f'discovery chain "{service}" uses a protocol "{self.protocol}" that does not permit '
                "advanced routing or splitting behavior"
            )

    @property
    def is_resolved(self) -> bool:
        """Whether it begins with a resolver: there is no router, and no splitter of the service's own."""
        return self.start.startswith("resolver:")

    @property
    def needs(self) -> set[Key]:
        """The entries that say which protocol it is."""
        return set(self._asked)

    # Upper half: router and splitters

    def _start(self) -> str:
        if self.parts.router is None:
            return self._split_or_resolve(self._targets.named(self.service))
        self.advanced = True
        self._record(self.service, self.reader)
        key = self._key("router", self.service)
        ways = self._ways[key] = []
        routes = items(self.parts.router.get("Routes"))
        for route in routes:
            ways.append(self._routed(struct(route.get("Destination"))))
        ways.append(self._split_or_resolve(self._targets.named(self.service)))
        self.nodes[key] = legs([*routes, {}], ways)
        return key

    def _routed(self, destination: Mapping[str, Any]) -> str:
        target = self._targets.named(text(destination.get("Service")) or self.service, destination)
        return self._resolve(target) if target.subset else self._split_or_resolve(target)

    def _split_or_resolve(self, target: Target) -> str:
        here = self.reader.is_here(target.partition, target.namespace)
        return (self._split(target.service) if here else None) or self._resolve(target)

    def _split(self, service: str) -> str | None:
        key = self._key("splitter", service)
        if key in self._ways:
            return key
        splitter = self.parts.splitters.get(service)
        if splitter is None:
            return None
        ways = self._ways[key] = []
        splits = items(splitter.get("Splits"))
        for split in splits:
            ways.append(self._branch(service, split))
        self.advanced = True
        self.nodes[key] = legs(splits, ways)
        return key

    def _branch(self, service: str, split: Mapping[str, Any]) -> str:
        target = self._targets.named(text(split.get("Service")) or service, split)
        here = self.reader.is_here(target.partition, target.namespace)
        leads = here and target.service != service and not target.subset
        return (self._split(target.service) if leads else None) or self._resolve(target)

    def _key(self, kind: str, service: str) -> str:
        _, partition, namespace = self.reader.place
        return f"{kind}:{service}.{namespace}.{partition}"

    def _refuse_loops(self) -> None:
        done: set[str] = set()

        def visit(key: str, path: tuple[str, ...]) -> None:
            if key in path:
                raise Refused(f"detected circular reference: [{' -> '.join([*path, key])}]")
            if key not in done:
                for way in reversed(self._ways.get(key, ())):
                    visit(way, (*path, key))
                done.add(key)

        visit(self.start, ())

    # Lower half: resolvers

    def _resolve(self, target: Target, *, spare: bool = False) -> str:
        """Return the key of where a target ends, with its failover unless it is a failover target itself."""
        history: list[str] = []
        while f"resolver:{target.id}" not in self._resolved:
            here = self.reader.is_here(target.partition, target.namespace)
            if not target.peer:
                away = None if here else self.reader.elsewhere(target.partition, target.namespace)
                self._record(target.service, away or self.reader)
            resolver = self.parts.resolvers.get(target.service, {}) if here else {}
            if target.id in history:
                shown = " -> ".join([*history, target.id])
                raise Refused(f"detected circular resolver redirect: [{shown}]")
            history.append(target.id)
            moved = self._moved(target, resolver)
            if moved is None:
                self._end(target, resolver, spare)
                break
            target = moved
        return f"resolver:{target.id}"

    def _moved(self, target: Target, resolver: Body) -> Target | None:
        redirect = struct(resolver.get("Redirect"))
        if redirect and not redirect.get("SamenessGroup"):
            moved = self._targets.rewritten(target, redirect)
            if moved.id != target.id:
                return moved
        if not target.subset and resolver.get("DefaultSubset"):
            return self._targets.rewritten(target, {"ServiceSubset": resolver["DefaultSubset"]})
        return None

    def _end(self, target: Target, resolver: Body, spare: bool) -> None:
        if target.subset and target.subset not in struct(resolver.get("Subsets")) and not self._lenient:
            raise Refused(f'service "{target.service}" does not have a subset named "{target.subset}"')
        self._check_outside(target, resolver)
        self.ends.add(target)
        self._known.setdefault(f"resolver:{target.id}", target)
        if not spare:
            self._resolved.add(f"resolver:{target.id}")
            others = [self._resolve(other, spare=True) for other in self._failover(target, resolver)]
            self.spare.update(other.partition(":")[2] for other in others)
            failover = tuple(self._known[other] for other in others)
            self.nodes[f"resolver:{target.id}"] = Ending(target, failover)

    def _check_outside(self, target: Target, resolver: Body) -> None:
        """Refuse what a service outside of the mesh cannot have."""
        texts = (("Redirect", "redirects"), ("Subsets", "subsets"), ("Failover", "failover"))
        found = next((shown for name, shown in texts if resolver.get(name)), None)
        if found is None or self._lenient or target.service not in self.parts.named:
            return
        if (self.reader.get(DEFAULTS, target.service) or {}).get("ExternalSNI"):
            raise Refused(
                f'service "{target.service}" has an external SNI set; cannot define {found} for external '
                "services"
            )

    def _failover(self, target: Target, resolver: Body) -> Iterator[Target]:
        rules = struct(resolver.get("Failover"))
        failover = struct(rules.get(target.subset) if target.subset in rules else rules.get(ANY_SUBSET))
        if not failover and target.subset not in rules and ANY_SUBSET not in rules:
            return
        changes: list[Mapping[str, Any]] = list(items(failover.get("Targets"))) or [failover]
        if failover.get("Datacenters"):
            changes = [{**failover, "Datacenter": name} for name in failover["Datacenters"]]
        for change in changes:
            other = self._targets.rewritten(target, change)
            if other.id != target.id:
                yield other

    # Protocols

    def _record(self, service: str, reader: Reader) -> None:
        """Take a service's protocol for that of the chain. With a second service protocols matter."""
        defaults = reader.peek(DEFAULTS, service)
        protocol = protocol_of(defaults, reader.peek(EVERYWHERE, "global"))
        self._asked[reader.key(DEFAULTS, service)] = None
        if defaults is None:
            self._asked[reader.key(EVERYWHERE, "global")] = None
        self._services.add((service, *reader.place))
        if len(self._services) > 1:
            self.reader.read.update(self._asked)
        self.protocol = self.protocol or protocol
        if protocol != self.protocol and not self._lenient:
            raise Refused(
                f'discovery chain "{self.service}" uses inconsistent protocols; service "{service}" has '
                f'"{protocol}" which is not "{self.protocol}"'
            )


ANY_SUBSET = "*"
