"""Policies about who may call whom, as processes: what is refused, what is said, and what is written."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from tests.support.command.lab import CommandLab
from tests.support.command.servers import Sandbox

LABELS = {"dc1": "prod", "dc2": "dev", "dc3": "lab"}
NETWORK = """
groups: {test: [dc2, dc3]}
peerings: [{mesh: [dc1, dc2, dc3]}]
exports: {dc1: {pay: [dc2, dc3]}}
"""
REST = '{from: "*", action: deny}, {from: "*@*", action: deny}'
SHOP_AND_JOB = "{from: shop@dc2, action: allow}, {from: job@dc3, action: allow}"


@pytest.fixture
def team(tmp_path: Path, clusters: Sandbox) -> CommandLab:
    """A network that is applied: shop of dc2 may call pay of dc1, and no one else may."""
    lab = CommandLab(tmp_path, clusters.urls)
    declare(lab, "{from: shop@dc2, action: allow}")
    lab.run("apply", "--auto-approve").expect(0, "Apply complete!")
    return lab


def declare(
    lab: CommandLab, sources: str, *policies: str, rest: str = REST, intention: str = "allow"
) -> None:
    """Write clusters with labels, the network, intentions for pay, and policies."""
    shown = "".join(
        f'  {name}: {{address: "{url}", labels: {{env: {LABELS[name]}}}, default_intention: {intention}}}\n'
        for name, url in lab.urls.items()
    )
    own = f"intentions: {{dc1: {{pay: [{', '.join(filter(None, (sources, rest)))}]}}}}\n"
    listed = "policies:\n" + "".join(f"  - {text}\n" for text in policies) if policies else ""
    (lab.folder / "main.yaml").write_text(f"clusters:\n{shown}{NETWORK}{own}{listed}")


def sources_of(lab: CommandLab) -> set[str]:
    """Return the callers that the intentions on dc1 let in."""
    with urllib.request.urlopen(lab.urls["dc1"] + "/v1/config/service-intentions/pay") as reply:
        found = json.load(reply)
    return {one["Name"] for one in found["Sources"] if one["Action"] == "allow"}


BROKEN = [
    ('{deny: "* -> pay@dc1", except: ["shop@dc2"]}', "deny: * -> pay@dc1"),
    ('{deny: "*@{env: lab} -> *@{env: prod}"}', "deny: *@{env: lab} -> *@{env: prod}"),
    ('{deny: "*@test -> pay@*", except: ["shop@*"]}', "deny: *@test -> pay@*"),
]


@pytest.mark.parametrize(("policy", "shown"), BROKEN, ids=["except", "labels", "group"])
def test_what_breaks_a_policy_is_refused_by_each_command_and_not_written(
    team: CommandLab, policy: str, shown: str
) -> None:
    declare(team, SHOP_AND_JOB, policy)
    place = "main.yaml:"

    team.run("validate").expect(4, "job@dc3 -> pay@dc1 is allowed", place, "[policy-broken]")
    team.run("plan").expect(4, f"Policy broken: {shown}", "BLOCKED", "job@dc3 -> pay@dc1: allowed", place)
    team.run("apply", "--auto-approve").expect(4, f"it would break the policy {shown}")

    assert sources_of(team) == {"shop"}


@pytest.mark.parametrize(
    "policy",
    [
        '{deny: "* -> pay@dc1", except: ["shop@dc2", "job@dc3"]}',
        '{deny: "*@{env: dev} -> *@{env: prod}", except: ["shop@*"]}',
        '{deny: "*@test -> pay@dc1", except: ["shop@*", "job@*"]}',
        '{require: "job@dc3 -> pay@dc1"}',
    ],
    ids=["except", "labels", "group", "require"],
)
def test_what_keeps_to_a_policy_is_applied(team: CommandLab, policy: str) -> None:
    declare(team, SHOP_AND_JOB, policy)

    team.run("validate").expect(0, "Success!")
    team.run("apply", "--auto-approve").expect(0, "Apply complete!")

    assert sources_of(team) == {"shop", "job"}


@pytest.mark.parametrize(
    "policy",
    ['{deny: "job@dc3 -> pay@dc1"}', '{deny: "audit-*@{env: lab} -> pay@dc1"}', '{deny: "job -> pay"}'],
    ids=["name", "glob", "every cluster"],
)
def test_who_is_named_nowhere_else_is_among_all_callers_of_a_cluster(team: CommandLab, policy: str) -> None:
    """The intention lets everyone of dc3 in; services of these names are known nowhere."""
    declare(team, '{from: "*@dc3", action: allow}', policy, rest='{from: "*", action: deny}')
    caller = "audit-*" if "audit" in policy else "job"

    team.run("validate").expect(4, f"{caller}@dc3 -> pay@dc1 is allowed", "[policy-broken]")
    said = team.run("apply", "--auto-approve").expect(4, f"{caller}@dc3 -> pay@dc1: allowed", "BLOCKED")

    assert "so it is already" not in said.out
    assert sources_of(team) == {"shop"}


def test_an_action_that_takes_away_what_is_required_is_blocked(team: CommandLab) -> None:
    declare(team, "", '{require: "shop@dc2 -> pay@dc1", reason: the shop sells}')

    team.run("validate").expect(4, "shop@dc2 -> pay@dc1 is denied", "the shop sells")
    team.run("apply", "--auto-approve").expect(
        4, "Policy broken: require: shop@dc2 -> pay@dc1   the shop sells"
    )

    assert sources_of(team) == {"shop"}


def test_a_saved_plan_does_not_write_what_breaks_a_policy(team: CommandLab) -> None:
    declare(team, SHOP_AND_JOB, BROKEN[0][0])
    team.run("plan", "--out", "plan.json").expect(4)
    team.run("apply", "plan.json", "--auto-approve")
    assert sources_of(team) == {"shop"}


def test_what_is_broken_already_is_said_and_blocks_nothing(team: CommandLab) -> None:
    declare(team, "{from: shop@dc2, action: allow}", '{deny: "shop@dc2 -> *@dc1"}')
    more = "service_defaults: {dc1: {pay: {protocol: tcp}}}\n"
    (team.folder / "more.yaml").write_text(more)

    said = team.run("plan").expect(0, "Policy broken: deny: shop@dc2 -> *@dc1", "so it is already")
    assert "BLOCKED" not in said.out


def test_json_has_each_policy_with_its_path_and_the_objects_behind_it(team: CommandLab) -> None:
    declare(team, SHOP_AND_JOB, BROKEN[0][0][:-1] + ", reason: only the shop pays}")

    value = team.run("plan", "--json").expect(4).value()

    (found,) = value["policies"]
    assert found["policy"] == "deny: * -> pay@dc1"
    assert (found["path"], found["result"], found["blocks"]) == ("job@dc3 -> pay@dc1", "broken", True)
    assert found["reason"] == "only the shop pays"
    assert found["at"].startswith("main.yaml:")
    assert found["objects"] == ["service_intentions.dc1/pay"]


def test_validate_json_has_the_problem_with_its_code(team: CommandLab) -> None:
    declare(team, SHOP_AND_JOB, BROKEN[0][0])
    problems = team.run("validate", "--json").expect(4).value()["diagnostics"]
    assert [one["code"] for one in problems] == ["policy-broken"]


class TestUndecided:
    """The agent of dc1 does not say what its default intention is, and it decides about job of dc3."""

    POLICY = '{deny: "job@dc3 -> pay@dc1"%s}'

    def arrange(self, lab: CommandLab, clusters: Sandbox, more: str) -> None:
        declare(lab, "{from: job@dc2, action: allow}", self.POLICY % more, rest="")
        text = (lab.folder / "main.yaml").read_text().replace(", default_intention: allow", "")
        (lab.folder / "main.yaml").write_text(text)

    def test_it_is_a_warning(self, team: CommandLab, clusters: Sandbox) -> None:
        self.arrange(team, clusters, "")
        team.run("validate").expect(0, "it is not known whether this breaks the policy", "[policy-undecided]")

    def test_by_choice_it_is_an_error(self, team: CommandLab, clusters: Sandbox) -> None:
        self.arrange(team, clusters, ", undecided: block")
        team.run("validate").expect(4, "the default intention of dc1 is not known", "[policy-undecided]")

    @pytest.mark.parametrize(("more", "code"), [("", 0), (", undecided: block", 4)])
    def test_in_a_plan_it_blocks_by_choice(
        self, team: CommandLab, clusters: Sandbox, more: str, code: int
    ) -> None:
        self.arrange(team, clusters, more)
        clusters.fault(
            "dc1", "answer", path="/v1/agent/self", status=403, body="Permission denied", times=None
        )

        said = team.run("apply", "--auto-approve").expect(code)

        assert "Policy" in said.text
        assert ("BLOCKED" in said.text) is bool(more)
        assert (sources_of(team) == {"shop"}) is bool(more)
