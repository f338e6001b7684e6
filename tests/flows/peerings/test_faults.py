"""Fail any request, run again, converge; never a false success, never a secret in what is left behind."""

from __future__ import annotations

import base64
import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler import app
from reconciler.emulator import Request, Response, World
from reconciler.emulator.wire.messages import Block
from reconciler.model.failure import Failure
from reconciler.model.plan import Mode
from reconciler.model.state import State
from reconciler.statestore.session import JournaledSession
from tests.support.lab import EXAMPLES, Lab
from tests.support.virtual import CLOCK

EFFECTS = {
    "refused": {},
    "lost": {},
    "answer": {"status": 500, "body": "rpc error making call: EOF"},
}


def _lab(folder: Path) -> Lab:
    for file in (EXAMPLES / "01-three-clusters").glob("*.yaml"):
        shutil.copy(file, folder)
    return Lab(folder)


async def _writes(folder: Path, mode: Mode) -> Counter[str]:
    """Return how many writes of each method a run makes that nothing disturbs."""
    lab = _lab(folder)
    if mode is Mode.DESTROY:
        await lab.apply()
        lab.clear()
    await lab.apply(mode)
    return Counter(write.split()[0] for write in lab.writes)


async def _try(lab: Lab, mode: Mode) -> app.ApplyResult | None:
    try:
        return await lab.apply(mode)
    except Failure:
        return None


@pytest.mark.long
@pytest.mark.parametrize("mode", [Mode.NORMAL, Mode.DESTROY], ids=lambda mode: mode.value)
@pytest.mark.parametrize("effect", EFFECTS)
async def test_whichever_write_fails_the_next_run_converges(tmp_path: Path, effect: str, mode: Mode) -> None:
    (tmp_path / "count").mkdir()
    writes = await _writes(tmp_path / "count", mode)
    assert writes.total() > 10
    fired = 0

    for number in range(max(writes.values())):
        folder = tmp_path / str(number)
        folder.mkdir()
        lab = _lab(folder)
        if mode is Mode.DESTROY:
            await lab.apply()
        faults = [
            lab.world.faults.add(effect, method=method, path="/v1/", times=1, after=number, **EFFECTS[effect])
            for method in writes
        ]

        first = await _try(lab, mode)
        fired += sum(fault.fired for fault in faults)
        for fault in faults:
            fault.times = 0
        await lab.apply(mode)
        lab.clear()
        last = await lab.apply(mode)

        assert lab.writes == [], f"write {number} {effect}: the last run still wrote"
        assert last.plan.actions == ()
        if first is not None and first.outcome is not None and not first.outcome.failed:
            assert first.outcome.skipped == ()

    assert fired >= writes.total() - 3  # a write saved by an earlier failure leaves its fault unused


async def test_a_forbidden_write_on_one_cluster_fails_alone(tmp_path: Path) -> None:
    lab = _lab(tmp_path)
    lab.world.faults.add(
        "answer",
        cluster="dc3",
        method="PUT",
        path="/v1/config",
        times=None,
        status=403,
        body="Permission denied: token with AccessorID 'x' lacks permission 'service:write' on \"api\"",
    )

    applied = await lab.apply()

    assert applied.outcome is not None
    assert {str(event.address.cluster) for event in applied.outcome.failed} == {"dc3"}
    assert all(event.because.startswith("needs ") for event in applied.outcome.skipped)
    assert applied.outcome.skipped
    assert applied.outcome.added > 5


async def test_no_secret_reaches_any_file_or_event(tmp_path: Path) -> None:
    lab = _lab(tmp_path)
    lab = Lab(tmp_path, acl=True)
    token = lab.specs[0].management_token
    handle, made = lab.world.handle, list[str]()

    def listening(name: str, request: Request) -> Response | Block:
        reply = handle(name, request)
        if request.path == "/v1/peering/token":
            assert isinstance(reply, Response)
            whole = reply.json()["PeeringToken"]
            made.extend([whole, json.loads(base64.b64decode(whole))["EstablishmentSecret"]])
        return reply

    lab.world.handle = listening  # type: ignore[method-assign]
    lab.environ = {f"CONSUL_HTTP_TOKEN_{name.upper()}": token for name in lab.names}

    applied = await lab.apply()
    app.save_plan(applied.plan, tmp_path / "saved.plan")

    assert applied.outcome is not None
    assert applied.outcome.failed == ()
    assert len(made) == 6, "three peerings, a token and a secret each"
    secrets = [token, *made, "PeeringToken", "EstablishmentSecret"]
    shown = [repr(lab.events), repr(applied)]
    shown += [file.read_text() for file in tmp_path.rglob("*") if file.is_file()]
    assert [secret for secret in secrets for text in shown if secret in text] == []


async def test_a_row_stranded_by_two_deletions_at_once_is_deleted_again(tmp_path: Path) -> None:
    lab = _lab(tmp_path)
    await lab.apply()
    lab.world.strand("dc1")

    destroyed = await lab.apply(Mode.DESTROY)

    assert destroyed.outcome is not None
    assert destroyed.outcome.failed == ()
    assert lab.call("dc1", "GET", "/v1/peerings") == []


async def test_what_a_run_that_died_at_its_end_left_in_the_journal_is_folded_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(session: JournaledSession, ended: object = None) -> State:
        raise SystemExit

    lab = _lab(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(JournaledSession, "commit", die)
        with pytest.raises(SystemExit):
            await lab.apply()
    held = (await lab.state()).resources
    lab.clear()

    await lab.apply()

    assert lab.writes == []
    assert sorted(path.name for path in (tmp_path / "state").glob("state.*")) == ["state.json", "state.lock"]
    assert (await lab.state()).resources == held


DIALED = "dial tcp 127.0.0.1:0->127.0.0.1:8300: connect: connection refused"
WITHOUT_LEADER = {
    "No cluster leader": 500,
    f"rpc error getting client: failed to get conn: {DIALED}": 500,
    f'connection error: desc = "transport: Error while dialing: {DIALED}"': 503,
    f'rpc error: code = Unavailable desc = desc = "transport: Error while dialing: {DIALED}"': 500,
}


@pytest.mark.parametrize("path", ["/v1/config", "/v1/peering/token", "/v1/peering/establish"])
@pytest.mark.parametrize("text", WITHOUT_LEADER)
async def test_what_a_server_without_a_leader_did_not_do_is_asked_for_again(
    tmp_path: Path, text: str, path: str
) -> None:
    """As a follower tells it (recorded from 1.14 to 1.22): nothing was sent on, so writes are repeated."""
    lab = _lab(tmp_path)
    fault = lab.world.faults.add("answer", path=path, times=1, status=WITHOUT_LEADER[text], body=text)

    applied = await lab.apply()

    assert fault.fired == 1
    assert applied.outcome is not None
    assert applied.outcome.failed == ()
    assert (await lab.plan()).actions == ()


async def test_a_cluster_of_several_servers_is_asked_through_a_follower(tmp_path: Path) -> None:
    lab = _lab(tmp_path)
    lab.specs = [replace(spec, servers=3) for spec in lab.specs]
    lab.world = World(lab.specs, clock=CLOCK, delays=False)

    applied = await lab.apply()

    assert applied.outcome is not None
    assert applied.outcome.failed == ()
    assert (await lab.plan()).actions == ()
