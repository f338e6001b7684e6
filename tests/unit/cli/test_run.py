"""What every command starts from: work is waited for, and what it gives comes back untouched."""

from __future__ import annotations

import gc
import io

import pytest

from reconciler.cli.run import Globals, Run
from reconciler.cli.terminal.output import Output


class Large:
    """A result that must not be written out as text on the way."""

    def __repr__(self) -> str:
        raise AssertionError("a whole plan as text, for nobody")


async def _failing() -> Large:
    raise ValueError("no")


@pytest.fixture
def run() -> Run:
    return Run(Globals(), Output(io.StringIO(), False), Output(io.StringIO(), False), {})


@pytest.mark.parametrize("doing", ["", "Reading clusters"])
def test_a_result_is_handed_over_as_it_is(run: Run, doing: str) -> None:
    large = Large()

    async def work() -> Large:
        return large

    assert run.wait(work(), doing=doing) is large
    assert run.look(work(), doing=doing) is large


def test_a_failure_comes_through_and_the_collector_is_back(run: Run) -> None:
    with pytest.raises(ValueError, match="no"):
        run.look(_failing())
    assert gc.isenabled()
