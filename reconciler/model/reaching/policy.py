"""Policies: rules of a team about who may call whom, as the configuration declares them."""

from __future__ import annotations

from enum import Enum

from reconciler.model.diagnostic import Position
from reconciler.sdk.access.question import ANY, Request, Service
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.globs import matches


class Rule(Enum):
    """What a policy asks for."""

    DENY = "deny"
    REQUIRE = "require"


class Undecided(Enum):
    """What becomes of a plan where a policy cannot be decided."""

    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a policy: a glob of names, and the clusters (`None`: any, declared or not).

    `namespace` is a glob, too; `None` where the policy does not say one.
    """

    name: str
    clusters: frozenset[str] | None = None
    namespace: str | None = None

    @property
    def is_exact(self) -> bool:
        """Whether it names services one by one."""
        return not any(sign in self.name for sign in "*?[")

    def covers(self, service: Service) -> bool:
        """Say whether a service is on this side. The caller that stands for all others of its cluster is,
        where the name is a glob that any name fits."""
        if self.clusters is not None and service.cluster not in self.clusters:
            return False
        if self.namespace is not None and not matches(self.namespace, service.namespace or "default"):
            return False
        return matches(self.name, service.name) if service.name != ANY else self.name == ANY


@dataclass(frozen=True, slots=True)
class Policy:
    """A declared policy. `text` is the rule as it is written: `* -> payments@*`.

    `excepted` are callers that it does not concern. `request` narrows it to one request.
    """

    rule: Rule
    text: str
    caller: Party
    to: Party
    excepted: tuple[Party, ...] = ()
    reason: str = ""
    undecided: Undecided = Undecided.WARN
    request: Request = Request()
    origin: Position | None = None

    def __str__(self) -> str:
        return f"{self.rule.value}: {self.text}"

    def concerns(self, caller: Service, to: Service) -> bool:
        """Say whether it is about this path. A service may always call itself."""
        covered = self.caller.covers(caller) and self.to.covers(to) and caller != to
        return covered and not any(party.covers(caller) for party in self.excepted)


class Held(Enum):
    """How a policy holds."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Finding:
    """A path that breaks a policy, or of which it cannot be decided.

    `why` is the reason in one line, `at` the place that it comes from (file:line, or cluster and entry).
    `by` are the changes of the plan behind it; empty: it was so before the plan.
    """

    policy: str
    origin: Position | None
    held: Held
    path: str
    why: str
    at: str = ""
    reason: str = ""
    by: tuple[Address, ...] = ()
    blocks: bool = False
