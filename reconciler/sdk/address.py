"""Addresses: how a resource is named everywhere (files, plans, state, output)."""

from __future__ import annotations

import re
from functools import total_ordering

from reconciler.sdk.dataclass import dataclass

_PATTERN = re.compile(
    r"^(?P<type>[a-z][a-z0-9_]*)\.(?P<cluster>[A-Za-z0-9_-]+)"
    r"(?::(?P<partition>[A-Za-z0-9_-]+)(?::(?P<namespace>[A-Za-z0-9_-]+|\*))?)?/(?P<name>\S+)$"
)


@total_ordering
@dataclass(frozen=True, slots=True)
class Address:
    """`TYPE.CLUSTER[:PARTITION[:NAMESPACE]]/NAME`, for example `service_intentions.dc1/api`.

    `cluster` is the name in the configuration (for a peering: the first of its two clusters, the second
    being `name`). `partition` and `namespace` are `None` where Consul's Community Edition rules, and a
    namespace may be `*`: intentions for all of them.
    """

    type: str
    cluster: str
    name: str
    partition: str | None = None
    namespace: str | None = None

    def __str__(self) -> str:
        scope = self.cluster
        if self.partition is not None:
            scope += f":{self.partition}"
            if self.namespace is not None:
                scope += f":{self.namespace}"
        return f"{self.type}.{scope}/{self.name}"

    def __hash__(self) -> int:
        # Asked for dozens of times for each resource; the other parts hardly ever differ.
        return hash((self.cluster, self.name))

    def sort_key(self) -> tuple[str, str, str, str, str]:
        """Return the sort key: type, cluster, partition, namespace, name."""
        return (self.type, self.cluster, self.partition or "", self.namespace or "", self.name)

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Address):
            return NotImplemented
        return self.sort_key() < other.sort_key()

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address from text; raises `ValueError` that shows the expected form."""
        match = _PATTERN.match(text)
        if match is None:
            raise ValueError(
                f"not an address: {text!r} (expected TYPE.CLUSTER/NAME, for example peering.dc1/dc2)"
            )
        return cls(match["type"], match["cluster"], match["name"], match["partition"], match["namespace"])
