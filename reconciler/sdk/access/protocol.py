"""The protocols: a provider that knows worlds, and the analysis of one world."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol, runtime_checkable

from reconciler.sdk.access.answer import Answer
from reconciler.sdk.access.change import AccessChanges
from reconciler.sdk.access.question import Question, Request, Service
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body

World = Mapping[str, Any]
"""All that decides access, as plain JSON values: the content of a snapshot file (docs/snapshot.md). A text
that is `reconciler.sdk.secrets.scrub.MASK` is in place of a value that must not be shown: what rests on it is
unknown."""

Veil = Callable[[Address, Body], Body]
"""Makes of an object's body the same without its sensitive values: plain JSON values, masks among them."""


@dataclass(frozen=True, slots=True)
class SnapshotRequest:
    """How clusters are to be read.

    peers      cluster -> its name for a peer -> the cluster that this is: for where only one end answers
    veil       what the configuration calls sensitive is left out by it, besides what is known to be secret
    addresses  whether to keep the addresses of servers, nodes and gateways
    """

    peers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    veil: Veil | None = None
    addresses: bool = False


class Analysis(Protocol):
    """The analysis of one world. Pure; the same world gives the same answers."""

    @property
    def clusters(self) -> Sequence[str]:
        """The clusters of the world, in order; not those that only a peering names."""
        ...

    @property
    def services(self) -> Sequence[Service]:
        """The services that exist or are named anywhere, and names that only lead to others, in order."""
        ...

    @property
    def callers(self) -> Sequence[Service]:
        """Those of the services that may send requests, in order: not the names that only lead to others."""
        ...

    @property
    def unknown(self) -> Mapping[str, str]:
        """Why a cluster's part of the world is not known, by cluster. Empty: all is known."""
        ...

    def answer(self, question: Question) -> Answer:
        """Answer one question."""
        ...

    def pairs(
        self, callers: Collection[Service] | None, to: Collection[Service] | None, request: Request
    ) -> Iterator[Answer]:
        """Yield the answers of these callers to these destinations (`None`: all), in order, except those that
        cannot concern each other: clusters without a peering between them.
        """
        ...

    def changes(self, after: Analysis, touched: Iterable[Address]) -> AccessChanges:
        """Compare with the world after a change of these objects. Only what they can concern is looked at."""
        ...


@runtime_checkable
class Bearing(Protocol):
    """A provider that can say of a change alone that it does not matter to access."""

    def bears_on_access(self, address: Address, before: Body | None, after: Body | None) -> bool:
        """Say whether who may call whom can differ where an object is `after` in place of `before` (`None`:
        absent). Where that is not known, it does. Pure: no request is made.
        """
        ...


@runtime_checkable
class Analyses(Protocol):
    """A provider that can say who can call whom."""

    async def snapshot(self, request: SnapshotRequest) -> World:
        """Read all clusters once, without any secret. A cluster, or a part of one, that could not be read is
        `unknown` in it. Raises nothing for what a server did or did not answer.
        """
        ...

    async def seen(self, live: Mapping[Address, Body], touched: Mapping[Address, Body | None]) -> World:
        """Return the world as this run has read it: these objects, and others' in the lists that were read.
        What is missing to say what it does to write the `touched` ones (`None`: removed) is read, too: few
        requests for a cluster, or none. Mesh gateways are taken to run, and services that are named now or in
        what is written: to name one starts no instance. Raises nothing for what a server did or did not
        answer: that is `unknown`.
        """
        ...

    def declared(self, objects: Mapping[Address, Body], *, over: World | None = None) -> World:
        """Return the world that these objects make; with `over`, that world with what these objects replace
        in it. What a configuration does not say (versions, default intentions) is unknown; services that
        it names, and mesh gateways, are taken to run.
        """
        ...

    def changed(self, world: World, bodies: Mapping[Address, Body | None]) -> World:
        """Return the world with these objects written (`None`: removed). `world` is not changed."""
        ...

    def body(self, world: World, address: Address) -> Body | None:
        """Return an object as a world has it, or `None`: what the path of an `Origin` leads into."""
        ...

    def read_world(self, value: object) -> World:
        """Return the world of what was read from a file, where its objects may be written as others write
        them. Raises `ValueError` for what is none: it names the place as a JSON path
        (`$.clusters.dc1.services[0].name is missing`). Pure.
        """
        ...

    def analysis(self, world: World) -> Analysis:
        """Return the analysis of a world. Raises `ValueError` where it is not one."""
        ...
