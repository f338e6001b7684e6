"""Enterprise: in which partition and namespace a request is, and what is kept for each of them.

A partition of a cluster is a `Cluster` of its own in the world, with the servers, addresses and certificate
authority of the one that it belongs to; so links, rows and the leader's loop work on it as on any. A
namespace is a `Store` of its own within a partition.

No Enterprise server was recorded. The sources are Consul's public documentation (api-docs/admin-partitions,
namespaces, peering; docs/multi-tenant/admin-partition) and the parts of its source that both editions share
(agent/config_endpoint.go, agent/peering_endpoint.go, the `api` package). The words for a partition or
namespace that does not exist are those of agent/grpc-external/services/resource/server.go.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from reconciler.emulator.agent import register as agent_register
from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.state import WorldState
from reconciler.emulator.core.store import DEFAULT, Store
from reconciler.emulator.peering import streams
from reconciler.emulator.wire.gojson import GoJSONError, loads
from reconciler.emulator.wire.messages import Refusal

ANY = "*"
PARTITION_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
NAMESPACE_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
OF_A_PARTITION = ("/v1/peering", "/v1/partition", "/v1/exported-services", "/v1/agent/self", "/v1/namespace")
WITH_SCOPE_IN_BODY = (
    "/v1/config",
    "/v1/peering/token",
    "/v1/peering/establish",
    "/v1/acl/",
    "/v1/catalog/",
    "/v1/agent/service/register",
)
ABOUT_TENANTS = ("/v1/partition", "/v1/namespace", "/v1/internal/")

Row = dict[str, Any]


# Where Community Edition refuses before it does anything; other endpoints see to it in their own order.
REFUSES = (
    "/v1/catalog/services",
    "/v1/catalog/service/",
    "/v1/health/",
    "/v1/agent/services",
    "/v1/connect/intentions",
    "/v1/kv/",
    "/v1/session/",
    "/v1/operator/usage",
    "/v1/acl/",
)
REFUSES_PARTITIONS = ("/v1/catalog/nodes", "/v1/exported-services")


def enter(context: Context) -> None:
    """Bring a request into the partition and namespace that it names, or that its token is of.

    Community Edition (recorded, 1.13 to 1.22) refuses one that names any, even `default`, where it looks at
    that at all.
    """
    path = context.request.path
    if context.cluster.version.enterprise:
        _enter(context)
    elif path.startswith(REFUSES) and (context.cluster.acl or not path.startswith("/v1/acl/")):
        context.refuse_enterprise()
    elif path.startswith(REFUSES_PARTITIONS):
        context.refuse_enterprise(namespaces=False)


def _enter(context: Context) -> None:
    body = _body(context)
    own = _of_token(context)
    partition = _given(context, "partition", body) or own.partition
    namespace = _given(context, "ns", body) or own.namespace
    move(context, partition.lower(), namespace.lower())


def move(context: Context, partition: str, namespace: str) -> None:
    """Let the request go on in this place. In one that does not exist is nothing, and nothing is written."""
    path = context.request.path
    if path.startswith(OF_A_PARTITION):
        namespace = DEFAULT
    if path.startswith("/v1/partition"):
        partition = DEFAULT
    home = context.world.clusters[context.cluster.server]
    store = home.store.family.get((partition, namespace))
    if store is None:
        if context.request.method != "GET" and not path.startswith("/v1/internal/"):
            raise unknown(home, partition, namespace)
        store = Store(partition, namespace)
    context.store = context.own if store is home.store else store
    context.cluster = partition_of(context.world, home, partition) or _nowhere(home, store)


def unknown(home: Cluster, partition: str, namespace: str) -> Refusal:
    """Return the refusal of a place that does not exist."""
    if (partition, DEFAULT) not in home.store.family:
        return Refusal(500, f"partition not found: {partition}")
    return Refusal(500, f"namespace not found: {namespace}")


def partition_of(world: WorldState, home: Cluster, partition: str) -> Cluster | None:
    """Return a partition of a cluster, None where there is none of that name."""
    return home if partition == DEFAULT else world.clusters.parts.get(f"{home.server}:{partition}")


def _nowhere(home: Cluster, store: Store) -> Cluster:
    name = f"{home.server}:{store.partition}"
    return dataclasses.replace(home, name=name, partition=store.partition, store=store)


def _body(context: Context) -> Row:
    request = context.request
    if request.method not in ("PUT", "POST") or not request.path.startswith(WITH_SCOPE_IN_BODY):
        return {}
    try:
        value = loads(request.body) if request.body else {}
    except GoJSONError:
        return {}  # the endpoint has words for it
    return {key.lower(): item for key, item in value.items()} if isinstance(value, dict) else {}


_NAMES = {
    "partition": ("X-Consul-Partition", "partition"),
    "ns": ("X-Consul-Namespace", "namespace"),
}


def _given(context: Context, name: str, body: Row) -> str:
    """Return what the body says, which counts first (agent/config_endpoint.go merges the request's
    into it).
    """
    header, field = _NAMES[name]
    written = body.get(field)
    return (written if isinstance(written, str) else "") or context.query.get(name) or context.header(header)


def _of_token(context: Context) -> Store:
    """Return the store of a request. Documented: what a request does not say is taken from its token, else it
    is `default`.
    """
    home, secret = context.cluster.store, context.token
    if context.cluster.acl and secret:
        for store in home.family.values():
            if any(token["SecretID"] == secret for token in store.tokens.values()):
                return store
    return home.family[DEFAULT, DEFAULT]


def add_partition(world: WorldState, home: Cluster, name: str, about: Row | None = None) -> Cluster:
    """Make a further partition of an Enterprise cluster, with its namespace `default`."""
    store = Store(name, DEFAULT, home.store.family)
    cluster = dataclasses.replace(
        home,
        name=f"{home.server}:{name}",
        partition=name,
        store=store,
        loop_due=None,
        zombies=0,
        strandings=0,
    )
    world.clusters.parts[cluster.name] = cluster
    world.links_of[cluster.name] = {}
    streams.attach(world, cluster)
    agent_register.attach(world, cluster)
    begin(cluster, about or {})
    return cluster


def begin(cluster: Cluster, about: Row) -> None:
    """Note that a partition is there: what its row says, and the places that it has from the start."""
    index = cluster.store.bump("tenancy")
    cluster.store.about = {"Name": cluster.partition, **about, "CreateIndex": index, "ModifyIndex": index}
    Store(cluster.partition, ANY, cluster.store.family).listeners = cluster.store.listeners


def add_namespace(cluster: Cluster, name: str, about: Row | None = None) -> Store:
    """Make a namespace of a partition."""
    index = cluster.store.bump("tenancy")
    store = Store(cluster.partition, name, cluster.store.family)
    store.listeners = cluster.store.listeners
    row = {"Name": name, **(about or {}), "Partition": cluster.partition}
    store.about = {**row, "CreateIndex": index, "ModifyIndex": index}
    return store


def prepare(world: WorldState, home: Cluster, places: tuple[str, ...]) -> None:
    """Make the partitions (`team`) and namespaces (`team:finance`) that a cluster begins with."""
    begin(home, {"Description": "Builtin Default Partition"})
    for place in places:
        partition, namespace = check_place(place)
        cluster = partition_of(world, home, partition) or add_partition(world, home, partition)
        if namespace and (partition, namespace) not in home.store.family:
            add_namespace(cluster, namespace)


def check_place(text: str) -> tuple[str, str]:
    """Return partition and namespace ("" where none is given) of `team` or `team:finance`."""
    partition, _, namespace = text.partition(":")
    check_name("partition", PARTITION_NAME, partition)
    if namespace:
        check_name("namespace", NAMESPACE_NAME, namespace)
    return partition, namespace


def check_name(what: str, form: re.Pattern[str], name: str) -> None:
    """Raise ValueError for what is no DNS label (documented)."""
    if not form.fullmatch(name):
        raise ValueError(f"{name!r} is not a name for a {what}: a-z, 0-9 and -, as in DNS labels")
