"""Snapshots of real servers: what they say of themselves, of health, of links, and to which token."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from reconciler import app
from reconciler.app import PairSelection, WorldChoice
from reconciler.sdk.access.answer import Decision
from reconciler_consul.server.capabilities import parse
from tests.live.conftest import chosen_versions
from tests.support.access.alike import live_and_taken
from tests.support.access.running import GATEWAY, REGISTER, applied, register
from tests.support.agents import MANAGEMENT, Agent, binaries
from tests.support.command.lab import CommandLab
from tests.support.patience import wait_for

pytestmark = [pytest.mark.live, pytest.mark.row("access")]

FOUND = binaries()
ASKED = [v for v in os.environ.get("CONSUL_VERSIONS", "").split(",") if v in FOUND] or chosen_versions()
DECLARED = """
peerings: [{between: [dc1, dc2], names: {dc1: us, dc2: eu}}]
exports: {dc1: {api: [dc2], db: [dc2]}}
service_defaults: {dc1: {api: {protocol: http}}}
intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}
"""


class Configured(Agent):
    """An agent with a default intention of its own (Consul ≥1.18)."""

    policy = ""

    def _config(self) -> dict[str, object]:
        return super()._config() | ({"default_intention_policy": self.policy} if self.policy else {})


@dataclass(slots=True)
class Pair:
    """dc1 with ACLs has `api`, whose sidecar passes, and `db`, whose sidecar is critical; dc2 has `web`."""

    version: str
    dc1: Agent
    dc2: Configured
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def options(self) -> app.Options:
        return app.Options(root=self.folder, environ=self.environ)

    def snapshot(self) -> dict[str, Any]:
        path = self.folder / "estate.json"
        asyncio.run(app.take_snapshot(self.options(), path))
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def command(self) -> CommandLab:
        """The command in this folder."""
        return CommandLab(self.folder, {}, self.environ)

    def hold(self, token: str) -> None:
        self.environ["RECONCILER_TOKEN_DC1"] = token

    def token(self, rules: str) -> str:
        """A token of dc1 that holds these rules."""
        policy = {"Name": f"p{uuid4()}", "Rules": rules}
        self.dc1.call("PUT", "/v1/acl/policy", policy)
        made: Any = self.dc1.call("PUT", "/v1/acl/token", {"Policies": [{"Name": policy["Name"]}]})
        return str(made["SecretID"])


@pytest.fixture(scope="module", params=ASKED or ["none"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    version = request.param
    if version not in FOUND:
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    folder = tmp_path_factory.mktemp(f"snapshots-{version}")
    one = Agent("n1", "dc1", FOUND[version], folder, acl=True)
    other = Configured("n2", "dc2", FOUND[version], folder)
    numbers = parse(version)
    other.policy = "deny" if numbers is not None and numbers >= (1, 18, 0) else ""
    made = Pair(version, one, other, folder)
    try:
        for agent in (one, other):
            agent.start()
        for agent in (one, other):
            agent.wait()
        register(one, "api")
        register(one, "db", critical=True)
        register(other, "web")
        one.call("PUT", REGISTER, GATEWAY)
        clusters = "".join(f'  {a.datacenter}: {{address: "{a.address}"}}\n' for a in (one, other))
        (folder / "main.yaml").write_text("clusters:\n" + clusters + DECLARED)
        made.hold(MANAGEMENT)
        wait_for(lambda: applied(made.options()))
        wait_for(lambda: made.snapshot()["peerings"][0].get("imported_at_dialer") == ["api", "db"])
        wait_for(lambda: _has_proxies(made.snapshot()))  # agents tell their catalog later
        yield made
    finally:
        one.stop()
        other.stop()


def _has_proxies(snapshot: dict[str, Any]) -> bool:
    return not any("sidecar" in one for one in snapshot["clusters"]["dc1"]["services"])


@pytest.fixture(autouse=True)
def managing(pair: Pair) -> None:
    pair.hold(MANAGEMENT)


def test_a_cluster_is_as_its_agent_and_its_catalog_say(pair: Pair) -> None:
    clusters = pair.snapshot()["clusters"]
    dc1, dc2 = clusters["dc1"], clusters["dc2"]
    assert "unknown" not in dc1
    assert "unknown" not in dc2
    assert dc1["version"].startswith(pair.version)
    assert dc1["default_intention"] == "deny"  # that of its ACLs
    assert dc2["default_intention"] == (pair.dc2.policy or "allow")
    assert (dc1["gateway"], dc2["gateway"]) == (True, False)
    assert dc1["services"] == [
        {"name": "api", "instances": 1, "protocol": "http"},
        {"name": "db", "instances": 1, "healthy": False, "protocol": "tcp"},
    ]
    assert [one["name"] for one in dc2["services"]] == ["web"]


def test_entries_are_as_they_were_sent(pair: Pair) -> None:
    entries = pair.snapshot()["clusters"]["dc1"]["config_entries"]
    intentions = next(one for one in entries if one["Kind"] == "service-intentions")
    assert intentions == {
        "Kind": "service-intentions",
        "Name": "api",
        "Sources": [{"Name": "web", "Peer": "us", "Action": "allow"}],
    }
    for entry in entries:
        assert pair.dc1.call("PUT", "/v1/config", entry) is True


def test_a_peering_has_both_names_and_states(pair: Pair) -> None:
    (link,) = pair.snapshot()["peerings"]
    assert {key: link[key] for key in ("acceptor", "dialer", "name_at_acceptor", "name_at_dialer")} == {
        "acceptor": "dc1",
        "dialer": "dc2",
        "name_at_acceptor": "us",
        "name_at_dialer": "eu",
    }
    assert (link["state_at_acceptor"], link["state_at_dialer"]) == ("ACTIVE", "ACTIVE")
    assert link["exported_at_acceptor"] == ["api", "db"]


def test_no_token_is_in_the_file(pair: Pair) -> None:
    assert MANAGEMENT not in json.dumps(pair.snapshot())


def test_a_token_that_may_read_nothing_makes_unknown_what_is_there(pair: Pair) -> None:
    pair.hold(pair.token(""))
    dc1 = pair.snapshot()["clusters"]["dc1"]
    assert {"services", "peerings", "service-intentions", "service-defaults"} <= dc1["unknown"].keys()
    assert dc1["gateway"] is None
    numbers = parse(pair.version)
    older = numbers is not None and numbers < (1, 18, 0)
    # 1.14 does not say its version to a token that may not read the agent.
    assert dc1["default_intention"] == ("deny" if older and dc1["version"] else None)


def test_a_token_that_may_read_a_part_shows_that_part_and_the_rest_is_unknown(pair: Pair) -> None:
    pair.hold(pair.token('service "api" { policy = "read" } node_prefix "" { policy = "read" }'))
    dc1 = pair.snapshot()["clusters"]["dc1"]
    assert "services" in dc1["unknown"]
    shown = {one["Kind"]: one.get("Name") for one in dc1["config_entries"]}
    assert shown["service-intentions"] == "api"


def test_what_is_asked_of_the_clusters_and_of_the_file_is_answered_alike(pair: Pair) -> None:
    pair.snapshot()
    expected = {"api@dc1": Decision.ALLOWED, "db@dc1": Decision.UNREACHABLE}
    for choice in (WorldChoice(live=True), WorldChoice(snapshot=pair.folder / "estate.json")):
        selection = PairSelection(("web@dc2",), ("*@dc1",))
        result = asyncio.run(app.ask(pair.options(), choice, selection))
        assert {str(one.question.to): one.decision for one in result.answers} == expected


READERS = {
    "all": 'agent_prefix "" { policy = "read" } mesh = "read" peering = "read"',
    "no peerings": 'agent_prefix "" { policy = "read" } mesh = "read"',
    "no agent": 'mesh = "read" peering = "read"',
}
EVERYTHING = 'node_prefix "" { policy = "read" } service_prefix "" { policy = "read" intentions = "read" }'


def test_what_the_agent_is_set_to_is_unknown_by_name_to_a_token_that_may_not_read_it(pair: Pair) -> None:
    pair.hold(pair.token(f"{EVERYTHING} {READERS['no agent']}"))
    dc1 = pair.snapshot()["clusters"]["dc1"]
    assert "default intention" in dc1["unknown"]["agent"]
    assert "ports" not in dc1
    found = asyncio.run(app.diagnose(pair.options(), WorldChoice(), ()))
    assert found.unknown["dc1"].startswith("agent: dc1 does not show its token")


@pytest.mark.parametrize("rules", READERS.values(), ids=READERS)
def test_every_command_says_of_the_file_what_it_says_of_the_clusters(pair: Pair, rules: str) -> None:
    pair.hold(pair.token(f"{EVERYTHING} {rules}"))
    for words, (live, taken) in live_and_taken(pair.command()).items():
        assert taken == live, words


def test_a_peering_that_was_removed_at_one_end_is_so_in_both(pair: Pair) -> None:
    pair.dc2.call("DELETE", "/v1/peering/eu")
    ended = ("ABSENT", "TERMINATED")
    wait_for(lambda: pair.snapshot()["peerings"][0]["state_at_acceptor"] == "TERMINATED")
    (link,) = pair.snapshot()["peerings"]
    assert (link["state_at_dialer"], link["state_at_acceptor"]) == ended
    found = live_and_taken(pair.command())
    for words, (live, taken) in found.items():
        assert taken == live, words
    _, answers = found["access --json"][1]
    decided = {
        one["decision"] for one in answers["access"] if one["from"] == "web@dc2" and one["to"] == "api@dc1"
    }
    assert decided == {"unreachable"}


def test_a_cluster_that_is_down_is_unknown_by_name_in_both(pair: Pair) -> None:
    pair.dc1.stop()
    found = live_and_taken(pair.command())
    for words, (live, taken) in found.items():
        assert taken == live, words
    _, answers = found["access --json"][1]
    assert "dc1" in answers["unknown"]
    assert {one["decision"] for one in answers["access"] if one["to"].endswith("@dc1")} <= {"depends"}
