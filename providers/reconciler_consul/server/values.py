"""What the calls to one cluster take and give: scopes, lists of entries, and who the cluster is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import ClusterInfo

Entry = dict[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where config entries live: partition and namespace (Enterprise) and the primary datacenter."""

    partition: str | None = None
    namespace: str | None = None
    dc: str | None = None

    def query(self) -> dict[str, str | int]:
        """Return the scope as query parameters; Community Edition refuses even the value `default`."""
        given = {"partition": self.partition, "ns": self.namespace, "dc": self.dc}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class EntryList:
    """All entries of a kind that the token may see. `filtered` says that there may be more."""

    entries: tuple[Entry, ...]
    filtered: bool
    anonymous: bool = False  # because it was asked without any token


@dataclass(frozen=True, slots=True)
class Identity:
    """What a cluster says of itself. `primary` is the datacenter where config entries are written.

    `partition` is the one that this configuration is about; empty on Community Edition. `domain` is that of
    its agents' DNS; `None` where the token may not read it.
    """

    info: ClusterInfo
    datacenter: str
    trust_domain: str
    primary: str
    partition: str = ""
    domain: str | None = None


def is_list_of(value: Any, key: str) -> bool:
    """Say whether it is a list of objects with this text in each. Anything else is no answer of Consul's, and
    nothing may be concluded from what it lacks.
    """
    return isinstance(value, list) and all(
        isinstance(item, dict) and isinstance(item.get(key), str) for item in value
    )


def mapping(value: Any) -> Mapping[str, Any]:
    """Return the value where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}
