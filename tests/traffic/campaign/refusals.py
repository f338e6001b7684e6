"""What servers refused of a drawn world: `access` has to say of some request that they would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.traffic.campaign.drawing.setting import Setting
from tests.traffic.campaign.lines import Answers, Line, asked_of
from tests.traffic.campaign.staging import Refused

_OLD = "invalid config key"  # a field that this release does not know yet: told when it is written
_CHAINS = ("service-resolver", "service-splitter", "service-router")
_PLAIN = {"method": "GET", "path": "/", "headers": {}}


def lines_of(refused: Refused, base: Line, setting: Setting) -> Iterator[tuple[Line, list[str]]]:
    """Yield the line of a refusal: a request that it is about, and how `access` differs where no request is
    said to be refused.
    """
    if _OLD in refused.said or not _can_be_asked(refused, setting):
        return
    line = {**base, "clusters": _clusters(refused, base), "observed": "refused", "note": refused.said}
    requests = list(_requests(refused.cluster, setting))
    first: Line = {**line, "request": requests[0]}
    answers = Answers(asked_of(first).world, held=False)
    for request in requests:
        asked = {**line, "request": request}
        if not answers.differences(asked_of(asked)):
            yield asked, []
            return
    yield first, [f"not refused: {refused.entry['Kind']} {refused.entry.get('Name')}: {refused.said}"]


def _can_be_asked(refused: Refused, setting: Setting) -> bool:
    """Say whether a request may meet it: intentions are met at instances, to which a chain may not lead."""
    name = refused.entry.get("Name")
    there = (*setting.services[refused.cluster], "*")
    chained = any(one["Kind"] in _CHAINS and one["Name"] == name for one in refused.held[refused.cluster])
    return refused.entry["Kind"] != "service-intentions" or (name in there and not chained)


def _clusters(refused: Refused, base: Line) -> dict[str, Any]:
    found = {}
    for name, cluster in base["clusters"].items():
        more = [refused.entry] if name == refused.cluster else []
        services = [{key: one[key] for key in one if key != "healthy"} for one in cluster["services"]]
        entries = [*refused.held[name], *more]
        found[name] = {**cluster, "gateway": True, "services": services, "config_entries": entries}
    return found


def _requests(cluster: str, setting: Setting) -> Iterator[Line]:
    """Yield requests to every name of a cluster, from there and from its peers."""
    for caller in setting.callers[cluster]:
        for name in setting.names:
            yield {"from": f"{caller}@{cluster}", "upstream": {"name": name}, **_PLAIN}
    for there in setting.peers(cluster).values():
        caller, alias = setting.callers[there][0], setting.aliases[there, cluster]
        for name in setting.names:
            yield {"from": f"{caller}@{there}", "upstream": {"name": name, "peer": alias}, **_PLAIN}
