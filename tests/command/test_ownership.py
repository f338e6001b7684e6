"""Whose a state is, and plans that would destroy most of what is recorded."""

from __future__ import annotations

import json
import shutil

from tests.support.command.desk import ESTATE, Desk
from tests.support.command.servers import Sandbox

SHOP = "".join(f"    - {{Kind: service-defaults, Name: s{number}, Protocol: http}}\n" for number in range(12))
MANY = f"config_entries:\n  dc1:\n{SHOP}"
FEW = "config_entries:\n  dc1:\n    - {Kind: service-defaults, Name: s0, Protocol: http}\n"
OTHER = "config_entries:\n  dc1:\n    - {Kind: service-defaults, Name: another, Protocol: http}\n"
STATE = ("--state", "state")


def other_folder(desk: Desk, body: str, name: str = "other") -> Desk:
    """A second configuration, whose file has the same name, in a folder of its own."""
    there = Desk(desk.folder / name, desk.urls)
    there.declare(body)
    return there


def owner(desk: Desk) -> object:
    return json.loads(desk.state.read_text())["owner"]


def test_a_second_configuration_on_the_first_ones_state_is_refused_by_name(
    desk: Desk, clusters: Sandbox
) -> None:
    desk.arrange()
    other = other_folder(desk, OTHER)
    clusters.clear()
    for command in (
        ("plan",),
        ("apply", "--auto-approve"),
        ("destroy", "--auto-approve"),
        ("drift",),
        ("rotate", "--all", "--auto-approve"),
    ):
        ended = other.run(*command, "--state", "../state").expect(4, "belongs to another configuration")
        assert "../estate.yaml" in ended.text
        assert "reconciler --state ../state state claim" in ended.text
    assert clusters.writes == []


def test_an_estate_is_known_by_its_name_wherever_its_files_are(desk: Desk, clusters: Sandbox) -> None:
    desk.declare("estate: shop\n" + ESTATE)
    desk.arrange()
    assert owner(desk) == {"estate": "shop", "files": ["../estate.yaml"]}
    moved = other_folder(desk, "estate: shop\n" + ESTATE)
    moved.run("apply", "--auto-approve", "--state", "../state").expect(0, "No changes")
    for name in ("estate: pay\n", ""):
        ended = other_folder(desk, name + ESTATE, f"x{len(name)}").run("plan", "--state", "../state")
        ended.expect(4, 'belongs to the configuration "shop"', "pay" if name else "has no name")


def test_a_checkout_moves_and_files_are_renamed_and_added_without_a_question(
    desk: Desk, clusters: Sandbox
) -> None:
    desk.arrange()
    clusters.clear()
    (desk.folder / "estate.yaml").rename(desk.folder / "all.yaml")
    desk.apply()
    desk.write(OTHER, "more.yaml")
    desk.apply()
    before = desk.files()
    desk.apply()
    assert desk.files() == before, "nothing is written where nothing changed"
    away = Desk(desk.folder.parent / "clone", desk.urls)
    shutil.copytree(desk.folder, away.folder)
    away.run("plan", "--detailed-exitcode").expect(0)
    away.run("plan", "--detailed-exitcode", "--state", str(desk.folder / "state")).expect(0)
    shutil.rmtree(away.folder)


def test_a_claim_is_made_on_purpose_and_then_the_plan_shows_what_goes(desk: Desk, clusters: Sandbox) -> None:
    desk.declare("estate: shop\n" + FEW)
    desk.arrange()
    desk.declare("estate: store\n" + OTHER)
    desk.run("plan").expect(4, "reconciler state claim")
    desk.run("state", "claim").expect(
        0, 'belonged to the configuration "shop"; it belongs to the configuration "store" now'
    )
    desk.run("plan").expect(0, "1 to add, 0 to change, 1 to destroy")
    assert owner(desk) == {"estate": "store", "files": ["../estate.yaml"], "former": ["shop"]}
    desk.run("show").expect(0, 'belongs to the configuration "store"')


def test_a_state_of_before_is_taken_over_where_it_is_of_the_same_things(
    desk: Desk, clusters: Sandbox
) -> None:
    from dataclasses import replace

    from reconciler.statestore.codec import decode, encode

    desk.arrange()
    for generation in (desk.folder / "state" / "generations").iterdir():
        generation.unlink()
    desk.state.write_bytes(encode(replace(decode(desk.state.read_bytes()), owner=None)))
    other_folder(desk, OTHER).run("plan", "--state", "../state").expect(4, "belongs to another configuration")
    desk.run("apply").expect(0)  # nothing is done that needs approval
    assert owner(desk) == {"estate": None, "files": ["../estate.yaml"]}


def test_files_that_were_left_out_are_no_wish_to_destroy_what_they_declare(
    desk: Desk, clusters: Sandbox
) -> None:
    desk.declare(FEW)
    desk.write(OTHER, "more.yaml")
    desk.arrange()
    desk.run("plan", "-f", "estate.yaml").expect(4, "../more.yaml was part of the last apply")
    desk.run("plan", "-f", "estate.yaml", "--target", "*s0").expect(0, "No changes")
    desk.apply("-f", "estate.yaml", "--target", "*s0")
    desk.run("plan", "-f", "estate.yaml").expect(4, "../more.yaml")
    (desk.folder / "more.yaml").unlink()
    desk.run("plan").expect(0, "1 to destroy")


def test_a_plan_that_destroys_most_of_it_takes_the_exact_number(desk: Desk, clusters: Sandbox) -> None:
    desk.declare(MANY)
    desk.arrange()
    desk.declare(FEW)
    clusters.clear()
    shown = desk.run("plan").expect(4, "11 of 12 recorded resources would be destroyed", "11 to destroy")
    assert "run: reconciler apply --allow-delete 11" in shown.out
    assert desk.run("plan", "--json").expect(4).value()["held_back"]
    for more in ((), ("--allow-delete", "10"), ("--allow-delete", "12")):
        desk.run("apply", "--auto-approve", *more).expect(4, "11 of 12", "--allow-delete 11")
    desk.run("plan", "-out", "p.plan").expect(4)
    desk.run("apply", "p.plan").expect(4, "--allow-delete 11")
    assert clusters.writes == []
    desk.run("plan", "--allow-delete", "11", "-out", "p.plan").expect(0)
    desk.run("apply", "p.plan").expect(0, "11 destroyed")


def test_a_few_removals_and_half_of_it_need_no_number_and_destroy_asks_itself(
    desk: Desk, clusters: Sandbox
) -> None:
    desk.declare(MANY)
    desk.arrange()
    half = MANY.replace("".join(SHOP.splitlines(keepends=True)[:6]), "")
    desk.declare(half)
    desk.run("plan").expect(0, "6 to destroy")
    desk.run("destroy", "--auto-approve").expect(0, "12 destroyed")
