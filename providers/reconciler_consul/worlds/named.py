"""The services that config entries name: in a world that is declared, those are taken to run. Pure.

A name that only redirects is no service. Where a name is exported, or has intentions as their destination,
it is one all the same: both are about instances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from reconciler_consul.worlds.form import objects, struct
from reconciler_consul.worlds.written import names_of

Named = tuple[str, str, str]  # cluster, name, namespace ("": the default one)
Body = Mapping[str, Any]
_NEVER = frozenset({"", "*", "consul"})
_DEFAULT = ("", "default")


def with_named(world: Mapping[str, Any], written: Iterable[tuple[str, Body]]) -> dict[str, Any]:
    """Return the world with the services that these entries name, too. Each entry is of a cluster."""
    clusters = dict(world["clusters"])
    peers = _peers(world.get("peerings") or ())
    named: dict[str, set[tuple[str, str]]] = {}
    for cluster, name, namespace in _named(clusters, peers, written):
        named.setdefault(cluster, set()).add((name, namespace))
    for cluster, names in named.items():
        if cluster in clusters:
            clusters[cluster] = _with_services(clusters[cluster], names)
    return {**world, "clusters": clusters}


def _with_services(cluster: Mapping[str, Any], names: set[tuple[str, str]]) -> dict[str, Any]:
    there = list(cluster.get("services") or ())
    known = {_key(one) for one in there}
    for name, namespace in sorted(names - known):
        there.append({"name": name, **({"namespace": namespace} if namespace else {})})
    return {**cluster, "services": sorted(there, key=_key)}


def _key(service: Mapping[str, Any]) -> tuple[str, str]:
    return str(service["name"]), service.get("namespace") or ""


def _peers(peerings: Any) -> dict[tuple[str, str], str]:
    """Return which cluster a peer is, by the cluster that calls it so and the name that it has there."""
    found: dict[tuple[str, str], str] = {}
    for item in peerings:
        other = {item["acceptor"]: item["dialer"], item["dialer"]: item["acceptor"]}
        found |= {(cluster, name): other[cluster] for cluster, name in names_of(item).items()}
    return found


def _named(
    clusters: Mapping[str, Any],
    peers: Mapping[tuple[str, str], str],
    written: Iterable[tuple[str, Body]],
) -> Iterator[Named]:
    redirects: dict[str, set[str]] = {}
    for cluster, body in written:
        if cluster not in redirects:
            redirects[cluster] = _redirects(clusters.get(cluster) or {})
        reader = _READERS.get(str(body.get("Kind")))
        for name, peer, namespace, sure in reader(body) if reader is not None else ():
            where = peers.get((cluster, peer)) if peer else cluster
            if where and name not in _NEVER and (sure or peer or name not in redirects[cluster]):
                yield where, name, "" if namespace in _DEFAULT else namespace


def _redirects(cluster: Mapping[str, Any]) -> set[str]:
    """Return the names that only redirect."""
    return {
        str(one.get("Name"))
        for one in objects(cluster.get("config_entries"))
        if one.get("Kind") == "service-resolver" and struct(one.get("Redirect"))
    }


_Mention = tuple[
    str, str, str, bool
]  # name, peer ("": here), namespace, whether it is one even if it redirects


def _mention(item: Body, key: str, otherwise: Body, *, sure: bool = False) -> _Mention:
    """Return what an item names; what it leaves out is as its entry says."""
    peer = str(item.get("Peer") or "")
    usual = "" if peer else str(otherwise.get("Namespace") or "")
    name = str(item.get(key) or otherwise.get("Name") or "")
    return name, peer, str(item.get("Namespace") or usual), sure


def _exports(body: Body) -> Iterator[_Mention]:
    return (_mention(one, "Name", {}, sure=True) for one in objects(body.get("Services")))


def _intentions(body: Body) -> Iterator[_Mention]:
    yield _mention(body, "Name", body, sure=True)
    yield from (_mention(one, "Name", {**body, "Name": ""}) for one in objects(body.get("Sources")))


def _defaults(body: Body) -> Iterator[_Mention]:
    if not struct(body.get("Destination")):  # that is a place outside the mesh
        yield _mention(body, "Name", body)


def _resolver(body: Body) -> Iterator[_Mention]:
    redirect = struct(body.get("Redirect"))
    if redirect:
        yield from () if redirect.get("Datacenter") else (_mention(redirect, "Service", body),)
        return
    yield _mention(body, "Name", body)
    for failover in struct(body.get("Failover")).values():
        item = struct(failover)
        if item.get("Service") and not item.get("Datacenters"):
            yield _mention(item, "Service", body)
        targets = (one for one in objects(item.get("Targets")) if not one.get("Datacenter"))
        yield from (_mention(one, "Service", body) for one in targets)


def _splitter(body: Body) -> Iterator[_Mention]:
    return (_mention(one, "Service", body) for one in objects(body.get("Splits")))


def _router(body: Body) -> Iterator[_Mention]:
    routes = (struct(one.get("Destination")) for one in objects(body.get("Routes")))
    yield from (_mention(one, "Service", body) for one in routes)
    yield _mention(body, "Name", body)  # what no route matches goes there


_READERS: Mapping[str, Callable[[Body], Iterator[_Mention]]] = {
    "exported-services": _exports,
    "service-intentions": _intentions,
    "service-defaults": _defaults,
    "service-resolver": _resolver,
    "service-splitter": _splitter,
    "service-router": _router,
}
