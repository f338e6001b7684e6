"""One world on a stage: entries, health and gateways of each cluster, and the requests that are sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.traffic.campaign.drawing.access import Access
from tests.traffic.campaign.drawing.chains import Chains
from tests.traffic.campaign.drawing.conditions import request
from tests.traffic.campaign.drawing.defaults import HTTP_LIKE, Defaults
from tests.traffic.campaign.drawing.dice import Dice
from tests.traffic.campaign.drawing.setting import CALLERS, NAMES, SERVICES, Setting

Entry = dict[str, Any]
ORDER = (
    "proxy-defaults", "mesh", "service-defaults", "service-resolver", "service-splitter", "service-router",
    "service-intentions", "exported-services",
)  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """What is put on a stage, and asked there. `entries` by cluster, in the order of writing."""

    entries: dict[str, list[Entry]]
    down: frozenset[str]
    without_gateway: frozenset[str]
    requests: list[Entry]


def drawn_world(dice: Dice, setting: Setting, version: tuple[int, ...], requests: int) -> Drawn:
    """Draw a world for a version of Consul."""
    entries = {name: _cluster(dice, setting, name, version) for name in SERVICES}
    everyone = [f"{service}@{name}" for name, services in SERVICES.items() for service in services]
    down = frozenset(who for who in everyone if dice.maybe(0.1))
    gone = frozenset(name for name in SERVICES if dice.maybe(0.05))
    asked = [_request(dice, setting, entries) for _ in range(requests)]
    return Drawn(entries, down, gone, asked)


def _cluster(dice: Dice, setting: Setting, name: str, version: tuple[int, ...]) -> list[Entry]:
    peers = setting.peers(name)
    defaults = Defaults(dice, CALLERS[name], list(peers))
    wrong = [one for one in (*SERVICES, "nobody") if one not in peers]
    access = Access(dice, SERVICES[name], list(peers), wrong, defaults.http)
    exports = access.exports()
    http = defaults.theme in HTTP_LIKE
    chains = Chains(dice, SERVICES[name], list(peers), _chained(dice, name, exports, http=http), http=http)
    found = [
        *defaults.drawn(newest=version >= (1, 20, 1)),
        *chains.drawn(),
        *access.intentions(),
        *([exports] if exports else []),
    ]
    return sorted(found, key=lambda entry: ORDER.index(entry["Kind"]))


def _chained(dice: Dice, cluster: str, exports: Entry | None, *, http: bool) -> tuple[str, ...]:
    """Return the names that get chains. A gateway waits 15 seconds for the instances of an exported one that
    has none, so that it is among them now and then only.
    """
    everything = http and exports is not None and any(one["Name"] == "*" for one in exports["Services"])
    return SERVICES[cluster] if everything and dice.maybe(0.85) else NAMES


def _request(dice: Dice, setting: Setting, entries: Mapping[str, list[Entry]]) -> Entry:
    cluster = dice.weighted({"dc2": 5, "dc3": 2, "dc1": 2})
    caller = dice.choice(CALLERS[cluster])
    peers = setting.peers(cluster)
    alias = dice.choice(list(peers)) if peers and dice.maybe(0.55) else ""
    there = peers.get(alias, cluster)
    upstream = {"name": _dialed(dice, entries, there, setting.aliases[there, cluster] if alias else "")}
    return {
        "from": f"{caller}@{cluster}",
        "upstream": {**upstream, "peer": alias} if alias else upstream,
        **request(dice),
    }


def _dialed(dice: Dice, entries: Mapping[str, list[Entry]], there: str, called: str) -> str:
    """Return a name to dial there: mostly one that entries are about, or that is exported."""
    about = [one for one in _about(entries[there], called) if one in NAMES]
    return dice.choice(about if about and dice.maybe(0.85) else NAMES)


def _about(entries: list[Entry], called: str) -> list[str]:
    if not called:
        kinds = ("service-resolver", "service-splitter", "service-router")
        return [entry["Name"] for entry in entries if entry["Kind"] in kinds]
    exports = next((one["Services"] for one in entries if one["Kind"] == "exported-services"), [])
    given = [item["Name"] for item in exports if {"Peer": called} in item["Consumers"]]
    return [*given, *(("api", "db", "cart") if "*" in given else ())]
