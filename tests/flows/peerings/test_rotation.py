"""Renewing the secrets of standing peerings, on sandbox clusters, watched on the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.emulator import Request, Response
from reconciler.model.event import Failed, Progress, Succeeded
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Selection
from tests.support.lab import Lab

PEERING = "peering.dc1/dc2"
SPENT = "a new peering token must be generated: invalid peering establishment secret"


class Crash(BaseException):
    """The process dies."""


@pytest.fixture
async def linked(tmp_path: Path) -> Lab:
    """Two clusters that peer; dc1 accepts."""
    lab = Lab(tmp_path, clusters=2)
    lab.write(lab.clusters_yaml() + "peerings: [{between: [dc1, dc2], meta: {owner: us}}]\n")
    await lab.apply()
    await asyncio.sleep(60)
    lab.clear()
    lab.events.clear()
    return lab


async def rotate(lab: Lab, *globs: str, approve: bool = True, **more: Any) -> app.ApplyResult:
    return await app.rotate(
        lab.options(),
        globs or (PEERING,),
        approve=lambda planned: approve,
        observe=lab.events.append,
        stop=more.get("stop") or app.Stop(),
    )


def rows(lab: Lab) -> dict[str, dict[str, Any]]:
    return {
        f"{name}/{row['Name']}": row for name in lab.names for row in lab.call(name, "GET", "/v1/peerings")
    }


def ended(lab: Lab, kind: type[Any]) -> Any:
    return next(event for event in lab.events if isinstance(event, kind) and str(event.address) == PEERING)


async def test_a_rotated_link_stays_the_same_link_and_the_next_plan_is_empty(linked: Lab) -> None:
    before = rows(linked)

    done = await rotate(linked)
    after = rows(linked)
    writes = list(linked.writes)
    plan = await linked.plan()

    assert done.outcome is not None
    assert (done.outcome.changed, done.outcome.failed, done.outcome.skipped) == (1, (), ())
    assert writes == ["POST dc1/v1/peering/token", "POST dc2/v1/peering/establish"]
    assert {name: row["ID"] for name, row in after.items()} == {n: row["ID"] for n, row in before.items()}
    assert {row["State"] for row in after.values()} == {"ACTIVE"}
    assert all(after[name]["ModifyIndex"] > before[name]["ModifyIndex"] for name in after)
    assert {name: row.get("Meta") for name, row in after.items()} == {
        name: row.get("Meta") for name, row in before.items()
    }
    assert plan.has_changes is False
    assert "link stayed up: same rows, ACTIVE before, during (" in ended(linked, Succeeded).status


async def test_the_new_secret_serves_after_the_next_connection(linked: Lab) -> None:
    await rotate(linked)

    linked.world.down("dc1")
    linked.world.up("dc1")
    await asyncio.sleep(60)

    assert {row["State"] for row in rows(linked).values()} == {"ACTIVE"}
    assert (await linked.plan()).has_changes is False


async def test_a_token_that_nobody_used_dies(linked: Lab) -> None:
    old = linked.call("dc1", "POST", "/v1/peering/token", {"PeerName": "dc2"})["PeeringToken"]

    await rotate(linked)

    body = json.dumps({"PeerName": "late", "PeeringToken": old}).encode()
    reply = linked.world.handle("dc2", Request("POST", "/v1/peering/establish", "", {}, body))
    assert isinstance(reply, Response)
    assert reply.status == 403


async def test_the_end_that_accepts_generates_whatever_is_declared(tmp_path: Path) -> None:
    lab = Lab(tmp_path, clusters=2)
    lab.write(lab.clusters_yaml() + "peerings: [{between: [dc1, dc2]}]\n")
    token = lab.call("dc2", "POST", "/v1/peering/token", {"PeerName": "dc1"})["PeeringToken"]
    lab.call("dc1", "POST", "/v1/peering/establish", {"PeerName": "dc2", "PeeringToken": token})
    await asyncio.sleep(60)
    await lab.apply()
    lab.clear()

    await rotate(lab)

    assert lab.writes == ["POST dc2/v1/peering/token", "POST dc1/v1/peering/establish"]
    assert {row["State"] for row in rows(lab).values()} == {"ACTIVE"}
    assert (await lab.plan()).has_changes is False


def _down(lab: Lab) -> None:
    lab.world.cut("dc1", "dc2")


def _deleted(lab: Lab) -> None:
    lab.call("dc1", "DELETE", "/v1/peering/dc2")


def _gone(lab: Lab) -> None:
    for name, peer in (("dc1", "dc2"), ("dc2", "dc1")):
        lab.call(name, "DELETE", f"/v1/peering/{peer}")


def _dead(lab: Lab) -> None:
    lab.world.down("dc2")


UNFIT = [(_down, "FAILING"), (_deleted, "TERMINATED"), (_gone, "does not exist"), (_dead, "dc2")]


@pytest.mark.parametrize(("harm", "why"), UNFIT, ids=lambda value: getattr(value, "__name__", None))
async def test_what_is_not_up_is_refused_with_the_reason_and_nothing_is_written(
    linked: Lab, harm: Callable[[Lab], None], why: str
) -> None:
    state = await linked.state()
    harm(linked)
    await asyncio.sleep(60)
    linked.clear()

    with pytest.raises(Failure) as refused:
        await rotate(linked)

    assert refused.value.cause is Cause.REFUSED
    assert why in refused.value.detail
    assert linked.writes == []
    assert await linked.state() == state


async def test_what_breaks_after_approval_is_left_alone(linked: Lab) -> None:
    def approve(planned: app.PlanResult) -> bool:
        _down(linked)
        return True

    done = await app.rotate(
        linked.options(), [PEERING], approve=approve, observe=linked.events.append, stop=app.Stop()
    )

    assert done.outcome is not None
    assert [event.error.code for event in done.outcome.failed] == ["conflict"]
    assert linked.writes == []


async def test_without_approval_nothing_is_written(linked: Lab) -> None:
    done = await rotate(linked, approve=False)

    assert (done.approved, done.outcome) == (False, None)
    assert linked.writes == []


async def test_a_spent_token_is_replaced_and_a_token_is_never_sent_twice(linked: Lab) -> None:
    linked.world.faults.add("answer", path="/v1/peering/establish", times=1, status=403, body=SPENT)

    done = await rotate(linked)

    assert done.outcome is not None
    assert done.outcome.failed == ()
    assert linked.writes == ["POST dc1/v1/peering/token", "POST dc2/v1/peering/establish"] * 2


async def test_a_rotation_gives_up_after_three_spent_tokens(linked: Lab) -> None:
    linked.world.faults.add("answer", path="/v1/peering/establish", times=None, status=403, body=SPENT)

    done = await rotate(linked)

    assert done.outcome is not None
    assert [event.error.code for event in done.outcome.failed] == ["token-spent"]
    assert len(linked.writes) == 6
    assert {row["State"] for row in rows(linked).values()} == {"ACTIVE"}


@pytest.mark.parametrize("path", ["/v1/peering/token", "/v1/peering/establish"])
async def test_a_lost_answer_costs_another_token_and_no_link(linked: Lab, path: str) -> None:
    linked.world.faults.add("lost", path=path, times=1)

    done = await rotate(linked)

    assert done.outcome is not None
    assert done.outcome.failed == ()
    assert {row["State"] for row in rows(linked).values()} == {"ACTIVE"}
    assert (await linked.plan()).has_changes is False


async def test_an_exchange_that_cannot_reach_the_other_end_leaves_the_link(linked: Lab) -> None:
    unreachable = 'failed to exchange peering secret through address "127.0.0.1:1": connection refused'
    linked.world.faults.add("answer", path="/v1/peering/establish", times=1, status=503, body=unreachable)

    done = await rotate(linked)
    again = await rotate(linked)

    assert done.outcome is not None
    assert "could not reach" in done.outcome.failed[0].error.message
    assert again.outcome is not None
    assert again.outcome.failed == ()


async def test_an_intent_is_recorded_before_the_first_write_and_a_crash_is_healed(linked: Lab) -> None:
    seen: list[str | None] = []
    handle = linked.world.handle

    def crash(name: str, request: Request) -> Any:
        if request.path == "/v1/peering/token":
            journal = (linked.folder / "state").rglob("*")
            seen.append("".join(f.read_text() for f in journal if f.is_file() and "journal" in f.name))
            raise Crash
        return handle(name, request)

    linked.world.handle = crash  # type: ignore[method-assign]
    with pytest.raises(BaseExceptionGroup):
        await rotate(linked)
    linked.world.handle = handle  # type: ignore[method-assign]
    left = (await linked.state()).resources

    assert '"rotate"' in (seen[0] or "")
    assert [entry.pending for entry in left.values()] == ["rotate"]
    assert (await linked.plan()).actions == ()
    await linked.apply()
    assert [entry.pending for entry in (await linked.state()).resources.values()] == [None]


async def test_what_goes_after_a_failed_rotation_is_drift(linked: Lab) -> None:
    linked.world.faults.add("answer", path="/v1/peering/establish", times=None, status=403, body=SPENT)
    await rotate(linked)
    assert (await app.drift(linked.options(), Selection())).plan.drifted == ()

    _gone(linked)
    await asyncio.sleep(60)
    drifted = (await app.drift(linked.options(), Selection())).plan.drifted

    assert [(str(change.address), change.drift.deleted) for change in drifted] == [(PEERING, True)]


async def test_the_record_has_the_new_version_and_nothing_else_changed(linked: Lab) -> None:
    before = (await linked.state()).resources
    await rotate(linked)
    after = (await linked.state()).resources

    (old,), (new,) = before.values(), after.values()
    assert new.version == max(row["ModifyIndex"] for row in rows(linked).values())
    assert new.version > old.version
    assert (new.body, new.remote_ids, new.pending) == (old.body, old.remote_ids, None)


async def test_globs_name_recorded_peerings_only(lab: Lab) -> None:
    for glob, why in (
        ("peering.*", "is not recorded"),
        ("peering.dc1/dc2", "is not recorded"),
        ("service_intentions.*", "has no secret"),
        ("peering.dc1/dc9", "no resource matches"),
    ):
        with pytest.raises(Failure) as refused:
            await rotate(lab, glob)
        assert refused.value.cause is Cause.USAGE
        assert why in refused.value.summary
    assert lab.writes == []


async def test_all_rotates_every_peering_at_once_and_reports_what_it_left(lab: Lab) -> None:
    await lab.apply()
    lab.world.cut("dc1", "dc3")
    lab.clear()

    done = await rotate(lab, "*")

    assert done.outcome is not None
    assert done.outcome.changed == 2
    assert [(str(item.address), item.because[:8]) for item in done.outcome.skipped] == [
        ("peering.dc1/dc3", "blocked:")
    ]
    assert len(lab.writes) == 4


async def test_a_link_that_goes_down_meanwhile_is_reported(linked: Lab) -> None:
    handle, looks = linked.world.handle, 0

    def harmed(name: str, request: Request) -> Any:
        nonlocal looks
        reply = handle(name, request)
        if request.path == "/v1/peering/establish":
            linked.world.cut("dc1", "dc2")
            looks = 8
        looks -= 1
        if looks == 0:
            linked.world.mend("dc1", "dc2")
        return reply

    linked.world.handle = harmed  # type: ignore[method-assign]
    await rotate(linked)

    assert ended(linked, Succeeded).status.startswith("link is up again; it was down for about ")


async def test_no_token_is_left_in_any_file_or_event(linked: Lab, tmp_path: Path) -> None:
    tokens: list[str] = []
    handle = linked.world.handle

    def spy(name: str, request: Request) -> Any:
        if request.path == "/v1/peering/establish":
            tokens.append(json.loads(request.body)["PeeringToken"])
        return handle(name, request)

    linked.world.handle = spy  # type: ignore[method-assign]
    done = await rotate(linked)

    assert len(tokens) == 1
    texts = [repr(linked.events), repr(done)]
    texts += [file.read_text() for file in tmp_path.rglob("*") if file.is_file()]
    assert [text for text in texts if tokens[0] in text] == []
    assert not [event for event in linked.events if isinstance(event, Failed)]
    assert any(isinstance(event, Progress) for event in linked.events)
