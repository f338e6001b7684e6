"""A plugin that fails is named, with the address and the call; everything else goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from reconciler import app, registry
from reconciler.app.planning.attributed import Attributed
from reconciler.model.event import Event, Failed, Succeeded
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Selection
from reconciler.sdk.address import Address
from reconciler.sdk.errors import PluginFault, Refused
from reconciler.sdk.foresight import Access, Interim, Reach, Standing, Verdict, Way, Write
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import (
    Applied,
    ClusterConfig,
    ClusterInfo,
    Present,
    Reading,
    Settings,
    Step,
    Wanted,
)


class Minimal:
    """A provider of the four methods and nothing more: no requests, no schemas, no checks."""

    objects: dict[str, Any] = {}  # noqa: RUF012

    def __init__(self, clusters: Mapping[str, ClusterConfig], settings: Settings) -> None:
        self.clusters = clusters

    def kind_of(self, type_: str) -> Kind | None:
        return Kind(type_, 10) if type_ == "thing" else None

    async def read(self, wanted: Sequence[Wanted]) -> Reading:
        found = {w.address: self.objects.get(str(w.address)) for w in wanted}
        infos = {name: ClusterInfo(name, "", "1", name) for name in self.clusters}
        return Reading({a: Present(body) if body is not None else None for a, body in found.items()}, infos)

    async def perform(self, step: Step, report: object) -> Applied:
        self.objects[str(step.address)] = step.after
        return Applied()

    async def close(self) -> None:
        return None


class FailsToPerform(Minimal):
    """Fails for one of its objects."""

    async def perform(self, step: Step, report: object) -> Applied:
        if step.address.name == "bad":
            raise KeyError("colour")
        return await super().perform(step, report)


class AnswersNothing(Minimal):
    """Forgets to return what it did."""

    async def perform(self, step: Step, report: object) -> Applied:
        return None  # type: ignore[return-value]


class FailsToRead(Minimal):
    """Fails in every read."""

    async def read(self, wanted: Sequence[Wanted]) -> Reading:
        raise ZeroDivisionError("division by zero")


class LeavesOut(Minimal):
    """Says nothing about what it was asked for."""

    async def read(self, wanted: Sequence[Wanted]) -> Reading:
        return Reading({}, (await super().read(wanted)).clusters)


class FailsToCheck(Minimal):
    """Fails in an optional protocol."""

    async def check(self, planned: object) -> object:
        raise RuntimeError("no idea")


class HasNoKinds(Minimal):
    """Fails where it is asked for a kind."""

    def kind_of(self, type_: str) -> Kind | None:
        raise LookupError(type_)


class IsNotMade(Minimal):
    """Fails in its constructor."""

    def __init__(self, clusters: Mapping[str, ClusterConfig], settings: Settings) -> None:
        raise ValueError("no folder")


class OwnError(Minimal):
    """Raises an error type of its own, derived from one of the SDK's."""

    class Busy(Refused):
        """The server is busy."""

    async def perform(self, step: Step, report: object) -> Applied:
        raise self.Busy("busy", cluster=step.address.cluster)


Run = Callable[..., "tuple[app.ApplyResult, list[Event]]"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Applies `thing`s by the given provider, registered under the name "odd"."""

    def go(
        provider: type[Minimal], *names: str, mode: Mode = Mode.NORMAL
    ) -> tuple[app.ApplyResult, list[Event]]:
        monkeypatch.setattr(registry, "find", lambda name: provider)
        things = ", ".join(f"{name}: {{size: 1}}" for name in names or ("good",))
        (tmp_path / "main.yaml").write_text(
            f"clusters: {{box: {{provider: odd}}}}\nresources: {{box: {{thing: {{{things}}}}}}}\n"
        )
        events: list[Event] = []
        options = app.Options(root=tmp_path, environ={})
        work = app.apply(
            options,
            mode,
            Selection(),
            approve=lambda planned: True,
            observe=events.append,
            stop=app.Stop(),
        )
        return asyncio.run(work), events

    Minimal.objects = {}
    return go


def test_four_methods_are_enough(run: Run) -> None:
    first, _ = run(Minimal, "a", "b")
    again, _ = run(Minimal, "a", "b")
    run(Minimal, "a", "b", mode=Mode.DESTROY)

    assert first.outcome is not None
    assert first.outcome.requests == 0
    assert again.outcome is None
    assert set(Minimal.objects.values()) == {None}


def test_an_exception_fails_its_object_by_name_and_the_others_are_done(run: Run) -> None:
    _, events = run(FailsToPerform, "bad", "good")

    (failed,) = (event for event in events if isinstance(event, Failed))
    done = {event.address.name for event in events if isinstance(event, Succeeded)}
    assert isinstance(failed.error, PluginFault)
    assert failed.error.message == (
        "the provider \"odd\" failed in perform of thing.box/bad: KeyError: 'colour'"
    )
    assert "defect of the plugin" in failed.error.hint
    assert failed.error.code == "plugin"
    assert done == {"good"}


def test_what_is_no_answer_is_a_defect_of_the_plugin(run: Run) -> None:
    _, events = run(AnswersNothing)

    (failed,) = (event for event in events if isinstance(event, Failed))
    assert "perform of thing.box/good: it returned NoneType, not Applied" in failed.error.message


@pytest.mark.parametrize(
    ("provider", "words"),
    [(FailsToRead, "failed in read: ZeroDivisionError"), (LeavesOut, "it left the address out")],
)
def test_a_failed_read_is_unknown_and_nothing_is_planned_from_it(
    run: Run, provider: type[Minimal], words: str
) -> None:
    applied, _ = run(provider)

    (deferred,) = applied.plan.deferred
    assert words in deferred.because
    assert applied.plan.changes == ()
    assert Minimal.objects == {}


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        (FailsToCheck, 'the provider "odd" failed in check: RuntimeError: no idea'),
        (HasNoKinds, "the provider \"odd\" failed in kind_of('thing'): LookupError: thing"),
        (IsNotMade, 'the provider "odd" failed in its factory: ValueError: no folder'),
    ],
)
def test_an_exception_anywhere_else_ends_the_run_in_words(
    run: Run, provider: type[Minimal], words: str
) -> None:
    with pytest.raises(Failure) as failure:
        run(provider)

    assert failure.value.cause is Cause.PLUGIN
    assert failure.value.summary == words


def test_the_traceback_is_in_the_log_and_only_there(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="reconciler.plugin"):
        run(FailsToPerform, "bad")

    assert 'raise KeyError("colour")' in caplog.text


def test_a_plugins_error_type_has_the_code_of_its_base_type(run: Run) -> None:
    _, events = run(OwnError)

    (failed,) = (event for event in events if isinstance(event, Failed))
    assert failed.error.code == "refused"


def test_a_type_that_the_provider_does_not_handle_is_reported_with_its_place(
    run: Run, tmp_path: Path
) -> None:
    class Other(Minimal):
        def kind_of(self, type_: str) -> Kind | None:
            return None

    with pytest.raises(Failure, match="does not handle thing") as failure:
        run(Other)

    assert "main.yaml:2:27" in failure.value.detail


class Foretells(Minimal):
    """Foresees everything, and fails where one object is judged."""

    call = "judge"

    async def foresee(self, live: object, writes: object) -> Foretells:
        return self

    def __getattr__(self, name: str) -> Any:
        answers: dict[str, Any] = {
            "knows": True,
            "body": None,
            "judge": Verdict(),
            "put": None,
            "interims": [],
            "access": Access(),
            "accesses": {},
            "arrives": True,
            "broken": {},
        }
        if name not in answers:
            raise AttributeError(name)

        def method(*about: Any) -> Any:
            if name == self.call:
                raise IndexError("list index out of range")
            return answers[name]

        return method


@pytest.mark.parametrize("call", ["knows", "judge", "put"])
def test_what_fails_while_a_plan_is_made_names_plugin_call_and_address(run: Run, call: str) -> None:
    with pytest.raises(Failure) as failure:
        run(type("Odd", (Foretells,), {"call": call}), "good")

    assert failure.value.cause is Cause.PLUGIN
    assert failure.value.summary == (
        f'the provider "odd" failed in {call} of thing.box/good: IndexError: list index out of range'
    )
    assert "defect of the plugin" in failure.value.hint


@pytest.mark.parametrize(
    "call", ["knows", "body", "judge", "put", "interims", "access", "accesses", "arrives", "broken"]
)
def test_each_method_of_what_is_foreseen_is_attributed(call: str) -> None:
    class Odd:
        def __getattr__(self, name: str) -> Any:
            def method(*about: Any) -> Any:
                raise IndexError("no")

            return method

    standing, thing = Attributed("odd", cast(Standing, Odd())), Address("thing", "box", "good")
    about: dict[str, Sequence[Any]] = {
        "knows": [thing],
        "body": [thing],
        "interims": [thing, None, []],
        "accesses": [[Write(thing, None), Write(Address("thing", "box", "other"), None)]],
        "arrives": [Reach("box", "api", "")],
        "broken": [[thing]],
    }
    with pytest.raises(Failure) as failure:
        getattr(standing, call)(*about.get(call, [Write(thing, None)]))

    where = (
        "arrives('api' of box)" if call == "arrives" else f"{call}{' (and 1 more)' * (call == 'accesses')}"
    )
    of = "" if call == "arrives" else " of thing.box/good"
    assert failure.value.summary == f'the provider "odd" failed in {where}{of}: IndexError: no'


def test_what_makes_an_interim_body_is_attributed_too() -> None:
    def remake(before: object, after: object) -> None:
        raise ZeroDivisionError("no")

    class Odd:
        def interims(self, *about: object) -> list[Interim]:
            return [Interim(Way.WIDEN, remake)]

    thing = Address("thing", "box", "good")
    (interim,) = Attributed("odd", cast(Standing, Odd())).interims(thing, None, [])
    with pytest.raises(Failure, match=r"failed in remake of thing\.box/good: ZeroDivisionError: no"):
        interim.remake(None, None)
