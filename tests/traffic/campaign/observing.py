"""What requests come to once a change has arrived everywhere: asked again and again until nothing changes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tests.traffic.campaign.sending import Seen, Sender

Request = Mapping[str, Any]
ARRIVED, STEADY, AT_MOST = 1.3, 0.8, 40.0  # seconds: since the change, without any difference, in all
ROUNDS = 3  # at least, in which the answers were the same
TIMES = 200  # a request that is answered in shares
_UNSTEADY = 4  # answers that differ from the one before: such a request is answered in shares


class _Asked:
    """One request with what came of it so far."""

    def __init__(self, request: Request, *, shared: bool) -> None:
        self.request, self.shared = request, shared
        self.last: Seen | None = None
        self.since, self.rounds, self.changes = 0.0, 0, 0

    def take(self, seen: Seen) -> None:
        """Take note of an answer."""
        if seen != self.last:
            self.last, self.since, self.rounds = seen, time.monotonic(), 0
            self.changes += 1
        self.rounds += 1

    def is_steady(self, changed: float) -> bool:
        """Say whether the last answer can be taken for the one of this world."""
        now = time.monotonic()
        calm = self.rounds >= ROUNDS and now - self.since >= STEADY
        return self.shared or self.changes > _UNSTEADY or (calm and now - changed >= ARRIVED)


class Observer:
    """Finds what requests come to on a stage."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.denials: dict[str, int] = {}

    def observed(
        self, requests: Sequence[Request], changed: float, shared: Sequence[bool]
    ) -> list[dict[str, Any] | None]:
        """Return what came of each request as a recording says it; `None` of one that did not settle.

        `shared` are those that may be answered in shares.
        """
        asked = [_Asked(one, shared=may) for one, may in zip(requests, shared, strict=True)]
        while True:
            self._until_warm(changed)
            for one in asked:
                one.take(self.sender.sent(one.request))
            steady = [one.is_steady(changed) for one in asked]
            over = time.monotonic() - changed > AT_MOST
            if over or (all(steady) and not self.sender.is_warming()):
                break
            time.sleep(0.05)
        self.denials = self.sender.denials()
        return [self._final(one) if ok else None for one, ok in zip(asked, steady, strict=True)]

    def _until_warm(self, changed: float) -> None:
        while self.sender.is_warming() and time.monotonic() - changed < AT_MOST:
            time.sleep(0.5)

    def _final(self, asked: _Asked) -> dict[str, Any] | None:
        if asked.shared or asked.changes > _UNSTEADY:
            return self._counted(asked.request)
        again = self._once(asked.request)
        return again if again["status"] == (asked.last or Seen("")).status else None

    def _counted(self, request: Request) -> dict[str, Any] | None:
        """Return what comes of a request that is answered in shares: how often which; `None` where the second
        half of the answers has others than the first.
        """
        halves = [Counter(self.sender.sent(request) for _ in range(TIMES // 2)) for _ in range(2)]
        if halves[0].keys() != halves[1].keys():
            return None
        seen = halves[0] + halves[1]
        if len(seen) > 1:
            self.denials = self.sender.denials()
            return {"observed": "mixed", "counts": {one.key: count for one, count in seen.items()}}
        return self._told(next(iter(seen)))

    def _once(self, request: Request) -> dict[str, Any]:
        """Return what comes of one request, with who refused it, and which gateways it took."""
        before, taken = self.sender.taken(), self.sender.taken()
        out = self._told(self.sender.sent(request))
        if out["observed"] == "unreachable" or before != taken:  # a gateway may connect to itself without end
            return out
        gateways = [name for name, count in self.sender.taken().items() if count > taken[name]]
        return out | self._gateways(request, gateways)

    def _told(self, seen: Seen) -> dict[str, Any]:
        """Return an answer as recordings say it. On tcp only the counters of the proxies tell a refusal."""
        if seen.who:
            return {"observed": "allowed", "status": seen.status, "answered_by": seen.who}
        before, self.denials = self.denials, self.sender.denials()
        refusing = [who for who, count in self.denials.items() if count > before[who]]
        if not refusing:
            return {"observed": "unreachable", "status": seen.status}
        by = {"denied_at": refusing[0]} if len(refusing) == 1 else {}
        return {"observed": "denied", "status": seen.status, **by}

    @staticmethod
    def _gateways(request: Request, gateways: list[str]) -> dict[str, Any]:
        """Return the gateways in order: that of the caller's cluster is the first."""
        _, _, cluster = request["from"].partition("@")
        return {"gateways": sorted(gateways, key=lambda name: name != cluster)} if gateways else {}
