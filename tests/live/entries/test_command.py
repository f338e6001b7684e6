"""The whole corpus through the command: applied, planned again, adopted where it stands, destroyed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.agents import Agent
from tests.support.command.lab import CommandLab
from tests.support.command.servers import sandbox
from tests.support.entries.corpus import CLUSTER, Raw, Sample, batches, corpus, key_of

pytestmark = pytest.mark.long

SANDBOX = "1.20"


def fitting(version: str) -> list[list[Sample]]:
    """What a community server of a version takes, in groups that can stand in one cluster."""
    return batches(s for s in corpus() if s.edition != "enterprise" and s.fits(version))


def declared(batch: Sequence[Sample]) -> list[Raw]:
    """The entries of a group and what they need, each once."""
    needs = {key_of(need): need for sample in batch for need in sample.needs}
    return list((needs | {sample.key: sample.entry for sample in batch}).values())


def configuration(entries: Mapping[str, Sequence[Raw]]) -> str:
    """The section of the configuration, by cluster."""
    section = {
        "config_entries": {cluster: [dict(entry) for entry in found] for cluster, found in entries.items()}
    }
    return yaml.safe_dump(section, sort_keys=False)


def walk(lab: CommandLab, entries: Mapping[str, Sequence[Raw]], writes: Any) -> None:
    """Apply and plan; forget all and adopt it; remove it."""
    count = sum(len(found) for found in entries.values())
    lab.declare(configuration(entries))
    lab.run("apply", "--auto-approve").expect(0, f"{count} added")
    lab.run("plan", "--detailed-exitcode").expect(0, "No changes")
    lab.run("drift").expect(0)
    before = writes()
    lab.run("apply", "--auto-approve").expect(0)

    shutil.rmtree(lab.state.parent)
    adopting = lab.run("plan", "--json").expect(0).value()
    assert loud(adopting) == {}
    lab.run("apply", "--auto-approve").expect(0)
    assert writes() == before
    assert len(lab.recorded()) == count
    lab.run("plan", "--detailed-exitcode").expect(0, "No changes")

    lab.run("destroy", "--auto-approve").expect(0, f"{count} destroyed")


def loud(plan: dict[str, Any]) -> dict[str, Any]:
    """What a plan would do beyond taking up what stands."""
    changes = {item["address"]: item["change"]["actions"] for item in plan["resource_changes"]}
    return {address: actions for address, actions in changes.items() if actions != ["no-op"]}


def test_the_sandbox_takes_all_of_it(tmp_path: Path) -> None:
    groups = {f"c{number}": declared(batch) for number, batch in enumerate(fitting(SANDBOX))}
    with sandbox(*groups, version=SANDBOX) as running:
        walk(CommandLab(tmp_path, running.urls), groups, lambda: list(running.writes))


@pytest.mark.live
def test_a_real_server_takes_all_of_it(agent: Agent, tmp_path: Path) -> None:
    version: Any = agent.call("GET", "/v1/agent/self")
    lab = CommandLab(tmp_path, {CLUSTER: agent.address})
    for batch in fitting(version["Config"]["Version"]):
        walk(lab, {CLUSTER: declared(batch)}, lambda: agent.call("GET", "/v1/config/"))
