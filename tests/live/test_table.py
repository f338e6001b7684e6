"""The page about coverage says what the last results say, of tests that there are."""

from __future__ import annotations

from tests.live import table


def test_the_page_is_made_from_the_results() -> None:
    assert table.PAGE.read_text(encoding="utf-8") == table.page(table.load(table.RESULTS))


def test_every_test_that_the_page_names_is_there() -> None:
    results = table.load(table.RESULTS)
    assert results
    assert [name for name in results if not table.exists(name)] == []


def test_results_are_merged_by_test_and_version() -> None:
    name = "tests/live/test_table.py::test_the_page_is_made_from_the_results"
    old = {
        name: {"row": "acl", "versions": {"1.16": {"passed": 1}, "1.20": {"passed": 1}}},
        "tests/live/test_table.py::test_gone": {"row": "acl", "versions": {"1.20": {"passed": 1}}},
    }
    new = {name: {"row": "acl", "versions": {"1.20": ["passed", "failed", "passed"]}}}
    merged = table.merge(old, new)
    assert merged == {
        name: {"row": "acl", "versions": {"1.16": {"passed": 1}, "1.20": {"passed": 2, "failed": 1}}}
    }
    assert "| ACL | 1 | 2 of 3 |" in list(table.table(merged))


def test_the_summary_names_the_versions_that_ran() -> None:
    tests = {"a": {"row": "acl", "versions": {"1.20": ["passed"], "1.9": ["failed"], "1.16": ["skipped"]}}}
    assert table.ran(tests).startswith("live: Consul 1.9, 1.20 from ")


def test_a_run_of_single_cases_is_told_from_one_of_whole_files() -> None:
    assert table.selects("outage", ["tests"])
    assert table.selects("", ["tests/live/test_table.py::test_x[1.20]"])
    assert not table.selects("", ["tests/live/conformance/test_answers.py"])
