"""What a check's definition has to be, and of which type it is (agent/structs/check_type.go)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.emulator.wire.durations import format_duration

Value = dict[str, Any]
STATUSES = ("passing", "warning", "critical")
ON_INTERVAL = ("ScriptArgs", "Args", "HTTP", "TCP", "UDP", "GRPC", "H2PING", "OSService")
SHORTEST_NS = 1_000_000_000
TYPES = (
    ("HTTP", "http"),
    ("TTL", "ttl"),
    ("TCP", "tcp"),
    ("UDP", "udp"),
    ("AliasService", "alias"),
    ("AliasNode", "alias"),
    ("GRPC", "grpc"),
    ("H2PING", "h2ping"),
    ("OSService", "os_service"),
)


def problem(check: Value) -> str:
    """Return what Consul says against a check's definition; "" where it is one."""
    return next((words for wrong, words in _tests(check) if wrong), "")


def _tests(check: Value) -> Iterator[tuple[bool, str]]:
    """Yield, in Consul's order, what would be wrong and its words."""
    timed = any(check.get(key) for key in ON_INTERVAL)
    alias = bool(check.get("AliasNode") or check.get("AliasService"))
    interval, ttl = check.get("Interval", 0), check.get("TTL", 0)
    yield interval > 0 and ttl > 0, "Interval and TTL cannot both be specified"
    words = "Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks"
    yield timed and interval <= 0, words
    yield timed and alias, "Interval cannot be set for Alias checks"
    yield alias and ttl > 0, "TTL must be not be set for Alias checks"
    yield not timed and not alias and ttl <= 0, "TTL must be > 0 for TTL checks"
    yield check.get("OutputMaxSize", 0) < 0, "MaxOutputMaxSize must be positive"
    counts = [check.get(f"FailuresBefore{state}", 0) for state in ("Warning", "Critical")]
    yield counts[0] > counts[1], "FailuresBeforeWarning can't be higher than FailuresBeforeCritical"


def type_of(check: Value) -> str:
    """Return the type that is shown of a check."""
    if check.get("ScriptArgs") or check.get("Args"):
        return "docker" if check.get("DockerContainerID") else "script"
    return next((name for key, name in TYPES if check.get(key)), "")


DURATIONS = ("Interval", "Timeout", "DeregisterCriticalServiceAfter", "TTL")
FIELDS = (
    *(
        "HTTP",
        "TLSServerName",
        "TLSSkipVerify",
        "Header",
        "Method",
        "Body",
        "DisableRedirects",
        "TCP",
        "TCPUseTLS",
    ),
    *(
        "UDP",
        "H2PING",
        "OSService",
        "H2PINGUseTLS",
        "OutputMaxSize",
        "ScriptArgs",
        "DockerContainerID",
        "Shell",
    ),
    *("GRPC", "GRPCUseTLS", "AliasNode", "AliasService", *DURATIONS),
)


def stored_definition(asked: Value) -> Value:
    """Return what the catalog keeps of a check's definition: known fields that are set, durations as text."""
    kept = {key: asked[key] for key in FIELDS if asked.get(key)}
    for key in DURATIONS:
        if key in kept and not isinstance(kept[key], str):
            kept[key] = format_duration(kept[key])
    return kept


def type_in_catalog(definition: Value) -> str:
    """Return the type of a check that was entered into the catalog: none where it lacks its interval."""
    known = type_of(definition)
    return "" if known not in ("ttl", "alias", "") and not definition.get("Interval") else known


def duration_of(check: Value, key: str) -> str:
    """Return a duration of the definition as its check shows it; "" where there is none."""
    return format_duration(check[key]) if check.get(key) else ""
