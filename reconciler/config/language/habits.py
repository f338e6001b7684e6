"""Hints for what people write by habit: Consul's own forms, and sections that belong elsewhere.

Each hint names what to write here. Never here: whether something is valid; that is `check`'s and the models'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from reconciler.config.language.shapes import hint_for_shape
from reconciler.config.text.document import Step

Path = tuple[Step, ...]

_OPERATOR = "it belongs in reconciler.yaml, beside the configuration and outside of it"
_TOKENS = (
    "tokens are never part of the configuration: set RECONCILER_TOKEN_<CLUSTER>, or name a source under "
    "credentials in reconciler.yaml"
)
_SECTIONS = {
    "credentials": _OPERATOR,
    "state": _OPERATOR,
    "parallelism": _OPERATOR,
    "limits": _OPERATOR,
    "take_down": _OPERATOR,
    "token": _TOKENS,
    "tokens": _TOKENS,
    "exported_services": "write exports: {dc1: {api: [dc2]}}",
    "service_intentions": "write intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}",
    "service_resolvers": "write failover or redirects; for subsets, an entry under config_entries",
    "service_resolver": "write failover or redirects; for subsets, an entry under config_entries",
    "service_splitter": "write splits: {dc1: {api: {api: 90, api@dc2: 10}}}",
    "service_router": "write routes: {dc1: {api: [{match: {path_prefix: /v2}, to: api@dc2}]}}",
}


def hint_for_key(path: Path, holder: object) -> str:
    """Return what to write for an unknown key of the mapping `holder`, or "" where no habit is known."""
    key = _plain(path[-1])
    if len(path) == 1:
        return _SECTIONS.get(str(path[0]), "")
    find = _KEYS.get(str(path[0]))
    return find(path, key, holder) if find is not None else ""


def _of_cluster(path: Path, key: str, holder: object) -> str:
    return _TOKENS if key in ("token", "tokens") else ""


def _of_defaults(path: Path, key: str, holder: object) -> str:
    own = len(path) == 3 and key == "protocol"
    return "write config: {protocol: http}; Consul drops a protocol beside it" if own else ""


def _of_export(path: Path, key: str, holder: object) -> str:
    return f"write to: {_clusters(_at(holder, path[-1]))}" if key == "consumers" else ""


def _of_route(path: Path, key: str, holder: object) -> str:
    inner = _at(holder, path[-1])
    if key == "http":
        return "leave out http: write match: {path_prefix: /v2}"
    if key == "destination" and isinstance(inner, Mapping):
        more = " and its other fields beside it" if len(inner) > 1 else ""
        return f"write to: {reference(inner, str(path[2]))}{more}"
    return ""


def _of_failover(path: Path, key: str, holder: object) -> str:
    if len(path) != 4:
        return ""
    inner = _at(holder, path[-1])
    if isinstance(inner, Mapping):  # "*", or the name of a subset, as in Consul
        targets = next((value for name, value in inner.items() if _plain(name) == "targets"), None)
        if key == "*" and isinstance(targets, list):
            shown = ", ".join(reference(target, str(path[2])) for target in targets)
            return f'leave out "*": write {path[2]}: [{shown}]'
        return "write failover of one subset as a service-resolver under config_entries"
    named = key in ("service", "peer", "name")
    return f"write {path[2]}: [{reference(holder, str(path[2]))}]" if named else ""


def _of_state(path: Path, key: str, holder: object) -> str:
    from reconciler.config.language.operating.state import hint_for_key as hint

    return hint(str(path[-1]), holder) if len(path) == 2 else ""


_KEYS = {
    "state": _of_state,
    "clusters": _of_cluster,
    "proxy_defaults": _of_defaults,
    "routes": _of_route,
    "failover": _of_failover,
    "exports": _of_export,
}


def hint_for_value(path: Path, value: object) -> str:
    """Return what to write instead of a value of another type, or "" where no habit is known."""
    if isinstance(value, Mapping) and _is_reference(value):
        if path[:1] == ("redirects",) and len(path) == 3:
            return f"write {path[2]}: {reference(value, str(path[2]))}"
        if path[:1] == ("failover",) and len(path) >= 4:
            return f"write {reference(value, str(path[2]))}"
    if path[:1] == ("exports",) and len(path) == 2 and _are_exports(value):
        return f"write {{{', '.join(_export(item) for item in value)}}}"
    return hint_for_shape(path, value)


def _are_exports(value: object) -> TypeGuard[list[Mapping[Any, Any]]]:
    """Say whether this is the list `Services` of Consul's entry."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def whole_item(path: Path, holder: object) -> str:
    """Return what to write for a source or a part of a split that is in Consul's form, or "".

    `path` is that of the mapping `holder`. Its missing and its unknown keys are then one problem.
    """
    if not isinstance(holder, Mapping) or not _is_reference(holder):
        return ""
    section, depth = path[:1], len(path)
    if section == ("splits",) and depth == 4 and "to" not in holder:
        return f"write to: {reference(holder, str(path[2]))}"
    is_source = depth == 4 or (path[3:4] == ("sources",) and depth == 5)
    if section == ("intentions",) and is_source and "from" not in holder:
        return f"write from: {reference(holder, '*')}"
    return ""


def is_of_item(key: Step) -> bool:
    """Say whether a key is part of Consul's form of a reference, or the one that takes its place here."""
    return _plain(key) in ("service", "name", "peer", "peername", "to", "from")


def reference(value: object, otherwise: str) -> str:
    """Return Consul's form of a reference as `service@cluster`; `otherwise` is its default service."""
    if not isinstance(value, Mapping):
        return str(value)
    known = {_plain(key): str(inner) for key, inner in value.items() if isinstance(inner, str)}
    service = known.get("service") or known.get("name") or otherwise
    peer = known.get("peer") or known.get("peername")
    return f"{service}@{peer}" if peer else service


def _is_reference(value: Mapping[Any, Any]) -> bool:
    return any(_plain(key) in ("service", "name", "peer", "peername") for key in value)


def _export(item: Mapping[Any, Any]) -> str:
    known = {_plain(key): value for key, value in item.items()}
    return f"{known.get('name', 'api')}: {_clusters(known.get('consumers'))}"


def _clusters(consumers: object) -> str:
    items: Sequence[object] = consumers if isinstance(consumers, list) else ()
    names = [str(value) for item in items if isinstance(item, Mapping) for value in item.values()]
    return f"[{', '.join(names) or 'dc2'}]"


def _at(holder: object, key: Step) -> object:
    return holder.get(key) if isinstance(holder, Mapping) else None


def _plain(key: Step) -> str:
    return str(key).lower().replace("_", "")
