"""`notify` in reconciler.yaml, as a user meets it: what commands send, and that a receiver changes no run."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.support.command.lab import RESOURCES, CommandLab
from tests.support.command.receiver import HANG, Receiver, receiver
from tests.support.command.servers import Sandbox
from tests.support.sweep import leaks


def tells(lab: CommandLab, *hooks: dict[str, Any], **more: Any) -> None:
    lab.write(json.dumps({"notify": list(hooks), **more}), "reconciler.yaml")


def heard(one: Receiver) -> list[tuple[str, str, str]]:
    return [(body["operation"], body["event"], body["verdict"]["word"]) for body in one.bodies]


@pytest.mark.long
def test_runs_that_write_or_find_drift_are_told(lab: CommandLab, clusters: Sandbox) -> None:
    with receiver() as one:
        lab.declare()
        tells(lab, {"url": one.url})
        lab.run("plan").expect(0)
        lab.run("apply").expect(1)  # nobody approves
        lab.run("apply", "--auto-approve").expect(0)
        lab.run("apply", "--auto-approve").expect(0)
        lab.run("drift").expect(0)
        lab.run("rotate", "peering.dc1/dc2", "--auto-approve").expect(0)
        entry = {"Kind": "service-defaults", "Name": "api", "Protocol": "grpc"}
        clusters.call("dc1", "PUT", "/v1/config", entry)
        lab.run("drift").expect(2)
        lab.run("destroy", "--auto-approve", "--json").expect(0)
    assert heard(one) == [
        ("apply", "applied", "applied"),
        ("rotate", "applied", "applied"),
        ("drift", "drift", "drift"),
        ("destroy", "applied", "applied"),
    ]
    assert one.bodies[0]["counts"]["added"] == RESOURCES
    assert one.bodies[2]["addresses"] == ["service_defaults.dc1/api"]
    assert one.bodies[2]["drift"] == {"changed": 1}


def test_a_run_that_fails_early_is_told_but_no_wrong_call(lab: CommandLab) -> None:
    with receiver() as one:
        lab.declare(dc1="http://127.0.0.1:1")
        tells(lab, {"url": one.url, "on": ["failed"]})
        lab.run("apply", "--auto-approve").expect(3)
        lab.run("apply", "nowhere.json").expect(1)
        lab.run("apply", "--auto-approve", "--target", "peering.dc9/*").expect(1, "no resource matches")
        lab.run("apply", "--colour").expect(1, "No such option")
        lab.write("clusters: [", "main.yaml")
        lab.run("apply", "--auto-approve").expect(1)
    assert heard(one) == [("apply", "failed", word) for word in ("partial", "error", "invalid")]


def test_a_receiver_that_fails_is_one_warning_and_changes_no_exit_code(lab: CommandLab) -> None:
    with receiver(404) as one:
        lab.declare()
        tells(lab, {"url": one.url}, {"url_env": "NOT_SET"})
        ended = lab.run("apply", "--auto-approve", "--json").expect(0)
    where = one.url.split("/")[2]
    assert ended.err.splitlines() == [
        f"Warning: notification 1 was not sent: the receiver ({where}) answered 404: (empty body)",
        "Warning: notification 2 (NOT_SET) was not sent: the variable NOT_SET is not set",
    ]
    assert json.loads(ended.out.splitlines()[-1])["type"] == "change_summary"


def test_the_lock_is_free_while_a_receiver_is_slow(lab: CommandLab) -> None:
    with receiver(HANG) as one:
        lab.declare()
        tells(lab, {"url": one.url})
        process = lab.start("apply", "--auto-approve")
        while not one.requests:
            time.sleep(0.05)
        lab.run("force-unlock", "x").expect(1, "the state is not locked")
        process.send_signal(2)  # Ctrl-C: the run has ended already
        ended = lab.end(process, "apply")
    ended.expect(0, "Apply complete!", "Warning: the notifications were interrupted")


@pytest.mark.long
def test_no_secret_is_in_a_notification_or_message(lab: CommandLab) -> None:
    with receiver(500) as one:
        lab.declare()
        secrets = {"HOOK": f"{one.url}?key=canary-of-the-query", "KEY": "canary-of-the-signature"}
        lab.environ |= secrets
        tells(lab, {"url_env": "HOOK", "secret_env": "KEY"})
        ended = lab.run("-vv", "apply", "--auto-approve").expect(0, "Warning: notification 1 (HOOK)")
    shown = {"out": ended.out.encode(), "err": ended.err.encode()}
    sent = {str(number): body for number, (_, body) in enumerate(one.requests)}
    files = {str(path): path.read_bytes() for path in lab.folder.rglob("*") if path.is_file()}
    canaries = ("canary-in-the-path", "canary-of-the-query", "canary-of-the-signature")
    assert leaks(canaries, {**shown, **sent, **files}) == []


@pytest.mark.parametrize(
    ("hook", "why"),
    [
        ({}, "a receiver needs url or url_env, and not both"),
        ({"url": "https://a.example", "url_env": "X"}, "a receiver needs url or url_env, and not both"),
        ({"url_env": "https://a.example"}, "url_env is the name of an environment variable"),
        ({"url": "https://u:p@a.example"}, "the address must not contain credentials"),
        ({"url": "https://a.example/?key=x"}, "the address has a query, which may be a secret"),
        ({"url": "http://a.example/x"}, "notifications would be sent in clear text"),
        ({"url": "https://a.example", "kind": "slack", "secret_env": "X"}, "Slack takes no signature"),
        ({"url": "https://a.example", "on": ["sometimes"]}, "sometimes"),
    ],
)
def test_what_cannot_be_is_said_at_its_place(bare: CommandLab, hook: dict[str, Any], why: str) -> None:
    bare.declare()
    tells(bare, hook)
    bare.run("validate").expect(1, why, "reconciler.yaml:1:")
