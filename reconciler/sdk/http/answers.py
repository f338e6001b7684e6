"""What becomes of a complete answer: JSON values, or the error that it stands for."""

from __future__ import annotations

import json
from typing import Any

from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import Ambiguous, Invalid, ProviderError
from reconciler.sdk.http.errors import Judge, Reply
from reconciler.sdk.http.messages import Answer, Call, Received
from reconciler.sdk.provider import ClusterConfig
from reconciler.sdk.secrets.scrub import Credentials
from reconciler.sdk.text import one_line, said

_TEXT_KEPT = 8192  # characters of an error's body that are looked at


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked what. `shown` is the cluster's host and port for messages, `credentials`
    are the tokens that it knows."""

    cluster: ClusterConfig
    shown: str
    call: Call
    credentials: Credentials

    @property
    def worthless(self) -> type[ProviderError]:
        """What an answer that says nothing means: of a write it is not known what was done."""
        return Ambiguous if self.call.is_write else Invalid


def taken(asked: Asked, received: Received, judge: Judge) -> Answer:
    """Return the answer as JSON values. Raises what the judge makes of anything but a success."""
    cluster, call = asked.cluster, asked.call
    if not 200 <= received.status < 300:
        text = said(received.body, (cluster.token, *call.secrets), _TEXT_KEPT)
        headers = {name.lower(): value for name, value in received.headers.items()}
        raise judge(Reply(cluster.name, asked.shown, call.method, call.path, received.status, text, headers))
    value = received.body if call.raw else _json(asked, received) if call.expects_json else None
    return Answer(received.status, received.headers, value)


def _json(asked: Asked, received: Received) -> Any:
    _check_type(asked, received)
    name, path = asked.cluster.name, asked.call.path
    if not asked.call.gives_secret and asked.credentials.are_in(received.body):
        raise asked.worthless(
            f"{name} ({asked.shown}) shows a token in its answer to {path}, which is not used",
            cluster=name,
            hint="Consul never sends back the tokens that it is sent: check what answers there",
        )
    try:
        return json.loads(received.body)
    except (ValueError, RecursionError):
        failure = Ambiguous(f"{name} ({asked.shown}) answered {path} with broken JSON", cluster=name)
    raise failure


def _check_type(asked: Asked, received: Received) -> None:
    kind = received.headers.get("content-type", "")
    if kind.startswith("application/json") and "content-encoding" not in received.headers:
        return
    # Nothing is known of what a page did with a write; a read can only report where to look.
    given = one_line(kind, 60) or "no type"
    raise asked.worthless(
        f"{asked.cluster.name} ({asked.shown}) answered {asked.call.path} with {given}, not JSON",
        cluster=asked.cluster.name,
        hint="something between here and Consul (a proxy, a login page) seems to answer",
        status=received.status,
    )
