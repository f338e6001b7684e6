"""The rule `lost-peer`: a way to a peer's service that ends at a local resolver of the same name.

For a redirect to a peer's service, Consul also reads the local resolver of that name. Its `Redirect` or
`DefaultSubset` replaces the peer (seen on Consul 1.14, 1.16, 1.20 and 1.22). For a failover target it does so
only where the local service is a target of the same resolver, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.config.drafts.destinations import Destination, destinations
from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.links import Links
from reconciler.config.fields.lookup import get, path_of
from reconciler.config.text.document import Place
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.scope import DEFAULT

_HINT = "declare subsets and redirects of the local service under another name"


@dataclass(frozen=True, slots=True)
class _Loss:
    """A local resolver, and its field that replaces the peer of a destination."""

    local: Draft
    field: str

    def place(self) -> Place:
        """Return where the field is declared."""
        return (
            self.local.place.inner(*path_of(self.local.body, self.field))
            if self.local.raw
            else self.local.key
        )


def lost_peers(draft: Draft, drafts: Drafts, links: Links) -> Iterator[Diagnostic]:
    """Yield a warning for each destination of a resolver at a peer that requests do not reach."""
    if draft.address.type != "service_resolver":
        return
    every = list(destinations(draft))
    here = {one.service.lower() for one in every if not one.away}
    for destination in every:
        if destination.peer is not None and (destination.redirect or destination.service.lower() in here):
            loss = _loss(draft, destination, destination.peer, drafts)
            if loss is not None:
                yield _problem(draft, destination, destination.peer, loss, links)


def _loss(draft: Draft, destination: Destination, peer: str, drafts: Drafts) -> _Loss | None:
    near, name, namespace = draft.address, destination.service, destination.namespace or DEFAULT
    wanted = drafts.address("service_resolver", near.cluster, name, near.partition, namespace)
    local = drafts.spelled(wanted)
    if local is None or local is draft:
        return None
    redirect = get(local.body, "Redirect")
    if redirect and not get(redirect, "SamenessGroup"):
        same = (get(redirect, "Service") or name).lower() == name.lower() and get(redirect, "Peer") == peer
        return None if same else _Loss(local, "Redirect")
    return _Loss(local, "DefaultSubset") if get(local.body, "DefaultSubset") else None


def _problem(draft: Draft, destination: Destination, peer: str, loss: _Loss, links: Links) -> Diagnostic:
    here, name = draft.address.cluster, destination.service
    found = links.named(here, peer)
    meant = f"{name}@{found[0] if found is not None else peer}"
    summary = (
        f"requests for {meant} do not reach the peer: the {loss.field} of the local service-resolver "
        f'"{loss.local.address.name}" of {here} replaces it'
    )
    related = ((loss.place().position, f"the {loss.field} is declared here"),)
    return destination.place.problem("lost-peer", summary, _HINT, warning=True, related=related)
