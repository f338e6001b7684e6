"""Recorded requests through real proxies: `data/*dataplane*.jsonl`, explained by their first lines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from reconciler.sdk.access.answer import Answer, Decision, Share, Verdict
from reconciler.sdk.access.question import Question, Request, Service, Upstream
from reconciler_consul.kinds.spelling import documented
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

    def seen_as(self, share: Share) -> str:
        """What a share of a split is in `counts`: a caller that sends http sees a proxy that speaks tcp close
        the connection, and its own proxy answers 503.
        """
        closed = share.decision is Decision.DENIED and share.denied_at and self._is_tcp(share.denied_at)
        status = "503" if closed else _STATUS[share.decision]
        return f"{status}:{share.answered_by or ''}"

    def _is_tcp(self, service: Service) -> bool:
        entries = map(documented, self.line["clusters"][service.cluster]["config_entries"])
        named = {(entry["Kind"], entry.get("Name")): entry for entry in entries}
        own = named.get(("service-defaults", service.name))
        common = named.get(("proxy-defaults", "global"), {}).get("Config", {})
        protocol = common.get("protocol") if own is None else own.get("Protocol")
        return (protocol or "tcp") == "tcp"

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


def differences(answer: Answer, asked: Asked) -> list[str]:
    """Return in what an answer differs from what was observed."""
    observed = asked.observed
    if observed["observed"] == "refused":
        steps = [one.step for one in answer.because if one.verdict is Verdict.STOP]
        return [] if steps in (["chain"], ["exporter-chain"]) else [f"not refused: {answer}"]
    found = [] if _decided(answer, asked) == observed["observed"] else [f"decision {answer.decision}"]
    for name in ("answered_by", "denied_at"):
        if observed.get(name) and str(getattr(answer, name)) != observed[name]:
            found.append(f"{name} {getattr(answer, name)}")
    if observed.get("gateways") and list(answer.gateways) != observed["gateways"]:
        found.append(f"gateways {answer.gateways}")
    return found + _shares(answer, asked)


def _decided(answer: Answer, asked: Asked) -> str:
    """Return a decision as recordings say it: they call it mixed where all shares are refused, and not all
    with the same status.
    """
    several = len({asked.seen_as(share) for share in answer.shares}) > 1
    return "mixed" if answer.decision is Decision.DENIED and several else answer.decision.value


def _shares(answer: Answer, asked: Asked) -> list[str]:
    counts: Mapping[str, int] = asked.observed.get("counts") or {}
    if _decided(answer, asked) != "mixed":
        return []
    whole = sum(counts.values())
    expected = {key: 100 * number / whole for key, number in counts.items()}
    got: Counter[str] = Counter()
    for share in answer.shares:
        got[asked.seen_as(share)] += share.percent
    same = got.keys() == expected.keys()
    close = same and all(abs(got[key] - expected[key]) <= TOLERANCE for key in got)
    return [] if close else [f"shares {got}, observed {expected}"]
