"""Observed requests as lines of a recording (`dataplane-truth/1`), and what `access` answers for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reconciler_consul.access import ConsulAnalysis
from tests.recorded.truth import Asked, differences
from tests.traffic.campaign.drawing.setting import META, Setting
from tests.traffic.campaign.staging import Stage

Line = dict[str, Any]
_ENDED = ("observed", "status", "answered_by", "denied_at", "gateways", "counts")
_VERSIONS = {f"Service.Meta.version == {META['version']}": 1}


def clusters_of(stage: Stage) -> dict[str, Any]:
    """Return the clusters of a stage as a recording has them."""
    return {name: _cluster(stage, name) for name in stage.setting.services}


def _cluster(stage: Stage, name: str) -> dict[str, Any]:
    setting = stage.setting
    entries = list(stage.written[name])
    return {
        "datacenter": setting.datacenters[name],
        "default_intention": setting.defaults[name],
        "gateway": name not in stage.gone,
        "services": [_service(stage, name, one, entries) for one in setting.services[name]],
        "config_entries": entries,
    }


def _service(stage: Stage, cluster: str, service: str, entries: list[Line]) -> Line:
    out: Line = {"name": service}
    if f"{service}@{cluster}" in stage.down:
        out["healthy"] = False
    resolver = next(
        (one for one in entries if (one["Kind"], one.get("Name")) == ("service-resolver", service)), {}
    )
    filters = {key: rule["Filter"] for key, rule in resolver.get("Subsets", {}).items() if "Filter" in rule}
    counts = {key: _VERSIONS.get(text, 0) for key, text in filters.items()}
    return {**out, "subsets": counts} if counts else out


def peerings_of(setting: Setting) -> list[Line]:
    """Return the peerings of a setting as a recording has them."""
    return [
        {
            "acceptor": one,
            "dialer": two,
            "name_at_acceptor": setting.aliases[one, two],
            "name_at_dialer": setting.aliases[two, one],
        }
        for one, two in setting.pairs
    ]


def asked_of(line: Line) -> Asked:
    """Return a line as the tests of recordings ask it."""
    observed = {name: line[name] for name in _ENDED if name in line}
    return Asked(line["id"], line["versions"][0], line, observed)


class Answers:
    """What `access` answers for the lines of one world."""

    def __init__(self, world: Mapping[str, Any], *, held: bool = True) -> None:
        """`held`: servers hold the world, so that it is asked as a snapshot, too."""
        self.analysis = ConsulAnalysis(world)
        self.held = ConsulAnalysis({**world, "taken_at": "now"}) if held else self.analysis

    def is_mixed(self, asked: Asked) -> bool:
        """Say whether it answers that a request is answered in shares."""
        return bool(self.analysis.answer(asked.questions[0]).shares)

    def differences(self, asked: Asked) -> list[str]:
        """Return in what the answers differ from what was observed."""
        found = [differences(self.analysis.answer(one), asked) for one in asked.questions]
        found += [differences(self.held.answer(one), asked) for one in asked.questions[:1]]
        return sorted({text for texts in found for text in texts})


def written(line: Line) -> str:
    """Return a line as files have it."""
    return json.dumps(line) + "\n"
