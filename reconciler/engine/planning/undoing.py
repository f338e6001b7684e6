"""Undoing: what a kept generation of the state recorded, as what is desired. Pure.

A record has our part of each object as it was applied. Clusters, protection and names are those of today's
configuration. What cannot come back is blocked, with the reason: nothing is left out in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.engine.planning.clusters import held_clusters
from reconciler.engine.refresh import ObservedState
from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Change, Reason
from reconciler.model.desired import DesiredState, Resource
from reconciler.model.plan import Deferred, Plan, Undo
from reconciler.model.state import Recorded, RecordedCluster, State
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import Present
from reconciler.sdk.secrets.sensitive import Sensitive, has_sensitive, leaves

Kinds = Mapping[tuple[str, str], Kind]
_UNDONE = (Reason.DECLARED, Reason.CHANGED, Reason.CHANGED_AND_DRIFTED, Reason.NO_CONFIG)


@dataclass(frozen=True, slots=True)
class Undoing:
    """A run that goes back: `to` this generation, whose State is `past`, under the names of today.

    `declared` is today's configuration; `gone` are the clusters that only the past knows; `left_out` is what
    it recorded and today's configuration says is not managed (`removed`).
    """

    to: Undo
    past: State
    declared: DesiredState
    gone: Mapping[str, RecordedCluster]
    left_out: frozenset[Address] = frozenset()


def gone_clusters(past: State, declared: DesiredState) -> dict[str, RecordedCluster]:
    """Return the clusters that held something then and are no longer declared."""
    held = held_clusters(past)
    return {n: seen for n, seen in past.clusters.items() if n in held and n not in declared.clusters}


def let_go(undoing: Undoing | None, state: State) -> frozenset[Address]:
    """Return what was adopted since: others created it, so that going back is to let go of it. An object that
    several configurations write is left out: our part of it is taken out.
    """
    if undoing is None:
        return frozenset()
    since = state.resources.keys() - undoing.past.resources.keys()
    found = (state.resources[address] for address in since)
    return frozenset(one.address for one in found if one.adopted and not one.shared)


def past_resources(undoing: Undoing) -> dict[Address, Resource]:
    """Return what was recorded as what is desired. What was being removed then is not."""
    entries = undoing.past.resources
    return {
        address: _resource(entry, undoing.declared.resources.get(address))
        for address, entry in entries.items()
        if entry.pending != "delete"
    }


def _resource(entry: Recorded, today: Resource | None) -> Resource:
    body = opened(entry.body, today.body) if today is not None else entry.body
    resource = Resource(entry.address, body, entry.provider, entry.depends_on, shared=entry.shared)
    if today is None:
        return replace(resource, protect=entry.protect)
    return replace(
        resource,
        required_by=today.required_by,
        protect=today.protect,
        sensitive=today.sensitive,
        protected_at=today.protected_at,
    )


def opened(body: Any, *known: Any) -> Any:
    """Return a body with its digests replaced by the values that they are of, as far as `known` has them."""
    if not has_sensitive(body):
        return body
    return _opened(body, [value for one in known for value in _values(one)])


def _opened(value: Any, known: list[Any]) -> Any:
    if isinstance(value, Sensitive):
        found = (one for one in known if not value.known and value.stands_for(one))
        return next((Sensitive(one) for one in found), value)
    if isinstance(value, Mapping):
        return {name: _opened(item, known) for name, item in value.items()}
    return [_opened(item, known) for item in value] if isinstance(value, list | tuple) else value


def _values(value: Any) -> Iterator[Any]:
    """Yield every value in a body, whole branches included: a sensitive value may be a list."""
    if isinstance(value, Sensitive):
        if value.known:
            yield from _values(value.reveal())
        return
    yield value
    inner: Iterable[Any] = value.values() if isinstance(value, Mapping) else ()
    for item in value if isinstance(value, list | tuple) else inner:
        yield from _values(item)


def with_live_values(
    resources: Mapping[Address, Resource], observed: ObservedState
) -> dict[Address, Resource]:
    """Return the resources with digests opened by the values that are live: these need no change."""
    out = dict(resources)
    for address, resource in resources.items():
        live = observed.objects.get(address)
        if isinstance(live, Present) and has_sensitive(resource.body):
            out[address] = replace(resource, body=opened(resource.body, live.body))
    return out


def blocks(
    undoing: Undoing, resources: Mapping[Address, Resource], observed: ObservedState
) -> dict[Address, Block]:
    """Return what cannot be undone: values of which only digests are left, objects on clusters that became
    others, and removals that today's configuration forbids.
    """
    out: dict[Address, Block] = {}
    others = _others(undoing, observed)
    for address, resource in resources.items():
        became = others.get(address.cluster) or others.get(address.name)
        if became:
            out[address] = Block(BlockKind.NOT_UNDOABLE, became)
        elif any(not leaf.known for leaf in leaves(resource.body)):
            out[address] = Block(BlockKind.NOT_UNDOABLE, _only_digests(undoing.to))
    for address, today in undoing.declared.resources.items():
        if today.protect and address not in resources:
            out[address] = Block(BlockKind.PROTECTED, "protected")
    return out


def _only_digests(to: Undo) -> str:
    return (
        f"cannot be undone: of a sensitive value in serial {to.serial} only a digest is recorded, and "
        "neither the configuration nor the cluster has that value now"
    )


def _others(undoing: Undoing, observed: ObservedState) -> dict[str, str]:
    out = {}
    for name, known in undoing.gone.items():
        seen = observed.clusters.get(name)
        identity = getattr(seen, "identity", None)
        if identity is not None and known.identity and identity != known.identity:
            out[name] = f"cannot be undone: {known.address} is not the {name} of serial {undoing.to.serial}"
    return out


def explained(plan: Plan, undoing: Undoing, state: State, kinds: Kinds) -> Plan:
    """Return the plan with reasons that speak of the generation, and with what cannot come back."""
    remarks = [*recreated(undoing, state, kinds), *_left_out(undoing, state)]
    return replace(
        plan,
        changes=tuple(_reasoned(change, undoing) for change in plan.changes),
        deferred=tuple(_hinted(item, undoing) for item in plan.deferred),
        warnings=(*plan.warnings, *remarks),
        undo=undoing.to,
    )


def _reasoned(change: Change, undoing: Undoing) -> Change:
    serial = undoing.to.serial
    if _is_let_go(change, undoing):
        why = f"serial {serial} did not record it, and reconciler did not create it: it stays as it is now"
        return replace(change, reason=Reason.UNDO, why=why)
    if change.reason not in _UNDONE:
        return change
    if change.address not in undoing.past.resources:
        why = f"serial {serial} did not record it"
    elif change.before is None:
        why = f"serial {serial} recorded it"
    else:
        outside = "; it was changed outside reconciler, too" if change.drift else ""
        why = f"as serial {serial} recorded it{outside}"
    return replace(change, reason=Reason.UNDO, why=why)


def _is_let_go(change: Change, undoing: Undoing) -> bool:
    is_record = change.action is Action.FORGET and change.reason is Reason.REMOVED
    return is_record and change.adopted and change.address not in undoing.left_out


def _hinted(item: Deferred, undoing: Undoing) -> Deferred:
    gone = next((n for n in (item.address.cluster, item.address.name) if n in undoing.gone), None)
    if gone is None or item.is_dependent:
        return item
    hint = f"{gone} was part of serial {undoing.to.serial} and is no longer declared; if it is gone, this "
    return replace(item, hint=f"{hint}cannot be undone: --exclude '*.{gone}/*' leaves it out")


def recreated(undoing: Undoing, state: State, kinds: Kinds) -> list[str]:
    """Return a sentence for each object that cannot be what it was: it was recreated since, and what it
    rested on then (IDs, secrets) is gone.
    """
    out = []
    for address, entry in sorted(undoing.past.resources.items()):
        now, kind = state.resources.get(address), kinds[entry.provider, address.type]
        if now is None or kind.repeatable or not (entry.remote_ids and now.remote_ids):
            continue
        if dict(entry.remote_ids) != dict(now.remote_ids):
            out.append(
                f"{address} was re-established since serial {undoing.to.serial}: that cannot be undone, and "
                "the one that is there now stays"
            )
    return out


def _left_out(undoing: Undoing, state: State) -> list[str]:
    """Return a sentence where the configuration keeps out of the state what the generation recorded."""
    gone = sorted(undoing.left_out - state.resources.keys())
    if not gone:
        return []
    some = f"{', '.join(map(str, gone[:3]))}{' and others' if len(gone) > 3 else ''}"
    return [
        f"serial {undoing.to.serial} recorded {some}, which `removed` in the configuration says not to "
        f"manage: nothing is done about {'it' if len(gone) == 1 else 'them'}"
    ]


def forward_again(plan: Plan, state: State) -> str:
    """Return why an ordinary plan does again what was undone; empty where the last apply was no undo."""
    saved = state.saved
    if saved is None or not saved.operation.startswith(UNDO) or not plan.has_changes:
        return ""
    return (
        f"the last apply was an {saved.operation} ({saved.at}, by {saved.by}), and the configuration still "
        "declares what was undone: this plan does it again. To stay, change the configuration"
    )


UNDO = "undo"


def operation(serial: int) -> str:
    """Return what the lock and the state call a run that goes back to this serial."""
    return f"{UNDO} to serial {serial}"
