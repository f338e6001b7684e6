"""The intentions of a destination as its proxies apply them.

A proxy gets the sources of its own intentions and of those for `*`; of two with one source, the more precise.
It makes one list of them, of what differs from the default: an exact source is excepted from a `*` behind it,
and a `*` before an exact source excepts nothing. So where `*` to the service is denied, and denied is the
default, an exact source of the intentions for `*` still has its allow (`rbac.go` of Consul 1.14 to 1.22),
although `/v1/connect/intentions/check` says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from reconciler.sdk.access.answer import Origin
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body
from reconciler_consul.access.network.site import Site
from reconciler_consul.graph.body import ANY, INTENTIONS, items, text
from reconciler_consul.graph.remake import is_deny
from reconciler_consul.kinds.names import entry_address, folded

Source = tuple[str, str]  # a name or `*`, and the peer (empty: local)


class Rule(NamedTuple):
    """A source of intentions: those of `destination`, at `number` of its list."""

    destination: str
    number: int
    source: Body
    jwt: Any

    @property
    def name(self) -> str:
        """The source's name, or `*`."""
        return text(self.source.get("Name"))

    @property
    def allows(self) -> bool:
        """Whether it lets its source in, where it has no permissions."""
        return not is_deny(self.source)

    @property
    def precedence(self) -> tuple[bool, bool]:
        """Rules with the greater one come first."""
        return self.destination != ANY, self.name != ANY

    def origin(self, site: Site) -> Origin:
        """Return where it is written."""
        return Origin(site.name, address_of(site, self.destination), ("Sources", self.number))


def address_of(site: Site, destination: str) -> Address:
    """Return the address of the intentions for a destination, as they are written."""
    body = site.entry(INTENTIONS, destination) or {}
    return entry_address((INTENTIONS, text(body.get("Name")) or destination), site.name)


def _index(site: Site, destination: str) -> dict[Source, Rule]:
    return site.once((INTENTIONS, folded(destination)), lambda: dict(_read(site, destination)))


def _read(site: Site, destination: str) -> Iterator[tuple[Source, Rule]]:
    body = site.entry(INTENTIONS, destination) or {}
    for index, source in enumerate(items(body.get("Sources"))):
        if text(source.get("Namespace")) in ("", "default") and not source.get("SamenessGroup"):
            key = text(source.get("Name")), text(source.get("Peer"))
            yield key, Rule(destination, index, source, body.get("JWT"))


def unmodelled(site: Site, destination: str) -> str:
    """Return why some sources cannot be judged here; empty where all can."""
    return site.once(("unmodelled", destination), lambda: _unmodelled(site, destination))


def _unmodelled(site: Site, destination: str) -> str:
    for name in (destination, ANY):
        for source in items((site.entry(INTENTIONS, name) or {}).get("Sources")):
            if source.get("SamenessGroup"):
                return f"the intentions for {name} on {site.name} name a sameness group"
            if text(source.get("Namespace")) == ANY:
                return f"the intentions for {name} on {site.name} name all namespaces"
    return ""


def named(site: Site, destination: str) -> set[Source]:
    """Return the sources that the intentions of a destination, or of `*`, name."""
    return {*_index(site, destination), *(_index(site, ANY) if destination != ANY else ())}


def covering(site: Site, destination: str, caller: str, peer: str) -> list[Rule]:
    """Return the rules that cover a caller, by precedence; of two with one source the more precise only."""
    found: list[Rule] = []
    own, general = _index(site, destination), _index(site, ANY)
    for name in (caller, ANY) if caller != ANY else (ANY,):
        rule = own.get((name, peer)) or general.get((name, peer))
        if rule is not None:
            found.append(rule)
    return sorted(found, key=lambda rule: rule.precedence, reverse=True)


def applied(rules: list[Rule]) -> list[Rule]:
    """Return those of the covering rules that a proxy keeps: a more exact source before a wider one takes
    its place, and a wider one before an exact one leaves it there.
    """
    if len(rules) == 2 and rules[0].name != ANY:
        return rules[:1]
    return rules


def shown(rule: Rule, peer: str) -> str:
    """Return a rule's source for people."""
    whom = f"{rule.name} of peer {peer}" if peer else f"{rule.name} of this cluster"
    return f"{whom} in the intentions for {rule.destination}"
