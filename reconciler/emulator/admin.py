"""/sandbox: ordering faults and reading the wire log over HTTP, outside of Consul's own paths."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.core.faults import Fault
from reconciler.emulator.core.state import WorldState
from reconciler.emulator.wire.gojson import GoJSONError, loads
from reconciler.emulator.wire.messages import Request, Response, as_json, as_text

ACTIONS = ("down", "up", "reset", "leader_change", "freeze", "thaw", "cut", "mend")


def serve_admin(world: WorldState, cluster: str, request: Request) -> Response:
    """Answer GET, POST, DELETE /sandbox/faults, GET /sandbox/requests and POST /sandbox/<action>.

    POST /sandbox/faults takes the fields of `Fault`; the cluster defaults to the one that is asked.
    POST /sandbox/down, up, reset, leader_change, freeze, thaw, cut, mend act on the cluster that is asked.
    """
    path = request.path.removeprefix("/sandbox/")
    try:
        if path == "faults":
            return _faults(world, cluster, request)
        if path == "requests" and request.method == "GET":
            return as_json([served._asdict() for served in world.requests])
        if path in ACTIONS and request.method == "POST":
            return _act(world, cluster, path, _body(request))
    except (GoJSONError, TypeError, ValueError) as error:
        return as_text(f"{error}", 400)
    return as_text(f"no sandbox path {request.path!r} for {request.method}", 404)


def _body(request: Request) -> dict[str, Any]:
    value = loads(request.body) if request.body else {}
    if not isinstance(value, dict):
        raise GoJSONError("expected an object")
    return value


def _faults(world: WorldState, cluster: str, request: Request) -> Response:
    if request.method == "POST":
        fault = Fault(**{"cluster": cluster, **_body(request)})
        world.faults.ordered.append(fault)
        return as_json(fault.as_dict(), 201)
    if request.method == "DELETE":
        world.faults.clear()
    return as_json([fault.as_dict() for fault in world.faults.ordered])


def _act(world: WorldState, cluster: str, action: str, settings: dict[str, Any]) -> Response:
    getattr(world, action)(cluster, **settings)
    return as_json(True)
