"""Rows of peerings that are neither declared nor recorded and no longer work: left of clusters that are gone.

They stay FAILING or TERMINATED for ever, and everything that names them is refused or dead. Healthy ones are
unmanaged, and not reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any

_DEAD = ("FAILING", "TERMINATED")


def strays(
    tables: Mapping[str, Mapping[str, Mapping[str, Any]]],
    claimed: Mapping[str, Set[str]],
    addresses: Mapping[str, str],
) -> Iterable[str]:
    """Yield a sentence for each such row.

    `tables` are each cluster's rows by name, `claimed` the names (lower case) that peerings of this run have
    there, `addresses` where the clusters are.
    """
    for cluster, rows in sorted(tables.items()):
        for name in sorted(rows.keys() - claimed.get(cluster, set())):
            row = rows[name]
            if row.get("State") in _DEAD and not row.get("DeletedAt"):
                yield _sentence(cluster, addresses[cluster], str(row.get("Name", name)), row["State"])


def _sentence(cluster: str, address: str, name: str, state: str) -> str:
    return (
        f'{cluster} has a peering "{name}" that is {state}, and neither declared nor recorded. '
        "If its other end is gone for good, remove it: "
        f"consul peering delete -http-addr={address} -name={name}"
    )
