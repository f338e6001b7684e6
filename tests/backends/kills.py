"""Writers of a shared state that are killed at any moment: what must last does, in order, and no lock stays.

A record that something else rests on (an intent, its outcome, a commit) lasts once it was acknowledged. Of
other outcomes the last second may be missing; then all that came later is missing as well.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reconciler.model.failure import Failure
from reconciler.model.state import State
from reconciler.model.state_place import StatePlace
from reconciler.statestore.factory import open_store
from tests.unit.statestore import crash_writer
from tests.unit.statestore.samples import Model
from tests.unit.statestore.test_crash import acknowledged, audit_is_whole, kill, reached, start


@dataclass
class Kills:
    """What was counted. `early`: kills that cost acknowledged outcomes of the last second."""

    kills: int = 0
    locks: int = 0
    early: int = 0


class Campaign:
    """Kills one writer after another at a place, and looks at what is there. `seed` decides when."""

    def __init__(self, place: StatePlace, root: Path, environ: Mapping[str, str], seed: int = 20) -> None:
        self._writer = (place, root, dict(environ))
        self._store = open_store(place, root=root, environ=environ)
        self._chance = random.Random(seed)
        self._models = [Model()]  # the state after each step
        self.counted = Kills()

    async def run(self, kills: int) -> Kills:
        """Kill so many writers. Raises `AssertionError` where something is lost, unreadable or locked."""
        for _ in range(kills):
            number = len(self._models) - 1
            process, receiver = start(crash_writer.write_shared, *self._writer, number)
            seen = number + self._chance.randrange(14)
            reached(receiver, seen)
            kill(process)
            await self._look(number, acknowledged(receiver, seen))
        for check in await self._store.verify():
            assert check.problem is None, f"{check.part}: {check.problem}"
        await audit_is_whole(self._store)
        return self.counted

    async def _look(self, first: int, last: int) -> None:
        self._take_steps(first, last + 1)  # the step under way may have landed, unacknowledged
        self.counted.kills += 1
        await self._unlock()
        at = self._reached(await self._store.read(), first)
        assert at > self._durable(first, last), f"steps {at} to {last} were acknowledged, and are lost"
        self.counted.early += at <= last
        del self._models[at + 1 :]

    def _take_steps(self, first: int, last: int) -> None:
        for number in range(first, last + 1):
            model = self._models[-1].copy()
            model.step(*crash_writer.step(number))
            self._models.append(model)

    def _reached(self, state: State, first: int) -> int:
        """Return after how many steps the state was as it is now. It is never something in between."""
        held = [at for at in range(len(self._models) - 1, -1, -1) if self._models[at].holds(state)]
        assert held, "the state is as it never was"
        return held[0]

    def _durable(self, first: int, last: int) -> int:
        """Return the last step that must last: an intent that was acknowledged, or what a writer found."""
        intents = [at for at in range(first, last + 1) if crash_writer.step(at)[0] == "intent"]
        return intents[-1] if intents else first - 1

    async def _unlock(self) -> None:
        """Free the lock that a dead writer may have left, as a person does."""
        holder = await self._store.holder()
        if holder is not None:
            self.counted.locks += 1
            with suppress(Failure):  # the server freed it meanwhile
                await self._store.force_unlock(holder.id)


async def survives_kills(place: StatePlace, root: Path, environ: Mapping[str, str], kills: int = 8) -> None:
    """What each backend's tests do: a few kills; `python -m tests.backends` makes hundreds."""
    counted = await Campaign(place, root, environ).run(kills)
    assert counted.locks > kills // 2, "hardly any kill left a lock behind"
