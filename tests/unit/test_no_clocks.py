"""No test is about wall-clock time: a busy machine makes it fail, a fast one makes it prove nothing.

Use virtual time (the fixture `clock`), counts of requests and events, or `tests.support.work`. To wait for
another process or thread use `tests.support.patience`, whose limit only ends what hangs. Seconds are
measured in benchmarks/.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tables import each

TESTS = Path(__file__).parents[1]
CLOCKS = frozenset({"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time",
                    "process_time_ns", "thread_time", "thread_time_ns", "time_ns"})  # fmt: skip
READS_CLOCKS = {
    "support/patience.py": "ends what hangs",
    "support/virtual.py": "is the virtual clock",
    "support/peerings/lives.py": "looks at real servers at a steady pace",
    "live/rotation_watch.py": "looks at real servers at a steady pace",
    "traffic/stage/client.py": "waits for proxies, and says what it saw when they do not follow",
    "traffic/campaign/observing.py": "waits until the answers of real proxies stay the same",
    "traffic/campaign/running.py": "gives real proxies the time in which certificates are renewed",
    "traffic/campaign/staging.py": "says from when on real proxies have a world",
    "traffic/campaign/__main__.py": "a command that says how long it took",
    "transitions/__main__.py": "a command that says how long it took",
    "transitions/configurations/shrinking.py": "gives up after a while",
    "backends/skewed.py": "gives a store a clock that is off",
    "recorded/recording/real.py": "records real servers",
}
SHORTEST = 60.0  # seconds: a limit below it may be met by a machine that is only busy
PLACES = {"timeout": 0, "wait_for": 1, "join": 0, "poll": 0}  # where a call has its limit, if it is not named
MODULES = sorted(str(path.relative_to(TESTS)) for path in TESTS.rglob("*.py"))


def clocks_read(tree: ast.AST) -> Iterator[int]:
    """The lines at which a clock is read. A clock that is handed on, as a sandbox's, is not read."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value)
            of_loop = node.func.attr == "time" and (owner == "time" or owner.endswith(("loop", "loop()")))
            if node.func.attr in CLOCKS or of_loop:
                yield node.lineno


def short_limits(tree: ast.AST) -> Iterator[int]:
    """The lines at which a process or a thread gets less than `SHORTEST` seconds."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            given = [word.value for word in node.keywords if word.arg == "timeout"]
            given += node.args[PLACES[node.func.attr] :] if node.func.attr in PLACES else []
            limits = [one.value for one in given if isinstance(one, ast.Constant)]
            if any(isinstance(limit, int | float) and limit < SHORTEST for limit in limits):
                yield node.lineno


@each("module", MODULES)
def test_a_test_reads_no_clock_and_hurries_nobody(module: str) -> None:
    tree = ast.parse((TESTS / module).read_text(encoding="utf-8"))
    assert list(short_limits(tree)) == []
    assert bool(list(clocks_read(tree))) is (module in READS_CLOCKS), "see this module's docstring"


@pytest.mark.parametrize(
    "text",
    [
        "began = time.monotonic()",
        "assert time.perf_counter() - began < 1",
        "time.time()",
        "from time import monotonic",
        "asyncio.get_running_loop().time()",
        "loop.time() < end",
    ],
)
def test_reading_a_clock_is_noticed(text: str) -> None:
    assert list(clocks_read(ast.parse(text))) == [1]


def test_handing_a_clock_on_is_not_reading_it() -> None:
    assert list(clocks_read(ast.parse("World(specs, clock=time.monotonic)"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "process.communicate(timeout=2)",
        "asyncio.timeout(0.5)",
        "asyncio.wait_for(task, 1)",
        "pipe.poll(10)",
    ],
)
def test_a_short_limit_is_noticed(text: str) -> None:
    assert list(short_limits(ast.parse(text))) == [1]
