"""What one config entry asks of its server: version and edition, held against the table of capabilities."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from reconciler.sdk.checks import Finding
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import ClusterInfo
from reconciler_consul.server.capabilities import (
    HEADERS,
    PROTOCOLS,
    PROTOCOLS_CHECKED,
    Capability,
    Version,
    fields_of,
    kinds,
    lacks,
    parse,
    shown,
)

NEWER = "needs-newer-version"
ENTERPRISE = "needs-enterprise"


@dataclass(frozen=True, slots=True)
class Server:
    """What is known of a cluster's servers. `numbers` is `None` where they did not report their version."""

    name: str
    text: str
    numbers: Version | None
    enterprise: bool

    @classmethod
    def of(cls, info: ClusterInfo) -> Server:
        """Create it from what the cluster reports of itself."""
        return cls(info.name, info.version, parse(info.version), info.facts.get("edition") == "enterprise")

    @property
    def community(self) -> bool:
        """Whether it is certain that this is Community Edition."""
        return self.numbers is not None and not self.enterprise

    def lacks(self, since: tuple[Version, ...]) -> Version | None:
        """Return the version that is needed, where these servers are known not to have it."""
        if self.numbers is None or (self.enterprise and since == HEADERS):
            return None
        return lacks(self.numbers, since)


def kind_is_missing(kind: str, server: Server) -> bool:
    """Say whether these servers certainly have no entries of a kind, because they do not know it."""
    item = kinds().get(kind)
    return item is not None and bool(server.lacks(item.since) or (item.enterprise and server.community))


def entry_findings(kind: str, body: Mapping[str, Any], server: Server) -> Iterator[Finding]:
    """Yield why these servers would refuse, or silently ignore, parts of an entry."""
    item = kinds().get(kind)
    if item is not None and kind_is_missing(kind, server):
        yield from _found([(item, kind)], server)
        return
    used = [(item, item.path) for item in fields_of(kind) if _uses(item, body, server)]
    yield from _found(used, server)
    yield from _protocol(kind, body, server)


def _uses(item: Capability, body: Mapping[str, Any], server: Server) -> bool:
    given = list(values(body, item.path))
    if server.lacks(item.since):
        return bool(given)  # an older server refuses the key with any value
    return item.enterprise and server.community and any(_asks(item, value) for value in given)


def _asks(item: Capability, value: Any) -> bool:
    return bool(value) and not (item.default and value == "default")


def _found(used: Iterable[tuple[Capability, str]], server: Server) -> Iterator[Finding]:
    """Yield one finding for each version that is needed, and one for Enterprise."""
    needed: dict[Version, list[str]] = {}
    licensed: list[str] = []
    for item, name in used:
        version = server.lacks(item.since)
        if version is not None:
            needed.setdefault(version, []).append(name)
        else:
            licensed.append(name)
    for version, names in sorted(needed.items()):
        message = f"{_listed(names)} Consul {shown(version)}, {server.name} runs {server.text}"
        yield Finding(NEWER, message, f"upgrade {server.name}, or leave it out there")
    if licensed:
        message = f"{_listed(licensed)} Consul Enterprise, {server.name} runs {server.text} (Community)"
        yield Finding(ENTERPRISE, message, "leave it out: Community Edition has one partition and namespace")


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 4 else ""
    return f"{', '.join(names[:3] if more else names)}{more} need{'s' if len(names) == 1 else ''}"


def _protocol(kind: str, body: Mapping[str, Any], server: Server) -> Iterator[Finding]:
    protocol = body.get("Protocol")
    if kind != "service-defaults" or protocol in PROTOCOLS or not isinstance(protocol, str):
        return
    if server.numbers is not None and server.lacks(PROTOCOLS_CHECKED) is None:
        known = ", ".join(sorted(PROTOCOLS - {""}))
        message = f'Protocol "{protocol}" is not one that Consul {server.text} on {server.name} takes'
        yield Finding("unknown-protocol", message, f"one of {known}")


def values(body: Any, path: str) -> Iterator[Any]:
    """Return every value at a path: through lists, and through all keys of a map where the path says `*`."""
    found = [body]
    for step in path.split("."):
        found = [inner for value in found for inner in _below(value, step)]
        if not found:
            break
    return iter(found)


def _below(value: Any, step: str) -> Collection[Any]:
    """Return what is one step below a value, or below each item of a list."""
    if isinstance(value, list | tuple):
        return [inner for item in value for inner in _below(item, step)]
    if type(value) is not dict and not isinstance(value, Mapping):  # the first is the faster question
        return ()
    if step == "*":
        return value.values()
    return (value[step],) if step in value else ()
