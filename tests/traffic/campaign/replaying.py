"""Lines of a recording, played again on a stage of their own, where no world before has left anything."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.traffic.campaign.drawing.setting import Setting
from tests.traffic.campaign.drawing.world import Drawn
from tests.traffic.campaign.lines import Line
from tests.traffic.campaign.running import Differing, Done, Run, started
from tests.traffic.campaign.staging import Stage


def read(path: Path, only: str) -> list[list[Line]]:
    """Return the lines of a file that have a request, those of one group together; `only` begins their ID."""
    groups: dict[str, list[Line]] = {}
    for text in path.read_text().splitlines():
        line = json.loads(text)
        if "request" in line and "kind" not in line and line["id"].startswith(only):
            groups.setdefault(line["group"], []).append(line)
    return list(groups.values())


def replayed(version: str, groups: list[list[Line]]) -> Iterator[Done]:
    """Play groups of lines, each on a new stage."""
    for group in groups:
        with tempfile.TemporaryDirectory() as folder:
            stage = started(Path(folder), version, setting_of(group))
            try:
                yield _played(stage, group)
            finally:
                stage.stop()


def confirmed(version: str, differing: Iterable[Differing]) -> Iterator[Differing]:
    """Yield those of differing lines that differ on a stage of their own, too. On a busy machine, proxies
    may still follow the last world when an answer is taken.
    """
    groups: dict[str, list[Line]] = {}
    for line, found in differing:
        if line["observed"] == "refused":
            yield line, found
        else:
            groups.setdefault(line["group"], []).append(line)
    for done in replayed(version, list(groups.values())):
        yield from done.differing


def _played(stage: Stage, group: list[Line]) -> Done:
    done = Run(stage, stage.version).world(group[0]["group"], _world_of(group))
    before = {f"{group[0]['group']}/{at}": line["observed"] for at, line in enumerate(group, 1)}
    done.counts += Counter(otherwise=sum(one["observed"] != before[one["id"]] for one in done.lines))
    return done


def setting_of(group: list[Line]) -> Setting:
    """Return the stage of lines that have one world."""
    clusters = group[0]["clusters"]
    requests = [line["request"] for line in group]
    callers = {request["from"] for request in requests}
    services = {name: tuple(one["name"] for one in its["services"]) for name, its in clusters.items()}
    return Setting(
        services,
        {name: tuple(one for one in its if f"{one}@{name}" in callers) for name, its in services.items()},
        tuple(sorted({request["upstream"]["name"] for request in requests})),
        {name: its["datacenter"] for name, its in clusters.items()},
        {name: its["default_intention"] for name, its in clusters.items()},
        _aliases(group[0]),
        tuple((one["acceptor"], one["dialer"]) for one in group[0]["peerings"]),
    )


def _aliases(line: Line) -> dict[tuple[str, str], str]:
    out = {}
    for one in line["peerings"]:
        out[one["acceptor"], one["dialer"]] = one["name_at_acceptor"]
        out[one["dialer"], one["acceptor"]] = one["name_at_dialer"]
    return out


def _world_of(group: list[Line]) -> Drawn:
    clusters = group[0]["clusters"]
    return Drawn(
        {name: its["config_entries"] for name, its in clusters.items()},
        frozenset(
            f"{one['name']}@{name}"
            for name, its in clusters.items()
            for one in its["services"]
            if one.get("healthy") is False
        ),
        frozenset(name for name, its in clusters.items() if not its["gateway"]),
        [line["request"] for line in group],
    )
