"""One cause, one finding: what follows from another finding is said with it.

An outage shows in many places. A cluster that is down makes each of its peerings fail; a peering that is gone
leaves exports, intentions and resolvers that name it. What has a common key is one finding: that which comes
first on the way of a request, with the others as its consequences.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.sdk.access.diagnosis import Diagnosis, Severity
from reconciler_consul.doctor.catalogue import COMPLAINTS
from reconciler_consul.doctor.finding import Key, Symptom

_ORDER = {rule: number for number, rule in enumerate(COMPLAINTS)}
_FIRST = ("cluster-silent", "cluster-tls", "same-cluster", "not-applied", "version-too-old", "http-port",
          "plain-grpc-port", "mixed-addresses", "server-name", "addresses-outdated")  # fmt: skip
"""Causes that lie before what the way of a request meets first."""


class _Case:
    """A finding, and what follows from it."""

    def __init__(self, root: Symptom) -> None:
        self.root = root
        self.follow: list[Symptom] = []
        self.explains: set[Key] = set(root.explains)

    def add(self, other: Symptom) -> None:
        """Take over what follows from this, and what follows from that."""
        self.follow.append(other)
        self.explains |= other.explains

    def told(self) -> Symptom:
        """Return the finding with its consequences, as bad as the worst of them."""
        diagnosis, follow = self.root.diagnosis, self.follow
        worst = any(one.diagnosis.severity is Severity.ERROR for one in (self.root, *follow))
        merged = replace(
            diagnosis,
            severity=Severity.ERROR if worst else diagnosis.severity,
        )
        ranked = sorted(follow, key=lambda one: _rank(one.diagnosis))
        return self.root._replace(diagnosis=merged, follow=tuple(ranked))


def by_cause(found: Iterable[Symptom]) -> list[Symptom]:
    """Return the findings, each cause once, errors first and then in the order of the way of a request."""
    cases: list[_Case] = []
    by_key: dict[Key, _Case] = {}
    for one in sorted(found, key=_precedence):
        case = next((by_key[key] for key in sorted(one.because) if key in by_key), None)
        if case is None:
            case = _Case(one)
            cases.append(case)
        else:
            case.add(one)
        for key in one.explains:
            by_key.setdefault(key, case)
    return sorted((case.told() for case in cases), key=lambda one: _rank(one.diagnosis))


def _precedence(one: Symptom) -> tuple[int, int, str, str]:
    rule = one.diagnosis.rule
    first = _FIRST.index(rule) if rule in _FIRST else len(_FIRST)
    return first, *_rank(one.diagnosis)[1:]


def _rank(one: Diagnosis) -> tuple[bool, int, str, str]:
    where = f"{one.origin.cluster} {one.origin.address} {one.origin.path}" if one.origin else ""
    return one.severity is not Severity.ERROR, _ORDER[one.rule], where, one.message
