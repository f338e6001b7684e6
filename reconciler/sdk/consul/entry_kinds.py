"""The kinds of config entries that Consul has: `entry_kinds.json`, one object for each kind.

type     the first word of its addresses: its own (`service_defaults`), or `config_entry`
section  where the language declares it, if that is not (only) among `config_entries`
scope    what keeps it in Consul Enterprise: a `partition` or a `namespace`
name     the one name that Consul takes, of a kind with a single entry
since    the first release that has the kind, and backports to older lines; absent: all that peer
edition  `enterprise`: Community Edition does not take it
writer   `controller`: only a controller of Consul writes it, so that it cannot be declared
items    the list of the kind that plans show item by item, and `item`, the word for one of them
fields   its fields by path: see `reconciler.config.fields.known`
example  an entry as users write it, which the tests apply; of a kind that their data has no entry of
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

CONFIG_ENTRY = "config_entry"


class EntryFacts(NamedTuple):
    """What is the same of a kind wherever it is looked at."""

    kind: str
    type: str
    scope: str
    fields: Mapping[str, str]
    name: str | None = None
    since: str = ""
    edition: str = "community"
    writer: str = "anybody"
    section: str = "config_entries"
    items: str = ""
    item: str = ""
    example: Mapping[str, Any] | None = None

    @property
    def has_own_type(self) -> bool:
        """Say whether addresses of the kind begin with a type of its own."""
        return self.type != CONFIG_ENTRY

    def single_name(self, partition: str | None = None) -> str | None:
        """Return the one name that an entry of the kind can have, `None` where names are free.

        Documented: in Enterprise, exports are named after their `partition`.
        """
        return partition or self.name if self.kind == "exported-services" else self.name


@cache
def entry_kinds() -> Mapping[str, EntryFacts]:
    """Return every kind that Consul has, by its name there."""
    with open(f"{__file__.rpartition('.')[0]}.json", encoding="utf-8") as file:
        table = json.load(file)
    return {kind: EntryFacts(kind, **facts) for kind, facts in table.items()}


def type_of(kind: str) -> str:
    """Return the type of a kind's addresses; any kind that is not known is a `config_entry`."""
    facts = entry_kinds().get(kind)
    return facts.type if facts is not None else CONFIG_ENTRY


def kind_of(type_: str, name: str) -> str:
    """Return the kind that an entry's address is of.

    >>> kind_of("service_defaults", "api"), kind_of("config_entry", "jwt-provider/okta")
    ('service-defaults', 'jwt-provider')
    """
    return name.partition("/")[0] if type_ == CONFIG_ENTRY else type_.replace("_", "-")


def is_namespaced(kind: str) -> bool:
    """Say whether Enterprise keeps entries of a kind in a namespace, rather than in a whole partition.

    One that is not known is taken for namespaced: sent where it is declared, it is refused there at worst.
    """
    facts = entry_kinds().get(kind)
    return facts is None or facts.scope == "namespace"
