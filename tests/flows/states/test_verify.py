"""`state verify`: an older state, a state of others, and one put in the place of this one are named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reconciler import app
from reconciler.model.state import Check
from reconciler.statestore.local.audit import AUDIT, AUDIT_LAST
from tests.flows.states.test_cluster_marks import declare, entry, restore
from tests.support.lab import Lab


@pytest.fixture
async def lab(tmp_path: Path) -> Lab:
    """Two clusters, a state of serial 2, and a copy of it as it was at serial 1; without marks."""
    made = Lab(tmp_path, 2)
    declare(made, entry("http"), operator="")
    await made.apply()
    shutil.copytree(tmp_path / "state", tmp_path / "copy")
    declare(made, entry("grpc"), operator="")
    await made.apply()
    return made


async def problems(lab: Lab) -> dict[str, str]:
    found = (await app.verify_state(lab.options())).checks
    return {check.part: check.problem for check in found if check.problem}


async def test_a_state_that_is_whole_and_ours_is_sound(lab: Lab) -> None:
    found = await app.verify_state(lab.options())
    assert found.ok
    assert not any(check.unknown for check in found.checks)


async def test_an_older_state_beside_its_audit_log_is_named(lab: Lab) -> None:
    shutil.copytree(lab.folder / "state", lab.folder / "newer")
    restore(lab)
    assert await problems(lab) == {}  # the log is of that moment, too: only marks on clusters would show it
    for name in (AUDIT, AUDIT_LAST):
        shutil.copy(lab.folder / "newer" / name, lab.folder / "state" / name)
    (found,) = (await problems(lab)).items()
    assert found[0] == "the audit log"
    assert "says serial 2, and the state is at serial 1: it is an older one" in found[1]


async def test_a_run_that_died_after_it_said_how_it_ended_is_no_older_state(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reconciler.statestore.local.medium import LocalMedium

    async def died(*_: object) -> None:
        raise KeyboardInterrupt

    declare(lab, entry("tcp"), operator="")
    with monkeypatch.context() as patched:
        patched.setattr(LocalMedium, "save", died)
        with pytest.raises(KeyboardInterrupt):
            await lab.apply()
    assert await problems(lab) == {}


@pytest.mark.parametrize("name", ["shop", ""])
async def test_another_state_in_the_place_is_not_of_this_audit_log(
    lab: Lab, tmp_path: Path, name: str
) -> None:
    declare(lab, entry("grpc"), name=name, operator="")
    (tmp_path / "other").mkdir()
    other = Lab(tmp_path / "other", 2)
    for protocol in ("http", "tcp", "grpc"):
        declare(other, entry(protocol), name="", operator="")
        await other.apply()
    shutil.copy(other.folder / "state/state.json", lab.folder / "state/state.json")
    assert "it has no entry" in (await problems(lab))["the audit log"]


async def test_a_state_of_another_configuration_is_not_sound(lab: Lab) -> None:
    declare(lab, entry("grpc"), name="billing", operator="")
    (found,) = (await problems(lab)).items()
    assert found[0] == "the owner"
    assert 'belongs to the configuration "shop"; this is the configuration "billing"' in found[1]
    lab.write(
        "clusters: [", "main.yaml"
    )  # what the configuration says is then not known, and no fault of the state
    assert await problems(lab) == {}


async def test_marks_on_clusters_show_an_older_state_and_one_that_cannot_be_read_is_unknown(lab: Lab) -> None:
    declare(lab, entry("tcp"))
    await lab.apply()
    assert await problems(lab) == {}
    restore(lab)
    lab.clear()
    (found,) = (await problems(lab)).items()
    assert found[0] == "the marks on clusters"
    assert "serial 1, and there was 3" in found[1]
    assert lab.writes == []


async def test_a_mark_that_cannot_be_read_is_unknown(lab: Lab) -> None:
    declare(lab, entry("tcp"))
    await lab.apply()
    lab.world.down("dc2")
    found = await app.verify_state(lab.options())
    assert found.ok
    (check,) = [check for check in found.checks if check.unknown]
    assert isinstance(check, Check)
    assert check.part == "the mark on dc2"
