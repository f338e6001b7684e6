"""Which fields and kinds each version of Consul takes, and which only Consul Enterprise does, as data.

Tried on servers of 1.13.9, 1.14.11, 1.16.7, 1.18.2, 1.20.0-rc1 and 1.22.0-dev: an older server answers 400
`invalid config key` or `invalid config entry kind`, Community Edition 500 `… requires Consul Enterprise`.
Versions between these are from Consul's changelog and source. What is not listed is not judged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.sdk.consul.entry_kinds import EntryFacts, entry_kinds

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


V1_13_2: tuple[Version, ...] = ((1, 13, 2), (1, 14, 0))
V1_13_3: tuple[Version, ...] = ((1, 13, 3), (1, 14, 0))
V1_14: tuple[Version, ...] = ((1, 14, 0),)
V1_14_2: tuple[Version, ...] = ((1, 14, 2),)
V1_15: tuple[Version, ...] = ((1, 15, 0),)
V1_16: tuple[Version, ...] = ((1, 16, 0),)
V1_17: tuple[Version, ...] = ((1, 17, 0),)
V1_17_3: tuple[Version, ...] = ((1, 17, 3),)
V1_18_2: tuple[Version, ...] = ((1, 18, 2),)
V1_19: tuple[Version, ...] = ((1, 19, 0),)
V1_19_2: tuple[Version, ...] = ((1, 19, 2),)
V1_21: tuple[Version, ...] = ((1, 21, 0),)
RESOLVED: tuple[Version, ...] = ((1, 13, 7), (1, 14, 5), (1, 15, 1), (1, 16, 0))
KEY_CLUSTERS: tuple[Version, ...] = ((1, 16, 1),)
EJECTION: tuple[Version, ...] = ((1, 14, 7), (1, 15, 3), (1, 16, 0))  # GH-15979
# Of Community Edition. It came as a security fix, which Enterprise gives to its long-term lines as well:
# since which patch levels is not known here, so Enterprise is not judged by it.
HEADERS: tuple[Version, ...] = ((1, 20, 1),)


def _each(kinds: str, paths: str, since: tuple[Version, ...], **more: bool) -> list[Capability]:
    return [Capability(kind, path, since, **more) for kind in kinds.split() for path in paths.split()]


_UPSTREAM = ("UpstreamConfig.Defaults", "UpstreamConfig.Overrides")
_EJECTED = ("MaxEjectionPercent", "BaseEjectionTime")
_HEALTH = " ".join(f"{place}.PassiveHealthCheck.{field}" for place in _UPSTREAM for field in _EJECTED)
_INGRESS_HEALTH = ("Defaults.PassiveHealthCheck", "Listeners.Services.PassiveHealthCheck")
_LIMITED = ("Connections", "PendingRequests", "ConcurrentRequests")
_FILTERED = ("Rules", "Rules.Services")
_FILTERS = ("Filters.RetryFilter", "Filters.TimeoutFilter", "ResponseFilters")
_5XX = "PassiveHealthCheck.EnforcingConsecutive5xx"
_SUPPRESSED = "Routes.Destination.Namespace Routes.Destination.Partition"

FIELDS: tuple[Capability, ...] = (
    *_each("exported-services", "Services.Consumers.Peer", V1_14),
    *_each("service-resolver", "Redirect.Peer Failover.*.Targets", V1_14),
    *_each("service-router", "Routes.Destination.RetryOn", V1_14),
    *_each("service-router", "Routes.Destination.IdleTimeout", V1_14_2),
    *_each("service-resolver", "RequestTimeout", RESOLVED),
    *_each("mesh", "Peering", V1_14),
    *_each("service-defaults", "LocalConnectTimeoutMs LocalRequestTimeoutMs", V1_13_2),
    *_each("service-defaults", " ".join(f"{place}.{_5XX}" for place in _UPSTREAM), V1_13_2),
    *_each("service-defaults", "BalanceInboundConnections", V1_14),
    *_each("service-defaults", " ".join(f"{place}.BalanceOutboundConnections" for place in _UPSTREAM), V1_14),
    *_each("service-defaults", _HEALTH, EJECTION),
    *_each("service-defaults", " ".join(f"{place}.Peer" for place in _UPSTREAM), V1_15),
    *_each("service-defaults proxy-defaults", "EnvoyExtensions", V1_15),
    *_each(
        "service-defaults proxy-defaults", "EnvoyExtensions.ConsulVersion EnvoyExtensions.EnvoyVersion", V1_16
    ),
    *_each("proxy-defaults", "AccessLogs", V1_15),
    *_each("ingress-gateway", "Defaults", V1_13_3),
    *_each(
        "ingress-gateway",
        " ".join(f"Listeners.Services.Max{what}" for what in _LIMITED),
        V1_13_3,
    ),
    *_each("ingress-gateway", " ".join(_INGRESS_HEALTH), V1_15),
    *_each(
        "ingress-gateway",
        " ".join(f"{place}.{field}" for place in _INGRESS_HEALTH for field in _EJECTED),
        EJECTION[1:],  # the block itself came in 1.15
    ),
    *_each("http-route", " ".join(f"{place}.{field}" for place in _FILTERED for field in _FILTERS), V1_17),
    *_each("http-route", " ".join(f"{place}.Filters.JWT" for place in _FILTERED), V1_17, enterprise=True),
    *_each("api-gateway", "Listeners.Default Listeners.Override", V1_17),
    *_each("api-gateway", "Listeners.Default.JWT Listeners.Override.JWT", V1_17, enterprise=True),
    *_each("jwt-provider", "JSONWebKeySet.Remote.JWKSCluster", KEY_CLUSTERS),
    *_each("jwt-provider", "JSONWebKeySet.Remote.UseSNI", V1_21),
    *_each("terminating-gateway", "Services.DisableAutoHostRewrite", V1_18_2),
    *_each("service-intentions", "JWT Sources.Permissions.JWT", V1_16),
    *_each("service-defaults proxy-defaults", "MutualTLSMode", V1_16),
    *_each("mesh", "AllowEnablingPermissiveMutualTLS", V1_16),
    *_each("proxy-defaults", "FailoverPolicy", V1_16),
    *_each("service-resolver proxy-defaults", "PrioritizeByLocality", V1_16, enterprise=True),
    *_each("service-resolver", "Failover.*.Policy", V1_16, enterprise=True),
    *_each("service-resolver", "Redirect.SamenessGroup Failover.*.SamenessGroup", V1_16, enterprise=True),
    *_each("exported-services", "Services.Consumers.SamenessGroup", V1_16, enterprise=True),
    *_each("service-intentions", "Sources.SamenessGroup", V1_16, enterprise=True),
    *_each("service-defaults", "RateLimits", V1_17, enterprise=True),
    *_each("service-router", "Routes.Match.HTTP.CaseInsensitive", V1_17_3),
    *_each("mesh", "ValidateClusters", V1_19_2),
    *_each("mesh", "HTTP.Incoming", HEADERS),
    *_each(
        "service-intentions",
        "Sources.Permissions.HTTP.Header.Contains Sources.Permissions.HTTP.Header.IgnoreCase",
        HEADERS,
    ),
    # Partitions and namespaces: Community Edition refuses most of them, and ignores some without a word.
    *_each("service-intentions", "Sources.Namespace Sources.Partition", (), enterprise=True),
    *_each(
        "service-resolver",
        "Redirect.Namespace Redirect.Partition Failover.*.Namespace"
        " Failover.*.Targets.Namespace Failover.*.Targets.Partition",
        (),
        enterprise=True,
    ),
    *_each(
        "service-defaults",
        " ".join(f"{place}.{field}" for place in _UPSTREAM for field in ("Namespace", "Partition")),
        (),
        enterprise=True,
    ),
    *_each(
        "exported-services",
        "Services.Namespace Services.Consumers.Partition",
        (),
        enterprise=True,
        default=True,
    ),
    *_each("service-router", _SUPPRESSED, (), enterprise=True, default=True),
    *_each("service-splitter", "Splits.Namespace Splits.Partition", (), enterprise=True, default=True),
)

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


def _whole(facts: EntryFacts) -> Capability:
    since = tuple(number for number in map(parse, facts.since.split()) if number is not None)
    return Capability(facts.kind, "", since, enterprise=facts.edition == "enterprise")


# The kinds that not every server has.
KINDS: dict[str, Capability] = {
    kind: _whole(facts)
    for kind, facts in entry_kinds().items()
    if facts.writer != "controller" and (facts.since or facts.edition == "enterprise")
}
