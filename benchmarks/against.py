"""A command as two checkouts of this repository have it, run in turn: the figures, and their ratio."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.__main__ import COMMAND, show
from benchmarks.measure import Figure, middle, once

HERE = Path(__file__).resolve().parents[1]


def compared(what: str, words: Sequence[str], folder: Path, runs: int, against: Path | None) -> None:
    """Show what the command costs here, beside what it costs `against` another checkout, if one is given."""
    rounds = [(run(HERE, words, folder), run(against or HERE, words, folder)) for _ in range(runs)]
    ours = [here for here, _ in rounds]
    if against is None:
        show(what, middle(ours))
        return
    ratio = median(here.cpu / other.cpu for here, other in rounds)
    show(f"{what}, before", middle([other for _, other in rounds]))
    show(what, middle(ours), f"{ratio:.2f} x before (cpu)")


def run(checkout: Path, words: Sequence[str], folder: Path) -> Figure:
    """Run the command as a checkout has it."""
    with _first(checkout):
        return once([*COMMAND, *words], folder)


@contextmanager
def _first(checkout: Path) -> Iterator[None]:
    before = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, (f"{checkout}", f"{checkout / 'providers'}", before))
    )
    try:
        yield
    finally:
        os.environ["PYTHONPATH"] = before
