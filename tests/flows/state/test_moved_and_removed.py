"""`moved` and `removed`: what becomes of records while servers are only read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.model.change import Action, Reason
from reconciler.model.failure import Failure
from reconciler.model.plan import Mode, Plan, Selection
from reconciler.model.state import State
from reconciler.sdk.address import Address
from reconciler.statestore.factory import open_store
from reconciler.statestore.session import JournaledSession
from tests.support.lab import Lab

BODY = """
peerings: [{{between: [{dc1}, dc2], names: {{{dc1}: one, dc2: two}}}}]
service_defaults: {{{dc1}: {{api: {{protocol: http}}}}, dc2: {{web: {{protocol: http}}}}}}
intentions: {{{dc1}: {{api: [{{from: web@dc2, action: allow}}]}}}}
"""
EAST = 'moved: [{from: "*.dc1/*", to: "*.east/*"}]\n'


def yes(_: Any) -> bool:
    return True


class Moving(Lab):
    """A lab in which dc1 may be called otherwise."""

    name = "dc1"

    def declare(self, body: str = BODY, more: str = "") -> None:
        """Write the configuration, with dc1 under its name."""
        clusters = self.clusters_yaml().replace("dc1:", f"{self.name}:")
        self.write(clusters + body.format(dc1=self.name) + more)

    def options(self, **more: Any) -> app.Options:
        """Options that reach dc1 under both names."""
        options = super().options(**more)
        return replace(options, transports={**options.transports, self.name: options.transports["dc1"]})

    async def recorded(self) -> State:
        """Return what is recorded, as it is."""
        return await open_store(self.folder / "state").read()


@pytest.fixture
async def lab(tmp_path: Path) -> Moving:
    """Two clusters, and what `BODY` declares, applied."""
    lab = Moving(tmp_path, 2)
    lab.declare()
    await lab.apply()
    lab.clear()
    return lab


def actions(plan: Plan) -> dict[str, Action]:
    return {str(c.address): c.action for c in plan.changes if c.action is not Action.NO_OP}


async def test_a_cluster_under_another_name_is_moved_and_no_server_is_written_to(lab: Moving) -> None:
    before = await lab.recorded()
    lab.name = "east"
    lab.declare(more=EAST)
    plan = await lab.plan()
    assert (plan.has_changes, plan.is_applyable, actions(plan)) == (True, True, {})
    assert [(str(old), str(new)) for old, new in plan.moves] == [
        ("peering.dc1/dc2", "peering.east/dc2"),
        ("service_defaults.dc1/api", "service_defaults.east/api"),
        ("service_intentions.dc1/api", "service_intentions.east/api"),
    ]
    assert plan.summary().move == 3
    assert await lab.recorded() == before
    done = await lab.apply()
    assert done.outcome is not None
    assert (done.outcome.moved, done.outcome.forgotten) == (3, 0)
    after = await lab.recorded()
    assert {address.cluster for address in after.resources} == {"east", "dc2"}
    assert after.clusters.keys() == {"east", "dc2"}
    assert after.resources.keys() == {
        a if a.cluster == "dc2" else replace(a, cluster="east") for a in before.resources
    }
    assert lab.writes == []
    again = await lab.plan()
    assert (again.has_changes, again.moves) == (False, ())


async def test_a_block_without_effect_is_harmless_for_ever(lab: Moving) -> None:
    lab.name = "east"
    lab.declare(more=EAST)
    await lab.apply()
    serial = (await lab.recorded()).serial
    applied = await lab.apply()
    assert not applied.plan.has_changes
    assert (await lab.recorded()).serial == serial
    assert {d.code for d in app.validate(lab.options()).diagnostics} <= {"unknown-variable"}  # the lab's own


async def test_a_move_that_is_declined_is_not_done(lab: Moving) -> None:
    before = await lab.recorded()
    lab.name = "east"
    lab.declare(more=EAST)
    await app.apply(lab.options(), Mode.NORMAL, Selection(), approve=lambda planned: False,
                    observe=lab.events.append, stop=app.Stop())  # fmt: skip
    assert await lab.recorded() == before


async def test_moves_and_changes_go_together(lab: Moving) -> None:
    lab.name = "east"
    lab.declare(
        BODY.replace("{dc1}: {{api: {{protocol: http}}}}", "{dc1}: {{api: {{protocol: grpc}}}}"), EAST
    )
    plan = await lab.plan()
    assert actions(plan) == {"service_defaults.east/api": Action.UPDATE}
    assert len(plan.moves) == 3
    await lab.apply()
    assert len(lab.writes) == 1
    assert not (await lab.plan()).has_changes


async def test_a_chain_of_moves_leads_to_its_end_from_wherever_a_state_is(lab: Moving) -> None:
    chain = 'moved: [{from: "*.dc1/*", to: "*.middle/*"}, {from: "*.middle/*", to: "*.east/*"}]\n'
    lab.name = "east"
    lab.declare(more=chain)
    assert {new.cluster for _, new in (await lab.plan()).moves} == {"east"}
    await app.move_in_state(lab.options(), "*.dc1/*", "*.middle/*", approve=yes)
    assert {(old.cluster, new.cluster) for old, new in (await lab.plan()).moves} == {("middle", "east")}
    await lab.apply()
    assert lab.writes == []
    assert not (await lab.plan()).has_changes


async def test_two_records_that_would_be_one_stop_the_run(lab: Moving) -> None:
    lab.declare(BODY.replace(", dc2: {{web: {{protocol: http}}}}", ""),
                "moved: [{from: service_defaults.dc2/web, to: service_defaults.dc1/api}]")  # fmt: skip
    with pytest.raises(Failure, match="all of them would be service_defaults"):
        await lab.plan()
    with pytest.raises(Failure, match="all of them would be"):
        await lab.apply()
    assert lab.writes == []


async def test_what_is_removed_is_forgotten_and_stays_on_its_server(lab: Moving) -> None:
    lab.declare(BODY.replace(", dc2: {{web: {{protocol: http}}}}", ""),
                "removed: [{address: service_defaults.dc2/web, destroy: false}]")  # fmt: skip
    plan = await lab.plan()
    assert actions(plan) == {"service_defaults.dc2/web": Action.FORGET}
    (change,) = [c for c in plan.changes if c.action is Action.FORGET]
    assert change.reason is Reason.REMOVED
    assert plan.summary().forget == 1
    await lab.apply()
    assert Address.parse("service_defaults.dc2/web") not in (await lab.recorded()).resources
    assert lab.call("dc2", "GET", "/v1/config/service-defaults/web")["Protocol"] == "http"
    assert lab.writes == []
    assert not (await lab.plan()).has_changes


async def test_destroy_true_is_what_a_plan_does_anyway(lab: Moving) -> None:
    lab.declare(BODY.replace(", dc2: {{web: {{protocol: http}}}}", ""),
                "removed: [{address: service_defaults.dc2/web, destroy: true}]")  # fmt: skip
    assert actions(await lab.plan()) == {"service_defaults.dc2/web": Action.DELETE}


async def test_a_whole_cluster_is_forgotten_without_being_asked(lab: Moving) -> None:
    lab.write(
        lab.clusters_yaml().replace("  dc2:", "  # dc2:")
        + "service_defaults: {dc1: {api: {protocol: http}}}\n"
        + 'removed: [{address: "*.dc2/*"}, {address: "*.*/dc2"}, {address: "service_intentions.dc1/*"}]'
    )
    plan = await lab.plan()
    assert set(actions(plan).values()) == {Action.FORGET}
    assert len(actions(plan)) == 3
    assert [path for path in lab.reads if path.startswith("dc2")] == []
    await lab.apply()
    assert [str(address) for address in (await lab.recorded()).resources] == ["service_defaults.dc1/api"]
    assert (lab.writes, [path for path in lab.reads if path.startswith("dc2")]) == ([], [])


async def test_everything_may_be_forgotten(lab: Moving) -> None:
    lab.write(lab.clusters_yaml() + 'removed: [{address: "*"}]')
    await lab.apply()
    assert (await lab.recorded()).resources == {}
    assert lab.writes == []


async def test_destroy_leaves_what_is_removed(lab: Moving) -> None:
    lab.declare(BODY.replace(", dc2: {{web: {{protocol: http}}}}", ""),
                "removed: [{address: service_defaults.dc2/web}]")  # fmt: skip
    await lab.apply(Mode.DESTROY)
    assert (await lab.recorded()).resources == {}
    assert lab.call("dc2", "GET", "/v1/config/service-defaults/web")["Protocol"] == "http"


async def test_drift_says_nothing_of_what_is_removed_and_follows_what_is_moved(lab: Moving) -> None:
    lab.name = "east"
    lab.declare(BODY.replace(", dc2: {{web: {{protocol: http}}}}", ""),
                EAST + "removed: [{address: service_defaults.dc2/web}]")  # fmt: skip
    lab.call("dc2", "DELETE", "/v1/config/service-defaults/web")
    found = await lab.drift()
    assert (found.drifted, found.has_changes) == ((), False)
    entry = {"Kind": "service-defaults", "Name": "api", "Protocol": "tcp"}
    lab.call("dc1", "PUT", "/v1/config", entry)
    assert [str(change.address) for change in (await lab.drift()).drifted] == ["service_defaults.east/api"]


async def test_a_saved_plan_holds_its_moves(lab: Moving, tmp_path: Path) -> None:
    lab.name = "east"
    lab.declare(more=EAST)
    planned = await app.plan(lab.options(), Mode.NORMAL, Selection())
    file = tmp_path / "saved.json"
    app.save_plan(planned.plan, file)
    assert app.load_plan(file).moves == planned.plan.moves
    await app.apply(lab.options(), Mode.NORMAL, Selection(), approve=yes, observe=lab.events.append,
                    stop=app.Stop(), saved=file)  # fmt: skip
    assert {address.cluster for address in (await lab.recorded()).resources} == {"east", "dc2"}
    assert lab.writes == []


@pytest.mark.parametrize("saved", [False, True])
async def test_a_run_that_dies_around_the_move_has_moved_all_or_nothing(
    lab: Moving, monkeypatch: pytest.MonkeyPatch, saved: bool
) -> None:
    lab.name = "east"
    lab.declare(BODY.replace("{dc1}: {{api: {{protocol: http}}}}", "{dc1}: {{api: {{protocol: grpc}}}}"), EAST)
    before = await lab.recorded()
    take = JournaledSession.replace

    async def dies(session: JournaledSession, state: State) -> State:
        if saved:
            await take(session, state)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(JournaledSession, "replace", dies)
        with pytest.raises(KeyboardInterrupt):
            await lab.apply()
    assert lab.writes == []
    now = {address.cluster for address in (await lab.recorded()).resources}
    assert now == ({"east", "dc2"} if saved else {"dc1", "dc2"})
    assert saved or await lab.recorded() == before
    await lab.apply()
    assert len(lab.writes) == 1
    assert not (await lab.plan()).has_changes


async def test_an_undo_goes_back_under_the_addresses_of_today(lab: Moving) -> None:
    lab.name = "east"
    lab.declare(BODY.replace("{dc1}: {{api: {{protocol: http}}}}", "{dc1}: {{api: {{protocol: grpc}}}}"), EAST)
    await lab.apply()
    lab.clear()
    plan = await lab.plan(undo=2)  # of the two generations since, one has the moves and one the change
    assert actions(plan) == {"service_defaults.east/api": Action.UPDATE}
    assert plan.moves == ()
