"""Exports and intentions of one cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.traffic.campaign.drawing.conditions import permission
from tests.traffic.campaign.drawing.dice import Dice
from tests.traffic.campaign.drawing.setting import NAMES, VIRTUAL

Entry = dict[str, Any]
_SOURCES = {"web": 4, "cli": 2, "*": 4, "api": 0.5, "Web": 0.2}


class Access:
    """Draws who may call what on a cluster. `wrong` are names that the cluster has for nobody."""

    def __init__(
        self, dice: Dice, services: Sequence[str], peers: Sequence[str], wrong: Sequence[str], http: set[str]
    ) -> None:
        self.dice, self.services, self.peers, self.wrong, self.http = dice, services, peers, wrong, http

    # Exports

    def exports(self) -> Entry | None:
        """Draw the one entry of exports, or that there is none."""
        if not self.peers or self.dice.maybe(0.05):
            return None
        listed = [self._item(name) for name in self._exported()]
        return {"Kind": "exported-services", "Name": "default", "Services": listed} if listed else None

    def _exported(self) -> list[str]:
        virtual = VIRTUAL if self.dice.maybe(0.08) else ()  # a gateway waits for its instances for 15 seconds
        names = self.dice.some([*self.services, *self.services, *virtual], 2, 7)
        style = self.dice.weighted({"names": 6, "all": 2, "both": 2})
        if style == "all":
            return ["*"]
        found = ["*", *names] if style == "both" else names
        twice = self.dice.maybe(0.15)
        found = found if twice else list(dict.fromkeys(found))
        self.dice.shuffle(found)
        return found

    def _item(self, name: str) -> Entry:
        peers = self.dice.some(self.peers, 2 if self.dice.maybe(0.6) else 1, len(self.peers))
        if self.wrong and self.dice.maybe(0.06):
            peers = [*peers[1:], self.dice.choice(self.wrong)]
        return {"Name": name, "Consumers": [{"Peer": peer} for peer in peers]}

    # Intentions

    def intentions(self) -> Iterator[Entry]:
        """Draw intentions for some destinations."""
        for name in dict.fromkeys(self.dice.some([*self.services, *NAMES, "*", "*"], 1, 7)):
            yield {"Kind": "service-intentions", "Name": name, "Sources": self._sources(name)}

    def _sources(self, destination: str) -> list[Entry]:
        found: dict[tuple[str, str], Entry] = {}
        for _ in range(self.dice.choice((1, 1, 2, 2, 3, 4))):
            name, peer = self.dice.weighted(_SOURCES), self._peer()
            body: Entry = {"Name": name, **({"Peer": peer} if peer else {})}
            found[name, peer] = {**body, **self._rule(destination)}
        return list(found.values())

    def _peer(self) -> str:
        if self.wrong and self.dice.maybe(0.05):
            return self.dice.choice(self.wrong)
        return self.dice.choice(self.peers) if self.peers and self.dice.maybe(0.65) else ""

    def _rule(self, destination: str) -> Entry:
        if destination in self.http and self.dice.maybe(0.6):
            count = self.dice.choice((1, 1, 2, 3))
            return {"Permissions": [self._permission() for _ in range(count)]}
        return {"Action": self.dice.choice(("allow", "deny"))}

    def _permission(self) -> Entry:
        action = self.dice.choice(("allow", "allow", "deny"))
        return {"Action": action, "HTTP": permission(self.dice)}
