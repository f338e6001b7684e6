"""All subjects together: the findings of a world, the worst first."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.sdk.access.diagnosis import Diagnosis, Severity
from reconciler.sdk.access.protocol import World
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body
from reconciler_consul.access.network.world import Network
from reconciler_consul.doctor.catalogue import COMPLAINTS
from reconciler_consul.doctor.chains import of_chains
from reconciler_consul.doctor.clusters import of_clusters
from reconciler_consul.doctor.declared import of_addresses, of_declared
from reconciler_consul.doctor.exports import of_exports
from reconciler_consul.doctor.intentions import of_intentions
from reconciler_consul.doctor.links import of_links

_ORDER = {rule: number for number, rule in enumerate(COMPLAINTS)}


def diagnosed(world: World, declared: Mapping[Address, Body]) -> tuple[Diagnosis, ...]:
    """Return what is wrong in a world, errors first, each in the order of the way of a request.

    Raises `ValueError` where the world is none.
    """
    network, peerings = Network(world), world.get("peerings")
    found = [
        *of_clusters(network),
        *of_links(network, peerings),
        *of_exports(network, peerings),
        *of_intentions(network),
        *of_chains(network),
        *of_declared(network, world, declared),
        *of_addresses(network, declared),
    ]
    return tuple(sorted(found, key=_rank))


def _rank(one: Diagnosis) -> tuple[bool, int, str, str]:
    where = f"{one.origin.cluster} {one.origin.address} {one.origin.path}" if one.origin else ""
    return one.severity is not Severity.ERROR, _ORDER[one.rule], where, one.message
