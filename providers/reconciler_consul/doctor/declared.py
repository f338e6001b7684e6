"""What is declared and not on the clusters."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.sdk.access.answer import Origin
from reconciler.sdk.access.protocol import World
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body
from reconciler_consul.access.network.world import Network
from reconciler_consul.doctor.finding import Found, found
from reconciler_consul.kinds.names import entry_ref
from reconciler_consul.worlds.changed import body
from reconciler_consul.worlds.written import NOT_IN_WORLDS, PEERING


def of_declared(network: Network, world: World, declared: Mapping[Address, Body]) -> Found:
    """Yield the declared objects that a world does not have, where it would be known."""
    for address in sorted(declared, key=str):
        if address.type in NOT_IN_WORLDS or _unknown(network, address):
            continue
        if body(world, address) is None:
            said = f"{address} is declared and not on {address.cluster}"
            also = (address.name,) if address.type == PEERING else ()
            names = [] if address.type == PEERING else [entry_ref(address)[1]]
            at = Origin(address.cluster, address)
            yield found("not-applied", said, at=at, also=also, services=names, address=str(address))


def _unknown(network: Network, address: Address) -> bool:
    site = network.site(address.cluster)
    if address.type == PEERING:
        other = network.site(address.name)
        return bool(site.whole_unknown or other.whole_unknown) or _rows(network, address)
    return bool(site.unknown(entry_ref(address)[0]))


def _rows(network: Network, address: Address) -> bool:
    names = (address.cluster, address.name)
    return any("peerings" in network.site(name).raw.get("unknown", {}) for name in names)
