"""The record's own commands, as a user calls them."""

from __future__ import annotations

import pytest
import asyncio
import json
import subprocess
from dataclasses import replace

from reconciler.model.failure import Failure
from reconciler.model.state_place import ConsulPlace
from reconciler.statestore.factory import open_store
from tests.support.command.lab import RESOURCES, CommandLab
from tests.support.command.servers import Sandbox
from tests.support.command.terminal import Terminal


def test_history_verify_and_list_speak_json(lab: CommandLab) -> None:
    lab.arrange()
    (kept,) = lab.run("state", "history", "--json").expect(0).value()["generations"]
    assert (kept["serial"], kept["operation"], kept["resources"], kept["problem"]) == (
        1,
        "apply",
        RESOURCES,
        None,
    )
    assert kept["size"] == lab.state.stat().st_size
    verified = lab.run("state", "verify", "--json").expect(0).value()
    assert verified["valid"] is True
    assert [one["part"] for one in verified["checks"]] == ["state.json", "generations/000001.json"]
    listed = lab.run("state", "list", "--json", "peering.*").expect(0).value()
    assert {one["cluster"] for one in listed["resources"]} == {"dc1", "dc2"}
    lab.run("state", "history").expect(0, "SERIAL", "apply", f"{RESOURCES}")
    lab.run("state", "verify").expect(0, "is sound")


def test_verify_ends_with_1_for_a_problem(lab: CommandLab) -> None:
    lab.arrange()
    lab.state.write_bytes(lab.state.read_bytes()[:-5])
    lab.run("state", "verify").expect(1, "problem", "state.json", "Restore it with", "1 problem in state.")
    assert lab.run("state", "verify", "--json").expect(1).value()["valid"] is False


def test_an_empty_state(bare: CommandLab) -> None:
    bare.run("state", "history").expect(0, "The state is empty")
    bare.run("state", "verify").expect(0, "Nothing is stored in state")
    assert bare.run("state", "pull").expect(0, "The state is empty").out == ""
    bare.run("force-unlock", "8d3f").expect(1, "the state is not locked")
    assert not (bare.folder / "state").exists()


def test_pull_and_push_through_a_pipe(lab: CommandLab) -> None:
    lab.arrange()
    text = lab.run("state", "pull").expect(0).out
    assert text.encode() == lab.state.read_bytes()
    pushing = lab.start("--state", "copy", "state", "push", "-", stdin=subprocess.PIPE)
    out, err = pushing.communicate(text, timeout=60)
    assert (pushing.returncode, err) == (0, ""), out
    assert "as serial 1; no cluster was changed" in out
    assert (
        json.loads((lab.folder / "copy" / "state.json").read_bytes())["resources"]
        == json.loads(text)["resources"]
    )
    lab.run("state", "push", "nothing.json").expect(1, "cannot read nothing.json")


def test_moving_several_asks_and_no_is_no(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    clusters.clear()
    lab.run("state", "mv", "*.dc2/*", "*.west/*").expect(
        1, "Would move", "not a terminal", "Nothing was moved"
    )
    before = lab.files()
    with Terminal(lab, "state", "mv", "*.dc2/*", "*.west/*") as terminal:
        terminal.wait_for(b"Enter a value:")
        terminal.type(b"no\n")
        assert terminal.end() == 1
    assert lab.files() == before
    lab.run("state", "mv", "*.dc2/*", "*.west/*", "--auto-approve").expect(0, "no cluster was changed")
    lab.run("state", "mv", "peering.dc1/dc3", "peering.dc1/north").expect(0, "Moved 1 resource")
    assert {"peering.dc1/north", "service_resolver.west/api"} <= lab.recorded()
    assert clusters.writes == []


def test_restoring_shows_what_changes(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    lab.run("state", "rm", "service_resolver.dc2/api").expect(0, "Removed 1 resource from the state; nothing")
    clusters.clear()
    lab.run("state", "restore", "1").expect(1, "+ service_resolver.dc2/api", "add --auto-approve")
    lab.run("state", "restore", "1", "--auto-approve").expect(0, "Restored serial 1 as serial 3")
    lab.run("state", "restore", "1").expect(0, "nothing to restore")
    lab.run("plan").expect(0, "No changes")
    assert clusters.writes == []


def test_the_lock_is_freed_by_its_exact_id(lab: CommandLab) -> None:
    lab.arrange()

    async def held() -> str:
        session = await open_store(lab.folder / "state").open("apply", "stuck")
        holder = await open_store(lab.folder / "state").holder()
        assert holder is not None
        lab.run("plan").expect(0)
        lab.run("apply", "--auto-approve").expect(5, holder.id, "force-unlock")
        lab.run("force-unlock", holder.id[:8], "--force").expect(5, "the lock was not freed", holder.id)
        lab.run("force-unlock", holder.id).expect(1, "The lock was not freed.", "add --force")
        lab.run("force-unlock", "-force", holder.id).expect(0, "was freed")
        lab.run("force-unlock", "-force", holder.id).expect(1, "the state is not locked")
        freed = lab.run("audit", "list", "--json").expect(0).value()["entries"][-1]
        assert (freed["operation"], freed["outcome"]) == ("force-unlock", "unlocked")
        assert freed["broken_lock"]["run"] == holder.id
        lab.run("audit", "list").expect(0, f"freed the lock of: apply by {holder.who} ({holder.id}, of ")
        lab.run("audit", "verify").expect(0, "is whole")
        lab.apply()
        await session.close()
        return holder.id

    asyncio.run(held())


@pytest.mark.long
def test_all_of_them_on_a_state_that_is_shared(lab: CommandLab, clusters: Sandbox) -> None:
    def on_server(path: str) -> str:
        return f'state: {{backend: consul, address: "{clusters.urls["dc3"]}", path: {path}}}'

    lab.write(on_server("shop"), "reconciler.yaml")
    lab.write(on_server("billing"), "other/reconciler.yaml")
    lab.apply()
    text = lab.run("state", "pull").expect(0).out
    lab.run("state", "push", "-", stdin=subprocess.DEVNULL).expect(1, "stdin cannot be recorded")
    lab.run("state", "verify").expect(0, "is sound")
    lab.run("state", "mv", "*.dc2/*", "*.west/*", "--auto-approve").expect(0)
    lab.run("state", "mv", "*.west/*", "*.dc2/*", "--auto-approve").expect(0)
    api = "service_resolver.dc2/api"
    lab.run("state", "mv", api, api, "--state-out", "other").expect(0, f"Moved {api}", "consul:", "billing")
    assert lab.run("-C", "other", "state", "list").expect(0).out == f"{api}\n"
    lab.run("state", "rm", api).expect(1, "no resource matches")
    history = lab.run("state", "history", "--json").expect(0).value()
    assert [one["operation"] for one in history["generations"]] == ["state mv", "state mv", "state mv", "apply"]
    lab.run("state", "restore", "1", "--auto-approve").expect(0, "Restored serial 1 as serial 5")
    assert json.loads(lab.run("state", "pull").expect(0).out)["resources"] == json.loads(text)["resources"]
    assert lab.run("state", "verify", "--json").expect(0).value()["valid"] is True
    lab.run("force-unlock", "8d3f").expect(1, "the state is not locked")
    lab.run("plan").expect(0, "No changes")
    assert not (lab.folder / "state").exists()


@pytest.mark.long
def test_what_a_run_whose_lock_was_freed_could_not_record_is_said_and_taken_in(
    lab: CommandLab, clusters: Sandbox
) -> None:
    url = clusters.urls["dc3"]
    lab.write(f'state: {{backend: consul, address: "{url}", path: shop}}', "reconciler.yaml")
    lab.apply()
    place = ConsulPlace("shop", url)

    async def fenced() -> None:
        store = open_store(place, root=lab.folder)
        session = await store.open("apply")
        holder = await store.holder()
        assert holder is not None
        lab.run("force-unlock", "--force", holder.id).expect(0, "was freed")
        entry = next(iter(session.state.resources.values()))
        with pytest.raises(Failure, match="lost its lock"):
            await session.applied(replace(entry, version=(entry.version or 0) + 1))  # its record can wait
            await session.commit()
        await session.close()

    asyncio.run(fenced())
    said = "an earlier run here did what the state does not have: 1 record in .reconciler/"
    for command in (("plan",), ("drift",)):
        lab.run(*command).expect(0, said, "reconciler state recover")
    lab.run("plan", "-out", "plan.json").expect(0, said)
    lab.run("show", "plan.json").expect(0)  # it is whole: what is said of this moment is no part of it
    lab.run("apply", "--auto-approve").expect(0, "No changes")
    assert said not in lab.run("plan").expect(0, "No changes").text
    lab.run("audit", "verify").expect(0, "is whole")


def test_a_state_of_terraform_is_called_that_and_not_taken(lab: CommandLab) -> None:
    lab.arrange()
    before = lab.files()
    raw = {"version": 4, "terraform_version": "1.9.8", "serial": 3, "lineage": "5a0c", "resources": []}
    lab.write(json.dumps(raw), "terraform.tfstate")
    for force in ((), ("--force",)):
        lab.run("state", "push", "terraform.tfstate", *force).expect(
            1, "terraform.tfstate is a state of Terraform", "apply", "adopted", "terraform state rm"
        )
    lab.write(json.dumps({**raw, "reconciler": {"format": 1}}), "sent.json")
    lab.run("state", "push", "sent.json").expect(1, "its format_version is None")
    assert lab.files() == before
