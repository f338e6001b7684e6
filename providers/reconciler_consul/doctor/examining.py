"""All subjects together: the findings of a world, each cause once, the worst first."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.sdk.access.diagnosis import Diagnosis
from reconciler.sdk.access.protocol import World
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body
from reconciler_consul.access.network.world import Network
from reconciler_consul.doctor.causes import by_cause
from reconciler_consul.doctor.chains import of_chains
from reconciler_consul.doctor.clusters import of_clusters
from reconciler_consul.doctor.commands import Contact, told
from reconciler_consul.doctor.declared import addresses, of_addresses, of_declared
from reconciler_consul.doctor.exports import of_exports
from reconciler_consul.doctor.intentions import of_intentions
from reconciler_consul.doctor.links import of_links
from reconciler_consul.worlds.written import PEERING

_NONE: Mapping[str, Contact] = {}


def diagnosed(
    world: World, declared: Mapping[Address, Body], contacts: Mapping[str, Contact] = _NONE
) -> tuple[Diagnosis, ...]:
    """Return what is wrong in a world, errors first, each in the order of the way of a request.

    `contacts`: how the clusters are asked by hand. Raises `ValueError` where the world is none.
    """
    network, peerings = Network(world), world.get("peerings")
    found = [
        *of_clusters(network),
        *of_links(network, peerings, addresses(declared)),
        *of_exports(network, peerings),
        *of_intentions(network),
        *of_chains(network),
        *of_declared(network, world, declared),
        *of_addresses(network, declared),
    ]
    ends = {frozenset((one.cluster, one.name)): one for one in declared if one.type == PEERING}
    return tuple(told(one, contacts, ends) for one in by_cause(found))
