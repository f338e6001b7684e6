"""How a finding is made: its kind from the catalogue, what was seen, what it has in common with others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from reconciler.sdk.access.answer import Origin
from reconciler.sdk.access.diagnosis import Diagnosis
from reconciler.sdk.address import Address
from reconciler_consul.doctor.catalogue import COMPLAINTS
from reconciler_consul.kinds.names import entry_address

Key = tuple[
    str, ...
]  # what several findings are about: ("peer", "dc1", "us"), ("export", "dc1", "api", "us")


class Symptom(NamedTuple):
    """A finding whose cause and next command have no names yet (`words`).

    explains  what follows from it: findings that have one of these keys in their `because`
    follow    what follows from it, once that is known
    """

    diagnosis: Diagnosis
    words: Mapping[str, str]
    explains: frozenset[Key] = frozenset()
    because: frozenset[Key] = frozenset()
    follow: tuple[Symptom, ...] = ()


_NO_WORDS: Mapping[str, str] = {}
Found = Iterator[Symptom]


def found(
    rule: str,
    message: str,
    *evidence: str,
    at: Origin,
    also: Iterable[str] = (),
    services: Iterable[str] = (),
    explains: Iterable[Key] = (),
    because: Iterable[Key] = (),
    words: Mapping[str, str] = _NO_WORDS,
    **names: str,
) -> Symptom:
    """Return a finding of this rule. `words` and `names` go into the texts of the catalogue; `also` are
    further clusters that it concerns.
    """
    diagnosis = Diagnosis(
        rule,
        COMPLAINTS[rule].severity,
        message,
        tuple(one for one in evidence if one),
        origin=at,
        clusters=frozenset({at.cluster, *also} - {""}),
        services=frozenset(services),
    )
    told = {"cluster": at.cluster, **words, **names}
    return Symptom(diagnosis, told, frozenset(explains), frozenset(because))


def place(cluster: str, kind: str, name: str, *path: str | int) -> Origin:
    """Return the place of an entry, or of a part of it."""
    return Origin(cluster, entry_address((kind, name), cluster), path)


def link(item: Mapping[str, str], cluster: str) -> Origin:
    """Return the place of a peering, as seen from one of its clusters."""
    return Origin(cluster, Address("peering", item["acceptor"], item["dialer"]))


# What findings may have in common


def silent(cluster: str) -> Key:
    """A cluster that does not answer."""
    return "silent", cluster


def same_as(cluster: str) -> Key:
    """A cluster whose address leads to another one."""
    return "same", cluster


def linked(one: str, other: str) -> Key:
    """A peering."""
    return "link", *sorted((one, other))


def dialed(rule: str, one: str, other: str) -> Key:
    """What is wrong with the addresses that a peering dials."""
    return rule, *linked(one, other)


def peer_of(cluster: str, alias: str) -> Key:
    """A peer by the name that a cluster has for it."""
    return "peer", cluster, alias.lower()


def exported(cluster: str, service: str, alias: str) -> Key:
    """A service that a cluster exports, or should export, to a peer."""
    return "export", cluster, service.lower(), alias.lower()


def written(cluster: str, kind: str, service: str) -> Key:
    """What an entry of a kind says about a service."""
    return "entry", cluster, kind, service.lower()


def gateways(cluster: str) -> Key:
    """The mesh gateways of a cluster."""
    return "gateways", cluster


def instances(cluster: str, service: str) -> Key:
    """The instances of a service."""
    return "instances", cluster, service.lower()
