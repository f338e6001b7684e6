"""Checks of changes against what providers know of their servers, before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace

from reconciler.app.workspace.opening import Workspace
from reconciler.config.lint.applying import OFF
from reconciler.engine.execution.steps import step
from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Change
from reconciler.model.desired import Resource
from reconciler.model.plan import Plan
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.address import Address
from reconciler.sdk.checks import Checks, Finding, Planned
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.secrets.quoting import quoted
from reconciler.sdk.secrets.sensitive import revealed


@dataclass(frozen=True, slots=True)
class CheckBlocks:
    """The actions of a plan that checks block, and the notes on its objects."""

    blocks: Mapping[Address, Block] = field(default_factory=dict)
    notes: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)

    def noted(self, plan: Plan) -> Plan:
        """Return the plan with the notes on its objects."""
        changes = [
            replace(change, notes=(*change.notes, *self.notes[change.address]))
            if change.address in self.notes
            else change
            for change in plan.changes
        ]
        return replace(plan, changes=tuple(changes)) if self.notes else plan


async def check_blocks(
    workspace: Workspace, changes: Iterable[Change], declared: Mapping[Address, Resource]
) -> CheckBlocks:
    """Ask the providers that have checks. Only actions are blocked; notes go to every object. What the user
    says of rules holds here, too. `declared` is what stays declared, selected or not.
    """
    by_provider: dict[str, list[Planned]] = {}
    for change in changes:
        by_provider.setdefault(change.provider, []).append(planned(change))
    known = {item.address for items in by_provider.values() for item in items}
    for name, items in by_provider.items():
        items.extend(_namesakes(name, items, declared))
    everything = await checked(workspace, by_provider)
    found = {address: findings for address, findings in everything.items() if address in known}
    if workspace.lint:
        found = {address: _as_said(findings, address, workspace) for address, findings in found.items()}
    blocks = {address: _block(findings) for address, findings in found.items()}
    notes = {address: _notes(findings) for address, findings in found.items()}
    return CheckBlocks(
        {address: block for address, block in blocks.items() if block is not None},
        {address: texts for address, texts in notes.items() if texts},
    )


def _namesakes(
    provider: str, items: Sequence[Planned], declared: Mapping[Address, Resource]
) -> list[Planned]:
    """Return the declared resources that are not among these objects and have type and name of one that is
    to be removed: servers may keep one object for both.
    """
    removed = {_name(item.address) for item in items if item.step and item.step.removes}
    if not removed:
        return []
    known = {item.address for item in items}
    found = [
        resource
        for address, resource in declared.items()
        if address not in known and _name(address) in removed and resource.provider == provider
    ]
    bodies = [revealed(resource.body) for resource in found]
    return [Planned(one.address, None, body, body) for one, body in zip(found, bodies, strict=True)]


def _name(address: Address) -> tuple[str, str, str | None, str | None]:
    """Return an address without its cluster."""
    return address.type, address.name, address.partition, address.namespace


async def checked(
    workspace: Workspace, by_provider: Mapping[str, Sequence[Planned]]
) -> dict[Address, tuple[Finding, ...]]:
    """Return what the providers find about these objects, given all of each."""
    found: dict[Address, tuple[Finding, ...]] = {}
    for name, items in by_provider.items():
        provider = workspace.providers.get(name)
        if isinstance(provider, Checks):
            with plugin_call(name, "check"):
                found.update(await provider.check(items))
    return found


def _as_said(findings: tuple[Finding, ...], address: Address, workspace: Workspace) -> tuple[Finding, ...]:
    """Return the findings as they count: without those that the user turned off at the object's place."""
    resource = workspace.desired.resources.get(address)
    at = resource.origin if resource is not None else None
    levels = [(item, workspace.lint.level(item.rule, item.blocks, at)) for item in findings]
    return tuple(replace(item, blocks=level == "error") for item, level in levels if level != OFF)


def planned(change: Change) -> Planned:
    """Return a change as checks look at it."""
    doing = step(change) if change.is_action and not change.blocked else None
    after, owned = revealed(change.after), revealed(change.after if change.owned is None else change.owned)
    return Planned(change.address, doing, after, owned, bool(change.required_by))


def _block(findings: tuple[Finding, ...]) -> Block | None:
    """Return the block, if any: `Redirect.Peer needs Consul 1.14, dc1 runs 1.13.9 [needs-newer-version]`."""
    found = [f"{item.message} [{item.rule}]" for item in findings if item.blocks]
    return Block(BlockKind.FAILED_CHECK, quoted("; ".join(found))) if found else None


def _notes(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    remarks = [f"{item.message} [{item.rule}]" for item in findings if not item.blocks]
    hints = dict.fromkeys(item.hint for item in findings if item.hint)
    return tuple(map(quoted, (*remarks, *hints)))
