"""Enterprise: what Consul fills in about partitions and namespaces when an entry is written.

Source: `Normalize` of agent/structs/config_entry*.go, which both editions share: in Community Edition it
fills in nothing, because its EnterpriseMeta is empty (acl/enterprisemeta_ce.go).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reconciler.emulator.core.store import DEFAULT, Store
from reconciler.emulator.forms.kinds import KINDS
from reconciler.emulator.wire.messages import Refusal

Value = dict[str, Any]
ANY = "*"


def place(kind: str, value: Value, store: Store) -> None:
    """Write into a decoded entry where it is, and into its parts where they are."""
    if KINDS[kind].wide and store.namespace != DEFAULT:
        raise Refusal(500, f"{kind} config entries can only be created in the default namespace")
    if store.namespace == ANY and kind != "service-intentions":
        raise Refusal(400, 'Invalid query parameter: "ns" - wildcards are not supported here')
    value["Partition"], value["Namespace"] = store.partition, store.namespace
    fill = _FILLINGS.get(kind)
    if fill is not None:
        fill(value)


def _inherit(part: Value, value: Value, *names: str) -> None:
    for name in names:
        part[name] = part.get(name) or value[name]


def _intentions(value: Value) -> None:
    """Place sources: a local one is where the destination is; a peer's has a namespace only, which is the
    peer's own.
    """
    for source in value.get("Sources", ()):
        if source.get("Peer") or source.get("SamenessGroup"):
            source["Namespace"] = source.get("Namespace") or DEFAULT
        else:
            namespace = DEFAULT if value["Namespace"] == ANY else value["Namespace"]
            _inherit(source, {**value, "Namespace": namespace}, "Partition", "Namespace")
        source["Precedence"] = precedence(value, source)
    if value.get("Sources"):
        value["Sources"].sort(key=lambda source: -source["Precedence"])


def precedence(value: Value, source: Value) -> int:
    """Return an intention's precedence: exact before `*`, the destination first, names and namespaces."""
    return 3 + 3 * _exact(value) - (2 - _exact(source))


def _exact(part: Value) -> int:
    if part["Namespace"] == ANY:
        return 0
    return 1 if part.get("Name") == ANY else 2


def _exports(value: Value) -> None:
    for service in value.get("Services", ()):
        service["Namespace"] = service.get("Namespace") or DEFAULT


def _router(value: Value) -> None:
    for route in value.get("Routes", ()):
        if route.get("Destination"):
            _inherit(route["Destination"], value, "Namespace", "Partition")


def _splitter(value: Value) -> None:
    for split in value.get("Splits", ()):
        _inherit(split, value, "Namespace")


def _service_defaults(value: Value) -> None:
    for override in (value.get("UpstreamConfig") or {}).get("Overrides", ()):
        _inherit(override, value, "Partition", "Namespace")


_FILLINGS: dict[str, Callable[[Value], None]] = {
    "service-intentions": _intentions,
    "exported-services": _exports,
    "service-router": _router,
    "service-splitter": _splitter,
    "service-defaults": _service_defaults,
}
