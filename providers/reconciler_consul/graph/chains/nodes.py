"""The nodes of a compiled chain: what a request meets, from the start of the chain to where it ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from reconciler.sdk.provider import Body
from reconciler_consul.graph.chains.targets import Target


class Leg(NamedTuple):
    """One route of a router or one split of a splitter: its definition, and the key of the node behind it."""

    definition: Body
    to: str


class Ending(NamedTuple):
    """Where requests end: a target, and those of its failover in order."""

    target: Target
    failover: tuple[Target, ...]


Node = tuple[Leg, ...] | Ending
"""A router (the last leg is its default route, `{}`), a splitter, or an ending; its key says which."""


def legs(definitions: Iterable[Body], ways: Iterable[str]) -> tuple[Leg, ...]:
    """Return the legs of a router or a splitter: each definition with the node that it leads to."""
    return tuple(Leg(definition, to) for definition, to in zip(definitions, ways, strict=True))
