"""The protocol of services by the config entries of their cluster. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from reconciler_consul.worlds.form import Item, struct

DEFAULTS, GLOBAL = "service-defaults", "proxy-defaults"


def with_protocols(
    services: Iterable[Item], entries: Iterable[Mapping[str, Any]], unknown: Collection[str]
) -> list[Item]:
    """Return the services with their protocols; without them where entries that could say it are not known.

    `unknown` are the kinds that were not, or not all, read.
    """
    if {DEFAULTS, GLOBAL} & {*unknown}:
        return list(services)
    own: dict[tuple[str, str], str] = {}
    usual = "tcp"
    for entry in entries:
        if entry.get("Kind") == DEFAULTS and entry.get("Protocol"):
            own[str(entry.get("Name")), str(entry.get("Namespace") or "")] = str(entry["Protocol"])
        elif entry.get("Kind") == GLOBAL:
            config = struct(entry.get("Config"))
            usual = str(next((v for k, v in config.items() if k.lower() == "protocol" and v), usual))
    return [
        {**item, "protocol": own.get((item["name"], item.get("namespace", "")), usual)} for item in services
    ]
