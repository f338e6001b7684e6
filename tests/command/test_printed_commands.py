"""Commands that are printed do what was shown: run exactly as printed, options included."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.support.command.lab import CONFIGURATION, RESOURCES, CommandLab, Ended
from tests.support.command.servers import Sandbox

VARIABLES = """
variables:
  verdict: {type: string}
  protocol: {type: string, default: http}
"""
CHOSEN = CONFIGURATION.replace("action: allow", "action: '${var.verdict}'").replace(
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
    lab: CommandLab, clusters: Sandbox
) -> None:
    lab.arrange()
    shown = lab.run("plan", "--destroy", "--target", "exported_services.*").expect(0, "1 to destroy")
    words = printed(shown)
    assert words == ["destroy", "--target", "exported_services.*"]
    lab.run(*words, "--auto-approve").expect(0, "1 destroyed")
    assert len(lab.recorded()) == RESOURCES - 1


def test_every_option_that_made_a_plan_is_in_the_command(lab: CommandLab, clusters: Sandbox) -> None:
    lab.declare(VARIABLES + CHOSEN)
    odd = lab.write("verdict = deny\n", "it's here.vars")
    narrowed = (
        "--target",
        "*",
        "--exclude",
        "service_resolver.*",
        "--replace",
        "peering.dc1/dc2",
    )
    lab.arrange_with(verdict="allow")
    shown = lab.run(
        "-C", str(lab.folder), "plan", "-f", "main.yaml", "-var-file", str(odd), "-var=protocol=grpc",
        *narrowed, "--state", "state",
    )  # fmt: skip
    words = printed(shown.expect(0))
    assert words == [
        "-C", str(lab.folder), "-f", "main.yaml", "-var-file", str(odd), "-var", "protocol=grpc",
        "--state", "state", "apply", *narrowed,
    ]  # fmt: skip


def test_a_saved_plan_is_applied_as_printed_without_its_variables(lab: CommandLab, clusters: Sandbox) -> None:
    lab.declare(VARIABLES + CHOSEN)
    lab.write("verdict = deny\n", "prod.vars")
    shown = lab.run("plan", "-var-file", "prod.vars", "-out", "p.plan").expect(0)
    (lab.folder / "prod.vars").unlink()
    lab.run("apply", "p.plan").expect(0, f"{RESOURCES} added")
    lab.run("plan", "-var", "verdict=deny").expect(0, "No changes")
    assert "prod.vars" in " ".join(printed(shown, "actions, run: "))


def test_a_saved_plan_refuses_another_value_for_its_variable(lab: CommandLab, clusters: Sandbox) -> None:
    lab.declare(VARIABLES + CHOSEN)
    lab.run("plan", "-var", "verdict=deny", "-out", "p.plan").expect(0)
    lab.run("apply", "p.plan", "-var", "verdict=allow").expect(4, 'variable "verdict"', '"deny"')
    lab.run("apply", "p.plan", "-var", "protocol=tcp").expect(4, "stale", '"protocol"')
    assert clusters.writes == []


def test_variables_of_automatic_files_need_no_option(lab: CommandLab, clusters: Sandbox) -> None:
    lab.declare(VARIABLES + CHOSEN)
    lab.write("verdict = allow\n", "a.auto.vars")
    lab.write('{"verdict": "deny", "protocol": "tcp"}', "b.auto.vars")
    lab.write("verdict = nonsense\n", ".hidden.auto.vars")
    lab.apply("-var", "protocol=http")
    entry = clusters.call("dc1", "GET", "/v1/config/service-intentions/api")
    assert {item["Action"] for item in entry["Sources"]} == {"deny"}, "later files win over earlier ones"
    assert clusters.call("dc1", "GET", "/v1/config/service-defaults/api")["Protocol"] == "http", "flags win"
    lab.run("drift").expect(0)


def test_drift_of_a_changed_value_is_recorded_by_the_command_it_prints(
    lab: CommandLab, clusters: Sandbox
) -> None:
    lab.arrange()
    clusters.call(
        "dc1", "PUT", "/v1/config", {"Kind": "service-defaults", "Name": "api", "Protocol": "http2"}
    )
    words = printed(lab.run("drift").expect(2), "as they are: ")
    lab.run(*words, "--auto-approve").expect(0, "recorded as now on the clusters: 1 object")
    lab.run("drift").expect(0)


def test_drift_of_something_added_by_hand_names_another_way(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    entry = clusters.call("dc1", "GET", "/v1/config/service-intentions/api")
    entry["Sources"].append({"Name": "intruder", "Action": "allow"})
    clusters.call("dc1", "PUT", "/v1/config", entry)
    shown = lab.run("drift").expect(2, "to keep them, declare them in the configuration")
    assert "--refresh-only" not in shown.text
    lab.run("apply", "--refresh-only", "--auto-approve").expect(0, "still different")
    lab.run("drift").expect(2)
    lab.run(*printed(shown), "--auto-approve").expect(0)
    lab.run("drift").expect(0)


def test_recording_by_hand_made_changes_asks_first(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    clusters.call(
        "dc1", "PUT", "/v1/config", {"Kind": "service-defaults", "Name": "api", "Protocol": "http2"}
    )
    before = lab.files()
    lab.run("apply", "--refresh-only").expect(1, "cannot ask for approval", "plan --refresh-only -out FILE")
    assert lab.files() == before


def test_drift_without_a_state_cannot_be_told(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    clusters.call("dc1", "DELETE", "/v1/config/service-intentions/api")
    ended = lab.run("drift", "--state", "elsewhere").expect(1, "drift cannot be detected", "--state DIR")
    assert "No changes" not in ended.text
    lab.run("drift", "--state", "elsewhere", "--json").expect(1, "nothing-recorded")
    lab.run("plan", "--refresh-only", "--state", "elsewhere").expect(1, "cannot be detected")


def test_drift_says_how_many_resources_it_did_not_look_at(lab: CommandLab, clusters: Sandbox) -> None:
    lab.apply("--target", "peering.dc1/*")
    ended = lab.run("drift").expect(0, "5 of 7 resources are not recorded and were not looked at")
    assert "still matches" not in ended.text
    found = lab.run("drift", "--json").expect(0).value()
    assert (found["looked_at"], len(found["not_recorded"])) == (2, 5)
    lab.run("drift", "--target", "peering.dc2/dc3").expect(1, "cannot be detected")


def test_a_narrowed_plan_that_decided_nothing_is_an_error(lab: CommandLab, clusters: Sandbox) -> None:
    lab.declare(dc3="http://127.0.0.1:1")
    lab.run("plan", "--target", "peering.dc1/dc3").expect(1, "could not be decided")
    lab.run("plan", "--target", "peering.dc1/*").expect(0, "1 to add")


def test_hints_of_failures_repeat_where_the_run_was(
    lab: CommandLab, clusters: Sandbox, tmp_path: Path
) -> None:
    lab.arrange()
    lab.declare("")
    words = printed(lab.run("-C", str(lab.folder), "plan").expect(4, "declares no resource"))
    assert words == ["-C", str(lab.folder), "destroy"]


SECRET = "canary-8f2b64c1"
WITH_SECRET = f"""
variables:
  key: {{sensitive: true}}
{CONFIGURATION}proxy_defaults:
  dc2: {{config: {{password: '${{var.key}}'}}}}
"""


def test_printed_commands_name_a_sensitive_variable_without_its_value(
    lab: CommandLab, clusters: Sandbox
) -> None:
    lab.declare(WITH_SECRET)
    shown = lab.run("plan", "-var", f"key={SECRET}").expect(0)
    assert printed(shown) == ["-var", "key=...", "apply"]
    lab.run("plan", "-var", f"key={SECRET}", "-out", "p.plan").expect(0)
    assert SECRET not in shown.text + (lab.folder / "p.plan").read_text()
    lab.run("apply", "p.plan").expect(1, '"key"', "RECONCILER_VAR_key")
    assert clusters.writes == []
    lab.environ["RECONCILER_VAR_key"] = SECRET
    lab.run("apply", "p.plan").expect(0, "8 added")
    del lab.environ["RECONCILER_VAR_key"]


def test_another_sensitive_value_than_the_plan_was_made_with_is_refused(
    lab: CommandLab, clusters: Sandbox
) -> None:
    lab.declare(WITH_SECRET.replace("password", "first"))
    lab.apply("-var", f"key={SECRET}")
    lab.declare(WITH_SECRET)
    lab.run("plan", "-var", f"key={SECRET}", "-out", "p.plan").expect(0)
    clusters.clear()
    ended = lab.run("apply", "p.plan", "-var", "key=another-value").expect(
        4, "stale", '"key" has a different value'
    )
    assert "another-value" not in ended.text
    assert clusters.writes == []


def test_drift_of_a_deleted_object_is_recorded_by_the_command_it_prints(
    lab: CommandLab, clusters: Sandbox
) -> None:
    lab.arrange()
    clusters.call("dc2", "DELETE", "/v1/config/service-resolver/api")
    words = printed(lab.run("drift").expect(2, "deleted"), "as they are: ")
    lab.run(*words, "--auto-approve").expect(0)
    lab.run("drift").expect(0, "1 of 7 resources is not recorded")
