"""What stays for a whole stage: clusters, their services, names for each other, default intentions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.traffic.campaign.drawing.dice import Dice

SERVICES = {
    "dc1": ("web", "api", "db", "cart"),
    "dc2": ("web", "cli", "api", "db"),
    "dc3": ("web", "api", "cart"),
}
CALLERS = {"dc1": ("web",), "dc2": ("web", "cli"), "dc3": ("web",)}
VIRTUAL = ("edge", "front")  # names that nothing runs by
NAMES = ("web", "cli", "api", "db", "cart", *VIRTUAL)
META = {"version": "v1"}  # of every sidecar
_OTHER = {"dc1": "eu", "dc2": "us", "dc3": "ap"}
_TURNED = {"dc1": "dc2", "dc2": "dc3", "dc3": "dc1"}
_PAIRS = (("dc1", "dc2"), ("dc1", "dc3"), ("dc2", "dc3"))


@dataclass(frozen=True)
class Setting:
    """The clusters of one stage. `aliases[here, there]` is what `here` calls `there`; `names` can be dialed
    on each of them.
    """

    services: dict[str, tuple[str, ...]]
    callers: dict[str, tuple[str, ...]]
    names: tuple[str, ...]
    datacenters: dict[str, str]
    defaults: dict[str, str]
    aliases: dict[tuple[str, str], str]
    pairs: tuple[tuple[str, str], ...]

    def peers(self, here: str) -> dict[str, str]:
        """Return the clusters that one is peered with: its names for them, and what they are."""
        return {self.aliases[here, there]: there for there in self._peered(here)}

    def _peered(self, here: str) -> Iterator[str]:
        for one, two in self.pairs:
            if here in (one, two):
                yield two if here == one else one


def drawn_setting(dice: Dice, *, denies: bool) -> Setting:
    """Draw a stage; `denies`: its version of Consul has a default intention of its own."""
    defaults = {name: "deny" if denies and dice.maybe(0.4) else "allow" for name in SERVICES}
    same = dice.maybe(0.2)
    datacenters = {name: "dc1" if same and name != "dc3" else name for name in SERVICES}
    pairs = tuple(dice.some(_PAIRS, 2, 2)) if dice.maybe(0.15) else _PAIRS
    return Setting(SERVICES, CALLERS, NAMES, datacenters, defaults, _aliases(dice), pairs)


def _aliases(dice: Dice) -> dict[tuple[str, str], str]:
    style = dice.weighted({"plain": 2, "other": 2, "turned": 1, "mixed": 2})
    out = {}
    for here in SERVICES:
        for there in SERVICES:
            named = {"plain": there, "other": _OTHER[there], "turned": _TURNED[there]}
            mixed = dice.choice((there, _OTHER[there]))
            out[here, there] = named.get(style, mixed)
    return out
