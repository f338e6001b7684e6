"""What can befall a peering, and what the whole product makes of it: on the sandbox and on real servers.

Each life is a coroutine over a `PeeringLab`. Lives do not meet, so that all can run at once on the same
clusters.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from reconciler import app
from reconciler.model.change import Action, Reason
from reconciler.model.event import SkipReason, Succeeded
from reconciler.model.plan import Mode
from tests.support.peerings.lab import PeeringLab, Refused, Servers

Life = Callable[[PeeringLab], Awaitable[None]]
RECONNECTS = 150.0
"""Seconds until a dialer has tried again, whenever the other end came back: it waits 1, 2, 4 … 64 seconds
between attempts (agent/consul/leader_peering.go, maxRetryBackoffPeering), each peering by itself."""


async def made_and_removed(lab: PeeringLab) -> None:
    await lab.expects(Action.CREATE, Reason.DECLARED)
    await lab.converges()
    await lab.removed()


async def waits_to_be_dialed(lab: PeeringLab) -> None:
    await lab.token()
    await lab.expects(Action.CREATE, Reason.RESUME, "PENDING: it waits to be dialed")
    first = (await lab.rows())[lab.one]
    await lab.converges()
    resumed = (await lab.rows())[lab.one]
    assert first is not None
    assert resumed is not None
    assert resumed["ID"] == first["ID"], "what was half-made is used"


async def _spent_exchange(lab: PeeringLab) -> None:
    """A token that a newer one replaced: the exchange fails and leaves a PENDING row on the dialing end."""
    old = await lab.token()
    await lab.token()
    with pytest.raises(Refused, match="403"):
        await lab.establish(old)
    assert await lab.states() == ("PENDING", "PENDING")


async def both_ends_pending(lab: PeeringLab) -> None:
    await _spent_exchange(lab)
    await lab.expects(Action.CREATE, Reason.RESUME, "left over from a failed exchange")
    await lab.converges()


async def dialer_pending_alone(lab: PeeringLab) -> None:
    await _spent_exchange(lab)
    await lab.delete(lab.one)
    await lab.until(lambda states: states == ("gone", "PENDING"))
    await lab.expects(Action.CREATE, Reason.RESUME, "left over from a failed exchange")
    await lab.converges()


async def half_made_the_other_way_round(lab: PeeringLab) -> None:
    await lab.token(lab.other)
    await lab.expects(Action.REPLACE, Reason.BROKEN, "incomplete in the other direction")
    await lab.converges()


async def accepting_end_deleted_by_hand(lab: PeeringLab) -> None:
    await lab.apply()
    await lab.delete(lab.one)
    await lab.until(lambda states: states == ("gone", "TERMINATED"))
    drift = await lab.drift()
    assert len(drift.drifted) == 1
    assert "TERMINATED" in drift.drifted[0].drift.broken
    await lab.expects(Action.REPLACE, Reason.BROKEN, "TERMINATED")
    await lab.converges()


async def dialing_end_deleted_by_hand(lab: PeeringLab) -> None:
    await lab.apply()
    await lab.delete(lab.other)
    await lab.until(lambda states: states == ("TERMINATED", "gone"))
    assert len((await lab.drift()).drifted) == 1
    await lab.expects(Action.REPLACE, Reason.BROKEN, "TERMINATED")
    await lab.converges()


async def deleted_by_hand_and_repaired_at_once(lab: PeeringLab) -> None:
    """Up to five seconds pass before the other end hears of it: it reads ACTIVE, with nobody there."""
    await lab.apply()
    await lab.delete(lab.other)
    await lab.until(lambda states: states[1] == "gone")
    change = await lab.planned()
    assert (change.action, change.reason) == (Action.REPLACE, Reason.BROKEN)
    await lab.converges()


async def deleted_by_hand_then_destroyed(lab: PeeringLab) -> None:
    await lab.apply()
    await lab.delete(lab.one)
    await lab.until(lambda states: states[0] == "gone")
    await lab.removed()
    assert (await app.show_state(lab.options())).resources == {}


async def both_ends_deleted_at_once(lab: PeeringLab) -> None:
    await lab.apply()
    await lab.delete(lab.one, lab.other)
    await asyncio.sleep(1.0)
    change = await lab.planned()
    # Mostly nothing is left; an end that heard of the other's removal while its own went on stays behind.
    assert (change.action, change.reason) in (
        (Action.CREATE, Reason.DELETED_OUTSIDE),
        (Action.CREATE, Reason.LEAVING),
        (Action.REPLACE, Reason.BROKEN),
    )
    await lab.converges()


async def both_ends_deleted_and_forgotten(lab: PeeringLab) -> None:
    await lab.apply()
    await lab.delete(lab.one, lab.other)
    await lab.until(lambda states: set(states) <= {"gone", "TERMINATED"})
    await lab.removed()


async def name_taken(lab: PeeringLab) -> None:
    """A third cluster holds the name that this peering wants on its dialing end."""
    taken = lab.names[lab.other]
    body = {"PeerName": taken}
    token = (await lab.servers.call("dc3", "POST", "/v1/peering/token", body))["PeeringToken"]
    await lab.servers.call(lab.other, "POST", "/v1/peering/establish", {**body, "PeeringToken": token})
    await lab.until(lambda states: states[1] == "ACTIVE")
    before = await lab.settled_marks()
    change = await lab.planned()
    assert "another cluster" in str(change.blocked)
    assert taken in str(change.blocked)
    assert change.notes == (f"choose another name for this end, as in names: {{{lab.other}: {taken}-2}}",)
    refused = await lab.apply()
    assert refused.outcome is not None
    assert [item.reason for item in refused.outcome.skipped] == [SkipReason.BLOCKED]
    assert await lab.marks() == before
    # Once its owner gave the name back, the next run goes on.
    await lab.servers.call("dc3", "DELETE", f"/v1/peering/{taken}")
    await lab.delete(lab.other)
    await lab.until(lambda states: states[1] == "gone")
    await lab.converges()


async def linked_under_another_name(lab: PeeringLab) -> None:
    """One end has the declared name and the other has not: what the plan says to declare adopts the link."""
    other = {"PeerName": f"own-{lab.tag}"}
    token = (await lab.servers.call(lab.one, "POST", "/v1/peering/token", other))["PeeringToken"]
    await lab.establish(token)
    await lab.until(lambda states: states[1] == "ACTIVE")
    before = await lab.settled_marks()
    change = await lab.planned()
    assert f'is linked to "own-{lab.tag}" on {lab.one}' in str(change.blocked)
    (hint,) = change.notes
    named = hint.partition("declare names: ")[2]
    assert named == f"{{{lab.other}: {lab.names[lab.other]}, {lab.one}: own-{lab.tag}}}"
    configuration = (lab.folder / "main.yaml").read_text()
    clusters = configuration.partition("peerings:")[0]
    peering = f"peerings: [{{between: [{lab.one}, {lab.other}], names: {named}}}]\n"
    (lab.folder / "main.yaml").write_text(clusters + peering)
    adopted = await lab.apply()
    assert adopted.plan.actions == ()
    assert adopted.outcome is not None
    assert adopted.outcome.adopted == 1
    assert await lab.marks() == before
    await lab.apply(Mode.DESTROY)
    await lab.until(lambda states: states[1] == "gone")


async def made_by_hand_the_other_way_round(lab: PeeringLab) -> None:
    """The declared acceptor dialed: roles mean nothing to a link that stands."""
    await lab.establish(await lab.token(lab.other), lab.one)
    await lab.until(lambda states: states == ("ACTIVE", "ACTIVE"))
    before = await lab.settled_marks()
    adopted = await lab.apply()
    assert adopted.plan.actions == ()
    assert adopted.outcome is not None
    assert adopted.outcome.adopted == 1
    assert await lab.marks() == before
    await lab.is_stable()
    await lab.rotate()
    assert (await lab.rows())[lab.one] is not None
    await lab.is_stable()
    await lab.removed()


async def remade_by_hand_the_other_way_round(lab: PeeringLab) -> None:
    await lab.apply()
    await lab.delete(lab.one, lab.other)
    await lab.until(lambda states: set(states) <= {"gone", "TERMINATED"})
    while await lab.states() != ("gone", "gone"):
        await lab.delete(lab.one, lab.other)
        await asyncio.sleep(0.2)
    await asyncio.sleep(5.5)  # the leaders' rhythm: a row made again within it may end TERMINATED
    await lab.establish(await lab.token(lab.other), lab.one)
    await lab.until(lambda states: states == ("ACTIVE", "ACTIVE"))
    before = await lab.settled_marks()
    recorded = await lab.apply()  # the new rows are recorded, and nothing is written
    assert recorded.plan.actions == ()
    assert await lab.marks() == before
    await lab.is_stable()


async def name_in_upper_case(lab: PeeringLab) -> None:
    """Lookups ignore the letter case: a deletion by another spelling is a deletion."""
    await lab.apply()
    await lab.servers.call(lab.one, "DELETE", f"/v1/peering/{lab.names[lab.one].upper()}")
    await lab.until(lambda states: states[0] == "gone")
    await lab.converges()


async def rotated(lab: PeeringLab) -> None:
    """Both ends are looked at as fast as they answer, for longer than the leaders' rhythm."""
    await lab.apply()
    rows, before = await lab.rows(), await lab.settled_marks()
    spare = await lab.token()
    seen: list[tuple[tuple[str, str], float]] = []
    loop, done = asyncio.get_running_loop(), False

    async def watch() -> None:
        while not done:
            began = loop.time()
            seen.append((await lab.states(), began))
            await asyncio.sleep(max(0.0, 0.02 - (loop.time() - began)))

    watching = asyncio.create_task(watch())
    applied = await lab.rotate()
    await asyncio.sleep(6.0)
    done = True
    await watching

    assert applied.outcome is not None
    assert applied.outcome.failed == ()
    assert applied.outcome.changed == 1
    assert {states for states, _ in seen} == {("ACTIVE", "ACTIVE")}
    last = [event for event in lab.events if isinstance(event, Succeeded)][-1]
    assert last.status.startswith("link stayed up: same rows, ACTIVE before, during (")
    after = await lab.rows()
    for name, row in rows.items():
        found = after[name]
        assert row is not None
        assert found is not None
        assert found["ID"] == row["ID"]
        assert found.get("PeerID") == row.get("PeerID")
        assert found["ModifyIndex"] > before[name][1]  # type: ignore[index]
    await _dies(lab, spare)
    await lab.is_stable()


async def _dies(lab: PeeringLab, token: str) -> None:
    """A token from before, never used, is refused; what its refusal leaves is cleared away."""
    name = f"late-{lab.tag}"
    body = {"PeerName": name, "PeeringToken": token}
    with pytest.raises(Refused, match="403"):
        await lab.servers.call(lab.other, "POST", "/v1/peering/establish", body)
    await lab.servers.call(lab.other, "DELETE", f"/v1/peering/{name}")


LIVES: tuple[Life, ...] = (
    made_and_removed,
    waits_to_be_dialed,
    both_ends_pending,
    dialer_pending_alone,
    half_made_the_other_way_round,
    accepting_end_deleted_by_hand,
    dialing_end_deleted_by_hand,
    deleted_by_hand_and_repaired_at_once,
    deleted_by_hand_then_destroyed,
    both_ends_deleted_at_once,
    both_ends_deleted_and_forgotten,
    name_taken,
    linked_under_another_name,
    made_by_hand_the_other_way_round,
    remade_by_hand_the_other_way_round,
    name_in_upper_case,
    rotated,
)


async def one_end_dies_and_comes_back(servers: Servers, desks: Callable[[str, str, str], PeeringLab]) -> None:
    """The cluster that accepts is killed, things happen meanwhile, and it comes back with what it kept.

    `desks` makes a lab of a tag, an accepting and a dialing cluster.
    """
    kept = desks("kept", "dc1", "dc2")  # nothing befalls it
    renewed = desks("renewed", "dc1", "dc2")  # its secret was renewed before
    orphan = desks("orphan", "dc2", "dc1")  # its accepting end goes while the dialing one is away
    zombie = desks("zombie", "dc1", "dc2")  # its dialing end goes while the accepting one is away
    everybody = (kept, renewed, orphan, zombie)
    await asyncio.gather(*(lab.apply() for lab in everybody))
    await renewed.rotate()
    marks = await kept.settled_marks()

    await servers.stop("dc1")
    away = await kept.plan()
    assert (away.actions, away.has_changes) == ((), False)
    assert [item.code for item in away.deferred] == ["unreachable"]
    assert (await kept.drift()).drifted == ()
    assert (await kept.apply()).outcome is None
    await asyncio.gather(orphan.delete("dc2"), zombie.delete("dc2"))

    await servers.start("dc1")
    seen = set()
    while (states := await kept.states()) != ("ACTIVE", "ACTIVE"):
        seen.add(states)
        plan, drift = await kept.plan(), await kept.drift()
        assert (plan.actions, plan.deferred) == ((), ()), f"{states}: {plan.actions or plan.deferred}"
        assert drift.drifted == (), states
        await asyncio.sleep(0.3)
    # Real servers are sometimes connected again before they first answer; the sandbox never is.
    assert seen or not servers.transports, "the link was up at once: nothing was seen of the time in between"
    # The servers' own doing: a stream that comes up again writes both rows. They are the same rows.
    after = await kept.settled_marks()
    assert {name: mark and mark[0] for name, mark in after.items()} == {
        n: m and m[0] for n, m in marks.items()
    }
    assert after != marks
    await kept.is_stable()
    await renewed.until(lambda states: states == ("ACTIVE", "ACTIVE"), RECONNECTS)
    await renewed.is_stable()
    await asyncio.gather(_made_again(orphan), _made_again(zombie))


async def _made_again(lab: PeeringLab) -> None:
    """Whatever the end that is left reads (FAILING, ACTIVE, soon TERMINATED): nobody is at its other end."""
    assert "gone" in await lab.states()
    assert len((await lab.drift()).drifted) == 1
    await lab.expects(Action.REPLACE, Reason.BROKEN)
    await lab.converges()
