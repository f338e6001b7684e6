"""Marks of the newest state on the clusters: read before a run does anything, written after it committed."""

from __future__ import annotations

import asyncio
from dataclasses import field

from reconciler.engine.guards_serials import check_newest
from reconciler.model.state import State
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import Denied, ProviderError
from reconciler.sdk.marks.serials import KeepsSerials, SeenMarks, SerialMark
from reconciler.sdk.provider import Provider


@dataclass(slots=True)
class Marks:
    """The marks of one run. `on`: the operator asks for them; `ignored`: this run goes on regardless.

    `name` is the configuration's, `place` says where the state is, `clusters` gives the provider of each
    declared cluster.
    """

    on: bool = False
    ignored: bool = False
    name: str | None = None
    place: str = ""
    clusters: dict[str, Provider] = field(default_factory=dict)
    seen: SeenMarks = field(default_factory=SeenMarks)

    async def check(self, state: State) -> tuple[str, ...]:
        """Read the marks; return a sentence for each cluster that does not show its own.

        Raises `Failure` where one has seen a newer state.
        """
        if not self.on:
            return ()
        await self.read(state.lineage if state.serial else None)
        if not self.ignored:
            check_newest(state, self.name, self.seen, self.place)
        # That a cluster does not answer is said elsewhere.
        denied = sorted(name for name, error in self.seen.problems.items() if isinstance(error, Denied))
        return tuple(
            f"{name} does not let its token read the mark of the state: whether it has seen a newer state is "
            "not known"
            for name in denied
        )

    async def read(self, lineage: str | None) -> None:
        """Read the marks of a lineage, or all."""
        marks: dict[str, tuple[SerialMark, ...]] = {}
        problems: dict[str, ProviderError] = {}
        for provider in {id(one): one for one in self.clusters.values()}.values():
            if isinstance(provider, KeepsSerials):
                with plugin_call(type(provider).__name__, "serial_marks"):
                    found = await provider.serial_marks(lineage)
                marks.update(found.marks)
                problems.update(found.problems)
        self.seen = SeenMarks(marks, problems)

    async def write(self, state: State) -> tuple[str, ...]:
        """Have each declared cluster keep the serial; return a sentence for each that refused.

        A cluster whose mark could not be read is left alone, one that has it already is not written to.
        """
        if not self.on or not state.serial:
            return ()
        at = state.saved.at if state.saved else ""
        mark = SerialMark(state.lineage, state.serial, at, self.name or "")
        names = [name for name in self.clusters if mark not in self.seen.marks.get(name, (mark,))]
        said = await asyncio.gather(*(self._write(name, mark) for name in names))
        return tuple(text for text in said if text)

    async def _write(self, name: str, mark: SerialMark) -> str:
        provider = self.clusters[name]
        assert isinstance(provider, KeepsSerials)
        try:
            await provider.mark_serial(name, mark)
        except ProviderError as error:
            return f"{name} does not keep the mark of the state (serial {mark.serial}): {error.message}"
        return ""
