"""Nothing is written before somebody said yes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from reconciler import app
from reconciler.model.plan import Mode, Selection
from tests.support import samples as s
from tests.unit.cli.conftest import Cli, FakeApp


class Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", Keyboard(text))


@pytest.mark.parametrize("command", ["apply", "destroy", "apply --refresh-only"])
def test_without_a_terminal_the_plan_is_shown_and_nothing_is_written(
    cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    ended = cli(*command.split())
    assert ended.code == 1
    assert "Plan: 2 to add" in ended.out
    assert "not a terminal" in ended.err
    assert "Apply complete" not in ended.out


def test_yes_is_a_yes(cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "yes\n")
    ended = cli("apply")
    assert ended.code == 0
    asked = ended.out.index("Do you want to perform these actions?")
    assert ended.out.index("Plan: 2 to add") < asked
    assert "  Only 'yes' will be accepted to approve.\n\n  Enter a value: " in ended.out
    assert ended.out.index("Apply complete!") > asked


@pytest.mark.parametrize("answer", ["y\n", "YES\n", "no\n", "\n", "", "yes please\n"])
def test_anything_else_is_a_no(cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    typed(monkeypatch, answer)
    ended = cli("apply")
    assert ended.code == 1
    assert ended.out.endswith("Apply cancelled. Nothing was written.\n")


def test_destroy_asks_in_its_own_words(cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "no\n")
    fake.planned = app.PlanResult(s.plan(s.CREATE, mode=Mode.DESTROY))
    ended = cli("destroy")
    assert "Do you really want to destroy peering.north/lab?" in ended.out
    assert "get new secrets if they come back. Only 'yes' will be accepted to confirm." in ended.out
    assert fake.asked.mode is Mode.DESTROY


def test_ctrl_c_at_the_prompt(cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    class Leaving(Keyboard):
        def readline(self, size: int | None = -1, /) -> str:
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", Leaving())
    ended = cli("apply")
    assert ended.code == 130
    assert "Interrupted." in ended.err
    assert "Traceback" not in ended.err


def test_a_saved_plan_is_its_own_approval(
    cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    file = tmp_path / "p.json"
    assert cli("plan", f"-out={file}").code == 0
    assert file.read_text() == s.FIRST.fingerprint
    ended = cli("apply", str(file))
    assert ended.code == 0
    assert fake.asked.saved == file
    assert f"3 actions, fingerprint {s.FIRST.fingerprint}" in ended.out


@pytest.mark.parametrize("more", [["--target", "a"], ["--destroy"], ["-refresh-only"], ["-replace=x"]])
def test_a_saved_plan_cannot_be_narrowed(cli: Cli, fake: FakeApp, more: list[str]) -> None:
    ended = cli("apply", "p.json", *more)
    assert ended.code == 1
    assert "cannot be narrowed" in ended.err
    assert not hasattr(fake.asked, "mode")


def test_json_cannot_ask(cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "yes\n")
    ended = cli("apply", "--json")
    assert ended.code == 1
    first, second = map(json.loads, ended.out.splitlines())
    assert first["type"] == "version"
    assert (second["type"], second["@level"]) == ("diagnostic", "error")
    assert not hasattr(fake.asked, "mode")


def test_narrowing_reaches_the_app(cli: Cli, fake: FakeApp) -> None:
    cli("apply", "-auto-approve", "--target=a", "-target", "b", "-exclude=c", "--replace", "d")
    assert fake.asked.selection == Selection(("a", "b"), ("c",), ("d",))
    assert cli("plan", "--destroy", "--refresh-only").code == 1


def test_a_destroy_says_how_much_goes() -> None:
    from dataclasses import replace

    from reconciler.cli.approval import question

    two = s.plan(
        s.CREATE, replace(s.CREATE, address=replace(s.CREATE.address, name="other")), mode=Mode.DESTROY
    )
    assert question(two) == "Do you really want to destroy all 2 resources?"
    narrowed = replace(two, selection=Selection(targets=("*",)))
    assert question(narrowed) == "Do you really want to destroy these 2 resources?"


EVERY = "Would remove peering.north/lab\nWould remove service_intentions.north/pricing\n"


def test_forgetting_what_a_glob_matches_lists_it_and_asks(
    cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "yes\n")
    ended = cli("state", "rm", "*")
    assert ended.code == 0
    assert ended.out.startswith(f"{EVERY}\nDo you want to remove these 2 resources?\n")
    assert "Removed 2 resources from the state; nothing was destroyed." in ended.out
    exact = ("peering.north/lab", "service_intentions.north/pricing")
    assert fake.asked.patterns == exact, "what was shown, whatever is recorded since"


def test_nothing_is_forgotten_without_a_yes(cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "no\n")
    ended = cli("state", "rm", "*")
    assert (ended.code, fake.asked.__dict__) == (1, {})
    assert ended.out.endswith("Nothing was removed from the state.\n")


def test_without_a_terminal_a_glob_that_matches_several_needs_approval(
    cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    ended = cli("state", "rm", "*")
    assert (ended.code, fake.asked.__dict__) == (1, {})
    assert ended.out.startswith(EVERY)
    assert "add --auto-approve, or give each address" in ended.err


def test_what_is_named_is_forgotten_without_a_question(cli: Cli, fake: FakeApp) -> None:
    assert (
        "Removed 2 resources"
        in cli("state", "rm", "peering.north/lab", "service_intentions.north/pricing").out
    )
