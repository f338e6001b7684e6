"""Edges: which resource must exist before which, from what they refer to.

Everything is found through the address index, so the cost is linear in the references.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from reconciler.config.drafts.destinations import Destination, destinations
from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.links import Links
from reconciler.config.fields.lookup import get, maps
from reconciler.sdk.address import Address
from reconciler.sdk.consul.entry_kinds import entry_kinds
from reconciler.sdk.scope import DEFAULT


@cache
def _of_a_service() -> tuple[str, ...]:
    """Return the types whose entries are named after a service: Consul calls their kinds `service-…`."""
    return tuple(facts.type for kind, facts in entry_kinds().items() if kind.startswith("service-"))


class Edges:
    """Finds the references of drafts to other drafts."""

    def __init__(self, drafts: Drafts, links: Links) -> None:
        self.drafts = drafts
        self.links = links
        self._of_cluster: dict[str, list[Address]] = {}
        for draft in drafts:
            if draft.address.type in _of_a_service():
                self._of_cluster.setdefault(draft.address.cluster, []).append(draft.address)

    def of(self, draft: Draft) -> tuple[Address, ...]:
        """Return the declared resources that a draft refers to, in order of address."""
        finder = _FINDERS.get(draft.address.type)
        if finder is None:
            return ()
        known = self.drafts.by_address
        found = {address for address in finder(self, draft) if address is not None and address in known}
        found.discard(draft.address)
        return tuple(sorted(found, key=Address.sort_key)) if len(found) > 1 else tuple(found)

    def soft(self, draft: Draft) -> Iterator[Address]:
        """Yield resolvers that have a subset which a failover names: they go first, unless they need this
        one.
        """
        if draft.address.type != "service_resolver":
            return
        for destination in destinations(draft):
            if destination.subset is not None and not (destination.away or destination.redirect):
                address = self._near(draft, "service_resolver", destination.service)
                if address in self.drafts.by_address and address != draft.address:
                    yield address

    def _near(self, draft: Draft, type_: str, name: object) -> Address:
        """Return an address in the same partition and namespace."""
        own = draft.address
        return Address(type_, own.cluster, str(name), own.partition, own.namespace)

    def _once(self, draft: Draft, type_: str, name: str) -> Address | None:
        """Return an object that a partition has once, for all its namespaces."""
        return self.drafts.beside(draft.address, type_, name)

    def _link(self, draft: Draft, alias: object) -> Address | None:
        found = self.links.named(draft.address.cluster, alias) if isinstance(alias, str) else None
        return found[1].address if found is not None else None

    def _peering(self, draft: Draft) -> Iterator[Address | None]:
        # PeerThroughMeshGateways must be set before the token is made, or it carries server addresses.
        for cluster in (draft.address.cluster, draft.address.name):
            mesh = self.drafts.get("mesh", cluster, "mesh")
            yield mesh.address if mesh is not None else None

    def _permissive(self, draft: Draft) -> Iterator[Address | None]:
        # Consul ≥1.16 takes MutualTLSMode=permissive only where the mesh entry allows it.
        if get(draft.body, "MutualTLSMode"):
            yield self._once(draft, "mesh", "mesh")

    def _service_defaults(self, draft: Draft) -> Iterator[Address | None]:
        yield self._once(draft, "proxy_defaults", "global")
        yield from self._permissive(draft)

    def _resolver(self, draft: Draft) -> Iterator[Address | None]:
        yield from self._protocols(draft)
        for destination in destinations(draft):
            yield self._link(draft, destination.peer)
            if destination.redirect and not destination.away:
                yield self._near(draft, "service_resolver", destination.service)

    def _splitter(self, draft: Draft) -> Iterator[Address | None]:
        yield from self._protocols(draft)
        for name in dict.fromkeys([draft.address.name, *(d.service for d in destinations(draft))]):
            yield self._near(draft, "service_resolver", name)
            yield self._near(draft, "service_splitter", name)

    def _router(self, draft: Draft) -> Iterator[Address | None]:
        return self._splitter(draft)

    def _protocols(self, draft: Draft) -> Iterator[Address | None]:
        """Yield what sets a chain's protocol: a chain has one, and Consul checks it when the chain is
        written.
        """
        yield self._once(draft, "proxy_defaults", "global")
        yield self._near(draft, "service_defaults", draft.address.name)
        for destination in destinations(draft):
            if not destination.away:
                yield self._near(draft, "service_defaults", destination.service)
            elif destination.peer is None:
                yield from self._beside(draft, destination)

    def _beside(self, draft: Draft, destination: Destination) -> Iterator[Address]:
        """Yield what sets the protocol of a service of another partition or namespace, wherever that is
        declared.
        """
        own = draft.address
        partition = destination.partition or own.partition or DEFAULT
        for name in self.drafts.cluster_set.clusters_at(own.cluster, partition):
            namespace = destination.namespace or own.namespace
            scope = (partition, namespace or DEFAULT)
            yield self.drafts.address("service_defaults", name, destination.service, *scope)
            yield self.drafts.address("proxy_defaults", name, "global", partition)

    def _intentions(self, draft: Draft) -> Iterator[Address | None]:
        layer7 = False
        for _, source in maps(get(draft.body, "Sources")):
            peer, permissions = get(source, "Peer"), get(source, "Permissions")
            if peer is not None:
                yield self._link(draft, peer)
            for _, permission in maps(permissions) if permissions else ():
                layer7 = True
                yield from self._jwt(draft, get(permission, "JWT"))
        yield from self._jwt(draft, get(draft.body, "JWT"))
        if layer7:
            yield self._near(draft, "service_defaults", draft.address.name)
            yield self._once(draft, "proxy_defaults", "global")

    def _jwt(self, draft: Draft, jwt: object) -> Iterator[Address | None]:
        for _, provider in maps(get(jwt, "Providers")):
            name = get(provider, "Name")
            yield self._once(draft, "config_entry", f"jwt-provider/{name}")

    def _exports(self, draft: Draft) -> Iterator[Address | None]:
        """Yield the peerings, and the rules for each service, which go before the export."""
        for _, service in maps(get(draft.body, "Services")):
            for _, consumer in maps(get(service, "Consumers")):
                yield self._link(draft, get(consumer, "Peer"))
            name = get(service, "Name")
            if name == "*":
                yield from self._of_cluster.get(draft.address.cluster, ())
                continue
            namespace = get(service, "Namespace") or draft.address.namespace
            scope = (draft.address.partition or ("default" if namespace else None), namespace)
            for type_ in _of_a_service():
                yield Address(type_, draft.address.cluster, str(name), *scope)
            yield Address("service_intentions", draft.address.cluster, "*", *scope)


# Here and not in an object of the class, which would then hold itself, and with it all that was read.
_FINDERS: dict[str, Callable[[Edges, Draft], Iterable[Address | None]]] = {
    "peering": Edges._peering,
    "proxy_defaults": Edges._permissive,
    "service_defaults": Edges._service_defaults,
    "service_resolver": Edges._resolver,
    "service_splitter": Edges._splitter,
    "service_router": Edges._router,
    "service_intentions": Edges._intentions,
    "exported_services": Edges._exports,
}
