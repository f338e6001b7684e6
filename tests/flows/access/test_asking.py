"""Asking: which world, about whom, and where each reason is declared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.model.access import AccessResult, WorldSource
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Selection
from reconciler.render.access.html import Data
from reconciler.sdk.access.answer import Decision
from tests.flows.access.conftest import INTENTIONS, PEERED, WHOLE, Estate


def decided(result: AccessResult) -> dict[str, str]:
    """Decisions by caller and destination."""
    return {
        f"{one.question.caller} -> {one.question.to}": one.decision.value
        for one in result.answers
        if one.question.to is not None
    }


def only(result: AccessResult) -> Decision:
    assert len(result.answers) == 1
    return result.answers[0].decision


def places(result: AccessResult) -> dict[str, str | None]:
    """Places of the reasons by step, without the folder; the last of several."""
    return {one.step: (result.at(one) or "").rpartition("/")[2] for one in result.answers[0].because}


def line(estate: Estate, text: str) -> int:
    """The number of the line that has this text."""
    lines = (estate.folder / "main.yaml").read_text().splitlines()
    return next(number for number, one in enumerate(lines, 1) if text in one)


class TestDeclared:
    async def test_is_asked_without_any_request(self, estate: Estate) -> None:
        estate.clear()
        result = await estate.ask("web@dc2", to="api@dc1")
        assert only(result) is Decision.ALLOWED
        assert (result.source, result.requests, estate.reads) == (WorldSource.DECLARED, 0, [])

    async def test_each_reason_has_the_line_where_it_is_declared(self, estate: Estate) -> None:
        found = places(await estate.ask("web@dc2", to="api@dc1"))
        assert found["intention"].startswith(f"main.yaml:{line(estate, 'from: web@dc2')}:")  # type: ignore[union-attr]
        assert found["export"].startswith(f"main.yaml:{line(estate, 'api: [dc2]')}:")  # type: ignore[union-attr]
        assert found["peering"].startswith(f"main.yaml:{line(estate, 'between')}:")  # type: ignore[union-attr]

    async def test_sources_are_found_in_whatever_order_they_are_declared(self, estate: Estate) -> None:
        turned = INTENTIONS.replace("api:\n", 'api:\n      - {from: "zzz@dc2", action: deny}\n')
        estate.declare(PEERED + "exports: {dc1: {api: [dc2]}}\n" + turned)
        found = places(await estate.ask("web@dc2", to="api@dc1"))
        assert found["intention"].startswith(f"main.yaml:{line(estate, 'from: web@dc2')}:")  # type: ignore[union-attr]

    async def test_what_a_cluster_declares_of_itself_counts(self, estate: Estate) -> None:
        estate.declare(PEERED + "exports: {dc1: {api: [dc2]}}\n")
        asked = await estate.ask("web@dc2", to="api@dc1")
        assert only(asked) is Decision.DEPENDS
        text = (estate.folder / "main.yaml").read_text()
        estate.write(text.replace("labels: {env: prod}", "labels: {env: prod}, default_intention: deny"))
        assert only(await estate.ask("web@dc2", to="api@dc1")) is Decision.DENIED

    async def test_a_sensitive_value_is_neither_compared_nor_shown(self, estate: Estate) -> None:
        estate.declare(
            PEERED
            + "exports: {dc1: {api: [dc2]}}\nservice_defaults: {dc1: {api: {protocol: http}}}\n"
            + "variables: {key: {sensitive: true, default: canary-c4n4ry}}\n"
            + "intentions: {dc1: {api: [{from: web@dc2, permissions: [{action: allow, http: "
            + "{header: [{name: x-key, exact: '${var.key}'}]}}]}]}}\n"
        )
        from reconciler.sdk.access.question import Request

        request = Request("GET", "/", {"x-key": "canary-c4n4ry"})
        result = await estate.ask("web@dc2", to="api@dc1", request=request)
        assert only(result) is Decision.DEPENDS
        assert "c4n4ry" not in repr(result.answers[0].because) + repr(result.answers[0].conditions)


class TestLive:
    async def test_what_runs_is_asked_and_not_what_is_declared(self, applied: Estate) -> None:
        applied.declare(PEERED)
        assert only(await applied.ask("web@dc2", to="api@dc1", live=True)) is Decision.ALLOWED
        assert only(await applied.ask("web@dc2", to="api@dc1")) is Decision.UNREACHABLE

    async def test_what_runs_as_declared_has_the_place_of_its_declaration(self, applied: Estate) -> None:
        found = places(await applied.ask("web@dc2", to="api@dc1", live=True))
        assert found["intention"].startswith(f"main.yaml:{line(applied, 'from: web@dc2')}:")  # type: ignore[union-attr]

    async def test_what_was_changed_outside_has_the_place_on_its_cluster(self, applied: Estate) -> None:
        other = {
            "Kind": "service-intentions",
            "Name": "api",
            "Sources": [{"Name": "web", "Peer": "us-prod", "Action": "deny"}],
        }
        applied.call("dc1", "PUT", "/v1/config", other)
        result = await applied.ask("web@dc2", to="api@dc1", live=True)
        assert only(result) is Decision.DENIED
        assert places(result)["intention"] == "api Sources[0]"

    async def test_a_cluster_that_does_not_answer_is_unknown_by_name(self, applied: Estate) -> None:
        applied.world.down("dc1")
        result = await applied.ask("web@dc2", to="api@dc1", live=True)
        assert only(result) is Decision.DEPENDS
        assert list(result.unknown) == ["dc1"]
        assert "dc1" in result.answers[0].conditions[0]


class TestPlan:
    async def saved(self, estate: Estate) -> Path:
        path = estate.folder / "plan.json"
        planned = await app.plan(estate.options(), Mode.NORMAL, Selection())
        app.save_plan(planned.plan, path)
        return path

    async def test_a_plan_is_asked_what_it_would_leave_behind(self, applied: Estate) -> None:
        applied.declare(WHOLE.replace("action: allow", "action: deny"))
        plan = await self.saved(applied)
        result = await applied.ask("web@dc2", to="api@dc1", plan=plan)
        assert (only(result), result.source) == (Decision.DENIED, WorldSource.PLAN)
        assert only(await applied.ask("web@dc2", to="api@dc1", live=True)) is Decision.ALLOWED

    async def test_on_a_snapshot_it_needs_no_cluster(self, applied: Estate, tmp_path: Path) -> None:
        snapshot = await applied.snapshot()
        applied.declare(PEERED)
        plan = await self.saved(applied)
        (applied.folder / "main.yaml").unlink()
        applied.clear()
        result = await applied.ask("web@dc2", to="api@dc1", plan=plan, snapshot=snapshot)
        assert only(result) is Decision.UNREACHABLE
        assert applied.reads == []


class TestSelection:
    async def all(self, estate: Estate, *callers: str, to: str | None = None) -> set[str]:
        result = await estate.ask(*callers, to=to)
        return {key.partition(" ")[0] for key in decided(result)}

    async def test_globs_groups_and_labels(self, estate: Estate) -> None:
        assert await self.all(estate, "w*@dc2", to="api@*") == {"web@dc2"}
        assert await self.all(estate, "web@both", to="api@dc1") == {"web@dc2"}
        assert await self.all(estate, "web@{env: dev}", to="api@{env: [prod, lab]}") == {"web@dc2"}

    async def test_a_star_of_callers_is_also_everyone_that_is_not_named(self, estate: Estate) -> None:
        found = decided(await estate.ask("*@dc2", to="api@dc1"))
        assert found == {"*@dc2 -> api@dc1": "denied", "web@dc2 -> api@dc1": "allowed"}

    async def test_a_service_that_is_named_is_asked_about_though_nobody_knows_it(
        self, estate: Estate
    ) -> None:
        assert only(await estate.ask("cron@dc2", to="api@dc1")) is Decision.DENIED

    async def test_without_a_peering_between_them_the_answer_says_so(self, estate: Estate) -> None:
        estate.declare("intentions: {dc1: {api: [{from: '*', action: allow}]}}\n")
        result = await estate.ask("web@dc2", to="api@dc1")
        assert only(result) is Decision.UNREACHABLE
        assert "no peering" in result.answers[0].because[-1].text or any(
            "no peering" in one.text for one in result.answers[0].because
        )

    async def test_what_is_dialed_says_where_it_arrives(self, estate: Estate) -> None:
        result = await estate.ask("web@dc2", upstream="api@eu-prod")
        assert str(result.answers[0].answered_by) == "api@dc1"

    @pytest.mark.parametrize(
        ("callers", "more", "says"),
        [
            (("web@dc9",), {}, "there is no cluster dc9"),
            (("nothing*@dc2",), {}, 'no service matches "nothing*@dc2"'),
            (("web@{env: qa}",), {}, "no cluster has the labels"),
            (("@dc1",), {}, "not a pattern for services"),
            (("web@{env}",), {}, "not labels"),
            ((), {"upstream": "api"}, "there is no --from"),
            (("web@dc2",), {"upstream": "api@"}, "not an upstream"),
        ],
    )
    async def test_what_cannot_be_asked_is_an_error(
        self, estate: Estate, callers: tuple[str, ...], more: dict[str, Any], says: str
    ) -> None:
        with pytest.raises(Failure) as raised:
            await estate.ask(*callers, **more)
        assert says in raised.value.summary
        assert raised.value.cause is Cause.USAGE


class TestFiles:
    """A snapshot is read without any configuration and without any cluster."""

    async def test_the_snapshot_answers_as_the_clusters_did(self, applied: Estate, tmp_path: Path) -> None:
        path = await applied.snapshot()
        (applied.folder / "main.yaml").unlink()
        applied.clear()
        result = await applied.ask("web@dc2", to="api@dc1", snapshot=path)
        assert (only(result), result.source) == (Decision.ALLOWED, WorldSource.SNAPSHOT)
        assert result.taken_at
        assert applied.reads == []
        assert places(result)["intention"] == "api Sources[0]"

    async def test_labels_without_a_configuration_say_that_there_is_none(self, applied: Estate) -> None:
        path = await applied.snapshot()
        (applied.folder / "main.yaml").unlink()
        with pytest.raises(Failure) as raised:
            await applied.ask("web@{env: dev}", snapshot=path)
        assert "configuration" in raised.value.hint

    async def test_a_file_with_clusters_and_peerings_alone_is_enough(self, estate: Estate) -> None:
        path = estate.folder / "line.json"
        service = {"name": "web", "healthy": True, "protocol": "tcp"}
        cluster = {"datacenter": "dc1", "default_intention": "allow", "gateway": True, "config_entries": []}
        path.write_text(json.dumps({"clusters": {"dc1": {**cluster, "services": [service]}}, "peerings": []}))
        assert only(await estate.ask("web@dc1", to="web@dc1", snapshot=path)) is Decision.ALLOWED

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            ("", "it is not JSON: Expecting value at line 1, column 1"),
            ('{"clusters": {,}}', "at line 1, column 15"),
            ("[]", "$ is not an object"),
            ('{"clusters": {"dc1": ', "it is not JSON: Expecting value at line 1, column 22"),
            ('{"clusters": {"dc1', "it is not JSON: Unterminated string starting at line 1, column 15"),
            ("[" * 100_000, "nested too deeply"),
            ('{"clusters": ' + '{"a": ' * 980 + "1" + "}" * 981, ""),
            ('{"clusters": {},\n "n": ' + "9" * 5000 + "}", "a number of 5000 digits at line 2"),
            ('{"clusters": {"dc1": {}, "dc1": {}}}', '$.clusters has the key "dc1" twice'),
            ('{"clusters": {}, "peerings": [{"a": 1, "a": 1}]}', '$.peerings[0] has the key "a" twice'),
            (
                '{"clusters": {"dc1": {"config_entries": [{"kind": "mesh", "peering": 1}]}}}',
                "$.clusters.dc1.config_entries[0].Peering is not an object",
            ),
            ("{}", "$.clusters is missing"),
            ('{"clusters": {}, "format": "reconciler-snapshot/9"}', "$.format is reconciler-snapshot/9"),
            ('{"clusters": {"dc1": []}}', "$.clusters.dc1 is not an object"),
            ('{"clusters": {"dc1": {"services": {}}}}', "$.clusters.dc1.services is not a list"),
            ('{"clusters": {"dc1": {"services": [1]}}}', "$.clusters.dc1.services[0] is not an object"),
            ('{"clusters": {"dc1": {"services": [{}]}}}', "$.clusters.dc1.services[0].name is missing"),
            (
                '{"clusters": {"dc1": {"config_entries": [{"Name": "x"}]}}}',
                "$.clusters.dc1.config_entries[0].Kind is missing",
            ),
            (
                '{"clusters": {"dc1": {"gateway": "yes"}}}',
                "$.clusters.dc1.gateway is not true, false or null",
            ),
            (
                '{"clusters": {"dc1": {"default_intention": "maybe"}}}',
                "$.clusters.dc1.default_intention is not allow, deny or null",
            ),
            ('{"clusters": {}, "peerings": {}}', "$.peerings is not a list"),
            ('{"clusters": {}, "peerings": [{"acceptor": "dc1"}]}', "$.peerings[0].dialer is missing"),
        ],
    )
    async def test_a_file_that_is_none_says_what_is_wrong_and_where(
        self, estate: Estate, content: str, says: str
    ) -> None:
        path = estate.folder / "bad.json"
        path.write_text(content)
        with pytest.raises(Failure) as raised:
            await estate.ask("web@dc1", to="api@dc1", snapshot=path)
        assert says in raised.value.detail
        assert str(path) in raised.value.summary

    async def test_a_file_that_is_not_there_says_so(self, estate: Estate) -> None:
        with pytest.raises(Failure) as raised:
            await estate.ask("web@dc1", to="api@dc1", snapshot=estate.folder / "none.json")
        assert "No such file" in raised.value.detail


async def test_a_file_that_is_no_text_in_utf_8_says_so(estate: Estate) -> None:
    path = estate.folder / "bad.json"
    path.write_bytes(b'{"clusters": {"dc\xff": {}}}')
    with pytest.raises(Failure, match="cannot read") as raised:
        await estate.ask("web@dc1", to="api@dc1", snapshot=path)
    assert raised.value.detail == "it is not text in UTF-8"


async def test_one_caller_is_asked_about_without_looking_for_all_services(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def enumerated(network: object) -> None:
        raise AssertionError("all services of the world were looked for")

    for name in ("services", "callers"):
        monkeypatch.setattr(f"reconciler_consul.access.network.naming.{name}", enumerated)
    found = await estate.ask("web@dc2")
    assert found.answers
    assert found.services is None
    with pytest.raises(AssertionError, match="all services"):
        await estate.ask("web@*")


class TestNamesThatOnlyLeadToOthers:
    """A split to a peer makes a name in the cluster of the caller, which a splitter can lead to."""

    SPLIT = "service_defaults: {dc2: {api: {protocol: http}}}\nsplits: {dc2: {api: {api: 50, api@dc1: 50}}}\n"

    async def names(self, estate: Estate, **choice: Any) -> tuple[set[str], set[str]]:
        result = await estate.ask(**choice)
        callers = {str(one.question.caller) for one in result.answers}
        return callers, {str(one.question.to) for one in result.answers}

    async def test_they_can_be_dialed_and_do_not_call(self, estate: Estate) -> None:
        estate.declare(WHOLE + self.SPLIT)
        callers, targets = await self.names(estate)
        assert "api-dc1@dc2" in targets
        assert "api-dc1@dc2" not in callers
        assert {"web@dc2", "api@dc2"} <= callers

    async def test_a_pattern_does_not_select_them_as_callers(self, estate: Estate) -> None:
        estate.declare(WHOLE + self.SPLIT)
        result = await estate.ask("*@dc2", to="*@dc1")
        assert "api-dc1@dc2" not in {str(one.question.caller) for one in result.answers}

    async def test_nor_on_clusters_that_run(self, estate: Estate) -> None:
        estate.declare(WHOLE + self.SPLIT)
        await estate.apply()
        callers, targets = await self.names(estate, live=True)
        assert "api-dc1@dc2" in targets
        assert callers == {"web@dc2", "api@dc1"}

    async def test_one_that_runs_calls(self, estate: Estate) -> None:
        estate.declare(WHOLE + self.SPLIT)
        await estate.apply()
        estate.register("dc2", "api-dc1")
        callers, _ = await self.names(estate, live=True)
        assert "api-dc1@dc2" in callers

    async def test_one_that_intentions_name_calls(self, estate: Estate) -> None:
        estate.declare(WHOLE + "      - {from: api-dc1@dc2, action: deny}\n" + self.SPLIT)
        callers, _ = await self.names(estate)
        assert "api-dc1@dc2" in callers

    async def test_a_page_has_no_row_for_them(self, estate: Estate) -> None:
        estate.declare(WHOLE + self.SPLIT)
        data = Data(await estate.ask()).value()
        rows, columns = data["callers"], data["to"]
        assert not [row for row in rows if "api-dc1" in row]
        assert [column for column in columns if "api-dc1" in column]


async def test_selected_pairs_that_nothing_connects_are_counted(estate: Estate) -> None:
    web = "[{from: web, action: allow}]"
    estate.declare(f"intentions: {{dc1: {{api: {web}}}, dc2: {{other: {web}}}}}\n")
    result = await estate.ask("w*@*", to="api@dc1")
    asked = {str(one.question.caller) for one in result.answers}
    assert asked == {"web@dc1"}
    assert result.apart == 1
