"""What a provider offers besides where its servers guard themselves with permissions: both are optional."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body, Step


@dataclass(frozen=True, slots=True)
class Missing:
    """A rule that the credentials of a cluster lack, in the server's own policy language."""

    cluster: str
    rule: str


@dataclass(frozen=True, slots=True)
class Grant:
    """One rule of a policy in the server's own language, and what it is there for."""

    rule: str
    reasons: tuple[str, ...]


@runtime_checkable
class Preflights(Protocol):
    """A provider that knows before the first write what its credentials do not allow."""

    async def missing(self, steps: Sequence[Step]) -> Mapping[Address, tuple[Missing, ...]]:
        """Return the rules that each step lacks; an address without any may be left out.

        What cannot be known counts as allowed: the write itself will show. Raises nothing for what a server
        did or did not answer, and costs no more than a few requests for each cluster.
        """
        ...


@runtime_checkable
class Grants(Protocol):
    """A provider that can say which permissions a configuration needs. It contacts no cluster for that."""

    def grants(
        self, objects: Mapping[Address, Body | None], *, read_only: bool = False
    ) -> Mapping[str, tuple[Grant, ...]]:
        """Return the least that each cluster's credentials must allow, in order and with reasons.

        `objects` gives each object's canonical body as it will be written, `None` where it will only be
        removed. `read_only` returns what planning takes.
        """
        ...
