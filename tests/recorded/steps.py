"""The words that our own suites are written in: who is asked what, and what is waited for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Step = dict[str, Any]
EVENTUALLY_S = 20.0


@dataclass(frozen=True)
class Suite:
    """One group of requests for fresh clusters.

    `durable` ones keep their data when they are restarted; of `federated` ones, B is a secondary datacenter
    of A, and C is a cluster of its own. Of `several` ones, A has three servers and is asked at a follower.
    """

    group: str
    about: str
    steps: Sequence[Step]
    acl: bool = False
    durable: bool = False
    federated: bool = False
    several: bool = False
    since: str = "1.13"


def ask(cluster: str, request: str, body: Any = None, **more: Any) -> Step:
    """A request such as `PUT /v1/config?cas=0`.

    `save` keeps parts of the answer for `{{name}}`; `until` repeats the request until the answer's status,
    its body or these keys are so; `token` is the ACL token; `background` leaves the request waiting under a
    name; `only` records these keys alone; `pause_s` waits before; `timed` records how long the answer took;
    `of` is the cluster whose indexes the answer has, where that is another.
    """
    method, _, rest = request.partition(" ")
    path, _, query = rest.partition("?")
    step: Step = {"cluster": cluster, "method": method, "path": path, "query": query}
    if body is not None:
        step["body"] = body
    return step | more


def awaits(name: str) -> Step:
    """The answer of a request that was left waiting, and whether it was woken or waited to its end."""
    return {"awaits": name, "cluster": "", "method": "", "path": "", "query": "", "timed": True}


def act(cluster: str, action: str) -> Step:
    """Something done to a cluster's process: restart, kill, start, freeze, thaw; kill-leader of several.

    `start-in-vain` starts one that ends by itself; `reset` starts it without its data.
    """
    return {"cluster": cluster, "action": action}


def put(entry: dict[str, Any], query: str = "", **more: Any) -> Step:
    """Write a config entry on A."""
    return ask("A", "PUT /v1/config" + (f"?{query}" if query else ""), entry, **more)


def get(path: str, **more: Any) -> Step:
    """Read on A."""
    return ask("A", f"GET {path}", **more)


def delete(path: str, **more: Any) -> Step:
    """Delete on A."""
    return ask("A", f"DELETE {path}", **more)


def entry(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    """A config entry."""
    return {"Kind": kind, "Name": name, **fields}


def peered(acceptor: str = "A", dialer: str = "B", *, to_active: bool = True) -> list[Step]:
    """Peer two clusters under the names `to-b` and `to-a`, and wait until both ends are up."""
    steps = [
        ask(
            acceptor,
            "POST /v1/peering/token",
            {"PeerName": f"to-{dialer.lower()}"},
            save={"token": "PeeringToken"},
        ),
        ask(
            dialer,
            "POST /v1/peering/establish",
            {"PeerName": f"to-{acceptor.lower()}", "PeeringToken": "{{token}}"},
        ),
    ]
    if to_active:
        steps += [state(dialer, acceptor, "ACTIVE"), state(acceptor, dialer, "ACTIVE")]
        steps += [read(dialer, acceptor, pause_s=0.5), read(acceptor, dialer)]
    return steps


def read(cluster: str, peer: str, **more: Any) -> Step:
    """Read a row."""
    return ask(cluster, f"GET /v1/peering/to-{peer.lower()}", **more)


def state(cluster: str, peer: str, wanted: str, **more: Any) -> Step:
    """Read a row until it is in a state; the rest of it may depend on the moment."""
    return read(cluster, peer, until={"State": wanted}, only=("State",), **more)


def gone(cluster: str, peer: str) -> Step:
    """Read a row until it is gone."""
    return ask(cluster, f"GET /v1/peering/to-{peer.lower()}", until={"status": 404})


def meets(until: dict[str, Any | Callable[[Any], bool]], status: int, body: Any) -> bool:
    """Say whether an answer is what a step waits for."""
    for key, wanted in until.items():
        whole = {"status": status, "body": body}
        actual = whole[key] if key in whole else body.get(key) if isinstance(body, dict) else None
        if not (wanted(actual) if callable(wanted) else wanted == actual):
            return False
    return True
