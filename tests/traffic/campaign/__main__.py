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
from tests.traffic.campaign.lines import written
from tests.traffic.campaign.replaying import read, replayed
from tests.traffic.campaign.running import Done, campaign


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
    counts: Counter[str] = Counter()
    began, failed = time.monotonic(), 0
    for number, done in enumerate(_chosen(version, given), 1):
        counts += done.counts
        failed += len(done.differing)
        _keep(given.record, [written(line) for line in done.lines])
        _keep(given.differing, [written({**line, "found": found}) for line, found in done.differing])
        for line, found in done.differing:
            request = {key: line["request"][key] for key in ("from", "upstream", "method", "path", "headers")}
            print(
                f"{version} {line['id']}: {request}: {line['observed']} {line.get('status')} "
                f"{line.get('answered_by') or line.get('denied_at') or ''}; access: {found}",
                flush=True,
            )
        print(
            f"{version}: {number} worlds, {dict(counts)}, {failed} differ, {time.monotonic() - began:.0f} s",
            file=sys.stderr,
            flush=True,
        )
    return failed


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
