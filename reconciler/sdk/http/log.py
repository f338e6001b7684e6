"""What is logged of the calls to clusters: who was asked what, how it ended and how long it took.

Never a body, a header's value or a token. The fields are in `record.fields`, with stable names, for code that
writes the log as JSON; docs/guides/logs.md lists them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import field
from typing import Any
from urllib.parse import urlencode

from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.http.messages import Call, Received

log = logging.getLogger("reconciler.http")


@dataclass(slots=True)
class Trail:
    """What is noted of one attempt while it runs. Times are seconds."""

    queued: float = 0.0
    took: float = 0.0
    connection: str = ""
    received: Received | None = None
    fields: dict[str, Any] = field(default_factory=dict)

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take an event of httpcore: a connection is opened only where none can be used again."""
        if event.startswith("connection.connect_") and event.endswith(".started"):
            self.connection = "new"


def ended(cluster: str, call: Call, trail: Trail, error: ProviderError | None) -> None:
    """Log the end of an attempt: with an answer that is taken, or with an error."""
    if not log.isEnabledFor(logging.INFO):
        return
    status = error.status if error is not None else None
    if trail.received is not None:
        status = trail.received.status
    fields = {**_asked(cluster, call), "attempt": call.attempts, "status": status}
    fields |= {"outcome": error.code if error else "ok", "elapsed_ms": round(trail.took * 1000, 1)}
    words = f"{status or fields['outcome']} in {trail.took * 1000:.0f} ms"
    if call.attempts > 1:
        words += f", attempt {call.attempts}"
    if log.isEnabledFor(logging.DEBUG):
        fields |= _more(trail)
        words += _more_words(fields)
    if error is not None:
        fields["reason"] = error.message
        words += f" ({error.code}: {error.message})" if status else f" ({error.message})"
    _write(logging.INFO, "request", cluster, call, words, fields)


def repeating(cluster: str, call: Call, error: BaseException | None, pause: float) -> None:
    """Log that the call is repeated after `pause` seconds, because of this error."""
    if isinstance(error, ProviderError) and log.isEnabledFor(logging.INFO):
        fields = {**_asked(cluster, call), "attempt": call.attempts, "outcome": error.code}
        fields |= {"reason": error.message, "pause_ms": round(pause * 1000, 1)}
        words = f"retry in {pause:.1f} s, because it was {error.code}"
        _write(logging.INFO, "retry", cluster, call, words, fields)


def not_sent(cluster: str, call: Call, error: ProviderError) -> None:
    """Log that nothing is sent: what was found a moment ago also applies to this call."""
    if log.isEnabledFor(logging.DEBUG):
        fields = {**_asked(cluster, call), "outcome": error.code, "reason": error.message}
        _write(logging.DEBUG, "not-sent", cluster, call, f"not sent: {error.message}", fields)


def _asked(cluster: str, call: Call) -> dict[str, Any]:
    asked: dict[str, Any] = {"cluster": cluster, "method": call.method, "path": call.path}
    return asked | ({"query": dict(call.query)} if call.query else {})


def _more(trail: Trail) -> dict[str, Any]:
    more: dict[str, Any] = {"queued_ms": round(trail.queued * 1000, 1)}
    if trail.received is not None:
        more["bytes"] = len(trail.received.body)
        index = trail.received.headers.get("x-consul-index", "")
        more |= {"index": int(index)} if index.isdigit() and len(index) < 20 else {}
    return more | ({"connection": trail.connection} if trail.connection else {})


def _more_words(fields: Mapping[str, Any]) -> str:
    words = f", {fields['bytes']} bytes" if "bytes" in fields else ""
    words += f", index {fields['index']}" if "index" in fields else ""
    words += f", {fields['connection']} connection" if "connection" in fields else ""
    return words + (f", queued {fields['queued_ms']:.0f} ms" if fields["queued_ms"] >= 1 else "")


def _write(level: int, event: str, cluster: str, call: Call, words: str, fields: Mapping[str, Any]) -> None:
    query = f"?{urlencode(call.query)}" if call.query else ""
    text = f"{cluster} {call.method} {call.path}{query}: {words}"
    log.log(level, "%s", text, extra={"fields": {"event": event, **fields}})
