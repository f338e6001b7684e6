"""Hooks and fixtures of the whole test suite: virtual time, the table of what was shown on which Consul."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.live.table import Table, selects
from tests.support.virtual import CLOCK, Clock, virtual_time


@pytest.fixture
async def clock() -> AsyncIterator[Clock]:
    """Run the test in virtual time: waits take no time. Only for tests without sockets and processes."""
    with virtual_time(CLOCK):
        yield CLOCK


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
