"""The record corrected by hand: moved, pushed, restored, handed over. No cluster hears of any of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Selection
from reconciler.model.state import State
from reconciler.sdk.address import Address
from reconciler.statestore.factory import open_store
from reconciler.statestore.session import JournaledSession
from reconciler.statestore.text import codec
from tests.support.lab import Lab

PAIR = """
peerings: [{between: [dc1, dc2], names: {dc1: one, dc2: two}}]
service_defaults: {dc1: {api: {protocol: http}}, dc2: {web: {protocol: http}}}
intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}
"""


def yes(_: Any) -> bool:
    return True


@pytest.fixture
async def lab(tmp_path: Path) -> Lab:
    """Two clusters, and what `PAIR` declares, applied."""
    lab = Lab(tmp_path / "here", 2)
    lab.folder.mkdir()
    lab.write(lab.clusters_yaml() + PAIR)
    await lab.apply()
    lab.clear()
    return lab


async def recorded(folder: Path) -> State:
    return await open_store(folder / "state").read()


async def move(lab: Lab, source: str, destination: str, **more: Any) -> Any:
    return await app.move_in_state(lab.options(), source, destination, **{"approve": yes, **more})


def same(one: State, other: State) -> bool:
    """Whether two states record the same, be it under other serials."""
    return replace(one, serial=0, saved=None) == replace(other, serial=0, saved=None)


def renamed(lab: Lab, old: str, new: str) -> app.Options:
    """Write the configuration with a cluster under another name, and nothing else about it changed; return
    options that reach it.
    """
    text = (lab.folder / "main.yaml").read_text().replace(f"{old}:", f"{new}:")
    for end in ("[{0}, ", ", {0}]", "@{0},"):
        text = text.replace(end.format(old), end.format(new))
    (lab.folder / "main.yaml").write_text(text)
    options = lab.options()
    return replace(options, transports={**options.transports, new: options.transports[old]})


async def test_a_cluster_that_is_moved_to_another_name_is_the_same_to_the_next_plan(lab: Lab) -> None:
    before = await recorded(lab.folder)
    await move(lab, "*.dc1/*", "*.east/*")
    assert (lab.reads, lab.writes) == ([], [])
    after = await recorded(lab.folder)
    assert {address.cluster for address in after.resources} == {"east", "dc2"}
    options = renamed(lab, "dc1", "east")
    assert not (await app.plan(options, Mode.NORMAL, Selection())).plan.has_changes
    assert lab.writes == []
    assert after.clusters.keys() == {"east", "dc2"}
    assert after.serial == before.serial + 1
    assert after.saved is not None
    assert after.saved.operation == "state mv"


async def test_there_and_back_leaves_the_same_state_and_the_next_plan_empty(lab: Lab) -> None:
    before = await recorded(lab.folder)
    await move(lab, "*.dc1/*", "*.east/*")
    assert not same(before, await recorded(lab.folder))
    await move(lab, "*.east/*", "*.dc1/*")
    assert same(before, await recorded(lab.folder))
    assert not (await lab.plan()).has_changes
    assert lab.writes == []


@pytest.mark.parametrize(
    ("source", "destination", "why"),
    [
        ("service_defaults.dc1/api", "service_defaults.dc2/web", "is in the state already"),
        ("service_defaults.dc9/*", "service_defaults.us/*", "no resource matches"),
        ("service_defaults.dc1/api", "service_defaults.dc1/api", "are the same"),
        ("service_defaults.dc1/*", "service_defaults.us/x", "has 1 \\*"),
    ],
)
async def test_what_cannot_be_moved_is_refused_and_nothing_is_written(
    lab: Lab, source: str, destination: str, why: str
) -> None:
    before = await recorded(lab.folder)
    with pytest.raises(Failure, match=why) as caught:
        await move(lab, source, destination)
    assert caught.value.cause is Cause.USAGE
    assert await recorded(lab.folder) == before


async def test_what_is_declined_is_not_moved(lab: Lab) -> None:
    before = await recorded(lab.folder)
    assert await move(lab, "*.dc1/*", "*.us/*", approve=lambda moving: False) is None
    assert await recorded(lab.folder) == before


def split(lab: Lab) -> Path:
    """Write a second configuration with `service_defaults.dc2/web`, and the first one without it."""
    other = lab.folder.parent / "there"
    other.mkdir()
    part = "service_defaults: {dc2: {web: {protocol: http}}}"
    (other / "main.yaml").write_text(lab.clusters_yaml() + part)
    (other / "reconciler.yaml").write_text("state: {path: record}")
    lab.write(lab.clusters_yaml() + PAIR.replace(", dc2: {web: {protocol: http}}", ""))
    return other


async def planned(lab: Lab, folder: Path) -> bool:
    options = replace(lab.options(), root=folder)
    return (await app.plan(options, Mode.NORMAL, Selection())).plan.has_changes


async def test_a_state_is_split_and_both_plans_are_empty(lab: Lab) -> None:
    before = await recorded(lab.folder)
    other = split(lab)
    address = "service_defaults.dc2/web"
    moving = await move(lab, address, address, state_out=other)
    assert moving.to == str(other / "record")
    there = await open_store(other / "record").read()
    assert list(map(str, there.resources)) == [address]
    assert there.clusters == {"dc2": before.clusters["dc2"]}
    assert Address.parse(address) not in (await recorded(lab.folder)).resources
    assert not await planned(lab, lab.folder)
    assert not await planned(lab, other)
    assert lab.writes == []


async def test_handed_over_and_back_is_the_same_state(lab: Lab) -> None:
    before = await recorded(lab.folder)
    there = lab.folder.parent / "there"
    for source in ("service_*.dc2/*", "peering.*/*"):
        await move(lab, source, source, state_out=there)
    back = replace(lab.options(), root=lab.folder.parent, state_path=Path("there"))
    for source in ("service_*.dc2/*", "peering.*/*"):
        await app.move_in_state(back, source, source, state_out=lab.folder / "state", approve=yes)
    assert same(before, await recorded(lab.folder))
    assert (await open_store(there).read()).resources == {}


async def test_a_run_that_dies_between_the_two_states_loses_nothing_and_is_repeated(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = split(lab)
    address = "service_defaults.dc2/web"
    replace_, times = JournaledSession.replace, []

    async def dies(session: JournaledSession, state: State) -> State:
        times.append(session)
        if len(times) == 2:
            raise KeyboardInterrupt
        return await replace_(session, state)

    with monkeypatch.context() as patch:
        patch.setattr(JournaledSession, "replace", dies)
        with pytest.raises(KeyboardInterrupt):
            await move(lab, address, address, state_out=other)
    there = await open_store(other / "record").read()
    assert Address.parse(address) in there.resources
    assert Address.parse(address) in (await recorded(lab.folder)).resources
    await move(lab, address, address, state_out=other)
    assert Address.parse(address) not in (await recorded(lab.folder)).resources
    assert (await open_store(other / "record").read()).resources == there.resources


async def test_another_object_of_the_other_state_is_not_overwritten(lab: Lab) -> None:
    there = lab.folder.parent / "there"
    await move(lab, "service_intentions.dc1/api", "service_defaults.dc2/web", state_out=there)
    with pytest.raises(Failure, match="is in the state already"):
        await move(lab, "service_defaults.dc2/web", "service_defaults.dc2/web", state_out=there)


async def test_the_state_itself_is_not_another_one(lab: Lab) -> None:
    for path in (lab.folder, lab.folder / "state", lab.folder / "." / "state"):
        with pytest.raises(Failure, match="is the state that the resources are moved out of"):
            await move(lab, "service_defaults.dc1/api", "service_defaults.dc1/api", state_out=path)


async def test_what_is_pulled_is_what_is_stored_and_pushing_it_changes_nothing(lab: Lab) -> None:
    text = await app.pull_state(lab.options())
    assert text == (lab.folder / "state" / "state.json").read_bytes()
    pushed = await app.push_state(lab.options(), text, "file", force=False)
    assert pushed.state is None
    assert (await recorded(lab.folder)).serial == 1


async def test_a_state_is_copied_to_an_empty_place(lab: Lab) -> None:
    text = await app.pull_state(lab.options())
    assert text is not None
    elsewhere = replace(lab.options(), state_path=Path("../there"))
    assert await app.pull_state(elsewhere) is None
    await app.push_state(elsewhere, text, "stdin", force=False)
    assert same(await open_store(lab.folder.parent / "there").read(), codec.decode(text))


def edited(change: Callable[[dict[str, Any]], None], text: bytes) -> bytes:
    raw = json.loads(text)
    change(raw)
    return json.dumps(raw).encode()


async def test_push_refuses_what_terraform_refuses_and_force_says_what_it_overrides(lab: Lab) -> None:
    await lab.apply(Mode.DESTROY)
    await lab.apply()
    now = await recorded(lab.folder)
    assert now.serial == 3
    smaller = replace(now, resources={})
    for state, why in (
        (replace(smaller, lineage="other", serial=9), "another lineage"),
        (replace(smaller, serial=2), "older than what is recorded"),
        (smaller, "the same serial and another content"),
    ):
        with pytest.raises(Failure, match=why) as caught:
            await app.push_state(lab.options(), codec.encode(state), "file", force=False)
        assert caught.value.cause is Cause.REFUSED
        assert "--force" in caught.value.hint
        assert await recorded(lab.folder) == now
    pushed = await app.push_state(lab.options(), codec.encode(smaller), "file", force=True)
    assert pushed.overridden == ("what is recorded has the same serial and another content",)
    assert set(pushed.changes.removed) == set(now.resources)
    newer = replace(now, serial=8)
    pushed = await app.push_state(lab.options(), codec.encode(newer), "file", force=False)
    assert (pushed.overridden, (await recorded(lab.folder)).serial) == ((), 8)


async def test_an_edited_file_is_pushed_only_with_force(lab: Lab) -> None:
    text = await app.pull_state(lab.options())
    assert text is not None

    def change(raw: dict[str, Any]) -> None:
        raw["serial"] += 1
        raw["resources"]["service_defaults.dc1/api"]["protect"] = True

    mine = edited(change, text)
    with pytest.raises(Failure, match="checksum does not match") as caught:
        await app.push_state(lab.options(), mine, "file", force=False)
    assert "edited on purpose, add --force" in caught.value.hint
    pushed = await app.push_state(lab.options(), mine, "file", force=True)
    assert pushed.overridden == ("its checksum does not match its content",)
    assert (await recorded(lab.folder)).resources[Address.parse("service_defaults.dc1/api")].protect


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("text", [b"", b"[]", b'{"version": 4}', b'{"format_version": 99}', b"\xff"])
async def test_what_is_no_state_is_not_pushed(lab: Lab, text: bytes, force: bool) -> None:
    before = await recorded(lab.folder)
    with pytest.raises(Failure, match="file cannot be recorded") as caught:
        await app.push_state(lab.options(), text, "file", force=force)
    assert caught.value.cause is Cause.STATE_UNREADABLE
    assert await recorded(lab.folder) == before


async def test_a_restored_generation_is_a_new_serial_and_the_next_plan_goes_on_from_it(lab: Lab) -> None:
    first = await recorded(lab.folder)
    lab.write(lab.clusters_yaml() + PAIR.replace("http}}, dc2", "tcp}}, dc2"))
    await lab.apply()
    lab.clear()
    asked: list[Any] = []
    restored, state = await app.restore_state(lab.options(), 1, lambda one: asked.append(one) or True)
    assert [str(address) for address in restored.changes.changed] == ["service_defaults.dc1/api"]
    assert asked == [restored]
    assert state is not None
    assert (state.serial, state.resources) == (3, first.resources)
    assert (lab.reads, lab.writes) == ([], [])
    assert [one.serial for one in (await app.state_history(lab.options())).generations] == [3, 2, 1]
    _, again = await app.restore_state(lab.options(), 1, yes)
    assert again is None


async def test_verify_reads_everything_and_names_what_is_damaged(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + PAIR.replace("http}}, dc2", "tcp}}, dc2"))
    await lab.apply()
    assert (await app.verify_state(lab.options())).ok
    generation = lab.folder / "state" / "generations" / "000001.json"
    generation.write_bytes(generation.read_bytes()[:-20])
    found = await app.verify_state(lab.options())
    assert [check.part for check in found.checks if check.problem] == ["generations/000001.json"]
    history = await app.state_history(lab.options())
    assert [one.serial for one in history.generations if one.problem] == [1]
    with pytest.raises(Failure, match="cannot be used"):
        await app.restore_state(lab.options(), 1, yes)
    state = lab.folder / "state" / "state.json"
    state.write_bytes(state.read_bytes().replace(b"tcp", b"udp"))
    found = await app.verify_state(lab.options())
    assert "checksum does not match" in (found.checks[0].problem or "")


async def test_what_a_dead_run_left_is_seen_and_no_problem(lab: Lab) -> None:
    session = await open_store(lab.folder / "state").open("apply")
    await session.removed(Address.parse("service_defaults.dc1/api"))
    await session.close()
    (lab.folder / "state" / "state.json.tmp").write_bytes(b"{")
    found = await app.verify_state(lab.options())
    assert found.ok
    assert {"state.journal", "state.json.tmp"} <= {check.part for check in found.checks}


async def test_a_snapshot_that_differs_from_its_generation_is_a_problem(lab: Lab) -> None:
    now = await recorded(lab.folder)
    (lab.folder / "state" / "state.json").write_bytes(codec.encode(replace(now, resources={})))
    found = await app.verify_state(lab.options())
    assert [check.part for check in found.checks if check.problem] == ["generations/000001.json"]
