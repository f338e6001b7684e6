"""Commands that are printed do what was shown: run exactly as printed, options included."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.support.command.desk import ESTATE, RESOURCES, Desk, Ended
from tests.support.command.servers import Sandbox

VARIABLES = """
variables:
  verdict: {type: string}
  protocol: {type: string, default: http}
"""
CHOSEN = ESTATE.replace("action: allow", "action: '${var.verdict}'").replace(
    "Protocol: http", "Protocol: '${var.protocol}'"
)


def printed(ended: Ended, begin: str = "run: ") -> list[str]:
    """The words of the command that a run printed, as a shell reads them, without the program's name."""
    found = re.search(rf"{re.escape(begin)}(reconciler [^;\n]*)", ended.text)
    assert found is not None, ended.text
    words = shlex.split(found[1])
    assert words[0] == "reconciler"
    return words[1:]


def test_a_narrowed_plan_to_destroy_prints_the_command_that_destroys_that(
    desk: Desk, clusters: Sandbox
) -> None:
    desk.arrange()
    shown = desk.run("plan", "--destroy", "--target", "exported_services.*").expect(0, "1 to destroy")
    words = printed(shown)
    assert words == ["destroy", "--target", "exported_services.*"]
    desk.run(*words, "--auto-approve").expect(0, "1 destroyed")
    assert len(desk.recorded()) == RESOURCES - 1


def test_every_option_that_made_a_plan_is_in_the_command(desk: Desk, clusters: Sandbox) -> None:
    desk.declare(VARIABLES + CHOSEN)
    odd = desk.write("verdict = deny\n", "it's here.vars")
    narrowed = (
        "--target",
        "*",
        "--exclude",
        "service_resolver.*",
        "--replace",
        "peering.dc1/dc2",
    )
    desk.arrange_with(verdict="allow")
    shown = desk.run(
        "-C", str(desk.folder), "plan", "-f", "estate.yaml", "-var-file", str(odd), "-var=protocol=grpc",
        *narrowed, "--state", "state",
    )  # fmt: skip
    words = printed(shown.expect(0))
    assert words == [
        "-C", str(desk.folder), "-f", "estate.yaml", "-var-file", str(odd), "-var", "protocol=grpc",
        "--state", "state", "apply", *narrowed,
    ]  # fmt: skip


def test_a_saved_plan_is_applied_as_printed_without_its_variables(desk: Desk, clusters: Sandbox) -> None:
    desk.declare(VARIABLES + CHOSEN)
    desk.write("verdict = deny\n", "prod.vars")
    shown = desk.run("plan", "-var-file", "prod.vars", "-out", "p.plan").expect(0)
    (desk.folder / "prod.vars").unlink()
    desk.run("apply", "p.plan").expect(0, f"{RESOURCES} added")
    desk.run("plan", "-var", "verdict=deny").expect(0, "No changes")
    assert "prod.vars" in " ".join(printed(shown, "actions, run: "))


def test_a_saved_plan_refuses_another_value_for_its_variable(desk: Desk, clusters: Sandbox) -> None:
    desk.declare(VARIABLES + CHOSEN)
    desk.run("plan", "-var", "verdict=deny", "-out", "p.plan").expect(0)
    desk.run("apply", "p.plan", "-var", "verdict=allow").expect(4, 'variable "verdict"', '"deny"')
    desk.run("apply", "p.plan", "-var", "protocol=tcp").expect(4, "stale", '"protocol"')
    assert clusters.writes == []


def test_variables_of_automatic_files_need_no_option(desk: Desk, clusters: Sandbox) -> None:
    desk.declare(VARIABLES + CHOSEN)
    desk.write("verdict = allow\n", "a.auto.vars")
    desk.write('{"verdict": "deny", "protocol": "tcp"}', "b.auto.vars")
    desk.write("verdict = nonsense\n", ".hidden.auto.vars")
    desk.apply("-var", "protocol=http")
    entry = clusters.call("dc1", "GET", "/v1/config/service-intentions/api")
    assert {item["Action"] for item in entry["Sources"]} == {"deny"}, "later files win over earlier ones"
    assert clusters.call("dc1", "GET", "/v1/config/service-defaults/api")["Protocol"] == "http", "flags win"
    desk.run("drift").expect(0)


def test_drift_of_a_changed_value_is_recorded_by_the_command_it_prints(desk: Desk, clusters: Sandbox) -> None:
    desk.arrange()
    clusters.call(
        "dc1", "PUT", "/v1/config", {"Kind": "service-defaults", "Name": "api", "Protocol": "http2"}
    )
    words = printed(desk.run("drift").expect(2), "as they are: ")
    desk.run(*words, "--auto-approve").expect(0, "recorded as now on the clusters: 1 object")
    desk.run("drift").expect(0)


def test_drift_of_something_added_by_hand_names_another_way(desk: Desk, clusters: Sandbox) -> None:
    desk.arrange()
    entry = clusters.call("dc1", "GET", "/v1/config/service-intentions/api")
    entry["Sources"].append({"Name": "intruder", "Action": "allow"})
    clusters.call("dc1", "PUT", "/v1/config", entry)
    shown = desk.run("drift").expect(2, "to keep them, declare them in the configuration")
    assert "--refresh-only" not in shown.text
    desk.run("apply", "--refresh-only", "--auto-approve").expect(0, "still different")
    desk.run("drift").expect(2)
    desk.run(*printed(shown), "--auto-approve").expect(0)
    desk.run("drift").expect(0)


def test_recording_by_hand_made_changes_asks_first(desk: Desk, clusters: Sandbox) -> None:
    desk.arrange()
    clusters.call(
        "dc1", "PUT", "/v1/config", {"Kind": "service-defaults", "Name": "api", "Protocol": "http2"}
    )
    before = desk.files()
    desk.run("apply", "--refresh-only").expect(1, "cannot ask for approval", "plan --refresh-only -out FILE")
    assert desk.files() == before


def test_drift_without_a_state_cannot_be_told(desk: Desk, clusters: Sandbox) -> None:
    desk.arrange()
    clusters.call("dc1", "DELETE", "/v1/config/service-intentions/api")
    ended = desk.run("drift", "--state", "elsewhere").expect(1, "drift cannot be detected", "--state DIR")
    assert "No changes" not in ended.text
    desk.run("drift", "--state", "elsewhere", "--json").expect(1, "nothing-recorded")
    desk.run("plan", "--refresh-only", "--state", "elsewhere").expect(1, "cannot be detected")


def test_drift_says_how_many_resources_it_did_not_look_at(desk: Desk, clusters: Sandbox) -> None:
    desk.apply("--target", "peering.dc1/*")
    ended = desk.run("drift").expect(0, "5 of 7 resources are not recorded and were not looked at")
    assert "still matches" not in ended.text
    found = desk.run("drift", "--json").expect(0).value()
    assert (found["looked_at"], len(found["not_recorded"])) == (2, 5)
    desk.run("drift", "--target", "peering.dc2/dc3").expect(1, "cannot be detected")


def test_a_narrowed_plan_that_decided_nothing_is_an_error(desk: Desk, clusters: Sandbox) -> None:
    desk.declare(dc3="http://127.0.0.1:1")
    desk.run("plan", "--target", "peering.dc1/dc3").expect(1, "could not be decided")
    desk.run("plan", "--target", "peering.dc1/*").expect(0, "1 to add")


def test_hints_of_failures_repeat_where_the_run_was(desk: Desk, clusters: Sandbox, tmp_path: Path) -> None:
    desk.arrange()
    desk.declare("")
    words = printed(desk.run("-C", str(desk.folder), "plan").expect(4, "declares no resource"))
    assert words == ["-C", str(desk.folder), "destroy"]


SECRET = "canary-8f2b64c1"
WITH_SECRET = f"""
variables:
  key: {{sensitive: true}}
{ESTATE}proxy_defaults:
  dc2: {{config: {{password: '${{var.key}}'}}}}
"""


def test_a_sensitive_value_is_in_no_command_and_no_plan_and_is_asked_for_by_name(
    desk: Desk, clusters: Sandbox
) -> None:
    desk.declare(WITH_SECRET)
    shown = desk.run("plan", "-var", f"key={SECRET}").expect(0)
    assert printed(shown) == ["-var", "key=...", "apply"]
    desk.run("plan", "-var", f"key={SECRET}", "-out", "p.plan").expect(0)
    assert SECRET not in shown.text + (desk.folder / "p.plan").read_text()
    desk.run("apply", "p.plan").expect(1, '"key"', "RECONCILER_VAR_key")
    assert clusters.writes == []
    desk.environ["RECONCILER_VAR_key"] = SECRET
    desk.run("apply", "p.plan").expect(0, "8 added")
    del desk.environ["RECONCILER_VAR_key"]


def test_another_sensitive_value_than_the_plan_was_made_with_is_refused(
    desk: Desk, clusters: Sandbox
) -> None:
    desk.declare(WITH_SECRET.replace("password", "first"))
    desk.apply("-var", f"key={SECRET}")
    desk.declare(WITH_SECRET)
    desk.run("plan", "-var", f"key={SECRET}", "-out", "p.plan").expect(0)
    clusters.clear()
    ended = desk.run("apply", "p.plan", "-var", "key=another-value").expect(
        4, "stale", '"key" has a different value'
    )
    assert "another-value" not in ended.text
    assert clusters.writes == []


def test_drift_of_a_deleted_object_is_recorded_by_the_command_it_prints(
    desk: Desk, clusters: Sandbox
) -> None:
    desk.arrange()
    clusters.call("dc2", "DELETE", "/v1/config/service-resolver/api")
    words = printed(desk.run("drift").expect(2, "deleted"), "as they are: ")
    desk.run(*words, "--auto-approve").expect(0)
    desk.run("drift").expect(0, "1 of 7 resources is not recorded")
