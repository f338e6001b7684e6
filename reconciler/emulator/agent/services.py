"""/v1/agent/service, services and health/service: what is registered at the agent, and how it fares."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.agent import register as agent_register
from reconciler.emulator.agent.content_hash import content_hash
from reconciler.emulator.catalog.check_rules import STATUSES, problem
from reconciler.emulator.catalog.service_rules import (
    ANY_ADDRESS,
    meta_problem,
    problems,
    several,
    weights_problem,
)
from reconciler.emulator.core import bodies
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.versions import Version
from reconciler.emulator.filters.fields import AGENT_SERVICE
from reconciler.emulator.filters.match import compile_filter
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json, as_text, empty

Value = dict[str, Any]
ONE, BY_ID, BY_NAME = "/v1/agent/service/", "/v1/agent/health/service/id/", "/v1/agent/health/service/name/"
CODES = {"passing": 200, "warning": 429, "critical": 503}
BAD_STATUS = "Status for checks must 'passing', 'warning', 'critical'"
UNKNOWN = 'Unknown service ID "{}". Ensure that the service ID is passed, not the service name.'
NO_DEFINITION: Value = {
    **dict.fromkeys(("Interval", "Timeout", "DeregisterCriticalServiceAfter"), "0s"),
    "HTTP": "",
    "Header": None,
    "Method": "",
    "Body": "",
    "TLSServerName": "",
    "TLSSkipVerify": False,
    "TCP": "",
    "TCPUseTLS": False,
    "UDP": "",
    "GRPC": "",
    "OSService": "",
    "GRPCUseTLS": False,
}


def register(context: Context) -> Response:
    """Register a service at the agent; `?replace-existing-checks` drops the checks that it had."""
    body = bodies.read(context, bodies.SERVICE)
    if not body.get("Name"):
        raise Refusal(400, "Missing service name")
    if body.get("Address") in ANY_ADDRESS:
        raise Refusal(400, "Invalid service address")
    _validate(body)
    require(authorizer(context), "service", "write", body["Name"])
    replace = context.query.get("replace-existing-checks") in ("", "true")
    agent_register.register(context.world, context.cluster, body, replace=replace)
    return empty()


def _validate(body: Value) -> None:
    """Refuse, in Consul's order, what is wrong with weights, meta data, the service, its checks."""
    if body.get("Weights") is not None:
        why = weights_problem(body["Weights"])
        if why:
            raise Refusal(400, f"Invalid Weights: {why}")
    why = meta_problem(body.get("Kind", ""), body.get("Meta"))
    if why:
        raise Refusal(400, f"Invalid Service Meta: {why}")
    found = problems(body)
    if found:
        raise Refusal(400, f"Validation failed: {several(found)}")
    _validate_checks(body, "Invalid check")
    sidecar = (body.get("Connect") or {}).get("SidecarService")
    if sidecar:
        _validate_checks(sidecar, "Invalid check in sidecar_service")


def _validate_checks(body: Value, words: str) -> None:
    checks = [*(body.get("Checks") or ()), *([body["Check"]] if body.get("Check") else ())]
    for check in checks:
        why = problem(check)
        if why:
            raise Refusal(400, f"{words}: {why}")
    if any(check.get("Status") and check["Status"] not in STATUSES for check in checks):
        raise Refusal(400, BAD_STATUS)


def deregister(context: Context) -> Response:
    """Remove a service from the agent."""
    identifier = context.rest("/v1/agent/service/deregister/")
    who, row = authorizer(context), _row(context, identifier)
    if row is None:
        raise Refusal(404, UNKNOWN.format(identifier))
    require(who, "service", "write", row["Service"])
    agent_register.deregister(context.cluster, identifier)
    return empty()


def _row(context: Context, identifier: str) -> Value | None:
    found: Value | None = context.own.services.get((context.cluster.node, identifier))
    return found if found is not None and found["Service"] != "consul" else None


def view(context: Context, row: Value) -> Value:
    """Return a service as its agent shows it."""
    hidden = ("CreateIndex", "ModifyIndex", *(("Kind", "Proxy") if not row["Kind"] else ()))
    shown = {key: part for key, part in row.items() if key not in hidden}
    shown["TaggedAddresses"] = {
        key: part for key, part in row["TaggedAddresses"].items() if key != "consul-virtual"
    }
    if row["Kind"]:
        shown["Proxy"] = {"MeshGateway": {}, "Expose": {}, **row["Proxy"]}
    for key in ("TaggedAddresses", "Connect", "SocketPath"):
        if not shown.get(key):
            shown.pop(key, None)
    return {**shown, "Meta": shown["Meta"] or {}, "Datacenter": context.cluster.datacenter}


def list_all(context: Context) -> Response:
    """Return the services registered at the agent, those that a filter leaves."""
    fits = compile_filter(context.query.get("filter", ""), AGENT_SERVICE)
    who = authorizer(context)
    rows = {
        identifier: row
        for (node, identifier), row in context.store.services.items()
        if node == context.cluster.node and identifier != "consul"
    }
    viewed = {identifier: view(context, row) for identifier, row in rows.items()}
    wanted = {identifier: row for identifier, row in viewed.items() if fits(row)}
    shown = {name: row for name, row in wanted.items() if who.allows("service", "read", row["Service"])}
    answer = as_json(shown)
    if len(shown) < len(wanted) and who.accessor:
        answer.headers["X-Consul-Results-Filtered-By-ACLs"] = "true"
    return answer


def read(context: Context) -> Response | Block:
    """Return one service of the agent with the hash of its content; `?hash` waits until that is another."""
    context.parse_options(check_dc=False)
    identifier = context.rest(ONE)
    who, row = authorizer(context), _row(context, identifier)
    if row is None:
        raise Refusal(404, f"unknown service ID: {identifier}")
    require(who, "service", "read", row["Service"])
    shown = view(context, row)
    digest = content_hash(shown)
    if context.query.get("hash") == digest and context.block is None:
        return _wait(context, identifier, digest)
    place = list(shown).index("EnableTagOverride") + 1
    items = list(shown.items())
    answer = as_json(dict([*items[:place], ("ContentHash", digest), *items[place:]]))
    answer.headers["X-Consul-ContentHash"] = digest
    return answer


def _wait(context: Context, identifier: str, digest: str) -> Block:
    deadline = context.world.clock() + context.wait_s * (context.world.time_scale or 1.0)

    def changed() -> bool:
        row = _row(context, identifier)
        return row is None or content_hash(view(context, row)) != digest

    return Block(context.origin.server, context.request, deadline, changed)


def _plain(context: Context) -> bool:
    if context.header("accept").startswith("text/plain"):
        return True
    return context.query.get("format", "") == "text"


def _health(context: Context, row: Value) -> Value:
    """Return a service with its checks, the node's too, and the worst of what they say."""
    table = sorted(context.own.checks.items())
    mine = [c for (node, _), c in table if node == context.cluster.node and c["ServiceID"] in (row["ID"], "")]
    mine = [c for c in mine if c["CheckID"] in context.own.local_checks]
    statuses = {check["Status"] for check in mine}
    if any(check["CheckID"].startswith("_") and check["Type"] == "maintenance" for check in mine):
        status = "maintenance"
    else:
        status = next((one for one in ("critical", "warning") if one in statuses), "passing")
    version = context.cluster.version
    checks = [_check_view(version, check) for check in sorted(mine, key=lambda check: not check["ServiceID"])]
    return {"AggregatedStatus": status, "Service": view(context, row), "Checks": checks}


def _check_view(version: Version, check: Value) -> Value:
    names = (
        "Node",
        "CheckID",
        "Name",
        "Status",
        "Notes",
        "Output",
        "ServiceID",
        "ServiceName",
        "ServiceTags",
    )
    shown = {key: check[key] for key in names}
    definition = {
        key: part for key, part in NO_DEFINITION.items() if version.at_least(16) or key != "TCPUseTLS"
    }
    rest = {"Type": "", "ExposedPort": 0, "Definition": definition, "CreateIndex": 0, "ModifyIndex": 0}
    return {**shown, "ServiceTags": shown["ServiceTags"] or [], **rest}


def health_by_id(context: Context) -> Response:
    """Return how a service at the agent fares: 200, 429 or 503 by the worst of its checks."""
    identifier = context.rest(BY_ID)
    if not identifier:
        raise Refusal(500, "Missing serviceID")
    who, row = authorizer(context), _row(context, identifier)
    if row is None:
        if _plain(context):
            return as_text(f"ServiceId {identifier} not found", 404)
        return as_json({"AggregatedStatus": "critical", "Service": None, "Checks": None}, 404)
    require(who, "service", "read", row["Service"])
    found = _health(context, row)
    status = found["AggregatedStatus"]
    code = CODES.get(status, 503)
    return as_text(status, code) if _plain(context) else as_json(found, code)


def health_by_name(context: Context) -> Response:
    """Return how the instances of a service at the agent fare, with the status of the worst."""
    name = context.rest(BY_NAME)
    if not name:
        raise Refusal(500, "Missing service Name")
    require(authorizer(context), "service", "read", name)
    rows = [
        row
        for (node, _), row in sorted(context.own.services.items())
        if node == context.cluster.node and row["Service"] == name
    ]
    found = [_health(context, row) for row in rows]
    code, status = 404, f"ServiceName {name} Not Found"
    for one in found:
        own = CODES.get(one["AggregatedStatus"], 503)
        if code == 404 or own > code:
            code, status = own, one["AggregatedStatus"]
    return as_text(status, code) if _plain(context) else as_json(found, code)
