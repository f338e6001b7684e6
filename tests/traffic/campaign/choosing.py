"""Few lines out of many that show as much as all: one for each shape of answer, from few worlds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from reconciler.sdk.access.answer import Answer
from reconciler_consul.access import ConsulAnalysis
from tests.recorded.truth import SHARED
from tests.traffic.campaign.lines import Line, asked_of, written

_ABOUT = (
    "Drawn worlds (python -m tests.traffic.campaign) and what real requests did in them through real Envoy "
    "1.40.0; the format is that of dataplane-truth.jsonl. A line without clusters has those of the line "
    "before. Entries were written in this order; subsets: how many instances pass the filter of a subset."
)
_NAME = re.compile(r"\b(web|cli|api|db|cart|edge|front|dc\d|eu|us|ap|nobody|Web)\b")


def shape(line: Line, answer: Answer) -> str:
    """Return what two lines have in common that show the same: outcome, and each step without its names."""
    steps = (f"{one.step} {one.verdict.value} {_NAME.sub('_', one.text)}" for one in answer.because)
    peer = "peer" if line["request"]["upstream"].get("peer") else "local"
    shares = len(line.get("counts", ()))
    return "; ".join((line["observed"], str(line.get("status", shares)), peer, *steps))


def chosen(lines: Iterable[Line], most: int) -> list[Line]:
    """Return one line of each refusal, and others with as many shapes as possible, of few worlds."""
    worlds: dict[tuple[str, str], dict[str, Line]] = {}
    refused: dict[str, Line] = {}
    for line in lines:
        if line["observed"] == "refused":
            refused.setdefault(re.sub(r'"[^"]*"|\[.*\]', "", line["note"]), line)
            continue
        asked = asked_of(line)
        answer = ConsulAnalysis(asked.world).answer(asked.questions[0])
        key = line["versions"][0], line["group"]
        worlds.setdefault(key, {}).setdefault(shape(line, answer), line)
    return [*refused.values(), *_greedy(list(worlds.values()), most - len(refused))]


def _greedy(worlds: list[dict[str, Line]], most: int) -> Iterator[Line]:
    seen: set[str] = set()
    while worlds and len(seen) < most:
        best = max(worlds, key=lambda world: len(world.keys() - seen))
        worlds.remove(best)
        new = [text for text in best if text not in seen][: most - len(seen)]
        if not new:
            return
        seen.update(new)
        yield from (best[text] for text in new)


def without_repeating(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield lines without the world where it is that of the line before."""
    before: Mapping[str, Any] = {}
    for line in lines:
        same = all(line[key] == before.get(key) for key in ("group", "versions", "clusters"))
        yield {key: value for key, value in line.items() if not (same and key in SHARED)}
        before = line


def write_chosen(recorded: Path, to: Path, most: int) -> None:
    """Write the chosen lines of a file into another one, behind a line that explains them."""
    with recorded.open(encoding="utf-8") as file:
        lines = chosen((json.loads(text) for text in file), most)
    first = {"format": "dataplane-truth/1", "about": _ABOUT}
    to.write_text("".join(map(written, (first, *without_repeating(lines)))), encoding="utf-8")
