"""Names: of clusters, peers and services; and the nearest known one for a name that is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

CLUSTER = re.compile(r"[A-Za-z0-9_-]{1,63}\Z")
# Consul ≥1.14.4: agent/rpc/peering/validate.go. Older servers also took upper case.
PEER = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
# The routes /v1/peering/token and /v1/peering/establish hide peerings of these names.
PEER_FORBIDDEN = frozenset({"token", "establish"})
MAX_LENGTH = 253


def peer_problem(name: str) -> str | None:
    """Return why a text cannot be a peering's local name, or `None`."""
    if name in PEER_FORBIDDEN:
        return f'"{name}" cannot be read or deleted as a peering name (Consul\'s own route has it)'
    if not PEER.match(name):
        return f'"{name}" is not a peering name: 1 to 63 of a-z, 0-9 and -, not at either end'
    return None


@lru_cache(maxsize=4096)  # thousands of intentions name the same sources
def service_problem(name: str) -> str | None:
    """Return why a text cannot be the name of a service or an entry, or `None`."""
    if not name:
        return "the name is empty"
    if not name.isprintable() or " " in name:
        return f"the name {name!a} has spaces or characters that cannot be seen"
    if "*" in name and name != "*":
        return f'"{name}": the wildcard * must be the whole name'
    if _is_lost_in_a_path(name):
        return f'"{name}" cannot be read or deleted: Consul before 1.20 reads its dots or slashes as a path'
    if "@" in name:
        return f'"{name}" names a cluster where only a service is expected'
    return f"the name is longer than {MAX_LENGTH} characters" if len(name) > MAX_LENGTH else None


def service_hint(name: str) -> str:
    """Return what to write instead of a service's name that is not one, or ""."""
    service, at, _ = name.partition("@")
    return f"write {service}; the key above it names the cluster" if at and service else ""


def _is_lost_in_a_path(name: str) -> bool:
    """Say whether servers clean a path with this name in it (live: 1.14 to 1.18 do, even where it is
    encoded).
    """
    steps = name.split("/")
    return "" in steps[:-1] or "." in steps or ".." in steps


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint naming the nearest known name, or listing a few."""
    names = sorted(set(known))
    near = get_close_matches(name, names, 1) if len(names) <= 5000 else []
    if near:
        return f'did you mean "{near[0]}"?'
    if not names:
        return ""
    return f"known: {', '.join(names[:8])}{', …' if len(names) > 8 else ''}"
