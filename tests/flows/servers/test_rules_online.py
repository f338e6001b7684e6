"""`validate --online`: every rule that needs clusters has a failing case with this problem only, and a
passing one without any. What runs is in the case, on the sandbox."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.config.rules.catalogue.record import Rule, rules
from reconciler.emulator import World
from tests.support import yaml_files
from tests.support.lab import Lab
from tests.support.rules import cases as rule_cases
from tests.support.virtual import CLOCK

ONLINE = [rule for rule in rules() if rule.found in ("plan", "online")]


class CaseLab(Lab):
    """A lab whose servers and configuration are those of a case."""

    def __init__(self, folder: Path, rule: str, which: str) -> None:
        super().__init__(folder)
        files = {path.name: path.read_text() for path in rule_cases.further_files(rule, which)}
        servers: dict[str, Any] = yaml_files.read(files.get(rule_cases.SERVERS, "{}"))
        self.environ.update(servers.pop("environ", {}))
        found = {name: dict(servers.get(name, {})) for name in self.names}
        services = {name: one.pop("services", []) for name, one in found.items()}
        gateways = [name for name, one in found.items() if one.pop("gateway", False)]
        for one in found.values():
            one["partitions"] = tuple(one.get("partitions", ()))
        self.specs = [replace(spec, **found[spec.name]) for spec in self.specs]
        self.world = World(self.specs, clock=CLOCK, delays=False)
        for name, registered in services.items():
            for service in registered:
                self.call(name, "PUT", "/v1/agent/service/register", {"Name": service, "Port": 80})
        for name in gateways:
            body = {"Name": "gateway", "Kind": "mesh-gateway", "Port": 8443, "Address": "127.0.0.1"}
            self.call(name, "PUT", "/v1/agent/service/register", body)
        self.before = files.get(rule_cases.BEFORE)

    def options(self, **more: Any) -> app.Options:
        """Options without variables: addresses are written out."""
        return replace(super().options(**more), variables={})

    def put(self, text: str) -> None:
        """Write a configuration with the addresses of this lab."""
        whole = text + rule_cases.rest(text.encode()).replace("{}\n", "")
        for number, name in enumerate(self.names, start=1):
            whole = whole.replace(f"http://10.0.0.{number}:8500", self.world.url(name))
        self.write(whole)


async def validated(folder: Path, rule: str, which: str) -> app.Validation:
    lab = CaseLab(folder, rule, which)
    if lab.before is not None:
        lab.put(lab.before)
        done = await lab.apply()
        assert done.outcome is not None
    lab.put(rule_cases.main_file(rule, which).read_text())
    lab.clear()
    found = await app.validate_online(lab.options())
    assert lab.writes == []
    return found


@pytest.mark.parametrize("rule", ONLINE, ids=lambda rule: rule.id)
async def test_the_failing_case_has_exactly_this_problem(rule: Rule, tmp_path: Path, clock: object) -> None:
    found = await validated(tmp_path, rule.id, rule_cases.FAILS)
    assert {item.code for item in found.diagnostics} == {rule.id}, found.diagnostics
    assert {item.severity.value for item in found.diagnostics} <= set(rule.severity.split(" or "))


@pytest.mark.parametrize("rule", ONLINE, ids=lambda rule: rule.id)
async def test_the_passing_case_has_no_problem(rule: Rule, tmp_path: Path, clock: object) -> None:
    assert (await validated(tmp_path, rule.id, rule_cases.PASSES)).diagnostics == ()


EXPORTS = "exports: {dc1: {api: [dc2]}}"
IGNORE = "# reconciler: ignore[no-gateway] it is deployed next week"


def online(folder: Path) -> CaseLab:
    """A lab where dc1 exports api without a mesh gateway."""
    return CaseLab(folder, "no-gateway", rule_cases.FAILS)


async def codes(lab: Lab) -> list[str]:
    found = await app.validate_online(lab.options())
    return [f"{item.severity.value} {item.code}" for item in found.diagnostics]


async def test_a_finding_is_ignored_where_its_object_is_declared(tmp_path: Path, clock: object) -> None:
    lab = online(tmp_path)
    lab.put(f"{EXPORTS}\n")
    assert await codes(lab) == ["warning no-gateway"]
    lab.put(f"{EXPORTS}  {IGNORE}\n")
    assert await codes(lab) == []


async def test_a_comment_about_what_clusters_say_is_unused_only_online(tmp_path: Path, clock: object) -> None:
    lab = CaseLab(tmp_path, "no-gateway", rule_cases.PASSES)
    lab.put(f"{EXPORTS}  {IGNORE}\n")
    assert app.validate(lab.options()).diagnostics == ()
    assert await codes(lab) == ["warning unused-ignore"]


async def test_settings_hold_for_findings_too(tmp_path: Path, clock: object) -> None:
    lab = online(tmp_path)
    lab.put(f"{EXPORTS}\n")
    lab.write("lint: {rules: {no-gateway: off}}\n", "reconciler.yaml")
    assert await codes(lab) == []
    lab.write("lint: {rules: {no-gateway: error}}\n", "reconciler.yaml")
    assert await codes(lab) == ["error no-gateway"]


async def test_a_warning_fails_where_it_is_asked_to(tmp_path: Path, clock: object) -> None:
    lab = online(tmp_path)
    lab.put(f"{EXPORTS}\n")
    assert (await app.validate_online(lab.options())).ok
    assert not (await app.validate_online(lab.options(), True)).ok
    lab.write("lint: {fail_on: warning}\n", "reconciler.yaml")
    assert not (await app.validate_online(lab.options())).ok


async def test_with_an_error_no_cluster_is_asked(tmp_path: Path, clock: object) -> None:
    lab = online(tmp_path)
    lab.put("exports: {dc1: {api: [dc1]}}\n")
    lab.clear()
    assert await codes(lab) == ["error self-export"]
    assert lab.reads == []


async def test_what_is_applied_already_is_checked_all_the_same(tmp_path: Path, clock: object) -> None:
    lab = CaseLab(tmp_path, "override-without-peer", rule_cases.FAILS)
    lab.put(rule_cases.main_file("override-without-peer", rule_cases.FAILS).read_text())
    assert (await lab.apply()).outcome is not None
    assert not (await lab.plan()).has_changes
    assert await codes(lab) == ["warning override-without-peer"]


async def test_a_plan_follows_the_settings_and_the_comments(tmp_path: Path, clock: object) -> None:
    """The redirect of the case is removed, which Consul 1.20 makes others feel."""
    lab = CaseLab(tmp_path, "withdrawn-redirect", rule_cases.FAILS)
    assert lab.before is not None
    lab.put(lab.before)
    await lab.apply()
    lab.put(f"{EXPORTS}\n")

    def notes(plan: Any) -> str:
        return " ".join(note for change in plan.changes for note in change.notes)

    assert "[withdrawn-redirect]" in notes(await lab.plan())
    lab.write("lint: {rules: {withdrawn-redirect: off}}\n", "reconciler.yaml")
    assert "[withdrawn-redirect]" not in notes(await lab.plan())
    lab.write("lint: {rules: {withdrawn-redirect: error}}\n", "reconciler.yaml")
    blocked = [str(change.blocked) for change in (await lab.plan()).changes if change.blocked]
    assert any("[withdrawn-redirect]" in text for text in blocked)
