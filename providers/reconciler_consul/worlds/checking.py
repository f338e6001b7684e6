"""Whether a value is a world: its form, as far as answers rest on it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ENDS = ("acceptor", "dialer")


def check(world: Any) -> None:
    """Raise `ValueError` that names the first place which is not as docs/snapshot.md says, as a JSON path."""
    _object(world, "$")
    _object(world.get("clusters"), "$.clusters")
    for name, cluster in world["clusters"].items():
        _cluster(cluster, f"$.clusters.{name}")
    for number, item in enumerate(_listed(world, "peerings", "$")):
        at = f"$.peerings[{number}]"
        for end in _ENDS:
            _text(item, end, at)


def _cluster(cluster: Any, at: str) -> None:
    _object(cluster, at)
    _one_of(cluster.get("gateway"), (True, False, None), "true, false or null", f"{at}.gateway")
    wanted = ("allow", "deny", None)
    _one_of(cluster.get("default_intention"), wanted, "allow, deny or null", f"{at}.default_intention")
    for number, service in enumerate(_listed(cluster, "services", at)):
        _text(service, "name", f"{at}.services[{number}]")
    for number, entry in enumerate(_listed(cluster, "config_entries", at)):
        _text(entry, "Kind", f"{at}.config_entries[{number}]")
    if cluster.get("unknown") is not None:
        _object(cluster["unknown"], f"{at}.unknown")


def _object(value: Any, at: str) -> None:
    if value is None:
        raise ValueError(f"{at} is missing")
    if not isinstance(value, Mapping):
        raise ValueError(f"{at} is not an object")


def _listed(value: Mapping[str, Any], key: str, at: str) -> list[Any]:
    """Return a list of objects; an empty one where it is left out or null."""
    found = value.get(key)
    if found is None:
        return []
    if not isinstance(found, list | tuple):
        raise ValueError(f"{at}.{key} is not a list")
    for number, item in enumerate(found):
        _object(item, f"{at}.{key}[{number}]")
    return list(found)


def _text(value: Mapping[str, Any], key: str, at: str) -> None:
    found = value.get(key)
    if found is None:
        raise ValueError(f"{at}.{key} is missing")
    if not isinstance(found, str):
        raise ValueError(f"{at}.{key} is not a text")


def _one_of(value: Any, wanted: tuple[Any, ...], said: str, at: str) -> None:
    if not any(value is one or (isinstance(one, str) and value == one) for one in wanted):
        raise ValueError(f"{at} is not {said}")
