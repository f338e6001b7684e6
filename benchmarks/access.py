"""What access costs a plan: `python -m benchmarks.access [--clusters 10,30,100] [--services 1000]`.

Clusters in a ring, each peered with the nearest ones (`--peers`); each exports its services to all of its
peers, with two sources of intentions for each service. The figures are processor seconds that a plan with
a change of one source takes longer than without a look at access: the world, and the analyses, changes and
what is shown of them. Then what all destinations of one caller cost: the answers alone, and the whole command
(`access --snapshot FILE --from CALLER`), a process that reads the file.
With `--against FOLDER`, another checkout, plans of 1 000 changed entries run in both in turn: of entries that
no access depends on, then of intentions.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.__main__ import fresh
from benchmarks.against import compared, run
from benchmarks.clusters import sandbox
from benchmarks.configurations import write_shared
from reconciler.app.planning.access.effects import diff_of
from reconciler.sdk.access.protocol import World
from reconciler.sdk.access.question import ANY_REQUEST, Service
from reconciler.sdk.address import Address
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.provider import Body, ClusterConfig, ClusterInfo, Settings
from reconciler_consul.provider import ConsulProvider
from reconciler_consul.seen import DECIDING, Read
from reconciler_consul.seen import seen as read_as
from reconciler_consul.server.listing import Entries, ListKey
from reconciler_consul.server.values import Identity


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.access", description=__doc__)
    parser.add_argument("--clusters", default="10,30,100")
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--peers", type=int, default=10)
    parser.add_argument("--entries", type=int, default=1000, help="of the plan that is compared")
    parser.add_argument("--against", type=Path, help="another checkout, the yardstick")
    given = parser.parse_args()
    gc.disable()  # as commands that only look do
    head = f"{'clusters':>8}{'sources':>9}{'world s':>9}{'change s':>10}"
    print(f"{head}{'from one s':>12}{'command s':>11}{'paths':>7}")
    for size in map(int, given.clusters.split(",")):
        print(figures(size, given.services, given.peers))
    if given.against:
        of_plans(given.entries, given.against.resolve())


def figures(size: int, services: int, peers: int) -> str:
    """One line: the cost of a change of one source among all these, and of one caller."""
    objects = dict(configuration(size, services, peers))
    provider = ConsulProvider({name: config(name) for name in names(size)}, Settings())
    where = Address("service_intentions", "c000", "svc-0000")
    after: Body = {**objects[where], "Sources": [*objects[where]["Sources"], _source("late", "c001")]}
    began = time.process_time()
    world = seen(objects, {where: after})
    made = time.process_time() - began
    began = time.process_time()
    before = provider.analysis(world)
    changes = before.changes(provider.analysis(provider.changed(world, {where: after})), [where])
    diff = diff_of(changes, [where], {})
    compared = time.process_time() - began
    world = provider.declared(objects)
    whole = provider.analysis(world)
    began = time.process_time()
    found = sum(1 for _ in whole.pairs([Service("c001", "svc-0001")], None, ANY_REQUEST))
    one = time.process_time() - began
    seconds = f"{made:>9.2f}{compared:>10.3f}{one:>12.3f}{of_a_command(world):>11.2f}"
    shown = f"{size:>8}{size * services * 2:>9}{seconds}{len(diff.paths):>7}"
    return f"{shown}   ({found} answers)"


def of_a_command(world: World) -> float:
    """Return the processor seconds of the command that reads this world from a file."""
    with fresh() as folder:
        path = folder / "world.json"
        path.write_text(json.dumps(world, indent=1))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "reconciler", "access", "--snapshot", str(path), "--from"]
        subprocess.run([*command, "svc-0001@c001"], cwd=folder, stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def seen(objects: Mapping[Address, Body], written: Mapping[Address, Body | None]) -> World:
    """The world of a plan that writes these objects, from lists that were read."""
    apis = {name: _Read(name) for name in {address.cluster for address in objects}}
    lists: dict[ListKey, Entries | ProviderError] = {
        ListKey(name, kind, None, None): Entries({}, False, False) for name in apis for kind in DECIDING
    }
    return asyncio.run(read_as(apis, Read(lists, {name: {} for name in apis}), objects, written))


class _Read:
    """A cluster that has said all before."""

    def __init__(self, name: str) -> None:
        self.name, self.cluster = name, config(name)

    async def identity(self) -> Identity:
        return Identity(ClusterInfo(self.name, "http://127.0.0.1:1", "1.22.0", self.name), self.name, "", "")


def names(size: int) -> list[str]:
    return [f"c{number:03}" for number in range(size)]


def config(name: str) -> ClusterConfig:
    return ClusterConfig(name, "http://127.0.0.1:1")


def configuration(size: int, services: int, peers: int) -> Iterator[tuple[Address, dict[str, Any]]]:
    """The objects of all clusters, as they are declared."""
    every = names(size)
    near = min(peers // 2, (size - 1) // 2)
    for number, here in enumerate(every):
        linked = [every[(number + step) % size] for step in (*range(-near, 0), *range(1, near + 1))]
        for step in range(1, near + 1):
            there = every[(number + step) % size]
            body = {"Acceptor": here, "Dialer": there, "Names": {here: there, there: here}}
            yield Address("peering", here, there), body
        consumers = [{"Peer": peer} for peer in linked]
        listed = [{"Name": f"svc-{n:04}", "Consumers": consumers} for n in range(services)]
        yield Address("exported_services", here, "default"), {"Services": listed}
        for n in range(services):
            sources = [_source(f"svc-{(n + 1) % services:04}", linked[n % len(linked)]), _source("web", "")]
            yield Address("service_intentions", here, f"svc-{n:04}"), {"Sources": sources}


def _source(name: str, peer: str) -> dict[str, str]:
    return {"Name": name, "Action": "allow", **({"Peer": peer} if peer else {})}


def of_plans(size: int, against: Path) -> None:
    """Compare plans that change this many entries, with those of another checkout."""
    print(f"{'figure':<44}{'wall s':>9}{'cpu s':>9}{'MB':>8}   sandbox, median of 3")
    with fresh() as folder, sandbox(folder, "dc1,dc2") as addresses:
        for owner in ("shop", "store"):
            _write_defaults(folder, size, addresses, owner)
            if owner == "shop":
                run(against, ["apply", "--auto-approve"], folder)
        compared(f"plan of {size} entries, no access", ["plan", "--summary"], folder, 3, against)
    with fresh() as folder, sandbox(folder, "dc1,dc2") as addresses:
        write_shared(folder, size, addresses)
        run(against, ["apply", "--auto-approve"], folder)
        write_shared(folder, size, addresses, "deny")
        compared(f"plan of {size} intentions", ["plan", "--summary"], folder, 3, against)


def _write_defaults(folder: Path, size: int, addresses: Mapping[str, str], owner: str) -> None:
    """Write service defaults whose Meta names an owner."""
    clusters = ", ".join(f'{name}: {{address: "{address}"}}' for name, address in addresses.items())
    lines = [f"clusters: {{{clusters}}}", "peerings: [{between: [dc1, dc2]}]", "service_defaults:", "  dc1:"]
    lines += [f"    svc-{n:05}: {{protocol: tcp, meta: {{owner: {owner}}}}}" for n in range(size)]
    (folder / "main.yaml").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
