"""`reconciler access`: what it asks of the app, what it prints, and its exit code."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from reconciler.app import PairSelection, WorldChoice
from reconciler.model.access import AccessResult
from reconciler.model.access_check import may_fail, may_pass
from reconciler.sdk.access.answer import Decision
from reconciler.sdk.access.question import Request
from tests.support.access.samples import EVERYTHING, answer, result
from tests.unit.cli.conftest import Cli, FakeApp

ONE = {decision: result(answer(decision)) for decision in Decision}


def test_options_become_one_question(cli: Cli, fake: FakeApp) -> None:
    ended = cli(
        "access", "--from", "web@dc2", "--from", "*@{env: dev}", "--to", "api@*", "--upstream", "api@us",
        "--method", "GET", "--path", "/v1", "--header", "x-v=2", "--header", "x-empty=",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert fake.asked.selection == PairSelection(("web@dc2", "*@{env: dev}"), ("api@*",), "api@us")
    assert fake.asked.request == Request("GET", "/v1", {"x-v": "2", "x-empty": ""})
    assert fake.asked.choice == WorldChoice()


@pytest.mark.parametrize(
    ("options", "headers"),
    [
        (["--method", "GET", "--path", "/v1"], {}),
        (["--method", "GET"], None),
        (["--path", "/v1"], None),
        (["--path", "/v1", "--header", "x-v=2"], {"x-v": "2"}),
    ],
)
def test_a_request_with_method_and_path_has_no_other_headers(
    options: list[str], headers: dict[str, str] | None, cli: Cli, fake: FakeApp
) -> None:
    assert cli("access", *options).code == 0
    assert fake.asked.request.headers == headers


def test_a_header_without_a_value_is_an_error(cli: Cli, fake: FakeApp) -> None:
    ended = cli("access", "--header", "x-v")
    assert ended.code == 1
    assert "expected NAME=VALUE" in ended.err


@pytest.mark.parametrize(
    ("options", "choice"),
    [
        (["--live"], WorldChoice(live=True)),
        (["--plan", "p.json"], WorldChoice(plan=Path("p.json"))),
        (["--snapshot", "s.json"], WorldChoice(snapshot=Path("s.json"))),
        (["--plan", "p.json", "--snapshot", "s.json"], WorldChoice(False, Path("p.json"), Path("s.json"))),
    ],
)
def test_the_world_is_chosen(options: list[str], choice: WorldChoice, cli: Cli, fake: FakeApp) -> None:
    assert cli("access", *options).code == 0
    assert fake.asked.choice == choice


@pytest.mark.parametrize(
    "options",
    [
        ["--live", "--snapshot", "s.json"], ["--live", "--plan", "p.json"], ["--json", "--csv"],
        ["--markdown", "--explain"], ["--fail-if-allowed", "--fail-if-denied"],
    ],
)  # fmt: skip
def test_what_excludes_each_other_is_an_error(options: list[str], cli: Cli, fake: FakeApp) -> None:
    ended = cli("access", *options)
    assert ended.code == 1
    assert "exclude each other" in ended.err


def test_people_get_a_table_and_the_counts_last(cli: Cli, fake: FakeApp) -> None:
    lines = cli("access").out.splitlines()
    assert lines[0] == "Access in the snapshot out.json of 2026-01-01T00:00:00Z: 2 clusters, 3 services"
    assert "Not known of dc3: it did not answer (connection refused)" in lines
    assert lines[-1] == "7 pairs: 2 allowed, 1 mixed, 1 depends, 2 denied, 1 unreachable."


def test_explain_is_about_one_pair(cli: Cli, fake: FakeApp) -> None:
    ended = cli("access", "--explain")
    assert ended.code == 1
    assert "--explain is about one pair, and 7 match" in ended.err
    fake.answers = ONE[Decision.DENIED]
    assert cli("access", "--explain").out.startswith("web@dc2 -> api@dc1    DENIED\n")


def test_machines_get_json(cli: Cli, fake: FakeApp) -> None:
    value = json.loads(cli("access", "--json").out)
    assert value["format_version"] == 1
    assert value["unknown"] == {"dc3": "it did not answer (connection refused)"}
    first = value["access"][0]
    assert (first["from"], first["to"], first["decision"]) == ("web@dc2", "api@dc1", "allowed")
    assert first["because"][1] == {
        "step": "export", "verdict": "ok", "text": "api is exported to dc2",
        "at": "dc1 exported-services/default Services[2]",
    }  # fmt: skip


def test_where_only_an_upstream_is_asked_about_the_answer_says_where_it_arrives(
    cli: Cli, fake: FakeApp
) -> None:
    fake.answers = result(answer(Decision.ALLOWED, to=None))
    (one,) = json.loads(cli("access", "--json").out)["access"]
    assert (one["to"], one["upstream"], one["answered_by"]) == ("api@dc1", "api@dc1", "api@dc1")


def test_spreadsheets_get_csv(cli: Cli, fake: FakeApp) -> None:
    rows = list(csv.DictReader(io.StringIO(cli("access", "--csv").out)))
    assert [row["decision"] for row in rows] == [one.decision.value for one in EVERYTHING.answers]


def test_the_page_is_written_to_its_file(cli: Cli, fake: FakeApp, tmp_path: Path) -> None:
    ended = cli("access", "--html", str(tmp_path / "a.html"))
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == f"Wrote {tmp_path / 'a.html'}: 7 pairs.\n"
    assert (tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    missing = cli("access", "--html", str(tmp_path / "no" / "a.html"))
    assert missing.code == 1
    assert "cannot be written: No such file or directory" in missing.err


# What is not decided counts on both sides.
FAILS_IF_ALLOWED = {Decision.ALLOWED, Decision.DEPENDS, Decision.MIXED}
FAILS_IF_DENIED = set(Decision) - {Decision.ALLOWED}


@pytest.mark.parametrize("decision", Decision)
@pytest.mark.parametrize(
    ("option", "fails"), [("--fail-if-allowed", FAILS_IF_ALLOWED), ("--fail-if-denied", FAILS_IF_DENIED)]
)
def test_checks_exit_4(
    option: str, fails: set[Decision], decision: Decision, cli: Cli, fake: FakeApp
) -> None:
    fake.answers = ONE[decision]
    ended = cli("access", option)
    assert ended.code == (4 if decision in fails else 0)
    assert (f"Error: {option}: 1 of 1 pair is" in ended.err) == (ended.code == 4)


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"], ["--markdown"], ["--explain"]])
def test_the_exit_code_is_the_same_in_every_form(form: list[str], cli: Cli, fake: FakeApp) -> None:
    fake.answers = ONE[Decision.DEPENDS]
    assert cli("access", "--fail-if-denied", *form).code == 4


def test_shares_are_counted_one_by_one() -> None:
    mixed = answer(Decision.MIXED)
    assert may_pass(mixed)
    assert may_fail(mixed)
    assert not may_pass(mixed.shares[1])
    assert not may_fail(mixed.shares[0])


@pytest.mark.parametrize(("option", "code"), [("--fail-if-allowed", 0), ("--fail-if-denied", 4)])
def test_selected_pairs_that_nothing_connects_are_not_allowed(
    option: str, code: int, cli: Cli, fake: FakeApp
) -> None:
    allowed = Decision.ALLOWED if option == "--fail-if-denied" else Decision.DENIED
    fake.answers = result(answer(allowed), apart=3)
    ended = cli("access", option)
    assert ended.code == code
    assert "3 pairs more: no peering connects their clusters." in ended.out
    assert ("3 of 4 pairs are not allowed" in ended.err) == (code == 4)


def test_a_check_of_nothing_does_not_pass(cli: Cli, fake: FakeApp) -> None:
    fake.answers = AccessResult(())
    ended = cli("access", "--fail-if-allowed")
    assert ended.code == 4
    assert "no pair of services was looked at" in ended.err
