"""Hints for a value of another shape than its section has: a text or a list where a mapping is expected.

Each hint repeats what was written in the form that is read. Never here: whether something is valid, and which
clusters there are: a name above a service may be either, so that the hints say how a section is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from reconciler.config.text.document import Step

Path = tuple[Step, ...]

_EXAMPLES = {
    "exports": "{dc1: {api: [dc2]}}",
    "intentions": "{dc1: {api: [{from: web@dc2, action: allow}]}}",
    "failover": "{dc1: {api: [api@dc2]}}",
    "redirects": "{dc1: {api: api@dc2}}",
    "splits": "{dc1: {api: {api: 90, api@dc2: 10}}}",
    "routes": "{dc1: {api: [{match: {path_prefix: /v2}, to: api@dc2}]}}",
    "service_defaults": "{dc1: {api: {protocol: http}}}",
    "acl_policies": "{dc1: {reader: {rules: …}}}",
    "config_entries": "{dc1: [{Kind: service-defaults, Name: api, Protocol: http}]}",
    "clusters": "{dc1: {address: https://consul.example.com:8501}}",
    "groups": "{us: [dc1, dc2]}",
    "mesh": "{dc1: {peering: {peer_through_mesh_gateways: true}}}",
    "proxy_defaults": "{dc1: {config: {protocol: http}}}",
}
_ORDERS = {
    "acl_policies": "first the cluster, then the policy, as in ",
    **dict.fromkeys(("config_entries", "mesh", "proxy_defaults"), "first the cluster, as in "),
    **dict.fromkeys(("clusters", "groups"), "as in "),
}
_ABOVE = 2  # a path of this length is that of a cluster, a group, or what a cluster has
_PEERING = "a peering is {between: [a, b]}, {mesh: […]} or {hub: a, spokes: […]}"


def hint_for_shape(path: Path, value: object) -> str:
    """Return what to write instead of a value of another shape, or "" where that is not known."""
    section = str(path[0]) if path else ""
    find = _FINDERS.get(section)
    hint = find(path, value) if find is not None else ""
    return hint or (_of_section(section) if section in _EXAMPLES and len(path) <= _ABOVE else "")


def _of_section(section: str) -> str:
    order = _ORDERS.get(section, "first the cluster, then the service, as in ")
    return f"{order}{section}: {_EXAMPLES[section]}"


def _peering(path: Path, value: object) -> str:
    if len(path) == 1 and isinstance(value, Mapping):
        return f"write a list: [{_between(value)}]"
    if len(path) == 2 and isinstance(value, list) and all(isinstance(name, str) for name in value):
        key = "between" if len(value) == 2 else "mesh"
        return f"write {{{key}: [{', '.join(value)}]}}"
    if path[2:] == ("between",) and isinstance(value, str):
        names = value.replace("/", " ").replace(",", " ").split()
        return f"write between: [{', '.join(names)}]" if len(names) == 2 else ""
    return _PEERING if len(path) == 2 else ""


def _between(value: Mapping[Any, Any]) -> str:
    """Return a peering in the form of the list's items, where the mapping is one or like `{dc1: dc2}`."""
    named = next((key for key in ("between", "mesh", "spokes") if key in value), None)
    if named is not None:
        return "{hub: …, spokes: …}" if named == "spokes" else f"{{{named}: …}}"
    pairs = [(one, other) for one, other in value.items() if isinstance(other, str)]
    return f"{{between: [{pairs[0][0]}, {pairs[0][1]}]}}" if pairs else "{between: [dc1, dc2]}"


def _cluster(path: Path, value: object) -> str:
    if len(path) == 2 and isinstance(value, str):
        return f'write {{address: "{value}"}}'
    return f"write address: {value[0]}" if path[2:] == ("address",) and _is_one_text(value) else ""


def _intention(path: Path, value: object) -> str:
    inner = path[3:]
    if not isinstance(value, str) or not path[2:]:
        return ""
    source = f"{{from: {_quoted(value)}, action: allow}}"
    if not inner or inner == ("sources",):
        return f"write [{source}]"
    is_source = len(inner) == 1 or (inner[0] == "sources" and len(inner) == 2)
    return f"write {source}" if is_source else ""


def sources_for(path: Path, holder: object) -> str:
    """Return what to write for a destination or a source of intentions whose keys are not those of one, as
    `{from: web, action: allow}` where a list of sources is expected, or `{web@dc2: allow}`; else "".

    `path` is that of the mapping `holder`. Its missing and its unknown keys are then one problem.
    """
    if path[:1] != ("intentions",) or not isinstance(holder, Mapping) or "sources" in holder or not holder:
        return ""
    is_destination, is_source = len(path) == 3, len(path) == 4 or path[3:4] == ("sources",)
    if is_destination and isinstance(holder.get("from"), str):
        return f"write a list: [{{from: {_quoted(holder['from'])}, …}}]"
    if not all(action in ("allow", "deny") for action in holder.values()) or "action" in holder:
        return ""
    sources = ", ".join(f"{{from: {_quoted(str(who))}, action: {action}}}" for who, action in holder.items())
    return f"write [{sources}]" if is_destination else f"write {sources}" if is_source else ""


def _target(path: Path, value: object) -> str:
    """Return the hint for a target that is written as `{to: api@dc1}`, or as a list where one is expected."""
    to = value.get("to") if isinstance(value, Mapping) else None
    if len(path) >= 3 and isinstance(to, str):
        return f"write {to}"
    return f"write {value[0]}" if path[:1] == ("redirects",) and path[2:] and _is_one_text(value) else ""


def _defaults(path: Path, value: object) -> str:
    if len(path) == 3 and isinstance(value, str):
        if path[2] == "protocol":
            return _of_section("service_defaults")
        return f"write {{protocol: {value}}}"
    return ""


def _policy(path: Path, value: object) -> str:
    if len(path) == 3 and path[2] in ("rules", "description"):
        return _of_section("acl_policies")
    return "write {rules: …}" if len(path) == 3 and isinstance(value, str) else ""


def _entries(path: Path, value: object) -> str:
    if len(path) == 2 and isinstance(value, Mapping):
        return "write a list: [{Kind: …, Name: …}]"
    return ""


_FINDERS: dict[str, Callable[[Path, object], str]] = {
    "peerings": _peering,
    "clusters": _cluster,
    "intentions": _intention,
    "failover": _target,
    "redirects": _target,
    "service_defaults": _defaults,
    "acl_policies": _policy,
    "config_entries": _entries,
}


def _is_one_text(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and len(value) == 1 and isinstance(value[0], str)


def _quoted(text: str) -> str:
    """Return a reference as YAML: `*` at the start of a plain text would be an alias."""
    return f'"{text}"' if text.startswith("*") else text
