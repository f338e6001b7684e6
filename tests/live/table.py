"""The table of versions and rows: what was shown on which Consul. A pytest plugin and its rendering.

`@pytest.mark.row("exports")` puts a live test into a row; tests without a mark go by their file.
`pytest --live-results FILE` keeps what ran; `python -m tests.live.table` writes docs/coverage.md from it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.agents import binaries, in_order

DOCS = Path(__file__).parents[2] / "docs"
RESULTS = DOCS / "coverage.json"
PAGE = DOCS / "coverage.md"
ROWS = {
    "peering": "Peering life cycle",
    "exports": "Exports",
    "failover": "Resolver failover and redirect",
    "splits": "Splitter and router",
    "gateways": "Mesh gateways",
    "intentions": "Intentions",
    "transparent-proxy": "Transparent proxy",
    "acl": "ACL",
    "transitions": "Any configuration to any other",
    "federation": "Federation",
    "elections": "Several servers in one cluster",
    "entries": "Config entries, round trip",
    "access": "Who can call whom: snapshots and answers",
    "versions": "Versions: the main job, reads and errors",
    "conformance": "Conformance of the sandbox",
}
BY_FILE = {
    "tests/live/test_peering_life": "peering",
    "tests/live/test_federation": "federation",
    "tests/live/test_acl": "acl",
    "tests/live/entries/": "entries",
    "tests/traffic/test_chains": "failover",
    "tests/traffic/test_layer7": "splits",
    "tests/traffic/test_access": "intentions",
    "tests/traffic/test_gateways": "gateways",
    "tests/traffic/test_exports": "exports",
    "tests/traffic/test_transparent": "transparent-proxy",
}
WORST = ("failed", "skipped", "passed")
Tests = dict[str, dict[str, Any]]


def row_of(item: pytest.Item) -> str:
    """Return the row of a live test: its mark, else its file's, else `versions`."""
    mark = item.get_closest_marker("row")
    if mark is not None:
        name = str(mark.args[0])
        if name not in ROWS:
            raise pytest.UsageError(f"{item.nodeid}: no row {name!r}; there are {', '.join(ROWS)}")
        return name
    return next((row for start, row in BY_FILE.items() if item.nodeid.startswith(start)), "versions")


def versions_of(item: pytest.Item) -> list[str]:
    """Return the Consul versions among a test's parameters."""
    found, callspec = binaries(every=True), getattr(item, "callspec", None)
    return [value for value in (callspec.params.values() if callspec else ()) if value in list(found)]


class Table:
    """Collects what live tests did; with pytest-xdist in the process that gathers the reports."""

    def __init__(self, results: Path | None) -> None:
        self.results = results
        self.tests: Tests = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Attribute every live test."""
        for item in items:
            if item.get_closest_marker("live"):
                item.user_properties.append(("row", row_of(item)))
                item.user_properties += [("consul", version) for version in versions_of(item)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep how a live test ended."""
        properties = [tuple(pair) for pair in report.user_properties]
        rows = [value for name, value in properties if name == "row"]
        if not rows or (report.when != "call" and report.outcome == "passed"):
            return
        name = report.nodeid.partition("[")[0].partition("@")[0]  # pytest-xdist adds a group's name
        test = self.tests.setdefault(name, {"row": rows[0], "versions": {}})
        for version in [value for name, value in properties if name == "consul"] or ["mixed"]:
            test["versions"].setdefault(str(version), []).append(report.outcome)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say which Consul ran; with a results file also the table."""
        terminalreporter.write_line(ran(self.tests))
        if self.results is not None:
            merged = merge(load(self.results), self.tests)
            self.results.write_text(json.dumps(merged, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            for line in table(merged):
                terminalreporter.write_line(line)


def selects(keyword: str, arguments: Iterable[str]) -> bool:
    """Say whether a run picks single cases: its numbers would replace those of every case."""
    return bool(keyword) or any("::" in argument for argument in arguments)


def ran(tests: Tests) -> str:
    """Return the line that says what the live half did."""
    folder = os.environ.get("CONSUL_BIN_DIR") or "PATH"
    versions = {
        v for test in tests.values() for v, ends in test["versions"].items() if set(ends) - {"skipped"}
    }
    if versions:
        return f"live: Consul {', '.join(in_order(versions))} from {folder}"
    if not binaries(every=True):
        return "live: skipped, no Consul in CONSUL_BIN_DIR or on PATH"
    return f"live: no test ran, Consul {', '.join(in_order(binaries(every=True)))} is in {folder}"


def load(path: Path) -> Tests:
    """Return the results that a file keeps."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def merge(old: Tests, new: Tests) -> Tests:
    """Return old results with those that ran again in their place; tests that are no more are dropped."""
    out = {name: test for name, test in old.items() if exists(name)}
    for name, test in new.items():
        kept = out.get(name, {}).get("versions", {})
        counted = {
            version: {end: ends.count(end) for end in WORST if end in ends}
            for version, ends in test["versions"].items()
        }
        out[name] = {"row": test["row"], "versions": {**kept, **counted}}
    return out


def exists(name: str) -> bool:
    """Say whether a test is where its name says; of a test in a class, which may inherit it, whether the
    class is there. A file that takes the general tests of stores has all of them.
    """
    path, *classes, function = name.split("::")
    file = DOCS.parent / path
    wanted = f"class {classes[-1]}(" if classes else f"def {function}("
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    return wanted in text or "general_tests()" in text


def versions_in(tests: Tests) -> list[str]:
    """Return every version that results speak of."""
    return in_order({version for test in tests.values() for version in test["versions"]})


def cell(tests: Iterable[dict[str, Any]], version: str) -> str:
    """Return how many cases of a row passed on a version, of how many that ran; – for none."""
    ends = [test["versions"].get(version, {}) for test in tests]
    passed, failed = (sum(end.get(name, 0) for end in ends) for name in ("passed", "failed"))
    if not passed + failed:
        return "–"
    return str(passed) if not failed else f"{passed} of {passed + failed}"


def table(tests: Tests) -> Iterator[str]:
    """Yield the lines of the table."""
    versions = versions_in(tests)
    yield "| | " + " | ".join(versions) + " |"
    yield "|---|" + "---:|" * len(versions)
    for row, title in ROWS.items():
        mine = [test for test in tests.values() if test["row"] == row]
        yield f"| {title} | " + " | ".join(cell(mine, version) for version in versions) + " |"


def page(tests: Tests) -> str:
    """Return docs/coverage.md."""
    lines = [
        "# What was shown on which Consul",
        "",
        "Numbers of cases that passed on real servers, by version. `make live` runs them on every version it",
        "finds (`CONSUL_BIN_DIR`), keeps the results in `coverage.json` and writes this page from them.",
        "`mixed` is a test whose clusters are of several versions.",
        "",
        *table(tests),
    ]
    for row, title in ROWS.items():
        mine = {name: test for name, test in sorted(tests.items()) if test["row"] == row}
        lines += ["", f"## {title}", ""]
        lines += [f"- `{name}`: {_told(test)}" for name, test in mine.items()] or ["Nothing yet."]
    return "\n".join(lines) + "\n"


def _told(test: dict[str, Any]) -> str:
    passed = [v for v in in_order(test["versions"]) if set(test["versions"][v]) == {"passed"}]
    others = [
        f"{v} ({', '.join(f'{count} {end}' for end, count in test['versions'][v].items())})"
        for v in in_order(test["versions"])
        if v not in passed
    ]
    return ", ".join([*passed, *others])


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(load(RESULTS)), encoding="utf-8")


if __name__ == "__main__":
    main()
