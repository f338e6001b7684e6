"""Hooks of the whole test suite: the table of what was shown on which Consul."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.table import Table, selects


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--live-results", type=Path, help="merge what live tests showed into this file and print the table"
    )


def pytest_configure(config: pytest.Config) -> None:
    worker = hasattr(config, "workerinput")
    results = None if worker else config.getoption("--live-results")
    if results is not None and selects(config.option.keyword, config.args):
        raise pytest.UsageError(
            "--live-results keeps whole files: a selection (-k, ::) would stand for all of a test's cases; "
            "leave one of the two out"
        )
    config.pluginmanager.register(Table(results), "coverage-table")
