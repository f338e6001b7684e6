"""Splitters that lead to splitters, both with header rules that Consul's servers do not survive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.fields.lookup import get, maps
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.consul.split_headers import HINT, RULE, Rules, Split, lethal_path, ways

_Place = tuple[str, str | None, str | None]
_MANY = 10_000


def header_problems(drafts: Drafts) -> Iterator[Diagnostic]:
    """Report each declared splitter from which a path of splitters would end the servers."""
    places: dict[_Place, dict[str, Draft]] = {}
    for draft in drafts:
        address = draft.address
        if address.type == "service_splitter":
            place = (address.cluster, address.partition, address.namespace)
            places.setdefault(place, {})[address.name.lower()] = draft
    for found in places.values():
        splitters = {name: list(_splits(name, draft.body)) for name, draft in found.items()}
        for name, draft in found.items():
            path = lethal_path(name, splitters)
            if path:
                yield _problem(draft, [found[step] for step in path])
            number = ways(name, splitters)
            if number > _MANY:
                summary = f"with the splitters behind it this splitter has {number} ways"
                hint = "flatten it: servers keep all of them in memory, at each write nearby"
                yield draft.key.problem("many-split-paths", summary, hint, warning=True)


def _problem(draft: Draft, path: list[Draft]) -> Diagnostic:
    way = " -> ".join(step.address.name for step in path)
    summary = f"the header rules of these splitters would crash every Consul server of the cluster: {way}"
    related = tuple((step.key.position, f"{step.address.name} is declared here") for step in path[1:])
    return draft.key.problem(RULE, summary, HINT, related=related, address=str(draft.address))


def _splits(name: str, body: Mapping[str, Any]) -> Iterator[Split]:
    for _, split in maps(get(body, "Splits")):
        target = str(get(split, "Service") or name).lower()
        leads = "" if target == name or get(split, "ServiceSubset") else target
        yield Split(leads, _rules(get(split, "RequestHeaders")), _rules(get(split, "ResponseHeaders")))


def _rules(headers: object) -> Rules:
    return frozenset(name for name in ("Add", "Set", "Remove") if get(headers, name))
