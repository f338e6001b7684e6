"""Which fields and kinds each version of Consul takes, and which only Consul Enterprise does, as data.

Since when there is a field or a kind is said once, in `reconciler.sdk.consul.entry_kinds`. Tried on servers
of 1.13.9, 1.14.11, 1.16.7, 1.18.2, 1.20.0-rc1 and 1.22.0-dev: an older server answers 400 `invalid config
key` or `invalid config entry kind`, Community Edition 500 `… requires Consul Enterprise`.
Versions between these are from Consul's changelog and source. What is not listed is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from reconciler.sdk.consul.entry_kinds import EntryFacts, entry_kinds
from reconciler.sdk.dataclass import dataclass

Version = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Capability:
    """A field that not every server takes. `path` is from the top of the body; `*` is any key of a map, and
    lists are walked through.

    since       the first version with it; a version of an older line stands for a backport to that line
    enterprise  only Consul Enterprise takes it
    default     Community Edition takes the value `default` here (it ignores the field, and stores it)
    """

    kind: str
    path: str
    since: tuple[Version, ...] = ()
    enterprise: bool = False
    default: bool = False


V1_14: tuple[Version, ...] = ((1, 14, 0),)
V1_15: tuple[Version, ...] = ((1, 15, 0),)
V1_16: tuple[Version, ...] = ((1, 16, 0),)
# Of Community Edition. It came as a security fix, which Enterprise gives to its long-term lines as well:
# since which patch levels is not known here, so Enterprise is not judged by it.
HEADERS: tuple[Version, ...] = ((1, 20, 1),)

_SCOPE = ("Namespace", "Partition")
_UPSTREAM = " ".join(f"UpstreamConfig.{one}.{part}" for one in ("Defaults", "Overrides") for part in _SCOPE)
# What only Consul Enterprise takes: refused by Community Edition.
LICENSED = {
    "api-gateway": "Listeners.Default.JWT Listeners.Override.JWT",
    "exported-services": "Services.Consumers.SamenessGroup",
    "http-route": "Rules.Filters.JWT Rules.Services.Filters.JWT",
    "proxy-defaults": "PrioritizeByLocality",
    "service-defaults": f"RateLimits {_UPSTREAM}",
    "service-intentions": "Sources.SamenessGroup Sources.Namespace Sources.Partition",
    "service-resolver": (
        "PrioritizeByLocality Failover.*.Policy Redirect.SamenessGroup Failover.*.SamenessGroup"
        " Redirect.Namespace Redirect.Partition Failover.*.Namespace"
        " Failover.*.Targets.Namespace Failover.*.Targets.Partition"
    ),
}
# The same, but for the value `default`: Community Edition ignores the field, and stores it.
LICENSED_BUT_DEFAULT = {
    "exported-services": "Services.Namespace Services.Consumers.Partition",
    "service-router": "Routes.Destination.Namespace Routes.Destination.Partition",
    "service-splitter": "Splits.Namespace Splits.Partition",
}


# Consul ≥1.20 (agent/structs/config_entry.go): older servers take any text.
PROTOCOLS = frozenset({"", "tcp", "http", "http2", "grpc"})
PROTOCOLS_CHECKED: tuple[Version, ...] = ((1, 20, 0),)
# GH-16230: a datacenter that is not its federation's primary can accept a peering.
SECONDARY_ACCEPTS: tuple[Version, ...] = ((1, 14, 5), (1, 15, 0))

_NUMBERS = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")


def parse(text: str) -> Version | None:
    """Return the numbers of a version as servers report it (`1.20.0-rc1`, `1.18.2+ent`), or `None`.

    Candidates and development builds count as the release they lead to, except that what came in a patch of
    1.20 is not in its candidate: the text says 1.20.0.
    """
    match = _NUMBERS.match(text)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None


def lacks(version: Version, since: tuple[Version, ...]) -> Version | None:
    """Return the version from which on this line has it, where `version` does not; `None` where it does.

    >>> lacks((1, 15, 1), ((1, 14, 7), (1, 15, 3), (1, 16, 0)))
    (1, 15, 3)
    """
    if not since or version >= since[-1]:
        return None
    line = next((first for first in since if first[:2] == version[:2]), None)
    if line is None:
        return min(first for first in since if first > version)
    return line if version < line else None


def shown(version: Version) -> str:
    """Return a version for people: the patch level is shown where it matters."""
    return ".".join(map(str, version if version[2] else version[:2]))


def _versions(text: str) -> tuple[Version, ...]:
    return tuple(number for number in map(parse, text.split()) if number is not None)


def since(said: str) -> tuple[Version, ...]:
    """Return the first versions of a field by what the table says of it: `string, since 1.14.2 1.15.0`."""
    words = next((part for part in said.split(", ") if part.startswith("since ")), "")
    return _versions(words.removeprefix("since "))


def _whole(facts: EntryFacts) -> Capability:
    return Capability(facts.kind, "", _versions(facts.since), enterprise=facts.edition == "enterprise")


def _is_later(facts: EntryFacts, path: str) -> bool:
    """Say whether a field is younger than what it is in. What servers drop (`dropped`) they take as well."""
    first, above = since(facts.fields[path]), path
    if not first or facts.fields[path].startswith("dropped"):
        return False
    while above:
        above = above.rpartition(".")[0]
        if within := since(facts.fields.get(above, "")):
            return first != within
    return first != _versions(facts.since)


def _fields(facts: EntryFacts) -> Iterator[Capability]:
    licensed, but_default = (table.get(facts.kind, "").split() for table in (LICENSED, LICENSED_BUT_DEFAULT))
    paths = [path for path in facts.fields if _is_later(facts, path)]
    for path in dict.fromkeys([*paths, *licensed, *but_default]):
        first = since(facts.fields.get(path, ""))
        yield Capability(
            facts.kind, path, first, enterprise=path in (*licensed, *but_default), default=path in but_default
        )


@cache
def kinds() -> dict[str, Capability]:
    """Return the kinds that not every server has."""
    return {
        kind: _whole(facts)
        for kind, facts in entry_kinds().items()
        if facts.writer != "controller" and (facts.since or facts.edition == "enterprise")
    }


@cache
def fields_of(kind: str) -> tuple[Capability, ...]:
    """Return the fields of a kind that not every server takes."""
    facts = entry_kinds().get(kind)
    return tuple(_fields(facts)) if facts is not None and facts.writer != "controller" else ()
