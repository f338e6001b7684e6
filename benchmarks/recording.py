"""What recording costs: `python -m benchmarks.recording [--only local,consul] [--steps 200] [--runs 3]`.

Each place where a state can be kept that is at hand is measured in turn, `runs` times:

- `one by one`: calls that cannot be repeated, each with its intent and its outcome, one after the other;
- `ten at a time`: the same, ten in flight, as a run makes them;
- `outcomes`: outcomes that nothing waits for, and the commit at the end.

Shown are milliseconds a step (the least of the runs), requests a step, and the ratio to the local directory.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.__main__ import fresh
from benchmarks.servers import STARTS
from reconciler.model.state import Recorded
from reconciler.model.state_place import LocalPlace, StatePlace
from reconciler.sdk.address import Address
from reconciler.statestore.factory import connector
from reconciler.statestore.local.store import LocalStore
from reconciler.statestore.ports import Session, StateStore
from reconciler.statestore.shared.ports import Backend
from reconciler.statestore.shared.store import SharedStore

BODY = {"Name": "api", "Kind": "service-intentions", "Sources": [{"Name": "web", "Action": "allow"}] * 3}
WORDS = ("get", "create", "replace", "delete", "keys", "lock", "renew", "unlock", "holder")
Work = Callable[[Session, int], Awaitable[None]]


@dataclass
class Server:
    """A place, and what its credentials are."""

    place: StatePlace
    environ: Mapping[str, str]
    calls: int = 0

    def store(self, folder: Path) -> StateStore:
        """Return a store there that counts its calls."""
        if isinstance(self.place, LocalPlace):
            return LocalStore(folder / self.place.path)
        os.environ.update(self.environ)  # libpq looks there
        connect = connector(self.place, root=folder, environ=self.environ)
        return SharedStore(self.place.shown, lambda: self._counted(connect()), rescue=folder / "rescue")

    def _counted(self, backend: Backend) -> Backend:
        for word in WORDS:
            setattr(backend, word, self._counting(getattr(backend, word)))
        return backend

    def _counting(self, call: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def counted(*arguments: object) -> object:
            self.calls += 1
            return await call(*arguments)

        return counted


def recorded(number: int, pending: str | None = None) -> Recorded:
    """Return the record of one object."""
    address = Address("service_intentions", "dc1", f"api-{number}")
    return Recorded(address, BODY, "consul", version=random.randrange(1 << 40), pending=pending)


async def _step(session: Session, number: int) -> None:
    await session.intent(recorded(number, "create"))
    await session.applied(recorded(number))


async def one_by_one(session: Session, steps: int) -> None:
    for number in range(steps):
        await _step(session, number)


async def ten_at_a_time(session: Session, steps: int) -> None:
    free = asyncio.Semaphore(10)

    async def one(number: int) -> None:
        async with free:
            await _step(session, number)

    async with asyncio.TaskGroup() as group:
        for number in range(steps):
            group.create_task(one(number))


async def outcomes(session: Session, steps: int) -> None:
    for number in range(steps):
        await session.applied(recorded(number))
    await session.commit()


WORKS: tuple[Work, ...] = (one_by_one, ten_at_a_time, outcomes)


async def measured(server: Server, folder: Path, work: Work, steps: int) -> tuple[float, float]:
    """Return seconds and calls a step of one session's work."""
    session = await server.store(folder).open("benchmark")
    calls, began = server.calls, time.perf_counter()
    await work(session, steps)
    spent, made = time.perf_counter() - began, server.calls - calls
    await session.close()
    return spent / steps, made / steps


@contextmanager
def servers(folder: Path, only: set[str]) -> Iterator[dict[str, Server]]:
    """Start what is at hand; a server that is missing is left out."""
    with ExitStack() as stack:
        found = {"local": Server(LocalPlace("local"), {})}
        for name, start in STARTS.items():
            if only and name not in only:
                continue
            (folder / name).mkdir()
            started = stack.enter_context(start(folder / name))
            if started is not None:
                found[name] = Server(*started)
        yield found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recording", description=__doc__)
    parser.add_argument("--only", default="", help="names of places, comma-separated")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    print(f"{'place':<22}" + "".join(f"{work.__name__.replace('_', ' '):>34}" for work in WORKS))
    with fresh() as folder, servers(folder, set(filter(None, given.only.split(",")))) as found:
        least: dict[tuple[str, int], float] = {}
        for name, server in found.items():
            row = f"{name:<22}"
            for index, work in enumerate(WORKS):
                runs = [asyncio.run(measured(server, folder, work, given.steps)) for _ in range(given.runs)]
                seconds, calls = min(runs)
                least[name, index] = seconds
                ratio = seconds / least["local", index]
                row += f"{1000 * seconds:>12.2f} ms {calls:>6.2f} req {ratio:>7.1f} x"
            print(row, flush=True)


if __name__ == "__main__":
    main()
