"""What the transports cost: `python -m benchmarks.transports [--requests 0,100,1000,10000] [--runs 5]`.

One process a figure: it loads the HTTP client and makes so many reads of one small list, ten at a time:
through httpx's own transport alone, through aiohttp alone, and as the client chooses. They run in turn.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median

from benchmarks import clusters
from benchmarks.__main__ import fresh
from benchmarks.measure import Figure, once

READS = Path(__file__).with_name("reads.py")
STACKS = ("httpx", "aiohttp", "chosen")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.transports", description=__doc__)
    parser.add_argument("--on", choices=("sandbox", "consul"), default="sandbox")
    parser.add_argument(
        "--requests", default="0,30,100,300,1000,10000", help="numbers of requests, comma-separated"
    )
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    cluster = clusters.sandbox if given.on == "sandbox" else clusters.consul
    print(f"{'requests':>10}" + "".join(f"{stack:>12}" for stack in STACKS) + "   processor s, least of runs")
    with fresh() as folder, cluster(folder) as addresses:
        for number in given.requests.split(","):
            rounds = [
                [run(stack, number, addresses["dc1"], folder) for stack in STACKS] for _ in range(given.runs)
            ]
            figures = [min(one.cpu for one in column) for column in zip(*rounds, strict=True)]
            ratio = median(first.cpu / second.cpu for first, second, _ in rounds)
            print(
                f"{number:>10}"
                + "".join(f"{cpu:>12.3f}" for cpu in figures)
                + f"   httpx {ratio:.2f} x aiohttp"
            )


def run(stack: str, number: str, address: str, folder: Path) -> Figure:
    return once([sys.executable, str(READS), stack, number, address], folder)


if __name__ == "__main__":
    main()
