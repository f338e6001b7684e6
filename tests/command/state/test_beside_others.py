"""A state on a server that others use too: what is said of them, and of credentials that it does not take."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from reconciler.model.state_place import ConsulPlace, HttpPlace, LocalPlace, StatePlace
from reconciler.statestore.factory import open_store
from tests.backends.http.server import StateServer, serving
from tests.support.command.lab import CommandLab, Ended
from tests.support.command.servers import Sandbox

BUSY = "another run has locked the state"


def while_locked(lab: CommandLab, place: StatePlace, runs: Callable[[], list[Ended]]) -> tuple[str, list[Ended]]:
    """Run while another run has the lock; return its ID too."""

    async def hold() -> tuple[str, list[Ended]]:
        store = open_store(place, root=lab.folder)
        session = await store.open("rotate")
        try:
            holder = await store.holder()
            assert holder is not None
            return holder.id, await asyncio.to_thread(runs)
        finally:
            await session.close()

    return asyncio.run(hold())


@pytest.mark.parametrize("backend", ["local", "consul"])
def test_a_plan_says_who_has_the_lock(lab: CommandLab, clusters: Sandbox, backend: str) -> None:
    """It is made all the same, and is the same plan; nothing is said once that run has ended."""
    place = ConsulPlace("team", clusters.urls["dc1"]) if backend == "consul" else LocalPlace()
    if isinstance(place, ConsulPlace):
        keys = {"backend": "consul", "address": place.address, "path": place.path}
        lab.write(json.dumps({"state": keys}), "reconciler.yaml")
    lab.arrange()

    def runs() -> list[Ended]:
        commands = (("plan",), ("plan", "--json"), ("drift", "--json"), ("plan", "-out", "plan.json"))
        return [lab.run(*argv).expect(0) for argv in commands]

    run, (text, plan, drift, _) = while_locked(lab, place, runs)
    assert f"Warning: {BUSY} (rotate of " in text.out
    assert f"ID {run})" in text.out
    assert "No changes." in text.out
    for ended in (plan, drift):
        (said,) = [one for one in ended.value()["warnings"] if BUSY in one]
        assert run in said
        assert ", since 2" in said
    assert BUSY not in lab.run("plan").expect(0).text
    lab.run("apply", "plan.json").expect(0)


def test_where_only_a_request_for_the_lock_would_tell_nothing_is_asked(lab: CommandLab) -> None:
    with serving(StateServer()) as states:
        lab.write(json.dumps({"state": {"backend": "http", "address": states.address}}), "reconciler.yaml")
        lab.arrange()

        asked: list[str] = []

        def runs() -> list[Ended]:
            states.seen.clear()
            ended = lab.run("plan").expect(0)
            asked.extend(states.seen)
            return [ended]

        _, (ended,) = while_locked(lab, HttpPlace(states.address), runs)
        assert BUSY not in ended.text
        # the run that has the lock may look meanwhile whether it still has it
        assert "GET /team/production" in asked
        assert not [one for one in asked if one.startswith("UNLOCK")], "the plan asked for the lock"


PASSWORD, USERNAME = "RECONCILER_HTTP_PASSWORD", "RECONCILER_HTTP_USERNAME"


@pytest.mark.parametrize(
    ("username", "environ", "said"),
    [
        ("", {}, f"no credentials were sent: set {PASSWORD}, and username under state"),
        ("team", {}, f"no credentials were sent: set {PASSWORD}\n"),
        ("", {USERNAME: "team"}, f"no credentials were sent: set {PASSWORD}\n"),
        ("", {PASSWORD: "wrong"}, f"{PASSWORD} was sent without a user: set username under state"),
        ("team", {PASSWORD: "wrong"}, f"(or {USERNAME}), and {PASSWORD}: both were sent"),
    ],
)
def test_a_refusal_of_an_http_server_names_what_is_not_set(
    lab: CommandLab, username: str, environ: dict[str, str], said: str
) -> None:
    lab.environ = environ
    with serving(StateServer(password="right")) as states:
        keys = {"backend": "http", "address": states.address, **({"username": username} if username else {})}
        lab.write(json.dumps({"state": keys}), "reconciler.yaml")
        for argv in (("plan",), ("apply", "--auto-approve")):
            ended = lab.run(*argv).expect(1, "answered 401")
            assert said in "\n".join(line.lstrip("│ ") for line in ended.text.splitlines()) + "\n"
