"""Undo: a plan that goes back to what a kept generation of the state recorded; applied as any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.model.block import BlockKind
from reconciler.model.change import Action, Reason
from reconciler.model.failure import Failure
from reconciler.model.plan import Mode, Plan, Selection
from reconciler.sdk.errors import Ambiguous
from reconciler.statestore.session import JournaledSession
from tests.support.lab import Lab

PEERING = "peerings: [{between: [dc1, dc2]}]\n"
API = "exports: {dc1: {api: [dc2]}}\nintentions: {dc1: {api: [{from: web@dc2, action: allow}]}}\n"


def defaults(protocol: str) -> str:
    return f"config_entries: {{dc1: [{{Kind: service-defaults, Name: api, Protocol: {protocol}}}]}}\n"


SECRET = 'variables: {token: {sensitive: true}}\nproxy_defaults: {dc1: {config: {auth: "${var.token}"}}}\n'


class UndoLab(Lab):
    """A lab whose runs may be given the value of a sensitive variable."""

    token: str | None = None

    def options(self, **more: Any) -> app.Options:
        return super().options(**more, variables={"token": self.token} if self.token else {})

    async def apply_with(self, token: str, **selection: Any) -> app.ApplyResult:
        self.token = token
        return await self.apply(**selection)

    async def plan_with(self, token: str, **selection: Any) -> Plan:
        self.token = token
        return await self.plan(**selection)


@pytest.fixture
def lab(tmp_path: Path) -> UndoLab:
    return UndoLab(tmp_path, 3)


def declare(lab: Lab, *sections: str, without: str = "") -> None:
    clusters = "".join(
        line for line in lab.clusters_yaml().splitlines(True) if not without or without not in line
    )
    lab.write(clusters + "".join(sections))


def live(lab: Lab) -> dict[str, Any]:
    """What all clusters hold, without the numbers that every write moves."""
    out: dict[str, Any] = {}
    for name in lab.names:
        for kind in ("service-defaults", "service-intentions", "exported-services"):
            for entry in lab.call(name, "GET", f"/v1/config/{kind}"):
                own = {key: value for key, value in entry.items() if not key.endswith("Index")}
                out[f"{name}/{kind}/{entry['Name']}"] = own
        out[f"{name}/peerings"] = sorted(row["Name"] for row in lab.call(name, "GET", "/v1/peerings"))
    return out


def reasons(plan: Plan) -> dict[str, tuple[Action, str]]:
    assert {change.reason for change in plan.actions} <= {Reason.UNDO}
    return {str(change.address): (change.action, change.why) for change in plan.actions}


async def test_undo_goes_back_to_what_was_applied_before_and_the_next_plan_goes_forward_again(
    lab: Lab,
) -> None:
    declare(lab, PEERING, API, defaults("http"))
    await lab.apply()
    then = live(lab)
    declare(lab, PEERING, defaults("grpc"), "intentions: {dc1: {web: [{from: api@dc2, action: deny}]}}\n")
    await lab.apply()
    now = live(lab)

    plan = await lab.plan(undo=1)

    assert plan.undo is not None
    assert (plan.undo.serial, plan.serial, plan.undo.operation) == (1, 2, "apply")
    assert reasons(plan) == {
        "exported_services.dc1/default": (Action.CREATE, "serial 1 recorded it"),
        "service_defaults.dc1/api": (Action.UPDATE, "as serial 1 recorded it"),
        "service_intentions.dc1/api": (Action.CREATE, "serial 1 recorded it"),
        "service_intentions.dc1/web": (Action.DELETE, "serial 1 did not record it"),
    }
    undone = await lab.apply(undo=1)
    assert undone.outcome is not None
    assert undone.outcome.failed == ()
    assert live(lab) == then
    state = await lab.state()
    assert (state.serial, state.saved and state.saved.operation) == (3, "undo to serial 1")

    forward = await lab.plan()
    assert any(text.startswith("the last apply was an undo to serial 1 (") for text in forward.warnings)
    assert {str(change.address) for change in forward.actions} == set(reasons(plan))
    await lab.apply()
    assert live(lab) == now
    assert not any("undo" in text for text in (await lab.plan()).warnings)


async def test_undo_of_an_undo_goes_forward_and_two_steps_count_generations(lab: Lab) -> None:
    for protocol in ("http", "grpc", "http2"):
        declare(lab, defaults(protocol))
        await lab.apply()
    await lab.apply(undo=2)
    assert live(lab)["dc1/service-defaults/api"]["Protocol"] == "http"
    await lab.apply(undo=1)
    assert live(lab)["dc1/service-defaults/api"]["Protocol"] == "http2"


async def test_what_is_already_as_it_was_is_not_written(lab: Lab) -> None:
    declare(lab, defaults("http"))
    await lab.apply()
    declare(lab, defaults("grpc"))
    await lab.apply()
    await lab.apply(undo=1)
    declare(lab, defaults("http"))
    lab.clear()
    again = await lab.apply(undo=2)
    assert lab.writes == []
    assert not again.plan.has_changes


async def test_what_was_adopted_since_is_let_go_of_and_stays(lab: Lab) -> None:
    declare(lab, PEERING)
    await lab.apply()
    lab.call("dc1", "PUT", "/v1/config", {"Kind": "service-defaults", "Name": "api", "Protocol": "http"})
    declare(lab, PEERING, API, defaults("http"))
    await lab.apply()
    before = live(lab)["dc1/service-defaults/api"]
    plan = await lab.plan(undo=1)
    (forgotten,) = [change for change in plan.changes if change.action is Action.FORGET]
    assert (str(forgotten.address), forgotten.reason) == ("service_defaults.dc1/api", Reason.UNDO)
    assert (
        forgotten.why == "serial 1 did not record it, and reconciler did not create it: it stays as it is now"
    )
    assert reasons(plan)["service_intentions.dc1/api"] == (Action.DELETE, "serial 1 did not record it")
    await lab.apply(undo=1)
    assert live(lab)["dc1/service-defaults/api"] == before
    assert "dc1/service-intentions/api" not in live(lab)
    declare(lab, PEERING)
    assert not (await lab.plan()).has_changes


async def test_a_saved_undo_is_performed_as_it_was_reviewed_and_refused_once_it_is_stale(
    lab: Lab, tmp_path: Path
) -> None:
    declare(lab, defaults("http"))
    await lab.apply()
    declare(lab, defaults("grpc"))
    await lab.apply()
    saved = tmp_path / "undo.plan"
    app.save_plan((await app.plan(lab.options(), Mode.NORMAL, Selection(undo=1))).plan, saved)

    await _perform(lab, saved)
    assert live(lab)["dc1/service-defaults/api"]["Protocol"] == "http"
    with pytest.raises(Failure, match="Saved plan is stale") as caught:
        await _perform(lab, saved)
    assert "goes back to serial 1; 1 generation back is serial 2 now" in caught.value.detail
    assert "the configuration changed" not in caught.value.detail


async def test_a_saved_undo_says_that_the_configuration_changed_where_that_is_why(
    lab: Lab, tmp_path: Path
) -> None:
    declare(lab, defaults("http"), PEERING)
    await lab.apply()
    declare(lab, defaults("grpc"), PEERING)
    await lab.apply()
    saved = tmp_path / "undo.plan"
    app.save_plan((await app.plan(lab.options(), Mode.NORMAL, Selection(undo=1))).plan, saved)
    declare(lab, PEERING, "removed: [{address: 'service_defaults.dc1/api', destroy: false}]\n")
    with pytest.raises(Failure, match="Saved plan is stale") as caught:
        await _perform(lab, saved)
    assert "the configuration changed" in caught.value.detail


async def test_what_the_configuration_removed_since_is_named(lab: Lab) -> None:
    declare(lab, defaults("http"), PEERING)
    await lab.apply()
    gone = "removed: [{address: 'service_defaults.dc1/*', destroy: false}]\n"
    declare(lab, PEERING, gone)
    done = await lab.apply()
    assert done.outcome is not None
    assert done.outcome.forgotten == 1
    plan = await lab.plan(undo=1)
    (said,) = [text for text in plan.warnings if "removed" in text]
    assert said == (
        "serial 1 recorded service_defaults.dc1/api, which `removed` in the configuration says not to "
        "manage: nothing is done about it"
    )


async def test_a_cluster_that_left_the_configuration_is_reached_as_it_was_recorded(lab: Lab) -> None:
    declare(lab, _both("dc1", "dc3"))
    await lab.apply()
    then = live(lab)
    declare(lab, _both("dc1"), without="dc3")
    await lab.apply()
    assert "dc3/service-defaults/api" not in live(lab)

    await lab.apply(undo=1)

    assert live(lab) == then
    (again,) = (await lab.plan()).actions
    assert (again.action, str(again.address)) == (Action.DELETE, "service_defaults.dc3/api")


async def test_what_is_on_a_cluster_that_is_gone_is_named_and_the_rest_is_undone(lab: Lab) -> None:
    declare(lab, _both("dc1", "dc3"))
    await lab.apply()
    declare(lab, _both("dc1").replace("http", "grpc"), without="dc3")
    await lab.apply()
    lab.world.down("dc3")

    plan = await lab.plan(undo=1)

    (unknown,) = plan.deferred
    assert str(unknown.address) == "service_defaults.dc3/api"
    assert "no longer declared" in unknown.hint
    assert "--exclude '*.dc3/*'" in unknown.hint
    await lab.apply(undo=1)
    lab.world.up("dc3")
    assert live(lab)["dc1/service-defaults/api"]["Protocol"] == "http"


async def test_a_peering_that_was_recreated_since_is_named_and_stays(lab: Lab) -> None:
    declare(lab, PEERING, defaults("http"))
    await lab.apply()
    await lab.apply(replaces=["peering.*"])
    declare(lab, PEERING, defaults("grpc"))
    await lab.apply()

    plan = await lab.plan(undo=2)

    assert [str(change.address) for change in plan.actions] == ["service_defaults.dc1/api"]
    assert any("peering.dc1/dc2 was re-established since serial 1" in text for text in plan.warnings)


async def test_a_value_of_which_only_a_digest_is_kept_is_named_and_the_rest_is_undone(
    lab: UndoLab,
) -> None:
    declare(lab, SECRET, defaults("http"))
    await lab.apply_with("first")
    declare(lab, SECRET, defaults("grpc"))
    await lab.apply_with("second")

    plan = await lab.plan_with("second", undo=1)

    blocked = {str(c.address): c.blocked.kind for c in plan.changes if c.blocked}
    assert blocked == {"proxy_defaults.dc1/global": BlockKind.NOT_UNDOABLE}
    await lab.apply_with("second", undo=1)
    assert live(lab)["dc1/service-defaults/api"]["Protocol"] == "http"
    assert lab.call("dc1", "GET", "/v1/config/proxy-defaults/global")["Config"]["auth"] == "second"


@pytest.mark.parametrize("where", ["in the configuration", "on the cluster"])
async def test_a_value_that_is_known_again_by_its_digest_is_undone(lab: UndoLab, where: str) -> None:
    declare(lab, SECRET, defaults("http"))
    await lab.apply_with("first")
    declare(lab, SECRET, defaults("grpc"))
    await lab.apply_with("second")
    if where == "on the cluster":
        entry = lab.call("dc1", "GET", "/v1/config/proxy-defaults/global")
        lab.call("dc1", "PUT", "/v1/config", {**entry, "Config": {"auth": "first", "protocol": "grpc"}})

    given = "first" if where == "in the configuration" else "second"
    undone = await lab.apply_with(given, undo=1)

    assert undone.outcome is not None
    assert not undone.outcome.failed + undone.outcome.skipped
    assert lab.call("dc1", "GET", "/v1/config/proxy-defaults/global")["Config"] == {"auth": "first"}


async def test_a_run_that_died_counts_as_a_generation(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(lab, defaults("http"))
    await lab.apply()
    declare(lab, defaults("grpc"))
    with monkeypatch.context() as patched:
        patched.setattr(JournaledSession, "commit", _killed)
        with pytest.raises(Killed):
            await lab.apply()
    assert live(lab)["dc1/service-defaults/api"]["Protocol"] == "grpc"

    plan = await lab.plan(undo=1)

    assert plan.undo is not None
    assert plan.undo.serial == 1
    await lab.apply(undo=1)
    assert live(lab)["dc1/service-defaults/api"]["Protocol"] == "http"


async def test_what_was_being_removed_then_does_not_come_back(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(lab, PEERING, defaults("http"))
    await lab.apply()
    declare(lab, defaults("http"))
    with monkeypatch.context() as patched:
        patched.setattr("reconciler_consul.peering.steps.Peerings.perform", _unanswered)
        await lab.apply()
    pending = {str(at): entry.pending for at, entry in (await lab.state()).resources.items()}
    assert pending == {"service_defaults.dc1/api": None, "peering.dc1/dc2": "delete"}
    await lab.apply()

    plan = await lab.plan(undo=1)

    assert reasons(plan) == {}


async def test_protection_of_today_holds(lab: Lab) -> None:
    declare(lab, defaults("http"))
    await lab.apply()
    declare(lab, _two())
    await lab.apply()
    declare(lab, _two(), "protect: ['service_defaults.dc1/web']\n")

    plan = await lab.plan(undo=1)

    (change,) = plan.actions
    assert (str(change.address), change.blocked and change.blocked.kind) == (
        "service_defaults.dc1/web",
        BlockKind.PROTECTED,
    )


async def test_further_back_than_anything_is_kept_is_refused_by_name(lab: Lab) -> None:
    declare(lab, defaults("http"))
    with pytest.raises(Failure, match="nothing was applied before"):
        await lab.plan(undo=1)
    await lab.apply()
    with pytest.raises(Failure, match="nothing was applied before"):
        await lab.plan(undo=1)
    declare(lab, defaults("grpc"))
    await lab.apply()
    with pytest.raises(Failure, match="the oldest generation that is kept is serial 1") as raised:
        await lab.plan(undo=5)
    assert "--undo 1" in raised.value.hint


async def test_another_configuration_cannot_undo_what_this_one_applied(lab: Lab, tmp_path: Path) -> None:
    for protocol in ("http", "grpc"):
        lab.write("name: shop\n" + lab.clusters_yaml() + defaults(protocol))
        await lab.apply()
    lab.write("name: pay\n" + lab.clusters_yaml() + defaults("grpc"))
    with pytest.raises(Failure, match='belongs to the configuration "shop"'):
        await lab.plan(undo=1)


class Killed(BaseException):
    """The process ends here."""


async def _killed(session: JournaledSession, ended: object = None) -> None:
    raise Killed


async def _unanswered(*_: object) -> None:
    raise Ambiguous("no answer", cluster="dc1")


async def _perform(lab: Lab, saved: Path) -> None:
    """Apply a saved plan, which nobody is asked about."""
    await app.apply(
        lab.options(),
        Mode.NORMAL,
        Selection(),
        approve=lambda planned: False,
        observe=lab.events.append,
        stop=app.Stop(),
        saved=saved,
    )


def _both(*clusters: str) -> str:
    entry = "[{Kind: service-defaults, Name: api, Protocol: http}]"
    return "config_entries:\n" + "".join(f"  {name}: {entry}\n" for name in clusters)


def _two() -> str:
    return (
        "config_entries: {dc1: [{Kind: service-defaults, Name: api, Protocol: http}, "
        "{Kind: service-defaults, Name: web, Protocol: http}]}\n"
    )
