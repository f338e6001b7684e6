"""The sandbox beside a server: the same steps for both, and whether their answers are the same."""

from __future__ import annotations

import json
from typing import Any

from reconciler.emulator import ClusterSpec, Request, Response, World
from reconciler.emulator.chain.headers import ServerEnds
from reconciler.emulator.entries.graph.write import refusals
from reconciler.emulator.forms.decode import DecodeError, decode_entry
from reconciler.emulator.forms.normal import normalize
from tests.recorded.answers import steady

Step = dict[str, Any]
ASSIGNED = ("AutoVirtualIPs", "ManualVirtualIPs")


class Twin:
    """One emulated cluster of a version that is asked what a server is asked."""

    def __init__(self, version: str) -> None:
        self.world = World([ClusterSpec("A", version=version, datacenter="dc1")], lambda: 1000.0)
        self.cluster = self.world.clusters["A"]

    def possible(self, step: Step) -> list[str] | None:
        """Return every text that a server may refuse a write with; None where it would not live."""
        try:
            kind, name, value = self._written(step)
            found = refusals(self.cluster.store, kind, name, value, self.cluster.version)
            return [refusal.text for refusal in found]
        except ServerEnds:
            return None
        except DecodeError as error:
            return [] if str(error).startswith("1 error") else [str(error), "and in another order"]

    def _written(self, step: Step) -> tuple[str, str, dict[str, Any] | None]:
        if step["method"] == "DELETE":
            kind, name = step["path"].split("/")[3:5]
            return kind, name, None
        kind, value = decode_entry(json.loads(json.dumps(step["body"])), self.cluster.version)
        normalize(kind, value)
        return kind, value["Name"], value

    def is_certain(self, step: Step) -> bool:
        """Say whether a server gives one answer to a step, whenever it is asked, and lives."""
        if not step["path"].startswith("/v1/config"):
            return not self._ask(step).broken
        texts = self.possible(step)
        return texts is not None and len(set(texts)) <= 1

    def take(self, step: Step) -> Response:
        """Answer a step."""
        return self._ask(step)

    def _ask(self, step: Step) -> Response:
        path, _, query = step["path"].partition("?")
        body = json.dumps(step["body"]).encode() if "body" in step else b""
        reply = self.world.handle("A", Request(step["method"], path, query, {}, body))
        assert isinstance(reply, Response)
        return reply


def differs(step: Step, twin: Twin, server: Response, texts: list[str] | None) -> str:
    """Take a step in the sandbox and say how the server's answer differs; `texts` are what it may say."""
    reply = twin.take(step)
    mine, theirs = _body(reply), _body(server)
    is_one_of = server.status == 500 and theirs in (texts or ())
    if server.status == reply.status and (mine == theirs or is_one_of):
        return ""
    return f"{step}: the server says {server.status} {theirs!r}, the sandbox {reply.status} {mine!r}"


def _body(reply: Response) -> Any:
    try:
        return _unassigned(steady(reply.json()))
    except ValueError:
        return reply.body.decode("utf-8", "replace").rstrip()


def _unassigned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unassigned(part) for key, part in value.items() if key not in ASSIGNED}
    return [_unassigned(part) for part in value] if isinstance(value, list) else value
