"""How many instances are in the subsets of resolvers: servers evaluate the filters themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.sdk.errors import ProviderError
from reconciler.sdk.http.messages import segment
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.worlds.form import objects, struct

Counts = Mapping[str, Mapping[str, int]]  # service -> subset -> how many instances of the mesh it has
_DEFAULT = ("", "default")


async def subset_counts(api: ConsulApi, entries: Iterable[Mapping[str, Any]]) -> Counts:
    """Count the instances of each subset with a filter; one request for each. What a server does not answer,
    as a filter that it cannot read, is left out. Raises nothing for it.
    """
    wanted = list(_filters(entries))
    answers = await asyncio.gather(*(_count(api, service, chosen) for service, _, chosen in wanted))
    found: dict[str, dict[str, int]] = {}
    for (service, subset, _), count in zip(wanted, answers, strict=True):
        if count is not None:
            found.setdefault(service, {})[subset] = count
    return found


def _filters(entries: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str, str]]:
    for entry in entries:
        if entry.get("Kind") == "service-resolver" and str(entry.get("Namespace") or "") in _DEFAULT:
            for subset, rule in struct(entry.get("Subsets")).items():
                chosen = struct(rule).get("Filter")
                if chosen:
                    yield str(entry.get("Name")), str(subset), str(chosen)


async def _count(api: ConsulApi, service: str, chosen: str) -> int | None:
    query = {**api.here(None, None).query(), "filter": chosen}
    try:
        answer = await api.http.get(f"/v1/health/connect/{segment(service)}", query)
    except ProviderError:
        return None
    if api.may_be_cut(answer) or not isinstance(answer.value, list):
        return None
    return len(objects(answer.value))


def with_subsets(services: list[dict[str, Any]], counts: Counts) -> list[dict[str, Any]]:
    """Return the services, those that subsets were counted of with the counts."""
    return [_with(one, counts) for one in services]


def _with(service: dict[str, Any], counts: Counts) -> dict[str, Any]:
    found = counts.get(str(service.get("name"))) if not service.get("namespace") else None
    return {**service, "subsets": dict(found)} if found else service
