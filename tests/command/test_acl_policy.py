"""`reconciler acl-policy`: from files alone, without tokens, and fit to be given to a server as it is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from reconciler_consul.kinds.policy_language import parse
from tests.support.command.lab import CommandLab

EXAMPLE = Path(__file__).parents[2] / "examples" / "01-three-clusters" / "main.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(EXAMPLE, tmp_path)
    # A credential that cannot be had must not be in the way: the policy comes before the token.
    (tmp_path / "reconciler.yaml").write_text("credentials: {dc1: {token_env: NOT_SET}}\n")
    return tmp_path


def ask(folder: Path, *arguments: str, expect: int = 0) -> str:
    done = CommandLab(folder).run("acl-policy", *arguments).expect(expect)
    return done.out if expect == 0 else done.err


def test_a_clusters_policy_is_what_a_server_reads(folder: Path) -> None:
    assert parse(ask(folder, "--cluster", "dc1")) == {
        "peering": "write",
        "mesh": "write",
        'service "api"': {"policy": "write", "intentions": "write"},
        'service "billing"': {"policy": "read", "intentions": "write"},
        'agent_prefix ""': {"policy": "read"},
    }


def test_the_plan_only_policy_writes_nothing(folder: Path) -> None:
    rules = parse(ask(folder, "--cluster", "dc1", "--plan-only"))

    assert rules["peering"] == rules["mesh"] == "read"
    assert "write" not in str(rules)


def heads(said: str) -> list[str]:
    """Return the beginnings of the lines that name a cluster."""
    return [line.split(":")[0] for line in said.splitlines() if line.startswith("#") and "the least" in line]


def test_all_clusters_come_in_one_order_and_the_same_each_time(folder: Path) -> None:
    said = ask(folder)

    assert heads(said) == ["# dc1", "# dc2", "# dc3"]
    assert ask(folder) == said
    (folder / "main.yaml").write_text(
        "clusters: {b: {address: 'http://127.0.0.1:1'}, a: {address: 'http://127.0.0.1:2'}}\n"
        "peerings: [{between: [b, a]}]\n"
    )
    (folder / "reconciler.yaml").unlink()
    assert heads(ask(folder)) == ["# a", "# b"]


def test_every_rule_says_what_it_is_for(folder: Path) -> None:
    lines = ask(folder, "--cluster", "dc3").splitlines()

    assert [line.startswith("# ") for line in lines[1:]] == [True, False] * 4


def test_json_has_rules_and_reasons(folder: Path) -> None:
    value = json.loads(ask(folder, "--json", "--cluster", "dc3"))

    assert value["dc3"][0] == {"rule": 'peering = "write"', "reasons": ["peering.dc1/dc3", "peering.dc2/dc3"]}


def test_an_unknown_cluster_is_reported(folder: Path) -> None:
    assert 'did you mean "dc1"' in ask(folder, "--cluster", "dc11", expect=1)


def test_it_leaves_nothing_behind(folder: Path) -> None:
    before = sorted(folder.rglob("*"))

    ask(folder)

    assert sorted(folder.rglob("*")) == before
