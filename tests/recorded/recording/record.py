"""`python -m tests.recorded.recording.record [group...]`: play our suites on every version found.

Writes data/own-transcripts.jsonl. Answers of several versions that are alike become one answer.
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from reconciler.emulator import Response
from tests.recorded.recording.naming import Namer
from tests.recorded.recording.real import Real, family, kind_of
from tests.recorded.replay import OWN, TRANSCRIPTS, Line, Replayer, body_of, load
from tests.recorded.steps import EVENTUALLY_S, Suite, meets
from tests.recorded.suites import SUITES
from tests.recorded.worlds import ROOT
from tests.support.agents import binaries

AT_ONCE = 2  # versions that are played at the same time: mostly they wait
HEADERS = (
    "X-Consul-Index",
    "X-Consul-Default-ACL-Policy",
    "X-Consul-Results-Filtered-By-ACLs",
    "Content-Type",
)
ABOUT = {
    "format": "consul-http-transcripts/1",
    "about": "Suites of tests/recorded/suites, played on real servers. The format is the transcripts'.",
    "more fields": {
        "fields": "of the answer only these keys, where the rest depends on the moment",
        "others": "answers of further versions, each with its own versions, status, headers, response",
        "federated": "B is a secondary datacenter of A",
        "several": "A has three servers, and a follower is asked",
        "durable": "the group's servers keep their data when they are restarted",
        "action": "no request: restart, kill, start, freeze or thaw the cluster's process",
        "background/awaits": "leave the request waiting under a name / the answer of that request",
        "broken": "no answer: hangs (within client_timeout_s), refused or lost",
        "took_s": "between so many seconds",
    },
}


class NeverMet(Exception):
    """A server did not come to what a step waits for: such an answer is not one to hold a sandbox to."""


class Recorder(Replayer):
    """Plays a suite's steps and keeps the answers."""

    def record(self, lines: list[Line], version: str) -> Iterator[Line | None]:
        """Yield the answer of each line; None for what has none."""
        namer = Namer(self.servers.addresses, version)
        for line in lines:
            self.servers.wait(line.get("pause_s", 0.0))
            if "action" in line:
                self.servers.act(line["cluster"], line["action"])
                yield None
            elif "background" in line:
                self.servers.start(line["background"], line["cluster"], self.request(line))
                yield None
            else:
                yield self._answer(line, namer)

    def _answer(self, line: Line, namer: Namer) -> Line:
        deadline = self.servers.now() + line.get("eventually_s", 0.0) * self.servers.patience
        while True:
            started = self.servers.now()
            reply = self.send(line)
            took = self.servers.now() - started
            if meets(line.get("until", {}), reply.status, _body(reply)):
                self.save(line, reply)
                return _recorded(line, reply, namer, took)
            if self.servers.now() > deadline:
                raise NeverMet(f"{line['id']} on {namer.version}: {reply.status} {reply.body[:2000]!r}")
            self.servers.wait(0.05)


def _body(reply: Response) -> Any:
    return body_of(reply) if reply.body and not reply.broken else None


def _recorded(line: Line, reply: Response, namer: Namer, took: float) -> Line:
    out: Line = {"status": reply.status, "headers": {}}
    if reply.broken:
        return out | {"broken": reply.broken}
    for name in HEADERS:
        value = reply.headers.get(name)
        if name == "X-Consul-Index" and value is not None:
            value = "present"
        if (value is not None or name in HEADERS[:3]) and (reply.body or name != "Content-Type"):
            out["headers"][name] = value.split(";")[0] if value else None
    if line.get("timed"):
        out["took_s"] = [0.0, 0.9] if took < 0.9 else [1.0, 4.0]
    if line.get("opaque") or "contains" in line:
        return out | {name: line[name] for name in ("contains",) if name in line}
    cluster = line.get("of") or line["cluster"] or "A"
    if "only" in line and reply.status == 200:
        return out | {
            "fields": {key: namer.value(_body(reply).get(key), cluster, key) for key in line["only"]}
        }
    out["response"] = namer.value(_body(reply), cluster) if reply.body else ""
    if isinstance(_body(reply), dict) and "PeeringToken" in _body(reply):
        out["decoded_token"] = namer.value(_token(reply), cluster)
    return out


def _token(reply: Response) -> Any:
    token = json.loads(base64.b64decode(reply.json()["PeeringToken"]))
    token["CA"] = "<pems?>" if token["CA"] else token["CA"]
    return token


def lines_of(suite: Suite) -> list[Line]:
    """Return a suite's steps as transcript lines without answers."""
    lines = []
    for number, step in enumerate(suite.steps, 1):
        line: Line = {"id": f"{suite.group}-{number:02}", "group": suite.group, "about": suite.about}
        line |= {"acl": suite.acl, "durable": suite.durable, **step}
        line |= {name: True for name in ("federated", "several") if getattr(suite, name)}
        if "token" in line:
            line["acl_token"] = line.pop("token")
        if "until" in line:
            line.setdefault("eventually_s", EVENTUALLY_S)
        lines.append(line)
    return lines


def play(suite: Suite, binary: str) -> tuple[str, list[Line | None]]:
    """Return the version that answered and its answers."""
    lines = lines_of(suite)
    text = json.dumps(lines, default=str)
    clusters = tuple(name for name in "ABC" if f'"cluster": "{name}"' in text)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        servers = Real(binary, Path(folder), clusters, **kind_of(lines))
        try:
            version = _version(servers)
            return version, list(Recorder(lines, version, servers).record(lines, version))
        finally:
            servers.close()


def _version(servers: Real) -> str:
    own: Any = next(iter(servers.agents.values())).call("GET", "/v1/agent/self", token=ROOT)
    return transcript_version(str(own["Config"]["Version"]))


def transcript_version(reported: str) -> str:
    """Return the version under which the transcripts know a server of this family; else what it reports."""
    known = {
        version for lines in load(TRANSCRIPTS).values() for line in lines for version in line["versions"]
    }
    return next((version for version in known if family(version) == family(reported)), reported)


def record(suite: Suite, versions: list[str]) -> list[Line]:
    """Return a suite's lines with the answers of these versions."""
    lines = lines_of(suite)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        played = list(pool.map(partial(play, suite), versions))
    for version, answers in played:
        for line, answer in zip(lines, answers, strict=True):
            if answer is not None:
                _add(line, version, answer)
    return [
        {key: value for key, value in line.items() if key not in ("until", "timed", "only", "opaque", "of")}
        for line in lines
    ]


def _add(line: Line, version: str, answer: Line) -> None:
    if "versions" not in line:
        line |= {"versions": [version], **answer}
        return
    for known in (line, *line.setdefault("others", [])):
        if all(
            known.get(key) == answer.get(key)
            for key in ("status", "headers", "broken", "took_s", "response", "fields", "decoded_token")
        ):
            known["versions"].append(version)
            break
    else:
        line["others"].append({"versions": [version], **answer})
    if not line["others"]:
        del line["others"]


def main() -> int:
    """Record the suites that are named (all without a name) and keep the others as they are."""
    kept = load(OWN) if OWN.exists() else {}
    for suite in SUITES:
        if not sys.argv[1:] or any(name in suite.group for name in sys.argv[1:]):
            kept[suite.group] = record(
                suite, [v for v in found_versions() if as_numbers(v) >= as_numbers(suite.since)]
            )
            print(suite.group, len(kept[suite.group]), "lines", flush=True)
            write({suite.group: kept[suite.group] for suite in SUITES if suite.group in kept})
    return 0


def found_versions() -> list[str]:
    """Return the versions found, the newest first: its answer is the first of a line."""
    return sorted(binaries(every=True), key=as_numbers, reverse=True)


def as_numbers(version: str) -> list[int]:
    """Return a version in an order that 1.9 < 1.10 keeps."""
    return [int(part) for part in version.split(".")]


def write(groups: dict[str, list[Line]]) -> None:
    """Write all groups."""
    texts = [json.dumps(line) for lines in groups.values() for line in lines]
    OWN.write_text("\n".join([json.dumps(ABOUT), *texts]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
