"""Many pairs: `python -m tests.transitions --pairs 1000 --seed 1 [--versions 1.20,1.14,1.20+ent]`.

Each pair is created, changed, undone, changed in part and in full, and destroyed. A failure names its seed
and shows a smaller pair that fails in the same way. `--write` puts the numbers into docs/transitions.md.
Ctrl-C ends it with the pairs that are done.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from multiprocessing import Pool
from pathlib import Path

import yaml

from tests.transitions import report
from tests.transitions.configurations.flavours import Config, Flavour, flavour
from tests.transitions.configurations.pairs import Pair, judge, pair
from tests.transitions.configurations.quick import quick
from tests.transitions.configurations.shrinking import shrunk
from tests.transitions.judging import Judge
from tests.transitions.many import MEMORY, Found, Job, one_pair, some
from tests.transitions.parts import Part
from tests.transitions.trial import Finding

EACH = 20  # pairs that a process takes at once


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.transitions", description=__doc__)
    parser.add_argument("--pairs", type=int, default=100, help="pairs in all, spread over the versions")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--versions", default="1.20,1.14,1.20+ent", help="of the sandbox, comma-separated")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--kills", type=int, default=50, help="each so many pairs is killed at every write")
    parser.add_argument("--shared", action="store_true", help="the state is on a server, in memory")
    parser.add_argument("--parts", default="", help="only done in part, in these ways: only-safe,no-delete")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--show", type=int, default=5, help="so many failures are shown in full")
    parser.add_argument("--write", action="store_true", help="write docs/transitions.md")
    given = parser.parse_args()
    found = Found()
    began = time.perf_counter()
    parts = tuple(map(Part, filter(None, given.parts.split(","))))
    jobs = sorted(
        (
            Job(version, first, min(EACH, given.seed + share - first), given.kills, given.shared, parts)
            for version, share in zip(given.versions.split(","), _shares(given), strict=True)
            for first in range(given.seed, given.seed + share, EACH)
        ),
        key=lambda job: job.first,
    )
    with contextlib.suppress(KeyboardInterrupt):
        for one in _done(jobs, given.workers):
            found.add(one)
            for failure in one.failures:
                print(f"\r{_line(failure)}", file=sys.stderr)
            so_far = f"\r{found.counts['pairs']} pairs, {len(found.failures)} fail"
            print(so_far, end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for failure in found.failures:
        print(_line(failure))
    for version, seed, kind, text in found.failures[: given.show]:
        print(f"\n=== --versions {version} --pairs 1 --seed {seed} ({kind})\n{text}")
        if not given.no_shrink:
            with quick():
                print(asyncio.run(_smaller(flavour(version), seed, given.kills, parts)))
    elapsed = time.perf_counter() - began
    print(report.text(found.counts, found.kinds, len(found.failures), elapsed))
    if given.write:
        report.write(found.counts, found.kinds, len(found.failures), given)
    sys.exit(bool(found.failures))


def _line(failure: tuple[str, int, str, str]) -> str:
    """A failure in one line: how to run its pair again, and the beginning of what happened."""
    version, seed, kind, text = failure
    return f"--versions {version} --pairs 1 --seed {seed}: {kind}: {' '.join(text.split()[:40])}"


def _shares(given: argparse.Namespace) -> list[int]:
    count = len(given.versions.split(","))
    return [given.pairs // count + (number < given.pairs % count) for number in range(count)]


def _done(jobs: list[Job], workers: int):  # type: ignore[no-untyped-def]
    if workers == 1:
        yield from map(some, jobs)
        return
    # `ProcessPoolExecutor` stops for good once its workers have reached their limit (CPython gh-115634).
    with Pool(workers, maxtasksperchild=10) as pool:
        yield from pool.imap(some, jobs)


async def _smaller(kind_of: Flavour, seed: int, kills: int, parts: tuple[Part, ...]) -> str:
    """The pair of a seed made smaller, as YAML."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        asks = judge(kind_of, Path(name))
        one = pair(seed, kind_of, asks)
        first = (await one_pair(one, kind_of, Path(name), kills, parts))[0]
        if not first:
            return "did not fail again"
        wanted = _alike(first[0])
        last = first[0]

        async def still(before: Config, after: Config) -> bool:
            nonlocal last
            smaller = _valid(asks, one, before, after)
            found = (await one_pair(smaller, kind_of, Path(name), kills, parts))[0] if smaller else []
            if found and _alike(found[0]) == wanted:
                last = found[0]
                return True
            return False

        before, after = await shrunk(one.before.config, one.after.config, still)
        return f"{_yaml('from', before)}{_yaml('to', after)}{last}"


def _alike(finding: Finding) -> tuple[str, str, str]:
    """What a smaller pair must have in common with the first: where, what, and how it is told."""
    return finding.leg, finding.kind, finding.details[0].partition(":")[0] if finding.details else ""


def _valid(asks: Judge, one: Pair, before: Config, after: Config) -> Pair | None:
    first, second = asks.valid(before), asks.valid(after)
    return Pair(one.seed, one.kind, first, second) if first and second else None


def _yaml(word: str, config: Config) -> str:
    body = {key: value for key, value in config.items() if key != "clusters" and value}
    return yaml.safe_dump({word: body}, default_flow_style=None, sort_keys=False, width=110)


if __name__ == "__main__":
    main()
