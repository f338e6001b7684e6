"""Preflight: what the credentials do not allow is known before the first write, all of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from reconciler.app.workspace.opening import Workspace
from reconciler.engine.execution.interim import first
from reconciler.engine.execution.steps import step
from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Change
from reconciler.model.plan import Plan
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.permissions import Missing, Preflights
from reconciler.sdk.provider import Step


@dataclass(frozen=True, slots=True)
class PermissionBlocks:
    """The actions of a plan without permission. `rules` are by cluster what its policy lacks, in order."""

    blocks: Mapping[Address, Block] = field(default_factory=dict)
    rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def warnings(self) -> tuple[str, ...]:
        """Return for each cluster the rules to add, and how to print the whole policy."""
        return tuple(
            "\n    ".join(
                [
                    f"add to the policy of the token for {name}:",
                    *self.rules[name],
                    f"(all that it takes: reconciler acl-policy --cluster {name})",
                ]
            )
            for name in sorted(self.rules)
        )


async def permission_blocks(workspace: Workspace, plan: Plan) -> PermissionBlocks:
    """Ask the providers which of the plan's actions their credentials do not allow."""
    by_provider: dict[str, list[Change]] = {}
    for change in plan.actions:
        if not change.blocked:
            by_provider.setdefault(change.provider, []).append(change)
    lacking: dict[Address, tuple[Missing, ...]] = {}
    for name, changes in by_provider.items():
        provider = workspace.providers[name]
        if isinstance(provider, Preflights):
            with plugin_call(name, "missing"):
                lacking.update(await provider.missing(list(_steps(changes))))
    rules: dict[str, dict[str, None]] = {}
    for item in (item for address in sorted(lacking) for item in lacking[address]):
        rules.setdefault(item.cluster, {})[item.rule] = None
    blocks = {address: _block(found) for address, found in lacking.items() if found}
    return PermissionBlocks(blocks, {name: tuple(found) for name, found in rules.items()})


def _steps(changes: Iterable[Change]) -> Iterator[Step]:
    """Yield every write: of an object with an interim step, that step too."""
    for change in changes:
        if change.interim is not None:
            yield step(first(change))
        yield step(change)


def _block(lacking: tuple[Missing, ...]) -> Block:
    by_cluster: dict[str, list[str]] = {}
    for item in lacking:
        by_cluster.setdefault(item.cluster, []).append(item.rule)
    texts = [f"the token for {name} lacks {', '.join(found)}" for name, found in by_cluster.items()]
    return Block(BlockKind.NO_PERMISSION, "; ".join(texts))
