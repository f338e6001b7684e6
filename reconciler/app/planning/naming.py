"""The names of peers, from every peering that is declared or recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.model.desired import DesiredState
from reconciler.model.state import State
from reconciler.sdk.address import Address


def peer_names(desired: DesiredState, state: State) -> dict[str, dict[str, str]]:
    """Return cluster -> its name for a peer -> the cluster that this is.

    A declared name wins over a recorded one. Peerings that could not be read,
    or were not selected, count like all others.
    """
    out: dict[str, dict[str, str]] = {}
    for address, body in _peerings(desired, state):
        names = body.get("Names")
        if isinstance(names, Mapping):
            for here, there in ((address.cluster, address.name), (address.name, address.cluster)):
                if isinstance(names.get(here), str):
                    out.setdefault(here, {})[names[here]] = there
    return out


def _peerings(desired: DesiredState, state: State) -> Iterator[tuple[Address, Mapping[str, Any]]]:
    for resources in (state.resources, desired.resources):
        for address, found in resources.items():
            if address.type == "peering":
                yield address, found.body or {}
