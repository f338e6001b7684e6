"""Every example runs in the sandbox; once what it exports runs, the doctor finds nothing wrong with it."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.docs.test_examples import EXAMPLES, OPTIONS, Walk, sandboxed
from tests.support.agents import MANAGEMENT

pytestmark = pytest.mark.long

HERE = {"Address": "127.0.0.1", "Port": 8443}
GATEWAY = {
    "Kind": "mesh-gateway",
    "Name": "mesh-gateway",
    "ID": "gateway",
    **HERE,
    "TaggedAddresses": {"lan": HERE, "wan": HERE},
}


def register(body: dict[str, Any], address: str, partition: str) -> None:
    """Register an instance on a node of its own, in a partition where one is named."""
    scope = {"Partition": partition} if partition else {}
    node = {"Node": f"node-{partition or 'default'}", "Address": "127.0.0.1", **scope}
    service = {"Service": body.get("Name"), **body, **scope}
    headers = {"X-Consul-Token": MANAGEMENT}
    text = json.dumps({**node, "Service": service}).encode()
    request = urllib.request.Request(f"{address}/v1/catalog/register", text, headers, method="PUT")
    with urllib.request.urlopen(request) as reply:
        assert reply.status == 200


def exported(cluster: dict[str, Any]) -> Iterator[str]:
    """Yield the names that a cluster exports."""
    for entry in cluster["config_entries"]:
        if entry["Kind"] == "exported-services":
            yield from (item["Name"] for item in entry["Services"])


def places(example: Path, addresses: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the address and the partition of each cluster of an example."""
    found = re.findall(CLUSTER, (example / "main.yaml").read_text())
    return {name: (addresses[variable], partition) for name, variable, partition in found}


CLUSTER = r'(\w+): \{address: "\$\{var\.(\w+)\}"(?:, partition: (\w+))?'


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_runs_and_nothing_is_wrong_with_it(example: Path, tmp_path: Path) -> None:
    options = OPTIONS.get(example.name.partition("-")[2], ())
    with sandboxed(tmp_path / "sandbox", *options) as addresses:
        walk = Walk(example, tmp_path / "run", addresses)
        tokens = addresses if "--acl" in options else ()
        walk.environ.update({f"RECONCILER_TOKEN_{name.upper()}": MANAGEMENT for name in tokens})
        walk.environ["CONSUL_HTTP_ADDR"] = addresses["dc3"]  # where the fifth has its state

        def examined() -> None:
            walk.run("snapshot", "--out", "world.json")
            world = json.loads((walk.folder / "world.json").read_text())
            for name, place in places(example, addresses).items():
                register(GATEWAY, *place)
                for service in exported(world["clusters"][name]):
                    proxy = {"DestinationServiceName": service, "DestinationServiceID": service}
                    beside = {"Kind": "connect-proxy", "Name": f"{service}-proxy", "Port": 81, "Proxy": proxy}
                    register({"Name": service, "ID": service, "Port": 80}, *place)
                    register(beside, *place)
            found = walk.run("doctor")
            assert found.startswith("Nothing wrong was found"), found

        walk.whole(examined)
