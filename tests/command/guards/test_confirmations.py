"""What has to be confirmed by its address: text, JSON, saved plan and the questions at the terminal agree."""

from __future__ import annotations

import json
from typing import Any

from tests.support.command.lab import CONFIGURATION, CommandLab

GOES, LISTED = "peering.dc1/dc3", "service_defaults.dc1/api"
CONFIRM = json.dumps({"safety": {"confirm": ["service_defaults.*"]}})


def arrange(lab: CommandLab) -> None:
    """Apply the configuration, then declare one without a peering and without defaults of a service."""
    lab.arrange()
    lab.write(CONFIRM, "reconciler.yaml")
    body = CONFIGURATION.replace("mesh: [dc1, dc2, dc3]", "between: [dc1, dc2]")
    body = body.partition("config_entries:")[0].replace("[dc2, dc3]", "[dc2]")
    lab.declare(body.replace("      - {from: batch@dc3, action: deny}\n", ""))


def confirmations(document: Any) -> dict[str, list[str]]:
    return {one["address"]: one["covered_by"] for one in document["confirmations"]}


def test_a_plan_lists_all_that_is_asked_and_what_covers_it(lab: CommandLab) -> None:
    arrange(lab)
    text = lab.run("plan", "-out", "p.plan").expect(0).out
    document = lab.run("plan", "--json").expect(0).value()
    asked = confirmations(document)
    assert asked[GOES] == ["--auto-approve", f"--confirm {GOES}"]
    assert asked[LISTED] == [f"--confirm {LISTED}"]
    assert (
        document["confirm"]
        == [LISTED]
        == [one["address"] for one in document["confirmations"] if one["listed"]]
    )
    assert confirmations(lab.run("show", "p.plan", "--json").expect(0).value()) == asked
    assert lab.run("show", "p.plan").expect(0).out.count("To confirm: ") == text.count("To confirm: ") == 2
    for address in asked:
        assert address in "".join(line for line in text.splitlines() if line.startswith("To confirm: "))
    report = lab.run("report", "p.plan").expect(0).out
    assert "to confirm by address, also with --auto-approve" in report
    assert "to confirm at a terminal, which --auto-approve covers" in report


def test_the_options_that_are_listed_are_enough(lab: CommandLab) -> None:
    arrange(lab)
    asked = confirmations(lab.run("plan", "--json").expect(0).value())
    lab.run("apply", "--auto-approve").expect(4, LISTED)
    lab.run("apply", *asked[GOES][0].split(), *asked[LISTED][0].split()).expect(0)


def test_nothing_is_listed_where_nothing_is_asked(lab: CommandLab) -> None:
    assert lab.run("plan", "--json").expect(0).value()["confirmations"] == []
    assert "To confirm" not in lab.run("plan").expect(0).out
