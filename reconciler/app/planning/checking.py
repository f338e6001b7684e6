"""Checks of changes against what providers know of their servers, before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace

from reconciler.app.workspace.opening import Workspace
from reconciler.engine.execution.steps import step
from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Change
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


async def check_blocks(workspace: Workspace, changes: Iterable[Change]) -> CheckBlocks:
    """Ask the providers that have checks. Only actions are blocked; notes go to every object."""
    by_provider: dict[str, list[Planned]] = {}
    for change in changes:
        by_provider.setdefault(change.provider, []).append(_planned(change))
    found: dict[Address, tuple[Finding, ...]] = {}
    for name, planned in by_provider.items():
        provider = workspace.providers.get(name)
        if isinstance(provider, Checks):
            with plugin_call(name, "check"):
                found.update(await provider.check(planned))
    blocks = {address: _block(findings) for address, findings in found.items()}
    notes = {address: _notes(findings) for address, findings in found.items()}
    return CheckBlocks(
        {address: block for address, block in blocks.items() if block is not None},
        {address: texts for address, texts in notes.items() if texts},
    )


def _planned(change: Change) -> Planned:
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
