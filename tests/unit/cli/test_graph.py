"""`reconciler graph`: what it asks of the app, and in which form it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.app import WorldChoice
from reconciler.model.topology import Dependencies
from reconciler.sdk.address import Address
from tests.support.access.topologies import small
from tests.unit.cli.conftest import Cli

NEEDS = Dependencies({Address("peering", "dc1", "dc2"): ()})


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the app was asked."""
    kept: dict[str, Any] = {}

    async def draw_topology(options: app.Options, choice: WorldChoice, **more: Any) -> Any:
        kept.update(choice=choice, **more)
        return small()

    def dependencies(options: app.Options, choice: WorldChoice) -> Dependencies:
        kept.update(choice=choice)
        return NEEDS

    monkeypatch.setattr(app, "draw_topology", draw_topology)
    monkeypatch.setattr(app, "dependencies", dependencies)
    return kept


@pytest.mark.parametrize(
    ("options", "begins"),
    [
        ([], "digraph G {"),
        (["--format", "mermaid"], "flowchart RL"),
        (["--plan", "p.json"], "digraph G {"),
        (["--type", "topology"], "graph G {"),
        (["--type", "topology", "--format", "mermaid"], "flowchart LR"),
        (["--format", "svg"], "<svg "),
        (["--live"], "graph G {"),
        (["--snapshot", "s.json"], "graph G {"),
    ],
)
def test_what_is_drawn_follows_from_the_options(options: list[str], begins: str, cli: Cli) -> None:
    ended = cli("graph", *options)
    assert ended.code == 0, ended.err
    assert ended.out.startswith(begins)


@pytest.mark.parametrize(
    "options", [["--live"], ["--snapshot", "s.json"], ["--format", "svg"], ["--html", "x"]]
)
def test_dependencies_are_not_those_of_live_clusters(options: list[str], cli: Cli) -> None:
    ended = cli("graph", "--type", "dependencies", *options)
    assert ended.code == 1
    assert "dependencies are those of a configuration or a plan" in ended.err


def test_the_page_is_written_to_its_file(cli: Cli, tmp_path: Path, asked: dict[str, Any]) -> None:
    file = tmp_path / "t.html"
    ended = cli("graph", "--html", str(file), "--plan", "p.json", "--group-by", "zone", "--flows")
    assert (ended.code, ended.out, ended.err) == (0, "", f"Wrote {file}: 3 clusters, 3 peerings.\n")
    assert asked == {"choice": WorldChoice(plan=Path("p.json")), "group_by": "zone", "flows": True}
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
