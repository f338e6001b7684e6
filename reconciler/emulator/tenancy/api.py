"""/v1/partition(s) and /v1/namespace(s), as documented (api-docs/admin-partitions, api-docs/namespaces).

`default` always exists and cannot be deleted. A deleted one takes along everything that is in it, links of
its peerings included, at once: the `DeletedAt` of the time in between is not emulated.
"""

from __future__ import annotations

import re
from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.store import DEFAULT, Store
from reconciler.emulator.peering import streams
from reconciler.emulator.tenancy.enter import (
    ANY,
    NAMESPACE_NAME,
    PARTITION_NAME,
    add_namespace,
    add_partition,
    check_name,
    partition_of,
)
from reconciler.emulator.wire.gojson import GoJSONError, struct
from reconciler.emulator.wire.messages import Refusal, Response, as_json, empty

Row = dict[str, Any]
PARTITION: dict[str, type | str] = {"Name": str, "Description": str, "DisableGossip": bool}
NAMESPACE: dict[str, type | str] = {
    "Name": str,
    "Description": str,
    "ACLs": object,
    "Meta": dict,
    "Partition": str,
}
BUILTIN = "Builtin Default Namespace"


def list_partitions(context: Context) -> Response:
    """Return every partition."""
    require(authorizer(context), "operator", "read")
    family = context.store.family
    return as_json([family[place].about for place in sorted(family) if place[1] == DEFAULT])


def read_partition(context: Context) -> Response:
    """Return one partition."""
    require(authorizer(context), "operator", "read")
    return as_json(_store(context, context.rest("/v1/partition/"), DEFAULT).about)


def _family(context: Context) -> dict[tuple[str, str], Store]:
    """Return the places that the cluster has: the request's own may be one that does not exist."""
    return context.world.clusters[context.cluster.server].store.family


def _store(context: Context, partition: str, namespace: str) -> Store:
    found = _family(context).get((partition, namespace))
    if found is None or namespace == ANY:
        raise Refusal(404, "")
    return found


def put_partition(context: Context) -> Response:
    """Create a partition, or change what it says of itself."""
    body = _write(context, "Partition", PARTITION, "/v1/partition/")
    name = body.pop("Name")
    _check(name, "partition", PARTITION_NAME)
    existing = partition_of(context.world, context.cluster, name)
    if existing is None:
        return as_json(add_partition(context.world, context.cluster, name, body).store.about)
    return as_json(_changed(existing.store, existing.store, body))


def _write(context: Context, what: str, fields: dict[str, type | str], prefix: str) -> Row:
    """Return the body of a write, with its name, which the path may give as well."""
    require(authorizer(context), "operator", "write")
    try:
        body = struct(context.request.body, what, fields)
    except GoJSONError as error:
        raise Refusal(400, f"Request decode failed: {error}") from None
    path = context.request.path
    named = path[len(prefix) :] if path.startswith(prefix) else ""
    if named and body.get("Name", named) != named:
        raise Refusal(400, f"{what} name in the URL and in the payload do not match")
    body["Name"] = named or body.get("Name", "")
    if not body["Name"]:
        raise Refusal(400, f"Must specify a Name for {what} creation")
    return {key: value for key, value in body.items() if value}


def _check(name: str, what: str, form: re.Pattern[str]) -> None:
    try:
        check_name(what, form, name)
    except ValueError as error:
        raise Refusal(400, str(error)) from None


def _changed(counted: Store, store: Store, body: Row) -> Row:
    index = counted.bump("tenancy")
    kept: Row = {key: store.about[key] for key in ("Name", "Partition", "CreateIndex") if key in store.about}
    store.about = {**kept, **body, "ModifyIndex": index}
    return store.about


def delete_partition(context: Context) -> Response:
    """Delete a partition with all that is in it."""
    require(authorizer(context), "operator", "write")
    name = context.rest("/v1/partition/")
    if name == DEFAULT:
        raise Refusal(400, "Cannot delete the default partition")
    part = partition_of(context.world, context.cluster, name)
    if part is not None:
        _empty(context, part)
        family = context.store.family
        for place in [place for place in family if place[0] == name]:
            del family[place]
        del context.world.clusters.parts[part.name]
        context.store.bump("tenancy")
    return empty()


def _empty(context: Context, part: Cluster) -> None:
    for row in list(part.store.peerings.values()):
        part.store.drop_peering(row)
    streams.sync(context.world, part)


def list_namespaces(context: Context) -> Response:
    """Return the namespaces of a partition."""
    require(authorizer(context), "operator", "read")
    partition = context.store.partition
    names = sorted(name for place, name in _family(context) if place == partition and name != ANY)
    return context.indexed(
        as_json([_shown(context, name) for name in names]), context.store.table_index("tenancy")
    )


def _shown(context: Context, name: str) -> Row:
    store = _store(context, context.store.partition, name)
    if name != DEFAULT:
        return store.about
    indexes = {key: store.about[key] for key in ("CreateIndex", "ModifyIndex")}
    return {"Name": DEFAULT, "Description": BUILTIN, "Partition": store.partition, **indexes}


def read_namespace(context: Context) -> Response:
    """Return one namespace of a partition."""
    require(authorizer(context), "operator", "read")
    return as_json(_shown(context, context.rest("/v1/namespace/")))


def put_namespace(context: Context) -> Response:
    """Create a namespace in a partition, or change what it says of itself.

    The partition is the request's: since Consul 1.12 the body's is not looked at (hashicorp/consul#12845).
    """
    body = _write(context, "Namespace", NAMESPACE, "/v1/namespace/")
    name = body.pop("Name")
    body.pop("Partition", None)
    _check(name, "namespace", NAMESPACE_NAME)
    existing = context.store.family.get((context.store.partition, name))
    if name == DEFAULT:
        raise Refusal(400, "Cannot change the default namespace")
    if existing is None:
        if (context.store.partition, DEFAULT) not in context.store.family:
            raise Refusal(500, f"partition not found: {context.store.partition}")
        return as_json(add_namespace(context.cluster, name, body).about)
    return as_json(_changed(context.store, existing, body))


def delete_namespace(context: Context) -> Response:
    """Delete a namespace of a partition with all that is in it."""
    require(authorizer(context), "operator", "write")
    name = context.rest("/v1/namespace/")
    if name == DEFAULT:
        raise Refusal(400, "Cannot delete the default namespace")
    if context.store.family.pop((context.store.partition, name), None) is not None:
        context.store.bump("tenancy")
    return empty()
