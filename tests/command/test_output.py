"""`reconciler output` as a process: pages for people, JSON for machines, exit codes."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from tests.support.command.lab import CommandLab
from tests.support.command.servers import Sandbox
from tests.support.patience import LIMIT


def register(url: str, body: dict[str, Any]) -> None:
    """Register at an agent."""
    data = json.dumps(body).encode()
    urllib.request.urlopen(
        urllib.request.Request(f"{url}/v1/agent/service/register", data, method="PUT"), timeout=LIMIT
    ).close()


def in_mesh(url: str) -> None:
    """A cluster with `api` in the mesh and a mesh gateway."""
    register(url, {"Name": "api", "Port": 80, "Connect": {"SidecarService": {}}})
    here = {"Address": "127.0.0.1", "Port": 8443}
    register(url, {"Kind": "mesh-gateway", "Name": "mesh-gateway", "TaggedAddresses": {"wan": here}, **here})


def test_after_an_apply_it_lists_the_names_to_dial_and_the_apply_says_so(lab: CommandLab) -> None:
    in_mesh(lab.urls["dc1"])
    lab.apply().expect(0, "1 service exported to peers.", "names to dial: reconciler output")

    said = lab.run("output").expect(
        0, "dc1 imports nothing", "dc2 imports 1 service", "api   from dc1   http", "api (failover)"
    )

    assert "api.virtual.dc1.consul        240." in said.out
    assert said.err == ""


def test_json_has_a_format_version_and_stable_keys(lab: CommandLab) -> None:
    in_mesh(lab.urls["dc1"])
    lab.arrange()

    value = lab.run("output", "dc2", "--json").expect(0).value()

    assert value["format_version"] == "1.0"
    assert value["live"] is True
    assert set(value["clusters"]) == {"dc2"}
    cluster = value["clusters"]["dc2"]
    assert set(cluster) == {"version", "dns_domain", "problem", "hint", "notes", "imports"}
    assert (cluster["dns_domain"], cluster["problem"]) == ("consul", "")
    (api,) = cluster["imports"]
    assert api.pop("virtual_address").startswith("240.")
    assert api == {
        "service": "api",
        "namespace": None,
        "from": "dc1",
        "peer": "dc1",
        "status": "imported",
        "why": "",
        "declared": True,
        "protocol": "http",
        "has_virtual_address": True,
        "names": [
            {"kind": "virtual", "name": "api.virtual.dc1.consul", "answers": "virtual address"},
            {"kind": "virtual-explicit", "name": "api.virtual.dc1.peer.consul", "answers": "virtual address"},
            {
                "kind": "service",
                "name": "api.service.dc1.peer.consul",
                "answers": "addresses of its instances",
            },
        ],
        "upstream": {"destination_name": "api", "destination_peer": "dc1"},
        "local_names": [{"name": "api", "way": "failover", "detail": ""}],
        "local_gateway": {"needed": False, "why": "", "except_for": []},
    }


def test_what_is_not_imported_comes_with_the_reason(lab: CommandLab) -> None:
    lab.arrange()

    lab.run("output", "dc2").expect(0, "NOT IMPORTED  no instance of it is registered in dc1")


def test_offline_needs_no_cluster_and_no_token(bare: CommandLab) -> None:
    bare.declare(dc1="http://127.0.0.1:1", dc2="http://127.0.0.1:2", dc3="http://127.0.0.1:3")
    bare.write("credentials: {dc1: {token_env: NOT_SET}}", "reconciler.yaml")

    said = bare.run("output", "--offline").expect(0, "dc2 is to import 1 service", "api.virtual.dc1.<domain>")
    value = bare.run("output", "--offline", "--json").expect(0).value()

    assert "Read " not in said.out
    assert value["live"] is False
    (api,) = value["clusters"]["dc2"]["imports"]
    assert (api["status"], api["has_virtual_address"]) == ("unknown", None)


def test_output_lists_the_rest_when_a_cluster_does_not_answer(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    lab.declare(dc3="http://127.0.0.1:1")

    lab.run("output").expect(1, "dc3  Not known: ", "dc2 imports nothing")
    value = lab.run("output", "--json").expect(1).value()

    assert value["clusters"]["dc3"]["problem"]
    assert [one["status"] for one in value["clusters"]["dc3"]["imports"]] == ["unknown"]


def test_an_unknown_cluster_is_a_usage_error(lab: CommandLab) -> None:
    lab.run("output", "dc9").expect(1, "there is no cluster dc9", "did you mean")


def test_a_configuration_with_errors_is_reported_as_everywhere(bare: CommandLab) -> None:
    bare.declare("exports: {dc1: {api: [dc7]}}", dc1="http://127.0.0.1:1")

    bare.run("output").expect(1, 'unknown cluster "dc7"')
    assert bare.run("output", "--json").expect(1).value()["errored"] is True
