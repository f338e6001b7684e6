"""Who can call whom before and after a plan: providers that know are asked for the two worlds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.app.bodies import named_sensitive
from reconciler.app.planning.access.before import Before, bodies_after
from reconciler.app.planning.access.behind import attributed
from reconciler.app.planning.access.effects import diff_of, merged
from reconciler.app.workspace.opening import Workspace
from reconciler.engine.bodies.veiling import veil
from reconciler.engine.refresh import ObservedState
from reconciler.model.block import BlockKind
from reconciler.model.change import Action, Change
from reconciler.model.plan import Mode, Plan
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.access.change import AccessChanges
from reconciler.sdk.access.protocol import Analyses, Analysis, Bearing
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body, Condition, Present
from reconciler.sdk.secrets.sensitive import masked

APART = 16  # actions up to which each is looked at by itself, too
_TAKEN = (BlockKind.PROTECTED, BlockKind.POLICY, BlockKind.NO_PERMISSION)
_QUIET = (Action.ROTATE,)  # what they do keeps the object up, and as it is


async def worlds_before(workspace: Workspace, made: Plan, observed: ObservedState) -> dict[str, Before]:
    """Return the worlds that the actions of a plan change, by provider; empty where it changes nothing.

    Without policies a plan asks nothing of a provider to whose access no action of it can matter.
    """
    writes: dict[str, list[Change]] = {}
    for change in made.actions if made.mode in (Mode.NORMAL, Mode.DESTROY) else ():
        if change.action not in _QUIET and (workspace.desired.policies or _bears(workspace, change)):
            writes.setdefault(change.provider, []).append(change)
    out: dict[str, Before] = {}
    for name, changes in writes.items():
        provider = workspace.providers.get(name)
        if isinstance(provider, Analyses):
            live = _live(made, observed, workspace, name)
            with plugin_call(name, "seen"):
                world = await provider.seen(live, bodies_after(changes))
            with plugin_call(name, "analysis"):
                out[name] = Before(name, provider, world, provider.analysis(world))
    return out


def _bears(workspace: Workspace, change: Change) -> bool:
    """Say whether an action can change who may call whom."""
    provider = workspace.providers.get(change.provider)
    if not isinstance(provider, Bearing):
        return True
    with plugin_call(change.provider, "bears_on_access"):
        return provider.bears_on_access(change.address, change.before, change.after)


def _live(made: Plan, observed: ObservedState, workspace: Workspace, provider: str) -> dict[Address, Body]:
    """Return the objects that were read, with the mask in place of sensitive values. What only has the name
    of one of ours belongs to others.
    """
    live = {c.address: masked(c.before) for c in made.changes if c.provider == provider and c.before}
    for address, found in observed.objects.items():
        kind = workspace.kinds.get((provider, address.type))
        if kind is None or address in live or not isinstance(found, Present):
            continue
        if found.condition is not Condition.CONFLICT:
            resource = workspace.desired.resources.get(address)
            places = named_sensitive(kind, resource) if resource is not None else None
            live[address] = masked(veil(kind.rule, found.body, places))
    return live


@dataclass(frozen=True, slots=True)
class Compared:
    """The actions of one provider that are carried out, the world after them, and how access differs."""

    actions: Sequence[Change]
    after: Analysis
    changes: AccessChanges


def compared(made: Plan, before: Mapping[str, Before]) -> dict[str, Compared]:
    """Return how access differs after a plan, by provider. Pure: the worlds were read before."""
    free = [change for change in made.actions if not change.blocked and change.action not in _QUIET]
    found = {}
    for name, one in before.items():
        own = [change for change in free if change.provider == name]
        after = one.after(bodies_after(own))
        changes = one.changes(after, [change.address for change in own])
        found[name] = Compared(own, after, attributed(changes, own, one, after))
    return found


def with_access(made: Plan, before: Mapping[str, Before], found: Mapping[str, Compared]) -> Plan:
    """Return the plan with what it does to access."""
    down = {
        change.address: before[name].changes(before[name].after({change.address: None}), [change.address])
        for name, one in found.items()
        for change in one.actions
        if change.is_remade
    }
    acting = {change.address for one in found.values() for change in one.actions}
    order = [change.address for change in made.actions if change.address in acting]
    changes = merged([one.changes for one in found.values()])
    return replace(made, access=diff_of(changes, order, down, _blocked(made, before)))


def _blocked(made: Plan, before: Mapping[str, Before]) -> dict[Address, AccessChanges]:
    """Return what each of the first blocked actions would do to access by itself, where servers would take
    it.
    """
    blocked = [c for c in made.actions if c.blocked and c.blocked.kind in _TAKEN and c.provider in before]
    return {
        change.address: one.changes(one.after(bodies_after([change])), [change.address])
        for change, one in ((change, before[change.provider]) for change in blocked[:APART])
    }
