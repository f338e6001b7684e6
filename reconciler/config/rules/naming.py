"""Rules for names that mislead: a peer called as another cluster, a service in another letter case."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.config.drafts.destinations import destinations
from reconciler.config.drafts.draft import Draft, GenericDraft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.links import Links
from reconciler.config.fields.lookup import get, maps
from reconciler.config.text.document import Place
from reconciler.model.diagnostic import Diagnostic


def misleading_peer_names(drafts: Drafts, links: Links) -> Iterator[Diagnostic]:
    """Report a local name for a peer that is the name of another declared cluster."""
    clusters = drafts.cluster_set.clusters
    for link in links.by_pair.values():
        ends = list(link.names)
        for here, name in link.names.items():
            there = next(end for end in ends if end != here)
            if name in clusters and name not in (there, here):
                summary = f'{here} calls {there} "{name}", and {name} is another cluster'
                hint = f"choose another name: names: {{{here}: …}}"
                yield link.key.problem("misleading-peer-name", summary, hint, warning=True)


def letter_case(drafts: Drafts) -> Iterator[Diagnostic]:
    """Report a caller whose name differs from a declared service in letter case only.

    A caller's name is compared as it is (seen with real requests on 1.18 to 1.22).
    """
    callers = [caller for draft in drafts for caller in _with_capitals(draft)]
    known = _services(drafts) if callers else set()
    for draft, number, name in callers:
        if name.lower() in known and name not in known:
            place: Place = draft.place_of("Sources", number)
            summary = f'the caller "{name}" is not "{name.lower()}": letter case counts'
            yield place.problem("letter-case", summary, f"write {name.lower()}", warning=True)


def _with_capitals(draft: Draft) -> Iterator[tuple[Draft, int, str]]:
    """Yield the callers that an intention names with a capital letter, each with its number."""
    if draft.address.type == "service_intentions":
        for number, source in maps(get(draft.body, "Sources")):
            name = get(source, "Name")
            if isinstance(name, str) and name != name.lower():
                yield draft, number, name


def _services(drafts: Drafts) -> set[str]:
    """Return the names of services that the configuration declares something of."""
    out: set[str] = set()
    for draft in drafts:
        if not isinstance(draft, GenericDraft):
            out |= set(_names(draft))
    return out


def _names(draft: Draft) -> Iterator[str]:
    if draft.address.type.startswith("service_") and draft.address.type != "service_intentions":
        yield draft.address.name  # an entry of that type is called as its service
    yield from (way.service for way in destinations(draft))
    if draft.address.type == "exported_services":
        for _, service in maps(get(draft.body, "Services")):
            yield str(get(service, "Name"))
    if draft.address.type == "service_intentions":
        names = (get(source, "Name") for _, source in maps(get(draft.body, "Sources")))
        yield from (name for name in names if isinstance(name, str) and name.islower())
