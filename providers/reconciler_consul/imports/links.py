"""Which services come over a peering by what is exported: each direction of a peering is a link. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body
from reconciler_consul.imports.entries import EXPORTS, Entries, items
from reconciler_consul.peering.body import PeeringSpec

EVERY = "*"
NEVER = "consul"  # exporting it is accepted and never happens (agent/consul/state/peering.go)
_IN_DEFAULT = ("", "default")


@dataclass(frozen=True, slots=True, order=True)
class ImportLink:
    """One direction of a peering. `peer` is what the importer calls the exporter, `consumer` the other way
    round; `dials`: the importer was declared to dial."""

    importer: str
    exporter: str
    peer: str
    consumer: str
    dials: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Service:
    """A service where it runs. `namespace` is `None` in the default one, and wherever there are none."""

    name: str
    namespace: str | None = None

    @classmethod
    def parse(cls, text: str) -> Service:
        """Parse a name as `StreamStatus.ImportedServices` has it: in Enterprise behind partition and
        namespace.
        """
        scope, _, name = text.rpartition("/")
        namespace = scope.rpartition("/")[2]
        return cls(name, None if namespace in _IN_DEFAULT else namespace)

    def sort_key(self) -> tuple[str, str]:
        """Return the sort key: the name."""
        return (self.name, self.namespace or "")


def links(bodies: Mapping[Address, Body]) -> Iterator[ImportLink]:
    """Yield both directions of every peering."""
    for address, body in bodies.items():
        if address.type == "peering":
            spec = PeeringSpec.of(address, body)
            one, other = spec.acceptor, spec.dialer
            yield ImportLink(one, other, spec.names[one], spec.names[other])
            yield ImportLink(other, one, spec.names[other], spec.names[one], dials=True)


def exported(entries: Entries, consumer: str) -> set[Service]:
    """Return what a cluster's entries export to a consumer; `*` among it where that is everything."""
    return {
        Service(
            str(item["Name"]), None if (item.get("Namespace") or "") in _IN_DEFAULT else item["Namespace"]
        )
        for entry in entries.of(EXPORTS).values()
        for item in items(entry.get("Services"))
        if item.get("Name") and item["Name"] != NEVER and _is_for(item, consumer)
    }


def _is_for(item: Body, consumer: str) -> bool:
    return any(one.get("Peer") == consumer for one in items(item.get("Consumers")))
