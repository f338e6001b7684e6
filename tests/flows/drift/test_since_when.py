"""A link that does not work says since when, as far as its ends know it."""

from __future__ import annotations

import asyncio

from reconciler import app
from reconciler.app.drifting.who import contact_text
from reconciler.model.change import Change
from reconciler.model.drifting.item import DriftItem
from reconciler.model.drifting.report import DriftReport
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.plan import Plan, Selection
from reconciler.model.verdict.drifts import drift_verdict
from reconciler.render.plan.drift_json import drift_value
from reconciler.render.plan.drifted import drift_page
from reconciler.render.text.lines import paint
from reconciler.sdk.provider import Contact
from tests.flows.drift.conftest import Shop

LINK = "peering.dc1/dc2"


async def look(lab: Shop) -> tuple[app.PlanResult, DriftReport]:
    """Look for drift."""
    result = await app.drift(lab.options(), Selection())
    assert result.drift is not None
    return result, result.drift


async def unhealthy(lab: Shop) -> DriftItem:
    """Return the one link that does not work."""
    (item,) = [one for one in (await look(lab))[1].items if one.kind is DriftClass.UNHEALTHY]
    return item


def link(plan: Plan) -> Change:
    """Return what a plan has of the link."""
    (change,) = [one for one in plan.changes if str(one.address) == LINK]
    return change


async def test_a_link_that_is_down_says_when_each_end_last_heard_of_the_other(lab: Shop) -> None:
    await lab.apply()
    await asyncio.sleep(40)
    lab.world.cut("dc1", "dc2")
    cut = lab.world.wall()[:19] + "Z"
    await asyncio.sleep(300)

    item = await unhealthy(lab)

    beat = item.contacts["dc1"][Contact.HEARTBEAT]
    assert beat < cut
    assert item.contacts["dc1"][Contact.RECEIVED] == cut
    end = f"last heartbeat {beat}, last receipt or failure to receive {cut}"
    assert item.who == f"dc1: {end}; dc2: {end}"


async def test_a_link_whose_other_end_was_deleted_says_when_it_last_worked(lab: Shop) -> None:
    await lab.apply()
    await asyncio.sleep(40)
    lab.call("dc2", "DELETE", "/v1/peering/dc1")
    deleted = lab.world.wall()[:19] + "Z"
    await asyncio.sleep(300)

    item = await unhealthy(lab)

    assert "TERMINATED" in item.because
    assert item.contacts["dc1"][Contact.HEARTBEAT] < deleted
    assert item.who == f"dc1: last heartbeat {item.contacts['dc1'][Contact.HEARTBEAT]}"


async def test_what_a_new_leader_does_not_know_is_unknown_and_no_time_is_made_up(lab: Shop) -> None:
    await lab.apply()
    lab.world.cut("dc1", "dc2")
    lab.world.leader_change("dc1")

    report = (await look(lab))[1]

    (item,) = [one for one in report.items if one.kind is DriftClass.UNHEALTHY]
    assert item.contacts["dc1"] == {}
    assert item.who.startswith("dc1: not known; dc2: last heartbeat ")
    value = drift_value(report)["items"][0]["contacts"]
    assert value["dc1"] == {"heartbeat": None, "received": None, "sent": None, "deleted": None}
    assert value["dc2"]["heartbeat"] == item.contacts["dc2"][Contact.HEARTBEAT]


async def test_the_times_are_on_the_page_and_in_no_fingerprint(lab: Shop) -> None:
    await lab.apply()
    lab.world.cut("dc1", "dc2")
    before = await lab.plan()
    result, report = await look(lab)

    page = paint(drift_page(result.plan, report, drift_verdict(result.plan, report)))

    assert f"\n      {report.items[0].who}\n" in page
    lab.world.mend("dc1", "dc2")
    await asyncio.sleep(120)
    assert (await look(lab))[1].items == ()
    lab.world.cut("dc1", "dc2")
    again = await lab.plan()
    assert link(again).contacts != link(before).contacts
    assert again.digest == before.digest


async def test_versions_without_such_times_say_nothing(lab: Shop) -> None:
    assert contact_text({}) == ""
    assert contact_text({"dc1": {}, "dc2": {}}) == ""
