"""Bodies: the objects of one provider as bodies, declared and recorded."""

from __future__ import annotations

from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.veiling import Marks, joined, marks_at, veil
from reconciler.model.desired import DesiredState, Resource
from reconciler.model.state import State
from reconciler.sdk.address import Address
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import Body, Provider
from reconciler.sdk.secrets.sensitive import masked, revealed


def declared_bodies(name: str, provider: Provider, desired: DesiredState) -> dict[Address, Body]:
    """Return the canonical body of every declared object of the provider called `name`."""
    out: dict[Address, Body] = {}
    for address, resource in desired.resources.items():
        kind = provider.kind_of(address.type) if resource.provider == name else None
        if kind is not None:
            out[address] = revealed(canonical(kind.rule, resource.body, declared=True))
    return out


def recorded_bodies(name: str, state: State) -> dict[Address, Body]:
    """Return the recorded body of every object of the provider called `name`."""
    return {
        address: revealed(entry.body) for address, entry in state.resources.items() if entry.provider == name
    }


def shown_bodies(name: str, provider: Provider, desired: DesiredState) -> dict[Address, Body]:
    """Return the canonical body of every declared object of a provider, with the mask in place of what its
    kind or the configuration calls sensitive: plain JSON values that may be shown.
    """
    out: dict[Address, Body] = {}
    for address, resource in desired.resources.items():
        kind = provider.kind_of(address.type) if resource.provider == name else None
        if kind is not None:
            places = named_sensitive(kind, resource)
            body = canonical(kind.rule, veil(kind.rule, resource.body, places), declared=True)
            out[address] = masked(body)
    return out


def named_sensitive(kind: Kind, resource: Resource) -> Marks:
    """Return the places that the configuration calls sensitive in the bodies of a resource."""
    return joined(*(marks_at(kind.rule, path) for path in resource.sensitive))
