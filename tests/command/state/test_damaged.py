"""A state on a server that is damaged: named by every command, and replaced by another generation or a copy."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.support.command.lab import RESOURCES, CommandLab
from tests.support.command.servers import Sandbox


@dataclass
class Documents:
    """The documents of the state, in the KV of a sandbox cluster."""

    clusters: Sandbox

    def keys(self, prefix: str = "") -> list[str]:
        return self.clusters.call("dc3", "GET", f"/v1/kv/shop/{prefix}?keys")  # type: ignore[no-any-return]

    def remove(self, key: str) -> None:
        self.clusters.call("dc3", "DELETE", f"/v1/kv/{urllib.parse.quote(key)}")

    def alter(self, key: str) -> None:
        self.clusters.call("dc3", "PUT", f"/v1/kv/{urllib.parse.quote(key)}", {"not": "a state"})


@pytest.fixture
def documents(lab: CommandLab, clusters: Sandbox) -> Documents:
    """Three generations: the second is without one resource, which the third has again."""
    lab.write(f'state: {{backend: consul, address: "{clusters.urls["dc3"]}", path: shop}}', "reconciler.yaml")
    lab.arrange()
    lab.run("state", "rm", "peering.dc1/dc2").expect(0)
    lab.run("apply", "--auto-approve").expect(0)
    return Documents(clusters)


NEWEST = "generations/000003"
DAMAGES: dict[str, Callable[[Documents], None]] = {
    "a part is missing": lambda kept: kept.remove(kept.keys(NEWEST)[0]),
    "a part is another": lambda kept: kept.alter(kept.keys(NEWEST)[0]),
    "the head is another": lambda kept: kept.alter("shop/head"),
    "the head is missing": lambda kept: kept.remove("shop/head"),
}


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_every_command_names_it_and_a_copy_takes_its_place(
    lab: CommandLab, documents: Documents, damage: str
) -> None:
    lab.write(lab.run("state", "pull").expect(0).out, "backup.json")
    DAMAGES[damage](documents)
    lab.run("state", "verify").expect(1, "problem")
    for argv in (("plan",), ("state", "list"), ("apply", "--auto-approve"), ("state", "push", "backup.json")):
        lab.run(*argv).expect(1, "cannot use ", "reconciler state push --force FILE")
    lab.run("state", "push", "--force", "backup.json").expect(0, "Overridden: cannot use ", "Recorded backup")
    assert len(lab.run("state", "list", "--json").expect(0).value()["resources"]) == RESOURCES
    lab.run("plan", "--detailed-exitcode").expect(0)


@pytest.mark.parametrize("damage", ["a part is missing", "a part is another"])
def test_another_generation_takes_the_place_of_one_that_cannot_be_read(
    lab: CommandLab, documents: Documents, damage: str
) -> None:
    DAMAGES[damage](documents)
    checks = lab.run("state", "verify", "--json").expect(1).value()["checks"]
    sound = [one["part"][:18] for one in checks if one["problem"] is None]
    assert sound == ["generations/000002", "generations/000001"], "what can be restored"
    lab.run("state", "restore", "3", "--auto-approve").expect(1, "cannot use generations/000003")
    lab.run("state", "restore", "1", "--auto-approve").expect(0, "Restored serial 1 as serial 4")
    kept = lab.run("state", "history", "--json").expect(0).value()["generations"]
    assert [(one["serial"], one["problem"] is None) for one in kept] == [(4, True), (3, False), (2, True), (1, True)]
    lab.run("plan", "--detailed-exitcode").expect(0)


def test_a_history_without_its_head_is_not_empty(lab: CommandLab, documents: Documents) -> None:
    documents.remove("shop/head")
    for argv in (("state", "history"), ("state", "history", "--json"), ("state", "restore", "1")):
        lab.run(*argv).expect(1, "cannot use head", "it is missing")


def test_a_generation_that_cannot_be_read_is_no_reason_to_replace_a_state(
    lab: CommandLab, documents: Documents
) -> None:
    documents.remove(documents.keys("generations/000001")[0])
    lab.run("state", "verify").expect(1, "generations/000001")
    lab.run("state", "restore", "1", "--auto-approve").expect(1, "cannot use generations/000001")
    lab.run("plan", "--detailed-exitcode").expect(0)
