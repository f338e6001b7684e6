"""Diagnoses: what is wrong with clusters that are up and do not work together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Protocol, runtime_checkable

from reconciler.sdk.access.answer import Origin
from reconciler.sdk.access.protocol import World
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body


class Severity(Enum):
    """How bad it is."""

    ERROR = "error"  # requests that should get an answer get none, or the other way round
    WARNING = "warning"  # they will once something else happens, or a reader is misled


@dataclass(frozen=True, slots=True)
class Complaint:
    """A kind of finding. `rule` is a stable word for it; `what`, `cause` and `fix` are for people."""

    rule: str
    severity: Severity
    what: str
    cause: str
    fix: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One finding.

    message       what is wrong, in one sentence
    evidence      what was seen, each in one line
    cause         why it is so, most likely
    next          a command, or what to do
    clusters      the clusters that it concerns; `services` the names that it is about (empty: all there)
    consequences  what is wrong because of this, and right once this is: no findings by themselves
    """

    rule: str
    severity: Severity
    message: str
    evidence: tuple[str, ...] = ()
    cause: str = ""
    next: str = ""
    origin: Origin | None = None
    clusters: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    consequences: tuple[Diagnosis, ...] = ()


@runtime_checkable
class Diagnoses(Protocol):
    """A provider that finds out why clusters that are up do not work together."""

    @property
    def complaints(self) -> Sequence[Complaint]:
        """Every kind of finding, in order."""
        ...

    def diagnosed(self, world: World, declared: Mapping[Address, Body]) -> Sequence[Diagnosis]:
        """Return what is wrong in a world, each cause once, the worst first. `declared`: the objects of the
        configuration at hand, if there is one. What is not known is no finding. Pure.
        """
        ...
