"""The names under which an imported service is reached, by version and edition of the importing cluster.

Asked of the DNS of agents of 1.13.9 to 1.22.0-dev (tests/live/test_imports.py; the table is in
docs/guides/transparent-proxy.md). Enterprise: by Consul's documentation and changelog (GH-14679), not tried.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.imports import DialName
from reconciler_consul.imports.links import ImportLink, Service
from reconciler_consul.server.capabilities import V1_14, Version, lacks, shown
from reconciler_consul.server.entry_capabilities import Server

UNKNOWN_DOMAIN = "<domain>"
VIRTUAL, EXPLICIT, INSTANCES = "virtual", "virtual-explicit", "service"
PEER_SERVICES: tuple[Version, ...] = ((1, 14, 2), (1, 15, 0))  # GH-15596


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a name; `since` the versions that answer it, `virtual` whether with a virtual address."""

    kind: str
    pattern: str
    since: tuple[Version, ...]
    virtual: bool = True

    @property
    def answers(self) -> str:
        """What it answers with."""
        return "virtual address" if self.virtual else "addresses of its instances"


_SCOPED = "{service}.%s.{namespace}.ns.{partition}.ap.{peer}.peer.{domain}"

# The single label is tried as a peer, never as a datacenter: virtual addresses are those of one cluster.
COMMUNITY = (
    Form(VIRTUAL, "{service}.virtual.{peer}.{domain}", ()),
    Form(EXPLICIT, "{service}.virtual.{peer}.peer.{domain}", V1_14),
    Form(INSTANCES, "{service}.service.{peer}.peer.{domain}", PEER_SERVICES, virtual=False),
)
ENTERPRISE = (
    Form(EXPLICIT, _SCOPED % "virtual", V1_14),
    Form(INSTANCES, _SCOPED % "service", PEER_SERVICES, virtual=False),
)


def dial_names(
    link: ImportLink, service: Service, server: Server | None, domain: str | None, partition: str | None
) -> Iterator[DialName]:
    """Yield the names of one import, the shortest first; of a server of unknown version all that there are.

    There is none for a service with a dot in its name: agents take what is before the dot for a tag.
    """
    if "." in service.name:
        return
    numbers = server.numbers if server is not None else None
    for form in ENTERPRISE if partition or service.namespace else COMMUNITY:
        if numbers is None or lacks(numbers, form.since) is None:
            name = form.pattern.format(
                service=service.name,
                peer=link.peer,
                namespace=service.namespace or "default",
                partition=partition or "default",
                domain=domain or UNKNOWN_DOMAIN,
            )
            yield DialName(form.kind, name, form.answers + _since(form, numbers), form.virtual)


def _since(form: Form, numbers: Version | None) -> str:
    """Return the version that a name needs, where that of the servers is not known."""
    return f" (Consul {shown(form.since[0])} and later)" if numbers is None and form.since else ""


def upstream(link: ImportLink, service: Service) -> dict[str, str]:
    """Return the keys that a sidecar's registration needs for an explicit upstream."""
    out = {"destination_name": service.name, "destination_peer": link.peer}
    return out | ({"destination_namespace": service.namespace} if service.namespace else {})
