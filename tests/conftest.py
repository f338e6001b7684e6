"""Hooks and fixtures of the whole test suite: virtual time, the table of what was shown on which Consul,
folders in memory."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.live.table import Table, selects
from tests.support.agents import binaries
from tests.support.virtual import CLOCK, Clock, virtual_time

IN_MEMORY = Path("/dev/shm")  # on Linux
ENOUGH = 2**30  # bytes; a run takes a few hundred MB
FOLDERS = "PYTEST_DEBUG_TEMPROOT"  # where pytest makes the folders of tests
TESTS = Path(__file__).parent
# Their tests start servers of shared states, install packages and run jobs of CI.
LONG = tuple(TESTS / folder for folder in ("backends", "command/installed", "command/pipelines"))

# The same examples in every run, so that a change is judged by itself. `make fuzz` draws others.
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("random", print_blob=True)
settings.load_profile("random" if os.environ.get("RECONCILER_TESTS_RANDOM") else "repeatable")


@pytest.fixture
async def clock() -> AsyncIterator[Clock]:
    """Run the test in virtual time: waits take no time. Only for tests without sockets and processes."""
    with virtual_time(CLOCK):
        yield CLOCK


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--live-results", type=Path, help="merge what live tests showed into this file and print the table"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(folder in item.path.parents for folder in LONG):
            item.add_marker("long")


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # thousands of tests that stay: a collector that looks at all of them takes a tenth of a run


def pytest_configure(config: pytest.Config) -> None:
    worker = hasattr(config, "workerinput")
    results = None if worker else config.getoption("--live-results")
    if results is not None and selects(config.option.keyword, config.args):
        raise pytest.UsageError(
            "--live-results keeps whole files: a selection (-k, ::) would stand for all of a test's cases; "
            "leave one of the two out"
        )
    config.pluginmanager.register(Table(results), "coverage-table")
    os.environ.pop("PYTHONUNBUFFERED", None)  # a user's processes buffer what they write into a pipe
    if not binaries() and _has_room(IN_MEMORY):  # the data of real servers is large
        os.environ.setdefault(FOLDERS, str(IN_MEMORY))


def _has_room(folder: Path) -> bool:
    """Say whether tests can have their folders there. State is flushed to the disk thousands of times."""
    if not os.access(folder, os.W_OK) or os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0):
        return False  # tests of the installation run programs in their folders
    return shutil.disk_usage(folder).free > ENOUGH
