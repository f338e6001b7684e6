"""Faults to order: which requests they meet, what they do, how often. Data; the World applies it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reconciler.emulator.wire.messages import TEXT, Request, Response

EFFECTS = ("answer", "latency", "lost", "refused", "hangs")


@dataclass(slots=True)
class Fault:
    """One ordered fault.

    `effect`: "answer" replies `status`/`body` instead of executing; "latency" adds `delay_s`; "lost" executes
    and then drops the connection; "refused" refuses the connection; "hangs" never answers. `times` None fires
    for ever; `after` lets so many matching requests pass first. An empty matcher field matches everything;
    `path` matches as a prefix.
    """

    effect: str
    cluster: str = ""
    method: str = ""
    path: str = ""
    contains: str = ""
    times: int | None = 1
    after: int = 0
    status: int = 500
    body: str = "No cluster leader"
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    fired: int = 0

    def __post_init__(self) -> None:
        if self.effect not in EFFECTS:
            raise ValueError(f"unknown fault {self.effect!r}; choose one of {', '.join(EFFECTS)}")

    def meets(self, cluster: str, request: Request) -> bool:
        """Say whether the fault fires for this request, and count it."""
        if not self._matches(cluster, request) or self.times == 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times = None if self.times is None else self.times - 1
        self.fired += 1
        return True

    def _matches(self, cluster: str, request: Request) -> bool:
        return (
            self.cluster in ("", cluster)
            and self.method in ("", request.method)
            and request.path.startswith(self.path)
            and (not self.contains or self.contains.encode() in request.body)
        )

    def answer(self) -> Response:
        """Return the ordered answer."""
        return Response(self.status, {"Content-Type": TEXT, **self.headers}, self.body.encode())

    def as_dict(self) -> dict[str, Any]:
        """Return the fault as JSON data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Faults:
    """All faults of a world and the clusters that are down, frozen or without a leader.

    What is in `poisoned` is down for good: the servers' data end them again at each start.
    """

    ordered: list[Fault] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    poisoned: set[str] = field(default_factory=set)
    frozen: dict[str, float] = field(default_factory=dict)
    leaderless: dict[str, float] = field(default_factory=dict)
    cut: set[frozenset[str]] = field(default_factory=set)

    def add(self, effect: str, **settings: Any) -> Fault:
        """Order a fault and return it (its `fired` counts the requests it met)."""
        fault = Fault(effect, **settings)
        self.ordered.append(fault)
        return fault

    def clear(self) -> None:
        """Forget every ordered fault; clusters that are down or frozen stay so."""
        self.ordered.clear()

    def meeting(self, cluster: str, request: Request) -> list[Fault]:
        """Return the faults that fire for this request."""
        if not self.ordered:
            return []
        return [fault for fault in self.ordered if fault.meets(cluster, request)]

    def reachable(self, one: str, other: str) -> bool:
        """Say whether the servers of two clusters can talk to each other."""
        if one in self.down or other in self.down:
            return False
        return frozenset((one, other)) not in self.cut
