"""What a name leads to: the ends of its chain, for people and for comparing."""

from __future__ import annotations

from collections.abc import Iterable

from providers.consul.graph.body import CHAIN_KINDS, related
from providers.consul.graph.chain import HERE, Chain, Refused, Target
from providers.consul.graph.holdings import Holdings, Reader
from providers.consul.graph.where import Key
from providers.consul.names import folded
from reconciler.sdk.provider import Body


def ends(holdings: Holdings, key: Key, service: str, body: Body | None, *, alone: bool) -> frozenset[Target]:
    """Where requests for a service end while `body` stands at a key, also where its protocols and subsets are
    yet to come. Of redirects in a circle, the services that the entries name."""
    with holdings.over(key, body):
        reader = Reader(holdings, key.place, alone)
        try:
            return frozenset(Chain(reader, service, lenient=True).ends)
        except Refused:
            return frozenset(Target(name) for name in _named(holdings, key, service))


def _named(holdings: Holdings, key: Key, service: str) -> set[str]:
    """The services that the entries of a chain name, step by step."""
    shelf, found, todo = holdings.shelf(key.place), {service}, [service]
    for name in todo:
        for kind in CHAIN_KINDS:
            further = related(kind, name, shelf.of(kind).get(folded(name)) or {}) - found
            found |= further
            todo += sorted(further)
    return found


def services(targets: Iterable[Target]) -> set[str]:
    """The local services among these ends."""
    return {target.service for target in targets if not target.peer and target.datacenter == HERE}


def shown(targets: Iterable[Target], service: str) -> str:
    """Ends for people: `web itself, redis (subset v1) and api of peer dc2`."""
    words = sorted(
        {_word(target, service) for target in targets}, key=lambda word: ("itself" not in word, word)
    )
    return join(words)


def join(words: list[str]) -> str:
    """A list for people."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def _word(target: Target, service: str) -> str:
    here = not target.peer and target.datacenter == HERE
    name = f"{service} itself" if here and target.service == service else target.service
    name += f" (subset {target.subset})" if target.subset else ""
    if target.peer:
        return f"{name} of peer {target.peer}"
    return name if here else f"{name} in {target.datacenter}"
