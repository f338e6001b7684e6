"""Locks of keys in transactions, as a shared state uses them: taken, held, released, lost; sizes."""

from __future__ import annotations

from typing import Any

from tests.recorded.steps import Step, Suite, ask, get


def txn(*operations: dict[str, Any]) -> Step:
    """One transaction on keys."""
    return ask("A", "PUT /v1/txn", [{"KV": operation} for operation in operations])


def of(verb: str, session: str = "", key: str = "lock", value: str = "YQ==") -> dict[str, Any]:
    """One operation; `session` names a saved one."""
    fields = {"Verb": verb, "Key": key, "Value": value}
    return fields | ({"Session": f"{{{{{session}}}}}"} if session else {})


def session(name: str, delay: str = "20s") -> Step:
    """A session that only its TTL ends."""
    body = {"TTL": "30s", "LockDelay": delay, "NodeChecks": [], "Behavior": "release"}
    return ask("A", "PUT /v1/session/create", body, save={name: "ID"})


LOCKS = [
    session("one"),
    session("two"),
    txn(of("check-session", "one")),
    txn(of("lock", "one")),
    get("/v1/kv/lock?consistent="),
    txn(of("lock", "two")),
    txn(of("unlock", "two")),
    txn(of("check-session", "one"), {**of("cas", key="a"), "Index": 0}),
    txn(of("check-session", "two"), {**of("cas", key="b"), "Index": 0}),
    txn(of("check-session", "two"), {**of("cas", key="a"), "Index": 0}),
    get("/v1/kv/?keys=&consistent="),
    # A lock that is released is free at once, also where its session ends then.
    txn(of("unlock", "one", value="")),
    get("/v1/kv/lock"),
    ask("A", "PUT /v1/session/destroy/{{one}}"),
    txn(of("lock", "two")),
    # One whose session ends is nobody's for the lock delay, and then of who asks with a session.
    session("three"),
    ask("A", "PUT /v1/session/destroy/{{two}}"),
    get("/v1/kv/lock"),
    txn(of("lock", "three")),
    txn(of("lock", "two")),
    txn(of("lock")),
    ask("A", "PUT /v1/kv/lock?acquire={{three}}", "a"),
    ask("A", "PUT /v1/kv/lock?acquire={{two}}", "a"),
    txn(of("unlock", "two")),
    txn(of("check-session", "two"), {**of("cas", key="b"), "Index": 0}),
    ask("A", "PUT /v1/session/renew/{{two}}"),
    txn(of("lock", "two", key="other")),
    txn(of("lock", "three", key="other"), of("lock", "three")),
    txn(of("lock", "three", key="other"), of("check-session", "three", key="other")),
    txn(of("delete", key="other"), of("delete", key="other")),
]


def sized(path: str, size: int) -> Step:
    """A body of so many bytes; as a transaction it is none."""
    return ask("A", f"PUT {path}", body_repeat={"text": " ", "times": size})


SIZES = [sized("/v1/txn", 524_288), sized("/v1/txn", 524_289), sized("/v1/kv/a", 524_289)]
SUITES = (
    Suite("locks", "locks of keys in transactions", LOCKS),
    Suite("key-sizes", "how large a transaction and a key may be", SIZES),
)
