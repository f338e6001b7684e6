"""How two States differ, by address."""

from __future__ import annotations

from reconciler.model.state import State
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Differences:
    """What becomes of the record: resources that come, go, or are recorded otherwise; the same for clusters,
    and `rest` for everything else (owner, lineage, unknown keys). False where nothing differs.
    """

    added: tuple[Address, ...] = ()
    removed: tuple[Address, ...] = ()
    changed: tuple[Address, ...] = ()
    clusters: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.clusters or self.rest)


def differences(old: State, new: State) -> Differences:
    """Return what differs between the States; not their serials, nor who saved them."""
    before, after = old.resources, new.resources
    both = before.keys() & after.keys()
    seen = {*old.clusters, *new.clusters}
    rest = {
        "lineage": old.lineage != new.lineage,
        "owner": old.owner != new.owner,
        "key of sensitive values": old.seal != new.seal,
        "unknown keys": old.extra != new.extra,
    }
    return Differences(
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(before.keys() - after.keys())),
        tuple(sorted(address for address in both if before[address] != after[address])),
        tuple(sorted(name for name in seen if old.clusters.get(name) != new.clusters.get(name))),
        tuple(word for word, differs in rest.items() if differs),
    )
