"""Several writers on one shared entry: nothing is lost, and nobody overwrites what was not approved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from reconciler.model.change import Reason
from reconciler.model.event import Event, Started
from reconciler.model.plan import Mode
from tests.support.lab import Lab


class OnStart(list[Event]):
    """Does something the moment that the exports are about to be written."""

    def __init__(self, what: Callable[[], object]) -> None:
        super().__init__()
        self.what = what

    def append(self, event: Event) -> None:
        if isinstance(event, Started) and event.address.type == "exported_services":
            self.what()
        super().append(event)


def _team(folder: Path, first: Lab, name: str, size: int) -> Lab:
    """Another team's checkout with a state of its own, on the same clusters."""
    folder.mkdir()
    team = Lab(folder, clusters=2)
    team.world = first.world
    services = "".join(f"    {name}-{number}: [dc2]\n" for number in range(size))
    peering = "peerings: [{between: [dc1, dc2]}]\n"
    team.write(team.clusters_yaml() + peering + "exports:\n  dc1:\n" + services)
    return team


async def test_teams_that_apply_at_once_lose_nothing(tmp_path: Path) -> None:
    base = Lab(tmp_path, clusters=2)
    teams = [_team(tmp_path / name, base, name, 200) for name in ("red", "blue")]
    await teams[0].apply(targets=("peering.*",))
    await teams[1].apply(targets=("peering.*",))

    applied = await asyncio.gather(*(team.apply() for team in teams))

    entry = base.call("dc1", "GET", "/v1/config/exported-services/default")
    assert [run.outcome and run.outcome.failed for run in applied] == [(), ()]
    assert len(entry["Services"]) == 400
    assert [(await team.plan()).has_changes for team in teams] == [False, False]


async def test_one_team_leaves_and_the_other_stays(tmp_path: Path) -> None:
    base = Lab(tmp_path, clusters=2)
    teams = [_team(tmp_path / name, base, name, 20) for name in ("red", "blue")]
    for team in teams:
        await team.apply()

    await teams[0].apply(Mode.DESTROY, excludes=("peering.*",))

    entry = base.call("dc1", "GET", "/v1/config/exported-services/default")
    assert {service["Name"].split("-")[0] for service in entry["Services"]} == {"blue"}


async def test_a_foreign_write_between_plan_and_write_survives(tmp_path: Path) -> None:
    base = Lab(tmp_path, clusters=2)
    team = _team(tmp_path / "red", base, "red", 3)
    await team.apply(targets=("peering.*",))
    theirs = {"Name": "theirs", "Consumers": [{"Peer": "dc2"}]}
    team.events = OnStart(
        lambda: base.call(
            "dc1", "PUT", "/v1/config", {"Kind": "exported-services", "Name": "default", "Services": [theirs]}
        )
    )

    await team.apply()

    entry = base.call("dc1", "GET", "/v1/config/exported-services/default")
    assert {service["Name"] for service in entry["Services"]} == {"theirs", "red-0", "red-1", "red-2"}


async def test_an_entry_that_others_emptied_meanwhile_is_recreated(tmp_path: Path) -> None:
    base = Lab(tmp_path, clusters=2)
    team = _team(tmp_path / "red", base, "red", 3)
    await team.apply(targets=("peering.*",))
    theirs = [{"Name": "theirs", "Consumers": [{"Peer": "dc2"}]}]
    body = {"Kind": "exported-services", "Name": "default", "Services": theirs}
    base.call("dc1", "PUT", "/v1/config", body)
    team.events = OnStart(lambda: base.call("dc1", "DELETE", "/v1/config/exported-services/default"))

    applied = await team.apply()

    assert applied.outcome is not None
    assert applied.outcome.failed == ()
    entry = base.call("dc1", "GET", "/v1/config/exported-services/default")
    assert {service["Name"] for service in entry["Services"]} == {"red-0", "red-1", "red-2"}


async def test_items_that_others_add_during_a_removal_survive_it(
    tmp_path: Path,
) -> None:
    base = Lab(tmp_path, clusters=2)
    team = _team(tmp_path / "red", base, "red", 3)
    await team.apply()

    def others() -> None:
        entry = base.call("dc1", "GET", "/v1/config/exported-services/default")
        entry["Services"].append({"Name": "theirs", "Consumers": [{"Peer": "dc2"}]})
        base.call("dc1", "PUT", "/v1/config", entry)

    team.events = OnStart(others)

    applied = await team.apply(Mode.DESTROY, excludes=("peering.*",))

    assert applied.outcome is not None
    assert applied.outcome.failed == ()
    entry = base.call("dc1", "GET", "/v1/config/exported-services/default")
    assert {service["Name"] for service in entry["Services"]} == {"theirs"}


SHARED = """
peerings: [{between: [dc1, dc2]}]
intentions: {dc1: {api: {shared: true, sources: [{from: web@dc2, action: allow}]}}}
"""


async def test_turning_shared_off_removes_the_items_of_others(
    tmp_path: Path,
) -> None:
    lab = Lab(tmp_path, clusters=2)
    theirs = {"Kind": "service-intentions", "Name": "api", "Sources": [{"Name": "theirs", "Action": "allow"}]}
    lab.call("dc1", "PUT", "/v1/config", theirs)
    lab.write(lab.clusters_yaml() + SHARED)
    await lab.apply()
    both = [
        source["Name"] for source in lab.call("dc1", "GET", "/v1/config/service-intentions/api")["Sources"]
    ]
    lab.write(lab.clusters_yaml() + SHARED.replace("shared: true, ", ""))

    done = await lab.apply()

    assert sorted(both) == ["theirs", "web"]
    (action,) = done.plan.actions
    assert action.reason is Reason.CHANGED
    assert done.plan.drifted == ()
    (left,) = lab.call("dc1", "GET", "/v1/config/service-intentions/api")["Sources"]
    assert left["Name"] == "web"
