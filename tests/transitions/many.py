"""Many pairs of one version, one after the other. In a module that other processes can import."""

from __future__ import annotations

import asyncio
import gc
import tempfile
import traceback
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from tests.transitions.configurations.flavours import Flavour, flavour
from tests.transitions.configurations.pairs import Pair, judge, pair
from tests.transitions.configurations.quick import quick
from tests.transitions.parts import Part, part_of
from tests.transitions.shared import shared_states
from tests.transitions.trial import Finding, Tally, tried

MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Job:
    """`count` pairs for one process, from the seed `first`; `shared`: their states are on a server; `parts`:
    each is only created and done in part, in each of these ways.
    """

    version: str
    first: int
    count: int
    kills: int
    shared: bool = False
    parts: tuple[Part, ...] = ()


@dataclass(slots=True)
class Found:
    """What some pairs came to."""

    counts: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, int, str, str]] = field(default_factory=list)  # version, seed, kind, text

    def add(self, other: Found) -> None:
        """Take in what others came to."""
        self.counts += other.counts
        self.kinds += other.kinds
        self.failures += other.failures


def some(job: Job) -> Found:
    """What some pairs of one version come to."""
    with quick(), shared_states() if job.shared else nullcontext():
        return asyncio.run(_some(job))


async def _some(job: Job) -> Found:
    found, kind_of = Found(), flavour(job.version)
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        asks = judge(kind_of, Path(name))
        for seed in range(job.first, job.first + job.count):
            one = pair(seed, kind_of, asks)
            findings, tally = await one_pair(one, kind_of, Path(name), job.kills, job.parts)
            found.counts += tally.counts
            found.counts["pairs"] += 1
            found.kinds[one.kind] += 1
            found.failures += [(job.version, seed, one.kind, str(finding)) for finding in findings]
    gc.collect()
    return found


async def one_pair(
    one: Pair, kind_of: Flavour, place: Path, kills: int, parts: tuple[Part, ...] = ()
) -> tuple[list[Finding], Tally]:
    """What is not as promised about one pair, and what was counted."""
    tally = Tally()
    killed = bool(kills) and one.seed % kills == 0 and not parts
    found: list[Finding] = []
    try:
        for part in parts or (part_of(one.seed),):
            found += await tried(
                kind_of,
                one.before,
                one.after,
                one.seed,
                tally,
                place,
                part=part,
                kills=killed,
                whole=not parts,
            )
    except Exception:
        found = [Finding("some leg", "exception", traceback.format_exc().splitlines())]
        tally.counts["exceptions"] += 1
    return found, tally
