"""What a provider offers besides where its servers differ: to say before a write what cannot work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Protocol, runtime_checkable

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body, Step


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about one object that its reader must know. `rule` is a stable word for it.

    `blocks`: neither the action nor anything that depends on it can be done; otherwise it is a remark.
    """

    rule: str
    message: str
    hint: str = ""
    blocks: bool = True


@dataclass(frozen=True, slots=True)
class Planned:
    """One object of a plan: what is to be done (`None`: nothing), the body as it will be, and our part of it.

    `generated`: it is not declared itself; something that is declared needs it.
    """

    address: Address
    step: Step | None
    body: Body | None
    owned: Body | None
    generated: bool = False


@dataclass(frozen=True, slots=True)
class Survey:
    """What is found on the clusters: about single objects, and about whole clusters by their names."""

    objects: Mapping[Address, tuple[Finding, ...]] = field(default_factory=dict)
    clusters: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)


@runtime_checkable
class Surveys(Protocol):
    """A provider that finds, for `validate --online`, what its clusters say against a configuration."""

    async def survey(self, planned: Sequence[Planned]) -> Survey:
        """Return what is found besides what `check` finds of the same objects.

        Called after reading; nothing is written. What cannot be known is no finding. Raises nothing for what
        a server did or did not answer, and costs few requests for each cluster.
        """
        ...


@runtime_checkable
class Checks(Protocol):
    """A provider that knows what its servers cannot do, or must not be asked to do."""

    async def check(self, planned: Sequence[Planned]) -> Mapping[Address, tuple[Finding, ...]]:
        """Return what is found about each object of a plan, given all of them; one without findings may be
        left out.

        Called after reading and before anything is written. What cannot be known is no finding. Raises
        nothing for what a server did or did not answer, and costs few requests for each cluster, or none.
        """
        ...
