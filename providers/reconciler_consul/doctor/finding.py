"""How a finding is made: its kind from the catalogue, and what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.sdk.access.answer import Origin
from reconciler.sdk.access.diagnosis import Diagnosis
from reconciler.sdk.address import Address
from reconciler_consul.doctor.catalogue import COMPLAINTS
from reconciler_consul.kinds.names import entry_address

Found = Iterator[Diagnosis]


def found(
    rule: str,
    message: str,
    *evidence: str,
    at: Origin,
    also: Iterable[str] = (),
    services: Iterable[str] = (),
    **names: str,
) -> Diagnosis:
    """Return a finding of this rule. `names` go into the texts of the catalogue; `also` are further clusters
    that it concerns.
    """
    kind = COMPLAINTS[rule]
    words: Mapping[str, str] = {"cluster": at.cluster, **names}
    return Diagnosis(
        rule,
        kind.severity,
        message,
        tuple(one for one in evidence if one),
        kind.cause.format_map(words),
        kind.fix.format_map(words),
        at,
        frozenset({at.cluster, *also}),
        frozenset(services),
    )


def place(cluster: str, kind: str, name: str, *path: str | int) -> Origin:
    """Return the place of an entry, or of a part of it."""
    return Origin(cluster, entry_address((kind, name), cluster), path)


def link(item: Mapping[str, str], cluster: str) -> Origin:
    """Return the place of a peering, as seen from one of its clusters."""
    return Origin(cluster, Address("peering", item["acceptor"], item["dialer"]))
