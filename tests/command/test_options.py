"""What the options of plan and apply do, seen on the wire and in the state."""

from __future__ import annotations

import json
import shutil
from typing import Any

from tests.support.command.lab import CONFIGURATION, RESOURCES, CommandLab
from tests.support.command.servers import Sandbox

PEERINGS = {"peering.dc1/dc2", "peering.dc1/dc3", "peering.dc2/dc3"}


def planned(lab: CommandLab, *argv: str) -> dict[str, list[str]]:
    """Address -> actions, of everything that a plan would do."""
    value: dict[str, Any] = lab.run("plan", "--json", *argv).expect(0).value()
    return {
        item["address"]: item["change"]["actions"]
        for item in value["resource_changes"]
        if item["change"]["actions"] != ["no-op"]
    }


def test_a_target_takes_what_it_needs_with_it(lab: CommandLab) -> None:
    assert planned(lab, "--target", "peering.*").keys() == PEERINGS
    needed = planned(lab, "-target=service_resolver.dc2/*").keys()
    assert {"service_resolver.dc2/api", "peering.dc1/dc2"} <= needed
    assert needed.isdisjoint({"peering.dc1/dc3", "peering.dc2/dc3", "exported_services.dc1/default"})
    lab.run("plan", "--target", "peering.dc1/dc9").expect(1, "peering.dc1/dc9", "did you mean peering.dc1/dc")
    lab.run("plan", "--target", "peering.dc1/dc2").expect(0, "narrowed")


def test_an_exclude_takes_what_needs_it_along(lab: CommandLab) -> None:
    left = planned(lab, "--exclude", "peering.dc1/*").keys()
    assert left == {"peering.dc2/dc3", "service_defaults.dc1/api"}


def test_a_narrowed_apply_writes_no_more_than_that(lab: CommandLab, clusters: Sandbox) -> None:
    lab.apply("--target", "peering.dc1/dc2")
    assert lab.recorded() == {"peering.dc1/dc2"}
    assert {line.split()[1] for line in clusters.writes} == {
        "dc1/v1/peering/token",
        "dc2/v1/peering/establish",
    }
    lab.apply()
    assert len(lab.recorded()) == RESOURCES


def test_what_is_changed_in_place_is_not_replaced(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    clusters.clear()
    for glob in ("service_intentions.dc1/api", "service_*", "exported_services.dc1/default"):
        lab.run("plan", "--replace", glob).expect(1, "cannot be replaced: all of it is changed in place")
        lab.run("apply", "--replace", glob).expect(1, "cannot be replaced")
    links = ["peering.dc1/dc2", "peering.dc1/dc3", "peering.dc2/dc3"]
    assert planned(lab, "--replace", "*") == {name: ["delete", "create"] for name in links}
    assert clusters.writes == []


def test_a_plan_with_a_replacement_is_stale_once_it_is_made(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    lab.run("plan", "--replace", "peering.dc1/dc2", "-out", "plan.json").expect(0)
    lab.run("apply", "plan.json").expect(0, "1 added, 0 changed, 1 destroyed")
    clusters.clear()
    lab.run("apply", "plan.json").expect(4, "stale")
    assert clusters.writes == []


def test_a_replacement_is_made_once_and_on_request_only(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    assert planned(lab, "--replace", "peering.dc1/dc2") == {"peering.dc1/dc2": ["delete", "create"]}
    before = clusters.call("dc1", "GET", "/v1/peering/dc2")["ID"]
    lab.apply("--replace", "peering.dc1/dc2")
    after = clusters.call("dc1", "GET", "/v1/peering/dc2")
    assert after["ID"] != before
    assert after["State"] == "ACTIVE"
    clusters.clear()
    lab.apply()
    assert clusters.writes == []


def test_destroying_leaves_nothing_and_needs_no_configuration_of_it(
    lab: CommandLab, clusters: Sandbox
) -> None:
    lab.arrange()
    lab.run("plan", "-destroy").expect(0, f"Plan: 0 to add, 0 to change, {RESOURCES} to destroy.")
    lab.run("destroy", "--auto-approve", "--target", "exported_services.*").expect(0, "1 destroyed")
    lab.run("destroy", "--auto-approve", "--target", "peering.dc1/dc3").expect(0, "2 destroyed")
    assert len(lab.recorded()) == RESOURCES - 3, "a link went, with the rule that named it and nothing else"
    lab.run("apply", "-destroy", "--auto-approve").expect(0, "Destroy complete!")
    assert lab.recorded() == set()
    for name in clusters.urls:
        assert clusters.call(name, "GET", "/v1/peerings") == []
    clusters.clear()
    lab.run("destroy", "--auto-approve").expect(0, "No objects need to be destroyed")
    assert clusters.writes == []


def test_refresh_only_records_what_is_and_the_next_plan_shows_the_intent(
    lab: CommandLab, clusters: Sandbox
) -> None:
    lab.arrange()
    entry = {"Kind": "service-intentions", "Name": "api", "Sources": [
        {"Name": "web", "Peer": "dc2", "Action": "deny"}, {"Name": "batch", "Peer": "dc3", "Action": "deny"}
    ]}  # fmt: skip
    clusters.call("dc1", "PUT", "/v1/config", entry)
    clusters.clear()
    lab.run("plan", "-refresh-only").expect(0, "changed outside", "service_intentions.dc1/api")
    lab.run("apply", "-refresh-only", "--auto-approve").expect(0)
    assert clusters.writes == [], "refresh-only writes to no cluster"
    lab.run("drift").expect(0)
    plan = lab.run("plan", "--json").expect(0).value()
    assert plan["resource_drift"] == []
    change = next(item for item in plan["actions_order"] if item["address"] == "service_intentions.dc1/api")
    assert change["reason"] == "changed_in_configuration"
    lab.apply()
    sources = clusters.call("dc1", "GET", "/v1/config/service-intentions/api")["Sources"]
    assert {item["Name"]: item["Action"] for item in sources} == {"web": "allow", "batch": "deny"}


def with_variables(lab: CommandLab) -> None:
    text = (lab.folder / "main.yaml").read_text()
    text = text.replace("allow}", "'${var.verdict}'}").replace(
        "Protocol: http", "Protocol: '${var.protocol}'"
    )
    head = "variables:\n  verdict: {type: string, default: allow}\n  protocol: {type: string, default: tcp}\n"
    lab.write(head + text)


def protocol(lab: CommandLab, *argv: str) -> str:
    value = lab.run("plan", "--json", *argv).expect(0).value()
    found = [c for c in value["resource_changes"] if c["address"] == "service_defaults.dc1/api"]
    return str(found[0]["change"]["after"]["Protocol"])


def test_variables_from_everywhere_and_the_later_wins(lab: CommandLab) -> None:
    with_variables(lab)
    lab.write('{"protocol": "http2"}', "vars.json")
    lab.write("# mine\nprotocol = grpc  # yes\n", "more.vars")
    lab.environ = {"RECONCILER_VAR_protocol": "http"}
    assert protocol(lab) == "http"
    assert protocol(lab, "-var-file", "vars.json") == "http2"
    assert protocol(lab, "-var-file=vars.json", "-var-file=more.vars") == "grpc"
    assert protocol(lab, "-var-file=more.vars", "-var", "protocol=http") == "http"


def test_several_files_and_another_directory(lab: CommandLab) -> None:
    text = (lab.folder / "main.yaml").read_text()
    head, _, tail = text.partition("exports:")
    away = lab.folder / "environments" / "prod"
    lab.write(head, "environments/prod/clusters.yaml")
    lab.write(f"exports:{tail}", "environments/prod/services.yml")
    (lab.folder / "main.yaml").unlink()
    lab.run("-C", "environments/prod", "apply", "--auto-approve").expect(0, f"{RESOURCES} added")
    assert (away / "state" / "state.json").exists()
    assert not (lab.folder / "state").exists()
    argv = (
        "-f",
        "environments/prod/clusters.yaml",
        "-f",
        "environments/prod/services.yml",
        "--state",
        "environments/prod/state",
    )
    lab.run("plan", *argv, "--detailed-exitcode").expect(0, "No changes")
    lab.run(*argv, "plan", "--detailed-exitcode").expect(0, "No changes")
    shutil.rmtree(away / "state")
    lab.run("-C", "environments/prod", "apply", "--auto-approve", "--parallelism", "1").expect(0, "adopted")


def test_one_call_at_a_time_does_the_same(lab: CommandLab, clusters: Sandbox) -> None:
    lab.apply("--parallelism", "1")
    assert len(lab.recorded()) == RESOURCES
    clusters.clear()
    lab.apply("--parallelism", "200")
    assert clusters.writes == []


def test_the_log_goes_to_stderr_only(lab: CommandLab) -> None:
    ended = lab.run("plan", "--json", "-vv").expect(0)
    json.loads(ended.out)
    assert "/v1/peerings" in ended.err


def test_forgetting_changes_no_cluster_and_the_next_plan_adopts(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    clusters.clear()
    lab.run("state", "rm", "peering.*", "--auto-approve").expect(0, "Removed 3 resources")
    assert not lab.recorded() & PEERINGS
    lab.run("plan").expect(0, "3 to adopt")
    lab.apply()
    assert lab.recorded() >= PEERINGS
    assert clusters.writes == []


def test_sections_in_any_order_give_the_same_plan(lab: CommandLab) -> None:
    blocks = ["\n".join(part) for part in split(CONFIGURATION)]
    plans = []
    for some in (blocks, blocks[::-1]):
        lab.declare("\n" + "\n".join(some) + "\n")
        value = lab.run("plan", "--json").expect(0).value()
        order = [(one["index"], one["address"], one["action"]) for one in value["actions_order"]]
        plans.append((value["resource_changes"], order, value["summary"]))
    assert plans[0] == plans[1]
    assert [one["address"] for one in plans[0][0]][:3] == sorted(PEERINGS)


def split(text: str) -> list[list[str]]:
    out: list[list[str]] = []
    for line in text.strip().splitlines():
        if not line.startswith(" "):
            out.append([])
        out[-1].append(line)
    return out
