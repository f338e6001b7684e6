"""The way out where a cluster that left the configuration does not answer: it may be gone for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from shlex import quote

from reconciler.model.desired import Cluster
from reconciler.model.plan import Deferred
from reconciler.model.state import Recorded
from reconciler.sdk.address import Address
from reconciler.sdk.errors import NotSent
from reconciler.sdk.provider import Observation, Unknown


def with_way_out(
    deferred: Mapping[Address, Deferred],
    declared: Mapping[str, Cluster],
    recorded: Mapping[Address, Recorded],
    observed: Mapping[Address, Observation],
) -> dict[Address, Deferred]:
    """Return the same, each with the commands that give its cluster up where that left and does not
    answer.
    """
    gone = {
        a: seen.error.cluster
        for a in deferred
        if isinstance(seen := observed.get(a), Unknown) and _away(seen)
    }
    ways = {name: _way_out(name, recorded, observed) for name in set(gone.values()) if name not in declared}
    out = dict(deferred)
    for address, name in gone.items():
        if name in ways:
            item = deferred[address]
            out[address] = replace(item, hint="\n".join(filter(None, (item.hint, ways[name]))))
    return out


def _away(seen: Unknown) -> bool:
    return isinstance(seen.error, NotSent) and bool(seen.error.cluster)


def _way_out(name: str, recorded: Mapping[Address, Recorded], observed: Mapping[Address, Observation]) -> str:
    held = [address for address in recorded if name in (address.cluster, address.name)]
    own = [f"*.{name}/*"] if any(address.cluster == name for address in held) else []
    ends = sorted({f"{a.type}.*/{name}" for a in held if a.cluster != name and _is_half(observed.get(a))})
    left = [seen.remains for a in held if isinstance(seen := observed.get(a), Unknown) and seen.remains]
    globs = " ".join(quote(glob) for glob in (*own, *ends))
    lines = [f"if {name} is gone for good, forget what was on it: reconciler state rm {globs}"]
    return "\n".join([*lines, *(f"and remove what is left of it: {text}" for text in sorted(left))])


def _is_half(seen: Observation) -> bool:
    return isinstance(seen, Unknown)
