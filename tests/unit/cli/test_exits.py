"""Exit codes: one for each way a run can end, from the same values as the text."""

from __future__ import annotations

import dataclasses
import json
import sys

import pytest

from reconciler import app
from reconciler.cli.commands import looking
from reconciler.model.event import Outcome, Unconfirmed
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode
from reconciler.sdk.secrets.quoting import forget_values, remember_values
from tests.support import samples as s
from tests.unit.cli.conftest import Cli, FakeApp

UNKNOWN = s.plan(s.KNOWN, deferred=s.EVERYTHING.deferred)
BLIND = dataclasses.replace(UNKNOWN, changes=())
DOWN = s.plan(dataclasses.replace(s.KNOWN, unhealthy="no heartbeat for 3 m"), mode=Mode.REFRESH_ONLY)
HALF_DONE = dataclasses.replace(s.DONE)


@pytest.mark.parametrize(
    ("plan", "plain", "detailed"),
    [(s.FIRST, 0, 2), (s.NOTHING, 0, 0), (UNKNOWN, 0, 1), (s.EVERYTHING, 0, 2), (BLIND, 1, 1)],
    ids=["changes", "nothing", "unknown", "everything", "nothing decided"],
)
def test_plan(cli: Cli, fake: FakeApp, plan: object, plain: int, detailed: int) -> None:
    fake.planned = app.PlanResult(plan, (), 0.1)  # type: ignore[arg-type]
    assert cli("plan").code == plain
    assert cli("plan", "--detailed-exitcode").code == detailed
    assert cli("plan", "-detailed-exitcode", "-json").code == detailed


@pytest.mark.parametrize(
    ("plan", "code"),
    [(s.DRIFT_ONLY, 2), (s.NOTHING, 0), (UNKNOWN, 1), (DOWN, 2)],
    ids=["drift", "none", "unknown", "unhealthy"],
)
def test_drift(cli: Cli, fake: FakeApp, plan: object, code: int) -> None:
    fake.planned = app.PlanResult(plan, (), 0.1)  # type: ignore[arg-type]
    assert cli("drift").code == code
    assert cli("drift", "--json").code == code


def test_a_link_that_is_down_is_no_change_and_no_silence(cli: Cli, fake: FakeApp) -> None:
    fake.planned = app.PlanResult(DOWN, (), 0.1)
    ended = cli("drift")
    assert f"Unhealthy: {s.KNOWN.address}: no heartbeat for 3 m" in ended.out
    assert ended.out.endswith("1 object unhealthy.\n")
    assert "No changes" not in ended.out
    found = json.loads(cli("drift", "--json").out)["unhealthy"]
    assert found == [{"address": str(s.KNOWN.address), "because": "no heartbeat for 3 m"}]


def test_what_is_unknown_is_never_called_equal(cli: Cli, fake: FakeApp) -> None:
    fake.planned = app.PlanResult(UNKNOWN, (), 0.1)
    ended = cli("drift")
    assert "No changes. " not in ended.out
    assert "3 resources could not be decided" in ended.out


OVERTAKEN = dataclasses.replace(
    s.PARTLY,
    failed=(),
    skipped=(),
    unconfirmed=tuple(Unconfirmed(f.address, f.action, f.elapsed, f.error) for f in s.PARTLY.failed),
)
NONE_DONE = dataclasses.replace(s.PARTLY, added=0)


@pytest.mark.parametrize(
    ("outcome", "code", "says"),
    [
        (s.DONE, 0, "Apply complete! Resources: 2 added, 1 changed, 0 destroyed."),
        (s.PARTLY, 3, "2 applied, 1 failed, 1 skipped"),
        (NONE_DONE, 1, "0 applied, 1 failed, 1 skipped"),
        (OVERTAKEN, 3, "2 applied, 0 failed, 0 skipped; 1 not as written"),
        (s.STOPPED, 130, "Interrupted: 1 applied"),
        (s.REFUSED, 4, "The rest is refused"),
    ],
    ids=["done", "partly", "none", "not as written", "interrupted", "refused"],
)
def test_apply(cli: Cli, fake: FakeApp, outcome: Outcome, code: int, says: str) -> None:
    fake.outcome = outcome
    ended = cli("apply", "--auto-approve")
    assert says in ended.out
    assert ended.code == code
    assert cli("apply", "--auto-approve", "--json").code == code


def test_apply_that_leaves_something_undecided_is_not_a_success(cli: Cli, fake: FakeApp) -> None:
    fake.planned = app.PlanResult(dataclasses.replace(s.FIRST, deferred=UNKNOWN.deferred))
    assert cli("apply", "--auto-approve").code == 3
    fake.planned, fake.outcome = app.PlanResult(UNKNOWN), None
    assert cli("apply", "--auto-approve").code == 1


def test_apply_with_nothing_to_do(cli: Cli, fake: FakeApp) -> None:
    fake.planned, fake.outcome = app.PlanResult(s.NOTHING), None
    ended = cli("apply", "--auto-approve")
    assert ended.code == 0
    assert "No changes. Your infrastructure matches the configuration.\n" in ended.out
    assert ended.out.endswith("Apply complete! Resources: 0 added, 0 changed, 0 destroyed.\n")


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (Cause.CONFIGURATION, 1),
        (Cause.STATE_LOCKED, 5),
        (Cause.STALE_PLAN, 4),
        (Cause.WRONG_CLUSTER, 4),
        (Cause.INTERRUPTED, 130),
    ],
)
@pytest.mark.parametrize("command", ["plan", "drift", "apply --auto-approve", "show", "state list"])
def test_failures(cli: Cli, fake: FakeApp, cause: Cause, code: int, command: str) -> None:
    fake.failure = Failure(cause, "it is wrong", detail="here", hint="do that")
    ended = cli(*command.split())
    assert ended.code == code
    assert ended.out == ""
    assert [word for word in ("Error: it is wrong", "here", "do that") if word not in ended.err] == []


@pytest.mark.parametrize(
    "argv", ["nonsense", "plan --bogus", "plan --target", "--parallelism 0 plan", "state show"]
)
def test_a_usage_error_is_1_because_2_means_changes(cli: Cli, argv: str) -> None:
    ended = cli(*argv.split())
    assert ended.code == 1
    assert ended.err.startswith("Error: ")
    assert ended.out == ""


def test_a_surprise_is_short(cli: Cli, fake: FakeApp) -> None:
    fake.failure = ZeroDivisionError("oh\x1b[31m")
    ended = cli("plan")
    assert ended.code == 1
    assert "internal error (ZeroDivisionError: oh\\x1b[31m)" in ended.err
    assert "Traceback" not in ended.err
    assert "-v" in ended.err


def test_a_surprise_is_reported_in_full_on_request(cli: Cli, fake: FakeApp) -> None:
    fake.failure = ZeroDivisionError("oh\x1b[31m")
    ended = cli("plan", "-v")
    assert "Traceback" in ended.err
    assert "\x1b" not in ended.err


@pytest.mark.parametrize("argv", [("plan",), ("plan", "-v")])
def test_a_surprise_does_not_show_a_sensitive_value(cli: Cli, fake: FakeApp, argv: tuple[str, ...]) -> None:
    fake.failure = KeyError("canary-of-a-surprise-4c")
    remember_values(["canary-of-a-surprise-4c"])
    try:
        ended = cli(*argv)
    finally:
        forget_values()
    assert "internal error (KeyError: '(sensitive value)')" in ended.err
    assert "canary-of-a-surprise" not in ended.err


def test_ctrl_c_while_reading(cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*given: object, **more: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(looking, "Reporting", interrupted)
    ended = cli("plan")
    assert ended.code == 130
    assert "Traceback" not in ended.err


def test_output_that_cannot_be_written_is_an_error() -> None:
    import subprocess

    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "reconciler", "version"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert ended.stderr == "Error: the output could not be written: No space left on device\n"


def test_what_was_overtaken_has_one_outcome_and_is_reported_at_the_end(cli: Cli, fake: FakeApp) -> None:
    fake.planned = app.PlanResult(s.FIRST, (), 0.1)
    fake.outcome = OVERTAKEN
    ended = cli("apply", "--auto-approve", "--json")
    assert ended.code == 3
    kinds = [json.loads(line)["type"] for line in ended.out.splitlines()]
    assert kinds.count("apply_unconfirmed") == 1
    assert "apply_errored" not in kinds
    assert json.loads(ended.out.splitlines()[-1])["changes"]["unconfirmed"] == 1
    assert (
        "Run the same command again: it writes what is different by then."
        in cli("apply", "--auto-approve").out
    )
