"""Bodies of /v1/catalog: names in any letter case, unknown ones ignored."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.core.context import Context
from reconciler.emulator.wire.gojson import GoJSONError, loads
from reconciler.emulator.wire.messages import Refusal

Value = dict[str, Any]
OBJECTS = ("Service", "Check", "Connect", "Proxy", "Weights", "TaggedAddresses", "Meta", "NodeMeta")
TEXTS = ("Name", "ID", "Node", "Address", "Service", "ServiceID", "CheckID", "Kind", "Datacenter", "Status")
TOP = (
    "ID",
    "Node",
    "Address",
    "Datacenter",
    "TaggedAddresses",
    "NodeMeta",
    "Service",
    "Check",
    "Checks",
    "SkipNodeUpdate",
    "ServiceID",
    "CheckID",
)
SERVICE = (
    "Kind",
    "ID",
    "Service",
    "Tags",
    "Address",
    "TaggedAddresses",
    "Meta",
    "Port",
    "SocketPath",
    "Weights",
    "EnableTagOverride",
    "Proxy",
    "Connect",
    "Locality",
    "ModifyIndex",
)
CHECK = (
    "Node",
    "CheckID",
    "Name",
    "Status",
    "Notes",
    "Output",
    "ServiceID",
    "ServiceName",
    "ServiceTags",
    "Type",
    "Interval",
    "Timeout",
    "Definition",
    "ModifyIndex",
)


def canonical(value: Value, names: tuple[str, ...]) -> Value:
    """Return the fields that have these names, by them; null is left out."""
    known = {name.lower(): name for name in names}
    return {
        known[key.lower()]: part for key, part in value.items() if key.lower() in known and part is not None
    }


def service(value: Value) -> Value:
    """Return a service of the catalog by the names of its fields."""
    own = canonical(value, SERVICE)
    if own.get("Weights"):
        own["Weights"] = canonical(own["Weights"], ("Passing", "Warning"))
    return own


def body(context: Context) -> Value:
    """Return the request's body; 400 for what does not fit."""
    try:
        value = loads(context.request.body)
    except GoJSONError as error:
        raise Refusal(400, f"Request decode failed: {error}") from None
    if not isinstance(value, dict):
        raise Refusal(400, "Request decode failed: expected an object")
    value = canonical(value, TOP)
    check_types(value, OBJECTS, dict, "object")
    check_types({**value, "Service": None}, TEXTS, str, "string")
    for part in (value.get("Service") or {}, value.get("Check") or {}):
        check_types(part, TEXTS, str, "string")
        check_types({**part, "Service": None}, OBJECTS, dict, "object")
    if value.get("Service") is not None:
        value["Service"] = service(value["Service"])
    if value.get("Check") is not None:
        value["Check"] = canonical(value["Check"], CHECK)
    if value.get("Checks"):
        value["Checks"] = [canonical(check, CHECK) for check in value["Checks"] if isinstance(check, dict)]
    return value


def check_types(value: Value, names: tuple[str, ...], wanted: type, text: str) -> None:
    """Raise a 400 where one of these fields is not of the type."""
    for name in names:
        if value.get(name) is not None and not isinstance(value[name], wanted):
            raise Refusal(
                400, f"Request decode failed: json: cannot unmarshal into field {name} of type {text}"
            )
