"""What Consul's answers about keys and sessions mean.

- A key that does not exist is a 404 with an empty body. Any web server says that, so it counts only together
  with the header `X-Consul-Index`, which Consul sends with every read.
- What a token may not see is left out of lists without an error; then a header says so, unless no token was
  sent. A single key is refused.
- A transaction that fails is a 409 whose body has the failed operations, a refused token among them.
- A 500 leaves open what was done, but for texts that are known to be refusals.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.sdk.errors import Conflict, Denied, Invalid, ProviderError
from reconciler.sdk.http.errors import Reply, by_status

INDEX = "x-consul-index"
FILTERED = "x-consul-results-filtered-by-acls"
HIDDEN = "Consul hides keys from this token"
NOT_CONSUL = (
    "check that the address is that of Consul's HTTP API, and what is between (a proxy, a login page)"
)
_DENIED = ("Permission denied", "ACL not found", "lacks permission")
_REFUSED = {
    "Invalid Session TTL": "the servers want a longer one: lower session_ttl_min to at most 15s",
    "No path to datacenter": "check datacenter under state in reconciler.yaml",
    "Invalid query parameter": "",
}
_TOO_LARGE = (
    "the servers of this Consul take less than usual: raise kv_max_value_size and txn_max_req_len to 512 KiB"
)


class Absent(ProviderError):
    """The key does not exist."""


class Stale(Conflict):
    """The key has another index."""


class SessionGone(ProviderError):
    """The session ended, or does not hold the lock."""


class LockTaken(ProviderError):
    """Another session holds the lock, or held it a moment ago."""


def judging(prefix: str, *, has_token: bool) -> Callable[[Reply], ProviderError]:
    """Return the judge of the answers about keys below `prefix`."""

    def judge(reply: Reply) -> ProviderError:
        error = _judged(reply)
        if isinstance(error, Denied) and not error.hint:
            error.hint = needed(prefix, has_token=has_token)
        return error

    return judge


def _judged(reply: Reply) -> ProviderError:
    status, text = reply.status, reply.text
    if status == 404:
        return _missing(reply)
    if status == 409:
        return _rolled_back(reply)
    if status == 413:
        return reply.error(Invalid, hint=_TOO_LARGE)
    if status == 500 and any(fragment in text for fragment in _DENIED):
        return reply.error(Denied)
    for fragment, hint in _REFUSED.items():
        if status in (400, 500) and fragment in text:
            return reply.error(Invalid, hint=hint)
    return by_status(reply)


def _missing(reply: Reply) -> ProviderError:
    if reply.path.startswith("/v1/kv/") and INDEX in reply.headers:
        if reply.headers.get(FILTERED) == "true":
            return reply.error(Denied, message=HIDDEN)
        return reply.error(Absent)
    if reply.path.startswith("/v1/session/renew/") and "not found" in reply.text:
        return reply.error(SessionGone, message="its session ended")
    return reply.error(Invalid, hint=NOT_CONSUL)


def _rolled_back(reply: Reply) -> ProviderError:
    """Return why a transaction was not done; the lock counts before the index."""
    said = _errors(reply.text)
    if any("session check for key" in what or "check session, key" in what for what in said):
        return reply.error(SessionGone, message="its session does not hold the lock any more")
    if any("index is stale" in what for what in said):
        return reply.error(Stale)
    if any("failed to lock key" in what or "failed to unlock key" in what for what in said):
        return reply.error(LockTaken)
    if any("invalid session" in what for what in said):
        return reply.error(SessionGone, message="its session ended")
    if any(fragment in what for what in said for fragment in _DENIED):
        return reply.error(Denied, message=f"{reply.cluster} ({reply.address}) refuses: {'; '.join(said)}")
    return reply.error(Invalid)


def _errors(text: str) -> list[str]:
    try:
        found: Any = json.loads(text)
        return [str(item["What"]) for item in found["Errors"]]
    except (ValueError, KeyError, TypeError):
        return [text]


def needed(prefix: str, *, has_token: bool) -> str:
    """Return what a token needs for a state whose keys begin with `prefix`."""
    policy = f'key_prefix "{prefix}" {{ policy = "write" }}  session_prefix "" {{ policy = "write" }}'
    start = "the token's policy needs" if has_token else "set CONSUL_HTTP_TOKEN; the token's policy needs"
    return f"{start}: {policy}"


def row_in(value: object) -> Mapping[str, Any] | None:
    """Return the one row of an answer about a key, or `None` where it is none."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping):
        row: Mapping[str, Any] = value[0]
        return row if isinstance(row.get("ModifyIndex"), int) else None
    return None


def index_in(value: object, key: str) -> str | None:
    """Return the index that a transaction gave a key, or `None` where the answer does not say it."""
    results = value.get("Results") if isinstance(value, Mapping) else None
    rows = [item.get("KV") for item in results or () if isinstance(item, Mapping)]
    found = [row for row in rows if isinstance(row, Mapping) and row.get("Key") == key]
    return str(found[-1]["ModifyIndex"]) if found and isinstance(found[-1].get("ModifyIndex"), int) else None
