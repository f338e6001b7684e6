"""The record of a kind of config entry: what this provider knows of it, in one place.

Its type, its one name, what keeps it and since when there are such entries is in the SDK's table
(`reconciler.sdk.consul.entry_kinds`), which the configuration reads as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.sdk.consul.entry_kinds import CONFIG_ENTRY, EntryFacts, entry_kinds
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.kinds import Kind, Rule
from reconciler.sdk.provider import Body

OTHER_RANK = 35  # kinds that share the type `config_entry` share its rank as well


@dataclass(frozen=True, slots=True)
class EntryKind:
    """One kind of config entry.

    kind       its name in Consul
    rule       rules of its body, from the top
    rank       creation order, of a kind with a type of its own: see `reconciler.sdk.kinds.Kind`
    title      for people, singular; without one, the kind's name with spaces
    read       the resource of Consul's ACL rules that reading it takes (`mesh`, `service`, `intention`), on
               the entry's name where the resource has names; empty: none, or not known
    write      the same for writing and removing it
    refers     of a kind of a discovery chain: the parts of a body that name services; a token that writes
               the entry must be allowed to read those
    peers      every place in a body that names a peer, as paths: `Sources.Peer`; `*` is any key of a map
    container  see `reconciler.sdk.kinds.Kind`
    mark       see `reconciler.sdk.kinds.Kind`
    """

    kind: str
    rule: Rule
    rank: int = OTHER_RANK
    title: str = ""
    read: str = "mesh"
    write: str = "mesh"
    refers: Callable[[Body], Iterator[Mapping[str, Any]]] | None = None
    peers: tuple[str, ...] = ()
    container: str | None = None
    mark: str | None = "Meta"

    @property
    def facts(self) -> EntryFacts:
        """Return what the SDK's table has of the kind. Raises `ValueError` where it has nothing."""
        facts = entry_kinds().get(self.kind)
        if facts is None:
            raise ValueError(
                f"no address can reach the kind {self.kind}: add it to reconciler/sdk/consul/entry_kinds.json"
            )
        return facts

    def as_kind(self) -> Kind:
        """Return the kind as the engine knows it, of a kind with a type of its own."""
        return Kind(
            self.facts.type,
            rank=self.rank,
            rule=self.rule,
            container=self.container,
            mark=self.mark,
            folds=True,
            title=self.title or self.kind.replace("-", " "),
        )


def shared_kind(records: tuple[EntryKind, ...], common: Mapping[str, Rule]) -> Kind:
    """Return the kind of all entries without a type of their own: one table of top-level fields.

    Raises `ValueError` where two of them use one name for things of different form, or one has a rank.
    """
    fields: dict[str, Rule] = dict(common)
    aliases: dict[str, str] = {}
    for record in records:
        if record.rank != OTHER_RANK or record.container:
            raise ValueError(f"{record.kind}: rank and container need a type of its own")
        for name, rule in record.rule.fields.items():
            if fields.setdefault(name, rule) != rule:
                raise ValueError(f"{record.kind}: another kind of the type {CONFIG_ENTRY} has another {name}")
        aliases |= {short: name for short, name in record.rule.aliases.items() if name not in common}
    rule = Rule(fields=fields, aliases=aliases)
    return Kind(CONFIG_ENTRY, rank=OTHER_RANK, rule=rule, mark="Meta", folds=True, title="config entry")
