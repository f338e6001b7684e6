"""What of an entry's body bears on others. Bodies are canonical, or as a server shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.sdk.provider import Body
from reconciler_consul.kinds.names import folded

ROUTER, SPLITTER, RESOLVER = "service-router", "service-splitter", "service-resolver"
CHAIN_KINDS = (ROUTER, SPLITTER, RESOLVER)
DEFAULTS, EVERYWHERE = "service-defaults", "proxy-defaults"
INTENTIONS, INGRESS, TERMINATING = "service-intentions", "ingress-gateway", "terminating-gateway"
EXPORTS, PROVIDER, MESH = "exported-services", "jwt-provider", "mesh"
OF_CHAINS = (*CHAIN_KINDS, DEFAULTS, EVERYWHERE)  # what a chain is put together from
AROUND_CHAINS = (*OF_CHAINS, INGRESS, INTENTIONS, EXPORTS)  # and what a write to that is judged by
JUDGED = (*AROUND_CHAINS, MESH, PROVIDER, TERMINATING)  # every kind that this model is about
HTTP_LIKE = ("http", "http2", "grpc")
PERMISSIVE = "permissive"
ANY = "*"
_NOTHING: Mapping[str, Any] = {}
HIDDEN = "consul"  # exporting it is taken, and never happens


def struct(value: Any) -> Mapping[str, Any]:
    """Return the value if it is a structure, otherwise an empty one."""
    if not value:
        return _NOTHING
    return value if type(value) is dict or isinstance(value, Mapping) else _NOTHING


def items(value: Any) -> list[Mapping[str, Any]]:
    """Return the structures in a list."""
    if not isinstance(value, list | tuple):
        return []
    return [item for item in value if type(item) is dict or isinstance(item, Mapping)]


def text(value: Any) -> str:
    """Return a name; empty where there is none."""
    return str(value) if value else ""


def protocol_of(defaults: Body | None, everywhere: Body | None) -> str:
    """Return a service's own protocol; `everywhere` are the proxy defaults, which count without
    `defaults`.
    """
    if defaults is not None:
        return text(defaults.get("Protocol")).lower() or "tcp"
    config = struct((everywhere or {}).get("Config"))
    named = [name for name in config if str(name).lower() == "protocol"]
    found = config.get("protocol", config[named[0]] if named else "")
    if isinstance(found, bool):
        return str(int(found))
    return "tcp" if isinstance(found, Mapping | list) else text(found).lower() or "tcp"


def related(kind: str, name: str, body: Body) -> set[str]:
    """Return the services that a router, splitter or resolver names, without its own."""
    if kind == ROUTER:
        found = {_service(struct(route.get("Destination")), name) for route in items(body.get("Routes"))}
    elif kind == SPLITTER:
        found = {_service(split, name) for split in items(body.get("Splits"))}
    else:
        found = set(_of_resolver(name, body))
    return found - {name}


def _service(place: Mapping[str, Any], name: str) -> str:
    return text(place.get("Service")) or name


def _of_resolver(name: str, body: Body) -> Iterator[str]:
    if body.get("Redirect"):
        yield _service(struct(body["Redirect"]), name)
    for failover in struct(body.get("Failover")).values():
        targets = list(items(struct(failover).get("Targets")))
        if not targets:
            yield _service(struct(failover), name)
        yield from (_service(target, name) for target in targets if not target.get("Peer"))


def elsewhere(kind: str, body: Body) -> set[tuple[str, str]]:
    """Return the (partition, namespace) of what a router, splitter or resolver names with one of them; empty
    is its own. What is at peers has none here."""
    named = [struct(route.get("Destination")) for route in items(body.get("Routes"))]
    named += [*items(body.get("Splits")), struct(body.get("Redirect"))]
    for failover in struct(body.get("Failover")).values():
        named += [struct(failover), *items(struct(failover).get("Targets"))]
    here = [place for place in named if not place.get("Peer")] if kind in CHAIN_KINDS else []
    found = {(text(place.get("Partition")), text(place.get("Namespace"))) for place in here}
    return found - {("", "")}


def loses_peers(resolver: Body | None) -> bool:
    """Say whether a redirect to a peer's service of a resolver's name ends at the local one.

    Servers ask the local resolver, too, and its redirect or default subset loses the peer (seen on 1.14 to
    1.22). A failover keeps its peer.
    """
    return bool(resolver and (resolver.get("Redirect") or resolver.get("DefaultSubset")))


def of_peer(name: str, resolver: Body) -> set[str]:
    """Return the service of a peer that a resolver redirects to, in lower case."""
    redirect = struct(resolver.get("Redirect"))
    return {folded(_service(redirect, name))} if redirect.get("Peer") else set()


def listened(gateway: Body) -> Iterator[tuple[str, str]]:
    """Yield (protocol, service) of every listener of an ingress gateway, without wildcards."""
    for listener in items(gateway.get("Listeners")):
        for service in items(listener.get("Services")):
            if service.get("Name") != ANY:
                yield text(listener.get("Protocol")).lower() or "tcp", text(service.get("Name"))


def has_permissions(intentions: Body) -> bool:
    """Say whether intentions have rules of layer 7."""
    return any(source.get("Permissions") for source in items(intentions.get("Sources")))


def providers(intentions: Body) -> set[str]:
    """Return the JWT providers that intentions refer to."""
    rules = [p for source in items(intentions.get("Sources")) for p in items(source.get("Permissions"))]
    found = [items(struct(holder.get("JWT")).get("Providers")) for holder in (intentions, *rules)]
    return {text(provider.get("Name")) for several in found for provider in several}


def exported(
    body: Body, namespace: str | None, *, partitions: bool = False
) -> tuple[dict[str, set[str]], set[str]]:
    """Return (peers by service, peers of the wildcard) of exports, for a namespace (`None`: there are none).
    With `partitions`, those of the same servers appear as the empty name: they count as local callers.
    """
    exact: dict[str, set[str]] = {}
    wildcard: set[str] = set()
    for service in items(body.get("Services")):
        if namespace is not None and (text(service.get("Namespace")) or "default") not in (namespace, ANY):
            continue
        peers = {text(consumer.get("Peer")) for consumer in items(service.get("Consumers"))}
        if not partitions:
            peers.discard("")
        if service.get("Name") == ANY:
            wildcard |= peers
        elif text(service.get("Name")) != HIDDEN:
            exact.setdefault(text(service.get("Name")), set()).update(peers)
    return exact, wildcard
