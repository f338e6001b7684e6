"""Sensitive values in a state: digests under a key of its own, in every file, also after a crash."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.model.state import Recorded
from reconciler.sdk.secrets.sensitive import Sensitive, has_sensitive, leaves
from reconciler.statestore.factory import open_store
from reconciler.statestore.text import codec, fields, texts
from tests.unit.statestore.samples import INTENTIONS, recorded

CANARY = "canary-in-a-state-77"


def holding(value: object = CANARY, **more: object) -> Recorded:
    return recorded(body={"Meta": {"pass": value}, "plain": 1}, **more)


def files(where: Path) -> dict[str, bytes]:
    return {str(path.relative_to(where)): path.read_bytes() for path in where.rglob("*") if path.is_file()}


async def test_a_state_without_sensitive_values_has_no_key(where: Path) -> None:
    session = await open_store(where).open("apply")
    await session.applied(recorded())
    state = await session.commit()
    await session.close()
    assert state.seal is None
    assert b"sensitive" not in (where / "state.json").read_bytes()


async def test_a_digest_and_its_key_are_kept_and_the_value_is_not(where: Path) -> None:
    session = await open_store(where).open("apply")
    await session.applied(holding(Sensitive(CANARY)))
    await session.commit()
    await session.close()
    state = await open_store(where).read()
    assert state.seal is not None
    assert len(state.seal.key) == 64
    assert state.resources[recorded().address].body == {"Meta": {"pass": CANARY}, "plain": 1}
    assert has_sensitive(state.resources[recorded().address].body)
    found = files(where)
    assert len(found) == 5
    assert not [name for name, content in found.items() if CANARY.encode() in content]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in where.rglob("*") if path.is_file()}
    assert modes == {0o600}


async def test_two_states_keep_different_digests(tmp_path: Path) -> None:
    kept = set()
    for name in ("a", "b"):
        session = await open_store(tmp_path / name).open("apply")
        await session.applied(holding(Sensitive(CANARY)))
        await session.commit()
        await session.close()
        kept.add(json.dumps(json.loads((tmp_path / name / "state.json").read_bytes())["resources"]))
    assert len(kept) == 2


async def test_a_run_that_died_left_a_journal_with_the_key_and_the_digest(where: Path) -> None:
    session = await open_store(where).open("apply")
    await session.intent(holding(Sensitive(CANARY), pending="create"))
    await session.close()  # as after a kill: nothing was committed
    journal = (where / "state.journal").read_bytes()
    assert CANARY.encode() not in journal
    entries = [json.loads(line[9:]) for line in journal.splitlines()[1:]]
    assert [entry["op"] for entry in entries] == ["sensitive-key", "intent"], "the key before what it made"
    again = await open_store(where).open("apply")
    assert again.state.resources[recorded().address].body["Meta"] == {"pass": CANARY}
    assert (await again.commit()).seal == again.state.seal
    await again.close()


async def test_the_key_stays_the_same(where: Path) -> None:
    keys = set()
    for number in range(3):
        session = await open_store(where).open("apply")
        await session.applied(holding(Sensitive(f"{CANARY}{number}")))
        keys.add((await session.commit()).seal)
        await session.close()
    assert len(keys) == 1


async def test_older_snapshots_are_written_again(where: Path) -> None:
    for number in range(3):
        session = await open_store(where).open("apply")
        await session.applied(holding(f"{CANARY}{number}"))
        await session.applied(recorded(INTENTIONS, version=number))
        await session.commit()
        await session.close()
    before = {name: codec.decode(data) for name, data in files(where).items() if "generations" in name}

    def veil(one: Recorded) -> Recorded:
        held = "plain" in one.body
        return (
            replace(one, body={"Meta": {"pass": Sensitive(one.body["Meta"]["pass"])}, "plain": 1})
            if held
            else one
        )

    session = await open_store(where).open("apply")
    assert await session.veil_generations(veil) == 3
    await session.applied(veil(session.state.resources[recorded().address]))
    await session.commit()
    assert await session.veil_generations(lambda one: one) == 0
    await session.close()
    found = files(where)
    assert not [name for name, content in found.items() if CANARY.encode() in content]
    for name, old in before.items():
        new = codec.decode(found[name])
        assert (new.serial, new.lineage, new.resources) == (old.serial, old.lineage, old.resources)


async def test_what_has_no_seal_is_never_written() -> None:
    with pytest.raises(texts.NoSeal):
        texts.resource_text(holding(Sensitive(CANARY)))
    sealed = fields.with_seal(holding({"$sensitive": "ab"}), None)
    assert [leaf.known for leaf in leaves(sealed.body)] == [False]
    assert "$sensitive" in texts.resource_text(sealed)
