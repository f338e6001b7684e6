"""What checks look at: the clusters, who they are, and all objects of the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from reconciler.sdk.address import Address
from reconciler.sdk.checks import Planned
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body
from reconciler.sdk.scope import DEFAULT
from reconciler_consul.kinds.all import ENTRY_KINDS
from reconciler_consul.kinds.names import entry_ref
from reconciler_consul.peering.body import PeeringSpec
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.entry_capabilities import Server, values
from reconciler_consul.server.listing import Entries, KeptLists, ListKey, lists_at
from reconciler_consul.server.values import Entry, Identity

_NOT_ENTRIES = ("peering", "acl_policy")


@dataclass(frozen=True, slots=True)
class CheckContext:
    """A plan seen by its provider.

    `items` are the planned objects by address; `lists` are the lists of entries that were read already;
    `links` are (cluster, its name for a peer) -> the cluster behind it; `meshes` are the mesh entries that
    will exist where a cluster's servers are: in the partition `default`.
    """

    apis: Mapping[str, ConsulApi]
    identities: Mapping[str, Identity]
    planned: Sequence[Planned]
    lists: KeptLists = field(default_factory=dict)
    items: dict[Address, Planned] = field(init=False)
    links: dict[tuple[str, str], str] = field(init=False)
    meshes: dict[str, list[Body]] = field(init=False)

    def __post_init__(self) -> None:
        links = {
            (here, spec.names[here].lower()): there
            for item in self.planned
            if item.address.type == "peering" and item.body is not None
            for spec in (PeeringSpec.of(item.address, item.body),)
            for here, there in ((spec.acceptor, spec.dialer), (spec.dialer, spec.acceptor))
        }
        meshes: dict[str, list[Body]] = {}
        for item in self.planned:
            own = item.address
            if own.type == "mesh" and own.partition in (None, DEFAULT) and item.body is not None:
                meshes.setdefault(own.cluster, []).append(item.body)
        object.__setattr__(self, "items", {item.address: item for item in self.planned})
        object.__setattr__(self, "links", links)
        object.__setattr__(self, "meshes", meshes)

    def is_entry(self, item: Planned) -> bool:
        """Say whether the object is a config entry."""
        return item.address.type not in _NOT_ENTRIES

    def server(self, cluster: str) -> Server | None:
        """Return the servers of a cluster, or `None` where nothing is known of them."""
        identity = self.identities.get(cluster)
        return Server.of(identity.info) if identity is not None else None

    async def entries(self, place: ListKey) -> Mapping[str, Entry]:
        """Return the entries of a list by name in lower case, none where it cannot be read. At most one
        request, and none where the plan has read it."""
        if place.cluster not in self.apis:
            return {}
        found = (await lists_at(self.apis, self.lists, (place,)))[place]
        return found.by_name if isinstance(found, Entries) else {}

    def named_peers(self, item: Planned) -> Iterator[str]:
        """Yield the peers that our part of an entry names."""
        if item.owned is None or not self.is_entry(item):
            return
        kind, _ = entry_ref(item.address)
        record = ENTRY_KINDS.get(kind)
        for path in record.peers if record is not None else ():
            yield from (value for value in values(item.owned, path) if isinstance(value, str) and value)
