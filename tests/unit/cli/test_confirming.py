"""Addresses that are typed before a peering goes, or access breaks."""

from __future__ import annotations

import dataclasses

import pytest

from reconciler import app
from reconciler.model.guarding.safety import Safety
from reconciler.sdk.address import Address
from tests.support import samples as s
from tests.unit.cli.conftest import Cli, FakeApp
from tests.unit.cli.test_approval import typed

PEERING = Address("peering", "north", "lab")
MANY = tuple(Address("peering", "north", f"p{number}") for number in range(4))


def planned(fake: FakeApp, *asked: Address) -> None:
    fake.planned = app.PlanResult(dataclasses.replace(s.FIRST, safety=Safety(asked=asked)))


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ("yes\npeering.north/lab\n", 0),
        ("yes\nyes\n", 1),
        ("yes\n\n", 1),
        ("yes\npeering.north/LAB\n", 1),
        ("yes\n", 1),
        ("peering.north/lab\n", 1),
    ],
)
def test_the_address_is_typed_after_the_yes(
    cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch, answers: str, code: int
) -> None:
    planned(fake, PEERING)
    typed(monkeypatch, answers)
    ended = cli("apply")
    assert ended.code == code
    if answers.startswith("yes"):
        assert "Type its address to confirm: " in ended.out
    if code:
        assert ended.out.endswith("Apply cancelled. Nothing was written.\n")


def test_more_than_three_are_listed_and_counted(
    cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(fake, *MANY)
    typed(monkeypatch, "yes\n4\n")
    ended = cli("apply")
    assert ended.code == 0
    assert "  peering.north/p3\n" in ended.out
    typed(monkeypatch, "yes\n3\n")
    assert cli("apply").code == 1


def test_what_was_confirmed_is_not_asked_again(
    cli: Cli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(fake, PEERING)
    typed(monkeypatch, "yes\n")
    assert cli("apply", "--confirm", "peering.north/lab").code == 0


def test_without_a_list_of_the_operator_auto_approve_covers_it(cli: Cli, fake: FakeApp) -> None:
    planned(fake, PEERING)
    assert cli("apply", "--auto-approve").code == 0


@pytest.mark.parametrize("text", ["peering", "", "a b", "peering.dc1"])
def test_only_an_address_confirms(cli: Cli, fake: FakeApp, text: str) -> None:
    ended = cli("apply", "--auto-approve", "--confirm", text)
    assert ended.code == 1
    assert "that is no address" in ended.err
