"""Clusters that leave the configuration, are renamed in it, or are found at another address."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler import app
from reconciler.emulator.serve.transport import SandboxTransport
from reconciler.model.change import Action, Reason
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Plan
from reconciler.statestore.session import JournaledSession
from tests.support.lab import Lab

REST = """
exports: {dc1: {api: [%(dc2)s]}}
intentions: {dc1: {api: [{from: web@%(dc2)s, action: allow}]}}
service_defaults: {%(dc2)s: {web: {protocol: http}}}
"""


def clusters(lab: Lab, **names: str) -> str:
    """The section, `dc2="west"`: dc2 under another name; empty: not at all."""
    lines = (f'  {names.get(n, n)}: {{address: "{lab.world.url(n)}"}}\n' for n in lab.names)
    kept = (line for n, line in zip(lab.names, lines, strict=True) if names.get(n, n))
    return "clusters:\n" + "".join(kept)


class Elsewhere(SandboxTransport):
    """Reaches the sandbox under another host name too."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(host="127.0.0.1")
        return await super().handle_async_request(request)


class Renaming(Lab):
    """Whatever its clusters are called, they are reached at their addresses."""

    def options(self, **more: Any) -> app.Options:
        named = super().options(**more)
        reached = dict.fromkeys([*self.names, "west", "a", "b"], Elsewhere(self.world))
        return replace(named, transports=reached)


def actions(plan: Plan) -> dict[str, Action]:
    return {str(change.address): change.action for change in plan.actions}


def marks(lab: Lab) -> dict[str, object]:
    return {
        f"{name}/{row['Name']}": (row["ID"], row["ModifyIndex"])
        for name in ("dc1", "dc2")
        for row in lab.call(name, "GET", "/v1/peerings")
    }


async def test_a_cluster_that_is_only_the_second_end_is_still_reached_when_it_leaves(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.write(clusters(lab) + "peerings: [{mesh: [dc1, dc2, dc3]}]\n")
    await lab.apply()

    lab.write(clusters(lab, dc3="") + "peerings: [{mesh: [dc1, dc2]}]\n")
    done = await lab.apply()

    assert actions(done.plan) == {"peering.dc1/dc3": Action.DELETE, "peering.dc2/dc3": Action.DELETE}
    assert done.plan.deferred == ()
    assert lab.call("dc3", "GET", "/v1/peerings") == []
    assert not (await lab.plan()).has_changes


async def test_the_last_peering_of_a_cluster_that_left_is_removed_on_both_ends(tmp_path: Path) -> None:
    lab = Lab(tmp_path, clusters=2)
    lab.write(clusters(lab) + "peerings: [{between: [dc1, dc2]}]\nmesh: {dc1: {}}\n")
    await lab.apply()

    lab.write(clusters(lab, dc2="") + "mesh: {dc1: {}}\n")
    await lab.apply()

    assert [lab.call(name, "GET", "/v1/peerings") for name in lab.names] == [[], []]


@pytest.fixture
async def linked(tmp_path: Path) -> Lab:
    """dc1 accepts; each end has a name of its own."""
    lab = Renaming(tmp_path, clusters=2)
    lab.write(
        clusters(lab)
        + "peerings: [{between: [dc1, dc2], names: {dc1: east-2, dc2: east-1}}]\n"
        + REST % {"dc2": "dc2"}
    )
    await lab.apply()
    lab.clear()
    return lab


async def test_a_renamed_cluster_keeps_its_links_where_the_peers_names_stay(linked: Lab) -> None:
    lab, before = linked, marks(linked)
    lab.write(
        clusters(lab, dc2="west")
        + "peerings: [{between: [dc1, west], names: {dc1: east-2, west: east-1}}]\n"
        + REST % {"dc2": "west"}
    )

    plan = await lab.plan()
    gone = await lab.plan(Mode.DESTROY)
    done = await lab.apply()

    order = [str(change.address) for change in gone.actions]
    assert order.index("exported_services.dc1/default") < order.index("peering.dc1/west")
    assert order.index("service_intentions.dc1/api") < order.index("peering.dc1/west")
    assert (actions(plan), plan.deferred) == ({}, ())
    assert plan.warnings == ("dc2 is called west now: 2 recorded resources move along (the same address)",)
    assert (actions(done.plan), lab.writes, marks(lab)) == ({}, [], before)
    state = await lab.state()
    assert {str(address) for address in state.resources} == {
        "peering.dc1/west",
        "exported_services.dc1/default",
        "service_intentions.dc1/api",
        "service_defaults.west/web",
    }
    assert set(state.clusters) == {"dc1", "west"}
    assert (await lab.plan()).warnings == ()
    await lab.apply(Mode.DESTROY)
    assert marks(lab) == {}


async def test_renaming_a_cluster_recreates_links_named_after_it_with_the_reason(
    tmp_path: Path,
) -> None:
    lab = Renaming(tmp_path, clusters=2)
    lab.write(clusters(lab) + "peerings: [{between: [dc1, dc2]}]\n" + REST % {"dc2": "dc2"})
    await lab.apply()
    lab.write(clusters(lab, dc2="west") + "peerings: [{between: [dc1, west]}]\n" + REST % {"dc2": "west"})

    done = await lab.apply()

    assert actions(done.plan)["peering.dc1/west"] is Action.REPLACE
    (replaced,) = (c for c in done.plan.actions if c.address.type == "peering")
    assert (replaced.reason, replaced.why) == (Reason.CANNOT_UPDATE, "Names cannot change in place")
    assert [row["Name"] for row in lab.call("dc1", "GET", "/v1/peerings")] == ["west"]
    assert not (await lab.plan()).has_changes


async def test_the_end_that_comes_first_may_be_renamed_too_and_both_at_once(linked: Lab) -> None:
    lab, before = linked, marks(linked)
    lab.write(
        clusters(lab, dc1="b", dc2="a")
        + "peerings: [{between: [a, b], names: {b: east-2, a: east-1}}]\n"
        + "exports: {b: {api: [a]}}\nintentions: {b: {api: [{from: web@a, action: allow}]}}\n"
        + "service_defaults: {a: {web: {protocol: http}}}\n"
    )

    done = await lab.apply()

    assert (actions(done.plan), lab.writes, marks(lab)) == ({}, [], before)
    assert "peering.a/b" in {str(address) for address in (await lab.state()).resources}


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("lines", range(9))
async def test_a_run_that_dies_while_it_moves_records_is_taken_up(
    linked: Lab, monkeypatch: pytest.MonkeyPatch, lines: int
) -> None:
    lab, before = linked, marks(linked)
    lab.write(
        clusters(lab, dc2="west")
        + "peerings: [{between: [dc1, west], names: {dc1: east-2, west: east-1}}]\n"
        + REST % {"dc2": "west"}
    )
    append, left = JournaledSession._append, lines

    async def dying(session: JournaledSession, payload: str, *, durable: bool = False) -> None:
        nonlocal left
        if not left:
            raise Killed
        left -= 1
        await append(session, payload, durable=durable)

    monkeypatch.setattr(JournaledSession, "_append", dying)
    with suppress(Killed):
        await lab.apply()
    monkeypatch.undo()

    assert actions(await lab.plan()) == {}
    await lab.apply()
    assert (lab.writes, marks(lab)) == ([], before)
    state = await lab.state()
    assert set(state.clusters) == {"dc1", "west"}
    assert {"peering.dc1/west", "service_defaults.west/web"} <= {str(a) for a in state.resources}
    assert not any("dc2" in (a.cluster, a.name) for a in state.resources)


async def test_a_service_that_is_called_as_a_cluster_was_stands_in_nobodys_way(tmp_path: Path) -> None:
    lab = Renaming(tmp_path, clusters=2)
    services = "service_defaults: {dc1: {dc2: {protocol: http}}}\n"
    lab.write(clusters(lab) + "peerings: [{between: [dc1, dc2], names: {dc1: e2, dc2: e1}}]\n" + services)
    await lab.apply()
    peering = "peerings: [{between: [dc1, west], names: {dc1: e2, west: e1}}]\n"
    lab.write(clusters(lab, dc2="west") + peering + services)
    first = await lab.apply()
    assert (actions(first.plan), [c for c in first.plan.changes if c.adopt]) == ({}, [])

    again = await lab.plan()

    assert (actions(again), again.deferred, again.warnings) == ({}, (), ())
    assert "service_defaults.dc1/dc2" in {str(address) for address in (await lab.state()).resources}


async def test_a_name_and_an_address_are_not_changed_at_once(linked: Lab) -> None:
    lab = linked
    old = lab.world.url("dc2")
    elsewhere = clusters(lab, dc2="west").replace(old, old.replace("127.0.0.1", "localhost"))
    lab.write(elsewhere + "peerings: [{between: [dc1, west], names: {dc1: east-2, west: east-1}}]\n")

    with pytest.raises(Failure) as refused:
        await lab.apply()

    assert refused.value.cause is Cause.WRONG_CLUSTER
    assert refused.value.summary == "west is the cluster that the state knows as dc2"
    assert f"declare west at {lab.world.url('dc2')}" in refused.value.hint
    assert lab.writes == []
