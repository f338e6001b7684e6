"""What a name leads to: the ends of its chain, for people and for comparing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body
from reconciler_consul.graph.body import ANY, CHAIN_KINDS, related
from reconciler_consul.graph.chains.compiler import Chain, Refused
from reconciler_consul.graph.chains.targets import HERE, Target
from reconciler_consul.graph.holdings import Holdings, Reader
from reconciler_consul.graph.where import DEFAULT, Key, Place

Asked = tuple[Key, str, int]  # a key, a service, and the identity of the body at the key


def ends(holdings: Holdings, key: Key, service: str, body: Body | None, *, alone: bool) -> frozenset[Target]:
    """Return where requests for a service end with `body` at a key, even where its protocols and subsets do
    not exist yet. For a cycle of redirects, return the services that the entries name.
    """
    return _ends(Reader(holdings, key.place, alone), key, service, body)


def _ends(reader: Reader, key: Key, service: str, body: Body | None) -> frozenset[Target]:
    with reader.holdings.over(key, body):
        try:
            return frozenset(Chain(reader, service, lenient=True).ends)
        except Refused:
            return frozenset(Target(name) for name in _named(reader, key, service))


@dataclass(slots=True)
class Ends:
    """The ends of chains, kept for as long as nothing that they rest on changes. Bodies are kept with them,
    so that no other gets the identity of one."""

    holdings: Holdings
    kept: dict[Asked, tuple[Body | None, frozenset[Target]]] = field(default_factory=dict)
    hanging: dict[Key, set[Asked]] = field(default_factory=dict)

    def of(self, key: Key, service: str, body: Body | None, *, alone: bool) -> frozenset[Target]:
        """Return what `ends` does. Do not call this while a write is tried out."""
        asked = (key, service, id(body))
        found = self.kept.get(asked)
        if found is None:
            reader = Reader(self.holdings, key.place, alone)
            found = self.kept[asked] = body, _ends(reader, key, service, body)
            for read in reader.read:
                self.hanging.setdefault(read, set()).add(asked)
        return found[1]

    def touch(self, key: Key) -> None:
        """Forget what used a key: its entry changed."""
        for asked in self.hanging.pop(key, ()):
            self.kept.pop(asked, None)


def _named(reader: Reader, key: Key, service: str) -> set[str]:
    """Return the services that the entries of a chain name, step by step."""
    found, todo = {service}, [service]
    for name in todo:
        for kind in CHAIN_KINDS:
            further = related(kind, name, reader.get(kind, name) or {}) - found
            found |= further
            todo += sorted(further)
    return found


def services(targets: Iterable[Target], place: Place) -> set[str]:
    """Return the services of a place's partition among these ends; see `called`."""
    here = (target for target in targets if not target.peer and target.datacenter == HERE)
    return {called(t.service, t.namespace) for t in here if t.partition == place.partition}


def called(service: str, namespace: str) -> str:
    """Return a service's name as access uses it: `finance/api`, and `api` in the namespace `default`."""
    return service if namespace == DEFAULT or service == ANY else f"{namespace}/{service}"


def shown(targets: Iterable[Target], service: str, place: Place) -> str:
    """Return the ends for people: `web itself, redis (subset v1), db of namespace finance and api of peer
    dc2`.
    """
    words = sorted(
        {_word(target, service, place) for target in targets}, key=lambda word: ("itself" not in word, word)
    )
    return join(words)


def join(words: list[str]) -> str:
    """Return a list for people."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def _word(target: Target, service: str, place: Place) -> str:
    here = not target.peer and target.datacenter == HERE
    same = here and (target.partition, target.namespace) == place[1:]
    name = f"{service} itself" if same and target.service == service else target.service
    name += f" (subset {target.subset})" if target.subset else ""
    if target.peer:
        return f"{name} of peer {target.peer}"
    if not here:
        return f"{name} in {target.datacenter}"
    name += f" of namespace {target.namespace}" if target.namespace != place.namespace else ""
    return name + (f" of partition {target.partition}" if target.partition != place.partition else "")
