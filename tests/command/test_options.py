"""What the options of plan and apply do, seen on the wire and in the state."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.support.command.desk import ESTATE, RESOURCES, Desk
from tests.support.command.servers import Sandbox

PEERINGS = {"peering.dc1/dc2", "peering.dc1/dc3", "peering.dc2/dc3"}


def planned(desk: Desk, *argv: str) -> dict[str, list[str]]:
    """Address -> actions, of everything that a plan would do."""
    value: dict[str, Any] = desk.run("plan", "--json", *argv).expect(0).value()
    return {
        item["address"]: item["change"]["actions"]
        for item in value["resource_changes"]
        if item["change"]["actions"] != ["no-op"]
    }


def test_a_target_takes_what_it_needs_with_it(desk: Desk) -> None:
    assert planned(desk, "--target", "peering.*").keys() == PEERINGS
    needed = planned(desk, "-target=service_resolver.dc2/*").keys()
    assert {"service_resolver.dc2/api", "peering.dc1/dc2"} <= needed
    assert needed.isdisjoint({"peering.dc1/dc3", "peering.dc2/dc3", "exported_services.dc1/default"})
    desk.run("plan", "--target", "peering.dc1/dc9").expect(
        1, "peering.dc1/dc9", "did you mean peering.dc1/dc"
    )
    desk.run("plan", "--target", "peering.dc1/dc2").expect(0, "narrowed")


def test_an_exclude_takes_what_needs_it_along(desk: Desk) -> None:
    left = planned(desk, "--exclude", "peering.dc1/*").keys()
    assert left == {"peering.dc2/dc3", "service_defaults.dc1/api"}


def test_a_narrowed_apply_writes_no_more_than_that(desk: Desk, clusters: Sandbox) -> None:
    desk.apply("--target", "peering.dc1/dc2")
    assert desk.recorded() == {"peering.dc1/dc2"}
    assert {line.split()[1] for line in clusters.writes} == {
        "dc1/v1/peering/token",
        "dc2/v1/peering/establish",
    }
    desk.apply()
    assert len(desk.recorded()) == RESOURCES


def test_what_is_changed_in_place_is_not_replaced(desk: Desk, clusters: Sandbox) -> None:
    desk.arrange()
    clusters.clear()
    for glob in ("service_intentions.dc1/api", "service_*", "exported_services.dc1/default"):
        desk.run("plan", "--replace", glob).expect(1, "cannot be replaced: all of it is changed in place")
        desk.run("apply", "--replace", glob).expect(1, "cannot be replaced")
    links = ["peering.dc1/dc2", "peering.dc1/dc3", "peering.dc2/dc3"]
    assert planned(desk, "--replace", "*") == {name: ["delete", "create"] for name in links}
    assert clusters.writes == []


def test_a_plan_with_a_replacement_is_stale_once_it_is_made(desk: Desk, clusters: Sandbox) -> None:
    desk.arrange()
    desk.run("plan", "--replace", "peering.dc1/dc2", "-out", "plan.json").expect(0)
    desk.run("apply", "plan.json").expect(0, "1 added, 0 changed, 1 destroyed")
    clusters.clear()
    desk.run("apply", "plan.json").expect(4, "stale")
    assert clusters.writes == []


def test_a_replacement_is_made_once_and_on_request_only(desk: Desk, clusters: Sandbox) -> None:
    desk.arrange()
    assert planned(desk, "--replace", "peering.dc1/dc2") == {"peering.dc1/dc2": ["delete", "create"]}
    before = clusters.call("dc1", "GET", "/v1/peering/dc2")["ID"]
    desk.apply("--replace", "peering.dc1/dc2")
    after = clusters.call("dc1", "GET", "/v1/peering/dc2")
    assert after["ID"] != before
    assert after["State"] == "ACTIVE"
    clusters.clear()
    desk.apply()
    assert clusters.writes == []


def test_destroying_leaves_nothing_and_needs_no_configuration_of_it(desk: Desk, clusters: Sandbox) -> None:
    desk.arrange()
    desk.run("plan", "-destroy").expect(0, f"Plan: 0 to add, 0 to change, {RESOURCES} to destroy.")
    desk.run("destroy", "--auto-approve", "--target", "exported_services.*").expect(0, "1 destroyed")
    desk.run("destroy", "--auto-approve", "--target", "peering.dc1/dc3").expect(0, "2 destroyed")
    assert len(desk.recorded()) == RESOURCES - 3, "a link went, with the rule that named it and nothing else"
    desk.run("apply", "-destroy", "--auto-approve").expect(0, "Destroy complete!")
    assert desk.recorded() == set()
    for name in clusters.urls:
        assert clusters.call(name, "GET", "/v1/peerings") == []
    clusters.clear()
    desk.run("destroy", "--auto-approve").expect(0, "No objects need to be destroyed")
    assert clusters.writes == []


def test_refresh_only_records_what_is_and_the_next_plan_shows_the_intent(
    desk: Desk, clusters: Sandbox
) -> None:
    desk.arrange()
    entry = {"Kind": "service-intentions", "Name": "api", "Sources": [
        {"Name": "web", "Peer": "dc2", "Action": "deny"}, {"Name": "batch", "Peer": "dc3", "Action": "deny"}
    ]}  # fmt: skip
    clusters.call("dc1", "PUT", "/v1/config", entry)
    clusters.clear()
    desk.run("plan", "-refresh-only").expect(0, "changed outside", "service_intentions.dc1/api")
    desk.run("apply", "-refresh-only", "--auto-approve").expect(0)
    assert clusters.writes == [], "refresh-only writes to no cluster"
    desk.run("drift").expect(0)
    plan = desk.run("plan", "--json").expect(0).value()
    assert plan["resource_drift"] == []
    change = next(item for item in plan["actions_order"] if item["address"] == "service_intentions.dc1/api")
    assert change["reason"] == "changed_in_configuration"
    desk.apply()
    sources = clusters.call("dc1", "GET", "/v1/config/service-intentions/api")["Sources"]
    assert {item["Name"]: item["Action"] for item in sources} == {"web": "allow", "batch": "deny"}


def with_variables(desk: Desk) -> None:
    text = (desk.folder / "estate.yaml").read_text()
    text = text.replace("allow}", "'${var.verdict}'}").replace(
        "Protocol: http", "Protocol: '${var.protocol}'"
    )
    head = "variables:\n  verdict: {type: string, default: allow}\n  protocol: {type: string, default: tcp}\n"
    desk.write(head + text)


def protocol(desk: Desk, *argv: str) -> str:
    value = desk.run("plan", "--json", *argv).expect(0).value()
    found = [c for c in value["resource_changes"] if c["address"] == "service_defaults.dc1/api"]
    return str(found[0]["change"]["after"]["Protocol"])


def test_variables_from_everywhere_and_the_later_wins(desk: Desk) -> None:
    with_variables(desk)
    desk.write('{"protocol": "http2"}', "vars.json")
    desk.write("# mine\nprotocol = grpc  # yes\n", "more.vars")
    desk.environ = {"RECONCILER_VAR_protocol": "http"}
    assert protocol(desk) == "http"
    assert protocol(desk, "-var-file", "vars.json") == "http2"
    assert protocol(desk, "-var-file=vars.json", "-var-file=more.vars") == "grpc"
    assert protocol(desk, "-var-file=more.vars", "-var", "protocol=http") == "http"


def test_several_files_and_another_directory(desk: Desk) -> None:
    text = (desk.folder / "estate.yaml").read_text()
    head, _, tail = text.partition("exports:")
    away = desk.folder / "estates" / "prod"
    desk.write(head, "estates/prod/clusters.yaml")
    desk.write(f"exports:{tail}", "estates/prod/services.yml")
    (desk.folder / "estate.yaml").unlink()
    desk.run("-C", "estates/prod", "apply", "--auto-approve").expect(0, f"{RESOURCES} added")
    assert (away / "state" / "state.json").exists()
    assert not (desk.folder / "state").exists()
    argv = (
        "-f",
        "estates/prod/clusters.yaml",
        "-f",
        "estates/prod/services.yml",
        "--state",
        "estates/prod/state",
    )
    desk.run("plan", *argv, "--detailed-exitcode").expect(0, "No changes")
    desk.run(*argv, "plan", "--detailed-exitcode").expect(0, "No changes")
    shutil.rmtree(away / "state")
    desk.run("-C", "estates/prod", "apply", "--auto-approve", "--parallelism", "1").expect(0, "adopted")


def test_one_call_at_a_time_does_the_same(desk: Desk, clusters: Sandbox) -> None:
    desk.apply("--parallelism", "1")
    assert len(desk.recorded()) == RESOURCES
    clusters.clear()
    desk.apply("--parallelism", "200")
    assert clusters.writes == []


def test_the_log_goes_to_stderr_only(desk: Desk) -> None:
    ended = desk.run("plan", "--json", "-vv").expect(0)
    json.loads(ended.out)
    assert "/v1/peerings" in ended.err


def test_forgetting_changes_no_cluster_and_the_next_plan_adopts(desk: Desk, clusters: Sandbox) -> None:
    desk.arrange()
    clusters.clear()
    desk.run("state", "rm", "peering.*", "--auto-approve").expect(0, "Removed 3 resources")
    assert not desk.recorded() & PEERINGS
    desk.run("plan").expect(0, "3 to adopt")
    desk.apply()
    assert desk.recorded() >= PEERINGS
    assert clusters.writes == []


@pytest.mark.parametrize("order", ["declared", "reversed"])
def test_sections_in_any_order_give_the_same_plan(desk: Desk, order: str) -> None:
    blocks = ["\n".join(part) for part in split(ESTATE)]
    desk.declare("\n" + "\n".join(blocks if order == "declared" else blocks[::-1]) + "\n")
    assert list(planned(desk))[:3] == sorted(PEERINGS)


def split(text: str) -> list[list[str]]:
    out: list[list[str]] = []
    for line in text.strip().splitlines():
        if not line.startswith(" "):
            out.append([])
        out[-1].append(line)
    return out
