"""Measure the command as users run it: whole processes, medians of several runs, ratios within one run."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks import clusters
from benchmarks.configurations import write_configuration, write_terraform
from benchmarks.measure import Figure, middle, once

INIT = ["terraform", "init", "-input=false"]
COMMAND = [sys.executable, "-m", "reconciler"]
LOOP = Path(__file__).with_name("loop.py")
FLOOR = [sys.executable, str(Path(__file__).with_name("floor.py"))]
READING = {  # figure -> what runs, on a configuration that is applied and in place
    "plan": ["plan", "--detailed-exitcode"],
    "drift": ["drift"],
    "plan --destroy": ["plan", "--destroy"],
}
Cluster = Callable[[Path], AbstractContextManager[dict[str, str]]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--on", choices=("sandbox", "consul"), default="sandbox")
    parser.add_argument("--sizes", default="1000,2000,10000", help="numbers of intentions, comma-separated")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    cluster: Cluster = clusters.sandbox if given.on == "sandbox" else clusters.consul
    print(f"{'figure':<32}{'wall s':>9}{'cpu s':>9}{'MB':>8}   on {given.on}, median of {given.runs}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for command in ("version", "--help"):
            show(command, middle([once([*COMMAND, command], folder) for _ in range(given.runs * 2)]))
        for size in map(int, given.sizes.split(",")):
            measure(cluster, size, given.runs)


def show(what: str, figure: Figure, note: str = "") -> None:
    print(f"{what:<32}{figure.wall:>9.2f}{figure.cpu:>9.2f}{figure.memory:>8.0f}   {note}", flush=True)


def measure(cluster: Cluster, size: int, runs: int) -> None:
    """One size: validate, create on an empty cluster, then what only reads; beside them the yardsticks."""
    created, loops, floors, validated = [], [], [], []
    reading: dict[str, list[Figure]] = {name: [] for name in READING}
    for _ in range(runs):
        with fresh() as folder, cluster(folder) as addresses:
            write_configuration(folder, size, addresses["dc1"])
            validated.append(once([*COMMAND, "validate"], folder))
            created.append(once([*COMMAND, "apply", "--auto-approve"], folder))
            floors.append(once(FLOOR, folder))
            for name, words in READING.items():
                reading[name].append(once([*COMMAND, *words], folder))
        with fresh() as folder, cluster(folder) as addresses:
            loops.append(once([sys.executable, str(LOOP), addresses["dc1"], str(size)], folder))
    create, loop, floor = middle(created), middle(loops), middle(floors)
    show(f"loop {size}", loop)
    show(f"create {size}", create, f"{create.wall / loop.wall:.2f} x the bare loop")
    show(f"floor {size}", floor)
    for name, figures in {"validate": validated, **reading}.items():
        figure = middle(figures)
        show(f"{name} {size}", figure, f"{figure.cpu / floor.cpu:.2f} x the floor (cpu)")
    terraform(cluster, size, create)


def terraform(cluster: Cluster, size: int, create: Figure) -> None:
    """The same with Terraform, where it and its provider are installed."""
    if shutil.which("terraform") is None:
        return
    with fresh() as folder, cluster(folder) as addresses:
        write_terraform(folder, size, addresses["dc1"])
        if subprocess.run(INIT, cwd=folder, capture_output=True, check=False).returncode != 0:
            print("terraform is here, its Consul provider is not: left out")
            return
        made = once(["terraform", "apply", "-auto-approve", "-input=false"], folder)
        planned = once(["terraform", "plan", "-input=false"], folder)
    show(f"terraform create {size}", made, f"{made.wall / create.wall:.1f} x reconciler")
    show(f"terraform plan {size}", planned)


class fresh:
    """A new folder, gone afterwards."""

    def __enter__(self) -> Path:
        self._folder = tempfile.TemporaryDirectory()
        return Path(self._folder.name)

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


if __name__ == "__main__":
    main()
