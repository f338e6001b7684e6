"""What `output` costs: `python -m benchmarks.outputs [--clusters 30] [--services 40] [--shapes hub,mesh]`.

Many clusters, each of which exports all its services: the first to all and all to the first (`hub`), or each
to each (`mesh`). Each service has one instance with a sidecar, behind the mesh gateway of its cluster.
With `--against FOLDER`, another checkout of this repository, the two run in turn, and the ratio is shown.
"""

from __future__ import annotations

import argparse
import json
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from benchmarks.__main__ import fresh
from benchmarks.against import HERE, compared, run
from benchmarks.clusters import sandbox

GATEWAY = {"Address": "127.0.0.1", "Port": 8443}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.outputs", description=__doc__)
    parser.add_argument("--clusters", type=int, default=30)
    parser.add_argument("--services", type=int, default=40)
    parser.add_argument("--shapes", default="hub,mesh")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--against", type=Path, help="another checkout, the yardstick")
    given = parser.parse_args()
    against = given.against.resolve() if given.against else None
    names = [f"c{number:02}" for number in range(given.clusters)]
    print(f"{'figure':<32}{'wall s':>9}{'cpu s':>9}{'MB':>8}   sandbox, median of {given.runs}")
    for shape in given.shapes.split(","):
        with fresh() as folder, sandbox(folder, ",".join(names)) as addresses:
            for name in names:
                register(addresses[name], name, given.services)
            (folder / "main.yaml").write_text(configuration(shape, addresses, given.services))
            run(against or HERE, ["apply", "--auto-approve"], folder)
            what = f"output {shape} {given.clusters}x{given.services}"
            compared(what, ["output", "--json"], folder, given.runs, against)


def register(address: str, cluster: str, services: int) -> None:
    """The instances of one cluster, and its mesh gateway."""
    gateway = {"Kind": "mesh-gateway", "Name": "mesh-gateway", **GATEWAY, "TaggedAddresses": {"wan": GATEWAY}}
    sidecar = {"Port": 80, "Connect": {"SidecarService": {}}}
    for body in (gateway, *({"Name": f"{cluster}-{number:03}", **sidecar} for number in range(services))):
        request = urllib.request.Request(
            f"{address}/v1/agent/service/register", json.dumps(body).encode(), method="PUT"
        )
        urllib.request.urlopen(request).close()


def configuration(shape: str, addresses: Mapping[str, str], services: int) -> str:
    """Peerings and exports, as a user would write them."""
    hub, *spokes = addresses
    clusters = ", ".join(f'{name}: {{address: "{address}"}}' for name, address in addresses.items())
    every = ", ".join(addresses)
    lines = [f"clusters: {{{clusters}}}", f"groups: {{all: [{every}], spokes: [{', '.join(spokes)}]}}"]
    lines += [
        f"peerings: [{'{mesh: all}' if shape == 'mesh' else f'{{hub: {hub}, spokes: spokes}}'}]",
        "exports:",
    ]
    for name in addresses:
        others = [other for other in addresses if other != name] if shape == "mesh" or name == hub else [hub]
        lines += [f"  {name}:"]
        lines += [f"    {name}-{number:03}: [{', '.join(others)}]" for number in range(services)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
