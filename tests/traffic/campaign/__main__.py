"""Random worlds on real servers and proxies: `python -m tests.traffic.campaign --versions 1.20,1.22`.

Every request that is observed is asked of `access`. A difference is shown; `--record FILE` keeps all lines,
in the format of tests/recorded/data. CONSUL_BIN_DIR has the servers (consul-1.20, …).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.traffic.campaign.choosing import write_chosen
from tests.traffic.campaign.lines import Line, written
from tests.traffic.campaign.replaying import confirmed, read, replayed
from tests.traffic.campaign.running import Differing, Done, campaign


def main() -> int:
    """Run it; 1 where anything differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.traffic.campaign", description=__doc__)
    parser.add_argument("--worlds", type=int, default=40, help="for each version")
    parser.add_argument("--seed", type=int, default=1, help="that of the first world")
    parser.add_argument("--versions", default="1.20", help="comma-separated")
    parser.add_argument("--requests", type=int, default=40, help="for each world")
    parser.add_argument("--replay", type=Path, help="play the lines of this file again, and draw nothing")
    parser.add_argument("--only", default="", help="with --replay: lines whose ID begins so")
    parser.add_argument("--record", type=Path, help="append all lines to this file")
    parser.add_argument("--choose", type=Path, help="write a line of each shape in --record here, and end")
    parser.add_argument("--most", type=int, default=250, help="with --choose: lines")
    parser.add_argument("--differing", type=Path, help="append the lines that differ to this file")
    given = parser.parse_args()
    if given.choose:
        write_chosen(given.record, given.choose, given.most)
        return 0
    failed = 0
    for version in given.versions.split(","):
        failed += _one(version, given)
    return 1 if failed else 0


def _one(version: str, given: argparse.Namespace) -> int:
    """Return how many lines differ, on a stage of their own, too."""
    counts: Counter[str] = Counter()
    began = time.monotonic()
    suspected: list[Differing] = []
    for number, done in enumerate(_chosen(version, given), 1):
        counts += done.counts
        suspected += done.differing
        sure = [line for line in done.lines if all(line is not other for other, _ in done.differing)]
        _keep(given.record, [written(line) for line in sure])
        said = f"{len(suspected)} may differ, {time.monotonic() - began:.0f} s"
        print(f"{version}: {number} worlds, {dict(counts)}, {said}", file=sys.stderr, flush=True)
    found = suspected if given.replay else list(confirmed(version, suspected))
    _keep(given.differing, [written({**line, "found": words}) for line, words in found])
    for line, words in found:
        _show(version, line, words)
    print(f"{version}: {sum(counts.values())} requests and refusals, {len(found)} differ", flush=True)
    return len(found)


def _show(version: str, line: Line, words: list[str]) -> None:
    who = line.get("answered_by") or line.get("denied_at") or ""
    seen = f"{line['observed']} {line.get('status', '')} {who}".strip()
    print(f"{version} {line['id']}: {line['request']}: {seen}; access: {words}", flush=True)


def _chosen(version: str, given: argparse.Namespace) -> Iterator[Done]:
    if given.replay:
        return replayed(version, read(given.replay, given.only))
    return campaign(version, given.seed, given.worlds, given.requests)


def _keep(path: Path | None, lines: list[str]) -> None:
    if path is not None:
        with path.open("a") as file:
            file.writelines(lines)


if __name__ == "__main__":
    sys.exit(main())
