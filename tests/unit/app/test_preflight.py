"""What is asked of tokens before the first write: every step of a plan, those in between too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

from reconciler.app.planning.preflight import permission_blocks
from reconciler.app.workspace.opening import Workspace
from reconciler.sdk.address import Address
from reconciler.sdk.permissions import Missing
from reconciler.sdk.provider import Step, Verb
from tests.support import samples as s


class Asked:
    """A provider whose tokens allow nothing; keeps what it was asked."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    async def missing(self, steps: Sequence[Step]) -> Mapping[Address, tuple[Missing, ...]]:
        self.steps += steps
        return {step.address: (Missing("south", f"write {step.address}"),) for step in steps}


async def test_the_interim_step_and_the_change_are_asked_about() -> None:
    asked = Asked()
    workspace = cast(Workspace, SimpleNamespace(providers=cast(Any, {"consul": asked})))

    found = await permission_blocks(workspace, s.plan(s.API_SPLITTER, s.WEB))

    mine = [(step.verb, step.after) for step in asked.steps if step.address == s.WEB.address]
    assert s.WEB.interim is not None
    assert mine == [(Verb.UPDATE, s.WEB.interim.after), (Verb.UPDATE, s.WEB.after)]
    down = [step.verb for step in asked.steps if step.address == s.API_SPLITTER.address]
    assert down == [Verb.DELETE, Verb.REPLACE]
    assert set(found.blocks) == {s.API_SPLITTER.address, s.WEB.address}
