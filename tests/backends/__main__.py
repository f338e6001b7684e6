"""`python -m tests.backends [--kills 200] [--rounds 200] [--stops 10] [--commands] [--on consul,postgres]`.

At every place that is at hand: writers that are killed at any moment; two writers that take turns; writers
that are stopped for longer than their lock lasts; with `--commands`, applies that are killed, interrupted or
cut off at each of their requests. Prints one line a place and part; ends with 1 where something was lost,
unreadable, locked for good, or written by two at once.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

from reconciler.model.state import Recorded
from reconciler.model.state_place import LocalPlace, StatePlace
from reconciler.sdk.address import Address
from reconciler.statestore.factory import open_store
from tests.backends.commands.campaign import CommandCampaign
from tests.backends.commands.ground import ground
from tests.backends.everywhere import EVERYWHERE, fresh, started
from tests.backends.kills import Campaign
from tests.backends.stops import StopCampaign

Environ = Mapping[str, str]


async def take_turns(place: StatePlace, folder: Path, environ: Environ, rounds: int) -> int:
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


def kills(place: StatePlace, folder: Path, environ: Environ, given: argparse.Namespace) -> str:
    """Kill writers."""
    if isinstance(place, LocalPlace):
        place = LocalPlace(str(folder / place.path))
    counted = asyncio.run(Campaign(place, folder, environ, given.seed).run(given.kills))
    return f"{counted.kills} kills, {counted.locks} locks to free, {counted.early} lost the last second"


def rounds(place: StatePlace, folder: Path, environ: Environ, given: argparse.Namespace) -> str:
    """Let two writers take turns."""
    return f"{asyncio.run(take_turns(place, folder, environ, given.rounds))} commits by two writers"


async def _emptied(place: StatePlace, folder: Path, environ: Environ) -> None:
    """Move what an earlier part left away: a server of the HTTP protocol has one place."""
    store = open_store(place, root=folder, environ=environ)
    if (await store.read()).serial:
        session = await store.open("benchmark")
        await session.leave("elsewhere")
        await session.close()
        await store.clear()


def stops(place: StatePlace, folder: Path, environ: Environ, given: argparse.Namespace) -> str:
    """Stop writers."""
    counted = asyncio.run(StopCampaign(place, folder, environ, seed=given.seed).stop(given.stops))
    rest = f"{counted.expired} after the lock expired, {counted.kept} kept what they could not record"
    return f"{counted.stops} stopped and replaced, {rest}; none wrote to the state after that"


def commands(place: StatePlace, folder: Path, environ: Environ, given: argparse.Namespace) -> str:
    """Kill, interrupt and cut off applies."""
    with ground(place, environ, folder) as made:
        say = partial(print, file=sys.stderr, flush=True)
        counted = CommandCampaign(made, given.stride, say).run()
        freed = f"{made.unlocked} locks broken, {made.expired} waited for"
    rest = f"{counted.away} whose server went away, {counted.full} with a full disk"
    stopped = f"{counted.signals} interrupted, {counted.stops} stopped and overtaken"
    return f"applies: {counted.kills} killed ({freed}), {stopped}, {rest}"


Part = Callable[[StatePlace, Path, Environ, argparse.Namespace], str]


def at_place(name: str, parts: list[Part], given: argparse.Namespace) -> bool:
    """Run these at one place; say whether all is well. A server that is missing is left out."""
    with tempfile.TemporaryDirectory() as text:
        try:
            with started(name, Path(text) / "server") as (place, environ):
                well = [_report(name, part, place, Path(text), environ, given) for part in parts]
                return all(well)
        except pytest.skip.Exception as skipped:
            print(f"{name:<18} left out: {skipped}", flush=True)
            return True


def _report(
    name: str, part: Part, place: StatePlace, folder: Path, environ: Environ, given: argparse.Namespace
) -> bool:
    below = folder / part.__name__
    below.mkdir()
    try:
        asyncio.run(_emptied(place := fresh(place), below, environ))
        print(f"{name:<18} {part(place, below, environ, given)}", flush=True)
    except AssertionError as error:
        print(f"{name:<18} FAILED: {part.__name__}: {error}", flush=True)
        return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.backends", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--stops", type=int, default=5)
    parser.add_argument("--commands", action="store_true", help="applies too, which takes long")
    parser.add_argument("--stride", type=int, default=1, help="kill applies at each so many-th request only")
    parser.add_argument("--on", default="", help=f"places, comma-separated: {', '.join(EVERYWHERE)}")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    wanted = {kills: given.kills, rounds: given.rounds, stops: given.stops, commands: given.commands}
    parts: list[Part] = [part for part, number in wanted.items() if number]
    names = [*filter(None, given.on.split(","))] or list(EVERYWHERE)
    well = [at_place(name, parts, given) for name in names]
    sys.exit(0 if all(well) else 1)


if __name__ == "__main__":
    main()
