"""Resolvers as chains are put together from them: datacenters as seen from their own cluster.

The compiler of chains works as servers do that try an entry: everything is in a datacenter called `HERE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sdk.provider import Body
from reconciler_consul.access.network.parsing import list_of, mapping_of
from reconciler_consul.graph.chains.targets import HERE

_FIELD, _LIST = "Datacenter", "Datacenters"
REMOTE = f"{HERE} (remote)"  # the datacenter of that name, as another one sees it


def placed(body: Body, own: str) -> Body:
    """Return a resolver of a cluster whose datacenter is `own`."""
    if own == HERE or not any(part.get(_FIELD) or part.get(_LIST) for part in _parts(body)):
        return body
    out = {**body}
    if body.get("Redirect"):
        out["Redirect"] = _seen(mapping_of(body["Redirect"]), own)
    failover = mapping_of(body.get("Failover"))
    if failover:
        out["Failover"] = {subset: _rule(mapping_of(rule), own) for subset, rule in failover.items()}
    return out


def _parts(body: Body) -> list[Mapping[str, Any]]:
    rules = [mapping_of(rule) for rule in mapping_of(body.get("Failover")).values()]
    targets = [target for rule in rules for target in list_of(rule.get("Targets"))]
    return [mapping_of(body.get("Redirect")), *rules, *targets]


def _rule(rule: Mapping[str, Any], own: str) -> Mapping[str, Any]:
    seen = _seen(rule, own)
    targets = list_of(rule.get("Targets"))
    return {**seen, "Targets": [_seen(target, own) for target in targets]} if targets else seen


def _seen(part: Mapping[str, Any], own: str) -> Mapping[str, Any]:
    out = {**part}
    if part.get(_FIELD):
        out[_FIELD] = _name(part[_FIELD], own)
    if part.get(_LIST):
        out[_LIST] = [_name(name, own) for name in part[_LIST]]
    return out


def _name(name: Any, own: str) -> Any:
    return HERE if name == own else REMOTE if name == HERE else name
