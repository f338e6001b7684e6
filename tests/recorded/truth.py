"""Recorded requests through real proxies: `data/*dataplane*.jsonl`, explained by their first lines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from reconciler.sdk.access.answer import Answer, Decision, Verdict
from reconciler.sdk.access.question import Question, Request, Service, Upstream
from tests.recorded.replay import DATA

TOLERANCE = 8  # percent: 200 requests of a split of 50 % leave it once in ten thousand times
_ENDED = ("observed", "status", "answered_by", "denied_at", "gateways", "counts", "note")
_STATUS = {Decision.ALLOWED: "200", Decision.DENIED: "403", Decision.UNREACHABLE: "503"}


class Asked(NamedTuple):
    """One request as it was recorded on one version of Consul."""

    id: str
    version: str
    line: Mapping[str, Any]
    observed: Mapping[str, Any]

    @property
    def world(self) -> dict[str, Any]:
        clusters = {
            name: {**cluster, "version": self.version} for name, cluster in self.line["clusters"].items()
        }
        more = {"taken_at": self.line["taken_at"]} if "taken_at" in self.line else {}
        return {**more, "clusters": clusters, "peerings": self.line["peerings"]}

    @property
    def questions(self) -> list[Question]:
        """What the caller dials; and where that is a service of a peer by its own name, where it arrives."""
        asked = self.line["request"]
        caller, upstream = Service.parse(asked["from"]), asked["upstream"]
        request = Request(asked["method"], asked["path"], asked.get("headers") or {})
        found = [Question(caller, None, Upstream(upstream["name"], upstream.get("peer")), request)]
        if upstream.get("peer"):
            found.append(
                Question(
                    caller, Service(self._there(caller, upstream["peer"]), upstream["name"]), None, request
                )
            )
        return found

    def _there(self, caller: Service, alias: str) -> str:
        for peering in self.line["peerings"]:
            ends = peering["acceptor"], peering["dialer"]
            names = {ends[0]: peering["name_at_acceptor"], ends[1]: peering["name_at_dialer"]}
            if names.get(caller.cluster) == alias:
                return str(ends[ends[0] == caller.cluster])
        raise AssertionError(f"{caller.cluster} has no peer {alias}")


def recorded(kind: str | None = None) -> Iterator[Asked]:
    """Yield every request on every version that it was recorded for."""
    for line in _lines("dataplane-truth.jsonl", "own-dataplane.jsonl", "drawn-dataplane.jsonl"):
        if line.get("kind") == kind:
            yield from on_versions(line)


def on_versions(line: Mapping[str, Any]) -> Iterator[Asked]:
    """Yield the request of a line on every version that it was recorded for."""
    for version in line["versions"]:
        yield Asked(line["id"], version, line, {name: line[name] for name in _ENDED if name in line})
    for version, observed in (line.get("other_versions") or {}).items():
        yield Asked(line["id"], version, line, observed)


def _lines(*names: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of files; one without a world has that of the line before."""
    before: dict[str, Any] = {}
    for name in names:
        with (DATA / name).open(encoding="utf-8") as file:
            for line in [json.loads(text) for text in file][1:]:
                before = {**{key: before.get(key) for key in SHARED}, **line}
                yield before


SHARED = ("about", "clusters", "peerings")


def differences(answer: Answer, observed: Mapping[str, Any]) -> list[str]:
    """Return in what an answer differs from what was observed."""
    if observed["observed"] == "refused":
        steps = [one.step for one in answer.because if one.verdict is Verdict.STOP]
        return [] if steps in (["chain"], ["exporter-chain"]) else [f"not refused: {answer}"]
    found = [] if answer.decision.value == observed["observed"] else [f"decision {answer.decision}"]
    for name in ("answered_by", "denied_at"):
        if observed.get(name) and str(getattr(answer, name)) != observed[name]:
            found.append(f"{name} {getattr(answer, name)}")
    if observed.get("gateways") and list(answer.gateways) != observed["gateways"]:
        found.append(f"gateways {answer.gateways}")
    return found + _shares(answer, observed.get("counts") or {})


def _shares(answer: Answer, counts: Mapping[str, int]) -> list[str]:
    if answer.decision is not Decision.MIXED:
        return []
    whole = sum(counts.values())
    expected = {key: 100 * number / whole for key, number in counts.items()}
    got: Counter[str] = Counter()
    for share in answer.shares:
        got[f"{_STATUS[share.decision]}:{share.answered_by or ''}"] += share.percent
    same = got.keys() == expected.keys()
    close = same and all(abs(got[key] - expected[key]) <= TOLERANCE for key in got)
    return [] if close else [f"shares {got}, observed {expected}"]
