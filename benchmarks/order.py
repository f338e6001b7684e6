"""What finding the order costs: `python -m benchmarks.order [--sizes …] [--chains …] [--runs 5]`.

Plans of many intentions, with foresight and without it (`benchmarks.blind`), one run of each in turn; the
same together with a peering and exports, so that each decides about access; then the protocol of services
that all depend on each other by their splitters, in growing numbers.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median

from benchmarks.__main__ import COMMAND, fresh, show
from benchmarks.clusters import sandbox
from benchmarks.configurations import write_chain, write_configuration, write_shared
from benchmarks.measure import Figure, middle, once

BLIND = [sys.executable, str(Path(__file__).with_name("blind.py"))]
PLAN = ["plan", "--detailed-exitcode"]
APPLY = ["apply", "--auto-approve"]
PLANNED = (0, 2)
NOISE = 0.1  # seconds of processor between two runs of the same


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.order", description=__doc__)
    parser.add_argument("--sizes", default="10000", help="numbers of intentions, comma-separated")
    parser.add_argument("--shared", default="2000", help="numbers of intentions beside exports")
    parser.add_argument("--chains", default="200,400,800", help="numbers of services in one chain")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    print(f"{'figure':<32}{'wall s':>9}{'cpu s':>9}{'MB':>8}   sandbox, median of {given.runs}")
    for size in map(int, filter(None, given.sizes.split(","))):
        intentions(size, given.runs)
    for size in map(int, filter(None, given.shared.split(","))):
        shared(size, given.runs)
    smaller: tuple[int, float] | None = None
    for size in map(int, filter(None, given.chains.split(","))):
        smaller = chains(size, given.runs, smaller)


def intentions(size: int, runs: int) -> None:
    """The plan that makes them, the empty plan, and the plan that changes every one."""
    with fresh() as folder, sandbox(folder) as addresses:
        address = addresses["dc1"]
        write_configuration(folder, size, address)
        compared(f"plan, create {size}", folder, runs)
        once([*COMMAND, *APPLY], folder)
        compared(f"plan, empty {size}", folder, runs)
        write_configuration(folder, size, address, action="deny")
        compared(f"plan, update {size}", folder, runs)


def shared(size: int, runs: int) -> None:
    """The plan that makes a peering, exports and intentions, and the plan that changes most of them."""
    with fresh() as folder, sandbox(folder, "dc1,dc2") as addresses:
        write_shared(folder, size, addresses)
        compared(f"plan, create {size} and exports", folder, runs)
        once([*COMMAND, *APPLY], folder)
        write_shared(folder, size, addresses, action="deny")
        compared(f"plan, update {size} and exports", folder, runs)


def compared(what: str, folder: Path, runs: int) -> None:
    """One figure beside the same without foresight."""
    pairs = in_turn(folder, runs)
    ratio = median(ours.cpu / blind.cpu for ours, blind in pairs)
    show(what, middle([ours for ours, _ in pairs]), f"{ratio:.3f} x without foresight (cpu)")


def chains(size: int, runs: int, smaller: tuple[int, float] | None) -> tuple[int, float]:
    """The protocol of all services of one chain: what it costs more than the same plan without foresight."""
    with fresh() as folder, sandbox(folder) as addresses:
        write_chain(folder, size, addresses["dc1"], "http")
        once([*COMMAND, *APPLY], folder)
        write_chain(folder, size, addresses["dc1"], "grpc")
        pairs = in_turn(folder, runs)
    search = median(ours.cpu - blind.cpu for ours, blind in pairs)
    note = f"search {search:.2f} s"
    if smaller is not None and smaller[1] > NOISE:
        note += f", {search / smaller[1]:.1f} x that of {smaller[0]}"
    show(f"plan, protocol of {size}", middle([ours for ours, _ in pairs]), note)
    return size, search


def in_turn(folder: Path, runs: int) -> list[tuple[Figure, Figure]]:
    """The plan with foresight and without: in turn, so that a busy machine is busy for both."""
    return [(planned(COMMAND, folder), planned(BLIND, folder)) for _ in range(runs)]


def planned(command: list[str], folder: Path) -> Figure:
    return once([*command, *PLAN], folder, PLANNED)


if __name__ == "__main__":
    main()
