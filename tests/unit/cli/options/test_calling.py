"""Printed commands repeat how the program was called, and no sensitive value."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reconciler.cli.options.calling import Calling
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import PlanVariable
from tests.support import samples as s

CALLING = Calling(
    Path("a b"),
    files=(Path("x.yaml"),),
    variables=("region=eu west", "key=hunter2", "other=1"),
    variable_files=(Path("$HOME.vars"),),
    state=Path("st"),
)
PLAN = replace(s.FIRST, variables=(PlanVariable("region", "eu west"), PlanVariable("key", None)))


def test_a_command_gets_the_options_quoted_for_a_shell() -> None:
    assert CALLING.knowing(PLAN).complete("run: reconciler apply --target x") == (
        "run: reconciler -C 'a b' -f x.yaml -var-file '$HOME.vars' -var 'region=eu west' -var key=... "
        "-var other=... --state st apply --target x"
    )


def test_nothing_is_known_of_values_before_there_is_a_plan() -> None:
    text = CALLING.complete("reconciler destroy")
    assert "hunter2" not in text
    assert "eu west" not in text


def test_commands_that_read_no_configuration_get_no_files_and_no_variables() -> None:
    assert CALLING.complete("`reconciler state list`") == "`reconciler -C 'a b' --state st state list`"


def test_completing_twice_is_completing_once() -> None:
    for text in ("changed outside reconciler since", "reconciler state", "/opt/reconciler plan"):
        assert CALLING.complete(text) == text
    once = CALLING.complete("reconciler plan; reconciler rotate --all")
    assert CALLING.complete(once) == once


def test_remarks_of_a_plan_and_hints_of_failures_are_completed() -> None:
    plan = replace(PLAN, warnings=("see reconciler acl-policy --cluster dc1",))
    assert CALLING.plan(plan).warnings[0].startswith("see reconciler -C 'a b'")
    assert Calling().plan(plan) is plan
    failure = CALLING.failure(Failure(Cause.REFUSED, "no", hint="run: reconciler destroy"))
    assert failure.hint.startswith("run: reconciler -C 'a b' -f x.yaml")
