"""Whose a state is, and plans that would destroy most of what is recorded."""

from __future__ import annotations

import json
import shutil

from tests.support.command.lab import CONFIGURATION, CommandLab
from tests.support.command.servers import Sandbox

SHOP = "".join(f"    - {{Kind: service-defaults, Name: s{number}, Protocol: http}}\n" for number in range(12))
MANY = f"config_entries:\n  dc1:\n{SHOP}"
FEW = "config_entries:\n  dc1:\n    - {Kind: service-defaults, Name: s0, Protocol: http}\n"
OTHER = "config_entries:\n  dc1:\n    - {Kind: service-defaults, Name: another, Protocol: http}\n"
STATE = ("--state", "state")


def other_folder(lab: CommandLab, body: str, name: str = "other") -> CommandLab:
    """A second configuration, whose file has the same name, in a folder of its own."""
    there = CommandLab(lab.folder / name, lab.urls)
    there.declare(body)
    return there


def owner(lab: CommandLab) -> object:
    return json.loads(lab.state.read_text())["owner"]


def test_a_second_configuration_on_the_first_ones_state_is_refused_by_name(
    lab: CommandLab, clusters: Sandbox
) -> None:
    lab.arrange()
    other = other_folder(lab, OTHER)
    clusters.clear()
    for command in (
        ("plan",),
        ("apply", "--auto-approve"),
        ("destroy", "--auto-approve"),
        ("drift",),
        ("rotate", "--all", "--auto-approve"),
    ):
        ended = other.run(*command, "--state", "../state").expect(4, "belongs to another configuration")
        assert "../main.yaml" in ended.text
        assert "reconciler --state ../state state claim" in ended.text
    assert clusters.writes == []


def test_a_named_configuration_may_move_its_files(lab: CommandLab, clusters: Sandbox) -> None:
    lab.declare("name: shop\n" + CONFIGURATION)
    lab.arrange()
    assert owner(lab) == {"name": "shop", "files": ["../main.yaml"]}
    moved = other_folder(lab, "name: shop\n" + CONFIGURATION)
    moved.run("apply", "--auto-approve", "--state", "../state").expect(0, "No changes")
    for name in ("name: pay\n", ""):
        ended = other_folder(lab, name + CONFIGURATION, f"x{len(name)}").run("plan", "--state", "../state")
        ended.expect(4, 'belongs to the configuration "shop"', "pay" if name else "has no name")


def test_a_moved_checkout_and_renamed_files_keep_the_state(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    clusters.clear()
    (lab.folder / "main.yaml").rename(lab.folder / "all.yaml")
    lab.apply()
    lab.write(OTHER, "more.yaml")
    lab.apply()
    before = lab.files()
    lab.apply()
    assert lab.files() == before, "nothing is written where nothing changed"
    away = CommandLab(lab.folder.parent / "clone", lab.urls)
    shutil.copytree(lab.folder, away.folder)
    away.run("plan", "--detailed-exitcode").expect(0)
    away.run("plan", "--detailed-exitcode", "--state", str(lab.folder / "state")).expect(0)
    shutil.rmtree(away.folder)


def test_a_claim_is_made_on_purpose_and_then_the_plan_shows_what_goes(
    lab: CommandLab, clusters: Sandbox
) -> None:
    lab.declare("name: shop\n" + FEW)
    lab.arrange()
    lab.declare("name: store\n" + OTHER)
    lab.run("plan").expect(4, "reconciler state claim")
    lab.run("state", "claim").expect(
        0, 'belonged to the configuration "shop"; it belongs to the configuration "store" now'
    )
    lab.run("plan").expect(0, "1 to add, 0 to change, 1 to destroy")
    assert owner(lab) == {"name": "store", "files": ["../main.yaml"], "former": ["shop"]}
    lab.run("show").expect(0, 'belongs to the configuration "store"')


def test_a_state_of_before_is_taken_over_where_it_is_of_the_same_things(
    lab: CommandLab, clusters: Sandbox
) -> None:
    from dataclasses import replace

    from reconciler.statestore.text.codec import decode, encode

    lab.arrange()
    for generation in (lab.folder / "state" / "generations").iterdir():
        generation.unlink()
    lab.state.write_bytes(encode(replace(decode(lab.state.read_bytes()), owner=None)))
    other_folder(lab, OTHER).run("plan", "--state", "../state").expect(4, "belongs to another configuration")
    lab.run("apply").expect(0)  # nothing is done that needs approval
    assert owner(lab) == {"name": None, "files": ["../main.yaml"]}


def test_files_that_were_left_out_are_no_wish_to_destroy_what_they_declare(
    lab: CommandLab, clusters: Sandbox
) -> None:
    lab.declare(FEW)
    lab.write(OTHER, "more.yaml")
    lab.arrange()
    lab.run("plan", "-f", "main.yaml").expect(4, "../more.yaml was part of the last apply")
    lab.run("plan", "-f", "main.yaml", "--target", "*s0").expect(0, "No changes")
    lab.apply("-f", "main.yaml", "--target", "*s0")
    lab.run("plan", "-f", "main.yaml").expect(4, "../more.yaml")
    (lab.folder / "more.yaml").unlink()
    lab.run("plan").expect(0, "1 to destroy")


def test_a_plan_that_destroys_most_of_it_takes_the_exact_number(lab: CommandLab, clusters: Sandbox) -> None:
    lab.declare(MANY)
    lab.arrange()
    lab.declare(FEW)
    clusters.clear()
    shown = lab.run("plan").expect(4, "11 of 12 recorded resources would be destroyed", "11 to destroy")
    assert "run: reconciler apply --allow-delete 11" in shown.out
    assert lab.run("plan", "--json").expect(4).value()["held_back"]
    for more in ((), ("--allow-delete", "10"), ("--allow-delete", "12")):
        lab.run("apply", "--auto-approve", *more).expect(4, "11 of 12", "--allow-delete 11")
    lab.run("plan", "-out", "p.plan").expect(4)
    lab.run("apply", "p.plan").expect(4, "--allow-delete 11")
    assert clusters.writes == []
    lab.run("plan", "--allow-delete", "11", "-out", "p.plan").expect(0)
    lab.run("apply", "p.plan").expect(0, "11 destroyed")


def test_few_removals_need_no_number_and_destroy_asks_itself(lab: CommandLab, clusters: Sandbox) -> None:
    lab.declare(MANY)
    lab.arrange()
    half = MANY.replace("".join(SHOP.splitlines(keepends=True)[:6]), "")
    lab.declare(half)
    lab.run("plan").expect(0, "6 to destroy")
    lab.run("destroy", "--auto-approve").expect(0, "12 destroyed")
