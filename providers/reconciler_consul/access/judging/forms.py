"""What servers refuse of a resolver, splitter or router by itself, in their words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler_consul.access.network.parsing import mapping_of
from reconciler_consul.graph.body import items, struct, text

_HEADER = ("Present", "Exact", "Regex", "Prefix", "Suffix")
_PARAMETER = ("Present", "Exact", "Regex")
_PATHS = ("PathExact", "PathPrefix", "PathRegex")


def of_resolver(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield why servers would not take a resolver."""
    name, subsets = text(body.get("Name")), struct(body.get("Subsets"))
    default = text(body.get("DefaultSubset"))
    if default and default not in subsets:
        yield f'DefaultSubset "{default}" is not a valid subset'
    redirect = struct(body.get("Redirect"))
    if redirect:
        yield from _of_redirect(redirect, name, subsets, bool(body.get("Failover")))
    for subset, rule in struct(body.get("Failover")).items():
        if subset not in ("*", *subsets):
            yield f'Bad Failover["{subset}"]: not a valid subset subset'
        yield from _of_failover(subset, struct(rule), name, subsets)


def _of_redirect(
    redirect: Mapping[str, Any], name: str, subsets: Mapping[str, Any], fails_over: bool
) -> Iterator[str]:
    subset = text(redirect.get("ServiceSubset"))
    if fails_over:
        yield "Redirect and Failover cannot both be set"
    if redirect.get("Peer") and subset:
        yield "Redirect.Peer cannot be set with Redirect.ServiceSubset"
    for field in ("ServiceSubset", "Peer"):
        if redirect.get(field) and not redirect.get("Service"):
            yield f"Redirect.{field} defined without Redirect.Service"
    if subset and redirect.get("Service") == name and subset not in subsets:
        yield f'Redirect.ServiceSubset "{subset}" is not a valid subset of "{name}"'


def _of_failover(
    subset: str, rule: Mapping[str, Any], name: str, subsets: Mapping[str, Any]
) -> Iterator[str]:
    start = f'Bad Failover["{subset}"]'
    for field in ("Datacenters", "ServiceSubset", "Service"):
        if rule.get(field) and rule.get("Targets"):
            yield f"{start}: Targets cannot be set with {field}"
    for index, target in enumerate(items(rule.get("Targets"))):
        chosen = text(target.get("ServiceSubset"))
        if target.get("Peer") and chosen:
            yield f"{start}.Targets[{index}]: Peer cannot be set with ServiceSubset"
        if chosen and target.get("Service") in (None, "", name) and chosen not in subsets:
            yield f'{start}.Targets[{index}]: ServiceSubset "{chosen}" is not a valid subset of "{name}"'


def of_splitter(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield why servers would not take a splitter. Splits that change headers are never the same to them."""
    splits = items(body.get("Splits"))
    seen = []
    for split in splits:
        key = {field: value for field, value in split.items() if field != "Weight" and value}
        key["Service"] = text(split.get("Service")) or text(body.get("Name"))
        if key in seen and not (key.get("RequestHeaders") or key.get("ResponseHeaders")):
            subset = text(split.get("ServiceSubset"))
            yield f'split destination occurs more than once: service="{key["Service"]}", subset="{subset}"'
        seen.append(key)
    weights = [weight for split in splits if isinstance(weight := split.get("Weight", 0), int | float)]
    if len(weights) == len(splits) and sum(round(100 * weight) for weight in weights) != 100 * 100:
        yield f"the sum of all split weights must be 100, not {sum(weights):f}"


def of_router(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield why servers would not take a router."""
    for index, route in enumerate(items(body.get("Routes"))):
        http = mapping_of(mapping_of(route.get("Match")).get("HTTP"))
        yield from (f"Route[{index}] {why}" for why in _of_match(http))
        rewrites = mapping_of(route.get("Destination")).get("PrefixRewrite")
        if rewrites and not (http.get("PathExact") or http.get("PathPrefix")):
            yield (
                f"Route[{index}] cannot make use of PrefixRewrite without configuring either PathExact or "
                "PathPrefix"
            )


def _of_match(http: Mapping[str, Any]) -> Iterator[str]:
    if sum(bool(http.get(field)) for field in _PATHS) > 1:
        yield "should only contain at most one of PathExact, PathPrefix, or PathRegex"
    for field in ("PathExact", "PathPrefix"):
        if http.get(field) and not text(http.get(field)).startswith("/"):
            yield f"{field} doesn't start with '/': \"{http[field]}\""
    for name, kinds in (("Header", _HEADER), ("QueryParam", _PARAMETER)):
        for number, condition in enumerate(items(http.get(name))):
            if sum(bool(condition.get(kind)) for kind in kinds) != 1:
                said = f"{', '.join(kinds[:-1])}, or {kinds[-1]}"
                yield f"{name}[{number}] should only contain one of {said}"
