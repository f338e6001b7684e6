"""What may be decided although something that it needs could not be read in full.

An object in two clusters is unknown while one of them is away. The part in the other one is known, and what
only names that part needs no more: a deny for the callers of a cluster that is away does not wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.engine.bodies.canonical import canonical
from reconciler.model.desired import Resource
from reconciler.model.state import Recorded
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import Observation, Unknown


@dataclass(frozen=True, slots=True)
class KnownParts:
    """What is declared, recorded and observed, for questions about the parts that exist."""

    declared: Mapping[Address, Resource]
    recorded: Mapping[Address, Recorded]
    observed: Mapping[Address, Observation]
    kinds: Mapping[tuple[str, str], Kind]

    def suffices(self, needed: Address, cluster: str) -> bool:
        """Say whether the part of `needed` in this cluster exists, is the recorded one, and stays."""
        seen, recorded = self.observed.get(needed), self.recorded.get(needed)
        if not isinstance(seen, Unknown) or recorded is None or not recorded.was_complete:
            return False
        part = seen.standing.get(cluster)
        return part is not None and part in recorded.remote_ids.values() and self._stays(needed, recorded)

    def _stays(self, needed: Address, recorded: Recorded) -> bool:
        """Say whether the object stays: no field changes that replaces it, such as its names."""
        resource = self.declared.get(needed)
        if resource is None:
            return False
        kind = self.kinds[recorded.provider, needed.type]
        now = canonical(kind.rule, resource.body, declared=True)
        before = canonical(kind.rule, recorded.body, declared=True)
        return all(now.get(name) == before.get(name) for name in kind.replaces)
