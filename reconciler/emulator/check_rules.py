"""What a check's definition has to be, and of which type it is (agent/structs/check_type.go)."""

from __future__ import annotations

from typing import Any

from .durations import format_duration

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
    timed = any(check.get(key) for key in ON_INTERVAL)
    alias = bool(check.get("AliasNode") or check.get("AliasService"))
    interval, ttl = check.get("Interval", 0), check.get("TTL", 0)
    if interval > 0 and ttl > 0:
        return "Interval and TTL cannot both be specified"
    if timed and interval <= 0:
        return "Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks"
    if timed and alias:
        return "Interval cannot be set for Alias checks"
    if alias and ttl > 0:
        return "TTL must be not be set for Alias checks"
    if not timed and not alias and ttl <= 0:
        return "TTL must be > 0 for TTL checks"
    if check.get("OutputMaxSize", 0) < 0:
        return "MaxOutputMaxSize must be positive"
    if check.get("FailuresBeforeWarning", 0) > check.get("FailuresBeforeCritical", 0):
        return "FailuresBeforeWarning can't be higher than FailuresBeforeCritical"
    return ""


def type_of(check: Value) -> str:
    """Return the type that is shown of a check."""
    if check.get("ScriptArgs") or check.get("Args"):
        return "docker" if check.get("DockerContainerID") else "script"
    return next((name for key, name in TYPES if check.get(key)), "")


def told(check: Value, key: str) -> str:
    """Return a duration of the definition as its check shows it; "" where there is none."""
    return format_duration(check[key]) if check.get(key) else ""
