"""The one entry that holds all exports of a cluster, and everybody who writes it: nobody loses anything.

`configured` is one writer. Others are a second configuration, somebody by hand, and a script.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.traffic.stage.client import UNREACHABLE, Client
from tests.traffic.stage.configured import Configured
from tests.traffic.stage.lab import TrafficLab
from tests.traffic.stage.rival import Rival, Services, consumers, read, write

SHARED = "exports: {dc1: {api: [dc2, dc3]}}"
THEIRS: Services = {"theirs": ["elsewhere"], "db": ["us"]}


@pytest.fixture(autouse=True)
def _nobody_else(configured: Configured, world: TrafficLab) -> Iterator[None]:
    """Before and after each case the entry holds what the configuration exports, and that is nothing."""
    configured.apply()
    yield
    write(world.agents["dc1"], {})
    configured.apply()


def exporting(services: Mapping[str, list[str]]) -> str:
    """A section of exports of dc1, service by service."""
    lines = "".join(f"    {name}: [{', '.join(to)}]\n" for name, to in services.items())
    return f"exports:\n  dc1:\n{lines}"


def test_services_of_others_survive_every_change_and_destroy_and_stay_open(
    configured: Configured, client: Client, world: TrafficLab
) -> None:
    write(world.agents["dc1"], THEIRS)
    assert not configured.plan().plan.has_changes

    configured.apply(SHARED)
    assert consumers(world.agents["dc1"]) == {**THEIRS, "api": ["dc3", "us"]}
    client.expect({"web@dc2 -> db@dc1": "db@dc1", "web@dc3 -> db@dc1": UNREACHABLE})

    configured.apply("exports: {dc1: {api: [dc3]}}")
    assert consumers(world.agents["dc1"]) == {**THEIRS, "api": ["dc3"]}
    client.expect({"web@dc2 -> db@dc1": "db@dc1", "web@dc2 -> api@dc1": UNREACHABLE})

    configured.destroy(excludes=("peering.*",))
    assert consumers(world.agents["dc1"]) == THEIRS
    client.expect({"web@dc2 -> db@dc1": "db@dc1", "web@dc3 -> api@dc1": UNREACHABLE})


def test_what_is_declared_is_exact_and_a_change_by_hand_is_taken_back(
    configured: Configured, client: Client, world: TrafficLab
) -> None:
    agent = world.agents["dc1"]
    configured.apply("exports: {dc1: {api: [dc3]}}")

    write(agent, {"api": ["dc3", "us"], **THEIRS})
    client.expect({"web@dc2 -> api@dc1": "api@dc1"})
    assert [str(change.address) for change in configured.drift()] == ["exported_services.dc1/default"]
    configured.apply("exports: {dc1: {api: [dc3]}}")
    assert consumers(agent) == {"api": ["dc3"], **THEIRS}
    client.expect({"web@dc2 -> api@dc1": UNREACHABLE, "web@dc3 -> api@dc1": "api@dc1"})

    write(agent, THEIRS)
    client.expect({"web@dc3 -> api@dc1": UNREACHABLE})
    configured.apply("exports: {dc1: {api: [dc3]}}")
    client.expect({"web@dc3 -> api@dc1": "api@dc1"})
    assert configured.drift() == []


def test_the_entry_goes_with_the_last_service_unless_others_wrote_into_it(
    configured: Configured, world: TrafficLab
) -> None:
    agent = world.agents["dc1"]
    configured.apply(SHARED)
    configured.apply()
    assert read(agent) == ({}, 0)

    configured.apply(SHARED)
    write(agent, {**consumers(agent), **THEIRS})
    configured.apply()
    assert consumers(agent) == THEIRS


def test_200_services_that_two_configurations_apply_at_once_are_all_there(
    configured: Configured, world: TrafficLab, tmp_path: Path
) -> None:
    other = Configured(world, tmp_path / "other")
    mine = {f"mine-{number}": ["dc2"] for number in range(100)}
    theirs = {f"their-{number}": ["dc2", "dc3"] for number in range(100)}
    for each, services in ((configured, mine), (other, theirs)):
        each.write(exporting(services))

    Configured.apply_at_once(configured, other)

    found = consumers(world.agents["dc1"])
    assert {name for name in found if name.startswith("mine")} == set(mine)
    assert {name for name in found if name.startswith("their")} == set(theirs)
    assert not configured.plan().plan.has_changes
    assert not other.plan().plan.has_changes
    other.destroy(excludes=("peering.*",))
    assert set(consumers(world.agents["dc1"])) == set(mine)


def test_while_a_script_writes_all_the_time_neither_side_loses_a_service(
    configured: Configured, world: TrafficLab
) -> None:
    agent = world.agents["dc1"]
    mine = {f"mine-{number}": ["dc2"] for number in range(100)}
    wider = {name: ["dc2", "dc3"] for name in mine}
    fewer = {name: wider[name] for name in list(wider)[::2]}

    with Rival(agent, "script", 100) as rival:
        for services in (mine, wider, fewer) * 2:
            configured.apply(exporting(services))
            seen = consumers(agent)
            assert {name for name in seen if name.startswith("mine")} == set(services)
            assert {len(to) for name, to in seen.items() if name in services} == {
                len(next(iter(services.values())))
            }

    assert rival.lost == []
    assert rival.wrote > 10
    final = consumers(agent)
    assert {name: to for name, to in final.items() if name.startswith("script")} == rival.mine
    assert {name for name in final if name.startswith("mine")} == set(fewer)


def test_destroy_beside_a_script_that_comes_and_goes_takes_nothing_of_it(
    configured: Configured, world: TrafficLab
) -> None:
    """At times the entry holds nothing foreign and would go as a whole; the next moment it must not."""
    agent = world.agents["dc1"]
    for number in range(5):
        configured.apply(SHARED)
        with Rival(agent, f"script{number}", 1) as rival:
            configured.apply()
        assert rival.lost == []
        assert consumers(agent) == rival.mine
        write(agent, {})
