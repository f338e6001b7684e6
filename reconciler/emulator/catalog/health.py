"""/v1/health: instances with their checks, local or imported from a peer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reconciler.emulator.acl.access import authorizer
from reconciler.emulator.acl.rules import Authorizer
from reconciler.emulator.catalog.gateways import ingress_of
from reconciler.emulator.catalog.selecting import by_filter, by_tags, nearest, on_node
from reconciler.emulator.catalog.views import service_view
from reconciler.emulator.core.context import Context
from reconciler.emulator.filters.fields import CHECK, HEALTH
from reconciler.emulator.filters.match import TRUTHS, Predicate
from reconciler.emulator.peering.imports import imported_instances, imported_proxies
from reconciler.emulator.wire.messages import Block, Refusal, Response

Value = dict[str, Any]
SERVICE = "/v1/health/service/"
CONNECT = "/v1/health/connect/"
INGRESS = "/v1/health/ingress/"
NODE = "/v1/health/node/"
STATE = "/v1/health/state/"
CHECKS = "/v1/health/checks/"


def service(context: Context) -> Response | Block:
    """Return the instances of a service (`?peer=` takes imported ones, `?passing` only healthy ones)."""
    return _answer(context, context.rest(SERVICE), connect=False)


def connect(context: Context) -> Response | Block:
    """Return what can be dialed in the mesh for a service: proxies and connect-native instances."""
    return _answer(context, context.rest(CONNECT), connect=True)


def ingress(context: Context) -> Response | Block:
    """Return the instances of the ingress gateways that let a service in."""
    name = context.rest(INGRESS)
    if not name:
        raise Refusal(400, "Missing service name")
    context.parse_options()
    _passing_only(context)
    who = authorizer(context)

    def answer() -> list[Value]:
        found = [
            one for gateway in ingress_of(context.store, name) for one in _local(context, who, gateway, False)
        ]
        return _narrowed(context, found)

    return context.read(("catalog", "config"), answer)


def _answer(context: Context, name: str, *, connect: bool) -> Response | Block:
    if not name:
        raise Refusal(400, "Missing service name")
    context.parse_options()
    _passing_only(context)
    who = authorizer(context)
    peer = context.query.get("peer", "")

    def answer() -> list[Value]:
        found = _imported(context, who, peer, name, connect) if peer else _local(context, who, name, connect)
        return _narrowed(context, found)

    return context.read(("catalog", "imports"), answer)


def _passing_only(context: Context) -> bool:
    text = context.query.get("passing")
    if text is None:
        return False
    if text and text not in TRUTHS:
        index = {} if context.cluster.version.at_least(20) else {"X-Consul-Index": "1"}
        raise Refusal(400, "Invalid value for ?passing", headers=index)
    return not text or TRUTHS[text]


def _narrowed(context: Context, found: list[Value]) -> list[Value]:
    """Return the instances that tags, node meta data, a filter and `?passing` leave, the nearest first."""
    tagged, wanted = by_tags(context, lambda one: one["Service"]), by_filter(context, HEALTH)
    on, passing = on_node(context), _passing_only(context)
    rows = [one for one in found if tagged(one) and wanted(one)]
    if not context.query.get("peer"):
        rows = [one for one in rows if on(one["Node"]["Node"])]
    if passing:
        rows = [one for one in rows if all(check["Status"] == "passing" for check in one["Checks"])]
    return nearest(context, rows, lambda one: str(one["Node"]["Node"]))


def node(context: Context) -> Response | Block:
    """Return the checks of a node and of what is on it."""
    name = context.rest(NODE)
    if not name:
        raise Refusal(400, "Missing node name")
    return _checks(context, lambda check: check["Node"].lower() == name.lower())


def state(context: Context) -> Response | Block:
    """Return the checks in a state, or in any."""
    wanted = context.rest(STATE)
    if not wanted:
        raise Refusal(400, "Missing check state")
    return _checks(context, lambda check: wanted in ("any", check["Status"]), on=on_node(context))


def checks(context: Context) -> Response | Block:
    """Return the checks of a service's instances."""
    name = context.rest(CHECKS)
    if not name:
        raise Refusal(400, "Missing service name")
    return _checks(
        context,
        lambda check: bool(check["ServiceID"]) and check["ServiceName"].lower() == name.lower(),
        on=on_node(context),
    )


def _checks(
    context: Context, wanted: Predicate, on: Callable[[str], bool] = lambda name: True
) -> Response | Block:
    context.index_of_refusals = True
    context.parse_options()
    who, fits = authorizer(context), by_filter(context, CHECK)

    def answer() -> list[Value]:
        table = sorted(context.store.checks.items())
        found = [row for _, row in table if wanted(row) and on(row["Node"])]
        shown = [row for row in found if _may_see(who, row)]
        context.filtered = len(shown) < len(found) and bool(who.accessor)
        return nearest(context, [row for row in shown if fits(row)], lambda row: str(row["Node"]))

    return context.read(("catalog",), answer, answer)


def _may_see(who: Authorizer, check: Value) -> bool:
    of_service = not check["ServiceName"] or who.allows("service", "read", check["ServiceName"])
    return of_service and who.allows("node", "read", check["Node"])


def instances(context: Context, name: str, peer: str, *, connect: bool) -> list[Value]:
    """Return the instances of a service, or of what the mesh dials for it, here or imported from a peer."""
    who = authorizer(context)
    return _imported(context, who, peer, name, connect) if peer else _local(context, who, name, connect)


def _imported(context: Context, who: Authorizer, peer: str, name: str, connect: bool) -> list[Value]:
    """Return imported instances, which need service:write on any service, or read on all services and all
    nodes.

    Proxies are refused to a token that may not read all services; Consul 1.14 hides them without an error.
    """
    writes, reads = who.any_of("service", "write"), who.all_of("service", "read")
    if connect and not (writes or reads):
        if context.cluster.version.at_least(15):
            raise Refusal(403, "Permission denied")
        return []
    read = imported_proxies if connect else imported_instances
    found = read(context.world, context.cluster, peer, name)
    if writes or (reads and who.all_of("node", "read")):
        return found
    context.filtered = bool(found) and bool(who.accessor)
    return []


def _local(context: Context, who: Authorizer, name: str, connect: bool) -> list[Value]:
    store = context.store
    if connect:
        rows = [(node, row) for (node, _), row in store.services.items() if dials(row, name)]
    else:
        rows = [(node, row) for (node, _), row in store.by_name.get(name, {}).items()]
    readable = [
        (node, row)
        for node, row in rows
        if who.allows("service", "read", name) and who.allows("node", "read", node)
    ]
    context.filtered = len(readable) < len(rows) and bool(who.accessor)
    return [_shown(context, node, row) for node, row in readable]


def dials(row: Value, name: str) -> bool:
    """Say whether an instance is what the mesh dials for a service: its proxy, or a native one itself."""
    proxy = row["Kind"] == "connect-proxy" and row["Proxy"].get("DestinationServiceName") == name
    return proxy or (bool(row["Connect"].get("Native")) and row["Service"] == name)


def _shown(context: Context, node: str, row: Value) -> Value:
    checks = [
        check
        for (owner, _), check in context.store.checks.items()
        if owner == node and check["ServiceID"] in ("", row["ID"])
    ]
    checks.sort(key=lambda check: (bool(check["ServiceID"]), check["CheckID"]))
    shown = service_view(context.cluster.version, row)
    return {"Node": context.store.nodes[node], "Service": shown, "Checks": checks}
