"""`python -m tests.backends [--kills 200] [--rounds 200] [--on consul,postgres] [--seed 1]`.

At every place that is at hand: writers that are killed at any moment, and two writers that take turns.
Prints one line a place; ends with 1 where something was lost, unreadable, locked for good, or written by two
at once.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.servers import STARTS
from reconciler.model.state import Recorded
from reconciler.model.state_place import LocalPlace, StatePlace
from reconciler.sdk.address import Address
from reconciler.statestore.factory import open_store
from tests.backends.kills import Campaign


async def take_turns(place: StatePlace, folder: Path, environ: Mapping[str, str], rounds: int) -> int:
    """Let two writers open the state at once, round after round; return the serial at the end.

    Raises `AssertionError` where both are in, or a commit is lost.
    """
    inside: list[int] = []

    async def writer(me: int, round_: int) -> None:
        store = open_store(place, root=folder, environ=environ, lock_timeout=120.0)
        session = await store.open("apply")
        inside.append(me)
        assert inside == [me], "two writers hold the lock"
        address = Address("service_intentions", "dc1", f"writer-{me}")
        await session.intent(Recorded(address, {}, "consul", version=round_, pending="create"))
        await session.applied(Recorded(address, {}, "consul", version=round_))
        await session.commit()
        inside.remove(me)
        await session.close()

    for round_ in range(1, rounds + 1):
        await asyncio.gather(writer(1, round_), writer(2, round_))
    state = await open_store(place, root=folder, environ=environ).read()
    assert state.serial == 2 * rounds, f"{2 * rounds} commits, serial {state.serial}"
    return state.serial


def at_place(name: str, given: argparse.Namespace) -> bool:
    """Run both at one place; say whether all is well. A server that is missing is left out."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        if name == "local":
            return _report(name, (LocalPlace("kills"), {}), folder, given)
        with STARTS[name](folder) as place:
            return place is None or _report(name, place, folder, given)


def _report(
    name: str, where: tuple[StatePlace, Mapping[str, str]], folder: Path, given: argparse.Namespace
) -> bool:
    place, environ = where
    os.environ.update(environ)
    try:
        counted = asyncio.run(Campaign(place, folder, environ, given.seed).run(given.kills))
        turns = asyncio.run(_turns(place, folder, environ, given.rounds))
    except AssertionError as error:
        print(f"{name:<18} FAILED: {error}", flush=True)
        return False
    kept = f"{counted.kills} kills, {counted.locks} locks to free, {counted.early} lost the last second"
    print(f"{name:<18} {kept}; {turns} commits by two writers", flush=True)
    return True


async def _turns(place: StatePlace, folder: Path, environ: Mapping[str, str], rounds: int) -> int:
    store = open_store(place, root=folder, environ=environ)
    before = (await store.read()).serial
    if before:  # the kills came first: what they left is moved away, so that serials count from 0
        session = await store.open("benchmark")
        await session.leave("elsewhere")
        await session.close()
        await store.clear()
    return await take_turns(place, folder, environ, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.backends", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--on", default="", help="places, comma-separated")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    names = [*filter(None, given.on.split(","))] or ["local", *STARTS]
    well = [at_place(name, given) for name in names]
    sys.exit(0 if all(well) else 1)


if __name__ == "__main__":
    main()
